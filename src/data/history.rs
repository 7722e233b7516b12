//! The events of a shop: whose they are, in what order, and which of them repeat another.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use rayon::slice::ParallelSliceMut;

use super::metrics::Metrics;
use super::noticed::Noticed;
use super::people::People;
use super::{Event, Identity, Metric};

/// Events in the order of their file, with a timeline for each profile.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) metrics: Vec<Arc<Metric>>,
    /// Places in `events`, grouped by profile, newest first.
    timeline: Vec<u32>,
    /// Where each profile's part of `timeline` starts.
    starts: Vec<u32>,
    /// Places in `events`, ordered by id; made when first asked for.
    by_id: OnceLock<Vec<u32>>,
}

/// Events that are being collected; names that are spelt alike are one object from the start.
#[derive(Debug, Default)]
pub(crate) struct EventsBuilder {
    list: Vec<Arc<Event>>,
    metrics: HashSet<Arc<Metric>>,
    identities: HashSet<Arc<Identity>>,
}

impl EventsBuilder {
    pub(crate) fn put(&mut self, mut event: Event) {
        // Lines of one order follow each other.
        match self.list.last() {
            Some(last) if last.metric == event.metric => event.metric = last.metric.clone(),
            _ => event.metric = one_object(&mut self.metrics, event.metric),
        }
        match self.list.last() {
            Some(last) if last.profile == event.profile => event.profile = last.profile.clone(),
            _ => event.profile = one_object(&mut self.identities, event.profile),
        }
        self.list.push(Arc::new(event));
    }
}

fn one_object<T: Eq + Hash>(known: &mut HashSet<Arc<T>>, thing: Arc<T>) -> Arc<T> {
    if let Some(same) = known.get(&thing) {
        return same.clone();
    }
    known.insert(thing.clone());
    thing
}

impl History {
    /// Puts events in order: everyone's identity and every metric becomes one shared object.
    pub(crate) fn new(
        events: EventsBuilder,
        metrics: Vec<Metric>,
        people: &People,
    ) -> (History, Noticed) {
        let mut noticed = Noticed::default();
        let mut metrics = Metrics::new(metrics);
        let mut crowd = Crowd::new(people);
        // Who and what, for each event.
        let mut labels: Vec<(u32, u32)> = Vec::with_capacity(events.list.len());
        let mut shared = events.list;
        // What one spelling of a name stands for, by the address of its one object.
        let mut places: HashMap<usize, u32> = HashMap::new();
        for event in &mut shared {
            let metric = *places
                .entry(Arc::as_ptr(&event.metric) as usize)
                .or_insert_with(|| metrics.place(&event.metric));
            let person = *places
                .entry(Arc::as_ptr(&event.profile) as usize)
                .or_insert_with(|| crowd.place(&event.profile));
            labels.push((person, metric));
        }
        // Only now, as the addresses above must not be those of something else.
        for (event, &(person, metric)) in shared.iter_mut().zip(&labels) {
            if let Some(event) = Arc::get_mut(event) {
                event.metric = metrics.list[metric as usize].clone();
                if let Some(identity) = crowd.list.get(person as usize) {
                    event.profile = identity.clone();
                }
            }
        }
        let repeated = repeated(&shared, &labels);
        noticed.duplicates = repeated.len();
        if !repeated.is_empty() {
            let mut place = 0u32;
            let mut keep = || {
                place += 1;
                !repeated.contains(&(place - 1))
            };
            labels.retain(|_| keep());
            place = 0;
            let mut keep = || {
                place += 1;
                !repeated.contains(&(place - 1))
            };
            shared.retain(|_| keep());
        }
        for (event, &(person, metric)) in shared.iter().zip(&labels) {
            if metrics.is_unknown(metric) {
                noticed.unknown_metrics.add(&event.metric.name);
            }
            if person as usize >= people.list.len() {
                let who = event.profile.key();
                noticed
                    .unknown_profiles
                    .add(if who.is_empty() { "nobody" } else { who });
            }
        }
        let mut timeline: Vec<u32> = (0..shared.len() as u32)
            .filter(|&at| (labels[at as usize].0 as usize) < people.list.len())
            .collect();
        timeline.par_sort_unstable_by_key(|&at| {
            let event = &shared[at as usize];
            (labels[at as usize].0, Reverse((event.time, event.id(), at)))
        });
        let mut starts = vec![0u32; people.list.len() + 1];
        for &at in &timeline {
            starts[labels[at as usize].0 as usize + 1] += 1;
        }
        for person in 1..starts.len() {
            starts[person] += starts[person - 1];
        }
        let history = History {
            events: shared,
            metrics: metrics.list,
            timeline,
            starts,
            by_id: OnceLock::new(),
        };
        (history, noticed)
    }

    /// The events of the profile at a place, newest first.
    pub(crate) fn timeline(
        &self,
        profile: Option<u32>,
    ) -> impl ExactSizeIterator<Item = &Arc<Event>> {
        let range = profile.and_then(|at| {
            let start = *self.starts.get(at as usize)? as usize;
            let end = *self.starts.get(at as usize + 1)? as usize;
            self.timeline.get(start..end)
        });
        range
            .unwrap_or_default()
            .iter()
            .map(|&at| &self.events[at as usize])
    }

    /// The event with this id.
    pub(crate) fn event(&self, id: &str) -> Option<&Arc<Event>> {
        let sorted = self.by_id.get_or_init(|| {
            let mut order: Vec<u32> = (0..self.events.len() as u32).collect();
            order.sort_unstable_by_key(|&at| (self.events[at as usize].id(), at));
            order
        });
        let first = sorted.partition_point(|&at| self.events[at as usize].id() < id);
        let event = &self.events[*sorted.get(first)? as usize];
        (event.id() == id && !id.is_empty()).then_some(event)
    }
}

/// The places of events that repeat an earlier one: same person, metric and unique id; without a unique id the same id of
/// its own; without that the same second (reference A.4).
fn repeated(events: &[Arc<Event>], labels: &[(u32, u32)]) -> HashSet<u32> {
    let mut repeated = HashSet::new();
    let mut ids: HashSet<&str> = HashSet::new();
    let mut order: Vec<u32> = Vec::with_capacity(events.len());
    for (at, event) in (0u32..).zip(events) {
        match (event.unique_id(), event.own_id()) {
            (None, Some(id)) => {
                if !ids.insert(id) {
                    repeated.insert(at);
                }
            }
            // Nobody's events are not one person's.
            (None, None) if labels[at as usize].0 == NOBODY => {}
            _ => order.push(at),
        }
    }
    order.par_sort_unstable_by_key(|&at| (labels[at as usize], at));
    let mut seen: HashSet<(&str, i64)> = HashSet::new();
    for group in order.chunk_by(|&a, &b| labels[a as usize] == labels[b as usize]) {
        if group.len() < 2 {
            continue;
        }
        seen.clear();
        for &at in group {
            let event = &events[at as usize];
            let unique = match event.unique_id() {
                Some(id) => (id, 0),
                None => ("", event.time.as_second()),
            };
            if !seen.insert(unique) {
                repeated.insert(at);
            }
        }
    }
    repeated
}

const NOBODY: u32 = u32::MAX;

/// Everybody that events name: the profiles, then those who have none.
struct Crowd<'a> {
    people: &'a People,
    list: Vec<Arc<Identity>>,
    strangers: HashMap<String, u32>,
}

impl<'a> Crowd<'a> {
    fn new(people: &'a People) -> Crowd<'a> {
        Crowd {
            people,
            list: people
                .list
                .iter()
                .map(|p| Arc::new(Identity::from(&**p)))
                .collect(),
            strangers: HashMap::new(),
        }
    }

    fn place(&mut self, who: &Arc<Identity>) -> u32 {
        if let Some(at) = self.people.position(who) {
            return at;
        }
        if who.is_empty() {
            return NOBODY;
        }
        if let Some(&at) = self.strangers.get(who.key()) {
            return at;
        }
        let at = self.list.len() as u32;
        self.strangers.insert(who.key().to_owned(), at);
        self.list.push(who.clone());
        at
    }
}
