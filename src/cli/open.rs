//! What several commands begin with: the project, the clock.

use std::path::Path;

use jiff::ZonedDateTime;
use jiff::tz::TimeZone;

use super::Global;
use super::output::{Output, Trouble};
use crate::project::{Project, ProjectError, moment};

/// The project that the flags name, or the one around here.
pub(super) fn project(global: &Global) -> Result<Project, Trouble> {
    Ok(match &global.project {
        Some(path) => Project::open(path)?,
        None => Project::find(Path::new("."))?,
    })
}

/// The project, or None where there is none and none was named.
pub(super) fn project_if_any(global: &Global) -> Result<Option<Project>, Trouble> {
    match project(global) {
        Err(Trouble::Project(ProjectError::NotFound(_))) if global.project.is_none() => Ok(None),
        other => other.map(Some),
    }
}

/// `--now` in the account's zone, else the time of day.
pub(super) fn now(global: &Global, zone: &TimeZone) -> Result<ZonedDateTime, Trouble> {
    match &global.now {
        None => Ok(ZonedDateTime::now().with_time_zone(zone.clone())),
        Some(text) => moment(text, zone).ok_or_else(|| {
            Trouble::with_help(
                format!("--now: '{text}' is no time"),
                "write one like 2026-11-20T18:00:00Z, 2026-11-20T18:00 or 2026-11-20",
            )
        }),
    }
}

/// The project's data; what is wrong with single lines is said once.
pub(super) fn say_findings(project: &Project, output: &Output) -> Result<(), Trouble> {
    output.diagnostics(&project.data()?.findings);
    Ok(())
}
