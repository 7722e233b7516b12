//! A campaign's file.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{QuietHours, Rate, Rates};
use crate::diagnostic::{Diagnostic, Source};
use crate::settings::{Entry, Settings};

/// Whom a campaign may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Those who said yes.
    #[default]
    Subscribed,
    /// Those who said yes, and those who never said.
    NotUnsubscribed,
}

/// What happens to a message of which it is not known whether it went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// It is not sent again.
    #[default]
    AtMostOnce,
    /// It is sent again.
    AtLeastOnce,
}

/// What a campaign's file says.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CampaignFile {
    /// The email's name.
    pub email: String,
    /// Lists and segments to mail: `list:NAME`, `segment:NAME`; empty for everybody.
    pub include: Vec<String>,
    /// Lists and segments not to mail.
    pub exclude: Vec<String>,
    /// Whom it may reach.
    pub consent: Consent,
    /// Skip people who were mailed more recently than this, in hours.
    pub smart_sending_hours: Option<u64>,
    /// What happens to a message of which it is not known whether it went out.
    pub policy: Policy,
    /// How fast, in total and to single domains.
    pub rates: Rates,
    /// Hours of the recipient's day in which nobody is mailed.
    pub quiet_hours: Option<QuietHours>,
}

const KEYS: [&str; 9] = [
    "email",
    "include",
    "exclude",
    "consent",
    "smart_sending_hours",
    "policy",
    "rate",
    "domain_rates",
    "quiet_hours",
];

impl CampaignFile {
    /// Reads a campaign's file.
    ///
    /// ```
    /// use letterpress::campaign::CampaignFile;
    /// use letterpress::diagnostic::Source;
    /// let source = Source::new("campaigns/spring.toml", "emial = \"spring_sale\"");
    /// let errors = CampaignFile::parse(&source).unwrap_err();
    /// assert!(errors[0].to_text(false).contains("did you mean 'email'?"));
    /// ```
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(source: &Arc<Source>) -> Result<CampaignFile, Vec<Diagnostic>> {
        let mut file = CampaignFile::default();
        let mut named = false;
        Settings::read(
            source,
            "a campaign's file",
            |settings, name, value, at| match name {
                "email" => {
                    named = true;
                    file.email = settings.text(value).unwrap_or_default();
                }
                "include" => file.include = settings.texts(value).unwrap_or_default(),
                "exclude" => file.exclude = settings.texts(value).unwrap_or_default(),
                "consent" => match settings.choice(value, &["subscribed", "not_unsubscribed"]) {
                    Some("not_unsubscribed") => file.consent = Consent::NotUnsubscribed,
                    _ => file.consent = Consent::Subscribed,
                },
                "smart_sending_hours" => file.smart_sending_hours = settings.whole(value),
                "policy" => match settings.choice(value, &["at-most-once", "at-least-once"]) {
                    Some("at-least-once") => file.policy = Policy::AtLeastOnce,
                    _ => file.policy = Policy::AtMostOnce,
                },
                "rate" => file.rates.total = rate(settings, value),
                "domain_rates" => settings.table(value, |settings, domain, value, _| {
                    if let Some(rate) = rate(settings, value) {
                        file.rates.domains.insert(domain.to_lowercase(), rate);
                    }
                }),
                "quiet_hours" => file.quiet_hours = parsed(settings, value),
                name => settings.unknown(name, &KEYS, at),
            },
        )?;
        if !named {
            return Err(vec![
                Diagnostic::error("missing-key", format!("{} names no email", source.name()))
                    .help("write: email = \"name of a folder under templates/\""),
            ]);
        }
        Ok(file)
    }
}

fn rate(settings: &mut Settings<'_>, value: &Entry<'_>) -> Option<Rate> {
    parsed(settings, value)
}

/// A text that is read further; what is wrong with it is told at its place.
fn parsed<T: std::str::FromStr<Err = String>>(
    settings: &mut Settings<'_>,
    value: &Entry<'_>,
) -> Option<T> {
    let text = settings.text(value)?;
    text.parse()
        .map_err(|error: String| settings.error(&error, value.span()))
        .ok()
}
