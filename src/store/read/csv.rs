//! Rows of CSV: where they begin and end, what their columns are.

use std::collections::BTreeMap;

use csv::{ByteRecord, ReaderBuilder};
use memchr::{memchr, memchr_iter};

use super::columns::{Channel, Target, canonical, target_of};
use super::guess::{Guess, kind_of_names};
use super::map::{EveryRow, Maps, beside};
use super::row::{Column, Wrong, records};
use super::source::{LONGEST_LINE, Text};
use super::{Input, Kind, Out, ReadError, Rejected, consent};

/// So many rows are counted before an import stops because of a column, to show what is in it.
const COUNTED: u64 = 100_000;

/// So many different values are told apart.
const DIFFERENT: usize = 1_000;

pub(super) fn read(
    text: &mut Text,
    input: &Input,
    kind: Option<Kind>,
    maps: &Maps,
    out: &mut Out<'_>,
) -> Result<(), ReadError> {
    let map = maps.of(input)?;
    let opened = |head: Vec<String>| -> Result<Table, ReadError> {
        let kind = kind.or(map.as_ref().and_then(|map| map.kind));
        Table::new(head, input, kind, map.as_ref())
    };
    let delimiter = map.as_ref().and_then(|map| map.delimiter);
    let mut table = None;
    rows(text, delimiter, out, &mut |row, out| {
        let table = match &mut table {
            Some(table) => table,
            table @ None => {
                let head: Vec<String> = row.texts().map_err(|_| not_utf8(input))?;
                *table = Some(opened(head)?);
                return Ok(Taken::Yes);
            }
        };
        table.row(row, out)
    })?;
    if let Some(table) = table {
        table.finish(out)?;
    }
    Ok(())
}

/// The head and the first rows.
pub(super) fn sample(
    mut text: Text,
    input: &Input,
    most: usize,
) -> Result<(Vec<String>, Vec<Vec<String>>), ReadError> {
    let mut all: Vec<Vec<String>> = Vec::new();
    let mut nobody = |_| std::ops::ControlFlow::Continue(());
    let mut out = Out::new(&mut nobody);
    text.more()?;
    let done = rows(&mut text, None, &mut out, &mut |row, _| {
        match row.texts() {
            Ok(cells) => all.push(cells),
            Err(_) if all.is_empty() => return Err(not_utf8(input)),
            Err(_) => {}
        }
        if all.len() > most {
            return Err(ReadError::Stopped);
        }
        Ok(Taken::Yes)
    });
    match done {
        Ok(()) | Err(ReadError::Stopped) => {}
        Err(error) => return Err(error),
    }
    let mut all = all.into_iter();
    Ok((all.next().unwrap_or_default(), all.collect()))
}

fn not_utf8(input: &Input) -> ReadError {
    ReadError::Head {
        name: input.name(),
        reason: "the names of its columns are not UTF-8; save it as UTF-8 (in Excel: CSV UTF-8)"
            .to_owned(),
    }
}

/// A row as it was cut.
struct Row<'b> {
    line: u64,
    /// All its lines, if it has several.
    text: &'b [u8],
    cells: &'b ByteRecord,
}

impl Row<'_> {
    fn texts(&self) -> Result<Vec<String>, std::str::Utf8Error> {
        let text = |cell: &[u8]| std::str::from_utf8(cell).map(str::to_owned);
        self.cells.iter().map(text).collect()
    }

    fn over_many_lines(&self) -> bool {
        memchr(b'\n', self.text.trim_ascii_end()).is_some()
    }
}

enum Taken {
    Yes,
    /// Its first line was rejected; the lines after it may be rows.
    FirstLine,
}

/// Cuts all rows. A row in which a quote is not closed gives up its first line only.
fn rows(
    text: &mut Text,
    delimiter: Option<u8>,
    out: &mut Out<'_>,
    each: &mut dyn FnMut(&Row<'_>, &mut Out<'_>) -> Result<Taken, ReadError>,
) -> Result<(), ReadError> {
    let delimiter = delimiter.unwrap_or_else(|| delimiter_of(text.bytes()));
    loop {
        out.bytes = text.consumed();
        let used = window(
            text.bytes(),
            text.line(),
            text.ended(),
            delimiter,
            out,
            each,
        )?;
        text.take(used);
        if used == 0 && text.bytes().len() > LONGEST_LINE {
            return Err(ReadError::Large {
                name: text.name().to_owned(),
                what: "row",
                line: text.line(),
                limit: LONGEST_LINE >> 20,
                instead: "a quote in it may lack its partner",
            });
        }
        if !text.more()? && text.bytes().is_empty() {
            return Ok(());
        }
    }
}

fn window(
    bytes: &[u8],
    first: u64,
    ended: bool,
    delimiter: u8,
    out: &mut Out<'_>,
    each: &mut dyn FnMut(&Row<'_>, &mut Out<'_>) -> Result<Taken, ReadError>,
) -> Result<usize, ReadError> {
    let mut builder = ReaderBuilder::new();
    builder
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter);
    let mut cells = ByteRecord::new();
    let (mut from, mut counted, mut line) = (0, 0, first);
    loop {
        let mut reader = builder.from_reader(&bytes[from..]);
        let resume = loop {
            // A reader of memory does not fail, and rows of any length are taken.
            if !reader.read_byte_record(&mut cells).unwrap_or(false) {
                return Ok(bytes.len());
            }
            let blank = |at: usize| matches!(bytes.get(at), Some(b'\r' | b'\n'));
            let mut start = from + cells.position().map_or(0, |at| at.byte() as usize);
            while blank(start) {
                start += 1;
            }
            let end = (from + reader.position().byte() as usize).min(bytes.len());
            if end == bytes.len() && !ended {
                return Ok(start);
            }
            line += memchr_iter(b'\n', &bytes[counted..start]).count() as u64;
            counted = start;
            let row = Row {
                line,
                text: &bytes[start..end],
                cells: &cells,
            };
            let first_end = memchr(b'\n', row.text).map_or(end, |end| start + end + 1);
            if end == bytes.len() && is_open(row.text, &builder) {
                let reason = "a quote opens here and is not closed: the row is cut off";
                let text = bytes[start..first_end].trim_ascii_end();
                let quote = memchr::memrchr(b'"', text).unwrap_or(0);
                out.reject(Rejected::line(line, text, quote..quote + 1, reason));
                break first_end;
            }
            let taken = each(&row, out)?;
            out.flush_if_full()?;
            match taken {
                Taken::Yes => {}
                Taken::FirstLine => break first_end,
            }
        };
        from = resume;
    }
}

/// Whether a row at the end of a file has a quote open: another row behind it would become part of it.
fn is_open(row: &[u8], builder: &ReaderBuilder) -> bool {
    if memchr(b'"', row).is_none() {
        return false;
    }
    let mut longer = row.trim_ascii_end().to_vec();
    longer.extend_from_slice(b"\nx\n");
    let mut reader = builder.from_reader(longer.as_slice());
    let mut cells = ByteRecord::new();
    let mut next = || reader.read_byte_record(&mut cells).unwrap_or(false);
    next() && !next()
}

/// Comma, semicolon or tab: whichever stands most often in the head, outside quotes.
fn delimiter_of(bytes: &[u8]) -> u8 {
    let bytes = bytes.trim_ascii_start();
    let head = &bytes[..memchr(b'\n', bytes).unwrap_or(bytes.len())];
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in head {
        quoted ^= *byte == b'"';
        for (delimiter, count) in &mut counts {
            *count += usize::from(!quoted && byte == delimiter);
        }
    }
    counts
        .into_iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(delimiter, _)| delimiter)
}

/// The rows of one file.
struct Table {
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
}

impl Table {
    fn new(
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

    fn row(&mut self, row: &Row<'_>, out: &mut Out<'_>) -> Result<Taken, ReadError> {
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
        for place in 0..self.columns.len() {
            let column = &self.columns[place];
            if column.by_itself && says_who(&column.target) {
                self.count(place, cells[place]);
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

    fn finish(self, out: &mut Out<'_>) -> Result<(), ReadError> {
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
        Ok(())
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
