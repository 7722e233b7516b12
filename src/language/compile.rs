//! The tree into a program: expressions parsed, texts joined, includes named, needs collected.

use std::collections::BTreeSet;

use serde::Serialize;

use super::condition::{self, Cond};
use super::expression::{self, Expr, Path};
use super::frame::{Block, Step};
use super::lexer::Token;
use super::parser::{self, Node};
use super::registry::Registry;
use super::span::{Sources, Span};
use super::stop::Limits;
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
    /// What the template needs.
    pub needs: Needs,
}

impl<'c> Compiler<'c> {
    pub(super) fn new(registry: &'c Registry, sources: &'c Sources, name: &'c str) -> Compiler<'c> {
        Compiler {
            registry,
            sources,
            name,
            errors: Vec::new(),
            includes: Vec::new(),
            needs: Needs::default(),
        }
    }

    /// Compiles a whole template.
    pub(super) fn template(&mut self, tokens: &[Token<'_>], limits: &Limits) -> Block {
        let nodes = parser::parse(
            tokens,
            self.registry,
            self.sources,
            limits.nesting,
            &mut self.errors,
        );
        self.block(&nodes)
    }

    /// Compiles the inside of a block.
    pub fn block(&mut self, nodes: &[Node<'_>]) -> Block {
        let mut steps: Vec<Step> = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node {
                Node::Text(text) => match steps.last_mut() {
                    // Texts that a comment stood between.
                    Some(Step::Text(before)) => *before = format!("{before}{text}").into(),
                    _ => steps.push(Step::Text((*text).into())),
                },
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

    /// Says it and goes on.
    pub fn report(&mut self, error: CompileError) {
        self.errors.push(*error.0);
    }

    /// Notes that a template is included by this name (relative names are resolved); the name to look it up by.
    ///
    /// # Errors
    /// A relative name leads out of the templates.
    pub fn include(&mut self, name: &str, at: Span) -> Result<String, CompileError> {
        let Some(name) = absolute_name(self.name, name) else {
            return Err(self.error(
                "include-outside",
                format!("The relative path '{name}' leads out of the folder of templates"),
                at,
                "",
            ));
        };
        self.includes.push(Included {
            name: name.clone(),
            at,
        });
        Ok(name)
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

/// `./x` and `../x` from the template that says so; None when it leads out.
fn absolute_name(from: &str, name: &str) -> Option<String> {
    if !name.starts_with("./") && !name.starts_with("../") {
        return Some(name.to_owned());
    }
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    for part in name.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                folders.pop()?;
            }
            part => folders.push(part),
        }
    }
    Some(folders.join("/"))
}
