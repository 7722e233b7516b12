//! How an expression is read, by Django's grammar.

use std::borrow::Cow;

use super::{Applied, Expr, Operand, Part, Path};
use crate::language::compile::{CompileError, Compiler};
use crate::language::dialects;
use crate::language::registry::FilterCall;
use crate::language::span::Span;
use crate::language::words::{is_space, quoted_length};
use crate::value::Value;

/// Parses an expression that stands at `at`.
pub(in crate::language) fn parse(
    text: &str,
    at: Span,
    compiler: &mut Compiler<'_>,
) -> Result<Expr, CompileError> {
    Parser { text, at, compiler }.expression()
}

struct Parser<'t, 'c, 'r> {
    text: &'t str,
    at: Span,
    compiler: &'c mut Compiler<'r>,
}

impl Parser<'_, '_, '_> {
    fn expression(&mut self) -> Result<Expr, CompileError> {
        let text = self.text;
        let first = constant_length(text).or_else(|| name_length(text));
        let Some(length) = first else {
            return Err(match filter_at(text, 0) {
                Some(_) => {
                    let error = self.error(
                        "missing-operand",
                        format!("Could not find variable at start of {text}."),
                        0..text.len(),
                        "a filter needs something to filter",
                    );
                    match dialects::stray(text, 0) {
                        Some(help) => error.help(help),
                        None => error,
                    }
                }
                None => self.stray(0),
            });
        };
        let base = self.operand(0, length)?;
        let mut filters = Vec::new();
        let mut position = length;
        while let Some(found) = filter_at(text, position) {
            filters.push(self.filter(&found)?);
            position = found.end;
        }
        if position < text.len() {
            return Err(self.stray(position));
        }
        self.note_feed(&base, &filters);
        Ok(Expr {
            span: self.at,
            base,
            filters,
        })
    }

    /// `feeds|lookup:'NAME'` names a feed as `feeds.NAME` does.
    fn note_feed(&mut self, base: &Operand, filters: &[Applied]) {
        let (Operand::Path(path), Some(first)) = (base, filters.first()) else {
            return;
        };
        let is_lookup = matches!(&first.call, FilterCall::Ours(filter) if filter.name == "lookup");
        if let Some(Operand::Literal(name)) = &first.argument
            && is_lookup
            && matches!(path.first(), "feeds" | "web_feeds")
            && path.parts.len() == 1
            && let Some(name) = name.as_str()
        {
            self.compiler.needs.feeds.insert(name.to_owned());
        }
    }

    /// What Django says of characters it cannot read at `position`.
    fn stray(&mut self, position: usize) -> CompileError {
        let text = self.text;
        // Django's search goes on behind the stray characters; if it finds a filter there, the sentence is another one.
        let later = next_filter(text, position);
        let title = match later {
            Some(start) if position > 0 || start > 0 => format!(
                "Could not parse some characters: {}|{}|{}",
                &text[..position],
                &text[position..start],
                &text[start..]
            ),
            _ => format!(
                "Could not parse the remainder: '{}' from '{text}'",
                &text[position..]
            ),
        };
        let end = later.unwrap_or(text.len());
        let mut error = self.error(
            "unparsed-characters",
            title,
            position..end,
            "this cannot be read",
        );
        if let Some(help) = dialects::stray(text, position) {
            error = error.help(help);
        }
        error
    }

    fn filter(&mut self, found: &FilterAt) -> Result<Applied, CompileError> {
        let name = &self.text[found.name.clone()];
        let span = self.at.part(found.name.start, found.end);
        let argument = match &found.argument {
            None => None,
            Some(range) => Some(self.operand(range.start, range.end)?),
        };
        let Some((call, rule)) = self.compiler.registry().find_filter(name) else {
            let error = self.error(
                "unknown-filter",
                format!("Invalid filter: '{name}'"),
                found.name.clone(),
                "no filter has this name",
            );
            let near = || self.compiler.registry().nearest_filter(name);
            let help = match dialects::filter(name) {
                Some(help) => help.to_owned(),
                None => match near() {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => "take it out: there is no filter like this".to_owned(),
                },
            };
            return Err(error.help(help));
        };
        if let Err((wants, has)) = rule.check(argument.is_some()) {
            let error = self.error(
                "filter-arguments",
                format!("{name} requires {wants} arguments, {has} provided"),
                found.name.start..found.end,
                if has < wants {
                    "an argument is missing"
                } else {
                    "this filter takes no argument"
                },
            );
            let help = match has < wants {
                true => dialects::argument(name, &self.text[found.end..]),
                false => format!("write {name} without an argument"),
            };
            return Err(error.help(help));
        }
        Ok(Applied {
            call,
            argument,
            span,
        })
    }

    /// A constant, a number or a name that stands from `start` to `end`.
    fn operand(&mut self, start: usize, end: usize) -> Result<Operand, CompileError> {
        let text = &self.text[start..end];
        let translated = text
            .strip_prefix("_(")
            .and_then(|inner| inner.strip_suffix(')'))
            .unwrap_or(text);
        if translated.starts_with(['"', '\'']) {
            return Ok(Operand::Literal(Value::from_safe_string(unescape(
                translated,
            ))));
        }
        if let Some(number) = number_literal(text) {
            return Ok(Operand::Literal(number));
        }
        if text.starts_with('_') || text.contains("._") {
            let title =
                format!("Variables and attributes may not begin with underscores: '{text}'");
            return Err(self
                .error("underscore-name", title, start..end, "")
                .help(dialects::underscore(text)));
        }
        let path = Path {
            parts: text
                .split('.')
                .map(|key| Part {
                    key: key.into(),
                    index: python_int(key).and_then(|n| usize::try_from(n).ok()),
                })
                .collect(),
            span: self.at.part(start, end),
        };
        self.compiler.note_read(&path);
        Ok(Operand::Path(path))
    }

    fn error(
        &self,
        code: &'static str,
        title: String,
        range: std::ops::Range<usize>,
        label: &str,
    ) -> CompileError {
        self.compiler
            .error(code, title, self.at.part(range.start, range.end), label)
    }
}

struct FilterAt {
    name: std::ops::Range<usize>,
    argument: Option<std::ops::Range<usize>>,
    end: usize,
}

/// Where the first filter behind `position` starts.
fn next_filter(text: &str, position: usize) -> Option<usize> {
    text[position..].match_indices('|').find_map(|(at, _)| {
        let bar = position + at;
        let before = &text[position..bar];
        let blanks = before.len() - before.trim_end_matches(is_space).len();
        let mut start = bar - blanks;
        if start == position {
            // Django looks on from the next character.
            start += text[start..].chars().next().map_or(0, char::len_utf8);
        }
        (start <= bar && filter_at(text, start).is_some()).then_some(start)
    })
}

/// Django's `\s*\|\s*(\w+)(?::(constant|name|number))?` at `position`.
fn filter_at(text: &str, position: usize) -> Option<FilterAt> {
    let blanks = |at: usize| text[at..].len() - text[at..].trim_start_matches(is_space).len();
    let bar = position + blanks(position);
    if !text[bar..].starts_with('|') {
        return None;
    }
    let start = bar + 1 + blanks(bar + 1);
    let length = text[start..]
        .find(|c: char| !is_word(c))
        .unwrap_or(text.len() - start);
    if length == 0 {
        return None;
    }
    let end = start + length;
    let argument = text[end..].strip_prefix(':').and_then(|rest| {
        constant_length(rest)
            .or_else(|| name_length(rest))
            .map(|n| end + 1..end + 1 + n)
    });
    Some(FilterAt {
        name: start..end,
        end: argument.as_ref().map_or(end, |range| range.end),
        argument,
    })
}

/// Python's `\w`.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The bytes of a quoted text, or of one in `_(…)`, at the start.
fn constant_length(text: &str) -> Option<usize> {
    if let Some(inner) = text.strip_prefix("_(") {
        let length = quoted_length(inner)?;
        return inner[length..].starts_with(')').then_some(length + 3);
    }
    quoted_length(text)
}

/// The bytes of Django's `[\w.]+|[-+.]?\d[\d.e]*` at the start.
fn name_length(text: &str) -> Option<usize> {
    let length = text
        .find(|c: char| !is_word(c) && c != '.')
        .unwrap_or(text.len());
    if length > 0 {
        return Some(length);
    }
    let digits = text.strip_prefix(['-', '+'])?;
    if !digits.starts_with(|c: char| c.is_numeric()) {
        return None;
    }
    Some(
        1 + digits
            .find(|c: char| !c.is_numeric() && c != '.' && c != 'e')
            .unwrap_or(digits.len()),
    )
}

/// `s[1:-1]` with the escaped quote and the escaped backslash taken out of their escapes.
fn unescape(quoted: &str) -> String {
    let quote = &quoted[..1];
    quoted[1..quoted.len() - 1]
        .replace(&format!("\\{quote}"), quote)
        .replace("\\\\", "\\")
}

/// A number as Django reads one in a template: with `.` or `e` a float, else an int.
fn number_literal(text: &str) -> Option<Value> {
    if text.contains('.') || text.contains(['e', 'E']) {
        if text.ends_with('.')
            || !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        {
            return None;
        }
        python_float(text).map(Value::from)
    } else {
        python_int(text).map(|n| match i64::try_from(n) {
            Ok(n) => Value::from(n),
            Err(_) => Value::from(n),
        })
    }
}

/// Python's `int(text)`, without the blanks it allows around it: single underscores may stand between digits.
pub(in crate::language) fn python_int(text: &str) -> Option<i128> {
    plain_digits(text)?.parse().ok()
}

/// Python's `float(text)`, likewise.
pub(in crate::language) fn python_float(text: &str) -> Option<f64> {
    plain_digits(text)?.parse().ok()
}

/// The text without underscores between digits; None where Python would refuse an underscore.
fn plain_digits(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let between_digits = |at: usize| {
        at > 0
            && bytes[at - 1].is_ascii_digit()
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
    };
    (0..bytes.len())
        .all(|at| bytes[at] != b'_' || between_digits(at))
        .then(|| Cow::Owned(text.replace('_', "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let text = |s: &str| number_literal(s).map(|v| crate::value::text(&v));
        assert_eq!(text("3"), Some("3".into()));
        assert_eq!(text("3.50"), Some("3.5".into()));
        assert_eq!(text(".5"), Some("0.5".into()));
        assert_eq!(text("-1"), Some("-1".into()));
        assert_eq!(text("1e3"), Some("1000.0".into()));
        assert_eq!(text("1_000"), Some("1000".into()));
        for not in ["2.", "a.e", "first_name", "1.2.3", "inf", "nan.e", "1e"] {
            assert_eq!(text(not), None, "{not}");
        }
    }
}
