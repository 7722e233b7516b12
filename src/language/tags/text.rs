//! Tags about text as it stands: `{% comment %}`, `{% verbatim %}`, `{% spaceless %}`, `{% filter %}`, `{% templatetag %}`.

use super::inert::nothing;
use crate::language::compile::{CompileError, Compiler};
use crate::language::expression::{self, Expr, Missing};
use crate::language::frame::{Action, Block, Frame};
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::span::Span;
use crate::language::stop::Stop;
use crate::language::words::is_space;
use crate::value::{self, Value};

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
    Tag {
        name: "spaceless",
        shape: Shape::Block {
            clauses: &[],
            end: "endspaceless",
        },
        doc: "Removes the white space between tags of HTML, and at both ends of its block. White space next to text stays.",
        example: (
            "{% spaceless %} <p> <b>two  words</b> </p> {% endspaceless %}",
            "<p><b>two  words</b></p>",
        ),
        compile: spaceless,
    },
    Tag {
        name: "filter",
        shape: Shape::Block {
            clauses: &[],
            end: "endfilter",
        },
        doc: "Filters what its block prints: `{% filter upper|cut:'-' %}`. Not for `safe` and `escape`; there is `{% autoescape %}`.",
        example: (
            "{% filter upper %}hi {{ first_name }}{% endfilter %}",
            "HI ADA",
        ),
        compile: filter,
    },
    Tag {
        name: "templatetag",
        shape: Shape::Single,
        doc: "Prints braces that would otherwise be read: openblock, closeblock, openvariable, closevariable, openbrace, closebrace, \
              opencomment, closecomment.",
        example: (
            "{% templatetag openvariable %} x {% templatetag closevariable %}",
            "{{ x }}",
        ),
        compile: templatetag,
    },
];

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

#[derive(Debug)]
struct Spaceless(Block);

fn spaceless(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    Ok(Box::new(Spaceless(compiler.block(&node.head().body))))
}

impl Action for Spaceless {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let printed = frame.capture(&self.0)?;
        frame.print_captured(&printed, |frame| print_spaceless(&printed, frame))
    }
}

/// Django's `strip_spaces_between_tags`.
fn print_spaceless(printed: &str, frame: &mut Frame<'_>) -> Result<(), Stop> {
    let mut rest = printed.trim_matches(is_space);
    while let Some(at) = rest.find('>') {
        let (tag, behind) = rest.split_at(at + 1);
        frame.print_raw(tag)?;
        let trimmed = behind.trim_start_matches(is_space);
        rest = if trimmed.starts_with('<') {
            trimmed
        } else {
            // What was looked over is not looked over again.
            let blanks = behind.len() - trimmed.len();
            frame.print_raw(&behind[..blanks])?;
            trimmed
        };
    }
    frame.print_raw(rest)
}

#[derive(Debug)]
struct Filtered {
    /// `var|…`: the text of the block is given the name `var`, as in Django.
    expr: Expr,
    body: Block,
}

fn filter(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    const NAME: &str = "var";
    let head = node.head();
    let body = compiler.block(&head.body);
    let content = head.content;
    let behind_name = content.text.len() - "filter".len();
    let rest = content.text[content.text.len() - behind_name..].trim_start_matches(is_space);
    if rest.is_empty() {
        let title = "'filter' takes at least one filter".into();
        return Err(compiler
            .error("filter", title, head.span, "")
            .help("write {% filter upper %}"));
    }
    let text = format!("{NAME}|{rest}");
    let start = content.span.start + (content.text.len() - rest.len()) as u32;
    // `{% filter ` is longer than `var|`.
    let at = Span {
        start: start.saturating_sub(NAME.len() as u32 + 1),
        ..content.span
    };
    let expr = expression::parse(&text, at, compiler)?;
    if let Some(name) = expr
        .filter_names()
        .find(|name| matches!(*name, "escape" | "safe"))
    {
        let title =
            format!("\"filter {name}\" is not permitted.  Use the \"autoescape\" tag instead.");
        return Err(compiler.error("filter", title, head.span, ""));
    }
    Ok(Box::new(Filtered { expr, body }))
}

impl Action for Filtered {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let printed = frame.capture(&self.body)?;
        frame.push();
        frame.set("var", Value::from_safe_string(printed));
        let filtered = self.expr.evaluate(frame, Missing::Empty)?.into_owned();
        frame.pop();
        match filtered.as_str() {
            Some(text) => frame.print_raw(text),
            None => Err(Stop::raise(format!(
                "what 'filter' prints must be text, and these filters make '{}' of it",
                value::type_name(&filtered)
            ))),
        }
    }
}

/// Prints a text.
#[derive(Debug)]
struct Fixed(&'static str);

const BRACES: [(&str, &str); 8] = [
    ("openblock", "{%"),
    ("closeblock", "%}"),
    ("openvariable", "{{"),
    ("closevariable", "}}"),
    ("openbrace", "{"),
    ("closebrace", "}"),
    ("opencomment", "{#"),
    ("closecomment", "#}"),
];

fn templatetag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let [word] = node.arguments() else {
        let title = "'templatetag' statement takes one argument".into();
        return Err(compiler.error("templatetag", title, node.head().span, ""));
    };
    match BRACES.iter().find(|(name, _)| *name == word.text) {
        Some((_, braces)) => Ok(Box::new(Fixed(braces))),
        None => {
            let names: Vec<String> = BRACES.iter().map(|(n, _)| format!("'{n}'")).collect();
            let title = format!(
                "Invalid templatetag argument: '{}'. Must be one of: [{}]",
                word.text,
                names.join(", ")
            );
            Err(compiler.error("templatetag", title, word.span, ""))
        }
    }
}

impl Action for Fixed {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        frame.print_raw(self.0)
    }
}
