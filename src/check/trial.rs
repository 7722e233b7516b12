//! Filters tried on values that the data has.

use crate::language::{FilterUse, Sources, Template};
use crate::value::{Pairs, Value};

/// What became of a value.
pub(super) enum Tried {
    /// A text.
    Printed(String),
    /// Nothing, though the value is something.
    Nothing,
    /// An exception, in Python's words.
    Raised(String),
}

/// The first filter that cannot work on a value, and what came of it.
pub(super) struct Failure<'f> {
    pub filter: &'f FilterUse,
    pub tried: Tried,
}

/// Filters that print nothing for what they cannot read, and something for all else.
const NEEDS_ITS_TYPE: [&str; 7] = [
    "date",
    "time",
    "timesince",
    "timeuntil",
    "floatformat",
    "format_date_string",
    "days_later",
];

/// The source of the filters, as far as it can be taken out of its file and needs no other names.
fn sources_of<'f>(filters: &'f [FilterUse], sources: &Sources) -> Vec<(&'f FilterUse, String)> {
    let source = |filter: &FilterUse| {
        let text = sources.locate(filter.span).text().to_owned();
        (!filter.reads && text.starts_with(&*filter.name)).then_some(text)
    };
    filters
        .iter()
        .map_while(|filter| Some((filter, source(filter)?)))
        .collect()
}

/// `{{ x|… }}` with each filter in turn as the last one.
pub(super) struct Chain<'f> {
    links: Vec<(&'f FilterUse, Template)>,
}

impl<'f> Chain<'f> {
    /// The chain of the filters, as far as it can be tried.
    pub fn new(filters: &'f [FilterUse], sources: &Sources) -> Chain<'f> {
        let mut source = String::from("{{ x");
        let mut links = Vec::new();
        for (filter, text) in sources_of(filters, sources) {
            source.push('|');
            source.push_str(&text);
            match Template::from_source(&format!("{source} }}}}")) {
                Ok(template) => links.push((filter, template)),
                // A filter of the host.
                Err(_) => break,
            }
        }
        Chain { links }
    }

    /// What the whole chain prints; None for an empty one.
    pub fn print(&self, v: &Value) -> Option<Tried> {
        let (_, template) = self.links.last()?;
        Some(run(template, v))
    }

    /// The first filter that cannot work on the value.
    pub fn failure(&self, v: &Value) -> Option<Failure<'f>> {
        self.links.iter().find_map(|(filter, template)| {
            let tried = run(template, v);
            let fails = match &tried {
                Tried::Raised(_) => true,
                Tried::Nothing => NEEDS_ITS_TYPE.contains(&&*filter.name),
                Tried::Printed(_) => false,
            };
            fails.then_some(Failure { filter, tried })
        })
    }
}

fn run(template: &Template, v: &Value) -> Tried {
    let context: Value = [("x", v.clone())].into_iter().collect::<Pairs>().into();
    match template.render_plain(&context) {
        Ok(text) if text.trim().is_empty() => Tried::Nothing,
        Ok(text) => Tried::Printed(text),
        Err(error) => Tried::Raised(error.title.clone()),
    }
}
