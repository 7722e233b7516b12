//! What other processes ask of the one that sends: a small file in the run's folder, looked at several times a second.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Rates;
use crate::files::write_durably;

/// What is asked of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Want {
    /// To go on.
    #[default]
    Run,
    /// To wait.
    Pause,
    /// To end, and to send nothing more.
    Cancel,
}

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Control {
    pub(super) want: Want,
    /// Other rates than those of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rates: Option<Rates>,
}

impl Control {
    /// What is asked; to go on where nothing is, or what is there cannot be read.
    pub(super) fn read(path: &Path) -> Control {
        let text = fs::read_to_string(path).ok();
        text.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        write_durably(path, &serde_json::to_vec(self).map_err(io::Error::other)?)
    }
}
