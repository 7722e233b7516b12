//! Whether a time lies where a date filter or a timeframe asks for it. Segments reckon in whole days of UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// What relative times are counted in; a month is no unit of Klaviyo's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Rolling: so many times 3,600 seconds from the instant itself.
    Hour,
    /// Whole days of UTC.
    Day,
    /// Seven of them.
    Week,
}

impl Unit {
    pub(super) const WORDS: [(&'static str, Unit); 3] = [
        ("hour", Unit::Hour),
        ("day", Unit::Day),
        ("week", Unit::Week),
    ];

    pub(super) fn word(self) -> &'static str {
        Unit::WORDS
            .iter()
            .find(|(_, unit)| *unit == self)
            .map_or("", |(word, _)| word)
    }
}

/// So many units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// How many.
    pub quantity: i64,
    /// Of what.
    pub unit: Unit,
}

/// Where a time has to lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Window {
    /// Anywhere.
    AllTime,
    /// Before an instant.
    Before(Timestamp),
    /// After an instant; after the whole day, where the instant is a day's start.
    After(Timestamp),
    /// From an instant to another, whole days included.
    BetweenStatic(Timestamp, Timestamp),
    /// Since so long ago, until now.
    InTheLast(Span),
    /// Longer ago than that.
    AtLeast(Span),
    /// From now on, for so long.
    InTheNext(Span),
    /// Between two distances back from now.
    Between(i64, i64, Unit),
    /// The day of the year is today's.
    Anniversary,
    /// The month is this one.
    AnniversaryMonth,
    /// The day of the year was within the last so many days.
    AnniversaryLast(Span),
    /// The day of the year is within the next so many days.
    AnniversaryNext(Span),
    /// The month is this one of twelve.
    CalendarMonth(i8),
    /// Since the profile entered the flow; flows only.
    FlowStart,
}

const DAY: i64 = 86_400;

/// What windows are measured from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'e> {
    pub(super) now: i64,
    /// The first second of the day.
    today: i64,
    date: Date,
    /// When the profile entered the flow, and the id of the event that let it in.
    pub(super) entered: Option<(i64, Option<&'e str>)>,
}

impl<'e> Moment<'e> {
    /// Cut to the second, as events are.
    pub(super) fn at(now: Timestamp) -> Moment<'e> {
        let now = second(now);
        Moment {
            now,
            today: now.div_euclid(DAY) * DAY,
            date: date(now),
            entered: None,
        }
    }

    pub(super) fn entered(mut self, at: Timestamp, event: Option<&'e str>) -> Moment<'e> {
        self.entered = Some((second(at), event));
        self
    }
}

fn second(time: Timestamp) -> i64 {
    time.as_nanosecond().div_euclid(1_000_000_000) as i64
}

fn date(second: i64) -> Date {
    let (least, most) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let time = Timestamp::from_second(second.clamp(least, most)).unwrap_or_default();
    TimeZone::UTC.to_datetime(time).date()
}

fn is_day_start(time: i64) -> bool {
    time.rem_euclid(DAY) == 0
}

impl Span {
    fn seconds(self) -> i64 {
        self.quantity * self.unit.seconds()
    }
}

impl Unit {
    fn seconds(self) -> i64 {
        match self {
            Unit::Hour => 3_600,
            Unit::Day => DAY,
            Unit::Week => 7 * DAY,
        }
    }
}

impl Window {
    /// Whether a time lies in it.
    pub(super) fn holds(&self, time: Timestamp, moment: &Moment<'_>) -> bool {
        let t = second(time);
        let Moment { now, today, .. } = *moment;
        let is_hour = |unit: Unit| unit == Unit::Hour;
        match *self {
            Window::AllTime => true,
            Window::Before(d) => t < second(d),
            Window::After(d) => {
                let d = second(d);
                match is_day_start(d) {
                    true => t >= d + DAY,
                    false => t > d,
                }
            }
            Window::BetweenStatic(s, e) => {
                let e = second(e);
                let ends = match is_day_start(e) {
                    true => t < e + DAY,
                    false => t <= e,
                };
                second(s) <= t && ends
            }
            Window::InTheLast(span) => {
                let from = if is_hour(span.unit) { now } else { today } - span.seconds();
                from <= t && t <= now
            }
            Window::AtLeast(span) => {
                t < if is_hour(span.unit) { now } else { today } - span.seconds()
            }
            Window::InTheNext(span) => {
                now <= t
                    && match is_hour(span.unit) {
                        true => t <= now + span.seconds(),
                        false => t < today + span.seconds() + DAY,
                    }
            }
            Window::Between(a, b, unit) => {
                let (near, far) = (a.min(b) * unit.seconds(), a.max(b) * unit.seconds());
                match is_hour(unit) {
                    true => now - far <= t && t < now - near,
                    false => today - far <= t && t < today - near + DAY,
                }
            }
            Window::Anniversary => {
                let (date, today) = (date(t), moment.date);
                (date.month(), date.day()) == (today.month(), today.day())
            }
            Window::AnniversaryMonth => date(t).month() == moment.date.month(),
            Window::CalendarMonth(month) => date(t).month() == month,
            Window::AnniversaryLast(span) => {
                let from = if is_hour(span.unit) { now } else { today } - span.seconds();
                some_year(t, from, now)
            }
            Window::AnniversaryNext(span) => {
                let to = match is_hour(span.unit) {
                    true => now + span.seconds(),
                    false => today + span.seconds() + DAY - 1,
                };
                some_year(t, now, to)
            }
            Window::FlowStart => moment.entered.is_some_and(|(entered, _)| t >= entered),
        }
    }
}

/// Whether a time, moved to some year, lies between two seconds, both included. The 29th of February has no other day:
/// it lies in leap years only.
fn some_year(t: i64, from: i64, to: i64) -> bool {
    let (day, of_day) = (date(t), t.rem_euclid(DAY));
    let (first, last) = (date(from).year(), date(to).year());
    // In eight years even a 29th of February comes round.
    (first..=last.min(first.saturating_add(9))).any(|year| {
        let moved = Date::new(year, day.month(), day.day());
        let moved = moved
            .ok()
            .and_then(|date| TimeZone::UTC.to_timestamp(date.into()).ok());
        moved.is_some_and(|start| {
            let moved = start.as_second() + of_day;
            from <= moved && moved <= to
        })
    })
}
