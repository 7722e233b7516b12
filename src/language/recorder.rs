//! What keeps a [`Trace`] while a render runs.

use std::ops::Range;

use super::frame::{Block, Frame};
use super::span::{Sources, Span};
use super::stop::{Limits, Stop};
use super::trace::{
    Branch, Bytes, Event, Filtered, Moved, Origin, ReadState, Trace, ValueRead, shown,
};
use crate::diagnostic::Location;
use crate::value::{self, Value};

/// The trace of a render that is under way.
pub(super) struct Recorder<'p> {
    sources: &'p Sources,
    trace: Trace,
    /// The tag that is being run.
    pub(super) tag: Span,
    /// Where the output of this render starts in the buffer; 0 inside a capture.
    base: usize,
    /// How many blocks were run: a tag that runs none has its place to itself.
    pub(super) blocks: u64,
    /// What names in scope are other words for, by their place among the names.
    origins: Vec<(usize, Origin)>,
    /// What was recorded in the last capture, with the places in its text.
    captured: Vec<(usize, Bytes)>,
}

/// An event that is not over; None when it was dropped.
pub(super) type Opened = Option<usize>;

impl<'p> Recorder<'p> {
    pub(super) fn new(sources: &'p Sources, base: usize) -> Recorder<'p> {
        Recorder {
            sources,
            trace: Trace::default(),
            tag: Span::default(),
            base,
            blocks: 0,
            origins: Vec::new(),
            captured: Vec::new(),
        }
    }

    /// The trace; a render that ended early says why in its last event.
    pub(super) fn finish(mut self, result: &Result<(), Stop>, limits: &Limits) -> Trace {
        self.trace.end(result, limits, self.sources);
        self.trace
    }

    /// Where the next event will stand.
    pub(super) fn mark(&self) -> usize {
        self.trace.events.len()
    }

    fn push(&mut self, event: Event) -> Opened {
        if self.trace.events.len() >= Trace::MOST {
            self.trace.dropped += 1;
            return None;
        }
        self.trace.events.push(event);
        Some(self.trace.events.len() - 1)
    }

    /// What names stand for, taken out while none of them is in scope.
    pub(super) fn take_origins(&mut self) -> Vec<(usize, Origin)> {
        std::mem::take(&mut self.origins)
    }

    pub(super) fn put_origins(&mut self, origins: Vec<(usize, Origin)>) {
        self.origins = origins;
    }

    /// Only the first `names` names are still in scope.
    pub(super) fn names_end(&mut self, names: usize) {
        self.origins.retain(|(at, _)| *at < names);
    }

    /// A name was put below all others.
    pub(super) fn names_shift(&mut self) {
        self.origins.iter_mut().for_each(|(at, _)| *at += 1);
        self.set_origin(0, None);
    }

    /// What the name at this place is another word for.
    pub(super) fn set_origin(&mut self, at: usize, origin: Origin) {
        match self.origins.iter_mut().find(|(known, _)| *known == at) {
            Some((_, old)) => *old = origin,
            None => self.origins.push((at, origin)),
        }
    }

    pub(super) fn origin(&self, at: usize) -> Origin {
        let found = self.origins.iter().find(|(known, _)| *known == at);
        found.and_then(|(_, origin)| origin.clone())
    }

    fn start_capture(&mut self) -> usize {
        std::mem::take(&mut self.base)
    }

    /// What was recorded since `mark` stands in the captured text, not in the output.
    fn end_capture(&mut self, base: usize, mark: usize) {
        self.base = base;
        self.captured.clear();
        for (number, event) in self.trace.events.iter_mut().enumerate().skip(mark) {
            if let Some(output) = event.output_mut().and_then(Option::take) {
                self.captured.push((number, output));
            }
        }
    }
}

impl<'p> Frame<'p> {
    /// Whether a trace is kept.
    pub(super) fn is_traced(&self) -> bool {
        self.recorder.is_some()
    }

    /// How much this render has printed, or the capture around it.
    fn position(&self) -> usize {
        let base = self.recorder.as_ref().map_or(0, |recorder| recorder.base);
        self.output_length().saturating_sub(base)
    }

    /// Begins an event that has a range in the output; the event is made with the place of the tag that runs.
    pub(super) fn open(&mut self, event: impl FnOnce(Location) -> Event) -> (Opened, usize) {
        let start = self.position();
        let opened = self.recorder.as_mut().and_then(|recorder| {
            let at = recorder.sources.locate(recorder.tag);
            recorder.push(event(at))
        });
        (opened, start)
    }

    /// Ends an event: what was printed since is its own.
    pub(super) fn close(&mut self, (opened, start): (Opened, usize)) {
        let end = self.position();
        if let (Some(recorder), Some(number)) = (&mut self.recorder, opened)
            && let Some(output) = recorder.trace.events.get_mut(number)
            && let Some(output) = output.output_mut()
        {
            *output = Some((start, end));
        }
    }

    /// A loop takes another turn.
    pub(super) fn count_turn(&mut self, opened: &(Opened, usize)) {
        if let (Some(recorder), Some(number)) = (&mut self.recorder, opened.0)
            && let Some(Event::Loop(turns)) = recorder.trace.events.get_mut(number)
        {
            turns.turns += 1;
        }
    }

    /// Runs the branch that a tag takes: which clause and where, None if none was taken.
    pub(super) fn run_branch(
        &mut self,
        tag: &'static str,
        clause: Option<(usize, Span)>,
        block: &'p Block,
    ) -> Result<(), Stop> {
        if !self.is_traced() {
            return self.run(block);
        }
        let opened = self.open_branch(tag, clause);
        self.run(block)?;
        self.close(opened);
        Ok(())
    }

    /// Begins the event of a branch.
    pub(super) fn open_branch(
        &mut self,
        tag: &'static str,
        clause: Option<(usize, Span)>,
    ) -> (Opened, usize) {
        let (clause, taken) = match (clause, &self.recorder) {
            (Some((number, at)), Some(recorder)) => {
                (Some(number), Some(recorder.sources.locate(at)))
            }
            _ => (None, None),
        };
        self.open(|at| {
            Event::Branch(Branch {
                at,
                tag,
                clause,
                taken,
                output: None,
            })
        })
    }

    /// Notes that a name was read.
    pub(super) fn note_read(
        &mut self,
        at: Span,
        path: String,
        data: Option<String>,
        found: Option<&Value>,
    ) -> Opened {
        if matches!(&*path, "True" | "False" | "None") {
            return None;
        }
        let recorder = self.recorder.as_mut()?;
        let at = recorder.sources.locate(at);
        recorder.push(Event::Read(ValueRead {
            at,
            path,
            data,
            state: match found {
                Some(_) => ReadState::Found,
                None => ReadState::Missing,
            },
            value: found.map(shown),
            filters: Vec::new(),
            output: None,
        }))
    }

    /// Notes what a filter made of what was read.
    pub(super) fn note_filter(&mut self, read: Opened, name: &str, before: &Value, after: &Value) {
        if let (Some(recorder), Some(number)) = (&mut self.recorder, read)
            && let Some(Event::Read(read)) = recorder.trace.events.get_mut(number)
        {
            let replaced = match name {
                "default" => !value::truthy(before),
                "default_if_none" => before.is_none(),
                _ => false,
            };
            if replaced {
                read.state = ReadState::Defaulted;
            }
            read.filters.push(Filtered {
                name: name.to_owned(),
                value: shown(after),
            });
        }
    }

    /// Runs something that prints; what is read in it and has no place yet gets the place of what it prints, unless
    /// it runs blocks.
    pub(super) fn placed(
        &mut self,
        tag: Option<Span>,
        inside: impl FnOnce(&mut Frame<'p>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let start = self.position();
        let Some(recorder) = &mut self.recorder else {
            return inside(self);
        };
        let before = (recorder.tag, recorder.blocks, recorder.mark());
        if let Some(tag) = tag {
            recorder.tag = tag;
        }
        let result = inside(self);
        let end = self.position();
        if let Some(recorder) = &mut self.recorder {
            recorder.tag = before.0;
            // The block of a `block.super` has a place of its own in what was printed.
            let alone = recorder.blocks == before.1;
            if alone && result.is_ok() {
                for event in recorder.trace.events.iter_mut().skip(before.2) {
                    if let Event::Read(read) = event {
                        read.output.get_or_insert((start, end));
                    }
                }
            }
        }
        result
    }

    /// Captures what `inside` prints.
    pub(super) fn captured(
        &mut self,
        inside: impl FnOnce(&mut Frame<'p>) -> Result<(), Stop>,
    ) -> Result<String, Stop> {
        let before = self
            .recorder
            .as_mut()
            .map(|recorder| (recorder.mark(), recorder.start_capture()));
        let captured = self.captured_text(inside);
        if let (Some(recorder), Some((mark, base))) = (&mut self.recorder, before) {
            recorder.end_capture(base, mark);
        }
        captured
    }

    /// Prints what is left of the text that was captured last, with the places of what was recorded in it.
    pub(super) fn print_captured(
        &mut self,
        captured: &str,
        print: impl FnOnce(&mut Frame<'p>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        if !self.is_traced() {
            return print(self);
        }
        let start = self.output_length();
        print(self)?;
        let printed = self.output_since(start);
        let moved = if printed == captured {
            None
        } else {
            match Moved::new(captured, printed) {
                Some(moved) => Some(moved),
                None => return Ok(()),
            }
        };
        if let Some(recorder) = &mut self.recorder {
            let start = start.saturating_sub(recorder.base);
            for (number, (from, to)) in std::mem::take(&mut recorder.captured) {
                let place = match &moved {
                    None => Some((from, to)),
                    Some(moved) => moved.range(Range {
                        start: from,
                        end: to,
                    }),
                };
                if let Some(event) = recorder.trace.events.get_mut(number)
                    && let Some(output) = event.output_mut()
                {
                    *output = place.map(|(from, to)| (start + from, start + to));
                }
            }
        }
        Ok(())
    }

    /// Nothing that was captured up to here can be printed later.
    pub(super) fn forget_captured(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.captured.clear();
        }
    }
}
