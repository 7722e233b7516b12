//! TOML files read key by key: what is unknown or of the wrong kind is named with its place and the nearest known key.
//!
//! `email.toml`, `letterpress.toml` and campaign files are read this way.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Location, Source, nearest};

/// A value with the bytes of the file it stands at.
pub type Entry<'t> = Spanned<DeValue<'t>>;

/// A reader of one file; it collects what is wrong and goes on.
pub struct Settings<'s> {
    source: &'s Arc<Source>,
    /// What the file is called in messages: `an email.toml`.
    what: &'static str,
    errors: Vec<Diagnostic>,
}

impl<'s> Settings<'s> {
    /// Reads `source` and hands each key of the top table to `each`.
    ///
    /// # Errors
    /// The file is no TOML, or whatever `each` found wrong.
    pub fn read(
        source: &'s Arc<Source>,
        what: &'static str,
        mut each: impl FnMut(&mut Settings<'s>, &str, &Entry<'_>, Range<usize>),
    ) -> Result<(), Vec<Diagnostic>> {
        let table = DeTable::parse(source.text()).map_err(|error| {
            let diagnostic = Diagnostic::error("toml", error.message().to_owned());
            vec![match error.span() {
                Some(range) => diagnostic.at(source.location(range), ""),
                None => diagnostic.note(format!("in {}", source.name())),
            }]
        })?;
        let mut settings = Settings {
            source,
            what,
            errors: Vec::new(),
        };
        for (key, value) in table.get_ref() {
            each(&mut settings, key.get_ref(), value, key.span());
        }
        if settings.errors.is_empty() {
            Ok(())
        } else {
            settings
                .errors
                .sort_by_key(|e| e.primary.as_ref().map(|l| l.at.range().start));
            Err(settings.errors)
        }
    }

    /// Hands each key of a table inside to `each`.
    pub fn table(
        &mut self,
        value: &Entry<'_>,
        mut each: impl FnMut(&mut Settings<'s>, &str, &Entry<'_>, Range<usize>),
    ) {
        match value.get_ref() {
            DeValue::Table(table) => {
                for (key, value) in table {
                    each(self, key.get_ref(), value, key.span());
                }
            }
            _ => self.error("a table is expected here", value.span()),
        }
    }

    /// Where a value stands.
    pub fn place(&self, value: &Entry<'_>) -> Location {
        self.source.location(value.span())
    }

    /// A text.
    pub fn text(&mut self, value: &Entry<'_>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(s) => Some(s.to_string()),
            _ => {
                self.error("a text in quotes is expected here", value.span());
                None
            }
        }
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, value: &Entry<'_>) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(b) => Some(*b),
            _ => {
                self.error("true or false is expected here", value.span());
                None
            }
        }
    }

    /// A whole number, not negative.
    pub fn whole(&mut self, value: &Entry<'_>) -> Option<u64> {
        let number = match value.get_ref() {
            DeValue::Integer(i) => u64::from_str_radix(i.as_str(), i.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            self.error("a whole number is expected here", value.span());
        }
        number
    }

    /// A list of texts.
    pub fn texts(&mut self, value: &Entry<'_>) -> Option<Vec<String>> {
        match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| self.text(item)).collect(),
            _ => {
                self.error("a list of texts is expected here", value.span());
                None
            }
        }
    }

    /// One of a few words.
    pub fn choice(&mut self, value: &Entry<'_>, words: &[&'static str]) -> Option<&'static str> {
        let text = self.text(value)?;
        let found = words.iter().copied().find(|word| *word == text);
        if found.is_none() {
            let quoted: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
            self.error(&format!("expected {}", quoted.join(" or ")), value.span());
            if let (Some(near), Some(error)) = (
                nearest(&text, words.iter().copied()),
                self.errors.last_mut(),
            ) {
                error.help.push(format!("did you mean \"{near}\"?"));
            }
        }
        found
    }

    /// Something is wrong here.
    pub fn error(&mut self, title: &str, at: Range<usize>) {
        self.errors
            .push(Diagnostic::error("setting", title).at(self.source.location(at), ""));
    }

    /// A key that is none.
    pub fn unknown(&mut self, name: &str, known: &[&str], at: Range<usize>) {
        let error = Diagnostic::error(
            "unknown-key",
            format!("'{name}' is no key of {}", self.what),
        )
        .at(self.source.location(at), "");
        self.errors
            .push(match nearest(name, known.iter().copied()) {
                Some(near) => error.help(format!("did you mean '{near}'?")),
                None => error.help(format!("keys: {}", known.join(", "))),
            });
    }
}
