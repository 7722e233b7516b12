//! Bringing data in: files of all kinds become records.
//!
//! | file | what is in it |
//! |---|---|
//! | `read` | files, compressed or not, cut into records that `data` reads |

// What it gives is called by the import.
#[allow(dead_code)]
pub(crate) mod read;

pub use read::{Kind, Map, ReadError, Rejected};
