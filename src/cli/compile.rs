//! `letterpress compile`

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::Global;
use super::open;
use super::output::{Output, Trouble};
use super::target::Reading;
use crate::email::Layouts;
use crate::mjml;

/// Arguments of `compile`.
#[derive(Debug, Args)]
pub(super) struct CompileArgs {
    /// An email of the project, or a file
    #[arg(value_name = "EMAIL|FILE")]
    email: String,
    #[command(flatten)]
    reading: Reading,
    /// Without the white space and the comments that nobody sees
    #[arg(long, conflicts_with = "beautify")]
    minify: bool,
    /// A line for each part of a table, indented
    #[arg(long)]
    beautify: bool,
    /// Writes to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: CompileArgs, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let project = open::project_if_any(global)?;
    let email = args.reading.email(
        &args.email,
        project.as_ref(),
        &BTreeMap::new(),
        Layouts::WrittenOut,
        global,
    )?;
    output.diagnostics(email.findings());
    let html = match (args.minify, args.beautify) {
        (true, _) => &mjml::minify(email.manifest().dialect, email.source()),
        (_, true) => &mjml::beautify(email.manifest().dialect, email.source()),
        _ => email.source(),
    };
    output.data_to(args.output.as_deref(), html.as_bytes())?;
    Ok(0)
}
