//! Filters on numbers.

use std::fmt::Write;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::language::expression::python_int;
use crate::language::frame::Frame;
use crate::language::money::decimal;
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
        name: "plus",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The sum, as a float; numbers may be written as text. What is no number gives 0.0.",
        example: ("{{ price|plus:0.1 }}", "20.0"),
        call: |_, v, argument| arithmetic(v, argument, |a, b| a.checked_add(b)),
    },
    Filter {
        name: "minus",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The difference, as a float; numbers may be written as text. What is no number gives 0.0.",
        example: ("{{ 1.1|minus:1 }}", "0.1"),
        call: |_, v, argument| arithmetic(v, argument, |a, b| a.checked_sub(b)),
    },
    Filter {
        name: "multiply",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The product, as a float; numbers may be written as text. What is no number gives 0.0.",
        example: ("{{ price|multiply:2 }}", "39.8"),
        call: |_, v, argument| arithmetic(v, argument, |a, b| a.checked_mul(b)),
    },
    Filter {
        name: "divide",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The quotient, as a float; numbers may be written as text. What is no number, and a division by zero, give 0.0.",
        example: ("{{ 10|divide:4 }}", "2.5"),
        call: |_, v, argument| arithmetic(v, argument, |a, b| a.checked_div(b)),
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

/// Decimal arithmetic, so that 1.1 - 1 is 0.1; the result is a float, as Klaviyo's filters give.
fn arithmetic(
    v: &Value,
    argument: Option<&Value>,
    operation: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Result<Value, Stop> {
    let operand = |v: &Value| match v.kind() {
        ValueKind::Number | ValueKind::String | ValueKind::Bool => match value::number(v) {
            Some(Number::Int(i)) => Decimal::from_i128_with_scale_checked(i),
            _ => decimal(&value::text(v)),
        },
        _ => None,
    };
    let result = operand(v)
        .zip(argument.and_then(operand))
        .and_then(|(a, b)| operation(a, b))
        .and_then(|d| d.to_f64());
    Ok(Value::from(result.unwrap_or(0.0)))
}

/// A decimal of an integer, None when it has too many digits.
trait FromInt: Sized {
    fn from_i128_with_scale_checked(i: i128) -> Option<Self>;
}

impl FromInt for Decimal {
    fn from_i128_with_scale_checked(i: i128) -> Option<Decimal> {
        Decimal::try_from_i128_with_scale(i, 0).ok()
    }
}

/// Python's `int(v)`: numbers lose their fraction, texts must be whole numbers.
pub(super) fn to_int(v: &Value) -> Option<i128> {
    match value::number(v) {
        Some(Number::Int(i)) => Some(i),
        Some(Number::Float(f)) if f.is_finite() && f.abs() < 1e38 => Some(f.trunc() as i128),
        Some(Number::Float(_)) => None,
        None => python_int(v.as_str()?.trim()),
    }
}

fn int_value(i: i128) -> Value {
    i64::try_from(i).map_or_else(|_| Value::from(i), Value::from)
}

fn add(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let Some(other) = argument else {
        return Ok(v.clone());
    };
    if let Some(sum) = to_int(v)
        .zip(to_int(other))
        .and_then(|(a, b)| a.checked_add(b))
    {
        return Ok(int_value(sum));
    }
    Ok(match (v.kind(), other.kind()) {
        (ValueKind::String, ValueKind::String) => {
            let (a, b) = (
                v.as_str().unwrap_or_default(),
                other.as_str().unwrap_or_default(),
            );
            frame.allocate(a.len() + b.len())?;
            let joined = format!("{a}{b}");
            // Python: a safe text plus a safe text is safe.
            if v.is_safe() && other.is_safe() {
                Value::from_safe_string(joined)
            } else {
                Value::from(joined)
            }
        }
        (ValueKind::Seq, ValueKind::Seq) if v.is_tuple() == other.is_tuple() => {
            let mut members = value::items(v).unwrap_or_default();
            members.extend(value::items(other).unwrap_or_default());
            frame.allocate(members.len() * std::mem::size_of::<Value>())?;
            Value::from_object(members)
        }
        _ => match (value::number(v), value::number(other)) {
            (Some(a), Some(b)) => Value::from(a.as_f64() + b.as_f64()),
            _ => Value::from(""),
        },
    })
}

fn pluralize(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let forms = argument.map_or_else(|| "s".to_owned(), value::text);
    let forms = if forms.contains(',') {
        forms
    } else {
        format!(",{forms}")
    };
    let forms: Vec<&str> = forms.split(',').collect();
    let [one, many] = forms[..] else {
        return Ok(Value::from(""));
    };
    let single = match v.kind() {
        ValueKind::Number | ValueKind::Bool => value::number(v).map(|n| n.as_f64() == 1.0),
        // An invalid text prints nothing; a list counts its members.
        ValueKind::String => v
            .as_str()
            .and_then(|s| s.trim().parse::<f64>().ok())
            .map(|f| f == 1.0),
        _ => value::length(v).map(|n| n == 1),
    };
    Ok(Value::from(match single {
        Some(true) => one,
        Some(false) => many,
        None => "",
    }))
}

fn floatformat(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let (places, group) = match argument {
        None => (Some(-1), false),
        Some(argument) => match argument.as_str() {
            None => (to_int(argument), false),
            Some(text) => {
                let bare = text.trim_end_matches(['g', 'u']);
                let group = text[bare.len()..].contains('g');
                let places = if bare.is_empty() && bare.len() < text.len() {
                    Some(-1)
                } else {
                    python_int(bare.trim())
                };
                (places, group)
            }
        },
    };
    let text = match v.kind() {
        ValueKind::Bool => String::from(if v.is_true() { "1.0" } else { "0.0" }),
        ValueKind::Number | ValueKind::String => value::repr_of_number(v),
        _ => return Ok(Value::from("")),
    };
    let trimmed = text.trim();
    let Some(number) = Digits::parse(trimmed) else {
        // Infinities and NaN print as they are.
        let lower = trimmed.trim_start_matches(['+', '-']).to_ascii_lowercase();
        let special = matches!(lower.as_str(), "inf" | "infinity" | "nan");
        return Ok(Value::from(if special { text.as_str() } else { "" }));
    };
    let Some(places) = places else {
        return Ok(Value::from(text));
    };
    let digits_and_exponent =
        number.digits.len() as i128 + i128::from(number.exponent.unsigned_abs());
    if digits_and_exponent > 200 || places.unsigned_abs() > 200 {
        return Ok(Value::from(text));
    }
    let shown = if number.is_whole() && places <= 0 {
        number.rounded(0)
    } else {
        number.rounded(places.unsigned_abs() as usize)
    };
    Ok(Value::from_safe_string(if group {
        grouped(&shown)
    } else {
        shown
    }))
}

/// A decimal number as it is written: exact, whatever its length.
struct Digits {
    negative: bool,
    /// ASCII digits.
    digits: Vec<u8>,
    /// The power of ten of the last digit.
    exponent: i64,
}

impl Digits {
    /// Python's `Decimal(text)`, finite numbers only.
    fn parse(text: &str) -> Option<Digits> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let digits: Vec<u8> = whole
            .bytes()
            .chain(fraction.bytes())
            .filter(|b| *b != b'_')
            .collect();
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
    fn rounded(&self, places: usize) -> String {
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
