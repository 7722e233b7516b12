//! The data folder of a project, which is declarative: what is in its files is in the store, what is gone from them is
//! gone from it.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::file_rows::Rows;
use super::findings::{Findings, remember_noticed};
use super::lookup::change_state;
use super::read::{Input, Kind, Maps};
use super::row::Row;
use super::spelled::Spelled;
use super::take::{Taken, take};
use super::write::{Fate, Writer, bulk_cache};
use super::{IMPORTS, Store, StoreError, changes, repeats, settle};
use crate::data::DataError;

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
        let bytes = files.iter().map(|file| file.size).sum();
        if bulk {
            transaction.pragma_update(None, "cache_size", bulk_cache(bytes))?;
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
            change_state(&transaction)?;
        }
        transaction.commit()?;
        if bulk {
            connection.pragma_update(None, "cache_size", -(32 << 10))?;
        }
        Ok(changed)
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
        rows.renumber(connection, writer)?;
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
