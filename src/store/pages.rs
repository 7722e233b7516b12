//! Rows that are read a page at a time; events as they are stored.

use std::sync::Arc;

use rusqlite::Row;

use super::StoreError;
use super::spelled::Spelled;
use crate::data::{DataError, Event, Identity, Rows};

/// `?, ?, ?`
pub(super) fn places(number: usize) -> String {
    vec!["?"; number].join(", ")
}

/// An event as it is stored: its JSON, how it spells its metric, who did it.
pub(super) struct StoredEvent {
    pub(super) number: i64,
    pub(super) json: String,
    pub(super) spelling: i64,
    pub(super) who: i64,
}

impl StoredEvent {
    pub(super) const COLUMNS: &str = "event, json, spelling, who";

    pub(super) fn of(row: &Row<'_>) -> Result<StoredEvent, rusqlite::Error> {
        Ok(StoredEvent {
            number: row.get(0)?,
            json: row.get(1)?,
            spelling: row.get(2)?,
            who: row.get(3)?,
        })
    }

    pub(super) fn event(
        &self,
        spelled: &Spelled,
        who: Option<&Arc<Identity>>,
    ) -> Result<Arc<Event>, StoreError> {
        let mut event = Event::from_json(&self.json)?;
        if let Some(metric) = spelled.metric(self.spelling) {
            event.metric = metric.clone();
        }
        if let Some(who) = who {
            event.profile = who.clone();
        }
        Ok(Arc::new(event))
    }
}

/// Rows that are read a page at a time, each page behind the last.
pub(super) struct Pages<'s, T> {
    /// The next page, and whether another follows.
    #[allow(clippy::type_complexity)]
    next: Box<dyn FnMut() -> Result<Vec<Arc<T>>, StoreError> + Send + 's>,
    page: std::vec::IntoIter<Arc<T>>,
    ended: bool,
}

impl<'s, T: Send + Sync + 's> Pages<'s, T> {
    pub(super) fn rows(
        next: impl FnMut() -> Result<Vec<Arc<T>>, StoreError> + Send + 's,
    ) -> Rows<'s, T> {
        Box::new(Pages {
            next: Box::new(next),
            page: Vec::new().into_iter(),
            ended: false,
        })
    }
}

impl<T> Iterator for Pages<'_, T> {
    type Item = Result<Arc<T>, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(one) = self.page.next() {
            return Some(Ok(one));
        }
        if self.ended {
            return None;
        }
        match (self.next)() {
            Ok(page) if page.is_empty() => {
                self.ended = true;
                None
            }
            Ok(page) => {
                self.page = page.into_iter();
                self.page.next().map(Ok)
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error.lookup()))
            }
        }
    }
}
