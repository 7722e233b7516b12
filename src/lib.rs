//! doc
pub mod campaign;
pub mod data;
pub mod diagnostic;
pub mod email;
pub mod feeds;
pub mod language;
pub mod links;
pub mod mjml;
pub mod plaintext;
pub mod project;
mod settings;
pub mod value;
