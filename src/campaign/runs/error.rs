//! What can go wrong with a campaign.

use std::path::{Path, PathBuf};

use crate::data::DataError;
use crate::delivery::{DeliveryError, SinkError};
use crate::diagnostic::Diagnostic;
use crate::email::EmailError;
use crate::project::ProjectError;
use crate::store::StoreError;

/// Why a campaign cannot be planned, sent or looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CampaignError {
    /// There is no run of this name.
    #[error("there is no run '{run}'")]
    Unknown {
        /// The name asked for.
        run: String,
        /// The runs there are.
        known: Vec<String>,
    },
    /// A run of this name exists.
    #[error("there is a run '{0}' already")]
    Taken(String),
    /// The name cannot be a folder's.
    #[error("'{0}' cannot name a run: use letters, digits, '.', '-' and '_'")]
    Name(String),
    /// Its plan was cut off before it was whole.
    #[error("the plan of the run '{0}' was cut off before it was whole; nothing of it was sent")]
    Unfinished(String),
    /// Another process sends it.
    #[error("another process is at the run '{0}'")]
    Busy(String),
    /// A file of the run is not what was planned.
    #[error("the run '{run}' is damaged: {what}; nothing is sent from it")]
    Damaged {
        /// The run.
        run: String,
        /// Which file, and how.
        what: String,
    },
    /// There are fewer codes than people who need one.
    #[error("the coupon {coupon} has {codes} codes left, and {people} people need one")]
    Codes {
        /// The coupon.
        coupon: String,
        /// Codes that nobody has yet.
        codes: usize,
        /// People who need one.
        people: usize,
    },
    /// Lists and segments that the campaign names and that cannot be used.
    #[error("the campaign names {} that cannot be used", if .0.len() == 1 { "a list or segment" } else { "lists and segments" })]
    Audience(Vec<Diagnostic>),
    /// Nothing is in the way of a plan but this.
    #[error("{what}")]
    Refused {
        /// What is wrong.
        what: String,
        /// What to do.
        help: String,
    },
    /// A file or folder.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The journal.
    #[error("the journal {} cannot be written or read: {source}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The project.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The email.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// The data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sink cannot be opened.
    #[error(transparent)]
    Sink(SinkError),
    /// A message.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

impl CampaignError {
    /// What to do next, if there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            CampaignError::Unknown { run, known } => {
                match crate::diagnostic::nearest(run, known.iter().map(String::as_str)) {
                    Some(near) => Some(format!("did you mean '{near}'?")),
                    None if known.is_empty() => {
                        Some("there are none yet: letterpress campaign plan FILE.toml".into())
                    }
                    None => Some(format!("runs: {}", known.join(", "))),
                }
            }
            CampaignError::Taken(run) => Some(format!(
                "to go on with it: letterpress campaign resume {run}"
            )),
            CampaignError::Unfinished(run) => Some(format!(
                "plan it again and send it: letterpress campaign resume {run}"
            )),
            CampaignError::Busy(run) => Some(format!(
                "watch it: letterpress campaign status {run} -w; stop it: letterpress campaign pause {run}"
            )),
            CampaignError::Codes { coupon, .. } => Some(format!(
                "add codes of {coupon} to coupons.csv, or reach fewer people with --limit"
            )),
            CampaignError::Journal { .. } => Some(
                "see that the disk has room and can be written; nothing is lost: letterpress campaign status tells what is left to send".into(),
            ),
            CampaignError::Refused { help, .. } => Some(help.clone()),
            _ => None,
        }
    }
}

/// Errors of files, with the file.
pub(in crate::campaign) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> CampaignError + '_ {
    move |source| CampaignError::Io {
        path: path.to_owned(),
        source,
    }
}
