//! A rendered email as a message.

use jiff::Timestamp;
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Body, Message};
use lettre::{Address, message::Mailbox as Raw};

use super::DeliveryError;
use super::header;
use crate::email::{Header, Mailbox, Rendered, is_address, parse_mailbox};

/// A message for lettre's transports, with its envelope.
///
/// Text and HTML stand side by side (multipart/alternative) in quoted-printable. Date, Message-ID and boundary come from
/// `mail`, so the same email gives the same bytes.
///
/// ```
/// # use letterpress::email::{Engine, FixedWorld, Recipient};
/// # use letterpress::data::Profile;
/// let engine = Engine::builder()
///     .template("hello/email.toml", "subject = 'Hi {{ first_name }}'\nfrom = 'Tea <hello@tea.example>'")
///     .template("hello/body.html", "<p>Hi {{ first_name }}</p>")
///     .build()?;
/// let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse()?);
/// let ada = Recipient::new(Profile::from_json(r#"{"email": "ada@example.com", "first_name": "Ada"}"#)?);
/// let outcome = engine.email("hello")?.render(&ada, &world);
/// let message = letterpress::delivery::message(outcome.rendered().unwrap())?;
/// assert_eq!(message.envelope().to()[0].to_string(), "ada@example.com");
/// assert_eq!(message.headers().get_raw("Subject"), Some("Hi Ada"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// There is no sender or no recipient, or an address or header that mail cannot carry.
pub fn message(mail: &Rendered) -> Result<Message, DeliveryError> {
    match &mail.to {
        Some(to) => build(mail, Some(to)),
        None => Err(DeliveryError::NoRecipient {
            email: mail.email.clone(),
        }),
    }
}

/// The bytes of a message, as an `.eml` file has them: lines end in CRLF.
///
/// An email that was rendered without a profile is addressed to `undisclosed-recipients:;`, so that it can be looked at.
///
/// ```
/// # use letterpress::email::{Engine, FixedWorld, Recipient};
/// # let engine = Engine::builder()
/// #     .template("hello/email.toml", "subject = 'Hi {{ name }}'\nfrom = 'Tea <hello@tea.example>'")
/// #     .template("hello/body.html", "<p>Hi {{ name }}</p>").build()?;
/// # let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse()?);
/// let person = Recipient::from_serialize(&serde_json::json!({"name": "Zoë"}))?;
/// let outcome = engine.email("hello")?.render(&person, &world);
/// let bytes = letterpress::delivery::eml(outcome.rendered().unwrap())?;
/// let text = String::from_utf8(bytes)?;
/// assert!(text.starts_with("From: Tea <hello@tea.example>\r\nTo: undisclosed-recipients:;\r\n"));
/// assert!(text.contains("\r\nSubject: Hi =?utf-8?b?Wm/Dqw==?=\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// There is no sender, or an address or header that mail cannot carry.
pub fn eml(mail: &Rendered) -> Result<Vec<u8>, DeliveryError> {
    build(mail, mail.to.as_ref()).map(|message| message.formatted())
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

fn build(mail: &Rendered, to: Option<&Mailbox>) -> Result<Message, DeliveryError> {
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
    let reply_to = mail.reply_to.as_deref().map(clean_party).transpose()?;
    let date = date(mail.date)?;

    // lettre reads From again to see that there is one: it is given the bare address first, which it can always read.
    let mut builder =
        Message::builder().raw_header(raw("From", from.address.to_string(), String::new()));
    builder = builder.raw_header(match &to {
        Some(to) => to.header("To"),
        None => raw("To", NOBODY.into(), NOBODY.into()),
    });
    if let Some(reply_to) = reply_to.flatten() {
        builder = builder.raw_header(reply_to.header("Reply-To"));
    }
    let message_id = format!("<{id}@{}>", from.address.domain());
    builder = builder
        .raw_header(raw(
            "Subject",
            header::clean(&mail.subject),
            header::text("Subject", &mail.subject),
        ))
        .raw_header(date.clone())
        .raw_header(raw("Message-ID", message_id.clone(), message_id));
    for value in further(&mail.headers)? {
        builder = builder.raw_header(value);
    }
    // "=_" cannot stand in quoted-printable, so no body can end the part it is in.
    let boundary = format!("=_{id}");
    let content_type = format!("multipart/alternative;\r\n boundary=\"{boundary}\"");
    let envelope = Envelope::new(
        Some(from.address.clone()),
        vec![to.as_ref().map_or(&from, |to| to).address.clone()],
    )
    .map_err(|error| DeliveryError::Build(error.to_string()))?;
    let mut message = builder
        .header(MIME_VERSION_1_0)
        .raw_header(raw(
            "Content-Type",
            content_type.replace("\r\n", ""),
            content_type,
        ))
        .envelope(envelope)
        .body(Body::dangerous_pre_encoded(
            alternatives(mail, &boundary)?,
            ContentTransferEncoding::SevenBit,
        ))
        .map_err(|error| DeliveryError::Build(error.to_string()))?;
    let headers = message.headers_mut();
    headers.insert_raw(from.header("From"));
    // lettre replaces a date that it cannot read, such as one of 1969, by the clock's.
    headers.insert_raw(date);
    Ok(message)
}

/// Where a message goes that goes nowhere.
const NOBODY: &str = "undisclosed-recipients:;";

/// A name with an address in ASCII.
struct Party {
    name: Option<String>,
    address: Address,
}

impl Party {
    fn parse(header: &'static str, text: &str) -> Result<Party, DeliveryError> {
        let mailbox =
            parse_mailbox(&header::clean(text)).ok_or_else(|| DeliveryError::Address {
                header,
                value: text.to_owned(),
            })?;
        Party::new(header, &mailbox)
    }

    fn new(header: &'static str, mailbox: &Mailbox) -> Result<Party, DeliveryError> {
        let text = mailbox.address.as_str();
        let not_one = || DeliveryError::Address {
            header,
            value: text.to_owned(),
        };
        if !is_address(text) {
            return Err(not_one());
        }
        let (local, domain) = text.rsplit_once('@').ok_or_else(not_one)?;
        if !local.is_ascii() {
            return Err(DeliveryError::LocalPart {
                header,
                address: text.to_owned(),
            });
        }
        let no_ascii = || DeliveryError::Domain {
            header,
            address: text.to_owned(),
        };
        let domain = if domain.is_ascii() {
            domain.to_owned()
        } else {
            idna::domain_to_ascii(domain).map_err(|_| no_ascii())?
        };
        if !domain.is_ascii() || !is_address(&format!("{local}@{domain}")) {
            return Err(no_ascii());
        }
        Ok(Party {
            name: mailbox
                .name
                .as_deref()
                .map(header::clean_name)
                .filter(|name| !name.is_empty()),
            address: Address::new(local, domain).map_err(|_| not_one())?,
        })
    }

    fn header(&self, name: &'static str) -> HeaderValue {
        raw(
            name,
            Raw::new(self.name.clone(), self.address.clone()).to_string(),
            header::mailbox(name, self.name.as_deref(), self.address.as_ref()),
        )
    }
}

/// An empty Reply-To is none.
fn clean_party(text: &str) -> Result<Option<Party>, DeliveryError> {
    match header::clean(text) {
        text if text.is_empty() => Ok(None),
        text => Party::parse("Reply-To", &text).map(Some),
    }
}

/// A header of this room; `name` is one of its own constants or has been checked.
fn raw(name: &'static str, plain: String, encoded: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), plain, encoded)
}

fn date(at: Timestamp) -> Result<HeaderValue, DeliveryError> {
    let zoned = at.to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let text = Some(&zoned)
        .filter(|zoned| zoned.year() >= 1900)
        .and_then(|zoned| jiff::fmt::rfc2822::to_string(zoned).ok())
        .ok_or(DeliveryError::Date { date: at })?;
    Ok(raw("Date", text.clone(), text))
}

fn further(headers: &[Header]) -> Result<Vec<HeaderValue>, DeliveryError> {
    let mut done: Vec<&'static str> = Vec::with_capacity(headers.len());
    let mut values = Vec::with_capacity(headers.len());
    for Header { name, value } in headers {
        let error = |reason: String| DeliveryError::Header {
            name: (*name).to_owned(),
            reason,
        };
        let said = |other: &&str| other.eq_ignore_ascii_case(name);
        // lettre takes line ends in a name.
        if !(1..=76).contains(&name.len())
            || !name.bytes().all(|b| b.is_ascii_graphic() && b != b':')
        {
            return Err(error(
                "is no header's name; use letters, digits and '-'".into(),
            ));
        }
        if OWN.iter().any(said) {
            return Err(error(
                "is written by letterpress itself; leave it out".into(),
            ));
        }
        if done.iter().any(said) {
            return Err(error("is given twice; give it once".into()));
        }
        let encoded = if value.trim_start().starts_with('<') {
            header::addresses(name, value)
        } else {
            header::text(name, value)
        };
        if let Some(length) = header::too_long(name, &encoded) {
            return Err(error(format!(
                "has a line of {length} bytes, and no mail server takes more than 998; shorten the link in it"
            )));
        }
        done.push(name);
        values.push(raw(name, header::clean(value), encoded));
    }
    Ok(values)
}

/// The body of a multipart/alternative message: the text first, because a reader takes the last part that it can show.
fn alternatives(mail: &Rendered, boundary: &str) -> Result<Vec<u8>, DeliveryError> {
    let parts = [
        ("text/plain", quoted_printable(&mail.text)?),
        ("text/html", quoted_printable(&mail.html)?),
    ];
    let size: usize = parts.iter().map(|(_, body)| body.len() + 200).sum();
    let mut out = Vec::with_capacity(size);
    for (kind, body) in &parts {
        out.extend_from_slice(b"--");
        out.extend_from_slice(boundary.as_bytes());
        out.extend_from_slice(b"\r\nContent-Type: ");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(
            b"; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
        );
        out.extend_from_slice(body);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"--");
    out.extend_from_slice(boundary.as_bytes());
    out.extend_from_slice(b"--\r\n");
    Ok(out)
}

fn quoted_printable(text: &str) -> Result<Vec<u8>, DeliveryError> {
    Body::new_with_encoding(
        network_lines(text),
        ContentTransferEncoding::QuotedPrintable,
    )
    .map(Body::into_vec)
    .map_err(|_| DeliveryError::Build("a part cannot be quoted".into()))
}

/// Every kind of line end becomes CRLF, in one pass: lettre's own way moves the rest of the text at each line.
fn network_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 24);
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'\r', b'\n', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        out.push_str("\r\n");
        rest = &rest[at..];
        rest = rest
            .strip_prefix("\r\n")
            .or_else(|| rest.strip_prefix(['\r', '\n']))
            .unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends() {
        assert_eq!(
            network_lines("a\nb\r\nc\rd\n\re"),
            "a\r\nb\r\nc\r\nd\r\n\r\ne"
        );
        assert_eq!(network_lines(""), "");
    }

    #[test]
    fn dates() {
        let text = |at: &str| {
            date(at.parse().unwrap_or_default()).map(|value| {
                let mut headers = lettre::message::header::Headers::new();
                headers.insert_raw(value);
                headers.get_raw("Date").map(str::to_owned)
            })
        };
        assert_eq!(
            text("2026-11-06T18:00:00Z").ok().flatten().as_deref(),
            Some("Fri, 6 Nov 2026 18:00:00 +0000")
        );
        assert!(text("1969-07-20T20:17:00Z").is_ok());
        assert!(text("0001-01-01T00:00:00Z").is_err());
    }
}
