//! The text of an input, unpacked, a window of whole lines at a time.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use memchr::{memchr_iter, memrchr};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{Input, ReadError};

/// How much of a line is kept to show it.
pub(super) const LONGEST_SHOWN: usize = 10 << 10;

/// A line that is longer is refused before it is in memory: Klaviyo takes 5 MB an event, and a file of one line that is
/// no record at all would be read to its end.
pub(super) const LONGEST_LINE: usize = 64 << 20;

/// What is read at once.
const WINDOW: usize = 4 << 20;

/// Unpacked data that is both larger than this and…
const BOMB_BYTES: u64 = 1 << 30;

/// …so many times the packed bytes is no export: JSON and CSV shrink to a tenth, the most uniform to a fiftieth.
const BOMB_RATIO: u64 = 200;

/// The lines of an input that are in memory. They are taken from the front and more is read at the back.
pub(super) struct Text {
    name: String,
    reader: Box<dyn Read + Send>,
    packed: bool,
    tally: Arc<Tally>,
    unpacked: u64,
    buffer: Vec<u8>,
    /// What was taken already.
    start: usize,
    /// Where the last whole line ends.
    whole: usize,
    begun: bool,
    ended: bool,
    line: u64,
}

/// What has been read of the input as it is.
#[derive(Default)]
struct Tally {
    bytes: AtomicU64,
    ended: AtomicBool,
}

impl Text {
    pub(super) fn open(input: &Input) -> Result<Text, ReadError> {
        Text::of_reader(input.name(), input.open()?)
    }

    pub(super) fn of_reader(name: String, raw: Box<dyn Read + Send>) -> Result<Text, ReadError> {
        let tally = Arc::new(Tally::default());
        let counted = Counted {
            raw,
            tally: tally.clone(),
        };
        let mut reader = BufReader::with_capacity(1 << 18, counted);
        let failed = |error: io::Error| io_error(&name, error);
        // A pipe may give fewer bytes than the magic number has, but never none before its end.
        let magic = peek(&mut reader, 4).map_err(failed)?;
        let packing = match magic.as_slice() {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Packing::Zstd,
            [first, 0x2a, 0x4d, 0x18] if first & 0xf0 == 0x50 => Packing::Zstd,
            _ => Packing::None,
        };
        let head = io::Cursor::new(magic);
        let whole = BufReader::with_capacity(1 << 16, head.chain(reader));
        Ok(Text {
            reader: match packing {
                Packing::None => Box::new(whole),
                Packing::Gzip => Box::new(MultiGzDecoder::new(whole)),
                Packing::Zstd => Box::new(Frames::Between(Box::new(whole))),
            },
            packed: !matches!(packing, Packing::None),
            name,
            tally,
            unpacked: 0,
            buffer: Vec::new(),
            start: 0,
            whole: 0,
            begun: false,
            ended: false,
            line: 1,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The whole lines that are in memory and not taken; the last one may lack its end where the input ends.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.whole).unwrap_or_default()
    }

    /// Whether [`bytes`](Text::bytes) is all that is left.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// The number of the first line in [`bytes`](Text::bytes).
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Bytes of the input as it is that have been read.
    pub(super) fn consumed(&self) -> u64 {
        self.tally.bytes.load(Ordering::Relaxed)
    }

    /// Takes so many bytes from the front.
    pub(super) fn take(&mut self, bytes: usize) {
        let end = (self.start + bytes).min(self.whole);
        self.line += memchr_iter(b'\n', &self.buffer[self.start..end]).count() as u64;
        self.start = end;
    }

    /// Reads more; false if nothing is left to read.
    pub(super) fn more(&mut self) -> Result<bool, ReadError> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.drain(..self.start);
        self.whole -= self.start;
        self.start = 0;
        let (before, whole) = (self.buffer.len(), self.whole);
        // At least one more line, however long it is.
        while !self.ended && (self.buffer.len() - before < WINDOW || self.whole == whole) {
            let from = self.buffer.len();
            self.buffer.resize(from + WINDOW, 0);
            let got = self.reader.read(&mut self.buffer[from..]);
            self.buffer
                .truncate(from + got.as_ref().copied().unwrap_or(0));
            match got {
                Ok(0) => self.ended = true,
                Ok(got) => self.unpacked += got as u64,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.failed(error)),
            }
            if !self.begun && (self.ended || self.buffer.len() >= 512) {
                self.begun = true;
                self.begin()?;
            }
            let packed = self.consumed();
            if self.packed && self.unpacked > BOMB_BYTES && self.unpacked / BOMB_RATIO > packed {
                return Err(ReadError::Bomb {
                    name: self.name.clone(),
                    packed,
                    unpacked: self.unpacked,
                });
            }
            if let Some(end) = memrchr(b'\n', &self.buffer[from..]) {
                self.whole = from + end + 1;
            }
            if self.buffer.len() - self.whole > LONGEST_LINE {
                let before = memchr_iter(b'\n', &self.buffer[..self.whole]).count() as u64;
                return Err(ReadError::LongLine {
                    name: self.name.clone(),
                    line: self.line + before,
                    limit: LONGEST_LINE >> 20,
                });
            }
        }
        if self.ended {
            self.whole = self.buffer.len();
        }
        Ok(self.start < self.whole)
    }

    /// Looks at the first bytes.
    fn begin(&mut self) -> Result<(), ReadError> {
        if let Some((what, instead)) = looks_like(&self.buffer) {
            return Err(ReadError::NotText {
                name: self.name.clone(),
                what,
                instead,
            });
        }
        if self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.start = 3;
        }
        Ok(())
    }

    fn failed(&self, error: io::Error) -> ReadError {
        let name = self.name.clone();
        if !self.packed {
            return io_error(&name, error);
        }
        if self.tally.ended.load(Ordering::Relaxed) {
            return ReadError::Truncated { name };
        }
        ReadError::Corrupt {
            name,
            reason: error.to_string(),
        }
    }
}

fn io_error(name: &str, source: io::Error) -> ReadError {
    if source.kind() == io::ErrorKind::IsADirectory {
        return ReadError::Folder { path: name.into() };
    }
    ReadError::Io {
        name: name.to_owned(),
        source,
    }
}

enum Packing {
    None,
    Gzip,
    Zstd,
}

/// The first bytes, taken out of the reader.
fn peek(reader: &mut impl Read, bytes: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(bytes);
    reader.by_ref().take(bytes as u64).read_to_end(&mut head)?;
    Ok(head)
}

struct Counted {
    raw: Box<dyn Read + Send>,
    tally: Arc<Tally>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.raw.read(buffer)?;
        self.tally.bytes.fetch_add(got as u64, Ordering::Relaxed);
        if got == 0 && !buffer.is_empty() {
            self.tally.ended.store(true, Ordering::Relaxed);
        }
        Ok(got)
    }
}

type Packed = Box<dyn BufRead + Send>;

/// Zstandard's frames one after the other, as `zstd` and `pzstd` write them; the decoder knows only one.
enum Frames {
    Between(Packed),
    In(Packed, Box<FrameDecoder>),
    Done,
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(self, Frames::Done) {
                Frames::Done => return Ok(0),
                Frames::Between(mut packed) => {
                    if packed.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    *self = Frames::next(packed)?;
                }
                Frames::In(mut packed, mut frame) => {
                    while frame.can_collect() == 0 && !frame.is_finished() {
                        frame
                            .decode_blocks(&mut packed, BlockDecodingStrategy::UptoBlocks(1))
                            .map_err(io::Error::other)?;
                    }
                    let got = frame.read(buffer)?;
                    if got > 0 {
                        *self = Frames::In(packed, frame);
                        return Ok(got);
                    }
                    let sums = (
                        frame.get_checksum_from_data(),
                        frame.get_calculated_checksum(),
                    );
                    if let (Some(stated), Some(found)) = sums
                        && stated != found
                    {
                        return Err(io::Error::other("its checksum is wrong"));
                    }
                    *self = Frames::Between(packed);
                }
            }
        }
    }
}

impl Frames {
    fn next(mut packed: Packed) -> io::Result<Frames> {
        let mut decoder = FrameDecoder::new();
        match decoder.init(&mut packed) {
            Ok(()) => Ok(Frames::In(packed, Box::new(decoder))),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let skipped = io::copy(
                    &mut packed.by_ref().take(u64::from(length)),
                    &mut io::sink(),
                )?;
                if skipped < u64::from(length) {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(Frames::Between(packed))
            }
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

/// What a file that is no text is, by its first bytes, and what to do.
fn looks_like(head: &[u8]) -> Option<(&'static str, &'static str)> {
    const SHEET: &str = "save the sheet as CSV UTF-8 and import that";
    const EXPORT: &str = "export the data as CSV or JSON lines";
    const UNPACK: &str = "unpack it first, or compress with gzip or zstd";
    const UTF8: &str = "save it as UTF-8 (in Excel: CSV UTF-8)";
    let known: [(&[u8], &str, &str); 17] = [
        (b"\x89PNG", "a PNG picture", EXPORT),
        (b"\xff\xd8\xff", "a JPEG picture", EXPORT),
        (b"GIF8", "a GIF picture", EXPORT),
        (b"%PDF", "a PDF document", EXPORT),
        (b"SQLite format 3\0", "an SQLite database", EXPORT),
        (b"PAR1", "a Parquet file", EXPORT),
        (b"Obj\x01", "an Avro file", EXPORT),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "an old Excel or Word file (.xls, .doc)",
            SHEET,
        ),
        (b"\xfd7zXZ\0", "an xz archive", UNPACK),
        (b"BZh9", "a bzip2 archive", UNPACK),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
        (b"Rar!", "a RAR archive", UNPACK),
        (b"\x1f\x8b", "compressed twice", UNPACK),
        (b"\x28\xb5\x2f\xfd", "compressed twice", UNPACK),
        (b"\xff\xfe", "UTF-16 text", UTF8),
        (b"\xfe\xff", "UTF-16 text", UTF8),
        (b"\x7fELF", "a program", EXPORT),
    ];
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        let sheet = memchr::memmem::find(&head[..head.len().min(4096)], b"xl/").is_some()
            || memchr::memmem::find(&head[..head.len().min(4096)], b"[Content_Types]").is_some();
        return Some(match sheet {
            true => ("an Excel file (.xlsx)", SHEET),
            false => ("a zip archive", UNPACK),
        });
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some(("a tar archive", UNPACK));
    }
    for (magic, what, instead) in known {
        if head.starts_with(magic) {
            return Some((what, instead));
        }
    }
    let zero = memchr::memchr(0, &head[..head.len().min(8192)]);
    zero.map(|_| ("a binary file", EXPORT))
}
