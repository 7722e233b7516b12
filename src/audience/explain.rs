//! Why somebody is in a segment, or passes a filter: each condition with what was found.

use serde::Serialize;

use super::condition::{Condition, Conditions, Distance, Groups, Test};
use super::evaluate::{predicted, shown};
use super::evidence::View;
use super::metric;
use super::window::Moment;

/// Whether conditions hold for somebody, and what was found at each.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Whether all groups hold.
    pub holds: bool,
    /// Of each group one condition must hold.
    pub groups: Vec<GroupExplanation>,
}

/// One group of conditions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupExplanation {
    /// Whether one of its conditions holds.
    pub holds: bool,
    /// All of them.
    pub conditions: Vec<ConditionExplanation>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConditionExplanation {
    /// Whether it holds.
    pub holds: bool,
    /// What it asks.
    pub condition: String,
    /// What was found.
    pub found: String,
    /// The segments it asks about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<SegmentExplanation>,
}

/// A segment that a condition asks about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SegmentExplanation {
    /// Its name.
    pub segment: String,
    /// Whether somebody is in it, and why.
    #[serde(flatten)]
    pub explanation: Explanation,
}

impl Explanation {
    pub(super) fn of(conditions: &Conditions, view: &View<'_>, moment: &Moment<'_>) -> Explanation {
        let group = |group: &Vec<Condition>| {
            let conditions: Vec<_> = group.iter().map(|one| one.explain(view, moment)).collect();
            GroupExplanation {
                holds: conditions.iter().any(|one| one.holds),
                conditions,
            }
        };
        let groups: Vec<_> = conditions.groups.iter().map(group).collect();
        Explanation {
            holds: groups.iter().all(|group| group.holds),
            groups,
        }
    }

    /// The first condition of each group that does not hold: why somebody is left out.
    pub fn missing(&self) -> impl Iterator<Item = &ConditionExplanation> {
        let failed = self.groups.iter().filter(|group| !group.holds);
        failed.filter_map(|group| group.conditions.first())
    }
}

impl Condition {
    fn explain(&self, view: &View<'_>, moment: &Moment<'_>) -> ConditionExplanation {
        ConditionExplanation {
            holds: self.holds(view, moment),
            condition: self.words(),
            found: self.found(view, moment),
            segments: match &self.test {
                Test::Groups(groups) => groups.inside(view, moment),
                _ => Vec::new(),
            },
        }
    }

    fn found(&self, view: &View<'_>, moment: &Moment<'_>) -> String {
        let not_set = || "not set".to_owned();
        match &self.test {
            Test::Property { property, .. } => shown(property, view),
            Test::Metric(test) => test.seen(&view.tally(test, moment)),
            Test::Funnel(funnel) => match view.funnel(funnel, moment) {
                true => "done in this order".to_owned(),
                false => "not done in this order".to_owned(),
            },
            Test::Groups(groups) => groups.found(view),
            Test::Consent(test) => test.seen(view),
            Test::Region { .. } => view
                .profile
                .location
                .country
                .clone()
                .unwrap_or_else(not_set),
            Test::Distance(distance) => distance.found(view),
            Test::Predictive { dimension, .. } => {
                predicted(view, dimension).map_or_else(not_set, |held| held.shown())
            }
            Test::Event { metric, field, .. } => match view.event {
                Some(event) if metric.is(&event.metric) => {
                    metric::by_path(event, field).map_or_else(not_set, |held| held.shown())
                }
                Some(event) => format!("the event is {}", event.metric.name),
                None => "no event".to_owned(),
            },
            Test::Sample(_) | Test::NotInFlow { .. } | Test::NotSent { .. } => {
                match (view.history.is_some(), self.holds(view, moment)) {
                    (false, _) => "no history".to_owned(),
                    (true, true) => "so it is".to_owned(),
                    (true, false) => "it is otherwise".to_owned(),
                }
            }
        }
    }
}

impl Groups {
    fn found(&self, view: &View<'_>) -> String {
        let lists = self.groups.iter().filter(|group| group.segment.is_none());
        let found: Vec<String> = lists
            .map(|group| match view.joined(&group.written) {
                None => format!("not on {}", group.written),
                Some(None) => format!("on {}, since when is not known", group.written),
                Some(Some(time)) => format!("on {} since {time}", group.written),
            })
            .collect();
        match found.is_empty() {
            true => "see below".to_owned(),
            false => found.join("; "),
        }
    }

    fn inside(&self, view: &View<'_>, moment: &Moment<'_>) -> Vec<SegmentExplanation> {
        let segments = self
            .groups
            .iter()
            .filter_map(|group| group.segment.as_ref());
        segments
            .map(|segment| SegmentExplanation {
                segment: segment.name.clone(),
                explanation: Explanation::of(&segment.conditions, view, moment),
            })
            .collect()
    }
}

impl Distance {
    fn found(&self, view: &View<'_>) -> String {
        let location = &view.profile.location;
        let unit = if self.miles { "miles" } else { "km" };
        let written = match (&location.zip, &location.country) {
            (Some(zip), Some(country)) => format!(" ({zip}, {country})"),
            (Some(zip), None) => format!(" ({zip}, no country)"),
            _ => String::new(),
        };
        match self.measured(view) {
            Some(far) => format!("{far:.2} {unit} away{written}"),
            None if written.is_empty() => "no place".to_owned(),
            None => format!("no known place{written}"),
        }
    }
}
