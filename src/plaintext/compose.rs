//! Events of a document into contents and the separators between them.

use std::ops::Range;

use super::characters::collapse;
use super::control::{Role, Tags};
use super::document::{Attributes, Document, Element, Event, Open, Piece, Value};
use super::links::{Link, Written};
use super::shape::{Row, Shape, dropped_tags, dropped_until};
use super::spacing::Level;

/// One step of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// What is here at least between the contents on either side.
    Apart(Level),
    /// Characters of [`Composition::text`].
    Text(Range<usize>),
    /// Characters at which an item begins: nothing needs to part them from what follows.
    Marker(Range<usize>),
    /// The item that a marker began ends, with content or without.
    EndItem,
    /// A tag that prints, or one in an address.
    Print(usize),
    /// The tag of the address that a link tag wraps: `{% unsubscribe_link %}` for `{% unsubscribe %}`.
    AddressOf(usize),
    /// A tag that opens, divides or closes a block.
    Control(usize),
    /// A tag that prints nothing.
    Silent(usize),
    /// Taken back.
    Nothing,
}

/// A text that is not spaced yet.
#[derive(Debug, Default)]
pub(super) struct Composition {
    pub(super) text: String,
    pub(super) steps: Vec<Step>,
}

/// Writes a document down.
pub(super) fn compose(document: &Document, tags: &Tags<'_, '_>, shape: &Shape) -> Composition {
    let mut composer = Composer {
        document,
        tags,
        shape,
        out: Composition::default(),
        count: Count::default(),
        breaks: false,
        preformatted: 0,
        scopes: Vec::new(),
        lists: Vec::new(),
        marker: None,
        blocks: 0,
        links: Vec::new(),
        last_link: None,
        last_image: None,
    };
    let mut number = 0;
    while let Some(event) = document.events.get(number) {
        number = match event {
            Event::Open(open) => composer.open(number, open),
            Event::Close { element, .. } => {
                composer.close(*element);
                number
            }
            Event::Text(range) => {
                composer.text(document.text(range));
                number
            }
            Event::Aside(range) => {
                composer.aside(range.start as usize..range.end as usize);
                number
            }
        } + 1;
    }
    composer.end_links();
    composer.out
}

pub(super) struct Composer<'a> {
    pub(super) document: &'a Document,
    pub(super) tags: &'a Tags<'a, 'a>,
    shape: &'a Shape,
    pub(super) out: Composition,
    pub(super) count: Count,
    /// The last thing written was a `<br>`.
    breaks: bool,
    /// How many `<pre>` are open.
    preformatted: usize,
    /// Tables and rows that are open.
    scopes: Vec<Scope>,
    lists: Vec<List>,
    /// What the next content of an item begins with.
    marker: Option<String>,
    /// How many blocks of the template language are open.
    pub(super) blocks: i64,
    pub(super) links: Vec<Link<'a>>,
    pub(super) last_link: Option<Written<'a>>,
    last_image: Option<(Count, Step)>,
}

/// How much has been written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    /// Texts and printing tags.
    pub(super) contents: usize,
    /// Of these, from the `alt` of images.
    pub(super) images: usize,
    /// Tags that do not print.
    pub(super) controls: usize,
}

struct Scope {
    is_row: bool,
    lay: Row,
}

struct List {
    /// The number of the next item, if they have numbers.
    next: Option<i64>,
}

impl<'a> Composer<'a> {
    /// Writes what starts; gives the last event that is done with it.
    fn open(&mut self, event: usize, open: &'a Open) -> usize {
        if let Some(end) = dropped_until(self.document, self.tags, open) {
            self.aside(dropped_tags(self.document, open, end));
            return end;
        }
        let attributes = self.document.attributes(open);
        self.attribute_tags(open, attributes);
        if open.element.is_void() && attributes.is_some_and(|a| a.hidden) {
            return event;
        }
        match open.element {
            Element::Inline | Element::Void => {}
            Element::Dropped => {}
            Element::Raw => {
                // It never ends: what the tokenizer took for its text is all that is left of the document.
                if let Some(Event::Text(range)) = self.document.events.get(event + 1) {
                    let pieces = self.document.pieces(self.document.text(range));
                    let tags = pieces.filter_map(|piece| match piece {
                        Piece::Tag(tag) => Some(tag),
                        Piece::Text(_) => None,
                    });
                    let (first, last) = (tags.clone().next(), tags.last());
                    if let Some((first, last)) = first.zip(last) {
                        self.aside(first..last + 1);
                    }
                    return event + 1;
                }
            }
            Element::Line => self.apart(Level::Line),
            Element::Block | Element::Heading => self.apart(Level::Blank),
            Element::Paragraph => {
                self.paragraph();
                if attributes.is_some_and(|a| a.ruled) && self.is_empty(event, open) {
                    self.apart(Level::Rule);
                }
            }
            Element::Rule => self.apart(Level::Rule),
            Element::Preformatted => {
                self.preformatted += 1;
                self.apart(Level::Blank);
            }
            Element::Bullets | Element::Numbers => {
                self.list_boundary();
                let numbers = open.element == Element::Numbers && self.shape.counted(event);
                let first = attributes.and_then(|a| a.start).unwrap_or(1);
                self.lists.push(List {
                    next: numbers.then_some(first),
                });
            }
            Element::Item => self.item(),
            Element::Table => self.table(attributes.is_some_and(|a| a.inline_table)),
            Element::Row => self.row(event),
            Element::Cell => self.cell(),
            Element::Link => {
                self.end_links();
                self.link(attributes.and_then(|a| a.href.as_ref()));
            }
            Element::Image => self.image(attributes),
            Element::Area => {
                self.apart(Level::Line);
                self.end_links();
                self.link(attributes.and_then(|a| a.href.as_ref()));
                self.image(attributes);
                self.end_links();
                self.apart(Level::Line);
            }
            Element::Break => self.line_break(),
        }
        event
    }

    fn close(&mut self, element: Element) {
        match element {
            Element::Inline | Element::Dropped | Element::Raw | Element::Void => {}
            Element::Image | Element::Area | Element::Break | Element::Rule => {}
            Element::Line => self.apart(Level::Line),
            Element::Block | Element::Heading => self.apart(Level::Blank),
            Element::Paragraph => self.paragraph(),
            Element::Preformatted => {
                self.preformatted = self.preformatted.saturating_sub(1);
                self.apart(Level::Blank);
            }
            Element::Bullets | Element::Numbers => {
                self.end_item();
                self.lists.pop();
                self.list_boundary();
            }
            Element::Item => {
                self.end_item();
                self.apart(Level::Line);
            }
            Element::Table => self.end_table(),
            Element::Row => self.end_row(),
            Element::Cell => self.cell(),
            Element::Link => self.end_link(),
        }
    }

    // Separators

    /// Parts what stands before from what follows, as far as a table or row around it allows.
    pub(super) fn apart(&mut self, level: Level) {
        if self.marker.is_some() {
            // An item has only begun.
            return;
        }
        let level = match self.scopes.last().map(|scope| scope.lay) {
            Some(Row::Data) => level.min(Level::Cell),
            Some(Row::Lines | Row::Groups) => level.min(Level::Line),
            Some(Row::Blocks) | None => level,
        };
        self.part(level);
    }

    fn part(&mut self, level: Level) {
        match self.out.steps.last_mut() {
            Some(Step::Apart(last)) => *last = level.max(*last),
            _ => self.out.steps.push(Step::Apart(level)),
        }
        if level > Level::Space {
            self.breaks = false;
        }
    }

    /// A second `<br>` in a row leaves a line empty.
    fn line_break(&mut self) {
        let again = self.breaks;
        self.apart(if again { Level::Blank } else { Level::Line });
        self.breaks = true;
    }

    /// Items stand close together, also if each is a paragraph.
    fn paragraph(&mut self) {
        self.apart(if self.lists.is_empty() {
            Level::Blank
        } else {
            Level::Line
        });
    }

    fn list_boundary(&mut self) {
        self.apart(if self.lists.is_empty() {
            Level::Blank
        } else {
            Level::Line
        });
    }

    /// Whether nothing stands in an element.
    fn is_empty(&self, event: usize, open: &Open) -> bool {
        let inside = event + 1..open.end().unwrap_or(event);
        inside.len() < 4
            && inside
                .map(|at| &self.document.events[at])
                .all(|event| match event {
                    Event::Text(range) => {
                        let text = self.document.text(range);
                        text.chars().all(char::is_whitespace)
                    }
                    Event::Open(open) => open.element == Element::Inline,
                    Event::Close { .. } => true,
                    Event::Aside(_) => false,
                })
    }

    // Contents

    /// Something is written: what begins an item comes first.
    fn begin(&mut self) {
        self.breaks = false;
        if let Some(marker) = self.marker.take() {
            let from = self.out.text.len();
            self.out.text.push_str(&marker);
            self.out.steps.push(Step::Marker(from..self.out.text.len()));
        }
    }

    pub(super) fn content(&mut self, step: Step) {
        self.begin();
        if let Some((count, image)) = self.last_image.take()
            && count == self.count
            && self.same(&image, &step)
            && let Some(last) = self.out.steps.iter().rposition(|s| *s == image)
        {
            // An image that says what the text after it says.
            self.out.steps[last] = Step::Nothing;
        }
        self.out.steps.push(step);
        self.count.contents += 1;
    }

    pub(super) fn literal(&mut self, text: &str) {
        let from = self.out.text.len();
        self.out.text.push_str(text);
        self.content(Step::Text(from..self.out.text.len()));
    }

    fn text(&mut self, text: &str) {
        for piece in self.document.pieces(text) {
            match piece {
                Piece::Text(text) if self.preformatted > 0 => self.preformatted(text),
                Piece::Text(text) => {
                    let from = self.out.text.len();
                    let around = collapse(text, &mut self.out.text);
                    if around.before {
                        self.apart(Level::Space);
                    }
                    if self.out.text.len() > from {
                        self.content(Step::Text(from..self.out.text.len()));
                    }
                    if around.after {
                        self.apart(Level::Space);
                    }
                }
                Piece::Tag(tag) => self.tag(tag),
            }
        }
    }

    fn preformatted(&mut self, text: &str) {
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.line_break();
            }
            let line = line.trim_end();
            if !line.is_empty() {
                self.literal(line);
            }
        }
    }

    /// A tag in a text.
    fn tag(&mut self, tag: usize) {
        match self.tags.role(tag) {
            Role::Print => self.content(Step::Print(tag)),
            Role::Set | Role::Idle => {
                self.count.controls += 1;
                self.out.steps.push(Step::Silent(tag));
            }
            role => {
                self.begin();
                match role {
                    Role::Open(_) => self.blocks += 1,
                    Role::Middle => self.end_branch(),
                    _ => {
                        self.end_branch();
                        self.blocks -= 1;
                    }
                }
                self.count.controls += 1;
                self.out.steps.push(Step::Control(tag));
            }
        }
    }

    /// Tags that stand where no text is.
    fn aside(&mut self, tags: Range<usize>) {
        if !tags.is_empty() {
            for tag in self.tags.kept(tags) {
                self.tag(tag);
            }
        }
    }

    /// Tags in the attributes of a start tag, but for those in an address or a description.
    fn attribute_tags(&mut self, open: &Open, attributes: Option<&Attributes>) {
        let tags = open.tags();
        if tags.is_empty() {
            return;
        }
        let shown = |value: Option<&Value>| {
            value
                .filter(|value| self.tags.balanced(&value.tags))
                .map_or(0..0, |value| value.tags.clone())
        };
        let (href, alt) = match (open.element, attributes) {
            (Element::Link, Some(a)) => (shown(a.href.as_ref()), 0..0),
            (Element::Area, Some(a)) => (shown(a.href.as_ref()), shown(a.alt.as_ref())),
            (Element::Image, Some(a)) => (0..0, shown(a.alt.as_ref())),
            _ => (0..0, 0..0),
        };
        for tag in self.tags.kept(tags) {
            if !href.contains(&tag) && !alt.contains(&tag) {
                self.tag(tag);
            }
        }
    }

    /// What an image says.
    fn image(&mut self, attributes: Option<&'a Attributes>) {
        let Some(attributes) = attributes else { return };
        let Some(alt) = attributes.alt.as_ref().filter(|_| !attributes.pixel) else {
            return;
        };
        let text = self
            .document
            .strings
            .get(alt.text.clone())
            .unwrap_or_default();
        let says = |piece| match piece {
            Piece::Text(text) => text.contains(char::is_alphanumeric),
            Piece::Tag(tag) => self.tags.role(tag) == Role::Print,
        };
        if !self.tags.balanced(&alt.tags) || !self.document.pieces(text).any(says) {
            return;
        }
        let around = if attributes.block {
            Level::Line
        } else {
            Level::Space
        };
        self.apart(around);
        let before = self.count.contents;
        for piece in self.document.pieces(text) {
            match piece {
                Piece::Text(text) => {
                    let from = self.out.text.len();
                    let around = collapse(text, &mut self.out.text);
                    if around.before {
                        self.apart(Level::Space);
                    }
                    if self.out.text.len() > from {
                        self.content(Step::Text(from..self.out.text.len()));
                    }
                    if around.after {
                        self.apart(Level::Space);
                    }
                }
                // Branches here have no ends of lines: they need no care.
                Piece::Tag(tag) => self.content(Step::Print(tag)),
            }
        }
        let written = self.count.contents - before;
        self.count.images += written;
        if let (1, true, Some(step)) = (written, self.links.is_empty(), self.out.steps.last()) {
            self.last_image = Some((self.count, step.clone()));
        }
        self.apart(around);
    }

    // Lists

    fn end_item(&mut self) {
        self.marker = None;
        self.out.steps.push(Step::EndItem);
    }

    fn item(&mut self) {
        self.end_item();
        self.apart(Level::Line);
        let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(8));
        self.marker = Some(
            match self.lists.last_mut().and_then(|list| list.next.as_mut()) {
                Some(next) => {
                    let number = *next;
                    *next = next.saturating_add(1);
                    format!("{indent}{number}. ")
                }
                None => format!("{indent}- "),
            },
        );
    }

    // Tables

    fn lay(&self) -> Row {
        self.scopes.last().map_or(Row::Blocks, |scope| scope.lay)
    }

    fn table(&mut self, inline: bool) {
        let lay = match self.lay() {
            Row::Blocks if inline => Row::Lines,
            lay => lay,
        };
        self.apart(if inline { Level::Line } else { Level::Blank });
        self.scopes.push(Scope { is_row: false, lay });
    }

    fn end_table(&mut self) {
        while self.scopes.pop_if(|scope| scope.is_row).is_some() {}
        let Some(scope) = self.scopes.pop() else {
            self.apart(Level::Blank);
            return;
        };
        let inline = scope.lay == Row::Lines && self.lay() == Row::Blocks;
        self.apart(if inline { Level::Line } else { Level::Blank });
    }

    fn row(&mut self, event: usize) {
        self.end_row();
        let row = self.shape.row(event);
        self.apart(row.around());
        let lay = match self.lay() {
            Row::Blocks => row,
            lay => lay,
        };
        self.scopes.push(Scope { is_row: true, lay });
    }

    fn end_row(&mut self) {
        if let Some(scope) = self.scopes.pop_if(|scope| scope.is_row) {
            self.apart(scope.lay.around());
        }
    }

    fn cell(&mut self) {
        match self.lay() {
            Row::Groups if self.marker.is_none() => self.part(Level::Blank),
            _ => self.apart(Level::Blank),
        }
    }
}

impl Row {
    /// What parts such a row from others.
    fn around(self) -> Level {
        match self {
            Row::Data => Level::Line,
            Row::Blocks | Row::Groups | Row::Lines => Level::Blank,
        }
    }
}
