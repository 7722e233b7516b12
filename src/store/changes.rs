//! Prices and stock that changed, with their time.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::records::{Worth, worth};
use super::row::RecordKind;
use super::{Store, StoreError};
use crate::data::{CatalogVariant, own_id};

/// A price or a stock that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogChange {
    /// The item's own id.
    pub item: String,
    /// The variant's own id, where it is one of a variant.
    pub variant: Option<String>,
    /// Which of the two.
    pub field: CatalogField,
    /// When: the item's `updated` where that moved on, else when it was read.
    pub time: Timestamp,
    /// Before.
    pub old: f64,
    /// After.
    pub new: f64,
}

/// What is kept track of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatalogField {
    /// What it costs.
    Price,
    /// How many are left.
    Stock,
}

impl CatalogField {
    fn word(self) -> &'static str {
        match self {
            CatalogField::Price => "price",
            CatalogField::Stock => "stock",
        }
    }
}

impl Store {
    /// All changes of prices and stock that were seen, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn catalog_changes(&self) -> Result<Vec<CatalogChange>, StoreError> {
        let read = || -> Result<Vec<CatalogChange>, StoreError> {
            let connection = self.connection();
            let mut statement = connection.prepare_cached(
                "SELECT item, variant, field, time, old, new FROM catalog_change ORDER BY time, rowid",
            )?;
            let mut rows = statement.query([])?;
            let mut changes = Vec::new();
            while let Some(row) = rows.next()? {
                let field: String = row.get(2)?;
                changes.push(CatalogChange {
                    item: row.get(0)?,
                    variant: row.get(1)?,
                    field: match field.as_str() {
                        "price" => CatalogField::Price,
                        _ => CatalogField::Stock,
                    },
                    time: Timestamp::from_second(row.get(3)?).unwrap_or_default(),
                    old: row.get(4)?,
                    new: row.get(5)?,
                });
            }
            Ok(changes)
        };
        read().map_err(|error| error.of(self.path()))
    }
}

/// Compares what was touched with what it was before.
pub(super) fn record(
    connection: &Connection,
    before: &HashMap<(RecordKind, String), Option<Worth>>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut keys: Vec<_> = before.iter().collect();
    keys.sort_by(|a, b| a.0.1.cmp(&b.0.1));
    for ((kind, key), before) in keys {
        let (Some(before), Some(after)) = (before, worth(connection, *kind, key)?) else {
            continue;
        };
        let time = match after.updated {
            Some(updated) if after.updated > before.updated => updated,
            _ => now.as_second(),
        };
        for (field, old, new) in [
            (CatalogField::Price, before.price, after.price),
            (CatalogField::Stock, before.stock, after.stock),
        ] {
            let (Some(old), Some(new)) = (old, new) else {
                continue;
            };
            if old == new {
                continue;
            }
            let (item, variant) = match kind {
                RecordKind::Variant => (item_of(connection, key)?, Some(key)),
                _ => (key.clone(), None),
            };
            connection
                .prepare_cached("INSERT INTO catalog_change VALUES (?, ?, ?, ?, ?, ?)")?
                .execute(params![item, variant, field.word(), time, old, new])?;
        }
    }
    Ok(())
}

/// The item that a variant names last.
fn item_of(connection: &Connection, variant: &str) -> Result<String, StoreError> {
    let json: String = connection
        .prepare_cached(
            "SELECT json FROM record WHERE kind = 2 AND key = ? ORDER BY source DESC, line DESC LIMIT 1",
        )?
        .query_row([variant], |row| row.get(0))?;
    let item = CatalogVariant::from_json(&json)?.item;
    Ok(item.map_or(String::new(), |id| own_id(&id).to_owned()))
}
