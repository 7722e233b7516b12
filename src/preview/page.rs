//! The page itself: what `npm run build` in `preview/` made, embedded.

use axum::Router;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use super::safety;

/// A file of the bundle.
#[derive(Clone, Copy)]
struct File {
    kind: &'static str,
    bytes: &'static [u8],
}

const INDEX: File = File {
    kind: "text/html; charset=utf-8",
    bytes: include_bytes!("../../preview/dist/index.html"),
};
const SCRIPT: File = File {
    kind: "text/javascript; charset=utf-8",
    bytes: include_bytes!("../../preview/dist/app.js"),
};
const STYLE: File = File {
    kind: "text/css; charset=utf-8",
    bytes: include_bytes!("../../preview/dist/app.css"),
};
const ICON: File = File {
    kind: "image/svg+xml",
    bytes: include_bytes!("../../preview/dist/icon.svg"),
};

pub(super) fn routes() -> Router {
    let file = |file: File| get(async move |headers: HeaderMap| file.answer(&headers));
    Router::new()
        .route("/", file(INDEX))
        .route("/app.js", file(SCRIPT))
        .route("/app.css", file(STYLE))
        .route("/icon.svg", file(ICON))
}

impl File {
    /// The file, or word that the browser's copy is still right.
    fn answer(self, headers: &HeaderMap) -> Response {
        let tag = tag(&[self.bytes]);
        let rules: [(HeaderName, &str); 4] = [
            (header::CONTENT_TYPE, self.kind),
            (header::CONTENT_SECURITY_POLICY, safety::PAGE),
            (header::CACHE_CONTROL, "no-cache"),
            (header::ETAG, &tag),
        ];
        if is_known(headers, &tag) {
            return (StatusCode::NOT_MODIFIED, rules).into_response();
        }
        (rules, self.bytes).into_response()
    }
}

/// What tells one state of a file from another.
pub(super) fn tag(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    let digest = digest.finalize();
    let hex: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{hex}\"")
}

/// Whether the browser has it already.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| known.split(',').any(|known| known.trim() == tag))
}
