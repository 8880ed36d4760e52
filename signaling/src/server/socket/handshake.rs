use std::borrow::Cow;
use std::future::Future;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade as Checked;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, StatusCode};
use base64::Engine as _;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};

use super::WebSocket;

/// As axum's, which checks the request; the socket is ours.
#[derive(Debug)]
pub struct WebSocketUpgrade {
    checked: Checked,
    accept: HeaderValue,
    upgrade: OnUpgrade,
    max: usize,
}

impl<S: Send + Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = WebSocketUpgradeRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        // Of two that hold it, only one waits for it.
        let upgrade = parts.extensions.get::<OnUpgrade>().cloned();
        let key = parts.headers.get(SEC_WEBSOCKET_KEY).cloned();
        let checked = Checked::from_request_parts(parts, state).await?;
        let rejection = || axum::extract::ws::rejection::WebSocketKeyHeaderMissing::default();
        let (Some(key), Some(upgrade)) = (key, upgrade) else { return Err(rejection().into()) };
        let accept = HeaderValue::try_from(accept(key.as_bytes())).map_err(|_| rejection())?;
        Ok(Self { checked, accept, upgrade, max: usize::MAX })
    }
}

impl WebSocketUpgrade {
    /// Agrees on the first of these that the client offers.
    pub fn protocols<I>(mut self, protocols: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Cow<'static, str>>,
    {
        self.checked = self.checked.protocols(protocols);
        self
    }

    pub fn selected_protocol(&self) -> Option<&HeaderValue> {
        self.checked.selected_protocol()
    }

    /// What a message of the client may have, in bytes.
    pub fn max_message_size(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// Answers the request, and calls back with the socket.
    pub fn on_upgrade<F>(self, callback: impl FnOnce(WebSocket) -> F + Send + 'static) -> Response<Body>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let protocol = self.selected_protocol().cloned();
        let Self { accept, upgrade, max, .. } = self;
        tokio::spawn(async move {
            match upgrade.await {
                Ok(upgraded) => callback(WebSocket::new(TokioIo::new(upgraded), max)).await,
                Err(error) => tracing::debug!(%error, "not upgraded"),
            }
        });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        if let Some(protocol) = protocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        response
    }
}

/// Shows that the server has understood what the client asks.
fn accept(key: &[u8]) -> String {
    let hash = Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    base64::engine::general_purpose::STANDARD.encode(hash)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_answer_is_that_of_the_specification() {
        // RFC 6455, section 1.3.
        assert_eq!(super::accept(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
