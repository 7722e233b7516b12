//! The condition of `{% if %}`: Django's `smartif`, a parser by binding powers and an evaluator.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::compile::{CompileError, Compiler};
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
    /// An operator between two conditions.
    Infix(Op, Box<Cond>, Box<Cond>),
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
            Cond::Infix(op @ (Op::Or | Op::And), left, right) => {
                // `x or y` is x or y itself in Python; only its truth can be seen, for nothing binds less.
                let decided = *op == Op::Or;
                let left = match left.evaluate(frame) {
                    Ok(v) => value::truthy(&v),
                    Err(stop) => return caught(Err(stop)),
                };
                if left == decided {
                    return caught(Ok(decided));
                }
                caught(right.evaluate(frame).map(|v| value::truthy(&v)))
            }
            Cond::Infix(op, left, right) => {
                let left = match left.evaluate(frame) {
                    Ok(v) => v,
                    Err(stop) => return caught(Err(stop)),
                };
                caught(
                    right
                        .evaluate(frame)
                        .map(|right| compare(*op, &left, &right)),
                )
            }
        }
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
        Op::Is => identical(a, b),
        Op::IsNot => !identical(a, b),
        Op::Or | Op::And => false,
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

/// `a is b`: None, True and False are one thing each, and so are Python's small integers and equal texts (which
/// CPython mostly shares); mappings and lists are what they are only if they are the same one.
fn identical(a: &Value, b: &Value) -> bool {
    match (a.kind(), b.kind()) {
        (ValueKind::None | ValueKind::Undefined, ValueKind::None | ValueKind::Undefined) => true,
        (ValueKind::Bool, ValueKind::Bool) => a.is_true() == b.is_true(),
        (ValueKind::Number, ValueKind::Number) => {
            a.is_integer() && b.is_integer() && value::equal(a, b)
        }
        (ValueKind::String, ValueKind::String) => a.as_str() == b.as_str(),
        _ => same::<value::Pairs>(a, b) || same::<Vec<Value>>(a, b),
    }
}

fn same<T: 'static>(a: &Value, b: &Value) -> bool {
    match (a.downcast_object_ref::<T>(), b.downcast_object_ref::<T>()) {
        (Some(a), Some(b)) => std::ptr::eq(a, b),
        _ => false,
    }
}

/// The most words a condition may have: each operator nests the tree once more.
const MOST_WORDS: usize = 500;

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
    let mut parser = Parser {
        words,
        position: 0,
        whole,
        compiler,
    };
    let cond = parser.expression(0)?;
    if let Some(word) = parser.peek() {
        return Err(parser.compiler.error(
            "condition",
            format!("Unused '{}' at end of if expression.", word.text),
            word.span,
            "an operator is missing before this",
        ));
    }
    Ok(cond)
}

struct Parser<'w, 'c, 'r> {
    words: &'w [Word<'w>],
    position: usize,
    whole: Span,
    compiler: &'c mut Compiler<'r>,
}

impl<'w> Parser<'w, '_, '_> {
    fn peek(&self) -> Option<Word<'w>> {
        self.words.get(self.position).copied()
    }

    /// The operator at the position, with the number of words it takes.
    fn operator(&self) -> Option<(Op, usize)> {
        let word = self.peek()?.text;
        let next = self.words.get(self.position + 1).map(|w| w.text);
        Some(match (word, next) {
            ("or", _) => (Op::Or, 1),
            ("and", _) => (Op::And, 1),
            ("not", Some("in")) => (Op::NotIn, 2),
            ("is", Some("not")) => (Op::IsNot, 2),
            ("in", _) => (Op::In, 1),
            ("is", _) => (Op::Is, 1),
            ("==", _) => (Op::Equal, 1),
            ("!=", _) => (Op::NotEqual, 1),
            (">", _) => (Op::Greater, 1),
            (">=", _) => (Op::GreaterOrEqual, 1),
            ("<", _) => (Op::Less, 1),
            ("<=", _) => (Op::LessOrEqual, 1),
            _ => return None,
        })
    }

    fn expression(&mut self, power: u8) -> Result<Cond, CompileError> {
        let mut left = self.operand()?;
        while let Some((op, length)) = self.operator() {
            if op.power() <= power {
                break;
            }
            self.position += length;
            let right = self.expression(op.power())?;
            left = Cond::Infix(op, Box::new(left), Box::new(right));
        }
        match self.peek() {
            Some(word) if word.text == "not" && power < NOT_POWER => Err(self.compiler.error(
                "condition",
                "Not expecting 'not' as infix operator in if tag.".into(),
                word.span,
                "an operator is missing before this",
            )),
            _ => Ok(left),
        }
    }

    fn operand(&mut self) -> Result<Cond, CompileError> {
        let Some(word) = self.peek() else {
            return Err(self.compiler.error(
                "condition",
                "Unexpected end of expression in if tag.".into(),
                self.whole,
                "something is missing at the end of this condition",
            ));
        };
        if let Some((_, length)) = self.operator() {
            let name: Vec<&str> = self.words[self.position..self.position + length]
                .iter()
                .map(|w| w.text)
                .collect();
            return Err(self.compiler.error(
                "condition",
                format!(
                    "Not expecting '{}' in this position in if tag.",
                    name.join(" ")
                ),
                word.span,
                "an operand is missing before this",
            ));
        }
        self.position += 1;
        if word.text == "not" {
            return Ok(Cond::Not(Box::new(self.expression(NOT_POWER)?)));
        }
        Ok(Cond::Operand(self.compiler.expr(word)?))
    }
}
