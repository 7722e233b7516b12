//! `{% ifchanged %}`.

use crate::language::compile::{CompileError, Compiler};
use crate::language::expression::{Expr, Missing};
use crate::language::frame::{Action, Block, Frame, Seen};
use crate::language::parser::TagNode;
use crate::language::registry::{Clause, Shape, Tag};
use crate::language::span::Span;
use crate::language::stop::Stop;

pub(super) const TAGS: &[Tag] = &[Tag {
    name: "ifchanged",
    shape: Shape::Block {
        clauses: &[Clause {
            name: "else",
            last: true,
        }],
        end: "endifchanged",
    },
    doc: "Prints its block only if it differs from the last turn of the loop: what it prints, or, with arguments, any of their \
          values. `{% else %}` is printed when nothing differs. An inner loop forgets when the outer one goes on.",
    example: (
        "{% for tag in tags %}{% ifchanged tag|length %}{{ tag }} {% else %}and {{ tag }}{% endifchanged %}{% endfor %}",
        "green and black",
    ),
    compile: ifchanged_tag,
}];

#[derive(Debug)]
struct IfChanged {
    values: Vec<Expr>,
    changed: Block,
    otherwise: Block,
    at: Span,
    /// The tag `{% else %}`.
    else_at: Option<Span>,
}

fn ifchanged_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let changed = compiler.block(&node.head().body);
    let otherwise = match node.clauses.get(1) {
        Some(clause) => {
            super::no_arguments(clause, compiler)?;
            compiler.block(&clause.body)
        }
        None => Block::default(),
    };
    let mut values = Vec::new();
    for word in node.arguments() {
        values.push(compiler.expr(*word)?);
    }
    Ok(Box::new(IfChanged {
        values,
        changed,
        otherwise,
        at: node.head().span,
        else_at: node.clauses.get(1).map(|clause| clause.span),
    }))
}

impl Action for IfChanged {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let key = std::ptr::from_ref(self).cast();
        if self.values.is_empty() {
            let printed = frame.capture(&self.changed)?;
            if !frame.has_changed(key, Seen::Text(printed.clone())) {
                return self.branch(false, frame);
            }
            if !printed.is_empty() {
                let opened = frame.open_branch("ifchanged", Some((0, self.at)));
                frame.print_captured(&printed, |frame| frame.print_raw(&printed))?;
                frame.close(opened);
                return Ok(());
            }
            // Django prints a block that came out empty once more; a cycle inside it sees that.
            return self.branch(true, frame);
        }
        let mut values = Vec::with_capacity(self.values.len());
        for expr in &self.values {
            values.push(expr.evaluate(frame, Missing::None)?.into_owned());
        }
        let changed = frame.has_changed(key, Seen::Values(values));
        self.branch(changed, frame)
    }
}

impl IfChanged {
    fn branch<'p>(&'p self, changed: bool, frame: &mut Frame<'p>) -> Result<(), Stop> {
        if changed {
            frame.run_branch("ifchanged", Some((0, self.at)), &self.changed)
        } else {
            let clause = self.else_at.map(|at| (1, at));
            frame.run_branch("ifchanged", clause, &self.otherwise)
        }
    }
}
