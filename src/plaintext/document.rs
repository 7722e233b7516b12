//! An HTML document as a list of events, in which each template tag is one opaque word.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Write;
use std::ops::Range;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use super::control::Tags;
use crate::language::{Token, TokenKind};

/// What an element is to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// No more than its content: `span`, `b`, `tbody`, anything unknown.
    Inline,
    /// Nothing in it is text: `head`.
    Dropped,
    /// Nothing in it is text, and it holds no elements: `style`.
    Raw,
    /// A line of its own: `div`.
    Line,
    /// A paragraph of its own: `blockquote`.
    Block,
    Paragraph,
    Heading,
    Preformatted,
    Bullets,
    Numbers,
    Item,
    Table,
    Row,
    Cell,
    Link,
    Image,
    /// A link in an image map.
    Area,
    Break,
    Rule,
    /// An element without content that prints nothing.
    Void,
}

impl Element {
    pub(super) fn named(name: &[u8]) -> Element {
        match name {
            b"head" | b"template" | b"svg" | b"math" | b"object" | b"select" | b"datalist" => {
                Element::Dropped
            }
            b"title" | b"style" | b"script" | b"noscript" | b"iframe" | b"noembed"
            | b"textarea" => Element::Raw,
            b"div" | b"section" | b"article" | b"header" | b"footer" | b"main" | b"nav"
            | b"aside" | b"center" | b"form" | b"caption" | b"figcaption" | b"address" | b"dt"
            | b"dd" | b"legend" | b"summary" => Element::Line,
            b"blockquote" | b"figure" | b"fieldset" | b"details" | b"dl" => Element::Block,
            b"p" => Element::Paragraph,
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => Element::Heading,
            b"pre" | b"listing" | b"xmp" | b"plaintext" => Element::Preformatted,
            b"ul" | b"menu" | b"dir" => Element::Bullets,
            b"ol" => Element::Numbers,
            b"li" => Element::Item,
            b"table" => Element::Table,
            b"tr" => Element::Row,
            b"td" | b"th" => Element::Cell,
            b"a" => Element::Link,
            b"img" => Element::Image,
            b"area" => Element::Area,
            b"br" => Element::Break,
            b"hr" => Element::Rule,
            b"meta" | b"link" | b"input" | b"col" | b"base" | b"source" | b"wbr" | b"embed"
            | b"track" | b"param" | b"basefont" | b"bgsound" | b"frame" => Element::Void,
            _ => Element::Inline,
        }
    }

    /// Whether it has no content, so that no end tag follows.
    pub(super) fn is_void(self) -> bool {
        matches!(
            self,
            Element::Image | Element::Area | Element::Break | Element::Rule | Element::Void
        )
    }
}

/// What happens in a document, one after another. Tags are meant by their ordinals.
#[derive(Debug)]
pub(super) enum Event {
    Open(Open),
    Close {
        element: Element,
        /// How many tags stand before it.
        tags_before: u32,
    },
    /// Characters of [`Document::strings`], entities decoded, tags as words.
    Text(Range<u32>),
    /// Tags that stand where there is no text: in comments.
    Aside(Range<u32>),
}

/// A start tag.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) element: Element,
    /// The template tags in it.
    tags: Range<u32>,
    /// The event that closes it.
    end: Option<u32>,
    /// The entry of [`Document::attributes`], if any attribute says something about the text.
    attributes: Option<u32>,
}

impl Open {
    pub(super) fn tags(&self) -> Range<usize> {
        self.tags.start as usize..self.tags.end as usize
    }

    /// The event that closes it, if one does.
    pub(super) fn end(&self) -> Option<usize> {
        self.end.map(|end| end as usize)
    }
}

/// The attributes of a start tag that say something about the text.
#[derive(Debug, Default, Clone)]
pub(super) struct Attributes {
    pub(super) href: Option<Value>,
    pub(super) alt: Option<Value>,
    /// The first number of a list.
    pub(super) start: Option<i64>,
    /// Hidden from everyone.
    pub(super) hidden: bool,
    /// Has a line above it: what MJML makes of a divider.
    pub(super) ruled: bool,
    /// Stands on its own line although its element does not.
    pub(super) block: bool,
    /// A table that stands in a line with others.
    pub(super) inline_table: bool,
    /// An image that is there to be fetched, not seen.
    pub(super) pixel: bool,
}

/// The value of an attribute.
#[derive(Debug, Clone)]
pub(super) struct Value {
    /// Its characters in [`Document::strings`].
    pub(super) text: Range<usize>,
    /// The tags in it.
    pub(super) tags: Range<usize>,
}

/// A piece of text in which tags are words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'d> {
    Text(&'d str),
    Tag(usize),
}

/// An HTML document.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) events: Vec<Event>,
    pub(super) attributes: Vec<Attributes>,
    pub(super) strings: String,
    /// The character at both ends of a word.
    mark: char,
    tags: usize,
}

impl Document {
    /// Reads tokens of HTML.
    pub(super) fn read(tokens: &[Token<'_>], tags: &Tags<'_, '_>) -> Document {
        let (html, mark) = hide(tokens, tags);
        let mut reader = Reader {
            document: Document {
                mark,
                tags: tags.len(),
                ..Document::default()
            },
            ..Reader::default()
        };
        let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| {
            reader.hear(event);
            None::<Infallible>
        });
        emitter.naively_switch_states(true);
        let Ok(()) = Tokenizer::new_with_emitter(&html, emitter).finish();
        reader.finish()
    }

    /// The attributes of a start tag, if it has any that matter.
    pub(super) fn attributes(&self, open: &Open) -> Option<&Attributes> {
        self.attributes.get(open.attributes? as usize)
    }

    /// The characters of a text.
    pub(super) fn text(&self, range: &Range<u32>) -> &str {
        self.strings
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    /// A tag as a word.
    pub(super) fn word(&self, tag: usize) -> String {
        format!("{0}{tag}{0}", self.mark)
    }

    /// Cuts a text of this document into characters and tags.
    pub(super) fn pieces<'d>(
        &self,
        text: &'d str,
    ) -> impl Iterator<Item = Piece<'d>> + Clone + use<'d> {
        let (mark, tags) = (self.mark, self.tags);
        // Text and words take turns, because words are closed by the same character that opens them.
        text.split(mark)
            .enumerate()
            .filter_map(move |(turn, piece)| {
                if turn % 2 == 0 {
                    (!piece.is_empty()).then_some(Piece::Text(piece))
                } else {
                    piece.parse().ok().filter(|&tag| tag < tags).map(Piece::Tag)
                }
            })
    }
}

/// The HTML with each tag as a word: its ordinal between two marks. The mark is a private-use character that the
/// HTML neither holds nor names by its number.
fn hide(tokens: &[Token<'_>], tags: &Tags<'_, '_>) -> (String, char) {
    let mut used = vec![false; LAST_MARK as usize - FIRST_MARK as usize + 1];
    let mut note = |c: char| {
        if let Some(used) = (c as usize)
            .checked_sub(FIRST_MARK as usize)
            .and_then(|at| used.get_mut(at))
        {
            *used = true;
        }
    };
    let texts = || {
        let plain = tokens
            .iter()
            .zip(0..)
            .filter(|(token, number)| token.kind == TokenKind::Text && !tags.is_commented(*number));
        plain.map(|(token, _)| &*token.text)
    };
    for text in texts() {
        // In UTF-8 they begin with one of two bytes.
        for at in memchr::memchr2_iter(0xee, 0xef, text.as_bytes()) {
            text.get(at..)
                .and_then(|rest| rest.chars().next())
                .map(&mut note);
        }
    }
    // A reference may stand in two texts, with a comment of the template language in between.
    let joined: String = texts().collect();
    for at in memchr::memmem::find_iter(joined.as_bytes(), "&#") {
        reference(&joined[at + 2..]).map(&mut note);
    }
    let mark = (FIRST_MARK..=LAST_MARK)
        .zip(used)
        .find_map(|(c, used)| (!used).then_some(c));
    let (mark, clean) = (mark.unwrap_or(FIRST_MARK), mark.is_some());
    let mut html = String::with_capacity(joined.len() + 8 * tags.len());
    for (number, token) in tokens.iter().enumerate() {
        if let Some(tag) = tags.ordinal(number) {
            // Writing to a String does not fail.
            let _ = write!(html, "{mark}{tag}{mark}");
        } else if token.kind == TokenKind::Text && !tags.is_commented(number) {
            if clean {
                html.push_str(&token.text);
            } else {
                html.push_str(&token.text.replace(mark, "\u{fffd}"));
            }
        }
    }
    (html, mark)
}

const FIRST_MARK: char = '\u{e000}';
const LAST_MARK: char = '\u{f8ff}';

/// The character that the digits of a numeric reference name.
fn reference(digits: &str) -> Option<char> {
    let (digits, radix) = match digits.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => (hexadecimal, 16),
        None => (digits, 10),
    };
    let number = digits
        .chars()
        .map_while(|c| c.to_digit(radix))
        .fold(0u32, |sum, digit| {
            sum.saturating_mul(radix).saturating_add(digit)
        });
    char::from_u32(number)
}

/// Listens to the tokenizer.
#[derive(Default)]
struct Reader {
    document: Document,
    /// A number for each element name, and for each the starts that wait for their ends.
    names: HashMap<Vec<u8>, Vec<usize>>,
    /// The tag that comes next.
    next: u32,
    /// The first tag that is in no event yet.
    loose: u32,
    start: Option<Start>,
    attribute: Attribute,
}

/// A start tag that is being read.
struct Start {
    name: Vec<u8>,
    tags_from: u32,
    attributes: Attributes,
    matters: bool,
    seen: Vec<Attribute>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    #[default]
    Other,
    Href,
    Alt,
    Style,
    Start,
    Width,
    Height,
}

impl Reader {
    fn hear(&mut self, event: CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                let tags_from = self.next;
                self.gather(tags_from);
                self.pass(&String::from_utf8_lossy(name));
                self.start = Some(Start {
                    name: name.to_vec(),
                    tags_from,
                    attributes: Attributes::default(),
                    matters: false,
                    seen: Vec::new(),
                });
            }
            CallbackEvent::AttributeName { name } => {
                self.pass(&String::from_utf8_lossy(name));
                self.attribute = match name {
                    b"href" => Attribute::Href,
                    b"alt" => Attribute::Alt,
                    b"style" => Attribute::Style,
                    b"start" => Attribute::Start,
                    b"width" => Attribute::Width,
                    b"height" => Attribute::Height,
                    _ => Attribute::Other,
                };
                if name == b"hidden"
                    && let Some(start) = &mut self.start
                {
                    start.attributes.hidden = true;
                    start.matters = true;
                }
            }
            CallbackEvent::AttributeValue { value } => {
                self.value(&String::from_utf8_lossy(value));
            }
            CallbackEvent::CloseStartTag { .. } => {
                if let Some(start) = self.start.take() {
                    self.opened(start);
                }
            }
            CallbackEvent::EndTag { name } => self.closed(name),
            CallbackEvent::String { value } => {
                let text = String::from_utf8_lossy(value);
                let before = self.next;
                let tags = self.pass(&text);
                if tags.is_empty() {
                    self.gather(before);
                } else {
                    self.gather(tags.start as u32);
                    self.loose = self.next;
                }
                let kept = self.keep(&text);
                self.document
                    .events
                    .push(Event::Text(kept.start as u32..kept.end as u32));
            }
            CallbackEvent::Comment { value } => {
                self.pass(&String::from_utf8_lossy(value));
                self.gather(self.next);
            }
            CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
    }

    /// Notes which tags a text holds.
    fn pass(&mut self, text: &str) -> Range<usize> {
        let mut found: Option<Range<usize>> = None;
        for piece in self.document.pieces(text) {
            if let Piece::Tag(tag) = piece {
                found = Some(found.map_or(tag, |f| f.start)..tag + 1);
            }
        }
        match found {
            Some(found) => {
                self.next = self.next.max(found.end as u32);
                found
            }
            None => self.next as usize..self.next as usize,
        }
    }

    /// The tags before `until` that are in no event become one.
    fn gather(&mut self, until: u32) {
        if self.loose < until {
            self.document.events.push(Event::Aside(self.loose..until));
            self.loose = until;
        }
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let from = self.document.strings.len();
        self.document.strings.push_str(text);
        from..self.document.strings.len()
    }

    fn value(&mut self, text: &str) {
        let tags = self.pass(text);
        let attribute = self.attribute;
        let Some(start) = &mut self.start else { return };
        if attribute == Attribute::Other || start.seen.contains(&attribute) {
            return;
        }
        start.seen.push(attribute);
        match attribute {
            Attribute::Href | Attribute::Alt => {
                let text = self.keep(text);
                if let Some(start) = &mut self.start {
                    let value = Some(Value { text, tags });
                    match attribute {
                        Attribute::Href => start.attributes.href = value,
                        _ => start.attributes.alt = value,
                    }
                    start.matters = true;
                }
            }
            // What a style says only sometimes is not known here; the text stays visible.
            Attribute::Style if tags.is_empty() => {
                start.matters |= style(text, &mut start.attributes);
            }
            Attribute::Start => {
                start.attributes.start = text.trim().parse().ok();
                start.matters = true;
            }
            Attribute::Width | Attribute::Height => {
                if matches!(text.trim().trim_end_matches("px"), "0" | "1") {
                    start.attributes.pixel = true;
                    start.matters = true;
                }
            }
            Attribute::Style | Attribute::Other => {}
        }
    }

    fn opened(&mut self, start: Start) {
        let element = Element::named(&start.name);
        let number = self.document.events.len();
        let attributes = start.matters.then(|| {
            self.document.attributes.push(start.attributes);
            self.document.attributes.len() as u32 - 1
        });
        self.document.events.push(Event::Open(Open {
            element,
            tags: start.tags_from..self.next,
            end: None,
            attributes,
        }));
        self.loose = self.next;
        if !element.is_void() {
            self.names.entry(start.name).or_default().push(number);
        }
    }

    fn closed(&mut self, name: &[u8]) {
        self.gather(self.next);
        let number = self.document.events.len() as u32;
        if let Some(opened) = self.names.get_mut(name).and_then(Vec::pop)
            && let Some(Event::Open(open)) = self.document.events.get_mut(opened)
        {
            open.end = Some(number);
        }
        // `</p>` and `</br>` without a start are an empty paragraph and a break; neither is text.
        self.document.events.push(Event::Close {
            element: Element::named(name),
            tags_before: self.next,
        });
    }

    fn finish(mut self) -> Document {
        self.next = self.document.tags as u32;
        self.gather(self.next);
        self.document
    }
}

/// What an inline style says about the text; false if nothing.
fn style(style: &str, attributes: &mut Attributes) -> bool {
    let (mut clipped, mut flat, mut matters) = (false, false, false);
    for declaration in style.split(';') {
        let Some((name, value)) = declaration.split_once(':') else {
            continue;
        };
        let value = value.trim().to_ascii_lowercase();
        let value = value.trim_end_matches("!important").trim_end();
        let said = match name.trim().to_ascii_lowercase().as_str() {
            "display" => match value {
                "none" => &mut attributes.hidden,
                "block" => &mut attributes.block,
                "inline-table" => &mut attributes.inline_table,
                _ => continue,
            },
            "visibility" if value == "hidden" => &mut attributes.hidden,
            "overflow" if value == "hidden" => &mut clipped,
            "max-height" if matches!(value, "0" | "0px") => &mut flat,
            "border-top" if !value.starts_with('0') && value != "none" => &mut attributes.ruled,
            _ => continue,
        };
        *said = true;
        matters = true;
    }
    attributes.hidden |= clipped && flat;
    matters
}
