//! Filters on lists: members, parts, and lists made of lists.

use super::convert::{self, argument_text, conditional_escape, int, like, members};
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::{self, Value, ValueKind};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "length",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "How many members, keys or characters; 0 for what has no length.",
        example: ("{{ items|length }}", "2"),
        call: length,
    },
    Filter {
        name: "count",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The same as `length`.",
        example: ("{{ items|count }}", "2"),
        call: length,
    },
    Filter {
        name: "size",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The same as `length`.",
        example: ("{{ items|size }}", "2"),
        call: length,
    },
    Filter {
        name: "first",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The first member or character.",
        example: ("{{ tags|first }}", "green"),
        call: |_, v, _| subscript(v, "0", |length| (length > 0).then_some(0)),
    },
    Filter {
        name: "last",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: true,
        doc: "The last member or character.",
        example: ("{{ tags|last }}", "black"),
        call: |_, v, _| subscript(v, "-1", |length| length.checked_sub(1)),
    },
    Filter {
        name: "random",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: true,
        doc: "A member or character by chance. The same person gets the same one each time the email is made.",
        example: ("{{ 'a'|random }}", "a"),
        call: random,
    },
    Filter {
        name: "join",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "The members as one text, the argument between them. In HTML each member is escaped.",
        example: ("{{ tags|join:', ' }}", "green, black"),
        call: join,
    },
    Filter {
        name: "list_to_string",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The members as a sentence has them: commas, and `and` before the last.",
        example: (
            "{{ 'apple,banana,orange'|split:','|list_to_string }}",
            "apple, banana and orange",
        ),
        call: list_to_string,
    },
    Filter {
        name: "slice",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "A part of a list or text, by Python's rule: `':3'` the first three, `'-1:'` the last.",
        example: ("{{ tags|slice:':1'|join:', ' }}", "green"),
        call: slice,
    },
    Filter {
        name: "concat",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "Two lists as one list; anything else as one text.",
        example: ("{{ tags|concat:tags|join:' ' }}", "green black green black"),
        call: concat,
    },
    Filter {
        name: "compact",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The list without what is None.",
        example: ("{{ items|map:'price'|compact|join:' ' }}", "19.9 40"),
        call: |frame, v, _| filtered(frame, v, |item| !item.is_none() && !item.is_undefined()),
    },
    Filter {
        name: "map",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The value of a key of each member; None where it has no such key.",
        example: (
            "{{ items|map:'title'|join:', ' }}",
            "Oolong, Kettle &amp; cup",
        ),
        call: map,
    },
    Filter {
        name: "list_where",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The members whose key has a value: the argument is `key=value`.",
        example: (
            "{% for i in items|list_where:'title=Oolong' %}{{ i.price }}{% endfor %}",
            "19.9",
        ),
        call: list_where,
    },
    Filter {
        name: "dictfilter",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The members whose key compares: `key>20`, with `<`, `<=`, `==`, `!=`, `>=` or `>`. Numbers compare as numbers.",
        example: (
            "{% for i in items|dictfilter:'price>20' %}{{ i.title }}{% endfor %}",
            "Kettle &amp; cup",
        ),
        call: dictfilter,
    },
    Filter {
        name: "reverse",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The list, or the text, from its end to its start.",
        example: ("{{ tags|reverse|join:', ' }}", "black, green"),
        call: reverse,
    },
];

fn length(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    if let Some(s) = v.as_str() {
        frame.spend(s.len() as u64 / 256)?;
    }
    Ok(Value::from(value::length(v).unwrap_or(0)))
}

/// `v[at]` where Python raises for what has no members; `key` is the key it would look for in a mapping.
fn subscript(v: &Value, key: &'static str, at: fn(usize) -> Option<usize>) -> Result<Value, Stop> {
    match v.kind() {
        ValueKind::String => {
            let s = convert::text(v);
            let found = if key == "0" {
                s.chars().next()
            } else {
                s.chars().next_back()
            };
            Ok(found.map_or_else(|| Value::from(""), Value::from))
        }
        ValueKind::Seq => Ok(value::length(v)
            .and_then(at)
            .and_then(|at| value::index(v, at))
            .unwrap_or_else(|| Value::from(""))),
        ValueKind::Map => Err(Stop::raise(key)),
        _ => Err(Stop::raise(format!(
            "'{}' object is not subscriptable",
            value::type_name(v)
        ))),
    }
}

fn random(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let length = match v.kind() {
        ValueKind::String | ValueKind::Seq | ValueKind::Map => value::length(v).unwrap_or(0),
        _ => {
            return Err(Stop::raise(format!(
                "object of type '{}' has no len()",
                value::type_name(v)
            )));
        }
    };
    if length == 0 {
        return Ok(Value::from(""));
    }
    let at = (frame.random() % length as u64) as usize;
    if v.kind() == ValueKind::Map {
        return Err(Stop::raise(at.to_string()));
    }
    Ok(value::index(v, at).unwrap_or_else(|| Value::from("")))
}

fn join(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let separator = convert::some(argument)?;
    let escapes = frame.escapes();
    let in_html = frame.channel() == crate::language::Channel::Html;
    if !escapes && in_html && separator.kind() != ValueKind::String {
        return Err(Stop::raise(format!(
            "'{}' object has no attribute 'join'",
            value::type_name(separator)
        )));
    }
    let Some(list) = members(frame, v)? else {
        return Ok(v.clone());
    };
    // Without escaping, Python joins texts only. In a subject or a text part, where nothing is ever escaped, that
    // would print the list's `repr` for a list of numbers; there all members are taken as text.
    if !escapes && in_html && list.iter().any(|item| item.kind() != ValueKind::String) {
        return Ok(v.clone());
    }
    let shown = |v: &Value| match (escapes, in_html) {
        (true, _) => conditional_escape(v),
        (false, true) => value::python_str(v),
        (false, false) => value::text(v),
    };
    let separator = shown(separator);
    let mut out = String::new();
    for (at, item) in list.iter().enumerate() {
        let item = shown(item);
        frame.allocate(item.len() + separator.len())?;
        if at > 0 {
            out.push_str(&separator);
        }
        out.push_str(&item);
    }
    Ok(Value::from_safe_string(out))
}

fn list_to_string(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    if v.kind() == ValueKind::String {
        return Ok(v.clone());
    }
    let Some(list) = members(frame, v)? else {
        return Ok(v.clone());
    };
    let mut out = String::new();
    for (at, item) in list.iter().enumerate() {
        let item = value::text(item);
        frame.allocate(item.len() + 5)?;
        out.push_str(match at {
            0 => "",
            at if at + 1 == list.len() => " and ",
            _ => ", ",
        });
        out.push_str(&item);
    }
    Ok(Value::from(out))
}

fn slice(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let Some(bounds) = bounds(&argument_text(argument)) else {
        return Ok(v.clone());
    };
    Ok(match v.kind() {
        ValueKind::String => {
            let s = convert::text(v);
            frame.spend(s.len() as u64 / 16)?;
            let chars: Vec<char> = s.chars().collect();
            match picked(chars.len(), &bounds) {
                Some(picked) => Value::from(picked.map(|at| chars[at]).collect::<String>()),
                None => v.clone(),
            }
        }
        ValueKind::Seq => {
            let list = members(frame, v)?.unwrap_or_default();
            match picked(list.len(), &bounds) {
                Some(picked) => {
                    let part: Vec<Value> = picked.map(|at| list[at].clone()).collect();
                    like(v, part)
                }
                None => v.clone(),
            }
        }
        _ => v.clone(),
    })
}

/// `start:stop:step` as written; None where Python refuses it.
fn bounds(text: &str) -> Option<Vec<Option<i128>>> {
    let parts = text
        .split(':')
        .map(|part| match part {
            "" => Some(None),
            part => match int(&Value::from(part)) {
                Ok(number) => Some(Some(number)),
                // Beyond any list, whichever way.
                Err(convert::Refused::Overflow) => {
                    let negative = part.trim_start_matches(value::is_space).starts_with('-');
                    let far = i128::MAX / 4;
                    Some(Some(if negative { -far } else { far }))
                }
                Err(_) => None,
            },
        })
        .collect::<Option<Vec<_>>>()?;
    (parts.len() <= 3).then_some(parts)
}

/// The positions that Python's slice of a sequence of `length` takes.
fn picked(length: usize, bounds: &[Option<i128>]) -> Option<Box<dyn Iterator<Item = usize>>> {
    let length = length as i128;
    let (start, stop, step) = match bounds {
        [stop] => (None, *stop, None),
        [start, stop] => (*start, *stop, None),
        [start, stop, step] => (*start, *stop, *step),
        _ => return None,
    };
    let step = step.unwrap_or(1);
    if step == 0 {
        return None;
    }
    let clamp = |at: i128, low: i128, high: i128| {
        if at < 0 {
            at.saturating_add(length).max(low)
        } else {
            at.min(high)
        }
    };
    let (from, to) = if step > 0 {
        (
            start.map_or(0, |s| clamp(s, 0, length)),
            stop.map_or(length, |s| clamp(s, 0, length)),
        )
    } else {
        (
            start.map_or(length - 1, |s| clamp(s, -1, length - 1)),
            stop.map_or(-1, |s| clamp(s, -1, length - 1)),
        )
    };
    let mut at = from;
    Some(Box::new(std::iter::from_fn(move || {
        let inside = if step > 0 { at < to } else { at > to };
        inside.then(|| {
            let here = at;
            at = at.saturating_add(step);
            here as usize
        })
    })))
}

fn concat(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let other = convert::some(argument)?;
    if v.kind() == ValueKind::Seq && other.kind() == ValueKind::Seq {
        frame.hold_again(other)?;
        let mut list = members(frame, v)?.unwrap_or_default();
        list.extend(members(frame, other)?.unwrap_or_default());
        return Ok(Value::from_object(list));
    }
    let (a, b) = (value::text(v), value::text(other));
    frame.allocate(a.len() + b.len())?;
    Ok(Value::from(a + &b))
}

/// The members of a list; None for anything that is no list, which Klaviyo's filters leave as it is.
pub(super) fn list(frame: &mut Frame<'_>, v: &Value) -> Result<Option<Vec<Value>>, Stop> {
    match v.kind() {
        ValueKind::Seq | ValueKind::Iterable => members(frame, v),
        _ => Ok(None),
    }
}

/// A member's value under a dotted key.
pub(super) fn under(item: &Value, key: &str) -> Option<Value> {
    if let Some(found) = value::key(item, key) {
        return Some(found);
    }
    let mut at = item.clone();
    for part in key.split('.') {
        at = value::attribute(&at, part, part.parse().ok())?;
    }
    Some(at)
}

fn filtered(
    frame: &mut Frame<'_>,
    v: &Value,
    mut keep: impl FnMut(&Value) -> bool,
) -> Result<Value, Stop> {
    let Some(mut list) = list(frame, v)? else {
        return Ok(v.clone());
    };
    list.retain(|item| keep(item));
    Ok(Value::from_object(list))
}

fn map(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let key = argument_text(argument);
    let Some(list) = list(frame, v)? else {
        return Ok(v.clone());
    };
    Ok(Value::from_object(
        list.iter()
            .map(|item| under(item, &key).unwrap_or_else(|| Value::from(())))
            .collect::<Vec<_>>(),
    ))
}

fn list_where(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let argument = argument_text(argument);
    let (key, wanted) = argument.split_once('=').unwrap_or((&argument, ""));
    filtered(frame, v, |item| {
        under(item, key).is_some_and(|found| value::text(&found) == wanted)
    })
}

fn dictfilter(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let argument = argument_text(argument);
    let Some((key, operator, wanted)) = condition(&argument) else {
        return Err(Stop::raise(format!(
            "dictfilter needs a comparison such as 'price>20', not {}",
            value::repr(&Value::from(argument))
        )));
    };
    let wanted = Value::from(wanted);
    filtered(frame, v, |item| {
        let Some(found) = under(item, key) else {
            return operator == "!=";
        };
        let order = super::arithmetic::compared(&found, Some(&wanted))
            .unwrap_or_else(|| value::text(&found).as_str().cmp(convert::text(&wanted)));
        match operator {
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            "!=" => order.is_ne(),
            _ => order.is_eq(),
        }
    })
}

/// `key`, operator and value of `key>value`.
fn condition(s: &str) -> Option<(&str, &str, &str)> {
    let at = s.find(['<', '>', '=', '!'])?;
    let operator = ["<=", ">=", "==", "!=", "=>", "<", ">", "="]
        .into_iter()
        .find(|operator| s[at..].starts_with(operator))?;
    let wanted = s[at + operator.len()..].trim();
    let operator = if operator == "=>" { ">=" } else { operator };
    Some((s[..at].trim(), operator, wanted))
}

fn reverse(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    if let Some(s) = v.as_str() {
        return Ok(Value::from(s.chars().rev().collect::<String>()));
    }
    let Some(mut list) = list(frame, v)? else {
        return Ok(v.clone());
    };
    list.reverse();
    Ok(Value::from_object(list))
}
