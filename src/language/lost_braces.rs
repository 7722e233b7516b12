//! `{{ name }` and `{% if x %`: where a brace is lost, a tag goes on to the end of the next one.

use super::lexer::{Token, TokenKind};
use super::span::Sources;
use crate::diagnostic::Diagnostic;

/// Says of a tag with another one in it that it has lost its end; what else is wrong with it comes from that.
pub(super) fn explain(tokens: &[Token<'_>], sources: &Sources, errors: &mut Vec<Diagnostic>) {
    if errors.is_empty() {
        return;
    }
    for token in tokens {
        let Some(start) = swallowed(token) else {
            continue;
        };
        let tag = sources.locate(token.span);
        let inside = |error: &Diagnostic| {
            error.primary.as_ref().is_some_and(|label| {
                label.at.file() == tag.file()
                    && tag.range().start <= label.at.range().start
                    && label.at.range().end <= tag.range().end
            })
        };
        let end = match token.kind {
            TokenKind::Tag => "%}",
            _ => "}}",
        };
        // Django finds what is wrong with the tag itself before it looks for the end of a block.
        let own = |error: &Diagnostic| inside(error) && error.code != "unclosed-tag";
        let has_own = errors.iter().any(own);
        let mut first = true;
        errors.retain_mut(|error| {
            if has_own && inside(error) && !own(error) {
                return false;
            }
            if !inside(error) {
                return true;
            }
            error.help = vec![format!(
                "'{}' is not closed: '{end}' is missing",
                start.trim_end()
            )];
            std::mem::take(&mut first)
        });
    }
}

/// How a tag starts that has another one in it, outside of quotes.
fn swallowed<'t>(token: &'t Token<'_>) -> Option<&'t str> {
    if !matches!(token.kind, TokenKind::Tag | TokenKind::Variable) {
        return None;
    }
    let text = &*token.text;
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate().skip(2) {
        match (byte, quote) {
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            (b'{', None) if text[at + 1..].starts_with(['{', '%']) => {
                // Up to the half of an end that is there.
                let before = &text[..at];
                let half = before[2..].find(['%', '}']).map_or(at, |half| half + 2);
                return Some(&text[..half]);
            }
            _ => {}
        }
    }
    None
}
