//! The orders that are the same for everyone.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::decay::{Decay, ONE};
use super::{FeedDefinition, Interactions, Order};
use crate::data::CatalogItem;

/// An item and why it stands where it stands.
#[derive(Debug, Clone)]
pub struct Ranked {
    /// The item.
    pub item: Arc<CatalogItem>,
    /// What it was ordered by; higher comes first.
    pub score: f64,
    /// How many different people that is due to.
    pub people: usize,
    /// The last interaction that counts.
    pub latest: Option<Timestamp>,
}

impl Ranked {
    /// The shop's own id of the item.
    pub fn external_id(&self) -> &str {
        &self.item.external_id
    }
}

/// All items that a global order puts in order at the time `now`, before any filter.
///
/// Ties: more people first, then the later last interaction, then the smaller `external_id` by bytes. An order
/// that is personal, or that is not computed here, gives nothing.
///
/// ```
/// use letterpress::data::{CatalogItem, Event, Shop};
/// use letterpress::feeds::{FeedDefinition, Interactions, Order, rank};
/// let (shop, _) = Shop::builder()
///     .item(CatalogItem::from_json(r#"{"external_id": "C"}"#)?)
///     .event(Event::from_json(r#"{"metric": "Ordered Product", "time": "2026-06-16T15:00:00Z", "properties": {"ProductID": "C", "Quantity": 5}}"#)?)
///     .build();
/// let interactions = Interactions::of(&shop, &shop, &[])?;
/// let trending = rank(&FeedDefinition::new("T", Order::Trending), &interactions, "2026-06-17T15:00:00Z".parse()?);
/// assert_eq!(format!("{} {:.3}", trending[0].external_id(), trending[0].score), "C 3.969");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn rank(
    definition: &FeedDefinition,
    interactions: &Interactions,
    now: Timestamp,
) -> Vec<Ranked> {
    match definition.order {
        Order::Trending | Order::BestSelling => {
            by_interactions(definition, interactions, now, "Ordered Product")
        }
        Order::MostViewed => by_interactions(definition, interactions, now, "Viewed Product"),
        Order::Newest => newest(interactions, now),
        Order::Static => listed(definition, interactions),
        _ => Vec::new(),
    }
}

/// The sum for one item.
#[derive(Default)]
struct Sum {
    /// In multiples of 2⁻³².
    score: u128,
    people: Vec<u32>,
    latest: i64,
}

fn by_interactions(
    definition: &FeedDefinition,
    interactions: &Interactions,
    now: Timestamp,
    metric: &str,
) -> Vec<Ranked> {
    let decay = Decay::new(definition.half_life_days, definition.window_days);
    let now = now.as_second();
    // The factor of each metric that counts.
    let mut factors = vec![0.0; interactions.metrics().len()];
    let mut count = |name: &str, weight: f64| {
        let at = interactions.metric(name);
        if let Some(factor) = at.and_then(|at| factors.get_mut(at as usize)) {
            *factor += weight;
        }
        at.is_some()
    };
    if definition.metrics.is_empty() {
        // An order's products are told twice, once each and once in the order.
        if !count(metric, 1.0) && metric == "Ordered Product" {
            count("Placed Order", 1.0);
        }
    } else {
        for chosen in &definition.metrics {
            count(&chosen.metric, chosen.weight);
        }
    }
    let views = definition.order == Order::MostViewed;
    let mut sums: HashMap<u32, Sum> = HashMap::new();
    // The last view of each person, item and day.
    let mut days: HashMap<(u32, u32, i64), (i64, f64)> = HashMap::new();
    let add = |sums: &mut HashMap<u32, Sum>, item: u32, person: u32, time: i64, amount: f64| {
        let Some(weight) = decay.weight(((now - time) / 3600) as u64) else {
            return;
        };
        let sum = sums.entry(item).or_default();
        sum.score += (amount * weight as f64).round() as u128;
        sum.people.push(person);
        sum.latest = sum.latest.max(time);
    };
    for one in interactions.list() {
        let factor = factors[one.metric as usize];
        if factor <= 0.0 || one.time > now {
            continue;
        }
        if views {
            let day = one.time.div_euclid(86_400);
            let last = days
                .entry((one.person, one.item, day))
                .or_insert((i64::MIN, 0.0));
            if (one.time, factor) > *last {
                *last = (one.time, factor);
            }
            continue;
        }
        let price = match definition.by_revenue {
            true => one
                .price
                .or_else(|| interactions.items()[one.item as usize].price_value())
                .unwrap_or(0.0)
                .max(0.0),
            false => 1.0,
        };
        add(
            &mut sums,
            one.item,
            one.person,
            one.time,
            factor * one.quantity * price,
        );
    }
    for ((person, item, _), (time, factor)) in days {
        add(&mut sums, item, person, time, factor);
    }
    let mut order: Vec<(u128, Ranked)> = sums
        .into_iter()
        .map(|(item, mut sum)| {
            sum.people.sort_unstable();
            sum.people.dedup();
            let ranked = Ranked {
                item: interactions.items()[item as usize].clone(),
                score: sum.score as f64 / ONE,
                people: sum.people.len(),
                latest: Timestamp::from_second(sum.latest).ok(),
            };
            (sum.score, ranked)
        })
        .collect();
    order.sort_by(|(a, x), (b, y)| {
        let key = |score: u128, r: &Ranked| (Reverse(score), Reverse(r.people), Reverse(r.latest));
        key(*a, x)
            .cmp(&key(*b, y))
            .then_with(|| x.external_id().cmp(y.external_id()))
    });
    order.into_iter().map(|(_, ranked)| ranked).collect()
}

/// By the time an item was added to the catalog; items that do not tell come last.
fn newest(interactions: &Interactions, now: Timestamp) -> Vec<Ranked> {
    let mut all: Vec<Ranked> = interactions
        .items()
        .iter()
        .filter(|item| item.created.is_none_or(|created| created <= now))
        .map(|item| Ranked {
            item: item.clone(),
            score: item
                .created
                .map_or(0.0, |created| created.as_second() as f64),
            people: 0,
            latest: item.created,
        })
        .collect();
    all.sort_by(|a, b| {
        b.latest
            .cmp(&a.latest)
            .then_with(|| a.external_id().cmp(b.external_id()))
    });
    all
}

fn listed(definition: &FeedDefinition, interactions: &Interactions) -> Vec<Ranked> {
    let by_id: HashMap<&str, &Arc<CatalogItem>> = interactions
        .items()
        .iter()
        .map(|item| (item.external_id.as_str(), item))
        .collect();
    let mut seen = std::collections::HashSet::new();
    definition
        .items
        .iter()
        .filter_map(|id| by_id.get(crate::data::own_id(id)))
        .filter(|item| seen.insert(item.external_id.as_str()))
        .enumerate()
        .map(|(place, item)| Ranked {
            item: (*item).clone(),
            score: -(place as f64),
            people: 0,
            latest: None,
        })
        .collect()
}
