//! What can be known of a document before it is written down: what is dropped, which rows of which tables are
//! data, and which lists have numbers that are the same for everyone.

use super::control::{Role, Tags};
use super::document::{Document, Element, Event, Open, Piece};

/// How the cells of a row lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Row {
    /// Layout: each cell is a block of its own.
    #[default]
    Blocks,
    /// Short cells of a few lines each: apart.
    Groups,
    /// Short cells of which one has a few lines: under one another.
    Lines,
    /// Cells of a data table: in one line.
    Data,
}

/// Facts about the events of a document.
pub(super) struct Shape {
    rows: Vec<Row>,
    /// Events that open a list whose items cannot be counted.
    uncounted: Vec<bool>,
}

impl Shape {
    pub(super) fn of(document: &Document, tags: &Tags<'_, '_>) -> Shape {
        let mut survey = Survey {
            shape: Shape {
                rows: vec![Row::Blocks; document.events.len()],
                uncounted: vec![false; document.events.len()],
            },
            open: Vec::new(),
            lists: Vec::new(),
        };
        let mut number = 0;
        while let Some(event) = document.events.get(number) {
            number = match event {
                Event::Open(open) => match dropped_until(document, tags, open) {
                    Some(end) => end,
                    None => {
                        survey.start(document, tags, number, open);
                        number
                    }
                },
                Event::Close { element, .. } => {
                    survey.end(*element);
                    number
                }
                Event::Text(range) => {
                    survey.text(document, tags, document.text(range));
                    number
                }
                Event::Aside(_) => number,
            } + 1;
        }
        while let Some(level) = survey.open.pop() {
            survey.finish(level);
        }
        survey.shape
    }

    /// How the cells of the row lie that this event opens.
    pub(super) fn row(&self, event: usize) -> Row {
        self.rows.get(event).copied().unwrap_or_default()
    }

    /// Whether the items of the list that this event opens can be counted now.
    pub(super) fn counted(&self, event: usize) -> bool {
        !self.uncounted.get(event).copied().unwrap_or_default()
    }
}

/// The event at which an element ends that must not be shown.
///
/// A hidden element is shown nevertheless if half a pair of tags stands in it: what it looks like is decided for
/// each recipient.
pub(super) fn dropped_until(
    document: &Document,
    tags: &Tags<'_, '_>,
    open: &Open,
) -> Option<usize> {
    let hidden = document.attributes(open).is_some_and(|a| a.hidden);
    let always = matches!(open.element, Element::Dropped | Element::Raw);
    if !always && (!hidden || open.element.is_void()) {
        return None;
    }
    let end = open.end()?;
    let inside = dropped_tags(document, open, end);
    (always || tags.balanced(&inside)).then_some(end)
}

/// The tags of a dropped element.
pub(super) fn dropped_tags(document: &Document, open: &Open, end: usize) -> std::ops::Range<usize> {
    let start = open.tags().start;
    match document.events.get(end) {
        Some(Event::Close { tags_before, .. }) => start..*tags_before as usize,
        _ => start..start,
    }
}

struct Survey {
    shape: Shape,
    open: Vec<Level>,
    /// The lists that are open: the event, and how many blocks of the template language are.
    lists: Vec<(usize, i64)>,
}

/// A table or a row that is open.
enum Level {
    Table { has_text: bool },
    Row(RowSoFar),
}

#[derive(Default)]
struct RowSoFar {
    event: usize,
    /// Cells with text, and with text or an image.
    filled: usize,
    shown: usize,
    /// Some cell is no cell of a data table, nor a few short lines.
    blocks: bool,
    /// Cells of two lines, and of more.
    two_lines: usize,
    more_lines: usize,
    /// How many loops are open where the row is.
    loops: usize,
    /// A cell is repeated by a loop.
    repeats: bool,
    cell: CellSoFar,
}

#[derive(Default)]
struct CellSoFar {
    has_text: bool,
    has_image: bool,
    characters: usize,
    lines: usize,
    paragraphs: usize,
    /// A line or a paragraph ended since the last text.
    line_ended: bool,
    paragraph_ended: bool,
    blocks: bool,
}

/// A cell with more bytes of text than this, or more ends of paragraphs within, is no cell of a data table.
const LONG_CELL: usize = 200;
const SHORT_CELL: usize = 3;

impl Survey {
    fn start(&mut self, document: &Document, tags: &Tags<'_, '_>, event: usize, open: &Open) {
        match open.element {
            Element::Table => self.open.push(Level::Table { has_text: false }),
            Element::Row => {
                if matches!(self.open.last(), Some(Level::Row(_))) {
                    self.pop();
                }
                self.open.push(Level::Row(RowSoFar {
                    event,
                    loops: tags.loops(open.tags().start),
                    ..RowSoFar::default()
                }));
            }
            Element::Cell => {
                if let Some(Level::Row(row)) = self.open.last_mut() {
                    row.end_cell();
                    row.repeats |= tags.loops(open.tags().start) > row.loops;
                }
            }
            Element::Image => {
                let attributes = document.attributes(open);
                if let Some(alt) = attributes.and_then(|a| a.alt.as_ref())
                    && !attributes.is_some_and(|a| a.pixel)
                {
                    let alt = document.strings.get(alt.text.clone()).unwrap_or_default();
                    self.text(document, tags, alt);
                }
                if let Some(Level::Row(row)) = self.open.last_mut() {
                    row.cell.has_image = true;
                }
            }
            Element::Bullets | Element::Numbers => {
                self.lists.push((event, tags.depth(open.tags().start)));
                self.block();
            }
            Element::Item => {
                if let Some(&(list, depth)) = self.lists.last()
                    && tags.depth(open.tags().start) != depth
                    && let Some(uncounted) = self.shape.uncounted.get_mut(list)
                {
                    *uncounted = true;
                }
            }
            element => self.boundary(element),
        }
    }

    fn end(&mut self, element: Element) {
        match element {
            Element::Table => {
                while matches!(self.open.last(), Some(Level::Row(_))) {
                    self.pop();
                }
                self.pop();
            }
            Element::Row => {
                if matches!(self.open.last(), Some(Level::Row(_))) {
                    self.pop();
                }
            }
            Element::Cell => {
                if let Some(Level::Row(row)) = self.open.last_mut() {
                    row.end_cell();
                }
            }
            Element::Bullets | Element::Numbers => {
                self.lists.pop();
            }
            element => self.boundary(element),
        }
    }

    fn text(&mut self, document: &Document, tags: &Tags<'_, '_>, text: &str) {
        let Some(level) = self.open.last_mut() else {
            return;
        };
        let mut characters = 0;
        let mut printed = false;
        for piece in document.pieces(text) {
            match piece {
                Piece::Text(text) => {
                    characters += text.len();
                    printed |= !text.chars().all(char::is_whitespace);
                }
                Piece::Tag(tag) => printed |= tags.role(tag) == Role::Print,
            }
        }
        if !printed {
            return;
        }
        match level {
            Level::Table { has_text } => *has_text = true,
            Level::Row(row) => row.cell.text(characters),
        }
    }

    /// The start or end of an element that does not lie in a line with others.
    fn boundary(&mut self, element: Element) {
        let Some(Level::Row(row)) = self.open.last_mut() else {
            return;
        };
        let cell = &mut row.cell;
        match element {
            Element::Line | Element::Break => cell.line_ended = cell.has_text,
            Element::Paragraph => {
                cell.line_ended = cell.has_text;
                cell.paragraph_ended = cell.has_text;
            }
            Element::Block | Element::Heading | Element::Preformatted | Element::Rule => {
                cell.blocks = true;
            }
            _ => {}
        }
    }

    fn block(&mut self) {
        if let Some(Level::Row(row)) = self.open.last_mut() {
            row.cell.blocks = true;
        }
    }

    fn pop(&mut self) {
        if let Some(level) = self.open.pop() {
            self.finish(level);
        }
    }

    /// Decides on a row; tells the cell around it what it holds.
    fn finish(&mut self, level: Level) {
        let has_text = match level {
            Level::Table { has_text } => has_text,
            Level::Row(mut row) => {
                row.end_cell();
                if let Some(kind) = self.shape.rows.get_mut(row.event) {
                    *kind = row.kind();
                }
                row.filled > 0
            }
        };
        if has_text {
            match self.open.last_mut() {
                Some(Level::Table { has_text }) => *has_text = true,
                Some(Level::Row(row)) => {
                    row.cell.has_text = true;
                    row.cell.blocks = true;
                }
                None => {}
            }
        }
    }
}

impl RowSoFar {
    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        self.shown += usize::from(cell.has_text || cell.has_image);
        if cell.has_text {
            self.filled += 1;
            self.blocks |=
                cell.blocks || cell.paragraphs > SHORT_CELL || cell.characters > LONG_CELL;
            self.two_lines += usize::from(cell.lines == 1);
            self.more_lines += usize::from(cell.lines > 1);
        }
    }

    fn kind(&self) -> Row {
        if self.blocks || (self.shown < 2 && !self.repeats) {
            return Row::Blocks;
        }
        match (self.more_lines, self.two_lines) {
            _ if self.filled < 2 && !self.repeats => Row::Groups,
            (0, 0 | 1) => Row::Data,
            (1, 0) => Row::Lines,
            _ => Row::Groups,
        }
    }
}

impl CellSoFar {
    fn text(&mut self, characters: usize) {
        self.lines += usize::from(self.line_ended);
        self.paragraphs += usize::from(self.paragraph_ended);
        self.line_ended = false;
        self.paragraph_ended = false;
        self.has_text = true;
        self.characters += characters;
    }
}
