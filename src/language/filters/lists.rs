//! Filters on lists.

use crate::language::escape::escape;
use crate::language::expression::python_int;
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
        call: first,
    },
    Filter {
        name: "last",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: true,
        doc: "The last member or character.",
        example: ("{{ tags|last }}", "black"),
        call: last,
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
        name: "slice",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "A part of a list or text, by Python's rule: `':3'` the first three, `'-1:'` the last.",
        example: ("{{ tags|slice:':1'|join:', ' }}", "green"),
        call: slice,
    },
];

fn length(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    Ok(Value::from(value::length(v).unwrap_or(0)))
}

/// `v[at]` where Python raises for what has no members.
fn subscript(v: &Value, at: fn(usize) -> Option<usize>) -> Result<Value, Stop> {
    match v.kind() {
        ValueKind::String | ValueKind::Seq => Ok(value::length(v)
            .and_then(at)
            .and_then(|at| value::index(v, at))
            .unwrap_or_else(|| Value::from(""))),
        ValueKind::Map => Err(Stop::raise(if at(1) == Some(0) && at(2) == Some(0) {
            "0"
        } else {
            "-1"
        })),
        _ => Err(Stop::raise(format!(
            "'{}' object is not subscriptable",
            value::type_name(v)
        ))),
    }
}

fn first(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    subscript(v, |length| (length > 0).then_some(0))
}

fn last(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    subscript(v, |length| length.checked_sub(1))
}

fn join(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let Some(members) = value::items(v) else {
        return Ok(v.clone());
    };
    let separator = argument.cloned().unwrap_or_default();
    let escapes = frame.escapes();
    let shown = |v: &Value| {
        let s = value::text(v);
        if escapes && !v.is_safe() {
            escape(&s)
        } else {
            s
        }
    };
    let separator = shown(&separator);
    let members: Vec<String> = members.iter().map(shown).collect();
    frame.allocate(
        members.iter().map(String::len).sum::<usize>() + separator.len() * members.len(),
    )?;
    Ok(Value::from_safe_string(members.join(&separator)))
}

fn slice(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let Some(bounds) = argument.and_then(|a| bounds(&value::text(a))) else {
        return Ok(v.clone());
    };
    Ok(match v.kind() {
        ValueKind::String => {
            let chars: Vec<char> = v.as_str().unwrap_or_default().chars().collect();
            match picked(chars.len(), &bounds) {
                Some(picked) => Value::from(picked.map(|at| chars[at]).collect::<String>()),
                None => v.clone(),
            }
        }
        ValueKind::Seq => {
            let members = value::items(v).unwrap_or_default();
            match picked(members.len(), &bounds) {
                Some(picked) => {
                    Value::from_object(picked.map(|at| members[at].clone()).collect::<Vec<_>>())
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
        .map(|part| {
            if part.is_empty() {
                Some(None)
            } else {
                python_int(part.trim()).map(Some)
            }
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
            (at + length).max(low)
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
