//! Source text into tokens, by Jinja's rule.
//!
//! The same tokens as Klaviyo's, cut in another way: a tag may go over several lines, braces and closing signs inside
//! its texts and brackets do not end it, and between `{% raw %}` and its end nothing is a tag. minijinja reads the
//! tokens, joined, once more; what this lexer takes for a tag, it takes for one as well.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use crate::language::lexer::{Token, TokenKind};
use crate::language::span::Span;

/// Cuts a text that stands at `at` in its file into tokens. What opens and is never closed is text: minijinja tells.
pub(in crate::language) fn lex_at(source: &str, at: Span) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut text_from = 0;
    let mut position = 0;
    let mut push = |kind, start: usize, end: usize| {
        if start < end {
            tokens.push(Token {
                kind,
                text: Cow::Borrowed(&source[start..end]),
                span: at.part(start, end),
            });
        }
    };
    while let Some((kind, start)) = opening(source, position) {
        let Some(end) = closing(source, kind, start + 2) else {
            break;
        };
        if kind == TokenKind::Tag && is_named(&source[start..end], "raw") {
            let Some((raw_end, after)) = end_of_raw(source, end) else {
                break;
            };
            push(TokenKind::Text, text_from, start);
            push(kind, start, end);
            push(TokenKind::Text, end, raw_end);
            push(kind, raw_end, after);
            (text_from, position) = (after, after);
            continue;
        }
        push(TokenKind::Text, text_from, start);
        push(kind, start, end);
        (text_from, position) = (end, end);
    }
    push(TokenKind::Text, text_from, source.len());
    tokens
}

/// The next `{{`, `{%` or `{#`.
pub(super) fn opening(source: &str, from: usize) -> Option<(TokenKind, usize)> {
    let bytes = source.as_bytes();
    let mut position = from;
    loop {
        let start = position + memchr(b'{', bytes.get(position..)?)?;
        let kind = match bytes.get(start + 1)? {
            b'%' => TokenKind::Tag,
            b'{' => TokenKind::Variable,
            b'#' => TokenKind::Comment,
            _ => {
                position = start + 1;
                continue;
            }
        };
        return Some((kind, start));
    }
}

/// Where what was opened before `from` ends.
fn closing(source: &str, kind: TokenKind, from: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    let end: &[u8] = match kind {
        TokenKind::Comment => {
            return memmem::find(&bytes[from..], b"#}").map(|length| from + length + 2);
        }
        TokenKind::Variable => b"}}",
        _ => b"%}",
    };
    let mut depth = 0_usize;
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        if depth == 0 && bytes[at..].starts_with(end) {
            return Some(at + 2);
        }
        match byte {
            b'"' | b'\'' => at += quoted(&bytes[at..])?,
            b'(' | b'[' | b'{' => {
                depth += 1;
                at += 1;
            }
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            _ => at += 1,
        }
    }
    None
}

/// The length of a text in quotes, with them; a backslash takes the meaning of the next character.
pub(super) fn quoted(bytes: &[u8]) -> Option<usize> {
    let quote = *bytes.first()?;
    let mut at = 1;
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Whether a tag is its name alone.
fn is_named(tag: &str, name: &str) -> bool {
    let inner = &tag[2..tag.len() - 2];
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner).trim();
    inner.strip_suffix(['-', '+']).unwrap_or(inner).trim_end() == name
}

/// Where the tag that ends `{% raw %}` starts and ends.
fn end_of_raw(source: &str, from: usize) -> Option<(usize, usize)> {
    let mut position = from;
    loop {
        let start = position + memmem::find(&source.as_bytes()[position..], b"{%")?;
        let length = memmem::find(&source.as_bytes()[start..], b"%}")? + 2;
        if length >= 4 && is_named(&source[start..start + length], "endraw") {
            return Some((start, start + length));
        }
        position = start + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        let tokens = lex_at(source, Span::default());
        let joined: String = tokens.iter().map(|t| &*t.text).collect();
        assert_eq!(joined, source, "tokens, joined, are the source");
        let shown = |t: Token<'_>| match t.kind {
            TokenKind::Text => t.text.into_owned(),
            _ => format!("<{}>", t.text),
        };
        tokens.into_iter().map(shown).collect()
    }

    #[test]
    fn a_tag_ends_where_jinja_ends_it() {
        assert_eq!(texts("{{ a\n}}b"), ["<{{ a\n}}>", "b"]);
        assert_eq!(texts(r#"{{ "}}\"%}" }}b"#), [r#"<{{ "}}\"%}" }}>"#, "b"]);
        assert_eq!(texts("{{ {'a': {'b': 1}} }}"), ["<{{ {'a': {'b': 1}} }}>"]);
        assert_eq!(texts("{# a\n{{ b #}c"), ["<{# a\n{{ b #}>", "c"]);
        assert_eq!(texts("a{{ b"), ["a{{ b"]);
        assert_eq!(texts("{ a } {"), ["{ a } {"]);
    }

    #[test]
    fn nothing_in_raw_is_a_tag() {
        assert_eq!(
            texts("{%- raw -%}{{ x }}{% if %}{%-endraw%}{{ y }}"),
            [
                "<{%- raw -%}>",
                "{{ x }}{% if %}",
                "<{%-endraw%}>",
                "<{{ y }}>"
            ]
        );
        assert_eq!(texts("{% raw %}{{ x }}"), ["{% raw %}{{ x }}"]);
    }
}
