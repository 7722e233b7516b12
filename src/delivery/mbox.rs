//! `mbox:FILE`: letters one behind the other in an mbox file ("mboxrd").
//!
//! The first byte of a message is written last: until all of it is on the disk a NUL stands where the `F` of its `From ` line will
//! be, so that a message that a kill or a full disk cut short is known for one, and cut off.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::whole_file::{accepted, number, refused, said, unavailable, unwritable};
use super::{Connection, Letter, Reply, Sink, SinkError, Stage, Verdict, lines};

/// Locked for as long as it is open.
#[derive(Debug)]
pub(super) struct Mbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    file: File,
    /// Ids of the letters in it, once somebody asked.
    ids: Option<HashSet<u128>>,
}

/// How a message begins, and how one does that is not whole.
const WHOLE: &[u8] = b"\nFrom ";
const PARTIAL: &[u8] = b"\n\0rom ";

/// How much of a file is looked at in one piece.
const PIECE: u64 = 64 * 1024;

impl Mbox {
    pub(super) fn open(path: &Path) -> Result<Mbox, SinkError> {
        let unwritable = unwritable(path);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(&unwritable)?;
        lock(&file, path)?;
        if let Some(end) = partial_message(&mut file).map_err(&unwritable)? {
            file.set_len(end)
                .and_then(|()| file.sync_all())
                .map_err(&unwritable)?;
        }
        Ok(Mbox {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                inside: Mutex::new(Inside { file, ids: None }),
            }),
        })
    }
}

/// Who delivers a message locks the file for a moment, and one of us for a whole run: a moment is waited for.
fn lock(file: &File, path: &Path) -> Result<(), SinkError> {
    let mut tries = 20;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if tries > 0 => {
                tries -= 1;
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(SinkError::Locked {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(unwritable(path)(error)),
        }
    }
}

impl Sink for Mbox {
    fn connections(&self) -> usize {
        1
    }

    fn connect(&self) -> Result<Box<dyn Connection>, SinkError> {
        Ok(Box::new(Appender {
            shared: self.shared.clone(),
            usable: true,
        }))
    }

    fn holds(&self, id: &str) -> Option<bool> {
        let id = number(id)?;
        let mut inside = self.shared.inside();
        if inside.ids.is_none() {
            inside.ids = Some(message_ids(&mut inside.file).ok()?);
        }
        inside.ids.as_ref().map(|ids| ids.contains(&id))
    }
}

impl Shared {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Appender {
    shared: Arc<Shared>,
    usable: bool,
}

impl Connection for Appender {
    fn put(&mut self, letter: &Letter, mark: &mut dyn FnMut() -> io::Result<()>) -> Verdict {
        if let Some(refused) = refused(letter) {
            return refused;
        }
        let sender = match letter.envelope() {
            Ok((sender, _)) => sender.into_owned(),
            Err(fault) => return Verdict::Refused(Reply::new(Stage::File, None, &fault)),
        };
        let inside = &mut *self.shared.inside();
        let file = &mut inside.file;
        let (end, start) = match append(file, letter, &sender) {
            Ok(places) => places,
            Err(error) => return unavailable(&error),
        };
        if let Err(error) = mark() {
            // What cannot be taken away is not whole: the next who opens the file cuts it off.
            self.usable = file.set_len(end).is_ok();
            return Verdict::Stopped(error);
        }
        let whole = file
            .seek(SeekFrom::Start(start))
            .and_then(|_| file.write_all(b"F"))
            .and_then(|()| file.sync_data());
        if let Err(error) = whole {
            self.usable = false;
            return Verdict::Uncertain(said(&error));
        }
        if let (Some(ids), Some(id)) = (inside.ids.as_mut(), number(&letter.id)) {
            ids.insert(id);
        }
        accepted(&self.shared.path)
    }

    fn usable(&self) -> bool {
        self.usable
    }

    fn close(self: Box<Self>) {}
}

/// Writes a message that is not yet one to the end; gives where the file ended, and where the message begins.
fn append(file: &mut File, letter: &Letter, sender: &str) -> io::Result<(u64, u64)> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut last = [b'\n'; 2];
    if end > 0 {
        let back = end.min(2);
        file.seek(SeekFrom::Start(end - back))?;
        file.read_exact(&mut last[2 - back as usize..])?;
    }
    let blank: &[u8] = match last {
        [b'\n', b'\n'] => b"",
        [_, b'\n'] => b"\n",
        _ => b"\n\n",
    };
    let mut message = Vec::with_capacity(letter.bytes.len() + 200);
    message.extend_from_slice(blank);
    message.extend_from_slice(&PARTIAL[1..]);
    message.extend_from_slice(sender.as_bytes());
    message.push(b' ');
    message.extend_from_slice(sent_at(&letter.bytes).as_bytes());
    message.push(b'\n');
    lines::append_quoted(&mut message, &letter.bytes);
    message.push(b'\n');
    let written = file
        .seek(SeekFrom::Start(end))
        .and_then(|_| file.write_all(&message))
        .and_then(|()| file.sync_data());
    if let Err(error) = written {
        let _ = file.set_len(end);
        return Err(error);
    }
    Ok((end, end + blank.len() as u64))
}

/// The date of the message, as `From ` lines have it.
fn sent_at(message: &[u8]) -> String {
    let header = &message[..memchr::memmem::find(message, b"\r\n\r\n").unwrap_or(0)];
    String::from_utf8_lossy(header)
        .split("\r\n")
        .find_map(|line| line.strip_prefix("Date: "))
        .and_then(|date| jiff::fmt::rfc2822::parse(date).ok())
        .map(|date| date.with_time_zone(jiff::tz::TimeZone::UTC))
        .map_or("Thu Jan  1 00:00:00 1970".to_owned(), |date| {
            date.strftime("%a %b %e %H:%M:%S %Y").to_string()
        })
}

/// Where a message begins that is not whole and that nothing follows.
fn partial_message(file: &mut File) -> io::Result<Option<u64>> {
    let length = file.metadata()?.len();
    let mut end = length;
    let mut piece = Vec::new();
    loop {
        let start = end.saturating_sub(PIECE);
        // What stands across two pieces is found in one that is a little longer.
        let until = (end + PARTIAL.len() as u64).min(length);
        piece.clear();
        // As if a line ended before the file's first byte.
        if start == 0 {
            piece.push(b'\n');
        }
        let before = piece.len() as u64;
        file.seek(SeekFrom::Start(start))?;
        (&mut *file).take(until - start).read_to_end(&mut piece)?;
        // The place of a message's first byte: behind the line end.
        let place = |at: usize| start + at as u64 + 1 - before;
        if until == length
            && let Some(at) = (1..PARTIAL.len())
                .rev()
                .map(|cut| &PARTIAL[..=cut])
                .find(|tail| piece.ends_with(tail))
                .map(|tail| piece.len() - tail.len())
        {
            return Ok(Some(place(at)));
        }
        let whole = memchr::memmem::rfind(&piece, WHOLE);
        let partial = memchr::memmem::rfind(&piece, PARTIAL);
        match (whole, partial) {
            (_, Some(at)) if whole.is_none_or(|whole| whole < at) => return Ok(Some(place(at))),
            (Some(_), _) => return Ok(None),
            (None, _) if start == 0 => return Ok(None),
            (None, _) => end = start,
        }
    }
}

/// The ids of all letters in the file, from the Message-ID in each header.
fn message_ids(file: &mut File) -> io::Result<HashSet<u128>> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::with_capacity(PIECE as usize, file);
    let mut ids = HashSet::new();
    let mut line = Vec::new();
    let mut in_header = false;
    // The value stands on the next line.
    let mut folded = false;
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(ids);
        }
        if line.starts_with(&WHOLE[1..]) {
            in_header = true;
        } else if in_header && matches!(line.as_slice(), b"\n" | b"\r\n") {
            in_header = false;
        } else if in_header {
            let value = match line.split_at_checked(MESSAGE_ID.len()) {
                Some((name, value)) if name.eq_ignore_ascii_case(MESSAGE_ID) => value,
                _ if folded => line.as_slice(),
                _ => b":",
            };
            let value = value.trim_ascii();
            folded = value.is_empty();
            ids.extend(
                value
                    .strip_prefix(b"<")
                    .and_then(|value| value.split_at_checked(32))
                    .filter(|(_, rest)| rest.starts_with(b"@"))
                    .and_then(|(id, _)| std::str::from_utf8(id).ok())
                    .and_then(number),
            );
        }
    }
}

const MESSAGE_ID: &[u8] = b"Message-ID:";
