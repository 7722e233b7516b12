//! `letterpress campaign prune`

use clap::Args;
use jiff::Timestamp;

use super::super::output::{Output, Trouble};
use super::super::{Global, open};
use super::run_of;
use crate::campaign::{Run, runs_folder};

/// Arguments of `campaign prune`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Prune {
    /// The runs
    #[arg(value_name = "RUN", required_unless_present = "older_than")]
    runs: Vec<String>,
    /// All runs that were planned more than so many days ago
    #[arg(long, value_name = "DAYS", conflicts_with = "runs")]
    older_than: Option<u32>,
    /// Also runs of which somebody still waits
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Prune, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let project = open::project(global)?;
    let folder = runs_folder(&project);
    let mut left = 0;
    let names = match args.older_than {
        None => args.runs.clone(),
        Some(days) => {
            let before = Timestamp::now() - jiff::SignedDuration::from_hours(24 * i64::from(days));
            let old = |name: &String| {
                Run::open(&folder, name).is_ok_and(|run| run.settings().planned_at < before)
            };
            Run::names(&folder).into_iter().filter(old).collect()
        }
    };
    for name in names {
        let run = run_of(&project, &name)?;
        let status = run.status()?;
        if status.busy || (status.progress.totals.pending > 0 && !args.force) {
            left += 1;
            let why = match status.busy {
                true => "it is being sent",
                false => "people still wait; --force deletes it all the same",
            };
            output.say(&format!("{name} stays: {why}"));
            continue;
        }
        run.delete()?;
        output.say(&format!("{name} is deleted"));
    }
    Ok(u8::from(left > 0))
}
