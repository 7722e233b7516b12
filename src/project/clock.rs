//! `--now`: a moment written by a person.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

/// Reads RFC 3339; a time without an offset, or a date alone, is in `zone`.
///
/// ```
/// use letterpress::project::moment;
/// let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
/// assert_eq!(moment("2026-11-20T18:00:00Z", &zone).unwrap().hour(), 13);
/// assert_eq!(moment("2026-11-20T18:00:00", &zone).unwrap().hour(), 18);
/// assert_eq!(moment("2026-11-20", &zone).unwrap().hour(), 0);
/// assert!(moment("tomorrow", &zone).is_none());
/// ```
pub fn moment(text: &str, zone: &TimeZone) -> Option<ZonedDateTime> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.to_zoned_datetime(zone.clone()));
    }
    let wall = text
        .parse::<DateTime>()
        .or_else(|_| {
            text.parse::<Date>()
                .map(|date| date.to_datetime(jiff::civil::Time::midnight()))
        })
        .ok()?;
    wall.to_zoned_datetime(zone.clone()).ok()
}
