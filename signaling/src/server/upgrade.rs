//! From an HTTP request to a WebSocket: who may come in.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Once};

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Utf8Bytes};
use axum::http::header::{HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::metrics::Bound;
use super::outbox::queue;
use super::places::NoPlace;
use super::socket::{Received, WebSocketUpgrade};
use super::{Shared, address, connection};
use crate::protocol::ANY_VERSION;
use crate::{ErrorCode, SUBPROTOCOL, ServerError, ServerMessage, close};

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Remote(pub IpAddr);

pub async fn signal(
    State(shared): State<Arc<Shared>>,
    Extension(Remote(remote)): Extension<Remote>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let address = address::client(remote, &headers, &shared.config.trusted_proxies);
    let refuse = |reason, status, message: String| {
        tracing::debug!(%address, reason, "refused");
        shared.metrics.refusal(reason);
        (status, message).into_response()
    };
    if !origin_allowed(&headers, &shared.config.allowed_origins) {
        return refuse("origin", StatusCode::FORBIDDEN, "this origin is not allowed".to_owned());
    }
    let Some(version) = version(&headers) else {
        let message = format!("this server speaks the WebSocket subprotocol {SUBPROTOCOL}");
        return refuse("protocol", StatusCode::BAD_REQUEST, message);
    };
    if shared.drain.has_begun() {
        return refuse("draining", StatusCode::SERVICE_UNAVAILABLE, "the server shuts down".to_owned());
    }
    let place = match shared.places.take(address) {
        Ok(place) => place,
        Err(NoPlace::AtAll) => {
            shared.metrics.limit(Bound::Clients);
            return refuse("full", StatusCode::SERVICE_UNAVAILABLE, "the server is full".to_owned());
        }
        Err(NoPlace::ForAddress) => {
            if address == remote && address::is_forwarded(&headers) {
                static WARNED: Once = Once::new();
                WARNED.call_once(|| tracing::warn!(%address, "many clients from a proxy that is not trusted"));
            }
            shared.metrics.refusal("address");
            let code = ErrorCode::TooManyClients;
            return turn_away(
                upgrade,
                version,
                shared,
                (code, "too many clients from this address", close::TRY_AGAIN_LATER),
            );
        }
    };
    if version != SUBPROTOCOL {
        shared.metrics.refusal("version");
        let code = ErrorCode::UnsupportedVersion;
        return turn_away(upgrade, version, shared, (code, OTHER_VERSION, close::UNSUPPORTED_VERSION));
    }
    // Made before the answer: whose queue is older is the order in which a client has opened its sockets.
    let queue = queue(&shared.config.limits);
    let max = shared.config.limits.frame_bytes;
    let counted = shared.tasks.token();
    upgrade.protocols([SUBPROTOCOL]).max_message_size(max).on_upgrade(async move |socket| {
        let _counted = counted;
        let arrived = shared.metrics.arrived();
        tracing::debug!(%address, "connected");
        let away = connection::run(socket, queue, &shared).await;
        drop((place, arrived));
        if let Some(seat) = away {
            connection::keep(seat, &shared).await;
        }
    })
}

/// Names [`SUBPROTOCOL`]; a test holds it to that.
const OTHER_VERSION: &str = "this server speaks browser-rtc.v1";

/// The version to answer in: ours if it is offered, or else the first. None for who offers none.
fn version(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|line| line.to_str().ok());
    let offered = lines.flat_map(|line| line.split(',')).map(str::trim);
    let mut versions = offered.filter(|offer| offer.starts_with(ANY_VERSION)).peekable();
    let first = versions.peek().copied()?;
    Some(versions.find(|version| *version == SUBPROTOCOL).unwrap_or(first).to_owned())
}

/// Opens the WebSocket only to say why not: a browser tells its page nothing of an HTTP answer.
fn turn_away(
    upgrade: WebSocketUpgrade,
    version: String,
    shared: Arc<Shared>,
    (code, message, close): (ErrorCode, &'static str, u16),
) -> Response {
    shared.metrics.error(&code);
    tracing::debug!(%code, "turned away");
    let max = shared.config.limits.frame_bytes;
    let counted = shared.tasks.token();
    upgrade.protocols([version]).max_message_size(max).on_upgrade(async move |socket| {
        let _counted = counted;
        let goodbye = async {
            let (outbox, mut outgoing) = queue(&shared.config.limits);
            outbox.send(&ServerMessage::Error(ServerError::new(code, message.to_owned())));
            socket.write(&mut outgoing, |frames, bytes| shared.metrics.sent(frames, bytes)).await?;
            socket.close(CloseFrame { code: close, reason: Utf8Bytes::from_static(message) }).await?;
            // Until the other side has closed as well.
            while !matches!(socket.next().await, Ok((Received::Close(_), _)) | Err(_)) {}
            Ok::<_, io::Error>(())
        };
        let _ = timeout(shared.config.limits.close, goodbye).await;
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
    fn our_version_is_preferred_to_another() {
        let answer = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(SEC_WEBSOCKET_PROTOCOL, line.parse().unwrap());
            }
            version(&headers)
        };
        assert_eq!(answer(&["browser-rtc.v2,browser-rtc.v1"]).as_deref(), Some(SUBPROTOCOL));
        assert_eq!(answer(&["chat", "browser-rtc.v2", SUBPROTOCOL]).as_deref(), Some(SUBPROTOCOL));
        assert_eq!(answer(&["chat, browser-rtc.v3, browser-rtc.v2"]).as_deref(), Some("browser-rtc.v3"));
        assert_eq!(answer(&["chat, mqtt"]), None);
        assert_eq!(answer(&[]), None);
        assert!(OTHER_VERSION.ends_with(SUBPROTOCOL));
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
