//! Pictures that the gallery shows from disk: addresses of the web that a folder of the project stands for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// A larger file stays an address of the web.
const LARGEST: u64 = 4 << 20;

/// How many addresses are remembered; a tracking pixel per person would fill any table.
const REMEMBERED: usize = 4_096;

/// What stands for a picture in a framed copy until the page puts the picture in.
const TOKEN: &str = "letterpress-image:";

/// A picture on disk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Picture {
    /// 16 hexadecimal digits.
    pub(super) id: String,
    pub(super) path: PathBuf,
    /// `image/png`
    pub(super) kind: &'static str,
}

/// Beginnings of addresses, and the folders that stand for them.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    folders: Vec<(String, PathBuf)>,
    known: Mutex<HashMap<String, Option<Arc<Picture>>>>,
}

impl Pictures {
    /// A folder that is not there is passed over: its pictures stay addresses of the web.
    pub(super) fn new(folders: &[(String, PathBuf)]) -> Pictures {
        Pictures {
            folders: folders
                .iter()
                .filter(|(prefix, _)| !prefix.is_empty())
                .filter_map(|(prefix, folder)| Some((prefix.clone(), folder.canonicalize().ok()?)))
                .collect(),
            known: Mutex::default(),
        }
    }

    /// The HTML with a word in place of each address of a picture on disk, and those pictures.
    pub(super) fn framed(&self, html: &str) -> (String, Vec<Arc<Picture>>) {
        let mut found: Vec<Arc<Picture>> = Vec::new();
        let mut html = html.to_owned();
        for (prefix, folder) in &self.folders {
            let mut out = String::with_capacity(html.len());
            let mut rest = html.as_str();
            while let Some(at) = memchr::memmem::find(rest.as_bytes(), prefix.as_bytes()) {
                let (before, address) = rest.split_at(at);
                let end = address[prefix.len()..]
                    .find(|c: char| c.is_whitespace() || c.is_control() || "\"'()<>\\,".contains(c))
                    .map_or(address.len(), |end| prefix.len() + end);
                let (address, after) = address.split_at(end);
                out.push_str(before);
                match self.picture(address, &address[prefix.len()..], folder) {
                    Some(picture) => {
                        out.push_str(TOKEN);
                        out.push_str(&picture.id);
                        if !found.contains(&picture) {
                            found.push(picture);
                        }
                    }
                    None => out.push_str(address),
                }
                rest = after;
            }
            out.push_str(rest);
            html = out;
        }
        (html, found)
    }

    fn picture(&self, address: &str, below: &str, folder: &Path) -> Option<Arc<Picture>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(picture) = known.get(address) {
            return picture.clone();
        }
        let prefix = &address[..address.len() - below.len()];
        let picture = on_disk(prefix, below, folder).map(Arc::new);
        if known.len() < REMEMBERED {
            known.insert(address.to_owned(), picture.clone());
        }
        picture
    }
}

fn on_disk(prefix: &str, below: &str, folder: &Path) -> Option<Picture> {
    let below = below.split(['?', '#']).next().unwrap_or_default();
    let below = percent_decoded(below)?;
    let plain = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0'])
    };
    if !below.split('/').all(plain) {
        return None;
    }
    let ending = below.rsplit_once('.')?.1.to_ascii_lowercase();
    let kind = match ending.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "avif" => "image/avif",
        _ => return None,
    };
    // A link may lead out of the folder.
    let path = folder.join(&below).canonicalize().ok()?;
    let metadata = path.metadata().ok()?;
    if !path.starts_with(folder) || !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    let digest = Sha256::digest(format!("{prefix}\n{below}"));
    let id = digest[..8].iter().map(|b| format!("{b:02x}")).collect();
    Some(Picture { id, path, kind })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_inside_the_folder_are_taken() -> std::io::Result<()> {
        let outside = tempfile::tempdir()?;
        let folder = outside.path().join("images");
        std::fs::create_dir_all(folder.join("sub"))?;
        for name in [
            "secret.png",
            "images/a.png",
            "images/sub/b c.jpg",
            "images/.x.png",
            "images/n.txt",
        ] {
            std::fs::write(outside.path().join(name), "x")?;
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(outside.path().join("secret.png"), folder.join("link.png"))?;
        let pictures = Pictures::new(&[("https://t.example/i/".into(), folder)]);
        for (address, taken) in [
            ("a.png", true),
            ("a.png?v=1&amp;w=2#x", true),
            ("sub/b%20c.jpg", true),
            ("../secret.png", false),
            ("%2e%2e/secret.png", false),
            ("sub/../../secret.png", false),
            ("link.png", false),
            (".x.png", false),
            ("n.txt", false),
            ("missing.png", false),
            ("%ff.png", false),
            ("%", false),
            ("", false),
        ] {
            let html = format!("<img src=\"https://t.example/i/{address}\"><i>");
            let (framed, found) = pictures.framed(&html);
            assert_eq!(found.len(), usize::from(taken), "{address}");
            assert_eq!(framed == html, !taken, "{address}: {framed}");
            assert!(framed.ends_with("\"><i>"), "{framed}");
        }
        let (framed, found) =
            pictures.framed("url(https://t.example/i/a.png), https://t.example/i/a.png 2x");
        assert_eq!(
            (found.len(), framed.matches(TOKEN).count()),
            (1, 2),
            "{framed}"
        );
        Ok(())
    }
}
