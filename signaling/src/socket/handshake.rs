//! The opening handshake of a WebSocket.

use std::{borrow::Cow, future::Future};

use axum::{
    body::Body,
    extract::{
        FromRequestParts,
        ws::{WebSocketUpgrade as AxumUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{
        HeaderValue, Response, StatusCode,
        header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE},
        request::Parts,
    },
};
use base64::Engine as _;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use sha1::{Digest, Sha1};

use super::WebSocket;

/// An upgrade to [`WebSocket`]. axum checks the request.
#[derive(Debug)]
pub struct WebSocketUpgrade {
    request: AxumUpgrade,
    accept: HeaderValue,
    upgrade: OnUpgrade,
    max: usize,
}

impl<S: Send + Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = WebSocketUpgradeRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        // axum takes the upgrade as well, but only this clone is awaited.
        let upgrade = parts.extensions.get::<OnUpgrade>().cloned();
        let key = parts.headers.get(SEC_WEBSOCKET_KEY).cloned();
        let request = AxumUpgrade::from_request_parts(parts, state).await?;
        let rejection = || axum::extract::ws::rejection::WebSocketKeyHeaderMissing::default();
        let (Some(key), Some(upgrade)) = (key, upgrade) else { return Err(rejection().into()) };
        let accept = HeaderValue::try_from(accept_value(key.as_bytes())).map_err(|_| rejection())?;
        Ok(Self { request, accept, upgrade, max: usize::MAX })
    }
}

impl WebSocketUpgrade {
    /// Selects the first of the given subprotocols that the client offers.
    pub fn protocols<I>(mut self, protocols: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Cow<'static, str>>,
    {
        self.request = self.request.protocols(protocols);
        self
    }

    pub fn selected_protocol(&self) -> Option<&HeaderValue> {
        self.request.selected_protocol()
    }

    /// Sets the maximum size of a message from the client, in bytes.
    pub fn max_message_size(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// Returns the response, and calls `callback` with the socket once it is open.
    pub fn on_upgrade<F>(self, callback: impl FnOnce(WebSocket) -> F + Send + 'static) -> Response<Body>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let protocol = self.selected_protocol().cloned();
        let Self { accept, upgrade, max, .. } = self;
        tokio::spawn(async move {
            match upgrade.await {
                Ok(upgraded) => callback(WebSocket::new(TokioIo::new(upgraded), max)).await,
                Err(error) => tracing::debug!(%error, "WebSocket upgrade failed"),
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

/// Returns the value of `Sec-WebSocket-Accept` for a key.
fn accept_value(key: &[u8]) -> String {
    let hash = Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    base64::engine::general_purpose::STANDARD.encode(hash)
}

#[cfg(test)]
mod tests {
    #[test]
    fn accept_value_matches_rfc_example() {
        // RFC 6455, section 1.3.
        assert_eq!(super::accept_value(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
