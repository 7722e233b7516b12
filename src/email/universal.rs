//! Universal content: `<div data-klaviyo-universal-block="ID">&nbsp;</div>` becomes what `_universal/ID.html` or
//! `_universal/ID.mjml` holds, before MJML is compiled and before tags run.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::preheader::after_body_tag;
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::language::{Dialect, FileId, Library, Span, Token, TokenKind, from_anywhere, wrapped};
use crate::mjml::{self, Validation};

/// The attribute that names a block.
const ATTRIBUTE: &str = "data-klaviyo-universal-block";
/// The folder of the blocks.
const FOLDER: &str = "_universal/";
/// How deep blocks may hold blocks.
const DEPTH: usize = 8;

/// What a body is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Markup {
    Html,
    Mjml,
}

/// Puts blocks in their places.
pub(crate) struct Blocks<'l> {
    library: &'l Library,
    dialect: Dialect,
    markup: Markup,
    /// A single file outside a folder of templates may do without its blocks.
    may_lack: bool,
    validation: Validation,
    /// The blocks that are open, each in the one before.
    open: Vec<String>,
    /// The ids that were named.
    pub(super) named: BTreeSet<String>,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) findings: Vec<Diagnostic>,
}

impl<'l> Blocks<'l> {
    pub(crate) fn new(
        library: &'l Library,
        dialect: Dialect,
        markup: Markup,
        may_lack: bool,
    ) -> Blocks<'l> {
        let has_blocks = || library.names().iter().any(|name| name.starts_with(FOLDER));
        Blocks {
            library,
            dialect,
            markup,
            may_lack: may_lack && !has_blocks(),
            validation: Validation::default(),
            open: Vec::new(),
            named: BTreeSet::new(),
            errors: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// The same, where blocks of MJML that are compiled on their own are validated like this.
    pub(super) fn validated(self, validation: Validation) -> Blocks<'l> {
        Blocks { validation, ..self }
    }

    /// The tokens with each block in the place of its element.
    pub(crate) fn expand(&mut self, tokens: Vec<Token<'l>>) -> Vec<Token<'l>> {
        let names_one =
            |token: &Token<'_>| token.kind == TokenKind::Text && token.text.contains(ATTRIBUTE);
        if !tokens.iter().any(names_one) {
            return tokens;
        }
        let mut out = Vec::with_capacity(tokens.len());
        let mut context = Context::default();
        for token in tokens {
            if token.kind != TokenKind::Text {
                out.push(token);
                continue;
            }
            let mut rest = 0;
            while let Some(element) = next(&token.text, rest) {
                let Element { start, id, end } = element;
                context.read(&token.text[rest..start]);
                let at = token.span.part(id.0, id.1);
                let block = match context.comment {
                    true => None,
                    false => self.block(token.text[id.0..id.1].trim(), at, context.inside),
                };
                out.extend(part(&token, rest, start));
                let element = part(&token, start, end);
                match block {
                    Some(block) => out.extend(block),
                    // MJML knows no such element, and would say that as well.
                    None if self.markup == Markup::Mjml && !context.inside && !context.comment => {
                        let element = element.into_iter().collect();
                        out.extend(wrapped("<mj-raw>", element, "</mj-raw>", at));
                    }
                    None => out.extend(element),
                }
                rest = end;
            }
            context.read(&token.text[rest..]);
            out.extend(part(&token, rest, token.text.len()));
        }
        out
    }

    /// What stands in a block; `None` leaves its element where it is.
    fn block(&mut self, id: &str, at: Span, inside: bool) -> Option<Vec<Token<'l>>> {
        self.named.insert(id.to_owned());
        let library = self.library;
        let html = format!("{FOLDER}{id}.html");
        let mjml = format!("{FOLDER}{id}.mjml");
        let as_mjml = match (library.file(&html).is_some(), library.file(&mjml).is_some()) {
            (false, false) => {
                self.missing(id, at);
                return None;
            }
            (true, true) => self.markup == Markup::Mjml && !inside,
            (_, is_mjml) => is_mjml,
        };
        let is_open = self.open.iter().any(|open| open == id);
        if is_open || self.open.len() >= DEPTH {
            let title = match is_open {
                true => format!("The universal content block '{id}' holds itself"),
                false => {
                    format!("Universal content blocks stand more than {DEPTH} deep in each other")
                }
            };
            self.error(title, at, "here", "take this out of the block");
            return None;
        }
        if as_mjml && inside && self.markup == Markup::Mjml {
            let title = format!(
                "The universal content block '{id}' is MJML, and stands where only HTML may stand"
            );
            let help =
                format!("move the element out of its mj-text or mj-raw, or write templates/{html}");
            self.error(title, at, "inside an element that holds HTML", &help);
            return None;
        }
        self.open.push(id.to_owned());
        let block = match (as_mjml, self.markup) {
            (true, Markup::Mjml) => self.tokens(&mjml).map(|tokens| self.expand(tokens)),
            (true, Markup::Html) => self.compiled(&mjml, at),
            (false, markup) => self.tokens(&html).map(|tokens| {
                let block = self.expand(tokens);
                match markup == Markup::Mjml && !inside {
                    true => wrapped("<mj-raw>", block, "</mj-raw>", at),
                    false => block,
                }
            }),
        };
        self.open.pop();
        block
    }

    /// The tokens of a block as they mean the same in the email: names that count from the block's file are written out.
    fn tokens(&mut self, name: &str) -> Option<Vec<Token<'l>>> {
        let mut tokens = self.library.tokens_in(self.dialect, name)?;
        for token in &mut tokens {
            match from_anywhere(self.dialect, token, name) {
                Ok(None) => {}
                Ok(Some(same)) => *token = same,
                Err(title) => {
                    let at = self.library.sources().locate(token.span);
                    let error = Diagnostic::error("include-outside", title);
                    let label = "this leads out of the folder of templates";
                    self.errors.push(error.at(at, label));
                }
            }
        }
        Some(tokens)
    }

    /// A block of MJML in a body of HTML: its styles and what stands in its body.
    fn compiled(&mut self, name: &str, at: Span) -> Option<Vec<Token<'l>>> {
        let (library, dialect) = (self.library, self.dialect);
        let markup = std::mem::replace(&mut self.markup, Markup::Mjml);
        let tokens = self.tokens(name)?;
        let mut tokens = self.expand(tokens);
        self.markup = markup;
        if !tokens.iter().any(|token| token.text.contains("<mjml")) {
            tokens = wrapped("<mjml><mj-body>", tokens, "</mj-body></mjml>", at);
        }
        let loader = mjml::Loader {
            sources: library.sources(),
            name,
            dialect,
            load: &|name| library.tokens_in(dialect, name),
            names: &|| library.names().into_iter().map(str::to_owned).collect(),
            picked: None,
        };
        let compiled = match mjml::compile_with(tokens, &loader, self.validation) {
            Ok(compiled) => compiled,
            Err(errors) => {
                self.errors.extend(errors);
                return None;
            }
        };
        self.findings.extend(compiled.findings);
        if let Some(why) = compiled.per_recipient.into_iter().next() {
            self.errors.push(Diagnostic {
                severity: Severity::Error,
                title: "A block of MJML in a body of HTML has to be compiled once for everybody"
                    .into(),
                ..why
            });
            return None;
        }
        Some(body_of(compiled.tokens))
    }

    fn missing(&mut self, id: &str, at: Span) {
        let names = self.library.names();
        let known = || names.iter().filter_map(|name| name.strip_prefix(FOLDER));
        let title = format!("There is no universal content block '{id}'");
        let said = match self.may_lack {
            true => Diagnostic::warning("missing-universal-block", title),
            false => Diagnostic::error("missing-universal-block", title),
        };
        let mut said = said.at(self.library.sources().locate(at), "named here");
        let stems = known().map(|file| file.rsplit_once('.').map_or(file, |(stem, _)| stem));
        let near = nearest(id, stems);
        if let Some(file) = near.and_then(|near| known().find(|file| file.starts_with(near))) {
            said = said.help(format!("the nearest is templates/{FOLDER}{file}"));
        }
        said = said.help(format!("write templates/{FOLDER}{id}.html, or {id}.mjml"));
        match self.may_lack {
            true => self.findings.push(said),
            false => self.errors.push(said),
        }
    }

    fn error(&mut self, title: String, at: Span, label: &str, help: &str) {
        let at = self.library.sources().locate(at);
        let error = Diagnostic::error("universal-block", title);
        self.errors.push(error.at(at, label).help(help));
    }
}

/// Where a text stands: in a comment, in an element of MJML that holds HTML.
#[derive(Debug, Default)]
struct Context {
    comment: bool,
    inside: bool,
}

impl Context {
    fn read(&mut self, text: &str) {
        let ending = |name: &str| ENDING.iter().any(|ending| is_named(name, ending));
        let mut rest = text;
        while let Some(at) = memchr::memchr2(b'<', b'-', rest.as_bytes()) {
            let here = &rest[at..];
            if self.comment {
                self.comment = !here.starts_with("-->");
            } else if here.starts_with("<!--") {
                // What only some clients show is content all the same.
                self.comment = !here.starts_with("<!--[if");
            } else if here.strip_prefix("</").is_some_and(ending) {
                self.inside = false;
            } else if here.strip_prefix('<').is_some_and(ending) {
                self.inside = true;
            }
            rest = &here[1..];
        }
    }
}

/// Elements of MJML that hold HTML.
const ENDING: &[&str] = &[
    "mj-text",
    "mj-raw",
    "mj-table",
    "mj-button",
    "mj-accordion-text",
    "mj-accordion-title",
    "mj-navbar-link",
    "mj-social-element",
];

fn is_named(text: &str, name: &str) -> bool {
    let continues = |c: char| c.is_alphanumeric() || c == '-';
    text.strip_prefix(name)
        .is_some_and(|rest| !rest.starts_with(continues))
}

/// An element that names a block.
struct Element {
    start: usize,
    id: (usize, usize),
    /// Behind its end tag, or behind its start tag if more than white space stands before that.
    end: usize,
}

/// The next element that names a block, from byte `from` on.
fn next(text: &str, from: usize) -> Option<Element> {
    let mut search = from;
    loop {
        let at = search + text[search..].find(ATTRIBUTE)?;
        search = at + ATTRIBUTE.len();
        let Some(start) = text[from..at].rfind('<').map(|n| from + n) else {
            continue;
        };
        let name = text[start + 1..]
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default();
        let value = text[search..].trim_start().strip_prefix('=');
        let Some(value) = value.filter(|_| !name.is_empty() && !text[start..at].contains('>'))
        else {
            continue;
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let id_from = text.len() - value.len() + quote.map_or(0, char::len_utf8);
        let ends = |c: char| match quote {
            Some(quote) => c == quote,
            None => c.is_whitespace() || c == '>',
        };
        let Some(id_to) = text[id_from..].find(ends).map(|n| id_from + n) else {
            continue;
        };
        let Some(tag_end) = text[id_to..].find('>').map(|n| id_to + n + 1) else {
            continue;
        };
        let mut content = text[tag_end..].trim_start();
        while let Some(rest) = content
            .strip_prefix("&nbsp;")
            .or_else(|| content.strip_prefix('\u{a0}'))
        {
            content = rest.trim_start();
        }
        // `<div …>&nbsp;<div>`, without the stroke, is how Klaviyo's own help prints it.
        let closed = content
            .strip_prefix("</")
            .or_else(|| content.strip_prefix('<'))
            .and_then(|rest| rest.strip_prefix(name)?.trim_start().strip_prefix('>'));
        return Some(Element {
            start,
            id: (id_from, id_to),
            end: closed.map_or(tag_end, |rest| text.len() - rest.len()),
        });
    }
}

/// A part of a text token.
fn part<'s>(token: &Token<'s>, start: usize, end: usize) -> Option<Token<'s>> {
    (start < end).then(|| Token {
        kind: token.kind,
        text: match &token.text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[start..end]),
            Cow::Owned(text) => Cow::Owned(text[start..end].to_owned()),
        },
        span: token.span.part(start, end),
    })
}

/// The styles of a document and what stands in its body.
fn body_of(tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut head = String::new();
    let mut inside = false;
    for token in tokens {
        if token.kind != TokenKind::Text {
            out.extend(inside.then_some(token));
            continue;
        }
        let from = match (inside, after_body_tag(&token.text)) {
            (true, _) => 0,
            (false, None) => {
                head.push_str(&token.text);
                continue;
            }
            (false, Some(at)) => {
                head.push_str(&token.text[..at]);
                let styles = styles(&head);
                out.extend((!styles.is_empty()).then(|| Token::text(styles, token.span)));
                inside = true;
                at
            }
        };
        let to = token.text.find("</body>").unwrap_or(token.text.len());
        let inner = &token.text[from..to.max(from)];
        out.extend((!inner.is_empty()).then(|| Token::text(inner.to_owned(), token.span)));
        if to < token.text.len() {
            break;
        }
    }
    out
}

/// The style sheets of a head; those in comments are for Outlook alone, and it does without.
fn styles(head: &str) -> String {
    let mut out = String::new();
    let mut rest = head;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let end = if rest.starts_with("<style") {
            let end = rest
                .find("</style>")
                .map_or(rest.len(), |n| n + "</style>".len());
            out.push_str(&rest[..end]);
            end
        } else if rest.starts_with("<!--[if !mso]><!-->") || !rest.starts_with("<!--") {
            1
        } else {
            rest.find("-->").unwrap_or(rest.len())
        };
        rest = &rest[end..];
    }
    out
}

/// Blocks named in partials that only a rendered `{% include %}` reads are left as they are: says so.
pub(super) fn in_partials(files: &[FileId], library: &Library) -> Vec<Diagnostic> {
    let sources = library.sources();
    let named = |file: &FileId| {
        let text = sources.text(*file);
        let (from, to) = next(text, 0)?.id;
        let id = &text[from..to];
        let title =
            format!("The universal content block '{id}' is not put in its place in a partial");
        let help =
            format!("write {{% include \"{FOLDER}{id}.html\" %}}, or name the block in the body");
        let at = sources.locate(Span::new(*file, from, to));
        let finding = Diagnostic::warning("universal-block", title);
        Some(finding.at(at, "in a file that is included").help(help))
    };
    files.iter().filter_map(named).collect()
}
