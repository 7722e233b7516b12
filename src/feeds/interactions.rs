//! Who bought, viewed or wanted which item when.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use rayon::slice::ParallelSliceMut;

use super::goods::{ANYWHERE, DEFAULT, Good, Place, read_goods};
use super::{FeedDefinition, Order};
use crate::data::{Catalog, CatalogItem, DataError, Event, Events, own_id};

/// One person's doing with one item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interaction {
    /// The item's place in [`Interactions::items`].
    pub item: u32,
    /// A number for the person.
    pub person: u32,
    /// A number for the basket: what one person did in one order (the property `OrderId`), else in one second.
    pub basket: u32,
    /// The metric's place in [`Interactions::metrics`].
    pub metric: u32,
    /// Unix seconds.
    pub time: i64,
    /// How many: more than 0, at most 100.
    pub quantity: f64,
    /// The price of one, where the event tells.
    pub price: Option<f64>,
}

/// A change of an item's price, as whoever keeps the catalog recorded it.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceChange {
    /// The item's `external_id`.
    pub item: String,
    /// When it changed.
    pub time: Timestamp,
    /// The price before, in the catalog's currency.
    pub old: f64,
    /// The price after.
    pub new: f64,
}

/// All interactions that events tell of, and the catalog they speak of.
///
/// ```
/// use letterpress::data::{CatalogItem, Event, Shop};
/// use letterpress::feeds::Interactions;
/// let (shop, _) = Shop::builder()
///     .item(CatalogItem::from_json(r#"{"external_id": "P-1"}"#)?)
///     .event(Event::from_json(r#"{"metric": "Placed Order", "time": 0, "properties": {"Items": [
///         {"ProductID": "P-1", "Quantity": 250}, {"ProductID": "P-1", "Quantity": -1}, {"ProductID": "gone"}]}}"#)?)
///     .build();
/// let interactions = Interactions::of(&shop, &shop, &[])?;
/// assert_eq!(interactions.list().iter().map(|i| i.quantity).collect::<Vec<_>>(), [100.0]);
/// assert_eq!(interactions.unknown_items(), 1);
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Default)]
pub struct Interactions {
    /// By `external_id`, so that places compare as ids do.
    items: Vec<Arc<CatalogItem>>,
    variants: HashMap<Box<str>, u32>,
    metrics: Vec<String>,
    /// Whether there is any interaction of a metric.
    present: Vec<bool>,
    list: Vec<Interaction>,
    /// Where each person's part of `list` starts, and where the last ends.
    starts: Vec<u32>,
    people: HashMap<String, u32>,
    baskets: u32,
    unknown_items: usize,
    price_changes: Vec<PriceChange>,
}

impl Interactions {
    /// Takes the interactions out of all events of the usual metrics, and of the `further` ones.
    ///
    /// An event that names a variant counts for its item. Items that are not in the catalog are dropped and
    /// counted; so are quantities of zero and less, without being counted.
    ///
    /// # Errors
    /// [`DataError::Lookup`]: the database behind `events` or `catalog` failed.
    pub fn of(
        events: &dyn Events,
        catalog: &dyn Catalog,
        further: &[&str],
    ) -> Result<Interactions, DataError> {
        let mut all = Interactions::default();
        all.take_catalog(catalog)?;
        let mut sources: Vec<(&str, &[Place])> = DEFAULT.to_vec();
        for metric in further {
            if !sources.iter().any(|(name, _)| name == metric) {
                sources.push((metric, ANYWHERE));
            }
        }
        all.metrics = sources.iter().map(|(name, _)| (*name).to_owned()).collect();
        all.present = vec![false; sources.len()];
        // What an id of an event stands for; None: nothing in the catalog.
        let mut known: HashMap<String, Option<u32>> = HashMap::new();
        let mut orders: HashMap<(u32, String), u32> = HashMap::new();
        let mut moments: HashMap<(u32, i64), u32> = HashMap::new();
        let mut nobodies = 0;
        let mut goods = Vec::new();
        let names: Vec<&str> = sources.iter().map(|(name, _)| *name).collect();
        for event in events.events_of(&names) {
            let event = event?;
            let Some(metric) = sources
                .iter()
                .position(|(name, _)| *name == event.metric.name)
            else {
                continue;
            };
            goods.clear();
            let order = read_goods(&event, sources[metric].1, &mut goods);
            if goods.is_empty() {
                continue;
            }
            let who = event.profile.key();
            let person = match all.people.get(who) {
                Some(&person) => person,
                // Counted from the end: people nobody knows are all different.
                None if who.is_empty() => {
                    nobodies += 1;
                    u32::MAX - nobodies
                }
                None => {
                    let person = all.people.len() as u32;
                    all.people.insert(who.to_owned(), person);
                    person
                }
            };
            let time = event.time.as_second();
            let next = all.baskets;
            let basket = match order {
                Some(order) => *orders.entry((person, order)).or_insert(next),
                None => *moments.entry((person, time)).or_insert(next),
            };
            all.baskets = all.baskets.max(basket + 1);
            for Good {
                id,
                quantity,
                price,
            } in goods.drain(..)
            {
                let item = match known.get(&id) {
                    Some(&item) => item,
                    None => {
                        let item = all.item(&id);
                        known.insert(id, item);
                        item
                    }
                };
                match item {
                    None => all.unknown_items += 1,
                    Some(item) if quantity > 0.0 => {
                        all.present[metric] = true;
                        all.list.push(Interaction {
                            item,
                            person,
                            basket,
                            metric: metric as u32,
                            time,
                            quantity: quantity.min(100.0),
                            price: price.filter(|price| price.is_finite()),
                        });
                    }
                    Some(_) => {}
                }
            }
        }
        all.order(nobodies);
        Ok(all)
    }

    /// [`Interactions::of`], with all metrics that these feeds name.
    ///
    /// # Errors
    /// As [`Interactions::of`].
    pub fn for_feeds(
        definitions: &[FeedDefinition],
        events: &dyn Events,
        catalog: &dyn Catalog,
    ) -> Result<Interactions, DataError> {
        let metrics: Vec<&str> = definitions
            .iter()
            .flat_map(|one| [Some(one), one.fallback.as_deref()])
            .flatten()
            .flat_map(|one| &one.metrics)
            .map(|chosen| chosen.metric.as_str())
            .collect();
        Interactions::of(events, catalog, &metrics)
    }

    fn take_catalog(&mut self, catalog: &dyn Catalog) -> Result<(), DataError> {
        self.items = catalog.items().collect::<Result<_, _>>()?;
        self.items.sort_by(|a, b| a.external_id.cmp(&b.external_id));
        self.items.dedup_by(|a, b| a.external_id == b.external_id);
        for (at, item) in self.items.iter().enumerate() {
            for variant in &item.variants {
                self.variants
                    .insert(variant.external_id.as_str().into(), at as u32);
            }
        }
        Ok(())
    }

    /// Puts the list in an order that does not depend on the order of the events, each person's together.
    fn order(&mut self, nobodies: u32) {
        let known = self.people.len() as u32;
        for one in &mut self.list {
            if one.person >= known {
                one.person = known + (u32::MAX - 1 - one.person);
            }
        }
        self.list.par_sort_unstable_by_key(|one| {
            let price = one.price.map(f64::to_bits);
            (
                one.person,
                Reverse(one.time),
                one.metric,
                one.item,
                one.quantity.to_bits(),
                price,
            )
        });
        let people = (known + nobodies) as usize;
        self.starts = vec![0; people + 1];
        for one in &self.list {
            self.starts[one.person as usize + 1] += 1;
        }
        for person in 0..people {
            self.starts[person + 1] += self.starts[person];
        }
    }

    /// With the changes of prices, for feeds ordered by `price_drop`. Events do not tell of them.
    pub fn with_price_changes(
        mut self,
        changes: impl IntoIterator<Item = PriceChange>,
    ) -> Interactions {
        self.price_changes.extend(changes);
        self
    }

    /// The catalog's items, by `external_id`.
    pub fn items(&self) -> &[Arc<CatalogItem>] {
        &self.items
    }

    /// The names of the metrics that were read.
    pub fn metrics(&self) -> &[String] {
        &self.metrics
    }

    /// The interactions, person by person, each person's newest first.
    pub fn list(&self) -> &[Interaction] {
        &self.list
    }

    /// How many were dropped because their item is not in the catalog.
    pub fn unknown_items(&self) -> usize {
        self.unknown_items
    }

    /// The changes of prices that were given.
    pub fn price_changes(&self) -> &[PriceChange] {
        &self.price_changes
    }

    /// How many people there are; whoever did something unnamed counts as another each time.
    pub fn people(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The number of the person whose profile has this key, if they ever did anything that counts.
    pub fn person(&self, key: &str) -> Option<u32> {
        self.people.get(key).copied()
    }

    /// What one person did, newest first.
    pub fn of_person(&self, person: u32) -> &[Interaction] {
        let at = |place: u32| self.starts.get(place as usize).map_or(0, |&at| at as usize);
        self.list
            .get(at(person)..at(person.saturating_add(1)))
            .unwrap_or_default()
    }

    /// The place of the item that an event means by an id: the item's, or that of one of its variants.
    pub fn item(&self, id: &str) -> Option<u32> {
        let id = own_id(id);
        let found = self
            .items
            .binary_search_by(|item| item.external_id.as_str().cmp(id));
        match found {
            Ok(at) => Some(at as u32),
            Err(_) => self.variants.get(id).copied(),
        }
    }

    /// The items that an event names, each once, in ascending order.
    pub fn items_of(&self, event: &Event) -> Vec<u32> {
        let places = DEFAULT
            .iter()
            .find(|(name, _)| *name == event.metric.name)
            .map_or(ANYWHERE, |(_, places)| places);
        let mut goods = Vec::new();
        read_goods(event, places, &mut goods);
        let mut items: Vec<u32> = goods
            .iter()
            .filter_map(|good| self.item(&good.id))
            .collect();
        items.sort_unstable();
        items.dedup();
        items
    }

    pub(super) fn baskets(&self) -> usize {
        self.baskets as usize
    }

    /// The factor of each metric in a feed's order; 0: it does not count.
    pub(super) fn factors(&self, definition: &FeedDefinition) -> Vec<f64> {
        let mut factors = vec![0.0; self.metrics.len()];
        let mut count = |name: &str, weight: f64| {
            let at = self.metrics.iter().position(|metric| metric == name);
            match at.filter(|&at| self.present[at]) {
                Some(at) => factors[at] += weight,
                None => return false,
            }
            true
        };
        if definition.metrics.is_empty() {
            match definition.order {
                Order::MostViewed | Order::RecentlyViewed => count("Viewed Product", 1.0),
                Order::AddedToCart => count("Added to Cart", 1.0),
                // An order's products are told twice, once each and once in the order.
                _ => count("Ordered Product", 1.0) || count("Placed Order", 1.0),
            };
        } else {
            let chosen = |name: &str| definition.metrics.iter().any(|one| one.metric == name);
            // Ours: beside orders, a view says less of what somebody likes.
            let faint = definition.order == Order::AlsoLike
                && (chosen("Ordered Product") || chosen("Placed Order"));
            for one in &definition.metrics {
                let weight = match faint && one.metric == "Viewed Product" {
                    true => one.weight * 0.3,
                    false => one.weight,
                };
                count(&one.metric, weight);
            }
        }
        factors
    }

    /// 1 for the metrics that say that somebody has bought something, 0 for the others.
    pub(super) fn purchases(&self) -> Vec<f64> {
        let bought = |name: &String| name == "Ordered Product" || name == "Placed Order";
        self.metrics
            .iter()
            .map(|name| f64::from(u8::from(bought(name))))
            .collect()
    }
}
