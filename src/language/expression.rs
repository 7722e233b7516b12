//! Filter expressions: `event.extra.line_items|slice:':3'`, parsed by Django's grammar and evaluated.

mod parser;

use std::borrow::Cow;

use super::frame::Frame;
use super::registry::{Filter, FilterCall, Input};
use super::scopes::{Binding, CurrentBlock};
use super::span::Span;
use super::stop::Stop;
use super::tags::lists::Group;
use super::trace::Origin;
use crate::value::{self, Value, ValueKind};

pub(super) use parser::{parse, python_float, python_int};

/// A value with filters: the inside of `{{ … }}`, an argument of a tag, an operand of `{% if %}`.
#[derive(Debug)]
pub struct Expr {
    span: Span,
    pub(super) base: Operand,
    pub(super) filters: Vec<Applied>,
}

#[derive(Debug)]
pub(super) enum Operand {
    Literal(Value),
    Path(Path),
}

/// A filter with its argument.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) call: FilterCall,
    pub(super) argument: Option<Operand>,
    pub(super) span: Span,
}

/// A dotted name: `event.extra.line_items.0`.
#[derive(Debug)]
pub struct Path {
    parts: Box<[Part]>,
    pub(super) span: Span,
}

#[derive(Debug)]
struct Part {
    key: Box<str>,
    index: Option<usize>,
}

/// What a name that does not exist stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The empty text: in `{{ … }}` and in arguments of most tags.
    Empty,
    /// None: in `{% if %}`, `{% for %}` and other places where Django ignores failures.
    None,
}

impl Expr {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The text, when the expression is one quoted text without filters.
    pub fn as_literal_text(&self) -> Option<&str> {
        match &self.base {
            Operand::Literal(v) if self.filters.is_empty() => v.as_str(),
            _ => None,
        }
    }

    /// Whether both are the same bare name, without filters.
    pub(super) fn is_same_name(&self, other: &Expr) -> bool {
        match (&self.base, &other.base) {
            (Operand::Path(a), Operand::Path(b)) => {
                self.filters.is_empty() && other.filters.is_empty() && a.keys().eq(b.keys())
            }
            _ => false,
        }
    }

    /// The filters, by name, in the order they are applied.
    pub(super) fn filter_names(&self) -> impl Iterator<Item = &str> {
        self.filters.iter().map(|applied| applied.call.name())
    }

    /// The value.
    ///
    /// # Errors
    /// A filter raised, or needed more than the limits allow.
    pub fn evaluate<'p>(
        &'p self,
        frame: &mut Frame<'p>,
        missing: Missing,
    ) -> Result<Cow<'p, Value>, Stop> {
        let mut read = None;
        let mut v = match &self.base {
            Operand::Literal(v) => Cow::Borrowed(v),
            Operand::Path(path) => {
                let found = path.resolve(frame).map_err(|stop| stop.at(path.span))?;
                if frame.is_traced() {
                    read = path.note(self.span, found.as_ref(), frame);
                }
                Cow::Owned(found.unwrap_or_else(|| match missing {
                    Missing::Empty => Value::from(""),
                    Missing::None => Value::from(()),
                }))
            }
        };
        for filter in &self.filters {
            let result = filter
                .apply(&v, frame)
                .map_err(|stop| stop.at(filter.span))?;
            if frame.is_traced() {
                frame.note_filter(read, filter.call.name(), &v, &result);
            }
            v = Cow::Owned(result);
        }
        Ok(v)
    }

    /// The value as text, for arguments that are names.
    ///
    /// # Errors
    /// As [`Expr::evaluate`].
    pub fn evaluate_text<'p>(&'p self, frame: &mut Frame<'p>) -> Result<String, Stop> {
        Ok(value::text(&*self.evaluate(frame, Missing::Empty)?))
    }

    /// Prints the value: `{{ … }}`.
    ///
    /// # Errors
    /// As [`Expr::evaluate`].
    pub(super) fn print<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        if frame.is_traced() {
            self.print_traced(frame)
        } else if self.filters.is_empty() {
            match &self.base {
                Operand::Literal(v) => frame.print(v),
                Operand::Path(path) => path.print(frame),
            }
        } else {
            let v = self.evaluate(frame, Missing::Empty)?;
            frame.print(&v)
        }
        .map_err(|stop| stop.at(self.span))
    }

    fn print_traced<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        frame.forget_captured();
        frame.placed(None, |frame| {
            let v = self.evaluate(frame, Missing::Empty)?;
            match v.as_str() {
                // `{{ block.super }}` prints what was captured.
                Some(text) if v.is_safe() && self.filters.is_empty() => {
                    frame.print_captured(text, |frame| frame.print(&v))
                }
                _ => frame.print(&v),
            }
        })
    }

    /// The name in the data that this expression is another word for, if a trace is kept and it is known.
    pub(super) fn origin(&self, frame: &Frame<'_>) -> Origin {
        match &self.base {
            Operand::Path(path) if frame.is_traced() && self.filters.is_empty() => {
                path.data(frame).map(Into::into)
            }
            _ => None,
        }
    }

    /// What the members of the list that this expression gives have for names in the data, likewise. Filters that take
    /// members out or put them in another order do no harm: a mapping is known again.
    pub(super) fn origins_of<'p>(
        &'p self,
        members: &[Value],
        frame: &mut Frame<'p>,
    ) -> Result<Vec<Origin>, Stop> {
        const MOST_COMPARED: usize = 1_000_000;
        let nothing = Ok(Vec::new());
        let Operand::Path(path) = &self.base else {
            return nothing;
        };
        let (true, Some(name)) = (frame.is_traced(), path.data(frame)) else {
            return nothing;
        };
        let Some(list) = path.resolve(frame)?.filter(|v| v.kind() == ValueKind::Seq) else {
            return nothing;
        };
        let numbered = |at: usize| Some(format!("{name}.{at}").into());
        if self.filters.is_empty() {
            return Ok((0..members.len()).map(numbered).collect());
        }
        let all = value::items(&list).unwrap_or_default();
        if all.len().saturating_mul(members.len()) > MOST_COMPARED {
            return nothing;
        }
        let same = |a: &Value, b: &Value| match (
            a.downcast_object_ref::<value::Pairs>(),
            b.downcast_object_ref::<value::Pairs>(),
        ) {
            (Some(a), Some(b)) => std::ptr::eq(a, b),
            _ => false,
        };
        let place = |member| all.iter().position(|known| same(known, member));
        let found = members.iter().map(|member| numbered(place(member)?));
        Ok(found.collect())
    }
}

impl Applied {
    fn apply<'p>(&'p self, v: &Value, frame: &mut Frame<'p>) -> Result<Value, Stop> {
        frame.spend(1)?;
        let resolved;
        let argument = match &self.argument {
            None => None,
            Some(Operand::Literal(v)) => Some(v),
            Some(Operand::Path(path)) => {
                let found = path.resolve(frame)?;
                if frame.is_traced() {
                    path.note(path.span, found.as_ref(), frame);
                }
                resolved = found.ok_or_else(|| Stop::missing_name(path.first(), path.span))?;
                Some(&resolved)
            }
        };
        let result = match &self.call {
            FilterCall::Ours(filter) => filter.apply(frame, v, argument)?,
            FilterCall::Host(name) => frame.call_host_filter(name, v, argument)?,
        };
        // What is read and what is made costs by its length.
        let length = |v: &Value| v.as_str().map_or(0, str::len) as u64;
        frame.spend((length(v) + length(&result)) / 64)?;
        Ok(result)
    }
}

impl Filter {
    /// What it makes of a value: of its text where it takes one, and safe where it keeps that.
    #[inline]
    pub(super) fn apply(
        &self,
        frame: &mut Frame<'_>,
        v: &Value,
        argument: Option<&Value>,
    ) -> Result<Value, Stop> {
        let as_text;
        let input = if self.input == Input::Text && v.kind() != ValueKind::String {
            let text = value::python_str(v);
            frame.allocate(text.len())?;
            as_text = Value::from(text);
            &as_text
        } else {
            v
        };
        let result = (self.call)(frame, input, argument)?;
        if self.keeps_safe && v.is_safe() && !result.is_safe() {
            Ok(Value::from_safe_string(value::python_str(&result)))
        } else {
            Ok(result)
        }
    }
}

impl Path {
    /// The first part of the name.
    pub fn first(&self) -> &str {
        &self.parts[0].key
    }

    /// The parts of the name.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|p| &*p.key)
    }

    /// The value, or None where any step fails. Steps through plain JSON clone nothing but the end.
    pub(super) fn resolve(&self, frame: &mut Frame<'_>) -> Result<Option<Value>, Stop> {
        let rest = &self.parts[1..];
        let block = match frame.scopes().start(self.first()) {
            None => return Ok(None),
            Some(Start::Value(v)) => return Ok(walk(v, rest).map(Cow::into_owned)),
            Some(Start::Owned(v)) => return Ok(walk(&v, rest).map(Cow::into_owned)),
            Some(Start::Loop(number)) => {
                let parts: Vec<&str> = rest.iter().map(|p| &*p.key).collect();
                return Ok(frame.scopes().loop_value(number, &parts));
            }
            Some(Start::Block(block)) => block,
        };
        let Some((first, rest)) = rest.split_first() else {
            return Ok(Some(Value::from(format!("<Block Node: {}>", block.name()))));
        };
        let found = match &*first.key {
            "super" => match frame.block_super(block) {
                // Django takes a missing argument in there for a name that does not exist.
                Err(Stop::Raised(raised)) if raised.missing_name => return Ok(None),
                result => result?,
            },
            "name" => Value::from(block.name()),
            _ => return Ok(None),
        };
        Ok(walk(&found, rest).map(Cow::into_owned))
    }

    fn note(&self, at: Span, found: Option<&Value>, frame: &mut Frame<'_>) -> Option<usize> {
        let data = self.data(frame);
        frame.note_read(at, self.dotted(), data, found)
    }

    fn dotted(&self) -> String {
        let keys: Vec<&str> = self.keys().collect();
        keys.join(".")
    }

    /// The name in the data; None where a tag set the first part and it is not known to what.
    fn data(&self, frame: &Frame<'_>) -> Option<String> {
        let scopes = frame.scopes();
        let set = scopes
            .names
            .iter()
            .rposition(|(known, _)| *known == self.first());
        let Some(at) = set else {
            // Where an include hides the data the name is no name of the data's.
            return (!scopes.data.is_empty()).then(|| self.dotted());
        };
        let mut name = frame.recorder.as_ref()?.origin(at)?.to_string();
        for key in self.keys().skip(1) {
            name.push('.');
            name.push_str(key);
        }
        Some(name)
    }

    fn print(&self, frame: &mut Frame<'_>) -> Result<(), Stop> {
        // The common case prints without cloning; the borrow of the frame's scopes ends before the output grows, so
        // the two parts of the frame are taken apart here.
        let (scopes, output) = frame.split();
        if let Some(Start::Value(v)) = scopes.start(self.first()) {
            return match walk(v, &self.parts[1..]) {
                Some(v) => output.print(&v),
                None => Ok(()),
            };
        }
        match self.resolve(frame)? {
            Some(v) => frame.print(&v),
            None => Ok(()),
        }
    }
}

/// What a bare name stands for.
pub(super) enum Start<'f, 'p> {
    Value(&'f Value),
    Owned(Value),
    Loop(usize),
    Block(CurrentBlock<'p>),
}

impl<'f, 'p> Start<'f, 'p> {
    pub(super) fn of(binding: &'f Binding<'p>) -> Start<'f, 'p> {
        match binding {
            Binding::Value(v) => Start::Value(v),
            Binding::Loop(number) => Start::Loop(*number),
            Binding::Block(block) => Start::Block(*block),
        }
    }
}

fn walk<'v>(from: &'v Value, parts: &[Part]) -> Option<Cow<'v, Value>> {
    let mut at = Cow::Borrowed(from);
    for part in parts {
        at = match at {
            Cow::Borrowed(v) => step(v, part)?,
            Cow::Owned(v) => Cow::Owned(step(&v, part)?.into_owned()),
        };
    }
    Some(at)
}

fn step<'v>(v: &'v Value, part: &Part) -> Option<Cow<'v, Value>> {
    if let Some(pairs) = v.downcast_object_ref::<value::Pairs>() {
        if let Some(found) = pairs.get(&part.key) {
            return Some(Cow::Borrowed(found));
        }
    } else if let (Some(list), Some(index)) = (v.downcast_object_ref::<Vec<Value>>(), part.index) {
        return list.get(index).map(Cow::Borrowed);
    }
    if let Some(found) = value::attribute(v, &part.key, part.index) {
        return Some(Cow::Owned(found));
    }
    let group = v.downcast_object_ref::<Group>()?;
    group.attribute(&part.key).map(Cow::Borrowed)
}
