//! Pictures from disk, for the framed view alone: `/images/N/…` is the N-th folder of `[preview] images`.
//!
//! What a client names is never joined to a folder unchecked: no part may be `..`, hidden, or hold a slash in disguise, and what
//! is found must still lie in the folder once links are followed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use super::page::{is_known, tag};
use crate::api::{ApiError, Live, Snapshot, work};

/// Larger files are no pictures of an email.
const LARGEST: u64 = 32 << 20;

struct Picture {
    kind: &'static str,
    tag: String,
    bytes: Vec<u8>,
}

pub(super) async fn picture(
    State(live): State<Arc<Live>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let found = work(&live, move |snapshot| {
        read(snapshot, uri.path()).ok_or(ApiError::Nothing)
    });
    let picture = match found.await {
        Ok(picture) => picture,
        Err(error) => return error.into_response(),
    };
    let rules: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, picture.kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::ETAG, &picture.tag),
    ];
    if is_known(&headers, &picture.tag) {
        return (StatusCode::NOT_MODIFIED, rules).into_response();
    }
    (rules, picture.bytes).into_response()
}

fn read(snapshot: &Snapshot, path: &str) -> Option<Picture> {
    let (number, path) = path.strip_prefix("/images/")?.split_once('/')?;
    let project = snapshot.project().ok()?;
    let (_, folder) = project
        .config()
        .preview_images
        .get(number.parse::<usize>().ok()?)?;
    let file = inside(&project.root().join(folder), path)?;
    let kind = match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    let metadata = std::fs::metadata(&file).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Picture {
        kind,
        tag: tag(&[
            file.as_os_str().as_encoded_bytes(),
            &metadata.len().to_le_bytes(),
            &changed.as_nanos().to_le_bytes(),
        ]),
        bytes: std::fs::read(&file).ok()?,
    })
}

/// The file that a path of an address names in a folder, if it is really in it.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut file = folder.to_owned();
    for part in path.split('/') {
        let part = percent_decode_str(part).decode_utf8().ok()?;
        let odd = |c: char| matches!(c, '/' | '\\' | ':') || c.is_control();
        if part.is_empty() || part.starts_with('.') || part.contains(odd) {
            return None;
        }
        file.push(&*part);
    }
    let file = std::fs::canonicalize(file).ok()?;
    let folder = std::fs::canonicalize(folder).ok()?;
    file.starts_with(folder).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folder_is_found() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("images");
        std::fs::create_dir_all(folder.join("deep")).unwrap();
        for file in [
            "images/a.png",
            "images/deep/b c.png",
            "images/.hidden.png",
            "secret.png",
        ] {
            std::fs::write(scratch.path().join(file), "x").unwrap();
        }
        assert!(inside(&folder, "a.png").is_some());
        assert!(inside(&folder, "deep/b%20c.png").is_some());
        for path in [
            "../secret.png",
            "..%2fsecret.png",
            "%2e%2e/secret.png",
            "deep/../../secret.png",
            "deep%2f..%2f..%2fsecret.png",
            "..%5csecret.png",
            ".hidden.png",
            "/a.png",
            "a.png%00",
            "",
            "%ff.png",
        ] {
            assert!(inside(&folder, path).is_none(), "{path}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret.png", folder.join("link.png")).unwrap();
            assert!(inside(&folder, "link.png").is_none());
        }
    }
}
