//! Files become records: each is JSON that `data` reads, with the line it came from, or a row that is not taken.
//!
//! | file | what is in it |
//! |---|---|
//! | `input`, `source` | which files there are; their text, unpacked, with bounds on what is taken into memory |
//! | `kind`, `guess` | what a file holds: by the types of its resources, its name, its first record |
//! | `json`, `scan`, `document` | where documents begin and end; lines that are cut off; pages and bodies of Klaviyo's API |
//! | `csv`, `table`, `columns`, `row`, `cell` | rows, what their columns are, the JSON they become, values of a type |
//! | `consent` | columns that say who may be mailed: never guessed |
//! | `map`, `propose` | the file that says what columns are, and a first draft of one |
//! | `postal` | GeoNames' postal codes |
//! | `rejected`, `error` | a row that is not taken; why a file cannot be read |

mod cell;
mod columns;
mod consent;
mod csv;
mod document;
mod error;
mod guess;
mod input;
mod json;
mod kind;
mod map;
mod postal;
mod propose;
mod rejected;
mod row;
mod scan;
mod source;
mod table;
#[cfg(test)]
mod tests;

use std::mem;
use std::ops::ControlFlow;

pub use error::ReadError;
pub(crate) use input::Input;
pub(crate) use input::inputs;
pub use kind::Kind;
pub use map::Map;
pub(crate) use map::{Maps, beside};
pub use rejected::Rejected;
pub(crate) use rejected::brief;
use source::Text;

/// Records are handed over in chunks of about so many bytes: enough to keep threads busy, little in memory.
const CHUNK: usize = 4 << 20;

/// Nor are there more than so many records in a chunk, however short they are.
const CHUNK_RECORDS: usize = 1 << 15;

/// One record as it was read: JSON in any spelling that `data` reads (a resource, a body, attributes alone).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raw {
    /// The line it begins at, counted from 1.
    pub(crate) line: u64,
    pub(crate) kind: Kind,
    /// It came beside others, as `included` or inside the body of an event: it fills gaps and replaces nothing.
    pub(crate) along: bool,
    pub(crate) json: String,
}

/// What a piece of a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Read {
    Raw(Raw),
    Rejected(Rejected),
}

/// Some records in the order of the file.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) records: Vec<Read>,
    /// How many bytes of the file (as it is, perhaps compressed) have been read so far; for a bar of progress.
    pub(crate) bytes: u64,
}

/// What was read of one input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Records handed over.
    pub(crate) records: u64,
    /// Rows that are not taken.
    pub(crate) rejected: u64,
    /// Bytes of the input as it is, perhaps compressed.
    pub(crate) bytes: u64,
    /// What the file holds where its records do not say so themselves.
    pub(crate) kind: Option<Kind>,
    /// Whether a map said what its columns are.
    pub(crate) mapped: bool,
    /// Whether it ended because the one who took the chunks wanted no more.
    pub(crate) stopped: bool,
    /// What a person may want to know: columns that were passed over.
    pub(crate) notes: Vec<String>,
}

/// Reads one input and hands over its records in chunks of some megabytes, in the order of the file.
///
/// With `kind` none, what an untyped record is follows from the file's name and its first record. A resource's own
/// `type` always wins.
pub(crate) fn read(
    input: &Input,
    kind: Option<Kind>,
    maps: &Maps,
    each: &mut dyn FnMut(Chunk) -> ControlFlow<()>,
) -> Result<Summary, ReadError> {
    let text = Text::open(input)?;
    read_text(text, input, kind, maps, each)
}

/// The head of a CSV file and its first rows, for a proposal of a map.
pub(crate) fn sample(
    input: &Input,
    rows: usize,
) -> Result<(Vec<String>, Vec<Vec<String>>), ReadError> {
    csv::sample(Text::open(input)?, input, rows)
}

fn read_text(
    mut text: Text,
    input: &Input,
    kind: Option<Kind>,
    maps: &Maps,
    each: &mut dyn FnMut(Chunk) -> ControlFlow<()>,
) -> Result<Summary, ReadError> {
    let mut out = Out::new(each);
    // Blank lines may stand before everything.
    while text.more()? && text.bytes().trim_ascii().is_empty() {
        text.take(text.bytes().len());
    }
    out.bytes = text.consumed();
    let done = match guess::format(text.bytes(), input) {
        guess::Format::Empty => Ok(()),
        guess::Format::Json => json::read(&mut text, input, kind, &mut out),
        guess::Format::GeoNames => postal::read(&mut text, input, &mut out),
        guess::Format::Csv => csv::read(&mut text, input, kind, maps, &mut out),
    };
    match done {
        // Nobody wants more.
        Err(ReadError::Stopped) => out.summary.stopped = true,
        other => {
            other?;
            if out.flush().is_err() {
                out.summary.stopped = true;
            }
        }
    }
    out.summary.bytes = text.consumed();
    Ok(out.summary)
}

/// Records on their way out.
struct Out<'e> {
    records: Vec<Read>,
    /// Bytes of the records that wait.
    waiting: usize,
    /// How far the file has been read.
    bytes: u64,
    summary: Summary,
    each: &'e mut dyn FnMut(Chunk) -> ControlFlow<()>,
}

impl<'e> Out<'e> {
    fn new(each: &'e mut dyn FnMut(Chunk) -> ControlFlow<()>) -> Out<'e> {
        Out {
            records: Vec::new(),
            waiting: 0,
            bytes: 0,
            summary: Summary::default(),
            each,
        }
    }

    fn record(&mut self, line: u64, kind: Kind, along: bool, json: String) {
        self.waiting += json.len();
        self.summary.records += 1;
        self.records.push(Read::Raw(Raw {
            line,
            kind,
            along,
            json,
        }));
    }

    fn reject(&mut self, rejected: Rejected) {
        self.waiting += rejected.text.len();
        self.summary.rejected += 1;
        self.records.push(Read::Rejected(rejected));
    }

    /// Hands a chunk over if there is enough for one.
    fn flush_if_full(&mut self) -> Result<(), ReadError> {
        if self.waiting >= CHUNK || self.records.len() >= CHUNK_RECORDS {
            return self.flush();
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ReadError> {
        self.waiting = 0;
        if self.records.is_empty() {
            return Ok(());
        }
        let records = mem::take(&mut self.records);
        let bytes = self.bytes;
        match (self.each)(Chunk { records, bytes }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ReadError::Stopped),
        }
    }
}
