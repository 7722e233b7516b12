//! The words of a tag, split as Django's `smart_split` does: at white space, but not inside quotes.

use super::span::Span;

/// A word of a tag with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'s> {
    /// The word, quotes included.
    pub text: &'s str,
    /// Where it stands.
    pub span: Span,
}

impl<'s> Word<'s> {
    /// The text between quotes, if the word is one quoted text.
    pub fn quoted(&self) -> Option<&'s str> {
        let quote = self
            .text
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\''))?;
        self.text
            .strip_prefix(quote)?
            .strip_suffix(quote)
            .filter(|inner| !inner.contains(quote))
    }
}

/// Python's white space: Unicode's, and the four separators of ASCII.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// Splits the content of a tag, which stands at `at`, into words.
pub fn split(content: &str, at: Span) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut position = 0;
    while let Some(skip) = content[position..].find(|c: char| !is_space(c)) {
        let start = position + skip;
        let end = start + word_length(&content[start..]);
        words.push(Word {
            text: &content[start..end],
            span: at.part(start, end),
        });
        position = end;
    }
    words
}

/// The bytes of the word at the start of `rest`, which does not start with white space.
fn word_length(rest: &str) -> usize {
    let plain = |from: usize| {
        rest[from..]
            .find(|c: char| is_space(c) || c == '\'' || c == '"')
            .map_or(rest.len(), |n| from + n)
    };
    let mut end = plain(0);
    let mut quoted = false;
    while let Some(length) = quoted_length(&rest[end..]) {
        quoted = true;
        end = plain(end + length);
    }
    if quoted {
        end
    } else {
        // No closed quote: everything up to white space.
        rest.find(is_space).unwrap_or(rest.len())
    }
}

/// The bytes of the quoted text at the start of `rest`, if one stands there and is closed; a backslash escapes.
pub(super) fn quoted_length(rest: &str) -> Option<usize> {
    let quote = *rest.as_bytes().first()?;
    if quote != b'"' && quote != b'\'' {
        return None;
    }
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b if b == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::FileId;

    #[test]
    fn splits_like_django() {
        let text = |s| -> Vec<&str> {
            split(s, Span::new(FileId(0), 0, 0))
                .iter()
                .map(|w| w.text)
                .collect()
        };
        assert_eq!(
            text(r#"if a|x:"b c" == 'd\' e'"#),
            ["if", r#"a|x:"b c""#, "==", r"'d\' e'"]
        );
        assert_eq!(text(r#"a"b"c"d e"#), [r#"a"b"c"#, r#""d"#, "e"]);
        assert_eq!(text(r#"  cut='x y'z  "#), ["cut='x y'z"]);
    }
}
