//! A row that is not taken.

use std::ops::Range;

use super::source::LONGEST_SHOWN;

/// A row, or a record, that is not taken, with what a person needs to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The line that [`text`](Rejected::text) begins at, counted from 1.
    pub line: u64,
    /// The column of a CSV file, if one is to blame.
    pub column: Option<String>,
    /// What stands there; may be empty.
    pub value: String,
    /// One sentence.
    pub reason: String,
    /// The line, or its beginning: a record can be megabytes long.
    pub text: String,
    /// The bytes of `text` that the reason is about, where they are known; else empty.
    pub at: Range<usize>,
}

impl Rejected {
    /// A line that is not taken; `at` counts bytes of the line.
    pub(crate) fn line(
        line: u64,
        text: &[u8],
        at: Range<usize>,
        reason: impl Into<String>,
    ) -> Self {
        // What is wrong is shown even when it is far to the right.
        let shift = match at.start < LONGEST_SHOWN {
            true => 0,
            false => at.start - LONGEST_SHOWN / 2,
        };
        let shift = shift.min(text.len());
        let shown = &text[shift..text.len().min(shift + LONGEST_SHOWN)];
        let shown = shown.trim_ascii_end();
        let at = at.start - shift.min(at.start)..at.end.saturating_sub(shift);
        // Bytes that are no UTF-8 grow when they are replaced: the range moves along.
        let grown = |end: usize| String::from_utf8_lossy(&shown[..end.min(shown.len())]).len();
        let at = grown(at.start)..grown(at.end);
        let text = String::from_utf8_lossy(shown).into_owned();
        Rejected {
            line,
            column: None,
            value: brief(text.get(at.clone()).unwrap_or_default()),
            reason: reason.into(),
            at,
            text,
        }
    }

    /// A row of a CSV file, because of one cell.
    pub(crate) fn cell(
        line: u64,
        text: &[u8],
        column: &str,
        value: &str,
        reason: impl Into<String>,
    ) -> Self {
        let mut rejected = Rejected::line(line, text, 0..0, reason);
        // The cell as it stands in the row, if it is to be found there only once.
        let mut places = rejected.text.match_indices(value.trim());
        if let (false, Some((at, found)), None) =
            (value.trim().is_empty(), places.next(), places.next())
        {
            rejected.at = at..at + found.len();
        }
        rejected.column = Some(column.to_owned());
        rejected.value = brief(value);
        rejected
    }
}

/// The start of a text, for messages.
pub(crate) fn brief(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
