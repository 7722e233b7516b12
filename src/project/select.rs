//! Selectors: how a person or an event is named on the command line and in addresses.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::data::{DataError, Database, Event, Profile};
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
#[derive(Debug, thiserror::Error)]
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
    /// The database failed.
    #[error(transparent)]
    Data(#[from] DataError),
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
    /// There is none, or the database failed.
    pub fn find_profile(
        &self,
        shop: &dyn Database,
        seed: u64,
    ) -> Result<Arc<Profile>, SelectError> {
        let found = match self {
            Selector::Email(address) => shop.profile_by_email(address)?,
            Selector::Id(id) => shop.profile(id)?,
            Selector::ExternalId(id) => shop.profile_by_external_id(id)?,
            Selector::Nth(number) => shop.nth_profile(number - 1)?,
            Selector::Random => match shop.profile_count()? as u64 {
                0 => None,
                count => shop.nth_profile(usize::try_from(seed % count).unwrap_or(0))?,
            },
            _ => None,
        };
        if let Some(found) = found {
            return Ok(found);
        }
        let near = match self {
            Selector::Email(address) => near_address(shop, address)?,
            Selector::Nth(_) => {
                let selector = format!("{self} of {}", shop.profile_count()?);
                let (what, near) = ("profile", Vec::new());
                return Err(SelectError::NotFound {
                    what,
                    selector,
                    near,
                });
            }
            _ => None,
        };
        Err(SelectError::NotFound {
            what: "profile",
            selector: self.to_string(),
            near: match near {
                Some(near) => vec![near],
                None => {
                    let first = shop.profiles().take(5);
                    let keys = first.map(|one| one.map(|profile| profile.key().to_owned()));
                    keys.collect::<Result<_, _>>()?
                }
            },
        })
    }

    /// The event it names among those of a profile.
    ///
    /// # Errors
    /// There is none, or the database failed.
    pub fn find_event(
        &self,
        shop: &dyn Database,
        profile: &Profile,
    ) -> Result<Arc<Event>, SelectError> {
        let found = match self {
            Selector::Id(id) => shop.event(id)?,
            Selector::Latest(None) => shop.timeline_page(profile, None, None, 1)?.pop(),
            Selector::Latest(Some(metric)) => shop.latest_event(profile, metric)?,
            _ => None,
        };
        if let Some(found) = found {
            return Ok(found);
        }
        let mut metrics: Vec<String> = Vec::new();
        for event in shop.timeline(profile).take(LOOKED_AT) {
            let name = format!("{:?}", event?.metric.name);
            if !metrics.contains(&name) && metrics.len() < 5 {
                metrics.push(name);
            }
        }
        Err(SelectError::NotFound {
            what: "event",
            selector: format!("{self} of {}", profile.key()),
            near: metrics
                .into_iter()
                .map(|metric| format!("latest:{metric}"))
                .collect(),
        })
    }
}

/// So many records are looked at for a suggestion, however many there are.
const LOOKED_AT: usize = 1_000;

/// The address that was probably meant: among the first people, and those who have one half of its name. Of a name with
/// one slip one half is right.
fn near_address(shop: &dyn Database, address: &str) -> Result<Option<String>, DataError> {
    let mut people = Vec::new();
    for profile in shop.profiles().take(LOOKED_AT) {
        people.push(profile?);
    }
    if people.len() == LOOKED_AT {
        let name: Vec<char> = address.chars().take_while(|c| *c != '@').collect();
        for half in [&name[..name.len() / 2], &name[name.len() / 2..]] {
            if half.len() > 1 {
                let half: String = half.iter().collect();
                people.extend(shop.search(&half, LOOKED_AT)?.people);
            }
        }
    }
    let addresses = people.iter().filter_map(|one| one.email.as_deref());
    Ok(nearest(address, addresses).map(str::to_owned))
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
