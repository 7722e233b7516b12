//! Whose the lines are, and what is known of each person: made anew for everybody whom a line that came or went could
//! concern.
//!
//! Lines that share a name, directly or through others, are looked at together, by the very rules that
//! [`Shop`](crate::data::Shop) applies to all lines at once; so what is stored does not depend on the order in which
//! it came.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::search::{index_person, unindex_person};
use super::write::{Fate, hash, line_of};
use crate::data::{Line, Names, Profile, persons, settle};

/// From so many lines on, everybody whom events name is looked up again instead of those that share a name.
const MANY: usize = 20_000;

/// What came of lines about people.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Of each line that was asked about.
    pub(super) fates: HashMap<i64, Fate>,
}

/// A line about a person, as it is stored.
struct Stored {
    id: i64,
    place: (i64, i64),
    person: i64,
    line: Line,
    names: Names,
}

/// Settles whom these lines are about; those that are gone by now are passed over.
pub(super) fn settle_lines(
    connection: &Connection,
    lines: &[i64],
    touched_whos: &mut HashSet<i64>,
) -> Result<Settled, StoreError> {
    let mut settled = Settled::default();
    let mut seen: HashSet<i64> = HashSet::new();
    let mut names: HashSet<(u8, Box<str>)> = HashSet::new();
    let many = lines.len() > MANY;
    for &line in lines {
        if seen.contains(&line) {
            continue;
        }
        let mut component = component(connection, line, &mut seen)?;
        component.sort_by_key(|stored| stored.place);
        if !many {
            let all = component.iter().flat_map(|stored| stored.names.iter());
            names.extend(all.cloned());
        }
        settle_component(connection, &component, &mut settled)?;
    }
    if many {
        connection.execute("UPDATE who SET person = NULL", [])?;
        touched_whos.extend(resolve_missing(connection)?);
    } else {
        for name in &names {
            for who in whos_named(connection, name)? {
                resolve(connection, who)?;
                touched_whos.insert(who);
            }
        }
        touched_whos.extend(resolve_missing(connection)?);
    }
    Ok(settled)
}

/// All lines that share a name with a line, directly or through others.
fn component(
    connection: &Connection,
    start: i64,
    seen: &mut HashSet<i64>,
) -> Result<Vec<Stored>, StoreError> {
    let mut queue = vec![start];
    let mut found = Vec::new();
    seen.insert(start);
    let mut line = connection.prepare_cached(
        "SELECT person, source, line, along, json FROM profile WHERE line_id = ?",
    )?;
    let mut sharing =
        connection.prepare_cached("SELECT line_id FROM name WHERE kind = ? AND value = ?")?;
    while let Some(id) = queue.pop() {
        let stored = line
            .query_row([id], |row| {
                let person: i64 = row.get(0)?;
                let place = (row.get(1)?, row.get(2)?);
                let (along, json): (bool, String) = (row.get(3)?, row.get(4)?);
                Ok((person, place, along, json))
            })
            .optional()?;
        let Some((person, place, along, json)) = stored else {
            continue;
        };
        let line = line_of(&json, along)?;
        let names = line.names();
        for (kind, name) in &names {
            let mut rows = sharing.query(params![kind, &**name])?;
            while let Some(row) = rows.next()? {
                let other = row.get(0)?;
                if seen.insert(other) {
                    queue.push(other);
                }
            }
        }
        found.push(Stored {
            id,
            place,
            person,
            line,
            names,
        });
    }
    Ok(found)
}

fn settle_component(
    connection: &Connection,
    component: &[Stored],
    settled: &mut Settled,
) -> Result<(), StoreError> {
    let called: Vec<Names> = component
        .iter()
        .map(|stored| stored.names.clone())
        .collect();
    let persons = persons(&called);
    let mut groups: Vec<Vec<&Stored>> = vec![Vec::new(); persons.count as usize];
    for (stored, &person) in component.iter().zip(&persons.of_line) {
        groups[person as usize].push(stored);
    }
    let mut before: HashSet<i64> = component.iter().map(|stored| stored.person).collect();
    before.remove(&0);
    for group in groups {
        let profile = match group[..] {
            [one] => match &one.line {
                Line::Version(version) => version.profile.clone(),
                line => settle([line]),
            },
            _ => settle(group.iter().map(|stored| &stored.line)),
        };
        // Whoever has been somebody stays that one, if nobody else is it by now.
        let number = group
            .iter()
            .map(|stored| stored.person)
            .find(|person| before.remove(person));
        let place = group.first().map_or((0, 0), |first| first.place);
        let (number, fate) = put_person(connection, number, place, &profile)?;
        for stored in group {
            if stored.person != number {
                connection
                    .prepare_cached("UPDATE profile SET person = ? WHERE line_id = ?")?
                    .execute([number, stored.id])?;
            }
            settled.fates.insert(stored.id, fate);
        }
    }
    for gone in before {
        remove_person(connection, gone)?;
    }
    Ok(())
}

/// Writes what is known of a person, and the words they are found by.
fn put_person(
    connection: &Connection,
    number: Option<i64>,
    (source, line): (i64, i64),
    profile: &Profile,
) -> Result<(i64, Fate), StoreError> {
    let digest = hash(&serde_json::to_string(profile).unwrap_or_default());
    let values = params![
        source,
        line,
        profile.id,
        profile.external_id,
        profile.email,
        profile.phone_number,
        digest
    ];
    let Some(number) = number else {
        connection
            .prepare_cached(
                "INSERT INTO person (source, line, id, external_id, email, phone_number, digest)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(values)?;
        let number = connection.last_insert_rowid();
        index_person(connection, number, profile)?;
        return Ok((number, Fate::New));
    };
    let known: i64 = connection
        .prepare_cached("SELECT digest FROM person WHERE person = ?")?
        .query_row([number], |row| row.get(0))?;
    connection
        .prepare_cached(
            "UPDATE person SET source = ?, line = ?, id = ?, external_id = ?, email = ?,
             phone_number = ?, digest = ? WHERE person = ?",
        )?
        .execute(params![
            source,
            line,
            profile.id,
            profile.external_id,
            profile.email,
            profile.phone_number,
            digest,
            number
        ])?;
    if known == digest {
        return Ok((number, Fate::Same));
    }
    unindex_person(connection, number)?;
    index_person(connection, number, profile)?;
    Ok((number, Fate::Changed))
}

/// Takes a person out of whom no line speaks any more.
pub(super) fn remove_person(connection: &Connection, person: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM person WHERE person = ?")?
        .execute([person])?;
    unindex_person(connection, person)
}

/// The names by which events know a person.
pub(super) fn whos_of(connection: &Connection, person: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT who FROM who WHERE person = ?")?;
    let whos = statement.query_map([person], |row| row.get(0))?;
    Ok(whos.collect::<Result<_, _>>()?)
}

/// Those whom events name so.
fn whos_named(
    connection: &Connection,
    (kind, name): &(u8, Box<str>),
) -> Result<Vec<i64>, StoreError> {
    let sql = match kind {
        0 => "SELECT who FROM who WHERE id = ?",
        1 => "SELECT who FROM who WHERE external_id = ? AND external_id <> ''",
        2 => "SELECT who FROM who WHERE email = ? AND email <> ''",
        _ => "SELECT who FROM who WHERE phone_number = ? AND phone_number <> ''",
    };
    let mut statement = connection.prepare_cached(sql)?;
    let whos = statement.query_map([&**name], |row| row.get(0))?;
    Ok(whos.collect::<Result<_, _>>()?)
}

/// Looks up everybody whom events name and who is nobody known so far; tells who is now.
fn resolve_missing(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let missing = {
        let mut statement = connection.prepare("SELECT who FROM who WHERE person IS NULL")?;
        let whos = statement.query_map([], |row| row.get(0))?;
        whos.collect::<Result<Vec<i64>, _>>()?
    };
    let mut found = Vec::new();
    for who in missing {
        if resolve(connection, who)? {
            found.push(who);
        }
    }
    Ok(found)
}

/// Looks up whom a name in events means; tells whether it is somebody.
fn resolve(connection: &Connection, who: i64) -> Result<bool, StoreError> {
    let names: [String; 4] = connection
        .prepare_cached("SELECT id, external_id, email, phone_number FROM who WHERE who = ?")?
        .query_row([who], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })?;
    let mut person = None;
    for (kind, name) in (0u8..).zip(&names) {
        if !name.is_empty() {
            person = owner(connection, kind, name)?;
        }
        if person.is_some() {
            break;
        }
    }
    connection
        .prepare_cached("UPDATE who SET person = ? WHERE who = ?")?
        .execute(params![person, who])?;
    Ok(person.is_some())
}

/// The person who has a name; of several the one with the strongest and then least name of their own.
pub(super) fn owner(
    connection: &Connection,
    kind: u8,
    name: &str,
) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT profile.person FROM name JOIN profile USING (line_id) WHERE kind = ? AND value = ?",
    )?;
    let candidates = statement
        .query_map(params![kind, name], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    if candidates.len() < 2 {
        return Ok(candidates.first().copied());
    }
    let mut best: Option<((u8, Box<str>), i64)> = None;
    for person in candidates {
        let mut lines =
            connection.prepare_cached("SELECT along, json FROM profile WHERE person = ?")?;
        let mut rows = lines.query([person])?;
        while let Some(row) = rows.next()? {
            let json: String = row.get(1)?;
            let least = line_of(&json, row.get(0)?)?.names().into_iter().min();
            if let Some(least) = least
                && best.as_ref().is_none_or(|(name, _)| least < *name)
            {
                best = Some((least, person));
            }
        }
    }
    Ok(best.map(|(_, person)| person))
}
