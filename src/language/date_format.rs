//! Django's way of writing dates: PHP's letters.

use std::fmt::Write;

use jiff::ZonedDateTime;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::value::Moment;

/// Why there is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoText {
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

pub(crate) const MONTHS: [&str; 12] = [
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

pub(crate) const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// The named formats that Django's English locale has.
pub(crate) fn named_format(name: &str) -> &str {
    match name {
        "DATE_FORMAT" => "N j, Y",
        "TIME_FORMAT" => "P",
        "DATETIME_FORMAT" => "N j, Y, P",
        "YEAR_MONTH_FORMAT" => "F Y",
        "MONTH_DAY_FORMAT" => "F j",
        "SHORT_DATE_FORMAT" => "m/d/Y",
        "SHORT_DATETIME_FORMAT" => "m/d/Y P",
        other => other,
    }
}

/// The time of the render in a pattern or a named format, as `{% now %}` prints it; nothing means the date.
pub(crate) fn format_now(now: &ZonedDateTime, pattern: &str) -> String {
    let pattern = if pattern.is_empty() {
        "DATE_FORMAT"
    } else {
        pattern
    };
    let zone = now.time_zone().clone();
    // A time in a zone answers every letter.
    format(
        Some(&Moment::Aware(now.clone())),
        named_format(pattern),
        false,
        &zone,
    )
    .unwrap_or_default()
}

/// The English name of a month, 1 to 12.
pub(crate) fn month_name(month: i8) -> &'static str {
    MONTHS[usize::from(month.unsigned_abs()).clamp(1, 12) - 1]
}

/// The English name of the weekday.
pub(crate) fn weekday_name(t: DateTime) -> &'static str {
    WEEKDAYS[t.weekday().to_monday_zero_offset().unsigned_abs() as usize % 7]
}

/// Writes a moment, or what is none: that goes well as long as no letter asks it for anything.
pub(crate) fn format(
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

/// A zone of an offset alone is `UTC+05:30` in Python.
fn abbreviation(name: &str) -> String {
    if name.starts_with(['+', '-']) {
        format!("UTC{name}")
    } else {
        name.to_owned()
    }
}

impl Written {
    fn new(moment: &Moment, zone: &TimeZone) -> Written {
        let time = moment.wall_clock();
        let describe = |zone: &TimeZone, at: jiff::Timestamp| {
            let info = zone.to_offset_info(at);
            (
                info.offset().seconds(),
                info.dst().is_dst(),
                abbreviation(info.abbreviation()),
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
            // A day has no time to save.
            'I' if self.is_date => Ok(()),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(moment: &Moment, pattern: &str) -> String {
        let zone = match moment {
            Moment::Aware(z) => z.time_zone().clone(),
            _ => TimeZone::UTC,
        };
        format(Some(moment), named_format(pattern), false, &zone).unwrap()
    }

    const ALL: &str =
        "a|A|b|c|d|D|e|E|f|F|g|G|h|H|i|I|j|l|L|m|M|n|N|o|O|P|r|s|S|t|T|U|u|w|W|y|Y|z|Z";

    #[test]
    fn every_code_is_djangos() {
        let naive: DateTime = "2016-02-01T06:05:08.001234".parse().unwrap();
        assert_eq!(
            written(&Moment::Naive(naive), ALL),
            "a.m.|AM|feb|2016-02-01T06:05:08.001234|01|Mon||February|6:05|February|6|6|06|06|05|0|1|Monday|True|02|Feb|2|Feb.|2016|+0000|6:05 a.m.|Mon, 01 Feb 2016 06:05:08 +0000|08|st|29|UTC|1454306708|001234|1|5|16|2016|32|0"
        );
        let aware: ZonedDateTime = "2026-07-03T12:00:00-04:00[America/New_York]"
            .parse()
            .unwrap();
        assert_eq!(
            written(&Moment::Aware(aware), ALL),
            "p.m.|PM|jul|2026-07-03T12:00:00-04:00|03|Fri|EDT|July|12|July|12|12|12|12|00|1|3|Friday|False|07|Jul|7|July|2026|-0400|noon|Fri, 03 Jul 2026 12:00:00 -0400|00|rd|31|EDT|1783094400|000000|5|27|26|2026|184|-14400"
        );
        let ambiguous: ZonedDateTime = "2026-11-01T01:30:00-04:00[America/New_York]"
            .parse()
            .unwrap();
        assert_eq!(
            written(&Moment::Aware(ambiguous), "H:i|e|O|T|Z|I|c|r"),
            "01:30||||||2026-11-01T01:30:00-04:00|Sun, 01 Nov 2026 01:30:00 -0400"
        );
        let fixed: ZonedDateTime = "2021-01-01T00:00:00+05:30[+05:30]".parse().unwrap();
        assert_eq!(
            written(&Moment::Aware(fixed), "e O P o W S"),
            "UTC+05:30 +0530 midnight 2020 53 st"
        );
        let day = Moment::Date("2016-02-12".parse().unwrap());
        assert_eq!(
            written(&day, "jS F Y|c|r|U|I"),
            "12th February 2016|2016-02-12|Fri, 12 Feb 2016 00:00:00 +0000|1455235200|"
        );
    }

    #[test]
    fn a_backslash_makes_a_letter_of_a_code() {
        let moment = Moment::Naive("2026-05-22T16:46:08".parse().unwrap());
        for (pattern, expected) in [
            (r"\o\n jS \o\f F", "on 22nd of May"),
            (r"\\Y", r"\Y"),
            (r"Y\", r"2026\"),
            (r"\q k é", "q k é"),
            ("SHORT_DATETIME_FORMAT", "05/22/2026 4:46 p.m."),
        ] {
            assert_eq!(written(&moment, pattern), expected, "{pattern}");
        }
    }
}
