//! Rows of CSV: where they begin and end.

use csv::{ByteRecord, ReaderBuilder};
use memchr::{memchr, memchr_iter};

use super::map::Maps;
use super::source::{LONGEST_LINE, Text};
use super::table::Table;
use super::{Input, Kind, Out, ReadError, Rejected};

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
pub(super) struct Row<'b> {
    pub(super) line: u64,
    /// All its lines, if it has several.
    pub(super) text: &'b [u8],
    pub(super) cells: &'b ByteRecord,
}

impl Row<'_> {
    fn texts(&self) -> Result<Vec<String>, std::str::Utf8Error> {
        let text = |cell: &[u8]| std::str::from_utf8(cell).map(str::to_owned);
        self.cells.iter().map(text).collect()
    }

    pub(super) fn over_many_lines(&self) -> bool {
        memchr(b'\n', self.text.trim_ascii_end()).is_some()
    }
}

/// What became of a row.
pub(super) enum Taken {
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
