//! The events of a person, the newest first.

use serde::Serialize;

use std::sync::Arc;

use super::people::looked_up;
use super::{ApiError, Snapshot};
use crate::data::Event;
use crate::project::{Selector, fresh_seed};

/// What a person did.
#[derive(Debug, Serialize)]
pub struct Events {
    /// How many there are in all.
    pub total: usize,
    /// The newest of them.
    pub events: Vec<EventEntry>,
}

/// One event in the picker.
#[derive(Debug, Clone, Serialize)]
pub struct EventEntry {
    /// What names it in an address; None where the data has no id for it.
    pub selector: Option<String>,
    /// What was done.
    pub metric: String,
    /// Where it was recorded: Shopify, API.
    pub source: Option<String>,
    /// RFC 3339.
    pub time: String,
    /// What it was worth.
    pub value: Option<f64>,
    /// Whether it is of the metric that starts the email's flow.
    pub trigger: bool,
}

/// So many events are offered.
const MOST: usize = 500;

impl Snapshot {
    /// The events of a person, newest first; those of the metric that starts the flow of `email` are marked.
    ///
    /// # Errors
    /// There is no such person.
    pub fn events(&self, profile: &str, email: Option<&str>) -> Result<Events, ApiError> {
        let shop = self.shop()?;
        let profile = looked_up(Selector::profile(profile)?)?.find_profile(shop, fresh_seed())?;
        let trigger = email.and_then(|name| self.trigger(name));
        let events = shop.timeline_page(&profile, None, None, MOST)?;
        Ok(Events {
            total: shop.event_count_of(&profile)?,
            events: events
                .iter()
                .map(|event| self.entry_of(event, trigger.as_deref()))
                .collect::<Result<_, _>>()?,
        })
    }

    /// The metric that starts an email's flow.
    pub(super) fn trigger(&self, email: &str) -> Option<String> {
        let compiled = self.project.as_ref()?.engine().email(email).ok();
        compiled
            .or_else(|| self.remembered(email))?
            .manifest()
            .metric
            .clone()
    }

    pub(super) fn entry_of(
        &self,
        event: &Arc<Event>,
        trigger: Option<&str>,
    ) -> Result<EventEntry, ApiError> {
        let id = event.id();
        let known = self.shop()?.event(id)?;
        Ok(EventEntry {
            selector: known
                .filter(|found| found.is_as(event))
                .map(|_| format!("id:{id}")),
            metric: event.metric.name.to_string(),
            source: event.metric.integration.as_deref().map(str::to_owned),
            time: event.time.to_string(),
            value: event.value,
            trigger: trigger.is_some_and(|metric| metric == &*event.metric.name),
        })
    }
}
