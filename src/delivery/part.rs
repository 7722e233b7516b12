//! One part of an outcome as bytes: what `letterpress render --part` prints and what the page serves under `/r/`.

use super::{DeliveryError, eml};
use crate::email::Outcome;

/// A part of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The HTML part.
    Html,
    /// The text part.
    Text,
    /// The subject, one line.
    Subject,
    /// The preheader, one line.
    Preheader,
    /// The whole message.
    Eml,
    /// The outcome, whichever it is.
    Json,
}

impl Part {
    /// The bytes, exactly; None where the outcome has no such part because nothing was rendered.
    ///
    /// ```
    /// use letterpress::delivery::Part;
    /// # use letterpress::email::{Engine, FixedWorld, Recipient};
    /// # let engine = Engine::builder().template("hi/email.toml", "subject = \"Hi\"").template("hi/body.html", "<p>Hi").build()?;
    /// # let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse()?);
    /// # let nobody = Recipient::from_context(letterpress::value::from_json("{}")?);
    /// let outcome = engine.email("hi")?.render(&nobody, &world);
    /// assert_eq!(Part::Html.of(&outcome)?.as_deref(), Some(&b"<p>Hi"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The message cannot be built: [`eml`].
    pub fn of(self, outcome: &Outcome) -> Result<Option<Vec<u8>>, DeliveryError> {
        if self == Part::Json {
            // An outcome is strings, numbers and lists of them: nothing that JSON has no form for.
            let mut json = serde_json::to_vec_pretty(outcome).unwrap_or_default();
            json.push(b'\n');
            return Ok(Some(json));
        }
        let Outcome::Rendered(mail) = outcome else {
            return Ok(None);
        };
        Ok(Some(match self {
            Part::Text => mail.text.clone().into_bytes(),
            Part::Subject => mail.subject.clone().into_bytes(),
            Part::Preheader => mail.preheader.clone().into_bytes(),
            Part::Eml => eml(mail)?,
            Part::Html | Part::Json => mail.html.clone().into_bytes(),
        }))
    }
}
