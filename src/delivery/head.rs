//! The headers of a message, checked and encoded, in the order in which they travel.

use std::borrow::Cow;

use jiff::Timestamp;
use lettre::message::Mailbox as Raw;

use super::DeliveryError;
use super::header;
use super::party::Party;
use crate::email::{Header, Mailbox, Rendered};

/// The headers of a message, and what else is derived with them.
pub(super) struct Head<'m> {
    pub(super) from: Party,
    pub(super) to: Option<Party>,
    pub(super) fields: Vec<Field<'m>>,
    /// What separates the parts.
    pub(super) boundary: String,
}

/// A header.
pub(super) struct Field<'m> {
    pub(super) name: Cow<'m, str>,
    /// Its value as one reads it; None: as it travels.
    pub(super) plain: Option<String>,
    /// Its value as it travels: encoded and folded.
    pub(super) value: String,
}

/// Headers that this room writes; a further header may not say them again.
const OWN: &[&str] = &[
    "From",
    "Sender",
    "To",
    "Cc",
    "Bcc",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

/// Where a message goes that goes nowhere.
const NOBODY: &str = "undisclosed-recipients:;";

impl<'m> Head<'m> {
    /// The headers of `mail`, to `to`, with those of the run behind the email's own.
    ///
    /// # Errors
    /// There is no sender or identity, or an address, date or header that mail cannot carry.
    pub(super) fn of(
        mail: &'m Rendered,
        to: Option<&Mailbox>,
        further: &'m [Header],
    ) -> Result<Head<'m>, DeliveryError> {
        if mail.from.trim().is_empty() {
            return Err(DeliveryError::NoFrom {
                email: mail.email.clone(),
            });
        }
        let id: String = mail
            .id
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(60)
            .collect();
        if id.is_empty() {
            return Err(DeliveryError::Id);
        }
        let from = Party::parse("From", &mail.from)?;
        let to = to.map(|to| Party::new("To", to)).transpose()?;
        let date = date(mail.date)?;

        let mut fields = Vec::with_capacity(16);
        fields.push(party("From", &from));
        fields.push(match &to {
            Some(to) => party("To", to),
            None => plain("To", NOBODY.into()),
        });
        if let Some(reply_to) = reply_to(mail)? {
            fields.push(party("Reply-To", &reply_to));
        }
        fields.push(text("Subject", &mail.subject));
        fields.push(plain("Date", date));
        // Of the message, never of the machine: a retry has the same, and nobody learns the host's name.
        let message_id = format!("<{id}@{}>", from.address.domain());
        fields.push(plain("Message-ID", message_id));
        for header in mail.headers.iter().chain(further) {
            let field = further_field(header, &fields)?;
            fields.push(field);
        }
        fields.push(plain("MIME-Version", "1.0".into()));
        // "=_" cannot stand in quoted-printable, so no body can end the part it is in.
        let boundary = format!("=_{id}");
        fields.push(Field {
            name: "Content-Type".into(),
            plain: Some(format!("multipart/alternative; boundary=\"{boundary}\"")),
            value: format!("multipart/alternative;\r\n boundary=\"{boundary}\""),
        });
        fields.push(plain("Content-Transfer-Encoding", "7bit".into()));
        Ok(Head {
            from,
            to,
            fields,
            boundary,
        })
    }

    /// Appends the headers, and the empty line behind them.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for Field { name, value, .. } in &self.fields {
            for piece in [name, ": ", value, "\r\n"] {
                out.extend_from_slice(piece.as_bytes());
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}

fn plain<'m>(name: &'static str, value: String) -> Field<'m> {
    Field {
        name: name.into(),
        plain: None,
        value,
    }
}

fn text<'m>(name: &'static str, value: &str) -> Field<'m> {
    let plain = header::clean(value);
    Field {
        name: name.into(),
        value: header::text(name, &plain),
        plain: Some(plain),
    }
}

fn party<'m>(name: &'static str, party: &Party) -> Field<'m> {
    let address: &str = party.address.as_ref();
    Field {
        name: name.into(),
        value: header::mailbox(name, party.name.as_deref(), address),
        plain: Some(Raw::new(party.name.clone(), party.address.clone()).to_string()),
    }
}

/// An empty Reply-To is none.
fn reply_to(mail: &Rendered) -> Result<Option<Party>, DeliveryError> {
    match mail.reply_to.as_deref().map(header::clean) {
        Some(text) if !text.is_empty() => Party::parse("Reply-To", &text).map(Some),
        _ => Ok(None),
    }
}

fn date(at: Timestamp) -> Result<String, DeliveryError> {
    let zoned = at.to_zoned_datetime(jiff::tz::TimeZone::UTC);
    Some(&zoned)
        .filter(|zoned| zoned.year() >= 1900)
        .and_then(|zoned| jiff::fmt::rfc2822::to_string(zoned).ok())
        .ok_or(DeliveryError::Date { date: at })
}

/// A header of the email or the run, which may not say again what is said.
fn further_field<'m>(
    Header { name, value }: &'m Header,
    done: &[Field<'m>],
) -> Result<Field<'m>, DeliveryError> {
    let error = |reason: String| DeliveryError::Header {
        name: name.clone().into_owned(),
        reason,
    };
    // lettre takes line ends in a name.
    if !(1..=76).contains(&name.len()) || !name.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
        return Err(error(
            "is no header's name; use letters, digits and '-'".into(),
        ));
    }
    if OWN.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Err(error(
            "is written by letterpress itself; leave it out".into(),
        ));
    }
    if done
        .iter()
        .any(|other| other.name.eq_ignore_ascii_case(name))
    {
        return Err(error("is given twice; give it once".into()));
    }
    let field = if name.eq_ignore_ascii_case("List-Id") {
        let value = header::list_id(name, value).ok_or_else(|| {
            error("is no identity of a list; write `Name <list.example.com>`".into())
        })?;
        Field {
            name: Cow::Borrowed(name),
            plain: None,
            value,
        }
    } else if value.trim_start().starts_with('<') {
        Field {
            name: Cow::Borrowed(name),
            plain: Some(header::clean(value)),
            value: header::addresses(name, value),
        }
    } else {
        let plain = header::clean(value);
        Field {
            name: Cow::Borrowed(name),
            value: header::words(name, &plain),
            plain: Some(plain),
        }
    };
    if let Some(length) = header::too_long(name, &field.value) {
        return Err(error(format!(
            "has a line of {length} bytes, and no mail server takes more than 998; shorten the link in it"
        )));
    }
    Ok(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let text = |at: &str| date(at.parse().unwrap_or_default());
        assert_eq!(
            text("2026-11-06T18:00:00Z").ok().as_deref(),
            Some("Fri, 6 Nov 2026 18:00:00 +0000")
        );
        assert!(text("1969-07-20T20:17:00Z").is_ok());
        assert!(text("0001-01-01T00:00:00Z").is_err());
    }
}
