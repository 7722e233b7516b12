//! One JSON object, cut into its fields but not yet converted: the tolerant reading that all records share.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::DataError;
use super::instant::instant;

/// The fields of a JSON object as they were written. Of a repeated name the last counts, as in Python's `json`.
#[derive(Clone)]
pub(crate) struct Fields<'a> {
    entries: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// The text of the whole record, to tell where a field stands.
    record: &'a str,
}

impl<'a> Fields<'a> {
    /// Cuts a whole record.
    pub(crate) fn of_record(record: &'a str) -> Result<Fields<'a>, DataError> {
        match serde_json::from_str::<Entries<'a>>(record) {
            Ok(entries) => Ok(Fields {
                entries: entries.0,
                record,
            }),
            Err(error) => Err(syntax_error(record, &error)),
        }
    }

    /// Cuts an object that stands inside a record.
    pub(crate) fn of_part(
        record: &'a str,
        part: &'a RawValue,
        what: &str,
    ) -> Result<Fields<'a>, DataError> {
        if kind(part) != Kind::Object {
            return Err(unexpected(record, part, what, "an object"));
        }
        match serde_json::from_str::<Entries<'a>>(part.get()) {
            Ok(entries) => Ok(Fields {
                entries: entries.0,
                record,
            }),
            Err(error) => Err(part_error(record, part, &error)),
        }
    }

    /// The text of the whole record.
    pub(crate) fn record(&self) -> &'a str {
        self.record
    }

    /// Where a field's value stands in the record; the whole record if there is no such field.
    pub(crate) fn place(&self, name: &str) -> Range<usize> {
        match self.written(name) {
            Some(raw) => place(self.record, raw),
            None => 0..self.record.len().min(1),
        }
    }

    fn written(&self, name: &str) -> Option<&'a RawValue> {
        self.entries
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, raw)| *raw)
    }

    /// A field's JSON, unless it is absent or null.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.written(name).filter(|raw| kind(raw) != Kind::Null)
    }

    /// Whether a field is there, and null.
    pub(crate) fn is_null(&self, name: &str) -> bool {
        self.written(name)
            .is_some_and(|raw| kind(raw) == Kind::Null)
    }

    /// A text; numbers and booleans count as the text they were written as.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, DataError> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        match kind(raw) {
            Kind::Text => read(self.record, raw).map(Some),
            Kind::Number | Kind::Boolean => Ok(Some(raw.get().to_owned())),
            _ => Err(unexpected(self.record, raw, name, "a text")),
        }
    }

    /// A text that names something: without the blanks around it, and none if nothing is left.
    pub(crate) fn identifier(&self, name: &str) -> Result<Option<String>, DataError> {
        Ok(self.text(name)?.and_then(|text| {
            let trimmed = text.trim();
            match (trimmed.len(), text.len()) {
                (0, _) => None,
                (a, b) if a == b => Some(text),
                _ => Some(trimmed.to_owned()),
            }
        }))
    }

    /// A finite number, or a text that is one.
    pub(crate) fn number(&self, name: &str) -> Result<Option<f64>, DataError> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        let parsed = match kind(raw) {
            Kind::Number => raw.get().parse::<f64>().ok(),
            Kind::Text => {
                let text: Cow<'_, str> = read(self.record, raw)?;
                if text.trim().is_empty() {
                    return Ok(None);
                }
                text.trim().parse::<f64>().ok()
            }
            _ => None,
        };
        match parsed.filter(|number| number.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => Err(unexpected(self.record, raw, name, "a number")),
        }
    }

    /// A boolean in any of the spellings that Klaviyo accepts.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, DataError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" => Ok(Some(true)),
            "false" | "f" | "no" | "n" | "0" => Ok(Some(false)),
            "" | "none" => Ok(None),
            _ => Err(DataError::record(
                format!("'{name}' is neither true nor false: {}", brief(&text)),
                self.place(name),
            )),
        }
    }

    /// A point in time: a text in one of Klaviyo's date forms, or Unix seconds. Cut to the second.
    pub(crate) fn time(&self, name: &str) -> Result<Option<Timestamp>, DataError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        if text.trim().is_empty() {
            return Ok(None);
        }
        instant(&text).map(Some).ok_or_else(|| {
            let error = DataError::record(
                format!("'{name}' is no time: {}", brief(&text)),
                self.place(name),
            );
            let milliseconds = text
                .trim()
                .parse::<i64>()
                .is_ok_and(|n| n > 100_000_000_000);
            error.with_help(if milliseconds {
                "this looks like milliseconds; Unix times are in seconds"
            } else {
                "write 2026-11-20T18:04:10+00:00, or seconds since 1970"
            })
        })
    }

    /// An object.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Fields<'a>>, DataError> {
        match self.raw(name) {
            None => Ok(None),
            Some(raw) => Fields::of_part(self.record, raw, name).map(Some),
        }
    }

    /// An object, if the field is one and not something else.
    pub(crate) fn object_if_it_is_one(&self, name: &str) -> Result<Option<Fields<'a>>, DataError> {
        match self.raw(name) {
            Some(raw) if kind(raw) == Kind::Object => self.object(name),
            _ => Ok(None),
        }
    }

    /// The members of a list; none if the field is absent.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<&'a RawValue>, DataError> {
        match self.raw(name) {
            None => Ok(Vec::new()),
            Some(raw) if kind(raw) == Kind::List => read(self.record, raw),
            Some(raw) => Err(unexpected(self.record, raw, name, "a list")),
        }
    }
}

/// What a piece of JSON is, by its first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Number,
    Text,
    List,
    Object,
}

pub(crate) fn kind(raw: &RawValue) -> Kind {
    match raw.get().as_bytes().first() {
        Some(b'n') | None => Kind::Null,
        Some(b't' | b'f') => Kind::Boolean,
        Some(b'"') => Kind::Text,
        Some(b'[') => Kind::List,
        Some(b'{') => Kind::Object,
        Some(_) => Kind::Number,
    }
}

/// Where a piece of a record stands in it.
fn place(record: &str, part: &RawValue) -> Range<usize> {
    let start = (part.get().as_ptr() as usize).wrapping_sub(record.as_ptr() as usize);
    if start > record.len() {
        return 0..record.len().min(1);
    }
    start..(start + part.get().len()).min(record.len())
}

/// Reads a piece of a record as a type that any JSON of its kind fits.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    record: &str,
    part: &'a RawValue,
) -> Result<T, DataError> {
    serde_json::from_str(part.get()).map_err(|error| part_error(record, part, &error))
}

pub(crate) fn unexpected(record: &str, part: &RawValue, name: &str, expected: &str) -> DataError {
    let found = match kind(part) {
        Kind::Null => "null",
        Kind::Boolean => "a boolean",
        Kind::Number => "a number",
        Kind::Text => "a text",
        Kind::List => "a list",
        Kind::Object => "an object",
    };
    DataError::record(
        format!("'{name}' is {found} where {expected} is expected"),
        place(record, part),
    )
}

/// A parser's error about a piece of a record.
pub(crate) fn part_error(record: &str, part: &RawValue, error: &serde_json::Error) -> DataError {
    let start = place(record, part).start;
    match syntax_error(part.get(), error) {
        DataError::Record { message, at, .. } => {
            DataError::record(message, start + at.start..start + at.end)
        }
        other => other,
    }
}

fn syntax_error(text: &str, error: &serde_json::Error) -> DataError {
    let full = error.to_string();
    let message = match full.rfind(" at line ") {
        Some(end) if error.line() > 0 => &full[..end],
        _ => &full,
    };
    let line_start = text
        .match_indices('\n')
        .nth(error.line().saturating_sub(2))
        .filter(|_| error.line() > 1)
        .map_or(0, |(at, _)| at + 1);
    let end = (line_start + error.column()).min(text.len());
    DataError::record(
        format!("this is no JSON object: {message}"),
        end.saturating_sub(1)..end.max(1).min(text.len()),
    )
}

/// The start of a text, for messages.
pub(crate) fn brief(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Calls `read` with a record; if that fails and the record has half a surrogate pair in an escape (`\ud83d`, as
/// programs write that cut a text in the middle of an emoji), once more with `\ufffd` in its place.
pub(crate) fn with_whole_characters<T>(
    record: &str,
    mut read: impl FnMut(&str) -> Result<T, DataError>,
) -> Result<T, DataError> {
    match read(record) {
        Err(error) => match without_lone_surrogates(record) {
            Some(repaired) => read(&repaired),
            None => Err(error),
        },
        done => done,
    }
}

/// The text with the escapes of half characters replaced; None if there are none.
pub(crate) fn without_lone_surrogates(json: &str) -> Option<String> {
    let bytes = json.as_bytes();
    // The escape's number, if `\uXXXX` stands there.
    let unit = |at: usize| -> Option<u32> {
        if !json.get(at..)?.starts_with("\\u") {
            return None;
        }
        u32::from_str_radix(json.get(at + 2..at + 6)?, 16).ok()
    };
    let mut out = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(step) = memchr::memchr(b'\\', &bytes[at..]) {
        at += step;
        match unit(at) {
            Some(0xd800..=0xdbff) if matches!(unit(at + 6), Some(0xdc00..=0xdfff)) => at += 12,
            Some(0xd800..=0xdfff) => {
                out.push_str(&json[kept..at]);
                out.push_str("\\ufffd");
                at += 6;
                kept = at;
            }
            Some(_) => at += 6,
            None => at = (at + 2).min(bytes.len()),
        }
    }
    if kept == 0 {
        return None;
    }
    out.push_str(&json[kept..]);
    Some(out)
}

/// The properties of an event as a quick reader sees them: what is not as expected is not there.
pub(crate) struct PropertyFields<'a>(Fields<'a>);

impl<'a> PropertyFields<'a> {
    pub(crate) fn of(json: &'a str) -> Option<PropertyFields<'a>> {
        Fields::of_record(json).ok().map(PropertyFields)
    }

    pub(crate) fn identifier(&self, name: &str) -> Option<String> {
        self.0.identifier(name).ok().flatten()
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.0.number(name).ok().flatten()
    }

    pub(crate) fn object(&self, name: &str) -> Option<PropertyFields<'a>> {
        self.0.object(name).ok().flatten().map(PropertyFields)
    }

    /// The members of a list that are objects.
    pub(crate) fn objects(&self, name: &str) -> Vec<PropertyFields<'a>> {
        let members = self.0.list(name).unwrap_or_default();
        members
            .into_iter()
            .filter_map(|raw| PropertyFields::of(raw.get()))
            .collect()
    }
}

/// The members of an object in their order, with the values' own text.
pub(crate) struct Entries<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Cut;
        impl<'de> Visitor<'de> for Cut {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(6);
                while let Some((Name(name), raw)) = map.next_entry()? {
                    entries.push((name, raw));
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Cut).map(Entries)
    }
}

/// A name, borrowed from the text where it holds no escape.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E: de::Error>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(v))
            }
            fn visit_str<E: de::Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(v.to_owned()))
            }
        }
        deserializer.deserialize_str(Borrow).map(Name)
    }
}

/// Any JSON that can be turned into a value later: no number out of range, no half character, not nested too deep.
pub(crate) struct Sound;

impl<'de> Deserialize<'de> for Sound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;
        impl<'de> Visitor<'de> for Walk {
            type Value = Sound;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_bool<E>(self, _: bool) -> Result<Sound, E> {
                Ok(Sound)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Sound, E> {
                Ok(Sound)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Sound, E> {
                Ok(Sound)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Sound, E> {
                Ok(Sound)
            }
            fn visit_str<E>(self, _: &str) -> Result<Sound, E> {
                Ok(Sound)
            }
            fn visit_unit<E>(self) -> Result<Sound, E> {
                Ok(Sound)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Sound, A::Error> {
                while seq.next_element::<Sound>()?.is_some() {}
                Ok(Sound)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sound, A::Error> {
                while map.next_entry::<Sound, Sound>()?.is_some() {}
                Ok(Sound)
            }
        }
        deserializer.deserialize_any(Walk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_characters_are_replaced_and_whole_ones_kept() {
        let repaired = |json| without_lone_surrogates(json);
        assert_eq!(repaired(r#""tea \ud83c\udf75""#), None);
        assert_eq!(
            repaired(r#""tea \ud83c""#).as_deref(),
            Some(r#""tea \ufffd""#)
        );
        assert_eq!(
            repaired(r#""\udf75\ud83c\ud83c\udf75""#).as_deref(),
            Some(r#""\ufffd\ufffd\ud83c\udf75""#)
        );
        // An escaped backslash before a `u` is no escape of a character.
        assert_eq!(repaired(r#""C:\\ud800""#), None);
        assert_eq!(repaired(r#""\"#), None);
    }

    #[test]
    fn an_error_points_at_the_field() {
        let record = r#"{"a": {"b": [1]}, "b": "x"}"#;
        let fields = Fields::of_record(record).unwrap();
        let inner = fields.object("a").unwrap().unwrap();
        let DataError::Record { at, message, .. } = inner.text("b").unwrap_err() else {
            panic!("a record's error")
        };
        assert_eq!(
            (&record[at], message.as_str()),
            ("[1]", "'b' is a list where a text is expected")
        );
    }

    #[test]
    fn a_syntax_error_points_at_its_column() {
        let DataError::Record { at, message, .. } =
            Fields::of_record(r#"{"a": 1,, }"#).err().unwrap()
        else {
            panic!("a record's error")
        };
        assert_eq!(
            (at, message.as_str()),
            (8..9, "this is no JSON object: key must be a string")
        );
    }

    #[test]
    fn of_a_repeated_name_the_last_counts() {
        let fields = Fields::of_record(r#"{"a": 1, "\u0061": 2}"#).unwrap();
        assert_eq!(fields.text("a").unwrap().as_deref(), Some("2"));
    }
}
