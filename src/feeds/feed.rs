//! Feeds as a run sees them: computed once, then read by every mail.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{FeedDefinition, Interactions, Order, Ranked, rank};
use crate::data::{Catalog, CatalogItem, DataError, Events, Shop, feed_item_value};
use crate::diagnostic::Diagnostic;
use crate::value::{Pairs, Value};

/// One feed, ranked and filtered for everyone.
#[derive(Debug, Clone)]
pub struct Feed {
    definition: FeedDefinition,
    /// The order's list, the fallback's, the newest: each continues the one before.
    lists: Vec<Vec<Ranked>>,
}

impl Feed {
    /// Ranks a definition and leaves out what is invisible or filtered.
    pub fn new(definition: FeedDefinition, interactions: &Interactions, now: Timestamp) -> Feed {
        let newest = FeedDefinition::new("", Order::Newest);
        let definitions = [
            Some(&definition),
            definition.fallback.as_deref(),
            Some(&newest).filter(|_| definition.fill_newest),
        ];
        let lists = definitions
            .into_iter()
            .flatten()
            .map(|one| {
                let mut list = rank(one, interactions, now);
                list.retain(|r| r.item.is_visible() && definition.filters.keeps(&r.item));
                list
            })
            .collect();
        Feed { definition, lists }
    }

    /// What it was made from.
    pub fn definition(&self) -> &FeedDefinition {
        &self.definition
    }

    /// The items that everyone sees, at most [`FeedDefinition::pool`].
    pub fn items(&self) -> Vec<&Ranked> {
        self.select(|_| true, 0, self.definition.pool)
    }

    /// `count` items from place `offset` on among those that `keep` keeps, the fallback's after the order's own.
    ///
    /// Exclusions of one person (what they bought, what is in their cart) are the caller's `keep`. Fewer than
    /// `count` is no error: a block leaves cells empty.
    pub fn select(
        &self,
        keep: impl Fn(&CatalogItem) -> bool,
        offset: usize,
        count: usize,
    ) -> Vec<&Ranked> {
        let mut seen = HashSet::new();
        self.lists
            .iter()
            .flatten()
            .filter(|ranked| keep(&ranked.item))
            .filter(|ranked| seen.insert(ranked.external_id()))
            .skip(offset)
            .take(count)
            .collect()
    }
}

/// All feeds of a run.
#[derive(Debug, Clone, Default)]
pub struct Feeds {
    feeds: Vec<Feed>,
}

impl Feeds {
    /// The feeds that a shop's `feeds.toml` defines, at the time `now`. What is wrong with the file is a finding;
    /// a feed with an error is left out.
    ///
    /// # Errors
    /// None from a [`Shop`]; the type is that of [`Feeds::new`].
    pub fn global(shop: &Shop, now: Timestamp) -> Result<(Feeds, Vec<Diagnostic>), DataError> {
        let Some(source) = shop.feeds_source() else {
            return Ok((Feeds::default(), Vec::new()));
        };
        let (definitions, mut findings) = FeedDefinition::from_toml(source);
        let (feeds, noticed) = Feeds::new(definitions, shop, shop, now)?;
        findings.extend(noticed);
        Ok((feeds, findings))
    }

    /// Computes feeds from events and a catalog. A personal feed shows its fallback.
    ///
    /// # Errors
    /// [`DataError::Lookup`]: the database behind `events` or `catalog` failed.
    pub fn new(
        definitions: Vec<FeedDefinition>,
        events: &dyn Events,
        catalog: &dyn Catalog,
        now: Timestamp,
    ) -> Result<(Feeds, Vec<Diagnostic>), DataError> {
        if definitions.is_empty() {
            return Ok((Feeds::default(), Vec::new()));
        }
        let mut findings = Vec::new();
        let metrics: Vec<&str> = definitions
            .iter()
            .flat_map(|one| {
                one.metrics
                    .iter()
                    .chain(one.fallback.iter().flat_map(|f| &f.metrics))
            })
            .map(|chosen| chosen.metric.as_str())
            .collect();
        let interactions = Interactions::of(events, catalog, &metrics)?;
        if interactions.unknown_items() > 0 {
            let (are, they) = match interactions.unknown_items() {
                1 => ("line names", "it does"),
                _ => ("lines name", "they do"),
            };
            findings.push(
                Diagnostic::warning(
                    "unknown-item",
                    format!(
                        "{} {are} an item that is not in the catalog",
                        interactions.unknown_items()
                    ),
                )
                .note(format!(
                    "of orders, carts and views; {they} not count in product feeds"
                )),
            );
        }
        for one in &definitions {
            if !one.order.is_global() || one.order == Order::PriceDrop {
                findings.push(
                    Diagnostic::warning(
                        "personal-feed",
                        format!(
                            "the feed {} is ordered by {}, which is not computed here",
                            one.name,
                            one.order.name()
                        ),
                    )
                    .note("everyone sees its fallback"),
                );
            }
        }
        let feeds = definitions
            .into_iter()
            .map(|one| Feed::new(one, &interactions, now))
            .collect();
        Ok((Feeds { feeds }, findings))
    }

    /// The feed of this name.
    pub fn get(&self, name: &str) -> Option<&Feed> {
        self.feeds.iter().find(|feed| feed.definition.name == name)
    }

    /// All feeds, in the order of `feeds.toml`.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Feed> {
        self.feeds.iter()
    }

    /// The value of `feeds` in a template: a list of items under each name, prices as texts made by `price`.
    pub fn value(&self, price: &dyn Fn(f64) -> String) -> Value {
        let list = |feed: &Feed| -> Value {
            let items = feed
                .items()
                .into_iter()
                .map(|ranked| feed_item_value(&ranked.item, price));
            Value::from_object(items.collect::<Vec<_>>())
        };
        let pairs = self
            .feeds
            .iter()
            .map(|feed| (feed.definition.name.as_str(), list(feed)));
        Value::from(pairs.collect::<Pairs>())
    }
}
