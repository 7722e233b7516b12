//! HTML tokens into the tokens of the text part.
use crate::language::Token;
use std::borrow::Cow;
pub fn from_html<'s>(tokens: &[Token<'s>]) -> Vec<Token<'s>> {
    tokens.to_vec()
}
pub fn of_fragment(html: &str) -> Cow<'_, str> {
    html.into()
}
pub fn tidy(text: &str) -> Cow<'_, str> {
    text.into()
}
