//! Includes: `{% include "…" %}` between components and `<mj-include path="…">`, put in place of themselves; product
//! blocks, written out.
//!
//! It works on tokens, before MJML is read, so that a document whose tags have to run first is whole already. A
//! file that is included keeps its own spans, and messages name it.

use super::placement::TURN;
use super::products::{self, BlockPlace, STACKING, Settings};
use super::report::{Report, did_you_mean};
use super::scan::{Open, Place, Scanner, What, slice};
use super::{Loader, elements};
use crate::language::{
    Dialect, Span, Token, TokenKind, absolute_name, from_anywhere, leads_out, named_template,
    wrapped,
};

/// How deep includes may include.
const DEPTH: usize = 32;
/// How many files one document may include.
const FILES: usize = 1_000;
/// How many bytes a document may have, includes counted.
const BYTES: usize = 10 << 20;
/// How many texts and template tags a document may have, includes counted.
const TOKENS: usize = 200_000;

/// Puts the included files in place of their includes.
pub(super) fn expand<'s>(
    tokens: Vec<Token<'s>>,
    loader: &Loader<'_, 's>,
    report: &mut Report<'_>,
) -> Vec<Token<'s>> {
    let mut expander = Expander {
        loader,
        report,
        chain: vec![loader.name.to_owned()],
        files: 0,
        bytes: 0,
        tokens: 0,
        head: Vec::new(),
        styles: Vec::new(),
        open: Vec::new(),
        settings: Settings::default(),
        is_stacking: false,
    };
    if !expander.charge(&tokens) {
        return Vec::new();
    }
    let expanded = expander.file(&tokens);
    let mut head = std::mem::take(&mut expander.head);
    head.append(&mut expander.styles);
    if head.is_empty() {
        expanded
    } else {
        with_head(expanded, head)
    }
}

struct Expander<'e, 'a, 's, 'r> {
    loader: &'e Loader<'a, 's>,
    report: &'e mut Report<'r>,
    /// The names of the files that are open, the document first.
    chain: Vec<String>,
    files: usize,
    bytes: usize,
    tokens: usize,
    /// What included documents have in their `mj-head`.
    head: Vec<Token<'s>>,
    /// What included CSS is: it comes at the end of the head, wherever it is included.
    styles: Vec<Token<'s>>,
    /// The elements that are open and hold others, those round an included file too.
    open: Vec<String>,
    /// What `mj-attributes` has set for product blocks so far.
    settings: Settings<'s>,
    /// The head has the rule that stacks tables of products.
    is_stacking: bool,
}

impl<'s> Expander<'_, '_, 's, '_> {
    fn file(&mut self, tokens: &[Token<'s>]) -> Vec<Token<'s>> {
        let mut scanner = Scanner::new(tokens);
        let mut out = Vec::with_capacity(tokens.len());
        let mut copied = Place { token: 0, byte: 0 };
        let mut in_head = false;
        while let (false, Some(piece)) = (self.report.is_full(), scanner.next()) {
            let included = match piece.what {
                What::Open(open) if open.name == "mj-include" => {
                    let span = scanner.span(piece.start, piece.end);
                    self.mj_include(&open, span, in_head)
                }
                What::Open(open) if open.name == products::NAME => {
                    let span = scanner.span(piece.start, piece.end);
                    self.products(open, span)
                }
                What::Open(open) => {
                    in_head |= open.name == "mj-head" && !open.self_closing;
                    self.enters(open);
                    None
                }
                What::Close(name) if matches!(&*name, "mj-include" | products::NAME) => {
                    Some(Vec::new())
                }
                What::Close(name) => {
                    in_head &= name != "mj-head";
                    if let Some(at) = self.open.iter().rposition(|open| *open == name) {
                        self.open.truncate(at);
                    }
                    None
                }
                What::Tag(number) if tokens[number].tag_name() == "include" => {
                    self.tag_include(&tokens[number])
                }
                _ => None,
            };
            if let Some(included) = included {
                out.extend(scanner.slice(copied, piece.start));
                out.extend(included);
                copied = piece.end;
            }
        }
        let end = Place {
            token: tokens.len(),
            byte: 0,
        };
        out.extend(scanner.slice(copied, end));
        match &self.chain[..] {
            [_, .., name] => {
                let name = name.clone();
                self.written_out(out, &name)
            }
            _ => out,
        }
    }

    /// Notes an element that holds others, or what is set for product blocks.
    fn enters(&mut self, open: Open<'s>) {
        let outer = self.open.last().map_or("", String::as_str);
        if open.name == "mj-class" && outer == "mj-attributes" {
            self.settings.set_class(&open);
        }
        let holds = elements::kind(&open.name).is_some_and(|kind| !kind.children.is_empty());
        if holds && !open.self_closing {
            self.open.push(open.name);
        }
    }

    /// `<lp-products …/>`; `None` leaves an element that does not end where it is.
    fn products(&mut self, open: Open<'s>, span: Span) -> Option<Vec<Token<'s>>> {
        if !open.complete {
            return None;
        }
        let place = match self.open.last().map_or("", String::as_str) {
            "mj-attributes" => {
                self.settings.set_usual(open);
                return Some(Vec::new());
            }
            "mj-body" | "mj-wrapper" => BlockPlace::Body,
            "mj-column" | "mj-hero" => BlockPlace::Column,
            outer => {
                let (name, parents) = (products::NAME, products::PARENTS.join(", "));
                let title = match outer {
                    "" => format!("{name} stands outside of the document"),
                    outer => {
                        format!("{name} cannot be used inside {outer}, only inside: {parents}")
                    }
                };
                let label = "stands in the wrong place: left out";
                self.report.invalid("illegal-child", title, span, label);
                return Some(Vec::new());
            }
        };
        let (settings, loader) = (&self.settings, self.loader);
        let Some(tokens) = products::block(&open, span, place, settings, loader, self.report)
        else {
            return Some(Vec::new());
        };
        if !self.charge(&tokens) {
            return Some(Vec::new());
        }
        if place == BlockPlace::Column && !std::mem::replace(&mut self.is_stacking, true) {
            let rule = vec![Token::text(STACKING, span)];
            self.styles
                .extend(wrapped("<mj-style>", rule, "</mj-style>", span));
        }
        Some(tokens)
    }

    /// The tokens of an included file as they mean the same in the document: the names in the tags that stay.
    fn written_out(&mut self, mut tokens: Vec<Token<'s>>, name: &str) -> Vec<Token<'s>> {
        for token in &mut tokens {
            if self.report.is_full() {
                break;
            }
            match from_anywhere(self.loader.dialect, token, name) {
                Ok(None) => {}
                Ok(Some(same)) => *token = same,
                Err(title) => self.leads_out(title, token.span),
            }
        }
        tokens
    }

    /// `{% include "name" with a=b %}`; `None` leaves the tag where it is.
    fn tag_include(&mut self, tag: &Token<'s>) -> Option<Vec<Token<'s>>> {
        let jinja = self.loader.dialect == Dialect::Jinja;
        let is_whole =
            |(_, rest): &(&str, &str)| rest.is_empty() || rest.starts_with(char::is_whitespace);
        let named = named_template(self.loader.dialect, tag).filter(is_whole);
        let Some((written, rest)) = named else {
            self.report.per_recipient(
                "the name of a partial that holds components is only known when tags run",
                tag.span,
                "not a name in quotes",
                "write the name in quotes, or include it in an mj-raw or mj-text",
            );
            return None;
        };
        let mut rest = rest.trim();
        // What every include in Jinja has unless it says otherwise.
        if jinja && rest.split_whitespace().eq(["with", "context"]) {
            rest = "";
        }
        if jinja && !rest.is_empty() {
            self.report.per_recipient(
                "a partial that holds components is included in a way that only works when tags run",
                tag.span,
                "only a name in quotes can be put in place beforehand",
                "write {% include \"name\" %}",
            );
            return None;
        }
        let with = match rest.strip_prefix("with") {
            Some(with) if with.starts_with(char::is_whitespace) => with.trim(),
            _ if rest.is_empty() => "",
            _ => {
                self.report.per_recipient(
                    "a partial that holds components is included in a way that only works when tags run",
                    tag.span,
                    "only \"name\" and \"name\" with a=b can be put in place beforehand",
                    "write {% include \"name\" with a=b %}",
                );
                return None;
            }
        };
        if with.split_whitespace().next_back() == Some("only") {
            self.report.per_recipient(
                "a partial that holds components hides the variables round it with 'only'",
                tag.span,
                "works only when tags run",
                "leave out 'only'",
            );
            return None;
        }
        let from = self.chain.last().map_or("", String::as_str);
        let Some(name) = absolute_name(from, written) else {
            let title = leads_out(written, from);
            self.leads_out(title, tag.span);
            return Some(Vec::new());
        };
        let Some(name) = resolve("", &name) else {
            self.outside(written, tag.span);
            return Some(Vec::new());
        };
        let missing = format!("Template '{name}' does not exist");
        let Some((name, tokens)) = self.load(vec![name], tag.span, missing, true) else {
            return Some(Vec::new());
        };
        let mut inner = self.enter(&name, tag.span, &tokens)?;
        if !with.is_empty() {
            let with = Token::tag(format!("{{% with {with} %}}"), tag.span);
            let end = Token::tag("{% endwith %}", tag.span);
            let mut whole = wrapped("<mj-raw>", vec![with], "</mj-raw>", tag.span);
            whole.append(&mut inner);
            whole.extend(wrapped("<mj-raw>", vec![end], "</mj-raw>", tag.span));
            inner = whole;
        }
        Some(inner)
    }

    /// `<mj-include path="…" />`; `None` leaves it where it is.
    fn mj_include(&mut self, open: &Open<'s>, span: Span, in_head: bool) -> Option<Vec<Token<'s>>> {
        if !open.tags.is_empty()
            || open
                .attributes
                .iter()
                .any(|a| a.value.iter().any(Token::is_markup))
        {
            self.report.per_recipient(
                "a template tag stands in an mj-include",
                span,
                "which file this is, is only known when tags run",
                "write the path out",
            );
            return None;
        }
        let Some(path) = open.literal("path").filter(|path| !path.trim().is_empty()) else {
            self.report.error(
                "missing-path",
                "Attribute path of mj-include is missing",
                span,
                "names no file",
            );
            return Some(Vec::new());
        };
        let path = path.trim();
        let here = self
            .chain
            .last()
            .and_then(|file| file.rsplit_once('/'))
            .map_or("", |(folder, _)| folder);
        let mut names: Vec<String> = [resolve(here, path), resolve("", path)]
            .into_iter()
            .flatten()
            .collect();
        names.dedup();
        if path.contains("://") {
            // Nothing is fetched: as if there was no such file.
            names = vec![path.to_owned()];
        }
        let Some(first) = names.first() else {
            self.outside(path, span);
            return Some(Vec::new());
        };
        let missing = format!("mj-include fails to read file : {path} at {first}");
        let Some((name, tokens)) = self.load(names, span, missing.clone(), false) else {
            let comment = Token::text(format!("<!-- {} -->", missing.replace("--", "- -")), span);
            return Some(wrapped("<mj-raw>", vec![comment], "</mj-raw>", span));
        };
        match &*open.literal("type").unwrap_or_default() {
            "css" => {
                let inline = open.literal("css-inline").as_deref() == Some("inline");
                let start = match inline {
                    true => "<mj-style inline=\"inline\">",
                    false => "<mj-style>",
                };
                let tokens = self.written_out(tokens, &name);
                self.styles
                    .extend(wrapped(start, tokens, "</mj-style>", span));
                Some(Vec::new())
            }
            "html" => {
                let tokens = self.written_out(tokens, &name);
                Some(wrapped("<mj-raw>", tokens, "</mj-raw>", span))
            }
            _ => {
                let outer = std::mem::take(&mut self.styles);
                let inner = self.enter(&name, span, &tokens);
                let styles = std::mem::replace(&mut self.styles, outer);
                let inner = inner?;
                match (document(&inner), in_head) {
                    (Some(parts), true) => Some([parts.head, styles].concat()),
                    (None, true) => Some([inner, styles].concat()),
                    (Some(parts), false) => {
                        self.head.extend(parts.head);
                        self.head.extend(styles);
                        Some(parts.body)
                    }
                    (None, false) => {
                        self.head.extend(styles);
                        Some(inner)
                    }
                }
            }
        }
    }

    /// The first of these files that exists, or a message that says that none does: an error if it is `needed`, what
    /// mjml's validator would say if not.
    fn load(
        &mut self,
        names: Vec<String>,
        span: Span,
        missing: String,
        needed: bool,
    ) -> Option<(String, Vec<Token<'s>>)> {
        for name in &names {
            if let Some(tokens) = (self.loader.load)(name) {
                return self.charge(&tokens).then(|| (name.clone(), tokens));
            }
        }
        // Nobody reads on after so many, and names are compared letter by letter.
        let known = match self.report.is_tired() {
            true => Vec::new(),
            false => (self.loader.names)(),
        };
        let label = "no such file";
        let error = match needed {
            true => (self.report).error("missing-include", missing, span, label),
            false => (self.report).invalid("missing-include", missing, span, label),
        };
        let near = names
            .first()
            .and_then(|name| did_you_mean(name, known.iter().map(String::as_str)));
        error
            .help
            .push(near.unwrap_or_else(|| "names count from the folder of templates".to_owned()));
        None
    }

    /// Expands the includes of an included file.
    fn enter(&mut self, name: &str, span: Span, tokens: &[Token<'s>]) -> Option<Vec<Token<'s>>> {
        if let Some(from) = self.chain.iter().position(|open| open == name) {
            let mut chain = self.chain[from..].to_vec();
            chain.push(name.to_owned());
            let title = format!("Circular inclusion detected on file : {name}");
            self.report
                .error("circular-include", title, span, "includes itself")
                .notes
                .push(chain.join(" → "));
            return Some(Vec::new());
        }
        if self.chain.len() > DEPTH {
            let title = format!("Includes are nested more than {DEPTH} deep");
            self.report.error("include-depth", title, span, "too deep");
            return Some(Vec::new());
        }
        self.chain.push(name.to_owned());
        let depth = self.open.len();
        let inner = self.file(tokens);
        self.open.truncate(depth);
        self.chain.pop();
        Some(inner)
    }

    /// Counts a file; false, and an error, if the document becomes too large.
    fn charge(&mut self, tokens: &[Token<'s>]) -> bool {
        self.files += 1;
        self.bytes += tokens.iter().map(|token| token.text.len()).sum::<usize>();
        self.tokens += tokens.len();
        let too_large = self.bytes > BYTES || self.files > FILES || self.tokens > TOKENS;
        if too_large
            && !self
                .report
                .errors
                .iter()
                .any(|error| error.code == "too-large")
        {
            let span = tokens.first().map(|token| token.span).unwrap_or_default();
            let title = format!(
                "The document is too large: at most {} MB, {FILES} files and {TOKENS} texts and tags, includes counted",
                BYTES >> 20
            );
            self.report.error("too-large", title, span, "");
        }
        !too_large
    }

    /// A relative name in a tag leads out, in Django's words.
    fn leads_out(&mut self, title: String, span: Span) {
        let label = "this leads out of the folder of templates";
        self.report.error("include-outside", title, span, label);
    }

    fn outside(&mut self, path: &str, span: Span) {
        let title = format!("'{path}' is not in the folder of templates");
        self.report
            .error("outside-include", title, span, "leaves the folder")
            .help
            .push("includes can only name files in the folder of templates".to_owned());
    }
}

/// A path from `folder`, without `.` and `..`; `None` if it leaves the root.
fn resolve(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\\') || path.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The two halves of a whole MJML document.
struct Halves<'s> {
    head: Vec<Token<'s>>,
    body: Vec<Token<'s>>,
}

/// The halves of a document that starts with `<mjml>`; `None` for a fragment.
fn document<'s>(tokens: &[Token<'s>]) -> Option<Halves<'s>> {
    let mut scanner = Scanner::new(tokens);
    let mut halves = Halves {
        head: Vec::new(),
        body: Vec::new(),
    };
    let mut root = false;
    let mut from: Option<(String, Place)> = None;
    while let Some(piece) = scanner.next() {
        match piece.what {
            What::Open(open) if open.name == "mjml" => root = true,
            What::Open(_) if !root => return None,
            What::Open(open)
                if matches!(&*open.name, "mj-head" | "mj-body") && !open.self_closing =>
            {
                from.get_or_insert((open.name, piece.end));
            }
            What::Close(name) => {
                if let Some((open, start)) = from.take_if(|(open, _)| *open == name) {
                    let half = match &*open {
                        "mj-head" => &mut halves.head,
                        _ => &mut halves.body,
                    };
                    half.extend(slice(tokens, start, piece.start));
                }
            }
            _ => {}
        }
    }
    root.then_some(halves)
}

/// Puts what included documents have in their head at the end of the document's own.
fn with_head<'s>(tokens: Vec<Token<'s>>, head: Vec<Token<'s>>) -> Vec<Token<'s>> {
    let span = head.first().map(|token| token.span).unwrap_or_default();
    let mut scanner = Scanner::new(&tokens);
    let (mut root, mut replaced, mut end) = (None, None, None);
    while let Some(piece) = scanner.next() {
        match piece.what {
            What::Open(open) if open.name == "mjml" => root = root.or(Some(piece.end)),
            What::Open(open) if open.name == "mj-head" && open.self_closing => {
                replaced = replaced.or(Some((piece.start, piece.end)));
            }
            What::Close(name) if name == "mj-head" => end = end.or(Some(piece.start)),
            _ => {}
        }
    }
    let whole = |at: (Place, Place), own_head: bool| {
        let mut all = slice(&tokens, Place { token: 0, byte: 0 }, at.0);
        if own_head {
            all.push(Token::text("<mj-head>", span));
        }
        all.extend(head.iter().cloned());
        if own_head {
            all.push(Token::text("</mj-head>", span));
        }
        let end = Place {
            token: tokens.len(),
            byte: 0,
        };
        all.extend(slice(&tokens, at.1, end));
        all
    };
    match (end, replaced, root) {
        (Some(end), ..) => whole((end, end), false),
        (None, Some(replaced), _) => whole(replaced, true),
        (None, None, Some(root)) => whole((root, root), true),
        (None, None, None) => tokens,
    }
}

/// Whether this is a tag that steers others and prints nothing.
pub(super) fn is_control(token: &Token<'_>) -> bool {
    const CONTROL: &[&str] = &[
        "if",
        "elif",
        "else",
        "endif",
        "for",
        "empty",
        "endfor",
        "with",
        "endwith",
        "autoescape",
        "endautoescape",
        "comment",
        "endcomment",
        "verbatim",
        "endverbatim",
        "ifchanged",
        "endifchanged",
        // Jinja's.
        "set",
        "endset",
        "macro",
        "endmacro",
        "call",
        "endcall",
        "import",
        "from",
        "do",
        "raw",
        "endraw",
        // Ours, while alternatives are written out.
        TURN,
        "endturn",
    ];
    token.kind == TokenKind::Comment
        || CONTROL.contains(&token.tag_name())
        || token.tag_name().starts_with("endverbatim")
}

/// Puts tags that print something and stand between components into an `mj-raw`, so that MJML keeps what they print.
pub(super) fn between<'s>(tokens: Vec<Token<'s>>, printing: &[usize]) -> Vec<Token<'s>> {
    let mut out = Vec::with_capacity(tokens.len() + 2 * printing.len());
    let mut printing = printing.iter().peekable();
    for (number, token) in tokens.into_iter().enumerate() {
        if printing.next_if_eq(&&number).is_some() {
            out.extend(wrapped(
                "<mj-raw>",
                vec![token.clone()],
                "</mj-raw>",
                token.span,
            ));
        } else {
            out.push(token);
        }
    }
    out
}
