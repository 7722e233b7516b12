//! `email.toml`: what an email is, apart from its body.

use std::ops::Range;

use serde::Serialize;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Source, nearest};
use std::sync::Arc;

/// Whether an email belongs to a flow or to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Sent to one person because of an event, a date or a list.
    Flow,
    /// Sent to many at once; there is no event.
    #[default]
    Campaign,
}

/// A text of the manifest and the bytes of the file it stands at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub value: String,
    /// Where the value stands in the file: exactly, when `plain`; else with its quotes.
    pub at: Range<usize>,
    /// Whether the file holds the text byte for byte, so that places in it are places in the file.
    pub plain: bool,
}

/// What `email.toml` says.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// Flow or campaign.
    pub kind: Kind,
    /// The subject, a template.
    pub subject: Option<Text>,
    /// The text that inboxes show behind the subject, a template.
    pub preheader: Option<Text>,
    /// The sender, a template: `Name <address>`.
    pub from: Option<Text>,
    /// Where answers go, a template.
    pub reply_to: Option<Text>,
    /// Whether it is sent whatever the person's consent (an order confirmation), without a link to unsubscribe.
    pub transactional: bool,
    /// The `template_id` that flow files may use instead of the folder's name.
    pub id: Option<String>,
    /// The metric of the event that starts its flow.
    pub metric: Option<String>,
    /// The date property that starts its flow.
    pub date_property: Option<String>,
}

const KEYS: [&str; 9] = [
    "kind",
    "subject",
    "preheader",
    "from",
    "reply_to",
    "transactional",
    "id",
    "dialect",
    "trigger",
];
const TRIGGER_KEYS: [&str; 2] = ["metric", "date_property"];

impl Manifest {
    /// Reads an `email.toml`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(source: &Arc<Source>) -> Result<Manifest, Vec<Diagnostic>> {
        let table =
            DeTable::parse(source.text()).map_err(|error| vec![syntax_error(&error, source)])?;
        let mut reader = Reader {
            source,
            errors: Vec::new(),
        };
        let mut manifest = Manifest::default();
        for (key, v) in table.get_ref() {
            let (name, value) = (key.get_ref().as_ref(), v.get_ref());
            match name {
                "kind" => match reader.word(value, v.span()) {
                    Some(word) if word == "flow" => manifest.kind = Kind::Flow,
                    Some(word) if word == "campaign" => manifest.kind = Kind::Campaign,
                    Some(_) => reader.error("kind is \"flow\" or \"campaign\"".into(), v.span()),
                    None => {}
                },
                "subject" => manifest.subject = reader.text(value, v.span()),
                "preheader" => manifest.preheader = reader.text(value, v.span()),
                "from" => manifest.from = reader.text(value, v.span()),
                "reply_to" => manifest.reply_to = reader.text(value, v.span()),
                "transactional" => match value {
                    DeValue::Boolean(b) => manifest.transactional = *b,
                    _ => reader.error("transactional is true or false".into(), v.span()),
                },
                "id" => manifest.id = reader.word(value, v.span()),
                "dialect" => match reader.word(value, v.span()) {
                    Some(word) if word == "klaviyo" => {}
                    Some(_) => reader.error(
                        "this version knows one dialect: \"klaviyo\"".into(),
                        v.span(),
                    ),
                    None => {}
                },
                "trigger" => {
                    let DeValue::Table(trigger) = value else {
                        reader.error("[trigger] is a table".into(), v.span());
                        continue;
                    };
                    for (key, v) in trigger {
                        match key.get_ref().as_ref() {
                            "metric" => manifest.metric = reader.word(v.get_ref(), v.span()),
                            "date_property" => {
                                manifest.date_property = reader.word(v.get_ref(), v.span())
                            }
                            name => reader.unknown(name, &TRIGGER_KEYS, key.span()),
                        }
                    }
                }
                name => reader.unknown(name, &KEYS, key.span()),
            }
        }
        if reader.errors.is_empty() {
            Ok(manifest)
        } else {
            Err(reader.errors)
        }
    }
}

fn syntax_error(error: &toml::de::Error, source: &Arc<Source>) -> Diagnostic {
    let diagnostic = Diagnostic::error("toml", error.message().to_owned());
    match error.span() {
        Some(range) => diagnostic.at(source.location(range), ""),
        None => diagnostic.note(format!("in {}", source.name())),
    }
}

struct Reader<'s> {
    source: &'s Arc<Source>,
    errors: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error(&mut self, title: String, at: Range<usize>) {
        self.errors
            .push(Diagnostic::error("manifest", title).at(self.source.location(at), ""));
    }

    fn unknown(&mut self, name: &str, known: &[&str], at: Range<usize>) {
        let mut error = Diagnostic::error(
            "unknown-key",
            format!("'{name}' is no key of an email.toml"),
        )
        .at(self.source.location(at), "");
        error = match nearest(name, known.iter().copied()) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error.help(format!("keys: {}", known.join(", "))),
        };
        self.errors.push(error);
    }

    fn word(&mut self, v: &DeValue<'_>, at: Range<usize>) -> Option<String> {
        match v {
            DeValue::String(s) => Some(s.to_string()),
            _ => {
                self.error("a text in quotes is expected here".into(), at);
                None
            }
        }
    }

    fn text(&mut self, v: &DeValue<'_>, at: Range<usize>) -> Option<Text> {
        let value = self.word(v, at.clone())?;
        let raw = self.source.text().get(at.clone()).unwrap_or_default();
        let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") {
            3
        } else {
            1
        };
        let inner = raw
            .get(quotes..raw.len().saturating_sub(quotes))
            .unwrap_or_default();
        let plain = inner == value;
        let at = if plain {
            at.start + quotes..at.end - quotes
        } else {
            at
        };
        Some(Text { value, at, plain })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_name_the_nearest() {
        let source = Source::new(
            "email.toml",
            "knd = \"flow\"\nsubject = \"Hi {{ x }}\"\n[trigger]\nmetrik = \"A\"\n",
        );
        let errors = Manifest::parse(&source).unwrap_err();
        let text: Vec<String> = errors.iter().map(|e| e.to_text(false)).collect();
        assert!(
            text[0].contains("did you mean 'kind'?") && text[0].contains("email.toml:1:1"),
            "{}",
            text[0]
        );
        assert!(
            text[1].contains("did you mean 'metric'?") && text[1].contains("email.toml:4:1"),
            "{}",
            text[1]
        );
    }

    #[test]
    fn a_text_knows_where_it_stands() {
        let source = Source::new(
            "email.toml",
            "subject = \"Hi {{ x }}\"\nfrom = \"a\\u00e9\"\n",
        );
        let manifest = Manifest::parse(&source).unwrap();
        let subject = manifest.subject.unwrap();
        assert_eq!(
            (&source.text()[subject.at.clone()], subject.plain),
            ("Hi {{ x }}", true)
        );
        assert!(!manifest.from.unwrap().plain);
    }
}
