//! The tags, a few that belong together in a file each.

mod blocks;
pub(super) mod catalog;
pub(super) mod coupons;
pub(super) mod cycle;
pub(super) mod dates;
mod flow;
mod ifchanged;
mod include;
mod inert;
pub(super) mod links;
pub(super) mod lists;
mod lorem;
pub(super) mod money;
mod objects;
mod scope;
mod text;
mod values;

use super::compile::{CompileError, Compiler};
use super::parser::ClauseNode;
use super::registry::Tag;

/// The entries of all tags.
pub(super) fn all() -> impl Iterator<Item = &'static Tag> {
    [
        blocks::TAGS,
        catalog::TAGS,
        coupons::TAGS,
        cycle::TAGS,
        dates::TAGS,
        flow::TAGS,
        ifchanged::TAGS,
        include::TAGS,
        inert::TAGS,
        links::TAGS,
        lists::TAGS,
        lorem::TAGS,
        money::TAGS,
        objects::TAGS,
        scope::TAGS,
        text::TAGS,
        values::TAGS,
    ]
    .into_iter()
    .flatten()
}

/// For tags and clauses that stand for themselves: what stands behind the name is an error.
fn no_arguments(clause: &ClauseNode<'_>, compiler: &Compiler<'_>) -> Result<(), CompileError> {
    match clause.arguments() {
        [] => Ok(()),
        [first, ..] => {
            let title = format!("'{}' takes no arguments", clause.name());
            Err(compiler.error("too-many-arguments", title, first.span, ""))
        }
    }
}
