//! The people of a plan: one compressed line for each, found by its place.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};

use crate::email::hexadecimal;

/// No line of a person is longer, unpacked.
const MOST: u64 = 64 << 20;

/// Where a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Bytes before it.
    pub(super) offset: u64,
    /// Its bytes, compressed.
    pub(super) length: u32,
}

/// A line, compressed.
///
/// # Errors
/// It is longer than anybody's can be.
pub(super) fn pack(line: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder =
        DeflateEncoder::new(Vec::with_capacity(line.len() / 2 + 32), Compression::new(3));
    encoder.write_all(line)?;
    let packed = encoder.finish()?;
    match u32::try_from(packed.len()) {
        Ok(_) if line.len() as u64 <= MOST => Ok(packed),
        _ => Err(io::Error::other("one person's data has more than 64 MiB")),
    }
}

/// Writes the lines one after the other.
pub(super) struct PeopleWriter {
    file: BufWriter<File>,
    offset: u64,
    hash: Sha256,
}

impl PeopleWriter {
    pub(super) fn create(path: &Path) -> io::Result<PeopleWriter> {
        Ok(PeopleWriter {
            file: BufWriter::with_capacity(1 << 18, File::create(path)?),
            offset: 0,
            hash: Sha256::new(),
        })
    }

    /// Adds a line.
    pub(super) fn put(&mut self, packed: &[u8]) -> io::Result<Place> {
        self.file.write_all(packed)?;
        self.hash.update(packed);
        let offset = self.offset;
        self.offset += packed.len() as u64;
        let length = u32::try_from(packed.len()).map_err(io::Error::other)?;
        Ok(Place { offset, length })
    }

    /// Everything is on the disk; the hash of the file.
    pub(super) fn finish(self) -> io::Result<String> {
        let file = self.file.into_inner().map_err(|error| error.into_error())?;
        file.sync_all()?;
        Ok(hexadecimal(&self.hash.finalize()))
    }
}

/// Reads lines by their places, from any thread.
#[derive(Debug)]
pub(super) struct People(Mutex<File>);

impl People {
    pub(super) fn open(path: &Path) -> io::Result<People> {
        File::open(path).map(|file| People(Mutex::new(file)))
    }

    /// The line at a place, still compressed.
    pub(super) fn packed(&self, place: Place) -> io::Result<Vec<u8>> {
        let mut packed = vec![0; place.length as usize];
        let mut file = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        file.seek(SeekFrom::Start(place.offset))?;
        file.read_exact(&mut packed)?;
        Ok(packed)
    }
}

/// What [`pack`] was given.
pub(super) fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut line = Vec::with_capacity(packed.len() * 3);
    DeflateDecoder::new(packed)
        .take(MOST)
        .read_to_end(&mut line)?;
    Ok(line)
}

/// The hash of a file.
pub(super) fn hash_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 17];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hexadecimal(&hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_by_their_places() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people");
        let lines: Vec<String> = (0..200)
            .map(|n| format!("{{\"n\": {n}, \"name\": \"{}\"}}", "Zoë ".repeat(n)))
            .collect();
        let mut writer = PeopleWriter::create(&path).unwrap();
        let places: Vec<Place> = lines
            .iter()
            .map(|line| writer.put(&pack(line.as_bytes()).unwrap()).unwrap())
            .collect();
        assert_eq!(writer.finish().unwrap(), hash_of(&path).unwrap());
        let people = People::open(&path).unwrap();
        for (line, place) in lines.iter().zip(&places).rev() {
            let read = unpack(&people.packed(*place).unwrap()).unwrap();
            assert_eq!(read, line.as_bytes());
        }
        let outside = Place {
            offset: places[199].offset,
            length: 1 << 20,
        };
        assert!(people.packed(outside).is_err());
    }
}
