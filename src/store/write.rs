//! Lines into tables, inside one transaction.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::read::{Kind, Raw};
use super::sequence::Sequence;
use super::{IMPORTS, StoreError};
use crate::data::{
    self, CatalogItem, CatalogVariant, DataError, Event, Identity, Line, Metric, Names, Record,
    instant, names, strongest,
};

/// Where a line belongs among the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i64)]
pub(super) enum RecordKind {
    Metric = 0,
    Item = 1,
    Variant = 2,
    Category = 3,
}

/// A line as it goes into a table.
pub(super) enum Row {
    Person(Box<Line>),
    Event(Box<Event>),
    Record(RecordKind, String),
    Member {
        list: String,
        names: Names,
        joined: Option<Timestamp>,
    },
    Coupon {
        coupon: String,
        code: String,
    },
    PostalCode(PostalCode),
}

/// A postal code and where it is, as GeoNames tells it.
#[derive(Debug, Deserialize)]
pub(super) struct PostalCode {
    country: String,
    code: String,
    #[serde(default)]
    name: String,
    latitude: f64,
    longitude: f64,
}

impl Row {
    /// Reads a line for its table.
    pub(super) fn of(raw: &Raw) -> Result<Row, DataError> {
        #[derive(Deserialize)]
        struct Member {
            list: String,
            #[serde(flatten)]
            who: Names4,
            joined_at: Option<String>,
        }
        #[derive(Deserialize)]
        struct Names4 {
            id: Option<String>,
            external_id: Option<String>,
            email: Option<String>,
            phone_number: Option<String>,
        }
        #[derive(Deserialize)]
        struct Coupon {
            coupon: String,
            code: String,
        }
        let whole = |error: serde_json::Error| DataError::record(error.to_string(), 0..1);
        let expected = match raw.kind {
            Kind::Profiles => "profile",
            Kind::Events => "event",
            Kind::Metrics => "metric",
            Kind::Catalog => "catalog-item",
            Kind::Variants => "catalog-variant",
            Kind::Categories => "catalog-category",
            Kind::Lists => {
                let member: Member = serde_json::from_str(&raw.json).map_err(whole)?;
                let who = Identity {
                    id: member.who.id,
                    external_id: member.who.external_id,
                    email: member.who.email,
                    phone_number: member.who.phone_number,
                };
                if who.is_empty() {
                    return Err(DataError::record("a line of a list names a member", 0..1));
                }
                let joined = match member.joined_at.filter(|text| !text.trim().is_empty()) {
                    None => None,
                    Some(text) => Some(instant(&text).ok_or_else(|| {
                        DataError::record(format!("'joined_at' is no time: {text}"), 0..1)
                    })?),
                };
                return Ok(Row::Member {
                    list: member.list,
                    names: names(&who),
                    joined,
                });
            }
            Kind::Coupons => {
                let Coupon { coupon, code } = serde_json::from_str(&raw.json).map_err(whole)?;
                return Ok(Row::Coupon { coupon, code });
            }
            Kind::PostalCodes => {
                let code: PostalCode = serde_json::from_str(&raw.json).map_err(whole)?;
                return Ok(Row::PostalCode(code));
            }
        };
        let record = Record::of_line(&raw.json, expected).pop();
        let record = record.unwrap_or_else(|| Err(DataError::record("an empty page", 0..1)))?;
        Ok(match record {
            Record::Person(mut line) => {
                if let Line::Version(version) = &mut *line {
                    version.along = raw.along;
                }
                Row::Person(line)
            }
            Record::Event(event) => Row::Event(event),
            Record::Metric(metric) => {
                let key = metric.id.unwrap_or(metric.name);
                Row::Record(RecordKind::Metric, key)
            }
            Record::Item(item) => Row::Record(RecordKind::Item, item.external_id),
            Record::Variant(variant) => Row::Record(RecordKind::Variant, variant.external_id),
            Record::Category(category) => Row::Record(RecordKind::Category, category.external_id),
        })
    }
}

impl Row {
    /// What it is about, for those of which one line is enough.
    pub(super) fn whose(&self, raw: &Raw) -> Option<(&'static str, String)> {
        match self {
            Row::Person(line) if !raw.along && matches!(**line, Line::Version(_)) => {
                let (_, name) = line.names().into_iter().min()?;
                Some(("profile", name.into()))
            }
            Row::Record(RecordKind::Item, key) => Some(("catalog item", key.clone())),
            Row::Record(RecordKind::Variant, key) => Some(("catalog variant", key.clone())),
            _ => None,
        }
    }
}

/// What a text is compared by.
pub(super) fn hash(text: &str) -> i64 {
    number(&Sha256::digest(text))
}

fn number(digest: &[u8]) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_le_bytes(first)
}

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
    fn is_import(self) -> bool {
        self.source >= IMPORTS
    }
}

/// Puts lines into tables and keeps in mind what has to be looked at again when all are there.
pub(super) struct Writer<'c> {
    connection: &'c Connection,
    now: i64,
    whos: HashMap<Identity, i64>,
    spellings: HashMap<Metric, i64>,
    /// In a bulk load: all events by their mark, as no index is there to ask.
    marks: Option<HashMap<i64, Known>>,
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
    first: i64,
    /// Of whom and of what earlier imports said several things, and the source that speaks of it now.
    people: HashMap<(u8, Box<str>), (Sequence, i64)>,
    things: HashMap<(RecordKind, String), (Sequence, i64)>,
    /// The hashes of the lines about a thing before it was touched.
    said: HashMap<(RecordKind, String), Vec<i64>>,
}

/// An event that is there.
#[derive(Debug, Clone, Copy)]
struct Known {
    event: i64,
    hash: i64,
    is_import: bool,
    place: Place,
}

/// What is recorded of an item or a variant when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Worth {
    pub(super) price: Option<f64>,
    pub(super) stock: Option<f64>,
    pub(super) updated: Option<i64>,
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
                let mut marks = HashMap::new();
                let mut statement =
                    connection.prepare("SELECT mark, event, hash, source, line FROM event")?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let source: i64 = row.get(3)?;
                    let known = Known {
                        event: row.get(1)?,
                        hash: row.get(2)?,
                        is_import: source >= IMPORTS,
                        place: Place {
                            source,
                            line: row.get(4)?,
                        },
                    };
                    marks.insert(row.get(0)?, known);
                }
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

    fn is_forgotten(&self, names: &Names) -> bool {
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
    fn rows(
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

    fn move_records(&mut self, moved: Vec<(i64, i64)>, source: i64) -> Result<(), StoreError> {
        for (record, line) in moved {
            self.connection
                .prepare_cached("UPDATE record SET source = ?, line = ? WHERE record = ?")?
                .execute(params![source, line, record])?;
            self.records_changed = true;
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

    /// Whether what is said of a thing is not what was said before this import; None for what is new.
    pub(super) fn has_news(&self, kind: RecordKind, key: &str) -> Result<Option<bool>, StoreError> {
        match self.said.get(&(kind, key.to_owned())) {
            Some(said) if said.is_empty() => Ok(None),
            Some(said) => Ok(Some(*said != self.said_of(kind, key)?)),
            None => Ok(Some(false)),
        }
    }

    fn said_of(&self, kind: RecordKind, key: &str) -> Result<Vec<i64>, StoreError> {
        let rows = self.rows(
            "SELECT record, hash FROM record WHERE kind = ? AND key = ? ORDER BY source, line",
            params![kind as i64, key],
        )?;
        Ok(rows.into_iter().map(|(_, hash)| hash).collect())
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

    fn who(&mut self, who: &Identity) -> Result<i64, StoreError> {
        let who = Identity {
            email: who.email.as_deref().map(str::to_lowercase),
            ..who.clone()
        };
        if let Some(&known) = self.whos.get(&who) {
            return Ok(known);
        }
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let names = [&who.id, &who.external_id, &who.email, &who.phone_number].map(text);
        let [id, external_id, email, phone_number] = &names;
        let known = self
            .connection
            .prepare_cached(
                "SELECT who FROM who WHERE id = ? AND external_id = ? AND email = ? AND phone_number = ?",
            )?
            .query_row([id, external_id, email, phone_number], |row| row.get(0))
            .optional()?;
        let number = match known {
            Some(number) => number,
            None => {
                self.connection
                    .prepare_cached(
                        "INSERT INTO who (id, external_id, email, phone_number) VALUES (?, ?, ?, ?)",
                    )?
                    .execute([id, external_id, email, phone_number])?;
                self.connection.last_insert_rowid()
            }
        };
        self.whos.insert(who, number);
        Ok(number)
    }

    fn spelling(&mut self, metric: &Metric) -> Result<i64, StoreError> {
        if let Some(&known) = self.spellings.get(metric) {
            return Ok(known);
        }
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let (id, integration) = (text(&metric.id), text(&metric.integration));
        self.connection
            .prepare_cached(
                "INSERT OR IGNORE INTO spelling (id, name, integration) VALUES (?, ?, ?)",
            )?
            .execute([&id, &metric.name, &integration])?;
        let number = self
            .connection
            .prepare_cached(
                "SELECT spelling FROM spelling WHERE id = ? AND name = ? AND integration = ?",
            )?
            .query_row([&id, &metric.name, &integration], |row| row.get(0))?;
        self.spellings.insert(metric.clone(), number);
        Ok(number)
    }

    fn event(
        &mut self,
        raw: &Raw,
        event: &Event,
        hash: i64,
        place: Place,
    ) -> Result<Fate, StoreError> {
        if self.is_forgotten(&names(&event.profile)) {
            return Ok(Fate::Forgotten);
        }
        let who = self.who(&event.profile)?;
        let spelling = self.spelling(&event.metric)?;
        let mark = mark(event, who, spelling, hash, place);
        let mut hidden = 0;
        let known = match &self.marks {
            Some(marks) => marks.get(&mark).copied().into_iter().collect(),
            None => {
                let mut statement = self
                    .connection
                    .prepare_cached("SELECT event, hash, source, line FROM event WHERE mark = ?")?;
                statement
                    .query_map([mark], |row| {
                        let source: i64 = row.get(2)?;
                        Ok(Known {
                            event: row.get(0)?,
                            hash: row.get(1)?,
                            is_import: source >= IMPORTS,
                            place: Place {
                                source,
                                line: row.get(3)?,
                            },
                        })
                    })?
                    .collect::<Result<Vec<Known>, _>>()?
            }
        };
        let mut instead = false;
        for known in known {
            // A line of the file that was read before now stands behind this one: the first counts.
            if known.place.source == place.source
                && known.place.line > place.line
                && known.hash != hash
            {
                let before = self
                    .connection
                    .prepare_cached("DELETE FROM event WHERE event = ? RETURNING who")?
                    .query_row([known.event], |row| row.get(0))?;
                self.touched_whos.insert(before);
                self.events_removed = true;
                instead = true;
                continue;
            }
            if known.is_import == place.is_import() {
                return Ok(match known.hash == hash {
                    true => Fate::Same,
                    false => Fate::Contradicts,
                });
            }
            // The folder's is the one that counts.
            if place.is_import() {
                hidden = 1;
            } else {
                self.connection
                    .prepare_cached("UPDATE event SET hidden = hidden | 1 WHERE event = ?")?
                    .execute([known.event])?;
            }
        }
        self.connection
            .prepare_cached(
                "INSERT INTO event (source, line, hash, who, spelling, mark, id, time, value, hidden, json)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                place.source,
                place.line,
                hash,
                who,
                spelling,
                mark,
                event.id(),
                event.time.as_second(),
                event.value,
                hidden,
                raw.json
            ])?;
        if let Some(marks) = &mut self.marks {
            let known = Known {
                event: self.connection.last_insert_rowid(),
                hash,
                is_import: place.is_import(),
                place,
            };
            marks.insert(mark, known);
        }
        self.touched_whos.insert(who);
        Ok(match instead {
            true => Fate::Contradicts,
            false => Fate::New,
        })
    }

    /// Takes an event out; what it hid is seen again.
    pub(super) fn remove_event(&mut self, event: i64) -> Result<(), StoreError> {
        let (mark, who): (i64, i64) = self
            .connection
            .prepare_cached("DELETE FROM event WHERE event = ? RETURNING mark, who")?
            .query_row([event], |row| Ok((row.get(0)?, row.get(1)?)))?;
        self.connection
            .prepare_cached("UPDATE event SET hidden = hidden & ~1 WHERE mark = ?")?
            .execute([mark])?;
        self.touched_whos.insert(who);
        self.events_removed = true;
        Ok(())
    }

    fn record(
        &mut self,
        raw: &Raw,
        kind: RecordKind,
        key: &str,
        hash: i64,
        place: Place,
    ) -> Result<Fate, StoreError> {
        self.remember_worth(kind, key)?;
        let thing = (kind, key.to_owned());
        if !self.said.contains_key(&thing) {
            let said = self.said_of(kind, key)?;
            self.said.insert(thing.clone(), said);
        }
        if place.is_import() {
            let mut sequence = match self.things.remove(&thing) {
                Some((sequence, _)) => sequence,
                None => Sequence::new(self.rows(
                    "SELECT record, hash FROM record WHERE kind = ?1 AND key = ?2 AND source >= ?3 AND source < ?4
                     ORDER BY source, line",
                    params![kind as i64, key, IMPORTS, self.first],
                )?),
            };
            let step = sequence.step(hash, place.line);
            self.move_records(step.moved, place.source)?;
            if !sequence.is_plain() {
                self.things.insert(thing, (sequence, place.source));
            }
            if step.known.is_some() {
                return Ok(Fate::Thing);
            }
        }
        let seen: Option<i64> = self
            .connection
            .prepare_cached("SELECT min(seen) FROM record WHERE kind = ? AND key = ?")?
            .query_row(params![kind as i64, key], |row| row.get(0))?;
        self.connection
            .prepare_cached(
                "INSERT INTO record (kind, key, source, line, hash, seen, json) VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                kind as i64,
                key,
                place.source,
                place.line,
                hash,
                seen.unwrap_or(self.now),
                raw.json
            ])?;
        self.records_changed = true;
        Ok(Fate::Thing)
    }

    /// Takes a metric, an item, a variant or a category out.
    pub(super) fn remove_record(&mut self, record: i64) -> Result<(), StoreError> {
        let (kind, key): (i64, String) = self
            .connection
            .prepare_cached("SELECT kind, key FROM record WHERE record = ?")?
            .query_row([record], |row| Ok((row.get(0)?, row.get(1)?)))?;
        match kind {
            1 => self.remember_worth(RecordKind::Item, &key)?,
            2 => self.remember_worth(RecordKind::Variant, &key)?,
            _ => {}
        }
        self.connection
            .prepare_cached("DELETE FROM record WHERE record = ?")?
            .execute([record])?;
        self.records_changed = true;
        Ok(())
    }

    fn remember_worth(&mut self, kind: RecordKind, key: &str) -> Result<(), StoreError> {
        if matches!(kind, RecordKind::Metric | RecordKind::Category) {
            return Ok(());
        }
        let place = (kind, key.to_owned());
        if !self.before.contains_key(&place) {
            let worth = worth(self.connection, kind, key)?;
            self.before.insert(place, worth);
        }
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

/// How many bytes of trigrams are gathered in memory before they are written: the more, the less is merged later.
pub(super) fn trigram_memory(connection: &Connection, bytes: i64) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO person_text (person_text, rank) VALUES ('hashsize', ?)",
        [bytes],
    )?;
    Ok(())
}

/// What an item or a variant is worth now: by its last line.
pub(super) fn worth(
    connection: &Connection,
    kind: RecordKind,
    key: &str,
) -> Result<Option<Worth>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT json FROM record WHERE kind = ? AND key = ? ORDER BY source, line",
    )?;
    let mut rows = statement.query(params![kind as i64, key])?;
    let mut worth: Option<Worth> = None;
    while let Some(row) = rows.next()? {
        let json: String = row.get(0)?;
        let found = match kind {
            RecordKind::Item => CatalogItem::from_json(&json).ok().map(|item| Worth {
                price: item.price_value(),
                stock: item.inventory_quantity,
                updated: item.updated.map(Timestamp::as_second),
            }),
            _ => CatalogVariant::from_json(&json).ok().map(|variant| Worth {
                price: variant.price.as_ref().and_then(data::Price::value),
                stock: variant.inventory_quantity,
                updated: None,
            }),
        };
        let Some(found) = found else { continue };
        let outdated =
            worth.is_some_and(|worth| found.updated.is_some() && found.updated < worth.updated);
        if !outdated {
            let updated = found.updated.or(worth.and_then(|worth| worth.updated));
            worth = Some(Worth { updated, ..found });
        }
    }
    Ok(worth)
}

/// What a stored line calls its person.
pub(super) fn names_of(json: &str) -> Result<Names, StoreError> {
    Ok(line_of(json, false)?.names())
}

/// A stored line about a person.
pub(super) fn line_of(json: &str, along: bool) -> Result<Line, StoreError> {
    let record = Record::of_line(json, "profile").pop();
    match record {
        Some(Ok(Record::Person(mut line))) => {
            if let Line::Version(version) = &mut *line {
                version.along = along;
            }
            Ok(*line)
        }
        Some(Err(error)) => Err(error.into()),
        _ => Err(DataError::record("a stored line is not about a person", 0..1).into()),
    }
}

/// What stays of the name of somebody who was forgotten.
pub(super) fn forgotten_hash((kind, name): &(u8, Box<str>)) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update([*kind]);
    hash.update(name.as_bytes());
    hash.finalize().to_vec()
}

/// What an event is recorded once by (reference A.4): person, metric and unique id; without a unique id its own id; without
/// that person, metric and the second of its time. Half a hash of 128 bits: two of five million events share one by
/// chance once in a million stores.
fn mark(event: &Event, who: i64, spelling: i64, content: i64, place: Place) -> i64 {
    let mut hash = Sha256::new();
    let mut parts = |tag: &[u8], numbers: &[i64], text: &str| {
        hash.update(tag);
        for number in numbers {
            hash.update(number.to_le_bytes());
        }
        hash.update(text);
    };
    match (event.unique_id(), event.own_id()) {
        (Some(unique), _) => parts(b"u", &[who, spelling], unique),
        (None, Some(own)) => parts(b"i", &[], own),
        // Nobody's events are not one person's.
        (None, None) if event.profile.is_empty() && place.is_import() => {
            parts(b"n", &[content], "");
        }
        (None, None) if event.profile.is_empty() => parts(b"n", &[content, place.line], ""),
        (None, None) => parts(b"t", &[who, spelling, event.time.as_second()], ""),
    }
    number(&hash.finalize())
}
