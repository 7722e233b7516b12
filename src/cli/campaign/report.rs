//! `letterpress campaign report`

use std::path::PathBuf;

use clap::Args;

use super::super::output::{Output, Trouble};
use super::super::{Format, Global, open};
use super::run_of;
use crate::campaign::report::{Report, html, markdown, write_csv};

/// Arguments of `campaign report`.
#[derive(Debug, Args)]
#[command(
    after_help = "--format html: a page to forward; md: Markdown [default]; csv: a line a person; json: all of it for programs"
)]
pub(in crate::cli) struct ReportArgs {
    /// The run's name
    run: String,
    /// Writes to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &ReportArgs, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let run = run_of(&open::project(global)?, &args.run)?;
    let bytes = match global.format {
        Format::Csv => {
            let mut bytes = Vec::new();
            write_csv(&run, &mut bytes)?;
            bytes
        }
        Format::Html => html(&Report::of(&run)?).into_bytes(),
        Format::Json => {
            let json = serde_json::to_string(&Report::of(&run)?);
            (json.map_err(|error| Trouble::told(error.to_string()))? + "\n").into_bytes()
        }
        _ => markdown(&Report::of(&run)?).into_bytes(),
    };
    output.data_to(args.output.as_deref(), &bytes).map(|()| 0)
}
