//! Events that are told twice about one person, who is named in two ways: the first is shown.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::StoreError;
use super::settle::whos_of;
use crate::data::{Event, Metrics};

/// From so many on it is quicker to ask who is named in several ways.
const MANY: usize = 20_000;

/// Looks again at all events of those people of whom some came or went.
pub(super) fn hide_repeats(
    connection: &Connection,
    whos: &HashSet<i64>,
    metrics: &mut Metrics,
) -> Result<(), StoreError> {
    if whos.len() > MANY {
        return hide_all_repeats(connection, metrics);
    }
    let mut people: HashSet<i64> = HashSet::new();
    {
        let mut person = connection.prepare_cached("SELECT person FROM who WHERE who = ?")?;
        for who in whos {
            let mut rows = person.query([who])?;
            if let Some(row) = rows.next()?
                && let Some(person) = row.get(0)?
            {
                people.insert(person);
            }
        }
    }
    // Whoever is nobody any more repeats nothing.
    for who in whos {
        connection
            .prepare_cached("UPDATE event SET hidden = hidden & ~2 WHERE who = ? AND hidden & 2")?
            .execute([who])?;
    }
    for person in people {
        let whos = whos_of(connection, person)?;
        if whos.len() > 1 {
            look_at(connection, &whos, metrics)?;
        }
    }
    Ok(())
}

/// Everybody whom events name.
pub(super) fn everybody(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT who FROM who")?;
    let whos = statement.query_map([], |row| row.get(0))?;
    Ok(whos.collect::<Result<_, _>>()?)
}

/// [`hide_repeats`] for everybody.
fn hide_all_repeats(connection: &Connection, metrics: &mut Metrics) -> Result<(), StoreError> {
    connection.execute("UPDATE event SET hidden = hidden & ~2 WHERE hidden & 2", [])?;
    let people = {
        let mut statement = connection.prepare(
            "SELECT person FROM who WHERE person IS NOT NULL GROUP BY person HAVING count(*) > 1",
        )?;
        let people = statement.query_map([], |row| row.get(0))?;
        people.collect::<Result<Vec<i64>, _>>()?
    };
    for person in people {
        look_at(connection, &whos_of(connection, person)?, metrics)?;
    }
    Ok(())
}

fn look_at(connection: &Connection, whos: &[i64], metrics: &mut Metrics) -> Result<(), StoreError> {
    // Line by line, so that the first is the first.
    let mut all: Vec<((i64, i64), i64, i64, String)> = Vec::new();
    for who in whos {
        let mut statement = connection.prepare_cached(
            "SELECT source, line, event, hidden, json FROM event WHERE who = ? AND hidden & 1 = 0",
        )?;
        let mut rows = statement.query([who])?;
        while let Some(row) = rows.next()? {
            all.push((
                (row.get(0)?, row.get(1)?),
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ));
        }
    }
    all.sort_by_key(|(place, event, _, _)| (*place, *event));
    let mut seen: HashMap<(u32, String), ()> = HashMap::new();
    for (_, number, hidden, json) in all {
        let event = Event::from_json(&json)?;
        let unique = match (event.unique_id(), event.own_id()) {
            (Some(unique), _) => format!("u{unique}"),
            // Looked at when it came.
            (None, Some(_)) => continue,
            (None, None) => format!("t{}", event.time.as_second()),
        };
        let repeated = seen
            .insert((metrics.place(&event.metric), unique), ())
            .is_some();
        let wanted = if repeated { hidden | 2 } else { hidden & !2 };
        if wanted != hidden {
            connection
                .prepare_cached("UPDATE event SET hidden = ? WHERE event = ?")?
                .execute([wanted, number])?;
        }
    }
    Ok(())
}
