//! `{% include %}`.

use crate::language::compile::{CompileError, Compiler};
use crate::language::expression::{Expr, Missing};
use crate::language::frame::{Action, Frame};
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::relative;
use crate::language::stop::Stop;
use crate::language::tags::scope::{Assignments, assignments};
use crate::language::words::Word;
use crate::value::{self, Value, ValueKind};

pub(super) const TAGS: &[Tag] = &[Tag {
    name: "include",
    shape: Shape::Single,
    doc: "Prints another template: `{% include \"_partials/footer.html\" %}`, with the names in scope. `with a=x` adds names, \
          `only` hides all others. Klaviyo has no include; `letterpress compile` puts the text in its place.",
    example: (
        "{% include \"example_greeting.html\" with name=first_name %}",
        "Hello Ada",
    ),
    compile: include_tag,
}];

#[derive(Debug)]
struct Include {
    target: Target,
    /// By what name the library knows the template with the tag.
    from: Box<str>,
    values: Assignments,
    only: bool,
}

#[derive(Debug)]
enum Target {
    Name(Box<str>),
    Computed(Expr),
}

fn include_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let span = node.head().span;
    let Some((target, mut rest)) = node.arguments().split_first() else {
        return Err(compiler.error(
            "include",
            "'include' tag takes at least one argument: the name of the template to be included."
                .into(),
            span,
            "",
        ));
    };
    let mut values = None;
    let mut only = false;
    while let Some((option, behind)) = rest.split_first() {
        rest = behind;
        match option.text {
            "with" | "only"
                if (option.text == "with" && values.is_some())
                    || (option.text == "only" && only) =>
            {
                return Err(compiler.error(
                    "include",
                    format!("The '{}' option was specified more than once.", option.text),
                    option.span,
                    "",
                ));
            }
            "with" => {
                let (found, behind) = assignments_by_name(rest, compiler)?;
                if found.is_empty() {
                    return Err(compiler.error(
                        "include",
                        "\"with\" in 'include' tag needs at least one keyword argument.".into(),
                        option.span,
                        "",
                    ));
                }
                values = Some(found);
                rest = behind;
            }
            "only" => only = true,
            unknown => {
                let title = format!(
                    "Unknown argument for 'include' tag: {}.",
                    value::repr(&Value::from(unknown))
                );
                return Err(compiler
                    .error("include", title, option.span, "")
                    .help("what it is given follows with: {% include \"name\" with a=b c=d %}"));
            }
        }
    }
    let target_expr = compiler.expr(*target)?;
    let target = match target_expr.as_literal_text() {
        Some(name) => Target::Name(compiler.include(name, target.span)?.into()),
        None => Target::Computed(target_expr),
    };
    Ok(Box::new(Include {
        target,
        from: compiler.name().into(),
        values: values.unwrap_or_default(),
        only,
    }))
}

/// Only `a=x`: the old form `x as a` is `with`'s alone.
fn assignments_by_name<'w>(
    words: &'w [Word<'w>],
    compiler: &mut Compiler<'_>,
) -> Result<(Assignments, &'w [Word<'w>]), CompileError> {
    match words.first() {
        Some(word) if compiler.keyword(*word)?.is_some() => assignments(words, compiler),
        _ => Ok((Vec::new(), words)),
    }
}

impl Include {
    /// The name that an expression gives; of a list of names the first that exists.
    fn computed_name<'p>(&self, expr: &'p Expr, frame: &mut Frame<'p>) -> Result<String, Stop> {
        let named = expr.evaluate(frame, Missing::Empty)?.into_owned();
        let raise = |message: String| Stop::raise(message).at(expr.span());
        if let Some(name) = named.as_str().filter(|name| !name.is_empty()) {
            return relative::absolute_name(&self.from, name)
                .ok_or_else(|| raise(relative::leads_out(name, &self.from)));
        }
        let names = match named.kind() {
            ValueKind::Seq => value::items(&named).unwrap_or_default(),
            _ => Vec::new(),
        };
        let known = |v: &Value| v.as_str().is_some_and(|name| frame.has_template(name));
        match (names.iter().find(|v| known(v)), names.is_empty()) {
            (Some(name), _) => Ok(value::text(name)),
            (None, false) => Err(raise(format!(
                "No template is called one of {}",
                value::repr(&named)
            ))),
            (None, true) => Err(raise("No template names provided".into())),
        }
    }
}

impl Action for Include {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let computed;
        let name: &str = match &self.target {
            Target::Name(name) => name,
            Target::Computed(expr) => {
                computed = self.computed_name(expr, frame)?;
                &computed
            }
        };
        let mut values = Vec::with_capacity(self.values.len());
        for (name, expr) in &self.values {
            let v = expr.evaluate(frame, Missing::Empty)?.into_owned();
            values.push((&**name, v, expr.origin(frame)));
        }
        let included = |frame: &mut Frame<'p>| {
            frame.push();
            for (name, v, origin) in values {
                frame.set_from(name, v, origin);
            }
            frame.include(name)?;
            frame.pop();
            Ok(())
        };
        if self.only {
            frame.isolated(included)
        } else {
            included(frame)
        }
    }
}
