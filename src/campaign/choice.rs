//! Whom a campaign's file names: its lists and segments, before consent and suppression are asked.

use jiff::Timestamp;

use super::CampaignFile;
use crate::audience::{Choice, Chosen};
use crate::diagnostic::Diagnostic;
use crate::project::{Project, ProjectError};

/// Who is in the lists and segments that a campaign includes, without those it excludes; None for a campaign that names none,
/// which is for everybody.
///
/// # Errors
/// All names that stand for nothing; or the data cannot be read.
pub fn chosen(
    project: &Project,
    file: &CampaignFile,
    now: Timestamp,
) -> Result<Result<Option<Chosen>, Vec<Diagnostic>>, ProjectError> {
    if file.include.is_empty() && file.exclude.is_empty() {
        return Ok(Ok(None));
    }
    let (audience, _) = project.audience()?;
    Ok(match Choice::new(audience, &file.include, &file.exclude) {
        Ok(choice) => Ok(Some(choice.choose(&*project.data()?.shop, now)?)),
        Err(unknown) => Err(unknown
            .into_iter()
            .map(|one| Diagnostic::error("unknown-audience", one.told).help(one.help))
            .collect()),
    })
}
