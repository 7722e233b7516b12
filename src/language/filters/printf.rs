//! `stringformat`: Python's `%` operator.

use super::convert::{argument_text, int};
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::python::Number;
use crate::value::{self, Value, ValueKind};

pub(super) const FILTERS: &[Filter] = &[Filter {
    name: "stringformat",
    input: Input::Any,
    argument: Argument::Required,
    keeps_safe: true,
    doc: "The value by a format of Python's `%`, written without the `%`: `05d`, `.2f`, `x`. Nothing when they do not go together.",
    example: ("{{ 7|stringformat:'03d' }}", "007"),
    call: stringformat,
}];

fn stringformat(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let format = format!("%{}", argument_text(argument));
    let as_text;
    let v = if v.is_tuple() {
        as_text = Value::from(value::repr(v));
        &as_text
    } else {
        v
    };
    Ok(match Formatting::new(&format, v).run(frame) {
        Ok(text) => Value::from(text),
        Err(Failure::Quiet) => Value::from(""),
        Err(Failure::Loud(stop)) => return Err(stop),
    })
}

/// Why there is no text.
enum Failure {
    /// A `ValueError` or a `TypeError`, which Django takes for nothing.
    Quiet,
    /// Any other exception, or a limit.
    Loud(Stop),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Failure {
        Failure::Loud(stop)
    }
}

struct Formatting<'f> {
    rest: std::iter::Peekable<std::str::Chars<'f>>,
    whole: &'f Value,
    /// The next value, until it is taken.
    next: Option<Value>,
    /// Whether values are taken from a mapping, so that none need be taken.
    mapping: bool,
}

/// What stands between `%` and the letter.
#[derive(Default)]
struct Flags {
    left: bool,
    plus: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

impl<'f> Formatting<'f> {
    fn new(format: &'f str, v: &'f Value) -> Formatting<'f> {
        Formatting {
            rest: format.chars().peekable(),
            whole: v,
            next: Some(v.clone()),
            mapping: matches!(
                v.kind(),
                ValueKind::Map | ValueKind::Seq | ValueKind::Iterable
            ),
        }
    }

    fn run(mut self, frame: &mut Frame<'_>) -> Result<String, Failure> {
        let mut out = String::new();
        while let Some(c) = self.rest.next() {
            if c == '%' {
                self.directive(frame, &mut out)?;
            } else {
                out.push(c);
            }
        }
        if self.next.is_some() && !self.mapping {
            return Err(Failure::Quiet);
        }
        Ok(out)
    }

    fn take(&mut self) -> Result<Value, Failure> {
        self.next.take().ok_or(Failure::Quiet)
    }

    fn directive(&mut self, frame: &mut Frame<'_>, out: &mut String) -> Result<(), Failure> {
        if self.rest.next_if_eq(&'%').is_some() {
            out.push('%');
            return Ok(());
        }
        if self.rest.next_if_eq(&'(').is_some() {
            self.key()?;
        }
        let mut flags = Flags::default();
        while let Some(flag) = self.rest.next_if(|c| "-+ #0".contains(*c)) {
            match flag {
                '-' => flags.left = true,
                '+' => flags.plus = true,
                ' ' => flags.blank = true,
                '#' => flags.alternate = true,
                _ => flags.zero = true,
            }
        }
        if self.rest.next_if_eq(&'*').is_some() {
            let width = self.star()?;
            if i64::try_from(width).is_err() {
                return Err(Stop::raise("Python int too large to convert to C ssize_t").into());
            }
            flags.left |= width < 0;
            flags.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        } else {
            flags.width = self.digits(i64::MAX as u64)?.unwrap_or(0);
        }
        if self.rest.next_if_eq(&'.').is_some() {
            flags.precision = Some(if self.rest.next_if_eq(&'*').is_some() {
                let places = self.star()?;
                if i32::try_from(places).is_err() {
                    return Err(Stop::raise("Python int too large to convert to C int").into());
                }
                usize::try_from(places.max(0)).unwrap_or(0)
            } else {
                self.digits(i32::MAX as u64)?.unwrap_or(0)
            });
        }
        let _ = self.rest.next_if(|c| "hlL".contains(*c));
        let letter = self.rest.next().ok_or(Failure::Quiet)?;
        let v = self.take()?;
        frame.allocate(flags.width)?;
        let (body, number) = match letter {
            's' | 'r' | 'a' => (Body::from(texts(frame, letter, &v, &flags)?), false),
            'c' => (Body::from(character(&v)?), false),
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => (integer(frame, letter, &v, &flags)?, true),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => (float(frame, letter, &v, &flags)?, true),
            _ => return Err(Failure::Quiet),
        };
        push_padded(&body, number, &flags, out);
        Ok(())
    }

    /// `(name)` picks a value of a mapping.
    fn key(&mut self) -> Result<(), Failure> {
        let mut key = String::new();
        let mut depth = 1;
        loop {
            let c = self.rest.next().ok_or(Failure::Quiet)?;
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            if depth == 0 {
                break;
            }
            key.push(c);
        }
        if self.whole.kind() != ValueKind::Map {
            return Err(Failure::Quiet);
        }
        let found = value::key(self.whole, &key)
            .ok_or_else(|| Stop::raise(value::repr(&Value::from(key))))?;
        self.next = Some(found);
        Ok(())
    }

    fn star(&mut self) -> Result<i128, Failure> {
        let v = self.take()?;
        match v.kind() {
            ValueKind::Bool => Ok(i128::from(v.is_true())),
            ValueKind::Number if v.is_integer() => int(&v).map_err(|_| Failure::Quiet),
            _ => Err(Failure::Quiet),
        }
    }

    fn digits(&mut self, most: u64) -> Result<Option<usize>, Failure> {
        let mut number: Option<u64> = None;
        while let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(10)) {
            self.rest.next();
            let next = number
                .unwrap_or(0)
                .saturating_mul(10)
                .saturating_add(digit.into());
            if next > most {
                return Err(Failure::Quiet);
            }
            number = Some(next);
        }
        Ok(number.map(|n| usize::try_from(n).unwrap_or(usize::MAX)))
    }
}

fn texts(frame: &mut Frame<'_>, letter: char, v: &Value, flags: &Flags) -> Result<String, Failure> {
    // An escape takes up to ten bytes; the text of a list is paid for when its length is known.
    let plain = |c: &char| letter == 's' || matches!(c, ' '..='~') && !matches!(c, '\\' | '\'');
    let escaped = v
        .as_str()
        .map_or(0, |s| s.chars().filter(|c| !plain(c)).count());
    frame.allocate(escaped.saturating_mul(9))?;
    let mut s = match letter {
        's' => value::python_str(v),
        'r' => value::repr(v),
        _ => ascii(&value::repr(v)),
    };
    if let Some(most) = flags.precision
        && let Some((end, _)) = s.char_indices().nth(most)
    {
        s.truncate(end);
    }
    if v.kind() != ValueKind::String {
        frame.allocate(s.len())?;
    }
    Ok(s)
}

/// A `repr` with everything that is not ASCII escaped.
fn ascii(repr: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(repr.len());
    for c in repr.chars() {
        let n = c as u32;
        let _ = match n {
            0..=0x7f => write!(out, "{c}"),
            0x80..=0xff => write!(out, "\\x{n:02x}"),
            0x100..=0xffff => write!(out, "\\u{n:04x}"),
            _ => write!(out, "\\U{n:08x}"),
        };
    }
    out
}

fn character(v: &Value) -> Result<String, Failure> {
    match v.kind() {
        ValueKind::String => {
            let s = v.as_str().unwrap_or_default();
            if s.chars().count() == 1 {
                Ok(s.to_owned())
            } else {
                Err(Failure::Quiet)
            }
        }
        ValueKind::Number | ValueKind::Bool if v.kind() == ValueKind::Bool || v.is_integer() => {
            let number = int(v).ok().and_then(|i| u32::try_from(i).ok());
            match number {
                Some(n) if n <= 0x10_ffff => {
                    // A surrogate is no character here.
                    char::from_u32(n).map(String::from).ok_or(Failure::Quiet)
                }
                _ => Err(Stop::raise("%c arg not in range(0x110000)").into()),
            }
        }
        _ => Err(Failure::Quiet),
    }
}

/// Sign, prefix and digits.
struct Body {
    sign: &'static str,
    prefix: &'static str,
    digits: String,
}

impl From<String> for Body {
    fn from(digits: String) -> Body {
        Body {
            sign: "",
            prefix: "",
            digits,
        }
    }
}

fn sign(negative: bool, flags: &Flags) -> &'static str {
    match (negative, flags.plus, flags.blank) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    }
}

fn integer(frame: &mut Frame<'_>, letter: char, v: &Value, flags: &Flags) -> Result<Body, Failure> {
    let decimal = matches!(letter, 'd' | 'i' | 'u');
    let (negative, digits) = match value::number(v) {
        Some(Number::Int(i)) => {
            let size = i.unsigned_abs();
            let digits = match letter {
                'x' => format!("{size:x}"),
                'X' => format!("{size:X}"),
                'o' => format!("{size:o}"),
                _ => size.to_string(),
            };
            (i < 0, digits)
        }
        Some(Number::Float(f)) if decimal => {
            if f.is_nan() {
                return Err(Failure::Quiet);
            }
            if f.is_infinite() {
                return Err(Stop::raise("cannot convert float infinity to integer").into());
            }
            (f <= -1.0, format!("{:.0}", f.trunc().abs()))
        }
        _ => return Err(Failure::Quiet),
    };
    let places = flags.precision.unwrap_or(0);
    frame.allocate(places)?;
    let missing = places.saturating_sub(digits.len());
    Ok(Body {
        sign: sign(negative, flags),
        prefix: match letter {
            'x' if flags.alternate => "0x",
            'X' if flags.alternate => "0X",
            'o' if flags.alternate => "0o",
            _ => "",
        },
        digits: "0".repeat(missing) + &digits,
    })
}

fn float(frame: &mut Frame<'_>, letter: char, v: &Value, flags: &Flags) -> Result<Body, Failure> {
    let f = value::number(v).ok_or(Failure::Quiet)?.as_f64();
    let places = flags.precision.unwrap_or(6);
    frame.allocate(places)?;
    let size = f.abs();
    let digits = if f.is_nan() {
        "nan".to_owned()
    } else if f.is_infinite() {
        "inf".to_owned()
    } else {
        match letter.to_ascii_lowercase() {
            'f' => fixed(size, places, flags.alternate),
            'e' => exponential(size, places, flags.alternate),
            _ => general(size, places.max(1), flags.alternate),
        }
    };
    Ok(Body {
        sign: sign(f.is_sign_negative() && !f.is_nan(), flags),
        prefix: "",
        digits: if letter.is_ascii_uppercase() {
            digits.to_ascii_uppercase()
        } else {
            digits
        },
    })
}

/// No double has more digits than this behind the point; what follows are zeros.
const MOST_DIGITS: usize = 1100;

fn fixed(size: f64, places: usize, point: bool) -> String {
    let shown = places.min(MOST_DIGITS);
    let mut out = format!("{size:.shown$}");
    if places == 0 && point {
        out.push('.');
    }
    out.extend(std::iter::repeat_n('0', places - shown));
    out
}

/// Mantissa with so many places, and the power of ten.
fn scientific(size: f64, places: usize) -> (String, i32) {
    let shown = places.min(MOST_DIGITS);
    let form = format!("{size:.shown$e}");
    let (mantissa, exponent) = form.split_once('e').unwrap_or((&form, "0"));
    let mut mantissa = mantissa.to_owned();
    mantissa.extend(std::iter::repeat_n('0', places - shown));
    (mantissa, exponent.parse().unwrap_or(0))
}

fn with_exponent(mantissa: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

fn exponential(size: f64, places: usize, point: bool) -> String {
    let (mut mantissa, exponent) = scientific(size, places);
    if places == 0 && point {
        mantissa.push('.');
    }
    with_exponent(&mantissa, exponent)
}

fn general(size: f64, digits: usize, alternate: bool) -> String {
    let (mantissa, exponent) = scientific(size, digits - 1);
    let written_out = exponent >= -4 && usize::try_from(exponent.max(0)).is_ok_and(|e| e < digits);
    let mut number = if written_out {
        let places = i64::try_from(digits).unwrap_or(i64::MAX) - 1 - i64::from(exponent);
        fixed(size, usize::try_from(places).unwrap_or(0), alternate)
    } else {
        mantissa
    };
    if alternate {
        if !number.contains('.') {
            number.push('.');
        }
    } else if number.contains('.') {
        let end = number.trim_end_matches('0').trim_end_matches('.').len();
        number.truncate(end);
    }
    if written_out {
        number
    } else {
        with_exponent(&number, exponent)
    }
}

/// Texts have no sign; numbers are filled up with zeros behind theirs.
fn push_padded(body: &Body, number: bool, flags: &Flags, out: &mut String) {
    let length = body.sign.len() + body.prefix.len() + body.digits.chars().count();
    let missing = flags.width.saturating_sub(length);
    let zeros = number && flags.zero && !flags.left;
    let blanks = |out: &mut String| out.extend(std::iter::repeat_n(' ', missing));
    if !flags.left && !zeros {
        blanks(out);
    }
    out.push_str(body.sign);
    out.push_str(body.prefix);
    if zeros {
        out.extend(std::iter::repeat_n('0', missing));
    }
    out.push_str(&body.digits);
    if flags.left {
        blanks(out);
    }
}
