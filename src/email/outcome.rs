//! What becomes of a render: rendered, skipped or failed.

use std::any::Any;
use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Location};
use crate::language::SkipReason;

/// What became of one person's message. The JSON form is the same everywhere.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// A message.
    Rendered(Box<Rendered>),
    /// This person must not or cannot get it, and nothing is broken.
    Skipped(Box<Skipped>),
    /// The template or the data is broken.
    Failed(Box<Failed>),
}

/// A message for one person.
#[derive(Debug, Clone, Serialize)]
pub struct Rendered {
    /// The name of the email.
    pub email: String,
    /// The person's address; None when no profile was given.
    pub to: Option<Mailbox>,
    /// One line.
    pub subject: String,
    /// One line; empty when the email has none.
    pub preheader: String,
    /// `Name <address>`, one line; empty when the email has none.
    pub from: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Further headers of the message, such as List-Unsubscribe.
    pub headers: Vec<Header>,
    /// The HTML part.
    pub html: String,
    /// The text part.
    pub text: String,
    /// When it was rendered, by the world's clock.
    pub date: Timestamp,
    /// 32 hexadecimal digits: the same for the same email, person, event and seed. Message-ID and boundary derive from it.
    pub id: String,
    /// Bytes of the parts.
    pub sizes: Sizes,
    /// What a person should look at.
    pub warnings: Vec<Diagnostic>,
}

/// A name with an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mailbox {
    /// The name; None when there is none.
    pub name: Option<String>,
    /// `user@example.com`
    pub address: String,
}

/// A header of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Header {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its value, one line.
    pub value: String,
}

impl Header {
    /// A header of this name and value.
    ///
    /// ```
    /// use letterpress::email::Header;
    /// let header = Header::new("Feedback-ID", "spring_sale:campaign:tea");
    /// assert_eq!(header.name, "Feedback-ID");
    /// ```
    pub fn new(name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Header {
        Header {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// Bytes of the parts of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Sizes {
    /// Of the HTML part.
    pub html: usize,
    /// Of the text part.
    pub text: usize,
}

/// Why a person does not get a message.
#[derive(Debug, Clone, Serialize)]
pub struct Skipped {
    /// The word for programs.
    pub reason: SkipReason,
    /// Klaviyo's wording.
    pub klaviyo: &'static str,
    /// What is missing, in a sentence.
    pub detail: String,
    /// Which tag, if one asked for it.
    pub at: Option<Location>,
}

/// Why there is no message.
#[derive(Debug, Clone, Serialize)]
pub struct Failed {
    /// All that is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl Outcome {
    /// The message, if there is one.
    pub fn rendered(&self) -> Option<&Rendered> {
        match self {
            Outcome::Rendered(mail) => Some(mail),
            _ => None,
        }
    }

    /// The word for programs: `rendered`, `skipped` or `failed`.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Rendered(_) => "rendered",
            Outcome::Skipped(_) => "skipped",
            Outcome::Failed(_) => "failed",
        }
    }

    /// The render of one person's message panicked: a defect of this program or of a filter that a host added.
    pub(super) fn panicked(panic: &(dyn Any + Send), email: &str, person: &str) -> Outcome {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or(panic.downcast_ref::<&str>().copied());
        Outcome::failed(
            Diagnostic::error("panic", "The program broke while it rendered this message")
                .note(format!("while rendering '{email}' for {person}"))
                .note(said.unwrap_or("it gave no reason").to_owned())
                .help("this is a defect of the program or of a filter that was added to it: please report it"),
        )
    }

    pub(super) fn failed(diagnostic: Diagnostic) -> Outcome {
        Outcome::Failed(Box::new(Failed {
            diagnostics: vec![diagnostic],
        }))
    }
}

impl Skipped {
    /// Klaviyo's wording of the reason.
    pub fn klaviyo(&self) -> &'static str {
        self.klaviyo
    }
}
