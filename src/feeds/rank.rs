//! The orders that are the same for everyone.

use std::cmp::Reverse;
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

/// The same in few bytes: every item may have one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scored {
    pub(super) item: u32,
    pub(super) people: u32,
    pub(super) score: f64,
    /// Unix seconds; [`NEVER`] for none.
    pub(super) latest: i64,
}

/// No interaction.
pub(super) const NEVER: i64 = i64::MIN;

impl Scored {
    pub(super) fn ranked(&self, interactions: &Interactions) -> Ranked {
        Ranked {
            item: interactions.items()[self.item as usize].clone(),
            score: self.score,
            people: self.people as usize,
            latest: Timestamp::from_second(self.latest).ok(),
        }
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
    ranking(definition, interactions, now)
        .iter()
        .map(|scored| scored.ranked(interactions))
        .collect()
}

/// [`rank`] in few bytes.
pub(super) fn ranking(
    definition: &FeedDefinition,
    interactions: &Interactions,
    now: Timestamp,
) -> Vec<Scored> {
    match definition.order {
        Order::Trending | Order::BestSelling | Order::MostViewed => {
            by_interactions(definition, interactions, now.as_second())
        }
        Order::Newest => newest(interactions, now),
        Order::PriceDrop => by_price_drop(definition, interactions, now),
        Order::Static => listed(definition, interactions),
        _ => Vec::new(),
    }
}

/// The sum for one item.
#[derive(Clone, Copy)]
struct Sum {
    /// In multiples of 2⁻³².
    score: u128,
    people: u32,
    latest: i64,
    /// Whose interaction was added last, and on which day it was.
    person: u32,
    day: i64,
}

fn by_interactions(
    definition: &FeedDefinition,
    interactions: &Interactions,
    now: i64,
) -> Vec<Scored> {
    let decay = Decay::new(definition.half_life_days, definition.window_days);
    let factors = interactions.factors(definition);
    // Ours: a view counts once a person, item and UTC day; the last of the day does.
    let once_a_day = definition.order == Order::MostViewed;
    let nothing = Sum {
        score: 0,
        people: 0,
        latest: NEVER,
        person: u32::MAX,
        day: 0,
    };
    let mut sums = vec![nothing; interactions.items().len()];
    for person in 0..interactions.people() as u32 {
        for one in interactions.of_person(person) {
            let factor = factors[one.metric as usize];
            if factor <= 0.0 || one.time > now {
                continue;
            }
            // The newest come first.
            let Some(weight) = decay.weight(((now - one.time) / 3600) as u64) else {
                break;
            };
            let sum = &mut sums[one.item as usize];
            let day = one.time.div_euclid(86_400);
            if sum.person != person {
                sum.person = person;
                sum.people += 1;
            } else if once_a_day && sum.day == day {
                continue;
            }
            sum.day = day;
            sum.latest = sum.latest.max(one.time);
            let amount = match (once_a_day, definition.by_revenue) {
                (true, _) => 1.0,
                (_, false) => one.quantity,
                (_, true) => one.quantity * price(one.price, interactions, one.item),
            };
            sum.score += (factor * amount * weight as f64).round() as u128;
        }
    }
    let mut order: Vec<u32> = (0..sums.len() as u32)
        .filter(|&item| sums[item as usize].people > 0)
        .collect();
    order.sort_unstable_by_key(|&item| {
        let sum = &sums[item as usize];
        (
            Reverse(sum.score),
            Reverse(sum.people),
            Reverse(sum.latest),
            item,
        )
    });
    order
        .into_iter()
        .map(|item| {
            let sum = &sums[item as usize];
            Scored {
                item,
                people: sum.people,
                score: sum.score as f64 / ONE,
                latest: sum.latest,
            }
        })
        .collect()
}

/// What one piece cost: as the event says, else as the catalog says now.
fn price(told: Option<f64>, interactions: &Interactions, item: u32) -> f64 {
    told.or_else(|| interactions.items()[item as usize].price_value())
        .unwrap_or(0.0)
        .max(0.0)
}

/// By the time an item was added to the catalog; items that do not tell come last.
fn newest(interactions: &Interactions, now: Timestamp) -> Vec<Scored> {
    let mut all: Vec<Scored> = (0u32..)
        .zip(interactions.items())
        .filter(|(_, item)| item.created.is_none_or(|created| created <= now))
        .map(|(at, item)| {
            let created = item.created.map(Timestamp::as_second);
            Scored {
                item: at,
                people: 0,
                score: created.map_or(0.0, |second| second as f64),
                latest: created.unwrap_or(NEVER),
            }
        })
        .collect();
    // To the nanosecond, where the catalog tells it.
    all.sort_unstable_by_key(|one| {
        let created = interactions.items()[one.item as usize].created;
        (Reverse(created), one.item)
    });
    all
}

/// By how much of its price an item lost in its last change, if that was a fall and lies in the window.
fn by_price_drop(
    definition: &FeedDefinition,
    interactions: &Interactions,
    now: Timestamp,
) -> Vec<Scored> {
    let decay = Decay::new(None, definition.window_days);
    let mut last: Vec<Option<(i64, f64)>> = vec![None; interactions.items().len()];
    for change in interactions.price_changes() {
        let time = change.time.as_second();
        let Some(item) = interactions
            .item(&change.item)
            .filter(|_| change.time <= now)
        else {
            continue;
        };
        let drop = (change.old - change.new) / change.old;
        let drop = if drop.is_finite() { drop } else { 0.0 };
        let kept = &mut last[item as usize];
        // Of two changes at one time the larger fall counts, whichever was told first.
        if kept.is_none_or(|(at, fall)| time.cmp(&at).then(drop.total_cmp(&fall)).is_gt()) {
            *kept = Some((time, drop));
        }
    }
    let mut all: Vec<Scored> = (0u32..)
        .zip(last)
        .filter_map(|(item, last)| {
            let (latest, score) = last?;
            let age = ((now.as_second() - latest) / 3600) as u64;
            (score > 0.0 && decay.weight(age).is_some()).then_some(Scored {
                item,
                people: 0,
                score,
                latest,
            })
        })
        .collect();
    all.sort_unstable_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then(b.latest.cmp(&a.latest))
            .then(a.item.cmp(&b.item))
    });
    all
}

fn listed(definition: &FeedDefinition, interactions: &Interactions) -> Vec<Scored> {
    let mut seen = std::collections::HashSet::new();
    definition
        .items
        .iter()
        .filter_map(|id| interactions.item(id))
        .filter(|item| seen.insert(*item))
        .enumerate()
        .map(|(place, item)| Scored {
            item,
            people: 0,
            score: 0.0 - place as f64,
            latest: NEVER,
        })
        .collect()
}
