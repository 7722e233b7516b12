//! Conditions: what a segment or a flow filter asks of a person.

use std::sync::Arc;

use super::consent::ConsentTest;
use super::filter::Filter;
use super::metric::{Funnel, MetricName, MetricTest};
use super::places::{Places, Point};
use super::property::Property;
use super::segment::Segment;
use super::window::{Span, Window};
use crate::diagnostic::Location;

/// All groups must hold; of a group one condition.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    pub(super) groups: Vec<Vec<Condition>>,
}

/// One condition and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) test: Test,
}

/// What a condition asks.
#[derive(Debug, Clone)]
pub(super) enum Test {
    /// A property of the profile.
    Property {
        property: Property,
        filter: Filter,
        at: Location,
        path: String,
    },
    /// How often something was done, or what it was worth.
    Metric(MetricTest),
    /// Steps, one after the other.
    Funnel(Funnel),
    /// Lists and segments.
    Groups(Groups),
    /// Consent and suppression.
    Consent(ConsentTest),
    /// A region of the world.
    Region { inside: bool, region: Region },
    /// How far from a postal code.
    Distance(Distance),
    /// A number, date or word that Klaviyo predicted.
    Predictive { dimension: String, filter: Filter },
    /// A property of the event that started the flow.
    Event {
        metric: MetricName,
        field: String,
        filter: Filter,
    },
    /// So many of a hundred, the same ones at every step.
    Sample(f64),
    /// Not in this flow already.
    NotInFlow {
        flow: Option<String>,
        within: Option<Span>,
    },
    /// Not sent a message recently.
    NotSent {
        channel: &'static str,
        within: Option<Span>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    EuropeanUnion,
    UnitedStates,
}

/// Membership of lists and segments: of any, or of none.
#[derive(Debug, Clone)]
pub(super) struct Groups {
    pub(super) is_member: bool,
    pub(super) groups: Vec<Group>,
    /// When the person joined; lists only.
    pub(super) timeframe: Option<Window>,
}

/// A list or a segment as it is named.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) written: String,
    pub(super) at: Location,
    pub(super) path: String,
    /// Known when all definitions have been read.
    pub(super) segment: Option<Arc<Segment>>,
}

/// Within, or beyond, a distance of a postal code; both strictly.
#[derive(Debug, Clone)]
pub(super) struct Distance {
    /// Three letters.
    pub(super) country: &'static str,
    pub(super) code: String,
    pub(super) at: Location,
    pub(super) path: String,
    /// Where the code lies, and where everybody's does; known when postal codes have been read.
    pub(super) known: Option<(Point, Arc<Places>)>,
    pub(super) miles: bool,
    pub(super) within: bool,
    pub(super) value: f64,
}

impl Distance {
    pub(super) const KILOMETRES_A_MILE: f64 = 1.609_344;
}

impl Conditions {
    /// How many conditions there are.
    pub fn len(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }

    /// Whether there is none: such a filter admits everybody.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Condition> {
        self.groups.iter().flatten()
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Condition> {
        self.groups.iter_mut().flatten()
    }

    /// All conditions, those of segments that are asked for by these included.
    pub(super) fn deep<'c>(&'c self, each: &mut dyn FnMut(&'c Condition)) {
        for condition in self.all() {
            each(condition);
            if let Test::Groups(groups) = &condition.test {
                for segment in groups
                    .groups
                    .iter()
                    .filter_map(|group| group.segment.as_ref())
                {
                    segment.conditions.deep(each);
                }
            }
        }
    }
}
