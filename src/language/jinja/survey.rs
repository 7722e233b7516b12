//! What a template is seen to name before it runs: filters, other templates, coupons, feeds, links.

use std::collections::BTreeSet;

use minijinja::Environment;

use super::environment::{has_filter, has_test};
use super::functions::LINKS;
use super::run::Question;
use super::words::{Placed, Word, words};
use crate::diagnostic::Diagnostic;
use crate::language::compile::{MOST_ERRORS, Needs};
use crate::language::lexer::{Token, TokenKind};
use crate::language::registry::Registry;
use crate::language::relative::{absolute_name, leads_out};
use crate::language::span::{Sources, Span};

/// A template that another one names.
#[derive(Debug)]
pub(super) struct Named {
    pub name: String,
    pub at: Span,
    /// Whether it has to be there.
    pub needed: bool,
}

/// A name of the data, as a template writes it.
#[derive(Debug)]
pub(super) struct Mention {
    pub path: String,
    pub at: Span,
}

/// What is found.
#[derive(Default)]
pub(super) struct Survey {
    pub errors: Vec<Diagnostic>,
    pub named: Vec<Named>,
    pub needs: Needs,
    /// What the host can be asked beforehand.
    pub questions: Vec<Question>,
    pub mentions: Vec<Mention>,
}

/// What a survey looks names up in.
pub(super) struct Known<'k> {
    pub environment: &'k Environment<'static>,
    pub registry: &'k Registry,
    pub sources: &'k Sources,
}

impl Survey {
    /// Looks through the tokens of a template; `paths` are the names of the data that it reads.
    pub(super) fn tokens(
        &mut self,
        template: &str,
        tokens: &[Token<'_>],
        paths: &BTreeSet<String>,
        known: &Known<'_>,
    ) {
        let is_read = |name: &str| {
            let below = |path: &String| path.strip_prefix(name).is_some_and(|p| p.starts_with('.'));
            paths.contains(name) || paths.iter().any(below)
        };
        let reads_feeds = is_read("feeds") || is_read("web_feeds");
        self.needs.event |= is_read("event");
        for token in tokens {
            let words = words(token);
            if token.kind == TokenKind::Tag {
                self.others(template, &words, known);
                if let [first, second, ..] = words[..]
                    && (first.word, second.word_is_name()) == (Word::Name("filter"), true)
                {
                    self.filter(second, known);
                }
            }
            self.mentioned(&words, paths);
            for (at, word) in words.iter().enumerate() {
                let behind = &words[at + 1..];
                let before = at.checked_sub(1).map(|before| words[before].word);
                match word.word {
                    Word::Sign(b'|') => {
                        if let Some(next) = behind.first() {
                            self.filter(*next, known);
                        }
                    }
                    Word::Name("is") => self.test(behind, known),
                    Word::Name("feeds" | "web_feeds")
                        if reads_feeds && before != Some(Word::Sign(b'.')) =>
                    {
                        self.feed(behind);
                    }
                    Word::Name(name) if before != Some(Word::Sign(b'.')) => {
                        if let Some(Placed {
                            word: Word::Sign(b'('),
                            ..
                        }) = behind.first()
                        {
                            self.call(name, *word, &behind[1..], known);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn error(&mut self, error: Diagnostic) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(error);
        }
    }

    fn filter(&mut self, word: Placed<'_>, known: &Known<'_>) {
        let Word::Name(name) = word.word else { return };
        if has_filter(known.environment, name) {
            return;
        }
        let title = format!("Invalid filter: '{name}'");
        let mut error = Diagnostic::error("unknown-filter", title)
            .at(known.sources.locate(word.at), "no such filter");
        if let Some(near) = known.registry.nearest_filter(name) {
            error = error.help(format!("did you mean '{near}'?"));
        }
        self.error(error);
    }

    fn test(&mut self, behind: &[Placed<'_>], known: &Known<'_>) {
        let word = match behind {
            [not, word, ..] if not.word == Word::Name("not") => word,
            [word, ..] => word,
            [] => return,
        };
        let Word::Name(name) = word.word else { return };
        if matches!(
            name,
            "none" | "None" | "true" | "True" | "false" | "False" | "in"
        ) || has_test(known.environment, name)
        {
            return;
        }
        let title = format!("There is no test '{name}'");
        let error = Diagnostic::error("unknown-test", title)
            .at(known.sources.locate(word.at), "no such test")
            .help("tests are words like defined, none, odd, string, mapping, divisibleby");
        self.error(error);
    }

    /// `feeds.NAME`, `feeds['NAME']`, `feeds|lookup('NAME')`
    fn feed(&mut self, behind: &[Placed<'_>]) {
        let name = match behind {
            [a, b, ..] if a.word == Word::Sign(b'.') => b.word,
            [a, b, ..] if a.word == Word::Sign(b'[') => b.word,
            [a, b, _, c, ..] if (a.word, b.word) == (Word::Sign(b'|'), Word::Name("lookup")) => {
                c.word
            }
            _ => return,
        };
        if let Word::Name(name) | Word::Text(name) = name {
            self.needs.feeds.insert(name.to_owned());
        }
    }

    /// A function that is called; `arguments` stand behind its bracket.
    fn call(&mut self, name: &str, at: Placed<'_>, arguments: &[Placed<'_>], known: &Known<'_>) {
        for (anchor, address, _, link) in LINKS {
            if name == anchor || name == address {
                self.questions.push(Question::Link(link));
            }
        }
        let is_coupon = match name {
            "catalog_item" => {
                self.needs.catalog = true;
                return;
            }
            "coupon_code" | "barcode_code" => true,
            "barcode" => arguments.windows(3).any(|words| {
                let [name, sign, is] = [words[0].word, words[1].word, words[2].word];
                name == Word::Name("coupon")
                    && sign == Word::Sign(b'=')
                    && matches!(is, Word::Name("true" | "True"))
            }),
            _ => false,
        };
        if !is_coupon {
            return;
        }
        match arguments {
            [first, next, ..]
                if matches!(next.word, Word::Sign(b',' | b')'))
                    && matches!(first.word, Word::Text(_)) =>
            {
                if let Word::Text(coupon) = first.word {
                    self.needs.coupons.insert(coupon.to_owned());
                    self.questions.push(Question::Coupon(coupon.to_owned()));
                }
            }
            _ => {
                let title = format!("'{name}' takes the name of a coupon in quotes");
                let at = arguments.first().map_or(at.at, |first| first.at);
                let error = Diagnostic::error("coupon", title)
                    .at(known.sources.locate(at), "this is no quoted text")
                    .help("codes are set aside before a message is rendered, so the name cannot come from data");
                self.error(error);
            }
        }
    }

    /// The templates that a tag names.
    fn others(&mut self, template: &str, words: &[Placed<'_>], known: &Known<'_>) {
        let Some((first, rest)) = words.split_first() else {
            return;
        };
        let Word::Name("include" | "extends" | "import" | "from") = first.word else {
            return;
        };
        let ends = |word: &Placed<'_>| {
            matches!(
                word.word,
                Word::Name("ignore" | "with" | "without" | "as" | "import")
            )
        };
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        let may_lack = rest.iter().any(|word| word.word == Word::Name("ignore"));
        let needed = length == 1 && !may_lack;
        for word in &rest[..length] {
            let Word::Text(name) = word.word else {
                continue;
            };
            match absolute_name(template, name) {
                Some(name) => self.named.push(Named {
                    name,
                    at: word.at,
                    needed,
                }),
                None => {
                    let error = Diagnostic::error("include-outside", leads_out(name, template));
                    let at = known.sources.locate(word.at);
                    self.error(error.at(at, "this leads out of the folder of templates"));
                }
            }
        }
    }

    /// The names of the data in a tag.
    fn mentioned(&mut self, words: &[Placed<'_>], paths: &BTreeSet<String>) {
        let mut from = 0;
        while let Some(word) = words.get(from) {
            from += 1;
            let Word::Name(first) = word.word else {
                continue;
            };
            let before = from.checked_sub(2).map(|before| words[before].word);
            if matches!(before, Some(Word::Sign(b'.' | b'|'))) {
                continue;
            }
            let mut path = first.to_owned();
            let mut at = word.at;
            while let [dot, name, ..] = &words[from..]
                && let (Word::Sign(b'.'), Word::Name(name_text)) = (dot.word, name.word)
                && paths.contains(&format!("{path}.{name_text}"))
                    | paths
                        .iter()
                        .any(|p| p.starts_with(&format!("{path}.{name_text}.")))
            {
                path = format!("{path}.{name_text}");
                at = at.to(name.at);
                from += 2;
            }
            if paths.contains(&path) {
                self.mentions.push(Mention { path, at });
            }
        }
    }
}

impl Placed<'_> {
    fn word_is_name(&self) -> bool {
        matches!(self.word, Word::Name(_))
    }
}
