//! Filters on web addresses and their parts.

use super::convert::{some, text};
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::{self, Value, ValueKind};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "urlencode",
        input: Input::Text,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "The text for use in a web address. Slashes stay, unless the argument says otherwise: `''` encodes them too.",
        example: (
            "{{ 'green & black/tea'|urlencode:'' }}",
            "green%20%26%20black%2Ftea",
        ),
        call: urlencode,
    },
    Filter {
        name: "urlencodeplus",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The text for use in a query, blanks as `+`.",
        example: ("{{ 'green & black'|urlencodeplus }}", "green+%26+black"),
        call: |frame, v, _| {
            frame.allocate(growth(text(v)))?;
            Ok(Value::from(quote_plus(text(v))))
        },
    },
    Filter {
        name: "urldecode",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "Undoes `urlencode`; a `+` stays.",
        example: ("{{ 'a%20b+c'|urldecode }}", "a b+c"),
        call: |_, v, _| Ok(Value::from(unquote(text(v)))),
    },
    Filter {
        name: "urldecodeplus",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "Undoes `urlencodeplus`.",
        example: ("{{ 'a%20b+c'|urldecodeplus }}", "a b c"),
        call: |_, v, _| Ok(Value::from(unquote(&text(v).replace('+', " ")))),
    },
    Filter {
        name: "iriencode",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "An address with letters of any script as one of ASCII; what has a meaning in an address stays.",
        example: ("{{ '/tea?kind=grün'|iriencode }}", "/tea?kind=gr%C3%BCn"),
        call: |frame, v, _| {
            frame.allocate(growth(text(v)))?;
            Ok(Value::from(quote(text(v), b"/#%[]=:;$&()+,!?*@'~")))
        },
    },
    Filter {
        name: "httpize",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The address with `http://` before it, unless it has a scheme; what is empty stays empty.",
        example: ("{{ 'shop.test/tea'|httpize }}", "http://shop.test/tea"),
        call: |_, v, _| {
            let s = text(v);
            Ok(if s.is_empty() || has_scheme(s) {
                v.clone()
            } else {
                Value::from(format!("http://{}", s.trim_start_matches("//")))
            })
        },
    },
    Filter {
        name: "httpsize",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The address with `https://`; what is empty stays empty.",
        example: (
            "{{ 'http://shop.test/tea'|httpsize }}",
            "https://shop.test/tea",
        ),
        call: |_, v, _| {
            let s = text(v);
            let http = s
                .get(..7)
                .is_some_and(|p| p.eq_ignore_ascii_case("http://"));
            Ok(if http {
                Value::from(format!("https://{}", &s[7..]))
            } else if s.is_empty() || has_scheme(s) {
                v.clone()
            } else {
                Value::from(format!("https://{}", s.trim_start_matches("//")))
            })
        },
    },
];

fn has_scheme(s: &str) -> bool {
    let Some((scheme, rest)) = s.split_once(':') else {
        return false;
    };
    let letters = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    // `shop.test:8080/a` has a port, `mailto:a@b.test` a scheme.
    letters
        && (rest.starts_with("//")
            || !scheme.contains('.') && !rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// How many bytes quoting adds at most.
fn growth(s: &str) -> usize {
    let quoted = s.bytes().filter(|b| !b.is_ascii_alphanumeric()).count();
    quoted.saturating_mul(2)
}

/// Python's `urllib.parse.quote`.
pub(super) fn quote(s: &str, safe: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(s.len());
    for b in s.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'~') || safe.contains(&b)
        {
            out.push(char::from(b));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(b >> 4)]));
            out.push(char::from(HEX[usize::from(b & 15)]));
        }
    }
    out
}

/// Python's `urllib.parse.quote_plus`.
pub(super) fn quote_plus(s: &str) -> String {
    quote(s, b" ").replace(' ', "+")
}

/// Python's `urllib.parse.unquote`: bytes that are no UTF-8 become U+FFFD.
pub(super) fn unquote(s: &str) -> String {
    if !s.contains('%') {
        return s.to_owned();
    }
    let mut out = String::with_capacity(s.len());
    let mut run: Vec<u8> = Vec::new();
    let mut rest = s.as_bytes();
    // A percent sign only reaches over ASCII: what else stands in the text is kept apart from decoded bytes.
    while let [b, tail @ ..] = rest {
        rest = tail;
        match (b, tail) {
            (b'%', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let digit = |b: u8| char::from(b).to_digit(16).unwrap_or(0) as u8;
                run.push(digit(*high) << 4 | digit(*low));
                rest = after;
            }
            (b, _) if b.is_ascii() => run.push(*b),
            _ => {
                out.push_str(&String::from_utf8_lossy(&run));
                run.clear();
                let length = tail.iter().take_while(|b| (**b & 0xc0) == 0x80).count();
                let at = s.len() - tail.len() - 1;
                out.push_str(s.get(at..at + 1 + length).unwrap_or_default());
                rest = &tail[length..];
            }
        }
    }
    out.push_str(&String::from_utf8_lossy(&run));
    out
}

fn urlencode(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let s = text(v);
    if s.is_empty() {
        // Untouched, so that it stays safe.
        return Ok(v.clone());
    }
    frame.allocate(growth(s))?;
    let safe = match argument {
        None => b"/".to_vec(),
        Some(argument) if argument.is_none() => b"/".to_vec(),
        Some(argument) => match argument.as_str() {
            Some(safe) => safe.bytes().filter(u8::is_ascii).collect(),
            None => safe_bytes(argument)?,
        },
    };
    Ok(Value::from(quote(s, &safe)))
}

/// What Python makes of a list of numbers where it wants the safe characters.
fn safe_bytes(argument: &Value) -> Result<Vec<u8>, Stop> {
    let refuse = || {
        Stop::raise(format!(
            "the safe characters must be a text, not '{}'",
            value::type_name(argument)
        ))
    };
    value::items(some(Some(argument))?)
        .ok_or_else(refuse)?
        .iter()
        .filter_map(|item| match item.kind() {
            ValueKind::Number if item.is_integer() => match i128::try_from(item.clone()) {
                Ok(i) if i >= 128 => None,
                Ok(i) => Some(u8::try_from(i).map_err(|_| refuse())),
                Err(_) => None,
            },
            ValueKind::Number => match f64::try_from(item.clone()) {
                Ok(f) if f.is_nan() || f >= 128.0 => None,
                _ => Some(Err(refuse())),
            },
            ValueKind::Bool => Some(Ok(u8::from(item.is_true()))),
            _ => Some(Err(refuse())),
        })
        .collect()
}
