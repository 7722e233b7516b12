//! Filters that write a text another way: base64, hashes, JavaScript, JSON.

use std::fmt::Write;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::Digest;

use super::convert::{conditional_escape, text};
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::python::Number;
use crate::value::{self, Moment, Value, ValueKind};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "base64_encode",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The text in base64.",
        example: ("{{ 'tea'|base64_encode }}", "dGVh"),
        call: |frame, v, _| encode(frame, v, &STANDARD),
    },
    Filter {
        name: "base64_decode",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The text that base64 stands for; nothing when it is no base64 of a text.",
        example: ("{{ 'dGVh'|base64_decode }}", "tea"),
        call: |_, v, _| Ok(decode(text(v), &STANDARD)),
    },
    Filter {
        name: "base64_url_safe_encode",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The text in base64 with `-` and `_` in place of `+` and `/`.",
        example: ("{{ '>>>???'|base64_url_safe_encode }}", "Pj4-Pz8_"),
        call: |frame, v, _| encode(frame, v, &URL_SAFE),
    },
    Filter {
        name: "base64_url_safe_decode",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "Undoes `base64_url_safe_encode`; nothing when it cannot.",
        example: ("{{ 'dGVh'|base64_url_safe_decode }}", "tea"),
        call: |_, v, _| Ok(decode(text(v), &URL_SAFE)),
    },
    Filter {
        name: "md5_hash",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The MD5 hash of the text, as hexadecimal digits.",
        example: ("{{ 'a'|md5_hash }}", "0cc175b9c0f1b6a831c399e269772661"),
        call: |_, v, _| Ok(hex(&md5::Md5::digest(text(v)))),
    },
    Filter {
        name: "sha_1",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The SHA-1 hash of the text, as hexadecimal digits.",
        example: (
            "{{ 'a'|sha_1 }}",
            "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
        ),
        call: |_, v, _| Ok(hex(&sha1::Sha1::digest(text(v)))),
    },
    Filter {
        name: "sha_256",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The SHA-256 hash of the text, as hexadecimal digits.",
        example: (
            "{{ 'a'|sha_256 }}",
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
        ),
        call: |_, v, _| Ok(hex(&sha2::Sha256::digest(text(v)))),
    },
    Filter {
        name: "escapejs",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The text for use in a quoted text of JavaScript. The result is safe.",
        example: ("{{ \"it's\"|escapejs }}", "it\\u0027s"),
        call: escapejs,
    },
    Filter {
        name: "json_script",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: true,
        doc: "The value as JSON in a `<script>` element; the argument is the element's id.",
        example: (
            "{{ tags|json_script:'tags' }}",
            "<script id=\"tags\" type=\"application/json\">[\"green\", \"black\"]</script>",
        ),
        call: json_script,
    },
    Filter {
        name: "string_to_object",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The value that a JSON text stands for; nothing when it is no JSON. What is no text stays as it is.",
        example: (
            "{% with p='{\"SEK\": 199}'|string_to_object %}{{ p.SEK }}{% endwith %}",
            "199",
        ),
        call: string_to_object,
    },
];

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

fn encode(frame: &mut Frame<'_>, v: &Value, engine: &GeneralPurpose) -> Result<Value, Stop> {
    frame.allocate(text(v).len() / 3 + 4)?;
    Ok(Value::from(engine.encode(text(v))))
}

fn decode(s: &str, engine: &GeneralPurpose) -> Value {
    let decoded = engine
        .decode(s.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    Value::from(decoded.unwrap_or_default())
}

fn hex(bytes: &[u8]) -> Value {
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        let _ = write!(out, "{b:02x}");
    }
    Value::from(out)
}

fn escapejs(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let s = text(v);
    let special = |c: char| {
        matches!(
            c,
            '\\' | '\''
                | '"'
                | '>'
                | '<'
                | '&'
                | '='
                | '-'
                | ';'
                | '`'
                | '\u{2028}'
                | '\u{2029}'
                | '\0'..='\u{1f}'
        )
    };
    let more = s.chars().filter(|c| special(*c)).count();
    frame.allocate(more.saturating_mul(5))?;
    let mut out = String::with_capacity(s.len() + more * 5);
    for c in s.chars() {
        if special(c) {
            let _ = write!(out, "\\u{:04X}", c as u32);
        } else {
            out.push(c);
        }
    }
    Ok(Value::from_safe_string(out))
}

fn json_script(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let mut json = String::new();
    push_json(frame, v, 0, &mut json)?;
    let json = json
        .replace('&', "\\u0026")
        .replace('<', "\\u003C")
        .replace('>', "\\u003E");
    let id = match argument {
        Some(id) if value::truthy(id) => format!("id=\"{}\" ", conditional_escape(id)),
        _ => String::new(),
    };
    frame.allocate(json.len() + id.len() + 50)?;
    Ok(Value::from_safe_string(format!(
        "<script {id}type=\"application/json\">{json}</script>"
    )))
}

/// Python's `json.dumps`, with Django's encoder for moments.
fn push_json(frame: &mut Frame<'_>, v: &Value, depth: usize, out: &mut String) -> Result<(), Stop> {
    /// How deep values may stand in values.
    const DEEPEST: usize = 200;
    if depth > DEEPEST {
        return Err(Stop::raise("maximum recursion depth exceeded"));
    }
    frame.spend(1)?;
    match v.kind() {
        ValueKind::None | ValueKind::Undefined => out.push_str("null"),
        ValueKind::Bool => out.push_str(if v.is_true() { "true" } else { "false" }),
        ValueKind::String => {
            frame.allocate(text(v).len())?;
            push_json_text(text(v), out);
        }
        ValueKind::Number => out.push_str(&json_number(v)),
        ValueKind::Map => {
            out.push('{');
            for (at, (key, item)) in value::pairs(v).iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                match key.kind() {
                    ValueKind::String => push_json_text(text(key), out),
                    ValueKind::Number | ValueKind::Bool | ValueKind::None => {
                        out.push('"');
                        push_json(frame, key, depth + 1, out)?;
                        out.push('"');
                    }
                    _ => {
                        return Err(Stop::raise(format!(
                            "keys must be str, int, float, bool or None, not {}",
                            value::type_name(key)
                        )));
                    }
                }
                out.push_str(": ");
                push_json(frame, item, depth + 1, out)?;
            }
            out.push('}');
        }
        ValueKind::Seq | ValueKind::Iterable => {
            out.push('[');
            for (at, item) in value::items(v).unwrap_or_default().iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                push_json(frame, item, depth + 1, out)?;
            }
            out.push(']');
        }
        _ => match Moment::of(v) {
            Some(moment) => push_json_text(&moment_for_json(moment), out),
            None => {
                return Err(Stop::raise(format!(
                    "Object of type {} is not JSON serializable",
                    value::type_name(v)
                )));
            }
        },
    }
    Ok(())
}

fn json_number(v: &Value) -> String {
    match value::number(v) {
        Some(Number::Float(f)) if f.is_nan() => "NaN".into(),
        Some(Number::Float(f)) if f.is_infinite() => {
            if f > 0.0 { "Infinity" } else { "-Infinity" }.into()
        }
        _ => value::repr(v),
    }
}

/// ISO 8601 with milliseconds, UTC as `Z`.
fn moment_for_json(moment: &Moment) -> String {
    let mut s = moment.iso('T');
    if let Some(point) = s.find('.') {
        s.replace_range(point + 4..point + 7, "");
    }
    match s.strip_suffix("+00:00") {
        Some(bare) => format!("{bare}Z"),
        None => s,
    }
}

fn push_json_text(s: &str, out: &mut String) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

fn string_to_object(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let Some(s) = v.as_str() else {
        return Ok(v.clone());
    };
    // A value takes more room than its text.
    frame.allocate(s.len().saturating_mul(4))?;
    Ok(value::from_json(s).unwrap_or_else(|_| Value::from("")))
}
