//! What a profile or an event holds at a name, as conditions see it: the coercions between text, number, boolean, list and date.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;

use crate::data::instant;
use crate::value::{self, Value, ValueKind};

/// A value that is set. What is absent or null is no value at all.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Held<'a> {
    Text(Cow<'a, str>),
    Number(Number),
    Boolean(bool),
    Time(Timestamp),
    List(Vec<Held<'a>>),
    /// Null in a list: it counts, and equals nothing.
    Null,
    /// An object: conditions cannot look into it.
    Object,
}

impl<'a> Held<'a> {
    /// What a JSON value holds; None for null.
    pub(super) fn of(v: &Value) -> Option<Held<'static>> {
        Some(match v.kind() {
            ValueKind::Undefined | ValueKind::None => return None,
            ValueKind::Bool => Held::Boolean(v.is_true()),
            ValueKind::Number => Held::Number(Number::of(v)?),
            ValueKind::String => Held::Text(v.as_str()?.to_owned().into()),
            ValueKind::Map => Held::Object,
            _ => {
                let items = value::items(v).unwrap_or_default();
                let held = |item: &Value| Held::of(item).unwrap_or(Held::Null);
                Held::List(items.iter().map(held).collect())
            }
        })
    }

    pub(super) fn text_of(text: &'a str) -> Held<'a> {
        Held::Text(Cow::Borrowed(text))
    }

    /// A number, boolean or text as text; nothing else is one.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Held::Text(text) => Some(Cow::Borrowed(text)),
            Held::Number(number) => Some(Cow::Owned(number.to_string())),
            Held::Boolean(yes) => Some(Cow::Borrowed(if *yes { "true" } else { "false" })),
            Held::Time(time) => Some(Cow::Owned(written(*time))),
            Held::List(_) | Held::Null | Held::Object => None,
        }
    }

    pub(super) fn number(&self) -> Option<Number> {
        match self {
            Held::Number(number) => Some(*number),
            Held::Text(text) => Number::parse(text.trim()),
            _ => None,
        }
    }

    /// Klaviyo's spellings of yes and no, in any case.
    pub(super) fn boolean(&self) -> Option<bool> {
        match self {
            Held::Boolean(yes) => Some(*yes),
            Held::Number(number) if *number == Number::Whole(1) => Some(true),
            Held::Number(number) if *number == Number::Whole(0) => Some(false),
            Held::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "t" | "yes" | "y" => Some(true),
                "false" | "0" | "f" | "no" | "n" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A date in one of the forms that Klaviyo recognises, or Unix seconds.
    pub(super) fn time(&self) -> Option<Timestamp> {
        match self {
            Held::Time(time) => Some(*time),
            Held::Text(text) => date(text),
            Held::Number(Number::Whole(seconds)) => {
                Timestamp::from_second(i64::try_from(*seconds).ok()?).ok()
            }
            Held::Number(Number::Float(seconds)) => {
                Timestamp::from_second(seconds.floor() as i64).ok()
            }
            _ => None,
        }
    }

    /// The members of a list, the one member that a scalar is; None for what is nested.
    pub(super) fn members(&self) -> Option<&[Held<'a>]> {
        match self {
            Held::Object | Held::Null => None,
            Held::List(members) => {
                let nested = |one: &Held<'_>| matches!(one, Held::List(_) | Held::Object);
                (!members.iter().any(nested)).then_some(members)
            }
            one => Some(std::slice::from_ref(one)),
        }
    }

    /// For a person to read.
    pub(super) fn shown(&self) -> String {
        match self {
            Held::Text(text) => format!("\"{}\"", brief(text)),
            Held::List(members) => {
                let shown: Vec<String> = members.iter().take(8).map(Held::shown).collect();
                let more = if members.len() > 8 { ", …" } else { "" };
                format!("[{}{more}]", shown.join(", "))
            }
            Held::Null => "null".to_owned(),
            Held::Object => "an object".to_owned(),
            other => other.text().unwrap_or_default().into_owned(),
        }
    }
}

/// A text that is a date. Of numbers only plain ones are seconds: `1e2` and `+7` are something else.
fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let is_number = text.parse::<f64>().is_ok();
    let plain = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
    match is_number && !text.chars().all(plain) {
        true => None,
        false => instant(text),
    }
}

/// A time as data write it.
fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// The start of a text, for messages.
pub(super) fn brief(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A number: whole ones are compared digit by digit, beyond what a float can hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Whole(i128),
    Float(f64),
}

impl Number {
    fn of(v: &Value) -> Option<Number> {
        if v.is_integer()
            && let Ok(whole) = i128::try_from(v.clone())
        {
            return Some(Number::Whole(whole));
        }
        let float = value::number(v)?.as_f64();
        float.is_finite().then_some(Number::Float(float))
    }

    /// A text that is a number as JSON writes them, a sign `+` and zeros in front allowed.
    pub(super) fn parse(text: &str) -> Option<Number> {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let whole = digits.bytes().take_while(u8::is_ascii_digit).count();
        if whole == 0 {
            return None;
        }
        let mut rest = &digits[whole..];
        let is_whole = rest.is_empty();
        if let Some(fraction) = rest.strip_prefix('.') {
            let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if length == 0 {
                return None;
            }
            rest = &fraction[length..];
        }
        if let Some(power) = rest.strip_prefix(['e', 'E']) {
            let power = power.strip_prefix(['+', '-']).unwrap_or(power);
            if power.is_empty() || !power.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            rest = "";
        }
        if !rest.is_empty() {
            return None;
        }
        if is_whole && let Ok(whole) = text.parse() {
            return Some(Number::Whole(whole));
        }
        let float: f64 = text.parse().ok()?;
        float.is_finite().then_some(Number::Float(float))
    }

    pub(super) fn float(value: f64) -> Number {
        match value.fract() == 0.0 && value.abs() < 9e15 {
            true => Number::Whole(value as i128),
            false => Number::Float(value),
        }
    }

    pub(super) fn compare(self, other: Number) -> Ordering {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => a.cmp(&b),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            (Number::Whole(a), Number::Float(b)) => against(a, b),
            (Number::Float(a), Number::Whole(b)) => against(b, a).reverse(),
        }
    }
}

/// A whole number against a float, exactly.
fn against(whole: i128, float: f64) -> Ordering {
    if float >= 1e38 {
        return Ordering::Less;
    }
    if float <= -1e38 {
        return Ordering::Greater;
    }
    let floor = float.floor();
    match whole.cmp(&(floor as i128)) {
        Ordering::Equal if float > floor => Ordering::Less,
        order => order,
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.compare(*other) == Ordering::Equal
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Number::Whole(whole) => write!(f, "{whole}"),
            Number::Float(float) => f.write_str(&value::python_str(&Value::from(*float))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_exactly() {
        let n = |text| Number::parse(text).unwrap();
        assert_eq!(
            n("9007199254740993").compare(n("9007199254740992")),
            Ordering::Greater
        );
        assert_eq!(
            n("9007199254740993").compare(n("9007199254740992.0")),
            Ordering::Greater
        );
        assert_eq!(n("1e3"), n("+1000"));
        assert_eq!(n("-1").compare(n("-1.5")), Ordering::Greater);
        assert_eq!(n("1").compare(n("1e300")), Ordering::Less);
        for none in [
            "", "+", "1.", ".5", "1e", "1e+", "0x1", "1 2", "١", "1e400", "inf", "NaN",
        ] {
            assert!(Number::parse(none).is_none(), "{none}");
        }
    }
}
