//! Tables on the screen that stay straight whatever stands in them.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use crate::diagnostic::printable;

/// To which side of its column a cell is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// A table of `N` columns: a heading, and rows of cells.
///
/// Columns are as wide as what is in them takes on a screen: 茶 takes two places, an accent none. Control characters are
/// written out. A cell in a script from right to left stands by itself, so that the cells beside it keep their places.
#[derive(Debug)]
pub(super) struct Table<const N: usize> {
    sides: [Side; N],
    /// Columns of which nothing may be cut: what people copy.
    whole: Vec<usize>,
    indent: usize,
    rows: Vec<[String; N]>,
}

/// Columns are cut to no less than this.
const NARROWEST: usize = 12;

impl<const N: usize> Table<N> {
    pub(super) fn new(columns: [(&str, Side); N]) -> Table<N> {
        let mut table = Table::bare(columns.map(|(_, side)| side));
        table.rows.push(columns.map(|(name, _)| name.to_owned()));
        table
    }

    /// A table without a heading.
    pub(super) fn bare(sides: [Side; N]) -> Table<N> {
        Table {
            sides,
            whole: Vec::new(),
            indent: 0,
            rows: Vec::new(),
        }
    }

    /// Below a title.
    pub(super) fn indented(mut self) -> Table<N> {
        self.indent = 2;
        self
    }

    /// With a column that is never cut.
    pub(super) fn whole(mut self, column: usize) -> Table<N> {
        self.whole.push(column);
        self
    }

    pub(super) fn row(&mut self, cells: [String; N]) {
        self.rows
            .push(cells.map(|cell| printable(&cell.replace('\t', " "))));
    }

    /// Printed, its lines no longer than a width if cutting the longest cells helps.
    pub(super) fn within(&self, width: Option<usize>) -> String {
        let mut widths: [usize; N] = std::array::from_fn(|column| {
            let cells = self.rows.iter().map(|row| row[column].width());
            cells.max().unwrap_or(0)
        });
        let most = width.unwrap_or(usize::MAX);
        loop {
            let taken = self.indent + widths.iter().sum::<usize>() + 2 * N.saturating_sub(1);
            let cut = |column: &usize| {
                self.sides[*column] == Side::Left
                    && !self.whole.contains(column)
                    && widths[*column] > NARROWEST
            };
            let longest = (0..N).filter(cut).max_by_key(|column| widths[*column]);
            match longest {
                Some(column) if taken > most => {
                    let less = widths[column] - (taken - most).min(widths[column]);
                    widths[column] = less.max(NARROWEST).max(self.next_widest(&widths, column));
                }
                _ => break,
            }
        }
        let mut text = String::new();
        for row in &self.rows {
            let mut line = " ".repeat(self.indent);
            for (column, cell) in row.iter().enumerate() {
                let cell = cut(cell, widths[column]);
                let gap = " ".repeat(widths[column].saturating_sub(cell.width()));
                let cell = apart(&cell);
                match self.sides[column] {
                    Side::Left => line.extend([&*cell, &gap]),
                    Side::Right => line.extend([&*gap, &cell]),
                }
                line.push_str("  ");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The width to which the longest column is cut before the next one is cut, too: a little less than that one has.
    fn next_widest(&self, widths: &[usize; N], longest: usize) -> usize {
        let others = (0..N).filter(|column| {
            *column != longest && self.sides[*column] == Side::Left && !self.whole.contains(column)
        });
        let next = others.map(|column| widths[column]).max().unwrap_or(0);
        next.min(widths[longest] - 1)
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.within(None))
    }
}

/// A cell of at most a width, an ellipsis where it was cut.
fn cut(cell: &str, most: usize) -> String {
    if cell.width() <= most {
        return cell.to_owned();
    }
    let mut kept = String::new();
    for c in cell.chars() {
        kept.push(c);
        if kept.width() + 1 > most {
            kept.pop();
            break;
        }
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// A cell with letters from right to left, isolated (Unicode's UAX #9): else the numbers after it would move before it.
fn apart(cell: &str) -> String {
    let from_right = |c: char| {
        matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    };
    match cell.chars().any(from_right) {
        true => format!("\u{2068}{cell}\u{2069}"),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_cells_are_cut_and_what_is_copied_is_not() {
        let mut table = Table::new([
            ("name", Side::Left),
            ("note", Side::Left),
            ("n", Side::Right),
            ("tag", Side::Left),
        ])
        .whole(3);
        let tag = "{{ event.extra.line_items.0.title }}";
        table.row(["抹茶抹茶抹茶抹茶", &"long ".repeat(20), "7", tag].map(str::to_owned));
        table.row(["a", "b", "12", "{{ a }}"].map(str::to_owned));
        let lines = |width: usize| table.within(Some(width));
        let said = lines(80);
        let expected = [
            "name              note                   n  tag",
            "抹茶抹茶抹茶抹茶  long long long long…   7  {{ event.extra.line_items.0.title }}",
            "a                 b                     12  {{ a }}",
        ];
        assert_eq!(said.lines().collect::<Vec<_>>(), expected);
        let narrow = lines(20);
        let expected = [
            "name          note           n  tag",
            "抹茶抹茶抹…   long long l…   7  {{ event.extra.line_items.0.title }}",
            "a             b             12  {{ a }}",
        ];
        assert_eq!(narrow.lines().collect::<Vec<_>>(), expected);
        assert_eq!(table.within(Some(500)), table.to_string());
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
    }

    #[test]
    fn columns_stay_straight() {
        let mut table = Table::new([
            ("id", Side::Left),
            ("title", Side::Left),
            ("n", Side::Right),
        ]);
        for (id, title, n) in [
            ("1", "茶", "7"),
            ("22", "Thé\u{301}", "10"),
            ("3", "\u{1b}[2Jtea\n", "1"),
            ("4", "שלום", "12"),
        ] {
            table.row([id, title, n].map(str::to_owned));
        }
        let expected = [
            "id  title            n",
            "1   茶               7",
            "22  Thé\u{301}             10",
            "3   \\u{1b}[2Jtea\\n   1",
            "4   \u{2068}שלום\u{2069}            12",
        ];
        let said = table.to_string();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines, expected);
    }
}
