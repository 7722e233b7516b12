//! Why a file cannot be read at all.

use std::io;
use std::path::PathBuf;

use super::Kind;
use crate::diagnostic::Diagnostic;

/// Why a file cannot be read. Nothing of it is to be kept: what was handed over before is undone with the import.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no such file or folder.
    #[error("there is no file or folder {}", .path.display())]
    Missing {
        /// What was named.
        path: PathBuf,
    },
    /// It was there and is gone.
    #[error("{} was there a moment ago and is gone; import again when nothing moves files about", .path.display())]
    Vanished {
        /// What was to be read.
        path: PathBuf,
    },
    /// It may not be read.
    #[error("{} may not be read by this user; change its permissions (chmod u+r) or run as its owner", .path.display())]
    Forbidden {
        /// The file or folder.
        path: PathBuf,
    },
    /// The operating system's other answers.
    #[error("cannot read {name}: {source}")]
    Io {
        /// The input.
        name: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// A folder where one file is read.
    #[error("{} is a folder where a file is expected; name a file in it", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// No text at all.
    #[error("{name} is {what}, not JSON or CSV; {instead}")]
    NotText {
        /// The input.
        name: String,
        /// What it looks like: `a PNG picture`.
        what: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// A compressed file that ends too early.
    #[error(
        "{name} is cut off: its compressed data ends in the middle; nothing of it is imported, get the file again"
    )]
    Truncated {
        /// The input.
        name: String,
    },
    /// A compressed file that cannot be unpacked.
    #[error("{name} cannot be unpacked: {reason}; nothing of it is imported, get the file again")]
    Corrupt {
        /// The input.
        name: String,
        /// What the decoder says.
        reason: String,
    },
    /// A compressed file that grows without measure.
    #[error(
        "{name} grows from {packed} to more than {unpacked} bytes when it is unpacked, as no export does; if that is right, unpack it first and import the plain file"
    )]
    Bomb {
        /// The input.
        name: String,
        /// Bytes read.
        packed: u64,
        /// Bytes that came out of them so far.
        unpacked: u64,
    },
    /// A line that is too long to be a record.
    #[error(
        "{name}: line {line} is longer than {limit} MB; write one record a line (for JSON: jq -c '.[]')"
    )]
    LongLine {
        /// The input.
        name: String,
        /// Counted from 1.
        line: u64,
        /// In megabytes.
        limit: usize,
    },
    /// A JSON document over many lines, or a row of CSV, that is too large.
    #[error("{name}: the {what} that begins at line {line} is larger than {limit} MB; {instead}")]
    Large {
        /// The input.
        name: String,
        /// `document` or `row`.
        what: &'static str,
        /// Counted from 1.
        line: u64,
        /// In megabytes.
        limit: usize,
        /// What to do.
        instead: &'static str,
    },
    /// What the file holds is not to be told.
    #[error(
        "what {name} holds is not to be told from its name or its first record; say so with --kind: {}",
        Kind::choices()
    )]
    UnknownKind {
        /// The input.
        name: String,
    },
    /// The head of a CSV file is not what it should be.
    #[error("{name}: {reason}")]
    Head {
        /// The input.
        name: String,
        /// One or two sentences.
        reason: String,
    },
    /// A column that says who may be mailed, and nobody said how to read it.
    #[error(
        "{name}: the column '{column}' looks like it says who may be mailed ({values}), and people who said no must not be; {instead}"
    )]
    Consent {
        /// The input.
        name: String,
        /// The head of the column.
        column: String,
        /// Up to three of its values with counts.
        values: String,
        /// How to say what it means.
        instead: String,
    },
    /// A file that seems to hold people who must not be mailed, and nothing in it says so.
    #[error(
        "{name} is named like a file of people who must not be mailed, and none of its columns says so; \
         in a map, say what they are: every_row = {{ suppression = \"USER_SUPPRESSED\" }}, or {{ consent = \"unsubscribed\" }}, or {{}} if they may be mailed"
    )]
    Suppressed {
        /// The input.
        name: String,
    },
    /// A map of columns that is broken or does not fit.
    #[error("{}", .0.first().map_or_else(String::new, ToString::to_string))]
    Map(Vec<Diagnostic>),
    /// The one who took the records wanted no more; never leaves this room.
    #[error("stopped")]
    #[doc(hidden)]
    Stopped,
}

impl ReadError {
    /// What the operating system said about a file or folder.
    pub(crate) fn of_path(path: &std::path::Path, source: io::Error) -> ReadError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => ReadError::Missing { path },
            io::ErrorKind::PermissionDenied => ReadError::Forbidden { path },
            io::ErrorKind::IsADirectory => ReadError::Folder { path },
            _ => ReadError::Io {
                name: path.display().to_string(),
                source,
            },
        }
    }
}
