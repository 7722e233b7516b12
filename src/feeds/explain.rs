//! Why somebody sees what they see in a feed, and not something else.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::decay::ONE;
use super::personal::Sources;
use super::rank::Scored;
use super::scratch::Scratch;
use super::{Feed, FeedDefinition, Feeds, Order, Pick, Shopper, Source};
use crate::data::CatalogItem;

/// What [`Feeds::explain`] tells of a feed.
#[derive(Debug)]
pub struct Explanation {
    /// The items that are shown: those of [`Feeds::pick`].
    pub shown: Vec<Shown>,
    /// The items that would stand before the last of them.
    pub left_out: Vec<LeftOut>,
}

/// An item that is shown.
#[derive(Debug)]
pub struct Shown {
    /// What and where from.
    pub pick: Pick,
    /// Where its score comes from.
    pub why: Why,
}

/// An item that is not shown.
#[derive(Debug)]
pub struct LeftOut {
    /// What and where from.
    pub pick: Pick,
    /// Why not.
    pub reason: Reason,
}

/// Where a score comes from.
#[derive(Debug, Clone)]
pub enum Why {
    /// From what everybody did.
    Everybody {
        /// How many different people.
        people: u32,
        /// The last time.
        latest: Option<Timestamp>,
    },
    /// From what this person did.
    Own {
        /// The last time.
        latest: Option<Timestamp>,
    },
    /// From likeness to other items, the largest share first.
    Likeness(Vec<Share>),
    /// From when it came into the catalog.
    Created(Option<Timestamp>),
    /// From a lower price.
    Cheaper(Option<Timestamp>),
    /// From its place in the definition's list, counted from 1.
    Listed(usize),
    /// By chance.
    Chance,
}

/// What one item gives another.
#[derive(Debug, Clone)]
pub struct Share {
    /// What the person touched, or the event names.
    pub seed: Arc<CatalogItem>,
    /// How much that counts.
    pub factor: f64,
    /// How alike the two are, from 0 to 1.
    pub likeness: f64,
    /// The product, as it is summed.
    pub score: f64,
}

/// Why an item is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nobody sees it in any feed.
    Hidden(&'static str),
    /// The feed's filter of this key.
    Filter(&'static str),
    /// This person bought it.
    Bought,
    /// It is in the event that started the flow.
    Trigger,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Hidden(why) => f.write_str(why),
            Reason::Filter(key) => write!(f, "filters.{key}"),
            Reason::Bought => f.write_str("bought"),
            Reason::Trigger => f.write_str("in the event"),
        }
    }
}

impl Reason {
    /// Why nobody sees an item in a feed.
    fn for_everybody(item: &CatalogItem, definition: &FeedDefinition) -> Option<Reason> {
        if !item.published {
            Some(Reason::Hidden("not published"))
        } else if item.image_full_url.is_none() {
            Some(Reason::Hidden("no picture"))
        } else if !item.is_visible() {
            Some(Reason::Hidden("sold out"))
        } else {
            definition.filters.refuses(item).map(Reason::Filter)
        }
    }
}

impl Feeds {
    /// [`Feeds::pick`] with reasons. Slower: nothing is left out before it is told.
    pub fn explain(
        &self,
        feed: &Feed,
        shopper: &Shopper,
        offset: usize,
        count: usize,
    ) -> Explanation {
        let sources = self.sources(feed, shopper);
        let items = self.interactions().items();
        let own = match feed.definition().order.is_global() {
            true => Vec::new(),
            false => Scratch::with(items.len(), |scratch| {
                sources.order(shopper, usize::MAX, scratch, |_, _| true)
            }),
        };
        let mut lists: Vec<(&[Scored], Source)> = vec![(&own, Source::Order)];
        lists.extend(self.rankings(feed));
        let trigger: HashSet<u32> = self
            .excluded_trigger(feed, shopper)
            .iter()
            .copied()
            .collect();
        let bought: HashSet<u32> = self.excluded_bought(feed, shopper).collect();
        let mut seen = HashSet::new();
        let mut explanation = Explanation {
            shown: Vec::new(),
            left_out: Vec::new(),
        };
        let mut kept = 0;
        for (list, source) in lists {
            for (place, &scored) in list.iter().enumerate() {
                if kept >= offset.saturating_add(count) {
                    return explanation;
                }
                if !seen.insert(scored.item) {
                    continue;
                }
                let pick = Pick::of(scored, source);
                let for_all = Reason::for_everybody(self.item(&pick), feed.definition());
                let reason = match for_all {
                    Some(reason) => Some(reason),
                    None if bought.contains(&scored.item) => Some(Reason::Bought),
                    None if trigger.contains(&scored.item) => Some(Reason::Trigger),
                    None => None,
                };
                if let Some(reason) = reason {
                    explanation.left_out.push(LeftOut { pick, reason });
                    continue;
                }
                kept += 1;
                if kept > offset {
                    let why = self.why(feed, &sources, shopper, &pick, place);
                    explanation.shown.push(Shown { pick, why });
                }
            }
        }
        explanation
    }

    fn why(
        &self,
        feed: &Feed,
        sources: &Sources<'_>,
        shopper: &Shopper,
        pick: &Pick,
        place: usize,
    ) -> Why {
        let definition = feed.definition();
        let order = match (pick.source, &definition.fallback) {
            (Source::Newest, _) => Order::Newest,
            (Source::Fallback, Some(fallback)) => fallback.order,
            _ => definition.order,
        };
        let (people, latest) = (pick.people, pick.latest);
        match order {
            Order::Trending | Order::BestSelling | Order::MostViewed => {
                Why::Everybody { people, latest }
            }
            Order::RecentlyViewed | Order::AddedToCart => Why::Own { latest },
            Order::AlsoLike | Order::BoughtTogether => {
                Why::Likeness(self.shares(sources, shopper, pick.item))
            }
            Order::Newest => Why::Created(latest),
            Order::PriceDrop => Why::Cheaper(latest),
            Order::Static => Why::Listed(place + 1),
            Order::Random => Why::Chance,
        }
    }

    fn shares(&self, sources: &Sources<'_>, shopper: &Shopper, item: u32) -> Vec<Share> {
        let Some(likeness) = sources.likeness else {
            return Vec::new();
        };
        let mut shares = Vec::new();
        for seed in sources.seeds(shopper) {
            let neighbours = likeness.neighbours();
            let near = neighbours.of(seed.item).iter();
            for near in near.filter(|near| neighbours.item(near.place) == item) {
                shares.push(Share {
                    seed: self.interactions().items()[seed.item as usize].clone(),
                    factor: seed.factor as f64 / ONE,
                    likeness: f64::from(near.likeness) / ONE,
                    score: Sources::share(seed, near.likeness) as f64 / ONE,
                });
            }
        }
        shares.sort_by(|a, b| b.score.total_cmp(&a.score));
        shares
    }
}
