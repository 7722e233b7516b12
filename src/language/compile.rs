//! The tree into a program: expressions parsed, texts joined, includes named, needs collected.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use super::condition::{self, Cond};
use super::expression::{self, Expr, Path};
use super::frame::{Block, NamedBlock, Step};
use super::lexer::Token;
use super::lost_braces;
use super::parser::{self, Node};
use super::registry::{Registry, Shape};
use super::relative::{absolute_name, leads_out};
use super::span::{Sources, Span};
use super::stop::Limits;
use super::tags::cycle::Cycle;
use super::words::Word;
use crate::diagnostic::Diagnostic;

/// What a template reads that somebody must have ready before it is rendered: found by reading the template, not by
/// rendering it, so it also holds what stands in branches that are never taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// Whether it names the event.
    pub event: bool,
    /// Whether it looks items up in the catalog.
    pub catalog: bool,
    /// The feeds it names: `feeds.NAME`.
    pub feeds: BTreeSet<String>,
    /// The coupons it names.
    pub coupons: BTreeSet<String>,
    /// The universal content blocks it holds, by id.
    pub universal: BTreeSet<String>,
}

impl Needs {
    /// Adds what another template needs.
    pub fn extend(&mut self, other: &Needs) {
        self.event |= other.event;
        self.catalog |= other.catalog;
        self.feeds.extend(other.feeds.iter().cloned());
        self.coupons.extend(other.coupons.iter().cloned());
        self.universal.extend(other.universal.iter().cloned());
    }
}

/// An error of a tag's `compile` function; boxed because it is large and rare.
#[derive(Debug)]
pub struct CompileError(pub(super) Box<Diagnostic>);

/// A template named by an include.
#[derive(Debug, Clone)]
pub(super) struct Included {
    pub name: String,
    pub at: Span,
}

/// What tags are compiled with.
pub struct Compiler<'c> {
    registry: &'c Registry,
    sources: &'c Sources,
    /// The name by which the library knows the template, for relative includes.
    name: &'c str,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) includes: Vec<Included>,
    /// The template this one extends, if its name is known.
    pub(super) parent: Option<Included>,
    /// Whether it extends one at all.
    pub(super) extends: bool,
    /// Its `{% block %}`s.
    pub(super) blocks: Vec<Arc<NamedBlock>>,
    /// Their names.
    pub(super) block_names: HashSet<String>,
    /// What further tags of its have to know of earlier ones.
    pub(super) cycles: Cycles,
    /// What the template needs.
    pub needs: Needs,
}

/// The `{% cycle %}`s so far: those with a name, and the last one.
#[derive(Default)]
pub(super) struct Cycles {
    pub named: HashMap<String, Arc<Cycle>>,
    pub last: Option<Arc<Cycle>>,
}

/// After so many errors nobody reads on.
pub(super) const MOST_ERRORS: usize = 100;

/// Adds an error, unless there are enough.
pub(super) fn note(errors: &mut Vec<Diagnostic>, error: Diagnostic) {
    if errors.len() < MOST_ERRORS {
        errors.push(error);
    }
}

impl<'c> Compiler<'c> {
    pub(super) fn new(registry: &'c Registry, sources: &'c Sources, name: &'c str) -> Compiler<'c> {
        Compiler {
            registry,
            sources,
            name,
            errors: Vec::new(),
            includes: Vec::new(),
            parent: None,
            extends: false,
            blocks: Vec::new(),
            block_names: HashSet::new(),
            cycles: Cycles::default(),
            needs: Needs::default(),
        }
    }

    /// Compiles a whole template.
    pub(super) fn template(&mut self, tokens: &[Token<'_>], limits: &Limits) -> Block {
        let nodes = parser::parse(
            tokens,
            self.registry,
            self.sources,
            self.name,
            limits.nesting,
            &mut self.errors,
        );
        let block = self.block(&nodes);
        lost_braces::explain(tokens, self.sources, &mut self.errors);
        block
    }

    /// Compiles the inside of a block.
    pub fn block(&mut self, nodes: &[Node<'_>]) -> Block {
        let mut steps: Vec<Step> = Vec::with_capacity(nodes.len());
        // Texts that a comment stood between become one.
        let mut texts = String::new();
        for node in nodes {
            if self.errors.len() >= MOST_ERRORS {
                break;
            }
            match node {
                Node::Text(text) => {
                    texts.push_str(text);
                    continue;
                }
                Node::Tag(tag) if matches!(tag.tag.shape, Shape::Skipped { .. }) => continue,
                _ => push_text(&mut texts, &mut steps),
            }
            match node {
                Node::Text(_) => {}
                Node::Output(word) => match self.expr(*word) {
                    Ok(expr) => steps.push(Step::Print(expr)),
                    Err(error) => self.report(error),
                },
                Node::Tag(tag) => match (tag.tag.compile)(tag, self) {
                    Ok(action) => steps.push(Step::Run(action, tag.head().span)),
                    Err(error) => self.report(error),
                },
            }
        }
        push_text(&mut texts, &mut steps);
        Block::new(steps)
    }

    /// Compiles one expression.
    ///
    /// # Errors
    /// It is none.
    pub fn expr(&mut self, word: Word<'_>) -> Result<Expr, CompileError> {
        expression::parse(word.text, word.span, self)
    }

    /// Compiles the words of a condition; `whole` is where it stands if there are none.
    ///
    /// # Errors
    /// They are none.
    pub fn condition(&mut self, words: &[Word<'_>], whole: Span) -> Result<Cond, CompileError> {
        condition::parse(words, whole, self)
    }

    /// `name=value` of a tag's arguments: the name and the value's expression.
    ///
    /// # Errors
    /// The value is no expression.
    pub fn keyword<'w>(&mut self, word: Word<'w>) -> Result<Option<(&'w str, Expr)>, CompileError> {
        match split_keyword(word) {
            Some((name, value)) => Ok(Some((name, self.expr(value)?))),
            None => Ok(None),
        }
    }

    /// An error at a place.
    pub fn error(&self, code: &'static str, title: String, at: Span, label: &str) -> CompileError {
        CompileError::from(Diagnostic::error(code, title).at(self.sources.locate(at), label))
    }

    /// The number of the line where something stands.
    pub fn line(&self, at: Span) -> usize {
        self.sources.locate(at).line()
    }

    /// Says it and goes on.
    pub fn report(&mut self, error: CompileError) {
        note(&mut self.errors, *error.0);
    }

    /// Notes that a template is included by this name (relative names are resolved); the name to look it up by.
    ///
    /// # Errors
    /// A relative name leads out of the templates.
    pub fn include(&mut self, name: &str, at: Span) -> Result<String, CompileError> {
        let Some(name) = absolute_name(self.name, name) else {
            return Err(self.error(
                "include-outside",
                leads_out(name, self.name),
                at,
                "this leads out of the folder of templates",
            ));
        };
        self.includes.push(Included {
            name: name.clone(),
            at,
        });
        Ok(name)
    }

    /// Notes that the template extends another one; otherwise as [`Compiler::include`].
    ///
    /// # Errors
    /// A relative name leads out of the templates, or to the template itself.
    pub fn extend(&mut self, name: &str, at: Span) -> Result<String, CompileError> {
        let found = self.include(name, at)?;
        if found != name && found == self.name {
            let title = format!(
                "The relative path '{name}' was translated to template name '{found}', the same template in which the tag appears."
            );
            return Err(self.error("extends-itself", title, at, ""));
        }
        self.parent = Some(Included {
            name: found.clone(),
            at,
        });
        Ok(found)
    }

    /// The name by which the library knows the template.
    pub fn name(&self) -> &'c str {
        self.name
    }

    /// The tags and filters there are.
    pub fn registry(&self) -> &'c Registry {
        self.registry
    }

    pub(super) fn note_read(&mut self, path: &Path) {
        match path.first() {
            "event" => self.needs.event = true,
            "feeds" | "web_feeds" => {
                if let Some(name) = path.keys().nth(1) {
                    self.needs.feeds.insert(name.to_owned());
                }
            }
            _ => {}
        }
    }
}

impl CompileError {
    /// Adds what to do next.
    pub fn help(mut self, text: impl Into<String>) -> CompileError {
        self.0.help.push(text.into());
        self
    }
}

impl From<Diagnostic> for CompileError {
    fn from(diagnostic: Diagnostic) -> CompileError {
        CompileError(Box::new(diagnostic))
    }
}

/// Django's `(\w+)=(.+)`: the name, and the value as a word.
pub(super) fn split_keyword(word: Word<'_>) -> Option<(&str, Word<'_>)> {
    let at = word.text.find('=')?;
    let (name, value) = (&word.text[..at], &word.text[at + 1..]);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_name && !value.is_empty()).then(|| {
        let span = word.span.part(at + 1, word.text.len());
        (name, Word { text: value, span })
    })
}

fn push_text(texts: &mut String, steps: &mut Vec<Step>) {
    if !texts.is_empty() {
        steps.push(Step::Text(std::mem::take(texts).into()));
    }
}

/// Errors in the order of their places, each once: a template that includes itself is read twice.
pub(super) fn in_order(mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    errors.sort_by(|a, b| place(a).cmp(&place(b)));
    errors.dedup_by(|a, b| a.title == b.title && place(a) == place(b));
    errors
}

/// Where an error is: what the errors of a template are sorted by.
fn place(error: &Diagnostic) -> Option<(&str, usize)> {
    error
        .primary
        .as_ref()
        .map(|label| (label.at.file(), label.at.range().start))
}
