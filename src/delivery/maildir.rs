//! `maildir:PATH`: each letter is a new message of a maildir, with the line ends of files.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::letter_files::{Layout, LetterFiles};
use super::whole_file::{self, Held};
use super::{Letter, SinkError};
use super::{letter, lines};

/// Files are called `ID.letterpress`: unique, and the same whenever the letter is delivered. Who reads the mail moves them to
/// `cur` and adds `:2,` and flags.
#[derive(Debug)]
pub(super) struct Maildir {
    tmp: PathBuf,
    new: PathBuf,
}

impl Maildir {
    pub(super) fn open(folder: &Path) -> Result<LetterFiles<Maildir>, SinkError> {
        let [tmp, new, cur] = ["tmp", "new", "cur"].map(|name| folder.join(name));
        for folder in [&tmp, &new, &cur] {
            whole_file::make_folder(folder)?;
        }
        let held = Held::new(vec![new.clone(), cur], letter_id);
        Ok(LetterFiles::new(Maildir { tmp, new }, held))
    }
}

impl Layout for Maildir {
    fn paths(&self, letter: &Letter) -> (PathBuf, PathBuf) {
        let name = format!("{}.letterpress", letter.id);
        (self.tmp.join(&name), self.new.join(&name))
    }

    fn content<'l>(&self, letter: &'l Letter) -> Cow<'l, [u8]> {
        Cow::Owned(lines::of_files(&letter.bytes))
    }
}

/// The id in the name of a message.
fn letter_id(name: &str) -> Option<&str> {
    let (id, rest) = name.split_once('.')?;
    let ours = rest == "letterpress" || rest.starts_with("letterpress:");
    (ours && letter::is_id(id)).then_some(id)
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
