//! Metrics, items, variants and categories: how they are written, and what an item is worth.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::read::Raw;
use super::row::RecordKind;
use super::sequence::Sequence;
use super::write::{Fate, Place, Writer};
use super::{IMPORTS, StoreError};
use crate::data::{self, CatalogItem, CatalogVariant};

/// What is recorded of an item or a variant when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Worth {
    pub(super) price: Option<f64>,
    pub(super) stock: Option<f64>,
    pub(super) updated: Option<i64>,
}

impl Writer<'_> {
    pub(super) fn record(
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

    pub(super) fn move_records(
        &mut self,
        moved: Vec<(i64, i64)>,
        source: i64,
    ) -> Result<(), StoreError> {
        for (record, line) in moved {
            self.connection
                .prepare_cached("UPDATE record SET source = ?, line = ? WHERE record = ?")?
                .execute(params![source, line, record])?;
            self.records_changed = true;
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
