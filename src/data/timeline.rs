//! A person's timeline, page by page.

use std::sync::Arc;

use super::{DataError, Event, Events, Profile};

/// A page of a person's timeline, the newest event first.
///
/// ```
/// use letterpress::data::{Event, Profile, Shop, TimelinePage};
/// let ada = Profile::from_json(r#"{"id": "ada"}"#)?;
/// let mut shop = Shop::builder().profile(ada.clone());
/// for id in ["a", "b", "c"] {
///     shop = shop.event(Event::from_json(&format!(
///         r#"{{"id": "{id}", "metric": "Viewed Product", "profile": {{"id": "ada"}}, "time": "2026-11-01"}}"#))?);
/// }
/// let (shop, _) = shop.build();
/// let ids = |page: &TimelinePage| page.events.iter().map(|event| event.id().to_owned()).collect::<Vec<_>>();
/// let newest = TimelinePage::of(&shop, &ada, None, None, 2)?;
/// assert_eq!((ids(&newest), newest.more), (vec!["c".into(), "b".into()], true));
/// let rest = TimelinePage::of(&shop, &ada, None, newest.events.last().map(|event| &**event), 2)?;
/// assert_eq!((ids(&rest), rest.more), (vec!["a".to_owned()], false));
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TimelinePage {
    /// The events.
    pub events: Vec<Arc<Event>>,
    /// Whether there are more after the last of them.
    pub more: bool,
}

impl TimelinePage {
    /// At most `most` events, of the metric with this name if there is one, that come after the event `after`.
    ///
    /// # Errors
    /// The database failed.
    pub fn of<E: Events + ?Sized>(
        events: &E,
        profile: &Profile,
        metric: Option<&str>,
        after: Option<&Event>,
        most: usize,
    ) -> Result<TimelinePage, DataError> {
        let mut events = events.timeline_page(profile, metric, after, most.saturating_add(1))?;
        let more = events.len() > most;
        events.truncate(most);
        Ok(TimelinePage { events, more })
    }

    /// The id of the last event, to go on from, where there is more.
    pub fn next(&self) -> Option<&str> {
        let last = self.events.last().filter(|_| self.more)?;
        Some(last.id())
    }
}
