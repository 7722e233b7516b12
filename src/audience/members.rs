//! Everybody at once: one walk through the events that matter, one through the people, both in parallel.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::condition::{Conditions, Test};
use super::evidence::{Counted, View, was_active};
use super::metric::{Funnel, MetricName, MetricTest, Taken, Tally};
use super::property::Property;
use super::segment::Segment;
use super::window::Moment;
use crate::data::{DataError, Database, Event, Identity, Profile};

/// Who is in a segment.
#[derive(Debug, Clone, Default)]
pub struct Members {
    /// In the order of the data.
    pub people: Vec<Arc<Profile>>,
    /// How many of all people have a postal code whose place is not known, and no other place; only for segments that ask
    /// how far away somebody lives.
    pub without_place: usize,
}

impl Segment {
    /// Everybody who is in it, in the order of the data.
    ///
    /// # Errors
    /// The database failed.
    pub fn members(&self, shop: &dyn Database, now: Timestamp) -> Result<Members, DataError> {
        self.conditions.members(shop, now)
    }
}

impl Conditions {
    pub(super) fn members(
        &self,
        shop: &dyn Database,
        now: Timestamp,
    ) -> Result<Members, DataError> {
        let crowd = Crowd::of(shop, [self].into_iter(), HashSet::new(), now)?;
        let mut places = None;
        self.deep(&mut |condition| {
            if let Test::Distance(distance) = &condition.test {
                places = distance.known.as_ref().map(|(_, places)| places);
            }
        });
        let mut members = Members::default();
        crowd.walk(
            shop,
            |view, moment| {
                let missed = places.is_some_and(|places| places.misses(view.profile));
                (self.hold(view, moment), missed)
            },
            |profile, (is_in, missed)| {
                members.without_place += usize::from(missed);
                if is_in {
                    members.people.push(profile.clone());
                }
            },
        )?;
        Ok(members)
    }
}

/// So many people or events are looked at by all threads before the next are read.
const CHUNK: usize = 8_192;

/// What was counted of everybody's events, for some conditions.
pub(super) struct Crowd<'c> {
    now: Timestamp,
    tests: Vec<&'c MetricTest>,
    funnels: Vec<&'c Funnel>,
    /// The places of conditions above, by their addresses.
    slots: HashMap<usize, usize>,
    of: HashMap<Arc<Identity>, Facts>,
}

/// What was counted of one person.
#[derive(Default)]
struct Facts {
    tallies: Vec<(usize, Tally)>,
    taken: Vec<(usize, Taken)>,
    active: Option<(Timestamp, Timestamp)>,
    joined: Vec<(Arc<str>, Option<Timestamp>)>,
}

fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of) as usize
}

impl<'c> Crowd<'c> {
    /// Walks through the events and the lists that the conditions ask about.
    pub(super) fn of(
        shop: &dyn Database,
        conditions: impl Iterator<Item = &'c Conditions>,
        lists: HashSet<&str>,
        now: Timestamp,
    ) -> Result<Crowd<'c>, DataError> {
        let mut crowd = Crowd {
            now,
            tests: Vec::new(),
            funnels: Vec::new(),
            slots: HashMap::new(),
            of: HashMap::new(),
        };
        let mut lists: HashSet<String> = lists.into_iter().map(str::to_owned).collect();
        let mut metrics: Vec<&MetricName> = Vec::new();
        let mut active = false;
        for conditions in conditions {
            conditions.deep(&mut |condition| match &condition.test {
                Test::Metric(test) => {
                    let is_new = !crowd.slots.contains_key(&address(test));
                    if is_new {
                        crowd.slots.insert(address(test), crowd.tests.len());
                        crowd.tests.push(test);
                        metrics.push(&test.metric);
                    }
                }
                Test::Funnel(funnel) => {
                    let is_new = !crowd.slots.contains_key(&address(funnel));
                    if is_new {
                        crowd.slots.insert(address(funnel), crowd.funnels.len());
                        crowd.funnels.push(funnel);
                        metrics.extend(funnel.steps.iter().map(|step| &step.metric));
                    }
                }
                Test::Groups(groups) => {
                    let own = groups.groups.iter().filter(|group| group.segment.is_none());
                    lists.extend(own.map(|group| group.written.clone()));
                }
                Test::Property { property, .. } => {
                    active |= matches!(
                        property,
                        Property::WellKnown("first_active" | "last_active")
                    );
                }
                _ => {}
            });
        }
        for list in lists {
            let name: Arc<str> = list.as_str().into();
            for (who, joined) in shop.list_members(&list)? {
                crowd
                    .of
                    .entry(who)
                    .or_default()
                    .joined
                    .push((name.clone(), joined));
            }
        }
        if active {
            crowd.count(shop.events(), true)?;
        } else if !metrics.is_empty() {
            let all = shop.metrics()?;
            let wanted = all
                .iter()
                .filter(|one| metrics.iter().any(|name| name.is(one)));
            let mut names: Vec<&str> = wanted.map(|one| one.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            crowd.count(shop.events_of(&names), false)?;
        }
        Ok(crowd)
    }

    fn count(
        &mut self,
        events: impl Iterator<Item = Result<Arc<Event>, DataError>>,
        active: bool,
    ) -> Result<(), DataError> {
        let moment = Moment::at(self.now);
        let mut chunk: Vec<Arc<Event>> = Vec::with_capacity(CHUNK);
        let mut events = events.peekable();
        while events.peek().is_some() {
            chunk.clear();
            for event in events.by_ref().take(CHUNK) {
                chunk.push(event?);
            }
            let (tests, funnels) = (&self.tests, &self.funnels);
            let found: Vec<Found> = chunk
                .par_iter()
                .map(|event| Found {
                    tests: counted(tests.iter().map(|test| test.counts(event, &moment))),
                    taken: funnels
                        .iter()
                        .enumerate()
                        .filter_map(|(at, funnel)| Some((at, funnel.taken(event, &moment)?)))
                        .collect(),
                })
                .collect();
            for (event, found) in chunk.iter().zip(found) {
                if !active && found.tests.is_empty() && found.taken.is_empty() {
                    continue;
                }
                if !self.of.contains_key(&event.profile) {
                    self.of.insert(event.profile.clone(), Facts::default());
                }
                let Some(facts) = self.of.get_mut(&event.profile) else {
                    continue;
                };
                if active {
                    was_active(&mut facts.active, event, moment.now);
                }
                for at in found.tests {
                    let known = facts.tallies.iter().position(|(slot, _)| *slot == at);
                    let place = known.unwrap_or_else(|| {
                        facts.tallies.push((at, Tally::default()));
                        facts.tallies.len() - 1
                    });
                    facts.tallies[place].1.add(event);
                }
                facts.taken.extend(found.taken);
            }
        }
        Ok(())
    }

    /// Asks something about everybody, in parallel, and hands the answers over in the order of the data.
    pub(super) fn walk<A: Send>(
        &self,
        shop: &dyn Database,
        ask: impl Fn(&View<'_>, &Moment<'_>) -> A + Sync,
        mut take: impl FnMut(&Arc<Profile>, A),
    ) -> Result<(), DataError> {
        let moment = Moment::at(self.now);
        let nothing = Facts::default();
        let mut profiles = shop.profiles().peekable();
        let mut chunk: Vec<Arc<Profile>> = Vec::with_capacity(CHUNK);
        while profiles.peek().is_some() {
            chunk.clear();
            for profile in profiles.by_ref().take(CHUNK) {
                chunk.push(profile?);
            }
            let answers: Vec<A> = chunk
                .par_iter()
                .map(|profile| {
                    let facts = match self.of.is_empty() {
                        true => &nothing,
                        false => self.of.get(&Identity::from(&**profile)).unwrap_or(&nothing),
                    };
                    let own = Own { crowd: self, facts };
                    ask(&View::counted(profile, &own, &moment), &moment)
                })
                .collect();
            for (profile, answer) in chunk.iter().zip(answers) {
                take(profile, answer);
            }
        }
        Ok(())
    }
}

/// What one event counts for.
struct Found {
    tests: Vec<usize>,
    taken: Vec<(usize, Taken)>,
}

fn counted(yes: impl Iterator<Item = bool>) -> Vec<usize> {
    yes.enumerate()
        .filter_map(|(at, yes)| yes.then_some(at))
        .collect()
}

/// What was counted of one person, by condition.
struct Own<'c> {
    crowd: &'c Crowd<'c>,
    facts: &'c Facts,
}

impl Counted for Own<'_> {
    fn tally(&self, test: &MetricTest) -> Tally {
        let slot = self.crowd.slots.get(&address(test));
        let found = self.facts.tallies.iter().find(|(at, _)| Some(at) == slot);
        found.map(|(_, tally)| *tally).unwrap_or_default()
    }

    fn funnel(&self, funnel: &Funnel) -> bool {
        let slot = self.crowd.slots.get(&address(funnel));
        let own = self.facts.taken.iter().filter(|(at, _)| Some(at) == slot);
        funnel.holds(&own.map(|(_, taken)| *taken).collect::<Vec<_>>())
    }

    fn active(&self) -> Option<(Timestamp, Timestamp)> {
        self.facts.active
    }

    fn joined(&self, list: &str) -> Option<Option<Timestamp>> {
        let mut lists = self.facts.joined.iter();
        lists
            .find(|(name, _)| **name == *list)
            .map(|(_, joined)| *joined)
    }
}
