//! The framed copy of an email: the same HTML, but for pictures that the project has on disk.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::safety;
use crate::api::{Asked, Live, work};

#[derive(Deserialize)]
pub(super) struct Look {
    /// `on` where the email's own remote pictures may be loaded.
    images: Option<String>,
}

pub(super) async fn framed(
    State(live): State<Arc<Live>>,
    Path(email): Path<String>,
    Query(mut asked): Query<Asked>,
    Query(look): Query<Look>,
) -> Response {
    asked.email = email;
    let html = work(&live, move |snapshot| {
        let html = snapshot.framed(&asked)?;
        let images = &snapshot.project()?.config().preview_images;
        let html = html.map(|html| {
            images
                .iter()
                .enumerate()
                .fold(html, |html, (number, (prefix, _))| {
                    from_disk(&html, prefix, number)
                })
        });
        Ok((html, snapshot.generation()))
    });
    let (html, generation) = match html.await {
        Ok(found) => found,
        Err(error) => return error.into_response(),
    };
    let mut response = match html {
        Some(html) => Html(html).into_response(),
        None => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    };
    let remote = look.images.as_deref() == Some("on");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, safety::email(remote));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The one header that the page can read of a frame: which state of the files it shows.
    let state = format!("generation;desc=\"{generation}\"");
    if let Ok(state) = HeaderValue::from_str(&state) {
        headers.insert("server-timing", state);
    }
    response
}

/// Pictures whose address begins with `prefix` come from this page; links that begin so stay what they are.
fn from_disk(html: &str, prefix: &str, number: usize) -> String {
    if prefix.is_empty() {
        return html.to_owned();
    }
    let mut copy = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(prefix) {
        let (before, found) = rest.split_at(at);
        copy.push_str(before);
        match is_picture(before) {
            true => copy.push_str(&format!("/images/{number}/")),
            false => copy.push_str(prefix),
        }
        rest = &found[prefix.len()..];
    }
    copy.push_str(rest);
    copy
}

/// Whether what follows is the address of a picture: the value of `src`, `srcset`, `background` or `poster`, or a style's
/// `url(…)`.
fn is_picture(before: &str) -> bool {
    let before = before.trim_end_matches(['"', '\'', ' ']);
    let before = before.strip_suffix("&quot;").unwrap_or(before);
    if before.ends_with('(') || before.ends_with(',') {
        return true;
    }
    let Some(before) = before.strip_suffix('=') else {
        return false;
    };
    let name = before
        .trim_end()
        .rsplit(|c: char| !c.is_ascii_alphanumeric())
        .next();
    name.is_some_and(|name| {
        ["src", "srcset", "background", "poster"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_come_from_disk_and_links_stay() {
        let html = r#"<a href="https://t.example/i/a.png"><img src="https://t.example/i/a.png" alt="https://t.example/i/"></a>
            <td background='https://t.example/i/b.png' style="background:url('https://t.example/i/c.png')">https://t.example/i/d</td>
            <img srcset="https://t.example/i/e.png 1x, https://t.example/i/f.png 2x"><v:fill src="https://t.example/i/g.png"/>"#;
        let copy = from_disk(html, "https://t.example/i/", 2);
        assert_eq!(copy.matches("/images/2/").count(), 6, "{copy}");
        assert!(copy.contains(r#"<a href="https://t.example/i/a.png">"#));
        assert!(
            copy.contains(">https://t.example/i/d<")
                && copy.contains(r#"alt="https://t.example/i/""#)
        );
    }
}
