//! Conditions about consent and suppression.

use jiff::Timestamp;

use super::evidence::View;
use super::filter::Filter;
use super::held::Held;
use super::window::Moment;
use crate::data::{Channel, Consent, SuppressionReason};

/// The channels that profiles know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    Email,
    Sms,
    Push,
}

/// What is asked of a channel.
#[derive(Debug, Clone)]
pub(super) struct ConsentTest {
    pub(super) medium: Medium,
    pub(super) can_receive: bool,
    /// None for any.
    pub(super) consent: Option<Consent>,
    pub(super) filters: Vec<(ConsentField, Filter)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConsentField {
    StatusDate,
    DoubleOptIn,
    Method,
    BounceDate,
    ManualSuppressionDate,
    InvalidEmailDate,
    SpamComplaintDate,
}

impl ConsentField {
    pub(super) const WORDS: [(&'static str, ConsentField); 10] = [
        ("status_date", ConsentField::StatusDate),
        ("is_double_opt_in", ConsentField::DoubleOptIn),
        ("is_double_optin", ConsentField::DoubleOptIn),
        ("subscribe_method", ConsentField::Method),
        ("method", ConsentField::Method),
        ("bounce_date", ConsentField::BounceDate),
        (
            "manual_suppression_date",
            ConsentField::ManualSuppressionDate,
        ),
        (
            "manual_suppressed_date",
            ConsentField::ManualSuppressionDate,
        ),
        ("invalid_email_date", ConsentField::InvalidEmailDate),
        ("spam_complaint_date", ConsentField::SpamComplaintDate),
    ];

    pub(super) fn shown(self) -> &'static str {
        match self {
            ConsentField::StatusDate => "the date of it",
            ConsentField::DoubleOptIn => "double opt-in",
            ConsentField::Method => "the method",
            ConsentField::BounceDate => "the date of the bounce",
            ConsentField::ManualSuppressionDate => "the date of the suppression by hand",
            ConsentField::InvalidEmailDate => "the date the address was found invalid",
            ConsentField::SpamComplaintDate => "the date of the complaint",
        }
    }
}

impl ConsentTest {
    pub(super) fn holds(&self, view: &View<'_>, moment: &Moment<'_>) -> bool {
        let channel = self.channel(view);
        let consent = channel.map_or(Consent::NeverSubscribed, |one| one.consent);
        let can_receive = match self.medium {
            Medium::Email => view.profile.can_receive_email(),
            Medium::Sms | Medium::Push => consent == Consent::Subscribed,
        };
        can_receive == self.can_receive
            && self.consent.is_none_or(|wanted| wanted == consent)
            && self.filters.iter().all(|(field, filter)| {
                let held = channel.and_then(|channel| field.held(channel));
                filter.holds(held.as_ref(), moment)
            })
    }

    /// What is known, for a person to read.
    pub(super) fn seen(&self, view: &View<'_>) -> String {
        let channel = self.channel(view);
        let said = match channel.map_or(Consent::NeverSubscribed, |one| one.consent) {
            Consent::Subscribed => "subscribed",
            Consent::NeverSubscribed => "never subscribed",
            Consent::Unsubscribed => "unsubscribed",
        };
        let suppressed = match channel.is_some_and(|one| !one.suppression.is_empty()) {
            true => ", suppressed",
            false => "",
        };
        let address = match self.medium == Medium::Email && view.profile.email.is_none() {
            true => ", no email address",
            false => "",
        };
        format!("{said}{suppressed}{address}")
    }

    fn channel<'v>(&self, view: &View<'v>) -> Option<&'v Channel> {
        let known = view.profile.subscriptions.as_deref()?;
        match self.medium {
            Medium::Email => Some(&known.email),
            Medium::Sms => known.sms.as_ref(),
            Medium::Push => known.mobile_push.as_ref(),
        }
    }
}

impl ConsentField {
    fn held(self, channel: &Channel) -> Option<Held<'_>> {
        let suppressed = |reason: SuppressionReason| -> Option<Held<'static>> {
            let mut found = channel
                .suppression
                .iter()
                .filter(|one| one.reason == reason);
            let time: Timestamp = found.find_map(|one| one.timestamp)?;
            Some(Held::Time(time))
        };
        match self {
            ConsentField::StatusDate => {
                let time = channel.consent_timestamp.or(channel.last_updated);
                time.map(Held::Time)
            }
            ConsentField::DoubleOptIn => Some(Held::Boolean(channel.double_optin)),
            ConsentField::Method => channel.method.as_deref().map(Held::text_of),
            ConsentField::BounceDate => suppressed(SuppressionReason::HardBounce),
            ConsentField::ManualSuppressionDate => suppressed(SuppressionReason::UserSuppressed),
            ConsentField::InvalidEmailDate => suppressed(SuppressionReason::InvalidEmail),
            ConsentField::SpamComplaintDate => suppressed(SuppressionReason::SpamComplaint),
        }
    }
}
