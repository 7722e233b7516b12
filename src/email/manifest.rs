//! `email.toml`: what an email is, apart from its body.

use std::ops::Range;

use std::sync::Arc;

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Source};
use crate::language::Dialect;
use crate::mjml::Validation;
use crate::settings::{Entry, Settings};

/// Whether an email belongs to a flow or to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Sent to one person because of an event, a date or a list; its messages say that a machine sent them
    /// (`Auto-Submitted`).
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
    /// What its parts are written in.
    pub dialect: Dialect,
    /// What becomes of what mjml's validator complains about, if the email says so itself.
    pub validation: Option<Validation>,
    /// The subject, a template.
    pub subject: Option<Text>,
    /// The text that inboxes show behind the subject, a template.
    pub preheader: Option<Text>,
    /// The sender, a template: `Name <address>`.
    pub from: Option<Text>,
    /// Where answers go, a template.
    pub reply_to: Option<Text>,
    /// Whether it is sent whatever the person's consent (an order confirmation), without a link to unsubscribe and without
    /// a list that it would belong to.
    pub transactional: bool,
    /// The `template_id` that flow files may use instead of the folder's name.
    pub id: Option<String>,
    /// The metric of the event that starts its flow.
    pub metric: Option<String>,
    /// The date property that starts its flow.
    pub date_property: Option<String>,
}

const KEYS: [&str; 10] = [
    "kind",
    "subject",
    "preheader",
    "from",
    "reply_to",
    "transactional",
    "id",
    "dialect",
    "validation",
    "trigger",
];
const TRIGGER_KEYS: [&str; 2] = ["metric", "date_property"];

impl Manifest {
    /// Reads an `email.toml`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(source: &Arc<Source>) -> Result<Manifest, Vec<Diagnostic>> {
        let mut manifest = Manifest::default();
        Settings::read(
            source,
            "an email.toml",
            |settings, name, value, at| match name {
                "kind" => match settings.choice(value, &["flow", "campaign"]) {
                    Some("flow") => manifest.kind = Kind::Flow,
                    _ => manifest.kind = Kind::Campaign,
                },
                "subject" => manifest.subject = Text::read(settings, value, source),
                "preheader" => manifest.preheader = Text::read(settings, value, source),
                "from" => manifest.from = Text::read(settings, value, source),
                "reply_to" => manifest.reply_to = Text::read(settings, value, source),
                "transactional" => {
                    manifest.transactional = settings.boolean(value).unwrap_or_default()
                }
                "id" => manifest.id = settings.text(value),
                "dialect" => {
                    if settings.choice(value, &["klaviyo", "jinja"]) == Some("jinja") {
                        manifest.dialect = Dialect::Jinja;
                    }
                }
                "validation" => {
                    let word = settings.choice(value, &Validation::WORDS);
                    manifest.validation = word.and_then(Validation::named);
                }
                "trigger" => settings.table(value, |settings, name, value, at| match name {
                    "metric" => manifest.metric = settings.text(value),
                    "date_property" => manifest.date_property = settings.text(value),
                    name => settings.unknown(name, &TRIGGER_KEYS, at),
                }),
                name => settings.unknown(name, &KEYS, at),
            },
        )?;
        Ok(manifest)
    }
}

impl Text {
    fn read(settings: &mut Settings<'_>, value: &Entry<'_>, source: &Source) -> Option<Text> {
        let at = value.span();
        let value = settings.text(value)?;
        let raw = source.text().get(at.clone()).unwrap_or_default();
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

    #[test]
    fn validation_is_said_or_left_to_the_project() {
        let read = |text: &str| Manifest::parse(&Source::new("email.toml", text));
        assert_eq!(read("").unwrap().validation, None);
        let strict = read("validation = \"strict\"").unwrap();
        assert_eq!(strict.validation, Some(Validation::Strict));
        let errors = read("validation = true").unwrap_err();
        assert!(errors[0].to_text(false).contains("email.toml:1:14"));
    }
}
