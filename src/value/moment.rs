//! A date or a time as a value of a template.

use std::cmp::Ordering;
use std::fmt::{self, Write};
use std::sync::Arc;

use jiff::ZonedDateTime;
use jiff::civil::{Date, DateTime};
use minijinja::value::{Object, ObjectRepr, Value};

/// What Python has `date` and `datetime` for.
#[derive(Debug, Clone, PartialEq)]
pub enum Moment {
    /// A day.
    Date(Date),
    /// A wall clock without a zone (Python: naive).
    Naive(DateTime),
    /// An instant in a zone (Python: aware).
    Aware(ZonedDateTime),
}

impl Moment {
    /// The moment that a value is, if it is one.
    pub fn of(v: &Value) -> Option<&Moment> {
        v.downcast_object_ref::<Moment>()
    }

    /// The wall clock; a date's is midnight.
    pub fn wall_clock(&self) -> DateTime {
        match self {
            Moment::Date(d) => d.to_datetime(jiff::civil::Time::midnight()),
            Moment::Naive(t) => *t,
            Moment::Aware(z) => z.datetime(),
        }
    }

    /// Python's comparison: dates with dates, naive with naive, aware with aware; otherwise it raises.
    pub fn order(&self, other: &Moment) -> Option<Ordering> {
        match (self, other) {
            (Moment::Date(a), Moment::Date(b)) => Some(a.cmp(b)),
            (Moment::Naive(a), Moment::Naive(b)) => Some(a.cmp(b)),
            (Moment::Aware(a), Moment::Aware(b)) => Some(a.timestamp().cmp(&b.timestamp())),
            _ => None,
        }
    }

    /// The offset from UTC in seconds, and the zone's name: of an aware moment only.
    pub fn offset(&self) -> Option<(i32, String)> {
        match self {
            Moment::Aware(z) => Some((
                z.offset().seconds(),
                z.time_zone()
                    .to_offset_info(z.timestamp())
                    .abbreviation()
                    .to_owned(),
            )),
            _ => None,
        }
    }

    /// `isoformat(separator)`.
    pub fn iso(&self, separator: char) -> String {
        let t = self.wall_clock();
        let mut out = format!("{:04}-{:02}-{:02}", t.year(), t.month(), t.day());
        if matches!(self, Moment::Date(_)) {
            return out;
        }
        let _ = write!(
            out,
            "{separator}{:02}:{:02}:{:02}",
            t.hour(),
            t.minute(),
            t.second()
        );
        let micros = t.subsec_nanosecond() / 1000;
        if micros != 0 {
            let _ = write!(out, ".{micros:06}");
        }
        if let Some((offset, _)) = self.offset() {
            let sign = if offset < 0 { '-' } else { '+' };
            let seconds = offset.unsigned_abs();
            let _ = write!(out, "{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
            if seconds % 60 != 0 {
                let _ = write!(out, ":{:02}", seconds % 60);
            }
        }
        out
    }

    /// `repr(moment)`.
    pub fn repr(&self) -> String {
        let t = self.wall_clock();
        let mut out = format!("({}, {}, {}", t.year(), t.month(), t.day());
        if matches!(self, Moment::Date(_)) {
            return format!("datetime.date{out})");
        }
        let _ = write!(out, ", {}, {}", t.hour(), t.minute());
        let micros = t.subsec_nanosecond() / 1000;
        if t.second() != 0 || micros != 0 {
            let _ = write!(out, ", {}", t.second());
        }
        if micros != 0 {
            let _ = write!(out, ", {micros}");
        }
        if let Moment::Aware(z) = self {
            match z.time_zone().iana_name() {
                Some(name) => {
                    let _ = write!(out, ", tzinfo=zoneinfo.ZoneInfo(key='{name}')");
                }
                _ => out.push_str(", tzinfo=datetime.timezone.utc"),
            }
        }
        format!("datetime.datetime{out})")
    }

    /// Python's attributes that a template may read: `year`, `month`, `day`, `hour`, `minute`, `second`.
    pub fn attribute(&self, name: &str) -> Option<Value> {
        let t = self.wall_clock();
        let timed = !matches!(self, Moment::Date(_));
        match name {
            "year" => Some(Value::from(t.year())),
            "month" => Some(Value::from(t.month())),
            "day" => Some(Value::from(t.day())),
            "hour" if timed => Some(Value::from(t.hour())),
            "minute" if timed => Some(Value::from(t.minute())),
            "second" if timed => Some(Value::from(t.second())),
            _ => None,
        }
    }
}

/// Django's default forms: `Feb. 11, 2016` and `Feb. 11, 2016, 4:46 p.m.`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MONTHS: [&str; 12] = [
            "Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.",
            "Nov.", "Dec.",
        ];
        let t = self.wall_clock();
        let month = MONTHS[usize::from(t.month().unsigned_abs()).clamp(1, 12) - 1];
        write!(f, "{month} {}, {}", t.day(), t.year())?;
        if matches!(self, Moment::Date(_)) {
            return Ok(());
        }
        let half = if t.hour() < 12 { "a.m." } else { "p.m." };
        let hour = match t.hour() % 12 {
            0 => 12,
            h => h,
        };
        match (t.hour(), t.minute()) {
            (0, 0) => write!(f, ", midnight"),
            (12, 0) => write!(f, ", noon"),
            (_, 0) => write!(f, ", {hour} {half}"),
            (_, minute) => write!(f, ", {hour}:{minute:02} {half}"),
        }
    }
}

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Moment> for Value {
    fn from(moment: Moment) -> Value {
        Value::from_object(moment)
    }
}
