//! What the store has of one file of the data folder: which rows stay when the file is read again, which go.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::StoreError;
use super::repeats::everybody;
use super::write::Writer;

/// The rows of a file that are in the store, by the hash of their line.
pub(super) struct Rows {
    /// Table, row, line.
    all: HashMap<i64, Vec<(Table, i64, i64)>>,
    kept: HashSet<(i64, i64)>,
    moved: Vec<(Table, i64, i64)>,
    /// Lines about people that stay.
    people: Vec<i64>,
    /// The line that a row stood at when the file was last read, of the last row that stays: people, events.
    last: [i64; 2],
    /// Whether rows that stay changed places among themselves: which of somebody's lines is the later one, and which of two
    /// events the first, may be another now.
    shuffled: [bool; 2],
    /// Lists, coupons and postal codes have no hashes: they are read anew.
    others: bool,
}

#[derive(Debug, Clone, Copy)]
enum Table {
    Profile,
    Event,
    Record,
}

impl Rows {
    pub(super) fn of(connection: &Connection, source: i64) -> Result<Rows, StoreError> {
        let mut all: HashMap<i64, Vec<(Table, i64, i64)>> = HashMap::new();
        for (table, sql) in [
            (
                Table::Profile,
                "SELECT hash, line_id, line FROM profile WHERE source = ? ORDER BY line DESC",
            ),
            (
                Table::Event,
                "SELECT hash, event, line FROM event WHERE source = ? ORDER BY line DESC",
            ),
            (
                Table::Record,
                "SELECT hash, record, line FROM record WHERE source = ? ORDER BY line DESC",
            ),
        ] {
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.query([source])?;
            while let Some(row) = rows.next()? {
                let of_hash = all.entry(row.get(0)?).or_default();
                of_hash.push((table, row.get(1)?, row.get(2)?));
            }
        }
        let others: bool = connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM list WHERE source = ?1) OR EXISTS (SELECT 1 FROM member WHERE source = ?1) OR EXISTS (SELECT 1 FROM coupon WHERE source = ?1)
             OR EXISTS (SELECT 1 FROM postal_code WHERE source = ?1)",
            [source],
            |row| row.get(0),
        )?;
        Ok(Rows {
            all,
            kept: HashSet::new(),
            moved: Vec::new(),
            people: Vec::new(),
            last: [0; 2],
            shuffled: [false; 2],
            others,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty() && !self.others
    }

    /// A line of the file: keeps a row that says the same.
    pub(super) fn keep(&mut self, hash: i64, line: i64) {
        if let Some((table, row, before)) = self.all.get_mut(&hash).and_then(Vec::pop) {
            self.kept.insert((hash, line));
            if before != line {
                self.moved.push((table, row, line));
            }
            let kind = match table {
                Table::Profile => {
                    self.people.push(row);
                    0
                }
                Table::Event => 1,
                // Which of their lines counts is seen whenever they are read.
                Table::Record => return,
            };
            self.shuffled[kind] |= before < self.last[kind];
            self.last[kind] = before;
        }
    }

    pub(super) fn has_kept(&self, hash: i64, line: i64) -> bool {
        self.kept.contains(&(hash, line))
    }

    /// Takes out what no line of the file said.
    pub(super) fn remove(
        &self,
        connection: &Connection,
        writer: &mut Writer<'_>,
        source: i64,
    ) -> Result<(), StoreError> {
        for (table, row, _) in self.all.values().flatten() {
            match table {
                Table::Profile => writer.remove_person_line(*row)?,
                Table::Event => writer.remove_event(*row)?,
                Table::Record => writer.remove_record(*row)?,
            }
        }
        for table in ["list", "member", "coupon", "postal_code"] {
            connection.execute(&format!("DELETE FROM {table} WHERE source = ?"), [source])?;
        }
        Ok(())
    }

    /// Gives the rows that were kept the numbers of their lines.
    pub(super) fn renumber(
        &self,
        connection: &Connection,
        writer: &mut Writer<'_>,
    ) -> Result<(), StoreError> {
        for (table, row, line) in &self.moved {
            let sql = match table {
                Table::Profile => "UPDATE profile SET line = ? WHERE line_id = ?",
                Table::Event => "UPDATE event SET line = ? WHERE event = ?",
                Table::Record => "UPDATE record SET line = ? WHERE record = ?",
            };
            connection.prepare_cached(sql)?.execute([line, row])?;
        }
        if self.shuffled[0] {
            writer.lines.extend(&self.people);
        }
        if self.shuffled[1] {
            writer.touched_whos.extend(everybody(connection)?);
        }
        // The first of somebody's lines may be another one now.
        if self
            .moved
            .iter()
            .any(|(table, ..)| matches!(table, Table::Profile))
        {
            connection.execute(
                "UPDATE person SET (source, line) = (SELECT source, line FROM profile
                 WHERE profile.person = person.person ORDER BY source, line LIMIT 1)",
                [],
            )?;
        }
        Ok(())
    }
}
