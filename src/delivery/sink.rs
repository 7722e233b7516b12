//! Where messages go: what every sink can do, and what becomes of a letter.

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::{advice, shown};
use super::{Letter, header};

/// Where messages go. Shared by all threads that send.
pub trait Sink: Send + Sync + fmt::Debug {
    /// How many connections may be open at once, 1 or more.
    fn connections(&self) -> usize;

    /// Opens a connection.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses; [`SinkError::may_pass`] says whether to try again.
    fn connect(&self) -> Result<Box<dyn Connection>, SinkError>;

    /// Whether the letter of this id is there already; `None` where the sink cannot tell, or cannot be read. Asked when
    /// a run is resumed, to settle what is uncertain.
    fn holds(&self, id: &str) -> Option<bool>;
}

/// One way to a sink, used by one thread.
pub trait Connection: Send {
    /// Hands one letter over.
    ///
    /// `mark` is called once, right before the first byte of the message may leave, or right before a file appears. When it
    /// fails nothing is sent, and the verdict is [`Verdict::Stopped`]. It is not called when there is nothing to send:
    /// the recipient was refused, say.
    fn put(&mut self, letter: &Letter, mark: &mut dyn FnMut() -> io::Result<()>) -> Verdict;

    /// Whether another letter can be put; else the caller connects anew.
    fn usable(&self) -> bool;

    /// Says goodbye. A connection that is dropped is closed without a word.
    fn close(self: Box<Self>);
}

/// What became of a letter.
///
/// | | was it sent? | what to do |
/// |---|---|---|
/// | `Accepted` | yes: a complete 250 after the final dot was read; the file is there | done |
/// | `Refused` | no, and never: 5xx about this letter | final, keep the reply |
/// | `Deferred` | no: 4xx about this letter | this letter again later, by its own schedule |
/// | `Unavailable` | no, and the letter is not why: 421, a broken connection, a full disk, a server that wants nothing of us | connect anew; if that fails or happens again, wait, for all letters |
/// | `Uncertain` | nobody knows: a fault from the first byte of the message on | as the policy says |
/// | `Stopped` | no: the mark could not be written | stop the run |
///
/// `Uncertain` and `Unavailable` leave the connection unusable, so that a reply that comes late is never taken for another
/// letter's; a 4xx that says the server is short of something leaves it usable.
#[derive(Debug)]
pub enum Verdict {
    /// Taken.
    Accepted(Reply),
    /// Not taken, for good.
    Refused(Reply),
    /// Not taken now; this letter may be later.
    Deferred(Reply),
    /// Not taken, and no other letter would have been.
    Unavailable(Reply),
    /// Perhaps taken.
    Uncertain(Reply),
    /// Not sent, because the mark could not be written.
    Stopped(io::Error),
}

impl Verdict {
    /// What the sink said, unless the mark failed.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Verdict::Accepted(reply)
            | Verdict::Refused(reply)
            | Verdict::Deferred(reply)
            | Verdict::Unavailable(reply)
            | Verdict::Uncertain(reply) => Some(reply),
            Verdict::Stopped(_) => None,
        }
    }
}

/// What a sink said, or what happened instead of a reply.
///
/// ```
/// use letterpress::delivery::{Reply, Stage};
/// let reply = Reply::new(Stage::Rcpt, Some(550), "5.1.1 No such\r\nperson\u{1b}[31m");
/// assert_eq!((reply.code, reply.enhanced.as_deref()), (Some(550), Some("5.1.1")));
/// assert_eq!(reply.to_string(), "550 5.1.1 No such person[31m (at RCPT TO)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// How far the letter had come.
    pub stage: Stage,
    /// The three digits of a complete reply; `None` where there was none, which a fault is and a file's success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// The enhanced status code (RFC 3463) if there is one that fits the three digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enhanced: Option<String>,
    /// The rest of what was said: one line without control characters, at most 200 bytes.
    pub text: String,
}

/// Longest text of a reply that is kept, in bytes.
const LONGEST_TEXT: usize = 200;

impl Reply {
    /// Reads what stands behind the three digits; `text` may hold anything.
    pub fn new(stage: Stage, code: Option<u16>, text: &str) -> Reply {
        // What is thrown away need not be cleaned first.
        let text = header::clean(start(text, 4 * LONGEST_TEXT));
        let (enhanced, text) = match code.and_then(|code| enhanced(code, &text)) {
            Some((enhanced, rest)) => (Some(enhanced.to_owned()), rest),
            None => (None, text.as_str()),
        };
        let text = start(text, LONGEST_TEXT).to_owned();
        Reply {
            stage,
            code,
            enhanced,
            text,
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.code {
            write!(f, "{code} ")?;
        }
        if let Some(enhanced) = &self.enhanced {
            write!(f, "{enhanced} ")?;
        }
        write!(f, "{} (at {})", self.text, self.stage)
    }
}

/// At most so many bytes of a text, whole characters.
fn start(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}

/// `x.y.z` at the start, if its class is the code's, and the rest.
fn enhanced(code: u16, text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut parts = word.split('.');
    let class: u16 = parts.next()?.parse().ok()?;
    let number =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let fits =
        class == code / 100 && matches!(class, 2 | 4 | 5) && word.starts_with(['2', '4', '5']);
    (fits && number(parts.next()?) && number(parts.next()?) && parts.next().is_none())
        .then_some((word, rest))
}

/// How far a letter, or a connection, had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Until the server has greeted, its answer to the first EHLO counted.
    Connect,
    /// STARTTLS and the handshake.
    Tls,
    /// EHLO.
    Hello,
    /// AUTH.
    Auth,
    /// MAIL FROM; also what a sink finds wrong before it says anything.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA.
    Data,
    /// The message and the reply to its final dot.
    Body,
    /// A file.
    File,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Connect => "connecting",
            Stage::Tls => "TLS",
            Stage::Hello => "EHLO",
            Stage::Auth => "AUTH",
            Stage::Mail => "MAIL FROM",
            Stage::Rcpt => "RCPT TO",
            Stage::Data => "DATA",
            Stage::Body => "the message",
            Stage::File => "the file",
        })
    }
}

/// Why a sink cannot be opened, or connected to. Each says what to do next.
///
/// ```
/// use letterpress::delivery::SinkError;
/// let error = SinkError::NoPassword { user: "ada".into() };
/// assert_eq!(error.code(), "missing-password");
/// assert!(error.to_string().contains("LETTERPRESS_SMTP_PASSWORD"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// A file or folder that cannot be written.
    #[error("cannot write '{}': {source}; {}", shown(&.path.to_string_lossy()), advice(.source))]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// Another process writes to the file.
    #[error("'{}' is being written by another program; wait for it, or name another file", shown(&.path.to_string_lossy()))]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// A user without a password.
    #[error("there is no password for '{}'; put it in LETTERPRESS_SMTP_PASSWORD", shown(.user))]
    NoPassword {
        /// The user.
        user: String,
    },
    /// A file that should hold certificates.
    #[error("'{}' is no file of certificates (PEM): {reason}; correct `ca=`", shown(&.path.to_string_lossy()))]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The server does not let us in.
    #[error("{server}: {reply}{}", .advice.map(|advice| format!("; {advice}")).unwrap_or_default())]
    Server {
        /// Its address.
        server: String,
        /// What it said, or what happened.
        reply: Reply,
        /// Whether it may let us in later.
        may_pass: bool,
        /// What to do, where that is known.
        advice: Option<&'static str>,
    },
    /// Built without the feature `smtp`.
    #[error("this build cannot send by SMTP; build with the feature `smtp`")]
    NoSmtp,
}

impl SinkError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            SinkError::Unwritable { .. } => "unwritable",
            SinkError::Locked { .. } => "locked-sink",
            SinkError::NoPassword { .. } => "missing-password",
            SinkError::Certificates { .. } => "invalid-certificates",
            SinkError::Server { .. } => "unavailable-server",
            SinkError::NoSmtp => "no-smtp",
        }
    }

    /// Whether trying again later may help without anybody doing anything.
    pub fn may_pass(&self) -> bool {
        match self {
            SinkError::Server { may_pass, .. } => *may_pass,
            SinkError::Locked { .. } => true,
            _ => false,
        }
    }

    /// What the server said, or what happened.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            SinkError::Server { reply, .. } => Some(reply),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enhanced_codes() {
        assert_eq!(enhanced(550, "5.1.1 x"), Some(("5.1.1", "x")));
        assert_eq!(enhanced(250, "2.0.0"), Some(("2.0.0", "")));
        for (code, text) in [
            (550, "4.1.1 x"),
            (550, "5.1 x"),
            (550, "5.1.1234 x"),
            (550, "5.1.1.1 x"),
            (550, "+5.1.1 x"),
            (550, "05.1.1 x"),
            (550, "5.1.a"),
            (354, "3.0.0 x"),
            (550, ""),
        ] {
            assert_eq!(enhanced(code, text), None, "{text}");
        }
    }

    #[test]
    fn a_reply_is_one_short_line() {
        let reply = Reply::new(Stage::Body, Some(554), &"5.7.1 é\r\n".repeat(10_000));
        assert!(reply.text.len() <= LONGEST_TEXT);
        assert!(!reply.text.contains(['\r', '\n']));
        assert_eq!(Reply::new(Stage::Body, None, "").text, "");
    }
}
