//! Which elements of an HTML text CSS selectors mean.
//!
//! The text itself is never given to a tree builder, which would move a loop out of its table. What is given to
//! `css-inline` is a sketch of it, made of the start tags alone and nested as mjml's inliner nests them, in which
//! each tag has a number; each selector sets a property of its own, and the properties that a number ends up with
//! say which selectors mean it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use css_inline::{CSSInliner, InlineOptions};

use super::elements::is_void;

/// How deep elements are looked at: selectors of emails name two or three levels.
const DEPTH: usize = 250;
/// How many pairs of a selector and an element are looked at.
const PAIRS: usize = 5_000_000;
/// How many steps that takes may be taken: each part of a selector is compared with what stands in the start tags.
const STEPS: usize = 400_000_000;
/// How many bytes all selectors may have.
const BYTES: usize = 10 << 20;
/// How many selectors are looked for at once: the inliner compares the properties of an element with each other.
const AT_ONCE: usize = 64;
/// How many elements are looked at: a tree of them takes memory.
const TAGS: usize = 100_000;
/// How many attributes of one element are looked at: the tree builder compares each with all.
const ATTRIBUTES: usize = 500;

/// A start tag in an HTML text.
#[derive(Debug)]
pub(super) struct StartTag {
    /// In small letters.
    pub name: String,
    pub attributes: Vec<HtmlAttribute>,
    /// Where a further attribute can be written: behind the name and every attribute.
    pub end: usize,
    pub self_closing: bool,
}

#[derive(Debug)]
pub(super) struct HtmlAttribute {
    /// In small letters.
    pub name: String,
    /// The value, without quotes.
    pub value: Range<usize>,
    /// The whole of it, name and quotes.
    pub whole: Range<usize>,
}

impl StartTag {
    pub fn attribute(&self, name: &str) -> Option<&HtmlAttribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }
}

/// What an HTML text consists of, as far as selectors are concerned.
#[derive(Debug)]
pub(super) enum Mark {
    Start(StartTag),
    End(String),
    /// Text or a comment.
    Other(Range<usize>),
}

/// Reads an HTML text.
pub(super) fn marks(html: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut at = 0;
    // What has no end is looked for once.
    let mut open_comment = false;
    while at < html.len() {
        let rest = &html[at..];
        let Some(bracket) = memchr::memchr(b'<', rest.as_bytes()) else {
            marks.push(Mark::Other(at..html.len()));
            break;
        };
        if bracket > 0 {
            marks.push(Mark::Other(at..at + bracket));
            at += bracket;
            continue;
        }
        if rest.starts_with("<!--") && !open_comment {
            let end = rest[4..].find("-->").map(|end| at + 4 + end + 3);
            open_comment = end.is_none();
            let end = end.unwrap_or(at + 1);
            marks.push(Mark::Other(at..end));
            at = end;
        } else if let Some(name) = rest.strip_prefix("</").map(name) {
            marks.push(Mark::End(name.to_ascii_lowercase()));
            at += rest.find('>').map_or(rest.len(), |end| end + 1);
        } else if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            let (tag, end) = start_tag(html, at);
            at = end;
            let raw = matches!(&*tag.name, "style" | "script" | "title" | "textarea");
            if raw && !tag.self_closing {
                let closing = ["</", &tag.name].concat();
                let end = find_ignoring_case(&html[at..], &closing);
                marks.push(Mark::Start(tag));
                let end = at + end.unwrap_or(html.len() - at);
                marks.push(Mark::Other(at..end));
                at = end;
            } else {
                marks.push(Mark::Start(tag));
            }
        } else {
            marks.push(Mark::Other(at..at + 1));
            at += 1;
        }
    }
    marks
}

fn find_ignoring_case(text: &str, what: &str) -> Option<usize> {
    memchr::memchr_iter(b'<', text.as_bytes()).find(|at| {
        text.as_bytes()[*at..]
            .get(..what.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(what.as_bytes()))
    })
}

fn name(text: &str) -> &str {
    let end = text
        .bytes()
        .position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/' | b'<'));
    &text[..end.unwrap_or(text.len())]
}

/// The start tag at `start`, and where it ends.
fn start_tag(html: &str, start: usize) -> (StartTag, usize) {
    let bytes = html.as_bytes();
    let own = name(&html[start + 1..]);
    let mut at = start + 1 + own.len();
    let mut tag = StartTag {
        name: own.to_ascii_lowercase(),
        attributes: Vec::new(),
        end: at,
        self_closing: false,
    };
    loop {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        match bytes.get(at) {
            None => return (tag, at),
            Some(b'>') => return (tag, at + 1),
            Some(b'/') => {
                tag.self_closing = bytes.get(at + 1) == Some(&b'>');
                at += 1;
            }
            Some(_) => {
                let attribute = attribute(html, at);
                at = attribute.whole.end;
                tag.end = at;
                tag.attributes.push(attribute);
            }
        }
    }
}

fn attribute(html: &str, start: usize) -> HtmlAttribute {
    let bytes = html.as_bytes();
    let until = |from: usize, stop: &dyn Fn(u8) -> bool| {
        bytes[from..]
            .iter()
            .position(|b| stop(*b))
            .map_or(bytes.len(), |length| from + length)
    };
    let end = until(start + 1, &|b| {
        b.is_ascii_whitespace() || matches!(b, b'=' | b'>' | b'/')
    });
    let name = html
        .get(start..end)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let equals = until(end, &|b| !b.is_ascii_whitespace());
    if bytes.get(equals) != Some(&b'=') {
        return HtmlAttribute {
            name,
            value: end..end,
            whole: start..end,
        };
    }
    let from = until(equals + 1, &|b| !b.is_ascii_whitespace());
    match bytes.get(from) {
        Some(quote @ (b'"' | b'\'')) => {
            let close = until(from + 1, &|b| b == *quote);
            HtmlAttribute {
                name,
                value: from + 1..close,
                whole: start..(close + 1).min(bytes.len()),
            }
        }
        _ => {
            let close = until(from, &|b| b.is_ascii_whitespace() || b == b'>');
            HtmlAttribute {
                name,
                value: from..close,
                whole: start..close,
            }
        }
    }
}

/// For each start tag of `marks`, in order, the numbers of the selectors that mean it.
///
/// `None` if there are so many of both that this would take too long.
pub(super) fn matches(html: &str, marks: &[Mark], selectors: &[&str]) -> Option<Vec<Vec<usize>>> {
    let tags = marks
        .iter()
        .filter(|mark| matches!(mark, Mark::Start(_)))
        .count();
    let mut found = vec![Vec::new(); tags];
    let crowded = |mark: &Mark| match mark {
        Mark::Start(tag) => tag.attributes.len() > ATTRIBUTES,
        _ => false,
    };
    // One selector may stand here for each of many attributes.
    if selectors
        .iter()
        .map(|selector| selector.len())
        .sum::<usize>()
        > BYTES
    {
        return None;
    }
    let written: usize = marks.iter().map(written).sum();
    let steps = selectors.iter().map(|selector| steps(selector));
    let steps = (tags + written / 8).saturating_mul(steps.sum());
    if tags > TAGS
        || steps > STEPS
        || tags.saturating_mul(selectors.len()) > PAIRS
        || marks.iter().any(crowded)
    {
        return None;
    }
    let with_style = selectors.iter().any(|selector| selector.contains("[style"));
    let sketch = sketch(html, marks, with_style);
    let sound = selectors.iter().enumerate();
    let sound: Vec<(usize, &&str)> = sound.filter(|(_, selector)| is_sound(selector)).collect();
    for some in sound.chunks(AT_ONCE) {
        let rule = |(number, selector): &(usize, &&str)| format!("{selector}{{--s{number}:1}}\n");
        matches_of(&sketch, some.iter().map(rule).collect(), &mut found);
    }
    Some(found)
}

/// How many bytes of attributes a tag has.
fn written(mark: &Mark) -> usize {
    match mark {
        Mark::Start(tag) => tag.attributes.iter().map(|known| known.whole.len()).sum(),
        _ => 0,
    }
}

/// How often a selector is compared with an element: once for each part, oftener where its siblings are looked at.
fn steps(selector: &str) -> usize {
    let parts = selector
        .matches([' ', '>', '+', '.', '#', '[', ':', ','])
        .count();
    let siblings = selector.matches(['~', '(']).count();
    1 + parts + 20 * siblings
}

/// Adds the numbers of the rules that mean them to the elements of a sketch.
fn matches_of(sketch: &str, css: String, found: &mut [Vec<usize>]) {
    let inliner = CSSInliner::new(InlineOptions {
        load_remote_stylesheets: false,
        extra_css: Some(Cow::Owned(css)),
        ..Default::default()
    });
    let Ok(inlined) = inliner.inline(sketch) else {
        return;
    };
    let mut seen = HashSet::new();
    for mark in self::marks(&inlined) {
        let Mark::Start(tag) = mark else { continue };
        let value = |name: &str| {
            tag.attribute(name)
                .map_or("", |attribute| &inlined[attribute.value.clone()])
        };
        let Ok(number) = value("lp-tag").parse::<usize>() else {
            continue;
        };
        let numbers = value("style")
            .split("--s")
            .skip(1)
            .filter_map(|property| property.split_once(':')?.0.trim().parse::<usize>().ok());
        // What an adoption of the tree builder doubled counts once.
        if let Some(found) = found.get_mut(number).filter(|_| seen.insert(number)) {
            found.extend(numbers);
        }
    }
}

/// Whether a selector can stand in a style sheet without hurting what follows it.
fn is_sound(selector: &str) -> bool {
    let balanced =
        |open: char, close: char| selector.matches(open).count() == selector.matches(close).count();
    !selector.contains(['{', '}', ';', '@', '\\', '<', '\n'])
        && !selector.contains("/*")
        && balanced('(', ')')
        && balanced('[', ']')
        && selector.matches('"').count().is_multiple_of(2)
        && selector.matches('\'').count().is_multiple_of(2)
}

/// The start tags alone, each with its number, each closed where mjml's inliner takes it for closed.
fn sketch(html: &str, marks: &[Mark], with_style: bool) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut open: Vec<&str> = Vec::new();
    // Elements below the last level that is written.
    let mut deeper = 0usize;
    let mut number = 0usize;
    for mark in marks {
        match mark {
            Mark::Start(tag) => {
                let own = number;
                number += 1;
                if deeper == 0 {
                    while open.last().is_some_and(|last| closes(&tag.name, last)) {
                        close(&mut out, &mut open);
                    }
                }
                let leaf = is_void(&tag.name);
                if deeper > 0 || open.len() >= DEPTH {
                    deeper += usize::from(!leaf);
                    continue;
                }
                out.push_str(&format!("<{} lp-tag=\"{own}\"", plain(&tag.name)));
                for attribute in &tag.attributes {
                    let style = attribute.name == "style" && !with_style;
                    if !style && attribute.name == plain(&attribute.name) {
                        let value = html[attribute.value.clone()].replace('"', "&quot;");
                        out.push_str(&format!(" {}=\"{value}\"", attribute.name));
                    }
                }
                out.push('>');
                if !leaf {
                    open.push(&tag.name);
                }
            }
            Mark::End(_) if deeper > 0 => deeper -= 1,
            Mark::End(name) => {
                if let Some(at) = open.iter().rposition(|open| open == name) {
                    while open.len() > at {
                        close(&mut out, &mut open);
                    }
                }
            }
            // Of the texts it only matters that there are some.
            Mark::Other(text) => {
                let text = html[text.clone()].trim();
                let parent = open.last().copied().unwrap_or_default();
                let holds_text = !matches!(
                    parent,
                    "" | "html" | "head" | "table" | "tbody" | "tr" | "style"
                );
                if holds_text && deeper == 0 && !text.is_empty() && !text.starts_with("<!--") {
                    out.push('x');
                }
            }
        }
    }
    while !open.is_empty() {
        close(&mut out, &mut open);
    }
    out
}

fn close(out: &mut String, open: &mut Vec<&str>) {
    if let Some(name) = open.pop() {
        out.push_str(&format!("</{}>", plain(name)));
    }
}

/// The part of a name that a tree builder takes as one.
fn plain(name: &str) -> &str {
    let end = name
        .bytes()
        .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':')));
    &name[..end.unwrap_or(name.len())]
}

/// Whether a start tag ends an element that is open.
fn closes(tag: &str, open: &str) -> bool {
    const BLOCKS: &[&str] = &[
        "address",
        "article",
        "aside",
        "blockquote",
        "details",
        "div",
        "dl",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "ul",
    ];
    match open {
        "p" => BLOCKS.contains(&tag),
        "td" | "th" => matches!(tag, "td" | "th" | "tr" | "tbody" | "tfoot"),
        "tr" => matches!(tag, "tr" | "tbody" | "tfoot"),
        "thead" | "tbody" => matches!(tag, "tbody" | "tfoot"),
        "li" => tag == "li",
        "dt" | "dd" => matches!(tag, "dt" | "dd"),
        "option" => matches!(tag, "option" | "optgroup"),
        "head" => tag == "body",
        _ => false,
    }
}
