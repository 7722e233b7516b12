//! What can go wrong when data is read.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source};

/// Why data could not be read.
///
/// ```
/// use letterpress::data::{DataError, Profile};
/// let error = Profile::from_json(r#"{"email": ["ada@example.com"]}"#).unwrap_err();
/// assert_eq!(error.to_string(), "'email' is a list where a text is expected");
/// assert!(matches!(error, DataError::Record { at, .. } if at == (10..29)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file or folder could not be read at all.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// What was to be read.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// One record (a line of JSON) is not what it should be.
    #[error("{message}")]
    Record {
        /// One sentence.
        message: String,
        /// The bytes of the record that it is about.
        at: Range<usize>,
        /// What to do about it, if that is known.
        help: Option<String>,
    },
    /// A TOML file of the data folder is broken.
    #[error("{0}")]
    Toml(Box<Diagnostic>),
    /// A database behind one of the lookup traits failed.
    #[error("{0}")]
    Lookup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl DataError {
    pub(crate) fn record(message: impl Into<String>, at: Range<usize>) -> DataError {
        DataError::Record {
            message: message.into(),
            at,
            help: None,
        }
    }

    pub(crate) fn with_help(self, text: impl Into<String>) -> DataError {
        match self {
            DataError::Record { message, at, .. } => DataError::Record {
                message,
                at,
                help: Some(text.into()),
            },
            other => other,
        }
    }

    /// The error as a diagnostic of severity *warning* that points into `source`, the record's text.
    ///
    /// ```
    /// use letterpress::{data::Event, diagnostic::Source};
    /// let line = r#"{"metric": "Placed Order", "time": "soon"}"#;
    /// let source = Source::piece("events.jsonl", line, 41);
    /// let finding = Event::from_json(line).unwrap_err().diagnostic(&source);
    /// assert_eq!(finding.to_string(), "events.jsonl:41:36: warning[broken-record]: 'time' is no time: soon");
    /// ```
    pub fn diagnostic(&self, source: &Arc<Source>) -> Diagnostic {
        match self {
            DataError::Record { message, at, help } => {
                let finding = Diagnostic::warning("broken-record", message.clone())
                    .at(source.location(at.clone()), "");
                match help {
                    Some(text) => finding.help(text.clone()),
                    None => finding,
                }
            }
            DataError::Toml(diagnostic) => (**diagnostic).clone(),
            other => Diagnostic::error("unreadable-data", other.to_string()),
        }
    }
}
