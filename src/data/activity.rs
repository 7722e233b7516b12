//! When somebody was active: which events are their own doing, and which only happened to them.

use jiff::Timestamp;

use super::{DataError, Events, Metric, Profile};

/// Metrics of what is done to somebody: delivery, bounces, relays, receipts. All others, every custom metric among them,
/// are somebody's own doing, an unsubscription and a complaint included.
///
/// Klaviyo says which kinds of events are passive, but publishes no list of names; this one is ours.
pub const PASSIVE_METRICS: [&str; 17] = [
    "Received Email",
    "Bounced Email",
    "Dropped Email",
    "Relayed Email",
    "Received SMS",
    "Failed to Deliver SMS",
    "Received Automated Response SMS",
    "Failed to deliver Automated Response SMS",
    "Failed to Deliver Automated Response SMS",
    "Received Push",
    "Bounced Push",
    "Failed to Deliver Push",
    "Received WhatsApp",
    "Failed to Deliver WhatsApp",
    "Received Webhook",
    "Received In-App Message",
    "Update Email Preferences Email Sent",
];

/// The earliest and the latest active event of somebody: Klaviyo's *First Active* and *Last Active*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// The earliest.
    pub first: Timestamp,
    /// The latest.
    pub last: Timestamp,
}

impl Activity {
    /// What a person was seen doing until `now`; None for somebody who never did anything.
    ///
    /// ```
    /// use letterpress::data::{Activity, Event, Profile, Shop};
    /// let event = |metric: &str, day: &str| Event::from_json(&format!(
    ///     r#"{{"metric": "{metric}", "profile": {{"email": "ada@example.com"}}, "time": "{day}"}}"#));
    /// let ada = Profile::from_json(r#"{"email": "ada@example.com"}"#)?;
    /// let (shop, _) = Shop::builder()
    ///     .profile(ada.clone())
    ///     .event(event("Received Email", "2026-01-01")?)
    ///     .event(event("Opened Email", "2026-01-02")?)
    ///     .event(event("Placed Order", "2026-01-03")?)
    ///     .event(event("Bounced Email", "2026-01-04")?)
    ///     .build();
    /// let activity = Activity::of(&shop, &ada, "2026-11-20T00:00:00Z".parse().unwrap())?.unwrap();
    /// assert_eq!(activity.first.to_string(), "2026-01-02T00:00:00Z");
    /// assert_eq!(activity.last.to_string(), "2026-01-03T00:00:00Z");
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// The database failed.
    pub fn of<E: Events + ?Sized>(
        events: &E,
        profile: &Profile,
        now: Timestamp,
    ) -> Result<Option<Activity>, DataError> {
        let counts = events.counts(Some(profile), Timestamp::MIN, now)?;
        let active = counts.iter().filter(|one| !is_passive(&one.metric));
        Ok(active.fold(None, |known: Option<Activity>, one| {
            Some(Activity {
                first: known.map_or(one.first, |known| known.first.min(one.first)),
                last: known.map_or(one.last, |known| known.last.max(one.last)),
            })
        }))
    }
}

/// Whether events of a metric only happen to somebody. A shop's own metric may have one of the names: then it counts.
pub(crate) fn is_passive(metric: &Metric) -> bool {
    let own = metric.integration.as_deref().unwrap_or("Klaviyo");
    own == "Klaviyo" && PASSIVE_METRICS.contains(&metric.name.as_str())
}
