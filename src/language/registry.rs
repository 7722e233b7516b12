//! The one list of tags and filters: a name, its arguments, its documentation, an example and its function in one entry.
//!
//! Adding a tag or a filter is one entry in the table of a file under `tags/` or `filters/`. Compilation, messages and
//! documentation all read the entry.

use std::collections::HashMap;
use std::sync::Arc;

use minijinja::Environment;

use super::compile::{CompileError, Compiler};
use super::frame::{Action, Frame};
use super::parser::TagNode;
use super::stop::Stop;
use super::{filters, tags};
use crate::diagnostic::nearest;
use crate::value::Value;

/// A tag.
#[derive(Debug)]
pub struct Tag {
    /// The word behind `{%`.
    pub name: &'static str,
    /// Whether it stands alone or opens a block.
    pub shape: Shape,
    /// What it does, in a sentence or two.
    pub doc: &'static str,
    /// A template and what it prints, with the context of [`EXAMPLE_CONTEXT`].
    pub example: (&'static str, &'static str),
    /// Makes an action of it.
    pub compile: TagFn,
}

/// The function of a tag: the tag with its block, and what it is compiled with.
pub type TagFn =
    for<'t, 'c> fn(&TagNode<'t>, &mut Compiler<'c>) -> Result<Box<dyn Action>, CompileError>;

/// How far a tag reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// It stands alone.
    Single,
    /// It opens a block that `end` closes.
    Block {
        /// Tags that divide the block, such as `elif` and `else`.
        clauses: &'static [Clause],
        /// The tag that closes it.
        end: &'static str,
    },
    /// It takes everything up to the end of the template, and only text may stand before it.
    Rest,
    /// It opens a block whose content is not read.
    Skipped {
        /// The tag that closes it.
        end: &'static str,
    },
}

/// A tag that divides a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clause {
    /// The word behind `{%`.
    pub name: &'static str,
    /// Whether only the end may follow.
    pub last: bool,
}

/// A filter.
#[derive(Debug)]
pub struct Filter {
    /// The word behind `|`.
    pub name: &'static str,
    /// What it is given.
    pub input: Input,
    /// What stands behind the colon.
    pub argument: Argument,
    /// Whether a safe text stays safe (Django's `is_safe`).
    pub keeps_safe: bool,
    /// What it does, in a sentence or two.
    pub doc: &'static str,
    /// A template and what it prints, with the context of [`EXAMPLE_CONTEXT`].
    pub example: (&'static str, &'static str),
    /// Does it.
    pub call: FilterFn,
}

/// The function of a filter: the frame, the value, the argument if one was given.
pub type FilterFn =
    for<'f, 'p> fn(&'f mut Frame<'p>, &Value, Option<&Value>) -> Result<Value, Stop>;

/// What a filter is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The value as it is.
    Any,
    /// The value as text (Django's `stringfilter`).
    Text,
}

/// What stands behind the colon of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    None,
    /// Something or nothing.
    Optional,
    /// Something.
    Required,
}

impl Argument {
    /// Counts as Django does, the value included: `Err((wanted, given))`.
    pub(super) fn check(self, given: bool) -> Result<(), (usize, usize)> {
        match (self, given) {
            (Argument::None, true) => Err((1, 2)),
            (Argument::Required, false) => Err((2, 1)),
            _ => Ok(()),
        }
    }
}

/// What a use of a filter calls.
#[derive(Debug, Clone)]
pub enum FilterCall {
    /// A filter of the language.
    Ours(&'static Filter),
    /// A filter of the host, by name.
    Host(Arc<str>),
}

impl FilterCall {
    /// The word behind `|`.
    pub fn name(&self) -> &str {
        match self {
            FilterCall::Ours(filter) => filter.name,
            FilterCall::Host(name) => name,
        }
    }
}

/// The context in which the examples of all entries hold, as JSON.
pub const EXAMPLE_CONTEXT: &str = r#"{
    "first_name": "Ada", "email": "ada@example.com", "quantity": 1.0, "price": "19.90", "sold_out": false,
    "tags": ["green", "black"], "person": {"id": "C-7", "first_name": "Ada", "Favorite Tea": "Oolong"},
    "object": {"Name": "Biscuit"},
    "items": [{"title": "Oolong", "price": 19.9}, {"title": "Kettle & cup", "price": 40}],
    "feeds": {"TRENDING": [{"title": "Sencha"}]},
    "note": "<b>Fresh</b> & green", "placed": "2026-11-20T18:04:10-05:00"
}"#;

/// The further templates that examples include or extend.
pub const EXAMPLE_FILES: &[(&str, &str)] = &[
    ("example_greeting.html", "Hello {{ name }}"),
    (
        "example_layout.html",
        "<p>{% block body %}Hello friend{% endblock %}</p>",
    ),
];

/// All tags and filters, those of the host included.
pub struct Registry {
    tags: HashMap<&'static str, &'static Tag>,
    filters: HashMap<&'static str, &'static Filter>,
    host: Environment<'static>,
    host_filters: Vec<Arc<str>>,
}

impl Registry {
    /// The language as it is documented.
    pub fn standard() -> Registry {
        Registry {
            tags: tags::all().map(|tag| (tag.name, tag)).collect(),
            filters: filters::all().map(|filter| (filter.name, filter)).collect(),
            host: Environment::empty(),
            host_filters: Vec::new(),
        }
    }

    /// Adds a filter of the host's own, as minijinja takes it; one of the language's of the same name wins.
    ///
    /// ```
    /// use letterpress::language::{Registry, Template};
    /// let mut registry = Registry::standard();
    /// registry.add_filter("shout", |text: String| text.to_uppercase() + "!");
    /// let template = Template::from_source_with("{{ name|shout }}", registry).unwrap();
    /// let data = letterpress::value::from_json(r#"{"name": "ada"}"#).unwrap();
    /// assert_eq!(template.render_plain(&data).unwrap(), "ADA!");
    /// ```
    pub fn add_filter<F, Rv, Args>(&mut self, name: &str, filter: F)
    where
        F: minijinja::functions::Function<Rv, Args>,
        Rv: minijinja::value::FunctionResult,
        Args: for<'a> minijinja::value::FunctionArgs<'a>,
    {
        self.host.add_filter(name.to_owned(), filter);
        self.host_filters.push(name.into());
    }

    /// The tags, by name.
    pub fn tags(&self) -> impl Iterator<Item = &'static Tag> {
        sorted(self.tags.values().copied(), |tag| tag.name)
    }

    /// The language's own filters, by name.
    pub fn filters(&self) -> impl Iterator<Item = &'static Filter> {
        sorted(self.filters.values().copied(), |filter| filter.name)
    }

    pub(super) fn tag(&self, name: &str) -> Option<&'static Tag> {
        self.tags.get(name).copied()
    }

    pub(super) fn find_filter(&self, name: &str) -> Option<(FilterCall, Argument)> {
        if let Some(filter) = self.filters.get(name) {
            return Some((FilterCall::Ours(filter), filter.argument));
        }
        self.host_filters
            .iter()
            .find(|known| &***known == name)
            .map(|known| (FilterCall::Host(known.clone()), Argument::Optional))
    }

    pub(super) fn nearest_filter(&self, wrong: &str) -> Option<&str> {
        nearest(
            wrong,
            self.filters()
                .map(|f| f.name)
                .chain(self.host_filters.iter().map(|n| &**n)),
        )
    }

    pub(super) fn nearest_tag(&self, wrong: &str) -> Option<&'static str> {
        nearest(wrong, self.tags().map(|t| t.name))
    }

    /// The names of the host's filters.
    pub(super) fn host_filters(&self) -> &[Arc<str>] {
        &self.host_filters
    }

    /// Calls a filter of the host with as many arguments as it takes.
    pub(super) fn call_host_with(
        &self,
        name: &str,
        arguments: &[Value],
    ) -> Result<Value, minijinja::Error> {
        self.host.empty_state().apply_filter(name, arguments)
    }

    pub(super) fn call_host(
        &self,
        name: &str,
        v: &Value,
        argument: Option<&Value>,
    ) -> Result<Value, Stop> {
        let mut arguments = vec![v.clone()];
        arguments.extend(argument.cloned());
        self.call_host_with(name, &arguments)
            .map_err(|error| Stop::raise(error.to_string()))
    }
}

fn sorted<T: Copy, F: Fn(T) -> &'static str>(
    entries: impl Iterator<Item = T>,
    name: F,
) -> impl Iterator<Item = T> {
    let mut entries: Vec<T> = entries.collect();
    entries.sort_by_key(|entry| name(*entry));
    entries.into_iter()
}
