//! `mj-style inline="inline"` and `mj-html-attributes`, written to the elements that they mean.
//!
//! The cascade is that of mjml's inliner: `!important` decides and is then dropped, an element's own style wins
//! over rules, rules of one name by specificity and place; widths, heights and backgrounds of table cells are also
//! written as attributes. Rules behind an `@` and rules for states such as `:hover` are not inlined.

use std::rc::Rc;

use super::bounds::HTML;
use super::select::{Mark, StartTag, marks, matches};
use super::tree::Element;
use super::words::Words;
use crate::language::{Span, Token, TokenKind};

/// What is written to elements.
#[derive(Default)]
pub(super) struct Inline {
    /// The text of all inline styles; template tags are words.
    pub css: String,
    /// Selector, name, value.
    pub attributes: Vec<(Rc<str>, String, String)>,
}

/// What cannot be done before tags run: why, and at which tag.
pub(super) enum Refused {
    /// A template tag decides which rules apply.
    Depends(&'static str, Span),
    /// Too many rules and elements.
    TooMany,
    /// The HTML is too large: a sentence.
    TooLarge(String),
}

/// How many pairs of declarations are compared, and attributes of an element, all elements counted.
const COMPARED: usize = 50_000_000;

/// What writing to elements may still take.
struct Room {
    bytes: usize,
    pairs: usize,
}

impl Room {
    fn new() -> Room {
        Room {
            bytes: HTML,
            pairs: COMPARED,
        }
    }

    /// So many declarations or attributes meet in one element.
    fn compare(&mut self, number: usize) -> Result<(), Refused> {
        let pairs = self.pairs.checked_sub(number.saturating_mul(number));
        self.pairs = pairs.ok_or(Refused::TooMany)?;
        Ok(())
    }

    /// These were written.
    fn wrote(&mut self, edits: &[Edit]) -> Result<(), Refused> {
        let bytes = edits.iter().map(|(_, text)| text.len()).sum();
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Refused::TooMany)?;
        Ok(())
    }
}

struct Rule {
    selector: String,
    weight: [usize; 4],
    declarations: Rc<Vec<Declaration>>,
}

#[derive(Debug, Clone)]
struct Declaration {
    name: String,
    value: String,
    important: bool,
}

/// A declaration with what its rank depends on.
#[derive(Debug, Clone)]
struct Ranked {
    rank: ([usize; 4], usize),
    rule: usize,
    declaration: Declaration,
}

impl Inline {
    /// What the head of a document wants written to elements.
    pub fn of(root: &Element, words: &mut Words<'_>) -> Inline {
        let mut inline = Inline::default();
        let head = root.first("mj-head");
        for element in head.into_iter().flat_map(Element::elements) {
            match element.name() {
                "mj-style" if is_inline(element) => {
                    inline.css.push_str(&content(element, words));
                }
                "mj-html-attributes" => {
                    for selector in element.elements() {
                        let path = selector.attribute("path").unwrap_or_default();
                        let path: Rc<str> = words.text(path).into();
                        for attribute in selector.elements() {
                            let name = attribute.attribute("name").unwrap_or_default();
                            if !name.is_empty() && is_name(name) {
                                let value = content(attribute, words);
                                let set = (path.clone(), name.to_owned(), value);
                                inline.attributes.push(set);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        inline
    }

    pub fn is_empty(&self) -> bool {
        self.css.is_empty() && self.attributes.is_empty()
    }

    /// Applies everything to an HTML text, whose template tags are words.
    pub fn apply(&self, html: &str, words: &Words<'_>) -> Result<String, Refused> {
        let html = self.set_attributes(html)?;
        if self.css.is_empty() {
            return Ok(html);
        }
        let rules = rules(&self.css);
        let marks = marks(&html);
        depends(&html, &marks, &rules, &self.css, words)?;
        let selectors: Vec<&str> = rules.iter().map(|rule| &*rule.selector).collect();
        let found = matches(&html, &marks, &selectors).ok_or(Refused::TooMany)?;
        let tags = marks.iter().filter_map(|mark| match mark {
            Mark::Start(tag) => Some(tag),
            _ => None,
        });
        let mut edits = Vec::new();
        let mut room = Room::new();
        for (tag, numbers) in tags.zip(&found) {
            if !numbers.is_empty() && !is_invisible(&tag.name) {
                let mut numbers = numbers.clone();
                numbers.sort_unstable();
                numbers.dedup();
                let own = own_style(&html, tag);
                let of_rules = numbers.iter().filter_map(|number| rules.get(*number));
                let of_rules: usize = of_rules.map(|rule| rule.declarations.len()).sum();
                room.compare(of_rules + own.matches(';').count())?;
                let from = edits.len();
                style(&html, tag, &numbers, &rules, words, &mut edits);
                room.wrote(&edits[from..])?;
            }
        }
        Ok(edited(&html, edits))
    }

    /// `mj-html-attributes`: looks into the body only.
    fn set_attributes(&self, html: &str) -> Result<String, Refused> {
        if self.attributes.is_empty() {
            return Ok(html.to_owned());
        }
        let marks = marks(html);
        let selectors: Vec<&str> = self.attributes.iter().map(|(path, ..)| &**path).collect();
        let found = matches(html, &marks, &selectors).ok_or(Refused::TooMany)?;
        let tags = marks.iter().filter_map(|mark| match mark {
            Mark::Start(tag) => Some(tag),
            _ => None,
        });
        let mut edits = Vec::new();
        let mut room = Room::new();
        for (tag, numbers) in tags
            .zip(&found)
            .skip_while(|(tag, _)| tag.name != "body")
            .skip(1)
        {
            let mut numbers = numbers.clone();
            numbers.sort_unstable();
            room.compare(numbers.len())?;
            let from = edits.len();
            let mut values: Vec<(&str, &str)> = Vec::new();
            for (_, name, value) in numbers.iter().filter_map(|n| self.attributes.get(*n)) {
                values.retain(|(known, _)| known != name);
                values.push((name, value));
            }
            for (name, value) in values {
                set(tag, name, value, &mut edits);
            }
            room.wrote(&edits[from..])?;
        }
        Ok(edited(html, edits))
    }
}

/// Whether the rules of this `mj-style` are written to elements.
pub(super) fn is_inline(style: &Element) -> bool {
    style.attribute("inline") == Some("inline")
}

/// What an ending tag holds, with words for its template tags.
fn content(element: &Element, words: &mut Words<'_>) -> String {
    let tokens = words.get(element.content.unwrap_or(usize::MAX)).to_vec();
    words.shade(&tokens)
}

fn is_name(name: &str) -> bool {
    name.bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'))
}

/// A text that replaces a part of another.
type Edit = (std::ops::Range<usize>, String);

fn edited(html: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut out = String::with_capacity(html.len() + 64 * edits.len());
    let mut at = 0;
    for (range, text) in edits {
        if range.start >= at {
            out.push_str(&html[at..range.start]);
            out.push_str(&text);
            at = range.end;
        }
    }
    out.push_str(&html[at..]);
    out
}

/// Writes an attribute in place of the one of this name, or behind the others.
fn set(tag: &StartTag, name: &str, value: &str, edits: &mut Vec<Edit>) {
    let text = format!("{name}=\"{}\"", value.replace('"', "&quot;"));
    match tag.attribute(name) {
        Some(known) => edits.push((known.whole.clone(), text)),
        None => {
            let more = [" ", &text].concat();
            match edits.last_mut() {
                Some((range, written)) if *range == (tag.end..tag.end) => written.push_str(&more),
                _ => edits.push((tag.end..tag.end, more)),
            }
        }
    }
}

fn own_style<'h>(html: &'h str, tag: &StartTag) -> &'h str {
    tag.attribute("style")
        .map_or("", |attribute| &html[attribute.value.clone()])
}

/// Gives a tag the declarations of its rules and its own.
fn style(
    html: &str,
    tag: &StartTag,
    numbers: &[usize],
    rules: &[Rule],
    words: &Words<'_>,
    edits: &mut Vec<Edit>,
) {
    let own = own_style(html, tag);
    // Own declarations that a template tag chooses stay together, behind the rules but for the important ones.
    let opaque = words.tags(own).any(|tag| tag.kind != TokenKind::Variable);
    let mut properties: Vec<Ranked> = Vec::new();
    const OWN: usize = usize::MAX;
    let mut add = |declarations: &[Declaration], weight: [usize; 4], rule: usize| {
        for (place, declaration) in declarations.iter().enumerate() {
            let mut weight = weight;
            weight[0] += 2 * usize::from(declaration.important);
            // The own style stands on the first line of its sheet; no rule has its weight.
            let place = if rule == OWN {
                place
            } else {
                rule * 1_000 + place
            };
            let new = Ranked {
                rank: (weight, place),
                rule,
                declaration: declaration.clone(),
            };
            let same = |known: &Ranked| known.declaration.name == declaration.name;
            match properties.iter().position(same) {
                None => properties.push(new),
                // Several of one name in one rule all stay.
                Some(at) if properties[at].rule == rule => properties.push(new),
                Some(at) if properties[at].rank <= new.rank => {
                    properties.retain(|known| !same(known));
                    properties.push(new);
                }
                Some(_) => {}
            }
        }
    };
    if !opaque {
        add(&declarations(own), [1, 0, 0, 0], OWN);
    }
    for number in numbers {
        if let Some(rule) = rules.get(*number) {
            add(&rule.declarations, rule.weight, *number);
        }
    }
    let in_order = properties.clone();
    properties.sort_by_key(|property| property.rank);
    let mut text = String::new();
    let (weak, strong): (Vec<&Ranked>, Vec<&Ranked>) = properties
        .iter()
        .filter(|property| property.declaration.name != "content")
        .partition(|property| !opaque || property.rank.0[0] == 0);
    let mut write = |part: &str| {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(part);
    };
    let line = |property: &Ranked| {
        let Declaration { name, value, .. } = &property.declaration;
        format!("{name}: {};", value.replace('"', "'"))
    };
    weak.iter().for_each(|property| write(&line(property)));
    if opaque {
        write(own);
        if !strong.is_empty() && !own.trim_end().ends_with(';') {
            write(";");
        }
    }
    strong.iter().for_each(|property| write(&line(property)));
    if !text.is_empty() {
        set(tag, "style", &text, edits);
    }
    for (name, value) in attributes_of(&tag.name, &in_order) {
        set(tag, name, &value, edits);
    }
}

/// The attributes that mjml's inliner sets beside the style.
fn attributes_of(tag: &str, properties: &[Ranked]) -> Vec<(&'static str, String)> {
    const TABLE: &[&str] = &[
        "table", "th", "tr", "td", "caption", "colgroup", "col", "thead", "tbody", "tfoot",
    ];
    let of_table = TABLE.contains(&tag);
    let mut attributes: Vec<(&'static str, String)> = Vec::new();
    let mut put = |name: &'static str, value: String| {
        attributes.retain(|(known, _)| *known != name);
        attributes.push((name, value));
    };
    for property in properties {
        let Declaration { name, value, .. } = &property.declaration;
        let sized = matches!(tag, "table" | "td" | "th" | "img");
        match &**name {
            "width" | "height" if sized => {
                let name = if name == "width" { "width" } else { "height" };
                if value.contains("px") || value.contains("auto") {
                    put(name, value.replacen("px", "", 1));
                } else if of_table && value.contains('%') {
                    put(name, value.clone());
                }
            }
            "background-color" if of_table && !is_gradient(value) => put("bgcolor", value.clone()),
            "text-align" if of_table => put("align", value.clone()),
            "vertical-align" if of_table => put("valign", value.clone()),
            "background-image" if of_table && !is_gradient(value) => {
                let url = value
                    .strip_prefix("url(")
                    .and_then(|url| url.strip_suffix(')'))
                    .map_or(&**value, |url| url.trim_matches(['"', '\'']));
                put("background", url.to_owned());
            }
            _ => {}
        }
    }
    attributes
}

fn is_gradient(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    value.contains("linear-gradient(") || value.contains("radial-gradient(")
}

fn is_invisible(name: &str) -> bool {
    const INVISIBLE: &[&str] = &[
        "head", "title", "base", "link", "style", "meta", "script", "noscript",
    ];
    INVISIBLE.contains(&name)
}

/// The rules of a style sheet, one for each selector.
fn rules(css: &str) -> Vec<Rule> {
    let css = without_comments(css);
    let mut rules = Vec::new();
    let mut rest = &*css;
    while let Some(open) = rest.find(['{', ';']) {
        let prelude = rest[..open].trim();
        if rest.as_bytes()[open] == b';' {
            // `@import …;`, or nothing.
            rest = &rest[open + 1..];
            continue;
        }
        let end = block_end(&rest[open..]);
        let body = rest[open + 1..open + end].trim_end_matches('}');
        if !prelude.starts_with('@') {
            let declarations = Rc::new(declarations(body));
            for selector in split(prelude, ',') {
                let selector = selector.split_whitespace().collect::<Vec<_>>().join(" ");
                if !selector.is_empty() && !is_state(&selector) {
                    rules.push(Rule {
                        weight: weight(&selector),
                        selector,
                        declarations: declarations.clone(),
                    });
                }
            }
        }
        rest = &rest[open + end..];
    }
    rules
}

fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(start) = rest.find("/*") {
        out.push_str(&rest[..start]);
        rest = rest[start + 2..]
            .find("*/")
            .map_or("", |end| &rest[start + 2 + end + 2..]);
    }
    out.push_str(rest);
    out
}

/// Where the block that starts here ends.
fn block_end(text: &str) -> usize {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Cuts a text at a letter that stands in no quotes, brackets or entity.
fn split(text: &str, at: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut depth, mut quote) = (0, 0usize, None);
    for (place, letter) in text.char_indices() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(letter),
            ('(' | '[', None) => depth += 1,
            (')' | ']', None) => depth = depth.saturating_sub(1),
            (letter, None) if letter == at && depth == 0 => {
                let entity = at == ';'
                    && text[from..place].rsplit_once('&').is_some_and(|(_, name)| {
                        !name.is_empty()
                            && name.len() < 9
                            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
                    });
                if !entity {
                    parts.push(&text[from..place]);
                    from = place + letter.len_utf8();
                }
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

fn declarations(text: &str) -> Vec<Declaration> {
    let parts = split(text, ';');
    let pairs = parts.iter().filter_map(|part| part.split_once(':'));
    pairs
        .map(|(name, value)| {
            let (name, value) = (name.trim().to_owned(), value.trim());
            let plain = value.strip_suffix("!important").map(str::trim_end);
            Declaration {
                name,
                value: plain.unwrap_or(value).to_owned(),
                important: plain.is_some(),
            }
        })
        .filter(|declaration| !declaration.name.is_empty() && !declaration.value.is_empty())
        .collect()
}

/// Whether a selector means a state, or what is no element.
fn is_state(selector: &str) -> bool {
    const STATES: &[&str] = &[
        "hover", "active", "focus", "visited", "link", "before", "after",
    ];
    selector.split(':').skip(1).any(|pseudo| {
        STATES.iter().any(|state| {
            pseudo.strip_prefix(state).is_some_and(|rest| {
                !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-')
            })
        })
    })
}

/// A selector's specificity, as mjml's inliner counts.
fn weight(selector: &str) -> [usize; 4] {
    let mut weight = [0; 4];
    let mut before = ' ';
    let mut in_brackets = false;
    for letter in selector.chars() {
        let starts_name = letter.is_ascii_alphabetic() || letter == '_';
        match letter {
            '[' => {
                weight[2] += 1;
                in_brackets = true;
            }
            ']' => in_brackets = false,
            _ if in_brackets => {}
            '#' => weight[1] += 1,
            '.' => weight[2] += 1,
            ':' if before != ':' => weight[3] += 1,
            _ if starts_name && matches!(before, ' ' | '>' | '+' | '~' | '(' | ',') => {
                weight[3] += 1;
            }
            _ => {}
        }
        before = letter;
    }
    // `:not()` itself does not count.
    weight[3] -= selector.matches(":not(").count().min(weight[3]);
    weight
}

/// Finds the template tag that decides which rules apply to which element.
fn depends(
    html: &str,
    marks: &[Mark],
    rules: &[Rule],
    css: &str,
    words: &Words<'_>,
) -> Result<(), Refused> {
    let control = |tag: &&Token<'_>| tag.kind == TokenKind::Tag;
    if let Some(tag) = words.tags(css).find(control) {
        return Err(Refused::Depends(
            "a template tag decides on a style that is written to elements",
            tag.span,
        ));
    }
    for rule in rules {
        let names = rule.declarations.iter().map(|declared| &*declared.name);
        for text in names.chain([&*rule.selector]) {
            if let Some(tag) = words.tags(text).next() {
                return Err(Refused::Depends(
                    "a template tag stands in the selector of a style that is written to elements",
                    tag.span,
                ));
            }
        }
    }
    let names = |sign: char, attribute: &str| {
        rules
            .iter()
            .any(|rule| rule.selector.contains(sign) || rule.selector.contains(attribute))
    };
    let (classes, ids) = (names('.', "[class"), names('#', "[id"));
    for mark in marks {
        let Mark::Start(tag) = mark else { continue };
        for attribute in &tag.attributes {
            let value = &html[attribute.value.clone()];
            let chooses = match &*attribute.name {
                "class" => classes,
                "id" => ids,
                _ => false,
            };
            let tag = match chooses {
                true => words.tags(value).next(),
                false => {
                    let name = attribute.whole.start..attribute.whole.start + attribute.name.len();
                    words.tags(html.get(name).unwrap_or_default()).next()
                }
            };
            if let Some(tag) = tag {
                return Err(Refused::Depends(
                    "which styles are written to an element depends on a template tag",
                    tag.span,
                ));
            }
        }
    }
    let counts = |selector: &str| {
        selector.contains(['+', '~'])
            || [":nth", ":first", ":last", ":only", ":empty"]
                .iter()
                .any(|pseudo| selector.contains(pseudo))
    };
    if rules.iter().any(|rule| counts(&rule.selector)) {
        let texts = marks.iter().filter_map(|mark| match mark {
            Mark::Other(text) => words.tags(&html[text.clone()]).find(control),
            _ => None,
        });
        if let Some(tag) = texts.into_iter().next() {
            return Err(Refused::Depends(
                "a style that is written to elements counts them",
                tag.span,
            ));
        }
    }
    Ok(())
}
