//! What the threads that render make of an outcome, so that the folder has only to be written.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use super::gallery::{Row, State, script_value};
use super::message::eml;
use super::pictures::{Picture, Pictures};
use crate::email::{Outcome, Recipient, Rendered, SkipReason};

/// Makes a [`Prepared`] of each outcome. Cheap to clone, shared by all threads.
#[derive(Debug, Clone)]
pub struct Preparer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pictures: Pictures,
    most: usize,
    /// Rows that the gallery has: messages, and people without one.
    messages: AtomicUsize,
    others: AtomicUsize,
}

/// One person's files and row, ready to be written.
#[derive(Debug)]
pub struct Prepared {
    pub(super) row: Row,
    pub(super) skipped: Option<SkipReason>,
    pub(super) eml: Option<Vec<u8>>,
    /// What the gallery loads when the row is opened.
    pub(super) part: Option<String>,
    pub(super) pictures: Vec<Arc<Picture>>,
}

impl Preparer {
    pub(super) fn new(pictures: Pictures, most: usize) -> Preparer {
        Preparer(Arc::new(Shared {
            pictures,
            most,
            messages: AtomicUsize::new(0),
            others: AtomicUsize::new(0),
        }))
    }

    /// Builds the message and what the gallery shows of it. A message that cannot be built is a failure, with the reason.
    ///
    /// See [`DirSink`](super::DirSink) for an example.
    pub fn prepare(&self, recipient: &Recipient, outcome: Outcome) -> Prepared {
        let name = recipient.profile().and_then(|profile| profile.full_name());
        let row = Row {
            name: name.unwrap_or_default(),
            address: recipient.key().to_owned(),
            ..Row::default()
        };
        match outcome {
            Outcome::Rendered(mail) => self.rendered(row, &mail),
            Outcome::Skipped(skipped) => {
                let at = skipped.at.as_ref().map(|at| format!(" ({at})"));
                let detail = format!("{}{}", skipped.detail, at.unwrap_or_default());
                self::skipped(row, skipped.reason, skipped.klaviyo, detail)
            }
            Outcome::Failed(failed) => {
                let reason = failed.diagnostics.first().map(ToString::to_string);
                let texts = failed.diagnostics.iter().map(|d| d.to_text(false));
                let report = texts.collect::<Vec<_>>().join("\n\n");
                self.failed(row, reason.unwrap_or_default(), &report)
            }
        }
    }

    fn rendered(&self, mut row: Row, mail: &Rendered) -> Prepared {
        if let Some(to) = &mail.to {
            row.name = to.name.clone().unwrap_or_default();
            row.address.clone_from(&to.address);
        }
        row.subject.clone_from(&mail.subject);
        let eml = match eml(mail) {
            Ok(eml) => eml,
            Err(error) => {
                return match error.skip_reason() {
                    // No server takes the address, which is found only when it is written as one.
                    Some(reason) => skipped(row, reason, reason.klaviyo(), error.to_string()),
                    None => self.failed(row, error.to_string(), &error.to_string()),
                };
            }
        };
        row.size = eml.len();
        let (part, pictures) = if self.has_room(&self.0.messages) {
            let (html, pictures) = self.0.pictures.framed(&mail.html);
            let head = memchr::memmem::find(&eml, b"\r\n\r\n").map_or(&eml[..], |end| &eml[..end]);
            let part = script_value(&Part {
                from: &mail.from,
                preheader: &mail.preheader,
                html: &html,
                text: &mail.text,
                head: &String::from_utf8_lossy(head),
                html_size: mail.html.len(),
                pictures: pictures.iter().map(|picture| picture.id.as_str()).collect(),
                report: mail
                    .warnings
                    .iter()
                    .map(|w| w.to_text(false))
                    .collect::<Vec<_>>()
                    .join("\n\n"),
            });
            (Some(part), pictures)
        } else {
            (None, Vec::new())
        };
        Prepared {
            row: Row {
                state: State::Rendered,
                ..row
            },
            skipped: None,
            eml: Some(eml),
            part,
            pictures,
        }
    }

    fn failed(&self, row: Row, reason: String, report: &str) -> Prepared {
        let part = self
            .has_room(&self.0.others)
            .then(|| script_value(&serde_json::json!({ "report": report })));
        Prepared {
            row: Row {
                state: State::Failed,
                reason,
                ..row
            },
            skipped: None,
            eml: None,
            part,
            pictures: Vec::new(),
        }
    }

    /// Whether the gallery still has room for a row of this kind. It never says no to one that will be listed, because
    /// the count only grows and is asked again when the row is written.
    fn has_room(&self, rows: &AtomicUsize) -> bool {
        rows.load(Ordering::Relaxed) < self.0.most
    }

    /// Whether a row that is about to be written is listed; counts it then.
    pub(super) fn takes(&self, state: State) -> bool {
        let rows = match state {
            State::Rendered => &self.0.messages,
            State::Skipped | State::Failed => &self.0.others,
        };
        let room = self.has_room(rows);
        if room {
            rows.fetch_add(1, Ordering::Relaxed);
        }
        room
    }
}

fn skipped(row: Row, reason: SkipReason, klaviyo: &str, detail: String) -> Prepared {
    Prepared {
        row: Row {
            state: State::Skipped,
            reason: klaviyo.to_owned(),
            detail,
            ..row
        },
        skipped: Some(reason),
        eml: None,
        part: None,
        pictures: Vec::new(),
    }
}

/// What the gallery shows of a message.
#[derive(Serialize)]
struct Part<'a> {
    from: &'a str,
    preheader: &'a str,
    html: &'a str,
    text: &'a str,
    /// The headers as they travel.
    head: &'a str,
    html_size: usize,
    pictures: Vec<&'a str>,
    /// What a person should look at.
    report: String,
}
