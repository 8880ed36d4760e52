//! Upgrades of HTTP requests to WebSockets, and their admission.

use std::{
    io,
    net::IpAddr,
    sync::{Arc, Once},
};

use axum::{
    Extension,
    extract::{
        State,
        ws::{CloseFrame, Utf8Bytes},
    },
    http::{
        HeaderMap, StatusCode,
        header::{HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL},
    },
    response::{IntoResponse, Response},
};
use tokio::time::timeout;

use super::{
    client_address::{client_address, is_forwarded},
    connection,
    metrics::Limit,
    outbox::queue,
    permits::PermitError,
    shared::Shared,
    socket::{Received, WebSocketUpgrade},
};
use browser_rtc_proto::signaling::{ANY_VERSION, ErrorCode, SUBPROTOCOL, ServerError, ServerMessage, close};

/// The remote address of a connection.
#[derive(Clone, Copy, Debug)]
pub struct RemoteAddress(pub IpAddr);

/// Handles a request for the WebSocket at [`PATH`](browser_rtc_proto::signaling::PATH).
pub async fn handle_upgrade(
    State(shared): State<Arc<Shared>>,
    Extension(RemoteAddress(remote)): Extension<RemoteAddress>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let address = client_address(remote, &headers, &shared.config.trusted_proxies);
    let refuse = |reason, status, message: String| {
        tracing::debug!(%address, reason, "WebSocket refused");
        shared.metrics.upgrade_refused(reason);
        (status, message).into_response()
    };
    if !origin_allowed(&headers, &shared.config.allowed_origins) {
        return refuse("origin", StatusCode::FORBIDDEN, "the origin of the page is not allowed".to_owned());
    }
    let Some(version) = version(&headers) else {
        let message = format!("the server requires the WebSocket subprotocol {SUBPROTOCOL}");
        return refuse("protocol", StatusCode::BAD_REQUEST, message);
    };
    if shared.drain.has_started() {
        return refuse("draining", StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down".to_owned());
    }
    let permit = match shared.clients.acquire(address) {
        Ok(permit) => permit,
        Err(PermitError::ServerFull) => {
            shared.metrics.limit_exceeded(Limit::Clients);
            return refuse(
                "full",
                StatusCode::SERVICE_UNAVAILABLE,
                "the server has reached its limit of clients".to_owned(),
            );
        }
        Err(PermitError::AddressFull) => {
            if address == remote && is_forwarded(&headers) {
                static WARNED: Once = Once::new();
                WARNED.call_once(|| tracing::warn!(%address, "too many clients have the address of a proxy that is not trusted: see --trusted-proxy"));
            }
            shared.metrics.upgrade_refused("address");
            let code = ErrorCode::TooManyClients;
            return reject(
                upgrade,
                version,
                shared,
                (code, "too many clients from this address", close::TRY_AGAIN_LATER),
            );
        }
    };
    if version != SUBPROTOCOL {
        shared.metrics.upgrade_refused("version");
        let code = ErrorCode::UnsupportedVersion;
        return reject(upgrade, version, shared, (code, OTHER_VERSION, close::UNSUPPORTED_VERSION));
    }
    // The queue is created before the response, so that the age of queues is the order in which a client opened its
    // sockets.
    let queue = queue(&shared.config.limits);
    let max = shared.config.limits.frame_bytes;
    let task_token = shared.tasks.token();
    upgrade.protocols([SUBPROTOCOL]).max_message_size(max).on_upgrade(async move |socket| {
        let _task_token = task_token;
        let connected = shared.metrics.client_connected();
        tracing::debug!(%address, "client connected");
        let kept = connection::run(socket, queue, &shared).await;
        drop((permit, connected));
        if let Some(seat) = kept {
            connection::keep_seat(seat, &shared).await;
        }
    })
}

/// The message for clients of other versions. A test checks that it contains [`SUBPROTOCOL`].
const OTHER_VERSION: &str = "the server supports only browser-rtc.v1";

/// Returns the version to select: that of this server if the client offers it, or else the first one offered.
fn version(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|line| line.to_str().ok());
    let offered = lines.flat_map(|line| line.split(',')).map(str::trim);
    let mut versions = offered.filter(|offer| offer.starts_with(ANY_VERSION)).peekable();
    let first = versions.peek().copied()?;
    Some(versions.find(|version| *version == SUBPROTOCOL).unwrap_or(first).to_owned())
}

/// Opens the WebSocket only to send an error, because browsers do not show the HTTP response to their pages.
fn reject(
    upgrade: WebSocketUpgrade,
    version: String,
    shared: Arc<Shared>,
    (code, message, close): (ErrorCode, &'static str, u16),
) -> Response {
    shared.metrics.error(&code);
    tracing::debug!(%code, "WebSocket rejected");
    let max = shared.config.limits.frame_bytes;
    let task_token = shared.tasks.token();
    upgrade.protocols([version]).max_message_size(max).on_upgrade(async move |socket| {
        let _task_token = task_token;
        let rejection = async {
            let (outbox, mut outgoing) = queue(&shared.config.limits);
            outbox.send(&ServerMessage::Error(ServerError::new(code, message.to_owned())));
            socket.write(&mut outgoing, |frames, bytes| shared.metrics.frames_sent(frames, bytes)).await?;
            socket.close(CloseFrame { code: close, reason: Utf8Bytes::from_static(message) }).await?;
            // Waits for the client to close as well.
            while !matches!(socket.next().await, Ok((Received::Close(_), _)) | Err(_)) {}
            Ok::<_, io::Error>(())
        };
        // Some clients do not complete the closing handshake.
        let _ = timeout(shared.config.limits.close_timeout, rejection).await;
    })
}

/// Returns whether a page may connect: its origin is in the list, or the list is empty and the page is from this host.
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
    fn own_version_is_preferred() {
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
    fn empty_list_allows_same_host_only() {
        assert!(allowed(Some("http://here:8080"), "here:8080", &[]));
        assert!(allowed(Some("https://Here"), "here", &[]));
        assert!(allowed(None, "here", &[]));
        assert!(!allowed(Some("http://here:8081"), "here:8080", &[]));
        assert!(!allowed(Some("http://there"), "here", &[]));
        assert!(!allowed(Some("null"), "null", &[]));
    }

    #[test]
    fn only_listed_origins_are_allowed() {
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
