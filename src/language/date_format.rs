//! Django's `date` formatting: a letter a part of the date, a backslash before what is not meant as one.

use std::fmt::Write;

use jiff::ZonedDateTime;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::value::Moment;

const MONTHS: [&str; 12] = [
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
const MONTHS_OF_THE_PRESS: [&str; 12] = [
    "Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.",
    "Dec.",
];
const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// The letters that mean something.
const CODES: &str = "aAbcdDeEfFgGhHiIjlLmMnNoOPrsStTUuwWyYzZ";
/// Those of them that mean a time of day; Python refuses them for a day without a time.
const TIME_CODES: &str = "aAefgGhHiOPsTuZ";

/// A moment in Django's `date` pattern: `F j, Y` is `February 11, 2016`. An empty pattern is `DATE_FORMAT`.
pub(crate) fn format(moment: &Moment, pattern: &str) -> String {
    let pattern = named(pattern);
    let mut out = String::with_capacity(pattern.len() * 3);
    let mut literal = String::new();
    let mut before = None;
    for c in pattern.chars() {
        if CODES.contains(c) && before != Some('\\') {
            push_unescaped(&literal, &mut out);
            literal.clear();
            push_code(moment, c, &mut out);
        } else {
            literal.push(c);
        }
        before = Some(c);
    }
    push_unescaped(&literal, &mut out);
    out
}

/// Django's settings may be named in place of a pattern.
fn named(pattern: &str) -> &str {
    match pattern {
        "" | "DATE_FORMAT" => "N j, Y",
        "DATETIME_FORMAT" => "N j, Y, P",
        "TIME_FORMAT" => "P",
        "SHORT_DATE_FORMAT" => "m/d/Y",
        "SHORT_DATETIME_FORMAT" => "m/d/Y P",
        "YEAR_MONTH_FORMAT" => "F Y",
        "MONTH_DAY_FORMAT" => "F j",
        pattern => pattern,
    }
}

/// The first letter of a pattern that means a time of day, which a day without a time cannot answer.
#[allow(dead_code)] // for the `date` filter
pub(crate) fn time_code(pattern: &str) -> Option<char> {
    let mut before = None;
    named(pattern).chars().find(|&c| {
        let is_code = TIME_CODES.contains(c) && before != Some('\\');
        before = Some(c);
        is_code
    })
}

/// The English name of a month, 1 to 12.
pub(crate) fn month_name(month: i8) -> &'static str {
    MONTHS[usize::from(month.unsigned_abs()).clamp(1, 12) - 1]
}

/// The English name of the weekday.
pub(crate) fn weekday_name(t: DateTime) -> &'static str {
    WEEKDAYS[t.weekday().to_monday_zero_offset().unsigned_abs() as usize % 7]
}

fn push_unescaped(literal: &str, out: &mut String) {
    let mut chars = literal.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('\n') => out.push_str("\\\n"),
                Some(escaped) => out.push(escaped),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
}

fn push_code(moment: &Moment, code: char, out: &mut String) {
    let t = moment.wall_clock();
    let hour12 = match t.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let month = usize::from(t.month().unsigned_abs()).clamp(1, 12) - 1;
    let afternoon = t.hour() > 11;
    // Writing into a String cannot fail.
    let _ = match code {
        'a' => write!(out, "{}", if afternoon { "p.m." } else { "a.m." }),
        'A' => write!(out, "{}", if afternoon { "PM" } else { "AM" }),
        'b' => write!(out, "{}", MONTHS[month][..3].to_ascii_lowercase()),
        'c' => write!(out, "{}", iso_8601(moment)),
        'd' => write!(out, "{:02}", t.day()),
        'D' => write!(out, "{}", &weekday_name(t)[..3]),
        'e' => write!(out, "{}", zone_name(moment).unwrap_or_default()),
        'E' | 'F' => write!(out, "{}", MONTHS[month]),
        'f' if t.minute() == 0 => write!(out, "{hour12}"),
        'f' => write!(out, "{hour12}:{:02}", t.minute()),
        'g' => write!(out, "{hour12}"),
        'G' => write!(out, "{}", t.hour()),
        'h' => write!(out, "{hour12:02}"),
        'H' => write!(out, "{:02}", t.hour()),
        'i' => write!(out, "{:02}", t.minute()),
        'I' => write!(out, "{}", daylight_saving(moment)),
        'j' => write!(out, "{}", t.day()),
        'l' => write!(out, "{}", weekday_name(t)),
        'L' => write!(
            out,
            "{}",
            if t.date().in_leap_year() {
                "True"
            } else {
                "False"
            }
        ),
        'm' => write!(out, "{:02}", t.month()),
        'M' => write!(out, "{}", &MONTHS[month][..3]),
        'n' => write!(out, "{}", t.month()),
        'N' => write!(out, "{}", MONTHS_OF_THE_PRESS[month]),
        'o' => write!(out, "{}", t.date().iso_week_date().year()),
        'O' => write!(
            out,
            "{}",
            offset(moment)
                .map(|s| offset_text(s, ""))
                .unwrap_or_default()
        ),
        'P' => match (t.hour(), t.minute()) {
            (0, 0) => write!(out, "midnight"),
            (12, 0) => write!(out, "noon"),
            _ => {
                push_code(moment, 'f', out);
                out.push(' ');
                push_code(moment, 'a', out);
                Ok(())
            }
        },
        'r' => write!(out, "{}", rfc_5322(moment)),
        's' => write!(out, "{:02}", t.second()),
        'S' => write!(out, "{}", ordinal_suffix(t.day())),
        't' => write!(out, "{}", t.date().days_in_month()),
        'T' => write!(
            out,
            "{}",
            match moment {
                Moment::Date(_) => String::new(),
                Moment::Naive(_) => "UTC".to_owned(),
                Moment::Aware(_) => zone_name(moment).unwrap_or_default(),
            }
        ),
        'u' => write!(out, "{:06}", t.subsec_nanosecond() / 1000),
        'U' => write!(out, "{}", unix_seconds(moment)),
        'w' => write!(out, "{}", t.weekday().to_sunday_zero_offset()),
        'W' => write!(out, "{}", t.date().iso_week_date().week()),
        'y' => write!(out, "{:02}", t.year().rem_euclid(100)),
        'Y' => write!(out, "{:04}", t.year()),
        'z' => write!(out, "{}", t.date().day_of_year()),
        'Z' => write!(
            out,
            "{}",
            offset(moment).map(|s| s.to_string()).unwrap_or_default()
        ),
        other => write!(out, "{other}"),
    };
}

fn ordinal_suffix(day: i8) -> &'static str {
    match (day, day % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

/// Whether the wall clock shows this time twice; Django then leaves everything about the zone out.
fn is_ambiguous(z: &ZonedDateTime) -> bool {
    z.time_zone()
        .to_ambiguous_timestamp(z.datetime())
        .is_ambiguous()
}

/// Seconds from UTC. A wall clock without a zone counts as UTC, a day has none.
fn offset(moment: &Moment) -> Option<i32> {
    match moment {
        Moment::Date(_) => None,
        Moment::Naive(_) => Some(0),
        Moment::Aware(z) if is_ambiguous(z) => None,
        Moment::Aware(z) => Some(z.offset().seconds()),
    }
}

/// `+0200`, or with a colon `+02:00`.
fn offset_text(seconds: i32, colon: &str) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
}

fn zone_name(moment: &Moment) -> Option<String> {
    let Moment::Aware(z) = moment else {
        return None;
    };
    if is_ambiguous(z) {
        return None;
    }
    let zone = z.time_zone();
    if zone.iana_name().is_none() && !zone.is_unknown() && zone.to_fixed_offset().is_ok() {
        let seconds = z.offset().seconds();
        return Some(match seconds {
            0 => "UTC".to_owned(),
            _ => format!("UTC{}", offset_text(seconds, ":")),
        });
    }
    Some(zone.to_offset_info(z.timestamp()).abbreviation().to_owned())
}

fn daylight_saving(moment: &Moment) -> &'static str {
    match moment {
        Moment::Date(_) => "",
        Moment::Naive(_) => "0",
        Moment::Aware(z) if is_ambiguous(z) => "",
        Moment::Aware(z) => {
            if z.time_zone().to_offset_info(z.timestamp()).dst().is_dst() {
                "1"
            } else {
                "0"
            }
        }
    }
}

/// Python's `isoformat`.
fn iso_8601(moment: &Moment) -> String {
    let t = moment.wall_clock();
    let mut out = format!("{:04}-{:02}-{:02}", t.year(), t.month(), t.day());
    if matches!(moment, Moment::Date(_)) {
        return out;
    }
    let _ = write!(out, "T{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second());
    let micros = t.subsec_nanosecond() / 1000;
    if micros != 0 {
        let _ = write!(out, ".{micros:06}");
    }
    if let Moment::Aware(z) = moment {
        out.push_str(&offset_text(z.offset().seconds(), ":"));
    }
    out
}

fn rfc_5322(moment: &Moment) -> String {
    let t = moment.wall_clock();
    let seconds = match moment {
        Moment::Aware(z) => z.offset().seconds(),
        _ => 0,
    };
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} {}",
        &weekday_name(t)[..3],
        t.day(),
        &month_name(t.month())[..3],
        t.year(),
        t.hour(),
        t.minute(),
        t.second(),
        offset_text(seconds, "")
    )
}

fn unix_seconds(moment: &Moment) -> i64 {
    match moment {
        Moment::Aware(z) => z.timestamp().as_second(),
        _ => moment
            .wall_clock()
            .to_zoned_datetime(TimeZone::UTC)
            .map_or(0, |z| z.timestamp().as_second()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str =
        "a|A|b|c|d|D|e|E|f|F|g|G|h|H|i|I|j|l|L|m|M|n|N|o|O|P|r|s|S|t|T|U|u|w|W|y|Y|z|Z";

    #[test]
    fn every_code_is_djangos() {
        let naive: DateTime = "2016-02-01T06:05:08.001234".parse().unwrap();
        assert_eq!(
            format(&Moment::Naive(naive), ALL),
            "a.m.|AM|feb|2016-02-01T06:05:08.001234|01|Mon||February|6:05|February|6|6|06|06|05|0|1|Monday|True|02|Feb|2|Feb.|2016|+0000|6:05 a.m.|Mon, 01 Feb 2016 06:05:08 +0000|08|st|29|UTC|1454306708|001234|1|5|16|2016|32|0"
        );
        let aware: ZonedDateTime = "2026-07-03T12:00:00-04:00[America/New_York]"
            .parse()
            .unwrap();
        assert_eq!(
            format(&Moment::Aware(aware), ALL),
            "p.m.|PM|jul|2026-07-03T12:00:00-04:00|03|Fri|EDT|July|12|July|12|12|12|12|00|1|3|Friday|False|07|Jul|7|July|2026|-0400|noon|Fri, 03 Jul 2026 12:00:00 -0400|00|rd|31|EDT|1783094400|000000|5|27|26|2026|184|-14400"
        );
        let ambiguous: ZonedDateTime = "2026-11-01T01:30:00-04:00[America/New_York]"
            .parse()
            .unwrap();
        assert_eq!(
            format(&Moment::Aware(ambiguous), "H:i|e|O|T|Z|I|c|r"),
            "01:30||||||2026-11-01T01:30:00-04:00|Sun, 01 Nov 2026 01:30:00 -0400"
        );
        let fixed: ZonedDateTime = "2021-01-01T00:00:00+05:30[+05:30]".parse().unwrap();
        assert_eq!(
            format(&Moment::Aware(fixed), "e O P o W S"),
            "UTC+05:30 +0530 midnight 2020 53 st"
        );
        let day = Moment::Date("2016-02-12".parse().unwrap());
        assert_eq!(
            format(&day, "jS F Y|c|r|U|I"),
            "12th February 2016|2016-02-12|Fri, 12 Feb 2016 00:00:00 +0000|1455235200|"
        );
        assert_eq!(
            (time_code("Y-m-d"), time_code(r"j \a\t H")),
            (None, Some('H'))
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
            ("", "May 22, 2026"),
            ("SHORT_DATETIME_FORMAT", "05/22/2026 4:46 p.m."),
        ] {
            assert_eq!(format(&moment, pattern), expected, "{pattern}");
        }
    }
}
