//! Selectors: how a person or an event is named on the command line and in addresses.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::data::{Event, Profile, Shop};
use crate::diagnostic::nearest;

/// Names a profile or an event.
///
/// `ada@example.com`, `id:…`, `ext:…`, `first`, `nth:12`, `random`; events: `latest`, `latest:"Placed Order"`, `id:…`, `none`;
/// both: `@file.json` and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// An email address.
    Email(String),
    /// Klaviyo's id.
    Id(String),
    /// The account's own id.
    ExternalId(String),
    /// The number in the order of the file, counted from 1.
    Nth(usize),
    /// Any one; which one, the seed says.
    Random,
    /// The newest event, of this metric if one is named.
    Latest(Option<String>),
    /// A JSON file.
    File(PathBuf),
    /// JSON from standard input.
    Stdin,
    /// No event.
    Nothing,
}

/// What a selector found nothing by, or too much.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The text is no selector.
    #[error("'{0}' names no {1}; write {2}")]
    Unreadable(String, &'static str, &'static str),
    /// Nobody and nothing is named so.
    #[error("there is no {what} {selector}{}", hints(.near))]
    NotFound {
        /// `profile` or `event`.
        what: &'static str,
        /// As written.
        selector: String,
        /// The nearest, or the first few.
        near: Vec<String>,
    },
}

fn hints(near: &[String]) -> String {
    match near {
        [] => String::new(),
        [one] => format!("; did you mean {one}?"),
        many => format!("; there are {}", many.join(", ")),
    }
}

const PROFILE_FORMS: &str = "an address, id:…, ext:…, first, nth:12, random, @file.json or -";
const EVENT_FORMS: &str = "latest, latest:\"Placed Order\", id:…, none, @file.json or -";

impl Selector {
    /// Reads the selector of a profile.
    ///
    /// # Errors
    /// It is none.
    pub fn profile(text: &str) -> Result<Selector, SelectError> {
        if let Some(selector) = Selector::any(text) {
            return Ok(selector);
        }
        if text == "first" {
            return Ok(Selector::Nth(1));
        }
        if text == "random" {
            return Ok(Selector::Random);
        }
        if let Some(id) = text.strip_prefix("ext:") {
            return Ok(Selector::ExternalId(id.to_owned()));
        }
        match text.strip_prefix("nth:").map(str::parse::<usize>) {
            Some(Ok(number)) if number > 0 => return Ok(Selector::Nth(number)),
            None if text.contains('@') => return Ok(Selector::Email(text.to_owned())),
            _ => {}
        }
        Err(SelectError::Unreadable(
            text.to_owned(),
            "profile",
            PROFILE_FORMS,
        ))
    }

    /// Reads the selector of an event.
    ///
    /// # Errors
    /// It is none.
    pub fn event(text: &str) -> Result<Selector, SelectError> {
        if let Some(selector) = Selector::any(text) {
            return Ok(selector);
        }
        if text == "none" {
            return Ok(Selector::Nothing);
        }
        if text == "latest" {
            return Ok(Selector::Latest(None));
        }
        if let Some(metric) = text.strip_prefix("latest:") {
            let metric = metric.trim_matches('"');
            return Ok(Selector::Latest(Some(metric.to_owned())));
        }
        Err(SelectError::Unreadable(
            text.to_owned(),
            "event",
            EVENT_FORMS,
        ))
    }

    fn any(text: &str) -> Option<Selector> {
        if text == "-" {
            return Some(Selector::Stdin);
        }
        if let Some(id) = text.strip_prefix("id:") {
            return Some(Selector::Id(id.to_owned()));
        }
        text.strip_prefix('@')
            .map(|file| Selector::File(file.into()))
    }

    /// The profile it names in a shop; `seed` decides what `random` finds.
    ///
    /// # Errors
    /// There is none.
    pub fn find_profile(&self, shop: &Shop, seed: u64) -> Result<Arc<Profile>, SelectError> {
        let profiles = shop.profiles();
        let found = match self {
            Selector::Email(address) => shop.profile_by_email(address),
            Selector::Id(id) => shop.profile(id),
            Selector::ExternalId(id) => shop.profile_by_external_id(id),
            Selector::Nth(number) => profiles.get(number - 1),
            Selector::Random if !profiles.is_empty() => {
                profiles.get(usize::try_from(seed % profiles.len() as u64).unwrap_or(0))
            }
            _ => None,
        };
        found.cloned().ok_or_else(|| {
            let near = match self {
                Selector::Email(address) => {
                    nearest(address, profiles.iter().filter_map(|p| p.email.as_deref()))
                        .map(str::to_owned)
                }
                Selector::Nth(_) => Some(format!("{} profiles", profiles.len())),
                _ => None,
            };
            SelectError::NotFound {
                what: "profile",
                selector: self.to_string(),
                near: match near {
                    Some(near) => vec![near],
                    None => profiles
                        .iter()
                        .take(5)
                        .map(|p| p.key().to_owned())
                        .collect(),
                },
            }
        })
    }

    /// The event it names among those of a profile.
    ///
    /// # Errors
    /// There is none.
    pub fn find_event(&self, shop: &Shop, profile: &Profile) -> Result<Arc<Event>, SelectError> {
        let found = match self {
            Selector::Id(id) => shop.event(id).cloned(),
            Selector::Latest(None) => shop.timeline(profile).next().cloned(),
            Selector::Latest(Some(metric)) => shop.latest_event(profile, metric).cloned(),
            _ => None,
        };
        found.ok_or_else(|| {
            let mut metrics: Vec<String> = Vec::new();
            for event in shop.timeline(profile) {
                let name = format!("{:?}", event.metric.name);
                if !metrics.contains(&name) && metrics.len() < 5 {
                    metrics.push(name);
                }
            }
            SelectError::NotFound {
                what: "event",
                selector: format!("{self} of {}", profile.key()),
                near: metrics
                    .into_iter()
                    .map(|metric| format!("latest:{metric}"))
                    .collect(),
            }
        })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::Email(address) => f.write_str(address),
            Selector::Id(id) => write!(f, "id:{id}"),
            Selector::ExternalId(id) => write!(f, "ext:{id}"),
            Selector::Nth(number) => write!(f, "nth:{number}"),
            Selector::Random => f.write_str("random"),
            Selector::Latest(None) => f.write_str("latest"),
            Selector::Latest(Some(metric)) => write!(f, "latest:{metric:?}"),
            Selector::File(path) => write!(f, "@{}", path.display()),
            Selector::Stdin => f.write_str("-"),
            Selector::Nothing => f.write_str("none"),
        }
    }
}
