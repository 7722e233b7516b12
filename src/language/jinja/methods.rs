//! The methods of Python's texts and mappings that templates in Jinja call: `name.upper()`, `cart.items()`.

use minijinja::value::from_args;
use minijinja::{Error, ErrorKind, State};

use super::environment::raised;
use super::error::carrying;
use super::run::Run;
use crate::value::{self, Value, ValueKind};

/// Calls a method that minijinja does not know.
pub(super) fn call(
    state: &mut State<'_, '_>,
    v: &Value,
    method: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    if let Some(text) = v.as_str() {
        return of_text(state, text, method, arguments);
    }
    if v.kind() == ValueKind::Map {
        return of_mapping(v, method, arguments);
    }
    // A method of nothing is nothing, as a name in nothing is.
    match v.is_undefined() {
        true => Ok(Value::UNDEFINED),
        false => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

fn of_mapping(v: &Value, method: &str, arguments: &[Value]) -> Result<Value, Error> {
    match method {
        "items" | "keys" | "values" => {
            let () = from_args(arguments)?;
            // The key of this name, if there is one, is no method.
            let members = value::pairs(v)
                .into_iter()
                .map(|(key, member)| match method {
                    "items" => Value::from_object(vec![key, member]),
                    "keys" => key,
                    _ => member,
                });
            Ok(Value::from_object(members.collect::<Vec<_>>()))
        }
        "get" => {
            let (key, other): (&Value, Option<&Value>) = from_args(arguments)?;
            let found = v.get_item(key).ok().filter(|found| !found.is_undefined());
            Ok(found.unwrap_or_else(|| other.cloned().unwrap_or_else(|| Value::from(()))))
        }
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

fn of_text(
    state: &mut State<'_, '_>,
    text: &str,
    method: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    let filter = match method {
        "upper" | "lower" | "title" | "capitalize" => Some(method),
        _ => None,
    };
    if let Some(filter) = filter {
        let () = from_args(arguments)?;
        return state.apply_filter(filter, &[Value::from(text)]);
    }
    let strip = |signs: Option<&str>, start: bool, end: bool| {
        let taken = |c: char| signs.map_or(value::is_space(c), |signs| signs.contains(c));
        let text = if start {
            text.trim_start_matches(taken)
        } else {
            text
        };
        Value::from(if end {
            text.trim_end_matches(taken)
        } else {
            text
        })
    };
    Ok(match method {
        "strip" => strip(from_args::<(Option<&str>,)>(arguments)?.0, true, true),
        "lstrip" => strip(from_args::<(Option<&str>,)>(arguments)?.0, true, false),
        "rstrip" => strip(from_args::<(Option<&str>,)>(arguments)?.0, false, true),
        "startswith" => Value::from(text.starts_with(from_args::<(&str,)>(arguments)?.0)),
        "endswith" => Value::from(text.ends_with(from_args::<(&str,)>(arguments)?.0)),
        "isdigit" => {
            let () = from_args(arguments)?;
            Value::from(!text.is_empty() && text.chars().all(char::is_numeric))
        }
        "find" => {
            let (part,): (&str,) = from_args(arguments)?;
            let at = text.find(part).map(|at| text[..at].chars().count() as i64);
            Value::from(at.unwrap_or(-1))
        }
        "split" => {
            let (by,): (Option<&str>,) = from_args(arguments)?;
            let parts: Vec<Value> = match by {
                Some("") => return Err(raised("empty separator")),
                Some(by) => text.split(by).map(Value::from).collect(),
                None => text.split_whitespace().map(Value::from).collect(),
            };
            Value::from_object(parts)
        }
        "replace" => {
            let (old, new): (&str, &str) = from_args(arguments)?;
            let places = text.matches(old).count();
            let length = text.len().saturating_add(places.saturating_mul(new.len()));
            allocate(state, length)?;
            Value::from(text.replace(old, new))
        }
        "join" => {
            let (members,): (&Value,) = from_args(arguments)?;
            let run = Run::of(state)?;
            run.check_weight(members).map_err(carrying)?;
            let members = value::items(members).unwrap_or_default();
            allocate(state, members.len().saturating_mul(text.len()))?;
            let members: Vec<String> = members.iter().map(value::python_str).collect();
            Value::from(members.join(text))
        }
        _ => return Err(Error::from(ErrorKind::UnknownMethod)),
    })
}

/// Asks for room before a text is made.
fn allocate(state: &mut State<'_, '_>, bytes: usize) -> Result<(), Error> {
    super::run::with_frame(state, |frame| frame.allocate(bytes)).map(|_| ())
}
