//! `{% extends %}` and `{% block %}`: layouts.

use std::sync::Arc;

use crate::language::compile::{CompileError, Compiler};
use crate::language::expression::{Expr, Missing};
use crate::language::frame::{Action, Frame, NamedBlock};
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::relative;
use crate::language::stop::Stop;
use crate::language::words::is_space;
use crate::value;

pub(super) const TAGS: &[Tag] = &[
    Tag {
        name: "extends",
        shape: Shape::Rest,
        doc: "Prints another template with this one's blocks in the place of its own. It is the first tag of a template; what stands \
              outside blocks is not printed. Klaviyo has no extends; `letterpress compile` writes one text.",
        example: (
            "{% extends \"example_layout.html\" %}{% block body %}{{ block.super }} and {{ first_name }}{% endblock %}",
            "<p>Hello friend and Ada</p>",
        ),
        compile: extends_tag,
    },
    Tag {
        name: "block",
        shape: Shape::Block {
            clauses: &[],
            end: "endblock",
        },
        doc: "Names a part of a layout that templates which extend it may fill. `{{ block.super }}` is what stood there before.",
        example: (
            "<h1>{% block title %}News{% endblock title %}</h1>",
            "<h1>News</h1>",
        ),
        compile: block_tag,
    },
];

#[derive(Debug)]
struct Extends {
    parent: Expr,
    /// The name, resolved, if it is written out.
    name: Option<Box<str>>,
    /// By what name the library knows this template.
    from: Box<str>,
    blocks: Vec<Arc<NamedBlock>>,
}

fn extends_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    compiler.extends = true;
    // Only the blocks in it count, and they are noted as they are compiled.
    compiler.block(&node.head().body);
    let [word] = node.arguments() else {
        let title = "'extends' takes one argument".into();
        return Err(compiler
            .error("extends", title, node.head().span, "")
            .help("write {% extends \"layout.html\" %}"));
    };
    let parent = compiler.expr(*word)?;
    let name = match parent.as_literal_text() {
        Some(name) if !name.is_empty() => Some(compiler.extend(name, word.span)?.into()),
        _ => None,
    };
    Ok(Box::new(Extends {
        parent,
        name,
        from: compiler.name().into(),
        blocks: compiler.blocks.clone(),
    }))
}

impl Action for Extends {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        if let Some(name) = &self.name {
            return frame.extend(name, &self.blocks);
        }
        let parent = self.parent.evaluate(frame, Missing::Empty)?;
        let raise = |message: String| Stop::raise(message).at(self.parent.span());
        match parent.as_str() {
            Some(name) if !name.is_empty() => match relative::absolute_name(&self.from, name) {
                Some(name) => frame.extend(&name, &self.blocks),
                None => Err(raise(relative::leads_out(name, &self.from))),
            },
            _ => Err(raise(format!(
                "Invalid template name in 'extends' tag: {}.",
                value::repr(&parent)
            ))),
        }
    }
}

#[derive(Debug)]
struct BlockTag(Arc<NamedBlock>);

fn block_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let head = node.head();
    let words: Vec<&str> = head
        .content
        .text
        .split(is_space)
        .filter(|w| !w.is_empty())
        .collect();
    let name = match &words[..] {
        [_, name] => Ok(*name),
        _ => Err(compiler
            .error(
                "block",
                "'block' tag takes only one argument".into(),
                head.span,
                "",
            )
            .help("write {% block name %}")),
    };
    if let Ok(name) = name {
        if compiler.block_names.contains(name) {
            let title = format!("'block' tag with name '{name}' appears more than once");
            let error = compiler.error("block", title, head.span, "");
            compiler.report(error);
        } else {
            compiler.block_names.insert(name.to_owned());
        }
        if let Some(end) = node.end
            && end.text != "endblock"
            && end.text != format!("endblock {name}")
        {
            let line = compiler.line(end.span);
            let title = format!(
                "Invalid block tag on line {line}: 'endblock', expected 'endblock' or 'endblock {name}'. Did you forget to register or load this tag?"
            );
            let error = compiler.error("unknown-tag", title, end.span, "this closes another block");
            compiler.report(error);
        }
    }
    let body = compiler.block(&head.body);
    let block = Arc::new(NamedBlock::new(name?, body));
    compiler.blocks.push(block.clone());
    Ok(Box::new(BlockTag(block)))
}

impl Action for BlockTag {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        frame.run_block(&self.0)
    }
}
