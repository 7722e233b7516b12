//! An MJML document's tokens into HTML tokens.
