//! The orders that are one person's.

use std::cmp::Reverse;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::decay::{Decay, ONE};
use super::likeness::Likeness;
use super::rank::{NEVER, Scored};
use super::scratch::Scratch;
use super::{FeedDefinition, Interactions, Order, Shopper, siphash};

/// What a later seed counts less than the one before it (ours).
const FADING: f64 = 0.98;

/// How many of a person's most recent items are seeds.
const SEEDS: usize = 100;

/// An item from which others are found, and how much it counts, in multiples of 2⁻³².
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seed {
    pub(super) item: u32,
    pub(super) factor: u64,
}

/// What a personal order is computed from.
pub(super) struct Sources<'f> {
    pub(super) definition: &'f FeedDefinition,
    pub(super) interactions: &'f Interactions,
    /// Of the metrics.
    pub(super) factors: &'f [f64],
    pub(super) decay: &'f Decay,
    pub(super) likeness: Option<&'f Likeness>,
    pub(super) now: Timestamp,
}

impl Sources<'_> {
    /// The first `most` items of the order that `keep` keeps; `keep` may be asked about items in any order.
    pub(super) fn order(
        &self,
        shopper: &Shopper,
        most: usize,
        scratch: &mut Scratch,
        keep: impl Fn(u32, &Scratch) -> bool,
    ) -> Vec<Scored> {
        let mut all = match self.definition.order {
            Order::RecentlyViewed => self.recently_viewed(shopper, scratch),
            Order::AddedToCart => self.added_to_cart(shopper, scratch),
            Order::AlsoLike | Order::BoughtTogether => {
                return self.like(shopper, most, scratch, keep);
            }
            Order::Random => return self.random(shopper, most, scratch, keep),
            _ => Vec::new(),
        };
        all.retain(|one| keep(one.item, scratch));
        first(all, most)
    }

    /// This person's interactions of the chosen metrics in the window, the newest first, with their weights.
    fn recent<'a>(&'a self, shopper: &Shopper) -> impl Iterator<Item = (u32, i64, u64)> + 'a {
        let now = self.now.as_second();
        let all = match shopper.person {
            Some(person) => self.interactions.of_person(person),
            None => &[],
        };
        all.iter()
            .filter(move |one| one.time <= now)
            .map_while(move |one| {
                let weight = self.decay.weight(((now - one.time) / 3600) as u64)?;
                let factor = self.factors[one.metric as usize];
                Some((one, (factor * weight as f64).round() as u64))
            })
            .filter(|(_, weight)| *weight > 0)
            .map(|(one, weight)| (one.item, one.time, weight))
    }

    fn recently_viewed(&self, shopper: &Shopper, scratch: &mut Scratch) -> Vec<Scored> {
        let mut latest = Vec::new();
        for (item, time, weight) in self.recent(shopper) {
            let score = &mut scratch.scores[item as usize];
            if *score == 0 {
                latest.push((item, time));
            }
            *score += weight;
        }
        let score = |(item, latest)| Scored {
            item,
            people: 0,
            score: std::mem::take(&mut scratch.scores[item as usize]) as f64 / ONE,
            latest,
        };
        latest.into_iter().map(score).collect()
    }

    /// What was put in the cart and not ordered after that, by the time it was.
    fn added_to_cart(&self, shopper: &Shopper, scratch: &mut Scratch) -> Vec<Scored> {
        let mut added = Vec::new();
        for (item, time, _) in self.recent(shopper) {
            let seen = &mut scratch.scores[item as usize];
            if *seen == 0 {
                added.push((item, time));
                *seen = 1;
            }
        }
        for (item, _) in &added {
            scratch.scores[*item as usize] = 0;
        }
        let now = self.now.as_second();
        let bought = self.interactions.purchases();
        let all = shopper
            .person
            .map(|person| self.interactions.of_person(person));
        let ordered_after = |item: u32, added: i64| {
            all.unwrap_or_default()
                .iter()
                .take_while(|one| one.time > added)
                .any(|one| one.item == item && one.time <= now && bought[one.metric as usize] > 0.0)
        };
        added
            .into_iter()
            .filter(|&(item, time)| !ordered_after(item, time))
            .map(|(item, time)| Scored {
                item,
                people: 0,
                score: time as f64,
                latest: time,
            })
            .collect()
    }

    /// The seeds of a person or of an event, the one that counts most first.
    pub(super) fn seeds(&self, shopper: &Shopper) -> Vec<Seed> {
        if self.definition.order == Order::BoughtTogether {
            let seed = |&item: &u32| Seed {
                item,
                factor: ONE as u64,
            };
            return shopper.trigger.iter().map(seed).collect();
        }
        let (Some(person), Some(likeness)) = (shopper.person, self.likeness) else {
            return Vec::new();
        };
        let touched = likeness.of_person(person).iter();
        let mut faded = 1.0;
        touched
            .take_while(|touch| touch.latest >= likeness.oldest())
            .take(SEEDS)
            .map(|touch| {
                let factor = faded * self.factors[touch.metric as usize];
                faded *= FADING;
                Seed {
                    item: touch.item,
                    factor: (factor * ONE).round() as u64,
                }
            })
            .collect()
    }

    /// What a seed gives one of its neighbours, in multiples of 2⁻³².
    pub(super) fn share(seed: Seed, likeness: u32) -> u64 {
        let product = u128::from(seed.factor) * u128::from(likeness);
        ((product + (1 << 31)) >> 32) as u64
    }

    fn like(
        &self,
        shopper: &Shopper,
        most: usize,
        scratch: &mut Scratch,
        keep: impl Fn(u32, &Scratch) -> bool,
    ) -> Vec<Scored> {
        let Some(likeness) = self.likeness else {
            return Vec::new();
        };
        let neighbours = likeness.neighbours();
        let mut touched = std::mem::take(&mut scratch.touched);
        touched.resize(scratch.scores.len() + 1, 0);
        let mut count = 0;
        for seed in self.seeds(shopper) {
            for near in neighbours.of(seed.item) {
                let share = Self::share(seed, near.likeness);
                let score = &mut scratch.scores[near.place as usize];
                // Without a branch that nobody can predict: half the time went there.
                touched[count] = near.place;
                count += usize::from((*score == 0) & (share > 0));
                *score += share;
            }
        }
        // Most scores differ, so the rest is seldom looked up.
        let before = |a: &(u64, u32), b: &(u64, u32)| {
            let later = || likeness.latest(b.1).cmp(&likeness.latest(a.1));
            b.0.cmp(&a.0).then_with(later).then(a.1.cmp(&b.1))
        };
        let room = most.saturating_mul(4).max(64);
        let mut found: Vec<(u64, u32)> = Vec::new();
        // What scores less is not among the first.
        let mut least = 0;
        for &place in &touched[..count] {
            let score = std::mem::take(&mut scratch.scores[place as usize]);
            if score < least {
                continue;
            }
            let item = neighbours.item(place);
            if !keep(item, scratch) {
                continue;
            }
            found.push((score, item));
            if found.len() > room {
                found.select_nth_unstable_by(most, before);
                least = found[most].0;
                found.truncate(most);
            }
        }
        scratch.touched = touched;
        found.sort_unstable_by(before);
        found.truncate(most);
        found
            .into_iter()
            .map(|(score, item)| Scored {
                item,
                people: 0,
                score: score as f64 / ONE,
                latest: likeness.latest(item),
            })
            .collect()
    }

    /// By a hash of (feed, profile, UTC date, item): any order, but the same for a person all day.
    fn random(
        &self,
        shopper: &Shopper,
        most: usize,
        scratch: &Scratch,
        keep: impl Fn(u32, &Scratch) -> bool,
    ) -> Vec<Scored> {
        let day = Offset::UTC.to_datetime(self.now).date();
        let mut text = format!("{}\0{}\0{day}\0", self.definition.name, shopper.id).into_bytes();
        let length = text.len();
        let mut all: Vec<(u64, u32)> = (0u32..)
            .zip(self.interactions.items())
            .filter(|(item, _)| keep(*item, scratch))
            .map(|(at, item)| {
                text.truncate(length);
                text.extend_from_slice(item.external_id.as_bytes());
                (siphash::hash(&text), at)
            })
            .collect();
        let key = |&(hash, item): &(u64, u32)| (Reverse(hash), item);
        if all.len() > most {
            all.select_nth_unstable_by_key(most, key);
            all.truncate(most);
        }
        all.sort_unstable_by_key(key);
        all.into_iter()
            .map(|(hash, item)| Scored {
                item,
                people: 0,
                score: hash as f64 / 18_446_744_073_709_551_616.0,
                latest: NEVER,
            })
            .collect()
    }
}

/// The first `most` by (score, latest, `external_id`).
fn first(mut all: Vec<Scored>, most: usize) -> Vec<Scored> {
    all.sort_unstable_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then(b.latest.cmp(&a.latest))
            .then(a.item.cmp(&b.item))
    });
    all.truncate(most);
    all
}
