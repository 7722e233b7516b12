//! Klaviyo's filters that calculate. Numbers may be written as text; what is no number counts as the reference says.

use rust_decimal::{Decimal, RoundingStrategy};

use super::convert::{self, ascii_number, count, int, int_value, members};
use super::numbers::Digits;
use crate::language::frame::Frame;
use crate::language::money::decimal;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::python::Number;
use crate::value::{self, Value, ValueKind};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "plus",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The sum, as a float; numbers may be written as text. What is no number gives 0.0.",
        example: ("{{ price|plus:0.1 }}", "20.0"),
        call: |_, v, argument| Ok(calculated(v, argument, PLUS)),
    },
    Filter {
        name: "floatadd",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The same as `plus`.",
        example: ("{{ 1|floatadd:1.1 }}", "2.1"),
        call: |_, v, argument| Ok(calculated(v, argument, PLUS)),
    },
    Filter {
        name: "minus",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The difference, as a float; numbers may be written as text. What is no number gives 0.0.",
        example: ("{{ 1.1|minus:1 }}", "0.1"),
        call: |_, v, argument| Ok(calculated(v, argument, MINUS)),
    },
    Filter {
        name: "floatsub",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The same as `minus`.",
        example: ("{{ 1.1|floatsub:1 }}", "0.1"),
        call: |_, v, argument| Ok(calculated(v, argument, MINUS)),
    },
    Filter {
        name: "multiply",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The product, as a float; numbers may be written as text. What is no number gives 0.0.",
        example: ("{{ price|multiply:2 }}", "39.8"),
        call: |_, v, argument| Ok(calculated(v, argument, TIMES)),
    },
    Filter {
        name: "times",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The same as `multiply`.",
        example: ("{{ price|times:2 }}", "39.8"),
        call: |_, v, argument| Ok(calculated(v, argument, TIMES)),
    },
    Filter {
        name: "divide",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The quotient, as a float; numbers may be written as text. What is no number, and a division by zero, give 0.0.",
        example: ("{{ 10|divide:4 }}", "2.5"),
        call: |_, v, argument| Ok(calculated(v, argument, DIVIDED)),
    },
    Filter {
        name: "modulo",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The rest of a division, as a float with the sign of the divisor. What is no number, and a division by zero, give 0.0.",
        example: ("{{ 5|modulo:2 }}", "1.0"),
        call: |_, v, argument| Ok(calculated(v, argument, REST)),
    },
    Filter {
        name: "remainder",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The same as `modulo`.",
        example: ("{{ 5|remainder:2 }}", "1.0"),
        call: |_, v, argument| Ok(calculated(v, argument, REST)),
    },
    Filter {
        name: "sum_list",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The sum of a list, as a float. What is no number counts 0.",
        example: ("{{ '1,2,3'|split:','|sum_list }}", "6.0"),
        call: sum_list,
    },
    Filter {
        name: "abs",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The number without its sign; what is no number stays as it is.",
        example: ("{{ -1.2|abs }}", "1.2"),
        call: |_, v, _| {
            Ok(match number(v) {
                Some(Number::Int(i)) => int_value(i.saturating_abs()),
                Some(Number::Float(f)) => Value::from(f.abs()),
                None => v.clone(),
            })
        },
    },
    Filter {
        name: "at_least",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The larger of the value and the argument.",
        example: ("{{ 1|at_least:5 }}", "5"),
        call: |_, v, argument| {
            Ok(match compared(v, argument) {
                Some(std::cmp::Ordering::Less) => argument.cloned().unwrap_or_default(),
                _ => v.clone(),
            })
        },
    },
    Filter {
        name: "at_most",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The smaller of the value and the argument.",
        example: ("{{ 12|at_most:5 }}", "5"),
        call: |_, v, argument| {
            Ok(match compared(v, argument) {
                Some(std::cmp::Ordering::Greater) => argument.cloned().unwrap_or_default(),
                _ => v.clone(),
            })
        },
    },
    Filter {
        name: "ceil",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The next whole number up, as a float; what is no number prints nothing.",
        example: ("{{ 5.01|ceil }}", "6.0"),
        call: |_, v, _| Ok(rounded(v, None, RoundingStrategy::ToPositiveInfinity)),
    },
    Filter {
        name: "floor",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The next whole number down, as a float; what is no number prints nothing.",
        example: ("{{ 5.9|floor }}", "5.0"),
        call: |_, v, _| Ok(rounded(v, None, RoundingStrategy::ToNegativeInfinity)),
    },
    Filter {
        name: "round",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "The nearest whole number, or the nearest with so many places, as a float, halves away from zero; what is no number \
              prints nothing.",
        example: ("{{ 5.05|round }}", "5.0"),
        call: |_, v, places| Ok(rounded(v, places, RoundingStrategy::MidpointAwayFromZero)),
    },
    Filter {
        name: "round_up",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "Up at so many places, 0 when not told, as a float; what is no number prints nothing.",
        example: ("{{ 5.123|round_up:2 }}", "5.13"),
        call: |_, v, places| Ok(rounded(v, places, RoundingStrategy::ToPositiveInfinity)),
    },
    Filter {
        name: "round_down",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "Down at so many places, 0 when not told, as a float; what is no number prints nothing.",
        example: ("{{ 5.129|round_down:2 }}", "5.12"),
        call: |_, v, places| Ok(rounded(v, places, RoundingStrategy::ToNegativeInfinity)),
    },
    Filter {
        name: "percentize",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "A share as a percentage with so many places; what is no number prints nothing.",
        example: ("{{ '.25'|percentize:2 }}", "25.00%"),
        call: percentize,
    },
    Filter {
        name: "gt",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Whether the value is more than the argument; numbers may be written as text.",
        example: ("{{ 3|gt:2 }}", "True"),
        call: |_, v, argument| {
            Ok(Value::from(
                compared(v, argument).is_some_and(|o| o.is_gt()),
            ))
        },
    },
    Filter {
        name: "gte",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Whether the value is at least the argument; numbers may be written as text.",
        example: ("{{ 3|gte:3 }}", "True"),
        call: |_, v, argument| {
            Ok(Value::from(
                compared(v, argument).is_some_and(|o| o.is_ge()),
            ))
        },
    },
    Filter {
        name: "lt",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Whether the value is less than the argument; numbers may be written as text.",
        example: ("{{ 3|lt:2 }}", "False"),
        call: |_, v, argument| {
            Ok(Value::from(
                compared(v, argument).is_some_and(|o| o.is_lt()),
            ))
        },
    },
    Filter {
        name: "lte",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Whether the value is at most the argument; numbers may be written as text.",
        example: ("{{ 3|lte:3 }}", "True"),
        call: |_, v, argument| {
            Ok(Value::from(
                compared(v, argument).is_some_and(|o| o.is_le()),
            ))
        },
    },
];

/// The number a value is, numbers written as text included.
pub(super) fn number(v: &Value) -> Option<Number> {
    match v.as_str() {
        None => value::number(v).filter(|n| n.as_f64().is_finite()),
        Some(_) => match int(v) {
            Ok(i) => Some(Number::Int(i)),
            Err(_) => convert::float(v)
                .ok()
                .filter(|f| f.is_finite())
                .map(Number::Float),
        },
    }
}

fn number_value(v: &Value) -> Option<Value> {
    number(v).map(|n| match n {
        Number::Int(i) => int_value(i),
        Number::Float(f) => Value::from(f),
    })
}

/// How two numbers compare; None when one is none.
pub(super) fn compared(v: &Value, other: Option<&Value>) -> Option<std::cmp::Ordering> {
    value::order(&number_value(v)?, &number_value(other?)?)
}

/// An operation on decimals and, for what is too large or too small for them, on floats.
type Operation = (fn(Decimal, Decimal) -> Option<Decimal>, fn(f64, f64) -> f64);

const PLUS: Operation = (|a, b| a.checked_add(b), |a, b| a + b);
const MINUS: Operation = (|a, b| a.checked_sub(b), |a, b| a - b);
// What is too small keeps more digits as a float.
const TIMES: Operation = (
    |a, b| {
        a.checked_mul(b)
            .filter(|p| p.abs() > SMALL || a.is_zero() || b.is_zero())
    },
    |a, b| a * b,
);
const DIVIDED: Operation = (
    |a, b| a.checked_div(b).filter(|q| q.abs() > SMALL || a.is_zero()),
    |a, b| a / b,
);
const SMALL: Decimal = Decimal::from_parts(1, 0, 0, false, 12);
const REST: Operation = (
    |a, b| {
        let rest = a.checked_rem(b)?;
        if !rest.is_zero() && rest.is_sign_negative() != b.is_sign_negative() {
            rest.checked_add(b)
        } else {
            Some(rest)
        }
    },
    |a, b| {
        let rest = a % b;
        if rest != 0.0 && (rest < 0.0) != (b < 0.0) {
            rest + b
        } else {
            rest
        }
    },
);

/// An operand: exactly, where a decimal can hold it, and as a float.
fn operand(v: &Value) -> Option<(Option<Decimal>, f64)> {
    let n = number(v)?;
    let text = match (v.as_str(), n) {
        (Some(s), _) => ascii_number(s)?,
        (None, Number::Int(i)) => i.to_string(),
        (None, Number::Float(f)) => value::repr(&Value::from(f)),
    };
    let float = n.as_f64();
    let exact = decimal(&text).filter(|d| !d.is_zero() || float == 0.0);
    Some((exact, float))
}

/// A decimal as the nearest float.
fn to_float(d: Decimal) -> f64 {
    d.to_string().parse().unwrap_or(0.0)
}

/// Decimal arithmetic, so that 1.1 - 1 is 0.1; the result is a float, as Klaviyo's filters give.
fn calculated(v: &Value, argument: Option<&Value>, (exact, nearly): Operation) -> Value {
    let Some(((a, af), (b, bf))) = operand(v).zip(argument.and_then(operand)) else {
        return Value::from(0.0);
    };
    let result = a
        .zip(b)
        .and_then(|(a, b)| exact(a, b))
        .map(to_float)
        .unwrap_or_else(|| nearly(af, bf));
    Value::from(if result.is_finite() { result } else { 0.0 })
}

fn sum_list(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    if v.kind() == ValueKind::String {
        return Ok(Value::from(0.0));
    }
    let list = members(frame, v)?.unwrap_or_default();
    let mut exact = Some(Decimal::ZERO);
    let mut float = 0.0;
    for (d, f) in list.iter().filter_map(operand) {
        exact = exact.zip(d).and_then(|(sum, d)| sum.checked_add(d));
        float += f;
    }
    Ok(Value::from(exact.map_or(float, to_float)))
}

/// Rounded at so many places behind the point (before it, when negative).
fn rounded(v: &Value, places: Option<&Value>, strategy: RoundingStrategy) -> Value {
    let places = match places.map(int) {
        None => 0,
        Some(Ok(places)) => i32::try_from(places.clamp(-1000, 1000)).unwrap_or(0),
        Some(Err(_)) => return Value::from(""),
    };
    let Some((exact, float)) = operand(v) else {
        return Value::from("");
    };
    let Some(exact) = exact else {
        // Too large to have a fraction, or too small to show one.
        let up = strategy == RoundingStrategy::ToPositiveInfinity && float > 0.0;
        let down = strategy == RoundingStrategy::ToNegativeInfinity && float < 0.0;
        return Value::from(match float {
            f if f.abs() >= 1.0 => f,
            _ if places > 28 => float,
            f if up || down => f.signum() * 10f64.powi(-places),
            _ => 0.0,
        });
    };
    let result = if places >= 0 {
        exact.round_dp_with_strategy(places.unsigned_abs(), strategy)
    } else {
        // 1234 at -2 is 12.34 rounded, times 100.
        let scaled = 10i64
            .checked_pow(places.unsigned_abs())
            .map(Decimal::from)
            .and_then(|unit| Some((exact.checked_div(unit)?, unit)))
            .and_then(|(share, unit)| share.round_dp_with_strategy(0, strategy).checked_mul(unit));
        scaled.unwrap_or(Decimal::ZERO)
    };
    let result = to_float(result);
    // No negative zero.
    Value::from(if result == 0.0 { 0.0 } else { result })
}

fn percentize(frame: &mut Frame<'_>, v: &Value, places: Option<&Value>) -> Result<Value, Stop> {
    let places = match places.map(int) {
        None => 0,
        Some(Ok(places)) => count(places),
        Some(Err(_)) => return Ok(Value::from("")),
    };
    let Some(n) = number(v) else {
        return Ok(Value::from(""));
    };
    let text = match v.as_str() {
        Some(s) => ascii_number(s).unwrap_or_default(),
        None => match n {
            Number::Int(i) => i.to_string(),
            Number::Float(f) => value::repr(&Value::from(f)),
        },
    };
    let Some(mut digits) = Digits::parse(&text) else {
        return Ok(Value::from(""));
    };
    digits.exponent += 2;
    if digits.exponent.unsigned_abs() > 400 {
        return Ok(Value::from(""));
    }
    frame.allocate(places)?;
    Ok(Value::from(digits.rounded(places) + "%"))
}
