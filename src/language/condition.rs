//! The condition of `{% if %}`: Django's `smartif`, a parser by binding powers and an evaluator.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::iter::Peekable;

use super::compile::{CompileError, Compiler};
use super::dialects;
use super::expression::{Expr, Missing};
use super::frame::Frame;
use super::span::Span;
use super::stop::Stop;
use super::words::Word;
use crate::value::{self, Value, ValueKind};

/// A condition.
#[derive(Debug)]
pub enum Cond {
    /// An operand without operator.
    Operand(Expr),
    /// `not c`
    Not(Box<Cond>),
    /// A condition and what operators make of it, one after the other: `a == b or c or d`.
    Chain(Box<Cond>, Vec<(Op, Cond)>),
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Or,
    And,
    In,
    NotIn,
    Is,
    IsNot,
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

const NOT_POWER: u8 = 8;

impl Op {
    fn name(self) -> &'static str {
        match self {
            Op::Or => "or",
            Op::And => "and",
            Op::In => "in",
            Op::NotIn => "not in",
            Op::Is => "is",
            Op::IsNot => "is not",
            Op::Equal => "==",
            Op::NotEqual => "!=",
            Op::Greater => ">",
            Op::GreaterOrEqual => ">=",
            Op::Less => "<",
            Op::LessOrEqual => "<=",
        }
    }

    fn power(self) -> u8 {
        match self {
            Op::Or => 6,
            Op::And => 7,
            Op::In | Op::NotIn => 9,
            _ => 10,
        }
    }
}

impl Cond {
    /// Whether it holds. An exception in a bare operand is raised, unless it is a name that does not exist.
    pub(super) fn holds<'p>(&'p self, frame: &mut Frame<'p>) -> Result<bool, Stop> {
        match self.evaluate(frame) {
            Ok(v) => Ok(value::truthy(&v)),
            Err(Stop::Raised(raised)) if raised.missing_name => Ok(false),
            Err(stop) => Err(stop),
        }
    }

    fn evaluate<'p>(&'p self, frame: &mut Frame<'p>) -> Result<Cow<'p, Value>, Stop> {
        match self {
            Cond::Operand(expr) => expr.evaluate(frame, Missing::None),
            Cond::Not(inner) => caught(inner.evaluate(frame).map(|v| !value::truthy(&v))),
            Cond::Chain(first, links) => {
                let mut so_far = first.evaluate(frame);
                for (at, (op, right)) in links.iter().enumerate() {
                    let same_name = at == 0 && first.is_same_name(right);
                    so_far = caught(op.apply(so_far, right, same_name, frame));
                }
                so_far
            }
        }
    }

    /// Whether both are the same bare name: the one thing that is always identical to itself.
    fn is_same_name(&self, other: &Cond) -> bool {
        match (self, other) {
            (Cond::Operand(a), Cond::Operand(b)) => a.is_same_name(b),
            _ => false,
        }
    }
}

impl Op {
    /// What it makes of the value on its left and the condition on its right.
    fn apply<'p>(
        self,
        left: Result<Cow<'p, Value>, Stop>,
        right: &'p Cond,
        same_name: bool,
        frame: &mut Frame<'p>,
    ) -> Result<bool, Stop> {
        let left = left?;
        if let Op::Or | Op::And = self {
            // `x or y` is x or y itself in Python; only its truth can be seen, for nothing binds less.
            let decided = self == Op::Or;
            if value::truthy(&left) == decided {
                return Ok(decided);
            }
            return Ok(value::truthy(&*right.evaluate(frame)?));
        }
        let right = right.evaluate(frame)?;
        frame.spend(weight(&left) + weight(&right))?;
        Ok(match self {
            Op::Is => same_name || identical(&left, &right),
            Op::IsNot => !(same_name || identical(&left, &right)),
            op => compare(op, &left, &right),
        })
    }
}

/// What comparing a value costs: lists and long texts in a condition inside a loop add up.
fn weight(v: &Value) -> u64 {
    match v.kind() {
        ValueKind::String => v.as_str().map_or(0, |s| s.len() as u64 / 256),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
            value::length(v).unwrap_or(0) as u64
        }
        _ => 0,
    }
}

/// Python's rule inside an operator: an exception makes it false. Skips and limits pass.
fn caught(result: Result<bool, Stop>) -> Result<Cow<'static, Value>, Stop> {
    match result {
        Ok(b) => Ok(Cow::Owned(Value::from(b))),
        Err(Stop::Raised(_)) => Ok(Cow::Owned(Value::from(false))),
        Err(stop) => Err(stop),
    }
}

fn compare(op: Op, a: &Value, b: &Value) -> bool {
    let ordered = |wanted: fn(Ordering) -> bool| value::order(a, b).is_some_and(wanted);
    match op {
        Op::Equal => value::equal(a, b),
        Op::NotEqual => !value::equal(a, b),
        Op::Greater => ordered(Ordering::is_gt),
        Op::GreaterOrEqual => ordered(Ordering::is_ge),
        Op::Less => ordered(Ordering::is_lt),
        Op::LessOrEqual => ordered(Ordering::is_le),
        Op::In => contains(a, b).unwrap_or(false),
        Op::NotIn => contains(a, b).is_some_and(|found| !found),
        Op::Is | Op::IsNot | Op::Or | Op::And => false,
    }
}

/// `a in b`; None where Python raises.
fn contains(a: &Value, b: &Value) -> Option<bool> {
    match b.kind() {
        ValueKind::String => Some(b.as_str()?.contains(a.as_str()?)),
        ValueKind::Map => match a.kind() {
            // A list or a mapping has no hash.
            ValueKind::Map => None,
            ValueKind::Seq if !a.is_tuple() => None,
            _ => Some(b.get_item(a).is_ok_and(|v| !v.is_undefined())),
        },
        ValueKind::Seq | ValueKind::Iterable => {
            Some(b.try_iter().ok()?.any(|item| value::equal(a, &item)))
        }
        _ => None,
    }
}

/// `a is b`: None, True and False are one thing each, and so are CPython's small integers; texts, mappings and lists
/// are identical only if they are the same one, not if they are equal.
fn identical(a: &Value, b: &Value) -> bool {
    match (a.kind(), b.kind()) {
        (ValueKind::None | ValueKind::Undefined, ValueKind::None | ValueKind::Undefined) => true,
        (ValueKind::Bool, ValueKind::Bool) => a.is_true() == b.is_true(),
        (ValueKind::Number, ValueKind::Number) => {
            let small =
                |v: &Value| v.is_integer() && v.as_i64().is_some_and(|n| (-5..=256).contains(&n));
            small(a) && small(b) && value::equal(a, b)
        }
        (ValueKind::String, ValueKind::String) => match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => std::ptr::eq(a, b),
            _ => false,
        },
        _ => same::<value::Pairs>(a, b) || same::<Vec<Value>>(a, b),
    }
}

fn same<T: 'static>(a: &Value, b: &Value) -> bool {
    match (a.downcast_object_ref::<T>(), b.downcast_object_ref::<T>()) {
        (Some(a), Some(b)) => std::ptr::eq(a, b),
        _ => false,
    }
}

/// The most words a condition may have.
const MOST_WORDS: usize = 500;

/// How deep a `not` may stand behind operators behind a `not`, as in `a == not b == not c`: reading and deciding recurse.
const MOST_NOTS: usize = 10;

/// Parses the words behind `if` or `elif`; `whole` is the tag.
pub(super) fn parse(
    words: &[Word<'_>],
    whole: Span,
    compiler: &mut Compiler<'_>,
) -> Result<Cond, CompileError> {
    if words.len() > MOST_WORDS {
        let title = format!(
            "A condition may have {MOST_WORDS} words, this one has {}",
            words.len()
        );
        return Err(compiler.error("condition", title, whole, ""));
    }
    // All operands first: their errors are said even if the condition has no shape.
    let mut pieces = Vec::with_capacity(words.len());
    let mut first_error = None;
    let mut at = 0;
    while let Some(word) = words.get(at).copied() {
        let next = words.get(at + 1).map(|w| w.text);
        let (operator, length) = operator(word.text, next);
        let piece = match operator {
            Some(op) => Piece::Operator(op),
            None if word.text == "not" => Piece::Not,
            None => match compiler.expr(word) {
                Ok(expr) => Piece::Operand(expr),
                Err(error) => {
                    match first_error {
                        None => first_error = Some(error),
                        Some(_) => compiler.report(error),
                    }
                    at += 1;
                    continue;
                }
            },
        };
        pieces.push((piece, word));
        at += length;
    }
    if let Some(error) = first_error {
        return Err(error);
    }
    let mut parser = Parser {
        pieces: pieces.into_iter().peekable(),
        words,
        whole,
        nots: 0,
        compiler,
    };
    let cond = parser.expression(0)?;
    if let Some(&(_, word)) = parser.pieces.peek() {
        let error = parser.compiler.error(
            "condition",
            format!("Unused '{}' at end of if expression.", word.text),
            word.span,
            "an operator is missing before this",
        );
        return Err(helped(error, words, word));
    }
    Ok(cond)
}

/// Adds what to write at a word that no operator precedes.
fn helped(error: CompileError, words: &[Word<'_>], word: Word<'_>) -> CompileError {
    let at = words.iter().position(|other| other.span == word.span);
    let near = |at: Option<usize>| at.and_then(|at| words.get(at)).map(|word| word.text);
    let before = near(at.and_then(|at| at.checked_sub(1)));
    let behind = near(at.map(|at| at + 1));
    match dialects::condition(before, word.text, behind) {
        Some(help) => error.help(help),
        None => error,
    }
}

/// The operator that stands at a word, and how many words it takes.
fn operator(word: &str, next: Option<&str>) -> (Option<Op>, usize) {
    let op = match (word, next) {
        ("not", Some("in")) => return (Some(Op::NotIn), 2),
        ("is", Some("not")) => return (Some(Op::IsNot), 2),
        ("or", _) => Op::Or,
        ("and", _) => Op::And,
        ("in", _) => Op::In,
        ("is", _) => Op::Is,
        ("==", _) => Op::Equal,
        ("!=", _) => Op::NotEqual,
        (">", _) => Op::Greater,
        (">=", _) => Op::GreaterOrEqual,
        ("<", _) => Op::Less,
        ("<=", _) => Op::LessOrEqual,
        _ => return (None, 1),
    };
    (Some(op), 1)
}

enum Piece {
    Operator(Op),
    Not,
    Operand(Expr),
}

struct Parser<'w, 'c, 'r> {
    pieces: Peekable<std::vec::IntoIter<(Piece, Word<'w>)>>,
    words: &'w [Word<'w>],
    whole: Span,
    /// How many of them stand around.
    nots: usize,
    compiler: &'c mut Compiler<'r>,
}

impl Parser<'_, '_, '_> {
    fn expression(&mut self, power: u8) -> Result<Cond, CompileError> {
        let first = self.operand()?;
        let mut links = Vec::new();
        loop {
            match self.pieces.peek() {
                Some((Piece::Operator(op), _)) if op.power() > power => {
                    let op = *op;
                    self.pieces.next();
                    links.push((op, self.expression(op.power())?));
                }
                Some((Piece::Not, word)) if power < NOT_POWER => {
                    let error = self.compiler.error(
                        "condition",
                        "Not expecting 'not' as infix operator in if tag.".into(),
                        word.span,
                        "an operator is missing before this",
                    );
                    return Err(helped(error, self.words, *word));
                }
                _ if links.is_empty() => return Ok(first),
                _ => return Ok(Cond::Chain(Box::new(first), links)),
            }
        }
    }

    fn operand(&mut self) -> Result<Cond, CompileError> {
        match self.pieces.next() {
            None => Err(self.compiler.error(
                "condition",
                "Unexpected end of expression in if tag.".into(),
                self.whole,
                "something is missing at the end of this condition",
            )),
            Some((Piece::Operand(expr), _)) => Ok(Cond::Operand(expr)),
            Some((Piece::Not, word)) => self.negation(word.span),
            Some((Piece::Operator(op), word)) => Err(self.compiler.error(
                "condition",
                format!("Not expecting '{}' in this position in if tag.", op.name()),
                word.span,
                "an operand is missing before this",
            )),
        }
    }

    /// What stands behind a `not`, and its negation.
    fn negation(&mut self, at: Span) -> Result<Cond, CompileError> {
        let mut more = 0;
        while let Some((Piece::Not, _)) = self.pieces.peek() {
            self.pieces.next();
            more += 1;
        }
        if self.nots == MOST_NOTS {
            return Err(self.compiler.error(
                "condition",
                format!("'not' may stand {MOST_NOTS} deep behind others, no deeper"),
                at,
                "one too many",
            ));
        }
        self.nots += 1;
        let inner = self.expression(NOT_POWER)?;
        self.nots -= 1;
        let negated = Cond::Not(Box::new(inner));
        // Two of them make a truth of a value; a third takes one of the two back.
        Ok(if more % 2 == 1 {
            Cond::Not(Box::new(negated))
        } else {
            negated
        })
    }
}
