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
use super::look::counted;
use crate::diagnostic::Source;
use crate::project::Project;
use crate::store::{Counts, ImportOptions, Kind, Map, Rejected, Report, Store, Watch, propose_map};

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
        let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("kinds: {}", words.join(", "))
    })
}

pub(super) fn run(args: &Import, project: &Project, output: &Output) -> Result<u8, Trouble> {
    if args.propose_map {
        return propose(&args.paths, output);
    }
    let options = ImportOptions {
        kind: args.kind,
        map: args.map.as_deref().map(read_map).transpose()?,
        dry_run: args.dry_run,
    };
    let now = Timestamp::now();
    let folder = project.data_folder();
    let mut store = Store::open(&project.store_file())?;
    store.sync(folder.is_dir().then_some(&*folder), now)?;
    let (own, paths): (Vec<&PathBuf>, Vec<&PathBuf>) =
        args.paths.iter().partition(|path| is_within(path, &folder));
    for path in &own {
        output.say(&format!(
            "{} is the project's data: it is read whenever it changes, so nothing of it is imported",
            path.display()
        ));
    }
    if paths.is_empty() {
        return Ok(0);
    }
    let paths: Vec<PathBuf> = paths.into_iter().cloned().collect();
    let file = args.rejected.clone().unwrap_or_else(|| {
        let time = now.strftime("%Y%m%d-%H%M%S");
        project
            .root()
            .join(format!(".letterpress/rejected-{time}.csv"))
    });
    let mut progress = Progress::new(output, &file);
    let report = store.import(&paths, &options, now, &mut progress);
    let rejected = progress.finish()?;
    let report = report?;
    for note in &report.notes {
        output.say(note);
    }
    if !report.passed_over.is_empty() {
        let names: Vec<String> = report
            .passed_over
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        output.say(&format!(
            "passed over, as they hold no data: {}",
            names.join(", ")
        ));
    }
    show(&report, rejected.then_some(&*file), output)?;
    Ok(u8::from(report.total().rejected > 0))
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
            "rejected_file": rejected,
        }));
    }
    if total.rows == 0 {
        output.say("no rows");
        return Ok(());
    }
    let mut table = Table::new([
        ("", Side::Left),
        ("rows", Side::Right),
        ("new", Side::Right),
        ("changed", Side::Right),
        ("same", Side::Right),
        ("rejected", Side::Right),
    ]);
    for (kind, counts) in &report.kinds {
        table.row(cells(kind.name(), counts));
    }
    output.table(&table)?;
    if total.contradicting > 0 {
        output.say(&format!(
            "{} the id of a known event and say something else: the known ones were kept",
            counted(total.contradicting as usize, "event has", "events have")
        ));
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

fn cells(name: &str, counts: &Counts) -> [String; 6] {
    [
        name.to_owned(),
        counts.rows.to_string(),
        counts.new.to_string(),
        counts.changed.to_string(),
        (counts.same + counts.contradicting + counts.forgotten).to_string(),
        counts.rejected.to_string(),
    ]
}

fn read_map(path: &Path) -> Result<Map, Trouble> {
    let text = fs::read_to_string(path)
        .map_err(|error| Trouble::told(format!("cannot read {}: {error}", path.display())))?;
    let name = path.display().to_string();
    Map::read(&Source::new(name.clone(), text)).map_err(|wrong| Trouble::File(name, wrong))
}

fn propose(paths: &[PathBuf], output: &Output) -> Result<u8, Trouble> {
    for path in paths {
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

/// Whether a path is the data folder or in it.
fn is_within(path: &Path, folder: &Path) -> bool {
    match (fs::canonicalize(path), fs::canonicalize(folder)) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => false,
    }
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
                "cannot write the rejected rows to {}: {error}",
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
