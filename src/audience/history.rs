//! What flows did with a person so far, as an executor remembers it.

use jiff::Timestamp;

use super::window::{Span, Unit};

/// Entries into flows and messages that were sent: what re-entry, `profile-not-in-flow` and `profile-not-sent-email` ask.
///
/// ```
/// use letterpress::audience::History;
/// let mut history = History::default();
/// history.entered("winback", "2026-11-01T00:00:00Z".parse()?);
/// history.sent("email", "2026-11-03T09:00:00Z".parse()?);
/// assert_eq!((history.entries.len(), history.sends.len()), (1, 1));
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Every time the person entered a flow.
    pub entries: Vec<FlowEntry>,
    /// Every message they were sent, by flows and campaigns.
    pub sends: Vec<Sent>,
}

/// That somebody entered a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowEntry {
    /// The flow, by its file's name.
    pub flow: String,
    /// When.
    pub at: Timestamp,
}

/// That somebody was sent a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// `email`, `sms` or `push`.
    pub channel: String,
    /// When.
    pub at: Timestamp,
}

impl History {
    /// Remembers that somebody entered a flow.
    pub fn entered(&mut self, flow: impl Into<String>, at: Timestamp) {
        self.entries.push(FlowEntry {
            flow: flow.into(),
            at,
        });
    }

    /// Remembers that they were sent a message.
    pub fn sent(&mut self, channel: impl Into<String>, at: Timestamp) {
        self.sends.push(Sent {
            channel: channel.into(),
            at,
        });
    }
}

/// A history as the conditions of one flow see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Past<'v> {
    pub(super) flow: &'v str,
    pub(super) history: &'v History,
    /// When the person entered this time: that entry is not one of the past.
    pub(super) entered: Option<Timestamp>,
}

impl Past<'_> {
    /// Whether somebody entered a flow before: within a span, or ever.
    pub(super) fn was_in(&self, flow: Option<&str>, within: Option<Span>, now: i64) -> bool {
        let flow = flow.unwrap_or(self.flow);
        self.history.entries.iter().any(|one| {
            let itself = one.flow == self.flow && Some(one.at) == self.entered;
            let at = one.at.as_second();
            let counts = within.is_none_or(|span| at >= since(span, now));
            one.flow == flow && !itself && at <= now && counts
        })
    }

    pub(super) fn was_sent(&self, channel: &str, within: Option<Span>, now: i64) -> bool {
        self.history.sends.iter().any(|one| {
            let at = one.at.as_second();
            one.channel == channel && at <= now && within.is_none_or(|span| at >= since(span, now))
        })
    }
}

/// The start of a span that ends now, as `in-the-last` has it: whole days of UTC, rolling hours.
pub(super) fn since(span: Span, now: i64) -> i64 {
    let day = 86_400;
    match span.unit {
        Unit::Hour => now - span.quantity * 3_600,
        Unit::Day => now.div_euclid(day) * day - span.quantity * day,
        Unit::Week => now.div_euclid(day) * day - span.quantity * 7 * day,
    }
}
