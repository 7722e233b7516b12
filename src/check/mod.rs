//! Mistakes of an email that show before a send: what its templates read, held against the data of the project.
//!
//! | file | what is in it |
//! |---|---|
//! | `rules` | the findings, and how bad each is |
//! | `census` | what the data has at a path |
//! | `blanks` | for whom what an email prints is blank |
//! | `trial` | filters tried on values of the data |
//! | `flows` | whether `[trigger]` says what the flow that sends the email says |
//! | `allow` | findings silenced by a comment |
//! | `formats` | findings as JSON, as GitHub's annotations, as SARIF |

mod allow;
mod blanks;
mod census;
mod flows;
mod formats;
mod rules;
mod trial;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{Timestamp, ZonedDateTime};

use crate::data::{DataError, Database, Rows, event_value};
use crate::diagnostic::Diagnostic;
use crate::email::{Blocks, Email, EmailError, Kind, Manifest, Markup, layouts};
use crate::language::{Dialect, FileId, Library, Link, Reads, Span, lex_at};
use crate::mjml;
use crate::project::{Project, ProjectError};
use crate::value::{self, Value};

pub use blanks::Blanks;
pub use formats::{github, json, sarif};

/// Checks the emails of a project; what they share (feeds, the organization) is made once.
///
/// ```no_run
/// use letterpress::check::Checker;
/// use letterpress::project::Project;
/// let project = Project::open("letterpress.toml")?;
/// let checker = Checker::new(&project, &"2026-11-20T18:00:00[UTC]".parse()?)?;
/// for finding in checker.email("abandoned_cart")? {
///     println!("{finding}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Checker<'p> {
    project: &'p Project,
    shop: &'p dyn Database,
    /// The first lookup that failed: what was found without its answer is not told.
    failure: OnceCell<DataError>,
    feeds: Value,
    organization: Value,
}

/// So many profiles, events or items are looked at, evenly spread, where there are more.
const MOST_RECORDS: usize = 10_000;

impl<'p> Checker<'p> {
    /// A checker for the project as it is at a time.
    ///
    /// # Errors
    /// The data cannot be read.
    pub fn new(project: &'p Project, now: &ZonedDateTime) -> Result<Checker<'p>, ProjectError> {
        let data = project.data()?;
        let money = project.config().money();
        let (feeds, _) = project.feeds(now)?;
        let feeds = feeds.value(&|amount| {
            let amount = value::format_float(amount);
            money.format_text(&amount).unwrap_or(amount.into_owned())
        });
        Ok(Checker {
            project,
            shop: &*data.shop,
            failure: OnceCell::new(),
            feeds,
            organization: data.organization.value(),
        })
    }

    /// All findings of an email, in the order of its files and places. An email with errors has these alone.
    ///
    /// # Errors
    /// There is no such email, or the data cannot be looked up.
    pub fn email(&self, name: &str) -> Result<Vec<Diagnostic>, ProjectError> {
        let email = match self.project.engine().email(name) {
            Ok(email) => email,
            Err(EmailError::Invalid { diagnostics, .. }) => return Ok(diagnostics),
            Err(error) => return Err(error.into()),
        };
        let library = self.project.engine().library();
        let (reads, files) = reads(&email, &library);
        let mut findings = email.findings().to_vec();
        findings.extend(rules::findings(self, &email, &reads, &library, &files));
        let source = library.file(&format!("{name}/email.toml"));
        let source = source.map(|file| library.sources().get(file));
        for flow in self.project.flows_of(&email)? {
            findings.extend(flows::difference(email.manifest(), &flow, source));
        }
        if let Some(error) = self.failure.get() {
            return Err(DataError::Lookup(error.to_string().into()).into());
        }
        for file in &files {
            findings.extend(allow::unknown(library.sources().get(*file)));
        }
        findings.retain(|finding| !allow::silences(finding));
        findings.sort_by(|a, b| place(a).cmp(&place(b)));
        // MJML writes some attributes twice, and a partial may be included twice.
        findings.dedup_by(|a, b| a.title == b.title && place(a) == place(b));
        Ok(findings)
    }

    /// An answer of the database. One that failed is remembered, and is told instead of findings.
    fn ask<T: Default>(&self, answer: Result<T, DataError>) -> T {
        answer.unwrap_or_else(|error| {
            let _ = self.failure.set(error);
            T::default()
        })
    }

    /// How many events each metric has.
    fn event_counts(&self) -> Vec<(String, usize)> {
        let counts = self.shop.counts(None, Timestamp::MIN, Timestamp::MAX);
        let counts = self.ask(counts).into_iter();
        counts
            .map(|one| (one.metric.name.clone(), one.count))
            .collect()
    }

    /// The events that may start the flow of an email.
    fn events(&self, manifest: &Manifest) -> Vec<Value> {
        match &manifest.metric {
            None => self.spread(self.shop.event_count(), self.shop.events(), event_value),
            Some(metric) => {
                let counts = self.event_counts().into_iter();
                let counts = counts.filter(|(name, _)| name == metric);
                let count = counts.map(|(_, count)| count).sum();
                let names = [metric.as_str()];
                self.spread(Ok(count), self.shop.events_of(&names), event_value)
            }
        }
    }

    /// The values of at most [`MOST_RECORDS`], evenly spread.
    fn spread<T>(
        &self,
        count: Result<usize, DataError>,
        all: Rows<'_, T>,
        value: impl Fn(Arc<T>) -> Value,
    ) -> Vec<Value> {
        let step = self.ask(count).div_ceil(MOST_RECORDS).max(1);
        let some = all.step_by(step).map(|one| one.map(&value));
        self.ask(some.collect())
    }
}

/// Whether an email can have an event at all.
fn has_event(manifest: &Manifest) -> bool {
    manifest.kind == Kind::Flow && manifest.date_property.is_none()
}

fn place(finding: &Diagnostic) -> Option<(&str, usize, &'static str)> {
    let label = finding.primary.as_ref()?;
    Some((label.at.file(), label.at.range().start, finding.code))
}

/// The files of an email in Jinja, the body first. Its tags are minijinja's to read: what they name is not looked up in
/// the data, so the rules that need to know it find nothing.
fn jinja_files(email: &Email, library: &Library) -> Vec<FileId> {
    let own = ["body.mjml", "body.html", "body.txt", "email.toml"];
    let own = own.map(|file| library.file(&format!("{}/{file}", email.name())));
    let mut files: Vec<FileId> = Vec::new();
    for file in own.into_iter().flatten().chain(email.included()) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

/// What all parts of an email read, and the files they stand in, the body first.
fn reads(email: &Email, library: &Library) -> (Reads, Vec<FileId>) {
    let name = email.name();
    let mut reads = Reads::default();
    if email.manifest().dialect == Dialect::Jinja {
        let files = jinja_files(email, library);
        if email.asks_for(Link::Unsubscribe) {
            reads.tags.insert("unsubscribe");
        }
        return (reads, files);
    }
    let mut files = BTreeSet::new();
    let mut body = None;
    for file in ["body.mjml", "body.html", "body.txt"].map(|file| format!("{name}/{file}")) {
        let (Some(id), Some(mut tokens)) = (library.file(&file), library.tokens(&file)) else {
            continue;
        };
        if file.ends_with(".html") && body.is_some() {
            continue;
        }
        body = body.or(Some(id));
        files.insert(id);
        if file.ends_with(".html") {
            tokens = Blocks::new(library, Dialect::Klaviyo, Markup::Html, false).expand(tokens);
        }
        if file.ends_with(".mjml") {
            let blocks = RefCell::new(Blocks::new(library, Dialect::Klaviyo, Markup::Mjml, false));
            tokens = blocks.borrow_mut().expand(tokens);
            tokens = layouts::placed(&file, tokens, library);
            let loader = mjml::Loader {
                sources: library.sources(),
                name: &file,
                dialect: Dialect::Klaviyo,
                load: &|name| Some(blocks.borrow_mut().expand(library.tokens(name)?)),
                names: &Vec::new,
                picked: None,
            };
            if let Ok(compiled) = mjml::compile(tokens.clone(), &loader) {
                tokens = compiled.tokens;
            }
        }
        files.extend(tokens.iter().map(|token| token.span.file));
        reads.extend(library.reads(&file, &tokens));
    }
    let manifest_name = format!("{name}/email.toml");
    let manifest = email.manifest();
    let parts = [
        &manifest.subject,
        &manifest.preheader,
        &manifest.from,
        &manifest.reply_to,
    ];
    if let Some(file) = library.file(&manifest_name) {
        files.insert(file);
        for text in parts.into_iter().flatten() {
            let span = Span::new(file, text.at.start, text.at.end);
            let mut tokens = lex_at(&text.value, span);
            if !text.plain {
                tokens.iter_mut().for_each(|token| token.span = span);
            }
            reads.extend(library.reads(&manifest_name, &tokens));
        }
    }
    files.extend(reads.files.iter().copied());
    let others = files.into_iter().filter(|file| Some(*file) != body);
    let files = body.into_iter().chain(others).collect();
    (reads, files)
}
