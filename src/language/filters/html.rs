//! Filters that make HTML of text, or text of HTML.

use std::fmt::Write;
use std::ops::ControlFlow;

use super::convert::{
    conditional_escape, count, forgiving_int, growth_by_escaping, members, not_iterable, text,
};
use super::markup::{Event, Markup};
use super::words::{composed, escaped_here};
use crate::language::escape::{escape, escape_into};
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::{self, Value, ValueKind};

pub(super) const FILTERS: &[Filter] = &[
    Filter {
        name: "safe",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Marks the text as HTML that is not to be escaped.",
        example: ("{{ note|safe }}", "<b>Fresh</b> & green"),
        call: |_, v, _| Ok(Value::from_safe_string(text(v).to_owned())),
    },
    Filter {
        name: "safeseq",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Marks each member of a list as HTML that is not to be escaped.",
        example: (
            "{% autoescape off %}{{ tags|safeseq|join:', ' }}{% endautoescape %}",
            "green, black",
        ),
        call: safeseq,
    },
    Filter {
        name: "escape",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Escapes HTML, once however often it is used.",
        example: ("{{ note|escape }}", "&lt;b&gt;Fresh&lt;/b&gt; &amp; green"),
        call: |frame, v, _| {
            if v.is_safe() {
                Ok(v.clone())
            } else {
                force_escape(frame, v, None)
            }
        },
    },
    Filter {
        name: "force_escape",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Escapes HTML at once, each time it is used.",
        example: ("{{ '<'|force_escape }}", "&lt;"),
        call: force_escape,
    },
    Filter {
        name: "escapeseq",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Escapes each member of a list.",
        example: ("{{ tags|escapeseq|join:', ' }}", "green, black"),
        call: escapeseq,
    },
    Filter {
        name: "escape_once",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Escapes HTML but leaves character references that stand in the text.",
        example: ("{{ 'a &amp; b & c'|escape_once }}", "a &amp; b &amp; c"),
        call: escape_once,
    },
    Filter {
        name: "linebreaks",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Line ends as `<br>`, empty lines as the end of a paragraph.",
        example: ("{{ first_name|linebreaks }}", "<p>Ada</p>"),
        call: linebreaks,
    },
    Filter {
        name: "linebreaksbr",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "Line ends as `<br>`.",
        example: (
            "{{ note|linebreaksbr }}",
            "&lt;b&gt;Fresh&lt;/b&gt; &amp; green",
        ),
        call: linebreaksbr,
    },
    Filter {
        name: "newline_to_br",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "The same as `linebreaksbr`.",
        example: (
            "{{ note|newline_to_br }}",
            "&lt;b&gt;Fresh&lt;/b&gt; &amp; green",
        ),
        call: linebreaksbr,
    },
    Filter {
        name: "striptags",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "The text without its HTML tags. What is left is no safe text.",
        example: ("{{ note|striptags }}", "Fresh &amp; green"),
        call: striptags,
    },
    Filter {
        name: "strip_html",
        input: Input::Text,
        argument: Argument::None,
        keeps_safe: true,
        doc: "The same as `striptags`.",
        example: ("{{ note|strip_html }}", "Fresh &amp; green"),
        call: striptags,
    },
    Filter {
        name: "truncatechars_html",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "`truncatechars` for HTML: tags do not count, and those that are open are closed.",
        example: ("{{ note|safe|truncatechars_html:4 }}", "<b>Fre…</b>"),
        call: truncatechars_html,
    },
    Filter {
        name: "truncatewords_html",
        input: Input::Text,
        argument: Argument::Required,
        keeps_safe: true,
        doc: "`truncatewords` for HTML: tags do not count, and those that are open are closed.",
        example: (
            "{{ '<b>one two</b> three'|truncatewords_html:1 }}",
            "<b>one …</b>",
        ),
        call: truncatewords_html,
    },
    Filter {
        name: "unordered_list",
        input: Input::Any,
        argument: Argument::None,
        keeps_safe: true,
        doc: "The members as `<li>` elements, lists inside as lists inside; without the outer `<ul>`.",
        example: (
            "{{ tags|unordered_list }}",
            "\t<li>green</li>\n\t<li>black</li>",
        ),
        call: unordered_list,
    },
];

fn force_escape(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    frame.allocate(growth_by_escaping(text(v)))?;
    Ok(Value::from_safe_string(escape(text(v))))
}

fn safeseq(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let list = members(frame, v)?.ok_or_else(|| not_iterable(v))?;
    Ok(Value::from_object(
        list.iter()
            .map(|item| Value::from_safe_string(value::python_str(item)))
            .collect::<Vec<_>>(),
    ))
}

fn escapeseq(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let list = members(frame, v)?.ok_or_else(|| not_iterable(v))?;
    let mut out = Vec::with_capacity(list.len());
    for item in &list {
        let s = conditional_escape(item);
        frame.allocate(s.len())?;
        out.push(Value::from_safe_string(s));
    }
    Ok(Value::from_object(out))
}

fn escape_once(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let s = text(v);
    frame.allocate(growth_by_escaping(s))?;
    let mut out = String::with_capacity(s.len());
    let mut rest = s;
    while let Some(at) = rest.find('&') {
        escape_into(&rest[..at], &mut out);
        rest = &rest[at..];
        let length = reference_length(rest);
        if length == 0 {
            out.push_str("&amp;");
            rest = &rest[1..];
        } else {
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    escape_into(rest, &mut out);
    Ok(Value::from_safe_string(out))
}

/// The bytes of a whole character reference at the start, 0 when there is none.
fn reference_length(s: &str) -> usize {
    let Some(end) = s.bytes().take(40).position(|b| b == b';') else {
        return 0;
    };
    let inside = &s[1..end];
    let all =
        |digits: &str, is: fn(&u8) -> bool| !digits.is_empty() && digits.bytes().all(|b| is(&b));
    let known = match inside.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => all(hex, u8::is_ascii_hexdigit),
            None => all(number, u8::is_ascii_digit),
        },
        None => {
            inside.starts_with(|c: char| c.is_ascii_alphabetic())
                && all(inside, u8::is_ascii_alphanumeric)
        }
    };
    if known { end + 1 } else { 0 }
}

/// CRLF and CR as LF.
fn with_newlines(s: &str) -> String {
    s.replace("\r\n", "\n").replace('\r', "\n")
}

fn linebreaks(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let s = with_newlines(&escaped_here(frame, v)?);
    frame.allocate(s.matches('\n').count().saturating_mul(8) + 7)?;
    let mut out = String::with_capacity(s.len() + 7);
    let mut rest = s.as_str();
    loop {
        let end = rest.find("\n\n").unwrap_or(rest.len());
        out.push_str("<p>");
        out.push_str(&rest[..end].replace('\n', "<br>"));
        out.push_str("</p>");
        if end == rest.len() {
            break;
        }
        out.push_str("\n\n");
        rest = rest[end..].trim_start_matches('\n');
    }
    Ok(Value::from_safe_string(out))
}

fn linebreaksbr(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let s = with_newlines(&escaped_here(frame, v)?);
    frame.allocate(s.matches('\n').count().saturating_mul(3))?;
    Ok(Value::from_safe_string(s.replace('\n', "<br>")))
}

fn striptags(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    /// How often Django looks again for tags that appeared when others went.
    const ROUNDS: usize = 50;
    let suspicious = || Stop::raise("too many tags inside tags");
    let mut s = text(v).to_owned();
    if has_unclosed_nest(&s, ROUNDS) {
        return Err(suspicious());
    }
    let mut round = 0;
    while s.contains('<') && s.contains('>') {
        if round >= ROUNDS {
            return Err(suspicious());
        }
        let stripped = strip_once(frame, &s)?;
        if stripped.matches('<').count() == s.matches('<').count() {
            break;
        }
        s = stripped;
        round += 1;
    }
    Ok(Value::from(s))
}

/// Whether a tag opens, does not close for a thousand characters and more, and holds many others that open.
fn has_unclosed_nest(s: &str, most: usize) -> bool {
    let mut rest = s;
    while let Some(at) = rest.find('<') {
        let inside = &rest[at + 1..];
        if !inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
            rest = inside;
            continue;
        }
        let end = inside.find('>').unwrap_or(inside.len());
        let run = &inside[..end];
        if run.chars().nth(1000).is_some() {
            if run.matches('<').count() + 1 >= most {
                return true;
            }
            rest = &inside[end..];
        } else {
            rest = inside;
        }
    }
    false
}

fn strip_once(frame: &mut Frame<'_>, s: &str) -> Result<String, Stop> {
    let mut out = String::with_capacity(s.len());
    let mut markup = Markup::new(s, false);
    let mut sink = |event: Event<'_>| {
        match event {
            Event::Data(data) => out.push_str(&data),
            Event::Reference(name) => {
                let _ = write!(out, "&{name};");
            }
            Event::Start { .. } | Event::End { .. } => {}
        }
        ControlFlow::Continue(())
    };
    let _ = markup.read(frame, false, &mut sink)?;
    let _ = markup.read(frame, true, &mut sink)?;
    Ok(out)
}

/// What a truncation does with a piece of text: how much of it counts, and the part that is kept.
type Measure<'m> = &'m mut dyn FnMut(&str, usize, &str) -> Piece;

enum Piece {
    /// So many units; of them this is kept, escaped.
    Part(usize, String),
    /// Everything fits exactly: this ends the text.
    Whole(String),
}

/// Elements that have no end tag.
const VOID: [&str; 16] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr", "frame", "spacer",
];

/// Django's truncation of HTML: `left` units, then `mark`, then the end tags of what is open.
fn truncated(
    frame: &mut Frame<'_>,
    s: &str,
    mut left: usize,
    mark: &str,
    measure: Measure<'_>,
) -> Result<String, Stop> {
    let mut out = String::new();
    let mut open: Vec<String> = Vec::new();
    let mut markup = Markup::new(s, true);
    let flow = markup.read(frame, false, &mut |event| match event {
        Event::Start {
            tag,
            source,
            closed,
        } => {
            out.push_str(source);
            if !VOID.contains(&tag.as_str()) {
                if closed {
                    let _ = write!(out, "</{tag}>");
                } else {
                    open.push(tag);
                }
            }
            ControlFlow::Continue(())
        }
        Event::End { tag } => {
            if !VOID.contains(&tag.as_str()) {
                let _ = write!(out, "</{tag}>");
                if open.last() == Some(&tag) {
                    open.pop();
                }
            }
            ControlFlow::Continue(())
        }
        Event::Data(data) => match measure(&data, left, &out) {
            Piece::Whole(text) => {
                out.push_str(&text);
                ControlFlow::Break(())
            }
            Piece::Part(units, text) if left < units => {
                out.push_str(&text);
                if !text.ends_with(mark) || mark == "…" {
                    out.push_str(mark);
                }
                ControlFlow::Break(())
            }
            Piece::Part(units, text) => {
                left -= units;
                out.push_str(&text);
                ControlFlow::Continue(())
            }
        },
        Event::Reference(_) => ControlFlow::Continue(()),
    })?;
    if flow.is_break() {
        for tag in open.iter().rev() {
            let _ = write!(out, "</{tag}>");
        }
    }
    Ok(out)
}

fn truncatechars_html(
    frame: &mut Frame<'_>,
    v: &Value,
    argument: Option<&Value>,
) -> Result<Value, Stop> {
    let Some(most) = forgiving_int(argument)? else {
        return Ok(v.clone());
    };
    let most = count(most);
    if most == 0 {
        return Ok(Value::from(""));
    }
    let s = composed(text(v));
    let whole = s.chars().count();
    let mut seen = 0usize;
    let out = truncated(frame, &s, most - 1, "…", &mut |data, left, out| {
        let length = data.chars().count();
        seen += length;
        // All of it fits when no tag stands in it; the parser of the original compares lengths to find that out.
        if seen == most && out.chars().count() + length == whole {
            return Piece::Whole(data.to_owned());
        }
        let end = data
            .char_indices()
            .nth(left)
            .map_or(data.len(), |(at, _)| at);
        Piece::Part(length, escape(&data[..end]))
    })?;
    Ok(Value::from(out))
}

fn truncatewords_html(
    frame: &mut Frame<'_>,
    v: &Value,
    argument: Option<&Value>,
) -> Result<Value, Stop> {
    let Some(most) = forgiving_int(argument)? else {
        return Ok(v.clone());
    };
    let most = count(most);
    if most == 0 {
        return Ok(Value::from(""));
    }
    let out = truncated(frame, text(v), most, " …", &mut |data, left, _| {
        // White space at the ends belongs to the first and the last word.
        let inner = data.trim_matches(value::is_space);
        let start = data.len() - data.trim_start_matches(value::is_space).len();
        let mut words: Vec<&str> = inner
            .split(value::is_space)
            .filter(|word| !word.is_empty())
            .collect();
        let units = words.len().max(1);
        if inner.is_empty() {
            let kept = if left == 0 { "" } else { data };
            return Piece::Part(units, escape(kept));
        }
        let ends = data.len() - start - inner.len();
        let first = &data[..start + words[0].len()];
        let last_start = data.len() - ends - words[units - 1].len();
        words[0] = first;
        words[units - 1] = if units == 1 {
            data
        } else {
            &data[last_start..]
        };
        words.truncate(left);
        Piece::Part(units, escape(&words.join(" ")))
    })?;
    Ok(Value::from(out))
}

fn unordered_list(frame: &mut Frame<'_>, v: &Value, _: Option<&Value>) -> Result<Value, Stop> {
    let mut out = String::new();
    push_list(frame, v, 1, &mut out)?;
    Ok(Value::from_safe_string(out))
}

fn push_list(frame: &mut Frame<'_>, v: &Value, tabs: usize, out: &mut String) -> Result<(), Stop> {
    /// How deep lists may stand in lists.
    const DEEPEST: usize = 100;
    if tabs > DEEPEST {
        return Err(Stop::raise("maximum recursion depth exceeded"));
    }
    let list = members(frame, v)?.ok_or_else(|| not_iterable(v))?;
    let indent = "\t".repeat(tabs);
    let escapes = frame.escapes();
    let mut at = 0;
    while at < list.len() {
        if at > 0 {
            out.push('\n');
        }
        let item = &list[at];
        at += 1;
        let item = if escapes {
            conditional_escape(item)
        } else {
            value::python_str(item)
        };
        frame.allocate(item.len() + 4 * tabs + 32)?;
        let _ = write!(out, "{indent}<li>{item}");
        if let Some(children) = list
            .get(at)
            .filter(|next| matches!(next.kind(), ValueKind::Seq | ValueKind::Iterable))
        {
            at += 1;
            if value::truthy(children) {
                let _ = write!(out, "\n{indent}<ul>\n");
                push_list(frame, children, tabs + 1, out)?;
                let _ = write!(out, "\n{indent}</ul>\n{indent}");
            }
        }
        out.push_str("</li>");
    }
    Ok(())
}
