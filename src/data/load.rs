//! Reading a data folder.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::record::{Record, person_of_event};
use super::versions::Line;
use super::{Coupons, DataError, Organization, Shop, ShopBuilder};
use crate::diagnostic::{Diagnostic, Source};

/// How many findings of one file are told one by one.
const TOLD: usize = 20;

/// How much of a file is read before it is parsed: enough to keep all threads busy, little against the result.
const CHUNK: usize = 4 << 20;

impl Shop {
    /// Reads the data folder of a project: `metrics.jsonl`, `profiles.jsonl`, `catalog.jsonl`, `events.jsonl`,
    /// `organization.toml`, `feeds.toml`, `coupons.csv` and `lists/*.csv`, each of which may be missing.
    ///
    /// A line that cannot be read is a finding, with file and line, and the rest goes on; after twenty in one file
    /// only their number is told.
    ///
    /// ```
    /// use letterpress::data::Shop;
    /// let folder = tempfile::tempdir()?;
    /// std::fs::write(folder.path().join("profiles.jsonl"), "{\"email\": \"ada@example.com\"}\n{\"email\"\n")?;
    /// let (shop, findings) = Shop::load(folder.path())?;
    /// assert_eq!(shop.profiles().len(), 1);
    /// assert!(findings[0].to_string().contains("profiles.jsonl:2:8: warning[broken-record]"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`DataError::Io`]: the folder or a file in it cannot be read. [`DataError::Toml`]: `organization.toml` is
    /// no TOML.
    pub fn load(folder: &Path) -> Result<(Shop, Vec<Diagnostic>), DataError> {
        let failed = |path: &Path, source| DataError::Io {
            path: path.to_owned(),
            source,
        };
        fs::read_dir(folder).map_err(|error| failed(folder, error))?;
        let mut builder = Shop::builder();
        let mut findings = Vec::new();
        for (name, expected) in [
            ("metrics.jsonl", "metric"),
            ("profiles.jsonl", "profile"),
            ("catalog.jsonl", "catalog-item"),
            ("events.jsonl", "event"),
        ] {
            let path = folder.join(name);
            match File::open(&path) {
                Ok(file) => {
                    let mut lines = Lines {
                        name: path.display().to_string(),
                        expected,
                        told: 0,
                        untold: 0,
                        findings: &mut findings,
                        builder: &mut builder,
                    };
                    lines
                        .read(BufReader::with_capacity(1 << 16, file))
                        .map_err(|error| failed(&path, error))?;
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(&path, error)),
            }
        }
        (builder.organization, builder.feeds) = settings_of(folder)?;
        let text = |name: &str| text_of(folder, name);
        if let Some(source) = text("coupons.csv")? {
            let (coupons, wrong) = Coupons::from_csv(&source);
            builder.coupons = coupons;
            findings.extend(wrong);
        }
        for list in list_files(folder).map_err(|error| failed(&folder.join("lists"), error))? {
            let name = list.file_stem().unwrap_or_default().to_string_lossy();
            if let Some(source) = text(&format!("lists/{name}.csv"))? {
                findings.extend(builder.lists.put_csv(&name, &source));
            }
        }
        let (shop, noticed) = builder.build();
        findings.extend(noticed);
        Ok((shop, findings))
    }
}

/// Who sends, and the text of `feeds.toml`: what is no record in a data folder.
pub(crate) fn settings_of(folder: &Path) -> Result<(Organization, Option<Arc<Source>>), DataError> {
    let organization = match text_of(folder, "organization.toml")? {
        Some(source) => Organization::from_toml(&source)?,
        None => Organization::default(),
    };
    Ok((organization, text_of(folder, "feeds.toml")?))
}

fn text_of(folder: &Path, name: &str) -> Result<Option<Arc<Source>>, DataError> {
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(Source::new(path.display().to_string(), text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DataError::Io { path, source }),
    }
}

/// The files of `lists/`, sorted; a data folder needs none.
fn list_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    match fs::read_dir(folder.join("lists")) {
        Ok(entries) => {
            for entry in entries {
                files.push(entry?.path());
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    files.retain(|path| path.extension().is_some_and(|end| end == "csv"));
    files.sort();
    Ok(files)
}

/// The lines of one file on their way into the builder.
struct Lines<'a> {
    name: String,
    expected: &'static str,
    told: usize,
    untold: usize,
    findings: &'a mut Vec<Diagnostic>,
    builder: &'a mut ShopBuilder,
}

impl Lines<'_> {
    fn read(&mut self, mut file: impl BufRead) -> io::Result<()> {
        let mut chunk = Vec::with_capacity(CHUNK + CHUNK / 4);
        let mut first_line = 1;
        loop {
            chunk.clear();
            // The end of each line in the chunk.
            let mut ends = Vec::new();
            while chunk.len() < CHUNK && file.read_until(b'\n', &mut chunk)? > 0 {
                ends.push(chunk.len());
            }
            if ends.is_empty() {
                break;
            }
            let mut start = 0;
            let mut lines: Vec<(usize, &[u8])> = Vec::with_capacity(ends.len());
            for (number, &end) in ends.iter().enumerate() {
                let mut line = &chunk[start..end];
                if first_line + number == 1 {
                    line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
                }
                let line = line.trim_ascii();
                if !line.is_empty() {
                    lines.push((first_line + number, line));
                }
                start = end;
            }
            first_line += ends.len();
            let expected = self.expected;
            let parsed: Vec<Parsed> = lines
                .par_iter()
                .map(|(_, line)| Parsed::of(line, expected))
                .collect();
            for ((number, line), parsed) in lines.iter().zip(parsed) {
                match parsed {
                    Parsed::Records(records) => {
                        for record in records {
                            match record {
                                Ok(record) => self.put(record, *number, line),
                                Err(error) => {
                                    self.tell(*number, line, |source| error.diagnostic(source))
                                }
                            }
                        }
                    }
                    Parsed::NotUtf8(at) => self.tell(*number, line, |source| {
                        Diagnostic::warning("broken-record", "this line is not UTF-8")
                            .at(source.location(at..at + 3), "")
                    }),
                }
            }
        }
        if self.untold > 0 {
            let lines = if self.untold == 1 { "line" } else { "lines" };
            self.findings.push(Diagnostic::warning(
                "broken-records",
                format!(
                    "{} more {lines} of {} have something wrong",
                    self.untold, self.name
                ),
            ));
        }
        Ok(())
    }

    fn put(&mut self, record: Record, number: usize, line: &[u8]) {
        let (what, id, replaced) = match record {
            Record::Event(event) => {
                self.builder.events.put(*event);
                return;
            }
            Record::Metric(metric) => {
                self.builder.metrics.push(metric);
                return;
            }
            Record::Person(mut line) => {
                if let Line::Version(version) = &mut *line {
                    // Profiles that come along with events only fill gaps.
                    version.along = self.expected != "profile";
                }
                let says_nothing_twice =
                    !matches!(&*line, Line::Version(version) if !version.along);
                let key = line.names().into_iter().min();
                let repeated = self.builder.people.put(*line);
                if says_nothing_twice {
                    return;
                }
                let key = key.map(|(_, name)| name.to_string()).unwrap_or_default();
                ("profile", key, repeated)
            }
            Record::Item(item) => {
                let id = item.external_id.clone();
                ("catalog item", id, self.builder.goods.item(*item))
            }
            Record::Variant(variant) => {
                let id = variant.external_id.clone();
                ("catalog variant", id, self.builder.goods.variant(*variant))
            }
            Record::Category(category) => {
                self.builder.goods.category(category);
                return;
            }
        };
        if replaced {
            self.tell(number, line, |source| {
                Diagnostic::warning(
                    "repeated-record",
                    format!("the {what} '{id}' was there before; the later one counts"),
                )
                .at(source.location(0..1), "")
            });
        }
    }

    fn tell(
        &mut self,
        number: usize,
        line: &[u8],
        finding: impl FnOnce(&Arc<Source>) -> Diagnostic,
    ) {
        if self.told == TOLD {
            self.untold += 1;
            return;
        }
        self.told += 1;
        let source = Source::piece(self.name.clone(), String::from_utf8_lossy(line), number);
        self.findings.push(finding(&source));
    }
}

enum Parsed {
    Records(Vec<Result<Record, DataError>>),
    /// The place of the first byte that is wrong.
    NotUtf8(usize),
}

impl Parsed {
    fn of(line: &[u8], expected: &'static str) -> Parsed {
        match std::str::from_utf8(line) {
            Ok(text) => {
                let mut records = Record::of_line(text, expected);
                // Whom the body of an event names is somebody.
                if expected == "event"
                    && let [Ok(Record::Event(_))] = &records[..]
                    && let Ok(Some(person)) = person_of_event(text)
                {
                    let person = Record::of_line(person, "profile");
                    records.splice(..0, person);
                }
                Parsed::Records(records)
            }
            Err(error) => Parsed::NotUtf8(error.valid_up_to()),
        }
    }
}
