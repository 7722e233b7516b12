//! Files that are there whole or not at all, and folders that only their owner can read.

use std::fs;
use std::io;
use std::path::Path;

/// Writes beside the file and renames: a full disk or a kill leaves the old file as it was.
#[cfg(any(feature = "cli", all(feature = "mail", feature = "store")))]
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = std::path::PathBuf::from(beside);
    let written = fs::File::create(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// [`write_whole`], and what is there afterwards outlives a loss of power.
#[cfg(all(feature = "mail", feature = "store"))]
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_whole(path, bytes)?;
    sync_folder_of(path)
}

/// After this a name in the folder outlives a loss of power.
#[cfg(all(unix, feature = "mail", feature = "store"))]
fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => fs::File::open(".")?.sync_all(),
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(all(not(unix), feature = "mail", feature = "store"))]
fn sync_folder_of(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a folder, and those above it, where they are missing, for their owner alone.
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
