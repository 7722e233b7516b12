//! Who a campaign reaches: consent and suppression decide; each person left out has a reason.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::file::{CampaignFile, Consent};
use crate::data::{self, DataError, Profile, SuppressionReason};
use crate::email::SkipReason;

/// Why a campaign leaves a person out before anything is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotMailed {
    /// A bounce, a complaint, or by hand.
    Suppressed,
    /// They did not say yes, or said no.
    NotConsented,
    /// They were mailed too recently.
    SmartSending,
}

impl NotMailed {
    /// The word for programs.
    pub fn code(self) -> &'static str {
        match self {
            NotMailed::Suppressed => "suppressed",
            NotMailed::NotConsented => "not_consented",
            NotMailed::SmartSending => "smart_sending",
        }
    }

    /// Klaviyo's wording where it has one.
    pub fn klaviyo(self) -> &'static str {
        match self {
            NotMailed::Suppressed => "Person Suppressed",
            NotMailed::NotConsented => "Not Consented",
            NotMailed::SmartSending => "Smart Sending",
        }
    }
}

/// The people a campaign reaches.
#[derive(Debug, Default)]
pub struct Audience {
    /// In the order of the data.
    pub people: Vec<Arc<Profile>>,
    /// How many are left out, by reason.
    pub left_out: BTreeMap<NotMailed, usize>,
}

impl Audience {
    /// Chooses among all profiles, by consent and suppression; they are looked at one after the other.
    ///
    /// # Errors
    /// The database failed.
    pub fn choose(
        file: &CampaignFile,
        profiles: impl IntoIterator<Item = Result<Arc<Profile>, DataError>>,
    ) -> Result<Audience, DataError> {
        let mut audience = Audience::default();
        for profile in profiles {
            let profile = profile?;
            match not_mailed(&profile, file.consent, false) {
                Some(reason) => *audience.left_out.entry(reason).or_default() += 1,
                None => audience.people.push(profile),
            }
        }
        Ok(audience)
    }
}

/// Why a profile may not be mailed under a consent; None when it may. A transactional email asks for no consent, and reaches
/// those who unsubscribed from marketing; who bounced or complained is reached by nothing.
pub fn not_mailed(profile: &Profile, wanted: Consent, transactional: bool) -> Option<NotMailed> {
    let marketing = |reason: &SuppressionReason| *reason == SuppressionReason::Unsubscribe;
    if let Some(suppression) = profile.suppression()
        && !(transactional && marketing(&suppression.reason))
    {
        return Some(NotMailed::Suppressed);
    }
    let admitted = match profile.consent() {
        data::Consent::Subscribed => true,
        data::Consent::NeverSubscribed => wanted == Consent::NotUnsubscribed,
        data::Consent::Unsubscribed => false,
    };
    (!admitted && !transactional).then_some(NotMailed::NotConsented)
}

/// What Klaviyo calls a reason, where it has a word for it; else the reason as a sentence's end.
pub fn klaviyo_wording(reason: &str) -> &str {
    let own = [
        NotMailed::Suppressed,
        NotMailed::NotConsented,
        NotMailed::SmartSending,
    ];
    let skips = SkipReason::ALL;
    let own = own
        .into_iter()
        .find(|one| one.code() == reason)
        .map(NotMailed::klaviyo);
    let skip = skips
        .into_iter()
        .find(|one| one.code() == reason)
        .map(SkipReason::klaviyo);
    match reason {
        "refused" => "refused by the server",
        "gave_up" => "the server would not take it, several times",
        "no_answer" => "the server gave no answer to the whole message",
        "cut_off" => "the process was ended while it was on its way",
        "power_loss" => "the machine went down before the result was written",
        "message" => "no message can be made of it",
        "forgotten" => "Forgotten",
        other => own.or(skip).unwrap_or(other),
    }
}
