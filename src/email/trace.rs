//! What the render of an email did, part by part.

use serde::Serialize;

use crate::language::Trace;

/// The traces of an email's parts; None of a part that the email does not have, or that was not reached.
///
/// Places in the output are bytes of the finished part: of the HTML, of the text as it is sent, of the subject's one
/// line. Of a part that ended the render they are bytes of what was printed up to there. Of an email that is compiled
/// for each person, `html` is the trace of its tags, which run before its MJML is compiled: it has no places in the HTML,
/// and a text that is derived from that has no tags and no trace.
///
/// ```
/// use letterpress::email::{Engine, FixedWorld, Recipient};
/// let engine = Engine::builder()
///     .template("hi/email.toml", "subject = \"{{ first_name|default:'Hello' }}!\"")
///     .template("hi/body.html", "<p>{{ first_name|default:'friend' }} {{ coupon_name }}</p>")
///     .build()?;
/// let ada = Recipient::from_serialize(&serde_json::json!({"first_name": "Ada"}))?;
/// let world = FixedWorld::at("2026-11-20T18:00:00[UTC]".parse()?);
///
/// let (outcome, trace) = engine.email("hi")?.render_traced(&ada, &world);
/// let html = &outcome.rendered().unwrap().html;
/// let reads: Vec<_> = trace.html.iter().flat_map(|part| part.reads()).collect();
/// let (start, end) = reads[0].output.unwrap();
/// assert_eq!((reads[0].path.as_str(), &html[start..end]), ("first_name", "Ada"));
/// assert_eq!((reads[1].path.as_str(), reads[1].value.as_deref()), ("coupon_name", None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, Serialize)]
pub struct EmailTrace {
    /// Of the subject.
    pub subject: Option<Trace>,
    /// Of the preheader.
    pub preheader: Option<Trace>,
    /// Of the sender.
    pub from: Option<Trace>,
    /// Of the address for answers.
    pub reply_to: Option<Trace>,
    /// Of the HTML part.
    pub html: Option<Trace>,
    /// Of the text part.
    pub text: Option<Trace>,
}

/// Where the trace of one part is put, if traces are kept.
pub(super) type Slot<'t> = Option<&'t mut Option<Trace>>;

/// Moves the places of a part from what was printed to what became of it.
pub(super) fn settle(slot: Slot<'_>, printed: &str, finished: &str) {
    if let Some(Some(trace)) = slot {
        trace.settle(printed, finished);
    }
}
