//! doc
pub mod data;
#[cfg(feature = "mail")]
pub mod delivery;
pub mod diagnostic;
pub mod email;
pub mod feeds;
pub mod language;
pub mod links;
pub mod mjml;
pub mod plaintext;
pub mod value;
