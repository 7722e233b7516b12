//! Where the keys that sign links come from: the environment, or a file made at first use.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::files::private_folder;
use crate::links::{Keys, LinkError};

/// The environment variable: `id:base64,…`.
const VARIABLE: &str = "LETTERPRESS_LINK_KEYS";

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// What is there is no list of keys.
    #[error("{place}: {error}")]
    Wrong {
        /// The variable or the file.
        place: String,
        /// What is wrong.
        error: LinkError,
    },
    /// The file cannot be read or made.
    #[error("cannot make or read the keys of links at {place}: {error}")]
    Io {
        /// The file.
        place: String,
        /// What the system says.
        error: io::Error,
    },
}

/// The keys of a project: `LETTERPRESS_LINK_KEYS`, else `.letterpress/keys` under `root`, made with a fresh secret if it
/// does not exist, readable by its owner only.
pub(super) fn keys(root: &Path) -> Result<Keys, KeysError> {
    if let Some(text) = std::env::var(VARIABLE)
        .ok()
        .filter(|text| !text.trim().is_empty())
    {
        return Keys::parse(&text).map_err(|error| KeysError::Wrong {
            place: VARIABLE.into(),
            error,
        });
    }
    let path = root.join(".letterpress/keys");
    let text = read_or_make(&path).map_err(|error| KeysError::Io {
        place: path.display().to_string(),
        error,
    })?;
    Keys::parse(&text).map_err(|error| KeysError::Wrong {
        place: path.display().to_string(),
        error,
    })
}

/// Keys of this run alone, for looking at emails where no file can be written.
pub(super) fn spare() -> Option<Keys> {
    let mut secret = [0u8; 32];
    getrandom::fill(&mut secret).ok()?;
    Keys::parse(&format!("preview:{}", STANDARD.encode(secret))).ok()
}

fn read_or_make(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
    }
    let mut secret = [0u8; 32];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    let text = format!("k1:{}\n", STANDARD.encode(secret));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            Ok(text)
        }
        // Another run was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::read_to_string(path),
        Err(error) => Err(error),
    }
}
