//! A rendered email as a message.

use std::borrow::Cow;

use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, HeaderName, HeaderValue, Headers};
use lettre::message::{Body, Message};

use super::DeliveryError;
use super::compose::{bytes, roomy};
use super::head::{Field, Head};
use super::quoted_printable;
use crate::email::Rendered;

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
    let Head {
        from,
        to,
        fields,
        boundary,
    } = Head::of(mail, mail.to.as_ref(), &[])?;
    let Some(to) = to else {
        return Err(DeliveryError::NoRecipient {
            email: mail.email.clone(),
        });
    };
    let build = |error: lettre::error::Error| DeliveryError::Build(error.to_string());
    let mut encoded = Vec::with_capacity(roomy(mail));
    body(mail, &boundary, &mut encoded);
    // lettre reads From again to see that there is one: it is given the bare address first, which it can always read.
    let bare = raw("From".into(), from.address.to_string(), String::new())?;
    let envelope = Envelope::new(Some(from.address), vec![to.address])
        .map_err(|error| DeliveryError::Build(error.to_string()))?;
    let mut message = Message::builder()
        .raw_header(bare)
        .envelope(envelope)
        .body(Body::dangerous_pre_encoded(
            encoded,
            ContentTransferEncoding::SevenBit,
        ))
        .map_err(build)?;
    let headers = message.headers_mut();
    // So is the date, which lettre replaces by the clock's when it cannot read it, such as one of 1969.
    *headers = Headers::new();
    for Field { name, plain, value } in fields {
        headers.insert_raw(raw(name, plain.unwrap_or_else(|| value.clone()), value)?);
    }
    Ok(message)
}

/// A header that has been checked and encoded.
fn raw(name: Cow<'_, str>, plain: String, encoded: String) -> Result<HeaderValue, DeliveryError> {
    let name = HeaderName::new_from_ascii(name.into_owned())
        .map_err(|error| DeliveryError::Build(error.to_string()))?;
    Ok(HeaderValue::dangerous_new_pre_encoded(name, plain, encoded))
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
    let head = Head::of(mail, mail.to.as_ref(), &[])?;
    Ok(bytes(mail, &head))
}

/// Appends the body of a multipart/alternative message: the text first, because a reader takes the last part that it can
/// show.
pub(super) fn body(mail: &Rendered, boundary: &str, out: &mut Vec<u8>) {
    for (kind, part) in [("text/plain", &mail.text), ("text/html", &mail.html)] {
        for piece in [
            "--",
            boundary,
            "\r\nContent-Type: ",
            kind,
            "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
        ] {
            out.extend_from_slice(piece.as_bytes());
        }
        quoted_printable::encode(part, out);
        out.extend_from_slice(b"\r\n");
    }
    for piece in ["--", boundary, "--\r\n"] {
        out.extend_from_slice(piece.as_bytes());
    }
}
