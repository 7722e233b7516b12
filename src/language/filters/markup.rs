//! Reads HTML as Python's `html.parser` does, which is what Django's filters on HTML work with. Its answers to broken
//! markup differ from a browser's, and those filters print what it answers.

use std::borrow::Cow;
use std::ops::ControlFlow;

use html5gum::{Token, Tokenizer};

use crate::language::frame::Frame;
use crate::language::stop::Stop;
use crate::value::is_space;

/// What stands in the markup. Comments, declarations and processing instructions are passed over.
pub(super) enum Event<'h> {
    /// `<a href="/">`, as it is written; `closed` says that it ends in `/>`.
    Start {
        tag: String,
        source: &'h str,
        closed: bool,
    },
    /// `</a>`.
    End { tag: String },
    /// Text.
    Data(Cow<'h, str>),
    /// `&amp;` or `&#38;`: what stands behind the `&`.
    Reference(&'h str),
}

/// What takes the events.
pub(super) type Sink<'s, 'h> = &'s mut dyn FnMut(Event<'h>) -> ControlFlow<()>;

/// Reads from front to end.
pub(super) struct Markup<'h> {
    text: &'h str,
    at: usize,
    /// `script` or `style`, while inside one.
    raw: Option<&'static str>,
    /// Whether references become characters.
    decode: bool,
    /// Bytes looked at since the frame was last told.
    looked: usize,
    /// What is known not to stand further back, so that it is not looked for again.
    no_more: [bool; 4],
}

/// What ends a construct; the place in `Markup::no_more`.
#[derive(Clone, Copy)]
enum Closing {
    Tag = 0,
    Comment = 1,
    Section = 2,
    OfficeSection = 3,
}

/// A construct that is not finished where the text ends.
struct Unfinished;

impl<'h> Markup<'h> {
    pub(super) fn new(text: &'h str, decode: bool) -> Markup<'h> {
        Markup {
            text,
            at: 0,
            raw: None,
            decode,
            looked: 0,
            no_more: [false; 4],
        }
    }

    /// Reads on. Without `end`, stops before what could go on if more text came.
    pub(super) fn read(
        &mut self,
        frame: &mut Frame<'_>,
        end: bool,
        sink: Sink<'_, 'h>,
    ) -> Result<ControlFlow<()>, Stop> {
        let text = self.text;
        while self.at < text.len() {
            frame.spend(1 + std::mem::take(&mut self.looked) as u64 / 64)?;
            let from = self.at;
            let Some(next) = self.next_markup(from) else {
                break;
            };
            if from < next && self.data(from, next, sink).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.at = next;
            if next == text.len() {
                break;
            }
            let step = if text[next..].starts_with('<') {
                self.tag(next, end, sink)?
            } else {
                self.reference(next, end, sink)
            };
            match step {
                Step::On => {}
                Step::Wait => break,
                Step::Done => return Ok(ControlFlow::Break(())),
            }
        }
        if end && self.at < text.len() && self.raw.is_none() {
            let from = std::mem::replace(&mut self.at, text.len());
            return Ok(self.data(from, text.len(), sink));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Where the next markup starts, or the end of the text; None where more text must come first.
    fn next_markup(&mut self, from: usize) -> Option<usize> {
        let rest = &self.text[from..];
        if let Some(raw) = self.raw {
            let found = find_raw_end(rest, raw);
            self.looked += found.unwrap_or(rest.len());
            return found.map(|at| from + at);
        }
        if !self.decode {
            return Some(from + rest.find(['<', '&']).unwrap_or(rest.len()));
        }
        if let Some(at) = rest.find('<') {
            return Some(from + at);
        }
        // A reference may be cut in half at the end.
        let tail = rest.char_indices().rev().nth(33).map_or(0, |(at, _)| at);
        match rest[tail..].rfind('&') {
            Some(at) if !rest[tail + at..].contains(|c| c == ';' || is_space(c)) => None,
            _ => Some(self.text.len()),
        }
    }

    fn data(&self, from: usize, to: usize, sink: Sink<'_, 'h>) -> ControlFlow<()> {
        let data = &self.text[from..to];
        sink(Event::Data(if self.decode && self.raw.is_none() {
            decode(data)
        } else {
            Cow::Borrowed(data)
        }))
    }

    /// Something that starts with `<` at `at`.
    fn tag(&mut self, at: usize, end: bool, sink: Sink<'_, 'h>) -> Result<Step, Stop> {
        let text = self.text;
        let rest = &text[at..];
        let found = if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.start_tag(at, sink)
        } else if rest.starts_with("</") {
            self.end_tag(at, sink)
        } else if rest.starts_with("<!--") {
            self.close(at + 4, Closing::Comment).map(Reached::at)
        } else if rest.starts_with("<?") {
            self.close(at + 2, Closing::Tag).map(Reached::at)
        } else if rest.starts_with("<![") {
            self.marked_section(at)?.map(Reached::at)
        } else if rest.starts_with("<!") {
            let doctype = rest
                .get(..9)
                .is_some_and(|d| d.eq_ignore_ascii_case("<!doctype"));
            let from = if doctype { at + 9 } else { at + 2 };
            self.close(from, Closing::Tag).map(Reached::at)
        } else if at + 1 < text.len() {
            let flow = sink(Event::Data(Cow::Borrowed("<")));
            Ok(Reached { at: at + 1, flow })
        } else {
            return Ok(Step::Wait);
        };
        match found {
            Ok(reached) => {
                self.at = reached.at;
                Ok(Step::of(reached.flow))
            }
            Err(Unfinished) if !end => Ok(Step::Wait),
            Err(Unfinished) => {
                let to = match self.close(at + 1, Closing::Tag) {
                    Ok(to) => to,
                    Err(Unfinished) => text[at + 1..]
                        .find('<')
                        .map_or(at + 1, |next| at + 1 + next),
                };
                self.at = to;
                Ok(Step::of(self.data(at, to, sink)))
            }
        }
    }

    /// Behind the next `closing` that stands at `from` or later.
    fn close(&mut self, from: usize, closing: Closing) -> Result<usize, Unfinished> {
        if self.no_more[closing as usize] || from > self.text.len() {
            return Err(Unfinished);
        }
        let rest = &self.text[from..];
        let found = match closing {
            Closing::Tag => rest.find('>').map(|at| at + 1),
            Closing::Comment => find_spaced(rest, &["--", ">"]),
            Closing::Section => find_spaced(rest, &["]", "]", ">"]),
            Closing::OfficeSection => find_spaced(rest, &["]", ">"]),
        };
        self.looked += found.unwrap_or(rest.len());
        match found {
            Some(at) => Ok(from + at),
            None => {
                self.no_more[closing as usize] = true;
                Err(Unfinished)
            }
        }
    }

    fn marked_section(&mut self, at: usize) -> Result<Result<usize, Unfinished>, Stop> {
        let inside = &self.text[at + 3..];
        if inside.is_empty() {
            return Ok(Err(Unfinished));
        }
        let name = inside
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'))
            .unwrap_or(inside.len());
        if !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(Stop::raise("expected name token in marked section"));
        }
        let after = inside[name..].trim_start_matches(is_space);
        if after.is_empty() {
            return Ok(Err(Unfinished));
        }
        match inside[..name].to_ascii_lowercase().as_str() {
            "temp" | "cdata" | "ignore" | "include" | "rcdata" => {
                Ok(self.close(at + 3, Closing::Section))
            }
            "if" | "else" | "endif" => Ok(self.close(at + 3, Closing::OfficeSection)),
            _ => Err(Stop::raise("unknown status keyword in marked section")),
        }
    }

    fn start_tag(&mut self, at: usize, sink: Sink<'_, 'h>) -> Result<Reached, Unfinished> {
        let text = self.text;
        let name_end = at + 1 + tag_name_length(&text[at + 1..]);
        // Where the tag ends, by the laxer of the two readings.
        let mut end = name_end + prefix(&text[name_end..], |c| c == '/' || is_space(c));
        while let Some(next) = attribute(text, end) {
            end = next;
        }
        end += prefix(&text[end..], is_space);
        self.looked += end - at;
        let end = match text[end..].chars().next() {
            Some('>') => end + 1,
            Some('/') if text[end..].starts_with("/>") => end + 2,
            None | Some('/' | '=') => return Err(Unfinished),
            Some(c) if c.is_ascii_alphabetic() => return Err(Unfinished),
            Some(_) => end,
        };
        // Its attributes, by the stricter.
        let mut last = name_end + slashes_and_spaces(&text[name_end..]);
        while last < end {
            match attribute(text, last) {
                Some(next) => last = next,
                None => break,
            }
        }
        let source = &text[at..end];
        let closing = text
            .get(last..end)
            .unwrap_or_default()
            .trim_matches(is_space);
        if closing != ">" && closing != "/>" {
            let flow = sink(Event::Data(Cow::Borrowed(source)));
            return Ok(Reached { at: end, flow });
        }
        let tag = text[at + 1..name_end].to_lowercase();
        let closed = closing == "/>";
        if !closed {
            self.raw = match tag.as_str() {
                "script" => Some("script"),
                "style" => Some("style"),
                _ => None,
            };
        }
        let flow = sink(Event::Start {
            tag,
            source,
            closed,
        });
        Ok(Reached { at: end, flow })
    }

    fn end_tag(&mut self, at: usize, sink: Sink<'_, 'h>) -> Result<Reached, Unfinished> {
        let text = self.text;
        let end = self.close(at + 1, Closing::Tag)?;
        let inside = text[at + 2..end - 1].trim_matches(is_space);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_');
        let starts = |s: &str| s.starts_with(|c: char| c.is_ascii_alphabetic());
        if starts(inside) && inside.chars().all(plain) {
            let tag = inside.to_ascii_lowercase();
            if self.raw.is_some_and(|raw| raw != tag) {
                let flow = sink(Event::Data(Cow::Borrowed(&text[at..end])));
                return Ok(Reached { at: end, flow });
            }
            self.raw = None;
            let flow = sink(Event::End { tag });
            return Ok(Reached { at: end, flow });
        }
        if self.raw.is_some() {
            let flow = sink(Event::Data(Cow::Borrowed(&text[at..end])));
            return Ok(Reached { at: end, flow });
        }
        let name = &text[at + 2..];
        if !starts(name) {
            return Ok(Reached::at(end));
        }
        let tag = name[..tag_name_length(name)].to_lowercase();
        let flow = sink(Event::End { tag });
        Ok(Reached { at: end, flow })
    }

    /// Something that starts with `&` at `at`.
    fn reference(&mut self, at: usize, end: bool, sink: Sink<'_, 'h>) -> Step {
        let text = self.text;
        let rest = &text[at..];
        if rest.starts_with("&#") {
            return match numeric_length(rest) {
                Some(length) => {
                    let semicolon = rest[length..].starts_with(';');
                    self.at = at + length + usize::from(semicolon);
                    Step::of(sink(Event::Reference(&rest[1..length])))
                }
                None if rest.contains(';') => {
                    self.at = at + 2;
                    match sink(Event::Data(Cow::Borrowed("&#"))) {
                        ControlFlow::Break(()) => Step::Done,
                        ControlFlow::Continue(()) => Step::Wait,
                    }
                }
                None => Step::Wait,
            };
        }
        if let Some(length) = named_length(rest) {
            let semicolon = rest[length..].starts_with(';');
            self.at = at + length + usize::from(semicolon);
            return Step::of(sink(Event::Reference(&rest[1..length])));
        }
        if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            if end && rest.len() == 2 {
                self.at = at + 1;
            }
            return Step::Wait;
        }
        if at + 1 < text.len() {
            self.at = at + 1;
            return Step::of(sink(Event::Data(Cow::Borrowed("&"))));
        }
        Step::Wait
    }
}

enum Step {
    /// Goes on.
    On,
    /// Waits for more text.
    Wait,
    /// The sink has enough.
    Done,
}

impl Step {
    fn of(flow: ControlFlow<()>) -> Step {
        match flow {
            ControlFlow::Continue(()) => Step::On,
            ControlFlow::Break(()) => Step::Done,
        }
    }
}

/// Behind a construct, and what the sink said to it.
struct Reached {
    at: usize,
    flow: ControlFlow<()>,
}

impl Reached {
    fn at(at: usize) -> Reached {
        Reached {
            at,
            flow: ControlFlow::Continue(()),
        }
    }
}

/// The bytes at the start whose characters satisfy `is`.
fn prefix(s: &str, is: impl Fn(char) -> bool) -> usize {
    s.find(|c| !is(c)).unwrap_or(s.len())
}

fn tag_name_length(s: &str) -> usize {
    prefix(s, |c| {
        !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | ' ' | '/' | '>' | '\0')
    })
}

/// The bytes of white space and of slashes before anything but `>`.
fn slashes_and_spaces(s: &str) -> usize {
    let mut at = 0;
    loop {
        at += prefix(&s[at..], is_space);
        if s[at..].starts_with('/') && !s[at..].starts_with("/>") {
            at += 1;
        } else {
            return at;
        }
    }
}

/// Behind the attribute at `at`, with its value and what separates it from the next.
fn attribute(text: &str, at: usize) -> Option<usize> {
    let before = text[..at].chars().next_back()?;
    if !(matches!(before, '\'' | '"' | '/') || is_space(before)) {
        return None;
    }
    let rest = &text[at..];
    let first = rest.chars().next()?;
    if matches!(first, '/' | '>') || is_space(first) {
        return None;
    }
    let first = first.len_utf8();
    let name = first
        + prefix(&rest[first..], |c| {
            !(matches!(c, '/' | '=' | '>') || is_space(c))
        });
    let value = attribute_value(&rest[name..]);
    let end = name + value;
    Some(at + end + slashes_and_spaces(&rest[end..]))
}

/// The bytes of `= value` at the start, 0 when there is none.
fn attribute_value(s: &str) -> usize {
    let blanks = prefix(s, is_space);
    let signs = prefix(&s[blanks..], |c| c == '=');
    if signs == 0 {
        return 0;
    }
    let start = blanks + signs;
    let value = start + prefix(&s[start..], is_space);
    let bare = |from: usize| from + prefix(&s[from..], |c| c != '>' && !is_space(c));
    match s[value..].chars().next() {
        Some(quote @ ('\'' | '"')) => match s[value + 1..].find(quote) {
            Some(length) => value + 1 + length + 1,
            // The quote has no end: an empty value where blanks stand before it, else one that starts with a `=`.
            None if value > start => {
                let last = s[start..value]
                    .chars()
                    .next_back()
                    .map_or(0, char::len_utf8);
                value - last
            }
            None if signs > 1 => bare(start - 1),
            None => 0,
        },
        _ => bare(value),
    }
}

/// Where `</name>` starts, in any case and with white space around the name.
fn find_raw_end(s: &str, name: &str) -> Option<usize> {
    s.match_indices("</").map(|(at, _)| at).find(|at| {
        let rest = s[at + 2..].trim_start_matches(is_space);
        rest.get(..name.len())
            .is_some_and(|n| n.eq_ignore_ascii_case(name))
            && rest[name.len()..]
                .trim_start_matches(is_space)
                .starts_with('>')
    })
}

/// Behind the first place where `parts` stand with nothing but white space between them; it is none between the
/// characters of one part.
fn find_spaced(s: &str, parts: &[&str]) -> Option<usize> {
    let (first, others) = parts.split_first()?;
    let mut from = 0;
    while let Some(at) = s[from..].find(first) {
        let start = from + at;
        let mut end = start + first.len();
        let all = others.iter().all(|part| {
            end += prefix(&s[end..], is_space);
            let here = s[end..].starts_with(part);
            end += part.len();
            here
        });
        if all {
            return Some(end);
        }
        from = start + 1;
    }
    None
}

/// The bytes of `&#38` at the start, when something other than a digit follows.
fn numeric_length(s: &str) -> Option<usize> {
    let digits = s.get(2..)?;
    let length = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => match prefix(hex, |c| c.is_ascii_hexdigit()) {
            0 => return None,
            length => length + 1,
        },
        None => match prefix(digits, |c| c.is_ascii_digit()) {
            0 => return None,
            length => length,
        },
    };
    let next = digits[length..].chars().next()?;
    (!next.is_ascii_hexdigit()).then_some(2 + length)
}

/// The bytes of `&name` at the start, when something follows that is no part of a name.
fn named_length(s: &str) -> Option<usize> {
    let name = s.get(1..)?;
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let length = prefix(name, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '.')
    });
    if length < name.len() {
        return Some(1 + length);
    }
    name.rfind(['-', '.']).map(|at| 1 + at)
}

/// Python's `html.unescape`.
pub(super) fn decode(s: &str) -> Cow<'_, str> {
    if !s.contains('&') {
        return Cow::Borrowed(s);
    }
    let mut out = String::with_capacity(s.len());
    let mut rest = s;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = decode_one(rest, &mut out);
        rest = &rest[taken..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Decodes the reference at the start of `s`; gives the bytes it takes.
fn decode_one(s: &str, out: &mut String) -> usize {
    let inside = &s[1..];
    if let Some(number) = inside.strip_prefix('#') {
        let (radix, digits) = match number.strip_prefix(['x', 'X']) {
            Some(hex) => (16, hex),
            None => (10, number),
        };
        let length = prefix(digits, |c| c.is_digit(radix));
        if length == 0 {
            out.push('&');
            return 1;
        }
        push_numbered(&digits[..length], radix, out);
        let end = s.len() - digits.len() + length;
        return end + usize::from(s[end..].starts_with(';'));
    }
    let name = prefix(inside, |c| c.is_ascii_alphanumeric()).min(32);
    let end = 1 + name + usize::from(name > 0 && inside[name..].starts_with(';'));
    let named = &s[..end];
    match named {
        "&amp;" => out.push('&'),
        "&lt;" => out.push('<'),
        "&gt;" => out.push('>'),
        "&quot;" => out.push('"'),
        "&" => out.push('&'),
        _ => {
            for Ok(token) in Tokenizer::new(named) {
                if let Token::String(text) = token {
                    out.push_str(&String::from_utf8_lossy(&text));
                }
            }
        }
    }
    end
}

fn push_numbered(digits: &str, radix: u32, out: &mut String) {
    /// Windows-1252 at 0x80, zero where it has nothing.
    const WINDOWS: [u16; 32] = [
        0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039,
        0x152, 0, 0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc,
        0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178,
    ];
    let significant = digits.trim_start_matches('0');
    let number = if significant.is_empty() {
        0
    } else {
        u32::from_str_radix(significant, radix).unwrap_or(u32::MAX)
    };
    let c = match number {
        0 => '\u{fffd}',
        0x80..=0x9f => match WINDOWS[number as usize - 0x80] {
            0 => char::from_u32(number).unwrap_or('\u{fffd}'),
            c => char::from_u32(c.into()).unwrap_or('\u{fffd}'),
        },
        1..=8 | 0xb | 0xe..=0x1f | 0x7f | 0xfdd0..=0xfdef => return,
        _ if number & 0xfffe == 0xfffe && number <= 0x10_ffff => return,
        _ => char::from_u32(number).unwrap_or('\u{fffd}'),
    };
    out.push(c);
}
