//! Django's filters on numbers.

use std::fmt::Write;

use super::convert::{self, Refused, forgiving_int, int, int_value, some, strict_int};
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::python::Number;
use crate::value::{self, Value, ValueKind};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "floatformat",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: true,
        doc: "Rounds to that many places, halves up: `2` always shows two, `-2` only when there is a fraction, nothing means \
              `-1`. `'2g'` groups thousands. What is no number prints nothing. The result is text.",
        example: (
            "{{ price|floatformat:2 }} {{ quantity|floatformat:0 }}",
            "19.90 1",
        ),
        call: floatformat,
    },
    Filter {
        name: "add",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Adds whole numbers (floats lose their fraction first), else joins texts or lists, else prints nothing. For \
              fractions use `plus`.",
        example: ("{{ 5|add:2 }}", "7"),
        call: add,
    },
    Filter {
        name: "divisibleby",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Whether the number can be divided by the argument without a rest.",
        example: ("{{ 21|divisibleby:7 }}", "True"),
        call: divisibleby,
    },
    Filter {
        name: "get_digit",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "A digit of a whole number, counted from the right, 1 the last.",
        example: ("{{ 1234|get_digit:2 }}", "3"),
        call: get_digit,
    },
    Filter {
        name: "filesizeformat",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: true,
        doc: "A number of bytes as `13 KB` or `4.1 MB`, with a no-break space.",
        example: ("{{ 123456789|filesizeformat }}", "117.7\u{a0}MB"),
        call: filesizeformat,
    },
    Filter {
        name: "pluralize",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "`s` unless the value is 1 or has one member; `'es'` or `'y,ies'` say otherwise.",
        example: ("{{ items|length }} item{{ items|pluralize }}", "2 items"),
        call: pluralize,
    },
];

fn add(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let other = some(argument)?;
    let too_large = |refused: Refused, v: &Value| match refused {
        Refused::Overflow => Err(refused.raise(v)),
        Refused::Value | Refused::Type => Ok(None),
    };
    let a = int(v).map_or_else(|refused| too_large(refused, v), |a| Ok(Some(a)))?;
    if let Some(a) = a {
        let b = int(other).map_or_else(|refused| too_large(refused, other), |b| Ok(Some(b)))?;
        if let Some(b) = b {
            let sum = a.checked_add(b);
            return sum.map(int_value).ok_or_else(|| Refused::Overflow.raise(v));
        }
    }
    Ok(match (v.kind(), other.kind()) {
        (ValueKind::String, ValueKind::String) => {
            let (a, b) = (convert::text(v), convert::text(other));
            frame.allocate(b.len())?;
            let joined = format!("{a}{b}");
            // Python: a safe text plus a safe text is safe.
            if v.is_safe() && other.is_safe() {
                Value::from_safe_string(joined)
            } else {
                Value::from(joined)
            }
        }
        (ValueKind::Seq, ValueKind::Seq) if v.is_tuple() == other.is_tuple() => {
            frame.hold_again(other)?;
            let mut members = value::items(v).unwrap_or_default();
            members.extend(value::items(other).unwrap_or_default());
            convert::like(v, members)
        }
        _ => match (value::number(v), value::number(other)) {
            (Some(a), Some(b)) => Value::from(a.as_f64() + b.as_f64()),
            _ => Value::from(""),
        },
    })
}

fn divisibleby(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let number = int(v).map_err(|refused| refused.raise(v))?;
    let by = strict_int(argument)?;
    match number.checked_rem(by) {
        Some(rest) => Ok(Value::from(rest == 0)),
        None if by == 0 => Err(Stop::raise("integer modulo by zero")),
        None => Ok(Value::from(true)),
    }
}

fn get_digit(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let Some(position) = forgiving_int(argument)? else {
        return Ok(v.clone());
    };
    let number = match int(v) {
        Ok(number) => number,
        Err(Refused::Value) => return Ok(v.clone()),
        Err(refused) => return Err(refused.raise(v)),
    };
    if position < 1 {
        return Ok(int_value(number));
    }
    let digits = number.to_string();
    let from_end = usize::try_from(position - 1).unwrap_or(usize::MAX);
    match digits.bytes().rev().nth(from_end) {
        Some(b'-') => Err(Stop::raise("invalid literal for int() with base 10: '-'")),
        Some(digit) => Ok(Value::from(digit - b'0')),
        None => Ok(Value::from(0)),
    }
}

fn filesizeformat(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let whole = match int(v) {
        Ok(bytes) => bytes,
        Err(Refused::Overflow) => match value::number(v) {
            // Too large for our integers, but a float knows how large.
            Some(Number::Float(f)) if f.is_finite() => return Ok(petabytes(f)),
            _ => return Err(Refused::Overflow.raise(v)),
        },
        Err(_) => 0,
    };
    let size = whole.unsigned_abs();
    let sign = if whole < 0 { "-" } else { "" };
    if size < 1024 {
        let unit = if size == 1 { "byte" } else { "bytes" };
        return Ok(Value::from(format!("{sign}{size}\u{a0}{unit}")));
    }
    let (mut unit, mut name) = (1024u128, "KB");
    for next in ["MB", "GB", "TB", "PB"] {
        if size < unit << 10 {
            break;
        }
        (unit, name) = (unit << 10, next);
    }
    let share = size as f64 / unit as f64;
    if share >= 1e16 {
        return Ok(petabytes(whole as f64));
    }
    Ok(Value::from(format!("{sign}{share:.1}\u{a0}{name}")))
}

/// Sizes that are whole numbers of petabytes, as far as a float can tell.
fn petabytes(bytes: f64) -> Value {
    let share = value::text(&Value::from(bytes / 1024f64.powi(5)));
    // With an exponent, one digit behind the point is kept, not rounded.
    let (digits, exponent) = match share.find('e') {
        Some(at) => share.split_at(at),
        None => (share.as_str(), ""),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let place = fraction.get(..1).unwrap_or("0");
    Value::from(format!("{whole}.{place}{exponent}\u{a0}PB"))
}

fn pluralize(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let forms = match argument {
        None => "s",
        Some(_) => convert::text_argument(argument)?,
    };
    let (one, many) = forms.split_once(',').unwrap_or(("", forms));
    if many.contains(',') {
        return Ok(Value::from(""));
    }
    let single = match convert::float(v) {
        Ok(number) => Some(number == 1.0),
        Err(Refused::Type) => value::length(v).map(|n| n == 1),
        Err(_) => None,
    };
    Ok(Value::from(match single {
        Some(true) => one,
        Some(false) => many,
        None => "",
    }))
}

fn floatformat(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let number = Value::from(-1);
    let mut places = argument.unwrap_or(&number).clone();
    let mut group = false;
    if let Some(text) = places.as_str() {
        if text.is_empty() {
            return Err(Stop::raise("string index out of range"));
        }
        let (bare, grouped) = match text {
            _ if text.ends_with("gu") || text.ends_with("ug") => (&text[..text.len() - 2], false),
            _ if text.ends_with('g') => (&text[..text.len() - 1], true),
            _ if text.ends_with('u') => (&text[..text.len() - 1], false),
            text => (text, false),
        };
        group = grouped;
        places = if bare.is_empty() {
            number
        } else {
            Value::from(bare)
        };
    }
    let as_written = match v.kind() {
        ValueKind::Bool => String::from(if v.is_true() { "1.0" } else { "0.0" }),
        ValueKind::Number | ValueKind::String => value::python_str(v),
        _ => return Ok(Value::from("")),
    };
    let decimal = Decimal::parse(&as_written);
    if matches!(decimal, Decimal::None) {
        return Ok(Value::from(""));
    }
    // What Django gives back where it does not round: the value's text.
    let unchanged = || match v.kind() {
        ValueKind::String => v.clone(),
        _ => Value::from(value::python_str(v)),
    };
    let Some(places) = forgiving_int(Some(&places))? else {
        return Ok(unchanged());
    };
    let Decimal::Finite(number) = decimal else {
        return Ok(unchanged());
    };
    let size = number.digits.len() as i128 + i128::from(number.exponent.unsigned_abs());
    if size > 200 {
        return Ok(unchanged());
    }
    let shown = if number.is_whole() && places <= 0 {
        number.rounded(0)
    } else {
        if places.unsigned_abs() > MOST_PLACES {
            return Err(Stop::raise("[<class 'decimal.InvalidOperation'>]"));
        }
        let places = places.unsigned_abs() as usize;
        frame.allocate(places)?;
        number.rounded(places)
    };
    Ok(Value::from_safe_string(if group {
        grouped(&shown)
    } else {
        shown
    }))
}

/// Python's `Decimal` goes no further.
const MOST_PLACES: u128 = 2_000_054;

/// What a text is to Python's `Decimal`.
enum Decimal {
    /// No number.
    None,
    /// An infinity, or not a number.
    Special,
    Finite(Digits),
}

impl Decimal {
    fn parse(text: &str) -> Decimal {
        let plain: String = text
            .trim_matches(value::is_space)
            .chars()
            .filter(|c| *c != '_')
            .map(|c| convert::decimal_digit(c).map_or(c, |digit| char::from(b'0' + digit)))
            .collect();
        if let Some(digits) = Digits::parse(&plain) {
            return Decimal::Finite(digits);
        }
        let lower = plain.to_ascii_lowercase();
        let unsigned = lower.strip_prefix(['-', '+']).unwrap_or(&lower);
        let payload = unsigned
            .strip_prefix("snan")
            .or_else(|| unsigned.strip_prefix("nan"));
        let special = matches!(unsigned, "inf" | "infinity")
            || payload.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        if special {
            Decimal::Special
        } else {
            Decimal::None
        }
    }
}

/// A decimal number as it is written: exact, whatever its length.
pub(super) struct Digits {
    negative: bool,
    /// ASCII digits.
    digits: Vec<u8>,
    /// The power of ten of the last digit.
    pub(super) exponent: i64,
}

impl Digits {
    /// Python's `Decimal(text)`, finite numbers only.
    pub(super) fn parse(text: &str) -> Option<Digits> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        digits.iter().all(u8::is_ascii_digit).then(|| {
            let leading = digits
                .iter()
                .take_while(|b| **b == b'0')
                .count()
                .min(digits.len() - 1);
            Digits {
                negative,
                digits: digits[leading..].to_vec(),
                exponent: exponent.saturating_sub(fraction.len() as i64),
            }
        })
    }

    fn is_whole(&self) -> bool {
        let fraction = usize::try_from(-self.exponent.min(0)).unwrap_or(usize::MAX);
        self.digits.iter().rev().take(fraction).all(|b| *b == b'0')
    }

    /// With exactly `places` digits behind the point, halves up (away from zero).
    pub(super) fn rounded(&self, places: usize) -> String {
        // Digits, filled up so that there is at least one before the point and `places` + 1 behind it.
        let behind = usize::try_from(-self.exponent.min(0)).unwrap_or(0);
        let mut digits = self.digits.clone();
        digits.resize(
            digits.len() + usize::try_from(self.exponent.max(0)).unwrap_or(0),
            b'0',
        );
        if digits.len() <= behind {
            let missing = behind + 1 - digits.len();
            digits.splice(0..0, std::iter::repeat_n(b'0', missing));
        }
        let mut keep = digits.len() - behind + places;
        let up = digits.get(keep).is_some_and(|b| *b >= b'5');
        digits.resize(digits.len().max(keep), b'0');
        digits.truncate(keep);
        if up {
            let mut at = keep;
            loop {
                if at == 0 {
                    digits.insert(0, b'1');
                    keep += 1;
                    break;
                }
                at -= 1;
                if digits[at] == b'9' {
                    digits[at] = b'0';
                } else {
                    digits[at] += 1;
                    break;
                }
            }
        }
        let mut out = String::with_capacity(keep + 2);
        if self.negative && digits.iter().any(|b| *b != b'0') {
            out.push('-');
        }
        for (at, digit) in digits.iter().enumerate() {
            if at == keep - places {
                out.push('.');
            }
            out.push(char::from(*digit));
        }
        out
    }
}

/// The exponent of a number; one that is too long for us is a very large one.
fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let most = i64::MAX / 4;
    let size = digits.parse::<i64>().unwrap_or(most).min(most);
    Some(if text.starts_with('-') { -size } else { size })
}

/// A number with commas between thousands.
fn grouped(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let (whole, fraction) = digits
        .split_once('.')
        .map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        let _ = write!(out, ".{fraction}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_up_on_the_digits_as_written() {
        for (text, places, expected) in [
            ("0.25", 1, "0.3"),
            ("2.5", 0, "3"),
            ("-0.4", 0, "0"),
            ("0.000001", 3, "0.000"),
            ("999.995", 2, "1000.00"),
            ("1e3", 1, "1000.0"),
            ("12", 3, "12.000"),
            ("-1.005", 2, "-1.01"),
        ] {
            assert_eq!(
                Digits::parse(text).map(|d| d.rounded(places)).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        assert!(Digits::parse("12a").is_none() && Digits::parse(".").is_none());
        assert_eq!(grouped("-1234567.5"), "-1,234,567.5");
    }
}
