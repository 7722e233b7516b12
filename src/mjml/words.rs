//! Words that stand for what the MJML compiler must not see: template tags, HTML, letters that it would escape.
//!
//! A word is a prefix, a number and `z`. The prefix does not occur in the document, and its first letter occurs
//! in it only once, so a word is found again whatever stands beside it. It is short whatever the document holds.

use std::collections::HashSet;

use memchr::memmem;

use crate::language::{Span, Token, TokenKind};

/// The number of something hidden.
pub(super) type Number = usize;

pub(super) struct Words<'s> {
    prefix: String,
    hidden: Vec<Vec<Token<'s>>>,
}

/// A part of a text with words in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'h> {
    Text(&'h str),
    Word(Number),
}

const START: &str = "Lp";
/// After so many words the rest of a value is one.
const MANY: usize = 200_000;
/// The most letters between the start and the end of a prefix.
const LONGEST: usize = 24;
const END: char = 'w';

impl<'s> Words<'s> {
    /// Words that none of these tokens contains.
    pub fn new(tokens: &[Token<'s>]) -> Words<'s> {
        // What stands behind each `Lp`, as far as a prefix goes.
        let mut taken: HashSet<&[u8]> = HashSet::new();
        for token in tokens {
            for at in memmem::find_iter(token.text.as_bytes(), START) {
                let rest = &token.text.as_bytes()[at + START.len()..];
                let run = rest.iter().take(LONGEST + 1);
                let run = run.take_while(|b| matches!(b, b'x' | b'y')).count();
                taken.insert(&rest[..run]);
            }
        }
        // `x`, `xx`, …; if somebody wrote all of these, `x` and `y` in every order: there are more than any
        // document has places.
        let runs = (1..=LONGEST).map(|length| "x".repeat(length));
        let mixed = (0..1u64 << LONGEST).map(|bits| {
            let letter = |at| if bits >> at & 1 == 1 { 'y' } else { 'x' };
            (0..LONGEST).map(letter).collect()
        });
        let free = runs
            .chain(mixed)
            .find(|run| !taken.contains(run.as_bytes()));
        Words {
            prefix: format!("{START}{}{END}", free.unwrap_or_default()),
            hidden: Vec::new(),
        }
    }

    /// Hides tokens behind a word.
    pub fn hide(&mut self, tokens: Vec<Token<'s>>) -> String {
        let number = self.keep(tokens);
        self.word(number)
    }

    /// Keeps tokens under a number.
    pub fn keep(&mut self, tokens: Vec<Token<'s>>) -> Number {
        self.hidden.push(tokens);
        self.hidden.len() - 1
    }

    /// The word of a number.
    pub fn word(&self, number: Number) -> String {
        format!("{}{number}z", self.prefix)
    }

    /// What is kept under a number.
    pub fn get(&self, number: Number) -> &[Token<'s>] {
        self.hidden.get(number).map_or(&[], Vec::as_slice)
    }

    /// The template tags behind the words of a text.
    pub fn tags<'w>(&'w self, text: &'w str) -> impl Iterator<Item = &'w Token<'s>> {
        self.parts(text)
            .flat_map(|part| match part {
                Part::Word(number) => self.get(number),
                Part::Text(_) => &[],
            })
            .filter(|token| token.is_markup())
    }

    /// Cuts a text at its words.
    pub fn parts<'h>(&'h self, text: &'h str) -> impl Iterator<Item = Part<'h>> {
        let mut rest = text;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let at = memmem::find(rest.as_bytes(), self.prefix.as_bytes()).unwrap_or(rest.len());
            if at > 0 {
                let (before, after) = rest.split_at(at);
                rest = after;
                return Some(Part::Text(before));
            }
            let behind = &rest[self.prefix.len()..];
            let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
            match behind[..digits].parse::<Number>() {
                Ok(number) if behind[digits..].starts_with('z') => {
                    rest = &behind[digits + 1..];
                    Some(Part::Word(number))
                }
                // Cannot be: nobody else writes the prefix.
                _ => {
                    let (broken, after) = rest.split_at(self.prefix.len());
                    rest = after;
                    Some(Part::Text(broken))
                }
            }
        })
    }

    /// An attribute value in letters that the compiler passes on unchanged.
    ///
    /// It writes values the way Rust debugs strings, so quotes, backslashes, line ends and everything that is not
    /// ASCII goes behind a word; a quote becomes an entity, since the value will stand in quotes.
    pub fn value(&mut self, tokens: &[Token<'s>]) -> String {
        let mut value = String::new();
        for token in tokens {
            if token.is_markup() {
                value.push_str(&self.hide(vec![token.clone()]));
                continue;
            }
            let mut rest: &str = &token.text;
            while !rest.is_empty() {
                let plain = rest.find(is_odd).unwrap_or(rest.len());
                value.push_str(&rest[..plain]);
                rest = &rest[plain..];
                let odd = match self.hidden.len() < MANY {
                    true => rest.find(|c| !is_odd(c)),
                    // A value of ten megabytes can be odd at every other letter.
                    false => None,
                };
                let odd = odd.unwrap_or(rest.len());
                if odd > 0 {
                    let text = rest[..odd].replace('"', "&quot;");
                    value.push_str(&self.hide(vec![Token::text(text, token.span)]));
                    rest = &rest[odd..];
                }
            }
        }
        value
    }

    /// The text of tokens, with words for the template tags among them.
    pub fn shade(&mut self, tokens: &[Token<'s>]) -> String {
        let mut text = String::new();
        for token in tokens {
            match token.kind {
                TokenKind::Text => text.push_str(&token.text),
                TokenKind::Comment => {}
                _ => text.push_str(&self.hide(vec![token.clone()])),
            }
        }
        text
    }

    /// A value as it was written, but for template tags.
    pub fn text(&mut self, value: &str) -> String {
        let tokens = self.restore(value, Span::default());
        self.shade(&tokens)
    }

    /// Puts back what the words of a text stand for.
    ///
    /// Neighbouring texts become one token; a text that stands for nothing in the source is placed at `elsewhere`.
    pub fn restore(&self, text: &str, elsewhere: Span) -> Vec<Token<'s>> {
        let mut out = Vec::new();
        let mut last: Option<Number> = None;
        for part in self.parts(text) {
            match part {
                Part::Word(number) => {
                    self.get(number)
                        .iter()
                        .for_each(|token| append(&mut out, token));
                    last = Some(number);
                }
                Part::Text(text) => {
                    let suffix = SUFFIXES.iter().find(|suffix| text.starts_with(**suffix));
                    if let (Some(number), Some(suffix)) = (last.take(), suffix) {
                        self.suffix_classes(&mut out, number, suffix);
                    }
                    append(&mut out, &Token::text(text.to_owned(), elsewhere));
                }
            }
        }
        out
    }

    /// `a b` before `-outlook` is `a-outlook b`: each class gets the suffix.
    fn suffix_classes(&self, out: &mut Vec<Token<'s>>, number: Number, suffix: &str) {
        if let ([token], Some(written)) = (self.get(number), out.last_mut())
            && !token.is_markup()
            && token.text.contains(' ')
        {
            let keep = written.text.len() - token.text.len();
            let classes = token
                .text
                .split(' ')
                .collect::<Vec<_>>()
                .join(&[suffix, " "].concat());
            let text = written.text.to_mut();
            text.truncate(keep);
            text.push_str(&classes);
        }
    }
}

/// What mjml appends to the classes of the cells that only Outlook sees, and of thumbnails.
const SUFFIXES: &[&str] = &["-outlook", "-thumbnail"];

fn is_odd(c: char) -> bool {
    matches!(c, '"' | '\\' | '<' | '>') || !(' '..='~').contains(&c)
}

/// Appends a token, joining texts.
pub(super) fn append<'s>(tokens: &mut Vec<Token<'s>>, token: &Token<'s>) {
    match tokens.last_mut() {
        Some(last) if !last.is_markup() && !token.is_markup() => {
            last.text.to_mut().push_str(&token.text)
        }
        _ => tokens.push(token.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{FileId, lex};

    #[test]
    fn words_are_found_beside_anything() {
        let source = "Lpx Lpxxw LpLp 12{{ a }}7";
        let tokens = lex(source, FileId(0));
        let mut words = Words::new(&tokens);
        let text: String = tokens
            .iter()
            .map(|token| {
                if token.is_markup() {
                    words.hide(vec![token.clone()])
                } else {
                    token.text.to_string()
                }
            })
            .collect();
        assert_eq!(
            words.parts(&text).collect::<Vec<_>>(),
            [
                Part::Text("Lpx Lpxxw LpLp 12"),
                Part::Word(0),
                Part::Text("7"),
            ]
        );
        let back = words.restore(&text, Span::default());
        let back: Vec<_> = back
            .iter()
            .map(|token| (token.kind, &*token.text))
            .collect();
        let all: Vec<_> = tokens
            .iter()
            .map(|token| (token.kind, &*token.text))
            .collect();
        assert_eq!(back, all);
    }

    #[test]
    fn words_stay_short() {
        let runs: String = (0..40)
            .map(|n| format!("Lp{}w0z ", "x".repeat(n)))
            .collect();
        let long = format!("{runs} Lp{}", "x".repeat(1_000_000));
        let words = Words::new(&lex(&long, FileId(0)));
        assert_eq!(words.word(7), format!("Lpy{}w7z", "x".repeat(23)));
        assert!(words.parts(&long).all(|part| matches!(part, Part::Text(_))));
    }

    #[test]
    fn words_do_not_outgrow_a_value() {
        let text = "<a".repeat(MANY + 1_000);
        let tokens = lex(&text, FileId(0));
        let mut words = Words::new(&tokens);
        let value = words.value(&tokens);
        assert_eq!(words.hidden.len(), MANY + 1);
        let back = words.restore(&value, Span::default());
        assert_eq!(
            back.iter().map(|token| &*token.text).collect::<String>(),
            text
        );
    }

    #[test]
    fn values_are_ascii() {
        let tokens = lex("a\"b\\ü\n{{ x|default:\"y\" }}", FileId(0));
        let mut words = Words::new(&tokens);
        let value = words.value(&tokens);
        assert!(value.bytes().all(|b| b.is_ascii_alphanumeric()), "{value}");
        let back: String = words
            .restore(&value, Span::default())
            .iter()
            .map(|t| t.text.to_string())
            .collect();
        assert_eq!(back, "a&quot;b\\ü\n{{ x|default:\"y\" }}");
    }
}
