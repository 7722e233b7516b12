//! `letterpress data`: brings data in, shows of it what Klaviyo shows, takes a person out. One file a command.

mod catalog;
mod event;
mod forget;
mod import;
mod look;
mod metrics;
mod profile;
mod profiles;
mod snapshot;
mod timeline;
mod words;

use clap::Subcommand;

use super::output::{Output, Trouble};
use super::{Global, open};
use look::Look;

/// What can be looked at.
#[derive(Debug, Subcommand)]
pub(super) enum DataCommand {
    /// Brings profiles, events, metrics, the catalog, lists and coupons in, beside what the data folder says
    Import(import::Import),
    /// Finds people by a word of their names, addresses, ids or properties; lists them all without one
    Profiles(profiles::Profiles),
    /// Shows one person: properties, consent and suppression, lists
    Profile(profile::Profile),
    /// Shows what a person did, the newest first
    Timeline(timeline::Timeline),
    /// Counts what a person did, in the last 30 days and ever
    Snapshot(snapshot::Snapshot),
    /// Shows all of one event, and the tags that read it
    Event(event::Event),
    /// Lists the metrics: where they come from, how many events they have
    Metrics,
    /// Finds items of the catalog, or shows all of one
    Catalog(catalog::Catalog),
    /// Takes a person out: lines, events, lists; files that still name them are passed over there
    Forget(forget::Forget),
}

pub(super) fn run(command: DataCommand, global: &Global, output: &Output) -> Result<u8, Trouble> {
    let project = open::project(global)?;
    if let DataCommand::Import(args) = &command {
        return import::run(args, &project, global, output);
    }
    open::say_findings(&project, output)?;
    let look = Look {
        data: project.data()?,
        now: open::now(global, &project.config().zone)?,
        project: &project,
        global,
        output,
    };
    match command {
        // Before anything else is opened.
        DataCommand::Import(_) => Ok(()),
        DataCommand::Forget(args) => forget::run(&args, &look),
        DataCommand::Profiles(args) => profiles::run(&args, &look),
        DataCommand::Profile(args) => profile::run(&args, &look),
        DataCommand::Timeline(args) => timeline::run(&args, &look),
        DataCommand::Snapshot(args) => snapshot::run(&args, &look),
        DataCommand::Event(args) => event::run(&args, &look),
        DataCommand::Metrics => metrics::run(&look),
        DataCommand::Catalog(args) => catalog::run(&args, &look),
    }?;
    Ok(0)
}
