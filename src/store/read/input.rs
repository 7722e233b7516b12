//! Which files there are to read.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ReadError;

/// One file, standard input, or lines that the program itself has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    Stdin,
    File(PathBuf),
    /// JSON lines, and what they are called.
    #[cfg_attr(not(feature = "feedback"), allow(dead_code))]
    Lines(&'static str, Arc<str>),
}

/// Endings of files that are data; `.txt` only among postal codes.
const DATA: [&str; 5] = ["jsonl", "ndjson", "json", "csv", "tsv"];

/// Endings of what is compressed, before which the others stand.
const PACKED: [&str; 4] = ["gz", "gzip", "zst", "zstd"];

/// Folders of a data folder that hold JSON but no records.
const OTHER_FOLDERS: [&str; 6] = [
    "segments",
    "flows",
    "web-feeds",
    "images",
    "templates",
    "campaigns",
];

impl Input {
    /// What it is called in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Input::Stdin => "standard input".to_owned(),
            Input::File(path) => path.display().to_string(),
            Input::Lines(name, _) => (*name).to_owned(),
        }
    }

    /// The file's name without endings: `newsletter` of `lists/newsletter.csv.gz`.
    pub(crate) fn stem(&self) -> String {
        match self {
            Input::Stdin | Input::Lines(..) => String::new(),
            Input::File(path) => {
                let (stem, _) = parts(path);
                stem
            }
        }
    }

    /// The file's ending, leaving out that of compression: `csv` of `lists/newsletter.csv.gz`.
    pub(crate) fn ending(&self) -> String {
        match self {
            Input::Stdin => String::new(),
            Input::File(path) => parts(path).1,
            Input::Lines(..) => "jsonl".to_owned(),
        }
    }

    /// The name of the folder it stands in.
    pub(crate) fn folder(&self) -> &str {
        match self {
            Input::Stdin | Input::Lines(..) => "",
            Input::File(path) => path
                .parent()
                .and_then(Path::file_name)
                .and_then(|name| name.to_str())
                .unwrap_or_default(),
        }
    }

    /// Opens it.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + Send>, ReadError> {
        match self {
            Input::Stdin => Ok(Box::new(io::stdin())),
            Input::Lines(_, lines) => Ok(Box::new(io::Cursor::new(lines.as_bytes().to_vec()))),
            Input::File(path) => {
                let file = File::open(path).map_err(|error| match error.kind() {
                    io::ErrorKind::NotFound => ReadError::Vanished { path: path.clone() },
                    _ => ReadError::of_path(path, error),
                })?;
                let is_folder = file.metadata().is_ok_and(|metadata| metadata.is_dir());
                if is_folder {
                    return Err(ReadError::Folder { path: path.clone() });
                }
                Ok(Box::new(file))
            }
        }
    }
}

/// The files that arguments name: `-` is standard input, a folder is walked in the order of names, leaving out what
/// is hidden. The second list is what was found and is no data.
pub(crate) fn inputs(paths: &[PathBuf]) -> Result<(Vec<Input>, Vec<PathBuf>), ReadError> {
    let mut found = Walk::default();
    for path in paths {
        if path.as_os_str() == "-" {
            found.inputs.push(Input::Stdin);
            continue;
        }
        let metadata = fs::metadata(path).map_err(|error| ReadError::of_path(path, error))?;
        if metadata.is_dir() {
            found.folder(path)?;
        } else {
            found.inputs.push(Input::File(path.clone()));
        }
    }
    Ok((found.inputs, found.passed))
}

#[derive(Default)]
struct Walk {
    inputs: Vec<Input>,
    passed: Vec<PathBuf>,
    /// Folders that have been entered, so that a link cannot lead in circles.
    entered: BTreeSet<PathBuf>,
}

impl Walk {
    fn folder(&mut self, folder: &Path) -> Result<(), ReadError> {
        let failed = |error| ReadError::of_path(folder, error);
        if !self
            .entered
            .insert(fs::canonicalize(folder).map_err(failed)?)
        {
            return Ok(());
        }
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            paths.push(entry.map_err(failed)?.path());
        }
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            // A link that leads nowhere is passed over.
            let Ok(metadata) = fs::metadata(&path) else {
                self.passed.push(path);
                continue;
            };
            if metadata.is_dir() {
                if OTHER_FOLDERS.contains(&name.as_ref()) {
                    self.passed.push(path);
                } else {
                    self.folder(&path)?;
                }
            } else if metadata.is_file() && is_data(&path) {
                self.inputs.push(Input::File(path));
            } else {
                self.passed.push(path);
            }
        }
        Ok(())
    }
}

/// Whether a file that nobody named is data, by its name.
fn is_data(path: &Path) -> bool {
    let (stem, ending) = parts(path);
    let among_codes = path
        .parent()
        .is_some_and(|folder| folder.ends_with("postal-codes"));
    // GeoNames' archives bring one along.
    let readme = stem.eq_ignore_ascii_case("readme");
    DATA.contains(&ending.as_str()) || ending == "txt" && among_codes && !readme
}

/// The name of a file before its endings, and its ending in small letters without that of compression.
fn parts(path: &Path) -> (String, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let cut = |name: &str| match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem.to_owned(), ending.to_lowercase()),
        _ => (name.to_owned(), String::new()),
    };
    let (stem, ending) = cut(&name);
    if PACKED.contains(&ending.as_str()) {
        return cut(&stem);
    }
    (stem, ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_walked_in_order_and_what_is_no_data_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let put = |name: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        for name in [
            "profiles.jsonl",
            "events.jsonl.gz",
            "feeds.toml",
            "README.md",
            "generate.py",
            "notes.txt",
            ".hidden.jsonl",
            ".git/x.json",
            "lists/b.csv",
            "lists/a.CSV",
            "segments/s.json",
            "images/a.png",
            "postal-codes/NL.txt",
            "postal-codes/readme.txt",
        ] {
            put(name);
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root, root.join("lists/round")).unwrap();
        let (inputs, passed) = inputs(&[root.to_owned(), PathBuf::from("-")]).unwrap();
        let show = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
        let taken: Vec<String> = inputs
            .iter()
            .map(|input| match input {
                Input::Stdin => "-".to_owned(),
                Input::File(path) => show(path),
                Input::Lines(name, _) => (*name).to_owned(),
            })
            .collect();
        assert_eq!(
            taken,
            [
                "events.jsonl.gz",
                "lists/a.CSV",
                "lists/b.csv",
                "postal-codes/NL.txt",
                "profiles.jsonl",
                "-"
            ]
        );
        let passed: Vec<String> = passed.iter().map(|path| show(path)).collect();
        assert_eq!(
            passed,
            [
                "README.md",
                "feeds.toml",
                "generate.py",
                "images",
                "notes.txt",
                "postal-codes/readme.txt",
                "segments"
            ]
        );
    }

    #[test]
    fn what_cannot_be_opened_is_told_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone.jsonl");
        let error = inputs(std::slice::from_ref(&gone)).unwrap_err();
        assert!(matches!(&error, ReadError::Missing { path } if *path == gone));
        let error = Input::File(gone).open().err().unwrap();
        assert!(matches!(error, ReadError::Vanished { .. }));
        let error = Input::File(folder.path().to_owned()).open().err().unwrap();
        assert!(
            error
                .to_string()
                .contains("is a folder where a file is expected")
        );
    }

    #[test]
    fn endings_of_compression_do_not_count() {
        let input = Input::File("shop/lists/tasting.club.csv.ZST".into());
        assert_eq!(
            (
                input.stem().as_str(),
                input.ending().as_str(),
                input.folder()
            ),
            ("tasting.club", "csv", "lists")
        );
    }
}
