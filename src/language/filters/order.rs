//! Filters that put lists in order.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::convert::{self, Refused, argument_text, float, members, some, text};
use super::lists::{list, under};
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::{self, Value, ValueKind};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "dictsort",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "The list sorted by a key of its members, or by a position in them. Prints nothing when one has no such key.",
        example: (
            "{% for i in items|dictsort:'title' %}{{ i.price }} {% endfor %}",
            "40 19.9 ",
        ),
        call: |frame, v, argument| dictsort(frame, v, argument, false),
    },
    Filter {
        name: "dictsortreversed",
        input: Input::Any,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "`dictsort`, the other way round.",
        example: (
            "{% for i in items|dictsortreversed:'price' %}{{ i.price }} {% endfor %}",
            "40 19.9 ",
        ),
        call: |frame, v, argument| dictsort(frame, v, argument, true),
    },
    Filter {
        name: "sort",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "The list sorted, by a key of its members when one is given. What cannot be compared stays as it is.",
        example: ("{{ tags|sort|join:', ' }}", "black, green"),
        call: sort,
    },
    Filter {
        name: "sort_natural",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "The list sorted as text, capital and small letters alike.",
        example: ("{{ 'b,A,c'|split:','|sort_natural|join:'' }}", "Abc"),
        call: sort_natural,
    },
    Filter {
        name: "uniq",
        input: Input::Any,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "The list without repetitions, by a key of its members when one is given; the first one stays.",
        example: ("{{ tags|concat:tags|uniq|join:', ' }}", "green, black"),
        call: uniq,
    },
];

/// Values that Python cannot compare.
struct Incomparable;

/// Sorts as Python does: stable, and only told what is less. None of the library's sorts may be used with an order
/// that is none, as with NaN.
fn sorted_by<K>(
    mut items: Vec<(K, Value)>,
    less: &mut dyn FnMut(&K, &K) -> Result<bool, Incomparable>,
) -> Result<Vec<(K, Value)>, Incomparable> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let mut left = sorted_by(items, less)?.into_iter().peekable();
    let mut right = sorted_by(right, less)?.into_iter().peekable();
    let mut out = Vec::with_capacity(left.len() + right.len());
    loop {
        match (left.peek(), right.peek()) {
            (Some((a, _)), Some((b, _))) => {
                if less(b, a)? {
                    out.extend(right.next());
                } else {
                    out.extend(left.next());
                }
            }
            (None, None) => return Ok(out),
            (Some(_), None) => out.extend(left.by_ref()),
            (None, Some(_)) => out.extend(right.by_ref()),
        }
    }
}

/// Python's `a < b`.
fn less(a: &Value, b: &Value) -> Result<bool, Incomparable> {
    match value::order(a, b) {
        Some(order) => Ok(order == Ordering::Less),
        None if value::number(a).is_some() && value::number(b).is_some() => Ok(false),
        None => Err(Incomparable),
    }
}

fn in_order(
    frame: &mut Frame<'_>,
    keyed: Vec<(Value, Value)>,
    reversed: bool,
) -> Result<Option<Value>, Stop> {
    let steps = keyed.len() as u64 * u64::from(keyed.len().max(1).ilog2());
    frame.spend(steps / 4)?;
    let sorted = if reversed {
        sorted_by(keyed, &mut |a, b| less(b, a))
    } else {
        sorted_by(keyed, &mut less)
    };
    Ok(sorted
        .ok()
        .map(|sorted| Value::from_object(sorted.into_iter().map(|(_, v)| v).collect::<Vec<_>>())))
}

/// Why a member has no sort key.
enum NoKey {
    /// An exception that Django takes for nothing: the whole list is lost.
    Quiet,
    /// Any other.
    Loud(Stop),
}

fn dictsort(
    frame: &mut Frame<'_>,
    v: &Value,
    argument: Option<&Value>,
    reversed: bool,
) -> Result<Value, Stop> {
    let nothing = || Ok(Value::from(""));
    let by = some(argument)?;
    let numeric = match float(by) {
        Ok(_) => true,
        Err(Refused::Value) => false,
        Err(_) => return nothing(),
    };
    if !numeric {
        let path = text(by);
        if path.is_empty() {
            return Err(Stop::raise("string index out of range"));
        }
        if path.starts_with('_') || path.contains("._") {
            return nothing();
        }
    }
    let Some(list) = members(frame, v)? else {
        return nothing();
    };
    let mut keyed = Vec::with_capacity(list.len());
    for item in list {
        let key = if numeric {
            item_at(&item, by)
        } else {
            item_under(&item, text(by))
        };
        match key {
            Ok(key) => keyed.push((key, item)),
            Err(NoKey::Quiet) => return nothing(),
            Err(NoKey::Loud(stop)) => return Err(stop),
        }
    }
    match in_order(frame, keyed, reversed)? {
        Some(sorted) => Ok(sorted),
        None => nothing(),
    }
}

/// `item[by]`, `by` a number or a text that looks like one.
fn item_at(item: &Value, by: &Value) -> Result<Value, NoKey> {
    match item.kind() {
        ValueKind::Map => {
            let found = match by.as_str() {
                Some(name) => value::key(item, name),
                None => item.get_item(by).ok().filter(|found| !found.is_undefined()),
            };
            found.ok_or_else(|| NoKey::Loud(Stop::raise(value::repr(by))))
        }
        ValueKind::Seq | ValueKind::String => {
            let whole = by.kind() == ValueKind::Bool || by.is_integer();
            let at = convert::int(by)
                .ok()
                .filter(|_| whole)
                .ok_or(NoKey::Quiet)?;
            let length = value::length(item).unwrap_or(0) as i128;
            let at = if at < 0 {
                at.saturating_add(length)
            } else {
                at
            };
            usize::try_from(at)
                .ok()
                .and_then(|at| value::index(item, at))
                .ok_or_else(|| NoKey::Loud(Stop::raise("list index out of range")))
        }
        _ => Err(NoKey::Quiet),
    }
}

/// The methods of Python's mappings.
const METHODS: [&str; 11] = [
    "clear",
    "copy",
    "fromkeys",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];

/// `item.a.b`: keys and attributes, no positions.
fn item_under(item: &Value, path: &str) -> Result<Value, NoKey> {
    let mut at = item.clone();
    for part in path.split('.') {
        at = match at.kind() {
            // A method is there, but compares with nothing.
            ValueKind::Map => value::key(&at, part)
                .or_else(|| METHODS.contains(&part).then_some(Value::UNDEFINED)),
            ValueKind::Plain => value::attribute(&at, part, None),
            _ => None,
        }
        .ok_or(NoKey::Quiet)?;
    }
    Ok(at)
}

/// Each member with what it is sorted by: itself, or the value of a key.
fn keyed(list: Vec<Value>, argument: Option<&Value>) -> Vec<(Value, Value)> {
    let key = argument.map(|a| argument_text(Some(a)));
    list.into_iter()
        .map(|item| match &key {
            None => (item.clone(), item),
            Some(key) => (under(&item, key).unwrap_or_else(|| Value::from(())), item),
        })
        .collect()
}

fn sort(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let Some(list) = list(frame, v)? else {
        return Ok(v.clone());
    };
    Ok(in_order(frame, keyed(list, argument), false)?.unwrap_or_else(|| v.clone()))
}

fn sort_natural(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let Some(list) = list(frame, v)? else {
        return Ok(v.clone());
    };
    let mut lowered = Vec::with_capacity(list.len());
    for (key, item) in keyed(list, argument) {
        let key = value::text(&key).to_lowercase();
        frame.spend(key.len() as u64 / 64)?;
        lowered.push((Value::from(key), item));
    }
    Ok(in_order(frame, lowered, false)?.unwrap_or_else(|| v.clone()))
}

fn uniq(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let Some(list) = list(frame, v)? else {
        return Ok(v.clone());
    };
    // Texts by hash; the rest one by one.
    let mut texts: HashSet<String> = HashSet::new();
    let mut others: Vec<Value> = Vec::new();
    let mut out = Vec::new();
    for (key, item) in keyed(list, argument) {
        let new = match key.as_str() {
            Some(s) => texts.insert(s.to_owned()),
            None => {
                frame.spend(others.len() as u64 / 16)?;
                let new = !others.iter().any(|seen| value::equal(seen, &key));
                if new {
                    others.push(key);
                }
                new
            }
        };
        if new {
            out.push(item);
        }
    }
    Ok(Value::from_object(out))
}
