//! Tokens into a tree: which tags belong together. All errors of a template at once, in Django's sentences.

use super::compile;
use super::dialects;
use super::lexer::{Token, TokenKind};
use super::registry::{Registry, Shape, Tag};
use super::span::{Sources, Span};
use super::words::{self, Word, is_space};
use crate::diagnostic::Diagnostic;

/// A piece of a template's tree.
#[derive(Debug)]
pub enum Node<'t> {
    /// Text, printed as it is.
    Text(&'t str),
    /// The inside of `{{ … }}`.
    Output(Word<'t>),
    /// A tag, with its block if it opens one.
    Tag(TagNode<'t>),
}

/// A tag with all that belongs to it.
#[derive(Debug)]
pub struct TagNode<'t> {
    /// Its entry in the registry.
    pub tag: &'static Tag,
    /// The tag itself and the clauses of its block; never empty.
    pub clauses: Vec<ClauseNode<'t>>,
    /// The inside of the tag that closes its block, if there is one.
    pub end: Option<Word<'t>>,
}

/// A tag and what stands between it and the next of its block.
#[derive(Debug)]
pub struct ClauseNode<'t> {
    /// All words, the name included.
    pub words: Vec<Word<'t>>,
    /// The inside of the tag, name and arguments, as written.
    pub content: Word<'t>,
    /// The whole tag with its braces.
    pub span: Span,
    /// What follows up to the next clause or the end.
    pub body: Vec<Node<'t>>,
}

impl<'t> TagNode<'t> {
    /// The opening tag.
    pub fn head(&self) -> &ClauseNode<'t> {
        &self.clauses[0]
    }

    /// The words behind the name.
    pub fn arguments(&self) -> &[Word<'t>] {
        self.head().arguments()
    }
}

impl<'t> ClauseNode<'t> {
    /// The word behind `{%`.
    pub fn name(&self) -> &'t str {
        self.words.first().map_or("", |w| w.text)
    }

    /// The words behind the name.
    pub fn arguments(&self) -> &[Word<'t>] {
        self.words.get(1..).unwrap_or_default()
    }
}

/// The longest tag that is read. Django has no bound; here one keeps nonsense from taking minutes.
const LONGEST_TAG: usize = 65_536;

/// Builds the tree; what is wrong goes to `errors`, and the tree goes on behind it.
pub(super) fn parse<'t>(
    tokens: &'t [Token<'_>],
    registry: &Registry,
    sources: &Sources,
    name: &str,
    nesting: u16,
    errors: &mut Vec<Diagnostic>,
) -> Vec<Node<'t>> {
    let mut parser = Parser {
        name,
        registry,
        sources,
        errors,
        nodes: Vec::new(),
        open: Vec::new(),
    };
    let mut position = 0;
    while let Some(token) = tokens.get(position) {
        position += 1;
        if token.kind != TokenKind::Text && token.text.len() > LONGEST_TAG {
            let title = format!(
                "A tag may have {LONGEST_TAG} bytes, this one has {}",
                token.text.len()
            );
            let error = Diagnostic::error("limit-tag", title);
            parser.errors.push(error.at(sources.locate(token.span), ""));
            return Vec::new();
        }
        match token.kind {
            TokenKind::Text => parser.push(Node::Text(&token.text)),
            TokenKind::Comment => {}
            TokenKind::Variable => parser.variable(token),
            TokenKind::Tag => {
                if parser.open.len() >= usize::from(nesting) {
                    parser.errors.push(
                        Diagnostic::error(
                            "limit-nesting",
                            format!("Blocks stand more than {nesting} deep in each other"),
                        )
                        .at(sources.locate(token.span), "reached here")
                        .help("move inner blocks into a partial"),
                    );
                    return Vec::new();
                }
                if let Some(end) = parser.tag(token) {
                    position = parser.skip(tokens, position, end, token);
                }
            }
        }
    }
    parser.finish()
}

struct Parser<'t, 'p> {
    /// What the library calls the template.
    name: &'p str,
    registry: &'p Registry,
    sources: &'p Sources,
    errors: &'p mut Vec<Diagnostic>,
    nodes: Vec<Node<'t>>,
    open: Vec<TagNode<'t>>,
}

impl<'t> Parser<'t, '_> {
    fn push(&mut self, node: Node<'t>) {
        match self.open.last_mut().and_then(|tag| tag.clauses.last_mut()) {
            Some(clause) => clause.body.push(node),
            None => self.nodes.push(node),
        }
    }

    fn variable(&mut self, token: &'t Token<'_>) {
        let (text, span) = token.inner();
        if text.is_empty() {
            let title = format!("Empty variable tag on line {}", self.line(token.span));
            self.error(
                "empty-tag",
                title,
                token.span,
                "name a variable here, or delete this",
            );
        } else {
            self.push(Node::Output(Word { text, span }));
        }
    }

    /// Takes a tag; if its content is to be skipped, the name of the tag that ends it.
    fn tag(&mut self, token: &'t Token<'_>) -> Option<&'static str> {
        let (content, span) = token.inner();
        let trims = content.starts_with('-');
        let (content, span) = match trims {
            true => self.without_trim_marks(content, span),
            false => (content, span),
        };
        let words = words::split(content, span);
        let Some(name) = content.split(is_space).next().filter(|n| !n.is_empty()) else {
            let title = format!("Empty block tag on line {}", self.line(token.span));
            self.error(
                "empty-tag",
                title,
                token.span,
                "name a tag here, or delete this",
            );
            return None;
        };
        let clause = ClauseNode {
            words,
            content: Word {
                text: content,
                span,
            },
            span: token.span,
            body: Vec::new(),
        };
        // Does it continue or close the innermost block?
        if let Some(open) = self.open.last_mut() {
            match follows(open, name) {
                Some(Follows::Clause) => {
                    open.clauses.push(clause);
                    return None;
                }
                Some(Follows::End) => {
                    open.end = Some(clause.content);
                    self.close();
                    return None;
                }
                None => {}
            }
        }
        let Some(tag) = self.registry.tag(name) else {
            if !trims {
                self.say_unknown_tag(name, clause.content);
            }
            self.unknown_tag(name, clause);
            return None;
        };
        let node = TagNode {
            tag,
            clauses: vec![clause],
            end: None,
        };
        match tag.shape {
            Shape::Block { .. } => self.open.push(node),
            Shape::Rest => {
                self.must_be_first(&node);
                self.open.push(node);
            }
            Shape::Single => self.push(Node::Tag(node)),
            Shape::Skipped { end } => {
                self.push(Node::Tag(node));
                return Some(end);
            }
        }
        None
    }

    /// Before a tag that takes the rest of the template only text may stand.
    fn must_be_first(&mut self, node: &TagNode<'t>) {
        let before = match self.open.last().and_then(|tag| tag.clauses.last()) {
            Some(clause) => &clause.body,
            None => &self.nodes,
        };
        let head = node.head();
        if before.iter().any(|n| !matches!(n, Node::Text(_))) {
            let title = format!(
                "{{% {} %}} must be the first tag in '{}'.",
                head.content.text, self.name
            );
            self.error("must-be-first", title, head.span, "tags stand before this");
        } else if self.open.iter().any(|open| open.tag.shape == Shape::Rest) {
            let title = format!(
                "'{}' cannot appear more than once in the same template",
                node.tag.name
            );
            self.error("must-be-first", title, head.span, "");
        }
    }

    fn close(&mut self) {
        if let Some(node) = self.open.pop() {
            self.push(Node::Tag(node));
        }
    }

    /// `{%- if x -%}` of Liquid and Jinja: an error, and then read as if the hyphens were not there.
    fn without_trim_marks<'c>(&mut self, content: &'c str, span: Span) -> (&'c str, Span) {
        let marked = content.split(is_space).next().unwrap_or_default();
        self.say_unknown_tag(
            marked,
            Word {
                text: content,
                span,
            },
        );
        let inner = content.trim_start_matches('-');
        let start = content.len() - inner.trim_start_matches(is_space).len();
        let inner = inner.trim_end_matches('-').trim_matches(is_space);
        (inner, span.part(start, start + inner.len()))
    }

    /// A tag that is no tag, or one of another block.
    fn unknown_tag(&mut self, name: &str, clause: ClauseNode<'t>) {
        // The end or a clause of an outer block: whatever is open inside it was never closed, and that has been said now.
        let outer = self
            .open
            .iter()
            .rposition(|open| follows(open, name).is_some());
        if let Some(outer) = outer {
            while self.open.len() > outer + 1 {
                self.close();
            }
            match follows(&self.open[outer], name) {
                Some(Follows::End) => self.close(),
                Some(Follows::Clause) => self.open[outer].clauses.push(clause),
                None => {}
            }
        }
    }

    fn say_unknown_tag(&mut self, name: &str, content: Word<'_>) {
        if self.errors.len() >= compile::MOST_ERRORS {
            return;
        }
        let line = self.line(content.span);
        let open = self
            .open
            .last()
            .filter(|open| open.tag.shape != Shape::Rest);
        let names: Vec<String> = open
            .map(expected)
            .unwrap_or_default()
            .iter()
            .map(|name| format!("'{name}'"))
            .collect();
        let expected = match names.split_last() {
            Some((last, [])) => format!(", expected {last}"),
            Some((last, rest)) => format!(", expected {} or {last}", rest.join(", ")),
            None => String::new(),
        };
        let title = format!(
            "Invalid block tag on line {line}: '{name}'{expected}. Did you forget to register or load this tag?"
        );
        let at = content.span.part(0, name.len());
        let mut error = Diagnostic::error("unknown-tag", title).at(self.sources.locate(at), "");
        if let Some(open) = open {
            error = error.label(
                self.sources.locate(open.head().span),
                format!("this '{}' is still open", open.tag.name),
            );
        }
        let help = match name.starts_with('-') {
            true => Some(dialects::TRIM_MARKS.to_owned()),
            false => dialects::tag(name, content.text)
                .or_else(|| self.misplaced(name, open))
                .or_else(|| {
                    let near = self.registry.nearest_tag(name)?;
                    Some(format!("did you mean '{near}'?"))
                }),
        };
        if let Some(help) = help {
            error = error.help(help);
        }
        self.say(error);
    }

    /// Help for a tag that divides or closes some block, but not the one that is open.
    fn misplaced(&self, name: &str, open: Option<&TagNode<'t>>) -> Option<String> {
        let is_of_a_block = self.registry.tags().any(|tag| match tag.shape {
            Shape::Block { clauses, end } => name == end || clauses.iter().any(|c| c.name == name),
            Shape::Skipped { end } => name == end,
            _ => false,
        });
        if !is_of_a_block {
            return None;
        }
        match open.map(|open| open.tag.shape) {
            Some(Shape::Block { end, .. }) => {
                Some(format!("write {{% {end} %}} before this, or delete this"))
            }
            _ => dialects::not_open(name),
        }
    }

    /// Skips to the tag whose content is `end`, and says so if there is none. The new position.
    fn skip(&mut self, tokens: &[Token<'_>], from: usize, end: &str, opening: &Token<'_>) -> usize {
        let found = tokens[from..]
            .iter()
            .position(|t| t.kind == TokenKind::Tag && t.inner().0 == end);
        match found {
            Some(at) => from + at + 1,
            None => {
                self.unclosed(opening.tag_name(), opening.span, &[end]);
                tokens.len()
            }
        }
    }

    fn finish(mut self) -> Vec<Node<'t>> {
        while let Some(open) = self.open.last() {
            if open.tag.shape != Shape::Rest {
                let (name, span, expected) = (open.tag.name, open.head().span, expected(open));
                self.unclosed(name, span, &expected);
            }
            self.close();
        }
        self.nodes
    }

    fn unclosed(&mut self, name: &str, span: Span, expected: &[&str]) {
        let title = format!(
            "Unclosed tag on line {}: '{name}'. Looking for one of: {}.",
            self.line(span),
            expected.join(", ")
        );
        let end = expected.last().copied().unwrap_or_default();
        self.say(
            Diagnostic::error("unclosed-tag", title)
                .at(self.sources.locate(span), "opened here and never closed")
                .help(format!("close it with {{% {end} %}}")),
        );
    }

    fn say(&mut self, error: Diagnostic) {
        compile::note(self.errors, error);
    }

    fn error(&mut self, code: &'static str, title: String, span: Span, label: &str) {
        self.say(Diagnostic::error(code, title).at(self.sources.locate(span), label));
    }

    fn line(&self, span: Span) -> usize {
        self.sources.locate(span).line()
    }
}

enum Follows {
    Clause,
    End,
}

/// What a tag of this name is to an open block, if anything.
fn follows(open: &TagNode<'_>, name: &str) -> Option<Follows> {
    let Shape::Block { clauses, end } = open.tag.shape else {
        return None;
    };
    if name == end {
        return Some(Follows::End);
    }
    // Only the clause that stands last can be one that closes the list.
    let seen = open.clauses.get(1..).and_then(<[_]>::last);
    let closed = seen.is_some_and(|seen| clauses.iter().any(|c| c.last && c.name == seen.name()));
    (!closed && clauses.iter().any(|c| c.name == name)).then_some(Follows::Clause)
}

/// The tags that may come next in an open block.
fn expected(open: &TagNode<'_>) -> Vec<&'static str> {
    let Shape::Block { clauses, end } = open.tag.shape else {
        return Vec::new();
    };
    clauses
        .iter()
        .map(|c| c.name)
        .filter(|name| matches!(follows(open, name), Some(Follows::Clause)))
        .chain([end])
        .collect()
}
