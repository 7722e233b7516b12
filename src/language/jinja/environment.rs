//! What a template in Jinja can name: Jinja's own filters, tests and functions, our filters under Jinja's calling form,
//! Klaviyo's tags as functions. And how a value is printed.

use std::sync::Arc;

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior};

use super::error::carrying;
use super::run::{Run, escapes, with_frame};
use super::{functions, methods};
use crate::language::escape::escape;
use crate::language::output;
use crate::language::registry::{Filter, Registry};
use crate::language::relative::absolute_name;
use crate::language::stop::{Limits, Stop};
use crate::value::{self, Value, ValueKind};

/// Filters that both languages have under one name: in Jinja they are Jinja's.
pub const JINJA_FILTERS: [&str; 22] = [
    "abs",
    "capitalize",
    "count",
    "default",
    "dictsort",
    "escape",
    "first",
    "join",
    "last",
    "length",
    "lower",
    "map",
    "pprint",
    "replace",
    "reverse",
    "round",
    "safe",
    "slice",
    "sort",
    "split",
    "title",
    "upper",
];

/// The environment of all templates of a library, without templates.
pub(in crate::language) fn base(registry: &Arc<Registry>, limits: &Limits) -> Environment<'static> {
    let mut environment = Environment::new();
    // A name that is not there prints nothing, however far a path goes on behind it.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_debug(false);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
    environment.set_formatter(print);
    environment
        .set_recursion_limit(usize::from(limits.include_depth) * 10 + usize::from(limits.nesting));
    environment.set_path_join_callback(|name, from| match absolute_name(from, name) {
        Some(found) => found.into(),
        None => name.into(),
    });
    environment.set_unknown_method_callback(methods::call);
    for filter in registry.filters() {
        if !JINJA_FILTERS.contains(&filter.name) {
            environment.add_filter(
                filter.name,
                move |state: &mut State<'_, '_>, v: Value, arguments: Rest<Value>| {
                    call(filter, state, &v, &arguments)
                },
            );
        }
    }
    environment.add_filter("escape", escaped);
    environment.add_filter("e", escaped);
    for name in registry.host_filters() {
        let (registry, called) = (registry.clone(), name.clone());
        environment.add_filter(
            name.to_string(),
            move |v: Value, arguments: Rest<ValueOrKwargs>| {
                let arguments = arguments.0.into_iter().map(ValueOrKwargs::into_value);
                let arguments: Vec<Value> = std::iter::once(v).chain(arguments).collect();
                registry.call_host_with(&called, &arguments)
            },
        );
    }
    functions::add(&mut environment);
    environment
}

/// Calls one of our filters.
fn call(
    filter: &'static Filter,
    state: &mut State<'_, '_>,
    v: &Value,
    arguments: &[Value],
) -> Result<Value, Error> {
    let wrong = |kind, sentence: &str| Error::new(kind, format!("{} {sentence}", filter.name));
    let argument = match arguments {
        [] => None,
        [argument] => Some(argument),
        _ => {
            let kind = ErrorKind::TooManyArguments;
            return Err(wrong(kind, "takes one argument at most"));
        }
    };
    match filter.argument.check(argument.is_some()) {
        Ok(()) => {}
        Err((1, _)) => return Err(wrong(ErrorKind::TooManyArguments, "takes no argument")),
        Err(_) => return Err(wrong(ErrorKind::MissingArgument, "needs an argument")),
    }
    let run = Run::of(state)?;
    let nothing = Value::from("");
    let given = |v| if Value::is_undefined(v) { &nothing } else { v };
    let (v, argument) = (given(v), argument.map(given));
    for v in [Some(v), argument].into_iter().flatten() {
        run.check_weight(v).map_err(carrying)?;
    }
    let (made, _) = with_frame(state, |frame| {
        frame.spend(1)?;
        filter.apply(frame, v, argument)
    })?;
    Ok(made)
}

/// `escape`, with the characters that Klaviyo's writes.
fn escaped(state: &mut State<'_, '_>, v: Value) -> Result<Value, Error> {
    if v.is_safe() {
        return Ok(v);
    }
    Run::of(state)?.check_weight(&v).map_err(carrying)?;
    Ok(Value::from_safe_string(escape(&value::text(&v))))
}

/// Prints a value as Klaviyo's language prints it.
fn print(out: &mut Output<'_>, state: &mut State<'_, '_>, v: &Value) -> Result<(), Error> {
    let run = Run::of(state)?;
    match v.kind() {
        ValueKind::Undefined => return Ok(()),
        // The error of an iterator, which minijinja's own formatter raises.
        ValueKind::Invalid => return minijinja::escape_formatter(out, state, v),
        _ => run.check_weight(v).map_err(carrying)?,
    }
    let mut text = output::Output {
        buffer: String::new(),
        elsewhere: 0,
        limit: run.limits.output,
        escape: run.channel == output::Channel::Html && escapes(state),
        channel: run.channel,
        html_to_text: run.html_to_text,
    };
    text.print(v).map_err(carrying)?;
    out.write_str(&text.buffer)
        .map_err(|_| Error::from(ErrorKind::WriteFailure))
}

/// Whether there is a filter of this name.
pub(super) fn has_filter(environment: &Environment<'_>, name: &str) -> bool {
    let known = environment.empty_state().apply_filter(name, &[]);
    known.err().map(|error| error.kind()) != Some(ErrorKind::UnknownFilter)
}

/// Whether there is a test of this name.
pub(super) fn has_test(environment: &Environment<'_>, name: &str) -> bool {
    let known = environment.empty_state().perform_test(name, &[]);
    known.err().map(|error| error.kind()) != Some(ErrorKind::UnknownTest)
}

/// The stop of an error that is none of minijinja's.
pub(super) fn raised(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    carrying(Stop::raise(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_shared_names_is_whole() {
        let jinja = Environment::new();
        let registry = Registry::standard();
        let shared: Vec<&str> = registry
            .filters()
            .map(|filter| filter.name)
            .filter(|name| has_filter(&jinja, name))
            .collect();
        assert_eq!(shared, JINJA_FILTERS);
        let page = include_str!("../../../docs/jinja.md").replace('\n', " ");
        let named: Vec<String> = shared.iter().map(|name| format!("`{name}`")).collect();
        assert!(page.contains(&(named.join(", ") + ".")), "docs/jinja.md");
    }
}
