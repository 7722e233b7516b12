//! Pieces into a tree of elements, with everything that is not MJML behind words.

use super::elements::{self, ELEMENTS, Kind, is_void};
use super::include::is_control;
use super::products;
use super::report::{Report, did_you_mean};
use super::scan::{Open, Place, RawAttribute, Scanner, What};
use super::validate;
use super::words::{Number, Words};
use crate::language::{Span, Token, TokenKind};

/// How deep elements may be nested. A useful email has seven levels; the compiler below us recurses.
const DEPTH: usize = 100;

/// How many elements, comments and tags between them a document may have.
const NODES: usize = 20_000;
/// How many attributes of an element are looked at; none has fifty.
pub(super) const ATTRIBUTES: usize = 500;
/// How many attributes the elements of a document may have, all together.
const ALL_ATTRIBUTES: usize = 200_000;

/// An element.
#[derive(Debug)]
pub(super) struct Element {
    pub kind: &'static Kind,
    /// Its opening tag.
    pub span: Span,
    pub attributes: Vec<Attribute>,
    pub children: Vec<Child>,
    /// What an ending tag holds, without the blanks at its edges.
    pub content: Option<Number>,
}

/// An attribute; template tags and odd letters of its value are words.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub name: String,
    pub value: String,
    pub span: Span,
}

#[derive(Debug)]
pub(super) enum Child {
    Element(Element),
    Raw(Raw),
}

/// Something that goes to the HTML as it is: an `mj-raw`, a comment, a template tag between components.
#[derive(Debug)]
pub(super) struct Raw {
    pub content: Number,
    pub span: Span,
    /// `position="file-start"`: belongs before the doctype.
    pub file_start: bool,
}

/// A document.
pub(super) struct Document<'s> {
    pub root: Element,
    /// Template tags that stand before and after `<mjml>`.
    pub before: Vec<Token<'s>>,
    pub after: Vec<Token<'s>>,
    /// Numbers of the tokens between components that print something, so that MJML would drop what they print.
    pub printing: Vec<usize>,
}

impl Element {
    pub fn name(&self) -> &'static str {
        self.kind.name
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self
            .attributes
            .iter()
            .find(|attribute| attribute.name == name);
        found.map(|attribute| &*attribute.value)
    }

    /// Its first child of this name: of two heads, or bodies, the first counts.
    pub fn first(&self, name: &str) -> Option<&Element> {
        self.elements().find(|element| element.name() == name)
    }

    /// Its children but the raw ones.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Child::Element(element) => Some(element),
            Child::Raw(_) => None,
        })
    }
}

/// Reads a document; `None` if there is none, which has been reported.
pub(super) fn read<'s>(
    tokens: &[Token<'s>],
    words: &mut Words<'s>,
    report: &mut Report<'_>,
) -> Option<Document<'s>> {
    let mut reader = Reader {
        tokens,
        words,
        report,
        open: Vec::new(),
        root: None,
        before: Vec::new(),
        after: Vec::new(),
        printing: Vec::new(),
        unknown: None,
        nodes: 0,
        attributes: 0,
        bare: false,
    };
    let mut scanner = Scanner::new(tokens);
    while let Some(piece) = scanner.next() {
        let span = scanner.span(piece.start, piece.end);
        reader.nodes += usize::from(!matches!(piece.what, What::Close(_) | What::Content { .. }));
        if reader.nodes > NODES {
            let title = format!("The document has more than {NODES} elements");
            reader
                .report
                .error("too-large", title, head_of(span), "one too many");
            return None;
        }
        let go_on = match piece.what {
            What::Open(open) => reader.open(open, span),
            What::Close(name) => reader.close(&name, span),
            What::Content { closed } => reader.content(&scanner, piece.start, piece.end, closed),
            What::Text => reader.text(span),
            What::Tag(number) => reader.tag(number),
            What::Comment => reader.comment(scanner.slice(piece.start, piece.end), span),
        };
        if !go_on || reader.report.is_full() {
            return None;
        }
    }
    reader.finish()
}

struct Reader<'r, 'a, 's> {
    tokens: &'r [Token<'s>],
    words: &'r mut Words<'s>,
    report: &'r mut Report<'a>,
    /// The elements that are open, outermost first.
    open: Vec<Element>,
    root: Option<Element>,
    before: Vec<Token<'s>>,
    after: Vec<Token<'s>>,
    printing: Vec<usize>,
    /// An element that does not exist: its name and how often it is open. What stands in it is read for errors.
    unknown: Option<(String, usize)>,
    nodes: usize,
    attributes: usize,
    /// A template tag between components has been reported.
    bare: bool,
}

impl<'s> Reader<'_, '_, 's> {
    fn open(&mut self, open: Open<'s>, span: Span) -> bool {
        if !open.complete {
            let title = format!("<{}> does not end", open.name);
            self.report.error(
                "unclosed-bracket",
                title,
                head_of(span),
                "this tag has no '>', or a quote in it is not closed",
            );
            return false;
        }
        if let Some(tag) = open.tags.first().filter(|_| open.name != "mj-include") {
            self.report.per_recipient(
                "a template tag stands between attributes",
                self.tokens[*tag].span,
                "which attributes this element has depends on this tag",
                "put the tag into the value of an attribute",
            );
        }
        if let Some((name, depth)) = &mut self.unknown
            && *name == open.name
            && !open.self_closing
        {
            *depth += 1;
        }
        let Some(kind) = elements::kind(&open.name) else {
            return self.unknown_element(&open, span);
        };
        self.attributes += open.attributes.len();
        if self.attributes > ALL_ATTRIBUTES {
            let title = format!("The elements have more than {ALL_ATTRIBUTES} attributes");
            self.report
                .error("too-large", title, head_of(span), "one too many")
                .help
                .push("set them once, in mj-attributes".to_owned());
            return false;
        }
        // An include that is left has been reported: it cannot be put in place before tags run.
        if self.unknown.is_some() || kind.name == "mj-include" {
            return true;
        }
        let element = Element {
            kind,
            span,
            attributes: self.attributes(open.attributes),
            children: Vec::new(),
            content: None,
        };
        match self.open.last() {
            None if kind.name != "mjml" => {
                self.malformed(span);
                return false;
            }
            None if self.root.is_some() => {
                self.second_root(span);
                return false;
            }
            None => {}
            Some(parent) => validate::parent(parent.kind, kind, head_of(span), self.report),
        }
        validate::attributes(&element, self.words, self.report);
        if self.open.len() >= DEPTH {
            let title = format!("Elements are nested more than {DEPTH} deep");
            self.report.error("too-deep", title, span, "too deep");
            return false;
        }
        if open.self_closing {
            self.attach(element);
        } else {
            self.open.push(element);
        }
        true
    }

    /// An element of another name than MJML's.
    fn unknown_element(&mut self, open: &Open<'s>, span: Span) -> bool {
        let html = !open.name.starts_with("mj");
        if self.unknown.is_some() && html {
            return true;
        }
        if self.open.is_empty() && self.root.is_none() {
            self.malformed(span);
            return false;
        }
        if open.tags.is_empty() {
            let title = format!("Element {} doesn't exist or is not registered", open.name);
            let known = ELEMENTS
                .iter()
                .map(|kind| kind.name)
                .chain([products::NAME]);
            let error = self.report.invalid(
                "unknown-element",
                title,
                head_of(span),
                "no such element: left out, with all that stands in it",
            );
            error.help.push(match did_you_mean(&open.name, known) {
                Some(help) => help,
                None if html => "HTML belongs into an mj-text, mj-table or mj-raw".to_owned(),
                None => "see the list of elements in MJML's documentation".to_owned(),
            });
        }
        if !open.self_closing && self.unknown.is_none() && !is_void(&open.name) {
            self.unknown = Some((open.name.clone(), 1));
        }
        true
    }

    fn malformed(&mut self, span: Span) {
        self.report
            .error(
                "malformed-mjml",
                "Malformed MJML. Check that your structure is correct and enclosed in <mjml> tags.",
                head_of(span),
                "stands outside of <mjml>",
            )
            .help
            .push("a document starts with <mjml><mj-body>".to_owned());
    }

    fn second_root(&mut self, span: Span) {
        if self.after.is_empty() {
            self.report.error(
                "two-documents",
                "There is a second <mjml>",
                span,
                "a file holds one document",
            );
        } else {
            self.report.per_recipient(
                "a template tag chooses between two documents",
                span,
                "a second <mjml>",
                "put the tag round the sections that differ",
            );
        }
    }

    fn close(&mut self, name: &str, span: Span) -> bool {
        if let Some((unknown, depth)) = &mut self.unknown {
            if unknown == name {
                *depth -= 1;
                if *depth == 0 {
                    self.unknown = None;
                }
                return true;
            }
            // The unknown element is not closed, but something round it is.
            if self.open.iter().any(|element| element.name() == name) {
                self.unknown = None;
            } else {
                return true;
            }
        }
        let Some(at) = self.open.iter().rposition(|element| element.name() == name) else {
            let title = format!("</{name}> closes nothing");
            self.report
                .finding("stray-close", title, span, "there is no such element open");
            return true;
        };
        while self.open.len() > at {
            let Some(element) = self.open.pop() else {
                break;
            };
            if self.open.len() > at {
                self.unclosed(&element);
            }
            self.attach(element);
        }
        true
    }

    fn unclosed(&mut self, element: &Element) {
        let title = format!("<{}> is not closed", element.name());
        self.report.finding(
            "unclosed-element",
            title,
            head_of(element.span),
            "ends where the element round it ends",
        );
    }

    fn attach(&mut self, element: Element) {
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(element);
            return;
        };
        parent.children.push(match element.name() {
            "mj-raw" => Child::Raw(Raw {
                content: element
                    .content
                    .unwrap_or_else(|| self.words.keep(Vec::new())),
                span: element.span,
                file_start: element.attribute("position") == Some("file-start"),
            }),
            _ => Child::Element(element),
        });
    }

    fn content(
        &mut self,
        scanner: &Scanner<'_, 's>,
        start: Place,
        end: Place,
        closed: bool,
    ) -> bool {
        if self.unknown.is_some() {
            return true;
        }
        let Some(element) = self.open.last_mut() else {
            return true;
        };
        if !closed {
            let title = format!("<{}> is not closed", element.name());
            let span = head_of(element.span);
            self.report
                .error(
                    "unclosed-element",
                    title,
                    span,
                    "takes everything up to the end of the file",
                )
                .help
                .push(format!(
                    "add </{}>",
                    self.open.last().map_or("", Element::name)
                ));
            return false;
        }
        element.content = Some(self.words.keep(trimmed(scanner.slice(start, end))));
        true
    }

    fn text(&mut self, span: Span) -> bool {
        if self.unknown.is_none() {
            let label = match self.open.last() {
                Some(_) => "MJML drops text that stands between components",
                None => "stands outside of <mjml>",
            };
            self.report
                .finding(
                    "stray-text",
                    "This text is not part of the email",
                    span,
                    label,
                )
                .help
                .push("put it into an mj-text".to_owned());
        }
        true
    }

    /// A template tag between components: as if it stood in an `mj-raw`.
    fn tag(&mut self, number: usize) -> bool {
        let token = &self.tokens[number];
        let Some(parent) = self.open.last_mut() else {
            match self.root {
                None => self.before.push(token.clone()),
                Some(_) => self.after.push(token.clone()),
            }
            return true;
        };
        if self.unknown.is_some() {
            return true;
        }
        if !is_control(token) && token.tag_name() != "include" {
            self.printing.push(number);
        }
        parent.children.push(Child::Raw(Raw {
            content: self.words.keep(vec![token.clone()]),
            span: token.span,
            file_start: false,
        }));
        if !self.bare {
            self.bare = true;
            self.report
                .finding(
                    "bare-tag",
                    "A template tag stands between components",
                    token.span,
                    "kept as if it stood in an mj-raw; MJML itself would drop it",
                )
                .help
                .push("nothing has to be done here; for other MJML tools, put such tags into <mj-raw>".to_owned());
        }
        true
    }

    fn comment(&mut self, tokens: Vec<Token<'s>>, span: Span) -> bool {
        if self.unknown.is_some() {
            return true;
        }
        if let Some(parent) = self.open.last_mut() {
            // In a place for settings there is no HTML that it could be written to.
            if !matches!(
                parent.name(),
                "mjml" | "mj-attributes" | "mj-class" | "mj-carousel"
            ) {
                parent.children.push(Child::Raw(Raw {
                    content: self.words.keep(tokens),
                    span,
                    file_start: false,
                }));
            }
        }
        true
    }

    /// The attributes of an element, of duplicates the first.
    fn attributes(&mut self, raw: Vec<RawAttribute<'s>>) -> Vec<Attribute> {
        let mut attributes: Vec<Attribute> = Vec::with_capacity(raw.len());
        for attribute in raw.into_iter().take(ATTRIBUTES) {
            if !attributes.iter().any(|known| known.name == attribute.name) {
                attributes.push(Attribute {
                    value: self.words.value(&attribute.value),
                    name: attribute.name,
                    span: attribute.span,
                });
            }
        }
        attributes
    }

    fn finish(mut self) -> Option<Document<'s>> {
        while let Some(element) = self.open.pop() {
            self.unclosed(&element);
            self.attach(element);
        }
        let Some(root) = self.root else {
            let span = self
                .tokens
                .first()
                .map(|token| token.span)
                .unwrap_or_default();
            self.report.error(
                "no-mjml",
                "Parsing failed. Check your mjml.",
                head_of(span),
                "holds no <mjml>",
            );
            return None;
        };
        let outside = |tokens: Vec<Token<'s>>| {
            tokens
                .into_iter()
                .filter(|t| t.kind != TokenKind::Comment)
                .collect()
        };
        Some(Document {
            root,
            before: outside(self.before),
            after: outside(self.after),
            printing: self.printing,
        })
    }
}

/// Takes the blanks off both ends.
fn trimmed(mut tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    if let Some(first) = tokens.first_mut().filter(|token| !token.is_markup()) {
        let cut = first.text.len() - first.text.trim_start().len();
        first.span = first.span.part(cut, first.text.len());
        first.text = cut_text(std::mem::take(&mut first.text), cut, usize::MAX);
    }
    if let Some(last) = tokens.last_mut().filter(|token| !token.is_markup()) {
        let length = last.text.trim_end().len();
        last.span = last.span.part(0, length);
        last.text = cut_text(std::mem::take(&mut last.text), 0, length);
    }
    tokens.retain(|token| !token.text.is_empty());
    tokens
}

fn cut_text(text: std::borrow::Cow<'_, str>, from: usize, to: usize) -> std::borrow::Cow<'_, str> {
    use std::borrow::Cow;
    let to = to.min(text.len());
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[from..to]),
        Cow::Owned(text) => Cow::Owned(text[from..to].to_owned()),
    }
}

/// The start of a long tag: a caret under a whole section helps nobody.
fn head_of(span: Span) -> Span {
    const LONG: u32 = 60;
    Span {
        end: span.end.min(span.start + LONG),
        ..span
    }
}
