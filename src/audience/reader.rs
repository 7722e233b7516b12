//! Reading definitions: every mistake is found, and told with its JSON path and its line.

use std::ops::Range;
use std::sync::Arc;

use super::held::{Number, brief};
use super::json::{Json, Member, Node};
use crate::data::instant;
use crate::diagnostic::{Diagnostic, Location, Source, nearest};
use jiff::Timestamp;

/// Whose definition is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Segment,
    Flow,
}

/// Collects what is wrong with a definition.
pub(super) struct Reader<'s> {
    pub(super) source: &'s Arc<Source>,
    what: What,
    pub(super) findings: Vec<Diagnostic>,
}

/// A value of a definition and the way to it.
#[derive(Clone)]
pub(super) struct At<'j> {
    pub(super) json: &'j Json,
    pub(super) path: String,
}

impl<'j> At<'j> {
    pub(super) fn root(json: &'j Json) -> At<'j> {
        At {
            json,
            path: String::new(),
        }
    }

    /// A member of this object that is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<At<'j>> {
        let json = self.json.get(name)?;
        let is_null = matches!(json.node, Node::Null);
        (!is_null).then(|| At {
            json,
            path: self.below(name),
        })
    }

    /// The first of some members that is there: older and newer spellings of one thing.
    pub(super) fn either(&self, names: &[&str]) -> Option<At<'j>> {
        names.iter().find_map(|name| self.get(name))
    }

    fn below(&self, name: &str) -> String {
        match self.path.is_empty() {
            true => name.to_owned(),
            false => format!("{}.{name}", self.path),
        }
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.json.at.clone()
    }

    pub(super) fn text(&self) -> Option<&'j str> {
        self.json.as_text()
    }

    fn members(&self) -> &'j [Member] {
        match &self.json.node {
            Node::Object(members) => members,
            _ => &[],
        }
    }
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s Arc<Source>, what: What) -> Reader<'s> {
        Reader {
            source,
            what,
            findings: Vec::new(),
        }
    }

    pub(super) fn location(&self, at: Range<usize>) -> Location {
        // A whole object is pointed at by its first line.
        let text = self.source.text().get(at.clone()).unwrap_or_default();
        let end = text.find('\n').map_or(at.end, |line| at.start + line);
        self.source.location(at.start..end)
    }

    pub(super) fn has_errors(&self) -> bool {
        self.findings.iter().any(Diagnostic::is_error)
    }

    fn wrong(&self, title: impl Into<String>) -> Diagnostic {
        match self.what {
            What::Segment => Diagnostic::error("segment-definition", title),
            What::Flow => Diagnostic::error("flow-definition", title),
        }
    }

    fn put(&mut self, diagnostic: Diagnostic, path: &str, at: Range<usize>) -> &mut Diagnostic {
        let diagnostic = diagnostic.at(self.location(at), "");
        self.findings.push(match path.is_empty() {
            true => diagnostic,
            false => diagnostic.note(format!("at {path}")),
        });
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    /// Something is wrong with a value.
    pub(super) fn error(&mut self, at: &At<'_>, title: impl Into<String>) -> &mut Diagnostic {
        let diagnostic = self.wrong(title);
        self.put(diagnostic, &at.path, at.range())
    }

    /// Something is wrong with a value, and what to do about it.
    pub(super) fn error_with(
        &mut self,
        at: &At<'_>,
        title: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.error(at, title).help.push(help.into());
    }

    /// Klaviyo cannot do this, and Letterpress can.
    pub(super) fn ours(&mut self, at: &At<'_>, title: impl Into<String>, help: impl Into<String>) {
        let diagnostic = Diagnostic::warning("klaviyo-editor", title).help(help);
        self.put(diagnostic, &at.path, at.range());
    }

    /// An error about a value of the wrong kind.
    pub(super) fn unexpected<T>(&mut self, at: &At<'_>, expected: &str) -> Option<T> {
        let title = format!("this is {} where {expected} is expected", at.json.kind());
        self.error(at, title);
        None
    }

    /// A member that must be there.
    pub(super) fn needed<'j>(&mut self, of: &At<'j>, names: &[&str], what: &str) -> Option<At<'j>> {
        let found = of.either(names);
        if found.is_none() {
            let name = names.first().copied().unwrap_or_default();
            self.error(of, format!("{what} needs '{name}'"));
        }
        found
    }

    /// The value is an object; its members are of these names, or the nearest is named.
    pub(super) fn object(&mut self, at: &At<'_>, known: &[&str], what: &str) -> Option<()> {
        if !matches!(at.json.node, Node::Object(_)) {
            return self.unexpected(at, "an object");
        }
        for member in at.members() {
            if !known.contains(&member.name.as_str()) {
                let diagnostic =
                    self.wrong(format!("'{}' is no key of {what}", brief(&member.name)));
                let help = match nearest(&member.name, known.iter().copied()) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("the keys of {what}: {}", known.join(", ")),
                };
                let path = at.below(&member.name);
                self.put(diagnostic.help(help), &path, member.at.clone());
            }
        }
        Some(())
    }

    pub(super) fn list<'j>(&mut self, at: &At<'j>) -> Option<Vec<At<'j>>> {
        let Node::List(members) = &at.json.node else {
            return self.unexpected(at, "a list");
        };
        let members = members.iter().enumerate();
        Some(
            members
                .map(|(number, json)| At {
                    json,
                    path: format!("{}[{number}]", at.path),
                })
                .collect(),
        )
    }

    pub(super) fn text(&mut self, at: &At<'_>) -> Option<String> {
        match at.text() {
            Some(text) => Some(text.to_owned()),
            None => self.unexpected(at, "a text"),
        }
    }

    pub(super) fn boolean(&mut self, at: &At<'_>) -> Option<bool> {
        match at.json.node {
            Node::Boolean(yes) => Some(yes),
            _ => self.unexpected(at, "true or false"),
        }
    }

    pub(super) fn number(&mut self, at: &At<'_>) -> Option<Number> {
        let number = match &at.json.node {
            Node::Number(text) => Number::parse(text),
            _ => return self.unexpected(at, "a number"),
        };
        if number.is_none() {
            self.error(at, "this number is too large");
        }
        number
    }

    /// A whole number in a range.
    pub(super) fn whole(&mut self, at: &At<'_>, least: i64, most: i64) -> Option<i64> {
        let expected = format!("a whole number from {least} to {most}");
        let Node::Number(text) = &at.json.node else {
            return self.unexpected(at, &expected);
        };
        let number = match Number::parse(text) {
            Some(Number::Whole(whole)) => i64::try_from(whole).ok(),
            Some(Number::Float(float)) if float.fract() == 0.0 && float.abs() < 9e15 => {
                Some(float as i64)
            }
            _ => None,
        };
        let number = number.filter(|whole| (least..=most).contains(whole));
        if number.is_none() {
            self.error(at, format!("{} is not {expected}", brief(text)));
        }
        number
    }

    pub(super) fn texts(&mut self, at: &At<'_>) -> Option<Vec<String>> {
        let members = self.list(at)?;
        members.iter().map(|one| self.text(one)).collect()
    }

    pub(super) fn time(&mut self, at: &At<'_>) -> Option<Timestamp> {
        let text = self.text(at)?;
        let time = instant(&text);
        if time.is_none() {
            let title = format!("'{}' is no date", brief(&text));
            self.error_with(
                at,
                title,
                "write one like 2026-06-10 or 2026-06-10T00:00:00+00:00",
            );
        }
        time
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(
        &mut self,
        at: &At<'_>,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(at)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*meaning);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.no_such(at, &text, what, &known);
        None
    }

    /// Says that a word is none of those that may stand there.
    pub(super) fn no_such(&mut self, at: &At<'_>, text: &str, what: &str, known: &[&str]) {
        let near =
            nearest(text, known.iter().copied()).map(|near| format!("did you mean '{near}'?"));
        let error = self.error(at, format!("'{}' is no {what}", brief(text)));
        error.help.extend(near);
        error.help.push(format!("one of {}", known.join(", ")));
    }
}
