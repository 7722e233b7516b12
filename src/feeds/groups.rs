//! Items by who touched them: each person's, or each basket's, the most recent first.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::{Interaction, Interactions};

/// What counts as one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// All that one person did.
    Person,
    /// What one person did in one order, else in one second.
    Basket,
}

/// An item in a group.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Touch {
    pub(super) item: u32,
    /// Of the metrics by which it was touched the one with the largest factor.
    pub(super) metric: u32,
    /// The last time, Unix seconds.
    pub(super) latest: i64,
}

/// Distinct items of each group, by (last touch, `external_id`), the latest first.
#[derive(Debug, Default)]
pub(super) struct Groups {
    starts: Vec<u32>,
    touches: Vec<Touch>,
}

impl Groups {
    /// The groups of all interactions up to `now` (Unix seconds) whose metric has a factor.
    pub(super) fn new(
        interactions: &Interactions,
        factors: &[f64],
        kind: Kind,
        now: i64,
    ) -> Groups {
        let (count, group): (usize, fn(&Interaction) -> u32) = match kind {
            Kind::Person => (interactions.people(), |one| one.person),
            Kind::Basket => (interactions.baskets(), |one| one.basket),
        };
        let counts = |one: &&Interaction| factors[one.metric as usize] > 0.0 && one.time <= now;
        let mut ends = vec![0u32; count + 1];
        for one in interactions.list().iter().filter(counts) {
            ends[group(one) as usize + 1] += 1;
        }
        for at in 0..count {
            ends[at + 1] += ends[at];
        }
        let starts = ends.clone();
        let mut all = vec![Touch::default(); starts[count] as usize];
        for one in interactions.list().iter().filter(counts) {
            let at = &mut ends[group(one) as usize];
            all[*at as usize] = Touch {
                item: one.item,
                metric: one.metric,
                latest: one.time,
            };
            *at += 1;
        }
        let tidied: Vec<Vec<Touch>> = starts
            .par_windows(2)
            .map(|ends| tidy(&all[ends[0] as usize..ends[1] as usize], factors))
            .collect();
        let mut groups = Groups {
            starts: Vec::with_capacity(count + 1),
            touches: Vec::with_capacity(tidied.iter().map(Vec::len).sum()),
        };
        groups.starts.push(0);
        for touches in tidied {
            groups.touches.extend(touches);
            groups.starts.push(groups.touches.len() as u32);
        }
        groups
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The items of a group, the latest first.
    pub(super) fn of(&self, group: u32) -> &[Touch] {
        let at = |place: u32| self.starts.get(place as usize).map_or(0, |&at| at as usize);
        self.touches
            .get(at(group)..at(group.saturating_add(1)))
            .unwrap_or_default()
    }

    /// The last touch of each of `items` items by anybody; the least number for what nobody touched.
    pub(super) fn latest(&self, items: usize) -> Vec<i64> {
        let mut latest = vec![i64::MIN; items];
        for touch in &self.touches {
            let last = &mut latest[touch.item as usize];
            *last = touch.latest.max(*last);
        }
        latest
    }
}

/// Each item once.
fn tidy(touches: &[Touch], factors: &[f64]) -> Vec<Touch> {
    let mut touches = touches.to_vec();
    touches.sort_unstable_by_key(|touch| (touch.item, Reverse(touch.latest), touch.metric));
    touches.dedup_by(|next, kept| {
        let same = next.item == kept.item;
        if same && factors[next.metric as usize] > factors[kept.metric as usize] {
            kept.metric = next.metric;
        }
        same
    });
    touches.sort_unstable_by_key(|touch| (Reverse(touch.latest), touch.item));
    touches
}
