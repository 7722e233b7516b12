//! Character references in the tags of an HTML body: `{% if x &gt; 0 %}` is read as `{% if x > 0 %}`.
//!
//! An editor that shows a tag as text also writes it as text, with `&gt;` for `>`. Klaviyo reads a body as HTML before
//! it runs the tags, so such a tag works there. Here the references in a file's tags are read when the file is added
//! to the library: tokens are cut from a [`Reading`] of it, and places in that are translated into places in the file.
//! Text literals stay as they are written, because what they print is HTML.

use std::convert::Infallible;
use std::ops::Range;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span as Place, Tokenizer};

use super::lexer::{self, Dialect, Token, TokenKind};
use super::span::{FileId, Span};
use super::words::quoted_length;

/// A file whose tags have been read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// The file with the characters in place of the references.
    text: String,
    /// The end of each reference: in the text, and in the file.
    ends: Vec<(usize, usize)>,
    /// The tags in which a reference stood.
    tags: Vec<ReadTag>,
}

/// A tag in which a reference stood.
#[derive(Debug, Clone)]
pub(super) struct ReadTag {
    /// Its first reference, in the file.
    pub at: Range<usize>,
    /// The tag as it is read.
    pub read: String,
}

impl Reading {
    /// Reads the tags of a file; `None` if none holds a reference.
    pub(super) fn of(source: &str, dialect: Dialect) -> Option<Reading> {
        memchr::memchr(b'&', source.as_bytes())?;
        let mut reading = Reading {
            text: String::new(),
            ends: Vec::new(),
            tags: Vec::new(),
        };
        let mut copied = 0;
        let mut commented = false;
        for token in lexer::lex_in(
            dialect,
            source,
            Span::new(FileId::default(), 0, source.len()),
        ) {
            match token.tag_name() {
                "comment" => commented = true,
                "endcomment" => commented = false,
                _ => {}
            }
            let found = match commented {
                true => Vec::new(),
                false => references(&token),
            };
            let Some((first, _)) = found.first() else {
                continue;
            };
            let (start, end) = (token.span.start as usize, token.span.end as usize);
            let at = start + first.start..start + first.end;
            let read_from = reading.text.len() + start - copied;
            for (range, character) in &found {
                reading.text.push_str(&source[copied..start + range.start]);
                reading.text.push_str(character);
                copied = start + range.end;
                reading.ends.push((reading.text.len(), copied));
            }
            reading.text.push_str(&source[copied..end]);
            copied = end;
            let read = reading.text[read_from..].to_owned();
            reading.tags.push(ReadTag { at, read });
        }
        if reading.tags.is_empty() {
            return None;
        }
        reading.text.push_str(&source[copied..]);
        Some(reading)
    }

    /// What tokens are cut from.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The tags in which references stood.
    pub(super) fn tags(&self) -> &[ReadTag] {
        &self.tags
    }

    /// Where in the file a byte of the text stands.
    pub(super) fn in_file(&self, at: usize) -> usize {
        let behind = self.ends.partition_point(|&(end, _)| end <= at);
        match behind.checked_sub(1).and_then(|last| self.ends.get(last)) {
            Some(&(text, file)) => file + (at - text),
            None => at,
        }
    }
}

/// The references in a tag that are read: where they stand in it, and what they stand for.
fn references(token: &Token<'_>) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let is_tag = matches!(token.kind, TokenKind::Tag | TokenKind::Variable);
    if !is_tag || !token.text.contains('&') {
        return found;
    }
    let tag = &token.text[..token.text.len() - 2];
    let mut at = 2;
    // A quote that nothing closes is a character like others, and is looked for once.
    let mut lone: Vec<u8> = Vec::new();
    while let Some(next) = memchr::memchr3(b'&', b'"', b'\'', &tag.as_bytes()[at..]) {
        at += next;
        let sign = tag.as_bytes()[at];
        if sign != b'&' {
            let length = match lone.contains(&sign) {
                true => Some(1),
                false => quoted_length(&tag[at..]),
            };
            if length.is_none() {
                lone.push(sign);
            }
            at += length.unwrap_or(1);
            continue;
        }
        let Some((length, character)) = reference(&tag[at..]) else {
            at += 1;
            continue;
        };
        let opens = ["\"", "'"].into_iter().find(|quote| *quote == character);
        found.push((at..at + length, character));
        at += length;
        let Some(quote) = opens.filter(|quote| !lone.contains(&quote.as_bytes()[0])) else {
            continue;
        };
        let Some((length, closing)) = literal(&tag[at..], quote) else {
            lone.push(quote.as_bytes()[0]);
            continue;
        };
        if let Some(closing) = closing {
            found.push((at + closing.start..at + closing.end, quote.to_owned()));
        }
        at += length;
    }
    found
}

/// The bytes of the rest of a literal that a reference opened, and its closing quote if that is a reference as well.
fn literal(rest: &str, quote: &str) -> Option<(usize, Option<Range<usize>>)> {
    let mut at = 0;
    while let Some(next) = memchr::memchr2(b'&', quote.as_bytes()[0], &rest.as_bytes()[at..]) {
        at += next;
        match reference(&rest[at..]) {
            Some((length, character)) if character == quote => {
                return Some((at + length, Some(at..at + length)));
            }
            _ if rest[at..].starts_with(quote) => return Some((at + 1, None)),
            _ => at += 1,
        }
    }
    None
}

/// The longest name of a reference has 31 letters.
const LONGEST: usize = 33;

/// The reference at the start of `rest`: its bytes, and what it stands for. What would change where a tag ends is none.
fn reference(rest: &str) -> Option<(usize, String)> {
    let bytes = rest.as_bytes();
    let end = 1 + memchr::memchr(b';', &bytes[..bytes.len().min(LONGEST)])?;
    let written = rest.get(..end).filter(|text| text.starts_with('&'))?;
    let mut read = String::new();
    let emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Place<()>| {
        if let CallbackEvent::String { value } = event {
            read.push_str(&String::from_utf8_lossy(value));
        }
        None::<Infallible>
    });
    let Ok(()) = Tokenizer::new_with_emitter(written, emitter).finish();
    let cuts_tags = |c: char| matches!(c, '{' | '}' | '%' | '#' | '\n' | '\r');
    // Of an unknown name HTML reads the known part: `&nothing;` as `¬hing;`.
    let is_whole = read != written && !read.ends_with(';');
    (is_whole && !read.contains(cuts_tags)).then_some((end, read))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> String {
        Reading::of(source, Dialect::Klaviyo)
            .map_or_else(|| source.to_owned(), |reading| reading.text)
    }

    #[test]
    fn references_outside_literals_are_read() {
        for (written, expected) in [
            ("{% if x &gt; 0 %}", "{% if x > 0 %}"),
            (
                "{% if x &gt;= 0 and y &#60; 1 %}&gt;",
                "{% if x >= 0 and y < 1 %}&gt;",
            ),
            ("{{ a|default:&quot;x&quot; }}", "{{ a|default:\"x\" }}"),
            ("{{ a|default:&#39;x\" }}", "{{ a|default:'x\" }}"),
            (
                "{{ a|b:&#x27;c &amp; d&apos;|e }}",
                "{{ a|b:'c &amp; d'|e }}",
            ),
            (
                "{{ a|default:'b &quot;c&quot;' }}",
                "{{ a|default:'b &quot;c&quot;' }}",
            ),
            ("{{ it's &lt; }}", "{{ it's < }}"),
            ("{{ a&nbsp;|&nbsp;b }}", "{{ a\u{a0}|\u{a0}b }}"),
            ("{{ a &amp;gt; b }}", "{{ a &gt; b }}"),
            ("{{ a &nothing; &; & b }}", "{{ a &nothing; &; & b }}"),
            ("{{ a &#125;&percnt;} }}", "{{ a &#125;&percnt;} }}"),
            (
                "{% comment %}{{ &gt; }}{% endcomment %}",
                "{% comment %}{{ &gt; }}{% endcomment %}",
            ),
            (
                "{% verbatim %}{{ &gt; }}{% endverbatim %}",
                "{% verbatim %}{{ &gt; }}{% endverbatim %}",
            ),
            ("{# &gt; #}&amp;", "{# &gt; #}&amp;"),
        ] {
            assert_eq!(read(written), expected, "{written}");
        }
    }

    #[test]
    fn places_are_those_of_the_file() {
        let source = "é {% if a &gt; b &lt; c %} {{ d|e:&quot;f&quot; }} z";
        let reading = Reading::of(source, Dialect::Klaviyo).unwrap();
        for word in ["if", "a", "b", "c", "d", "e:", "f", "z"] {
            let at = reading.text.find(word).unwrap();
            assert_eq!(reading.in_file(at), source.find(word).unwrap(), "{word}");
        }
        assert_eq!(reading.in_file(reading.text.len()), source.len());
        let tags: Vec<_> = reading
            .tags
            .iter()
            .map(|tag| (&*tag.read, &source[tag.at.clone()]))
            .collect();
        assert_eq!(
            tags,
            [
                ("{% if a > b < c %}", "&gt;"),
                ("{{ d|e:\"f\" }}", "&quot;")
            ]
        );
    }
}
