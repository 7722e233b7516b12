//! Filters: what is asked of a value that a profile or an event holds.

use std::borrow::Cow;
use std::cmp::Ordering;

use regex::Regex;

use super::held::{Held, Number};
use super::phone;
use super::window::{Moment, Window};

/// What is asked of a value. A value that is not set fails every filter but `not-set`, and so does one of a wrong type.
#[derive(Debug, Clone)]
pub(super) enum Filter {
    /// A text; `not` turns the test round, not the rule about missing values.
    Text {
        test: TextTest,
        not: bool,
    },
    TextIn {
        values: Vec<String>,
        not: bool,
    },
    /// Calling codes, as they begin a number in E.164.
    PhoneCountry {
        written: Vec<String>,
        codes: Vec<&'static str>,
        not: bool,
    },
    Number {
        test: Compare,
        value: Number,
    },
    NumberBetween(Number, Number),
    Boolean(bool),
    IsSet,
    NotSet,
    /// Whether a list has one, any or all of some members.
    Members {
        values: Vec<String>,
        all: bool,
        not: bool,
        one: bool,
    },
    /// Whether a member of a list has a text in it.
    MemberPart {
        value: String,
        not: bool,
    },
    Length {
        test: Compare,
        value: i64,
    },
    Date(Window),
}

#[derive(Debug, Clone)]
pub(super) enum TextTest {
    /// Equality with null is asked of nothing that is set.
    Null,
    Equals(String),
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    Matches(Box<Regex>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    Equals,
    NotEquals,
    Greater,
    AtLeast,
    Less,
    AtMost,
}

impl Compare {
    pub(super) fn holds(self, order: Ordering) -> bool {
        match self {
            Compare::Equals => order.is_eq(),
            Compare::NotEquals => order.is_ne(),
            Compare::Greater => order.is_gt(),
            Compare::AtLeast => order.is_ge(),
            Compare::Less => order.is_lt(),
            Compare::AtMost => order.is_le(),
        }
    }
}

impl TextTest {
    fn holds(&self, text: &str) -> bool {
        match self {
            TextTest::Null => false,
            TextTest::Equals(value) => text == value,
            TextTest::Contains(value) => text.contains(value),
            TextTest::StartsWith(value) => text.starts_with(value),
            TextTest::EndsWith(value) => text.ends_with(value),
            TextTest::Matches(regex) => regex.is_match(text),
        }
    }

    /// In a list `contains` asks for a member that *equals* the value.
    fn holds_of_member(&self, text: &str) -> bool {
        match self {
            TextTest::Contains(value) => text == value,
            other => other.holds(text),
        }
    }
}

impl Filter {
    /// Whether a value passes; None stands for a value that is not set.
    pub(super) fn holds(&self, held: Option<&Held<'_>>, moment: &Moment<'_>) -> bool {
        let Some(held) = held else {
            return matches!(self, Filter::NotSet);
        };
        match self {
            Filter::IsSet => true,
            Filter::NotSet => false,
            Filter::Text { test, not } => match held {
                Held::List(_) => some_member(held, *not, |text| test.holds_of_member(text)),
                one => one.text().is_some_and(|text| test.holds(&text) != *not),
            },
            Filter::TextIn { values, not } => {
                some_member(held, *not, |text| values.iter().any(|value| value == text))
            }
            Filter::PhoneCountry { codes, not, .. } => {
                let Held::Text(text) = held else {
                    return false;
                };
                phone::calling_code(text).is_some_and(|code| codes.contains(&code) != *not)
            }
            Filter::Number { test, value } => held
                .number()
                .is_some_and(|number| test.holds(number.compare(*value))),
            Filter::NumberBetween(a, b) => held.number().is_some_and(|number| {
                let (low, high) = if a.compare(*b).is_le() {
                    (a, b)
                } else {
                    (b, a)
                };
                number.compare(*low).is_ge() && number.compare(*high).is_le()
            }),
            Filter::Boolean(wanted) => held.boolean() == Some(*wanted),
            Filter::Members {
                values, all, not, ..
            } => held.members().is_some_and(|members| {
                let texts: Vec<Cow<'_, str>> = members.iter().filter_map(Held::text).collect();
                let has = |value: &String| texts.iter().any(|text| text == value);
                let holds = match all {
                    true => values.iter().all(has),
                    false => values.iter().any(has),
                };
                holds != *not
            }),
            Filter::MemberPart { value, not } => {
                some_member(held, *not, |text| text.contains(value.as_str()))
            }
            Filter::Length { test, value } => held.members().is_some_and(|members| {
                let length = i64::try_from(members.len()).unwrap_or(i64::MAX);
                test.holds(length.cmp(value))
            }),
            Filter::Date(window) => held.time().is_some_and(|time| window.holds(time, moment)),
        }
    }
}

/// Whether the text of some member passes; turned round, whether that of none does.
fn some_member(held: &Held<'_>, not: bool, test: impl Fn(&str) -> bool) -> bool {
    let members = held.members();
    members.is_some_and(|members| {
        let mut texts = members.iter().filter_map(Held::text);
        texts.any(|text| test(&text)) != not
    })
}
