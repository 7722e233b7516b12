//! What is asked of a plan, and the folder it is made in.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::at;
use super::run::{Folder, Lock, is_name};
use super::{CampaignError, PlanOptions};
use crate::delivery::SinkAddress;
use crate::files::{private_folder, write_durably};

/// What was asked of a plan: written before anything else, so that a plan that was cut off can be made again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PlanRequest {
    /// The campaign's file.
    pub file: PathBuf,
    /// Only so many people.
    pub limit: Option<u64>,
    /// Where messages go.
    pub sinks: Vec<SinkAddress>,
    /// The time of the run.
    pub now: Timestamp,
}

impl PlanRequest {
    /// What was asked of a run's plan, if that is known.
    pub fn of(runs: &Path, run: &str) -> Option<PlanRequest> {
        let path = runs.join(run).join(REQUEST);
        let text = fs::read_to_string(path).ok().filter(|_| is_name(run))?;
        serde_json::from_str(&text).ok()
    }

    pub(super) fn write(&self, folder: &Folder) -> Result<(), CampaignError> {
        let path = folder.0.join(REQUEST);
        let json = serde_json::to_vec(self).map_err(io::Error::other);
        json.and_then(|json| write_durably(&path, &json))
            .map_err(at(&path))
    }
}

const REQUEST: &str = "request.json";

/// Makes the run's folder and locks it; one that a plan left behind that was cut off is made again.
pub(super) fn make_folder(
    runs: &Path,
    name: &str,
    options: &PlanOptions<'_>,
) -> Result<(Folder, String, Lock), CampaignError> {
    private_folder(runs).map_err(at(runs))?;
    let base = match &options.run {
        Some(run) if !is_name(run) => return Err(CampaignError::Name(run.clone())),
        Some(run) => run.clone(),
        None => {
            let plain = |c: char| if c.is_alphanumeric() { c } else { '-' };
            let name: String = name.chars().map(plain).take(80).collect();
            format!("{}-{name}", options.now.date())
        }
    };
    for number in 1.. {
        let run = match number {
            1 => base.clone(),
            number => format!("{base}-{number}"),
        };
        let folder = Folder(runs.join(&run));
        let taken = folder.settings().exists();
        if !taken {
            private_folder(&folder.0).map_err(at(&folder.0))?;
            match Lock::take(&folder, &run) {
                Ok(lock) if !folder.settings().exists() => {
                    clear(&folder)?;
                    return Ok((folder, run, lock));
                }
                Ok(_) => {}
                Err(CampaignError::Busy(_)) if options.run.is_none() => continue,
                Err(error) => return Err(error),
            }
        }
        if options.run.is_some() {
            return Err(CampaignError::Taken(run));
        }
    }
    Err(CampaignError::Taken(base))
}

/// Removes all but the lock.
fn clear(folder: &Folder) -> Result<(), CampaignError> {
    for entry in fs::read_dir(&folder.0).map_err(at(&folder.0))? {
        let path = entry.map_err(at(&folder.0))?.path();
        let removed = match path.is_dir() {
            true => fs::remove_dir_all(&path),
            false if path.ends_with("lock") => Ok(()),
            false => fs::remove_file(&path),
        };
        removed.map_err(at(&path))?;
    }
    Ok(())
}
