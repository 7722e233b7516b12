//! What conditions are held against: a person's profile, what they did, the lists they are on.

use std::sync::Arc;

use jiff::Timestamp;

use super::metric::{Funnel, MetricTest, Tally};
use super::window::Moment;
use crate::data::{DataError, Database, Event, Membership, Profile, is_passive};

/// A person with all that conditions may ask about.
///
/// ```
/// use letterpress::audience::Person;
/// use letterpress::data::{Event, Profile, Shop};
/// let ada = Profile::from_json(r#"{"email": "ada@example.com"}"#)?;
/// let (shop, _) = Shop::builder()
///     .profile(ada.clone())
///     .event(Event::from_json(r#"{"metric": "Placed Order", "profile": {"email": "ada@example.com"}, "time": "2026-11-01"}"#)?)
///     .build();
/// let ada = Person::of(&shop, ada.into())?;
/// assert_eq!(ada.events().len(), 1);
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Person {
    profile: Arc<Profile>,
    /// Newest first.
    events: Vec<Arc<Event>>,
    lists: Vec<Membership>,
}

impl Person {
    /// A person with what is known of them here.
    pub fn new(profile: Arc<Profile>, events: Vec<Arc<Event>>, lists: Vec<Membership>) -> Person {
        Person {
            profile,
            events,
            lists,
        }
    }

    /// A person with what a database knows of them.
    ///
    /// # Errors
    /// The database failed.
    pub fn of(shop: &dyn Database, profile: Arc<Profile>) -> Result<Person, DataError> {
        let events = shop.timeline(&profile).collect::<Result<_, _>>()?;
        let lists = shop.lists_of(&profile)?;
        Ok(Person::new(profile, events, lists))
    }

    /// The profile.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// What they did, in the order it was given.
    pub fn events(&self) -> &[Arc<Event>] {
        &self.events
    }

    /// The lists they are on.
    pub fn lists(&self) -> &[Membership] {
        &self.lists
    }

    pub(super) fn view<'v>(&'v self, moment: &Moment<'_>) -> View<'v> {
        View {
            profile: &self.profile,
            evidence: Evidence::Events(self),
            now: moment.now,
            event: None,
            history: None,
        }
    }
}

/// A person as conditions see them: with their events, or with what a walk through everybody's events has counted.
#[derive(Clone, Copy)]
pub(super) struct View<'v> {
    pub(super) profile: &'v Profile,
    evidence: Evidence<'v>,
    now: i64,
    /// The event that started the flow.
    pub(super) event: Option<&'v Event>,
    /// What the flow did with them so far; in flows only.
    pub(super) history: Option<super::history::Past<'v>>,
}

#[derive(Clone, Copy)]
enum Evidence<'v> {
    Events(&'v Person),
    Counted(&'v dyn Counted),
}

/// What was counted for one person.
pub(super) trait Counted {
    fn tally(&self, test: &MetricTest) -> Tally;
    fn funnel(&self, funnel: &Funnel) -> bool;
    fn active(&self) -> Option<(Timestamp, Timestamp)>;
    fn joined(&self, list: &str) -> Option<Option<Timestamp>>;
}

/// Somebody of whom only the profile matters.
struct Nothing;

impl Counted for Nothing {
    fn tally(&self, _: &MetricTest) -> Tally {
        Tally::default()
    }
    fn funnel(&self, _: &Funnel) -> bool {
        false
    }
    fn active(&self) -> Option<(Timestamp, Timestamp)> {
        None
    }
    fn joined(&self, _: &str) -> Option<Option<Timestamp>> {
        None
    }
}

impl<'v> View<'v> {
    /// A profile by itself.
    pub(super) fn alone(profile: &'v Profile, moment: &Moment<'_>) -> View<'v> {
        View::counted(profile, &Nothing, moment)
    }

    pub(super) fn counted(
        profile: &'v Profile,
        counted: &'v dyn Counted,
        moment: &Moment<'_>,
    ) -> View<'v> {
        View {
            profile,
            evidence: Evidence::Counted(counted),
            now: moment.now,
            event: None,
            history: None,
        }
    }

    pub(super) fn tally(&self, test: &MetricTest, moment: &Moment<'_>) -> Tally {
        match self.evidence {
            Evidence::Counted(counted) => counted.tally(test),
            Evidence::Events(person) => {
                let mut tally = Tally::default();
                for event in person
                    .events
                    .iter()
                    .filter(|event| test.counts(event, moment))
                {
                    tally.add(event);
                }
                tally
            }
        }
    }

    pub(super) fn funnel(&self, funnel: &Funnel, moment: &Moment<'_>) -> bool {
        match self.evidence {
            Evidence::Counted(counted) => counted.funnel(funnel),
            Evidence::Events(person) => {
                let taken = person
                    .events
                    .iter()
                    .filter_map(|event| funnel.taken(event, moment));
                funnel.holds(&taken.collect::<Vec<_>>())
            }
        }
    }

    /// The earliest and the latest thing they did themselves.
    pub(super) fn active(&self) -> Option<(Timestamp, Timestamp)> {
        match self.evidence {
            Evidence::Counted(counted) => counted.active(),
            Evidence::Events(person) => {
                let mut active = None;
                for event in &person.events {
                    was_active(&mut active, event, self.now);
                }
                active
            }
        }
    }

    /// Whether they are on a list, and since when if that is known.
    pub(super) fn joined(&self, list: &str) -> Option<Option<Timestamp>> {
        match self.evidence {
            Evidence::Counted(counted) => counted.joined(list),
            Evidence::Events(person) => {
                let found = person.lists.iter().find(|one| one.list == list);
                found.map(|one| one.joined)
            }
        }
    }
}

/// Widens what is known of somebody's activity by an event.
pub(super) fn was_active(known: &mut Option<(Timestamp, Timestamp)>, event: &Event, now: i64) {
    if event.time.as_second() <= now && !is_passive(&event.metric) {
        *known = Some(known.map_or((event.time, event.time), |(first, last)| {
            (first.min(event.time), last.max(event.time))
        }));
    }
}
