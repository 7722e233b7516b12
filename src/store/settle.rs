//! Whose the lines are, and what is known of each person: made anew for everybody whom a line that came or went could
//! concern.
//!
//! Lines that share a name, directly or through others, are looked at together, by the very rules that
//! [`Shop`](crate::data::Shop) applies to all lines at once; so what is stored does not depend on the order in which
//! it came.

use std::collections::{HashMap, HashSet};

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::row::{hash, line_of};
use super::search::{Words, index_person, unindex_person};
use super::write::Fate;
use crate::data::{Line, Names, Profile, persons, settle};

/// From so many lines on, everybody whom events name is looked up again instead of those that share a name.
const MANY: usize = 20_000;

/// So many lines are read and settled together, by all threads.
const BATCH: usize = 4_096;

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
    // Numbers of people that were given away or taken out: those that fell apart may all have had the same.
    let mut used: HashSet<i64> = HashSet::new();
    let many = lines.len() > MANY;
    for lines in lines.chunks(BATCH) {
        let mut ahead = read_ahead(connection, lines, &seen)?;
        let mut components = Vec::new();
        for &line in lines {
            if !seen.contains(&line) {
                components.push(component(connection, line, &mut seen, &mut ahead)?);
            }
        }
        // Nobody is in two of them: what is written of one does not change another.
        let settled_components: Vec<Vec<Group>> = components
            .into_par_iter()
            .map(|mut component| {
                component.sort_by_key(|stored| stored.place);
                groups(component)
            })
            .collect();
        for groups in &settled_components {
            if !many {
                let all = groups.iter().flat_map(|group| &group.lines);
                names.extend(all.flat_map(|stored| stored.names.iter().cloned()));
            }
            put_groups(connection, groups, &mut used, &mut settled)?;
        }
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

/// These lines as they are stored, read by all threads.
fn read_ahead(
    connection: &Connection,
    lines: &[i64],
    seen: &HashSet<i64>,
) -> Result<HashMap<i64, Stored>, StoreError> {
    let mut rows = Vec::with_capacity(lines.len());
    for &id in lines {
        if !seen.contains(&id) {
            rows.extend(row(connection, id)?);
        }
    }
    rows.into_par_iter()
        .map(|row| Ok((row.id, row.read()?)))
        .collect()
}

/// A row of `profile`.
struct ProfileRow {
    id: i64,
    place: (i64, i64),
    person: i64,
    along: bool,
    json: String,
}

impl ProfileRow {
    fn read(self) -> Result<Stored, StoreError> {
        let line = line_of(&self.json, self.along)?;
        Ok(Stored {
            id: self.id,
            place: self.place,
            person: self.person,
            names: line.names(),
            line,
        })
    }
}

fn row(connection: &Connection, id: i64) -> Result<Option<ProfileRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT person, source, line, along, json FROM profile WHERE line_id = ?",
    )?;
    let row = statement.query_row([id], |row| {
        Ok(ProfileRow {
            id,
            person: row.get(0)?,
            place: (row.get(1)?, row.get(2)?),
            along: row.get(3)?,
            json: row.get(4)?,
        })
    });
    Ok(row.optional()?)
}

/// All lines that share a name with a line, directly or through others; `ahead` has some that were read before.
fn component(
    connection: &Connection,
    start: i64,
    seen: &mut HashSet<i64>,
    ahead: &mut HashMap<i64, Stored>,
) -> Result<Vec<Stored>, StoreError> {
    let mut queue = vec![start];
    let mut found = Vec::new();
    seen.insert(start);
    let mut sharing =
        connection.prepare_cached("SELECT line_id FROM name WHERE kind = ? AND value = ?")?;
    while let Some(id) = queue.pop() {
        let stored = match ahead.remove(&id) {
            Some(stored) => stored,
            None => match row(connection, id)? {
                Some(row) => row.read()?,
                None => continue,
            },
        };
        for (kind, name) in &stored.names {
            let mut rows = sharing.query(params![kind, &**name])?;
            while let Some(row) = rows.next()? {
                let other = row.get(0)?;
                if seen.insert(other) {
                    queue.push(other);
                }
            }
        }
        found.push(stored);
    }
    Ok(found)
}

/// The lines about one person of a component, and what comes of them.
struct Group {
    lines: Vec<Stored>,
    profile: Profile,
    digest: i64,
    words: Words,
}

/// The people of a component, in the order of its lines.
fn groups(component: Vec<Stored>) -> Vec<Group> {
    let called: Vec<Names> = component
        .iter()
        .map(|stored| stored.names.clone())
        .collect();
    let persons = persons(&called);
    let mut of_person: Vec<Vec<Stored>> = Vec::new();
    of_person.resize_with(persons.count as usize, Vec::new);
    for (stored, &person) in component.into_iter().zip(&persons.of_line) {
        of_person[person as usize].push(stored);
    }
    let group = |lines: Vec<Stored>| {
        let profile = match &lines[..] {
            [one] => match &one.line {
                Line::Version(version) => version.profile.clone(),
                line => settle([line]),
            },
            _ => settle(lines.iter().map(|stored| &stored.line)),
        };
        Group {
            digest: hash(&serde_json::to_string(&profile).unwrap_or_default()),
            words: Words::of(&profile),
            profile,
            lines,
        }
    };
    of_person.into_iter().map(group).collect()
}

/// Writes what is known of the people of a component.
fn put_groups(
    connection: &Connection,
    groups: &[Group],
    used: &mut HashSet<i64>,
    settled: &mut Settled,
) -> Result<(), StoreError> {
    let all = groups.iter().flat_map(|group| &group.lines);
    let mut before: HashSet<i64> = all.map(|stored| stored.person).collect();
    before.remove(&0);
    before.retain(|person| used.insert(*person));
    for group in groups {
        // Whoever has been somebody stays that one, if nobody else is it by now.
        let number = group
            .lines
            .iter()
            .map(|stored| stored.person)
            .find(|person| before.remove(person));
        let (number, fate) = put_person(connection, number, group)?;
        for stored in &group.lines {
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
    group: &Group,
) -> Result<(i64, Fate), StoreError> {
    let (source, line) = group.lines.first().map_or((0, 0), |first| first.place);
    let (profile, digest) = (&group.profile, group.digest);
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
        index_person(connection, number, &group.words)?;
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
    index_person(connection, number, &group.words)?;
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
