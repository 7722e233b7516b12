//! Filters on the words and lines of a text.

use std::fmt::Write;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::convert::{
    argument_text, count, forgiving_int, growth_by_escaping, int, strict_int, text,
};
use crate::language::escape::{escape, escape_into};
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::{self, Value};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "truncatechars",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "At most so many characters, the last of them `…` when something is cut.",
        example: ("{{ 'Lapsang Souchong'|truncatechars:8 }}", "Lapsang…"),
        call: truncatechars,
    },
    Filter {
        name: "truncatewords",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "At most so many words, then ` …` when something is cut. Line ends become blanks.",
        example: ("{{ 'one two three'|truncatewords:2 }}", "one two …"),
        call: truncatewords,
    },
    Filter {
        name: "truncate",
        input: Input::Text,
        argument: Argument::Optional,
        keeps_safe: false,
        doc: "At most so many characters, 50 when not told, the last three of them `...` when something is cut.",
        example: ("{{ 'hello world'|truncate:8 }}", "hello..."),
        call: truncate,
    },
    Filter {
        name: "wordcount",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "How many words.",
        example: ("{{ 'one two three'|wordcount }}", "3"),
        call: |_, v, _| Ok(Value::from(words(text(v)).count())),
    },
    Filter {
        name: "wordwrap",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "Lines of at most so many characters, broken between words.",
        example: ("{{ 'one two three'|wordwrap:7 }}", "one two\nthree"),
        call: wordwrap,
    },
    Filter {
        name: "linenumbers",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "A number before each line.",
        example: ("{{ 'tea'|linenumbers }}", "1. tea"),
        call: linenumbers,
    },
    Filter {
        name: "slugify",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "The text for a web address: ASCII, small letters, hyphens between words.",
        example: (
            "{{ 'Crème Brûlée Rooibos!'|slugify }}",
            "creme-brulee-rooibos",
        ),
        call: slugify,
    },
    Filter {
        name: "make_list",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: false,
        doc: "The characters of the text as a list.",
        example: ("{{ 'tea'|make_list|join:'-' }}", "t-e-a"),
        call: make_list,
    },
    Filter {
        name: "split",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "A list of the parts between occurrences of the argument.",
        example: ("{{ 'a,b'|split:','|join:' + ' }}", "a + b"),
        call: split,
    },
    Filter {
        name: "resplit",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: false,
        doc: "A list of the parts between matches of a regular expression; what its groups match stands in the list too.",
        example: (r"{{ 'a  b c'|resplit:'\s+'|join:',' }}", "a,b,c"),
        call: resplit,
    },
];

/// Python's `s.split()`.
pub(super) fn words(s: &str) -> impl Iterator<Item = &str> {
    s.split(value::is_space).filter(|word| !word.is_empty())
}

/// Whether a character stands on the one before it and takes no room of its own.
pub(super) fn is_combining(c: char) -> bool {
    canonical_combining_class(c) != 0
}

/// Unicode's composed form (NFC).
pub(super) fn composed(s: &str) -> std::borrow::Cow<'_, str> {
    if s.is_ascii() || is_nfc(s) {
        s.into()
    } else {
        s.nfc().collect::<String>().into()
    }
}

fn truncatechars(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let Some(most) = forgiving_int(argument)? else {
        return Ok(v.clone());
    };
    let most = count(most);
    if most == 0 {
        return Ok(Value::from(""));
    }
    let s = composed(text(v));
    let (mut length, mut end) = (0usize, None);
    for (at, _) in s.char_indices().filter(|(_, c)| !is_combining(*c)) {
        length += 1;
        if length == most {
            end = Some(at);
        }
        if length > most {
            return Ok(Value::from(format!("{}…", &s[..end.unwrap_or(0)])));
        }
    }
    Ok(Value::from(&*s))
}

fn truncatewords(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let Some(most) = forgiving_int(argument)? else {
        return Ok(v.clone());
    };
    let most = count(most);
    if most == 0 {
        return Ok(Value::from(""));
    }
    let mut left = words(text(v));
    let mut out = String::new();
    for (at, word) in left.by_ref().take(most).enumerate() {
        if at > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
    if left.next().is_some() && !out.ends_with(" …") {
        out.push_str(" …");
    }
    Ok(Value::from(out))
}

fn truncate(_: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let most = match argument {
        None => 50,
        Some(argument) => match int(argument) {
            Ok(most) => count(most),
            Err(_) => return Ok(v.clone()),
        },
    };
    let s = text(v);
    if s.char_indices().nth(most).is_none() {
        return Ok(v.clone());
    }
    let keep = most.saturating_sub(3);
    let end = s.char_indices().nth(keep).map_or(s.len(), |(at, _)| at);
    Ok(Value::from(format!("{}...", &s[..end])))
}

/// Python's `textwrap` with the settings of Django's `wrap`.
fn wordwrap(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let width = strict_int(argument)?;
    let s = text(v);
    let tabs = s.bytes().filter(|b| *b == b'\t').count();
    frame.allocate(tabs.saturating_mul(7))?;
    let mut lines: Vec<String> = Vec::new();
    for line in split_lines(s) {
        let expanded = expand_tabs(line);
        let before = lines.len();
        wrap_line(&expanded, width, &mut lines)?;
        if lines.len() == before {
            lines.push(line.to_owned());
        }
    }
    if s.ends_with('\n') {
        lines.push(String::new());
    }
    Ok(Value::from(lines.join("\n")))
}

/// Python's `s.splitlines()`.
fn split_lines(s: &str) -> impl Iterator<Item = &str> {
    let mut rest = s;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ends = |c: char| {
            matches!(
                c,
                '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'
                    ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
            )
        };
        let (line, after) = match rest.find(ends) {
            None => (rest, ""),
            Some(at) => {
                let tail = &rest[at..];
                let end = if tail.starts_with("\r\n") {
                    2
                } else {
                    tail.chars().next().map_or(0, char::len_utf8)
                };
                (&rest[..at], &tail[end..])
            }
        };
        rest = after;
        Some(line)
    })
}

/// Python's `line.expandtabs(8)`.
fn expand_tabs(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut column = 0usize;
    for c in line.chars() {
        if c == '\t' {
            let blanks = 8 - column % 8;
            out.extend(std::iter::repeat_n(' ', blanks));
            column += blanks;
        } else {
            out.push(c);
            column += 1;
        }
    }
    out
}

fn wrap_line(line: &str, width: i128, lines: &mut Vec<String>) -> Result<(), Stop> {
    if width <= 0 {
        return Err(Stop::raise(format!("invalid width {width} (must be > 0)")));
    }
    let width = count(width);
    // Runs of ASCII white space and runs of anything else, in turn.
    let breaks = |c: char| matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ');
    let mut chunks: Vec<&str> = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let blank = breaks(first);
        let end = rest.find(|c| breaks(c) != blank).unwrap_or(rest.len());
        chunks.push(&rest[..end]);
        rest = &rest[end..];
    }
    let is_blank = |chunk: &str| chunk.chars().all(value::is_space);
    let first = lines.len();
    let mut at = 0;
    while at < chunks.len() {
        if is_blank(chunks[at]) && lines.len() > first {
            at += 1;
        }
        let start = at;
        let mut length = 0usize;
        while at < chunks.len() {
            let more = chunks[at].chars().count();
            if length.saturating_add(more) > width {
                break;
            }
            length += more;
            at += 1;
        }
        if at == start && at < chunks.len() {
            // A word longer than the line stands on its own.
            at += 1;
        }
        let mut taken = &chunks[start..at];
        if let [inner @ .., last] = taken
            && is_blank(last)
        {
            taken = inner;
        }
        if !taken.is_empty() {
            lines.push(taken.concat());
        }
    }
    Ok(())
}

fn linenumbers(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let s = text(v);
    let lines = s.matches('\n').count() + 1;
    let width = lines.to_string().len();
    let escapes = frame.escapes() && !v.is_safe();
    let escaped = if escapes { growth_by_escaping(s) } else { 0 };
    frame.allocate(lines.saturating_mul(width + 2).saturating_add(escaped))?;
    let mut out = String::new();
    for (at, line) in s.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let _ = write!(out, "{:0width$}. ", at + 1);
        if escapes {
            escape_into(line, &mut out);
        } else {
            out.push_str(line);
        }
    }
    Ok(Value::from_safe_string(out))
}

fn slugify(_: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let mut out = String::new();
    for c in text(v).nfkd().filter(char::is_ascii) {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_alphanumeric() || c == '_' {
            out.push(c);
        } else if (c == '-' || value::is_space(c)) && !out.ends_with('-') {
            out.push('-');
        }
    }
    Ok(Value::from(out.trim_matches(['-', '_'])))
}

fn make_list(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let s = text(v);
    frame.allocate(s.chars().count().saturating_mul(size_of::<Value>()))?;
    Ok(Value::from_object(
        s.chars().map(Value::from).collect::<Vec<_>>(),
    ))
}

fn split(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let separator = argument_text(argument);
    if separator.is_empty() {
        return Err(Stop::raise("empty separator"));
    }
    let s = text(v);
    let parts = s.matches(&separator).count() + 1;
    frame.allocate(parts.saturating_mul(size_of::<Value>()) + s.len())?;
    Ok(Value::from_object(
        s.split(&separator).map(Value::from).collect::<Vec<_>>(),
    ))
}

/// Python's `re.split`.
fn resplit(frame: &mut Frame<'_>, v: &Value, argument: Option<&Value>) -> Result<Value, Stop> {
    let pattern = argument_text(argument);
    let s = text(v);
    frame.spend(s.len() as u64 / 8 + pattern.len() as u64 + 64)?;
    let regex = regex::RegexBuilder::new(&pattern)
        .size_limit(1 << 20)
        .nest_limit(64)
        .build()
        .map_err(|error| {
            let message = error.to_string();
            let reason = message.lines().last().unwrap_or_default();
            Stop::raise(format!(
                "{} is no regular expression here: {}",
                value::repr(&Value::from(pattern.as_str())),
                reason.trim_start_matches("error: ")
            ))
        })?;
    let mut parts: Vec<Value> = Vec::new();
    let mut from = 0;
    for captures in regex.captures_iter(s) {
        frame.spend(1)?;
        frame.allocate(captures.len() * size_of::<Value>())?;
        let Some(whole) = captures.get(0) else {
            continue;
        };
        parts.push(Value::from(&s[from..whole.start()]));
        for group in captures.iter().skip(1) {
            parts.push(group.map_or(Value::from(()), |group| Value::from(group.as_str())));
        }
        from = whole.end();
    }
    parts.push(Value::from(&s[from..]));
    Ok(Value::from_object(parts))
}

/// The value escaped where the place asks for it.
pub(super) fn escaped_here(frame: &mut Frame<'_>, v: &Value) -> Result<String, Stop> {
    if frame.escapes() && !v.is_safe() {
        frame.allocate(growth_by_escaping(text(v)))?;
        Ok(escape(text(v)))
    } else {
        Ok(text(v).to_owned())
    }
}
