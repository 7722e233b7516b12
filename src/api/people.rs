//! People: found while somebody types, and one after the other.

use serde::Serialize;

use std::sync::Arc;

use super::{ApiError, Snapshot};
use crate::campaign::{Consent, not_mailed};
use crate::data::{Database, Identity, Profile};
use crate::project::{Selector, fresh_seed};

/// People that were found.
#[derive(Debug, Serialize)]
pub struct People {
    /// How many there are in all.
    pub total: usize,
    /// How many match, where they were counted.
    pub matches: Option<usize>,
    /// The first of them, the nearest first.
    pub people: Vec<Person>,
}

/// A person in lists and pickers.
#[derive(Debug, Clone, Serialize)]
pub struct Person {
    /// What names them in an address and on the command line.
    pub selector: String,
    /// Their place in the data, counted from 1; None for somebody out of a fixture.
    pub number: Option<usize>,
    /// First and last name.
    pub name: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// BCP 47.
    pub locale: Option<String>,
    /// Why a campaign would leave them out, in Klaviyo's words.
    pub left_out: Option<&'static str>,
    /// How many events they have.
    pub events: usize,
}

impl Snapshot {
    /// People whose name, address, id or number has all words of `query`; all people for an empty one.
    ///
    /// # Errors
    /// There is no project, or its data cannot be read.
    pub fn people(&self, query: &str, most: usize) -> Result<People, ApiError> {
        let shop = self.shop()?;
        let found = shop.search(query, most)?;
        let people = found.people.iter().map(|profile| {
            let number = shop.profile_place(profile)?.map(|place| place + 1);
            person(shop, profile, number)
        });
        Ok(People {
            total: shop.profile_count()?,
            matches: found.matches,
            people: people.collect::<Result<_, ApiError>>()?,
        })
    }

    /// The person a selector names.
    ///
    /// # Errors
    /// There is none.
    pub fn person(&self, selector: &str) -> Result<Person, ApiError> {
        let profile =
            looked_up(Selector::profile(selector)?)?.find_profile(self.shop()?, fresh_seed())?;
        self.shown(&profile)
    }

    /// A profile as pickers show it.
    pub(super) fn shown(&self, profile: &Arc<Profile>) -> Result<Person, ApiError> {
        let shop = self.shop()?;
        let known = shop.profile_of(&Identity::from(&**profile))?;
        let number = match &known {
            Some(known) => shop.profile_place(known)?.map(|place| place + 1),
            None => None,
        };
        match known {
            Some(known) if same(&known, profile) => person(shop, profile, number),
            // Somebody out of a fixture: the person of the data with the same id or address, if there is one, has the events.
            known => Ok(Person {
                selector: match known {
                    Some(known) => selector(shop, &known, number)?,
                    None => String::new(),
                },
                ..person(shop, profile, None)?
            }),
        }
    }
}

/// A selector that looks something up; files and standard input are the command line's.
pub(super) fn looked_up(selector: Selector) -> Result<Selector, ApiError> {
    match selector {
        Selector::File(_) | Selector::Stdin => Err(ApiError::Refused(selector.to_string())),
        selector => Ok(selector),
    }
}

fn person(
    shop: &dyn Database,
    profile: &Arc<Profile>,
    number: Option<usize>,
) -> Result<Person, ApiError> {
    Ok(Person {
        selector: selector(shop, profile, number)?,
        number,
        name: profile.full_name(),
        email: profile.email.clone(),
        locale: profile.locale.clone(),
        left_out: not_mailed(profile, Consent::Subscribed, false).map(|reason| reason.klaviyo()),
        events: shop.event_count_of(profile)?,
    })
}

/// What names a profile and nobody else, the most readable first.
fn selector(
    shop: &dyn Database,
    profile: &Arc<Profile>,
    number: Option<usize>,
) -> Result<String, ApiError> {
    let found = |found: Option<Arc<Profile>>| found.is_some_and(|found| same(&found, profile));
    if let Some(address) = &profile.email
        && address.contains('@')
        && !address.starts_with('@')
        && found(shop.profile_by_email(address)?)
        && matches!(Selector::profile(address), Ok(Selector::Email(read)) if read == *address)
    {
        return Ok(address.clone());
    }
    if let Some(id) = &profile.id
        && found(shop.profile(id)?)
    {
        return Ok(format!("id:{id}"));
    }
    Ok(number.map_or_else(String::new, |number| format!("nth:{number}")))
}

/// Whether two profiles are the same one of the data: what the data says of somebody, and not what a fixture says.
fn same(one: &Arc<Profile>, other: &Arc<Profile>) -> bool {
    let text = |profile: &Profile| serde_json::to_string(profile).ok();
    Arc::ptr_eq(one, other) || text(one) == text(other)
}
