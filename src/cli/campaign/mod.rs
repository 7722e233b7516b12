//! `letterpress campaign`: plans, sends, watches and proves. One file a command, or a few that belong together.

mod feedback;
mod plan;
mod prune;
mod render;
mod replay;
mod report;
mod send;
mod steer;
mod test;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::output::{Output, Trouble};
use super::{Global, open};
use crate::campaign::{CampaignError, CampaignFile, Run, runs_folder};
use crate::delivery::SinkAddress;
use crate::diagnostic::{Source, nearest};
use crate::project::Project;

/// What can be done with a campaign.
#[derive(Debug, Subcommand)]
pub(super) enum CampaignCommand {
    /// Decides who gets it and freezes all their messages need; sends nothing
    Plan(plan::Plan),
    /// Sends one message, or some, to yourself
    Test(test::Test),
    /// Renders a campaign for everybody it reaches, into a folder
    Render(render::RenderCampaign),
    /// Plans a campaign and sends it
    Send(send::Send),
    /// Goes on with a run that was planned, stopped or cut off; lets one go on that is paused
    Resume(send::Resume),
    /// Sends again what failed
    Retry(send::Retry),
    /// Shows how a run goes, or all runs
    Status(steer::Status),
    /// Holds a run that is being sent
    Pause(steer::Named),
    /// Changes how fast a run is sent, while it is sent
    Rate(steer::ChangeRate),
    /// Ends a run: who has not got it will not get it
    Cancel(steer::Named),
    /// Proves who got it and why others did not: a page, Markdown, JSON, or a line a person
    Report(report::ReportArgs),
    /// Prints the exact bytes of a message of a run again, and says what has changed since
    Replay(replay::Replay),
    /// Deletes runs that are over
    Prune(prune::Prune),
    /// Takes those out of further mailings who unsubscribed
    ImportUnsubscribes(feedback::ImportUnsubscribes),
    /// Takes those out of further mailings whose mails bounced, or who complained
    ImportBounces(feedback::ImportBounces),
}

pub(super) fn run(
    command: CampaignCommand,
    global: &Global,
    output: &Output,
) -> Result<u8, Trouble> {
    match command {
        CampaignCommand::Plan(args) => plan::run(&args, global, output),
        CampaignCommand::Test(args) => test::run(&args, global, output),
        CampaignCommand::Render(args) => render::run(&args, global, output),
        CampaignCommand::Send(args) => send::send(&args, global, output),
        CampaignCommand::Resume(args) => send::resume(&args, global, output),
        CampaignCommand::Retry(args) => send::retry(&args, global, output),
        CampaignCommand::Status(args) => steer::status(&args, global, output),
        CampaignCommand::Pause(args) => steer::pause(&args, global, output),
        CampaignCommand::Rate(args) => steer::rate(&args, global, output),
        CampaignCommand::Cancel(args) => steer::cancel(&args, global, output),
        CampaignCommand::Report(args) => report::run(&args, global, output),
        CampaignCommand::Replay(args) => replay::run(&args, global, output),
        CampaignCommand::Prune(args) => prune::run(&args, global, output),
        CampaignCommand::ImportUnsubscribes(args) => feedback::unsubscribes(&args, global, output),
        CampaignCommand::ImportBounces(args) => feedback::bounces(&args, global, output),
    }
}

/// A campaign that was named by its file.
struct Named {
    project: Project,
    file: CampaignFile,
    /// The file's name without `.toml`.
    name: String,
}

impl Named {
    /// Reads the file, and opens the project it lies in unless another is named.
    fn open(path: &Path, global: &Global) -> Result<Named, Trouble> {
        let project = match (&global.project, path.parent()) {
            // A campaign's file knows its project: the one it lies in.
            (None, Some(parent)) if path.is_file() => Project::find(if parent == Path::new("") {
                Path::new(".")
            } else {
                parent
            })?,
            _ => open::project(global)?,
        };
        let file = read_file(path, &project)?;
        let name = path.file_stem().unwrap_or_default();
        Ok(Named {
            project,
            file,
            name: name.to_string_lossy().into_owned(),
        })
    }
}

fn read_file(path: &Path, project: &Project) -> Result<CampaignFile, Trouble> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let what = format!("cannot read {}: {error}", path.display());
        let known: Vec<String> = std::fs::read_dir(project.root().join("campaigns"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| format!("campaigns/{}", entry.file_name().to_string_lossy()))
            .collect();
        match nearest(&path.to_string_lossy(), known.iter().map(String::as_str)) {
            Some(near) => Trouble::with_help(what, format!("did you mean {near}?")),
            None if known.is_empty() => Trouble::told(what),
            None => Trouble::with_help(what, format!("campaigns: {}", known.join(", "))),
        }
    })?;
    let source = Source::new(path.display().to_string(), text);
    let file = CampaignFile::parse(&source)
        .map_err(|diagnostics| Trouble::File(path.display().to_string(), diagnostics))?;
    Ok(file)
}

/// The sinks that are named, else the project's own.
fn sinks(named: &[String], project: &Project) -> Result<Vec<SinkAddress>, Trouble> {
    let read = |text: &str| -> Result<SinkAddress, Trouble> {
        text.parse()
            .map_err(|error: crate::delivery::SinkAddressError| Trouble::told(error.to_string()))
    };
    if named.is_empty() {
        let via = project.config().send_via.iter();
        let root = absolute(project.root());
        return via.map(|text| Ok(read(text)?.under(&root))).collect();
    }
    // The run is resumed from anywhere.
    let here = absolute(Path::new("."));
    named
        .iter()
        .map(|text| Ok(read(text)?.under(&here)))
        .collect()
}

fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A run of the project by its name.
fn run_of(project: &Project, name: &str) -> Result<Run, Trouble> {
    Ok(Run::open(&runs_folder(project), name)?)
}

impl From<CampaignError> for Trouble {
    fn from(error: CampaignError) -> Trouble {
        match error {
            CampaignError::Project(error) => error.into(),
            CampaignError::Email(error) => error.into(),
            CampaignError::Data(error) => error.into(),
            CampaignError::Audience(found) => {
                Trouble::File("the campaign's audience".into(), found)
            }
            CampaignError::Store(error) => error.into(),
            other => Trouble::Told(other.to_string(), other.help()),
        }
    }
}
