//! A letter as a file that is there whole, or not at all.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::error::advice;
use super::{Letter, Reply, SinkError, Stage, Verdict};

/// How many threads may write at once: they wait for the disk, not for the processor.
pub(super) const CONNECTIONS: usize = 4;

/// Writes `bytes` beside, then puts them in place: durable before it is seen, and seen before it is accepted.
pub(super) fn put(
    temporary: &Path,
    path: &Path,
    bytes: &[u8],
    mark: &mut dyn FnMut() -> io::Result<()>,
) -> Verdict {
    let written = create(temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written {
        let _ = fs::remove_file(temporary);
        return unavailable(&error);
    }
    if let Err(error) = mark() {
        let _ = fs::remove_file(temporary);
        return Verdict::Stopped(error);
    }
    let placed = fs::rename(temporary, path).and_then(|()| match path.parent() {
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    });
    match placed {
        Ok(()) => accepted(path),
        Err(error) => Verdict::Uncertain(said(&error)),
    }
}

/// A file that was not there; one that a killed process left is taken away first.
fn create(path: &Path) -> io::Result<File> {
    let new = || OpenOptions::new().write(true).create_new(true).open(path);
    match new() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            new()
        }
        other => other,
    }
}

/// After this a name in the folder outlives a power loss.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes the folder where it is missing, and sees whether it can be written to.
pub(super) fn make_folder(folder: &Path) -> Result<(), SinkError> {
    let probe = folder.join(".letterpress-probe");
    fs::create_dir_all(folder)
        .and_then(|()| create(&probe))
        .and_then(|_| fs::remove_file(&probe))
        .map_err(unwritable(folder))
}

pub(super) fn unwritable(path: &Path) -> impl Fn(io::Error) -> SinkError {
    let path = path.to_owned();
    move |source| SinkError::Unwritable {
        path: path.clone(),
        source,
    }
}

/// A letter that no sink takes, refused before anything is written.
pub(super) fn refused(letter: &Letter) -> Option<Verdict> {
    letter
        .fault()
        .map(|fault| Verdict::Refused(Reply::new(Stage::File, None, &fault)))
}

pub(super) fn accepted(path: &Path) -> Verdict {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Verdict::Accepted(Reply::new(Stage::File, None, &name))
}

pub(super) fn unavailable(error: &io::Error) -> Verdict {
    Verdict::Unavailable(said(error))
}

pub(super) fn said(error: &io::Error) -> Reply {
    Reply::new(Stage::File, None, &format!("{error}; {}", advice(error)))
}

/// The letters whose files are in some folders: read when first asked for, then kept.
#[derive(Debug)]
pub(super) struct Held {
    folders: Vec<PathBuf>,
    id_of: fn(&str) -> Option<&str>,
    ids: Mutex<Option<HashSet<u128>>>,
}

impl Held {
    /// `id_of` reads a letter's id from the name of its file.
    pub(super) fn new(folders: Vec<PathBuf>, id_of: fn(&str) -> Option<&str>) -> Held {
        Held {
            folders,
            id_of,
            ids: Mutex::new(None),
        }
    }

    pub(super) fn holds(&self, id: &str) -> Option<bool> {
        let id = number(id)?;
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.is_none() {
            *ids = Some(self.read().ok()?);
        }
        ids.as_ref().map(|ids| ids.contains(&id))
    }

    /// A file was written.
    pub(super) fn add(&self, id: &str) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(ids), Some(id)) = (ids.as_mut(), number(id)) {
            ids.insert(id);
        }
    }

    fn read(&self) -> io::Result<HashSet<u128>> {
        let mut ids = HashSet::new();
        for folder in &self.folders {
            for entry in fs::read_dir(folder)? {
                let name = entry?.file_name();
                ids.extend(name.to_str().and_then(self.id_of).and_then(number));
            }
        }
        Ok(ids)
    }
}

/// A letter's id as a number.
pub(super) fn number(id: &str) -> Option<u128> {
    super::letter::is_id(id)
        .then(|| u128::from_str_radix(id, 16).ok())
        .flatten()
}
