//! `{% with %}` and `{% autoescape %}`: what holds for a block.

use crate::language::compile::{CompileError, Compiler};
use crate::language::expression::{Expr, Missing};
use crate::language::frame::{Action, Block, Frame};
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::stop::Stop;
use crate::language::words::Word;
use crate::value::{self, Value};

pub(super) const TAGS: &[Tag] = &[
    Tag {
        name: "with",
        shape: Shape::Block {
            clauses: &[],
            end: "endwith",
        },
        doc: "Gives values names for its block: `{% with a=x b=y|upper %}`, or the old form `{% with x as a %}`. The values are \
              read outside the block.",
        example: (
            "{% with tea=person|lookup:'Favorite Tea' %}{{ tea|upper }}{% endwith %}",
            "OOLONG",
        ),
        compile: with_tag,
    },
    Tag {
        name: "autoescape",
        shape: Shape::Block {
            clauses: &[],
            end: "endautoescape",
        },
        doc: "Turns HTML escaping `on` or `off` for its block.",
        example: (
            "{% autoescape off %}{{ note }}{% endautoescape %}",
            "<b>Fresh</b> & green",
        ),
        compile: autoescape_tag,
    },
];

/// Names with their values.
pub(super) type Assignments = Vec<(Box<str>, Expr)>;

#[derive(Debug)]
struct With {
    values: Assignments,
    body: Block,
}

fn with_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let values = with_values(node, compiler);
    let body = compiler.block(&node.head().body);
    Ok(Box::new(With {
        values: values?,
        body,
    }))
}

fn with_values(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Assignments, CompileError> {
    let arguments = node.arguments();
    let (values, rest) = assignments(arguments, compiler)?;
    let span = node.head().span;
    if values.is_empty() {
        return Err(compiler
            .error(
                "with",
                "'with' expected at least one variable assignment".into(),
                span,
                "",
            )
            .help("write {% with name=value %}"));
    }
    if let Some(word) = rest.first() {
        let shown = value::repr(&Value::from(word.text));
        return Err(compiler
            .error(
                "with",
                format!("'with' received an invalid token: {shown}"),
                word.span,
                "",
            )
            .help("write {% with a=x b=y %}, without spaces around the ="));
    }
    Ok(values)
}

/// `a=x b=y`, or the old `x as a and y as b`: Django's `token_kwargs` with `support_legacy`. The words behind it.
pub(super) fn assignments<'w>(
    words: &'w [Word<'w>],
    compiler: &mut Compiler<'_>,
) -> Result<(Assignments, &'w [Word<'w>]), CompileError> {
    let mut values = Vec::new();
    let mut rest = words;
    let Some(first) = words.first() else {
        return Ok((values, rest));
    };
    if let Some((name, value)) = compiler.keyword(*first)? {
        assign(&mut values, name, value);
        rest = &rest[1..];
        while let Some(word) = rest.first() {
            match compiler.keyword(*word)? {
                Some((name, value)) => assign(&mut values, name, value),
                None => break,
            }
            rest = &rest[1..];
        }
        return Ok((values, rest));
    }
    while let [value, keyword, name, ..] = rest {
        if keyword.text != "as" {
            break;
        }
        let expr = compiler.expr(*value)?;
        assign(&mut values, name.text, expr);
        rest = &rest[3..];
        match rest.first() {
            Some(word) if word.text == "and" => rest = &rest[1..],
            _ => break,
        }
    }
    Ok((values, rest))
}

/// Of a name that is given twice only the last value is read, in the place of the first.
fn assign(values: &mut Assignments, name: &str, value: Expr) {
    match values.iter_mut().find(|(known, _)| **known == *name) {
        Some((_, old)) => *old = value,
        None => values.push((name.into(), value)),
    }
}

impl Action for With {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let mut values = Vec::with_capacity(self.values.len());
        for (name, expr) in &self.values {
            let v = expr.evaluate(frame, Missing::Empty)?.into_owned();
            values.push((&**name, v, expr.origin(frame)));
        }
        frame.push();
        for (name, v, origin) in values {
            frame.set_from(name, v, origin);
        }
        frame.run(&self.body)?;
        frame.pop();
        Ok(())
    }
}

#[derive(Debug)]
struct Autoescape {
    on: bool,
    body: Block,
}

fn autoescape_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let body = compiler.block(&node.head().body);
    let span = node.head().span;
    let [word] = node.arguments() else {
        return Err(compiler.error(
            "autoescape",
            "'autoescape' tag requires exactly one argument.".into(),
            span,
            "",
        ));
    };
    let on = match word.text {
        "on" => true,
        "off" => false,
        _ => {
            return Err(compiler.error(
                "autoescape",
                "'autoescape' argument should be 'on' or 'off'".into(),
                word.span,
                "",
            ));
        }
    };
    Ok(Box::new(Autoescape { on, body }))
}

impl Action for Autoescape {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let before = frame.set_escapes(self.on);
        frame.run(&self.body)?;
        frame.set_escapes(before);
        Ok(())
    }
}
