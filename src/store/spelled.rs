//! Metrics as events spell them.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;

use super::StoreError;
use super::row::RecordKind;
use crate::data::{Metric, Metrics};

/// Metrics as they are found by events.
#[derive(Debug, Default)]
pub(super) struct Spelled {
    pub(super) metrics: Metrics,
    pub(super) of: HashMap<i64, u32>,
}

impl Spelled {
    pub(super) fn read(connection: &Connection) -> Result<Spelled, StoreError> {
        let mut known = Vec::new();
        let mut statement = connection
            .prepare_cached("SELECT json FROM record WHERE kind = ? ORDER BY source, line")?;
        let mut rows = statement.query([RecordKind::Metric as i64])?;
        while let Some(row) = rows.next()? {
            let json: String = row.get(0)?;
            known.push(Metric::from_json(&json)?);
        }
        let mut metrics = Metrics::new(known);
        let mut of = HashMap::new();
        // Not in the order in which they came: that must not matter.
        let mut statement = connection.prepare_cached(
            "SELECT spelling, id, name, integration FROM spelling ORDER BY id, name, integration",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let text = |at: usize| -> Result<Option<String>, rusqlite::Error> {
                let text: String = row.get(at)?;
                Ok(Some(text).filter(|text| !text.is_empty()))
            };
            let named = Metric {
                id: text(1)?,
                name: text(2)?.unwrap_or_default(),
                integration: text(3)?,
                ..Metric::default()
            };
            of.insert(row.get(0)?, metrics.place(&named));
        }
        Ok(Spelled { metrics, of })
    }

    pub(super) fn metric(&self, spelling: i64) -> Option<&Arc<Metric>> {
        self.metrics.list.get(*self.of.get(&spelling)? as usize)
    }

    /// How events spell the metrics of these names.
    pub(super) fn spellings(&self, names: &[&str]) -> Vec<i64> {
        let wanted = |spelling: &&i64| {
            self.metric(**spelling)
                .is_some_and(|metric| names.contains(&metric.name.as_str()))
        };
        let mut spellings: Vec<i64> = self.of.keys().filter(wanted).copied().collect();
        spellings.sort_unstable();
        spellings
    }
}
