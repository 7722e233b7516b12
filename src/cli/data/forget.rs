//! `letterpress data forget`

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;
use serde_json::json;

use super::super::output::Trouble;
use super::look::{Look, counted};
use crate::campaign::RunsHeld;
use crate::project::shown;
use crate::store::Store;

/// Arguments of `data forget`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Forget {
    /// Whom: an address, id:…, ext:…, first, nth:12, @file.json or -
    #[arg(value_name = "SEL")]
    person: String,
    /// Does not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Forget, look: &Look<'_>) -> Result<(), Trouble> {
    let profile = look.exactly(&args.person)?;
    let who = shown(&profile).to_owned();
    if !args.yes && !confirmed(&who)? {
        look.output.say("nothing was forgotten");
        return Ok(());
    }
    let folder = look.project.data_folder();
    let mut store = Store::open(&look.project.store_file())?;
    store.sync(folder.is_dir().then_some(&*folder), look.now.timestamp())?;
    // Runs first: once the store does not know the person, nobody could ask for the rest again.
    let runs = RunsHeld::of(look.project, &store.called(&profile)?)?.forget()?;
    let forgotten = store.forget(&profile)?;
    if look.output.is_json() {
        return look.output.json(&json!({
            "lines": forgotten.lines,
            "events": forgotten.events,
            "lists": forgotten.lists,
            "still_in": forgotten.still_in,
            "runs": runs,
        }));
    }
    look.output.say(&format!(
        "forgot {who}: {}, {}, {}",
        counted(forgotten.lines, "line", "lines"),
        counted(forgotten.events, "event", "events"),
        counted(forgotten.lists, "place on a list", "places on lists"),
    ));
    if runs > 0 {
        look.output.say(&format!(
            "{} of campaigns: what became of the message stays, without a name",
            counted(runs as usize, "run", "runs")
        ));
    }
    if !forgotten.still_in.is_empty() {
        look.output.say(&format!(
            "still in your files, and passed over there from now on: {}",
            forgotten.still_in.join(", ")
        ));
    }
    Ok(())
}

fn confirmed(who: &str) -> Result<bool, Trouble> {
    if !io::stdin().is_terminal() {
        return Err(Trouble::with_help(
            "this cannot be undone",
            "add --yes where nobody can be asked",
        ));
    }
    let asked = format!(
        "Forget {}, and all that they did? [y/N] ",
        crate::diagnostic::printable(who)
    );
    let mut answer = String::new();
    let read = io::stderr()
        .write_all(asked.as_bytes())
        .and_then(|()| io::stdin().lock().read_line(&mut answer));
    read.map_err(|error| Trouble::told(format!("cannot ask: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
