//! `pprint`: a value over several lines, for looking at data while a template is written.

use super::convert::text;
use crate::language::frame::Frame;
use crate::language::registry::{Argument, Filter, Input};
use crate::language::stop::Stop;
use crate::value::{self, Value, ValueKind};

pub(super) const FILTERS: &[Filter] = &[Filter {
    name: "pprint",
    input: Input::Any,
    argument: Argument::None,
    keeps_safe: true,
    doc: "The value as Python's `pprint` writes it, for looking at data.",
    example: ("{{ quantity|pprint }}", "1.0"),
    call: |frame, v, _| {
        let mut out = String::new();
        let at = Place {
            indent: 0,
            allowance: 0,
            level: 0,
        };
        write(frame, v, at, &mut out)?;
        Ok(Value::from(out))
    },
}];

/// How wide a line may be.
const WIDTH: usize = 80;

/// How deep values may stand in values.
const DEEPEST: usize = 150;

#[derive(Clone, Copy)]
struct Place {
    /// Columns before the value.
    indent: usize,
    /// Columns that closing brackets behind it need.
    allowance: usize,
    level: usize,
}

fn columns(s: &str) -> usize {
    s.chars().count()
}

/// `repr`, keys sorted.
fn flat(frame: &mut Frame<'_>, v: &Value, depth: usize) -> Result<String, Stop> {
    if depth > DEEPEST {
        return Err(Stop::raise("maximum recursion depth exceeded"));
    }
    frame.spend(1)?;
    Ok(match v.kind() {
        ValueKind::Map => {
            let mut parts = Vec::new();
            for (key, item) in sorted_pairs(v) {
                let key = flat(frame, &key, depth + 1)?;
                parts.push(format!("{key}: {}", flat(frame, &item, depth + 1)?));
            }
            format!("{{{}}}", parts.join(", "))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let mut parts = Vec::new();
            for item in value::items(v).unwrap_or_default() {
                parts.push(flat(frame, &item, depth + 1)?);
            }
            match (v.is_tuple(), parts.len()) {
                (true, 1) => format!("({},)", parts[0]),
                (true, _) => format!("({})", parts.join(", ")),
                (false, _) => format!("[{}]", parts.join(", ")),
            }
        }
        _ => value::repr(v),
    })
}

fn sorted_pairs(v: &Value) -> Vec<(Value, Value)> {
    let mut pairs = value::pairs(v);
    pairs.sort_by(|(a, _), (b, _)| a.as_str().cmp(&b.as_str()));
    pairs
}

fn write(frame: &mut Frame<'_>, v: &Value, at: Place, out: &mut String) -> Result<(), Stop> {
    let line = flat(frame, v, at.level)?;
    frame.spend(line.len() as u64 / 64)?;
    frame.allocate(line.len())?;
    if columns(&line) + at.indent + at.allowance <= WIDTH {
        out.push_str(&line);
        return Ok(());
    }
    let inside = Place {
        level: at.level + 1,
        ..at
    };
    match v.kind() {
        ValueKind::Map => {
            out.push('{');
            let pairs = sorted_pairs(v);
            let indent = at.indent + 1;
            for (index, (key, item)) in pairs.iter().enumerate() {
                if index > 0 {
                    new_line(frame, ",", indent, out)?;
                }
                let key = flat(frame, key, at.level)?;
                out.push_str(&key);
                out.push_str(": ");
                let place = Place {
                    indent: indent + columns(&key) + 2,
                    allowance: if index + 1 == pairs.len() {
                        at.allowance + 1
                    } else {
                        1
                    },
                    ..inside
                };
                write(frame, item, place, out)?;
            }
            out.push('}');
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value::items(v).unwrap_or_default();
            let (open, close) = match (v.is_tuple(), items.len()) {
                (true, 1) => ("(", ",)"),
                (true, _) => ("(", ")"),
                (false, _) => ("[", "]"),
            };
            out.push_str(open);
            let indent = at.indent + 1;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    new_line(frame, ",", indent, out)?;
                }
                let place = Place {
                    indent,
                    allowance: if index + 1 == items.len() {
                        at.allowance + close.len()
                    } else {
                        1
                    },
                    ..inside
                };
                write(frame, item, place, out)?;
            }
            out.push_str(close);
        }
        ValueKind::String => write_text(frame, text(v), inside, &line, out)?,
        _ => out.push_str(&line),
    }
    Ok(())
}

fn new_line(
    frame: &mut Frame<'_>,
    before: &str,
    indent: usize,
    out: &mut String,
) -> Result<(), Stop> {
    frame.allocate(indent + 2)?;
    out.push_str(before);
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
    Ok(())
}

/// A long text as several, which Python would join again.
fn write_text(
    frame: &mut Frame<'_>,
    s: &str,
    at: Place,
    whole: &str,
    out: &mut String,
) -> Result<(), Stop> {
    let alone = at.level == 1;
    let indent = at.indent + usize::from(alone);
    let allowance = at.allowance + usize::from(alone);
    let width = WIDTH.saturating_sub(indent);
    let repr = |s: &str| value::repr(&Value::from(s));
    let mut chunks: Vec<String> = Vec::new();
    let lines = lines_with_ends(s);
    for (index, line) in lines.iter().enumerate() {
        let last_line = index + 1 == lines.len();
        let narrow = |is_last: bool| width.saturating_sub(if is_last { allowance } else { 0 });
        let shown = repr(line);
        if columns(&shown) <= narrow(last_line) {
            chunks.push(shown);
            continue;
        }
        let mut current = String::new();
        let parts = words_with_blanks(line);
        for (at, part) in parts.iter().enumerate() {
            frame.spend(1 + part.len() as u64 / 64)?;
            let candidate = format!("{current}{part}");
            let last = last_line && at + 1 == parts.len();
            if columns(&repr(&candidate)) > narrow(last) {
                if !current.is_empty() {
                    chunks.push(repr(&current));
                }
                (*part).clone_into(&mut current);
            } else {
                current = candidate;
            }
        }
        if !current.is_empty() {
            chunks.push(repr(&current));
        }
    }
    if let [_] = chunks[..] {
        out.push_str(whole);
        return Ok(());
    }
    if alone {
        out.push('(');
    }
    for (index, chunk) in chunks.iter().enumerate() {
        if index > 0 {
            new_line(frame, "", indent, out)?;
        }
        frame.allocate(chunk.len())?;
        out.push_str(chunk);
    }
    if alone {
        out.push(')');
    }
    Ok(())
}

/// Python's `s.splitlines(True)`.
fn lines_with_ends(s: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut chars = s.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let ends = matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'
                ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        );
        if !ends {
            continue;
        }
        let mut end = at + c.len_utf8();
        if c == '\r'
            && let Some((next, _)) = chars.next_if(|(_, c)| *c == '\n')
        {
            end = next + 1;
        }
        lines.push(&s[start..end]);
        start = end;
    }
    if start < s.len() {
        lines.push(&s[start..]);
    }
    lines
}

/// Words, each with the white space behind it.
fn words_with_blanks(s: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = s;
    while !rest.is_empty() {
        let word = rest.find(value::is_space).unwrap_or(rest.len());
        let blanks = rest[word..]
            .find(|c| !value::is_space(c))
            .unwrap_or(rest.len() - word);
        let (part, after) = rest.split_at(word + blanks);
        parts.push(part);
        rest = after;
    }
    parts
}
