//! A flow: what makes it start, whom it keeps, and its actions.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

use super::condition::{Conditions, Group, Test};
use super::date_trigger::{DateTrigger, Fire};
use super::held::Number;
use super::metric::MetricName;
use crate::data::Profile;
use crate::diagnostic::Location;
use jiff::Timestamp;

/// A flow as it was defined, with all it refers to.
///
/// ```
/// use std::sync::Arc;
/// use letterpress::audience::{Audience, History, Person, Start, Verdict};
/// use letterpress::data::{Event, Metric, Profile, Shop};
/// use letterpress::diagnostic::Source;
/// let cart = Source::new("cart.json", r#"{"triggers": [{"type": "metric", "id": "Checkout Started"}],
///     "profile_filter": {"condition_groups": [{"conditions": [{"type": "profile-metric", "metric_id": "Placed Order", "measurement": "count",
///         "measurement_filter": {"type": "numeric", "operator": "equals", "value": 0},
///         "timeframe_filter": {"type": "date", "operator": "flow-start"}}]}]},
///     "entry_action_id": "wait", "actions": [
///         {"temporary_id": "wait", "type": "time-delay", "links": {"next": "mail"}, "data": {"unit": "hours", "value": 4}},
///         {"temporary_id": "mail", "type": "send-email", "links": {"next": null}, "data": {"message": {"template_id": "abandoned_cart"}, "status": "live"}}]}"#);
/// let (shop, _) = Shop::builder().metric(Metric::named("Checkout Started")).metric(Metric::named("Placed Order")).build();
/// let (audience, _) = Audience::builder().flow("cart", cart).build(&shop)?;
/// let flow = audience.flow("cart").unwrap();
///
/// let event = |metric: &str, time: &str| Event::from_json(&format!(r#"{{"metric": "{metric}", "time": "{time}"}}"#)).map(Arc::new);
/// let started = event("Checkout Started", "2026-11-20T10:00:00Z")?;
/// let ada = Arc::new(Profile::from_json(r#"{"email": "ada@example.com"}"#)?);
/// let history = History::default();
///
/// let person = Person::new(ada.clone(), vec![started.clone()], Vec::new());
/// let admission = flow.enters(&Start::Event(started.clone()), &person, &history, started.time);
/// let entry = admission.entry.expect("she enters");
/// let wait = flow.entry_action().unwrap();
/// let next = flow.next(wait, &entry, &person, &history, entry.at);
/// let mail = next.action.unwrap();
/// assert_eq!((mail.id.as_str(), next.at.to_string().as_str()), ("mail", "2026-11-20T14:00:00Z"));
/// // She ordered in the meantime.
/// let person = Person::new(ada, vec![event("Placed Order", "2026-11-20T12:00:00Z")?, started], Vec::new());
/// let kept = flow.keeps(mail, &entry, &person, &history, next.at);
/// assert_eq!(kept.verdict, Verdict::Skip);
/// assert_eq!(kept.reason.as_deref(), Some("Placed Order zero times since starting this flow: once, last at 2026-11-20T12:00:00Z"));
/// # Ok::<(), letterpress::data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Flow {
    /// The name of its file, without the ending.
    pub file: String,
    /// Its id in Klaviyo, if it came from there.
    pub id: Option<String>,
    /// What it is called.
    pub name: String,
    pub(super) trigger: Trigger,
    pub(super) profile_filter: Conditions,
    pub(super) entry: usize,
    pub(super) actions: Vec<Action>,
    pub(super) reentry: Reentry,
    /// The account's zone.
    pub(super) zone: TimeZone,
    pub(super) definition: serde_json::Value,
}

/// What makes a flow start.
#[derive(Debug, Clone)]
pub(super) enum Trigger {
    Metric {
        metric: MetricName,
        filter: Conditions,
    },
    /// Joining a list, or coming into a segment.
    Group {
        group: Group,
        is_segment: bool,
    },
    Date(DateTrigger),
    PriceDrop(PriceDrop),
    LowInventory(LowInventory),
}

/// An item that somebody looked at has become cheaper.
#[derive(Debug, Clone)]
pub(super) struct PriceDrop {
    pub(super) amount: f64,
    pub(super) percent: bool,
    pub(super) audience: Vec<String>,
    pub(super) timeframe_days: i64,
}

/// Little of an item that somebody looked at is left.
#[derive(Debug, Clone)]
pub(super) struct LowInventory {
    pub(super) count: f64,
    pub(super) audience: Vec<String>,
    pub(super) timeframe_days: i64,
}

/// When somebody may enter a flow again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reentry {
    Always,
    Never,
    /// So many seconds after they entered last.
    After(i64),
}

/// One action of a flow.
#[derive(Debug, Clone)]
pub struct Action {
    /// What links name it by.
    pub id: String,
    /// What it does.
    pub kind: ActionKind,
    pub(super) links: Links,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    pub(super) next: Option<usize>,
    pub(super) if_true: Option<usize>,
    pub(super) if_false: Option<usize>,
}

/// What an action does.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ActionKind {
    /// Sends an email.
    SendEmail(Message),
    /// Waits.
    Delay(Delay),
    /// Waits until the day that a date flow is about.
    TargetDate(TargetDate),
    /// Goes one way or another by the profile and its history.
    ConditionalSplit(Conditions),
    /// Goes one way or another by the event that started the flow.
    TriggerSplit(Conditions),
    /// Anything else, by Klaviyo's word: `update-profile`, `send-sms`; done by whoever can, passed over by others.
    Other(String),
}

/// An email of a flow.
#[derive(Debug, Clone)]
pub struct Message {
    /// The name of the email, or its `id` in `email.toml`.
    pub template_id: Option<String>,
    /// What it is called in the flow.
    pub name: Option<String>,
    /// Its subject, where the flow has one of its own.
    pub subject_line: Option<String>,
    /// Whether people who were mailed recently are passed over.
    pub smart_sending: bool,
    /// `live`, `manual` or `draft`.
    pub status: String,
    pub(super) filter: Conditions,
    /// Where the template is named.
    pub(super) template_at: Option<Location>,
}

/// How long to wait.
#[derive(Debug, Clone, PartialEq)]
pub struct Delay {
    pub(super) value: i64,
    pub(super) unit: DelayUnit,
    pub(super) zone: Option<TimeZone>,
    pub(super) until_time: Option<Time>,
    pub(super) weekdays: Vec<Weekday>,
    /// Minutes beside hours, hours beside days.
    pub(super) and: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DelayUnit {
    Minutes,
    Hours,
    Days,
    Weeks,
}

/// When on the day it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetDate {
    pub(super) zone: Option<TimeZone>,
    pub(super) time: Time,
    pub(super) days: Vec<Weekday>,
}

impl Flow {
    /// Whether it goes by this name: its file's, its id, or what it is called.
    pub fn is_called(&self, name: &str) -> bool {
        self.file == name || self.id.as_deref() == Some(name) || self.name == name
    }

    /// The action that people come to first.
    pub fn entry_action(&self) -> Option<&Action> {
        self.actions.get(self.entry)
    }

    /// All actions, as they were written.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The action of this id.
    pub fn action(&self, id: &str) -> Option<&Action> {
        self.actions.iter().find(|one| one.id == id)
    }

    /// The emails it sends.
    pub fn messages(&self) -> impl Iterator<Item = (&Action, &Message)> {
        self.actions.iter().filter_map(|action| match &action.kind {
            ActionKind::SendEmail(message) => Some((action, message)),
            _ => None,
        })
    }

    /// The metric whose events start it, by name; None for other triggers.
    pub fn trigger_metric(&self) -> Option<&str> {
        match &self.trigger {
            Trigger::Metric { metric, .. } => Some(metric.shown()),
            _ => None,
        }
    }

    /// The date property that starts it, as a template names it; None for other triggers.
    pub fn trigger_property(&self) -> Option<String> {
        match &self.trigger {
            Trigger::Date(trigger) => Some(match &trigger.property {
                super::property::Property::Custom(name) => name.clone(),
                super::property::Property::WellKnown(name)
                | super::property::Property::Location(name) => (*name).to_owned(),
            }),
            _ => None,
        }
    }

    /// The list or segment that people come into, as it is named; None for other triggers.
    pub fn trigger_group(&self) -> Option<&str> {
        match &self.trigger {
            Trigger::Group { group, .. } => Some(&group.written),
            _ => None,
        }
    }

    /// Where an action leads, as a marketer would say it.
    pub fn ways(&self, action: &Action) -> String {
        let to = |place: Option<usize>| match place.and_then(|place| self.actions.get(place)) {
            Some(action) => action.id.clone(),
            None => "the end".to_owned(),
        };
        match &action.kind {
            ActionKind::ConditionalSplit(_) | ActionKind::TriggerSplit(_) => {
                format!(
                    "→ {}, else {}",
                    to(action.links.if_true),
                    to(action.links.if_false)
                )
            }
            _ => format!("→ {}", to(action.links.next)),
        }
    }

    /// What makes it start, in a word: `metric`, `list`, `segment`, `date`, `price-drop`, `low-inventory`.
    pub fn trigger_kind(&self) -> &'static str {
        match &self.trigger {
            Trigger::Metric { .. } => "metric",
            Trigger::Group {
                is_segment: false, ..
            } => "list",
            Trigger::Group {
                is_segment: true, ..
            } => "segment",
            Trigger::Date(_) => "date",
            Trigger::PriceDrop(_) => "price-drop",
            Trigger::LowInventory(_) => "low-inventory",
        }
    }

    /// The definition in Klaviyo's current spelling.
    pub fn definition(&self) -> &serde_json::Value {
        &self.definition
    }

    /// When the date of a profile makes the flow start next, after an instant; None where it never will, and for flows that
    /// start otherwise.
    ///
    /// ```
    /// use letterpress::audience::Audience;
    /// use letterpress::data::{Profile, Shop};
    /// use letterpress::diagnostic::Source;
    /// let birthday = Source::new("birthday.json", r#"{"triggers": [{"type": "date", "date_profile_property": "Birthday",
    ///     "timedelta_value_before_date": 1, "timedelta_unit_before_date": "weeks", "recurrence_frequency": "annually", "trigger_time": "09:00:00"}],
    ///     "entry_action_id": "m", "actions": [{"temporary_id": "m", "type": "send-email", "data": {"message": {"template_id": "birthday"}, "status": "live"}}]}"#);
    /// let (audience, _) = Audience::builder().flow("birthday", birthday).build(&Shop::default())?;
    /// let ada = Profile::from_json(r#"{"properties": {"Birthday": "1990-03-10"}, "location": {"timezone": "America/New_York"}}"#)?;
    /// let fire = audience.flow("birthday").unwrap().next_fire(&ada, "2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
    /// assert_eq!((fire.at.to_string().as_str(), fire.occurrence.to_string().as_str()), ("2026-03-03T14:00:00Z", "2026-03-10"));
    /// # Ok::<(), letterpress::data::DataError>(())
    /// ```
    pub fn next_fire(&self, profile: &Profile, after: Timestamp) -> Option<Fire> {
        let Trigger::Date(trigger) = &self.trigger else {
            return None;
        };
        let date = trigger.date(profile)?;
        trigger.next(date, &trigger.zone(profile, &self.zone), after)
    }

    /// All starts whose day, in the zone in which it is reckoned for this profile, lies between two days, both included.
    pub fn fires_between(&self, profile: &Profile, from: Date, to: Date) -> Vec<Fire> {
        let Trigger::Date(trigger) = &self.trigger else {
            return Vec::new();
        };
        let Some(date) = trigger.date(profile) else {
            return Vec::new();
        };
        trigger.between(date, &trigger.zone(profile, &self.zone), from, to)
    }

    pub(super) fn metrics_mut(&mut self) -> impl Iterator<Item = &mut MetricName> {
        let trigger = match &mut self.trigger {
            Trigger::Metric { metric, .. } => Some(metric),
            _ => None,
        };
        trigger.into_iter()
    }

    pub(super) fn group_mut(&mut self) -> Option<&mut Group> {
        match &mut self.trigger {
            Trigger::Group { group, .. } => Some(group),
            _ => None,
        }
    }

    pub(super) fn conditions_mut(&mut self) -> impl Iterator<Item = &mut Conditions> {
        let trigger = match &mut self.trigger {
            Trigger::Metric { filter, .. } => Some(filter),
            _ => None,
        };
        let actions =
            self.actions
                .iter_mut()
                .filter_map(|action| match &mut action.kind {
                    ActionKind::SendEmail(message) => Some(&mut message.filter),
                    ActionKind::ConditionalSplit(conditions)
                    | ActionKind::TriggerSplit(conditions) => Some(conditions),
                    _ => None,
                });
        [&mut self.profile_filter]
            .into_iter()
            .chain(trigger)
            .chain(actions)
    }

    /// The profile filter as a marketer would say it; empty if there is none.
    pub fn filter_words(&self) -> String {
        self.profile_filter.words()
    }

    /// What makes it start, as a marketer would say it.
    pub fn trigger_words(&self) -> String {
        match &self.trigger {
            Trigger::Metric { metric, filter } => match filter.is_empty() {
                true => format!("somebody does {}", metric.shown()),
                false => format!("somebody does {}, where {}", metric.shown(), filter.words()),
            },
            Trigger::Group {
                group,
                is_segment: false,
            } => format!("somebody joins the list {}", group.written),
            Trigger::Group { group, .. } => {
                let name = group
                    .segment
                    .as_ref()
                    .map_or(&group.written, |segment| &segment.name);
                format!("somebody comes into the segment {name}")
            }
            Trigger::Date(trigger) => trigger.words(),
            Trigger::PriceDrop(drop) => {
                let amount = Number::float(drop.amount);
                let unit = if drop.percent { " %" } else { "" };
                format!("an item somebody looked at gets cheaper by {amount}{unit} or more")
            }
            Trigger::LowInventory(low) => {
                format!(
                    "of an item somebody looked at {} or fewer are left",
                    Number::float(low.count)
                )
            }
        }
    }

    /// When somebody may enter again, as a marketer would say it.
    pub fn reentry_words(&self) -> String {
        match self.reentry {
            Reentry::Always => "whenever it happens again".to_owned(),
            Reentry::Never => "once only".to_owned(),
            Reentry::After(seconds) if seconds % 86_400 == 0 => {
                format!(
                    "again after {}",
                    super::words::count(seconds / 86_400, "day")
                )
            }
            Reentry::After(seconds) => format!(
                "again after {}",
                super::words::count(seconds / 3_600, "hour")
            ),
        }
    }

    /// Whether any of its filters asks for a condition of this kind; for what an executor must remember.
    pub fn needs_history(&self) -> bool {
        let all = [&self.profile_filter]
            .into_iter()
            .chain(self.messages().map(|(_, message)| &message.filter));
        let mut conditions = all.flat_map(Conditions::all);
        conditions.any(|one| matches!(one.test, Test::NotInFlow { .. } | Test::NotSent { .. }))
            || self.reentry != Reentry::Always
    }
}

impl Message {
    /// The name of the email that a flow file gives, and where.
    pub fn template(&self) -> Option<(&str, &Location)> {
        Some((self.template_id.as_deref()?, self.template_at.as_ref()?))
    }
}

impl DateTrigger {
    fn words(&self) -> String {
        use super::date_trigger::{Ahead, Recurrence};
        let name = self.property.shown();
        let before = match (self.before, self.unit) {
            (0, _) => "on".to_owned(),
            (n, Ahead::Days) => format!("{} before", super::words::count(n, "day")),
            (n, Ahead::Weeks) => format!("{} before", super::words::count(n, "week")),
            (n, Ahead::Months) => format!("{} before", super::words::count(n, "month")),
        };
        let often = match self.recurrence {
            Recurrence::Never => "once",
            Recurrence::Weekly => "every week",
            Recurrence::Monthly => "every month",
            Recurrence::Annually => "every year",
        };
        let place = match self.zone.as_ref().and_then(TimeZone::iana_name) {
            Some(zone) => format!("in {zone}"),
            None if self.zone.is_some() => "in a fixed zone".to_owned(),
            None => "where they live".to_owned(),
        };
        let days: Vec<String> = self.days.iter().map(|day| format!("{day:?}")).collect();
        let days = match days.is_empty() {
            true => String::new(),
            false => format!(", on the next {}", days.join(", ")),
        };
        format!(
            "{before} {name}, {often}, at {:02}:{:02} {place}{days}",
            self.time.hour(),
            self.time.minute()
        )
    }
}

impl Action {
    /// What it does, as a marketer would say it.
    pub fn words(&self) -> String {
        match &self.kind {
            ActionKind::SendEmail(message) => {
                let name = message
                    .template_id
                    .as_deref()
                    .or(message.name.as_deref())
                    .unwrap_or("?");
                let only = match message.filter.is_empty() {
                    true => String::new(),
                    false => format!(", if {}", message.filter.words()),
                };
                let status = match message.status.as_str() {
                    "live" => String::new(),
                    other => format!(" ({other})"),
                };
                format!("send the email {name}{status}{only}")
            }
            ActionKind::Delay(delay) => delay.words(),
            ActionKind::TargetDate(target) => {
                format!(
                    "wait for the day, {:02}:{:02}",
                    target.time.hour(),
                    target.time.minute()
                )
            }
            ActionKind::ConditionalSplit(conditions) => format!("if {}", conditions.words()),
            ActionKind::TriggerSplit(conditions) => format!("if {}", conditions.words()),
            ActionKind::Other(kind) => format!("{kind} (not done here)"),
        }
    }
}

impl Delay {
    fn words(&self) -> String {
        let (unit, smaller) = match self.unit {
            DelayUnit::Minutes => ("minute", ""),
            DelayUnit::Hours => ("hour", "minute"),
            DelayUnit::Days => ("day", "hour"),
            DelayUnit::Weeks => ("week", ""),
        };
        let mut words = format!("wait {}", super::words::count(self.value, unit));
        if self.and > 0 {
            words += &format!(" and {}", super::words::count(self.and, smaller));
        }
        if let Some(time) = self.until_time {
            words += &format!(", until {:02}:{:02}", time.hour(), time.minute());
        }
        if !self.weekdays.is_empty() {
            let days: Vec<String> = self.weekdays.iter().map(|day| format!("{day:?}")).collect();
            words += &format!(", on {}", days.join(", "));
        }
        words
    }
}
