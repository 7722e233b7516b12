//! The words of a tag, as far as a template has to be read without being run.

use super::lexer::{opening, quoted};
use crate::language::lexer::{Token, TokenKind};
use crate::language::span::Span;

/// A word of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word<'t> {
    /// A name or a keyword.
    Name(&'t str),
    /// What stands in quotes, as it is written.
    Text(&'t str),
    /// A sign; part of a number is one as well.
    Sign(u8),
}

/// A word and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'t> {
    pub word: Word<'t>,
    pub at: Span,
}

/// So many words a tag may have: minijinja's compiler goes as deep as an expression is long.
const MOST: usize = 1_000;

/// So many `{% elif %}` may be open: each is one deeper than the one before.
const MOST_BRANCHES: usize = 200;

/// Why minijinja must not read a template: a tag that is too long for its stack, or that has no end.
pub(super) fn refusal(tokens: &[Token<'_>]) -> Option<(Span, &'static str, String)> {
    let mut is_raw = false;
    // For each `{% if %}` that is open, how many `{% elif %}` it has so far.
    let mut open: Vec<usize> = Vec::new();
    for token in tokens {
        match token.tag_name() {
            "raw" => is_raw = true,
            "endraw" => is_raw = false,
            "if" => open.push(0),
            "endif" => {
                open.pop();
            }
            "elif" => {
                if let Some(last) = open.last_mut() {
                    *last += 1;
                }
                if open.iter().sum::<usize>() > MOST_BRANCHES {
                    let title =
                        format!("An if may have {MOST_BRANCHES} elif, those round it counted");
                    return Some((token.span, "limit-nesting", title));
                }
            }
            _ => {}
        }
        if token.kind != TokenKind::Text {
            let count = words(token).len();
            if count > MOST {
                let title = format!("A tag may have {MOST} words, this one has {count}");
                return Some((token.span, "limit-tag", title));
            }
        } else if let Some((_, at)) = opening(&token.text, 0).filter(|_| !is_raw) {
            let exact = (token.span.end - token.span.start) as usize == token.text.len();
            let place = match exact {
                true => token.span.part(at, at + 2),
                false => token.span,
            };
            return Some((place, "jinja", "This tag is never closed".into()));
        }
    }
    None
}

/// The words of a tag; none of a text or a comment.
pub(super) fn words<'t>(token: &'t Token<'_>) -> Vec<Placed<'t>> {
    let mut words = Vec::new();
    if !matches!(token.kind, TokenKind::Tag | TokenKind::Variable) {
        return words;
    }
    let (start, text) = (2, &token.text[2..token.text.len() - 2]);
    // A tag that stands for others, or in a manifest with escapes, has one place.
    let exact = (token.span.end - token.span.start) as usize == token.text.len();
    let at = |from: usize, to: usize| match exact {
        true => token.span.part(start + from, start + to),
        false => token.span,
    };
    let bytes = text.as_bytes();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    let mut from = 0;
    while let Some(byte) = bytes.get(from) {
        let (word, length) = match byte {
            b'"' | b'\'' => match quoted(&bytes[from..]) {
                Some(length) => (Word::Text(&text[from + 1..from + length - 1]), length),
                None => break,
            },
            byte if byte.is_ascii_whitespace() => {
                from += 1;
                continue;
            }
            byte if is_name(byte) => {
                let length = bytes[from..].iter().take_while(|b| is_name(b)).count();
                match byte.is_ascii_digit() {
                    true => (Word::Sign(b'0'), length),
                    false => (Word::Name(&text[from..from + length]), length),
                }
            }
            sign => (Word::Sign(*sign), 1),
        };
        words.push(Placed {
            word,
            at: at(from, from + length),
        });
        from += length;
    }
    words
}
