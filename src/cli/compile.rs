//! `letterpress compile`

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::Global;
use super::open;
use super::output::{Output, Trouble};
use super::render::{Language, Target, target};
use crate::mjml;

/// Arguments of `compile`.
#[derive(Debug, Args)]
pub(super) struct CompileArgs {
    /// An email of the project, or a file
    #[arg(value_name = "EMAIL|FILE")]
    email: String,
    /// Where includes look [default: the project's templates/]
    #[arg(long, value_name = "DIR")]
    template_dir: Option<PathBuf>,
    /// What a file is written in; an email says it in its email.toml
    #[arg(long, value_enum)]
    dialect: Option<Language>,
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
    let target = target(
        &args.email,
        args.template_dir.as_deref(),
        project.as_ref(),
        &BTreeMap::new(),
    )?;
    Language::only_for_files(args.dialect, &target)?;
    let email = match target {
        Target::Own { engine, name } => engine.upload(&name)?,
        Target::Email(name) => match &project {
            Some(project) => project.engine().upload(&name)?,
            None => open::project(global)?.engine().upload(&name)?,
        },
        Target::File { engine, name } => {
            engine.upload_document(Language::of_file(args.dialect), &name)?
        }
    };
    output.diagnostics(email.findings());
    let html = match (args.minify, args.beautify) {
        (true, _) => &mjml::minify(email.source()),
        (_, true) => &mjml::beautify(email.source()),
        _ => email.source(),
    };
    output.data_to(args.output.as_deref(), html.as_bytes())?;
    Ok(0)
}
