//! The product feeds of a project, as its emails see them: everybody's, and each recipient's own.

use std::fmt;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use super::Data;
use super::world::price;
use crate::data::{DataError, Identity, Profile, feed_item_value, lazy};
use crate::diagnostic::Diagnostic;
use crate::email::Recipient;
use crate::feeds::{Feed, FeedDefinition, Feeds, Interactions, Pick, Shopper, once};
use crate::language::Money;
use crate::value::Value;

/// The feeds that `feeds.toml` defines, and what is wrong with it.
pub(super) fn definitions(data: &Data) -> (Vec<FeedDefinition>, Vec<Diagnostic>) {
    let source = data.feeds.as_ref();
    source.map_or_else(Default::default, FeedDefinition::from_toml)
}

/// The feeds of a run. Nothing is computed before a template or a recipient asks for it.
pub(super) struct ProductFeeds {
    data: Arc<Data>,
    definitions: Vec<FeedDefinition>,
    now: Timestamp,
    money: Money,
    feeds: OnceLock<Feeds>,
    /// The value of each item that was ever shown: many people see the same.
    values: OnceLock<Vec<OnceLock<Value>>>,
}

impl ProductFeeds {
    pub(super) fn new(
        data: Arc<Data>,
        definitions: Vec<FeedDefinition>,
        now: Timestamp,
        money: Money,
    ) -> ProductFeeds {
        ProductFeeds {
            data,
            definitions,
            now,
            money,
            feeds: OnceLock::new(),
            values: OnceLock::new(),
        }
    }

    /// The feeds; without a product where the database failed, which [`ProductFeeds::of`] tells before.
    fn feeds(&self) -> &Feeds {
        once(&self.feeds, || {
            let interactions = match self.data.interactions(&self.definitions) {
                Ok(interactions) => interactions.clone(),
                Err(_) => Arc::new(Interactions::default()),
            };
            Feeds::new(self.definitions.clone(), interactions, self.now)
        })
    }

    /// Those of these names that are feeds of the shop.
    fn named<'a>(&'a self, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let defined = |name: &&str| self.definitions.iter().any(|one| one.name == *name);
        names.filter(defined).collect()
    }

    /// Computes what all recipients share.
    ///
    /// # Errors
    /// The database failed.
    pub(super) fn prepare<'a>(
        &'a self,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<(), DataError> {
        let names = self.named(names);
        if !names.is_empty() {
            self.data.interactions(&self.definitions)?;
            self.feeds().prepare(names);
        }
        Ok(())
    }

    /// What was noticed about the data, if any feed was computed.
    pub(super) fn findings(&self) -> Vec<Diagnostic> {
        self.feeds.get().map(Feeds::findings).unwrap_or_default()
    }

    /// The recipient with what they see of the feeds of these names.
    pub(super) fn of<'a>(
        &'a self,
        recipient: Recipient,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Recipient, DataError> {
        let profile = recipient.profile().cloned();
        let event = recipient.triggering_event().cloned();
        let names = self.named(names);
        if names.is_empty() {
            return Ok(recipient);
        }
        self.data.interactions(&self.definitions)?;
        if profile.is_none() && event.is_none() {
            return Ok(recipient);
        }
        let feeds = self.feeds();
        let profile = profile.map(|profile| self.known(profile)).transpose()?;
        let shopper = feeds.shopper(profile.as_deref(), event.as_deref());
        let feeds = names.into_iter().filter_map(|name| feeds.get(name));
        Ok(feeds.fold(recipient, |recipient, feed| {
            let items = self.list(feed, &shopper);
            recipient.feed(feed.definition().name.as_str(), items)
        }))
    }

    /// The profile of the shop that this one is: a fixture may know somebody by nothing but an address.
    fn known(&self, profile: Arc<Profile>) -> Result<Arc<Profile>, DataError> {
        let found = self.data.shop.profile_of(&Identity::from(&*profile))?;
        Ok(found.unwrap_or(profile))
    }

    fn list(&self, feed: &Feed, shopper: &Shopper) -> Value {
        let picks = self.feeds().pick(feed, shopper, 0, feed.definition().pool);
        let items = picks.iter().map(|pick| self.item(pick));
        Value::from_object(items.collect::<Vec<_>>())
    }

    fn item(&self, pick: &Pick) -> Value {
        let feeds = self.feeds();
        let values = once(&self.values, || {
            let items = feeds.interactions().items().iter();
            items.map(|_| OnceLock::new()).collect()
        });
        let make = || feed_item_value(feeds.item(pick), &|amount| price(&self.money, amount));
        match values.get(pick.item as usize) {
            Some(value) => value.get_or_init(make).clone(),
            None => make(),
        }
    }
}

impl fmt::Debug for ProductFeeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.definitions).finish()
    }
}

/// What everybody sees, made when a template reads it.
pub(super) fn everybody(feeds: &Arc<ProductFeeds>) -> Value {
    lazy::value(Everybody(feeds.clone()))
}

struct Everybody(Arc<ProductFeeds>);

impl lazy::Named for Everybody {
    fn get(&self, name: &str) -> Option<Value> {
        // What is not defined needs no data.
        self.0.definitions.iter().find(|one| one.name == name)?;
        let feed = self.0.feeds().get(name)?;
        Some(self.0.list(feed, &Shopper::default()))
    }

    fn names(&self) -> Vec<Value> {
        let names = self.0.definitions.iter().map(|one| one.name.as_str());
        names.map(Value::from).collect()
    }
}
