//! Feeds as a run sees them: one immutable state of data and clock, from which everybody's products are picked.

use std::fmt;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use super::decay::Decay;
use super::groups::{Groups, Kind};
use super::likeness::{Likeness, LikenessOf};
use super::personal::Sources;
use super::rank::{Scored, ranking};
use super::scratch::Scratch;
use super::{ExcludePurchased, FeedDefinition, Interactions, NeighbourRules, Order};
use crate::data::{CatalogItem, DataError, Event, Profile, Shop, feed_item_value};
use crate::diagnostic::Diagnostic;
use crate::value::{Pairs, Value};

/// One feed of [`Feeds`].
pub struct Feed {
    definition: FeedDefinition,
    /// Of each metric.
    factors: Vec<f64>,
    decay: Decay,
    /// Places in the rankings of [`Feeds`], and in its likenesses.
    rankings: Vec<(usize, Source)>,
    likeness: Option<usize>,
    filtered: OnceLock<Filtered>,
}

impl Feed {
    /// What it was made from.
    pub fn definition(&self) -> &FeedDefinition {
        &self.definition
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.definition.fmt(f)
    }
}

/// What a feed's filters leave.
struct Filtered {
    /// For each item whether everybody may see it.
    keeps: Vec<bool>,
    /// For each ranking the places of what is kept.
    lists: Vec<Vec<u32>>,
}

/// Which list an item comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The feed's own order.
    Order,
    /// The fallback's.
    Fallback,
    /// The newest items, with `fill = "newest"`.
    Newest,
}

/// An item that somebody sees in a feed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pick {
    /// The item's place in [`Interactions::items`].
    pub item: u32,
    /// What its list is ordered by; higher comes first.
    pub score: f64,
    /// How many different people that is due to; 0 in lists that count none.
    pub people: u32,
    /// The last interaction that counts.
    pub latest: Option<Timestamp>,
    /// The list it comes from.
    pub source: Source,
}

/// Whom a feed is for; made by [`Feeds::shopper`].
#[derive(Debug, Clone, Default)]
pub struct Shopper {
    pub(super) person: Option<u32>,
    pub(super) id: String,
    pub(super) trigger: Vec<u32>,
}

/// All feeds of a run: the same data and the same clock for everybody.
///
/// Lists are computed when they are first asked for, or by [`Feeds::prepare`], which a batch calls before it starts.
///
/// ```
/// use letterpress::data::{CatalogItem, Event, Profile, Shop};
/// use letterpress::diagnostic::Source;
/// use letterpress::feeds::Feeds;
/// let item = |id: &str| CatalogItem::from_json(&format!(r#"{{"external_id": "{id}", "image_full_url": "i"}}"#));
/// let event = |json: &str| Event::from_json(json);
/// let (shop, _) = Shop::builder()
///     .item(item("P-1")?).item(item("P-2")?)
///     .profile(Profile::from_json(r#"{"id": "ada"}"#)?)
///     .event(event(r#"{"metric": "Viewed Product", "profile": {"id": "ada"}, "time": "2026-11-20", "properties": {"ProductID": "P-2"}}"#)?)
///     .feeds(Source::new("feeds.toml", "[SEEN]\norder = 'recently_viewed'\nfallback = { order = 'newest' }"))
///     .build();
/// let (feeds, _) = Feeds::global(&shop, "2026-11-23T00:00:00Z".parse()?)?;
/// let ada = feeds.shopper(shop.profile("ada").map(|ada| &**ada), None);
/// let seen = feeds.pick(feeds.get("SEEN").unwrap(), &ada, 0, 3);
/// let ids: Vec<&str> = seen.iter().map(|pick| feeds.item(pick).external_id.as_str()).collect();
/// assert_eq!(ids, ["P-2", "P-1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Feeds {
    feeds: Vec<Feed>,
    interactions: Arc<Interactions>,
    now: Timestamp,
    rules: NeighbourRules,
    rankings: Vec<(FeedDefinition, OnceLock<Vec<Scored>>)>,
    likenesses: Vec<(LikenessOf, OnceLock<Likeness>)>,
    bought: OnceLock<Groups>,
}

impl fmt::Debug for Feeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.feeds).finish()
    }
}

impl Feeds {
    /// The feeds that a shop's `feeds.toml` defines, at the time `now`. What is wrong with the file is a finding;
    /// a feed with an error is left out.
    ///
    /// # Errors
    /// None from a [`Shop`]; the type is that of [`Interactions::of`].
    pub fn global(shop: &Shop, now: Timestamp) -> Result<(Feeds, Vec<Diagnostic>), DataError> {
        let Some(source) = shop.feeds_source() else {
            let nothing = Arc::new(Interactions::default());
            return Ok((Feeds::new(Vec::new(), nothing, now), Vec::new()));
        };
        let (definitions, mut findings) = FeedDefinition::from_toml(source);
        let interactions = Interactions::for_feeds(&definitions, shop, shop)?;
        let feeds = Feeds::new(definitions, Arc::new(interactions), now);
        findings.extend(feeds.findings());
        Ok((feeds, findings))
    }

    /// The feeds of these definitions. Interactions after `now` do not count.
    pub fn new(
        definitions: Vec<FeedDefinition>,
        interactions: Arc<Interactions>,
        now: Timestamp,
    ) -> Feeds {
        Feeds::with_rules(definitions, interactions, now, NeighbourRules::default())
    }

    /// [`Feeds::new`], with other rules for neighbours.
    pub fn with_rules(
        definitions: Vec<FeedDefinition>,
        interactions: Arc<Interactions>,
        now: Timestamp,
        rules: NeighbourRules,
    ) -> Feeds {
        let mut feeds = Feeds {
            feeds: Vec::new(),
            interactions,
            now,
            rules,
            rankings: Vec::new(),
            likenesses: Vec::new(),
            bought: OnceLock::new(),
        };
        for definition in definitions {
            feeds.add(definition);
        }
        feeds
    }

    fn add(&mut self, definition: FeedDefinition) {
        let mut rankings = Vec::new();
        if definition.order.is_global() {
            rankings.push((self.ranking(&definition), Source::Order));
        }
        if let Some(fallback) = &definition.fallback {
            rankings.push((self.ranking(fallback), Source::Fallback));
        }
        if definition.fill_newest {
            let newest = FeedDefinition::new("", Order::Newest);
            rankings.push((self.ranking(&newest), Source::Newest));
        }
        let factors = self.interactions.factors(&definition);
        let likeness = LikenessOf::feed(&definition, &factors).map(|of| {
            let known = self.likenesses.iter().position(|(known, _)| *known == of);
            known.unwrap_or_else(|| {
                self.likenesses.push((of, OnceLock::new()));
                self.likenesses.len() - 1
            })
        });
        self.feeds.push(Feed {
            decay: Decay::new(definition.half_life_days, definition.window_days),
            factors,
            rankings,
            likeness,
            filtered: OnceLock::new(),
            definition,
        });
    }

    /// The place of the ranking of this order; feeds of the same order share one.
    fn ranking(&mut self, definition: &FeedDefinition) -> usize {
        let alone = definition.order_alone();
        let known = self.rankings.iter().position(|(known, _)| *known == alone);
        known.unwrap_or_else(|| {
            self.rankings.push((alone, OnceLock::new()));
            self.rankings.len() - 1
        })
    }

    /// What was noticed about the data.
    pub fn findings(&self) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        let unknown = self.interactions.unknown_items();
        if unknown > 0 {
            let (are, they) = match unknown {
                1 => ("line names", "it does"),
                _ => ("lines name", "they do"),
            };
            let title = format!("{unknown} {are} an item that is not in the catalog");
            let note = format!("of orders, carts and views; {they} not count in product feeds");
            findings.push(Diagnostic::warning("unknown-item", title).note(note));
        }
        if self.interactions.price_changes().is_empty() {
            for (feed, order) in self.orders() {
                if order == Order::PriceDrop {
                    let title = format!("no change of a price is recorded for the feed {feed}");
                    findings.push(
                        Diagnostic::warning("no-price-changes", title)
                            .note("events do not tell of them; its fallback is shown"),
                    );
                }
            }
        }
        findings
    }

    fn orders(&self) -> impl Iterator<Item = (&str, Order)> {
        self.feeds.iter().flat_map(|feed| {
            let definition = &feed.definition;
            [Some(definition), definition.fallback.as_deref()]
                .into_iter()
                .flatten()
                .map(|one| (definition.name.as_str(), one.order))
        })
    }

    /// The feed of this name.
    pub fn get(&self, name: &str) -> Option<&Feed> {
        self.feeds.iter().find(|feed| feed.definition.name == name)
    }

    /// All feeds, in the order of `feeds.toml`.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Feed> {
        self.feeds.iter()
    }

    /// What they are computed from.
    pub fn interactions(&self) -> &Interactions {
        &self.interactions
    }

    /// The time of the run.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The item of a pick.
    pub fn item(&self, pick: &Pick) -> &Arc<CatalogItem> {
        &self.interactions.items()[pick.item as usize]
    }

    /// Computes all that feeds of these names need of everybody's data, so that picking is quick afterwards.
    pub fn prepare<'n>(&self, names: impl IntoIterator<Item = &'n str>) {
        for feed in names.into_iter().filter_map(|name| self.get(name)) {
            self.filtered(feed);
            self.likeness(feed);
            if feed.definition.exclude_purchased != ExcludePurchased::Off {
                self.bought();
            }
        }
    }

    /// Somebody, as feeds know them: the key of `profile` is that of the events (see [`Profile::key`]); `event` is what
    /// started a flow.
    pub fn shopper(&self, profile: Option<&Profile>, event: Option<&Event>) -> Shopper {
        let id = profile.map(Profile::key).unwrap_or_default();
        Shopper {
            person: self.interactions.person(id),
            id: id.to_owned(),
            trigger: event.map_or_else(Vec::new, |event| self.interactions.items_of(event)),
        }
    }

    /// What everybody sees of a feed, at most [`FeedDefinition::pool`].
    pub fn items(&self, feed: &Feed) -> Vec<Pick> {
        self.pick(feed, &Shopper::default(), 0, feed.definition.pool)
    }

    /// `count` items from place `offset` on of what somebody sees of a feed: the order's own, without
    /// what is hidden, filtered, bought or in the trigger; then the fallback's, then the newest.
    ///
    /// Fewer than `count` is no error: a block leaves cells empty.
    pub fn pick(&self, feed: &Feed, shopper: &Shopper, offset: usize, count: usize) -> Vec<Pick> {
        let wanted = offset.saturating_add(count);
        if count == 0 {
            return Vec::new();
        }
        // Before the scratch is taken: what is computed here may run somebody else's pick on this thread.
        let filtered = self.filtered(feed);
        let sources = self.sources(feed, shopper);
        let bought = self.excluded_bought(feed, shopper);
        Scratch::with(self.interactions.items().len(), |scratch| {
            for &item in self.excluded_trigger(feed, shopper) {
                scratch.mark(item);
            }
            for item in bought {
                scratch.mark(item);
            }
            let own = match feed.definition.order.is_global() {
                true => Vec::new(),
                false => sources.order(shopper, wanted, scratch, |item, scratch| {
                    filtered.keeps[item as usize] && !scratch.is_marked(item)
                }),
            };
            let own = own.into_iter().map(|scored| (scored, Source::Order));
            let lists = feed.rankings.iter().zip(&filtered.lists);
            let shared = lists.flat_map(|(&(at, source), list)| {
                let ranking = self.ranked(at);
                let scored = list.iter().map(|&place| ranking[place as usize]);
                scored.map(move |scored| (scored, source))
            });
            own.chain(shared)
                .filter(|(scored, _)| scratch.mark(scored.item))
                .skip(offset)
                .take(count)
                .map(|(scored, source)| Pick::of(scored, source))
                .collect()
        })
    }

    /// What this person does not see because it is in the event.
    pub(super) fn excluded_trigger<'s>(&self, feed: &Feed, shopper: &'s Shopper) -> &'s [u32] {
        match feed.definition.exclude_trigger_items {
            true => &shopper.trigger,
            false => &[],
        }
    }

    /// What this person does not see because they bought it.
    pub(super) fn excluded_bought<'s>(
        &'s self,
        feed: &Feed,
        shopper: &Shopper,
    ) -> impl Iterator<Item = u32> + 's {
        // The age of what was bought counts in whole hours, as all ages.
        let oldest = match feed.definition.exclude_purchased {
            ExcludePurchased::Off => None,
            ExcludePurchased::AllTime => Some(i64::MIN),
            ExcludePurchased::Days(days) => {
                Some(self.now.as_second() - (i64::from(days) * 24 + 1) * 3600 + 1)
            }
        };
        let touches = match (shopper.person, oldest) {
            (Some(person), Some(_)) => self.bought().of(person),
            _ => &[],
        };
        touches
            .iter()
            .take_while(move |touch| oldest.is_some_and(|oldest| touch.latest >= oldest))
            .map(|touch| touch.item)
    }

    pub(super) fn sources<'f>(&'f self, feed: &'f Feed, shopper: &Shopper) -> Sources<'f> {
        // Nobody in particular has no seeds.
        let somebody = shopper.person.is_some() || !shopper.trigger.is_empty();
        Sources {
            definition: &feed.definition,
            interactions: &self.interactions,
            factors: &feed.factors,
            decay: &feed.decay,
            likeness: somebody.then(|| self.likeness(feed)).flatten(),
            now: self.now,
        }
    }

    /// The rankings that a feed shows, from the first to the last, before its filters.
    pub(super) fn rankings<'f>(
        &'f self,
        feed: &'f Feed,
    ) -> impl Iterator<Item = (&'f [Scored], Source)> {
        let rankings = feed.rankings.iter();
        rankings.map(|&(at, source)| (self.ranked(at), source))
    }

    fn ranked(&self, at: usize) -> &[Scored] {
        let (definition, cell) = &self.rankings[at];
        let ranking = || ranking(definition, &self.interactions, self.now);
        let ranking: &Vec<Scored> = once(cell, ranking);
        ranking
    }

    fn filtered<'f>(&'f self, feed: &'f Feed) -> &'f Filtered {
        let filters = &feed.definition.filters;
        once(&feed.filtered, || {
            let items = self.interactions.items().iter();
            let keeps: Vec<bool> = items
                .map(|item| item.is_visible() && filters.keeps(item))
                .collect();
            let places = |(ranking, _): (&[Scored], Source)| -> Vec<u32> {
                (0u32..)
                    .zip(ranking)
                    .filter(|(_, scored)| keeps[scored.item as usize])
                    .map(|(place, _)| place)
                    .collect()
            };
            let lists = self.rankings(feed).map(places).collect();
            Filtered { keeps, lists }
        })
    }

    fn likeness(&self, feed: &Feed) -> Option<&Likeness> {
        let (of, cell) = &self.likenesses[feed.likeness?];
        Some(once(cell, || {
            Likeness::new(of, &self.interactions, self.now.as_second(), &self.rules)
        }))
    }

    fn bought(&self) -> &Groups {
        once(&self.bought, || {
            let interactions = &self.interactions;
            let now = self.now.as_second();
            Groups::new(interactions, &interactions.purchases(), Kind::Person, now)
        })
    }

    /// The value of `feeds` in a template: a list of items under each name, prices as texts made by `price`.
    pub fn value(&self, price: &dyn Fn(f64) -> String) -> Value {
        let list = |feed: &Feed| -> Value {
            let items = self.items(feed);
            let items = items
                .iter()
                .map(|pick| feed_item_value(self.item(pick), price));
            Value::from_object(items.collect::<Vec<_>>())
        };
        let pairs = self
            .feeds
            .iter()
            .map(|feed| (feed.definition.name.as_str(), list(feed)));
        Value::from(pairs.collect::<Pairs>())
    }
}

impl Pick {
    pub(super) fn of(scored: Scored, source: Source) -> Pick {
        Pick {
            item: scored.item,
            score: scored.score,
            people: scored.people,
            latest: Timestamp::from_second(scored.latest).ok(),
            source,
        }
    }
}

/// The value of a cell, made if need be, and not while others wait for it: whoever makes it uses threads that might
/// be among them. Two that come at once make it twice, and the same.
pub(crate) fn once<T>(cell: &OnceLock<T>, make: impl FnOnce() -> T) -> &T {
    match cell.get() {
        Some(there) => there,
        None => {
            let made = make();
            cell.get_or_init(|| made)
        }
    }
}
