//! Django's way of writing dates: PHP's letters.

use std::fmt::Write;

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::value::Moment;

/// Why there is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoText {
    /// `AttributeError`: the value is no date, or the letter is none of times.
    Attribute,
    /// `TypeError`: a letter of times for a date.
    Type,
}

/// Letters that stand for something.
const LETTERS: &str = "aAbcdDeEfFgGhHiIjlLmMnNoOPrsStTUuwWyYzZ";

/// Those that times know.
const TIME_LETTERS: &str = "aAefgGhHiOPsTuZ";

/// Those that print nothing where no time zone is known, without looking at the value.
const ZONE_LETTERS: &str = "eIOTZ";

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const MONTHS_AP: [&str; 12] = [
    "Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.",
    "Dec.",
];

pub(super) const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Writes a moment, or what is none: that goes well as long as no letter asks it for anything.
pub(super) fn format(
    moment: Option<&Moment>,
    format: &str,
    time_only: bool,
    zone: &TimeZone,
) -> Result<String, NoText> {
    let written = moment.map(|moment| Written::new(moment, zone));
    let mut out = String::new();
    let mut plain = String::new();
    let mut before = ' ';
    for c in format.chars() {
        let letter = LETTERS.contains(c) && before != '\\';
        before = c;
        if !letter {
            plain.push(c);
            continue;
        }
        push_plain(&mut plain, &mut out);
        let for_times = TIME_LETTERS.contains(c);
        match &written {
            None if ZONE_LETTERS.contains(c) && (for_times || !time_only) => {}
            None if !time_only && matches!(c, 'r' | 'U') => return Err(NoText::Type),
            None => return Err(NoText::Attribute),
            Some(written) => {
                if written.is_date && for_times {
                    return Err(NoText::Type);
                }
                if time_only && !for_times {
                    return Err(NoText::Attribute);
                }
                written.push(c, &mut out);
            }
        }
    }
    push_plain(&mut plain, &mut out);
    Ok(out)
}

/// Text between letters: a backslash takes the next character as it is.
fn push_plain(plain: &mut String, out: &mut String) {
    let mut chars = plain.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '\\' && *next != '\n' => {
                out.push(*next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    plain.clear();
}

struct Written {
    is_date: bool,
    time: DateTime,
    iso: String,
    /// Offset in seconds, daylight saving, abbreviation; None where the wall clock shows no time, or shows it twice.
    zone: Option<(i32, bool, String)>,
    /// The offset in seconds, however that is.
    offset: i32,
    /// The name that `e` prints: of aware moments only.
    name: String,
    /// Seconds since 1970.
    seconds: i64,
}

impl Written {
    fn new(moment: &Moment, zone: &TimeZone) -> Written {
        let time = moment.wall_clock();
        let describe = |zone: &TimeZone, at: jiff::Timestamp| {
            let info = zone.to_offset_info(at);
            (
                info.offset().seconds(),
                info.dst().is_dst(),
                info.abbreviation().to_owned(),
            )
        };
        let own = match moment {
            Moment::Aware(z) => z.time_zone(),
            _ => zone,
        };
        let ambiguous = own.to_ambiguous_zoned_datetime(time);
        // Where the wall clock shows no time, or shows it twice, Django names no zone; what needs an offset all the
        // same takes the one before the change.
        let (clear, before) = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => (true, offset),
            AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => {
                (false, before)
            }
        };
        let (at, offset) = match moment {
            Moment::Aware(z) => (z.timestamp(), z.offset()),
            _ => (before.to_timestamp(time).unwrap_or_default(), before),
        };
        let seconds = at.as_second();
        let zone = clear.then(|| describe(own, at));
        let name = match (&zone, moment) {
            (Some((.., name)), Moment::Aware(_)) => name.clone(),
            _ => String::new(),
        };
        Written {
            is_date: matches!(moment, Moment::Date(_)),
            time,
            iso: moment.iso('T'),
            zone,
            offset: offset.seconds(),
            name,
            seconds,
        }
    }

    fn push(&self, letter: char, out: &mut String) {
        let t = self.time;
        let date: Date = t.date();
        let hour12 = match t.hour() % 12 {
            0 => 12,
            hour => hour,
        };
        let month = usize::from(t.month().unsigned_abs()).clamp(1, 12) - 1;
        let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs()).min(6);
        let half = if t.hour() > 11 { "p.m." } else { "a.m." };
        let _ = match letter {
            'a' => write!(out, "{half}"),
            'A' => write!(out, "{}", if t.hour() > 11 { "PM" } else { "AM" }),
            'b' => write!(out, "{}", MONTHS[month][..3].to_ascii_lowercase()),
            'c' => write!(out, "{}", self.iso),
            'd' => write!(out, "{:02}", t.day()),
            'D' => write!(out, "{}", &WEEKDAYS[weekday][..3]),
            'e' => write!(out, "{}", self.name),
            'E' | 'F' => write!(out, "{}", MONTHS[month]),
            'f' => self.push_short_time(out),
            'g' => write!(out, "{hour12}"),
            'G' => write!(out, "{}", t.hour()),
            'h' => write!(out, "{hour12:02}"),
            'H' => write!(out, "{:02}", t.hour()),
            'i' => write!(out, "{:02}", t.minute()),
            'I' => match &self.zone {
                Some((_, summer, _)) => write!(out, "{}", u8::from(*summer)),
                None => Ok(()),
            },
            'j' => write!(out, "{}", t.day()),
            'l' => write!(out, "{}", WEEKDAYS[weekday]),
            'L' => write!(
                out,
                "{}",
                if date.in_leap_year() { "True" } else { "False" }
            ),
            'm' => write!(out, "{:02}", t.month()),
            'M' => write!(out, "{}", &MONTHS[month][..3]),
            'n' => write!(out, "{}", t.month()),
            'N' => write!(out, "{}", MONTHS_AP[month]),
            'o' => write!(out, "{}", date.iso_week_date().year()),
            'O' => match &self.zone {
                Some((offset, ..)) => write!(out, "{}", short_offset(*offset)),
                None => Ok(()),
            },
            'P' => match (t.hour(), t.minute()) {
                (0, 0) => write!(out, "midnight"),
                (12, 0) => write!(out, "noon"),
                _ => {
                    let _ = self.push_short_time(out);
                    write!(out, " {half}")
                }
            },
            'r' => self.push_rfc(weekday, month, out),
            's' => write!(out, "{:02}", t.second()),
            'S' => write!(
                out,
                "{}",
                match (t.day(), t.day() % 10) {
                    (11..=13, _) => "th",
                    (_, 1) => "st",
                    (_, 2) => "nd",
                    (_, 3) => "rd",
                    _ => "th",
                }
            ),
            't' => write!(out, "{}", date.days_in_month()),
            'T' => match &self.zone {
                Some((.., name)) => write!(out, "{name}"),
                None => Ok(()),
            },
            'U' => write!(out, "{}", self.seconds),
            'u' => write!(out, "{:06}", t.subsec_nanosecond() / 1000),
            'w' => write!(out, "{}", (weekday + 1) % 7),
            'W' => write!(out, "{}", date.iso_week_date().week()),
            'y' => write!(out, "{:02}", t.year().rem_euclid(100)),
            'Y' => write!(out, "{:04}", t.year()),
            'z' => write!(out, "{}", date.day_of_year()),
            'Z' => match &self.zone {
                Some((offset, ..)) => write!(out, "{offset}"),
                None => Ok(()),
            },
            _ => Ok(()),
        };
    }

    /// `6:05`, or `6` when the hour is full.
    fn push_short_time(&self, out: &mut String) -> std::fmt::Result {
        let hour = match self.time.hour() % 12 {
            0 => 12,
            hour => hour,
        };
        match self.time.minute() {
            0 => write!(out, "{hour}"),
            minute => write!(out, "{hour}:{minute:02}"),
        }
    }

    /// `Mon, 01 Feb 2016 06:05:08 +0000`
    fn push_rfc(&self, weekday: usize, month: usize, out: &mut String) -> std::fmt::Result {
        let t = self.time;
        write!(
            out,
            "{}, {:02} {} {:04} {:02}:{:02}:{:02} {}",
            &WEEKDAYS[weekday][..3],
            t.day(),
            &MONTHS[month][..3],
            t.year(),
            t.hour(),
            t.minute(),
            t.second(),
            short_offset(self.offset),
        )
    }
}

fn short_offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.unsigned_abs();
    format!("{sign}{:02}{:02}", seconds / 3600, seconds / 60 % 60)
}
