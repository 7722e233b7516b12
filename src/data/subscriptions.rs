//! Consent and suppression: whether somebody may be mailed.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;

use super::DataError;
use super::fields::{Fields, brief};
use super::instant;

/// What somebody said about marketing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Consent {
    /// Yes.
    Subscribed,
    /// Nothing. Email may be sent all the same, text messages and push may not.
    #[default]
    NeverSubscribed,
    /// No.
    Unsubscribed,
}

/// Why somebody cannot be mailed whatever they said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum SuppressionReason {
    /// The address does not exist.
    HardBounce,
    /// The address is no address.
    InvalidEmail,
    /// A mail was reported as spam.
    SpamComplaint,
    /// Unsubscribed.
    Unsubscribe,
    /// Suppressed by hand or by an import.
    UserSuppressed,
    /// Any other word.
    #[serde(untagged)]
    Other(String),
}

impl SuppressionReason {
    fn of(word: &str) -> SuppressionReason {
        match word.trim().to_ascii_uppercase().as_str() {
            "HARD_BOUNCE" => SuppressionReason::HardBounce,
            "INVALID_EMAIL" => SuppressionReason::InvalidEmail,
            "SPAM_COMPLAINT" => SuppressionReason::SpamComplaint,
            "UNSUBSCRIBE" => SuppressionReason::Unsubscribe,
            "USER_SUPPRESSED" => SuppressionReason::UserSuppressed,
            _ => SuppressionReason::Other(word.trim().to_owned()),
        }
    }
}

/// One reason why a channel is closed to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    #[serde(
        serialize_with = "instant::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub timestamp: Option<Timestamp>,
}

/// A suppression that holds for one list only; it does not make somebody unreachable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListSuppression {
    /// The list.
    pub list_id: String,
    /// Why and since when.
    #[serde(flatten)]
    pub suppression: Suppression,
}

/// What is known about one channel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Channel {
    /// What was said.
    pub consent: Consent,
    /// When it was said.
    #[serde(
        serialize_with = "instant::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub consent_timestamp: Option<Timestamp>,
    /// When any of this changed.
    #[serde(
        serialize_with = "instant::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_updated: Option<Timestamp>,
    /// How it was said, e.g. `FORM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Where it was said, e.g. a form's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method_detail: Option<String>,
    /// The same in the account's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_method_detail: Option<String>,
    /// Whether it was confirmed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub double_optin: bool,
    /// Reasons that close the channel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppression: Vec<Suppression>,
    /// Reasons that close single lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub list_suppressions: Vec<ListSuppression>,
}

/// Consent and suppression by channel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Subscriptions {
    /// Marketing by email.
    pub email: Channel,
    /// Marketing by text message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms: Option<Channel>,
    /// Marketing by push message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile_push: Option<Channel>,
}

impl Subscriptions {
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Subscriptions, DataError> {
        let channel = |name: &str| -> Result<Option<Channel>, DataError> {
            let Some(channel) = fields.object(name)? else {
                return Ok(None);
            };
            channel
                .object("marketing")?
                .map(|m| Channel::read(&m))
                .transpose()
        };
        Ok(Subscriptions {
            email: channel("email")?.unwrap_or_default(),
            sms: channel("sms")?,
            mobile_push: channel("mobile_push")?,
        })
    }
}

impl Channel {
    fn read(fields: &Fields<'_>) -> Result<Channel, DataError> {
        let list = |names: [&str; 2]| -> Result<Vec<&RawValue>, DataError> {
            let mut all = fields.list(names[0])?;
            all.extend(fields.list(names[1])?);
            Ok(all)
        };
        let mut suppression = Vec::new();
        for raw in list(["suppression", "suppressions"])? {
            suppression.push(Suppression::read(&Fields::of_part(
                fields.record(),
                raw,
                "suppression",
            )?)?);
        }
        let mut list_suppressions = Vec::new();
        for raw in fields.list("list_suppressions")? {
            let one = Fields::of_part(fields.record(), raw, "list_suppressions")?;
            list_suppressions.push(ListSuppression {
                list_id: one.identifier("list_id")?.unwrap_or_default(),
                suppression: Suppression::read(&one)?,
            });
        }
        Ok(Channel {
            consent: read_consent(fields)?,
            consent_timestamp: fields.time("consent_timestamp")?,
            last_updated: fields.time("last_updated")?,
            method: fields.text("method")?,
            method_detail: fields.text("method_detail")?,
            custom_method_detail: fields.text("custom_method_detail")?,
            double_optin: fields.boolean("double_optin")?.unwrap_or(false),
            suppression,
            list_suppressions,
        })
    }
}

fn read_consent(fields: &Fields<'_>) -> Result<Consent, DataError> {
    let Some(word) = fields.identifier("consent")? else {
        return Ok(Consent::NeverSubscribed);
    };
    match word.to_ascii_uppercase().replace([' ', '-'], "_").as_str() {
        "SUBSCRIBED" => Ok(Consent::Subscribed),
        "NEVER_SUBSCRIBED" => Ok(Consent::NeverSubscribed),
        "UNSUBSCRIBED" => Ok(Consent::Unsubscribed),
        // To guess here is to mail somebody who may have said no.
        _ => Err(DataError::record(
            format!("'consent' is none of the words it can be: {}", brief(&word)),
            fields.place("consent"),
        )
        .with_help("write SUBSCRIBED, NEVER_SUBSCRIBED or UNSUBSCRIBED")),
    }
}

impl Suppression {
    fn read(fields: &Fields<'_>) -> Result<Suppression, DataError> {
        Ok(Suppression {
            reason: SuppressionReason::of(&fields.text("reason")?.unwrap_or_default()),
            timestamp: fields.time("timestamp")?,
        })
    }
}
