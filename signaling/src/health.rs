//! The HTTP endpoints for monitoring.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{metrics, shared::Shared};

/// Returns the routes `/healthz`, which succeeds while the process is alive, and `/readyz`, which fails while the
/// server accepts no new clients.
pub fn health_routes() -> Router<Arc<Shared>> {
    Router::new().route("/healthz", get(async || "ok")).route("/readyz", get(readiness))
}

/// Returns the route `/metrics`.
pub fn metrics_routes() -> Router<Arc<Shared>> {
    Router::new().route("/metrics", get(metrics_text))
}

async fn readiness(State(shared): State<Arc<Shared>>) -> Response {
    if shared.drain.has_started() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down").into_response();
    }
    if !shared.rooms.are_open() {
        return (StatusCode::SERVICE_UNAVAILABLE, "Redis is unavailable").into_response();
    }
    "ok".into_response()
}

async fn metrics_text(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let (rooms, seats) = shared.rooms.counts();
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], shared.metrics.text(rooms, seats))
}
