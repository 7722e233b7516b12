//! All data of a project in memory.

use std::sync::{Arc, OnceLock};

use super::goods::{Goods, GoodsBuilder};
use super::history::{EventsBuilder, History};
use super::lists::MailingLists;
use super::noticed::Tally;
use super::people::{People, PeopleBuilder};
use super::{
    Catalog, CatalogCategory, CatalogItem, CatalogVariant, Coupons, DataError, Event, Events,
    Found, Identity, ListMember, Lists, Membership, Metric, Organization, Profile, Profiles, Rows,
    search,
};
use crate::diagnostic::{Diagnostic, Source};

/// Profiles, events, metrics, catalog and organization, all in memory.
///
/// ```
/// use letterpress::data::{Event, Profile, Shop};
/// let (shop, findings) = Shop::builder()
///     .profile(Profile::from_json(r#"{"id": "01JD3T", "email": "ada@example.com"}"#)?)
///     .event(Event::from_json(r#"{"metric": "Placed Order", "profile": {"email": "ADA@example.com"}, "time": "2026-11-01"}"#)?)
///     .event(Event::from_json(r#"{"metric": "Viewed Product", "profile": {"id": "01JD3T"}, "time": "2026-11-02"}"#)?)
///     .build();
/// assert!(findings.is_empty());
/// let ada = shop.profile_by_email("ada@example.com").unwrap();
/// let names: Vec<&str> = shop.timeline(ada).map(|e| e.metric.name.as_str()).collect();
/// assert_eq!(names, ["Viewed Product", "Placed Order"]);
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Default)]
pub struct Shop {
    people: People,
    history: History,
    goods: Goods,
    organization: Organization,
    feeds: Option<Arc<Source>>,
    coupons: Coupons,
    lists: MailingLists,
    /// What each profile is found by; made when somebody is first searched for.
    index: OnceLock<Vec<String>>,
}

impl Shop {
    /// A shop to be filled from memory.
    pub fn builder() -> ShopBuilder {
        ShopBuilder::default()
    }

    /// All profiles, in the order of their file.
    pub fn profiles(&self) -> &[Arc<Profile>] {
        &self.people.list
    }

    /// The profile with this id.
    pub fn profile(&self, id: &str) -> Option<&Arc<Profile>> {
        self.people.find(0, id)
    }

    /// The profile with this external id.
    pub fn profile_by_external_id(&self, id: &str) -> Option<&Arc<Profile>> {
        self.people.find(1, id)
    }

    /// The profile with this email address; upper and lower case are the same.
    pub fn profile_by_email(&self, address: &str) -> Option<&Arc<Profile>> {
        self.people.find(2, address)
    }

    /// The profile with this phone number.
    pub fn profile_by_phone_number(&self, number: &str) -> Option<&Arc<Profile>> {
        self.people.find(3, number)
    }

    /// The profile that somebody is.
    pub fn profile_of(&self, who: &Identity) -> Option<&Arc<Profile>> {
        self.people.list.get(self.people.position(who)? as usize)
    }

    /// All events, in the order of their file, repeated ones left out.
    pub fn events(&self) -> &[Arc<Event>] {
        &self.history.events
    }

    /// The event with this id.
    pub fn event(&self, id: &str) -> Option<&Arc<Event>> {
        self.history.event(id)
    }

    /// A person's events, newest first.
    pub fn timeline(&self, profile: &Profile) -> impl ExactSizeIterator<Item = &Arc<Event>> {
        self.history
            .timeline(self.people.position(&Identity::from(profile)))
    }

    /// A person's newest event of the metric with this name.
    pub fn latest_event(&self, profile: &Profile, metric: &str) -> Option<&Arc<Event>> {
        self.timeline(profile)
            .find(|event| event.metric.name == metric)
    }

    /// All metrics: those described in `metrics.jsonl`, then those that only events name.
    pub fn metrics(&self) -> &[Arc<Metric>] {
        &self.history.metrics
    }

    /// All items of the catalog, in the order of their file.
    pub fn items(&self) -> &[Arc<CatalogItem>] {
        &self.goods.items
    }

    /// The item with this id, the shop's own or a compound one.
    pub fn item(&self, id: &str) -> Option<&Arc<CatalogItem>> {
        self.goods.item(id)
    }

    /// The item that has a variant with this id.
    pub fn item_of_variant(&self, id: &str) -> Option<&Arc<CatalogItem>> {
        self.goods.item_of_variant(id)
    }

    /// The codes of coupons.
    pub fn coupons(&self) -> &Coupons {
        &self.coupons
    }

    /// All categories of the catalog, in the order of their file.
    pub fn categories(&self) -> &[Arc<CatalogCategory>] {
        &self.goods.categories
    }

    /// Who sends.
    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    /// The text of `feeds.toml`, for [`FeedDefinition::from_toml`](crate::feeds::FeedDefinition::from_toml).
    pub fn feeds_source(&self) -> Option<&Arc<Source>> {
        self.feeds.as_ref()
    }
}

fn rows<'a, T: Send + Sync + 'a>(
    list: impl Iterator<Item = &'a Arc<T>> + Send + 'a,
) -> Rows<'a, T> {
    Box::new(list.map(|one| Ok(one.clone())))
}

impl Profiles for Shop {
    fn profile(&self, id: &str) -> Result<Option<Arc<Profile>>, DataError> {
        Ok(Shop::profile(self, id).cloned())
    }
    fn profile_by_external_id(&self, id: &str) -> Result<Option<Arc<Profile>>, DataError> {
        Ok(Shop::profile_by_external_id(self, id).cloned())
    }
    fn profile_by_email(&self, address: &str) -> Result<Option<Arc<Profile>>, DataError> {
        Ok(Shop::profile_by_email(self, address).cloned())
    }
    fn profile_by_phone_number(&self, number: &str) -> Result<Option<Arc<Profile>>, DataError> {
        Ok(Shop::profile_by_phone_number(self, number).cloned())
    }
    fn profiles(&self) -> Rows<'_, Profile> {
        rows(self.people.list.iter())
    }
    fn profile_count(&self) -> Result<usize, DataError> {
        Ok(self.people.list.len())
    }
    fn nth_profile(&self, place: usize) -> Result<Option<Arc<Profile>>, DataError> {
        Ok(self.people.list.get(place).cloned())
    }
    fn profile_place(&self, profile: &Profile) -> Result<Option<usize>, DataError> {
        let place = self.people.position(&Identity::from(profile));
        let place = place.map(|place| place as usize);
        let is_them = |place: &usize| {
            let found = self.people.list.get(*place);
            found.is_some_and(|found| found.key() == profile.key())
        };
        Ok(place.filter(is_them))
    }
    fn search(&self, query: &str, most: usize) -> Result<Found, DataError> {
        let words = search::words(query);
        let index = self
            .index
            .get_or_init(|| self.people.list.iter().map(|p| search::text(p)).collect());
        let mut found: Vec<(usize, usize)> = index
            .iter()
            .enumerate()
            .filter_map(|(at, text)| Some((search::distance(text, &words)?, at)))
            .collect();
        found.sort_unstable();
        let people = found.iter().take(most);
        Ok(Found {
            people: people
                .map(|&(_, at)| self.people.list[at].clone())
                .collect(),
            matches: Some(found.len()),
        })
    }
}

impl Lists for Shop {
    fn lists(&self) -> Result<Vec<String>, DataError> {
        Ok(self.lists.names())
    }
    fn lists_of(&self, profile: &Profile) -> Result<Vec<Membership>, DataError> {
        Ok(self.lists.of(profile, &self.people))
    }
    fn list_members(&self, list: &str) -> Result<Vec<ListMember>, DataError> {
        Ok(self.lists.members(list, &self.people))
    }
}

impl Events for Shop {
    fn event(&self, id: &str) -> Result<Option<Arc<Event>>, DataError> {
        Ok(Shop::event(self, id).cloned())
    }
    fn timeline(&self, profile: &Profile) -> Rows<'_, Event> {
        rows(
            self.history
                .timeline(self.people.position(&Identity::from(profile))),
        )
    }
    fn event_count_of(&self, profile: &Profile) -> Result<usize, DataError> {
        Ok(Shop::timeline(self, profile).len())
    }
    fn events(&self) -> Rows<'_, Event> {
        rows(self.history.events.iter())
    }
    fn metrics(&self) -> Result<Vec<Arc<Metric>>, DataError> {
        Ok(self.history.metrics.clone())
    }
    fn event_count(&self) -> Result<usize, DataError> {
        Ok(self.history.events.len())
    }
}

impl Catalog for Shop {
    fn item(&self, id: &str) -> Result<Option<Arc<CatalogItem>>, DataError> {
        Ok(Shop::item(self, id).cloned())
    }
    fn item_of_variant(&self, id: &str) -> Result<Option<Arc<CatalogItem>>, DataError> {
        Ok(Shop::item_of_variant(self, id).cloned())
    }
    fn items(&self) -> Rows<'_, CatalogItem> {
        rows(self.goods.items.iter())
    }
    fn item_count(&self) -> Result<usize, DataError> {
        Ok(self.goods.items.len())
    }
    fn categories(&self) -> Result<Vec<Arc<CatalogCategory>>, DataError> {
        Ok(self.goods.categories.clone())
    }
}

/// A [`Shop`] that is being filled; the order in which things are added does not matter, but for two of the same
/// id: of profiles, items and variants the later counts, of events the earlier.
#[derive(Debug, Default)]
pub struct ShopBuilder {
    pub(crate) people: PeopleBuilder,
    pub(crate) goods: GoodsBuilder,
    pub(crate) metrics: Vec<Metric>,
    pub(crate) events: EventsBuilder,
    pub(crate) organization: Organization,
    pub(crate) feeds: Option<Arc<Source>>,
    pub(crate) coupons: Coupons,
    pub(crate) lists: MailingLists,
}

impl ShopBuilder {
    /// Adds a profile.
    pub fn profile(mut self, profile: Profile) -> ShopBuilder {
        self.people.profile(profile);
        self
    }

    /// Adds a metric.
    pub fn metric(mut self, metric: Metric) -> ShopBuilder {
        self.metrics.push(metric);
        self
    }

    /// Adds an event.
    pub fn event(mut self, event: Event) -> ShopBuilder {
        self.events.put(event);
        self
    }

    /// Adds an item to the catalog.
    pub fn item(mut self, item: CatalogItem) -> ShopBuilder {
        self.goods.item(item);
        self
    }

    /// Adds a variant of an item.
    pub fn variant(mut self, variant: CatalogVariant) -> ShopBuilder {
        self.goods.variant(variant);
        self
    }

    /// Adds a category.
    pub fn category(mut self, category: CatalogCategory) -> ShopBuilder {
        self.goods.category(category);
        self
    }

    /// Says who sends.
    pub fn organization(mut self, organization: Organization) -> ShopBuilder {
        self.organization = organization;
        self
    }

    /// Gives the text of `feeds.toml`.
    pub fn feeds(mut self, source: Arc<Source>) -> ShopBuilder {
        self.feeds = Some(source);
        self
    }

    /// Gives the codes of coupons.
    pub fn coupons(mut self, coupons: Coupons) -> ShopBuilder {
        self.coupons = coupons;
        self
    }

    /// The shop, and what was noticed about the whole of it: events of unknown metrics or people, repeated events,
    /// variants without an item, addresses that several profiles share.
    pub fn build(self) -> (Shop, Vec<Diagnostic>) {
        let people = self.people.build();
        let (goods, lost_variants) = self.goods.build();
        let (history, mut noticed) = History::new(self.events, self.metrics, &people);
        noticed.shared_addresses = Tally::of(&people.shared_addresses);
        noticed.lost_variants = Tally::of(&lost_variants);
        let shop = Shop {
            people,
            history,
            goods,
            organization: self.organization,
            feeds: self.feeds,
            coupons: self.coupons,
            lists: self.lists,
            index: OnceLock::new(),
        };
        (shop, noticed.findings())
    }
}
