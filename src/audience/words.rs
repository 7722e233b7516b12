//! Definitions as a marketer would say them.

use jiff::Timestamp;

use super::condition::{Condition, Conditions, Distance, Groups, Region, Test};
use super::consent::{ConsentTest, Medium};
use super::filter::{Compare, Filter, TextTest};
use super::held::{Number, brief};
use super::metric::{Funnel, MetricTest, PropertyFilter};
use super::window::{Span, Unit, Window};
use crate::data::Consent;
use crate::language::MONTHS;

impl Conditions {
    /// All of it in one sentence; nothing for a filter without conditions.
    pub(super) fn words(&self) -> String {
        let many = self.groups.len() > 1;
        let groups = self.groups.iter().map(|group| {
            let words: Vec<String> = group.iter().map(Condition::words).collect();
            match many && words.len() > 1 {
                true => format!("({})", words.join(" OR ")),
                false => words.join(" OR "),
            }
        });
        groups.collect::<Vec<_>>().join(" AND ")
    }
}

impl Condition {
    pub(super) fn words(&self) -> String {
        match &self.test {
            Test::Property {
                property, filter, ..
            } => {
                format!("{} {}", property.shown(), filter.words())
            }
            Test::Metric(test) => test.words(),
            Test::Funnel(funnel) => funnel.words(),
            Test::Groups(groups) => groups.words(),
            Test::Consent(test) => test.words(),
            Test::Region { inside, region } => {
                let not = if *inside { "" } else { "not " };
                let region = match region {
                    Region::EuropeanUnion => "the European Union",
                    Region::UnitedStates => "the United States",
                };
                format!("{not}in {region}")
            }
            Test::Distance(distance) => distance.words(),
            Test::Predictive { dimension, filter } => {
                format!("{} {}", dimension.replace('_', " "), filter.words())
            }
            Test::Event { field, filter, .. } => format!("the event's {field} {}", filter.words()),
            Test::Sample(percent) => format!("in a sample of {percent} %"),
            Test::NotInFlow { flow, within } => {
                let flow = match flow {
                    Some(flow) => format!("the flow {}", quoted(flow)),
                    None => "this flow".to_owned(),
                };
                match within {
                    Some(span) => {
                        format!("has not entered {flow} in the last {}", span_words(*span))
                    }
                    None => format!("has not entered {flow} before"),
                }
            }
            Test::NotSent { channel, within } => {
                let channel = match *channel {
                    "email" => "an email",
                    "sms" => "a text message",
                    _ => "a push message",
                };
                match within {
                    Some(span) => format!(
                        "has not been sent {channel} in the last {}",
                        span_words(*span)
                    ),
                    None => format!("has never been sent {channel}"),
                }
            }
        }
    }
}

/// As it is, or in quotes where it would not be seen where it ends.
pub(super) fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || "-_.@+$".contains(c));
    match plain {
        true => text.to_owned(),
        false => format!("\"{}\"", brief(text)),
    }
}

fn any_of(values: &[String]) -> String {
    values
        .iter()
        .map(|value| quoted(value))
        .collect::<Vec<_>>()
        .join(", ")
}

pub(super) fn compared(test: Compare) -> &'static str {
    match test {
        Compare::Equals => "is",
        Compare::NotEquals => "is not",
        Compare::Greater => "is greater than",
        Compare::AtLeast => "is at least",
        Compare::Less => "is less than",
        Compare::AtMost => "is at most",
    }
}

impl Filter {
    pub(super) fn words(&self) -> String {
        let either =
            |not: &bool, yes: &str, no: &str| if *not { no.to_owned() } else { yes.to_owned() };
        match self {
            Filter::IsSet => "is set".to_owned(),
            Filter::NotSet => "is not set".to_owned(),
            Filter::Text { test, not } => match test {
                TextTest::Null => either(not, "is null", "is not null"),
                TextTest::Equals(value) => either(not, "is ", "is not ") + &quoted(value),
                TextTest::Contains(value) => {
                    either(not, "contains ", "does not contain ") + &quoted(value)
                }
                TextTest::StartsWith(value) => {
                    either(not, "starts with ", "does not start with ") + &quoted(value)
                }
                TextTest::EndsWith(value) => {
                    either(not, "ends with ", "does not end with ") + &quoted(value)
                }
                TextTest::Matches(regex) => {
                    either(not, "matches ", "does not match ")
                        + &format!("/{}/", brief(regex.as_str()))
                }
            },
            Filter::TextIn { values, not } => {
                either(not, "is one of ", "is none of ") + &any_of(values)
            }
            Filter::PhoneCountry { written, not, .. } => {
                either(
                    not,
                    "has the country code ",
                    "does not have the country code ",
                ) + &any_of(written)
            }
            Filter::Number { test, value } => format!("{} {value}", compared(*test)),
            Filter::NumberBetween(a, b) => format!("is between {a} and {b}"),
            Filter::Boolean(yes) => format!("is {yes}"),
            Filter::Members {
                values,
                all,
                not,
                one,
            } => {
                let what = match (one, all) {
                    (true, _) => "",
                    (_, true) => "all of ",
                    (_, false) => "any of ",
                };
                either(not, "includes ", "does not include ") + what + &any_of(values)
            }
            Filter::MemberPart { value, not } => {
                either(not, "includes something with ", "includes nothing with ") + &quoted(value)
            }
            Filter::Length { test, value } => {
                let things = if *value == 1 { "entry" } else { "entries" };
                let how = match test {
                    Compare::Equals => "has",
                    Compare::NotEquals => "does not have",
                    Compare::Greater => "has more than",
                    Compare::AtLeast => "has at least",
                    Compare::Less => "has less than",
                    Compare::AtMost => "has at most",
                };
                format!("{how} {value} {things}")
            }
            Filter::Date(window) => match window {
                Window::AtLeast(_) => format!("was {}", window.words()),
                _ => format!("is {}", window.words()),
            },
        }
    }
}

pub(super) fn span_words(span: Span) -> String {
    count(span.quantity, span.unit.word())
}

pub(super) fn count(quantity: i64, what: &str) -> String {
    match quantity {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

fn day(time: Timestamp) -> String {
    match time.as_second().rem_euclid(86_400) {
        0 => time.strftime("%Y-%m-%d").to_string(),
        _ => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    }
}

impl Window {
    pub(super) fn words(&self) -> String {
        match self {
            Window::AllTime => "over all time".to_owned(),
            Window::FlowStart => "since starting this flow".to_owned(),
            Window::Before(date) => format!("before {}", day(*date)),
            Window::After(date) => format!("after {}", day(*date)),
            Window::BetweenStatic(start, end) => {
                format!("between {} and {}", day(*start), day(*end))
            }
            Window::InTheLast(span) => format!("in the last {}", span_words(*span)),
            Window::AtLeast(span) => format!("at least {} ago", span_words(*span)),
            Window::InTheNext(span) => format!("in the next {}", span_words(*span)),
            Window::Between(a, b, unit) => {
                format!(
                    "between {} and {} ago",
                    a.min(b),
                    count(*a.max(b), unit.word())
                )
            }
            Window::Anniversary => "today, in any year".to_owned(),
            Window::AnniversaryMonth => "in this month, in any year".to_owned(),
            Window::AnniversaryLast(span) => {
                format!("in the last {}, in any year", span_words(*span))
            }
            Window::AnniversaryNext(span) => {
                format!("in the next {}, in any year", span_words(*span))
            }
            Window::CalendarMonth(month) => {
                let place = usize::try_from(*month).unwrap_or(1).clamp(1, 12) - 1;
                format!("in {}, in any year", MONTHS[place])
            }
        }
    }
}

fn where_words(filters: &[PropertyFilter]) -> String {
    if filters.is_empty() {
        return String::new();
    }
    let words = filters
        .iter()
        .map(|one| format!("{} {}", one.property, one.filter.words()));
    format!(" where {}", words.collect::<Vec<_>>().join(" and "))
}

impl MetricTest {
    pub(super) fn words(&self) -> String {
        let Self { test, value, .. } = self;
        let how = match (self.sum, test, value) {
            (true, test, value) => format!(
                "worth {} {value}",
                match test {
                    Compare::Equals => "exactly",
                    Compare::NotEquals => "other than",
                    Compare::Greater => "more than",
                    Compare::AtLeast => "at least",
                    Compare::Less => "less than",
                    Compare::AtMost => "at most",
                }
            ),
            (false, Compare::Equals, Number::Whole(0)) => "zero times".to_owned(),
            (false, Compare::AtLeast, Number::Whole(1)) => "at least once".to_owned(),
            (false, test, value) => {
                let times = if *value == Number::Whole(1) {
                    "time"
                } else {
                    "times"
                };
                let how = match test {
                    Compare::Equals => "exactly",
                    Compare::NotEquals => "not",
                    Compare::Greater => "more than",
                    Compare::AtLeast => "at least",
                    Compare::Less => "less than",
                    Compare::AtMost => "at most",
                };
                format!("{how} {value} {times}")
            }
        };
        format!(
            "{} {how} {}{}",
            quoted_name(self.metric.shown()),
            self.timeframe.words(),
            where_words(&self.filters)
        )
    }

    /// What was counted, for a person to read.
    pub(super) fn seen(&self, tally: &super::metric::Tally) -> String {
        let times = match tally.count {
            0 => "never".to_owned(),
            1 => "once".to_owned(),
            n => format!("{n} times"),
        };
        let worth = match self.sum {
            true => format!(", worth {}", self.measured(tally)),
            false => String::new(),
        };
        let last = tally.last.map(|last| format!(", last at {last}"));
        times + &worth + &last.unwrap_or_default()
    }
}

/// A metric's name has blanks and is read as one all the same.
fn quoted_name(name: &str) -> String {
    match name.trim().is_empty() {
        true => format!("\"{name}\""),
        false => brief(name),
    }
}

impl Funnel {
    fn words(&self) -> String {
        let steps = self.steps.iter().map(|step| {
            let not = if step.exists { "" } else { "no " };
            format!(
                "{not}{}{}",
                quoted_name(step.metric.shown()),
                where_words(&step.filters)
            )
        });
        let steps = steps.collect::<Vec<_>>().join(", then ");
        let within = self.window.map(|seconds| match seconds % 86_400 {
            0 => format!(", all within {}", count(seconds / 86_400, Unit::Day.word())),
            _ => format!(", all within {}", count(seconds / 3_600, Unit::Hour.word())),
        });
        format!(
            "{steps}{} {}",
            within.unwrap_or_default(),
            self.timeframe.words()
        )
    }
}

impl Groups {
    fn words(&self) -> String {
        let names = self.groups.iter().map(|group| match &group.segment {
            Some(segment) => format!("the segment {}", quoted(&segment.name)),
            None => format!("the list {}", quoted(&group.written)),
        });
        let names = names.collect::<Vec<_>>().join(" or ");
        let not = if self.is_member { "" } else { "not " };
        let joined = self.timeframe.as_ref().map(|window| match window {
            Window::AtLeast(_) => format!(", joined {}", window.words()),
            window => format!(", joined {}", window.words()),
        });
        format!("{not}in {names}{}", joined.unwrap_or_default())
    }
}

impl ConsentTest {
    fn words(&self) -> String {
        let channel = match self.medium {
            Medium::Email => "email",
            Medium::Sms => "text message",
            Medium::Push => "push",
        };
        let can = if self.can_receive { "can" } else { "cannot" };
        let consent = match self.consent {
            None => "",
            Some(Consent::Subscribed) => " and subscribed",
            Some(Consent::NeverSubscribed) => " and never subscribed",
            Some(Consent::Unsubscribed) => " and unsubscribed",
        };
        let filters = self
            .filters
            .iter()
            .map(|(field, filter)| format!("{} {}", field.shown(), filter.words()));
        let filters = filters.collect::<Vec<_>>();
        let filters = match filters.is_empty() {
            true => String::new(),
            false => format!(", where {}", filters.join(" and ")),
        };
        format!("{can} receive {channel} marketing{consent}{filters}")
    }
}

impl Distance {
    fn words(&self) -> String {
        let how = if self.within { "within" } else { "more than" };
        let away = if self.within { "of" } else { "from" };
        let unit = match (self.miles, self.value == 1.0) {
            (true, true) => "mile",
            (true, false) => "miles",
            (false, _) => "km",
        };
        let country =
            super::country::Country::named(self.country).map_or(self.country, |one| one.alpha_2);
        format!(
            "{how} {} {unit} {away} {}, {country}",
            self.value, self.code
        )
    }
}
