//! What a template reads, found without rendering it: which paths, through which loops and `with`s, to what end.
//!
//! The walk follows includes with the names in scope where they stand. What it cannot follow (a value that a filter
//! makes, a name that a tag sets) it leaves out; what it lists is sure.

use std::collections::{BTreeSet, HashMap};

use super::compile::{Compiler, split_keyword};
use super::condition::{Cond, Op};
use super::expression::{Applied, Expr, Operand};
use super::lexer::Token;
use super::parser::{self, Node, TagNode};
use super::registry::{FilterCall, Shape};
use super::relative::absolute_name;
use super::span::{FileId, Span};
use super::template::Library;
use super::words::Word;

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// The value of a key, or the member at an index written as one.
    Key(Box<str>),
    /// Any member of a list: what a loop's name stands for.
    Each,
}

/// What a read value is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// It is printed.
    Printed,
    /// It is part of a condition.
    Tested,
    /// It is looped over.
    Looped,
    /// It is an amount of money.
    Money,
    /// Anything else.
    Other,
}

/// A filter that a read value goes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterUse {
    /// Its name.
    pub name: Box<str>,
    /// Its argument, if that is a literal text.
    pub literal: Option<Box<str>>,
    /// Whether its argument is a name.
    pub reads: bool,
    /// Where name and argument stand.
    pub span: Span,
}

/// A path that a template reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// From a name at top level, through loops and `with`s, to the value.
    pub path: Vec<Step>,
    /// Where it stands, the lookups that belong to the path included.
    pub span: Span,
    /// What for.
    pub purpose: Purpose,
    /// The filters behind the path.
    pub filters: Vec<FilterUse>,
    /// Paths that conditions round it ask for first.
    pub guards: Vec<Vec<Step>>,
}

/// A lookup in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The id, if it is written there.
    pub literal: Option<Box<str>>,
    /// The path it comes from, if it can be followed.
    pub path: Option<Vec<Step>>,
    /// Where the id stands.
    pub span: Span,
}

/// What a template reads and uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// The paths, in their order.
    pub reads: Vec<Read>,
    /// The lookups in the catalog.
    pub lookups: Vec<Lookup>,
    /// The names of all tags.
    pub tags: BTreeSet<&'static str>,
    /// The templates that were followed into.
    pub files: Vec<FileId>,
    /// The formats of dates, without their quotes, with their places.
    pub formats: Vec<(Box<str>, Span)>,
}

impl Reads {
    /// Adds what another template reads.
    pub fn extend(&mut self, other: Reads) {
        self.reads.extend(other.reads);
        self.lookups.extend(other.lookups);
        self.tags.extend(other.tags);
        self.files.extend(other.files);
        self.formats.extend(other.formats);
    }
}

impl Library {
    /// What the tokens of the template `name` read, and what the templates read that it includes.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use letterpress::diagnostic::Source;
    /// use letterpress::language::{Library, Limits, Registry, Step};
    /// let mut library = Library::new(Registry::standard(), Limits::default());
    /// library.add("a.html", Source::new("a.html", "{% for tea in event.teas|slice:':3' %}{{ tea.name }}{% endfor %}"));
    /// let reads = library.reads("a.html", &library.tokens("a.html").unwrap()).reads;
    /// let key = |name: &str| Step::Key(name.into());
    /// assert_eq!(reads[1].path, [key("event"), key("teas"), Step::Each, key("name")]);
    /// ```
    pub fn reads(&self, name: &str, tokens: &[Token<'_>]) -> Reads {
        let mut walk = Walk {
            library: self,
            compiler: Compiler::new(self.registry(), self.sources(), name),
            found: Reads::default(),
            scopes: vec![HashMap::new()],
            guards: Vec::new(),
            inside: vec![name.to_owned()],
        };
        walk.tokens(name, tokens);
        walk.found
    }
}

/// What a name in scope stands for; None: something that cannot be followed.
type Alias = Option<Vec<Step>>;

struct Walk<'l> {
    library: &'l Library,
    compiler: Compiler<'l>,
    found: Reads,
    scopes: Vec<HashMap<String, Alias>>,
    guards: Vec<Vec<Step>>,
    /// The templates that include each other here.
    inside: Vec<String>,
}

/// Templates that include each other deeper are not followed.
const DEEPEST: usize = 16;

impl Walk<'_> {
    fn tokens(&mut self, name: &str, tokens: &[Token<'_>]) {
        let mut errors = Vec::new();
        let nesting = self.library.limits().nesting;
        let nodes = parser::parse(
            tokens,
            self.library.registry(),
            self.library.sources(),
            name,
            nesting,
            &mut errors,
        );
        self.nodes(&nodes);
    }

    fn nodes(&mut self, nodes: &[Node<'_>]) {
        for node in nodes {
            match node {
                Node::Text(_) => {}
                Node::Output(word) => {
                    self.read(*word, Purpose::Printed);
                }
                Node::Tag(tag) => self.tag(tag),
            }
        }
    }

    fn tag(&mut self, node: &TagNode<'_>) {
        self.found.tags.insert(node.tag.name);
        let arguments = node.arguments();
        match node.tag.name {
            "if" => return self.branches(node),
            "for" => return self.repeat(node),
            "with" => {
                let values = self.assignments(arguments);
                return self.scoped(values, |walk| walk.nodes(&node.head().body));
            }
            "catalog" => return self.catalog(node),
            "include" => return self.include(arguments),
            "extends" => {
                self.bodies(node);
                if let Some(name) = arguments.first().and_then(Word::quoted) {
                    self.file(name);
                }
                return;
            }
            "now" => {
                if let Some(word) = arguments.first()
                    && let Some(format) = word.quoted()
                {
                    self.found.formats.push((format.into(), word.span));
                }
            }
            "currency_format" => self.all(arguments, Purpose::Money),
            "ifchanged" | "firstof" => {
                let end = arguments.iter().position(|word| word.text == "as");
                let values = &arguments[..end.unwrap_or(arguments.len())];
                self.all(values, Purpose::Tested);
            }
            "widthratio" => self.all(arguments.get(..3).unwrap_or_default(), Purpose::Other),
            "has_category" => self.all(arguments.get(..2).unwrap_or_default(), Purpose::Other),
            "regroup" | "barcode" | "barcode_code" => {
                self.all(arguments.get(..1).unwrap_or_default(), Purpose::Other)
            }
            _ if matches!(node.tag.shape, Shape::Skipped { .. }) => return,
            _ => {}
        }
        let named = match arguments {
            [.., keyword, name] if keyword.text == "as" => Some(name.text.to_owned()),
            _ => None,
        };
        match (named, node.tag.shape) {
            (Some(name), Shape::Block { .. }) => {
                self.scoped(vec![(name, None)], |walk| walk.bodies(node));
            }
            (named, _) => {
                // Set where the tag stands, and read perhaps behind the block it stands in.
                if let Some(name) = named {
                    self.scopes[0].insert(name.clone(), None);
                    self.set(name, None);
                }
                self.bodies(node);
            }
        }
    }

    fn bodies(&mut self, node: &TagNode<'_>) {
        for clause in &node.clauses {
            self.nodes(&clause.body);
        }
    }

    fn all(&mut self, words: &[Word<'_>], purpose: Purpose) {
        for word in words {
            self.read(*word, purpose);
        }
    }

    fn branches(&mut self, node: &TagNode<'_>) {
        for clause in &node.clauses {
            let before = self.guards.len();
            if clause.name() != "else"
                && let Ok(cond) = self.compiler.condition(clause.arguments(), clause.span)
            {
                self.condition(&cond);
                let mut guards = Vec::new();
                self.guards_of(&cond, &mut guards);
                self.guards.extend(guards);
            }
            self.nodes(&clause.body);
            self.guards.truncate(before);
        }
    }

    fn condition(&mut self, cond: &Cond) {
        match cond {
            Cond::Operand(expr) => {
                self.expr(expr, Purpose::Tested);
            }
            Cond::Not(inner) => self.condition(inner),
            Cond::Chain(first, rest) => {
                self.condition(first);
                rest.iter().for_each(|(_, next)| self.condition(next));
            }
        }
    }

    /// The paths that must be there for a condition to hold.
    fn guards_of(&self, cond: &Cond, out: &mut Vec<Vec<Step>>) {
        match cond {
            Cond::Operand(expr) => out.extend(self.path(expr).map(|(path, _, _)| path)),
            Cond::Not(_) => {}
            Cond::Chain(first, rest) => {
                let mut found = Vec::new();
                self.guards_of(first, &mut found);
                for (op, next) in rest {
                    match op {
                        // The other side may hold alone.
                        Op::Or => found.clear(),
                        _ => self.guards_of(next, &mut found),
                    }
                }
                out.extend(found);
            }
        }
    }

    fn repeat(&mut self, node: &TagNode<'_>) {
        let words = node.arguments();
        let Some(at) = words.iter().position(|word| word.text == "in") else {
            return;
        };
        let whole = match words.get(at + 1) {
            Some(sequence) => self.read(*sequence, Purpose::Looped),
            None => None,
        };
        let names: String = words[..at].iter().map(|word| word.text).collect();
        let names: Vec<&str> = names.split(',').collect();
        let mut values: Vec<(String, Alias)> = vec![("forloop".to_owned(), None)];
        for name in &names {
            let member = whole.clone().filter(|_| names.len() == 1).map(|mut path| {
                path.push(Step::Each);
                path
            });
            values.push(((*name).to_owned(), member));
        }
        self.scoped(values, |walk| walk.nodes(&node.head().body));
        for clause in node.clauses.iter().skip(1) {
            self.nodes(&clause.body);
        }
    }

    fn catalog(&mut self, node: &TagNode<'_>) {
        if let Some((id, options)) = node.arguments().split_first() {
            let path = self.read(*id, Purpose::Other);
            self.found.lookups.push(Lookup {
                literal: id.quoted().map(Into::into),
                path,
                span: id.span,
            });
            for option in options {
                if let Some((name, value)) = split_keyword(*option)
                    && name != "unpublished"
                {
                    self.read(value, Purpose::Other);
                }
            }
        }
        let item = vec![Step::Key("catalog_item".into())];
        let values = vec![
            ("catalog_item".to_owned(), Some(item)),
            ("catalog_id".to_owned(), None),
        ];
        self.scoped(values, |walk| walk.bodies(node));
    }

    fn include(&mut self, arguments: &[Word<'_>]) {
        let Some((target, options)) = arguments.split_first() else {
            return;
        };
        let with = options.iter().position(|word| word.text == "with");
        let only = options.iter().any(|word| word.text == "only");
        let values = match with {
            Some(at) => self.assignments(&options[at + 1..]),
            None => Vec::new(),
        };
        let Some(name) = target.quoted() else {
            self.read(*target, Purpose::Other);
            return;
        };
        let outer = only.then(|| std::mem::take(&mut self.scopes));
        self.scoped(values, |walk| walk.file(name));
        if let Some(outer) = outer {
            self.scopes = outer;
        }
    }

    fn file(&mut self, name: &str) {
        let from = self.inside.last().map_or("", String::as_str);
        let Some(name) = absolute_name(from, name) else {
            return;
        };
        let library = self.library;
        if let Some(tokens) = library.tokens(&name)
            && self.inside.len() < DEEPEST
            && !self.inside.contains(&name)
        {
            self.found.files.extend(library.file(&name));
            self.inside.push(name.clone());
            self.tokens(&name, &tokens);
            self.inside.pop();
        }
    }

    /// `a=x b=y` and `x as a`.
    fn assignments(&mut self, words: &[Word<'_>]) -> Vec<(String, Alias)> {
        let mut values = Vec::new();
        let mut rest = words;
        while let Some((first, behind)) = rest.split_first() {
            rest = behind;
            if let Some((name, value)) = split_keyword(*first) {
                let path = self.read(value, Purpose::Other);
                values.push((name.to_owned(), path));
            } else if let [keyword, name, behind @ ..] = rest
                && keyword.text == "as"
            {
                let path = self.read(*first, Purpose::Other);
                values.push((name.text.to_owned(), path));
                rest = behind;
            }
        }
        values
    }

    fn scoped(&mut self, values: Vec<(String, Alias)>, inside: impl FnOnce(&mut Self)) {
        self.scopes.push(values.into_iter().collect());
        inside(self);
        self.scopes.pop();
    }

    fn set(&mut self, name: String, alias: Alias) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, alias);
        }
    }

    /// Notes what an expression reads; the path, if its value is that of a path.
    fn read(&mut self, word: Word<'_>, purpose: Purpose) -> Alias {
        // What is wrong with it is said when the email is compiled.
        let expr = self.compiler.expr(word).ok()?;
        self.expr(&expr, purpose)
    }

    fn expr(&mut self, expr: &Expr, purpose: Purpose) -> Alias {
        for applied in &expr.filters {
            if let Some(Operand::Path(argument)) = &applied.argument
                && let Some(path) = self.start(argument.keys())
            {
                self.note(path, argument.span, Purpose::Other, Vec::new());
            }
            if filter_name(applied) == "date"
                && let Some(Operand::Literal(format)) = &applied.argument
                && let Some(format) = format.as_str()
            {
                self.found.formats.push((format.into(), applied.span));
            }
        }
        let (path, span, rest) = self.path(expr)?;
        let filters: Vec<FilterUse> = rest.iter().map(filter_use).collect();
        let keeps_members = rest
            .iter()
            .all(|applied| keeps_members(filter_name(applied)));
        self.note(path.clone(), span, purpose, filters);
        keeps_members.then_some(path)
    }

    fn note(&mut self, path: Vec<Step>, span: Span, purpose: Purpose, filters: Vec<FilterUse>) {
        let guards = self.guards.clone();
        self.found.reads.push(Read {
            path,
            span,
            purpose,
            filters,
            guards,
        });
    }

    /// The path of an expression with the lookups behind it, where it stands, and the filters that are left.
    fn path<'e>(&self, expr: &'e Expr) -> Option<(Vec<Step>, Span, &'e [Applied])> {
        let Operand::Path(base) = &expr.base else {
            return None;
        };
        let mut path = self.start(base.keys())?;
        let (mut span, mut taken) = (base.span, 0);
        for (number, applied) in expr.filters.iter().enumerate() {
            let step = match (filter_name(applied), &applied.argument) {
                ("lookup", Some(Operand::Literal(key))) => {
                    Step::Key(key.as_str().unwrap_or_default().into())
                }
                ("index", Some(Operand::Literal(_))) | ("first" | "last", None) => Step::Each,
                (name, _) if keeps_members(name) => continue,
                _ => break,
            };
            path.push(step);
            span = span.to(applied.span);
            taken = number + 1;
        }
        Some((path, span, &expr.filters[taken..]))
    }

    /// The path of a dotted name; None where its first part cannot be followed.
    fn start<'k>(&self, mut keys: impl Iterator<Item = &'k str>) -> Alias {
        let first = keys.next()?;
        if matches!(first, "True" | "False" | "None") {
            return None;
        }
        let known = self.scopes.iter().rev().find_map(|scope| scope.get(first));
        let mut path = match known {
            Some(alias) => alias.clone()?,
            None => vec![Step::Key(first.into())],
        };
        path.extend(keys.map(|key| Step::Key(key.into())));
        Some(path)
    }
}

fn filter_name(applied: &Applied) -> &str {
    match &applied.call {
        FilterCall::Ours(filter) => filter.name,
        FilterCall::Host(name) => name,
    }
}

/// Whether what a filter gives has the members that it is given.
fn keeps_members(filter: &str) -> bool {
    matches!(filter, "slice" | "dictsort" | "dictsortreversed")
}

fn filter_use(applied: &Applied) -> FilterUse {
    FilterUse {
        name: filter_name(applied).into(),
        literal: match &applied.argument {
            Some(Operand::Literal(v)) => v.as_str().map(Into::into),
            _ => None,
        },
        reads: matches!(applied.argument, Some(Operand::Path(_))),
        span: applied.span,
    }
}
