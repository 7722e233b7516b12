//! All printing of the command line goes through here.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::json;

use super::table::Table;
use super::{Format, Global, When};
use crate::data::DataError;
use crate::diagnostic::{Diagnostic, printable};
use crate::email::EmailError;
use crate::files::write_whole;
use crate::project::{ChoiceError, ProjectError, SelectError};
use crate::store::{ReadError, StoreError};

/// Why a command could not run.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The project or its data.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The database failed.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The store, or a file that is imported.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The email.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// A selector.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// Whom to render for.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The page.
    #[cfg(feature = "preview")]
    #[error(transparent)]
    Preview(#[from] crate::preview::PreviewError),
    /// A file with errors to show.
    #[error("{0} cannot be used")]
    File(String, Vec<Diagnostic>),
    /// Anything else: what is wrong, and what to do about it.
    #[error("{0}")]
    Told(String, Option<String>),
    /// Nobody reads our output any more.
    #[error("nobody reads the output")]
    BrokenPipe,
}

impl Trouble {
    /// What is wrong.
    pub(super) fn told(what: impl Into<String>) -> Trouble {
        Trouble::Told(what.into(), None)
    }

    /// What is wrong, and what to do about it.
    pub(super) fn with_help(what: impl Into<String>, help: impl Into<String>) -> Trouble {
        Trouble::Told(what.into(), Some(help.into()))
    }

    fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Trouble::Project(error) | Trouble::Choice(ChoiceError::Project(error)) => {
                error.diagnostics()
            }
            Trouble::Email(EmailError::Invalid { diagnostics, .. })
            | Trouble::Store(StoreError::Read(ReadError::Map(diagnostics)))
            | Trouble::File(_, diagnostics) => diagnostics,
            _ => &[],
        }
    }

    /// What is said below the diagnostics, if there are any.
    fn sentence(&self) -> String {
        match self {
            Trouble::Email(EmailError::Invalid { name, diagnostics }) => {
                let errors = diagnostics.iter().filter(|found| found.is_error()).count();
                let plural = if errors == 1 { "" } else { "s" };
                format!("the email '{name}' has {errors} error{plural}")
            }
            other => other.to_string(),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Trouble::Told(_, help) => help.clone(),
            Trouble::Choice(error) => error.help().map(str::to_owned),
            Trouble::Project(ProjectError::NotThere(_)) => {
                Some("name a folder that holds a letterpress.toml, or that file".into())
            }
            Trouble::Project(ProjectError::NotFound(_)) => {
                Some("go to a project's folder, or name it with --project PATH".into())
            }
            Trouble::Email(EmailError::Unknown {
                known,
                nearest: None,
                ..
            }) if !known.is_empty() => Some(format!("emails: {}", known.join(", "))),
            _ => None,
        }
    }
}

/// Where and how to print.
pub(super) struct Output {
    colour: bool,
    format: Format,
    quiet: bool,
    verbose: bool,
}

impl Output {
    pub(super) fn new(global: &Global) -> Output {
        let colour = match global.color {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                io::stderr().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        };
        Output {
            colour,
            format: global.format,
            quiet: global.quiet,
            verbose: global.verbose > 0,
        }
    }

    /// Whether the format for programs is asked for.
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether more is asked for than is needed: `--verbose`.
    pub(super) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Whether a progress bar makes sense.
    pub(super) fn shows_progress_bar(&self) -> bool {
        !self.quiet && !self.is_json() && io::stderr().is_terminal()
    }

    /// Prints a table to standard output; its cells hold no control characters but those that keep it straight.
    /// On a terminal what is too long for its lines is cut.
    pub(super) fn table<const N: usize>(&self, table: &Table<N>) -> Result<(), Trouble> {
        self.bytes(table.within(self.width()).as_bytes())
    }

    /// Prints a line of text to standard output: a title, a sentence where there is nothing to show.
    pub(super) fn title(&self, text: &str) -> Result<(), Trouble> {
        self.bytes((printable(&text.replace('\t', " ")) + "\n").as_bytes())
    }

    /// Prints the title of a part, below an empty line.
    pub(super) fn part(&self, title: &str) -> Result<(), Trouble> {
        self.bytes(b"\n")?;
        self.title(title)
    }

    /// How many columns standard output has, where it is a terminal.
    fn width(&self) -> Option<usize> {
        let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(width.0))
    }

    /// Prints a line of JSON to standard output.
    pub(super) fn json(&self, json: &(impl Serialize + ?Sized)) -> Result<(), Trouble> {
        let text = serde_json::to_string(json).map_err(|error| Trouble::told(error.to_string()))?;
        self.data((text + "\n").as_bytes())
    }

    /// Prints data to standard output, exactly; on a terminal, control characters that a person's name may hold are
    /// shown instead of obeyed.
    pub(super) fn data(&self, bytes: &[u8]) -> Result<(), Trouble> {
        let shown = io::stdout().is_terminal().then(|| visible(bytes));
        self.bytes(shown.as_deref().unwrap_or(bytes))
    }

    fn bytes(&self, bytes: &[u8]) -> Result<(), Trouble> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Trouble::BrokenPipe),
            Err(error) => Err(Trouble::told(format!(
                "cannot write to standard output: {error}"
            ))),
        }
    }

    /// Prints data to a file, or to standard output for none and for `-`. A file appears whole or not at all.
    pub(super) fn data_to(&self, path: Option<&Path>, bytes: &[u8]) -> Result<(), Trouble> {
        match path {
            None => self.data(bytes),
            Some(path) if path == Path::new("-") => self.data(bytes),
            Some(path) => write_file(path, bytes).map_err(|error| {
                Trouble::with_help(
                    format!("cannot write {}: {error}", path.display()),
                    "check that the folder exists, is writable and has room",
                )
            }),
        }
    }

    /// Says something to the person in front of it.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet && !self.is_json() {
            self.line(text);
        }
    }

    /// Shows diagnostics: with source lines, or as JSON lines for programs.
    pub(super) fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            if self.quiet && !diagnostic.is_error() {
                continue;
            }
            if self.is_json() {
                self.line(&serde_json::to_string(diagnostic).unwrap_or_default());
            } else {
                self.raw(&(diagnostic.to_text(self.colour) + "\n"));
            }
        }
    }

    /// Prints diagnostics that are what a command is for: to standard output.
    pub(super) fn shown(&self, diagnostics: &[&Diagnostic]) -> Result<(), Trouble> {
        let mut stdout = io::stdout().lock();
        // Their text form has no control characters but its own colours.
        let colour = self.colour && stdout.is_terminal();
        for diagnostic in diagnostics {
            match writeln!(stdout, "{}", diagnostic.to_text(colour)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    return Err(Trouble::BrokenPipe);
                }
                Err(error) => {
                    return Err(Trouble::told(format!(
                        "cannot write to standard output: {error}"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Shows what is only worth knowing: with `--verbose`.
    pub(super) fn findings(&self, findings: &[Diagnostic]) {
        if self.verbose {
            self.diagnostics(findings);
        }
    }

    /// Says why the command could not run.
    pub(super) fn trouble(&self, trouble: &Trouble) {
        let diagnostics = trouble.diagnostics();
        self.diagnostics(diagnostics);
        if self.is_json() {
            if diagnostics.is_empty() {
                let error = json!({"severity": "error", "title": trouble.to_string(), "help": trouble.help()});
                self.line(&error.to_string());
            }
            return;
        }
        self.labelled("error", "31", &trouble.sentence());
        if let Some(help) = trouble.help() {
            self.labelled(" help", "36", &help);
        }
    }

    /// `label: text`, the label bold and in a colour.
    pub(super) fn labelled(&self, label: &str, colour: &str, text: &str) {
        let text = printable(text);
        if self.colour {
            self.raw(&format!("\u{1b}[1;{colour}m{label}\u{1b}[0m: {text}\n"));
        } else {
            self.raw(&format!("{label}: {text}\n"));
        }
    }

    fn line(&self, text: &str) {
        self.raw(&(printable(text) + "\n"));
    }

    fn raw(&self, text: &str) {
        // Nothing can be said when standard error is closed.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// The text with all control characters but line ends and tabs as escapes.
fn visible(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| printable(line.trim_end_matches('\r')))
        .collect();
    lines.join("\n").into_bytes()
}

/// Writes a file whole or not at all. What is no file (`/dev/null`, a pipe with a name) is written to as it stands: renaming would
/// put a file in its place.
fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return fs::OpenOptions::new()
            .write(true)
            .open(path)?
            .write_all(bytes);
    }
    write_whole(path, bytes)
}
