//! A message to oneself: what somebody would get, to look at in a real mail program.

use super::CampaignError;
use crate::delivery::{Letter, Sink, Verdict, letter};
use crate::email::{Mailbox, Rendered};

/// What stands before the subject of a trial.
const PREFIX: &str = "[Test] ";

/// The letter of a message that goes to somebody else than its person, said in its subject.
///
/// # Errors
/// No message can be made of it.
pub fn trial(mail: &Rendered, to: &str) -> Result<Letter, CampaignError> {
    let mut mail = mail.clone();
    mail.subject.insert_str(0, PREFIX);
    mail.to = Some(Mailbox {
        name: None,
        address: to.to_owned(),
    });
    // A click in a trial must not end somebody's subscription.
    mail.headers
        .retain(|header| !header.name.starts_with("List-Unsubscribe"));
    Ok(letter(&mail, &[])?)
}

/// Sends a letter at once; what the sink said.
///
/// # Errors
/// The sink cannot be connected to, or does not take it.
pub fn send_now(sink: &dyn Sink, letter: &Letter) -> Result<String, CampaignError> {
    let mut connection = sink.connect().map_err(CampaignError::Sink)?;
    let verdict = connection.put(letter, &mut || Ok(()));
    connection.close();
    match verdict {
        Verdict::Accepted(reply) => Ok(reply.text),
        Verdict::Stopped(error) => Err(CampaignError::Refused {
            what: error.to_string(),
            help: "try again".into(),
        }),
        Verdict::Refused(reply)
        | Verdict::Deferred(reply)
        | Verdict::Unavailable(reply)
        | Verdict::Uncertain(reply) => Err(CampaignError::Refused {
            what: format!("the message was not taken: {reply}"),
            help: "check the address and the server".into(),
        }),
    }
}
