//! Where template tags stand, and whether an email with tags there can be compiled once for everybody.
//!
//! It can where each list of children, each content and each attribute value is whole by itself (what opens in it
//! closes in it), where no tag decides how many columns share a row, and where no tag stands in a value that
//! something is computed from.

use std::collections::HashSet;

use super::elements::{Rows, takes_tags};
use super::report::Report;
use super::tree::{Child, Document, Element};
use super::words::Words;
use crate::language::{Span, Token};

/// Tags that change what stands in them, but print it exactly once.
const ONCE: &[&str] = &["autoescape", "with", TURN];

/// One turn of a loop, in a document whose alternatives are written out.
pub(super) const TURN: &str = "turn";

/// Tags that count how often they run, so that they must not be printed twice; mjml prints many attributes twice.
pub(super) const COUNTING: &[&str] = &["cycle", "ifchanged", "resetcycle"];

/// Reports every template tag that has to run before the document is compiled.
pub(super) fn check<'s>(
    document: &Document<'s>,
    tokens: &[Token<'s>],
    words: &Words<'s>,
    report: &mut Report<'_>,
) {
    let blocks = tokens
        .iter()
        .filter_map(|token| token.tag_name().strip_prefix("end"))
        .collect();
    let mut check = Check {
        blocks,
        words,
        report,
    };
    let mut outside = Blocks::default();
    for token in &document.before {
        check.follow(&mut outside, token);
    }
    for token in &document.after {
        check.follow(&mut outside, token);
    }
    check.whole(outside);
    check.element(&document.root);
}

struct Check<'c, 'a, 's> {
    /// Names that have an `end…` somewhere: the block tags of this document.
    blocks: HashSet<&'c str>,
    words: &'c Words<'s>,
    report: &'c mut Report<'a>,
}

/// The blocks that are open in a list of children, a content or a value.
#[derive(Default)]
struct Blocks {
    open: Vec<(String, Span)>,
    /// What closes something that is open elsewhere.
    stray: Option<Span>,
}

impl Check<'_, '_, '_> {
    fn element(&mut self, element: &Element) {
        for attribute in &element.attributes {
            self.value(element, &attribute.name, &attribute.value);
        }
        if let Some(content) = element.content {
            let mut blocks = Blocks::default();
            for token in self
                .words
                .get(content)
                .iter()
                .filter(|token| token.is_markup())
            {
                self.follow(&mut blocks, token);
            }
            self.whole(blocks);
        }
        self.children(element);
    }

    fn children(&mut self, element: &Element) {
        let mut blocks = Blocks::default();
        let mut told: HashSet<Span> = HashSet::new();
        for child in &element.children {
            match child {
                Child::Raw(raw) => {
                    let words = self.words;
                    for token in words
                        .get(raw.content)
                        .iter()
                        .filter(|token| token.is_markup())
                    {
                        if element.kind.rows == Rows::Closed && !raw.file_start {
                            self.closed(element, token, &mut told);
                        }
                        self.follow(&mut blocks, token);
                    }
                }
                Child::Element(child) => {
                    let round = blocks
                        .open
                        .iter()
                        .find(|(name, _)| match element.kind.rows {
                            Rows::Free | Rows::Closed => false,
                            Rows::Shared => !ONCE.contains(&name.as_str()),
                            Rows::Collected => true,
                        });
                    if let Some((_, span)) = round
                        && told.insert(*span)
                    {
                        self.round(element, child, *span);
                    }
                    self.element(child);
                }
            }
        }
        self.whole(blocks);
    }

    /// A tag round a child that is no row of its own.
    fn round(&mut self, element: &Element, child: &Element, tag: Span) {
        let name = child.name();
        match element.kind.rows {
            Rows::Shared if matches!(name, "mj-column" | "mj-group") => self.report.per_recipient(
                "a template tag stands round a column",
                tag,
                "how wide the columns are depends on this tag",
                "put the tag round the section, or into an mj-text of the column",
            ),
            Rows::Shared => self.report.per_recipient(
                "a template tag stands round a part of a row",
                tag,
                "how this row is divided depends on this tag",
                "put the tag round the section",
            ),
            _ => self.report.per_recipient(
                &format!("a template tag stands round {name} in the head"),
                tag,
                "what applies to the whole email depends on this tag",
                "put the tag into the element",
            ),
        }
    }

    /// A tag between children that leave no room for it.
    fn closed(&mut self, element: &Element, tag: &Token<'_>, told: &mut HashSet<Span>) {
        if told.is_empty() {
            self.report.per_recipient(
                &format!(
                    "a template tag stands between the parts of {}",
                    element.name()
                ),
                tag.span,
                "the HTML has no place for it",
                "put the tag round the whole element, or into one of its parts",
            );
        }
        told.insert(tag.span);
    }

    fn value(&mut self, element: &Element, name: &str, value: &str) {
        let words = self.words;
        let mut blocks = Blocks::default();
        let mut first = true;
        for token in words.tags(value) {
            // What `mj-attributes` sets is looked at where it is used, but for names.
            let setting = matches!(element.name(), "mj-all" | "mj-class") && name != "name";
            let everywhere = element.name() == "mj-all" && !takes_tags("mj-all", name);
            if first && (everywhere || !setting && !takes_tags(element.name(), name)) {
                self.report.per_recipient(
                    &format!("a template tag stands in the attribute {name}"),
                    token.span,
                    "widths, or what the element is made of, depend on this tag",
                    "write the value out, or put a tag round the whole section",
                );
            } else if first && COUNTING.contains(&token.tag_name()) {
                self.report.per_recipient(
                    &format!("'{}' stands in an attribute", token.tag_name()),
                    token.span,
                    "the HTML holds this value more than once, so it would count too fast",
                    "use forloop.counter with divisibleby",
                );
            }
            first = false;
            self.follow(&mut blocks, token);
        }
        self.whole(blocks);
    }

    /// Notes what a tag opens or closes.
    fn follow(&self, blocks: &mut Blocks, tag: &Token<'_>) {
        let name = tag.tag_name();
        if let Some(closed) = name
            .strip_prefix("end")
            .filter(|closed| self.blocks.contains(closed))
        {
            match blocks.open.last() {
                Some((open, _)) if open == closed => {
                    blocks.open.pop();
                }
                _ => {
                    blocks.stray.get_or_insert(tag.span);
                }
            }
        } else if self.blocks.contains(name) {
            blocks.open.push((name.to_owned(), tag.span));
        }
    }

    /// Reports what is open, or closed, in one part only.
    fn whole(&mut self, blocks: Blocks) {
        let Some(span) = blocks.open.first().map(|(_, span)| *span).or(blocks.stray) else {
            return;
        };
        self.report.per_recipient(
            "a template tag opens in one element and closes in another",
            span,
            "its other end is elsewhere",
            "open and close it in the same element",
        );
    }
}
