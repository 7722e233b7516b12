//! `{% comment %}` and `{% verbatim %}`: text that is not read.

use crate::language::compile::{CompileError, Compiler};
use crate::language::frame::{Action, Block, Frame};
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::stop::Stop;

pub(super) const TAGS: &[Tag] = &[
    Tag {
        name: "comment",
        shape: Shape::Skipped { end: "endcomment" },
        doc: "Drops everything up to `{% endcomment %}`; nothing inside is read. A note may follow the name.",
        example: (
            "a{% comment \"later\" %}{{ x }}{% bad %}{% endcomment %}b",
            "ab",
        ),
        compile: nothing,
    },
    Tag {
        name: "verbatim",
        shape: Shape::Block {
            clauses: &[],
            end: "endverbatim",
        },
        doc: "Prints everything up to `{% endverbatim %}` as it is written. With a name, `{% verbatim a %}`, only \
              `{% endverbatim a %}` ends it.",
        example: (
            "{% verbatim %}{{ first_name }}{% endverbatim %}",
            "{{ first_name }}",
        ),
        compile: verbatim,
    },
];

/// Prints nothing.
#[derive(Debug)]
struct Nothing;

fn nothing(_: &TagNode<'_>, _: &mut Compiler<'_>) -> Result<Box<dyn Action>, CompileError> {
    Ok(Box::new(Nothing))
}

impl Action for Nothing {
    fn run<'p>(&'p self, _: &mut Frame<'p>) -> Result<(), Stop> {
        Ok(())
    }
}

/// Prints its block: the lexer has made text of all that stands in it.
#[derive(Debug)]
struct Verbatim(Block);

fn verbatim(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    Ok(Box::new(Verbatim(compiler.block(&node.head().body))))
}

impl Action for Verbatim {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        frame.run(&self.0)
    }
}
