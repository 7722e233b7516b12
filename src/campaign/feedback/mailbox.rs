//! Where mails that came back lie: single files, mboxes, maildirs, folders of them; and lists in CSV.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::campaign::CampaignError;
use crate::campaign::runs::at;

/// No mail that is read has more bytes; what is longer is cut off here, and is no report then.
const MOST: usize = 32 << 20;

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A mail.
    Mail(Vec<u8>),
    /// A list in CSV, whole.
    List(Vec<u8>),
}

/// Reads all that the paths name, `-` for standard input, and hands it over with the name of its file, one after the other.
pub(super) fn read(
    paths: &[PathBuf],
    each: &mut dyn FnMut(&str, Found),
) -> Result<(), CampaignError> {
    let mut entered = BTreeSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            file("standard input", io::stdin().lock(), each).map_err(at(path))?;
        } else {
            walk(path, &mut entered, each)?;
        }
    }
    Ok(())
}

fn walk(
    path: &Path,
    entered: &mut BTreeSet<PathBuf>,
    each: &mut dyn FnMut(&str, Found),
) -> Result<(), CampaignError> {
    let metadata = fs::metadata(path).map_err(at(path))?;
    if !metadata.is_dir() {
        let opened = File::open(path).map_err(at(path))?;
        let name = path.display().to_string();
        return file(&name, BufReader::with_capacity(1 << 16, opened), each).map_err(at(path));
    }
    // A link may lead in circles.
    if !entered.insert(fs::canonicalize(path).map_err(at(path))?) {
        return Ok(());
    }
    let is_maildir = path.join("cur").is_dir() && path.join("new").is_dir();
    let mut inside = Vec::new();
    for entry in fs::read_dir(path).map_err(at(path))? {
        inside.push(entry.map_err(at(path))?.path());
    }
    inside.sort();
    for inner in inside {
        let name = inner.file_name().unwrap_or_default().to_string_lossy();
        // What is in a maildir's tmp is still being written.
        let passed = match is_maildir {
            true => name != "cur" && name != "new",
            false => name.starts_with('.'),
        };
        // A link that leads nowhere, a pipe.
        let usable = fs::metadata(&inner).is_ok_and(|found| found.is_file() || found.is_dir());
        if !passed && usable {
            walk(&inner, entered, each)?;
        }
    }
    Ok(())
}

/// A file: an mbox, a list in CSV, else a mail.
fn file(name: &str, mut from: impl BufRead, each: &mut dyn FnMut(&str, Found)) -> io::Result<()> {
    let start = from.fill_buf()?;
    if start.starts_with(b"From ") {
        return mbox(name, from, each);
    }
    if is_list(name, start) {
        let mut list = Vec::new();
        from.read_to_end(&mut list)?;
        each(name, Found::List(list));
        return Ok(());
    }
    let mut mail = Vec::new();
    from.take(MOST as u64).read_to_end(&mut mail)?;
    if !mail.is_empty() {
        each(name, Found::Mail(mail));
    }
    Ok(())
}

/// Whether a file is a list: by its name, or because its first line names a column `email` among others.
fn is_list(name: &str, start: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    let first = start
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let first = String::from_utf8_lossy(first).to_ascii_lowercase();
    let mut columns = first
        .trim_start_matches('\u{feff}')
        .split([',', ';', '\t'])
        .map(|column| column.trim().trim_matches('"'));
    lower.ends_with(".csv") || lower.ends_with(".tsv") || columns.any(|column| column == "email")
}

/// The mails of an mbox. Lines that were quoted so that they begin no mail lose one `>`.
fn mbox(name: &str, mut from: impl BufRead, each: &mut dyn FnMut(&str, Found)) -> io::Result<()> {
    let mut mail = Vec::new();
    let mut line = Vec::new();
    let mut after_blank = true;
    loop {
        line.clear();
        // A line may be as long as the file.
        let read = from
            .by_ref()
            .take(MOST as u64)
            .read_until(b'\n', &mut line)?;
        let begins = after_blank && line.starts_with(b"From ");
        if (read == 0 || begins) && !mail.is_empty() {
            each(name, Found::Mail(std::mem::take(&mut mail)));
        }
        if read == 0 {
            return Ok(());
        }
        after_blank = matches!(&line[..], b"\n" | b"\r\n");
        if begins {
            continue;
        }
        let quotes = line.iter().take_while(|byte| **byte == b'>').count();
        let quoted = quotes > 0 && line[quotes..].starts_with(b"From ");
        let text = if quoted { &line[1..] } else { &line[..] };
        let room = MOST.saturating_sub(mail.len()).min(text.len());
        mail.extend_from_slice(&text[..room]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[&Path]) -> Vec<String> {
        let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
        let mut all = Vec::new();
        read(&paths, &mut |_, found| {
            all.push(match found {
                Found::Mail(mail) => String::from_utf8(mail).unwrap(),
                Found::List(list) => format!("list: {}", String::from_utf8(list).unwrap()),
            });
        })
        .unwrap();
        all
    }

    #[test]
    fn mails_lie_in_many_places() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let put = |name: &str, text: &str| {
            fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            fs::write(path(name), text).unwrap();
        };
        put("one.eml", "Subject: 1\n\nFrom here on\n");
        put(
            "box",
            "From a Mon Jan 1\nSubject: 2\n\nx\n>From y\n>>From z\nFrom the middle\n\nFrom b Tue\r\nSubject: 3\r\n\r\nz\r\n",
        );
        put("dir/cur/1:2,S", "Subject: 4\n\n");
        put("dir/new/2", "Subject: 5\n\n");
        put("dir/tmp/3", "Subject: half\n");
        put("deep/.hidden", "Subject: hidden\n");
        put("deep/er/6.eml", "Subject: 6\n\n");
        put("list.txt", "\u{feff}\"Email\";reason\na@b.test;x\n");
        put("empty", "");
        assert_eq!(found(&[&path("one.eml")]), ["Subject: 1\n\nFrom here on\n"]);
        assert_eq!(
            found(&[&path("box")]),
            [
                "Subject: 2\n\nx\nFrom y\n>From z\nFrom the middle\n\n",
                "Subject: 3\r\n\r\nz\r\n"
            ]
        );
        assert_eq!(found(&[&path("dir")]), ["Subject: 4\n\n", "Subject: 5\n\n"]);
        assert_eq!(found(&[&path("deep"), &path("deep")]), ["Subject: 6\n\n"]);
        assert!(found(&[&path("list.txt")])[0].starts_with("list: "));
        assert!(found(&[&path("empty")]).is_empty());
        assert_eq!(found(&[folder.path()]).len(), 8 - 1);
        assert!(read(&[path("nothing")], &mut |_, _| {}).is_err());
    }
}
