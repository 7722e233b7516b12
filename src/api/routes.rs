//! The addresses under `/api`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{Sender, error::RecvError};

use super::{ApiError, Asked, Change, Live, Snapshot};

#[derive(Clone)]
struct Shared {
    live: Arc<Live>,
    changes: Sender<Change>,
}

/// The API of a project; whoever sends to `changes` tells all pages.
pub fn router(live: Arc<Live>, changes: Sender<Change>) -> Router {
    Router::new()
        .route("/api/emails", get(emails))
        .route("/api/people", get(people))
        .route("/api/person", get(person))
        .route("/api/events", get(events))
        .route("/api/render", get(render))
        .route("/api/changes", get(changed))
        .with_state(Shared { live, changes })
}

/// Asks the project's last state, off the threads that answer: a render takes as long as it takes.
///
/// # Errors
/// What was asked cannot be answered.
pub async fn work<T: Send + 'static>(
    live: &Arc<Live>,
    question: impl FnOnce(&Snapshot) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let snapshot = live.snapshot();
    tokio::task::spawn_blocking(move || question(&snapshot))
        .await
        .unwrap_or(Err(ApiError::Broken))
}

async fn emails(State(shared): State<Shared>) -> Response {
    answer(work(&shared.live, |snapshot| Ok(snapshot.emails())).await)
}

#[derive(Deserialize)]
#[serde(default)]
struct PeopleQuery {
    q: String,
    limit: usize,
}

impl Default for PeopleQuery {
    fn default() -> PeopleQuery {
        PeopleQuery {
            q: String::new(),
            limit: 20,
        }
    }
}

async fn people(State(shared): State<Shared>, Query(query): Query<PeopleQuery>) -> Response {
    let most = query.limit.min(200);
    answer(
        work(&shared.live, move |snapshot| {
            snapshot.people(&query.q, most)
        })
        .await,
    )
}

#[derive(Deserialize)]
struct OfPerson {
    profile: String,
    email: Option<String>,
}

async fn person(State(shared): State<Shared>, Query(query): Query<OfPerson>) -> Response {
    answer(
        work(&shared.live, move |snapshot| {
            snapshot.person(&query.profile)
        })
        .await,
    )
}

async fn events(State(shared): State<Shared>, Query(query): Query<OfPerson>) -> Response {
    let events = move |snapshot: &Snapshot| snapshot.events(&query.profile, query.email.as_deref());
    answer(work(&shared.live, events).await)
}

async fn render(State(shared): State<Shared>, Query(asked): Query<Asked>) -> Response {
    answer(work(&shared.live, move |snapshot| snapshot.view(&asked)).await)
}

/// Tells what changed, first of all which state there is: after a break the page sees what it missed.
async fn changed(
    State(shared): State<Shared>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let receiver = shared.changes.subscribe();
    let first = Change {
        generation: shared.live.snapshot().generation(),
        what: Vec::new(),
        files: Vec::new(),
    };
    let live = shared.live.clone();
    let changes = stream::unfold((Some(first), receiver), move |(first, mut receiver)| {
        let live = live.clone();
        async move {
            let change = match first {
                Some(first) => first,
                None => match receiver.recv().await {
                    Ok(change) => change,
                    // Too many to tell one by one: there is a newer state.
                    Err(RecvError::Lagged(_)) => Change {
                        generation: live.snapshot().generation(),
                        what: Vec::new(),
                        files: Vec::new(),
                    },
                    Err(RecvError::Closed) => return None,
                },
            };
            let event = Event::default().json_data(&change).unwrap_or_default();
            Some((Ok(event), (None, receiver)))
        }
    });
    Sse::new(changes).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}

#[derive(Serialize)]
struct Trouble<'a> {
    error: String,
    help: Option<&'a str>,
}

fn answer<T: Serialize>(result: Result<T, ApiError>) -> Response {
    result.map_or_else(
        |error| error.into_response(),
        |found| json(StatusCode::OK, &found),
    )
}

fn json(status: StatusCode, found: &impl Serialize) -> Response {
    match serde_json::to_vec(found) {
        Ok(bytes) => (
            status,
            [
                (header::CONTENT_TYPE, "application/json"),
                (header::CACHE_CONTROL, "no-store"),
            ],
            bytes,
        )
            .into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status());
        let trouble = Trouble {
            error: self.to_string(),
            help: self.help(),
        };
        json(
            status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            &trouble,
        )
    }
}
