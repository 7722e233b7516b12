//! The traits through which the rest of the program looks data up.
//!
//! [`Shop`](super::Shop) is one implementation, all in memory; a database can be another, which is why every
//! answer may be an error.

use std::sync::Arc;

use super::{CatalogItem, DataError, Event, Identity, Profile};

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

    /// How many there are.
    ///
    /// # Errors
    /// As [`Profiles::profile`].
    fn profile_count(&self) -> Result<usize, DataError>;

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
}
