//! Klaviyo's *metrics snapshot* of a profile: how often they did what, in the last 30 days and ever; and all metrics.

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use super::{DataError, Events, MetricCount, Profile};

/// How often a person did what.
///
/// ```
/// use letterpress::data::{Event, Profile, Shop, Snapshot};
/// let order = |time: &str, value: f64| Event::from_json(&format!(
///     r#"{{"metric": "Placed Order", "profile": {{"id": "ada"}}, "time": "{time}", "value": {value}}}"#));
/// let ada = Profile::from_json(r#"{"id": "ada"}"#)?;
/// let (shop, _) = Shop::builder()
///     .profile(ada.clone())
///     .event(order("2026-03-02T10:00:00Z", 152.5)?)
///     .event(order("2026-11-20T18:04:10Z", 59.9)?)
///     .build();
/// let snapshot = Snapshot::of(&shop, &ada, "2026-11-23T00:00:00Z".parse().unwrap())?;
/// let orders = &snapshot.metrics[0];
/// assert_eq!((orders.count_30d, orders.count_all, orders.value_30d, orders.value_all), (1, 2, 59.9, 212.4));
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Snapshot {
    /// [`Profile::key`]: the id, where there is one.
    pub profile_id: String,
    /// The time until which events count.
    pub as_of: Timestamp,
    /// The most frequent first, then by name.
    pub metrics: Vec<SnapshotRow>,
}

/// One metric of a [`Snapshot`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SnapshotRow {
    /// Its name.
    pub metric: String,
    /// How often within 30 times 86,400 seconds before `as_of`, both ends included.
    pub count_30d: usize,
    /// How often ever.
    pub count_all: usize,
    /// What that was worth in the 30 days.
    #[serde(serialize_with = "amount")]
    pub value_30d: f64,
    /// What it was ever worth.
    #[serde(serialize_with = "amount")]
    pub value_all: f64,
    /// The earliest.
    pub first: Timestamp,
    /// The latest.
    pub last: Timestamp,
}

/// The window of a snapshot: rolling, not by days of a calendar.
const WINDOW: SignedDuration = SignedDuration::from_secs(30 * 86_400);

impl Snapshot {
    /// A person's snapshot at a time, cut to the second as events are; later events count in neither column.
    ///
    /// # Errors
    /// The database failed.
    pub fn of<E: Events + ?Sized>(
        events: &E,
        profile: &Profile,
        as_of: Timestamp,
    ) -> Result<Snapshot, DataError> {
        let as_of = Timestamp::from_second(as_of.as_second()).unwrap_or(as_of);
        let from = as_of.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
        let recent = events.counts(Some(profile), from, as_of)?;
        let ever = events.counts(Some(profile), Timestamp::MIN, as_of)?;
        let mut metrics: Vec<SnapshotRow> = Vec::with_capacity(ever.len());
        for all in &ever {
            let recent = recent.iter().find(|one| one.metric == all.metric);
            metrics.push(SnapshotRow {
                metric: all.metric.name.clone(),
                count_30d: recent.map_or(0, |one| one.count),
                count_all: all.count,
                value_30d: recent.map_or(0.0, |one| rounded(one.value)),
                value_all: rounded(all.value),
                first: all.first,
                last: all.last,
            });
        }
        metrics.sort_by(|a, b| {
            let by_count = b.count_all.cmp(&a.count_all);
            by_count
                .then_with(|| a.metric.cmp(&b.metric))
                .then_with(|| a.first.cmp(&b.first))
        });
        Ok(Snapshot {
            profile_id: profile.key().to_owned(),
            as_of,
            metrics,
        })
    }
}

/// To a ten-thousandth: a sum of amounts must not show in which order a database added them.
fn rounded(sum: f64) -> f64 {
    let rounded = (sum * 10_000.0).round() / 10_000.0;
    // Neither -0.0, nor an overflow of what was finite.
    match rounded.is_finite() {
        true => rounded + 0.0,
        false => sum,
    }
}

/// `40`, not `40.0`.
fn amount<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match value.fract() == 0.0 && value.abs() < 1e15 {
        true => serializer.serialize_i64(*value as i64),
        false => serializer.serialize_f64(*value),
    }
}

/// A metric, and how often it was recorded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricSummary {
    /// Its name.
    pub name: String,
    /// What reports it: Shopify, API, Klaviyo; None where the data does not say.
    pub source: Option<String>,
    /// How many events.
    pub count: usize,
    /// The earliest, if there is any.
    pub first: Option<Timestamp>,
    /// The latest.
    pub last: Option<Timestamp>,
}

impl MetricSummary {
    /// All metrics, the most frequent first, then by name; those without an event are among them.
    ///
    /// ```
    /// use letterpress::data::{Event, Metric, MetricSummary, Shop};
    /// let (shop, _) = Shop::builder()
    ///     .metric(Metric::named("Placed Order"))
    ///     .event(Event::from_json(r#"{"metric": "Viewed Product", "time": "2026-11-01"}"#)?)
    ///     .build();
    /// let metrics = MetricSummary::all(&shop)?;
    /// let counts: Vec<_> = metrics.iter().map(|one| (one.name.as_str(), one.count)).collect();
    /// assert_eq!(counts, [("Viewed Product", 1), ("Placed Order", 0)]);
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// The database failed.
    pub fn all<E: Events + ?Sized>(events: &E) -> Result<Vec<MetricSummary>, DataError> {
        let counts = events.counts(None, Timestamp::MIN, Timestamp::MAX)?;
        let mut all = Vec::new();
        for metric in events.metrics()? {
            let seen = counts.iter().find(|one| one.metric == metric);
            all.push(MetricSummary {
                name: metric.name.clone(),
                source: metric.integration.clone(),
                count: seen.map_or(0, |one: &MetricCount| one.count),
                first: seen.map(|one| one.first),
                last: seen.map(|one| one.last),
            });
        }
        all.sort_by(|a, b| {
            let by_count = b.count.cmp(&a.count);
            by_count
                .then_with(|| a.name.cmp(&b.name))
                .then_with(|| a.source.cmp(&b.source))
        });
        Ok(all)
    }
}
