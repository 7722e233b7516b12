//! Source text into tokens: Django's rule, to the letter.
//!
//! A tag is `{% … %}`, `{{ … }}` or `{# … #}` on one line; everything else is text, kept byte for byte. Between
//! `{% verbatim %}` and its end nothing is a tag. Lexing never fails.

use std::borrow::Cow;

use memchr::memmem;

use super::jinja;
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

/// What a template is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dialect {
    /// Klaviyo's language, which is Django's.
    #[default]
    Klaviyo,
    /// Jinja, as minijinja runs it.
    Jinja,
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
            TokenKind::Tag => {
                // Jinja's marks that trim white space: `{%- for x in y -%}`.
                let marks = ['-', '+'];
                let content = self.inner().0.trim_start_matches(marks);
                let mut words = content.split(is_space).filter(|word| !word.is_empty());
                words.next().unwrap_or_default().trim_end_matches(marks)
            }
            _ => "",
        }
    }

    /// Whether it is anything but text.
    pub fn is_markup(&self) -> bool {
        self.kind != TokenKind::Text
    }
}

/// Tokens between two texts that the source does not hold.
pub(crate) fn wrapped<'s>(
    open: &'static str,
    tokens: Vec<Token<'s>>,
    close: &'static str,
    span: Span,
) -> Vec<Token<'s>> {
    let mut all = Vec::with_capacity(tokens.len() + 2);
    all.push(Token::text(open, span));
    all.extend(tokens);
    all.push(Token::text(close, span));
    all
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

/// Cuts a text that stands at `at` in its file into tokens of a dialect.
pub fn lex_in(dialect: Dialect, source: &str, at: Span) -> Vec<Token<'_>> {
    match dialect {
        Dialect::Klaviyo => lex_at(source, at),
        Dialect::Jinja => jinja::lexer::lex_at(source, at),
    }
}

/// Cuts a text that stands at `at` in its file, such as a value in `email.toml`, into tokens.
pub fn lex_at(source: &str, at: Span) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut text_from = 0;
    let mut finder = Finder {
        source,
        position: 0,
        line_end: 0,
        missing: [0; 3],
    };
    // Inside `{% verbatim %}`: the content of the tag that ends it.
    let mut verbatim: Option<String> = None;
    while let Some((kind, start, end)) = finder.next() {
        let content = source[start + 2..end - 2].trim();
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

/// Finds each `{%…%}`, `{{…}}` and `{#…#}` on one line. What it learns about a line it remembers, so that a line of
/// many tags, or of many that are never closed, is still read in one pass.
struct Finder<'s> {
    source: &'s str,
    position: usize,
    /// The end of the line that was last looked for.
    line_end: usize,
    /// For `%}`, `}}` and `#}`: none stands between the position and this byte.
    missing: [usize; 3],
}

impl Finder<'_> {
    fn next(&mut self) -> Option<(TokenKind, usize, usize)> {
        let bytes = self.source.as_bytes();
        loop {
            let start = self.position + memchr::memchr(b'{', bytes.get(self.position..)?)?;
            let (kind, number, closing) = match bytes.get(start + 1)? {
                b'%' => (TokenKind::Tag, 0, "%}"),
                b'{' => (TokenKind::Variable, 1, "}}"),
                b'#' => (TokenKind::Comment, 2, "#}"),
                _ => {
                    self.position = start + 1;
                    continue;
                }
            };
            let inside = start + 2;
            if self.line_end < inside {
                self.line_end =
                    memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |n| start + n);
            }
            let found = if self.missing[number] >= self.line_end || inside > self.line_end {
                None
            } else {
                memmem::find(&bytes[inside..self.line_end], closing.as_bytes())
            };
            match found {
                Some(length) => {
                    self.position = inside + length + 2;
                    return Some((kind, start, self.position));
                }
                // Not closed on this line: text, and the next brace may open something.
                None => {
                    self.missing[number] = self.line_end;
                    self.position = start + 1;
                }
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
    fn a_long_line_is_read_in_one_pass() {
        // Quadratic, this would take minutes.
        for piece in ["{{ a }}", "{% a", "{{ a %}", "{#{%"] {
            let source = piece.repeat(1_000_000);
            let length: usize = lex(&source, FileId(0)).iter().map(|t| t.text.len()).sum();
            assert_eq!(length, source.len());
        }
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
