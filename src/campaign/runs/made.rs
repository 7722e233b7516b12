//! A message of a run, made from what was planned: the same bytes every time.

use super::RunSettings;
use super::run::Frozen;
use crate::delivery::{Letter, letter};
use crate::email::{Header, Outcome, Recipient, Rendered, parse_mailbox};

/// What became of making a message.
#[derive(Debug)]
pub(super) enum Made {
    /// A message.
    Letter(Box<Letter>),
    /// This person must not or cannot get one.
    Skipped {
        reason: &'static str,
        detail: String,
    },
    /// The template or the data is broken.
    Failed {
        reason: &'static str,
        detail: String,
    },
}

/// Makes the message of a recipient.
pub(super) fn make(frozen: &Frozen, settings: &RunSettings, recipient: &Recipient) -> Made {
    match frozen.email().render(recipient, frozen.world()) {
        Outcome::Rendered(mail) => {
            let feedback = feedback_id(settings, &mail);
            match letter(&mail, feedback.as_slice()) {
                Ok(letter) => Made::Letter(Box::new(letter)),
                Err(error) => match error.skip_reason() {
                    Some(reason) => Made::Skipped {
                        reason: reason.code(),
                        detail: error.to_string(),
                    },
                    None => Made::Failed {
                        reason: "message",
                        detail: error.to_string(),
                    },
                },
            }
        }
        Outcome::Skipped(skip) => Made::Skipped {
            reason: skip.reason.code(),
            detail: skip.detail,
        },
        Outcome::Failed(failed) => {
            let first = failed.diagnostics.first();
            Made::Failed {
                reason: first.map_or("failed", |found| found.code),
                detail: first.map(ToString::to_string).unwrap_or_default(),
            }
        }
    }
}

/// Gmail's header for its reports on complaints: which run, which email, what kind, and who sends, which is the same for
/// every campaign: the first label of the sender's domain.
fn feedback_id(settings: &RunSettings, mail: &Rendered) -> Option<Header> {
    let plain = |text: &str, most: usize| -> String {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        };
        text.chars().map(plain).take(most).collect()
    };
    let address = parse_mailbox(&mail.from)?.address;
    let domain = address.rsplit_once('@')?.1;
    // Google wants 5 to 15 characters.
    let sender = format!("{:-<5}", plain(domain.split('.').next()?, 15));
    let (run, email) = (plain(&settings.run, 60), plain(&settings.email, 40));
    Some(Header::new(
        "Feedback-ID",
        format!("{run}:{email}:campaign:{sender}"),
    ))
}
