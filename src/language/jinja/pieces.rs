//! Places in what minijinja reads, as places in files.

use std::ops::Range;

use crate::language::lexer::Token;
use crate::language::span::Span;

/// The tokens that a source was joined from.
#[derive(Debug)]
pub(super) struct Pieces(Vec<Piece>);

#[derive(Debug)]
struct Piece {
    /// Where it ends in the source.
    end: usize,
    length: usize,
    at: Span,
}

impl Pieces {
    /// Those of a template, and the source.
    pub(super) fn joined(tokens: &[Token<'_>]) -> (Pieces, String) {
        let mut source = String::with_capacity(tokens.iter().map(|t| t.text.len()).sum());
        let mut pieces = Vec::with_capacity(tokens.len());
        for token in tokens {
            source.push_str(&token.text);
            pieces.push(Piece {
                end: source.len(),
                length: token.text.len(),
                at: token.span,
            });
        }
        (Pieces(pieces), source)
    }

    /// The place of a range in the source: in the piece in which it starts.
    pub(super) fn locate(&self, range: &Range<usize>) -> Span {
        let number = self.0.partition_point(|piece| piece.end <= range.start);
        let Some(piece) = self.0.get(number).or(self.0.last()) else {
            return Span::default();
        };
        // What MJML made of a text has no bytes of its own in the file.
        if (piece.at.end - piece.at.start) as usize != piece.length {
            return piece.at;
        }
        let from = piece.end - piece.length;
        let start = range.start.saturating_sub(from).min(piece.length);
        let end = range.end.saturating_sub(from).clamp(start, piece.length);
        piece.at.part(start, end)
    }
}
