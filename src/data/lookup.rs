//! The traits through which the rest of the program looks data up.
//!
//! [`Shop`](super::Shop) is one implementation, all in memory; a database can be another, which is why every
//! answer may be an error.

use std::sync::Arc;

use jiff::Timestamp;

use super::{CatalogCategory, CatalogItem, DataError, Event, Identity, Metric, Profile};

/// All that is known of a shop: what most of the program asks.
pub trait Database: Profiles + Events + Catalog + Lists {}

impl<T: Profiles + Events + Catalog + Lists> Database for T {}

/// Many of something, one at a time.
pub type Rows<'a, T> = Box<dyn Iterator<Item = Result<Arc<T>, DataError>> + Send + 'a>;

/// People.
pub trait Profiles: Send + Sync {
    /// The profile with this id.
    ///
    /// # Errors
    /// [`DataError::Lookup`]: the database behind it failed. This is so for every function here.
    fn profile(&self, id: &str) -> Result<Option<Arc<Profile>>, DataError>;

    /// The profile with this external id.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn profile_by_external_id(&self, id: &str) -> Result<Option<Arc<Profile>>, DataError>;

    /// The profile with this email address; upper and lower case are the same.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn profile_by_email(&self, address: &str) -> Result<Option<Arc<Profile>>, DataError>;

    /// The profile with this phone number.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn profile_by_phone_number(&self, number: &str) -> Result<Option<Arc<Profile>>, DataError>;

    /// All profiles, in the order of their file.
    fn profiles(&self) -> Rows<'_, Profile>;

    /// A number that is another one after anybody has changed the data, in whatever process; always the same where nobody can.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn state(&self) -> Result<i64, DataError> {
        Ok(0)
    }

    /// How many there are.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn profile_count(&self) -> Result<usize, DataError>;

    /// The profile at a place in the order of [`Profiles::profiles`], counted from 0.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn nth_profile(&self, place: usize) -> Result<Option<Arc<Profile>>, DataError> {
        self.profiles().nth(place).transpose()
    }

    /// The place of a profile in the order of [`Profiles::profiles`], counted from 0; None for somebody who is not there.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn profile_place(&self, profile: &Profile) -> Result<Option<usize>, DataError> {
        for (place, other) in self.profiles().enumerate() {
            if other?.key() == profile.key() {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// At most `most` people in whom every word of `query` is found: in a name, an address, an id or the value of a
    /// property, whatever its case and its accents. The nearest come first: whose word begins a field, then whose word
    /// begins a word. An empty query finds everybody.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn search(&self, query: &str, most: usize) -> Result<Found, DataError>;

    /// The profile that somebody is: by the strongest of the identifiers that is known here.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn profile_of(&self, who: &Identity) -> Result<Option<Arc<Profile>>, DataError> {
        if let Some(id) = &who.id
            && let Some(found) = self.profile(id)?
        {
            return Ok(Some(found));
        }
        if let Some(id) = &who.external_id
            && let Some(found) = self.profile_by_external_id(id)?
        {
            return Ok(Some(found));
        }
        if let Some(address) = &who.email
            && let Some(found) = self.profile_by_email(address)?
        {
            return Ok(Some(found));
        }
        match &who.phone_number {
            Some(number) => self.profile_by_phone_number(number),
            None => Ok(None),
        }
    }
}

/// People that were found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The first of them, the nearest first.
    pub people: Vec<Arc<Profile>>,
    /// How many there are in all, where they were counted.
    pub matches: Option<usize>,
}

/// How often something was done, and what it was worth.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricCount {
    /// What was done.
    pub metric: Arc<Metric>,
    /// How often.
    pub count: usize,
    /// The sum of the events' values.
    pub value: f64,
    /// The earliest.
    pub first: Timestamp,
    /// The latest.
    pub last: Timestamp,
}

/// What people did.
pub trait Events: Send + Sync {
    /// The event with this id.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn event(&self, id: &str) -> Result<Option<Arc<Event>>, DataError>;

    /// A person's events, newest first (by time, then id).
    fn timeline(&self, profile: &Profile) -> Rows<'_, Event>;

    /// A person's newest event of the metric with this name.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn latest_event(
        &self,
        profile: &Profile,
        metric: &str,
    ) -> Result<Option<Arc<Event>>, DataError> {
        for event in self.timeline(profile) {
            let event = event?;
            if event.metric.name == metric {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// A page of a person's timeline: at most `most` events, of the metric with this name if there is one, that come
    /// after the event `after`, newest first.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn timeline_page(
        &self,
        profile: &Profile,
        metric: Option<&str>,
        after: Option<&Event>,
        most: usize,
    ) -> Result<Vec<Arc<Event>>, DataError> {
        let shown = |event: &Event| {
            metric.is_none_or(|name| event.metric.name == name)
                && after.is_none_or(|last| (event.time, event.id()) < (last.time, last.id()))
        };
        self.timeline(profile)
            .filter(|event| event.as_ref().map_or(true, |event| shown(event)))
            .take(most)
            .collect()
    }

    /// How many events a person has.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn event_count_of(&self, profile: &Profile) -> Result<usize, DataError> {
        let counts = self.counts(Some(profile), Timestamp::MIN, Timestamp::MAX)?;
        Ok(counts.iter().map(|one| one.count).sum())
    }

    /// How often each metric was done between two instants, both included: by one person, or by everybody. In no
    /// particular order; metrics without such an event are left out.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn counts(
        &self,
        of: Option<&Profile>,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<MetricCount>, DataError> {
        let mut counts: Vec<MetricCount> = Vec::new();
        let events = match of {
            Some(profile) => self.timeline(profile),
            None => self.events(),
        };
        for event in events {
            let event = event?;
            if event.time < from || event.time > to {
                continue;
            }
            let known = counts.iter_mut().find(|one| one.metric == event.metric);
            let value = event.value.unwrap_or(0.0);
            match known {
                Some(one) => {
                    one.count += 1;
                    one.value += value;
                    one.first = one.first.min(event.time);
                    one.last = one.last.max(event.time);
                }
                None => counts.push(MetricCount {
                    metric: event.metric.clone(),
                    count: 1,
                    value,
                    first: event.time,
                    last: event.time,
                }),
            }
        }
        Ok(counts)
    }

    /// All metrics: those that are described, then those that only events name.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn metrics(&self) -> Result<Vec<Arc<Metric>>, DataError> {
        let counts = self.counts(None, Timestamp::MIN, Timestamp::MAX)?;
        Ok(counts.into_iter().map(|one| one.metric).collect())
    }

    /// The events of the metrics with these names, in the order of [`Events::events`].
    fn events_of<'a>(&'a self, metrics: &'a [&'a str]) -> Rows<'a, Event> {
        Box::new(self.events().filter(|event| {
            let wanted = |event: &Arc<Event>| metrics.contains(&event.metric.name.as_str());
            event.as_ref().map_or(true, wanted)
        }))
    }

    /// All events, in the order of their file. Those of people who are not among the profiles are among them.
    fn events(&self) -> Rows<'_, Event>;

    /// How many there are.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn event_count(&self) -> Result<usize, DataError>;
}

/// What is sold.
pub trait Catalog: Send + Sync {
    /// The item with this id, the shop's own or a compound one.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn item(&self, id: &str) -> Result<Option<Arc<CatalogItem>>, DataError>;

    /// The item that has a variant with this id, the shop's own or a compound one.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn item_of_variant(&self, id: &str) -> Result<Option<Arc<CatalogItem>>, DataError>;

    /// All items, in the order of their file.
    fn items(&self) -> Rows<'_, CatalogItem>;

    /// How many there are.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn item_count(&self) -> Result<usize, DataError>;

    /// All categories, in the order of their file.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn categories(&self) -> Result<Vec<Arc<CatalogCategory>>, DataError> {
        let mut categories: Vec<Arc<CatalogCategory>> = Vec::new();
        for item in self.items() {
            for category in &item?.categories {
                if !categories.contains(category) {
                    categories.push(category.clone());
                }
            }
        }
        Ok(categories)
    }
}

/// That somebody is on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The list's name.
    pub list: String,
    /// Since when, if that is known.
    pub joined: Option<Timestamp>,
}

/// Lists that people are put on.
pub trait Lists: Send + Sync {
    /// The names of all lists, sorted.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn lists(&self) -> Result<Vec<String>, DataError>;

    /// The lists that a person is on, by name.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn lists_of(&self, profile: &Profile) -> Result<Vec<Membership>, DataError>;

    /// All people who are known and on a list, in no particular order, with when they joined if that is known.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn list_members(&self, list: &str) -> Result<Vec<ListMember>, DataError>;
}

/// Somebody on a list, by all names they have, and since when.
pub type ListMember = (Arc<Identity>, Option<Timestamp>);
