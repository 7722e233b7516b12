//! Flows as Klaviyo writes them (reference D).

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use super::condition::{Conditions, Group};
use super::current::current;
use super::date_trigger::{Ahead, DateTrigger, LeapDay, Recurrence};
use super::flow::{
    Action, ActionKind, Delay, DelayUnit, Flow, Links, LowInventory, Message, PriceDrop, Reentry,
    TargetDate, Trigger,
};
use super::held::{Number, brief};
use super::json::Node;
use super::property::Property;
use super::read_conditions::Of;
use super::reader::{At, Reader, What};
use crate::diagnostic::{Diagnostic, Source, nearest};

const TRIGGERS: [&str; 6] = [
    "metric",
    "list",
    "segment",
    "date",
    "price-drop",
    "low-inventory",
];

/// A flow has no more actions than this.
const MOST_ACTIONS: usize = 1_000;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

impl Flow {
    /// Reads a flow: Klaviyo's resource, its attributes, or the definition alone. What it refers to is not looked up yet.
    pub(super) fn read(
        file: &str,
        source: &Arc<Source>,
        zone: &TimeZone,
    ) -> (Option<Flow>, Vec<Diagnostic>) {
        let mut reader = Reader::new(source, What::Flow);
        let Some(json) = reader.json() else {
            return (None, reader.findings);
        };
        let root = At::root(&json);
        let flow = reader.flow(file, &root, zone);
        let flow = flow.filter(|_| !reader.has_errors());
        (flow, reader.findings)
    }
}

impl Reader<'_> {
    fn flow(&mut self, file: &str, root: &At<'_>, zone: &TimeZone) -> Option<Flow> {
        let (id, name, definition) = self.unwrapped(root, "triggers", "flow")?;
        let known = [
            "id",
            "name",
            "triggers",
            "profile_filter",
            "actions",
            "entry_action_id",
            "reentry_criteria",
            "status",
            "archived",
            "created",
            "updated",
            "trigger_type",
        ];
        self.object(&definition, &known, "a flow")?;
        let trigger = self.triggers(&definition);
        let profile_filter = self.filter_of(&definition, "profile_filter", Of::Flow);
        let actions = self.actions(&definition);
        let reentry = match definition.get("reentry_criteria") {
            Some(criteria) => self.reentry(&criteria),
            None => Some(match &trigger {
                Some(Trigger::Group { .. }) => Reentry::Never,
                _ => Reentry::Always,
            }),
        };
        let (entry, actions) = actions?;
        Some(Flow {
            file: file.to_owned(),
            id,
            name: name.unwrap_or_else(|| file.to_owned()),
            trigger: trigger?,
            profile_filter: profile_filter?,
            entry,
            actions,
            reentry: reentry?,
            zone: zone.clone(),
            definition: current(definition.json),
        })
    }

    /// Conditions that may be absent: then they hold for everybody.
    fn filter_of(&mut self, of: &At<'_>, name: &str, whose: Of) -> Option<Conditions> {
        match of.get(name) {
            Some(filter) => self.conditions(&filter, whose),
            None => Some(Conditions::default()),
        }
    }

    fn triggers(&mut self, of: &At<'_>) -> Option<Trigger> {
        let triggers = self.needed(of, &["triggers"], "a flow")?;
        let list = self.list(&triggers)?;
        let [one] = &list[..] else {
            self.error(
                &triggers,
                format!("a flow has one trigger; here are {}", list.len()),
            );
            return None;
        };
        if !matches!(one.json.node, Node::Object(_)) {
            return self.unexpected(one, "a trigger, an object with a 'type'");
        }
        let kind_at = self.needed(one, &["type"], "a trigger")?;
        let kind = self.text(&kind_at)?;
        match kind.as_str() {
            "metric" => {
                self.object(one, &["type", "id", "trigger_filter"], "a metric trigger")?;
                let id = self.needed(one, &["id"], "a metric trigger")?;
                let metric = self.metric_named(&id);
                let filter = self.filter_of(one, "trigger_filter", Of::Trigger);
                Some(Trigger::Metric {
                    metric: metric?,
                    filter: filter?,
                })
            }
            "list" | "segment" => {
                self.object(one, &["type", "id", "trigger_filter"], "this trigger")?;
                let id = self.needed(one, &["id"], "this trigger")?;
                Some(Trigger::Group {
                    group: Group {
                        written: self.text(&id)?,
                        at: self.location(id.range()),
                        path: id.path.clone(),
                        segment: None,
                    },
                    is_segment: kind == "segment",
                })
            }
            "date" => Some(Trigger::Date(self.date_trigger(one)?)),
            "price-drop" => {
                let amount =
                    self.needed(one, &["price_drop_amount_value"], "a price-drop trigger")?;
                let amount = self.float(&amount)?;
                let percent = match one.get("price_drop_amount_unit") {
                    Some(unit) => self.word(
                        &unit,
                        "unit of a price drop",
                        &[("currency", false), ("percent", true)],
                    )?,
                    None => false,
                };
                if let Some(filter) = one.get("trigger_filter") {
                    self.error(
                        &filter,
                        "filters on the item of a price drop are not supported",
                    );
                    return None;
                }
                let (audience, timeframe_days) =
                    self.lookers(one, &["viewed", "checkout-started"])?;
                Some(Trigger::PriceDrop(PriceDrop {
                    amount,
                    percent,
                    audience,
                    timeframe_days,
                }))
            }
            "low-inventory" => {
                let count = self.needed(one, &["inventory_count"], "a low-inventory trigger")?;
                let count = self.float(&count)?;
                let (audience, timeframe_days) =
                    self.lookers(one, &["viewed", "checkout-started", "added-to-cart"])?;
                Some(Trigger::LowInventory(LowInventory {
                    count,
                    audience,
                    timeframe_days,
                }))
            }
            _ => {
                self.no_such(&kind_at, &kind, "type of a trigger", &TRIGGERS);
                None
            }
        }
    }

    fn float(&mut self, at: &At<'_>) -> Option<f64> {
        Some(match self.number(at)? {
            Number::Whole(whole) => whole as f64,
            Number::Float(float) => float,
        })
    }

    /// Who counts as having looked at an item, and within how many days.
    fn lookers(&mut self, at: &At<'_>, known: &[&str]) -> Option<(Vec<String>, i64)> {
        let audience = match at.get("audience") {
            Some(audience) => {
                let list = self.list(&audience)?;
                let words: Vec<(&str, &str)> = known.iter().map(|word| (*word, *word)).collect();
                let words = list
                    .iter()
                    .map(|one| self.word(one, "audience", &words).map(str::to_owned));
                words.collect::<Option<Vec<String>>>()?
            }
            None => known.iter().map(|word| (*word).to_owned()).collect(),
        };
        let days = match at.get("timeframe_days") {
            Some(days) => self.whole(&days, 0, 3_650)?,
            None => 30,
        };
        Some((audience, days))
    }

    fn date_trigger(&mut self, at: &At<'_>) -> Option<DateTrigger> {
        let known = [
            "type",
            "date_field_type",
            "date_profile_property",
            "timedelta_value_before_date",
            "timedelta_unit_before_date",
            "recurrence_frequency",
            "timezone",
            "trigger_time",
            "trigger_days",
            "leap_day",
        ];
        let what = "a date trigger";
        self.object(at, &known, what)?;
        let property = self.needed(at, &["date_profile_property"], what)?;
        let name = self.text(&property)?;
        let property = Property::parse(&name).unwrap_or(Property::Custom(name));
        let before = match at.get("timedelta_value_before_date") {
            Some(before) => self.whole(&before, 0, 10_000)?,
            None => 0,
        };
        let units = [
            ("days", Ahead::Days),
            ("weeks", Ahead::Weeks),
            ("months", Ahead::Months),
        ];
        let unit = match at.get("timedelta_unit_before_date") {
            Some(unit) => self.word(&unit, "unit of time before a date", &units)?,
            None => Ahead::Weeks,
        };
        let frequencies = [
            ("never", Recurrence::Never),
            ("weekly", Recurrence::Weekly),
            ("monthly", Recurrence::Monthly),
            ("annually", Recurrence::Annually),
        ];
        let recurrence = match at.get("recurrence_frequency") {
            Some(often) => self.word(&often, "frequency", &frequencies)?,
            None => Recurrence::Monthly,
        };
        let leap_days = [
            ("last_day", LeapDay::LastDay),
            ("march_1", LeapDay::MarchFirst),
            ("skip", LeapDay::Skip),
        ];
        let leap_day = match at.get("leap_day") {
            Some(day) => self.word(
                &day,
                "way to have a 29th of February every year",
                &leap_days,
            )?,
            None => LeapDay::LastDay,
        };
        Some(DateTrigger {
            property,
            before,
            unit,
            recurrence,
            zone: self.zone_of(at, "timezone")?,
            time: self
                .clock(at, "trigger_time")?
                .unwrap_or_else(Time::midnight),
            days: self.weekdays(at, "trigger_days")?,
            leap_day,
        })
    }

    /// A zone by name; None inside for the profile's.
    fn zone_of(&mut self, at: &At<'_>, name: &str) -> Option<Option<TimeZone>> {
        let Some(zone) = at.get(name) else {
            return Some(None);
        };
        let text = self.text(&zone)?;
        if text == "profile" {
            return Some(None);
        }
        let found = TimeZone::get(&text).ok();
        if found.is_none() {
            let title = format!("'{}' is no time zone", brief(&text));
            self.error_with(
                &zone,
                title,
                "write 'profile', or a name such as America/New_York",
            );
            return None;
        }
        Some(found)
    }

    fn clock(&mut self, at: &At<'_>, name: &str) -> Option<Option<Time>> {
        let Some(time) = at.get(name) else {
            return Some(None);
        };
        let text = self.text(&time)?;
        let found: Option<Time> = text.parse().ok();
        if found.is_none() {
            self.error_with(
                &time,
                format!("'{}' is no time of day", brief(&text)),
                "write one like 09:00:00",
            );
            return None;
        }
        Some(found)
    }

    /// Days of the week; none stands for all seven.
    fn weekdays(&mut self, at: &At<'_>, name: &str) -> Option<Vec<Weekday>> {
        let Some(days) = at.get(name) else {
            return Some(Vec::new());
        };
        let list = self.list(&days)?;
        let mut found = Vec::new();
        for one in &list {
            let day = self.word(one, "day of the week", &WEEKDAYS)?;
            if !found.contains(&day) {
                found.push(day);
            }
        }
        if found.len() == 7 {
            found.clear();
        }
        Some(found)
    }

    fn reentry(&mut self, at: &At<'_>) -> Option<Reentry> {
        self.object(at, &["duration", "unit"], "'reentry_criteria'")?;
        let duration_at = self.needed(at, &["duration"], "'reentry_criteria'")?;
        let duration = self.whole(&duration_at, 0, 1_000_000)?;
        let unit = self.needed(at, &["unit"], "'reentry_criteria'")?;
        let units = [
            ("alltime", 0),
            ("hour", 3_600),
            ("day", 86_400),
            ("week", 604_800),
        ];
        match (self.word(&unit, "unit of re-entry", &units)?, duration) {
            (_, 0) => Some(Reentry::Always),
            (0, 1) => Some(Reentry::Never),
            (0, _) => {
                self.error(
                    &duration_at,
                    "with 'alltime' it is 0, always, or 1, never again",
                );
                None
            }
            (seconds, n) => Some(Reentry::After(seconds * n)),
        }
    }

    /// The actions, and the place of the first.
    fn actions(&mut self, of: &At<'_>) -> Option<(usize, Vec<Action>)> {
        let actions_at = self.needed(of, &["actions"], "a flow")?;
        let list = self.list(&actions_at)?;
        if list.is_empty() || list.len() > MOST_ACTIONS {
            self.error(
                &actions_at,
                format!("a flow has from 1 to {MOST_ACTIONS} actions"),
            );
            return None;
        }
        let mut places: HashMap<String, usize> = HashMap::new();
        for (place, one) in list.iter().enumerate() {
            if !matches!(one.json.node, Node::Object(_)) {
                return self.unexpected(one, "an action, an object with a 'type'");
            }
            let id = self.needed(one, &["temporary_id", "id"], "an action")?;
            let id_text = match &id.json.node {
                Node::Number(number) => number.clone(),
                _ => self.text(&id)?,
            };
            if places.insert(id_text.clone(), place).is_some() {
                self.error(&id, format!("there are two actions '{}'", brief(&id_text)));
            }
        }
        let mut actions = Vec::new();
        for (place, one) in list.iter().enumerate() {
            let id = places
                .iter()
                .find(|(_, at)| **at == place)
                .map(|(id, _)| id.clone());
            let links = self.links(one, &places);
            let kind = self.action(one);
            actions.push(Action {
                id: id.unwrap_or_default(),
                kind: kind?,
                links: links?,
            });
        }
        let entry = match of.get("entry_action_id") {
            Some(entry) => self.link(&entry, &places)?,
            None => 0,
        };
        Some((entry, actions))
    }

    fn links(&mut self, action: &At<'_>, places: &HashMap<String, usize>) -> Option<Links> {
        let Some(at) = action.get("links") else {
            return Some(Links::default());
        };
        self.object(&at, &["next", "next_if_true", "next_if_false"], "'links'")?;
        let mut link = |name: &str| match at.get(name) {
            Some(to) => self.link(&to, places).map(Some),
            None => Some(None),
        };
        let (next, if_true, if_false) = (link("next"), link("next_if_true"), link("next_if_false"));
        Some(Links {
            next: next?,
            if_true: if_true?,
            if_false: if_false?,
        })
    }

    fn link(&mut self, to: &At<'_>, places: &HashMap<String, usize>) -> Option<usize> {
        let id = match &to.json.node {
            Node::Number(number) => number.clone(),
            _ => self.text(to)?,
        };
        if let Some(place) = places.get(&id) {
            return Some(*place);
        }
        let mut known: Vec<&str> = places.keys().map(String::as_str).collect();
        known.sort_unstable();
        let near =
            nearest(&id, known.iter().copied()).map(|near| format!("did you mean '{near}'?"));
        let error = self.error(to, format!("there is no action '{}'", brief(&id)));
        error.help.extend(near);
        None
    }

    fn action(&mut self, at: &At<'_>) -> Option<ActionKind> {
        let kind_at = self.needed(at, &["type"], "an action")?;
        let kind = self.text(&kind_at)?;
        let data = at.get("data");
        let needs_data = matches!(
            kind.as_str(),
            "send-email" | "time-delay" | "conditional-split" | "trigger-split"
        );
        if needs_data && data.is_none() {
            self.needed(at, &["data"], "this action");
            return None;
        }
        let data = data.unwrap_or_else(|| at.clone());
        Some(match kind.as_str() {
            "send-email" => {
                let message = self.needed(&data, &["message"], "a send-email action")?;
                let text = |name: &str| {
                    message
                        .get(name)
                        .and_then(|one| one.text().map(str::to_owned))
                };
                let template = message.get("template_id");
                let status = data
                    .get("status")
                    .and_then(|one| one.text().map(str::to_owned));
                let smart = message.get("smart_sending_enabled");
                ActionKind::SendEmail(Message {
                    template_id: text("template_id"),
                    name: text("name"),
                    subject_line: text("subject_line"),
                    smart_sending: match smart {
                        Some(smart) => self.boolean(&smart)?,
                        None => true,
                    },
                    status: status.unwrap_or_else(|| "live".to_owned()),
                    filter: self.filter_of(&message, "additional_filters", Of::Flow)?,
                    template_at: template.map(|one| self.location(one.range())),
                })
            }
            "time-delay" => {
                let units = [
                    ("minutes", DelayUnit::Minutes),
                    ("hours", DelayUnit::Hours),
                    ("days", DelayUnit::Days),
                    ("weeks", DelayUnit::Weeks),
                ];
                let unit = self.needed(&data, &["unit"], "a time-delay")?;
                let unit = self.word(&unit, "unit of a delay", &units)?;
                let value = self.needed(&data, &["value"], "a time-delay")?;
                let and = match data.get("secondary_value") {
                    Some(and) => self.whole(&and, 0, 1_000_000)?,
                    None => 0,
                };
                ActionKind::Delay(Delay {
                    value: self.whole(&value, 0, 1_000_000)?,
                    unit,
                    and,
                    zone: self.zone_of(&data, "timezone")?,
                    until_time: self.clock(&data, "delay_until_time")?,
                    weekdays: self.weekdays(&data, "delay_until_weekdays")?,
                })
            }
            "target-date" => ActionKind::TargetDate(TargetDate {
                zone: self.zone_of(&data, "timezone")?,
                time: self
                    .clock(&data, "target_time")?
                    .unwrap_or_else(Time::midnight),
                days: self.weekdays(&data, "target_days")?,
            }),
            "conditional-split" => {
                self.needed(&data, &["profile_filter"], "a conditional split")?;
                ActionKind::ConditionalSplit(self.filter_of(&data, "profile_filter", Of::Flow)?)
            }
            "trigger-split" => {
                self.needed(&data, &["trigger_filter"], "a trigger split")?;
                ActionKind::TriggerSplit(self.filter_of(&data, "trigger_filter", Of::Trigger)?)
            }
            _ => ActionKind::Other(kind),
        })
    }
}
