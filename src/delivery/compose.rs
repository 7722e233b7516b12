//! A rendered email as a letter.

use super::head::Head;
use super::message::body;
use super::{DeliveryError, Letter};
use crate::email::{Header, Rendered};

/// The message of a rendered email with its envelope; `further` are headers of the run, such as `Feedback-ID`.
///
/// With no further headers the bytes are those of [`eml`](super::eml).
///
/// ```
/// # use letterpress::email::{Engine, FixedWorld, Recipient};
/// # use letterpress::data::Profile;
/// use letterpress::delivery::letter;
/// use letterpress::email::Header;
/// # let engine = Engine::builder()
/// #     .template("sale/email.toml", "subject = 'Hi {{ first_name }}'\nfrom = 'Tea <hello@bücher.example>'")
/// #     .template("sale/body.html", "<p>Hi {{ first_name }}</p>")
/// #     .build()?;
/// # let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse()?);
/// # let ada = Recipient::new(Profile::from_json(r#"{"email": "ada@example.com", "first_name": "Ada"}"#)?);
/// let outcome = engine.email("sale")?.render(&ada, &world);
/// let mail = outcome.rendered().unwrap();
/// let run = [Header::new("Feedback-ID", "sale:letterpress:tea")];
/// let letter = letter(mail, &run)?;
/// assert_eq!((&*letter.from, &*letter.to), ("hello@xn--bcher-kva.example", "ada@example.com"));
/// assert_eq!(letter.id, mail.id);
/// let text = String::from_utf8(letter.bytes)?;
/// assert!(text.contains("\r\nFeedback-ID: sale:letterpress:tea\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// There is no sender or no recipient, or an address or header that mail cannot carry.
/// [`DeliveryError::skip_reason`] says whether that is the person's.
pub fn letter(mail: &Rendered, further: &[Header]) -> Result<Letter, DeliveryError> {
    let no_recipient = || DeliveryError::NoRecipient {
        email: mail.email.clone(),
    };
    let head = Head::of(mail, mail.to.as_ref(), further)?;
    let to = head.to.as_ref().ok_or_else(no_recipient)?;
    Ok(Letter {
        id: mail.id.clone(),
        from: head.from.address.to_string(),
        to: to.address.to_string(),
        bytes: bytes(mail, &head),
    })
}

/// The headers and the parts.
pub(super) fn bytes(mail: &Rendered, head: &Head<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(roomy(mail));
    head.write(&mut out);
    body(mail, &head.boundary, &mut out);
    out
}

/// Bytes that hold most messages of this email: nothing is moved while it is written.
pub(super) fn roomy(mail: &Rendered) -> usize {
    const HEAD: usize = 3_000;
    let parts = mail.html.len() + mail.text.len();
    HEAD + parts + parts / 4
}
