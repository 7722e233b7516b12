//! `maildir:PATH`: each letter is a new message of a maildir, with the line ends of files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::whole_file::{self, Held};
use super::{Connection, Letter, Sink, SinkError, Verdict};
use super::{letter, lines};

/// Files are called `ID.letterpress`: unique, and the same whenever the letter is delivered. Who reads the mail moves them to
/// `cur` and adds `:2,` and flags.
#[derive(Debug)]
pub(super) struct Maildir {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    tmp: PathBuf,
    new: PathBuf,
    held: Held,
}

impl Maildir {
    pub(super) fn open(folder: &Path) -> Result<Maildir, SinkError> {
        let [tmp, new, cur] = ["tmp", "new", "cur"].map(|name| folder.join(name));
        for folder in [&tmp, &new, &cur] {
            whole_file::make_folder(folder)?;
        }
        Ok(Maildir {
            shared: Arc::new(Shared {
                held: Held::new(vec![new.clone(), cur], letter_id),
                tmp,
                new,
            }),
        })
    }
}

/// The id in the name of a message.
fn letter_id(name: &str) -> Option<&str> {
    let (id, rest) = name.split_once('.')?;
    let ours = rest == "letterpress" || rest.starts_with("letterpress:");
    (ours && letter::is_id(id)).then_some(id)
}

impl Sink for Maildir {
    fn connections(&self) -> usize {
        whole_file::CONNECTIONS
    }

    fn connect(&self) -> Result<Box<dyn Connection>, SinkError> {
        Ok(Box::new(Deliverer(self.shared.clone())))
    }

    fn holds(&self, id: &str) -> Option<bool> {
        self.shared.held.holds(id)
    }
}

struct Deliverer(Arc<Shared>);

impl Connection for Deliverer {
    fn put(&mut self, letter: &Letter, mark: &mut dyn FnMut() -> io::Result<()>) -> Verdict {
        if let Some(refused) = whole_file::refused(letter) {
            return refused;
        }
        let name = format!("{}.letterpress", letter.id);
        let (temporary, path) = (self.0.tmp.join(&name), self.0.new.join(&name));
        let verdict = whole_file::put(&temporary, &path, &lines::of_files(&letter.bytes), mark);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_messages_that_were_read() {
        let id = "00112233445566778899aabbccddeeff";
        for name in [
            format!("{id}.letterpress"),
            format!("{id}.letterpress:2,RS"),
        ] {
            assert_eq!(letter_id(&name), Some(id));
        }
        for name in [
            format!("{id}.host"),
            format!("{id}.letterpress2"),
            id.to_owned(),
        ] {
            assert_eq!(letter_id(&name), None);
        }
    }
}
