//! What a render did: each name it read, each branch and loop it took, each template it included, and why it ended.
//!
//! A trace is kept by [`Template::render_traced`](super::Template::render_traced), also when the render ends early:
//! then it holds what was done up to there. Without one a render does nothing for it but look whether there is one.
//!
//! ```
//! use letterpress::language::{Event, Template, ReadState};
//! use letterpress::value::from_json;
//! let template = Template::from_source("{% for tea in cart.teas %}{{ tea.name|upper }} {% endfor %}").unwrap();
//! let data = from_json(r#"{"cart": {"teas": [{"name": "Oolong"}, {"name": "Sencha"}]}}"#).unwrap();
//! let (printed, trace) = template.trace_html(&data);
//! assert_eq!(printed.unwrap(), "OOLONG SENCHA ");
//!
//! let Event::Read(last) = trace.events.last().unwrap() else { panic!() };
//! assert_eq!(last.path, "tea.name");
//! assert_eq!(last.data.as_deref(), Some("cart.teas.1.name"));
//! assert_eq!(last.state, ReadState::Found);
//! assert_eq!((last.value.as_deref(), last.filters[0].value.as_str()), (Some("Sencha"), "SENCHA"));
//! assert_eq!(last.output, Some((7, 13)));
//! ```
//!
//! As JSON a trace is `{"events": […], "dropped": 0}`. Each event has a `kind` and `at`, the place in the source
//! (`file`, `line`, `column`, `end_line`, `end_column`):
//!
//! | kind | further keys |
//! |---|---|
//! | `read` | `path`, `data`, `state` (`found`, `missing`, `defaulted`), `value`, `filters` (`[{"name", "value"}]`), `output` |
//! | `branch` | `tag`, `clause` (counted from 0), `taken` (the place of the clause), `output` |
//! | `loop` | `turns`, `output` |
//! | `include` | `template`, `output` |
//! | `skip` | `reason`, `detail` |
//! | `error` | `message` |
//!
//! `output` is `[start, end]`, bytes of the finished part's text, or null where they are not known.

use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use super::span::Sources;
use super::stop::{Limits, SkipReason, Stop};
use crate::diagnostic::Location;
use crate::value::{self, Value, ValueKind};

/// The bytes from the first up to the second.
pub type Bytes = (usize, usize);

/// What a render did, in the order in which it began.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Trace {
    /// What was done.
    pub events: Vec<Event>,
    /// How many events came after [`Trace::MOST`] and were not kept.
    pub dropped: usize,
}

/// One thing that a render did.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Event {
    /// A name was read.
    Read(ValueRead),
    /// A branch was taken, or none of several.
    Branch(Branch),
    /// A loop was entered.
    Loop(Loop),
    /// Another template was included, or is extended.
    Include(Include),
    /// The render ended because this person cannot get the message: the last event.
    Skip {
        /// Which tag.
        at: Location,
        /// The word for programs.
        reason: SkipReason,
        /// What is missing, in a sentence.
        detail: String,
    },
    /// The render ended with an error: the last event.
    Error {
        /// Where.
        at: Location,
        /// The sentence.
        message: String,
    },
}

/// A name that was read.
#[derive(Debug, Clone, Serialize)]
pub struct ValueRead {
    /// The expression; of the argument of a filter, the name.
    pub at: Location,
    /// The name as it is written: `item.price`.
    pub path: String,
    /// The name in the data: `event.extra.line_items.2.price`. None where a tag made the value, or it is not known.
    pub data: Option<String>,
    /// Whether it was there.
    pub state: ReadState,
    /// What it stood for, shortened; None when it is missing.
    pub value: Option<String>,
    /// What each filter made of it.
    pub filters: Vec<Filtered>,
    /// What was printed by the tag that read it, empty if nothing was. None in tags that have a block of their own, and
    /// where what was printed went through a filter.
    pub output: Option<Bytes>,
}

/// Whether a name was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadState {
    /// It was, with whatever value.
    Found,
    /// It was not.
    Missing,
    /// `default` or `default_if_none` put something else in its place; [`ValueRead::value`] tells whether it was there.
    Defaulted,
}

/// What a filter made.
#[derive(Debug, Clone, Serialize)]
pub struct Filtered {
    /// The filter.
    pub name: String,
    /// Its result, shortened.
    pub value: String,
}

/// A branch that was taken.
#[derive(Debug, Clone, Serialize)]
pub struct Branch {
    /// The tag that has the branches.
    pub at: Location,
    /// `if` or `ifchanged`.
    pub tag: &'static str,
    /// Which of its clauses, counted from 0; None when none was taken.
    pub clause: Option<usize>,
    /// The tag of the clause.
    pub taken: Option<Location>,
    /// What the branch printed; None when it did not come to its end.
    pub output: Option<Bytes>,
}

/// A loop that was entered.
#[derive(Debug, Clone, Serialize)]
pub struct Loop {
    /// The tag.
    pub at: Location,
    /// How many turns were begun; 0 when `{% empty %}` was taken.
    pub turns: usize,
    /// What all of it printed; None when it did not come to its end.
    pub output: Option<Bytes>,
}

/// Another template that was run.
#[derive(Debug, Clone, Serialize)]
pub struct Include {
    /// The tag.
    pub at: Location,
    /// Its name.
    pub template: String,
    /// What it printed; None when it did not come to its end.
    pub output: Option<Bytes>,
}

impl Trace {
    /// So many events are kept.
    pub const MOST: usize = 100_000;

    /// All names that were read.
    pub fn reads(&self) -> impl Iterator<Item = &ValueRead> {
        self.events.iter().filter_map(|event| match event {
            Event::Read(read) => Some(read),
            _ => None,
        })
    }

    /// Adds why the render ended, if it ended early.
    pub(super) fn end(&mut self, result: &Result<(), Stop>, limits: &Limits, sources: &Sources) {
        let event = match result {
            Ok(()) => return,
            Err(Stop::Skip(skip)) => Event::Skip {
                at: sources.locate(skip.at),
                reason: skip.reason,
                detail: skip.detail.clone(),
            },
            Err(Stop::Raised(raised)) => Event::Error {
                at: sources.locate(raised.at),
                message: raised.message.to_string(),
            },
            Err(Stop::Limit(limit, at)) => Event::Error {
                at: sources.locate(*at),
                message: limit.diagnostic(limits, *at, sources).title,
            },
        };
        self.events.push(event);
    }

    /// Moves all places in the output from the text that was `printed` to the `finished` one, which differs from it by
    /// white space and by characters that were taken out.
    pub(crate) fn settle(&mut self, printed: &str, finished: &str) {
        if printed == finished {
            return;
        }
        let moved = Moved::new(printed, finished);
        for event in &mut self.events {
            if let Some(output) = event.output_mut() {
                *output = match (*output, &moved) {
                    (Some((start, end)), Some(moved)) => moved.range(start..end),
                    _ => None,
                };
            }
        }
    }

    /// Forgets all places in the output: what was printed became something else.
    pub(crate) fn forget_output(&mut self) {
        for event in &mut self.events {
            if let Some(output) = event.output_mut() {
                *output = None;
            }
        }
    }
}

impl Event {
    pub(super) fn output_mut(&mut self) -> Option<&mut Option<Bytes>> {
        match self {
            Event::Read(read) => Some(&mut read.output),
            Event::Branch(branch) => Some(&mut branch.output),
            Event::Loop(turns) => Some(&mut turns.output),
            Event::Include(include) => Some(&mut include.output),
            Event::Skip { .. } | Event::Error { .. } => None,
        }
    }
}

/// Where the bytes of a text went when white space and other characters were taken out of it.
pub(super) struct Moved(Vec<usize>);

impl Moved {
    /// None when `after` is not what is left of `before`.
    pub(super) fn new(before: &str, after: &str) -> Option<Moved> {
        let mut places = Vec::with_capacity(before.len() + 1);
        let mut left = after.chars().peekable();
        let mut at = 0;
        for c in before.chars() {
            places.extend(std::iter::repeat_n(at, c.len_utf8()));
            let stays = |&kept: &char| kept == c || (kept.is_whitespace() && c.is_whitespace());
            if let Some(kept) = left.next_if(stays) {
                at += kept.len_utf8();
            }
        }
        places.push(at);
        // A line end may have been added.
        left.all(char::is_whitespace).then_some(Moved(places))
    }

    pub(super) fn range(&self, range: Range<usize>) -> Option<Bytes> {
        Some((*self.0.get(range.start)?, *self.0.get(range.end)?))
    }
}

/// A value as a trace shows it: its text, shortened, and never more work than that takes.
pub(super) fn shown(v: &Value) -> String {
    let mut out = String::new();
    write_shown(v, false, &mut out);
    out
}

/// How many characters of a value are shown.
const SHOWN: usize = 200;
/// How many members of a list or a mapping.
const MEMBERS: usize = 50;

fn write_shown(v: &Value, inside: bool, out: &mut String) {
    let is_full = |out: &str| out.len() >= SHOWN;
    if let Some(text) = v.as_str() {
        let end = text
            .char_indices()
            .nth(SHOWN)
            .map_or(text.len(), |(at, _)| at);
        if inside {
            out.push_str(&value::repr(&Value::from(&text[..end])));
        } else {
            out.push_str(&text[..end]);
        }
        if end < text.len() {
            out.push('…');
        }
        return;
    }
    match v.kind() {
        ValueKind::Map | ValueKind::Seq => {}
        _ => return value::write_text(v, out),
    }
    let is_map = v.kind() == ValueKind::Map;
    let (open, close) = if is_map { ("{", "}") } else { ("[", "]") };
    out.push_str(open);
    match value::length(v) {
        Some(length) if length > MEMBERS => out.push_str(&format!("… {length} members")),
        _ => {
            let members: Vec<(Option<Value>, Value)> = if is_map {
                let pairs = value::pairs(v).into_iter();
                pairs.map(|(name, member)| (Some(name), member)).collect()
            } else {
                let items = value::items(v).unwrap_or_default().into_iter();
                items.map(|member| (None, member)).collect()
            };
            for (number, (name, member)) in members.iter().enumerate() {
                if number > 0 {
                    out.push_str(", ");
                }
                if is_full(out) {
                    out.push('…');
                    break;
                }
                if let Some(name) = name {
                    write_shown(name, true, out);
                    out.push_str(": ");
                }
                write_shown(member, true, out);
            }
        }
    }
    out.push_str(close);
}

/// The name in the data that a name in scope is another word for.
pub(super) type Origin = Option<Arc<str>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_move_with_their_text() {
        let before = "Hi  Ada ,\r\n\n\n\ncart ():\n  2 x";
        let after = "Hi Ada,\n\ncart:\n  2 x\n";
        let moved = Moved::new(before, after).unwrap();
        for word in ["Hi", "Ada", ",", "cart", ":", "2 x"] {
            let start = before.find(word).unwrap();
            let (start, end) = moved.range(start..start + word.len()).unwrap();
            assert_eq!(&after[start..end], word);
        }
        assert!(Moved::new("abc", "xyz").is_none());
    }

    #[test]
    fn long_values_are_shortened() {
        assert_eq!(shown(&Value::from("é".repeat(300))), "é".repeat(200) + "…");
        let list = value::from_json(r#"[1, {"a": "x", "b": null}]"#).unwrap();
        assert_eq!(shown(&list), "[1, {'a': 'x', 'b': None}]");
        let many: Vec<Value> = (0..1000).map(Value::from).collect();
        assert_eq!(shown(&Value::from_object(many)), "[… 1000 members]");
    }
}
