//! `letterpress data import`

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use serde_json::json;

use super::super::output::{Output, Trouble};
use super::super::table::{Side, Table};
use super::super::{Global, open};
use super::look::{counted, quoted};
use crate::diagnostic::{Source, nearest};
use crate::project::Project;
use crate::store::{
    Counts, ImportOptions, Kind, Map, ReadError, Rejected, Report, Store, StoreError, Watch,
    propose_map,
};

/// Arguments of `data import`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// Files, folders, or - for standard input: JSON lines, pages of Klaviyo's API, CSV; .gz and .zst too
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// What they hold [default: seen from the files]
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<Kind>,
    /// What the columns of CSV files are [default: customers.map.toml beside customers.csv]
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Writes a first draft of the map beside each CSV file, and imports nothing
    #[arg(long, conflicts_with_all = ["map", "dry_run"])]
    propose_map: bool,
    /// Does all of it and keeps nothing
    #[arg(long)]
    dry_run: bool,
    /// Where rows that are not taken are written [default: .letterpress/rejected-TIME.csv]
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
}

fn kind(word: &str) -> Result<Kind, String> {
    if word == "auto" {
        return Err("leave --kind out for that".to_owned());
    }
    Kind::named(word).ok_or_else(|| {
        let words = Kind::ALL.map(Kind::name);
        match nearest(word, words) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("kinds: {}", words.join(", ")),
        }
    })
}

pub(super) fn run(
    args: &Import,
    project: &Project,
    global: &Global,
    output: &Output,
) -> Result<u8, Trouble> {
    if args.propose_map {
        return propose(&args.paths, output);
    }
    let options = ImportOptions {
        kind: args.kind,
        map: args.map.as_deref().map(read_map).transpose()?,
        dry_run: args.dry_run,
    };
    let folder = project.data_folder();
    if let Some(around) = args.paths.iter().find(|path| is_around(path, &folder)) {
        return Err(Trouble::with_help(
            format!(
                "{} holds {}, the project's data, which is read whenever it changes",
                around.display(),
                project.config().data.display()
            ),
            "name the files and folders beside it",
        ));
    }
    let now = open::now(global, &project.config().zone)?.timestamp();
    let file = rejected_file(args, project, now)?;
    let mut store = Store::open(&project.store_file())?;
    store.sync(folder.is_dir().then_some(&*folder), now)?;
    let (own, paths): (Vec<&PathBuf>, Vec<&PathBuf>) =
        args.paths.iter().partition(|path| is_within(path, &folder));
    let mut notes: Vec<String> = own
        .iter()
        .map(|path| {
            format!(
                "{} is the project's data: it is read whenever it changes, so nothing of it is imported",
                path.display()
            )
        })
        .collect();
    let paths: Vec<PathBuf> = paths.into_iter().cloned().collect();
    let mut progress = Progress::new(output, &file);
    let report = match paths.is_empty() {
        true => Ok(Report::default()),
        false => store.import(&paths, &options, now, &mut progress),
    };
    let rejected = progress.finish();
    let mut report = report.map_err(|error| explained(error, args))?;
    notes.append(&mut report.notes);
    report.notes = notes;
    let written = matches!(rejected, Ok(true)).then_some(&*file);
    show(&report, written, output)?;
    rejected?;
    Ok(u8::from(report.total().rejected > 0))
}

/// Where rejected rows go: no file that is read, nor one of the project's data.
fn rejected_file(args: &Import, project: &Project, now: Timestamp) -> Result<PathBuf, Trouble> {
    let Some(file) = &args.rejected else {
        let time = now.strftime("%Y%m%d-%H%M%S");
        let name = format!(".letterpress/rejected-{time}.csv");
        return Ok(project.root().join(name));
    };
    let mut read = args.paths.iter().chain(&args.map);
    if read.any(|path| is_within(file, path)) || is_within(file, &project.data_folder()) {
        return Err(Trouble::with_help(
            format!("--rejected {} would replace what is read", file.display()),
            "name another file",
        ));
    }
    Ok(file.clone())
}

/// What stopped an import, and the next step.
fn explained(error: StoreError, args: &Import) -> Trouble {
    let StoreError::Read(ReadError::Consent {
        name,
        column,
        values,
        instead,
    }) = &error
    else {
        return error.into();
    };
    let path = Path::new(name);
    let draft = match propose_map(path) {
        Ok((map, _)) if args.map.is_none() && path.is_file() && !map.exists() => format!(
            "; letterpress data import --propose-map {} writes a first draft",
            quoted(name)
        ),
        _ => String::new(),
    };
    Trouble::with_help(
        format!(
            "{name}: the column '{column}' looks like it says who may be mailed ({values}), and people who said no must not be"
        ),
        format!("{instead}{draft}"),
    )
}

fn show(report: &Report, rejected: Option<&Path>, output: &Output) -> Result<(), Trouble> {
    let total = report.total();
    if output.is_json() {
        let kinds: Vec<_> = report
            .kinds
            .iter()
            .map(|(kind, counts)| {
                json!({
                    "kind": kind.name(),
                    "rows": counts.rows,
                    "new": counts.new,
                    "changed": counts.changed,
                    "same": counts.same,
                    "contradicting": counts.contradicting,
                    "forgotten": counts.forgotten,
                    "rejected": counts.rejected,
                })
            })
            .collect();
        return output.json(&json!({
            "dry_run": report.dry_run,
            "kinds": kinds,
            "passed_over": report.passed_over,
            "notes": report.notes,
            "rejected_file": rejected,
        }));
    }
    for note in &report.notes {
        output.say(note);
    }
    // Maps belong to the files beside them.
    let passed: Vec<String> = report
        .passed_over
        .iter()
        .map(|path| path.display().to_string())
        .filter(|name| !name.ends_with(".map.toml"))
        .collect();
    if !passed.is_empty() {
        let passed = passed.join(", ");
        output.say(&format!("passed over, as they hold no data: {passed}"));
    }
    if total.rows == 0 {
        if report.notes.is_empty() {
            output.say("no rows");
        }
        return Ok(());
    }
    match total.contradicting + total.forgotten {
        0 => {
            let mut table = Table::new(COLUMNS);
            for (kind, counts) in &report.kinds {
                table.row(cells(kind.name(), counts));
            }
            output.table(&table)?;
        }
        _ => {
            let [kind, rows, new, changed, same, rejected] = COLUMNS;
            let left_out = ("left out", Side::Right);
            let columns = [kind, rows, new, changed, same, left_out, rejected];
            let mut table = Table::new(columns);
            for (kind, counts) in &report.kinds {
                let [kind, rows, new, changed, same, rejected] = cells(kind.name(), counts);
                let left_out = (counts.contradicting + counts.forgotten).to_string();
                table.row([kind, rows, new, changed, same, left_out, rejected]);
            }
            output.table(&table)?;
        }
    }
    match total.contradicting {
        0 => {}
        1 => output.say(
            "1 event has the id of a known one and says something else: the known one is kept",
        ),
        count => output.say(&format!(
            "{count} events have the id of a known one and say something else: the known ones are kept"
        )),
    }
    if total.forgotten > 0 {
        output.say(&format!(
            "{} about people who were forgotten, and not taken",
            counted(total.forgotten as usize, "row is", "rows are")
        ));
    }
    if let Some(file) = rejected {
        output.say(&format!(
            "rejected rows, with line, column, value and reason: {}",
            file.display()
        ));
    }
    if report.dry_run {
        output.say("nothing was kept: --dry-run");
    }
    Ok(())
}

const COLUMNS: [(&str, Side); 6] = [
    ("", Side::Left),
    ("rows", Side::Right),
    ("new", Side::Right),
    ("changed", Side::Right),
    ("same", Side::Right),
    ("rejected", Side::Right),
];

fn cells(name: &str, counts: &Counts) -> [String; 6] {
    [
        name.to_owned(),
        counts.rows.to_string(),
        counts.new.to_string(),
        counts.changed.to_string(),
        counts.same.to_string(),
        counts.rejected.to_string(),
    ]
}

fn read_map(path: &Path) -> Result<Map, Trouble> {
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Trouble::with_help(
            format!("there is no map {}", path.display()),
            "--propose-map writes a first draft beside each CSV file",
        ),
        _ => Trouble::told(format!("cannot read {}: {error}", path.display())),
    })?;
    let name = path.display().to_string();
    Map::read(&Source::new(name.clone(), text)).map_err(|wrong| Trouble::File(name, wrong))
}

fn propose(paths: &[PathBuf], output: &Output) -> Result<u8, Trouble> {
    for path in paths {
        if path.as_os_str() == "-" {
            return Err(Trouble::with_help(
                "a map stands beside its file, and standard input is none",
                "write it to a file first",
            ));
        }
        if !path.exists() {
            let path = path.clone();
            return Err(StoreError::Read(ReadError::Missing { path }).into());
        }
        if is_json(path) {
            return Err(Trouble::with_help(
                format!("{} is JSON, which needs no map", path.display()),
                "maps say what the columns of CSV files are",
            ));
        }
        let (file, text) = propose_map(path)?;
        let made = File::options().write(true).create_new(true).open(&file);
        match made.and_then(|mut made| made.write_all(text.as_bytes())) {
            Ok(()) => output.say(&format!(
                "wrote {}; read it, decide what it leaves open, then import {} again",
                file.display(),
                path.display()
            )),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Trouble::with_help(
                    format!("{} is there already", file.display()),
                    "change it, or move it away for a new draft",
                ));
            }
            Err(error) => {
                return Err(Trouble::told(format!(
                    "cannot write {}: {error}",
                    file.display()
                )));
            }
        }
    }
    Ok(0)
}

/// Whether a file's name says that it is JSON.
fn is_json(path: &Path) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    let packed = [".gz", ".gzip", ".zst", ".zstd"].into_iter();
    let packed = packed.filter_map(|ending| name.strip_suffix(ending)).next();
    let name = packed.unwrap_or(&name);
    [".json", ".jsonl", ".ndjson"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// Whether a path is the folder or in it.
fn is_within(path: &Path, folder: &Path) -> bool {
    match (fs::canonicalize(path), fs::canonicalize(folder)) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => false,
    }
}

/// Whether a path is a folder that the other is somewhere in.
fn is_around(path: &Path, folder: &Path) -> bool {
    is_within(folder, path) && !is_within(path, folder)
}

/// A bar on a terminal, a line now and then elsewhere; and the file of rows that are not taken.
struct Progress<'o> {
    bar: Option<ProgressBar>,
    output: &'o Output,
    last: Instant,
    file: &'o Path,
    rejected: Option<Result<csv::Writer<BufWriter<File>>, io::Error>>,
}

impl<'o> Progress<'o> {
    fn new(output: &'o Output, file: &'o Path) -> Progress<'o> {
        let bar = output.shows_progress_bar().then(|| {
            let style = ProgressStyle::with_template(
                "{bar:32.green/dim} {bytes} of {total_bytes}  {bytes_per_sec}  {msg}",
            )
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━━─");
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(15))
                .with_style(style)
        });
        Progress {
            bar,
            output,
            last: Instant::now(),
            file,
            rejected: None,
        }
    }

    /// Ends it; tells whether rows were rejected.
    fn finish(self) -> Result<bool, Trouble> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let Some(rejected) = self.rejected else {
            return Ok(false);
        };
        let flushed = rejected.and_then(|mut writer| writer.flush());
        match flushed {
            Ok(()) => Ok(true),
            Err(error) => Err(Trouble::told(format!(
                "all else was done, but the rejected rows cannot be written to {}: {error}",
                self.file.display()
            ))),
        }
    }
}

fn open_rejected(file: &Path) -> Result<csv::Writer<BufWriter<File>>, io::Error> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    // Names and addresses are in it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut writer = csv::Writer::from_writer(BufWriter::new(options.open(file)?));
    writer.write_record(["file", "line", "column", "value", "reason", "row"])?;
    Ok(writer)
}

impl Watch for Progress<'_> {
    fn rejected(&mut self, file: &str, rejected: &Rejected) {
        let writer = self
            .rejected
            .get_or_insert_with(|| open_rejected(self.file));
        let Ok(open) = writer else { return };
        let written = open.write_record([
            file,
            &rejected.line.to_string(),
            rejected.column.as_deref().unwrap_or_default(),
            &rejected.value,
            &rejected.reason,
            &rejected.text,
        ]);
        if let Err(error) = written {
            *writer = Err(error.into());
        }
    }

    fn read(&mut self, bytes: u64, of: Option<u64>) {
        match &self.bar {
            Some(bar) => {
                if let Some(of) = of {
                    bar.set_length(of);
                }
                bar.set_position(bytes);
            }
            None if !io::stderr().is_terminal()
                && self.last.elapsed() > Duration::from_secs(10) =>
            {
                self.last = Instant::now();
                let of = of.map_or(String::new(), |of| format!(" of {}", of >> 20));
                self.output.say(&format!("{}{of} MiB read", bytes >> 20));
            }
            None => {}
        }
    }

    fn settling(&mut self) {
        if let Some(bar) = &self.bar {
            bar.set_message("putting together what belongs together");
        }
    }
}
