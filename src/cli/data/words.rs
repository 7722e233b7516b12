//! Klaviyo's words for what somebody said about marketing, and values as people read them.

use crate::data::{Consent, Profile, SuppressionReason, instant};
use crate::value::{self, Value, ValueKind};

pub(super) fn consent(consent: Consent) -> &'static str {
    match consent {
        Consent::Subscribed => "Subscribed",
        Consent::NeverSubscribed => "Never subscribed",
        Consent::Unsubscribed => "Unsubscribed",
    }
}

pub(super) fn reason(reason: &SuppressionReason) -> &str {
    match reason {
        SuppressionReason::HardBounce => "Hard bounced",
        SuppressionReason::InvalidEmail => "Invalid email",
        SuppressionReason::SpamComplaint => "Marked as spam",
        SuppressionReason::Unsubscribe => "Unsubscribed",
        SuppressionReason::UserSuppressed => "Manually suppressed",
        SuppressionReason::Other(word) => word,
    }
}

/// Why marketing cannot be mailed to somebody; None where it can.
pub(super) fn unreachable(profile: &Profile) -> Option<String> {
    if profile.email.is_none() {
        return Some("no email address".into());
    }
    if let Some(suppression) = profile.suppression() {
        return Some(format!(
            "suppressed ({})",
            reason(&suppression.reason).to_lowercase()
        ));
    }
    (profile.consent() == Consent::Unsubscribed).then(|| "unsubscribed".into())
}

/// Klaviyo's name for the type of a property.
pub(super) fn kind(v: &Value) -> &'static str {
    match v.kind() {
        ValueKind::Undefined | ValueKind::None => "null",
        ValueKind::Bool => "boolean",
        ValueKind::Number => "number",
        ValueKind::Seq | ValueKind::Iterable => "list",
        ValueKind::Map => "object",
        _ => match v.as_str() {
            Some(text) if text.contains(['-', '/']) && instant(text).is_some() => "date",
            _ => "text",
        },
    }
}

/// A value on one line: a list as its members, an object as JSON.
pub(super) fn readable(v: &Value) -> String {
    let json = |v: &Value| serde_json::to_string(v).unwrap_or_default();
    let plain = |v: &Value| match kind(v) {
        "text" | "date" => value::text(v),
        _ => json(v),
    };
    match kind(v) {
        "list" => {
            let members = value::items(v).unwrap_or_default();
            let members: Vec<String> = members.iter().map(plain).collect();
            members.join(", ")
        }
        _ => plain(v),
    }
}
