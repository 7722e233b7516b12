//! Emails: a folder of templates becomes an [`Email`], and an email renders for a [`Recipient`] in a [`World`].
//!
//! What is the same for a whole run is in the world; what belongs to one person is in the recipient; a render sees
//! nothing else, and gives one of three outcomes.

mod address;
mod batch;
mod body;
mod bunches;
mod door;
#[allow(clippy::module_inception)]
mod email;
mod engine;
mod findings;
mod in_place;
pub(crate) mod layouts;
mod list_id;
mod manifest;
mod outcome;
mod preheader;
mod recipient;
mod trace;
mod universal;
mod world;

pub use crate::data::is_address;
pub use crate::language::SkipReason;
pub use address::parse_mailbox;
pub use batch::{Batch, Summary, Turn};
#[cfg(all(feature = "mail", feature = "store"))]
pub(crate) use bunches::Bunches;
pub use email::Email;
#[cfg(all(feature = "mail", feature = "store"))]
pub(crate) use email::hexadecimal;
#[cfg(feature = "feedback")]
pub(crate) use email::message_id;
pub use engine::{Compiling, EmailError, Engine, EngineBuilder, Layouts};
pub use manifest::{Kind, Manifest, Text};
pub use outcome::{Failed, Header, Mailbox, Outcome, Rendered, Sizes, Skipped};
pub use recipient::{PropertyLink, Recipient};
pub use trace::EmailTrace;
pub(crate) use universal::{Blocks, Markup};
pub use world::{FixedWorld, World};
