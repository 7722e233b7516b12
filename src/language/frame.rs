//! One render: what is printed so far, the names in scope, and what may still be spent.

mod family;

use std::collections::HashMap;
use std::fmt;

use super::escape::escape;
use super::expression::{Expr, Start};
use super::host::Host;
use super::output::{Channel, Output};
use super::recorder::Recorder;
use super::scopes::{Binding, LoopState, Scopes};
use super::span::Span;
use super::stop::{Limit, Limits, Stop};
use super::template::Library;
use super::trace::Origin;
use crate::value::{self, Value};

pub use family::NamedBlock;

/// A step of a program.
#[derive(Debug)]
pub enum Step {
    /// Prints text as it is.
    Text(Box<str>),
    /// Prints a value.
    Print(Expr),
    /// Runs a tag; the span is the tag's.
    Run(Box<dyn Action>, Span),
}

/// Steps, one after the other.
#[derive(Debug, Default)]
pub struct Block(Box<[Step]>);

impl Block {
    pub(super) fn new(steps: Vec<Step>) -> Block {
        Block(steps.into_boxed_slice())
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a tag does when it is its turn.
pub trait Action: fmt::Debug + Send + Sync {
    /// Does it.
    ///
    /// # Errors
    /// Whatever ends the render.
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop>;
}

/// What `{% ifchanged %}` saw.
#[derive(Debug)]
pub(super) enum Seen {
    /// What its block printed.
    Text(String),
    /// The values it was given.
    Values(Vec<Value>),
}

impl PartialEq for Seen {
    fn eq(&self, other: &Seen) -> bool {
        match (self, other) {
            (Seen::Text(a), Seen::Text(b)) => a == b,
            (Seen::Values(a), Seen::Values(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| value::equal(a, b))
            }
            _ => false,
        }
    }
}

/// One render. `'p` is the life of the program, the data and the host.
pub struct Frame<'p> {
    scopes: Scopes<'p>,
    output: Output,
    host: &'p dyn Host,
    library: &'p Library,
    limits: &'p Limits,
    fuel: u64,
    turns: u64,
    depth: u16,
    include_depth: u16,
    /// How many random numbers were drawn.
    draws: u64,
    memory: Memory,
    /// The blocks of the templates that extend each other, by name; the last one of a name is shown.
    family: Option<HashMap<&'p str, Vec<&'p NamedBlock>>>,
    /// Keeps a trace, where one is wanted.
    pub(super) recorder: Option<Box<Recorder<'p>>>,
}

/// What a render that is made of several frames carries from one to the next.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    /// Steps that are left.
    pub(super) fuel: u64,
    /// Bytes that filters made.
    pub(super) elsewhere: usize,
    /// Random numbers that were drawn.
    pub(super) draws: u64,
}

/// What tags remember while one template is rendered, by the address of the tag.
#[derive(Default)]
struct Memory {
    /// How often each `{% cycle %}` has had its turn.
    turns: HashMap<usize, usize>,
    /// What each `{% ifchanged %}` outside loops saw.
    seen: Vec<(usize, Seen)>,
}

/// What a render is given besides program and data.
#[derive(Clone, Copy)]
pub struct Options<'r> {
    /// The door to the outside.
    pub host: &'r dyn Host,
    /// Where the text goes.
    pub channel: Channel,
    /// What may be spent.
    pub limits: &'r Limits,
    /// Makes text of a piece of HTML, for [`Channel::TextOfHtml`].
    pub html_to_text: fn(&str) -> std::borrow::Cow<'_, str>,
}

impl<'p> Frame<'p> {
    pub(super) fn new(
        data: &'p [Value],
        library: &'p Library,
        options: Options<'p>,
        buffer: String,
    ) -> Frame<'p> {
        Frame {
            scopes: Scopes {
                data,
                names: Vec::new(),
                starts: Vec::new(),
                loops: Vec::new(),
            },
            output: Output {
                buffer,
                elsewhere: 0,
                limit: options.limits.output,
                escape: options.channel == Channel::Html,
                channel: options.channel,
                html_to_text: options.html_to_text,
            },
            host: options.host,
            library,
            limits: options.limits,
            fuel: options.limits.fuel,
            turns: options.limits.loop_turns,
            depth: 0,
            include_depth: 0,
            draws: 0,
            memory: Memory::default(),
            family: None,
            recorder: None,
        }
    }

    /// Goes on where another frame of the same render ended.
    pub(super) fn resume(&mut self, spent: Spent) {
        self.fuel = spent.fuel;
        self.output.elsewhere = spent.elsewhere;
        self.draws = spent.draws;
    }

    /// What is left of the render's means.
    pub(super) fn spent(&self) -> Spent {
        Spent {
            fuel: self.fuel,
            elsewhere: self.output.elsewhere,
            draws: self.draws,
        }
    }

    pub(super) fn into_buffer(self) -> String {
        self.output.buffer
    }

    /// How much is in the buffer, which is the output's or that of the capture around.
    pub(super) fn output_length(&self) -> usize {
        self.output.buffer.len()
    }

    /// What is in the buffer behind this byte.
    pub(super) fn output_since(&self, start: usize) -> &str {
        self.output.buffer.get(start..).unwrap_or_default()
    }

    /// Runs a block.
    ///
    /// # Errors
    /// Whatever ends the render.
    pub fn run(&mut self, block: &'p Block) -> Result<(), Stop> {
        self.depth += 1;
        if let Some(recorder) = &mut self.recorder {
            recorder.blocks += 1;
        }
        if self.depth > self.limits.nesting {
            return Err(Stop::Limit(Limit::Nesting, Span::default()));
        }
        for step in &block.0 {
            // Looking a name up costs more the more names there are.
            self.spend(1 + self.scopes.names.len() as u64 / 16)?;
            match step {
                Step::Text(text) => self.output.push(text)?,
                Step::Print(expr) => expr.print(self)?,
                Step::Run(action, span) => if self.recorder.is_none() {
                    action.run(self)
                } else {
                    self.placed(Some(*span), |frame| action.run(frame))
                }
                .map_err(|stop| stop.at(*span))?,
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Runs a block and gives what it prints instead of printing it.
    ///
    /// # Errors
    /// Whatever ends the render.
    pub fn capture(&mut self, block: &'p Block) -> Result<String, Stop> {
        self.captured(|frame| frame.run(block))
    }

    pub(super) fn captured_text(
        &mut self,
        inside: impl FnOnce(&mut Frame<'p>) -> Result<(), Stop>,
    ) -> Result<String, Stop> {
        let outer = std::mem::take(&mut self.output.buffer);
        self.output.elsewhere += outer.len();
        let result = inside(self);
        let captured = std::mem::replace(&mut self.output.buffer, outer);
        self.output.elsewhere -= self.output.buffer.len();
        self.output.elsewhere += captured.len();
        result.map(|()| captured)
    }

    /// Prints a value, escaped where the channel asks for it.
    ///
    /// # Errors
    /// The output grows beyond its limit.
    pub fn print(&mut self, v: &Value) -> Result<(), Stop> {
        self.output.print(v)
    }

    /// Prints text that needs no escaping.
    ///
    /// # Errors
    /// The output grows beyond its limit.
    pub fn print_raw(&mut self, text: &str) -> Result<(), Stop> {
        self.output.push(text)
    }

    /// Whether values are escaped at this place.
    pub fn escapes(&self) -> bool {
        self.output.escape
    }

    /// What Django calls autoescape: whether filters that join texts escape them.
    ///
    /// It is on in an HTML part, off inside `{% autoescape off %}`, and off in every channel that is not HTML.
    pub fn set_escapes(&mut self, on: bool) -> bool {
        let html = self.output.channel == Channel::Html;
        std::mem::replace(&mut self.output.escape, on && html)
    }

    /// Where the text goes.
    pub fn channel(&self) -> Channel {
        self.output.channel
    }

    /// The door to the outside.
    pub fn host(&self) -> &'p dyn Host {
        self.host
    }

    /// Spends steps.
    ///
    /// # Errors
    /// None are left.
    pub fn spend(&mut self, steps: u64) -> Result<(), Stop> {
        match self.fuel.checked_sub(steps) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => Err(Stop::Limit(Limit::Fuel, Span::default())),
        }
    }

    /// Asks for room for `bytes` of text before making it; what enlarges its input must ask.
    ///
    /// # Errors
    /// It would be more than the limit, together with what is printed and was made before.
    pub fn allocate(&mut self, bytes: usize) -> Result<(), Stop> {
        self.output.elsewhere = self.output.elsewhere.saturating_add(bytes);
        self.output.check()
    }

    /// Asks for room for the members of a list that another list will hold as well.
    ///
    /// A list costs its text: doubled some thirty times over, it would be small in memory and without end when it is
    /// printed, compared or looked up.
    ///
    /// # Errors
    /// As [`Frame::allocate`].
    pub fn hold_again(&mut self, list: &Value) -> Result<(), Stop> {
        let members = value::length(list)
            .unwrap_or(0)
            .saturating_mul(size_of::<Value>());
        let text = value::weight(list, self.output.limit);
        self.allocate(members.max(text))
    }

    /// Opens a scope: names set from here on are gone at [`Frame::pop`].
    pub fn push(&mut self) {
        self.scopes.starts.push(self.scopes.names.len());
    }

    /// Closes the innermost scope.
    pub fn pop(&mut self) {
        let start = self.scopes.starts.pop().unwrap_or(0);
        self.scopes.names.truncate(start);
        if let Some(recorder) = &mut self.recorder {
            recorder.names_end(start);
        }
    }

    /// Sets a name in the innermost scope.
    pub fn set(&mut self, name: &'p str, v: Value) {
        self.set_from(name, v, None);
    }

    /// Sets a name to what has the name `origin` in the data, if that is known.
    pub(super) fn set_from(&mut self, name: &'p str, v: Value, origin: Origin) {
        let at = self.scopes.set(name, Binding::Value(v));
        if let Some(recorder) = &mut self.recorder {
            recorder.set_origin(at, origin);
        }
    }

    /// Sets a name where it is set already, the innermost such scope, else in the innermost scope (Django's
    /// `set_upward`).
    pub fn set_upward(&mut self, name: &'p str, v: Value) {
        let scopes = &mut self.scopes;
        let set = scopes.names.iter().rposition(|(known, _)| *known == name);
        match set {
            Some(at) => {
                scopes.names[at].1 = Binding::Value(v);
                if let Some(recorder) = &mut self.recorder {
                    recorder.set_origin(at, None);
                }
            }
            None if scopes.has_data(name) => {
                scopes.set_outermost(name, Binding::Value(v));
                if let Some(recorder) = &mut self.recorder {
                    recorder.names_shift();
                }
            }
            None => self.set(name, v),
        }
    }

    /// Runs `inside` with none of the names that tags set, for `include … only`.
    pub(super) fn isolated<T>(&mut self, inside: impl FnOnce(&mut Frame<'p>) -> T) -> T {
        // The data's names vanish too.
        let names = std::mem::take(&mut self.scopes.names);
        let starts = std::mem::take(&mut self.scopes.starts);
        let loops = std::mem::take(&mut self.scopes.loops);
        let data = std::mem::take(&mut self.scopes.data);
        let origins = self.recorder.as_mut().map(|r| r.take_origins());
        let result = inside(self);
        if let (Some(recorder), Some(origins)) = (&mut self.recorder, origins) {
            recorder.put_origins(origins);
        }
        self.scopes = Scopes {
            data,
            names,
            starts,
            loops,
        };
        result
    }

    /// Starts a loop of `length` turns: binds `forloop` in the innermost scope.
    pub(super) fn start_loop(&mut self, length: usize) -> usize {
        let parent = match self.scopes.start("forloop") {
            Some(Start::Loop(number)) => Some(number),
            _ => None,
        };
        let number = self.scopes.loops.len();
        self.scopes.loops.push(LoopState {
            index: 0,
            length,
            parent,
            seen: Vec::new(),
        });
        self.scopes.set("forloop", Binding::Loop(number));
        number
    }

    /// Checks that so many turns are left, before the members of a list are laid out.
    pub(super) fn expect_turns(&self, turns: usize) -> Result<(), Stop> {
        match self.turns.checked_sub(turns as u64) {
            Some(_) => Ok(()),
            None => Err(Stop::Limit(Limit::LoopTurns, Span::default())),
        }
    }

    /// Moves a loop to a turn.
    pub(super) fn turn(&mut self, number: usize, index: usize) -> Result<(), Stop> {
        match self.turns.checked_sub(1) {
            Some(left) => self.turns = left,
            None => return Err(Stop::Limit(Limit::LoopTurns, Span::default())),
        }
        self.scopes.loops[number].index = index;
        Ok(())
    }

    pub(super) fn end_loop(&mut self) {
        self.scopes.loops.pop();
    }

    /// Whether the library has a template of this name.
    pub(super) fn has_template(&self, name: &str) -> bool {
        self.library.file(name).is_some()
    }

    /// The next value of a `{% cycle %}`, counted from 0; `key` is the tag itself.
    pub(super) fn next_turn_of(&mut self, key: *const ()) -> usize {
        let turn = self.memory.turns.entry(key as usize).or_default();
        *turn = turn.wrapping_add(1);
        turn.wrapping_sub(1)
    }

    /// Starts a `{% cycle %}` again.
    pub(super) fn reset_turns_of(&mut self, key: *const ()) {
        self.memory.turns.remove(&(key as usize));
    }

    /// Whether a tag sees something else than the last time, in the innermost loop if there is one; `key` is the tag.
    pub(super) fn has_changed(&mut self, key: *const (), now: Seen) -> bool {
        let number = match self.scopes.start("forloop") {
            Some(Start::Loop(number)) => Some(number),
            _ => None,
        };
        let memory = match number.and_then(|number| self.scopes.loops.get_mut(number)) {
            Some(state) => &mut state.seen,
            None => &mut self.memory.seen,
        };
        match memory.iter_mut().find(|(known, _)| *known == key as usize) {
            Some((_, before)) if *before == now => false,
            Some((_, before)) => {
                *before = now;
                true
            }
            None => {
                memory.push((key as usize, now));
                true
            }
        }
    }

    /// What a value prints as here, as a value that prints the same anywhere.
    pub(super) fn rendered(&self, v: &Value) -> Value {
        if v.is_safe() {
            return v.clone();
        }
        let text = value::text(v);
        if self.escapes() {
            Value::from_safe_string(escape(&text))
        } else {
            Value::from(text)
        }
    }

    /// A number that looks random and is the same for the same seed and the same number of draws before (splitmix64).
    pub(super) fn random(&mut self) -> u64 {
        self.draws += 1;
        let step = self.draws.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut z = self.host.seed().wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn scopes(&self) -> &Scopes<'p> {
        &self.scopes
    }

    pub(super) fn split(&mut self) -> (&Scopes<'p>, &mut Output) {
        (&self.scopes, &mut self.output)
    }

    pub(super) fn call_host_filter(
        &self,
        name: &str,
        v: &Value,
        argument: Option<&Value>,
    ) -> Result<Value, Stop> {
        self.library.registry().call_host(name, v, argument)
    }
}
