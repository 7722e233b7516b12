//! What `data import` brings: added to what is there, kept apart from the data folder, in one transaction.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::params;

use super::folder::finish;
use super::read::{Input, Kind, Map, Maps, Rejected, beside, brief, inputs, sample};
use super::row::Row;
use super::take::{Taken, take};
use super::write::{Fate, Writer, bulk_cache};
use super::{IMPORTS, Store, StoreError};
use crate::data::{Line, is_odd};
use crate::diagnostic::printable;

/// How files are imported.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// What they hold; by default that is seen from the files.
    pub kind: Option<Kind>,
    /// What the columns of CSV files are.
    pub map: Option<Map>,
    /// Whether all is done but nothing kept.
    pub dry_run: bool,
}

/// What became of records of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records in the files, those that were not taken included.
    pub rows: u64,
    /// What nobody knew before.
    pub new: u64,
    /// About somebody or something known, with news.
    pub changed: u64,
    /// Without news.
    pub same: u64,
    /// Events that have the identity of a known one and say something else: the known one is kept.
    pub contradicting: u64,
    /// About somebody who was forgotten.
    pub forgotten: u64,
    /// Not taken.
    pub rejected: u64,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// By kind, in the order of the command's words.
    pub kinds: BTreeMap<Kind, Counts>,
    /// Files that are no data.
    pub passed_over: Vec<PathBuf>,
    /// What a person may want to know of a file.
    pub notes: Vec<String>,
    /// Whether nothing was kept.
    pub dry_run: bool,
}

impl Report {
    /// All kinds together.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for counts in self.kinds.values() {
            total.rows += counts.rows;
            total.new += counts.new;
            total.changed += counts.changed;
            total.same += counts.same;
            total.contradicting += counts.contradicting;
            total.forgotten += counts.forgotten;
            total.rejected += counts.rejected;
        }
        total
    }
}

/// Somebody who wants to hear how far an import is.
pub trait Watch {
    /// A row is not taken.
    fn rejected(&mut self, file: &str, rejected: &Rejected);

    /// So many bytes of all files were read, of so many; what standard input has is not known.
    fn read(&mut self, bytes: u64, of: Option<u64>);

    /// All is read; what belongs together is being put together.
    fn settling(&mut self) {}
}

/// Nobody.
impl Watch for () {
    fn rejected(&mut self, _: &str, _: &Rejected) {}
    fn read(&mut self, _: u64, _: Option<u64>) {}
}

impl Store {
    /// Imports files and folders: what is new is added, what is known is brought up to date, nothing is taken away. All of
    /// it or nothing: a failure on the way leaves the store as it was.
    ///
    /// The order in which files are named does not matter.
    ///
    /// ```
    /// use letterpress::data::Profiles;
    /// use letterpress::store::{ImportOptions, Rejected, Store, Watch};
    /// struct Quiet;
    /// impl Watch for Quiet {
    ///     fn rejected(&mut self, _: &str, _: &Rejected) {}
    ///     fn read(&mut self, _: u64, _: Option<u64>) {}
    /// }
    /// let folder = tempfile::tempdir()?;
    /// let file = folder.path().join("people.csv");
    /// std::fs::write(&file, "Email,First Name,Points\nada@example.com,Ada,340\n")?;
    /// let mut store = Store::in_memory()?;
    /// let now = "2026-11-20T18:00:00Z".parse()?;
    /// let report = store.import(&[file.clone()], &ImportOptions::default(), now, &mut Quiet)?;
    /// assert_eq!((report.total().rows, report.total().new), (1, 1));
    /// let again = store.import(&[file], &ImportOptions::default(), now, &mut Quiet)?;
    /// assert_eq!(again.total().same, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A file cannot be read, or a column looks like consent and nothing says what it means
    /// ([`StoreError::Read`]); the database cannot be written.
    pub fn import(
        &mut self,
        paths: &[PathBuf],
        options: &ImportOptions,
        now: Timestamp,
        watch: &mut dyn Watch,
    ) -> Result<Report, StoreError> {
        let (mut files, passed_over) = inputs(paths)?;
        files.sort_by_key(Input::name);
        files.dedup_by_key(|file| file.name());
        let report = Report {
            passed_over,
            dry_run: options.dry_run,
            ..Report::default()
        };
        self.import_inputs(&files, options, now, watch, report)
    }

    /// Imports what the program itself has learnt of people: lines as [`Kind::Profiles`] has them, under a name that says
    /// where they come from. The same rules as for files hold.
    #[cfg(feature = "feedback")]
    pub(crate) fn import_profiles(
        &mut self,
        name: &'static str,
        lines: &str,
        options: ImportOptions,
        now: Timestamp,
    ) -> Result<Report, StoreError> {
        let options = ImportOptions {
            kind: Some(Kind::Profiles),
            ..options
        };
        let files = [Input::Lines(name, lines.into())];
        self.import_inputs(&files, &options, now, &mut (), Report::default())
    }

    fn import_inputs(
        &mut self,
        files: &[Input],
        options: &ImportOptions,
        now: Timestamp,
        watch: &mut dyn Watch,
        report: Report,
    ) -> Result<Report, StoreError> {
        let report = {
            let connection = self.connection();
            import(
                &connection,
                files,
                options,
                now,
                watch,
                (report, self.bulk_from),
            )
            .map_err(|error| error.of(self.path()))?
        };
        self.forget_what_was_read();
        Ok(report)
    }
}

fn import(
    connection: &rusqlite::Connection,
    files: &[Input],
    options: &ImportOptions,
    now: Timestamp,
    watch: &mut dyn Watch,
    (mut report, bulk_from): (Report, u64),
) -> Result<Report, StoreError> {
    let sizes: Vec<Option<u64>> = files.iter().map(size).collect();
    let of: Option<u64> = sizes.iter().copied().sum();
    let pages = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let there = pages("page_count")? * pages("page_size")?;
    let there = there as u64;
    // What standard input has may be a line: a large store does not lose its indexes for that.
    let bulk = match of {
        Some(bytes) => bytes > bulk_from && bytes > there,
        None => there < bulk_from,
    };
    if bulk {
        connection.pragma_update(None, "cache_size", bulk_cache(of.unwrap_or(BIG)))?;
    }
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, rusqlite::TransactionBehavior::Immediate)?;
    let first: i64 = transaction.query_row(
        "SELECT max(coalesce(max(source), 0) + 1, ?) FROM source",
        [IMPORTS],
        |row| row.get(0),
    )?;
    let maps = Maps {
        named: options.map.clone(),
    };
    let mut writer = Writer::new(&transaction, now, first, bulk)?;
    let mut pending: HashMap<i64, Kind> = HashMap::new();
    let mut things = Vec::new();
    let mut before = 0;
    for (source, (file, size)) in (first..).zip(files.iter().zip(&sizes)) {
        transaction.execute(
            "INSERT INTO source VALUES (?, ?, 0, ?, x'')",
            params![source, file.name(), now.as_second()],
        )?;
        let mut line = 0;
        let mut rejected_of: Vec<u64> = Vec::new();
        let mut odd = (0, None);
        let summary = take(file, options.kind, &maps, |chunk, bytes| {
            watch.read(before + bytes, of);
            for taken in chunk {
                line += 1;
                let (raw, row, hash) = match taken {
                    Taken::Row { raw, row, hash } => (raw, row, hash),
                    Taken::Rejected(rejected, _) => {
                        rejected_of.push(rejected.line);
                        watch.rejected(&file.name(), &rejected);
                        continue;
                    }
                };
                if let Some(address) = odd_address(&row) {
                    odd.0 += 1;
                    odd.1.get_or_insert_with(|| (address.to_owned(), raw.line));
                }
                let fate = writer.put(&raw, &row, hash, source, line)?;
                let kind = kind_of(&row, raw.kind);
                let counts = report.kinds.entry(kind).or_default();
                counts.rows += 1;
                match fate {
                    Fate::New => counts.new += 1,
                    Fate::Changed => counts.changed += 1,
                    Fate::Same => counts.same += 1,
                    Fate::Contradicts => counts.contradicting += 1,
                    Fate::Forgotten => counts.forgotten += 1,
                    // Two lines that say the same are one row.
                    Fate::Pending(id) if pending.insert(id, kind).is_some() => counts.same += 1,
                    Fate::Pending(_) => {}
                    Fate::Thing => {
                        if let Row::Record(of, key) = row {
                            things.push((of, key, kind));
                        }
                    }
                }
            }
            Ok(())
        })?;
        before += size.unwrap_or(0);
        report.notes.extend(summary.notes);
        if let (count, Some((address, line))) = odd {
            report.notes.push(format!(
                "{}: {} ('{}' in line {line}); no mail goes there, everything else is kept",
                file.name(),
                match count {
                    1 => "1 address is none".to_owned(),
                    count => format!("{count} addresses are none"),
                },
                printable(&brief(&address)),
            ));
        }
        if !rejected_of.is_empty() {
            let kind = summary.kind.or(options.kind).unwrap_or(Kind::Profiles);
            let counts = report.kinds.entry(kind).or_default();
            counts.rows += rejected_of.len() as u64;
            counts.rejected += rejected_of.len() as u64;
        }
    }
    watch.settling();
    let settled = finish(&transaction, &mut writer, now)?;
    for (line, kind) in pending {
        let counts = report.kinds.entry(kind).or_default();
        match settled.fates.get(&line) {
            Some(Fate::New) => counts.new += 1,
            Some(Fate::Changed) => counts.changed += 1,
            _ => counts.same += 1,
        }
    }
    for (of, key, kind) in things {
        let counts = report.kinds.entry(kind).or_default();
        match writer.has_news(of, &key)? {
            None => counts.new += 1,
            Some(true) => counts.changed += 1,
            Some(false) => counts.same += 1,
        }
    }
    let total = report.total();
    if options.dry_run || (total.new, total.changed) == (0, 0) {
        // Nothing is kept of an import that brought nothing.
        drop(transaction);
    } else {
        super::findings::remember_noticed(&transaction)?;
        super::lookup::change_state(&transaction)?;
        transaction.commit()?;
    }
    if bulk {
        connection.pragma_update(None, "cache_size", -(32 << 10))?;
    }
    Ok(report)
}

/// What is taken for the size of what has none.
const BIG: u64 = 1 << 30;

/// What a row about a person has for an address and is none.
fn odd_address(row: &Row) -> Option<&str> {
    let Row::Person(line) = row else { return None };
    let Line::Version(version) = &**line else {
        return None;
    };
    version.profile.email.as_deref().filter(|one| is_odd(one))
}

fn size(file: &Input) -> Option<u64> {
    match file {
        Input::Stdin => None,
        Input::File(path) => Some(std::fs::metadata(path).map_or(0, |metadata| metadata.len())),
        Input::Lines(_, lines) => Some(lines.len() as u64),
    }
}

fn kind_of(row: &Row, kind: Kind) -> Kind {
    use super::row::RecordKind;
    match row {
        Row::Person(_) => Kind::Profiles,
        Row::Event(_) => Kind::Events,
        Row::Record(RecordKind::Metric, _) => Kind::Metrics,
        Row::Record(RecordKind::Item, _) => Kind::Catalog,
        Row::Record(RecordKind::Variant, _) => Kind::Variants,
        Row::Record(RecordKind::Category, _) => Kind::Categories,
        _ => kind,
    }
}

/// A first draft of a map for a CSV file: where it belongs, and its text.
///
/// # Errors
/// The file cannot be read, or is no CSV.
pub fn propose_map(path: &Path) -> Result<(PathBuf, String), StoreError> {
    let input = Input::File(path.to_owned());
    let (head, rows) = sample(&input, 1_000)?;
    let file = beside(&input).unwrap_or_else(|| path.with_extension("map.toml"));
    Ok((file, Map::propose(&head, &rows)))
}
