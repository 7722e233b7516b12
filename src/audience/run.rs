//! Somebody in a flow: whether they enter, what becomes of each action, and what comes next. Pure functions: an executor
//! brings the data, the history and the clock.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::date_trigger::{Fire, local, zone_of};
use super::evidence::{Person, View};
use super::explain::Explanation;
use super::flow::{Action, ActionKind, Delay, DelayUnit, Flow, Reentry, TargetDate, Trigger};
use super::history::{History, Past};
use super::window::Moment;
use crate::data::{Event, Profile};

/// What may let somebody into a flow.
#[derive(Debug, Clone)]
pub enum Start {
    /// They did something.
    Event(Arc<Event>),
    /// They joined a list or came into a segment.
    Joined {
        /// Its name.
        group: String,
        /// When.
        at: Timestamp,
    },
    /// A date has come.
    Date(Fire),
    /// The price of an item has changed.
    Price {
        /// The item's id.
        item: String,
        /// Before.
        old: f64,
        /// Now.
        new: f64,
        /// When.
        at: Timestamp,
    },
    /// So many of an item are left.
    Inventory {
        /// The item's id.
        item: String,
        /// How many.
        left: f64,
        /// When.
        at: Timestamp,
    },
}

impl Start {
    /// When it happens.
    pub fn at(&self) -> Timestamp {
        match self {
            Start::Event(event) => event.time,
            Start::Joined { at, .. } | Start::Price { at, .. } | Start::Inventory { at, .. } => *at,
            Start::Date(fire) => fire.at,
        }
    }
}

/// That somebody is in a flow: what an executor keeps for each.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Since when: the time of the event, or of whatever else let them in.
    pub at: Timestamp,
    /// The event that let them in.
    pub event: Option<Arc<Event>>,
    /// The date that let them in.
    pub date: Option<Fire>,
}

/// Whether somebody enters a flow, and why.
#[derive(Debug, Clone, Serialize)]
pub struct Admission {
    /// What to keep if they enter; None if they do not.
    #[serde(skip)]
    pub entry: Option<Entry>,
    /// Whether they enter.
    pub enters: bool,
    /// Why not, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the filter on the event found, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger_filter: Option<Explanation>,
    /// What the filter on the profile found, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_filter: Option<Explanation>,
}

/// What becomes of an action for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is done.
    Do,
    /// It is passed over; they go on to the next.
    Skip,
    /// They leave the flow.
    Leave,
}

/// What becomes of an action for somebody, and why.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    /// What becomes of it.
    pub verdict: Verdict,
    /// Why it is not done, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the flow's filter on the profile found, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_filter: Option<Explanation>,
    /// What the message's own filter found, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_filter: Option<Explanation>,
}

/// What comes behind an action.
#[derive(Debug, Clone)]
pub struct Next<'f> {
    /// The next action; None at the end of the flow.
    pub action: Option<&'f Action>,
    /// When: now, but behind a delay. It may lie in the past, where a date has gone by.
    pub at: Timestamp,
    /// Which way a split went, and why.
    pub split: Option<Explanation>,
}

impl Flow {
    /// Whether something lets somebody in: the trigger with its filter, re-entry, the filter on the profile.
    pub fn enters(
        &self,
        start: &Start,
        person: &Person,
        history: &History,
        now: Timestamp,
    ) -> Admission {
        let entry = Entry {
            at: start.at(),
            event: match start {
                Start::Event(event) => Some(event.clone()),
                _ => None,
            },
            date: match start {
                Start::Date(fire) => Some(*fire),
                _ => None,
            },
        };
        let moment = entry.moment(now);
        let view = self.view(&entry, person, history, &moment);
        let mut admission = Admission {
            entry: None,
            enters: false,
            reason: self.trigger.refuses(start, person, &view, &moment),
            trigger_filter: None,
            profile_filter: None,
        };
        if let (Trigger::Metric { filter, .. }, Start::Event(_)) = (&self.trigger, start)
            && !filter.is_empty()
        {
            let found = Explanation::of(filter, &view, &moment);
            note(&mut admission.reason, &found);
            admission.trigger_filter = Some(found);
        }
        if admission.reason.is_none() {
            admission.reason = self.may_not_enter_again(history, &entry);
        }
        if !self.profile_filter.is_empty() {
            let found = Explanation::of(&self.profile_filter, &view, &moment);
            note(&mut admission.reason, &found);
            admission.profile_filter = Some(found);
        }
        admission.enters = admission.reason.is_none();
        admission.entry = admission.enters.then_some(entry);
        admission
    }

    fn may_not_enter_again(&self, history: &History, entry: &Entry) -> Option<String> {
        let entries = history
            .entries
            .iter()
            .filter(|one| one.flow == self.file && one.at <= entry.at);
        let last = entries.map(|one| one.at).max()?;
        match self.reentry {
            Reentry::Always => None,
            Reentry::Never => Some(format!(
                "they entered this flow at {last}, and may only once"
            )),
            Reentry::After(seconds) => {
                let again = last.as_second().saturating_add(seconds);
                (entry.at.as_second() < again).then(|| {
                    let again = Timestamp::from_second(again).unwrap_or(Timestamp::MAX);
                    format!("they entered this flow at {last}, and may again from {again}")
                })
            }
        }
    }

    /// What becomes of an action: asked before each.
    pub fn keeps(
        &self,
        action: &Action,
        entry: &Entry,
        person: &Person,
        history: &History,
        now: Timestamp,
    ) -> Kept {
        let moment = entry.moment(now);
        let view = self.view(entry, person, history, &moment);
        let mut kept = Kept {
            verdict: Verdict::Do,
            reason: None,
            profile_filter: None,
            message_filter: None,
        };
        if let (Trigger::Date(trigger), Some(fire)) = (&self.trigger, &entry.date) {
            let date = trigger.date(person.profile());
            if date != Some(fire.date) {
                kept.verdict = Verdict::Leave;
                kept.reason = Some(match date {
                    Some(date) => format!("the date changed from {} to {date}", fire.date),
                    None => format!("the date {} is gone", fire.date),
                });
                return kept;
            }
        }
        if !self.profile_filter.is_empty() {
            let found = Explanation::of(&self.profile_filter, &view, &moment);
            note(&mut kept.reason, &found);
            kept.profile_filter = Some(found);
        }
        if let ActionKind::SendEmail(message) = &action.kind {
            if let Trigger::Group {
                group,
                is_segment: true,
            } = &self.trigger
                && let Some(segment) = &group.segment
                && kept.reason.is_none()
                && !segment.conditions.hold(&view, &moment)
            {
                kept.reason = Some(format!(
                    "they are no longer in the segment {}",
                    segment.name
                ));
            }
            if !message.filter.is_empty() {
                let found = Explanation::of(&message.filter, &view, &moment);
                note(&mut kept.reason, &found);
                kept.message_filter = Some(found);
            }
            if kept.reason.is_none() && message.status != "live" {
                kept.reason = Some(format!("the message is not live but '{}'", message.status));
            }
        }
        // Nobody is in a hurry because a filter does not hold: waits and splits stay what they are.
        if !matches!(action.kind, ActionKind::SendEmail(_) | ActionKind::Other(_)) {
            kept.reason = None;
        }
        if kept.reason.is_some() {
            kept.verdict = Verdict::Skip;
        }
        kept
    }

    /// What comes behind an action that was done or skipped at `now`.
    pub fn next(
        &self,
        action: &Action,
        entry: &Entry,
        person: &Person,
        history: &History,
        now: Timestamp,
    ) -> Next<'_> {
        let moment = entry.moment(now);
        let view = self.view(entry, person, history, &moment);
        let to = |place: Option<usize>| place.and_then(|place| self.actions.get(place));
        let mut next = Next {
            action: to(action.links.next),
            at: now,
            split: None,
        };
        match &action.kind {
            ActionKind::Delay(delay) => next.at = delay.end(now, person.profile(), &self.zone),
            ActionKind::TargetDate(target) => {
                if let Some(fire) = &entry.date {
                    next.at = target
                        .at(fire.occurrence, person.profile(), &self.zone)
                        .unwrap_or(now);
                }
            }
            ActionKind::ConditionalSplit(conditions) | ActionKind::TriggerSplit(conditions) => {
                let found = Explanation::of(conditions, &view, &moment);
                next.action = to(match found.holds {
                    true => action.links.if_true,
                    false => action.links.if_false,
                });
                next.split = Some(found);
            }
            ActionKind::SendEmail(_) | ActionKind::Other(_) => {}
        }
        next
    }

    /// Everybody among these whom the filter on the profile lets in when their date comes.
    pub fn admits(&self, fire: &Fire, person: &Person) -> Admission {
        self.enters(&Start::Date(*fire), person, &History::default(), fire.at)
    }

    /// Whether there is a filter on the profile at all.
    pub fn has_filter(&self) -> bool {
        !self.profile_filter.is_empty()
    }

    fn view<'v>(
        &'v self,
        entry: &'v Entry,
        person: &'v Person,
        history: &'v History,
        moment: &Moment<'_>,
    ) -> View<'v> {
        let mut view = person.view(moment);
        view.event = entry.event.as_deref();
        view.history = Some(Past {
            flow: &self.file,
            history,
            entered: Some(entry.at),
        });
        view
    }
}

impl Entry {
    fn moment(&self, now: Timestamp) -> Moment<'_> {
        let event = self
            .event
            .as_deref()
            .map(Event::id)
            .filter(|id| !id.is_empty());
        Moment::at(now).entered(self.at, event)
    }
}

/// Makes the first reason out of what does not hold.
fn note(reason: &mut Option<String>, found: &Explanation) {
    if reason.is_none()
        && !found.holds
        && let Some(missing) = found.missing().next()
    {
        *reason = Some(format!("{}: {}", missing.condition, missing.found));
    }
}

impl Trigger {
    /// Why something is nothing that starts this flow.
    fn refuses(
        &self,
        start: &Start,
        person: &Person,
        view: &View<'_>,
        moment: &Moment<'_>,
    ) -> Option<String> {
        match (self, start) {
            (Trigger::Metric { metric, .. }, Start::Event(event)) => {
                let (wanted, is) = (metric.shown(), &event.metric.name);
                (!metric.is(&event.metric))
                    .then(|| format!("the flow starts with {wanted}, and this is {is}"))
            }
            (Trigger::Group { group, .. }, Start::Joined { group: joined, .. }) => {
                let is = group.written == *joined
                    || group
                        .segment
                        .as_ref()
                        .is_some_and(|segment| segment.is_called(joined));
                if !is {
                    return Some(format!(
                        "the flow starts with {}, and this is {joined}",
                        group.written
                    ));
                }
                let segment = group.segment.as_ref()?;
                (!segment.conditions.hold(view, moment))
                    .then(|| format!("they are not in the segment {}", segment.name))
            }
            (Trigger::Date(_), Start::Date(_)) => None,
            (Trigger::PriceDrop(drop), Start::Price { item, old, new, at }) => {
                let fell = match drop.percent {
                    true if *old > 0.0 => (old - new) / old * 100.0,
                    true => 0.0,
                    false => old - new,
                };
                if fell < drop.amount || fell <= 0.0 {
                    return Some("the price did not fall by as much".to_owned());
                }
                (!looked_at(person, item, &drop.audience, drop.timeframe_days, *at)).then(|| {
                    format!(
                        "they did not look at {item} in the last {} days",
                        drop.timeframe_days
                    )
                })
            }
            (Trigger::LowInventory(low), Start::Inventory { item, left, at }) => {
                if *left > low.count {
                    return Some("more of it are left".to_owned());
                }
                (!looked_at(person, item, &low.audience, low.timeframe_days, *at)).then(|| {
                    format!(
                        "they did not look at {item} in the last {} days",
                        low.timeframe_days
                    )
                })
            }
            _ => Some("this flow starts with something else".to_owned()),
        }
    }
}

/// Whether somebody viewed an item, put it into the cart or began to pay for it.
fn looked_at(person: &Person, item: &str, audience: &[String], days: i64, at: Timestamp) -> bool {
    let from = at.as_second() - days * 86_400;
    person.events().iter().any(|event| {
        let metric = match event.metric.name.as_str() {
            "Viewed Product" => "viewed",
            "Checkout Started" => "checkout-started",
            "Added to Cart" => "added-to-cart",
            _ => return false,
        };
        let when = event.time.as_second();
        let paths = ["ProductID", "AddedItemProductID"];
        let names = paths
            .iter()
            .filter_map(|path| super::metric::by_path(event, path));
        let own = names.filter_map(|held| held.text().map(|text| text.into_owned()));
        let lines = (0..200).map_while(|line| {
            super::metric::by_path(event, &format!("extra.line_items.{line}.product_id"))
        });
        let lines = lines.filter_map(|held| held.text().map(|text| text.into_owned()));
        audience.iter().any(|word| word == metric)
            && from <= when
            && when <= at.as_second()
            && own.chain(lines).any(|id| id == item)
    })
}

impl Delay {
    /// When it is over. Days are days of the calendar, hours are hours.
    fn end(&self, now: Timestamp, profile: &Profile, account: &TimeZone) -> Timestamp {
        let zone = self
            .zone
            .clone()
            .unwrap_or_else(|| zone_of(profile, account));
        let start = now.to_zoned_datetime(zone.clone());
        let moved = match self.unit {
            DelayUnit::Minutes => start.checked_add(self.value.minutes()),
            DelayUnit::Hours => start.checked_add(self.value.hours().minutes(self.and)),
            DelayUnit::Days => start.checked_add(self.value.days().hours(self.and)),
            DelayUnit::Weeks => start.checked_add(self.value.weeks()),
        };
        let Ok(moved) = moved else {
            return Timestamp::MAX;
        };
        let mut day = moved.date();
        if let Some(time) = self.until_time
            && moved.time() > time
        {
            day = day.tomorrow().unwrap_or(day);
        }
        let day = allowed(day, &self.weekdays);
        if self.until_time.is_none() && day == moved.date() {
            return moved.timestamp();
        }
        local(&zone, day, self.until_time.unwrap_or_else(|| moved.time())).unwrap_or(Timestamp::MAX)
    }
}

impl TargetDate {
    fn at(&self, occurrence: Date, profile: &Profile, account: &TimeZone) -> Option<Timestamp> {
        let zone = self
            .zone
            .clone()
            .unwrap_or_else(|| zone_of(profile, account));
        local(&zone, allowed(occurrence, &self.days), self.time)
    }
}

/// The first allowed day of the week from a day on.
fn allowed(day: Date, days: &[jiff::civil::Weekday]) -> Date {
    if days.is_empty() {
        return day;
    }
    let mut next = day.series(1.day()).take(7);
    next.find(|day| days.contains(&day.weekday()))
        .unwrap_or(day)
}

/// One step of somebody's way through a flow.
#[derive(Debug, Clone, Serialize)]
pub struct WalkStep {
    /// The action's id.
    pub action: String,
    /// What it does.
    pub does: String,
    /// When.
    pub at: Timestamp,
    /// What becomes of it; not yet decided for what lies ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// Which way a split went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Explanation>,
}

/// Nobody goes further: actions may lead back to one another.
const LONGEST_WALK: usize = 1_000;

impl Flow {
    /// Somebody's way through the flow until `now`, each action decided at its own time by what had happened until then; the
    /// last step is the one that comes next, undecided.
    pub fn walk(
        &self,
        entry: &Entry,
        person: &Person,
        history: &History,
        now: Timestamp,
    ) -> Vec<WalkStep> {
        let mut steps = Vec::new();
        let mut action = self.entry_action();
        let mut at = entry.at;
        while let Some(current) = action
            && steps.len() < LONGEST_WALK
        {
            let mut step = WalkStep {
                action: current.id.clone(),
                does: current.words(),
                at,
                kept: None,
                split: None,
            };
            if at > now {
                steps.push(step);
                break;
            }
            let kept = self.keeps(current, entry, person, history, at);
            let leaves = kept.verdict == Verdict::Leave;
            let next = self.next(current, entry, person, history, at);
            step.kept = Some(kept);
            step.split = next.split;
            steps.push(step);
            if leaves {
                break;
            }
            action = next.action;
            at = next.at.max(at);
        }
        steps
    }
}
