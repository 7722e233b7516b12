//! `dir:PATH`: a folder with an `.eml` file a letter, the message byte for byte.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::file_name;
use super::letter_files::{Layout, LetterFiles};
use super::whole_file::{self, Held};
use super::{Letter, SinkError};

/// Files are called `ada-example.com-ID.eml`: the same letter sent twice is one file.
#[derive(Debug)]
pub(super) struct EmlFiles {
    folder: PathBuf,
}

impl EmlFiles {
    pub(super) fn open(folder: &Path) -> Result<LetterFiles<EmlFiles>, SinkError> {
        whole_file::make_folder(folder)?;
        let folder = folder.to_owned();
        let held = Held::new(vec![folder.clone()], file_name::letter_id);
        Ok(LetterFiles::new(EmlFiles { folder }, held))
    }
}

impl Layout for EmlFiles {
    fn paths(&self, letter: &Letter) -> (PathBuf, PathBuf) {
        let name = file_name::of_letter(&letter.to, &letter.id);
        let temporary = self.folder.join(format!(".{}.tmp", letter.id));
        (temporary, self.folder.join(name))
    }

    fn content<'l>(&self, letter: &'l Letter) -> Cow<'l, [u8]> {
        Cow::Borrowed(&letter.bytes)
    }
}
