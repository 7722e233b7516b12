//! How fast a run may go, and when: rates, in total and to each domain, and quiet hours.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// So many messages in so long: `50/s`, `3000/m`, `10000/h`.
///
/// ```
/// use letterpress::campaign::Rate;
/// let rate: Rate = "90/m".parse().unwrap();
/// assert_eq!((rate.per_second(), rate.to_string().as_str()), (1.5, "90/m"));
/// assert!("fast".parse::<Rate>().unwrap_err().contains("50/s"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate {
    messages: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Unit {
    Second,
    Minute,
    Hour,
}

impl Rate {
    /// Messages a second.
    pub fn per_second(self) -> f64 {
        let seconds = match self.unit {
            Unit::Second => 1.0,
            Unit::Minute => 60.0,
            Unit::Hour => 3600.0,
        };
        f64::from(self.messages) / seconds
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Rate, String> {
        let wrong = || format!("'{text}' is no rate; write one like 50/s, 3000/m or 10000/h");
        let (messages, unit) = text.trim().split_once('/').ok_or_else(wrong)?;
        let unit = match unit.trim() {
            "s" | "sec" | "second" => Unit::Second,
            "m" | "min" | "minute" => Unit::Minute,
            "h" | "hour" => Unit::Hour,
            _ => return Err(wrong()),
        };
        match messages.trim().parse() {
            Ok(messages) if messages > 0 => Ok(Rate { messages, unit }),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Rate {
    type Error = String;
    fn try_from(text: String) -> Result<Rate, String> {
        text.parse()
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> String {
        rate.to_string()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Second => "s",
            Unit::Minute => "m",
            Unit::Hour => "h",
        };
        write!(f, "{}/{unit}", self.messages)
    }
}

/// What is allowed, in total and for single domains.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rates {
    /// Of all messages.
    pub total: Option<Rate>,
    /// Of messages to a domain, `*` for each that is not named.
    pub domains: std::collections::BTreeMap<String, Rate>,
}

/// Hours in which nobody is mailed, by the recipient's own clock: `22:00-08:00`.
///
/// ```
/// use letterpress::campaign::QuietHours;
/// let quiet: QuietHours = "22:00-08:00".parse().unwrap();
/// let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
/// let night = "2026-11-20T23:30:00-05:00".parse().unwrap();
/// assert_eq!(quiet.until(night, &zone), Some("2026-11-21T08:00:00-05:00".parse().unwrap()));
/// let noon = "2026-11-20T12:00:00-05:00".parse().unwrap();
/// assert_eq!(quiet.until(noon, &zone), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QuietHours {
    from: Time,
    to: Time,
}

impl QuietHours {
    /// The end of the quiet hours, if it is quiet there now.
    pub fn until(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = now.to_zoned_datetime(zone.clone());
        let time = local.time();
        let (today, quiet) = match self.from <= self.to {
            true => (true, self.from <= time && time < self.to),
            // Over midnight: in the evening they end tomorrow.
            false => (time < self.to, time >= self.from || time < self.to),
        };
        if !quiet {
            return None;
        }
        let day = match today {
            true => local.date(),
            false => local.date().checked_add(1.day()).ok()?,
        };
        let end = day
            .to_datetime(self.to)
            .to_zoned_datetime(zone.clone())
            .ok()?;
        Some(end.timestamp())
    }
}

impl FromStr for QuietHours {
    type Err = String;

    fn from_str(text: &str) -> Result<QuietHours, String> {
        let wrong = || format!("'{text}' are no hours; write them like 22:00-08:00");
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let time = |text: &str| text.trim().parse::<Time>().map_err(|_| wrong());
        let (from, to) = (time(from)?, time(to)?);
        match from == to {
            true => Err(wrong()),
            false => Ok(QuietHours { from, to }),
        }
    }
}

impl TryFrom<String> for QuietHours {
    type Error = String;
    fn try_from(text: String) -> Result<QuietHours, String> {
        text.parse()
    }
}

impl From<QuietHours> for String {
    fn from(hours: QuietHours) -> String {
        let time = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        format!("{}-{}", time(hours.from), time(hours.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_within_a_day_and_a_clock_that_jumps() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let siesta: QuietHours = "13:00-15:30".parse().unwrap();
        assert_eq!(
            siesta.until(at("2026-06-01T12:00:00Z"), &zone),
            Some(at("2026-06-01T13:30:00Z"))
        );
        assert_eq!(siesta.until(at("2026-06-01T13:30:00Z"), &zone), None);
        // The night in which clocks are put forward: 2:30 does not exist, the next moment that does is taken.
        let early: QuietHours = "01:00-02:30".parse().unwrap();
        let until = early.until(at("2026-03-29T00:30:00Z"), &zone);
        assert_eq!(until, Some(at("2026-03-29T01:30:00Z")));
        assert_eq!(String::from(siesta), "13:00-15:30");
        assert!("9-10".parse::<QuietHours>().is_err());
    }
}
