//! People: found while somebody types, and one after the other.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use std::sync::Arc;

use super::{ApiError, Snapshot};
use crate::campaign::{Consent, not_mailed};
use crate::data::{Identity, Profile, Shop};
use crate::project::{Selector, fresh_seed};

/// People that were found.
#[derive(Debug, Serialize)]
pub struct People {
    /// How many there are in all.
    pub total: usize,
    /// How many match.
    pub matches: usize,
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

/// What people are found by: for each profile its names, addresses and ids, folded, one a line.
#[derive(Debug)]
pub(super) struct Index(Vec<String>);

impl Index {
    fn of(shop: &Shop) -> Index {
        Index(
            shop.profiles()
                .iter()
                .map(|profile| {
                    let name = profile.full_name();
                    let fields = [
                        &profile.email,
                        &name,
                        &profile.external_id,
                        &profile.id,
                        &profile.phone_number,
                    ];
                    let lines: Vec<String> = fields
                        .into_iter()
                        .flatten()
                        .map(|field| folded(field))
                        .collect();
                    lines.join("\n")
                })
                .collect(),
        )
    }
}

/// Without case and without accents, so that `jose` finds José.
fn folded(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// How near a profile is: the smaller, the nearer; None when a word is not there at all.
fn distance(fields: &str, words: &[String]) -> Option<usize> {
    let mut sum = 0;
    for word in words {
        let places = fields.match_indices(word.as_str()).map(|(at, _)| {
            match fields[..at].chars().next_back() {
                None | Some('\n') => 0,
                Some(c) if !c.is_alphanumeric() => 1,
                Some(_) => 2,
            }
        });
        sum += places.min()?;
    }
    Some(sum)
}

impl Snapshot {
    /// People whose name, address, id or number has all words of `query`; all people for an empty one.
    ///
    /// # Errors
    /// There is no project, or its data cannot be read.
    pub fn people(&self, query: &str, most: usize) -> Result<People, ApiError> {
        let shop = self.shop()?;
        let index = self.index.get_or_init(|| Index::of(shop));
        let words: Vec<String> = query.split_whitespace().map(folded).collect();
        let mut found: Vec<(usize, usize)> = index
            .0
            .iter()
            .enumerate()
            .filter_map(|(at, fields)| Some((distance(fields, &words)?, at)))
            .collect();
        found.sort_unstable();
        Ok(People {
            total: index.0.len(),
            matches: found.len(),
            people: found
                .iter()
                .take(most)
                .filter_map(|&(_, at)| Some(person(shop, shop.profiles().get(at)?, Some(at + 1))))
                .collect(),
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
        let place = |wanted: &Arc<Profile>| {
            let same = |other: &Arc<Profile>| Arc::ptr_eq(wanted, other);
            Some(shop.profiles().iter().position(same)? + 1)
        };
        if let Some(number) = place(profile) {
            return Ok(person(shop, profile, Some(number)));
        }
        // Somebody out of a fixture: the person of the data with the same id or address, if there is one, has the events.
        let known = shop.profile_of(&Identity::from(&**profile));
        Ok(Person {
            selector: known
                .map(|known| selector(shop, known, place(known)))
                .unwrap_or_default(),
            ..person(shop, profile, None)
        })
    }
}

/// A selector that looks something up; files and standard input are the command line's.
pub(super) fn looked_up(selector: Selector) -> Result<Selector, ApiError> {
    match selector {
        Selector::File(_) | Selector::Stdin => Err(ApiError::Refused(selector.to_string())),
        selector => Ok(selector),
    }
}

fn person(shop: &Shop, profile: &Arc<Profile>, number: Option<usize>) -> Person {
    Person {
        selector: selector(shop, profile, number),
        number,
        name: profile.full_name(),
        email: profile.email.clone(),
        locale: profile.locale.clone(),
        left_out: not_mailed(profile, Consent::Subscribed).map(|reason| reason.klaviyo()),
        events: shop.timeline(profile).len(),
    }
}

/// What names a profile and nobody else, the most readable first.
fn selector(shop: &Shop, profile: &Arc<Profile>, number: Option<usize>) -> String {
    let same =
        |found: Option<&Arc<Profile>>| found.is_some_and(|found| Arc::ptr_eq(found, profile));
    if let Some(address) = &profile.email
        && address.contains('@')
        && !address.starts_with('@')
        && same(shop.profile_by_email(address))
        && Selector::profile(address) == Ok(Selector::Email(address.clone()))
    {
        return address.clone();
    }
    if let Some(id) = &profile.id
        && same(shop.profile(id))
    {
        return format!("id:{id}");
    }
    match number {
        Some(number) => format!("nth:{number}"),
        None => String::new(),
    }
}
