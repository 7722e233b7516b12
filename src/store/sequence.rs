//! What is imported about somebody or something again: whether it is what was said last, line for line, or news.

/// The lines of earlier imports about one person or thing, and how far the lines of this one have said the same.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    /// Row and hash, in their order.
    known: Vec<(i64, i64)>,
    /// Where in `known` the next line would have to stand.
    next: Vec<usize>,
    /// Rows that were said again, and the number of the line.
    again: Vec<(i64, i64)>,
    /// Whether something new was said, behind which all that follows stands.
    news: bool,
}

/// What is to be done about a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Rows that now stand at the place of another line.
    pub(super) moved: Vec<(i64, i64)>,
    /// The row that says the same; None for what was never said.
    pub(super) known: Option<i64>,
}

impl Sequence {
    pub(super) fn new(known: Vec<(i64, i64)>) -> Sequence {
        Sequence {
            known,
            ..Sequence::default()
        }
    }

    /// Whether it can be forgotten: one line at most was known, so what follows needs no memory.
    pub(super) fn is_plain(&self) -> bool {
        self.known.len() < 2 && !self.news
    }

    /// The next line about it.
    pub(super) fn step(&mut self, hash: i64, line: i64) -> Step {
        let said = |at: &usize| self.known.get(*at).is_some_and(|(_, known)| *known == hash);
        let known = self.known.iter().rfind(|(_, known)| *known == hash);
        let known = known.map(|(row, _)| *row);
        if !self.news {
            let start: Vec<usize> = match self.again.is_empty() {
                true => (0..self.known.len()).collect(),
                false => self.next.clone(),
            };
            let next: Vec<usize> = start
                .iter()
                .filter(|at| said(at))
                .map(|at| at + 1)
                .collect();
            if let (false, Some(row)) = (next.is_empty(), known) {
                self.next = next;
                self.again.push((row, line));
                return Step {
                    moved: Vec::new(),
                    known,
                };
            }
            self.news = true;
            let mut moved = match self.is_said_to_the_end() {
                true => Vec::new(),
                false => std::mem::take(&mut self.again),
            };
            moved.extend(known.map(|row| (row, line)));
            return Step { moved, known };
        }
        Step {
            moved: known.map(|row| (row, line)).into_iter().collect(),
            known,
        }
    }

    fn is_said_to_the_end(&self) -> bool {
        self.again.is_empty() || self.next.contains(&self.known.len())
    }

    /// Rows that have to move because the import ended before it had said all that was said last.
    pub(super) fn end(self) -> Vec<(i64, i64)> {
        match self.news || self.is_said_to_the_end() {
            true => Vec::new(),
            false => self.again,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is moved and what is new when lines with these hashes come again.
    fn run(known: &str, lines: &str) -> (String, String) {
        let hash = |c: char| c as i64;
        let mut sequence = Sequence::new(
            (0..)
                .zip(known.chars())
                .map(|(row, c)| (row, hash(c)))
                .collect(),
        );
        let (mut moved, mut new) = (Vec::new(), String::new());
        for (line, c) in (0..).zip(lines.chars()) {
            let step = sequence.step(hash(c), line);
            moved.extend(step.moved);
            if step.known.is_none() {
                new.push(c);
            }
        }
        moved.extend(sequence.end());
        let name = |row: i64| known.chars().nth(row as usize).unwrap();
        (moved.iter().map(|(row, _)| name(*row)).collect(), new)
    }

    #[test]
    fn what_was_said_last_is_no_news() {
        for (known, lines, moved, new) in [
            ("", "a", "", "a"),
            ("a", "a", "", ""),
            ("ab", "ab", "", ""),
            ("ab", "b", "", ""),
            ("xab", "ab", "", ""),
            ("abab", "ab", "", ""),
            // It is again as it was.
            ("ab", "a", "a", ""),
            ("ab", "ba", "a", ""),
            ("a", "ab", "", "b"),
            ("ab", "ac", "a", "c"),
            ("ab", "abc", "", "c"),
            ("ab", "ca", "a", "c"),
        ] {
            assert_eq!(
                run(known, lines),
                (moved.to_owned(), new.to_owned()),
                "{known} {lines}"
            );
        }
    }
}
