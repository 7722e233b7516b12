//! Tags that Django has and that do nothing here: `{% load %}`, `{% debug %}`, `{% csrf_token %}`.

use crate::language::compile::{CompileError, Compiler};
use crate::language::frame::{Action, Frame};
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::stop::Stop;

pub(super) const TAGS: &[Tag] = &[
    Tag {
        name: "load",
        shape: Shape::Single,
        doc: "Does nothing: every tag and filter is there without being loaded. Exports of Klaviyo's product blocks hold it.",
        example: ("{% load humanize %}Hi", "Hi"),
        compile: nothing,
    },
    Tag {
        name: "debug",
        shape: Shape::Single,
        doc: "Prints nothing, as in Klaviyo.",
        example: ("[{% debug %}]", "[]"),
        compile: nothing,
    },
    Tag {
        name: "csrf_token",
        shape: Shape::Single,
        doc: "Prints nothing: an email holds no forms.",
        example: ("[{% csrf_token %}]", "[]"),
        compile: nothing,
    },
];

/// Prints nothing.
#[derive(Debug)]
struct Nothing;

pub(super) fn nothing(
    _: &TagNode<'_>,
    _: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    Ok(Box::new(Nothing))
}

impl Action for Nothing {
    fn run<'p>(&'p self, _: &mut Frame<'p>) -> Result<(), Stop> {
        Ok(())
    }
}
