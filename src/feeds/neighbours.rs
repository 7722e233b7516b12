//! Which items are touched by the same people, or lie in the same baskets.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::decay::ONE;
use super::groups::{Groups, Touch};

/// What makes two items neighbours (ours; cosine over shared groups, as is usual, with shrinkage).
///
/// n<sub>i</sub> is how many groups (people, or baskets) have an item, n<sub>ij</sub> how many have both. The likeness is
/// n<sub>ij</sub> / (√n<sub>i</sub> · √n<sub>j</sub>) · n<sub>ij</sub> / (n<sub>ij</sub> + shrinkage).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeighbourRules {
    /// What keeps a few shared groups from meaning much; more than 0.
    pub shrinkage: f64,
    /// In how many groups an item must be.
    pub least_groups: u32,
    /// How many groups must have both.
    pub least_shared: u32,
    /// How many of a group's most recent items count.
    pub largest_group: usize,
    /// How many neighbours of an item are kept.
    pub kept: usize,
}

impl Default for NeighbourRules {
    fn default() -> NeighbourRules {
        NeighbourRules {
            shrinkage: 20.0,
            least_groups: 5,
            least_shared: 2,
            largest_group: 500,
            kept: 50,
        }
    }
}

/// A neighbour of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Neighbour {
    /// The neighbour's place among the frequent items, see [`Neighbours::item`].
    pub(super) place: u32,
    /// In multiples of 2⁻³².
    pub(super) likeness: u32,
}

/// The neighbours of every item, the nearest first, then by `external_id`.
///
/// Items that are frequent enough have places of their own, the most frequent first: what is added up for them then lies
/// close together, which is most of the speed.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// The place of each item.
    places: Vec<Option<u32>>,
    /// The item at each place.
    items: Vec<u32>,
    /// Where the neighbours of each place start.
    starts: Vec<u32>,
    list: Vec<Neighbour>,
}

impl Neighbours {
    /// The neighbours among `items` items, from what the groups touched at `oldest` (Unix seconds) or later.
    pub(super) fn new(
        groups: &Groups,
        items: usize,
        oldest: i64,
        rules: &NeighbourRules,
    ) -> Neighbours {
        let members = |group: u32| -> &[Touch] {
            let touches = groups.of(group);
            let recent = touches.partition_point(|touch| touch.latest >= oldest);
            &touches[..recent.min(rules.largest_group)]
        };
        let all = 0..groups.len() as u32;
        let mut sizes = vec![0u32; items];
        for group in all.clone() {
            for touch in members(group) {
                sizes[touch.item as usize] += 1;
            }
        }
        let least = rules.least_groups.max(1);
        let mut frequent: Vec<u32> = (0..items as u32)
            .filter(|&item| sizes[item as usize] >= least)
            .collect();
        frequent.sort_unstable_by_key(|&item| (Reverse(sizes[item as usize]), item));
        let mut places = vec![None; items];
        for (place, &item) in (0u32..).zip(&frequent) {
            places[item as usize] = Some(place);
        }
        // The items of each group, and the groups of each item.
        let of_groups = Lists::new(all.map(|group| {
            let touches = members(group).iter();
            let mut list: Vec<u32> = touches
                .filter_map(|touch| places[touch.item as usize])
                .collect();
            list.sort_unstable();
            list
        }));
        let of_items = of_groups.turned(frequent.len());
        let counting = Counting {
            items: &frequent,
            roots: frequent
                .iter()
                .map(|&item| f64::from(sizes[item as usize]).sqrt())
                .collect(),
            trust: (0..=sizes.iter().copied().max().unwrap_or(0))
                .map(|shared| f64::from(shared) / (f64::from(shared) + rules.shrinkage))
                .collect(),
            rules,
        };
        // Each item by itself, so the threads cannot change what comes out.
        let found: Vec<Vec<Neighbour>> = (0..frequent.len() as u32)
            .into_par_iter()
            .with_min_len(16)
            .map_init(
                || (vec![0u32; frequent.len()], vec![0u32; frequent.len() + 1]),
                |(shared, touched), place| {
                    let mut count = 0;
                    for &group in of_items.of(place) {
                        for &other in of_groups.of(group) {
                            // Without a branch that nobody can predict.
                            let shared = &mut shared[other as usize];
                            touched[count] = other;
                            count += usize::from(*shared == 0);
                            *shared += 1;
                        }
                    }
                    counting.nearest(place, shared, &touched[..count])
                },
            )
            .collect();
        let found = Lists::new(found.into_iter());
        Neighbours {
            places,
            items: frequent,
            starts: found.starts,
            list: found.list,
        }
    }

    /// The neighbours of an item, the nearest first.
    pub(super) fn of(&self, item: u32) -> &[Neighbour] {
        let Some(Some(place)) = self.places.get(item as usize) else {
            return &[];
        };
        let at = |place: u32| self.starts[place as usize] as usize;
        &self.list[at(*place)..at(place + 1)]
    }

    /// The item at a place.
    pub(super) fn item(&self, place: u32) -> u32 {
        self.items[place as usize]
    }
}

/// Lists in a row.
struct Lists<T> {
    starts: Vec<u32>,
    list: Vec<T>,
}

impl<T> Lists<T> {
    fn new(lists: impl Iterator<Item = Vec<T>>) -> Lists<T> {
        let mut all = Lists {
            starts: vec![0],
            list: Vec::new(),
        };
        for list in lists {
            all.list.extend(list);
            all.starts.push(all.list.len() as u32);
        }
        all
    }

    fn of(&self, number: u32) -> &[T] {
        let at = number as usize;
        &self.list[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

impl Lists<u32> {
    /// For each of `count` members the numbers of the lists that have it, ascending.
    fn turned(&self, count: usize) -> Lists<u32> {
        let mut ends = vec![0u32; count + 1];
        for &member in &self.list {
            ends[member as usize + 1] += 1;
        }
        for at in 0..count {
            ends[at + 1] += ends[at];
        }
        let starts = ends.clone();
        let mut list = vec![0u32; self.list.len()];
        for number in 0..self.starts.len() as u32 - 1 {
            for &member in self.of(number) {
                let at = &mut ends[member as usize];
                list[*at as usize] = number;
                *at += 1;
            }
        }
        Lists { starts, list }
    }
}

/// From how many groups two items share to how alike they are.
struct Counting<'n> {
    items: &'n [u32],
    /// √n of each place.
    roots: Vec<f64>,
    /// n / (n + shrinkage) of each number of shared groups.
    trust: Vec<f64>,
    rules: &'n NeighbourRules,
}

impl Counting<'_> {
    /// The nearest of the touched places; leaves the counts as they were before, all 0.
    fn nearest(&self, place: u32, shared: &mut [u32], touched: &[u32]) -> Vec<Neighbour> {
        let kept = self.rules.kept;
        let own = self.roots[place as usize];
        let mut near: Vec<Neighbour> = Vec::with_capacity(8 * kept);
        let nearer = |one: &Neighbour| (Reverse(one.likeness), self.items[one.place as usize]);
        // What is less alike than this is not among the nearest.
        let mut least = 0;
        for &other in touched {
            let count = std::mem::take(&mut shared[other as usize]);
            if other == place || count < self.rules.least_shared {
                continue;
            }
            let likeness = (f64::from(count) / (own * self.roots[other as usize]))
                * self.trust[count as usize];
            // Whole multiples, so that sums do not depend on their order.
            let likeness = (likeness * ONE + 0.5) as u32;
            if likeness < least {
                continue;
            }
            near.push(Neighbour {
                place: other,
                likeness,
            });
            if near.len() >= 8 * kept {
                near.select_nth_unstable_by_key(kept, nearer);
                least = near[kept].likeness;
                near.truncate(kept);
            }
        }
        near.sort_unstable_by_key(nearer);
        near.truncate(kept);
        near.shrink_to_fit();
        near
    }
}
