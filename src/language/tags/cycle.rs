//! `{% cycle %}` and `{% resetcycle %}`.

use std::sync::Arc;

use crate::language::compile::{CompileError, Compiler};
use crate::language::expression::{Expr, Missing};
use crate::language::frame::{Action, Frame};
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::stop::Stop;

pub(super) const TAGS: &[Tag] = &[
    Tag {
        name: "cycle",
        shape: Shape::Single,
        doc: "Prints the next of its values each time it is reached, and starts again after the last. `as name` also sets the \
              name, with `silent` behind it nothing is printed; `{% cycle name %}` goes on with a cycle that has a name.",
        example: (
            "{% for item in items %}<tr class=\"{% cycle 'odd' 'even' %}\">{% endfor %}",
            "<tr class=\"odd\"><tr class=\"even\">",
        ),
        compile: cycle_tag,
    },
    Tag {
        name: "resetcycle",
        shape: Shape::Single,
        doc: "Makes the last `cycle` before it, or the one with the name, start again with its first value.",
        example: (
            "{% for item in items %}{% cycle 'a' 'b' %}{% resetcycle %}{% endfor %}",
            "aa",
        ),
        compile: resetcycle_tag,
    },
];

/// The values and the name of a cycle; `{% cycle name %}` shares them with the tag that gave the name.
#[derive(Debug)]
pub(in crate::language) struct Cycle {
    values: Vec<Expr>,
    name: Option<Box<str>>,
    silent: bool,
}

impl Cycle {
    fn key(self: &Arc<Self>) -> *const () {
        Arc::as_ptr(self).cast()
    }
}

#[derive(Debug)]
struct Next(Arc<Cycle>);

fn cycle_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let arguments = node.arguments();
    let span = node.head().span;
    if let [name] = arguments {
        let known = compiler.cycles.named.get(name.text).cloned();
        return match known {
            Some(cycle) => Ok(Box::new(Next(cycle))),
            None => {
                let title = if compiler.cycles.named.is_empty() {
                    format!(
                        "No named cycles in template. '{}' is not defined",
                        name.text
                    )
                } else {
                    format!("Named cycle '{}' does not exist", name.text)
                };
                Err(compiler
                    .error("cycle", title, name.span, "")
                    .help("a cycle has at least two values: {% cycle 'odd' 'even' %}"))
            }
        };
    }
    let (values, name, silent) = match arguments {
        [] => {
            let title = "'cycle' tag requires at least two arguments".into();
            return Err(compiler.error("cycle", title, span, ""));
        }
        [values @ .., keyword, name, flag] if keyword.text == "as" && !values.is_empty() => {
            if flag.text != "silent" {
                let title = format!(
                    "Only 'silent' flag is allowed after cycle's name, not '{}'.",
                    flag.text
                );
                return Err(compiler.error("cycle", title, flag.span, ""));
            }
            (values, Some(name), true)
        }
        [values @ .., keyword, name] if keyword.text == "as" && values.len() > 1 => {
            (values, Some(name), false)
        }
        values => (values, None, false),
    };
    let mut expressions = Vec::with_capacity(values.len());
    for value in values {
        expressions.push(compiler.expr(*value)?);
    }
    let cycle = Arc::new(Cycle {
        values: expressions,
        name: name.map(|word| word.text.into()),
        silent,
    });
    if let Some(name) = name {
        let named = &mut compiler.cycles.named;
        named.insert(name.text.to_owned(), cycle.clone());
    }
    compiler.cycles.last = Some(cycle.clone());
    Ok(Box::new(Next(cycle)))
}

impl Action for Next {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let turn = frame.next_turn_of(self.0.key()) % self.0.values.len().max(1);
        let Some(expr) = self.0.values.get(turn) else {
            return Ok(());
        };
        let v = expr.evaluate(frame, Missing::Empty)?;
        if let Some(name) = &self.0.name {
            frame.set_upward(name, v.clone().into_owned());
        }
        if self.0.silent {
            return Ok(());
        }
        frame.print(&v)
    }
}

#[derive(Debug)]
struct Reset(Arc<Cycle>);

fn resetcycle_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let (cycle, title, at) = match node.arguments() {
        [] => (
            compiler.cycles.last.clone(),
            "No cycles in template.".to_owned(),
            node.head().span,
        ),
        [name] => (
            compiler.cycles.named.get(name.text).cloned(),
            format!("Named cycle '{}' does not exist.", name.text),
            name.span,
        ),
        [_, second, ..] => (
            None,
            "'resetcycle' tag accepts at most one argument.".to_owned(),
            second.span,
        ),
    };
    match cycle {
        Some(cycle) => Ok(Box::new(Reset(cycle))),
        None => Err(compiler.error("resetcycle", title, at, "")),
    }
}

impl Action for Reset {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        frame.reset_turns_of(self.0.key());
        Ok(())
    }
}
