//! Klaviyo's custom objects, which are not rendered: the tags say so.

use crate::language::compile::{CompileError, Compiler};
use crate::language::frame::Action;
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};

const DOC: &str = "Klaviyo looks a custom object up here. Letterpress has no store of custom objects and refuses the tag; give the \
                   object's data to the render and read it as `{{ object.Name }}`.";
const EXAMPLE: (&str, &str) = ("{{ object.Name }}", "Biscuit");

pub(super) const TAGS: &[Tag] = &[
    Tag {
        name: "object",
        shape: Shape::Single,
        doc: DOC,
        example: EXAMPLE,
        compile: refuse,
    },
    Tag {
        name: "customobject",
        shape: Shape::Block {
            clauses: &[],
            end: "endcustomobject",
        },
        doc: DOC,
        example: EXAMPLE,
        compile: refuse,
    },
    Tag {
        name: "customobjects",
        shape: Shape::Block {
            clauses: &[],
            end: "endcustomobjects",
        },
        doc: DOC,
        example: EXAMPLE,
        compile: refuse,
    },
];

fn refuse(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    // What is wrong inside is said, too.
    compiler.block(&node.head().body);
    let title = format!(
        "'{}' looks up one of Klaviyo's custom objects, and Letterpress has none",
        node.tag.name
    );
    Err(compiler
        .error("custom-object", title, node.head().span, "")
        .help(
            "put the object's data into the context of the render and read it as {{ object.Name }}",
        ))
}
