//! Python's rules: text, repr, truth, equality, order, length, iteration and attribute lookup.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;

use minijinja::value::{Value, ValueKind};

use super::{Moment, Pairs};

/// A number as Python sees it.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// An `int`.
    Int(i128),
    /// A `float`.
    Float(f64),
}

impl Number {
    /// The nearest float.
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Int(i) => i as f64,
            Number::Float(f) => f,
        }
    }
}

/// The number a value is: ints, floats, and booleans as 1 and 0; text is no number.
pub fn number(v: &Value) -> Option<Number> {
    match v.kind() {
        ValueKind::Bool => Some(Number::Int(i128::from(v.is_true()))),
        ValueKind::Number if v.is_integer() => i128::try_from(v.clone()).ok().map(Number::Int),
        ValueKind::Number => f64::try_from(v.clone()).ok().map(Number::Float),
        _ => None,
    }
}

/// `str(v)`, but for floats the form Django prints: never an exponent.
pub fn text(v: &Value) -> String {
    let mut out = String::new();
    write_text(v, &mut out);
    out
}

/// Appends [`text`] of a value.
pub fn write_text(v: &Value, out: &mut String) {
    if let Some(s) = v.as_str() {
        out.push_str(s);
        return;
    }
    match v.kind() {
        ValueKind::Undefined => {}
        ValueKind::Plain if Moment::of(v).is_some() => {
            let _ = write!(out, "{v}");
        }
        ValueKind::Number if !v.is_integer() => match f64::try_from(v.clone()) {
            Ok(f) if is_written_out(f) => out.push_str(&format_float(f)),
            Ok(f) => write_repr_float(f, out),
            Err(_) => write_repr(v, out),
        },
        _ => write_repr(v, out),
    }
}

/// A float as Django prints it in a template: shortest digits that read back, no exponent, `1.0` for whole numbers.
pub fn format_float(f: f64) -> Cow<'static, str> {
    if f.is_nan() {
        Cow::Borrowed("nan")
    } else if f.is_infinite() {
        Cow::Borrowed(if f > 0.0 { "inf" } else { "-inf" })
    } else if f.fract() == 0.0 && f.abs() < 1e16 {
        Cow::Owned(format!("{f:.1}"))
    } else {
        Cow::Owned(format!("{f}"))
    }
}

/// Whether Django writes a float without an exponent: up to 200 digits, zeros counted.
fn is_written_out(f: f64) -> bool {
    if !f.is_finite() || f == 0.0 || (1e-150..1e150).contains(&f.abs()) {
        return true;
    }
    let form = format!("{f:e}");
    let (digits, exponent) = form.split_once('e').unwrap_or((&form, "0"));
    let digits = digits.bytes().filter(u8::is_ascii_digit).count() as i32;
    let exponent = exponent.parse::<i32>().unwrap_or(0) - (digits - 1);
    digits + exponent.abs() <= 200
}

/// `str(v)`, as Python's own functions see it: floats with an exponent where Python writes one, moments as
/// `2016-02-11 16:46:08`. [`text`] is what a template prints.
pub fn python_str(v: &Value) -> String {
    match v.kind() {
        ValueKind::String => v.as_str().unwrap_or_default().to_owned(),
        ValueKind::Plain => match Moment::of(v) {
            Some(moment) => moment.iso(' '),
            None => repr(v),
        },
        _ => repr(v),
    }
}

/// `repr(v)`.
pub fn repr(v: &Value) -> String {
    let mut out = String::new();
    write_repr(v, &mut out);
    out
}

fn write_repr(v: &Value, out: &mut String) {
    match v.kind() {
        ValueKind::Undefined => {}
        ValueKind::None => out.push_str("None"),
        ValueKind::Bool => out.push_str(if v.is_true() { "True" } else { "False" }),
        ValueKind::String => write_repr_str(v.as_str().unwrap_or_default(), out),
        ValueKind::Number => match number(v) {
            Some(Number::Int(i)) => {
                let _ = write!(out, "{i}");
            }
            Some(Number::Float(f)) => write_repr_float(f, out),
            // An integer above i128.
            None => {
                let _ = write!(out, "{v}");
            }
        },
        ValueKind::Map => {
            out.push('{');
            for (at, (k, item)) in pairs(v).into_iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write_repr(&k, out);
                out.push_str(": ");
                write_repr(&item, out);
            }
            out.push('}');
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let tuple = v.is_tuple();
            out.push(if tuple { '(' } else { '[' });
            let mut count = 0;
            if let Ok(items) = v.try_iter() {
                for item in items {
                    if count > 0 {
                        out.push_str(", ");
                    }
                    write_repr(&item, out);
                    count += 1;
                }
            }
            if tuple && count == 1 {
                out.push(',');
            }
            out.push(if tuple { ')' } else { ']' });
        }
        _ => match Moment::of(v) {
            Some(moment) => out.push_str(&moment.repr()),
            None => {
                let _ = write!(out, "{v}");
            }
        },
    }
}

fn write_repr_float(f: f64, out: &mut String) {
    let magnitude = f.abs();
    if f.is_finite() && f != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        // Rust writes 1e-7 and 1.5e16, Python 1e-07 and 1.5e+16.
        let form = format!("{f:e}");
        let (digits, exponent) = form.split_once('e').unwrap_or((&form, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(e) => ('-', e),
            None => ('+', exponent),
        };
        let _ = write!(out, "{digits}e{sign}{exponent:0>2}");
    } else {
        out.push_str(&format_float(f));
    }
}

fn write_repr_str(s: &str, out: &mut String) {
    let quote = if s.contains('\'') && !s.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for c in s.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if is_printable(c) => out.push(c),
            c => {
                let n = c as u32;
                let _ = if n < 0x100 {
                    write!(out, "\\x{n:02x}")
                } else if n < 0x1_0000 {
                    write!(out, "\\u{n:04x}")
                } else {
                    write!(out, "\\U{n:08x}")
                };
            }
        }
    }
    out.push(quote);
}

/// Python's `str.isprintable` for one character, without its table of unassigned code points: control, format,
/// separator (but the space), surrogate and private-use characters are not printable.
fn is_printable(c: char) -> bool {
    !(c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0001}'..='\u{e007f}'
            | '\u{f0000}'..='\u{10ffff}' | '\u{fdd0}'..='\u{fdef}')
        || (c as u32) & 0xfffe == 0xfffe)
}

/// Python's truth.
pub fn truthy(v: &Value) -> bool {
    v.is_true()
}

/// Python's `==`. Undefined counts as None.
pub fn equal(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return order_numbers(a, b) == Some(Ordering::Equal);
    }
    match (a.kind(), b.kind()) {
        (ValueKind::String, ValueKind::String) => a.as_str() == b.as_str(),
        (ValueKind::None | ValueKind::Undefined, ValueKind::None | ValueKind::Undefined) => true,
        (ValueKind::Seq | ValueKind::Iterable, ValueKind::Seq | ValueKind::Iterable) => {
            a.is_tuple() == b.is_tuple()
                && length(a) == length(b)
                && match (a.try_iter(), b.try_iter()) {
                    (Ok(mut x), Ok(mut y)) => loop {
                        match (x.next(), y.next()) {
                            (None, None) => break true,
                            (Some(x), Some(y)) if equal(&x, &y) => {}
                            _ => break false,
                        }
                    },
                    _ => false,
                }
        }
        (ValueKind::Map, ValueKind::Map) => {
            length(a) == length(b)
                && pairs(a).iter().all(|(k, item)| {
                    b.get_item(k)
                        .is_ok_and(|other| !other.is_undefined() && equal(item, &other))
                })
        }
        (ValueKind::Plain, ValueKind::Plain) => match (Moment::of(a), Moment::of(b)) {
            (Some(a), Some(b)) => a.order(b) == Some(Ordering::Equal),
            _ => false,
        },
        _ => false,
    }
}

/// Python's `<`, `==`, `>`; None where Python raises or, for NaN, answers false to all.
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return order_numbers(a, b);
    }
    match (a.kind(), b.kind()) {
        // UTF-8 sorts as code points do.
        (ValueKind::String, ValueKind::String) => a.as_str().partial_cmp(&b.as_str()),
        (ValueKind::Seq, ValueKind::Seq) if a.is_tuple() == b.is_tuple() => {
            let (mut x, mut y) = (a.try_iter().ok()?, b.try_iter().ok()?);
            loop {
                match (x.next(), y.next()) {
                    (None, None) => return Some(Ordering::Equal),
                    (None, Some(_)) => return Some(Ordering::Less),
                    (Some(_), None) => return Some(Ordering::Greater),
                    (Some(x), Some(y)) if equal(&x, &y) => {}
                    (Some(x), Some(y)) => return order(&x, &y),
                }
            }
        }
        (ValueKind::Plain, ValueKind::Plain) => Moment::of(a)?.order(Moment::of(b)?),
        _ => None,
    }
}

fn order_numbers(a: Number, b: Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
        (Number::Int(a), Number::Float(b)) => order_mixed(a, b),
        (Number::Float(a), Number::Int(b)) => order_mixed(b, a).map(Ordering::reverse),
    }
}

/// Exact, as Python compares an int with a float: 2^53 + 1 is not 2^53 as a float.
fn order_mixed(a: i128, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        None
    } else if b >= i128::MAX as f64 {
        Some(Ordering::Less)
    } else if b <= i128::MIN as f64 {
        Some(Ordering::Greater)
    } else {
        let whole = b.trunc();
        Some(
            a.cmp(&(whole as i128))
                .then_with(|| 0.0f64.partial_cmp(&(b - whole)).unwrap_or(Ordering::Equal)),
        )
    }
}

/// `len(v)`, None where Python has no length. Text counts code points.
pub fn length(v: &Value) -> Option<usize> {
    match v.kind() {
        ValueKind::String | ValueKind::Seq | ValueKind::Map => v.len(),
        ValueKind::Iterable => v.len().or_else(|| v.try_iter().ok().map(Iterator::count)),
        _ => None,
    }
}

/// What `for` goes through: members of a list, keys of a mapping, characters of a text. None where Python says
/// «not iterable»; None itself is not iterable either.
pub fn items(v: &Value) -> Option<Vec<Value>> {
    if let Some(list) = v.downcast_object_ref::<Vec<Value>>() {
        return Some(list.clone());
    }
    match v.kind() {
        ValueKind::String | ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
            v.try_iter().ok().map(Iterator::collect)
        }
        _ => None,
    }
}

/// About how many bytes [`repr`] of a value has, without making it: what a value weighs that a template holds once more.
/// Counting ends where it passes `most`.
pub fn weight(v: &Value, most: usize) -> usize {
    // Quotes, a comma and a blank.
    const MEMBER: usize = 4;
    let mut sum: usize = MEMBER;
    let mut add = |member: &Value| {
        sum = sum.saturating_add(weight(member, most.saturating_sub(sum)));
        sum <= most
    };
    match v.kind() {
        ValueKind::String => sum += v.as_str().map_or(0, str::len),
        ValueKind::Map => {
            let _ = pairs(v).iter().all(|(k, item)| add(k) && add(item));
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let _ = v
                .try_iter()
                .is_ok_and(|mut items| items.all(|item| add(&item)));
        }
        _ => {}
    }
    sum
}

/// The keys and values of a mapping.
pub fn pairs(v: &Value) -> Vec<(Value, Value)> {
    if let Some(p) = v.downcast_object_ref::<Pairs>() {
        return p.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    }
    v.try_iter().map_or_else(
        |_| Vec::new(),
        |keys| {
            keys.map(|k| {
                let item = v.get_item(&k).unwrap_or(Value::UNDEFINED);
                (k, item)
            })
            .collect()
        },
    )
}

/// The value of a mapping's key; None when there is no mapping or no such key.
pub fn key(v: &Value, name: &str) -> Option<Value> {
    if let Some(p) = v.downcast_object_ref::<Pairs>() {
        return p.get(name).cloned();
    }
    match v.kind() {
        ValueKind::Map => v.as_object()?.get_value_by_str(name),
        _ => None,
    }
}

/// The member of a list or the character of a text at `at`, counted from 0.
pub fn index(v: &Value, at: usize) -> Option<Value> {
    if let Some(list) = v.downcast_object_ref::<Vec<Value>>() {
        return list.get(at).cloned();
    }
    match v.kind() {
        ValueKind::Seq => v
            .get_item_by_index(at)
            .ok()
            .filter(|item| !item.is_undefined()),
        ValueKind::String => v.as_str()?.chars().nth(at).map(Value::from),
        _ => None,
    }
}

/// One step of a dotted path, in Django's order: key of a mapping, attribute or method, index.
///
/// Of Python's methods `items`, `keys` and `values` of mappings and `lower`, `upper`, `title` and `strip` of text
/// exist here; `part_index` is the part as a number, if it is one.
pub fn attribute(v: &Value, part: &str, part_index: Option<usize>) -> Option<Value> {
    match v.kind() {
        ValueKind::Map => key(v, part).or_else(|| match part {
            "items" => Some(Value::from_object(
                pairs(v)
                    .into_iter()
                    .map(|(k, item)| Value::from((k, item)))
                    .collect::<Vec<_>>(),
            )),
            "keys" => items(v).map(Value::from_object),
            "values" => Some(Value::from_object(
                pairs(v)
                    .into_iter()
                    .map(|(_, item)| item)
                    .collect::<Vec<_>>(),
            )),
            _ => None,
        }),
        ValueKind::Seq => index(v, part_index?),
        ValueKind::String => {
            let s = v.as_str()?;
            match part {
                "lower" => Some(Value::from(s.to_lowercase())),
                "upper" => Some(Value::from(s.to_uppercase())),
                "title" => Some(Value::from(python_title(s))),
                "strip" => Some(Value::from(s.trim())),
                _ => index(v, part_index?),
            }
        }
        ValueKind::Plain => Moment::of(v)?.attribute(part),
        _ => None,
    }
}

/// `str.title`: a letter that has a case is upper case behind one that has none, lower case behind one that has.
pub(crate) fn python_title(s: &str) -> String {
    // What Σ becomes depends on its surroundings, so that the lower case is taken of the whole.
    let lower = s.to_lowercase();
    let mut out = String::with_capacity(s.len());
    let (mut at, mut after_letter) = (0, false);
    for c in s.chars() {
        let end = at + c.to_lowercase().map(char::len_utf8).sum::<usize>();
        if after_letter {
            out.push_str(lower.get(at..end).unwrap_or_default());
        } else {
            push_title(c, &mut out);
        }
        at = end;
        after_letter = is_cased(c);
    }
    out
}

/// Unicode's property Cased.
fn is_cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || is_title_case(c)
}

/// Unicode's category Lt.
fn is_title_case(c: char) -> bool {
    matches!(c, 'ǅ' | 'ǈ' | 'ǋ' | 'ǲ' | '\u{1f88}'..='\u{1f8f}' | '\u{1f98}'..='\u{1f9f}' | '\u{1fa8}'..='\u{1faf}'
        | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}')
}

/// Unicode's title case of a character, which is its upper case but for two letters in one character, the iota
/// below, and Georgian.
fn push_title(c: char, out: &mut String) {
    match c {
        'Ǆ'..='ǆ' => out.push('ǅ'),
        'Ǉ'..='ǉ' => out.push('ǈ'),
        'Ǌ'..='ǌ' => out.push('ǋ'),
        'Ǳ'..='ǳ' => out.push('ǲ'),
        '\u{10d0}'..='\u{10ff}' => out.push(c),
        '\u{1f80}'..='\u{1faf}' => out.extend(char::from_u32(c as u32 | 8)),
        '\u{1fb3}' | '\u{1fbc}' => out.push('\u{1fbc}'),
        '\u{1fc3}' | '\u{1fcc}' => out.push('\u{1fcc}'),
        '\u{1ff3}' | '\u{1ffc}' => out.push('\u{1ffc}'),
        'ß' | 'և' | '\u{fb00}'..='\u{fb06}' | '\u{fb13}'..='\u{fb17}' => {
            let mut parts = c.to_uppercase();
            out.extend(parts.next());
            out.extend(parts.flat_map(char::to_lowercase));
        }
        '\u{1fb2}'..='\u{1ff7}' => out.extend(c.to_uppercase().map(|u| match u {
            '\u{399}' if c.to_uppercase().len() > 1 => '\u{345}',
            u => u,
        })),
        _ => out.extend(c.to_uppercase()),
    }
}

/// `str.isspace` of a character: Unicode's white space and the four ASCII separators.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// The name of the value's type in Python, for messages.
pub fn type_name(v: &Value) -> &'static str {
    match v.kind() {
        ValueKind::None | ValueKind::Undefined => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if v.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String => "str",
        ValueKind::Map => "dict",
        ValueKind::Seq | ValueKind::Iterable if v.is_tuple() => "tuple",
        ValueKind::Seq | ValueKind::Iterable => "list",
        _ => match Moment::of(v) {
            Some(Moment::Date(_)) => "date",
            Some(_) => "datetime",
            None => "object",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::from_json;

    fn j(s: &str) -> Value {
        from_json(s).unwrap()
    }

    #[test]
    fn text_is_pythons() {
        for (json, expected) in [
            ("1", "1"),
            ("1.0", "1.0"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("1e16", "10000000000000000"),
            ("1e-7", "0.0000001"),
            ("null", "None"),
            (
                "[1e16, 1e-7, 1.5e300, 0.0001]",
                "[1e+16, 1e-07, 1.5e+300, 0.0001]",
            ),
            (
                r#"{"a": [true, "it's", "\"'", "\u001b\u00e9\u200b"]}"#,
                r#"{'a': [True, "it's", '"\'', '\x1bé\u200b']}"#,
            ),
        ] {
            assert_eq!(text(&j(json)), expected);
        }
        assert_eq!(text(&Value::from((1, "a"))), "(1, 'a')");
        assert_eq!(text(&Value::UNDEFINED), "");
    }

    #[test]
    fn equality_and_order_are_pythons() {
        assert!(equal(&j("true"), &j("1.0")) && !equal(&j("\"22\""), &j("22")));
        assert!(equal(&Value::UNDEFINED, &j("null")) && !equal(&Value::UNDEFINED, &j("0")));
        assert!(equal(
            &j(r#"{"a":1,"b":[2]}"#),
            &j(r#"{"b":[2.0],"a":true}"#)
        ));
        assert!(!equal(&Value::from((1, 2)), &j("[1,2]")));
        assert!(!equal(&j("9007199254740993"), &j("9007199254740992.0")));
        assert_eq!(order(&j("\"22\""), &j("20")), None);
        assert_eq!(order(&j("[1,2]"), &j("[1,3]")), Some(Ordering::Less));
        assert_eq!(order(&j("-1"), &j("-1.5")), Some(Ordering::Greater));
        assert_eq!(order(&j("\"b\""), &j("\"a\"")), Some(Ordering::Greater));
    }

    #[test]
    fn keys_come_before_methods_and_indices() {
        let d = j(r#"{"items": "K", "0": "zero"}"#);
        assert_eq!(text(&attribute(&d, "items", None).unwrap()), "K");
        assert_eq!(text(&attribute(&d, "0", Some(0)).unwrap()), "zero");
        assert_eq!(
            text(&attribute(&j(r#"{"a":1}"#), "items", None).unwrap()),
            "[('a', 1)]"
        );
        assert_eq!(
            text(&attribute(&j(r#"["x","y"]"#), "1", Some(1)).unwrap()),
            "y"
        );
        assert!(attribute(&j("5"), "real", None).is_none());
    }
}
