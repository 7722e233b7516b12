//! The rows of one CSV file: what its columns are, and what is not taken.

use std::collections::BTreeMap;

use memchr::memchr;

use super::columns::{Channel, Target, canonical, target_of};
use super::csv::{Row, Taken};
use super::guess::{Guess, kind_of_names};
use super::map::{EveryRow, beside};
use super::row::{Column, Wrong, records};
use super::{Input, Kind, Out, ReadError, Rejected, consent};

/// So many rows are counted before an import stops because of a column, to show what is in it.
const COUNTED: u64 = 100_000;

/// So many different values are told apart.
const DIFFERENT: usize = 1_000;

/// The rows of one file.
pub(super) struct Table {
    name: String,
    list: String,
    kind: Kind,
    columns: Vec<Column>,
    every: Option<EveryRow>,
    mapped: bool,
    /// The first column that says who may be mailed, nobody knows how.
    unexplained: Option<usize>,
    /// Values and counts of columns about consent that were understood by themselves, or of the unexplained one.
    seen: BTreeMap<usize, BTreeMap<String, u64>>,
    rows: u64,
    /// How the map is to be made.
    instead: String,
    /// Whether one is looked for beside the file.
    has_place_for_map: bool,
}

/// So many columns are named in one sentence.
const MANY_COLUMNS: usize = 8;

impl Table {
    pub(super) fn new(
        head: Vec<String>,
        input: &Input,
        kind: Option<Kind>,
        map: Option<&super::Map>,
    ) -> Result<Table, ReadError> {
        let name = input.name();
        let names: Vec<&str> = head.iter().map(|head| canonical(head)).collect();
        let mut guess = Guess::new(input, kind);
        let kind = guess
            .kind(|| kind_of_names(|name| names.contains(&name)))
            .ok_or_else(|| ReadError::UnknownKind { name: name.clone() })?;
        let mapped = match map {
            Some(map) => map.targets(&head, kind)?,
            None => None,
        };
        let columns: Vec<Column> = head
            .into_iter()
            .enumerate()
            .map(|(place, head)| {
                let mapped = mapped
                    .as_ref()
                    .and_then(|targets| targets.get(place)?.clone());
                Column {
                    by_itself: mapped.is_none(),
                    target: mapped.unwrap_or_else(|| target_of(kind, &head)),
                    head,
                }
            })
            .collect();
        let people = matches!(kind, Kind::Profiles | Kind::Lists);
        let unexplained = columns.iter().position(|column| {
            let plain = matches!(column.target, Target::Property { .. } | Target::Ignore);
            people && column.by_itself && plain && consent::looks_like_it(&column.head)
        });
        let table = Table {
            list: input.stem(),
            has_place_for_map: beside(input).is_some(),
            instead: match beside(input) {
                Some(path) => format!("say in {}, or in a map given with --map,", path.display()),
                None => "say in a map given with --map".to_owned(),
            },
            every: map
                .filter(|_| mapped.is_some())
                .and_then(|map| map.every_row.clone()),
            mapped: mapped.is_some(),
            name,
            kind,
            columns,
            unexplained,
            seen: BTreeMap::new(),
            rows: 0,
        };
        table.check_head()?;
        if people && table.every.is_none() && consent::is_against(&input.stem()) {
            let says = table.columns.iter().any(|column| says_who(&column.target));
            if !says && unexplained.is_none() {
                return Err(ReadError::Suppressed { name: table.name });
            }
        }
        Ok(table)
    }

    /// No column twice, and those without which no row can be read.
    fn check_head(&self) -> Result<(), ReadError> {
        let wrong = |reason: String| {
            Err(ReadError::Head {
                name: self.name.clone(),
                reason,
            })
        };
        for (place, column) in self.columns.iter().enumerate() {
            let before = &self.columns[..place];
            let same = before
                .iter()
                .find(|other| match (&column.target, &other.target) {
                    (Target::Field(a), Target::Field(b)) => a == b,
                    (Target::Property { name: a, .. }, Target::Property { name: b, .. }) => {
                        a.as_deref().unwrap_or(column.head.trim())
                            == b.as_deref().unwrap_or(other.head.trim())
                    }
                    (Target::Consent { channel: a, .. }, Target::Consent { channel: b, .. }) => {
                        a == b
                    }
                    _ => false,
                });
            if let Some(other) = same {
                return wrong(format!(
                    "the columns '{}' and '{}' are the same; in a map, say \"{}\" = \"ignore\"",
                    other.head, column.head, column.head
                ));
            }
        }
        // Of two answers to the same question the wrong one might win.
        if self
            .every
            .as_ref()
            .is_some_and(|every| every.consent.is_some())
            && let Some(column) = self.columns.iter().find(|column| {
                let email = Channel::Email;
                matches!(&column.target, Target::Consent { channel, .. } if *channel == email)
                    || column.target == Target::Field("consent")
            })
        {
            return wrong(format!(
                "the map says what all people consented to, and so does the column '{}'; leave one out (\"ignore\")",
                column.head
            ));
        }
        let any: &[&str] = match self.kind {
            Kind::Profiles | Kind::Lists => &["email", "id", "external_id", "phone_number"],
            Kind::Events => &["metric"],
            Kind::Catalog | Kind::Variants | Kind::Categories => &["external_id"],
            Kind::Metrics => &["name"],
            Kind::Coupons => &["coupon"],
            Kind::PostalCodes => &["code"],
        };
        let has =
            |column: &Column| matches!(column.target, Target::Field(name) if any.contains(&name));
        if !self.columns.iter().any(has) {
            let heads: Vec<&str> = self
                .columns
                .iter()
                .map(|column| column.head.trim())
                .collect();
            return wrong(format!(
                "as {} it needs a column {}, and it has {}; if one of them is meant, {} which: [columns] \"{}\" = \"{}\"",
                self.kind.name(),
                any.join(" or "),
                super::rejected::brief(&heads.join(", ")),
                self.instead,
                heads.first().unwrap_or(&""),
                any[0],
            ));
        }
        Ok(())
    }

    pub(super) fn row(&mut self, row: &Row<'_>, out: &mut Out<'_>) -> Result<Taken, ReadError> {
        self.rows += 1;
        if row.cells.len() != self.columns.len() {
            let many = if row.cells.len() > self.columns.len() {
                "many"
            } else {
                "few"
            };
            let reason = format!(
                "too {many} cells: {} where the head has {}",
                row.cells.len(),
                self.columns.len()
            );
            // A quote that is not closed takes in the lines behind it.
            if row.over_many_lines() {
                let first = memchr(b'\n', row.text).unwrap_or(row.text.len());
                let reason = format!("{reason}; is a quote on this line not closed?");
                out.reject(Rejected::line(row.line, &row.text[..first], 0..0, reason));
                return Ok(Taken::FirstLine);
            }
            out.reject(Rejected::line(row.line, row.text, 0..0, reason));
            return Ok(Taken::Yes);
        }
        let mut cells = Vec::with_capacity(row.cells.len());
        for (cell, column) in row.cells.iter().zip(&self.columns) {
            match std::str::from_utf8(cell) {
                Ok(cell) => cells.push(cell),
                Err(_) => {
                    let value = String::from_utf8_lossy(cell);
                    let reason = "this is not UTF-8; save the file as UTF-8 (in Excel: CSV UTF-8)";
                    let text = row.text;
                    out.reject(Rejected::cell(row.line, text, &column.head, &value, reason));
                    return Ok(Taken::Yes);
                }
            }
        }
        if let Some(place) = self.unexplained {
            self.count(place, cells[place]);
            return match self.rows < COUNTED {
                true => Ok(Taken::Yes),
                false => Err(self.unclear(place)),
            };
        }
        for (place, cell) in cells.iter().enumerate() {
            let column = &self.columns[place];
            if column.by_itself && says_who(&column.target) {
                self.count(place, cell);
            }
        }
        let made = records(
            self.kind,
            &self.list,
            &self.columns,
            &cells,
            self.every.as_ref(),
        );
        match made {
            Ok(records) => {
                for (kind, json) in records {
                    out.record(row.line, kind, false, json);
                }
            }
            Err(Wrong::Cell { column, reason }) => {
                let head = &self.columns[column].head;
                out.reject(Rejected::cell(
                    row.line,
                    row.text,
                    head,
                    cells[column],
                    reason,
                ));
            }
            Err(Wrong::Row(reason)) => {
                out.reject(Rejected::line(row.line, row.text, 0..0, reason));
            }
            Err(Wrong::Stop(place)) => return Err(self.unclear(place)),
        }
        Ok(Taken::Yes)
    }

    fn count(&mut self, place: usize, cell: &str) {
        let cell = super::rejected::brief(cell.trim());
        let seen = self.seen.entry(place).or_default();
        if let Some(count) = seen.get_mut(&cell) {
            *count += 1;
        } else if seen.len() < DIFFERENT {
            seen.insert(cell, 1);
        }
    }

    /// The error about a column that nobody explained.
    fn unclear(&self, place: usize) -> ReadError {
        let column = &self.columns[place];
        let known = |value: &str| match column.target {
            Target::Field("suppression") => consent::reasons_of(value).is_some(),
            Target::Field(_) => consent::consent_of(value).is_some(),
            _ => false,
        };
        let mut values: Vec<(&String, &u64)> =
            self.seen.get(&place).into_iter().flatten().collect();
        values.sort_by_key(|(value, count)| (known(value), std::cmp::Reverse(**count)));
        let shown: Vec<String> = values
            .iter()
            .take(3)
            .map(|(value, count)| {
                let rows = if **count == 1 { "row" } else { "rows" };
                match value.as_str() {
                    "" => format!("empty in {count} {rows}"),
                    value => format!("'{value}' in {count} {rows}"),
                }
            })
            .collect();
        let more = match values.len() > 3 {
            true => ", …",
            false => "",
        };
        let key = super::propose::toml_text(column.head.trim());
        ReadError::Consent {
            name: self.name.clone(),
            column: column.head.trim().to_owned(),
            values: match shown.is_empty() {
                true => "no rows".to_owned(),
                false => format!("{}{more}", shown.join(", ")),
            },
            instead: format!(
                "{} what its words mean: [columns] {key} = {{ consent = \"email\", subscribed = [\"…\"], unsubscribed = [\"…\"] }}, \
                 or that it is something else: {key} = {{ type = \"text\" }}, or {key} = \"ignore\"",
                self.instead
            ),
        }
    }

    pub(super) fn finish(self, out: &mut Out<'_>) -> Result<(), ReadError> {
        if let Some(place) = self.unexplained {
            return Err(self.unclear(place));
        }
        out.summary.kind = Some(self.kind);
        out.summary.mapped = self.mapped;
        let passed: Vec<String> = self
            .columns
            .iter()
            .filter(|column| column.by_itself && column.target == Target::Ignore)
            .map(|column| format!("'{}'", column.head.trim()))
            .collect();
        if !passed.is_empty() {
            let (columns, nothing) = match passed.len() {
                1 => ("column", "means nothing"),
                _ => ("columns", "mean nothing"),
            };
            let note = format!(
                "{}: the {columns} {} {nothing} for {}; passed over",
                self.name,
                passed.join(", "),
                self.kind.name()
            );
            out.summary.notes.push(note);
        }
        out.summary.notes.extend(self.untyped());
        Ok(())
    }

    /// Properties of which nobody said what they are. A file that has a map was thought about.
    fn untyped(&self) -> Option<String> {
        let heads: Vec<String> = self
            .columns
            .iter()
            .filter(|column| !self.mapped && column.by_itself && column.target == Target::text())
            .map(|column| format!("'{}'", column.head.trim()))
            .collect();
        let more = heads.len().saturating_sub(MANY_COLUMNS);
        let mut shown = heads.get(..MANY_COLUMNS).unwrap_or(&heads).join(", ");
        if more > 0 {
            shown = format!("{shown} and {more} more");
        }
        let (columns, verb) = match heads.len() {
            0 => return None,
            1 => ("column", "becomes a property"),
            _ => ("columns", "become properties"),
        };
        let mut note = format!("{}: the {columns} {shown} {verb}, as text", self.name);
        if self.has_place_for_map {
            note.push_str("; --propose-map writes a map that gives types");
        }
        Some(note)
    }
}

/// Whether a column says who may be mailed.
fn says_who(target: &Target) -> bool {
    matches!(
        target,
        Target::Consent { .. }
            | Target::Suppression { .. }
            | Target::Field("consent" | "sms_consent" | "suppression")
    )
}
