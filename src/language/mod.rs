//! Klaviyo's template language (Django's, with Klaviyo's tags and filters).

mod lexer;
mod span;

pub use lexer::{Token, TokenKind, lex, lex_at};
pub use span::{FileId, Sources, Span};
