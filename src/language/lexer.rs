//! Source text into tokens: Django's rule, to the letter.
//!
//! A tag is `{% … %}`, `{{ … }}` or `{# … #}` on one line; everything else is text, kept byte for byte. Between
//! `{% verbatim %}` and its end nothing is a tag. Lexing never fails.

use std::borrow::Cow;

use memchr::memmem;

use super::span::{FileId, Span};
use super::words::is_space;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Text, printed as it is.
    Text,
    /// `{{ … }}`
    Variable,
    /// `{% … %}`
    Tag,
    /// `{# … #}`
    Comment,
}

/// A piece of a template; the pieces of a template, joined, are the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'s> {
    /// What it is.
    pub kind: TokenKind,
    /// All of it, braces included. What MJML makes of a text is owned; everything else borrows from the source.
    pub text: Cow<'s, str>,
    /// Where it stands in its source.
    pub span: Span,
}

impl<'s> Token<'s> {
    /// A text that stands at `span`, or was made from what stands there.
    pub fn text(text: impl Into<Cow<'s, str>>, span: Span) -> Token<'s> {
        Token {
            kind: TokenKind::Text,
            text: text.into(),
            span,
        }
    }

    /// A tag that the source does not hold, such as the `{% endwith %}` of an expanded include.
    pub fn tag(text: impl Into<Cow<'s, str>>, span: Span) -> Token<'s> {
        Token {
            kind: TokenKind::Tag,
            text: text.into(),
            span,
        }
    }

    /// What stands between the braces, without the blanks around it, and where that is.
    pub fn inner(&self) -> (&str, Span) {
        if self.kind == TokenKind::Text {
            return (&self.text, self.span);
        }
        let between = &self.text[2..self.text.len() - 2];
        let content = between.trim_matches(is_space);
        let start = 2 + between.len() - between.trim_start_matches(is_space).len();
        (content, self.span.part(start, start + content.len()))
    }

    /// The first word of a tag: `for` of `{% for x in y %}`; empty for other tokens.
    pub fn tag_name(&self) -> &str {
        match self.kind {
            TokenKind::Tag => self.inner().0.split(is_space).next().unwrap_or_default(),
            _ => "",
        }
    }

    /// Whether it is anything but text.
    pub fn is_markup(&self) -> bool {
        self.kind != TokenKind::Text
    }
}

/// Cuts a whole file into tokens.
///
/// ```
/// use letterpress::language::{lex, FileId, TokenKind};
/// let tokens = lex("Hi {{ name }}, {{ not\n a tag }}", FileId(0));
/// let kinds: Vec<_> = tokens.iter().map(|t| (t.kind, &*t.text)).collect();
/// assert_eq!(kinds, [
///     (TokenKind::Text, "Hi "),
///     (TokenKind::Variable, "{{ name }}"),
///     (TokenKind::Text, ", {{ not\n a tag }}"),
/// ]);
/// ```
pub fn lex(source: &str, file: FileId) -> Vec<Token<'_>> {
    lex_at(source, Span::new(file, 0, source.len()))
}

/// Cuts a text that stands at `at` in its file, such as a value in `email.toml`, into tokens.
pub fn lex_at(source: &str, at: Span) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut text_from = 0;
    let mut position = 0;
    // Inside `{% verbatim %}`: the content of the tag that ends it.
    let mut verbatim: Option<String> = None;
    let mut scanner = Scanner {
        source: source.as_bytes(),
        line_end: 0,
        unclosed: [0; 3],
    };
    while let Some((kind, start, end)) = scanner.next(position) {
        position = end;
        let content = source[start + 2..end - 2].trim_matches(is_space);
        match &verbatim {
            Some(closing) if kind == TokenKind::Tag && content == closing => verbatim = None,
            Some(_) => continue,
            None if kind == TokenKind::Tag
                && (content == "verbatim" || content.starts_with("verbatim ")) =>
            {
                verbatim = Some(format!("end{content}"));
            }
            None => {}
        }
        if text_from < start {
            tokens.push(Token::text(
                &source[text_from..start],
                at.part(text_from, start),
            ));
        }
        tokens.push(Token {
            kind,
            text: Cow::Borrowed(&source[start..end]),
            span: at.part(start, end),
        });
        text_from = end;
    }
    if text_from < source.len() {
        tokens.push(Token::text(
            &source[text_from..],
            at.part(text_from, source.len()),
        ));
    }
    tokens
}

/// Finds markup, and remembers what it has looked for in vain: a line of a million open braces is read once.
struct Scanner<'s> {
    source: &'s [u8],
    /// The end of the line that was looked at last.
    line_end: usize,
    /// For each kind of markup, up to where it is known that nothing closes it.
    unclosed: [usize; 3],
}

impl Scanner<'_> {
    /// The next `{%…%}`, `{{…}}` or `{#…#}` on one line at or after `from`.
    fn next(&mut self, from: usize) -> Option<(TokenKind, usize, usize)> {
        let mut at = from;
        loop {
            let start = at + memchr::memchr(b'{', &self.source[at..])?;
            at = start + 1;
            let (number, kind, closing) = match self.source.get(at)? {
                b'%' => (0, TokenKind::Tag, "%}"),
                b'{' => (1, TokenKind::Variable, "}}"),
                b'#' => (2, TokenKind::Comment, "#}"),
                _ => continue,
            };
            if start < self.unclosed[number] {
                continue;
            }
            if start >= self.line_end {
                self.line_end = memchr::memchr(b'\n', &self.source[start..])
                    .map_or(self.source.len(), |n| start + n);
            }
            match memmem::find(&self.source[start + 2..self.line_end], closing.as_bytes()) {
                Some(length) => return Some((kind, start, start + 2 + length + 2)),
                // Not closed on this line: text, and the next brace may open something.
                None => self.unclosed[number] = self.line_end,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<(TokenKind, String)> {
        let tokens = lex(source, FileId(0));
        let joined: String = tokens.iter().map(|t| &*t.text).collect();
        assert_eq!(joined, source, "tokens, joined, are the source");
        tokens
            .into_iter()
            .map(|t| (t.kind, t.text.into_owned()))
            .collect()
    }

    #[test]
    fn stray_braces_are_text() {
        use TokenKind::*;
        assert_eq!(
            kinds("{ x } } %} {{{ x }}}"),
            [
                (Text, "{ x } } %} ".into()),
                (Variable, "{{{ x }}".into()),
                (Text, "}".into()),
            ]
        );
        assert_eq!(
            kinds("{% a\n%}{{ b }}"),
            [(Text, "{% a\n%}".into()), (Variable, "{{ b }}".into())]
        );
        assert_eq!(kinds("{{%}}"), [(Variable, "{{%}}".into())]);
        assert_eq!(kinds("{%}"), [(Text, "{%}".into())]);
    }

    #[test]
    fn verbatim_ends_at_its_own_name() {
        let tokens = kinds("{% verbatim a %}{{ x }}{% endverbatim %}{% endverbatim a %}{{ y }}");
        assert_eq!(
            tokens[1],
            (TokenKind::Text, "{{ x }}{% endverbatim %}".into())
        );
        assert_eq!(tokens[3], (TokenKind::Variable, "{{ y }}".into()));
    }

    #[test]
    fn inner_points_at_the_content() {
        let token = &lex("ab{%  if  x %}", FileId(0))[1];
        let (content, span) = token.inner();
        assert_eq!((content, span.start, span.end), ("if  x", 6, 11));
        assert_eq!(token.tag_name(), "if");
    }
}
