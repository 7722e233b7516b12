//! Tokens into the pieces of MJML: opening and closing tags, comments, the content of ending tags.
//!
//! It forgives what htmlparser2 forgives, since that is what mjml reads with: attributes without quotes or without
//! space between them, capitals, stray ends. A template tag counts as one letter wherever it stands, so the quotes
//! in `href="{{ url|default:"/" }}"` end nothing.

use memchr::memmem;

use super::elements;
use super::tree::ATTRIBUTES;
use crate::language::{Span, Token};

/// A place between two letters of a token stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub token: usize,
    /// Bytes into a text; 0 before any other token.
    pub byte: usize,
}

/// A piece, and where it stands.
#[derive(Debug)]
pub(super) struct Piece<'s> {
    pub what: What<'s>,
    pub start: Place,
    pub end: Place,
}

#[derive(Debug)]
pub(super) enum What<'s> {
    /// `<name …>`
    Open(Open<'s>),
    /// `</name>`
    Close(String),
    /// What stands in an ending tag; follows its `Open`.
    Content {
        /// Whether there is a closing tag.
        closed: bool,
    },
    /// Text that is not blank, where only elements belong.
    Text,
    /// The number of a template tag that stands where only elements belong.
    Tag(usize),
    /// `<!-- … -->`
    Comment,
}

/// An opening tag.
#[derive(Debug)]
pub(super) struct Open<'s> {
    /// In small letters.
    pub name: String,
    pub attributes: Vec<RawAttribute<'s>>,
    /// `<name … />`
    pub self_closing: bool,
    /// Numbers of the template tags that stand in it, outside of attribute values.
    pub tags: Vec<usize>,
    /// False at the end of the file.
    pub complete: bool,
}

/// An attribute as it is written.
#[derive(Debug, Clone)]
pub(super) struct RawAttribute<'s> {
    pub name: String,
    pub value: Vec<Token<'s>>,
    pub span: Span,
}

impl<'s> Open<'s> {
    /// The value of an attribute, if it is a text without template tags.
    pub fn literal(&self, name: &str) -> Option<String> {
        let found = self.attributes.iter().find(|a| a.name == name)?;
        found
            .value
            .iter()
            .all(|token| !token.is_markup())
            .then(|| found.value.iter().map(|token| &*token.text).collect())
    }
}

/// What comes next.
enum Next {
    Byte(u8),
    Markup(usize),
    End,
}

pub(super) struct Scanner<'t, 's> {
    tokens: &'t [Token<'s>],
    at: Place,
    /// The ending tag whose content comes next.
    inside: Option<String>,
    /// Nothing ends a comment from here on: looked for once, not once for every `<!--`.
    no_comment_end: bool,
    /// The same for `{% endcomment %}`.
    no_endcomment: bool,
    /// Ending tags are not balanced to the end of the file: each ends at the first closing tag of its name.
    unbalanced: bool,
}

impl<'t, 's> Scanner<'t, 's> {
    pub fn new(tokens: &'t [Token<'s>]) -> Scanner<'t, 's> {
        Scanner {
            tokens,
            at: Place { token: 0, byte: 0 },
            inside: None,
            no_comment_end: false,
            no_endcomment: false,
            unbalanced: false,
        }
    }

    /// The next piece.
    pub fn next(&mut self) -> Option<Piece<'s>> {
        if let Some(name) = self.inside.take() {
            return Some(self.content(&name));
        }
        loop {
            match self.peek() {
                Next::End => return None,
                Next::Markup(number) => {
                    let start = self.at;
                    self.bump();
                    let token = &self.tokens[number];
                    if token.kind == crate::language::TokenKind::Comment {
                        continue;
                    }
                    if token.tag_name() == "comment" && self.skip_comment_block(number) {
                        continue;
                    }
                    return Some(self.piece(What::Tag(number), start));
                }
                Next::Byte(b'<') => {
                    if let Some(piece) = self.markup() {
                        return Some(piece);
                    }
                }
                Next::Byte(_) => {
                    if let Some(piece) = self.text() {
                        return Some(piece);
                    }
                }
            }
        }
    }

    /// The tokens between two places.
    pub fn slice(&self, from: Place, to: Place) -> Vec<Token<'s>> {
        slice(self.tokens, from, to)
    }

    /// The span between two places.
    pub fn span(&self, from: Place, to: Place) -> Span {
        let span_at = |place: Place| match self.tokens.get(place.token) {
            Some(token) if token.is_markup() => Span {
                end: token.span.start,
                ..token.span
            },
            Some(token) => token.span.part(place.byte, place.byte),
            None => self.tokens.last().map_or(Span::default(), |token| Span {
                start: token.span.end,
                ..token.span
            }),
        };
        let (start, mut end) = (span_at(from), span_at(to));
        // A piece that ends where a token ends: its own token's end, which may be in another file than the next.
        if to.byte == 0 && to.token > from.token {
            let last = self.tokens[to.token - 1].span;
            end = Span {
                start: last.end,
                ..last
            };
        }
        if start.file == end.file && start.start <= end.start {
            start.to(Span {
                end: end.start,
                ..end
            })
        } else {
            start
        }
    }

    fn piece(&self, what: What<'s>, start: Place) -> Piece<'s> {
        Piece {
            what,
            start,
            end: self.at,
        }
    }

    fn peek(&mut self) -> Next {
        loop {
            let Some(token) = self.tokens.get(self.at.token) else {
                return Next::End;
            };
            if token.is_markup() {
                return Next::Markup(self.at.token);
            }
            match token.text.as_bytes().get(self.at.byte) {
                Some(byte) => return Next::Byte(*byte),
                None => {
                    self.at = Place {
                        token: self.at.token + 1,
                        byte: 0,
                    }
                }
            }
        }
    }

    fn bump(&mut self) {
        match self.peek() {
            Next::Byte(_) => self.at.byte += 1,
            Next::Markup(number) => {
                self.at = Place {
                    token: number + 1,
                    byte: 0,
                }
            }
            Next::End => {}
        }
    }

    /// What is left of the text that stands here.
    fn rest(&self) -> &'t str {
        match self.tokens.get(self.at.token) {
            Some(token) if !token.is_markup() => &token.text[self.at.byte..],
            _ => "",
        }
    }

    /// The first `needle` in the text tokens from here on.
    fn find(&self, needle: &str) -> Option<Place> {
        let finder = memmem::Finder::new(needle);
        let mut byte = self.at.byte;
        for (number, token) in self.tokens.iter().enumerate().skip(self.at.token) {
            if !token.is_markup()
                && let Some(found) = finder.find(&token.text.as_bytes()[byte..])
            {
                return Some(Place {
                    token: number,
                    byte: byte + found,
                });
            }
            byte = 0;
        }
        None
    }

    /// Goes behind the `{% endcomment %}` of the `{% comment %}` at `number`, if there is one.
    fn skip_comment_block(&mut self, number: usize) -> bool {
        if self.no_endcomment {
            return false;
        }
        let closing = self.tokens[number + 1..]
            .iter()
            .position(|token| token.tag_name() == "endcomment");
        self.no_endcomment = closing.is_none();
        if let Some(closing) = closing {
            self.at = Place {
                token: number + 1 + closing + 1,
                byte: 0,
            };
        }
        closing.is_some()
    }

    /// Text up to the next `<` or template tag; `None` if it is blank.
    fn text(&mut self) -> Option<Piece<'s>> {
        let start = self.at;
        let rest = self.rest();
        let length = memchr::memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        self.at.byte += length;
        let blank = rest[..length].trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        (!blank.is_empty()).then(|| self.piece(What::Text, start))
    }

    /// What starts with `<`.
    fn markup(&mut self) -> Option<Piece<'s>> {
        let start = self.at;
        let rest = self.rest();
        if rest.starts_with("<!--") {
            self.comment();
            return Some(self.piece(What::Comment, start));
        }
        if rest.starts_with("<![CDATA[") {
            self.skip_past("]]>");
            return Some(self.piece(What::Text, start));
        }
        if rest.starts_with("<!") || rest.starts_with("<?") {
            self.skip_past(">");
            return None;
        }
        if let Some(name) = rest.strip_prefix("</") {
            let name = name_of(name);
            self.skip_past(">");
            return Some(self.piece(What::Close(name.to_ascii_lowercase()), start));
        }
        if !rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.at.byte += 1;
            return Some(self.piece(What::Text, start));
        }
        let open = self.open();
        if open.complete
            && !open.self_closing
            && elements::kind(&open.name).is_some_and(|kind| kind.ending)
        {
            self.inside = Some(open.name.clone());
        }
        Some(self.piece(What::Open(open), start))
    }

    /// Goes behind the comment that starts here; to the end of the file if nothing ends it.
    fn comment(&mut self) -> bool {
        self.at.byte += "<!--".len();
        let end = match self.no_comment_end {
            true => None,
            false => self.find("-->"),
        };
        match end {
            Some(end) => {
                self.at = Place {
                    byte: end.byte + "-->".len(),
                    ..end
                };
                true
            }
            None => {
                self.no_comment_end = true;
                self.skip_all();
                false
            }
        }
    }

    fn skip_past(&mut self, closing: &str) {
        match self.find(closing) {
            Some(end) => {
                self.at = Place {
                    byte: end.byte + closing.len(),
                    ..end
                }
            }
            None => self.skip_all(),
        }
    }

    fn skip_all(&mut self) {
        self.at = Place {
            token: self.tokens.len(),
            byte: 0,
        };
    }

    /// An opening tag; stands at its `<`.
    fn open(&mut self) -> Open<'s> {
        self.at.byte += 1;
        let name = name_of(self.rest());
        self.at.byte += name.len();
        let mut open = Open {
            name: name.to_ascii_lowercase(),
            attributes: Vec::new(),
            self_closing: false,
            tags: Vec::new(),
            complete: true,
        };
        loop {
            match self.peek() {
                Next::End => {
                    open.complete = false;
                    return open;
                }
                Next::Markup(number) => {
                    open.tags.push(number);
                    self.bump();
                }
                Next::Byte(b'>') => {
                    self.bump();
                    return open;
                }
                Next::Byte(b'/') => {
                    self.bump();
                    if matches!(self.peek(), Next::Byte(b'>')) {
                        open.self_closing = true;
                    }
                }
                Next::Byte(b) if b.is_ascii_whitespace() => self.bump(),
                Next::Byte(_) => match self.attribute() {
                    Some(attribute) if open.attributes.len() < ATTRIBUTES => {
                        open.attributes.push(attribute);
                    }
                    Some(_) => {}
                    None => open.complete = false,
                },
            }
        }
    }

    /// An attribute; `None` if its value has no end.
    fn attribute(&mut self) -> Option<RawAttribute<'s>> {
        let start = self.at;
        let rest = self.rest();
        let length = rest
            .bytes()
            .skip(1)
            .position(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'>' | b'/'))
            .map_or(rest.len(), |length| length + 1);
        let name = &rest[..length];
        self.at.byte += length;
        let after_name = self.at;
        self.skip_space();
        let mut value = Vec::new();
        if matches!(self.peek(), Next::Byte(b'=')) {
            self.bump();
            self.skip_space();
            let quote = match self.peek() {
                Next::Byte(quote @ (b'"' | b'\'')) => Some(quote),
                _ => None,
            };
            if quote.is_some() {
                self.bump();
            }
            let from = self.at;
            loop {
                match (self.peek(), quote) {
                    (Next::End, Some(_)) => {
                        self.skip_all();
                        return None;
                    }
                    (Next::End, None) => break,
                    (Next::Byte(b), Some(quote)) if b == quote => break,
                    (Next::Byte(b), None) if b.is_ascii_whitespace() || b == b'>' => break,
                    _ => self.bump(),
                }
            }
            value = self.slice(from, self.at);
            if quote.is_some() {
                self.bump();
            }
        } else {
            self.at = after_name;
        }
        Some(RawAttribute {
            name: name.to_owned(),
            value,
            span: self.span(start, self.at),
        })
    }

    fn skip_space(&mut self) {
        while let Next::Byte(b) = self.peek() {
            if !b.is_ascii_whitespace() {
                break;
            }
            self.at.byte += 1;
        }
    }

    /// The content of an ending tag: up to the closing tag that matches, past ending tags that stand in it.
    fn content(&mut self, name: &str) -> Piece<'s> {
        let start = self.at;
        let mut depth = 1usize;
        while let (false, Some(place)) = (self.unbalanced, self.find("<")) {
            self.at = place;
            let rest = self.rest();
            if rest.starts_with("<!--") {
                let from = self.at;
                if !self.comment() {
                    self.at = Place {
                        byte: from.byte + 1,
                        ..from
                    };
                }
            } else if let Some(closing) = rest.strip_prefix("</") {
                let closing = name_of(closing);
                if ends(closing) {
                    depth -= 1;
                    if depth == 0 {
                        return self.piece(What::Content { closed: true }, start);
                    }
                }
                self.at.byte += 2;
            } else if rest[1..]
                .get(..3)
                .is_some_and(|p| p.eq_ignore_ascii_case("mj-"))
                && ends(name_of(&rest[1..]))
            {
                let open = self.open();
                if !open.self_closing && open.complete {
                    depth += 1;
                }
            } else {
                self.at.byte += 1;
            }
        }
        // No end: if some other ending tag swallowed it, the first closing tag of this name will do.
        self.unbalanced = true;
        self.at = start;
        let closing = ["</", name].concat();
        match self.find(&closing) {
            Some(place) => {
                self.at = place;
                self.piece(What::Content { closed: true }, start)
            }
            None => {
                self.skip_all();
                self.piece(What::Content { closed: false }, start)
            }
        }
    }
}

/// The tokens between two places.
pub(super) fn slice<'s>(tokens: &[Token<'s>], from: Place, to: Place) -> Vec<Token<'s>> {
    let mut slice = Vec::new();
    let mut at = from;
    while at < to && at.token < tokens.len() {
        let token = &tokens[at.token];
        if token.is_markup() {
            slice.push(token.clone());
        } else {
            let end = if at.token == to.token {
                to.byte
            } else {
                token.text.len()
            };
            if at.byte < end {
                slice.push(Token {
                    kind: token.kind,
                    text: cut(token, at.byte, end),
                    span: token.span.part(at.byte, end),
                });
            }
        }
        at = Place {
            token: at.token + 1,
            byte: 0,
        };
    }
    slice
}

fn cut<'s>(token: &Token<'s>, from: usize, to: usize) -> std::borrow::Cow<'s, str> {
    use std::borrow::Cow;
    match &token.text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[from..to]),
        Cow::Owned(text) => Cow::Owned(text[from..to].to_owned()),
    }
}

/// The element name at the start of a text.
fn name_of(text: &str) -> &str {
    let length = text
        .bytes()
        .position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/' | b'<'))
        .unwrap_or(text.len());
    &text[..length]
}

/// Whether this is the name of an ending tag.
fn ends(name: &str) -> bool {
    name.get(..3).is_some_and(|p| p.eq_ignore_ascii_case("mj-"))
        && elements::kind(&name.to_ascii_lowercase()).is_some_and(|kind| kind.ending)
}
