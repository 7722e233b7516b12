//! A mail that came back: what kind of report it is, and what it has of the message that it is about.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::arf::{Complaint, complaint};
use super::dsn::{Told, blocks, field, recipients};

/// What a mail is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Report {
    /// What became of a message, for each recipient.
    Delivery(Vec<Told>),
    /// Somebody complains, or something else is reported.
    Complaint(Complaint),
    /// A machine's answer: somebody is away, or a mail was read.
    AutoReply,
    /// Nothing that can be read as a report.
    Unparsed,
}

/// A mail that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Returned {
    pub(super) report: Report,
    /// The ids of messages of ours that it encloses: 32 hexadecimal digits in lower case.
    pub(super) ids: Vec<String>,
    /// Addresses for unsubscribing that those messages have.
    pub(super) unsubscribe: Vec<String>,
    /// When the report was written, by itself.
    pub(super) date: Option<Timestamp>,
}

/// No report encloses more messages, one in the other. They are dropped as they lie, and the stack has an end.
const DEEPEST: usize = 100;

/// Reads a mail. Whatever cannot be read is [`Report::Unparsed`].
pub(super) fn read(mail: &[u8]) -> Returned {
    let nothing = Returned {
        report: Report::Unparsed,
        ids: Vec::new(),
        unsubscribe: Vec::new(),
        date: None,
    };
    let parts = mail
        .windows(8)
        .filter(|word| word.eq_ignore_ascii_case(b"message/"));
    if parts.count() > DEEPEST {
        return nothing;
    }
    // A defect of the parser that somebody's mail finds is one mail that cannot be read.
    let read = catch_unwind(AssertUnwindSafe(|| {
        MessageParser::default().parse(mail).map(|mail| of(&mail))
    }));
    read.ok().flatten().unwrap_or(nothing)
}

fn of(mail: &Message<'_>) -> Returned {
    let mut returned = Returned {
        report: Report::Unparsed,
        ids: Vec::new(),
        unsubscribe: Vec::new(),
        date: mail
            .date()
            .and_then(|date| Timestamp::from_second(date.to_timestamp()).ok()),
    };
    let mut told: Vec<Told> = Vec::new();
    let mut complained = None;
    for part in &mail.parts {
        let text = || String::from_utf8_lossy(part.contents());
        if is(
            part,
            "message",
            &["delivery-status", "global-delivery-status"],
        ) {
            told.extend(recipients(&text()));
        } else if is(part, "message", &["feedback-report"]) {
            complained = complained.or_else(|| complaint(&text()));
        } else if matches!(part.body, PartType::Message(_))
            || is(part, "message", &["rfc822", "global"])
            || is(part, "text", &["rfc822-headers"])
            || is(part, "message", &["global-headers"])
        {
            returned.enclosed(&text());
        }
    }
    if told.is_empty() && says(mail, "report-type", "delivery-status") {
        // Some forget to say which part the fields are.
        let texts = mail.parts.iter().skip(1);
        let texts = texts.filter(|part| matches!(part.body, PartType::Text(_)));
        told = texts
            .map(|part| recipients(&String::from_utf8_lossy(part.contents())))
            .find(|told| told.iter().any(|one| !one.addresses.is_empty()))
            .unwrap_or_default();
    }
    returned.report = match (complained, told.is_empty()) {
        (Some(complained), _) => Report::Complaint(complained),
        (None, false) => Report::Delivery(told),
        (None, true) if is_automatic(mail) => Report::AutoReply,
        (None, true) => Report::Unparsed,
    };
    returned
}

fn is(part: &MessagePart<'_>, kind: &str, subtypes: &[&str]) -> bool {
    part.content_type().is_some_and(|found| {
        let subtype = found.subtype().unwrap_or_default();
        found.ctype().eq_ignore_ascii_case(kind)
            && subtypes.iter().any(|one| one.eq_ignore_ascii_case(subtype))
    })
}

/// Whether an attribute of the mail's type has this value.
fn says(mail: &Message<'_>, attribute: &str, value: &str) -> bool {
    let kind = mail.content_type();
    kind.and_then(|kind| kind.attribute(attribute))
        .is_some_and(|found| found.eq_ignore_ascii_case(value))
}

/// Whether a machine wrote it in answer to something (RFC 3834), or says that a mail was read (RFC 8098).
fn is_automatic(mail: &Message<'_>) -> bool {
    let header = |name: &'static str| {
        mail.header_raw(name)
            .map(|value| value.trim().to_ascii_lowercase())
    };
    let answers = |value: String| !value.is_empty() && !value.starts_with("no");
    header("Auto-Submitted").is_some_and(answers)
        || header("X-Autoreply").is_some_and(answers)
        || header("X-Autorespond").is_some()
        || header("Precedence").is_some_and(|value| value == "auto_reply")
        || says(mail, "report-type", "disposition-notification")
}

impl Returned {
    /// Notes what the header of an enclosed message says.
    fn enclosed(&mut self, message: &str) {
        let Some(header) = blocks(head(message)).into_iter().next() else {
            return;
        };
        self.ids.extend(field(&header, "message-id").and_then(id));
        let value = field(&header, "list-unsubscribe").unwrap_or_default();
        let addresses = value.split('<').skip(1);
        let addresses = addresses.filter_map(|one| one.split_once('>'));
        self.unsubscribe
            .extend(addresses.map(|(address, _)| address.trim().to_owned()));
    }
}

/// A message's header: what stands before the first empty line.
fn head(message: &str) -> &str {
    let message = message.trim_start_matches(['\r', '\n']);
    let ends = ["\r\n\r\n", "\n\n"];
    let end = ends.iter().filter_map(|end| message.find(end)).min();
    &message[..end.unwrap_or(message.len())]
}

/// The id in a Message-ID of ours: `<32 hexadecimal digits@domain>`.
fn id(value: &str) -> Option<String> {
    let (id, _) = value.trim().strip_prefix('<')?.split_once('@')?;
    let ours = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    ours.then(|| id.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_mail_is_not_parsed() {
        let deep = "Content-Type: message/rfc822\r\n\r\n".repeat(100_000);
        let odd: [&[u8]; 6] = [
            b"",
            b"\0\xff\xfe",
            b"From: a@b.test\r\n\r\nhello",
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n",
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=\r\n\r\n--\r\n\r\n--\r\nAction: failed\r\n",
            deep.as_bytes(),
        ];
        for mail in odd {
            assert_eq!(read(mail).report, Report::Unparsed);
        }
    }

    #[test]
    fn a_message_in_a_message_that_came_back_is_nobodys_report() {
        // Somebody forwards a notification: what stands in the enclosed mail is not said by this one.
        let inner = "Content-Type: multipart/report; report-type=delivery-status; boundary=i\r\n\r\n--i\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; ada@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--i--\r\n";
        let outer = format!(
            "Subject: fwd\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--o--\r\n"
        );
        assert!(matches!(read(inner.as_bytes()).report, Report::Delivery(_)));
        assert_eq!(read(outer.as_bytes()).report, Report::Unparsed);
    }

    #[test]
    fn ids_of_ours() {
        let hex = "0123456789abcdef0123456789ABCDEF";
        assert_eq!(
            id(&format!(" <{hex}@tea.example> ")),
            Some(hex.to_lowercase())
        );
        for other in [
            "",
            "<>",
            "<a@b>",
            "0123456789abcdef0123456789abcdef@x",
            "<0123456789abcdef0123456789abcdeg@x>",
        ] {
            assert_eq!(id(other), None, "{other}");
        }
        assert_eq!(head("\r\nA: 1\r\n\r\nB: 2"), "A: 1");
        assert_eq!(head("A: 1\n\nB: 2"), "A: 1");
        assert_eq!(head("A: 1"), "A: 1");
    }
}
