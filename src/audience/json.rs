//! JSON with places: each value of a definition knows the bytes it stands at, so that a mistake can be pointed at.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::RawValue;

use crate::data::Entries;

/// A definition that is longer than this is none.
const LONGEST: usize = 1 << 20;
/// One that is nested deeper is none either.
const DEEPEST: usize = 64;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Json {
    pub(super) at: Range<usize>,
    pub(super) node: Node,
}

/// What a value is. Numbers stay as they were written: no digit is lost.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    /// Where the name stands, or the value if the name is written with escapes.
    pub(super) at: Range<usize>,
    pub(super) value: Json,
}

/// What is wrong with a text that is no JSON, and where.
#[derive(Debug)]
pub(super) struct NoJson {
    pub(super) told: String,
    pub(super) at: Range<usize>,
}

impl Json {
    pub(super) fn parse(text: &str) -> Result<Json, NoJson> {
        if text.len() > LONGEST {
            return Err(NoJson {
                told: "a definition is no longer than a megabyte".to_owned(),
                at: 0..1,
            });
        }
        let body = text.trim_start_matches('\u{feff}');
        let start = text.len() - body.len();
        let raw: &RawValue =
            serde_json::from_str(body).map_err(|error| wrong(text, start, body, &error))?;
        Json::of(text, raw, 0)
    }

    fn of(text: &str, raw: &RawValue, depth: usize) -> Result<Json, NoJson> {
        let at = place(text, raw.get());
        if depth > DEEPEST {
            return Err(NoJson {
                told: format!("this is nested more than {DEEPEST} levels deep"),
                at,
            });
        }
        let piece = raw.get();
        let told = |error: serde_json::Error| wrong(text, at.start, piece, &error);
        let node = match piece.as_bytes().first() {
            Some(b'n') | None => Node::Null,
            Some(b't') => Node::Boolean(true),
            Some(b'f') => Node::Boolean(false),
            Some(b'"') => Node::Text(serde_json::from_str(piece).map_err(told)?),
            Some(b'[') => {
                let members: Vec<&RawValue> = serde_json::from_str(piece).map_err(told)?;
                let members = members
                    .into_iter()
                    .map(|one| Json::of(text, one, depth + 1));
                Node::List(members.collect::<Result<_, _>>()?)
            }
            Some(b'{') => {
                let entries: Entries<'_> = serde_json::from_str(piece).map_err(told)?;
                let mut members: Vec<Member> = Vec::with_capacity(entries.0.len());
                for (name, raw) in entries.0 {
                    let value = Json::of(text, raw, depth + 1)?;
                    let at = match &name {
                        Cow::Borrowed(name) => place(text, name),
                        Cow::Owned(_) => value.at.clone(),
                    };
                    // Of a repeated name the last counts, as in Python's `json`.
                    members.retain(|one| one.name != *name);
                    members.push(Member {
                        name: name.into_owned(),
                        at,
                        value,
                    });
                }
                Node::Object(members)
            }
            Some(_) => Node::Number(piece.to_owned()),
        };
        Ok(Json { at, node })
    }

    /// What it is called in messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.node {
            Node::Null => "null",
            Node::Boolean(_) => "a boolean",
            Node::Number(_) => "a number",
            Node::Text(_) => "a text",
            Node::List(_) => "a list",
            Node::Object(_) => "an object",
        }
    }

    /// A member of an object, whatever it holds.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        match &self.node {
            Node::Object(members) => {
                let found = members.iter().find(|one| one.name == name);
                found.map(|one| &one.value)
            }
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.node {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Where a piece of a text stands in it.
fn place(text: &str, piece: &str) -> Range<usize> {
    let start = (piece.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    match start <= text.len() {
        true => start..(start + piece.len()).min(text.len()),
        false => 0..text.len().min(1),
    }
}

fn wrong(text: &str, start: usize, piece: &str, error: &serde_json::Error) -> NoJson {
    let full = error.to_string();
    let told = full.rfind(" at line ").map_or(&*full, |end| &full[..end]);
    let before = piece
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    let at = start + before.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
    let at = at.min(text.len());
    NoJson {
        told: format!("this is no JSON: {told}"),
        at: at..(at + 1).min(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_place() {
        let text = "\u{feff}{\"a\": [1, {\"b\": \"x\"}], \"a\": 12345678901234567890123}";
        let json = Json::parse(text).unwrap();
        let a = json.get("a").unwrap();
        assert_eq!(&text[a.at.clone()], "12345678901234567890123");
        assert!(matches!(&a.node, Node::Number(n) if n.len() == 23));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        for (text, at) in [
            ("{\"a\": }", 6),
            ("{\n \"a\": tru }", 11),
            ("", 0),
            ("{}x", 2),
        ] {
            assert_eq!(Json::parse(text).unwrap_err().at.start, at, "{text}");
        }
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(Json::parse(&deep).unwrap_err().told.contains("deep"));
        assert!(Json::parse(&" ".repeat(2 << 20)).is_err());
    }
}
