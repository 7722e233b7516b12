//! `/r/EMAIL.html|.txt|.eml|.json`: exactly the bytes of `letterpress render`.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::safety;
use crate::api::{ApiError, Asked, Live, work};
use crate::delivery::Part;

const TEXT: &str = "text/plain; charset=utf-8";

pub(super) async fn part(
    State(live): State<Arc<Live>>,
    Path(name): Path<String>,
    Query(mut asked): Query<Asked>,
) -> Response {
    let (part, kind) = match name.rsplit_once('.') {
        Some((_, "html")) => (Part::Html, "text/html; charset=utf-8"),
        Some((_, "txt")) => (Part::Text, TEXT),
        Some((_, "eml")) => (Part::Eml, "message/rfc822"),
        Some((_, "json")) => (Part::Json, "application/json"),
        _ => return ApiError::Nothing.into_response(),
    };
    asked.email = name
        .rsplit_once('.')
        .map_or(name.clone(), |(email, _)| email.to_owned());
    let answer = match work(&live, move |snapshot| snapshot.part(&asked, part)).await {
        Ok(answer) => answer,
        Err(error) => return error.into_response(),
    };
    let status = match answer.rendered {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let (kind, bytes) = match answer.bytes {
        Some(bytes) => (kind, bytes),
        None => (TEXT, answer.said.into_bytes()),
    };
    let rules: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let mut response = (status, rules, bytes).into_response();
    if part == Part::Html {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, safety::email(false));
    }
    response
}
