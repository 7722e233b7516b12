//! Tags that print one value: `{% firstof %}`, `{% widthratio %}` and `{% render_variable %}`.

use crate::language::compile::{CompileError, Compiler};
use crate::language::expression::{Expr, Missing, python_float, python_int};
use crate::language::frame::{Action, Frame};
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::stop::Stop;
use crate::language::words::is_space;
use crate::value::python::Number;
use crate::value::{self, Value};

pub(super) const TAGS: &[Tag] = &[
    Tag {
        name: "firstof",
        shape: Shape::Single,
        doc: "Prints the first of its values that is true, or nothing. `as name` sets a name instead, which lasts as long as the \
              block around it.",
        example: ("{% firstof nickname first_name 'friend' %}", "Ada"),
        compile: firstof_tag,
    },
    Tag {
        name: "widthratio",
        shape: Shape::Single,
        doc: "Prints how large a value is on a scale: value / largest × width, rounded, halves to the even number. `as name` sets a \
              name instead.",
        example: ("{% widthratio price 40 100 %}", "50"),
        compile: widthratio_tag,
    },
    Tag {
        name: "render_variable",
        shape: Shape::Single,
        doc: "Prints a value: Klaviyo's way to show the preview text in the body, `{% render_variable preview_text %}`.",
        example: ("{% render_variable first_name %}", "Ada"),
        compile: render_variable_tag,
    },
];

#[derive(Debug)]
struct FirstOf {
    values: Vec<Expr>,
    name: Option<Box<str>>,
}

fn firstof_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let (words, name) = match node.arguments() {
        [] => {
            let title = "'firstof' statement requires at least one argument".into();
            return Err(compiler.error("firstof", title, node.head().span, ""));
        }
        [words @ .., keyword, name] if keyword.text == "as" => (words, Some(name.text.into())),
        words => (words, None),
    };
    let mut values = Vec::with_capacity(words.len());
    for word in words {
        values.push(compiler.expr(*word)?);
    }
    Ok(Box::new(FirstOf { values, name }))
}

impl Action for FirstOf {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let mut first = Value::from("");
        for expr in &self.values {
            let v = expr.evaluate(frame, Missing::None)?;
            if value::truthy(&v) {
                first = frame.rendered(&v);
                break;
            }
        }
        match &self.name {
            Some(name) => {
                frame.set(name, first);
                Ok(())
            }
            None => frame.print(&first),
        }
    }
}

#[derive(Debug)]
struct WidthRatio {
    value: Expr,
    largest: Expr,
    width: Expr,
    name: Option<Box<str>>,
}

fn widthratio_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    let span = node.head().span;
    let (words, name) = match node.arguments() {
        [value, largest, width] => ([value, largest, width], None),
        [value, largest, width, keyword, name] => {
            if keyword.text != "as" {
                let title = "Invalid syntax in widthratio tag. Expecting 'as' keyword".into();
                return Err(compiler.error("widthratio", title, keyword.span, ""));
            }
            ([value, largest, width], Some(name.text.into()))
        }
        _ => {
            let title = "widthratio takes at least three arguments".into();
            return Err(compiler
                .error("widthratio", title, span, "")
                .help("write {% widthratio value largest 100 %}"));
        }
    };
    Ok(Box::new(WidthRatio {
        value: compiler.expr(*words[0])?,
        largest: compiler.expr(*words[1])?,
        width: compiler.expr(*words[2])?,
        name,
    }))
}

impl WidthRatio {
    /// The rounded ratio, None where an argument of a filter does not exist.
    fn ratio<'p>(&'p self, frame: &mut Frame<'p>) -> Result<Option<String>, Stop> {
        let mut numbers = Vec::with_capacity(3);
        for expr in [&self.value, &self.largest, &self.width] {
            match expr.evaluate(frame, Missing::Empty) {
                Ok(v) => numbers.push(v.into_owned()),
                Err(Stop::Raised(raised)) if raised.missing_name => return Ok(None),
                Err(stop) => return Err(stop),
            }
        }
        let Some(width) = whole(&numbers[2]) else {
            let message = "widthratio final argument must be a number";
            return Err(Stop::raise(message).at(self.width.span()));
        };
        let (Some(v), Some(largest)) = (float(&numbers[0]), float(&numbers[1])) else {
            return Ok(Some(String::new()));
        };
        if largest == 0.0 {
            return Ok(Some("0".into()));
        }
        let ratio = v / largest * width as f64;
        Ok(Some(if ratio.is_finite() {
            let rounded = ratio.round_ties_even();
            // Never -0.
            format!("{:.0}", if rounded == 0.0 { 0.0 } else { rounded })
        } else {
            String::new()
        }))
    }
}

/// Python's `int(v)`.
fn whole(v: &Value) -> Option<i128> {
    match (value::number(v), v.as_str()) {
        (Some(Number::Int(n)), _) => Some(n),
        (Some(Number::Float(f)), _) => f.is_finite().then_some(f as i128),
        (None, Some(text)) => python_int(text.trim_matches(is_space)),
        _ => None,
    }
}

/// Python's `float(v)`.
fn float(v: &Value) -> Option<f64> {
    match (value::number(v), v.as_str()) {
        (Some(number), _) => Some(number.as_f64()),
        (None, Some(text)) => python_float(text.trim_matches(is_space)),
        _ => None,
    }
}

impl Action for WidthRatio {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let Some(ratio) = self.ratio(frame)? else {
            return Ok(());
        };
        match &self.name {
            Some(name) => {
                frame.set(name, Value::from(ratio));
                Ok(())
            }
            None => frame.print_raw(&ratio),
        }
    }
}

#[derive(Debug)]
struct RenderVariable(Expr);

fn render_variable_tag(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    match node.arguments() {
        [word] => Ok(Box::new(RenderVariable(compiler.expr(*word)?))),
        _ => {
            let title = "'render_variable' takes one argument: the name of the variable".into();
            Err(compiler
                .error("render-variable", title, node.head().span, "")
                .help("write {% render_variable preview_text %}"))
        }
    }
}

impl Action for RenderVariable {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let v = self.0.evaluate(frame, Missing::Empty)?;
        frame.print(&v)
    }
}
