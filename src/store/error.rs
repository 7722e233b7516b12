//! What can go wrong with the store.

use std::path::{Path, PathBuf};

use super::read::ReadError;
use crate::data::DataError;

/// Why the store could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file was made by a later version of the program.
    #[error(
        "{} was made by a newer letterpress (store version {found}, this one reads {known}); update letterpress",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The file is damaged, or no store at all.
    #[error(
        "{} is damaged or no store of letterpress ({reason}); move it away: the data folder is read anew, imports must be run again",
        path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        reason: String,
    },
    /// Another process writes to it, and took too long.
    #[error("another letterpress writes to {}; try again when it has finished", .0.display())]
    Busy(PathBuf),
    /// No room, or no right to write.
    #[error("cannot write {}: {reason}; nothing was changed", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        reason: String,
    },
    /// The database failed in another way.
    #[error("the store {} failed: {source}", path.display())]
    Database {
        /// The file; empty for a store in memory.
        path: PathBuf,
        /// SQLite's words.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file of the data folder, or one that is imported, cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What was stored cannot be read back.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A folder or a file beside the store.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// What it is about.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::ErrorCode;
        let path = PathBuf::new();
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                StoreError::Broken { path, reason }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy(path),
            Some(
                ErrorCode::DiskFull
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::SystemIoFailure
                | ErrorCode::PermissionDenied,
            ) => StoreError::Write { path, reason },
            _ => StoreError::Database {
                path,
                source: Box::new(error),
            },
        }
    }
}

impl StoreError {
    /// The error of the store in this file.
    pub(super) fn of(mut self, file: Option<&Path>) -> StoreError {
        if let StoreError::Newer { path, .. }
        | StoreError::Broken { path, .. }
        | StoreError::Busy(path)
        | StoreError::Write { path, .. }
        | StoreError::Database { path, .. } = &mut self
        {
            *path = file.unwrap_or(Path::new("in memory")).to_owned();
        }
        self
    }

    /// As an answer of one of `data`'s traits.
    pub(super) fn lookup(self) -> DataError {
        match self {
            StoreError::Data(error) => error,
            other => DataError::Lookup(Box::new(other)),
        }
    }
}
