//! From an HTTP request to a WebSocket: who may come in.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Shared, connection};
use crate::SUBPROTOCOL;

pub async fn signal(State(shared): State<Arc<Shared>>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !origin_allowed(&headers, &shared.config.allowed_origins) {
        return (StatusCode::FORBIDDEN, "this origin is not allowed").into_response();
    }
    let upgrade = upgrade.protocols([SUBPROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        let message = format!("this server speaks the WebSocket subprotocol {SUBPROTOCOL}");
        return (StatusCode::BAD_REQUEST, message).into_response();
    }
    let Ok(place) = Arc::clone(&shared.places).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server is full").into_response();
    };
    let max = shared.config.limits.frame_bytes;
    upgrade
        .max_frame_size(max)
        .max_message_size(max)
        // Held by every client: small, since most are silent most of the time.
        .read_buffer_size(4 * 1024)
        .write_buffer_size(4 * 1024)
        .on_upgrade(async move |socket| {
            let _counted = shared.tasks.token();
            connection::run(socket, &shared).await;
            drop(place);
        })
}

/// A page may connect when it is named, or when none is named and it came from this very host.
fn origin_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    if !allowed.is_empty() {
        return allowed
            .iter()
            .map(|allowed| allowed.trim_end_matches('/'))
            .any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(origin));
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    match (origin.split_once("://"), host) {
        (Some((_scheme, authority)), Some(host)) => authority.eq_ignore_ascii_case(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origin: Option<&str>, host: &str, list: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        let list: Vec<_> = list.iter().map(ToString::to_string).collect();
        origin_allowed(&headers, &list)
    }

    #[test]
    fn without_a_list_the_page_has_to_come_from_here() {
        assert!(allowed(Some("http://here:8080"), "here:8080", &[]));
        assert!(allowed(Some("https://Here"), "here", &[]));
        assert!(allowed(None, "here", &[]));
        assert!(!allowed(Some("http://here:8081"), "here:8080", &[]));
        assert!(!allowed(Some("http://there"), "here", &[]));
        assert!(!allowed(Some("null"), "null", &[]));
    }

    #[test]
    fn a_list_says_it_all() {
        let list = ["https://a.example", "https://b.example/"];
        assert!(allowed(Some("https://a.example"), "here", &list));
        assert!(allowed(Some("https://b.example"), "here", &list));
        assert!(allowed(None, "here", &list));
        assert!(!allowed(Some("https://here"), "here", &list));
        assert!(!allowed(Some("http://a.example"), "here", &list));
        assert!(!allowed(Some("https://a.example.evil"), "here", &list));
        assert!(allowed(Some("https://any"), "here", &["*"]));
    }
}
