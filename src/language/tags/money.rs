//! `{% currency_format %}`.

use crate::language::compile::{CompileError, Compiler};
use crate::language::dialects;
use crate::language::expression::{Expr, Missing};
use crate::language::frame::{Action, Frame};
use crate::language::parser::TagNode;
use crate::language::registry::{Shape, Tag};
use crate::language::stop::Stop;
use crate::value::{self, Value, ValueKind};

pub(super) const TAGS: &[Tag] = &[Tag {
    name: "currency_format",
    shape: Shape::Single,
    doc: "Prints an amount with the symbol, grouping and decimals of the account's currency and locale. Numbers and numbers \
          written as text are amounts; any other text is printed as it is. It is a tag, not a filter.",
    example: ("{% currency_format price %}", "$19.90"),
    compile: currency_format,
}];

#[derive(Debug)]
struct CurrencyFormat(Expr);

fn currency_format(
    node: &TagNode<'_>,
    compiler: &mut Compiler<'_>,
) -> Result<Box<dyn Action>, CompileError> {
    match node.arguments() {
        [amount] => Ok(Box::new(CurrencyFormat(compiler.expr(*amount)?))),
        _ => Err(compiler
            .error(
                "currency-format",
                "'currency_format' takes one argument: the amount".into(),
                node.head().span,
                "",
            )
            .help(
                dialects::split_argument(node.head().content.text)
                    .unwrap_or_else(|| "write {% currency_format item.price %}".into()),
            )),
    }
}

impl Action for CurrencyFormat {
    fn run<'p>(&'p self, frame: &mut Frame<'p>) -> Result<(), Stop> {
        let amount = self.0.evaluate(frame, Missing::Empty)?;
        frame.print(&formatted(frame, &amount))
    }
}

/// An amount as the account writes it; of nothing nothing, and what is no amount stays as it is.
pub(in crate::language) fn formatted(frame: &Frame<'_>, amount: &Value) -> Value {
    let formatted = match amount.kind() {
        ValueKind::Number | ValueKind::String => {
            frame.host().money().format_text(&value::text(amount))
        }
        ValueKind::None => return Value::from(""),
        _ => None,
    };
    formatted.map_or_else(|| amount.clone(), Value::from)
}
