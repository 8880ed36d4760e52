//! What is told to those who watch over the server.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{Shared, metrics};

/// Whether the process lives, and whether it takes clients.
pub fn health() -> Router<Arc<Shared>> {
    Router::new().route("/healthz", get(async || "ok")).route("/readyz", get(ready))
}

pub fn metrics() -> Router<Arc<Shared>> {
    Router::new().route("/metrics", get(count))
}

async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    if shared.drain.has_begun() {
        return (StatusCode::SERVICE_UNAVAILABLE, "shutting down").into_response();
    }
    if !shared.rooms.are_open() {
        return (StatusCode::SERVICE_UNAVAILABLE, "Redis is away").into_response();
    }
    "ok".into_response()
}

async fn count(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let (rooms, seats) = shared.rooms.counts();
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], shared.metrics.text(rooms, seats))
}
