//! Filters on dates and times.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp, ToSpan};

use super::convert::int;
use crate::language::date_format::{NoText, format, named_format};
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::python::Number;
use crate::value::{self, Moment, Value, ValueKind};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "format_date_string",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The moment that a text such as `2026-11-20T18:04:10-05:00` names, for `date`. The hour stays as it is written. \
              What is no date prints nothing.",
        example: (
            "{{ placed|format_date_string|date:'F j, Y' }}",
            "November 20, 2026",
        ),
        call: |_, v, _| Ok(moment_value(v)),
    },
    Filter {
        name: "datetime_from_string",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The same as `format_date_string`.",
        example: ("{{ placed|datetime_from_string|date:'H:i' }}", "18:04"),
        call: |_, v, _| Ok(moment_value(v)),
    },
    Filter {
        name: "date",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "A moment in Django's letters: `j` day, `F` month, `Y` year, `H:i` time. A text is no moment and prints nothing: \
              put `format_date_string` before it.",
        example: (
            "{{ placed|format_date_string|date:'D, j M Y' }}",
            "Fri, 20 Nov 2026",
        ),
        call: date,
    },
    Filter {
        name: "time",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "The time of a moment in the letters of `date`.",
        example: ("{{ placed|format_date_string|time:'g:i A' }}", "6:04 PM"),
        call: time,
    },
    Filter {
        name: "timesince",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "How long ago a moment was, from now or from the moment given: `2 days, 3 hours`.",
        example: (
            "{{ '2026-11-18'|format_date_string|timesince }}",
            "2\u{a0}days, 18\u{a0}hours",
        ),
        call: timesince,
    },
    Filter {
        name: "timeuntil",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "How far away a moment is, from now or from the moment given.",
        example: (
            "{{ '2026-12-24'|format_date_string|timeuntil }}",
            "1\u{a0}month",
        ),
        call: timeuntil,
    },
    Filter {
        name: "days_later",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The day so many days later, as `2021-03-23`. What is no date prints nothing.",
        example: ("{{ '2021-03-18'|days_later:5 }}", "2021-03-23"),
        call: days_later,
    },
    Filter {
        name: "weeks_since",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "How many whole weeks lie between a moment and now, or the moment given. UTC where a text names no zone.",
        example: ("{{ '2025-04-01'|weeks_since:'2025-04-21' }}", "2"),
        call: weeks_since,
    },
];

fn moment_value(v: &Value) -> Value {
    match read(v) {
        Some((_, _, Some(moment))) => moment.into(),
        Some((time, _, None)) => Moment::Naive(time).into(),
        None => Value::from(""),
    }
}

/// What a value names: wall clock, offset in seconds where it has one, and the moment when it is one.
fn read(v: &Value) -> Option<(DateTime, Option<i32>, Option<Moment>)> {
    if let Some(moment) = Moment::of(v) {
        let offset = moment.offset().map(|(offset, _)| offset);
        return Some((moment.wall_clock(), offset, Some(moment.clone())));
    }
    match v.kind() {
        ValueKind::String => {
            let (time, offset) = parse(v.as_str()?.trim())?;
            Some((time, offset, None))
        }
        ValueKind::Number => {
            let at = match value::number(v)? {
                Number::Int(i) => Timestamp::from_second(i64::try_from(i).ok()?),
                Number::Float(f) if f.abs() < 1e12 => {
                    Timestamp::from_microsecond((f * 1e6).round() as i64)
                }
                Number::Float(_) => return None,
            };
            let time = Offset::UTC.to_datetime(at.ok()?);
            (1..=9999)
                .contains(&time.year())
                .then_some((time, Some(0), None))
        }
        _ => None,
    }
}

/// `YYYY-MM-DD`, with or without a time and an offset, or `MM/DD/YYYY`.
fn parse(s: &str) -> Option<(DateTime, Option<i32>)> {
    let number = |s: &str, most: usize| -> Option<i16> {
        let digits = !s.is_empty() && s.len() <= most && s.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| s.parse().ok())?
    };
    let small = |s: &str| number(s, 2).and_then(|n| i8::try_from(n).ok());
    if let Some((month, rest)) = s.split_once('/') {
        let (day, year) = rest.split_once('/')?;
        if year.len() != 4 {
            return None;
        }
        let date = Date::new(number(year, 4)?, small(month)?, small(day)?).ok()?;
        return Some((date.at(0, 0, 0, 0), None));
    }
    let date = s.get(..10)?;
    if date.as_bytes()[4] != b'-' || date.as_bytes()[7] != b'-' {
        return None;
    }
    let year = number(date.get(..4)?, 4).filter(|year| *year > 0)?;
    let date = Date::new(year, small(date.get(5..7)?)?, small(date.get(8..)?)?).ok()?;
    let rest = &s[10..];
    if rest.is_empty() {
        return Some((date.at(0, 0, 0, 0), None));
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let clock_end = rest
        .find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.')
        .unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(clock_end);
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let mut parts = clock.split(':');
    let two = |part: &str| small(part).filter(|_| part.len() == 2);
    let (hour, minute) = (two(parts.next()?)?, two(parts.next()?)?);
    let second = match parts.next() {
        Some(second) => two(second)?,
        None if fraction.is_some() => return None,
        None => 0,
    };
    if parts.next().is_some() {
        return None;
    }
    let nanoseconds = match fraction {
        None => 0,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            // Python knows microseconds.
            let digits: String = digits.chars().chain("000000".chars()).take(6).collect();
            digits.parse::<i32>().ok()? * 1000
        }
        Some(_) => return None,
    };
    let time = DateTime::new(
        date.year(),
        date.month(),
        date.day(),
        hour,
        minute,
        second,
        nanoseconds,
    )
    .ok()?;
    Some((time, parse_offset(zone.trim())?))
}

/// Seconds of `Z`, `+HH:MM`, `+HHMM` or `+HH`; nothing means no offset.
fn parse_offset(s: &str) -> Option<Option<i32>> {
    if s.is_empty() {
        return Some(None);
    }
    if s.eq_ignore_ascii_case("z") {
        return Some(Some(0));
    }
    let (sign, digits) = match (s.strip_prefix('+'), s.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replacen(':', "", 1);
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = digits.get(2..4).map_or(Some(0), |m| {
        if m.is_empty() {
            Some(0)
        } else {
            m.parse().ok()
        }
    })?;
    (hours < 24 && minutes < 60).then_some(Some(sign * (hours * 3600 + minutes * 60)))
}

fn is_nothing(v: &Value) -> bool {
    v.is_none() || v.is_undefined() || v.as_str() == Some("")
}

/// The value as a moment in the account's zone, if it is one.
fn local(frame: &Frame<'_>, v: &Value) -> Option<Moment> {
    Moment::of(v).map(|moment| match moment {
        Moment::Aware(z) => Moment::Aware(z.with_time_zone(zone(frame))),
        moment => moment.clone(),
    })
}

fn zone(frame: &Frame<'_>) -> TimeZone {
    frame.host().now().time_zone().clone()
}

/// The format, a name looked up; `unset` when nothing is given, or nothing much.
fn format_argument(argument: Option<&Value>, unset: &str) -> String {
    let given = argument.filter(|a| value::truthy(a)).map(value::python_str);
    named_format(given.as_deref().unwrap_or(unset)).to_owned()
}

fn date(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    match formatted(frame, v, argument, "DATE_FORMAT")? {
        Err(NoText::Type) => Err(Stop::raise(
            "The format for date objects may not contain time-related format specifiers",
        )),
        Err(NoText::Attribute) => again(frame, v, argument, false),
        Ok(text) => Ok(text),
    }
}

fn time(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    match formatted(frame, v, argument, "TIME_FORMAT")? {
        Err(_) => again(frame, v, argument, true),
        Ok(text) => Ok(text),
    }
}

/// A value by the format given or, where there is none to speak of, by the named one.
fn formatted(
    frame: &mut Frame<'_>,
    v: &Value,
    argument: Option<&Value>,
    unset: &str,
) -> Result<Result<Value, NoText>, Stop> {
    if is_nothing(v) {
        return Ok(Ok(Value::from("")));
    }
    let letters = format_argument(argument, unset);
    // One letter prints at most a whole date.
    frame.allocate(letters.len().saturating_mul(4))?;
    let moment = local(frame, v);
    let time_only = unset == "TIME_FORMAT";
    Ok(format(moment.as_ref(), &letters, time_only, &zone(frame)).map(Value::from))
}

/// Django's second try, with the format as it was given: a format without letters prints for any value.
fn again(
    frame: &mut Frame<'_>,
    v: &Value,
    argument: Option<&Value>,
    time_only: bool,
) -> Result<Value, Stop> {
    let letters = argument.map_or_else(|| "None".to_owned(), value::python_str);
    frame.allocate(letters.len())?;
    let moment = local(frame, v);
    match format(moment.as_ref(), &letters, time_only, &zone(frame)) {
        Ok(text) => Ok(Value::from(text)),
        Err(NoText::Type) if !time_only => Err(Stop::raise(
            "The format for date objects may not contain time-related format specifiers",
        )),
        Err(_) => Ok(Value::from("")),
    }
}

fn no_date(v: &Value) -> Stop {
    Stop::raise(format!(
        "'{}' object has no attribute 'year'",
        value::type_name(v)
    ))
}

/// Python's `datetime` of a moment: a day starts at midnight.
fn as_datetime(v: &Value) -> Result<Moment, Stop> {
    match Moment::of(v) {
        Some(Moment::Date(date)) => Ok(Moment::Naive(date.at(0, 0, 0, 0))),
        Some(moment) => Ok(moment.clone()),
        None => Err(no_date(v)),
    }
}

fn timesince(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    if !value::truthy(v) {
        return Ok(Value::from(""));
    }
    let from = as_datetime(v)?;
    let to = other_end(frame, &from, argument)?;
    Ok(Value::from(to.map_or_else(String::new, |to| {
        between(from.wall_clock(), to)
    })))
}

fn timeuntil(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    if !value::truthy(v) {
        return Ok(Value::from(""));
    }
    let to = as_datetime(v)?;
    let from = other_end(frame, &to, argument)?;
    Ok(Value::from(from.map_or_else(String::new, |from| {
        between(from, to.wall_clock())
    })))
}

/// The wall clock that a moment is compared with: the argument's or now's, in the moment's zone; None where one of
/// them has a zone and the other has none.
fn other_end(
    frame: &Frame<'_>,
    moment: &Moment,
    argument: Option<&Value>,
) -> Result<Option<DateTime>, Stop> {
    let other = match argument.filter(|a| value::truthy(a)) {
        Some(argument) => as_datetime(argument)?,
        None => match moment {
            Moment::Aware(_) => Moment::Aware(frame.host().now().clone()),
            _ => Moment::Naive(frame.host().now().datetime()),
        },
    };
    Ok(match (moment, other) {
        (Moment::Aware(z), Moment::Aware(other)) => {
            Some(other.with_time_zone(z.time_zone().clone()).datetime())
        }
        (Moment::Aware(_), _) | (_, Moment::Aware(_)) => None,
        (_, other) => Some(other.wall_clock()),
    })
}

/// `2 years, 3 months`: at most two units next to each other, seconds left out.
fn between(from: DateTime, to: DateTime) -> String {
    const NOTHING: &str = "0\u{a0}minutes";
    /// What Django takes a month to have, leap years or not.
    const DAYS: [i8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let seconds = |a: DateTime, b: DateTime| {
        let (a, b) = (
            Offset::UTC.to_timestamp(a).unwrap_or_default(),
            Offset::UTC.to_timestamp(b).unwrap_or_default(),
        );
        (b.as_nanosecond() - a.as_nanosecond()).div_euclid(1_000_000_000)
    };
    if seconds(from, to) <= 0 {
        return NOTHING.to_owned();
    }
    let mut months = (i32::from(to.year()) - i32::from(from.year())) * 12 + i32::from(to.month())
        - i32::from(from.month());
    if from.day() > to.day() || (from.day() == to.day() && from.time() > to.time()) {
        months -= 1;
    }
    let (years, months) = (months.div_euclid(12), months.rem_euclid(12));
    let pivot = if years == 0 && months == 0 {
        from
    } else {
        let total = i32::from(from.month()) - 1 + months;
        let year = i32::from(from.year()) + years + total / 12;
        let month = (total % 12) as usize;
        DateTime::new(
            i16::try_from(year).unwrap_or(9999),
            month as i8 + 1,
            DAYS[month].min(from.day()),
            from.hour(),
            from.minute(),
            from.second(),
            0,
        )
        .unwrap_or(from)
    };
    let mut rest = seconds(pivot, to);
    let mut parts = vec![(i128::from(years), "year"), (i128::from(months), "month")];
    for (size, name) in [
        (604_800, "week"),
        (86_400, "day"),
        (3600, "hour"),
        (60, "minute"),
    ] {
        parts.push((rest.div_euclid(size), name));
        rest = rest.rem_euclid(size);
    }
    let shown: Vec<String> = parts
        .iter()
        .skip_while(|(n, _)| *n == 0)
        .take(2)
        .take_while(|(n, _)| *n != 0)
        .map(|(n, name)| format!("{n}\u{a0}{name}{}", if *n == 1 { "" } else { "s" }))
        .collect();
    if shown.is_empty() {
        NOTHING.to_owned()
    } else {
        shown.join(", ")
    }
}

fn days_later(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let later = || {
        let days = i64::try_from(int(argument?).ok()?).ok()?;
        let span = Span::new().try_days(days).ok()?;
        let date = read(v)?.0.date().checked_add(span).ok()?;
        (date.year() > 0).then(|| Moment::Date(date).iso('T'))
    };
    Ok(Value::from(later().unwrap_or_default()))
}

fn weeks_since(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let instant = |v: &Value| {
        let (time, offset, _) = read(v)?;
        let at = Offset::UTC.to_timestamp(time).ok()?;
        at.checked_sub(i64::from(offset.unwrap_or(0)).seconds())
            .ok()
    };
    let to = match argument {
        Some(argument) => instant(argument),
        None => Some(frame.host().now().timestamp()),
    };
    Ok(instant(v).zip(to).map_or_else(
        || Value::from(""),
        |(from, to)| Value::from((to.as_second() - from.as_second()).div_euclid(7 * 86_400)),
    ))
}
