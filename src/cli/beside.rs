//! The files beside a file that belongs to no project: the partials that it names.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

/// What a partial can be called.
const EXTENSIONS: [&str; 8] = ["css", "htm", "html", "j2", "jinja", "mjml", "svg", "txt"];
/// How many files are looked for, and how many bytes they may have together.
const FILES: usize = 1_000;
const BYTES: u64 = 10 << 20;

/// A file beside another one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Beside {
    /// Its path from the folder of the first file, with `/`.
    pub name: String,
    pub path: PathBuf,
    pub text: String,
}

/// Every file that is named in a text, or in a file that is named in it, and that is in the folder of `path` or below:
/// not the whole folder, which may be somebody's home.
///
/// Symbolic links count as what they lead to, so none leads out of the folder.
pub(super) fn named(path: &Path, text: &str) -> Vec<Beside> {
    let Ok(file) = path.canonicalize() else {
        return Vec::new();
    };
    let Some(folder) = file.parent() else {
        return Vec::new();
    };
    let mut found: Vec<Beside> = Vec::new();
    let own = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let mut known: HashSet<String> = own.into_iter().collect();
    let mut room = BYTES;
    let mut next = 0;
    let mut names = candidates("", text);
    loop {
        for name in names {
            if known.len() >= FILES || !known.insert(name.clone()) {
                continue;
            }
            let path = folder.join(&name);
            let inside = path
                .canonicalize()
                .is_ok_and(|path| path.starts_with(folder));
            let length = path.metadata().ok().filter(|data| data.is_file() && inside);
            let Some(left) = length.and_then(|data| room.checked_sub(data.len())) else {
                continue;
            };
            if let Ok(text) = std::fs::read_to_string(&path) {
                room = left;
                found.push(Beside { name, path, text });
            }
        }
        let Some(file) = found.get(next) else {
            return found;
        };
        let folder = file.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        names = candidates(folder, &file.text);
        next += 1;
    }
}

/// What a text may name, from the first folder: counted from `folder`, or from the first one.
fn candidates(folder: &str, text: &str) -> Vec<String> {
    let ends_a_name = |c: char| c.is_whitespace() || "\"'<>=(){}|,".contains(c);
    let quoted = text.split(['"', '\'']);
    let words = text.split(ends_a_name);
    let mut names = Vec::new();
    for word in quoted.chain(words) {
        let word = word.trim();
        let extension = word.rsplit_once('.').map_or("", |(_, extension)| extension);
        if word.len() > 255 || word.contains(['\\', ':', '\n']) || !EXTENSIONS.contains(&extension)
        {
            continue;
        }
        for from in [folder, ""] {
            names.extend(inside(&Path::new(from).join(word)));
        }
    }
    names
}

/// A path without `.` and `..`; None if it leaves the folder.
fn inside(path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::Prefix(_) | Component::RootDir => return None,
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_read_and_nothing_else() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        };
        write("out.html", "outside");
        write("mail/body.mjml", "");
        write("mail/not named.html", "");
        write("mail/a b.html", "{% include \"./parts/c.html\" %}");
        write(
            "mail/parts/c.html",
            "<mj-include path=d.mjml /> '../../out.html'",
        );
        write("mail/parts/d.mjml", "");
        write("mail/huge.txt", &"x".repeat(11 << 20));
        std::fs::create_dir(root.path().join("mail/dir.html")).expect("made");
        let text = format!(
            "{{% include 'a b.html' %}} ../out.html /out.html huge.txt dir.html link.html {} https://x/parts/c.html",
            root.path().join("out.html").display()
        );
        #[cfg(unix)]
        std::os::unix::fs::symlink(
            root.path().join("out.html"),
            root.path().join("mail/link.html"),
        )
        .expect("linked");
        let found = named(&root.path().join("mail/body.mjml"), &text);
        let names: Vec<&str> = found.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["a b.html", "parts/c.html", "parts/d.mjml"]);
    }
}
