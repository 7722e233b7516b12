//! What is wrong with lines of the data folder, kept with them: a file that has not changed is not read again to tell it.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use super::noticed::noticed;
use super::read::{Raw, Rejected};
use super::row::{Row, hash};
use super::{Store, StoreError};
use crate::diagnostic::{Diagnostic, Source};

/// How many findings of one file are told one by one.
const TOLD: usize = 20;

impl Store {
    /// What is wrong with lines of the data folder, and what is odd about all data together.
    ///
    /// # Errors
    /// The database failed.
    pub fn findings(&self) -> Result<Vec<Diagnostic>, StoreError> {
        let read = || -> Result<Vec<Diagnostic>, StoreError> {
            let connection = self.connection();
            let mut statement = connection.prepare_cached(
                "SELECT source.name, finding.line, code, title, note, help, start, stop, text
                 FROM finding LEFT JOIN source USING (source) WHERE code <> 'repeats' ORDER BY source = 0, source, finding.rowid",
            )?;
            let mut rows = statement.query([])?;
            let mut findings = Vec::new();
            while let Some(row) = rows.next()? {
                let code: String = row.get(2)?;
                let mut title: String = row.get(3)?;
                if code == "broken-records" {
                    let file = row.get::<_, Option<String>>(0)?.unwrap_or_default();
                    title = title.replace("{file}", &self.shown(&file));
                }
                let mut finding = Diagnostic::warning(code_of(&code), title);
                let text: Option<String> = row.get(8)?;
                let name: Option<String> = row.get(0)?;
                let name = name.map(|name| self.shown(&name));
                if let (Some(text), Some(name)) = (text, name) {
                    let line: i64 = row.get(1)?;
                    let (start, stop): (i64, i64) = (row.get(6)?, row.get(7)?);
                    let source = Source::piece(name, text, line.max(1) as usize);
                    finding = finding.at(source.location(start as usize..stop as usize), "");
                }
                if let Some(note) = row.get::<_, Option<String>>(4)? {
                    finding = finding.note(note);
                }
                if let Some(help) = row.get::<_, Option<String>>(5)? {
                    finding = finding.help(help);
                }
                findings.push(finding);
            }
            Ok(findings)
        };
        read().map_err(|error| error.of(self.path()))
    }
}

/// Findings of one file on their way into the store.
pub(super) struct Findings<'c> {
    connection: &'c Connection,
    source: i64,
    told: usize,
    untold: usize,
    pub(super) repeated_events: usize,
    /// Whom and what there was a line about.
    seen: HashSet<i64>,
}

impl<'c> Findings<'c> {
    pub(super) fn new(connection: &'c Connection, source: i64) -> Findings<'c> {
        Findings {
            connection,
            source,
            told: 0,
            untold: 0,
            repeated_events: 0,
            seen: HashSet::new(),
        }
    }

    pub(super) fn rejected(
        &mut self,
        rejected: &Rejected,
        help: Option<&str>,
    ) -> Result<(), StoreError> {
        self.put(
            "broken-record",
            &rejected.reason,
            help,
            rejected.line,
            rejected.at.clone(),
            &rejected.text,
        )
    }

    /// Tells of a profile, an item or a variant that an earlier line was about.
    pub(super) fn look_at(&mut self, raw: &Raw, row: &Row) -> Result<(), StoreError> {
        let Some((what, id)) = row.whose(raw) else {
            return Ok(());
        };
        if self.seen.insert(hash(&format!("{what} {id}"))) {
            return Ok(());
        }
        let title = format!("the {what} '{id}' was there before; the later one counts");
        self.put("repeated-record", &title, None, raw.line, 0..1, &raw.json)
    }

    fn put(
        &mut self,
        code: &str,
        title: &str,
        help: Option<&str>,
        line: u64,
        at: std::ops::Range<usize>,
        text: &str,
    ) -> Result<(), StoreError> {
        if self.told == TOLD {
            self.untold += 1;
            return Ok(());
        }
        self.told += 1;
        self.connection
            .prepare_cached("INSERT INTO finding VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?)")?
            .execute(params![
                self.source,
                line as i64,
                code,
                title,
                help,
                at.start as i64,
                at.end as i64,
                text
            ])?;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), StoreError> {
        if self.untold > 0 {
            let lines = if self.untold == 1 { "line" } else { "lines" };
            let title = format!(
                "{} more {lines} of {{file}} have something wrong",
                self.untold
            );
            self.connection.execute(
                "INSERT INTO finding VALUES (?, 0, 'broken-records', ?, NULL, NULL, 0, 0, NULL)",
                params![self.source, title],
            )?;
        }
        if self.repeated_events > 0 {
            self.connection.execute(
                "INSERT INTO finding VALUES (?, 0, 'repeats', ?, NULL, NULL, 0, 0, NULL)",
                params![self.source, self.repeated_events.to_string()],
            )?;
        }
        Ok(())
    }
}

/// The codes that a store keeps findings of.
fn code_of(code: &str) -> &'static str {
    const CODES: [&str; 8] = [
        "broken-record",
        "broken-records",
        "repeated-record",
        "shared-address",
        "variant-without-item",
        "unknown-metric",
        "unknown-profile",
        "repeated-event",
    ];
    CODES
        .into_iter()
        .find(|known| *known == code)
        .unwrap_or("broken-record")
}

/// Keeps what is odd about all data together.
pub(super) fn remember_noticed(connection: &Connection) -> Result<(), StoreError> {
    let mut noticed = noticed(connection)?;
    let told: i64 = connection.query_row(
        "SELECT coalesce(sum(CAST(title AS INTEGER)), 0) FROM finding WHERE code = 'repeats'",
        [],
        |row| row.get(0),
    )?;
    let hidden: i64 =
        connection.query_row("SELECT count(*) FROM event WHERE hidden & 2", [], |row| {
            row.get(0)
        })?;
    noticed.duplicates = (told + hidden) as usize;
    connection.execute("DELETE FROM finding WHERE source = 0", [])?;
    for finding in noticed.findings() {
        connection.execute(
            "INSERT INTO finding VALUES (0, 0, ?, ?, ?, ?, 0, 0, NULL)",
            params![
                finding.code,
                finding.title,
                finding.notes.first(),
                finding.help.first()
            ],
        )?;
    }
    Ok(())
}
