//! What somebody did: how often, what it was worth, and one thing after another.

use jiff::Timestamp;

use super::filter::{Compare, Filter};
use super::held::{Held, Number};
use super::window::{Moment, Window};
use crate::data::{Event, Metric};
use crate::diagnostic::Location;
use crate::value::{self, Value};

/// A metric as a definition names it: by its id, or by its name.
#[derive(Debug, Clone)]
pub(super) struct MetricName {
    pub(super) written: String,
    /// What it is called, where it is written as an id.
    pub(super) name: Option<String>,
    pub(super) at: Location,
    pub(super) path: String,
}

impl MetricName {
    pub(super) fn is(&self, metric: &Metric) -> bool {
        metric.id.as_deref() == Some(&self.written) || metric.name == self.written
    }

    pub(super) fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.written)
    }
}

/// A filter on one property of an event.
#[derive(Debug, Clone)]
pub(super) struct PropertyFilter {
    pub(super) property: String,
    pub(super) filter: Filter,
    /// In flows a name may lead into objects, `extra` among them; in segments only what stands at the top is seen.
    pub(super) deep: bool,
}

/// How often a metric was done in a timeframe, by events that pass all filters; or what it was worth.
#[derive(Debug, Clone)]
pub(super) struct MetricTest {
    pub(super) metric: MetricName,
    pub(super) sum: bool,
    pub(super) test: Compare,
    pub(super) value: Number,
    pub(super) timeframe: Window,
    pub(super) filters: Vec<PropertyFilter>,
}

/// How often, what it was worth, and the latest.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) last: Option<Timestamp>,
}

impl Tally {
    pub(super) fn add(&mut self, event: &Event) {
        self.count += 1;
        self.sum += event.value.unwrap_or(0.0);
        self.last = self.last.max(Some(event.time));
    }

    /// To a ten-thousandth: a sum must not show in which order it was added.
    pub(super) fn worth(&self) -> f64 {
        let rounded = (self.sum * 10_000.0).round() / 10_000.0;
        match rounded.is_finite() {
            true => rounded + 0.0,
            false => self.sum,
        }
    }
}

impl MetricTest {
    /// Whether an event counts.
    pub(super) fn counts(&self, event: &Event, moment: &Moment<'_>) -> bool {
        self.metric.is(&event.metric)
            && within(&self.timeframe, event, moment)
            && passes(&self.filters, event, moment)
    }

    pub(super) fn measured(&self, tally: &Tally) -> Number {
        match self.sum {
            true => Number::float(tally.worth()),
            false => Number::Whole(i128::from(tally.count)),
        }
    }

    pub(super) fn holds(&self, tally: &Tally) -> bool {
        self.test.holds(self.measured(tally).compare(self.value))
    }
}

/// Whether an event lies in a timeframe. What has not happened yet counts for nothing that asks about ever; the event that
/// let somebody into a flow is not one *since* they entered.
fn within(timeframe: &Window, event: &Event, moment: &Moment<'_>) -> bool {
    let happened = event.time.as_second() <= moment.now;
    match timeframe {
        Window::AllTime => happened,
        Window::FlowStart => {
            let itself = moment.entered.and_then(|(_, id)| id);
            let is_itself = itself.is_some_and(|id| id == event.id());
            happened && !is_itself && timeframe.holds(event.time, moment)
        }
        window => window.holds(event.time, moment),
    }
}

fn passes(filters: &[PropertyFilter], event: &Event, moment: &Moment<'_>) -> bool {
    filters.iter().all(|one| {
        if one.deep {
            return one
                .filter
                .holds(by_path(event, &one.property).as_ref(), moment);
        }
        let held = at_top_level(event, &one.property);
        let nested = match &held {
            Some(Held::Object) => true,
            Some(list @ Held::List(_)) => list.members().is_none(),
            _ => false,
        };
        !nested && one.filter.holds(held.as_ref(), moment)
    })
}

/// A property of an event that stands at the top level; `$value` wherever the event has it.
fn at_top_level(event: &Event, name: &str) -> Option<Held<'static>> {
    if name == "$value"
        && let Some(value) = event.value
    {
        return Some(Held::Number(Number::float(value)));
    }
    event.property(name).as_ref().and_then(Held::of)
}

/// A property of an event by its whole name, else by a path with dots through objects: flows only. `extra` is what the
/// templates call `$extra`.
pub(super) fn by_path(event: &Event, path: &str) -> Option<Held<'static>> {
    if let Some(held) = at_top_level(event, path) {
        return Some(held);
    }
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let mut found = event.property(first).filter(|v| !v.is_none());
    if found.is_none() && first == "extra" {
        found = event.property("$extra");
    }
    Held::of(&below(&found?, rest)?)
}

fn below(from: &Value, path: Option<&str>) -> Option<Value> {
    let Some(path) = path else {
        return Some(from.clone());
    };
    if let Some(found) = value::key(from, path) {
        return Some(found);
    }
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let next = match first.parse::<usize>() {
        Ok(at) if value::items(from).is_some() => value::index(from, at),
        _ => value::key(from, first),
    };
    below(&next?, rest)
}

/// Steps that somebody took one after the other.
#[derive(Debug, Clone)]
pub(super) struct Funnel {
    pub(super) steps: Vec<Step>,
    pub(super) timeframe: Window,
    /// All of it within so many seconds of the first step.
    pub(super) window: Option<i64>,
}

#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) exists: bool,
    pub(super) metric: MetricName,
    pub(super) filters: Vec<PropertyFilter>,
}

/// When an event happened, and the steps it may be, as bits.
pub(super) type Taken = (i64, u32);

impl Funnel {
    /// The steps that an event may be.
    pub(super) fn taken(&self, event: &Event, moment: &Moment<'_>) -> Option<Taken> {
        if !within(&self.timeframe, event, moment) {
            return None;
        }
        let mut bits = 0;
        for (at, step) in self.steps.iter().enumerate() {
            let is = step.metric.is(&event.metric) && passes(&step.filters, event, moment);
            bits |= u32::from(is) << at;
        }
        (bits != 0).then_some((event.time.as_second(), bits))
    }

    /// Whether the steps were taken. Each way to begin is tried, and of each all ways to go on: the earliest event that fits
    /// a step may not be the one from which the rest works out.
    pub(super) fn holds(&self, taken: &[Taken]) -> bool {
        let is = |step: usize, bits: u32| bits & (1 << step) != 0;
        let begin = self.steps.iter().position(|step| step.exists);
        let begin = begin.unwrap_or(self.steps.len());
        // What must not have happened before anything else must not have happened at all.
        if (0..begin).any(|step| taken.iter().any(|(_, bits)| is(step, *bits))) {
            return false;
        }
        if begin == self.steps.len() {
            return true;
        }
        let mut starts: Vec<i64> = taken
            .iter()
            .filter(|(_, bits)| is(begin, *bits))
            .map(|(time, _)| *time)
            .collect();
        starts.sort_unstable();
        starts.dedup();
        starts.into_iter().any(|first| {
            let end = self
                .window
                .map_or(i64::MAX, |window| first.saturating_add(window));
            // The instants at which the step before may have been taken.
            let mut reached = vec![first];
            for (at, step) in self.steps.iter().enumerate().skip(begin + 1) {
                let times = taken
                    .iter()
                    .filter(|(_, bits)| is(at, *bits))
                    .map(|(time, _)| *time);
                let times = times.filter(|time| *time > first && *time <= end);
                if step.exists {
                    let earliest = reached.iter().min().copied().unwrap_or(i64::MAX);
                    reached = times.filter(|time| *time > earliest).collect();
                } else if let Some(latest) = times.max() {
                    reached.retain(|time| *time >= latest);
                }
                if reached.is_empty() {
                    return false;
                }
            }
            true
        })
    }
}
