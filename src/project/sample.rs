//! The sample project, as `letterpress init` writes it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file of the sample project.
#[derive(Debug, Clone, Copy)]
pub struct SampleFile {
    /// Where it goes, with `/` between folders.
    pub path: &'static str,
    /// What it holds.
    pub bytes: &'static [u8],
}

/// All files of the sample project, sorted by path. The build script lists them.
pub const FILES: &[SampleFile] = include!(concat!(env!("OUT_DIR"), "/sample.rs"));

/// Why the sample project was not written.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// Something stands where a file would go; nothing was written.
    #[error("{} is there already; nothing was written", .0.first().map(|p| p.display().to_string()).unwrap_or_default())]
    Taken(Vec<PathBuf>),
    /// A file or a folder could not be made; what was made before it has been taken away again.
    #[error("cannot write {path}: {error}; nothing is left of it", path = .path.display())]
    NotWritten {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// Writes the sample project into a folder, which is made if it is not there.
///
/// ```
/// use letterpress::project::{Project, sample};
/// let folder = tempfile::tempdir()?;
/// let files = sample::write(folder.path())?;
/// assert_eq!(files, sample::FILES.len());
/// assert!(Project::open(folder.path())?.engine().emails().contains(&"abandoned_cart".to_owned()));
/// // Nothing is overwritten.
/// assert!(sample::write(folder.path()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A file of the project is there already, or one cannot be written. Either way the folder is as it was.
pub fn write(folder: &Path) -> Result<usize, SampleError> {
    write_files(folder, FILES)
}

fn write_files(folder: &Path, files: &[SampleFile]) -> Result<usize, SampleError> {
    if fs::metadata(folder).is_ok_and(|found| !found.is_dir()) {
        let error = io::ErrorKind::NotADirectory.into();
        let path = folder.to_owned();
        return Err(SampleError::NotWritten { path, error });
    }
    // All of it is looked at before the first byte is written.
    let taken: Vec<PathBuf> = files
        .iter()
        .filter_map(|file| in_the_way(folder, file.path))
        .collect();
    if !taken.is_empty() {
        return Err(SampleError::Taken(taken));
    }
    let mut made = Made::default();
    for file in files {
        if let Err((path, error)) = made.file(&folder.join(file.path), file.bytes) {
            made.undo();
            return Err(SampleError::NotWritten { path, error });
        }
    }
    Ok(files.len())
}

/// What stands where a file would go: the file itself, or a file where it needs a folder. A link that leads nowhere
/// is something too.
fn in_the_way(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut place = folder.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        place.push(part);
        let is_last = parts.peek().is_none();
        match fs::symlink_metadata(&place) {
            Ok(_) if is_last || !place.is_dir() => return Some(place),
            Ok(_) => {}
            // Not there, or not to be looked at: then making it says what is wrong.
            Err(_) => return None,
        }
    }
    None
}

/// What was made so far, so that a full disk leaves nothing behind.
#[derive(Default)]
struct Made {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Made {
    fn file(&mut self, path: &Path, bytes: &[u8]) -> Result<(), (PathBuf, io::Error)> {
        if let Some(folder) = path.parent() {
            self.folder(folder)?;
        }
        let failed = |error| (path.to_owned(), error);
        // Never over something that came in between.
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(failed)?;
        self.files.push(path.to_owned());
        file.write_all(bytes).map_err(failed)
    }

    fn folder(&mut self, folder: &Path) -> Result<(), (PathBuf, io::Error)> {
        if folder.as_os_str().is_empty() || folder.is_dir() {
            return Ok(());
        }
        if let Some(above) = folder.parent() {
            self.folder(above)?;
        }
        match fs::create_dir(folder) {
            Ok(()) => self.folders.push(folder.to_owned()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
            Err(error) => return Err((folder.to_owned(), error)),
        }
        Ok(())
    }

    /// What cannot be taken away again stays; there is nobody to tell who has not been told of worse.
    fn undo(&self) {
        for file in self.files.iter().rev() {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[SampleFile] = &[
        SampleFile {
            path: "a/one.txt",
            bytes: b"one",
        },
        SampleFile {
            path: "b/c/two.txt",
            bytes: b"two",
        },
    ];

    fn all(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path.clone());
                }
                found.push(path.display().to_string());
            }
        }
        found.sort();
        found
    }

    #[test]
    fn folders_are_made_and_others_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/mine.txt"), "mine").unwrap();
        assert_eq!(write_files(folder.path(), TWO).unwrap(), 2);
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(
            [read("a/mine.txt"), read("a/one.txt"), read("b/c/two.txt")],
            ["mine", "one", "two"]
        );
    }

    #[test]
    fn whatever_is_in_the_way_is_named_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        // A file where the second one needs a folder.
        fs::write(folder.path().join("b"), "mine").unwrap();
        let before = all(folder.path());
        let error = write_files(folder.path(), TWO).unwrap_err();
        let SampleError::Taken(taken) = &error else {
            panic!("{error}")
        };
        assert_eq!(*taken, [folder.path().join("b")]);
        assert!(error.to_string().contains("b is there already"), "{error}");
        assert_eq!(all(folder.path()), before);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        std::os::unix::fs::symlink("/nowhere/at/all", folder.path().join("a/one.txt")).unwrap();
        assert!(matches!(
            write_files(folder.path(), TWO),
            Err(SampleError::Taken(taken)) if taken == [folder.path().join("a/one.txt")]
        ));
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        // No system takes a name this long.
        let long: &'static str = Box::leak("x".repeat(5000).into_boxed_str());
        let files = [
            TWO[0],
            SampleFile {
                path: long,
                bytes: b"",
            },
        ];
        let error = write_files(&folder.path().join("new"), &files).unwrap_err();
        assert!(error.to_string().contains("xxx"), "{error}");
        assert_eq!(all(folder.path()), [""; 0]);
    }

    #[test]
    fn the_sample_holds_a_project_and_no_scripts() {
        let paths: Vec<&str> = FILES.iter().map(|file| file.path).collect();
        for path in [
            ".gitignore",
            "README.md",
            "letterpress.toml",
            "campaigns/spring.toml",
            "shop/events.jsonl",
        ] {
            assert!(paths.contains(&path), "{path}");
        }
        let strange =
            |path: &&&str| path.ends_with(".py") || path.contains("..") || path.starts_with('/');
        assert_eq!(paths.iter().find(strange), None);
        let shop: usize = FILES
            .iter()
            .filter(|f| f.path.starts_with("shop/"))
            .map(|f| f.bytes.len())
            .sum();
        assert!(shop < 3_000_000, "{shop}");
    }
}
