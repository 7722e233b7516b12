//! An embedded database behind `data`'s traits: what is imported, what the data folder says, found quickly.
//!
//! | file | what is in it |
//! |---|---|
//! | `open`, `schema.sql`, `event_indexes.sql` | making the database, bringing it up to date |
//! | `read` | files: JSON lines, pages, CSV, compressed ones |
//! | `folder` | the data folder, which is declarative: what is gone from a file is gone from the store |
//! | `file_rows`, `findings` | what the store has of one of its files; what is wrong with its lines |
//! | `import` | what `data import` brings, which is kept until it is forgotten |
//! | `take`, `row`, `write`, `events`, `records`, `sequence` | records, and how they get into tables |
//! | `spelled`, `goods`, `noticed` | metrics as events spell them; the catalog; what is odd about all data together |
//! | `settle` | whose the lines are, and what is known of each person |
//! | `repeats` | events that are told twice |
//! | `changes` | prices and stock that changed |
//! | `lookup`, `pages`, `search` | `data`'s traits |
//! | `forget` | taking a person out |
//!
//! Lines are stored as they were read. What is known of a person is made from all lines about them, so that taking a line
//! away is the same as if it had never been there. One connection serves all threads, one question at a time; what a render
//! needs while it runs (the catalog) is read into memory once.

mod changes;
mod error;
mod events;
mod file_rows;
mod findings;
mod folder;
mod forget;
mod goods;
mod import;
mod lookup;
mod noticed;
mod open;
mod pages;
mod read;
mod records;
mod repeats;
mod row;
mod search;
mod sequence;
mod settle;
mod spelled;
mod take;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::Connection;

use crate::data::Goods;

pub use changes::{CatalogChange, CatalogField};
pub use error::StoreError;
pub use forget::Forgotten;
pub use import::{Counts, ImportOptions, Report, Watch, propose_map};
pub use read::{Kind, Map, ReadError, Rejected};

/// The number of the first import; lesser ones are files of the data folder.
const IMPORTS: i64 = 1_000_000;

/// A shop's data in an embedded database.
#[derive(Debug)]
pub struct Store {
    connection: Mutex<Connection>,
    path: Option<PathBuf>,
    /// The data folder, as it was named.
    folder: Option<PathBuf>,
    bulk_from: u64,
    goods: OnceLock<Goods>,
    metrics: OnceLock<Arc<spelled::Spelled>>,
}

impl Store {
    /// The file; None for a store in memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Whether it is gone with its process.
    pub fn is_in_memory(&self) -> bool {
        self.path.is_none()
    }

    /// From how many bytes of files on events are loaded without indexes, which are made afterwards (32 MiB unless this says
    /// otherwise); files that are smaller than the store never are.
    pub fn with_bulk_from(mut self, bytes: u64) -> Store {
        self.bulk_from = bytes;
        self
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic in another thread leaves no transaction open: they roll back when they are dropped.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
