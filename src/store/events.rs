//! Events into their table: by whom they name, how they spell their metric, and once each.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::StoreError;
use super::read::Raw;
use super::row::number;
use super::write::{Fate, Place, Writer};
use crate::data::{Event, Identity, Metric, names};

/// An event that is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    event: i64,
    hash: i64,
    place: Place,
}

/// All events by their mark, for a load that has no index to ask.
pub(super) fn events_by_mark(connection: &Connection) -> Result<HashMap<i64, Known>, StoreError> {
    let mut marks = HashMap::new();
    let mut statement = connection.prepare("SELECT mark, event, hash, source, line FROM event")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let known = Known {
            event: row.get(1)?,
            hash: row.get(2)?,
            place: Place {
                source: row.get(3)?,
                line: row.get(4)?,
            },
        };
        marks.insert(row.get(0)?, known);
    }
    Ok(marks)
}

impl Writer<'_> {
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

    pub(super) fn event(
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
        // A file may tell an event of nobody as often as it likes.
        let named = event.unique_id().or(event.own_id()).is_some();
        let repeats = place.is_import() || !event.profile.is_empty() || named;
        let known = match &self.marks {
            _ if !repeats => Vec::new(),
            Some(marks) => marks.get(&mark).copied().into_iter().collect(),
            None => {
                let mut statement = self
                    .connection
                    .prepare_cached("SELECT event, hash, source, line FROM event WHERE mark = ?")?;
                statement
                    .query_map([mark], |row| {
                        Ok(Known {
                            event: row.get(0)?,
                            hash: row.get(1)?,
                            place: Place {
                                source: row.get(2)?,
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
            if known.place.is_import() == place.is_import() {
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
        (None, None) if event.profile.is_empty() => {
            parts(if place.is_import() { b"n" } else { b"f" }, &[content], "");
        }
        (None, None) => parts(b"t", &[who, spelling, event.time.as_second()], ""),
    }
    number(&hash.finalize())
}
