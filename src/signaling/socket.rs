//! A WebSocket that carries the frames of the signaling protocol.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use browser_rtc_proto::signaling::{ClientMessage, ErrorCode, SUBPROTOCOL, ServerMessage, close};
use futures::{Sink, SinkExt, Stream, StreamExt, future};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use serde::Deserialize;

use crate::error::{During, Error, ErrorKind, Result};

const OPERATION: &str = "signaling";

/// A WebSocket to a signaling server: a [`Stream`] of the server's messages and a [`Sink`] for those of the client.
///
/// A frame that cannot be read is an error of that frame, and the stream continues: `Syntax` for a malformed message,
/// which names the field, and `NotSupported` for a type of message that this version does not know. The stream ends
/// after the error that ended the socket: `Signaling` with [`ErrorCode::UnsupportedVersion`] or with
/// [`ErrorCode::AlreadyJoined`], the latter because the client has its seat on another socket, are final, and it makes
/// no sense to connect again.
///
/// The stream waits for the server without a timeout: only pings without an answer reveal that the path is broken.
/// Frames are buffered until they are read, without a limit. Dropping the stream closes the socket.
///
/// ```no_run
/// # use browser_rtc::{signaling::{ClientMessage, Ping, SignalingSocket}, Result};
/// # use futures::{SinkExt, StreamExt};
/// # async fn example() -> Result<()> {
/// let mut socket = SignalingSocket::connect("wss://example.org/signal").await?;
/// socket.send(ClientMessage::Ping(Ping::new(7))).await?;
/// let answer = socket.next().await;
/// # let _ = answer; Ok(()) }
/// ```
pub struct SignalingSocket {
    socket: WebSocket,
    ended: bool,
}

impl SignalingSocket {
    /// Opens a socket to `url`, such as `wss://example.org/signal`. It waits for as long as the browser does, which may
    /// be minutes. Cancel safe.
    ///
    /// # Errors
    /// `Syntax` for a malformed URL, `Security` if the page may not connect there, `Network` if the server does not
    /// answer or refuses the socket, which browsers do not distinguish. With a server of another version of the protocol,
    /// the stream ends with `Signaling` with [`ErrorCode::UnsupportedVersion`].
    pub async fn connect(url: &str) -> Result<Self> {
        // gloo's own constructor panics if anything but an `Error` of this realm is thrown.
        let raw = web_sys::WebSocket::new_with_str(url, SUBPROTOCOL).during(OPERATION)?;
        let socket =
            WebSocket::try_from(raw).map_err(|error| Error::new(OPERATION, ErrorKind::Other, error.to_string()))?;
        let mut socket = Self { socket, ended: false };
        future::poll_fn(|cx| socket.poll_ready_unpin(cx))
            .await
            .map_err(|_closed| Error::new(OPERATION, ErrorKind::Network, "the signaling server cannot be reached"))?;
        Ok(socket)
    }

    /// Returns an error if the socket has closed, even if its stream has not ended yet: gloo drops frames silently then.
    fn check_open(&self) -> Result<()> {
        match self.socket.state() {
            State::Connecting | State::Open => Ok(()),
            State::Closing | State::Closed => Err(Error::closed(OPERATION)),
        }
    }
}

impl Stream for SignalingSocket {
    type Item = Result<ServerMessage>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let Some(frame) = ready!(self.socket.poll_next_unpin(cx)) else {
            self.ended = true;
            return Poll::Ready(None);
        };
        Poll::Ready(Some(match frame {
            Ok(Message::Text(text)) => ServerMessage::from_json(&text).map_err(|error| unreadable(&text, &error)),
            Ok(Message::Bytes(_)) => Err(malformed(&"a binary frame")),
            Err(error) => {
                self.ended = true;
                Err(ended(error))
            }
        }))
    }
}

impl Sink<ClientMessage> for SignalingSocket {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.check_open()?;
        let ready = ready!(self.socket.poll_ready_unpin(cx));
        self.check_open()?;
        Poll::Ready(ready.map_err(ended))
    }

    fn start_send(mut self: Pin<&mut Self>, message: ClientMessage) -> Result<()> {
        self.check_open()?;
        let frame = message.to_json().map_err(|error| malformed(&error))?;
        self.socket.start_send_unpin(Message::Text(frame)).map_err(ended)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.socket.poll_flush_unpin(cx).map_err(ended)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.socket.poll_close_unpin(cx).map_err(ended)
    }
}

/// Returns whether the error is one of a single frame, which does not end the socket.
pub(crate) fn is_frame_error(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Syntax | ErrorKind::NotSupported)
}

/// The types of message of this version's servers.
const TYPES: [&str; 7] = ["joined", "peer_joined", "peer_left", "signal", "say", "pong", "error"];

/// The type of a message that cannot be read.
#[derive(Deserialize)]
struct Type {
    r#type: String,
}

fn unreadable(frame: &str, reason: &dyn fmt::Display) -> Error {
    match serde_json::from_str::<Type>(frame) {
        Ok(Type { r#type }) if !TYPES.contains(&&*r#type) => {
            Error::new(OPERATION, ErrorKind::NotSupported, reason.to_string())
        }
        _ => malformed(reason),
    }
}

fn malformed(reason: &dyn fmt::Display) -> Error {
    Error::new(OPERATION, ErrorKind::Syntax, reason.to_string())
}

fn ended(error: WebSocketError) -> Error {
    match error {
        WebSocketError::ConnectionClose(close) if close.code == close::UNSUPPORTED_VERSION => {
            Error::signaling(OPERATION, &ErrorCode::UnsupportedVersion, close.reason)
        }
        WebSocketError::ConnectionClose(close) if close.code == close::REPLACED => {
            let message = "the seat has been taken over on another socket, such as by another tab";
            Error::signaling(OPERATION, &ErrorCode::AlreadyJoined, message)
        }
        WebSocketError::ConnectionClose(close) if close.reason.is_empty() => Error::closed(OPERATION),
        WebSocketError::ConnectionClose(close) => Error::new(OPERATION, ErrorKind::Closed, close.reason),
        WebSocketError::MessageSendError(error) => Error::new(OPERATION, ErrorKind::InvalidState, error.message),
        _ => Error::new(OPERATION, ErrorKind::Network, "the connection to the signaling server broke"),
    }
}

impl fmt::Debug for SignalingSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalingSocket").field("state", &self.socket.state()).finish_non_exhaustive()
    }
}
