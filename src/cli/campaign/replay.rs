//! `letterpress campaign replay`

use std::path::PathBuf;

use clap::Args;

use super::super::output::{Output, Trouble};
use super::super::{Global, open};
use super::run_of;
use crate::campaign::Change;

/// Arguments of `campaign replay`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Replay {
    /// The run's name
    run: String,
    /// Whose message: an address, or id:… of the profile
    #[arg(value_name = "SEL")]
    who: String,
    /// Writes to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Replay, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let project = open::project(global)?;
    let run = run_of(&project, &args.run)?;
    let who = args.who.strip_prefix("id:").unwrap_or(&args.who);
    let mut found = run.find(who)?;
    if found.len() > 1 {
        let keys: Vec<String> = found.iter().map(|row| format!("id:{}", row.key)).collect();
        return Err(Trouble::with_help(
            format!("'{}' is several people of {}", args.who, run.name()),
            keys.join(", "),
        ));
    }
    let Some(row) = found.pop() else {
        return Err(Trouble::with_help(
            format!("'{}' is nobody of the run {}", args.who, run.name()),
            format!(
                "who is in it: letterpress campaign report {} --format csv",
                run.name()
            ),
        ));
    };
    let frozen = run.frozen()?;
    let replayed = run.replay(&frozen, row)?;
    let row = &replayed.delivery;
    let reason = row
        .reason
        .as_deref()
        .map(|reason| format!(" ({})", super::plan::wording(reason)));
    output.say(&format!(
        "{}: {}{}",
        row.address,
        row.state.word(),
        reason.unwrap_or_default()
    ));
    if let Some(reply) = &row.reply {
        output.say(&format!(
            "  {}{reply}",
            row.code.map(|code| format!("{code} ")).unwrap_or_default()
        ));
    }
    match run.changes(&frozen, row, &project) {
        Ok(changes) if changes.is_empty() => output.say("nothing has changed since it was planned"),
        Ok(changes) => {
            for change in changes {
                output.say(&match change {
                    Change::Template(name) => format!("changed since: templates/{name}"),
                    Change::Profile { field, then, now } => {
                        format!("changed since: {field}, {then} then, {now} now")
                    }
                    Change::Gone => {
                        "changed since: the data does not know this person any more".to_owned()
                    }
                });
            }
        }
        Err(error) => output.say(&format!("what has changed since cannot be told: {error}")),
    }
    match &replayed.message {
        Ok(bytes) => output.data_to(args.output.as_deref(), bytes).map(|()| 0),
        Err(why) => {
            output.say(&format!("there is no message: {why}"));
            Ok(1)
        }
    }
}
