//! The names in scope, and what each of them stands for.

use super::expression::Start;
use super::frame::{NamedBlock, Seen};
use crate::value::{self, Pairs, Value};

/// The names in scope: those that tags set, then the data's.
pub(super) struct Scopes<'p> {
    /// Mappings of names; the first that has a name wins.
    pub(super) data: &'p [Value],
    pub(super) names: Vec<(&'p str, Binding<'p>)>,
    /// Where each scope starts in `names`.
    pub(super) starts: Vec<usize>,
    pub(super) loops: Vec<LoopState>,
}

pub(super) struct LoopState {
    pub(super) index: usize,
    pub(super) length: usize,
    pub(super) parent: Option<usize>,
    /// What each `{% ifchanged %}` of the loop saw.
    pub(super) seen: Vec<(usize, Seen)>,
}

/// What a name stands for: a value, a loop by number (`forloop`), a block (`block`).
#[derive(Debug, Clone)]
pub(super) enum Binding<'p> {
    Value(Value),
    Loop(usize),
    Block(CurrentBlock<'p>),
}

/// The block that is being printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct CurrentBlock<'p> {
    pub(super) block: &'p NamedBlock,
    /// Whether no template extends or is extended here.
    pub(super) alone: bool,
}

impl<'p> CurrentBlock<'p> {
    pub(super) fn name(&self) -> &'p str {
        self.block.name()
    }
}

impl<'p> Scopes<'p> {
    /// Sets a name in place of the data's, below all scopes.
    pub(super) fn set_outermost(&mut self, name: &'p str, binding: Binding<'p>) {
        self.names.insert(0, (name, binding));
        for start in &mut self.starts {
            *start += 1;
        }
    }

    /// Whether the data, or Python, has the name.
    pub(super) fn has_data(&self, name: &str) -> bool {
        self.data
            .iter()
            .any(|layer| value::key(layer, name).is_some())
            || matches!(name, "True" | "False" | "None")
    }

    /// Sets a name in the innermost scope; its place among the names.
    pub(super) fn set(&mut self, name: &'p str, binding: Binding<'p>) -> usize {
        let start = self.starts.last().copied().unwrap_or(0);
        match self.names[start..]
            .iter_mut()
            .position(|(known, _)| *known == name)
        {
            Some(at) => {
                self.names[start + at].1 = binding;
                start + at
            }
            None => {
                self.names.push((name, binding));
                self.names.len() - 1
            }
        }
    }

    /// What a bare name stands for: the innermost setting, the data's, Python's three constants.
    pub(super) fn start(&self, name: &str) -> Option<Start<'_, 'p>> {
        if let Some((_, binding)) = self.names.iter().rev().find(|(known, _)| *known == name) {
            return Some(Start::of(binding));
        }
        for mapping in self.data {
            if let Some(pairs) = mapping.downcast_object_ref::<Pairs>() {
                if let Some(v) = pairs.get(name) {
                    return Some(Start::Value(v));
                }
            } else if let Some(v) = value::key(mapping, name) {
                return Some(Start::Owned(v));
            }
        }
        match name {
            "True" => Some(Start::Owned(Value::from(true))),
            "False" => Some(Start::Owned(Value::from(false))),
            "None" => Some(Start::Owned(Value::from(()))),
            _ => None,
        }
    }

    /// `forloop` followed by these parts.
    pub(super) fn loop_value(&self, number: usize, parts: &[&str]) -> Option<Value> {
        let state = self.loops.get(number)?;
        let Some((first, rest)) = parts.split_first() else {
            return Some(self.loop_mapping(number));
        };
        if *first == "parentloop" {
            return match state.parent {
                Some(parent) => self.loop_value(parent, rest),
                None if rest.is_empty() => Some(Pairs::new(Vec::new()).into()),
                None => None,
            };
        }
        if !rest.is_empty() {
            return None;
        }
        Some(match *first {
            "counter" => Value::from(state.index + 1),
            "counter0" => Value::from(state.index),
            "revcounter" => Value::from(state.length - state.index),
            "revcounter0" => Value::from(state.length - state.index - 1),
            "first" => Value::from(state.index == 0),
            "last" => Value::from(state.index + 1 == state.length),
            name => return value::attribute(&self.loop_mapping(number), name, None),
        })
    }

    /// The bare `forloop`, with the keys in Django's order.
    fn loop_mapping(&self, number: usize) -> Value {
        let names = [
            "parentloop",
            "counter0",
            "counter",
            "revcounter",
            "revcounter0",
            "first",
            "last",
        ];
        names
            .into_iter()
            .filter_map(|name| Some((name, self.loop_value(number, &[name])?)))
            .collect::<Pairs>()
            .into()
    }
}
