//! From a rendered email to a message that leaves the house: MIME bytes, [`lettre::Message`], and sinks that take them.
//!
//! Everything here is deterministic: the same [`Rendered`](crate::email::Rendered) gives the same bytes, because date,
//! Message-ID and boundary come from it and not from a clock or a random source.

mod error;
mod file_name;
mod folder;
mod gallery;
mod head;
mod header;
mod letter;
mod message;
mod part;
mod party;
mod pictures;
mod prepare;
mod quoted_printable;

pub use error::DeliveryError;
pub use folder::{DirSink, FolderOptions};
pub use letter::{Letter, letter};
pub use message::{eml, message};
pub use part::Part;
pub use prepare::{Prepared, Preparer};
