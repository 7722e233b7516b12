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
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(super) fn new(columns: [(&str, Side); N]) -> Table<N> {
        Table {
            sides: columns.map(|(_, side)| side),
            rows: vec![columns.map(|(name, _)| name.to_owned())],
        }
    }

    pub(super) fn row(&mut self, cells: [String; N]) {
        self.rows
            .push(cells.map(|cell| printable(&cell.replace('\t', " "))));
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].width());
            cells.max().unwrap_or(0)
        };
        let widths: [usize; N] = std::array::from_fn(width);
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let gap = " ".repeat(widths[column].saturating_sub(cell.width()));
                let cell = apart(cell);
                match self.sides[column] {
                    Side::Left => line.extend([&*cell, &gap]),
                    Side::Right => line.extend([&*gap, &cell]),
                }
                line.push_str("  ");
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
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
