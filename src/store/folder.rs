//! The data folder of a project, which is declarative: what is in its files is in the store, what is gone from them is
//! gone from it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::lookup::{Spelled, noticed};
use super::read::{Input, Kind, Maps, Raw, Rejected};
use super::take::{Taken, take};
use super::write::{Fate, Row, Writer};
use super::{IMPORTS, Store, StoreError, changes, repeats, settle};
use crate::data::DataError;
use crate::diagnostic::{Diagnostic, Source};

/// How many findings of one file are told one by one.
const TOLD: usize = 20;

/// What FTS5 takes unless it is told otherwise.
const TRIGRAM_MEMORY: i64 = 1 << 20;

/// A file of the data folder, as it is on the disk.
#[derive(Debug)]
struct DataFile {
    path: PathBuf,
    /// Within the folder: however the project is named on the command line, it is the same file.
    name: String,
    kind: Kind,
    size: u64,
    modified: i64,
}

impl Store {
    /// Reads what changed in a data folder since it was last read: by size and time, then by what is in it. Tells
    /// whether anything did. Without a folder there is nothing in it.
    ///
    /// ```
    /// use letterpress::data::Profiles;
    /// use letterpress::store::Store;
    /// let folder = tempfile::tempdir()?;
    /// let file = folder.path().join("profiles.jsonl");
    /// let mut store = Store::in_memory()?;
    /// std::fs::write(&file, "{\"email\": \"ada@example.com\"}\n{\"email\": \"bo@example.com\"}\n")?;
    /// assert!(store.sync(Some(folder.path()), "2026-11-20T18:00:00Z".parse()?)?);
    /// assert_eq!(store.profile_count()?, 2);
    /// std::fs::write(&file, "{\"email\": \"bo@example.com\"}\n")?;
    /// store.sync(Some(folder.path()), "2026-11-20T18:00:00Z".parse()?)?;
    /// assert!(store.profile_by_email("ada@example.com")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A file cannot be read; the database cannot be written. Nothing has changed then.
    pub fn sync(&mut self, folder: Option<&Path>, now: Timestamp) -> Result<bool, StoreError> {
        let files = match folder {
            Some(folder) => files_of(folder)?,
            None => Vec::new(),
        };
        let changed = {
            let connection = self.connection();
            self.sync_files(&connection, &files, now)
                .map_err(|error| error.of(self.path()))?
        };
        self.folder = folder.map(Path::to_owned);
        if changed {
            self.forget_what_was_read();
        }
        Ok(changed)
    }

    /// How messages call a file of the data folder.
    pub(super) fn shown(&self, name: &str) -> String {
        match &self.folder {
            Some(folder) => folder.join(name).display().to_string(),
            None => name.to_owned(),
        }
    }

    fn sync_files(
        &self,
        connection: &Connection,
        files: &[DataFile],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if is_current(connection, files)? {
            return Ok(false);
        }
        let transaction = rusqlite::Transaction::new_unchecked(
            connection,
            rusqlite::TransactionBehavior::Immediate,
        )?;
        let events: i64 = transaction.query_row(
            "SELECT count(*) FROM (SELECT 1 FROM event LIMIT 1)",
            [],
            |row| row.get(0),
        )?;
        let bulk = events == 0 && files.iter().any(|file| file.size > self.bulk_from);
        if bulk {
            transaction.pragma_update(None, "cache_size", -(256 << 10))?;
        }
        let mut writer = Writer::new(&transaction, now, 0, bulk)?;
        let mut changed = false;
        // First what is gone, as what it hid or repeated can come in then.
        let gone = {
            let mut statement =
                transaction.prepare("SELECT source, name FROM source WHERE source < ?")?;
            let known = statement.query_map([IMPORTS], |row| Ok((row.get(0)?, row.get(1)?)))?;
            known.collect::<Result<Vec<(i64, String)>, _>>()?
        };
        for (source, name) in gone {
            if !files.iter().any(|file| file.name == name) {
                changed = true;
                let rows = Rows::of(&transaction, source)?;
                rows.remove(&transaction, &mut writer, source)?;
                transaction.execute("DELETE FROM finding WHERE source = ?", [source])?;
                transaction.execute("DELETE FROM source WHERE source = ?", [source])?;
            }
        }
        for file in files {
            changed |= sync_file(&transaction, &mut writer, file)?;
        }
        finish(&transaction, &mut writer, now)?;
        if changed {
            remember_noticed(&transaction)?;
        }
        transaction.commit()?;
        if bulk {
            connection.pragma_update(None, "cache_size", -(32 << 10))?;
        }
        Ok(changed)
    }

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

    pub(super) fn forget_what_was_read(&mut self) {
        self.goods = std::sync::OnceLock::new();
        self.metrics = std::sync::OnceLock::new();
    }
}

/// What has to be done when all lines are there.
pub(super) fn finish(
    connection: &Connection,
    writer: &mut Writer<'_>,
    now: Timestamp,
) -> Result<settle::Settled, StoreError> {
    writer.end_sequences()?;
    let bulk = writer.finish_bulk()?;
    if writer.events_removed {
        // A metric that nothing describes is there as long as an event names it.
        connection.execute(
            "DELETE FROM spelling WHERE spelling NOT IN (SELECT spelling FROM event)",
            [],
        )?;
    }
    let lines = std::mem::take(&mut writer.lines);
    let settled = settle::settle_lines(connection, &lines, &mut writer.touched_whos)?;
    if bulk {
        super::write::trigram_memory(connection, TRIGRAM_MEMORY)?;
    }
    let mut spelled = Spelled::read(connection)?;
    if writer.records_changed {
        // Two metrics may have turned out to be one.
        writer.touched_whos.extend(repeats::everybody(connection)?);
    }
    repeats::hide_repeats(connection, &writer.touched_whos, &mut spelled.metrics)?;
    changes::record(connection, &writer.before, now)?;
    Ok(settled)
}

/// Whether no file of the folder changed, by size and time.
fn is_current(connection: &Connection, files: &[DataFile]) -> Result<bool, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT name, size, modified FROM source WHERE source < ?")?;
    let mut known: HashMap<String, (i64, i64)> = HashMap::new();
    let mut rows = statement.query([IMPORTS])?;
    while let Some(row) = rows.next()? {
        known.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
    }
    Ok(known.len() == files.len()
        && files
            .iter()
            .all(|file| known.get(&file.name) == Some(&(file.size as i64, file.modified))))
}

/// The files of a data folder, in the order in which they are read.
fn files_of(folder: &Path) -> Result<Vec<DataFile>, StoreError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Data(DataError::Io { path, source })
    };
    fs::read_dir(folder).map_err(io(folder))?;
    let mut wanted: Vec<(PathBuf, Kind)> = [
        ("metrics.jsonl", Kind::Metrics),
        ("profiles.jsonl", Kind::Profiles),
        ("catalog.jsonl", Kind::Catalog),
        ("events.jsonl", Kind::Events),
        ("coupons.csv", Kind::Coupons),
    ]
    .into_iter()
    .map(|(name, kind)| (folder.join(name), kind))
    .collect();
    for (name, end, kind) in [
        ("lists", "csv", Kind::Lists),
        ("postal-codes", "txt", Kind::PostalCodes),
    ] {
        let inside = folder.join(name);
        let mut found = Vec::new();
        match fs::read_dir(&inside) {
            Ok(entries) => {
                for entry in entries {
                    found.push(entry.map_err(io(&inside))?.path());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(&inside)(error)),
        }
        found.retain(|path| path.extension().is_some_and(|found| found == end));
        found.sort();
        wanted.extend(found.into_iter().map(|path| (path, kind)));
    }
    let mut files = Vec::new();
    for (path, kind) in wanted {
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(io(&path)(error)),
        };
        let since = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        files.push(DataFile {
            name: path
                .strip_prefix(folder)
                .unwrap_or(&path)
                .display()
                .to_string(),
            kind,
            size: metadata.len(),
            modified: since.map_or(0, |since| since.as_nanos() as i64),
            path,
        });
    }
    Ok(files)
}

/// Reads a file again if what is in it changed.
fn sync_file(
    connection: &Connection,
    writer: &mut Writer<'_>,
    file: &DataFile,
) -> Result<bool, StoreError> {
    let known: Option<(i64, i64, i64, Vec<u8>)> = connection
        .query_row(
            "SELECT source, size, modified, hash FROM source WHERE name = ? AND source < ?",
            params![file.name, IMPORTS],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .optional()?;
    if let Some((_, size, modified, _)) = &known
        && (*size, *modified) == (file.size as i64, file.modified)
    {
        return Ok(false);
    }
    let hash = hash_of(&file.path)?;
    let source = match known {
        Some((source, .., before)) => {
            connection.execute(
                "UPDATE source SET size = ?, modified = ?, hash = ? WHERE source = ?",
                params![file.size as i64, file.modified, hash, source],
            )?;
            if before == hash {
                return Ok(false);
            }
            source
        }
        None => {
            // Below the imports, whatever was imported before.
            let source: i64 = connection.query_row(
                "SELECT coalesce(max(source), 0) + 1 FROM source WHERE source < ?",
                [IMPORTS],
                |row| row.get(0),
            )?;
            connection.execute(
                "INSERT INTO source VALUES (?, ?, ?, ?, ?)",
                params![source, file.name, file.size as i64, file.modified, hash],
            )?;
            source
        }
    };
    connection.execute("DELETE FROM finding WHERE source = ?", [source])?;
    let input = Input::File(file.path.clone());
    let maps = Maps::default();
    let mut rows = Rows::of(connection, source)?;
    if !rows.is_empty() {
        // First what is gone, so that what it hid or repeated can come in.
        let mut line = 0;
        take(&input, Some(file.kind), &maps, |chunk, _| {
            for taken in chunk {
                if let Taken::Row { hash, .. } = taken {
                    line += 1;
                    rows.keep(hash, line);
                }
            }
            Ok(())
        })?;
        rows.remove(connection, writer, source)?;
        rows.renumber(connection)?;
    }
    if file.kind == Kind::Lists {
        connection.execute(
            "INSERT INTO list VALUES (?, ?)",
            params![input.stem(), source],
        )?;
    }
    let mut findings = Findings::new(connection, source);
    let mut line = 0;
    take(&input, Some(file.kind), &maps, |chunk, _| {
        for taken in chunk {
            let (raw, row, hash) = match taken {
                Taken::Rejected(rejected, help) => {
                    findings.rejected(&rejected, help.as_deref())?;
                    continue;
                }
                Taken::Row { raw, row, hash } => (raw, row, hash),
            };
            line += 1;
            findings.look_at(&raw, &row)?;
            if rows.has_kept(hash, line) {
                continue;
            }
            let fate = writer.put(&raw, &row, hash, source, line)?;
            if matches!(row, Row::Event(_)) && matches!(fate, Fate::Same | Fate::Contradicts) {
                findings.repeated_events += 1;
            }
        }
        Ok(())
    })?;
    findings.finish()?;
    Ok(true)
}

fn hash_of(path: &Path) -> Result<Vec<u8>, StoreError> {
    let io = |source| {
        StoreError::Data(DataError::Io {
            path: path.to_owned(),
            source,
        })
    };
    let mut file = fs::File::open(path).map_err(io)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = io::Read::read(&mut file, &mut buffer).map_err(io)?;
        if read == 0 {
            return Ok(hash.finalize().to_vec());
        }
        hash.update(&buffer[..read]);
    }
}

/// The rows of a file that are in the store, by the hash of their line.
struct Rows {
    /// Table, row, line.
    all: HashMap<i64, Vec<(Table, i64, i64)>>,
    kept: HashSet<(i64, i64)>,
    moved: Vec<(Table, i64, i64)>,
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
    fn of(connection: &Connection, source: i64) -> Result<Rows, StoreError> {
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
            others,
        })
    }

    fn is_empty(&self) -> bool {
        self.all.is_empty() && !self.others
    }

    /// A line of the file: keeps a row that says the same.
    fn keep(&mut self, hash: i64, line: i64) {
        if let Some((table, row, before)) = self.all.get_mut(&hash).and_then(Vec::pop) {
            self.kept.insert((hash, line));
            if before != line {
                self.moved.push((table, row, line));
            }
        }
    }

    fn has_kept(&self, hash: i64, line: i64) -> bool {
        self.kept.contains(&(hash, line))
    }

    /// Takes out what no line of the file said.
    fn remove(
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
    fn renumber(&self, connection: &Connection) -> Result<(), StoreError> {
        for (table, row, line) in &self.moved {
            let sql = match table {
                Table::Profile => "UPDATE profile SET line = ? WHERE line_id = ?",
                Table::Event => "UPDATE event SET line = ? WHERE event = ?",
                Table::Record => "UPDATE record SET line = ? WHERE record = ?",
            };
            connection.prepare_cached(sql)?.execute([line, row])?;
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

/// Findings of one file on their way into the store.
struct Findings<'c> {
    connection: &'c Connection,
    source: i64,
    told: usize,
    untold: usize,
    repeated_events: usize,
    /// Whom and what there was a line about.
    seen: HashSet<i64>,
}

impl<'c> Findings<'c> {
    fn new(connection: &'c Connection, source: i64) -> Findings<'c> {
        Findings {
            connection,
            source,
            told: 0,
            untold: 0,
            repeated_events: 0,
            seen: HashSet::new(),
        }
    }

    fn rejected(&mut self, rejected: &Rejected, help: Option<&str>) -> Result<(), StoreError> {
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
    fn look_at(&mut self, raw: &Raw, row: &Row) -> Result<(), StoreError> {
        let Some((what, id)) = row.whose(raw) else {
            return Ok(());
        };
        if self
            .seen
            .insert(super::write::hash(&format!("{what} {id}")))
        {
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

    fn finish(self) -> Result<(), StoreError> {
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
