//! Python's conversions, as filters use them, and what it raises where they fail.

use minijinja::value::Tuple;

use crate::language::escape::escape;
use crate::language::frame::Frame;
use crate::language::stop::Stop;
use crate::value::python::Number;
use crate::value::{self, Value, ValueKind};

/// Why `int(v)` or `float(v)` raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// `ValueError`: a text that is no number.
    Value,
    /// `TypeError`: neither number nor text.
    Type,
    /// `OverflowError`: an infinity, or more digits than we keep.
    Overflow,
}

impl Refused {
    pub(super) fn raise(self, v: &Value) -> Stop {
        Stop::raise(match self {
            Refused::Value => format!("invalid literal for a number: {}", value::repr(v)),
            Refused::Type => format!(
                "a text or a number is needed, not '{}'",
                value::type_name(v)
            ),
            Refused::Overflow => "this number is too large".to_owned(),
        })
    }
}

/// Python's `int(v)`.
pub(super) fn int(v: &Value) -> Result<i128, Refused> {
    match value::number(v) {
        Some(Number::Int(i)) => Ok(i),
        Some(Number::Float(f)) if f.is_nan() => Err(Refused::Value),
        Some(Number::Float(f)) if f.abs() < 1.7e38 => Ok(f.trunc() as i128),
        Some(Number::Float(_)) => Err(Refused::Overflow),
        None => match v.as_str() {
            Some(s) => int_of_text(s),
            None if v.kind() == ValueKind::Number => Err(Refused::Overflow),
            None => Err(Refused::Type),
        },
    }
}

fn int_of_text(s: &str) -> Result<i128, Refused> {
    let plain = ascii_number(s).ok_or(Refused::Value)?;
    let digits = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refused::Value);
    }
    plain.parse().map_err(|_| Refused::Overflow)
}

/// Python's `float(v)`.
pub(super) fn float(v: &Value) -> Result<f64, Refused> {
    if let Some(n) = value::number(v) {
        return Ok(n.as_f64());
    }
    match v.as_str() {
        Some(s) => ascii_number(s)
            .and_then(|plain| plain.parse().ok())
            .ok_or(Refused::Value),
        None => Err(Refused::Type),
    }
}

/// The text of a number without white space around it, digits of any script as ASCII, and without the underscores
/// that may stand between digits; None where an underscore stands elsewhere.
pub(super) fn ascii_number(s: &str) -> Option<String> {
    let mut out = String::with_capacity(s.len());
    let mut chars = s.trim_matches(value::is_space).chars().peekable();
    while let Some(c) = chars.next() {
        match decimal_digit(c) {
            Some(digit) => out.push(char::from(b'0' + digit)),
            None if c == '_' => {
                let behind = out.ends_with(|c: char| c.is_ascii_digit());
                let before = chars.peek().copied().and_then(decimal_digit).is_some();
                if !(behind && before) {
                    return None;
                }
            }
            None => out.push(c),
        }
    }
    Some(out)
}

/// The value of a decimal digit of any script.
pub(super) fn decimal_digit(c: char) -> Option<u8> {
    /// The zeros of all scripts; the other nine follow each.
    const ZEROS: &[u32] = &[
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
        0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
        0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
        0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0,
        0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0,
        0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
    ];
    if c.is_ascii() {
        return c.to_digit(10).map(|d| d as u8);
    }
    let c = c as u32;
    let zero = ZEROS[..ZEROS.partition_point(|zero| *zero <= c)].last()?;
    u8::try_from(c - zero).ok().filter(|digit| *digit < 10)
}

/// `int(argument)` where `ValueError` leaves the value as it is (None) and every other exception is raised.
pub(super) fn forgiving_int(argument: Option<&Value>) -> Result<Option<i128>, Stop> {
    let argument = some(argument)?;
    match int(argument) {
        Ok(i) => Ok(Some(i)),
        Err(Refused::Value) => Ok(None),
        Err(refused) => Err(refused.raise(argument)),
    }
}

/// `int(argument)` where every exception is raised.
pub(super) fn strict_int(argument: Option<&Value>) -> Result<i128, Stop> {
    let argument = some(argument)?;
    int(argument).map_err(|refused| refused.raise(argument))
}

/// A width or a count: negative is 0, too large is as large as can be.
pub(super) fn count(i: i128) -> usize {
    usize::try_from(i.max(0)).unwrap_or(usize::MAX)
}

/// The argument of a filter that requires one.
pub(super) fn some(argument: Option<&Value>) -> Result<&Value, Stop> {
    argument.ok_or_else(|| Stop::raise("an argument is missing"))
}

/// The argument where Python raises for everything but text.
pub(super) fn text_argument(argument: Option<&Value>) -> Result<&str, Stop> {
    let argument = some(argument)?;
    argument.as_str().ok_or_else(|| {
        Stop::raise(format!(
            "the argument must be a text, not '{}'",
            value::type_name(argument)
        ))
    })
}

/// The value of a filter that is given text.
pub(super) fn text(v: &Value) -> &str {
    v.as_str().unwrap_or_default()
}

/// The argument as text, whatever it is.
pub(super) fn argument_text(argument: Option<&Value>) -> String {
    argument.map(value::python_str).unwrap_or_default()
}

/// An integer as a value.
pub(super) fn int_value(i: i128) -> Value {
    i64::try_from(i).map_or_else(|_| Value::from(i), Value::from)
}

/// Django's `conditional_escape`: as text, escaped unless it is safe.
pub(super) fn conditional_escape(v: &Value) -> String {
    let s = value::python_str(v);
    if v.is_safe() { s } else { escape(&s) }
}

/// How many bytes escaping adds.
pub(super) fn growth_by_escaping(s: &str) -> usize {
    let special = |b: &u8| matches!(b, b'&' | b'<' | b'>' | b'"' | b'\'');
    s.bytes().filter(special).count().saturating_mul(5)
}

/// The members of a list, the keys of a mapping, the characters of a text, paid for; None where Python cannot
/// iterate.
pub(super) fn members(frame: &mut Frame<'_>, v: &Value) -> Result<Option<Vec<Value>>, Stop> {
    let length = value::length(v).unwrap_or(0);
    frame.spend(length as u64 / 4)?;
    if v.kind() == ValueKind::String {
        frame.allocate(length.saturating_mul(std::mem::size_of::<Value>()))?;
    }
    Ok(value::items(v))
}

/// A list of these members, or a tuple when `v` is one.
pub(super) fn like(v: &Value, members: Vec<Value>) -> Value {
    if v.is_tuple() {
        Value::from(Tuple::from(members))
    } else {
        Value::from_object(members)
    }
}

/// Python's `TypeError` of a value that cannot be iterated.
pub(super) fn not_iterable(v: &Value) -> Stop {
    Stop::raise(format!("'{}' object is not iterable", value::type_name(v)))
}
