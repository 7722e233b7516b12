//! JSON: one document a line, documents over many lines, lists of them.

use memchr::{memchr, memchr_iter};

use super::document::Documents;
use super::scan::{Scan, Step};
use super::source::Text;
use super::{Input, Kind, Out, ReadError, Rejected};

/// A document over many lines that is larger is refused: pages of Klaviyo's API have some megabytes.
const LARGEST: usize = 256 << 20;

pub(super) fn read(
    text: &mut Text,
    input: &Input,
    kind: Option<Kind>,
    out: &mut Out<'_>,
) -> Result<(), ReadError> {
    let mut lines = Lines {
        documents: Documents::new(input, kind),
        scan: None,
        skipping: None,
        list: None,
    };
    loop {
        let (bytes, first, ended) = (text.bytes(), text.line(), text.ended());
        out.bytes = text.consumed();
        let used = lines.work(bytes, first, ended, out)?;
        text.take(used);
        if text.bytes().len() > LARGEST {
            return Err(ReadError::Large {
                name: text.name().to_owned(),
                what: "document",
                line: text.line(),
                limit: LARGEST >> 20,
                instead: "write one record a line (jq -c '.data[]')",
            });
        }
        if !text.more()? && text.bytes().is_empty() {
            break;
        }
    }
    if let Some(line) = lines.list {
        out.reject(Rejected::line(
            line,
            b"[",
            0..1,
            "the list that begins here is not closed: the file may be cut off",
        ));
    }
    out.summary.kind = lines.documents.default_kind();
    Ok(())
}

struct Lines {
    documents: Documents,
    /// The scan of the document that begins the bytes, if it did not end in them.
    scan: Option<Scan>,
    /// After a broken document: lines are skipped up to one that begins a record and is indented no deeper than this.
    skipping: Option<usize>,
    /// The line of the `[` that holds all documents.
    list: Option<u64>,
}

impl Lines {
    /// Works through the documents in `bytes`, the first line of which is the file's line `first`, and gives how many
    /// bytes are done with.
    fn work(
        &mut self,
        bytes: &[u8],
        first: u64,
        ended: bool,
        out: &mut Out<'_>,
    ) -> Result<usize, ReadError> {
        let mut line = Counter {
            bytes,
            at: 0,
            line: first,
        };
        let mut at = 0;
        loop {
            if let Some(indent) = self.skipping {
                match self.next_record(bytes, at, indent) {
                    Some(record) => at = record,
                    None => return Ok(bytes.len()),
                }
                self.skipping = None;
            }
            let Some(step) = bytes[at..]
                .iter()
                .position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
            else {
                return Ok(bytes.len());
            };
            at += step;
            match (bytes[at], self.list) {
                (b'[', None) => {
                    self.list = Some(line.of(at));
                    at += 1;
                    continue;
                }
                (b',', Some(_)) => {
                    at += 1;
                    continue;
                }
                (b']', Some(_)) => {
                    self.list = None;
                    at += 1;
                    continue;
                }
                (b'{', _) => {}
                _ => {
                    let end = line_end(bytes, at);
                    let reason = "a record begins with {";
                    out.reject(line.rejected(at..at + 1, reason));
                    // The list may end on the line that is given up.
                    if bytes[at..end].trim_ascii_end().ends_with(b"]") {
                        self.list = None;
                    }
                    at = end;
                    continue;
                }
            }
            let mut scan = self.scan.take().unwrap_or_default();
            match scan.run(&bytes[at..]) {
                Step::Done(length) => {
                    let end = at + length;
                    if let Some(wrong) = self.wrong_after(bytes, end) {
                        let reason = "nothing but a record can follow a record on its line";
                        out.reject(line.rejected(wrong..wrong + 1, reason));
                        at = line_end(bytes, end);
                        continue;
                    }
                    let number = line.of(at);
                    let document = &bytes[at..end];
                    self.documents.take(document, &scan.shape, number, out)?;
                    out.flush_if_full()?;
                    at = end;
                }
                Step::More if !ended => {
                    self.scan = Some(scan);
                    return Ok(at);
                }
                Step::More => at = self.broken(bytes, at, bytes.len(), "", &mut line, out),
                Step::Broken(place, why) => {
                    at = self.broken(bytes, at, at + place, why, &mut line, out);
                }
            }
        }
    }

    /// Rejects the document that begins at `start` and is broken at `place`; gives where reading goes on. Only its first
    /// line is given up: what follows may be records.
    fn broken(
        &mut self,
        bytes: &[u8],
        start: usize,
        place: usize,
        why: &str,
        line: &mut Counter<'_>,
        out: &mut Out<'_>,
    ) -> usize {
        let end = line_end(bytes, start);
        let indent = start - line_start(bytes, start);
        let begins_a_record = bytes.get(place) == Some(&b'{')
            && bytes[..place].trim_ascii_end().len() < line_start(bytes, place);
        let at_the_end = place >= bytes.len();
        let number = line.of(start);
        let rejected = if place < end && bytes.get(place).is_some_and(|b| *b != b'\n') {
            line.rejected(place..place + 1, why)
        } else if place < end || at_the_end || begins_a_record {
            // Nothing is wrong on the line but its end.
            let file = at_the_end && end < place && self.next_record(bytes, end, indent).is_none();
            let why = match why {
                _ if file => "the record that begins here is not closed",
                "" => "the line ends in the middle of the record",
                _ if begins_a_record => "the line ends in the middle of the record",
                why => why,
            };
            let stop = start + bytes[start..end].trim_ascii_end().len();
            line.rejected(stop.max(1) - 1..stop, &format!("{why}: it is cut off"))
        } else {
            let why = format!("{why}, in the document that begins in line {number}");
            Counter {
                bytes,
                at: start,
                line: number,
            }
            .rejected(place..place + 1, &why)
        };
        out.reject(rejected);
        self.skipping = Some(indent);
        end
    }

    /// The next line from `at` on that begins a record.
    fn next_record(&self, bytes: &[u8], mut at: usize, indent: usize) -> Option<usize> {
        while at < bytes.len() {
            let end = line_end(bytes, at);
            let line = &bytes[at..end];
            let text = line.trim_ascii_start();
            let begins = match text.first() {
                Some(b'{') => true,
                Some(b'[') => self.list.is_none(),
                Some(b']') => self.list.is_some(),
                _ => false,
            };
            if begins && line.len() - text.len() <= indent {
                return Some(at);
            }
            at = end;
        }
        None
    }

    /// What follows a document on its line and cannot.
    fn wrong_after(&self, bytes: &[u8], end: usize) -> Option<usize> {
        let step = bytes[end..]
            .iter()
            .position(|b| !matches!(b, b' ' | b'\t' | b'\r'))?;
        let right = match bytes[end + step] {
            b'\n' | b'{' => true,
            b',' | b']' => self.list.is_some(),
            _ => false,
        };
        (!right).then_some(end + step)
    }
}

/// Counts lines as it goes forward.
struct Counter<'b> {
    bytes: &'b [u8],
    at: usize,
    line: u64,
}

impl Counter<'_> {
    /// The number of the line that `at`, no less than before, stands in.
    fn of(&mut self, at: usize) -> u64 {
        if let Some(between) = self.bytes.get(self.at..at) {
            self.line += memchr_iter(b'\n', between).count() as u64;
            self.at = at;
        }
        self.line
    }

    /// The rejection of the line that `at` stands in.
    fn rejected(&mut self, at: std::ops::Range<usize>, reason: &str) -> Rejected {
        let start = line_start(self.bytes, at.start);
        let text = &self.bytes[start..line_end(self.bytes, at.start)];
        // Of a list that begins on this line part may have been read: the line is counted from where it was.
        let line = self.of(at.start.max(self.at).min(self.bytes.len()));
        Rejected::line(line, text, at.start - start..at.end - start, reason)
    }
}

fn line_start(bytes: &[u8], at: usize) -> usize {
    let before = bytes.get(..at).unwrap_or(bytes);
    memchr::memrchr(b'\n', before).map_or(0, |end| end + 1)
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    memchr(b'\n', rest).map_or(bytes.len(), |end| at + end + 1)
}
