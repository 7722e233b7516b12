//! Lines into tables, inside one transaction.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::events::{Known, events_by_mark};
use super::read::Raw;
use super::records::Worth;
use super::row::{RecordKind, Row, names_of};
use super::sequence::Sequence;
use super::{IMPORTS, StoreError};
use crate::data::{Identity, Line, Metric, Names, strongest};

/// The strength of a line that merges two profiles.
const MERGE: u8 = 9;

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    New,
    Changed,
    Same,
    /// An event with the identity of a known one that says something else: the known one is kept.
    Contradicts,
    /// About a person: told when all lines about them are there.
    Pending(i64),
    /// About a metric, an item, a variant or a category: likewise.
    Thing,
    /// About somebody who was forgotten: not taken.
    Forgotten,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) source: i64,
    pub(super) line: i64,
}

impl Place {
    pub(super) fn is_import(self) -> bool {
        self.source >= IMPORTS
    }
}

/// Puts lines into tables and keeps in mind what has to be looked at again when all are there.
pub(super) struct Writer<'c> {
    pub(super) connection: &'c Connection,
    pub(super) now: i64,
    pub(super) whos: HashMap<Identity, i64>,
    pub(super) spellings: HashMap<Metric, i64>,
    /// In a bulk load: all events by their mark, as no index is there to ask.
    pub(super) marks: Option<HashMap<i64, Known>>,
    forgotten: HashSet<Vec<u8>>,
    /// Lines about people that came, and lines beside which one went.
    pub(super) lines: Vec<i64>,
    /// Events of these came or went.
    pub(super) touched_whos: HashSet<i64>,
    /// What items and variants cost, and how many there were, before they were touched.
    pub(super) before: HashMap<(RecordKind, String), Option<Worth>>,
    pub(super) records_changed: bool,
    pub(super) events_removed: bool,
    /// The first source of this import.
    pub(super) first: i64,
    /// Of whom and of what earlier imports said several things, and the source that speaks of it now.
    people: HashMap<(u8, Box<str>), (Sequence, i64)>,
    pub(super) things: HashMap<(RecordKind, String), (Sequence, i64)>,
    /// The hashes of the lines about a thing before it was touched.
    pub(super) said: HashMap<(RecordKind, String), Vec<i64>>,
}

impl<'c> Writer<'c> {
    /// A writer inside the transaction of this connection, whose first source is `first`. In bulk, events have no indexes until [`Writer::finish_bulk`].
    pub(super) fn new(
        connection: &'c Connection,
        now: Timestamp,
        first: i64,
        bulk: bool,
    ) -> Result<Writer<'c>, StoreError> {
        let mut forgotten = HashSet::new();
        let mut statement = connection.prepare("SELECT hash FROM forgotten")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            forgotten.insert(row.get(0)?);
        }
        let marks = match bulk {
            false => None,
            true => {
                let marks = events_by_mark(connection)?;
                connection.execute_batch(
                    "DROP INDEX event_who; DROP INDEX event_mark; DROP INDEX event_id;",
                )?;
                trigram_memory(connection, 64 << 20)?;
                Some(marks)
            }
        };
        Ok(Writer {
            connection,
            now: now.as_second(),
            whos: HashMap::new(),
            spellings: HashMap::new(),
            marks,
            forgotten,
            lines: Vec::new(),
            touched_whos: HashSet::new(),
            before: HashMap::new(),
            records_changed: false,
            events_removed: false,
            first,
            people: HashMap::new(),
            things: HashMap::new(),
            said: HashMap::new(),
        })
    }

    /// Makes the indexes that a bulk load did without; tells whether this was one.
    pub(super) fn finish_bulk(&mut self) -> Result<bool, StoreError> {
        let bulk = self.marks.take().is_some();
        if bulk {
            self.connection
                .execute_batch(include_str!("event_indexes.sql"))?;
        }
        Ok(bulk)
    }

    /// Puts a record where it belongs. `hash` is that of its text, `line` its number among the records of its source.
    pub(super) fn put(
        &mut self,
        raw: &Raw,
        row: &Row,
        hash: i64,
        source: i64,
        line: i64,
    ) -> Result<Fate, StoreError> {
        let place = Place { source, line };
        match row {
            Row::Person(line) => self.person(raw, line, hash, place),
            Row::Event(event) => self.event(raw, event, hash, place),
            Row::Record(kind, key) => self.record(raw, *kind, key, hash, place),
            Row::Member {
                list,
                names,
                joined,
            } => self.member(list, names, *joined, place),
            Row::Coupon { coupon, code } => {
                let known = self
                    .connection
                    .prepare_cached(
                        "SELECT 1 FROM coupon WHERE coupon = ? AND code = ? AND (source >= ?) = ?",
                    )?
                    .exists(params![coupon, code, IMPORTS, place.is_import()])?;
                if known {
                    return Ok(Fate::Same);
                }
                self.connection
                    .prepare_cached("INSERT INTO coupon VALUES (?, ?, ?, ?)")?
                    .execute(params![coupon, code, place.source, place.line])?;
                Ok(Fate::New)
            }
            Row::PostalCode(code) => {
                let known = self
                    .connection
                    .prepare_cached(
                        "SELECT 1 FROM postal_code WHERE country = ? AND code = ? AND name = ?
                         AND latitude = ? AND longitude = ? AND (source >= ?) = ?",
                    )?
                    .exists(params![
                        code.country,
                        code.code,
                        code.name,
                        code.latitude,
                        code.longitude,
                        IMPORTS,
                        place.is_import()
                    ])?;
                if known {
                    return Ok(Fate::Same);
                }
                self.connection
                    .prepare_cached("INSERT INTO postal_code VALUES (?, ?, ?, ?, ?, ?, ?)")?
                    .execute(params![
                        code.country,
                        code.code,
                        code.name,
                        code.latitude,
                        code.longitude,
                        place.source,
                        place.line
                    ])?;
                Ok(Fate::New)
            }
        }
    }

    pub(super) fn is_forgotten(&self, names: &Names) -> bool {
        !self.forgotten.is_empty()
            && names
                .iter()
                .any(|name| self.forgotten.contains(&forgotten_hash(name)))
    }

    fn person(
        &mut self,
        raw: &Raw,
        line: &Line,
        hash: i64,
        place: Place,
    ) -> Result<Fate, StoreError> {
        let names = line.names();
        if self.is_forgotten(&names) {
            return Ok(Fate::Forgotten);
        }
        let (kind, name) = strongest(&names);
        // Two names of one kind: by neither of them alone can it be found again.
        let strength = match line {
            Line::Version(_) => kind,
            Line::Merge { .. } => MERGE,
        };
        if place.is_import() && !names.is_empty() {
            let mut sequence = match self.people.remove(&(strength, name.into())) {
                Some((sequence, _)) => sequence,
                None => Sequence::new(self.rows(
                    "SELECT profile.line_id, profile.hash FROM name JOIN profile USING (line_id)
                     WHERE kind = ?1 AND value = ?2 AND strength = ?5 AND profile.source >= ?3 AND profile.source < ?4
                     ORDER BY profile.source, profile.line",
                    params![kind, name, IMPORTS, self.first, strength],
                )?),
            };
            let step = sequence.step(hash, place.line);
            self.move_people(step.moved, place.source)?;
            if !sequence.is_plain() {
                self.people
                    .insert((strength, name.into()), (sequence, place.source));
            }
            if let Some(id) = step.known {
                return Ok(Fate::Pending(id));
            }
        }
        self.connection
            .prepare_cached(
                "INSERT INTO profile (source, line, hash, along, strength, person, json) VALUES (?, ?, ?, ?, ?, 0, ?)",
            )?
            .execute(params![
                place.source,
                place.line,
                hash,
                raw.along,
                strength,
                raw.json
            ])?;
        let id = self.connection.last_insert_rowid();
        for (kind, name) in &names {
            self.connection
                .prepare_cached("INSERT OR IGNORE INTO name VALUES (?, ?, ?)")?
                .execute(params![kind, &**name, id])?;
        }
        self.lines.push(id);
        Ok(Fate::Pending(id))
    }

    /// Rows and their hashes.
    pub(super) fn rows(
        &self,
        sql: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn move_people(&mut self, moved: Vec<(i64, i64)>, source: i64) -> Result<(), StoreError> {
        for (id, line) in moved {
            self.connection
                .prepare_cached("UPDATE profile SET source = ?, line = ? WHERE line_id = ?")?
                .execute(params![source, line, id])?;
            self.lines.push(id);
        }
        Ok(())
    }

    /// What is said again, but not to the end, is what counts now.
    pub(super) fn end_sequences(&mut self) -> Result<(), StoreError> {
        for (sequence, source) in std::mem::take(&mut self.people).into_values() {
            self.move_people(sequence.end(), source)?;
        }
        for (sequence, source) in std::mem::take(&mut self.things).into_values() {
            self.move_records(sequence.end(), source)?;
        }
        Ok(())
    }

    /// Takes a line about a person out.
    pub(super) fn remove_person_line(&mut self, id: i64) -> Result<(), StoreError> {
        let (person, json): (i64, String) = self
            .connection
            .prepare_cached("SELECT person, json FROM profile WHERE line_id = ?")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let names = names_of(&json)?;
        for (kind, name) in &names {
            self.connection
                .prepare_cached("DELETE FROM name WHERE kind = ? AND value = ? AND line_id = ?")?
                .execute(params![kind, &**name, id])?;
        }
        self.connection
            .prepare_cached("DELETE FROM profile WHERE line_id = ?")?
            .execute([id])?;
        // Those that it tied may fall apart; those that shared a name with it may get it.
        let mut left = self
            .connection
            .prepare_cached("SELECT line_id FROM profile WHERE person = ?")?
            .query_map([person], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        // Who goes by a name that only this line had is looked up again.
        self.touched_whos
            .extend(super::settle::whos_of(self.connection, person)?);
        self.connection
            .prepare_cached("UPDATE who SET person = NULL WHERE person = ?")?
            .execute([person])?;
        if left.is_empty() {
            super::settle::remove_person(self.connection, person)?;
        }
        for (kind, name) in &names {
            let sharing = self
                .connection
                .prepare_cached("SELECT line_id FROM name WHERE kind = ? AND value = ?")?
                .query_map(params![kind, &**name], |row| row.get(0))?
                .collect::<Result<Vec<i64>, _>>()?;
            left.extend(sharing);
        }
        self.lines.extend(left);
        Ok(())
    }

    fn member(
        &mut self,
        list: &str,
        names: &Names,
        joined: Option<Timestamp>,
        place: Place,
    ) -> Result<Fate, StoreError> {
        if self.is_forgotten(names) {
            return Ok(Fate::Forgotten);
        }
        let (kind, name) = strongest(names);
        let joined = joined.map(Timestamp::as_second);
        let known: Option<Option<i64>> = self
            .connection
            .prepare_cached(
                "SELECT joined FROM member WHERE kind = ? AND value = ? AND list = ? AND (source >= ?) = ?",
            )?
            .query_row(params![kind, name, list, IMPORTS, place.is_import()], |row| row.get(0))
            .optional()?;
        match known {
            None => {
                self.connection
                    .prepare_cached("INSERT INTO member VALUES (?, ?, ?, ?, ?, ?)")?
                    .execute(params![list, kind, name, joined, place.source, place.line])?;
                Ok(Fate::New)
            }
            // The earlier time counts.
            Some(known) if joined.is_some() && (known.is_none() || joined < known) => {
                self.connection
                    .prepare_cached(
                        "UPDATE member SET joined = ? WHERE kind = ? AND value = ? AND list = ? AND (source >= ?) = ?",
                    )?
                    .execute(params![joined, kind, name, list, IMPORTS, place.is_import()])?;
                Ok(Fate::Changed)
            }
            Some(_) => Ok(Fate::Same),
        }
    }
}

/// How much of the database a bulk load of so many bytes keeps in memory, as `cache_size` is given it: names and words come
/// in any order, an eighth of the whole holds them; more than a quarter of a gigabyte is for nobody's import.
pub(super) fn bulk_cache(bytes: u64) -> i64 {
    -((bytes / 8).clamp(32 << 20, 256 << 20) as i64 >> 10)
}

/// How many bytes of trigrams are gathered in memory before they are written: the more, the less is merged later.
pub(super) fn trigram_memory(connection: &Connection, bytes: i64) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO person_text (person_text, rank) VALUES ('hashsize', ?)",
        [bytes],
    )?;
    Ok(())
}

/// What stays of the name of somebody who was forgotten.
pub(super) fn forgotten_hash((kind, name): &(u8, Box<str>)) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update([*kind]);
    hash.update(name.as_bytes());
    hash.finalize().to_vec()
}
