//! `dir:PATH`: a folder with an `.eml` file a letter, the message byte for byte.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file_name;
use super::whole_file::{self, Held};
use super::{Connection, Letter, Sink, SinkError, Verdict};

/// Files are called `ada-example.com-ID.eml`: the same letter sent twice is one file.
#[derive(Debug)]
pub(super) struct EmlFiles {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    held: Held,
}

impl EmlFiles {
    pub(super) fn open(folder: &Path) -> Result<EmlFiles, SinkError> {
        whole_file::make_folder(folder)?;
        Ok(EmlFiles {
            shared: Arc::new(Shared {
                folder: folder.to_owned(),
                held: Held::new(vec![folder.to_owned()], file_name::letter_id),
            }),
        })
    }
}

impl Sink for EmlFiles {
    fn connections(&self) -> usize {
        whole_file::CONNECTIONS
    }

    fn connect(&self) -> Result<Box<dyn Connection>, SinkError> {
        Ok(Box::new(Writer(self.shared.clone())))
    }

    fn holds(&self, id: &str) -> Option<bool> {
        self.shared.held.holds(id)
    }
}

struct Writer(Arc<Shared>);

impl Connection for Writer {
    fn put(&mut self, letter: &Letter, mark: &mut dyn FnMut() -> io::Result<()>) -> Verdict {
        if let Some(refused) = whole_file::refused(letter) {
            return refused;
        }
        let name = file_name::of_letter(&letter.to, &letter.id);
        let temporary = self.0.folder.join(format!(".{}.tmp", letter.id));
        let path = self.0.folder.join(name);
        let verdict = whole_file::put(&temporary, &path, &letter.bytes, mark);
        if matches!(verdict, Verdict::Accepted(_)) {
            self.0.held.add(&letter.id);
        }
        verdict
    }

    fn usable(&self) -> bool {
        true
    }

    fn close(self: Box<Self>) {}
}
