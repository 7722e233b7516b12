//! Points in time as data spells them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// Reads a point in time, cut to the second: RFC 3339 with `T` or a blank, without an offset (then UTC), a bare
/// date (midnight UTC), `MM/DD/YYYY` and `MM/DD/YY` with an optional time, or Unix seconds.
///
/// ```
/// use letterpress::data::instant;
/// for text in ["2025-11-20T18:04:10.7+00:00", "2025-11-20 20:04:10+02:00", "2025-11-20 18:04:10", "11/20/2025 18:04:10", "11/20/25 18:04:10", "1763661850"] {
///     assert_eq!(instant(text).unwrap().to_string(), "2025-11-20T18:04:10Z", "{text}");
/// }
/// assert_eq!(instant("2025-11-20").unwrap().to_string(), "2025-11-20T00:00:00Z");
/// assert!(instant("20/11/2025").is_none() && instant("soon").is_none());
/// ```
pub fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let whole = |t: Timestamp| {
        Timestamp::from_second(t.as_nanosecond().div_euclid(1_000_000_000) as i64).ok()
    };
    if let Ok(seconds) = text.parse::<f64>() {
        // The cast saturates, and what is out of jiff's range is refused by it.
        return seconds
            .is_finite()
            .then(|| Timestamp::from_second(seconds.floor() as i64).ok())?;
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return whole(time);
    }
    if text.contains('/') {
        return whole(american(text)?);
    }
    // An offset that cannot be read must not be ignored.
    let civil: DateTime = text.parse().ok()?;
    if text.len() > 10
        && text
            .get(10..)
            .is_some_and(|rest| rest.contains(['+', '-', 'Z', 'z', '[']))
    {
        return None;
    }
    whole(TimeZone::UTC.to_timestamp(civil).ok()?)
}

fn american(text: &str) -> Option<Timestamp> {
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('/');
    let month: i8 = parts.next()?.parse().ok()?;
    let day: i8 = parts.next()?.parse().ok()?;
    let year_text = parts.next()?;
    let mut year: i16 = year_text.parse().ok()?;
    if parts.next().is_some() || !matches!(year_text.len(), 2 | 4) {
        return None;
    }
    if year_text.len() == 2 {
        year += if year <= 68 { 2000 } else { 1900 };
    }
    let time: Time = match time {
        Some(text) => text.parse().ok()?,
        None => Time::midnight(),
    };
    let date = Date::new(year, month, day).ok()?;
    TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok()
}

/// The form in which data and templates show a point in time: `2025-11-20T18:04:10+00:00`.
pub(crate) fn show(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// For `#[serde(serialize_with = …)]`.
pub(crate) fn serialize<S: serde::Serializer>(
    time: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_str(&show(*time)),
        None => serializer.serialize_none(),
    }
}
