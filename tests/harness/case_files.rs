//! Where the case files of a test are.

use std::path::{Path, PathBuf};

/// The files of a folder of the project with this ending, in order; there is one at least.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(folder)
        .read_dir();
    let mut files: Vec<PathBuf> = entries
        .expect("the folder of cases is there")
        .map(|entry| entry.expect("an entry of it").path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no case in {folder}");
    files
}
