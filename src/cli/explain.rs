//! `letterpress explain`

use clap::Args;
use serde_json::json;

use super::output::{Output, Trouble};
use crate::language::Registry;
use crate::reference;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A tag, a filter, or the code of a message
    #[arg(value_name = "TAG|FILTER|CODE")]
    word: String,
}

pub(super) fn run(args: ExplainArgs, output: &Output) -> Result<u8, Trouble> {
    // As it stands in a template or a message: `{% if %}`, `|date`, `error[unclosed-tag]`.
    let word = args
        .word
        .trim_matches(|c: char| c.is_whitespace() || "{}%|[]".contains(c));
    let registry = Registry::standard();
    let entries =
        reference::explain(&registry, word).map_err(|unknown| match &unknown.nearest {
            Some(near) => {
                Trouble::with_help(unknown.to_string(), format!("did you mean '{near}'?"))
            }
            None => Trouble::with_help(
                unknown.to_string(),
                "name one that stands in a template, or in the brackets of a message",
            ),
        })?;
    let shown = if output.is_json() {
        let entries: Vec<_> = entries.iter().map(reference::Entry::to_json).collect();
        format!("{:#}\n", json!({ "entries": entries }))
    } else {
        let texts: Vec<String> = entries.iter().map(reference::Entry::to_text).collect();
        texts.join("\n")
    };
    output.data(shown.as_bytes())?;
    Ok(0)
}
