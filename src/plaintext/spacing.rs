//! Separators as blanks and line ends, each inside the branch that needs it.
//!
//! What lies between two contents depends, at run time, on the branches in between: in
//! `<div>a</div>{% if x %}<div>b</div>{% endif %}<div>c</div>` there must be one line end between `a` and `c`
//! whether `b` is printed or not. So the end of a branch is a *slot*: it is filled when it is known what comes
//! after the block. Then every way through the block can be given what it needs, no more: the line end after `b`
//! goes into its branch, the one after `a` before the `{% if %}`. Where that cannot be had for every way, the one
//! that gets too much gets a blank line more, which [`tidy`](super::tidy) takes away again.

use super::compose::{Composition, Step};
use super::control::{Block, Role, Tags};
use crate::language::{Span, Token};

/// How far apart two contents are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    None,
    Space,
    /// Two cells of a row of data.
    Cell,
    Line,
    /// A line is left empty.
    Blank,
    /// A rule lies between them.
    Rule,
    /// As far as can be: what begins an item was written.
    Item,
    /// As far as can be: nothing was written.
    Start,
}

impl Level {
    fn text(self) -> &'static str {
        match self {
            Level::None | Level::Item | Level::Start => "",
            Level::Space => " ",
            Level::Cell => "  ",
            Level::Line => "\n",
            Level::Blank => "\n\n",
            Level::Rule => "\n\n----------\n\n",
        }
    }

    /// What must be written where this has been written already.
    fn to(self, more: Level) -> &'static str {
        if more <= self {
            return "";
        }
        let whole = more.text();
        match self {
            Level::Space if more == Level::Cell => " ",
            Level::Line | Level::Blank => whole.get(self.text().len()..).unwrap_or(whole),
            _ => whole,
        }
    }

    /// How far apart contents are at least after this text.
    fn after(text: &str) -> Level {
        [Level::Blank, Level::Line, Level::Cell, Level::Space]
            .into_iter()
            .find(|level| text.ends_with(level.text()))
            .unwrap_or(Level::None)
    }
}

/// Spaces a composition.
pub(super) fn set<'s>(
    composition: &Composition,
    tags: &Tags<'_, 's>,
    tokens: &[Token<'s>],
) -> Vec<Token<'s>> {
    let mut setter = Setter {
        tags,
        pieces: Vec::with_capacity(composition.steps.len()),
        flow: Flow::at(Level::Start),
        wanted: Level::None,
        frames: Vec::new(),
        loops: Vec::new(),
    };
    let leads = leads(&composition.steps);
    for (number, step) in composition.steps.iter().enumerate() {
        match step {
            Step::Nothing => {}
            Step::Apart(level) => setter.wanted = setter.wanted.max(*level),
            Step::Text(range) | Step::Marker(range) => {
                setter.space();
                setter.pieces.push(Piece::Text(
                    composition.text.get(range.clone()).unwrap_or_default(),
                ));
                setter.flow = Flow::at(match step {
                    Step::Marker(_) => Level::Item,
                    _ => Level::None,
                });
            }
            Step::Print(tag) | Step::AddressOf(tag) => {
                setter.space();
                setter.pieces.push(match step {
                    Step::AddressOf(_) => Piece::AddressOf(*tag),
                    _ => Piece::Tag(*tag),
                });
                setter.flow = Flow::at(Level::None);
            }
            Step::EndItem => setter.flow.end_item(),
            Step::Silent(tag) => setter.pieces.push(Piece::Tag(*tag)),
            Step::Control(tag) => setter.control(*tag, leads[number]),
        }
    }
    collect(&setter.pieces, tags, tokens)
}

/// For each step, how far the content that follows in the text is from what stands before.
fn leads(steps: &[Step]) -> Vec<Level> {
    let mut leads = vec![Level::None; steps.len()];
    let mut lead = Level::None;
    for (number, step) in steps.iter().enumerate().rev() {
        match step {
            Step::Apart(level) => lead = lead.max(*level),
            Step::Nothing | Step::EndItem | Step::Silent(_) | Step::Control(_) => {}
            _ => lead = Level::None,
        }
        leads[number] = lead;
    }
    leads
}

/// A piece of the text that is being made.
#[derive(Debug, Clone, Copy)]
enum Piece<'c> {
    Text(&'c str),
    Tag(usize),
    AddressOf(usize),
}

/// The ways that lead to a place, by what has been written on each since its last content.
struct Flow {
    /// Ways that ended in a branch: what they need can still be written there.
    slots: Vec<Slot>,
    /// The ways on which all is written: what they have, the least and the most of it.
    settled: Option<(Level, Level)>,
    /// On one of the ways, nothing has been written since a turn of the innermost loop began.
    fresh: bool,
}

impl Flow {
    fn at(level: Level) -> Flow {
        Flow {
            slots: Vec::new(),
            settled: Some((level, level)),
            fresh: false,
        }
    }

    /// Where all ways have at least the one and at most the other.
    fn between(settled: (Level, Level), fresh: bool) -> Flow {
        Flow {
            slots: Vec::new(),
            settled: Some(settled),
            fresh,
        }
    }

    /// What began an item is now as good as its content.
    fn end_item(&mut self) {
        let ended = |level| match level {
            Level::Item => Level::None,
            level => level,
        };
        self.settled = self
            .settled
            .map(|(least, most)| (ended(least), ended(most)));
    }

    /// The ways of both.
    fn join(&mut self, other: Flow) {
        self.slots.extend(other.slots);
        self.fresh |= other.fresh;
        self.settled = match (self.settled, other.settled) {
            (Some((least, most)), Some((l, m))) => Some((least.min(l), most.max(m))),
            (one, other) => one.or(other),
        };
    }
}

/// The end of a branch.
#[derive(Clone, Copy)]
struct Slot {
    /// The piece to fill.
    piece: usize,
    wanted: Level,
}

/// More slots than this are filled at the next end of a block, needed there or not.
const MANY_SLOTS: usize = 16;

/// A block that is open.
struct Frame {
    tag: usize,
    block: Block,
    /// What has been written before it.
    before: (Level, Level),
    /// The ways through the branches so far.
    ends: Flow,
    /// What is wanted after it whichever way was taken.
    wanted: Level,
    /// All ways lead through a branch.
    total: bool,
    /// Nothing had been written before it since a turn of the loop around it began.
    fresh: bool,
    /// Of a loop: what parts the first content of a turn from what is before, and what a turn writes of that.
    lead: Option<(Level, &'static str)>,
    body: bool,
}

struct Setter<'c, 't, 's> {
    tags: &'c Tags<'t, 's>,
    pieces: Vec<Piece<'c>>,
    flow: Flow,
    /// What is wanted since the flow came here.
    wanted: Level,
    frames: Vec<Frame>,
    /// Those of the frames that are loops.
    loops: Vec<usize>,
}

impl Setter<'_, '_, '_> {
    /// Writes what is wanted here.
    fn space(&mut self) {
        let asked = std::mem::replace(&mut self.wanted, Level::None);
        let mut wanted = asked;
        let slots = std::mem::take(&mut self.flow.slots);
        let most = slots
            .iter()
            .map(|slot| slot.wanted)
            .max()
            .unwrap_or(Level::None);
        let here = match self.flow.settled {
            None if most <= wanted => wanted.text(),
            None => "",
            Some((least, _)) if wanted <= least => "",
            Some((least, settled)) => {
                // No line begins with a blank.
                let lines = (Level::Line..=Level::Rule).contains(&settled);
                if wanted < Level::Line && (lines || most >= Level::Line) {
                    wanted = Level::Line;
                }
                least.to(wanted)
            }
        };
        let (mut least, mut most) = match self.flow.settled {
            Some((least, most)) => (least.max(wanted), most.max(wanted)),
            None => (Level::Start, Level::None),
        };
        for slot in slots {
            let level = slot.wanted.max(wanted);
            let whole = level.text();
            if let Some(piece) = self.pieces.get_mut(slot.piece) {
                *piece = Piece::Text(whole.strip_suffix(here).unwrap_or(whole));
            }
            least = least.min(level);
            most = most.max(level);
        }
        self.flow.settled = Some((least, most));
        if self.flow.fresh {
            self.lead(asked, here);
        }
        if !here.is_empty() {
            self.pieces.push(Piece::Text(here));
        }
    }

    /// Notes what parts what a turn of the innermost loop begins with from what is before.
    fn lead(&mut self, asked: Level, written: &'static str) {
        if let Some(frame) = self.loops.last().and_then(|&at| self.frames.get_mut(at)) {
            let (level, written) = frame.lead.unwrap_or((asked, written));
            frame.lead = Some((level.max(asked), written));
        }
    }

    /// A tag that opens, divides or closes a block; `lead` parts what it begins with from what stands before.
    fn control(&mut self, tag: usize, lead: Level) {
        match self.tags.role(tag) {
            // Its content is printed once: as if the tags were not there.
            Role::Open(Block::Once) => {}
            Role::Open(block) => {
                // The rows of a loop end with their line ends, so its first row must be at the start of a line.
                if block == Block::Loop && lead >= Level::Line {
                    self.wanted = self.wanted.max(lead);
                }
                self.space();
                let fresh = self.flow.fresh;
                if block == Block::Loop {
                    self.loops.push(self.frames.len());
                    self.flow.fresh = true;
                }
                self.frames.push(Frame {
                    tag,
                    block,
                    before: self.flow.settled.unwrap_or((Level::None, Level::None)),
                    ends: Flow {
                        slots: Vec::new(),
                        settled: None,
                        fresh: false,
                    },
                    wanted: Level::None,
                    total: false,
                    fresh,
                    lead: None,
                    body: true,
                });
            }
            Role::Middle => {
                if !self.frames.is_empty() {
                    self.end_branch();
                }
                if let Some(frame) = self.frames.last_mut() {
                    frame.total |= self.tags.token(tag).tag_name() != "elif";
                    self.flow = Flow::between(frame.before, frame.fresh);
                    self.wanted = Level::None;
                }
            }
            _ => {
                let name = self.tags.token(tag).tag_name();
                let ours = self.frames.last().is_some_and(|frame| {
                    name.strip_prefix("end") == Some(self.tags.token(frame.tag).tag_name())
                });
                if ours {
                    self.end_branch();
                    if let Some(frame) = self.frames.pop() {
                        self.flow = frame.ends;
                        self.wanted = frame.wanted;
                        if !frame.total {
                            self.flow.join(Flow::between(frame.before, frame.fresh));
                        }
                        if frame.block == Block::Loop {
                            self.loops.pop();
                            self.flow.fresh = frame.fresh;
                            if let (true, Some((lead, _))) = (frame.fresh, frame.lead) {
                                self.lead(lead, "");
                            }
                        }
                    }
                }
            }
        }
        self.pieces.push(Piece::Tag(tag));
    }

    /// Ends a branch of the innermost block.
    fn end_branch(&mut self) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let body = std::mem::replace(&mut frame.body, false) && frame.block == Block::Loop;
        if let (true, Some((lead, written))) = (body, frame.lead) {
            // The next turn begins where this one ends.
            let whole = self.wanted.max(lead).text();
            let here = whole.strip_suffix(written).unwrap_or(whole);
            let wanted = self.wanted;
            self.wanted = match here == whole {
                true => wanted.max(lead),
                false => Level::after(here),
            };
            self.space();
            // What is written here is written after every turn; what only the end of the loop wants comes behind it.
            self.wanted = Level::None;
            if let Some(frame) = self.frames.last_mut()
                && Level::after(here) < wanted
            {
                frame.wanted = frame.wanted.max(wanted);
            }
        } else if self.flow.slots.is_empty() && self.flow.settled == Flow::at(Level::None).settled {
            self.flow.settled = None;
            self.flow.slots.push(Slot {
                piece: self.pieces.len(),
                wanted: self.wanted,
            });
            self.pieces.push(Piece::Text(""));
        } else if self.flow.slots.len() <= MANY_SLOTS
            && self
                .flow
                .settled
                .is_none_or(|(least, _)| self.wanted <= least)
        {
            for slot in &mut self.flow.slots {
                slot.wanted = slot.wanted.max(self.wanted);
            }
        } else {
            self.space();
        }
        self.wanted = Level::None;
        let flow = std::mem::replace(&mut self.flow, Flow::at(Level::None));
        if let Some(frame) = self.frames.last_mut() {
            frame.ends.join(flow);
        }
    }
}

/// Pieces as tokens. A text stands at what lies between the tags around it.
fn collect<'s>(pieces: &[Piece<'_>], tags: &Tags<'_, 's>, tokens: &[Token<'s>]) -> Vec<Token<'s>> {
    let mut collected: Vec<Token<'s>> = Vec::new();
    let mut text = String::new();
    let Some((first, last)) = tokens.first().zip(tokens.last()) else {
        return collected;
    };
    let mut from = Span {
        end: first.span.start,
        ..first.span
    };
    let between = |from: Span, to: Span| Span {
        start: from.end,
        end: if from.file == to.file {
            to.start.max(from.end)
        } else {
            from.end
        },
        ..from
    };
    for piece in pieces {
        let token = match piece {
            Piece::Text(more) => {
                text.push_str(more);
                continue;
            }
            Piece::Tag(tag) => tags.token(*tag).clone(),
            Piece::AddressOf(tag) => {
                let token = tags.token(*tag);
                Token::tag(format!("{{% {}_link %}}", token.tag_name()), token.span)
            }
        };
        if !text.is_empty() {
            let span = between(from, token.span);
            collected.push(Token::text(std::mem::take(&mut text), span));
        }
        from = token.span;
        collected.push(token);
    }
    if !text.is_empty() {
        let end = Span {
            start: last.span.end,
            ..last.span
        };
        collected.push(Token::text(text, between(from, end)));
    }
    collected
}
