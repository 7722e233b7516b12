//! The one evaluator: whether conditions hold for a person at a moment.

use super::condition::{Condition, Conditions, Distance, Groups, Region, Test};
use super::country::Country;
use super::evidence::View;
use super::held::Held;
use super::metric;
use super::property::Property;
use super::sample::in_sample;
use super::window::Moment;
use crate::value;

impl Conditions {
    /// All groups must hold, of each one condition.
    pub(super) fn hold(&self, view: &View<'_>, moment: &Moment<'_>) -> bool {
        let holds = |condition: &Condition| condition.holds(view, moment);
        self.groups.iter().all(|group| group.iter().any(holds))
    }
}

impl Condition {
    pub(super) fn holds(&self, view: &View<'_>, moment: &Moment<'_>) -> bool {
        match &self.test {
            Test::Property {
                property, filter, ..
            } => filter.holds(property.held(view).as_ref(), moment),
            Test::Metric(test) => test.holds(&view.tally(test, moment)),
            Test::Funnel(funnel) => view.funnel(funnel, moment),
            Test::Groups(groups) => groups.holds(view, moment),
            Test::Consent(test) => test.holds(view, moment),
            Test::Region { inside, region } => {
                region_of(view).is_some_and(|country| region.has(country) == *inside)
            }
            Test::Distance(distance) => {
                distance
                    .measured(view)
                    .is_some_and(|measured| match distance.within {
                        true => measured < distance.value,
                        false => measured > distance.value,
                    })
            }
            Test::Predictive { dimension, filter } => {
                filter.holds(predicted(view, dimension).as_ref(), moment)
            }
            Test::Event {
                metric,
                field,
                filter,
            } => view.event.is_some_and(|event| {
                metric.is(&event.metric)
                    && filter.holds(metric::by_path(event, field).as_ref(), moment)
            }),
            Test::Sample(percent) => view
                .history
                .is_some_and(|past| in_sample(past.flow, view.profile.key(), *percent)),
            Test::NotInFlow { flow, within } => view
                .history
                .is_none_or(|past| !past.was_in(flow.as_deref(), *within, moment.now)),
            Test::NotSent { channel, within } => view
                .history
                .is_none_or(|past| !past.was_sent(channel, *within, moment.now)),
        }
    }
}

impl Groups {
    pub(super) fn holds(&self, view: &View<'_>, moment: &Moment<'_>) -> bool {
        let mut groups = self.groups.iter();
        let is_in = groups.any(|group| match &group.segment {
            Some(segment) => segment.conditions.hold(view, moment),
            None => match (view.joined(&group.written), &self.timeframe) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(joined), Some(window)) => {
                    joined.is_some_and(|time| window.holds(time, moment))
                }
            },
        });
        is_in == self.is_member
    }
}

/// The country that a profile names; text that is none is outside of every region.
fn region_of<'v>(view: &View<'v>) -> Option<&'v str> {
    view.profile.location.country.as_deref()
}

impl Region {
    fn has(self, country: &str) -> bool {
        Country::named(country).is_some_and(|country| match self {
            Region::EuropeanUnion => country.is_in_european_union(),
            Region::UnitedStates => country.alpha_2 == "US",
        })
    }
}

impl Distance {
    /// How far away somebody lives, in the unit of the condition; None for whoever has no known place.
    pub(super) fn measured(&self, view: &View<'_>) -> Option<f64> {
        let (centre, places) = self.known.as_ref()?;
        let kilometres = centre.kilometres_to(places.of(view.profile)?);
        Some(match self.miles {
            true => kilometres / Distance::KILOMETRES_A_MILE,
            false => kilometres,
        })
    }
}

/// What is stored of a prediction.
pub(super) fn predicted(view: &View<'_>, dimension: &str) -> Option<Held<'static>> {
    let stored = view.profile.predictive_analytics.as_deref()?;
    Held::of(&value::key(stored, dimension)?)
}

/// What a property holds, for a person to read.
pub(super) fn shown(property: &Property, view: &View<'_>) -> String {
    property
        .held(view)
        .map_or("not set".to_owned(), |held| held.shown())
}
