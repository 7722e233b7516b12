//! From a rendered email to a message that leaves the house: MIME bytes, [`lettre::Message`], and sinks that take them.
//!
//! Everything here is deterministic: the same [`Rendered`](crate::email::Rendered) gives the same bytes, because date,
//! Message-ID and boundary come from it and not from a clock or a random source.
//!
//! A [`SinkAddress`] opens a [`Sink`], which gives each thread a [`Connection`], which takes one [`Letter`] after the other and
//! says with a [`Verdict`] what became of it.

mod compose;
#[cfg(feature = "smtp")]
mod dots;
mod eml_files;
mod error;
mod file_name;
mod folder;
mod gallery;
mod head;
mod header;
mod letter;
mod letter_files;
mod lines;
mod maildir;
mod mbox;
mod message;
mod null;
mod part;
mod party;
mod pictures;
mod prepare;
mod quoted_printable;
mod sink;
mod sink_address;
#[cfg(feature = "smtp")]
mod smtp;
mod smtp_address;
#[cfg(feature = "smtp")]
mod smtp_session;
mod whole_file;

pub use compose::letter;
pub use error::DeliveryError;
pub use folder::{DirSink, FolderOptions};
pub use letter::Letter;
pub use message::{eml, message};
pub use part::Part;
pub use prepare::{Prepared, Preparer};
pub use sink::{Connection, Reply, Sink, SinkError, Stage, Verdict};
pub use sink_address::{SinkAddress, SinkAddressError};
pub use smtp_address::{Pipelining, SmtpAddress, Tls};
