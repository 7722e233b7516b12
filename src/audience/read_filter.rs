//! Filters and timeframes as definitions write them (reference C.2): which operators there are, and where each may stand.

use regex::RegexBuilder;

use super::filter::{Compare, Filter, TextTest};
use super::held::{Number, brief};
use super::json::Node;
use super::phone;
use super::reader::{At, Reader};
use super::window::{Span, Unit, Window};
use crate::diagnostic::nearest;

/// What a filter is about, which decides what it may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// A property of a profile.
    Profile,
    /// A property of events that are counted.
    Events,
    /// A property of the event that starts a flow.
    Trigger,
}

impl About {
    fn shown(self) -> &'static str {
        match self {
            About::Profile => "a profile's property",
            About::Events => "a property of counted events",
            About::Trigger => "a property of the event that starts a flow",
        }
    }
}

/// Relative times are no longer than this; some centuries of hours.
const LONGEST: i64 = 1_000_000;

/// A pattern compiles to no more than this.
const LARGEST_PATTERN: usize = 1 << 20;

const KINDS: [&str; 6] = ["string", "numeric", "boolean", "existence", "list", "date"];

const TEXT: [&str; 12] = [
    "equals",
    "not-equals",
    "contains",
    "not-contains",
    "starts-with",
    "not-starts-with",
    "ends-with",
    "not-ends-with",
    "regex",
    "nregex",
    "in",
    "not-in",
];

pub(super) const COMPARE: [(&str, Compare); 6] = [
    ("equals", Compare::Equals),
    ("not-equals", Compare::NotEquals),
    ("greater-than", Compare::Greater),
    ("greater-than-or-equal", Compare::AtLeast),
    ("less-than", Compare::Less),
    ("less-than-or-equal", Compare::AtMost),
];

const LENGTH: [(&str, Compare); 5] = [
    ("length-equals", Compare::Equals),
    ("length-greater-than", Compare::Greater),
    ("length-greater-than-or-equal", Compare::AtLeast),
    ("length-less-than", Compare::Less),
    ("length-less-than-or-equal", Compare::AtMost),
];

const DATES: [&str; 12] = [
    "after",
    "before",
    "between-static",
    "in-the-last",
    "at-least",
    "in-the-next",
    "between",
    "anniversary",
    "anniversary-month",
    "anniversary-last",
    "anniversary-next",
    "calendar-month",
];

/// Timeframes of how often something was done.
pub(super) const METRIC_TIMES: [&str; 10] = [
    "alltime",
    "in-the-last",
    "at-least",
    "in-the-next",
    "between",
    "after",
    "before",
    "between-static",
    "anniversary-last",
    "anniversary-next",
];
/// The same in a flow.
pub(super) const FLOW_TIMES: [&str; 11] = [
    "alltime",
    "flow-start",
    "in-the-last",
    "at-least",
    "in-the-next",
    "between",
    "after",
    "before",
    "between-static",
    "anniversary-last",
    "anniversary-next",
];
/// Of when somebody joined a list.
pub(super) const JOINED_TIMES: [&str; 7] = [
    "after",
    "before",
    "between-static",
    "in-the-last",
    "at-least",
    "in-the-next",
    "between",
];
/// Of steps.
pub(super) const FUNNEL_TIMES: [&str; 6] = [
    "alltime",
    "between-static",
    "between",
    "in-the-last",
    "at-least",
    "in-the-next",
];

impl Reader<'_> {
    /// A filter.
    pub(super) fn filter(&mut self, at: &At<'_>, about: About) -> Option<Filter> {
        if !matches!(at.json.node, Node::Object(_)) {
            return self.unexpected(at, "a filter, an object with 'type' and 'operator'");
        }
        let kind_at = self.needed(at, &["type"], "a filter")?;
        let kind = self.text(&kind_at)?;
        if !KINDS.contains(&kind.as_str()) {
            self.no_such(&kind_at, &kind, "type of a filter", &KINDS);
            return None;
        }
        let operator_at = self.needed(at, &["operator"], "a filter")?;
        let operator = self.text(&operator_at)?;
        let allowed = operators(&kind, about);
        if !allowed.contains(&operator.as_str()) {
            self.no_operator(&operator_at, &kind, &operator, &allowed, about);
            return None;
        }
        match kind.as_str() {
            "string" => self.text_filter(at, &operator),
            "numeric" => self.numeric_filter(at, &operator),
            "boolean" => {
                self.object(at, &["type", "operator", "value"], "a boolean filter")?;
                let value = self.needed(at, &["value"], "a boolean filter")?;
                Some(Filter::Boolean(self.boolean(&value)?))
            }
            "existence" => {
                self.object(at, &["type", "operator"], "an existence filter")?;
                Some(match operator.as_str() {
                    "is-set" => Filter::IsSet,
                    _ => Filter::NotSet,
                })
            }
            "list" => self.list_filter(at, &operator),
            _ => Some(Filter::Date(self.window(at, &operator)?)),
        }
    }

    /// Says which operators there are instead, or where this one belongs.
    fn no_operator(
        &mut self,
        at: &At<'_>,
        kind: &str,
        operator: &str,
        allowed: &[&str],
        about: About,
    ) {
        if kind == "date" && about == About::Events && DATES.contains(&operator) {
            self.error_with(
                at,
                "properties of events have no date operators, even where they hold dates",
                "ask when the event happened instead, with 'timeframe_filter'",
            );
            return;
        }
        let elsewhere = [About::Profile, About::Events, About::Trigger]
            .into_iter()
            .find(|other| operators(kind, *other).contains(&operator));
        if let Some(other) = elsewhere {
            let title = format!(
                "'{operator}' is for {}, not for {}",
                other.shown(),
                about.shown()
            );
            let near = nearest(operator, allowed.iter().copied());
            let help = format!("one of {}", allowed.join(", "));
            let error = self.error(at, title);
            error
                .help
                .extend(near.map(|near| format!("did you mean '{near}'?")));
            error.help.push(help);
            return;
        }
        self.no_such(
            at,
            operator,
            &format!("operator of a {kind} filter"),
            allowed,
        );
    }

    fn text_filter(&mut self, at: &At<'_>, operator: &str) -> Option<Filter> {
        self.object(at, &["type", "operator", "value"], "a string filter")?;
        let not = operator.starts_with("not-") || operator.starts_with("phone-country-code-not");
        match operator {
            "in" | "not-in" => {
                let value = self.needed(at, &["value"], "this filter")?;
                let values = self.texts(&value)?;
                return Some(Filter::TextIn { values, not });
            }
            "phone-country-code-in" | "phone-country-code-not-in" => {
                let value = self.needed(at, &["value"], "this filter")?;
                let mut codes = Vec::new();
                for one in self.list(&value)? {
                    let text = self.text(&one)?;
                    match phone::meant(&text) {
                        Some(code) => codes.push(code),
                        None => {
                            let title = format!("'{}' is no calling code", brief(&text));
                            self.error_with(&one, title, "write '1', '+1' or 'US'");
                            return None;
                        }
                    }
                }
                let written = self.texts(&value)?;
                return Some(Filter::PhoneCountry {
                    written,
                    codes,
                    not,
                });
            }
            _ => {}
        }
        let Some(value) = at.get("value") else {
            if at.json.get("value").is_none() {
                self.needed(at, &["value"], "this filter")?;
            }
            return Some(Filter::Text {
                test: TextTest::Null,
                not,
            });
        };
        // Numbers and booleans are compared as their text, so they may be written as such.
        let text = match &value.json.node {
            Node::Number(number) => number.clone(),
            Node::Boolean(yes) => yes.to_string(),
            _ => self.text(&value)?,
        };
        let test = match operator.trim_start_matches("not-") {
            "equals" => TextTest::Equals(text),
            "contains" => TextTest::Contains(text),
            "starts-with" => TextTest::StartsWith(text),
            "ends-with" => TextTest::EndsWith(text),
            _ => {
                let built = RegexBuilder::new(&text).size_limit(LARGEST_PATTERN).build();
                match built {
                    Ok(regex) => TextTest::Matches(Box::new(regex)),
                    Err(error) => {
                        let said = error.to_string();
                        let reason = said.lines().last().unwrap_or_default();
                        let reason = reason.strip_prefix("error: ").unwrap_or(reason);
                        let title = format!("this pattern cannot be used: {reason}");
                        self.error_with(
                            &value,
                            title,
                            "patterns are Rust's: no look-around, no back-references",
                        );
                        return None;
                    }
                }
            }
        };
        let not = not || operator == "nregex";
        Some(Filter::Text { test, not })
    }

    fn numeric_filter(&mut self, at: &At<'_>, operator: &str) -> Option<Filter> {
        if operator == "between" {
            self.object(
                at,
                &["type", "operator", "start", "end"],
                "a numeric filter",
            )?;
            let (start, end) = (
                self.needed(at, &["start"], "'between'")?,
                self.needed(at, &["end"], "'between'")?,
            );
            return Some(Filter::NumberBetween(
                self.number(&start)?,
                self.number(&end)?,
            ));
        }
        let (test, value) = self.comparison(at)?;
        Some(Filter::Number { test, value })
    }

    /// A numeric filter that compares with one number.
    pub(super) fn comparison(&mut self, at: &At<'_>) -> Option<(Compare, Number)> {
        self.object(at, &["type", "operator", "value"], "a numeric filter")?;
        if let Some(kind) = at.get("type")
            && kind.text() != Some("numeric")
        {
            self.error(&kind, "a filter of the type 'numeric' is expected here");
            return None;
        }
        let operator = self.needed(at, &["operator"], "a numeric filter")?;
        let test = self.word(&operator, "operator of a numeric filter", &COMPARE)?;
        let value = self.needed(at, &["value"], "a numeric filter")?;
        Some((test, self.number(&value)?))
    }

    fn list_filter(&mut self, at: &At<'_>, operator: &str) -> Option<Filter> {
        self.object(at, &["type", "operator", "value"], "a list filter")?;
        let value = self.needed(at, &["value"], "a list filter")?;
        if let Some((_, test)) = LENGTH.iter().find(|(word, _)| *word == operator) {
            let value = self.whole(&value, 0, i64::MAX)?;
            return Some(Filter::Length { test: *test, value });
        }
        let not = operator.starts_with("not-");
        let member = |reader: &mut Self, one: &At<'_>| match &one.json.node {
            Node::Number(number) => Some(number.clone()),
            Node::Boolean(yes) => Some(yes.to_string()),
            _ => reader.text(one),
        };
        match operator.trim_start_matches("not-") {
            "contains" => {
                let value = member(self, &value)?;
                Some(Filter::Members {
                    values: vec![value],
                    all: false,
                    not,
                    one: true,
                })
            }
            "contains-substring" => {
                let value = member(self, &value)?;
                Some(Filter::MemberPart { value, not })
            }
            quantity => {
                let members = self.list(&value)?;
                let values = members
                    .iter()
                    .map(|one| member(self, one))
                    .collect::<Option<_>>()?;
                let all = quantity == "contains-all";
                Some(Filter::Members {
                    values,
                    all,
                    not,
                    one: false,
                })
            }
        }
    }

    /// A timeframe.
    pub(super) fn timeframe(&mut self, at: &At<'_>, allowed: &[&str]) -> Option<Window> {
        if !matches!(at.json.node, Node::Object(_)) {
            return self.unexpected(at, "a timeframe, an object with 'type' and 'operator'");
        }
        if let Some(kind) = at.get("type")
            && kind.text() != Some("date")
        {
            self.error(&kind, "a timeframe is a filter of the type 'date'");
            return None;
        }
        let operator_at = self.needed(at, &["operator"], "a timeframe")?;
        let operator = self.text(&operator_at)?;
        if !allowed.contains(&operator.as_str()) {
            if operator == "flow-start" {
                self.error_with(
                    &operator_at,
                    "'flow-start' is for the filters of flows: a segment is no flow that could have started",
                    "use 'in-the-last' or 'alltime'",
                );
            } else {
                self.no_such(
                    &operator_at,
                    &operator,
                    "operator of this timeframe",
                    allowed,
                );
            }
            return None;
        }
        self.window(at, &operator)
    }

    fn window(&mut self, at: &At<'_>, operator: &str) -> Option<Window> {
        let known: &[&str] = match operator {
            "after" | "before" => &["type", "operator", "date", "value"],
            "between-static" => &["type", "operator", "start", "end"],
            "between" => &["type", "operator", "start", "end", "unit"],
            "calendar-month" => &["type", "operator", "value"],
            "alltime" | "flow-start" | "anniversary" | "anniversary-month" => &["type", "operator"],
            _ => &["type", "operator", "quantity", "unit"],
        };
        self.object(at, known, &format!("a date filter with '{operator}'"))?;
        let what = format!("'{operator}'");
        Some(match operator {
            "alltime" => Window::AllTime,
            "flow-start" => Window::FlowStart,
            "anniversary" => Window::Anniversary,
            "anniversary-month" => Window::AnniversaryMonth,
            "calendar-month" => {
                let value = self.needed(at, &["value"], &what)?;
                Window::CalendarMonth(self.whole(&value, 1, 12)? as i8)
            }
            "after" | "before" => {
                // Older definitions have the date as `value`.
                let date = self.needed(at, &["date", "value"], &what)?;
                let date = self.time(&date)?;
                match operator {
                    "after" => Window::After(date),
                    _ => Window::Before(date),
                }
            }
            "between-static" => {
                let start = self.needed(at, &["start"], &what)?;
                let end = self.needed(at, &["end"], &what)?;
                let (start, end) = (self.time(&start)?, self.time(&end)?);
                Window::BetweenStatic(start, end)
            }
            "between" => {
                let start = self.needed(at, &["start"], &what)?;
                let end = self.needed(at, &["end"], &what)?;
                let (start, end) = (
                    self.whole(&start, 0, LONGEST)?,
                    self.whole(&end, 0, LONGEST)?,
                );
                Window::Between(start, end, self.unit(at, &what)?)
            }
            _ => {
                let span = self.span(at, &what)?;
                match operator {
                    "in-the-last" => Window::InTheLast(span),
                    "at-least" => Window::AtLeast(span),
                    "in-the-next" => Window::InTheNext(span),
                    "anniversary-last" => Window::AnniversaryLast(span),
                    _ => Window::AnniversaryNext(span),
                }
            }
        })
    }

    pub(super) fn span(&mut self, at: &At<'_>, what: &str) -> Option<Span> {
        let quantity = self.needed(at, &["quantity"], what)?;
        let quantity = self.whole(&quantity, 0, LONGEST)?;
        let unit = self.unit(at, what)?;
        Some(Span { quantity, unit })
    }

    fn unit(&mut self, at: &At<'_>, what: &str) -> Option<Unit> {
        let unit = self.needed(at, &["unit"], what)?;
        self.word(&unit, "unit of time", &Unit::WORDS)
    }
}

/// The operators of a type of filter, by what it is about.
fn operators(kind: &str, about: About) -> Vec<&'static str> {
    let compare = COMPARE.iter().map(|(word, _)| *word);
    let lengths = LENGTH.iter().map(|(word, _)| *word);
    match (kind, about) {
        ("string", About::Profile) => {
            let phone = ["phone-country-code-in", "phone-country-code-not-in"];
            TEXT.into_iter().chain(phone).collect()
        }
        ("string", _) => TEXT.into(),
        ("numeric", About::Trigger) => compare.chain(["between"]).collect(),
        ("numeric", _) => compare.collect(),
        ("boolean", _) => vec!["equals"],
        ("existence", _) => vec!["is-set", "not-set"],
        ("list", About::Events) => lengths
            .chain([
                "contains-any",
                "contains-all",
                "not-contains-any",
                "not-contains-all",
                "contains-substring",
                "not-contains-substring",
            ])
            .collect(),
        ("list", _) => lengths.chain(["contains", "not-contains"]).collect(),
        ("date", About::Events) => Vec::new(),
        _ => DATES.into(),
    }
}
