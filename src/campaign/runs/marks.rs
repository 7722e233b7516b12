//! Marks: what each connection is about to do and what came of it, written without waiting for the disk.
//!
//! The journal's writes are durable and shared by many; between two of them a process can be killed. What it had handed to
//! the system survives that, so a mark is enough to tell, afterwards, the one message of a connection that was on its way from those
//! whose turn had not come. After a loss of power a mark that is missing proves nothing.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The first byte of the message may leave now.
    Sending,
    /// The sink has it.
    Accepted,
    /// The server refused it for good, with this code.
    Refused(u16),
    /// It was certainly not taken, and may be tried again.
    NotTaken,
    /// No answer came.
    Uncertain,
}

impl Mark {
    fn bytes(self) -> (u8, u16) {
        match self {
            Mark::Sending => (1, 0),
            Mark::Accepted => (2, 0),
            Mark::Refused(code) => (3, code),
            Mark::NotTaken => (4, 0),
            Mark::Uncertain => (5, 0),
        }
    }

    fn of(kind: u8, code: u16) -> Option<Mark> {
        Some(match kind {
            1 => Mark::Sending,
            2 => Mark::Accepted,
            3 => Mark::Refused(code),
            4 => Mark::NotTaken,
            5 => Mark::Uncertain,
            _ => return None,
        })
    }
}

/// A mark as it lies in the file: the person, what, the sink, the code, its number among all marks, and a sum.
const LENGTH: usize = 16;

/// Where one sender writes its marks.
#[derive(Debug)]
pub(super) struct Marks {
    file: File,
    /// Shared by all senders of a session: the order of their marks.
    sequence: Arc<AtomicU32>,
}

impl Marks {
    /// The marks of the sender with this number.
    pub(super) fn create(
        folder: &Path,
        sender: usize,
        sequence: Arc<AtomicU32>,
    ) -> io::Result<Marks> {
        fs::create_dir_all(folder)?;
        let path = folder.join(sender.to_string());
        let file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)?;
        Ok(Marks { file, sequence })
    }

    /// Hands a mark to the system, in one piece.
    pub(super) fn put(&mut self, n: u32, sink: usize, mark: Mark) -> io::Result<()> {
        let (kind, code) = mark.bytes();
        let mut record = [0; LENGTH];
        record[0..4].copy_from_slice(&n.to_le_bytes());
        record[4] = kind;
        record[5] = u8::try_from(sink).unwrap_or(u8::MAX);
        record[6..8].copy_from_slice(&code.to_le_bytes());
        let number = self.sequence.fetch_add(1, Ordering::Relaxed);
        record[8..12].copy_from_slice(&number.to_le_bytes());
        let sum = sum(&record[..12]);
        record[12..].copy_from_slice(&sum.to_le_bytes());
        self.file.write_all(&record)
    }
}

/// FNV-1a: enough to tell a whole mark from half a one and from zeros.
fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// The last mark of each person and sink, from all senders' files.
pub(super) fn read(folder: &Path) -> io::Result<HashMap<(u32, u8), Mark>> {
    let mut last: HashMap<(u32, u8), (u32, Mark)> = HashMap::new();
    for path in files(folder)? {
        for record in fs::read(path)?.chunks_exact(LENGTH) {
            let word = |at: usize| {
                let bytes = [record[at], record[at + 1], record[at + 2], record[at + 3]];
                u32::from_le_bytes(bytes)
            };
            let code = u16::from_le_bytes([record[6], record[7]]);
            let (n, number) = (word(0), word(8));
            if word(12) == sum(&record[..12])
                && let Some(mark) = Mark::of(record[4], code)
            {
                let known = last.entry((n, record[5])).or_insert((number, mark));
                if known.0 <= number {
                    *known = (number, mark);
                }
            }
        }
    }
    Ok(last
        .into_iter()
        .map(|(who, (_, mark))| (who, mark))
        .collect())
}

/// Removes all marks: what they said is in the journal.
pub(super) fn clear(folder: &Path) -> io::Result<()> {
    files(folder)?.into_iter().try_for_each(fs::remove_file)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_mark_of_each_person_counts_whoever_wrote_it() {
        let folder = tempfile::tempdir().unwrap();
        let sequence = Arc::new(AtomicU32::new(0));
        let mut senders: Vec<Marks> = (0..2)
            .map(|n| Marks::create(folder.path(), n, sequence.clone()).unwrap())
            .collect();
        senders[1].put(7, 0, Mark::Sending).unwrap();
        senders[1].put(7, 0, Mark::NotTaken).unwrap();
        senders[0].put(7, 0, Mark::Sending).unwrap();
        senders[0].put(8, 1, Mark::Refused(550)).unwrap();
        // Half a mark, as a full disk leaves it, and zeros, as a loss of power does.
        senders[1].file.write_all(&[9, 0, 0, 0, 2]).unwrap();
        let mut zeros = File::create(folder.path().join("2")).unwrap();
        zeros.write_all(&[0; 64]).unwrap();
        let read = read(folder.path()).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[&(7, 0)], Mark::Sending);
        assert_eq!(read[&(8, 1)], Mark::Refused(550));
        clear(folder.path()).unwrap();
        assert!(super::read(folder.path()).unwrap().is_empty());
    }
}
