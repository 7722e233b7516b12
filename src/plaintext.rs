//! HTML tokens into the tokens of the text part.
