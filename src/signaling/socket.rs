//! A WebSocket that carries the frames of the signaling protocol.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use browser_rtc_proto::signaling::{ClientMessage, ErrorCode, ParseMessageError, SUBPROTOCOL, ServerMessage, close};
use futures::{Sink, SinkExt, Stream, StreamExt, future};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};

use crate::error::{During, Error, ErrorKind, Result};

const OPERATION: &str = "signaling";

/// A WebSocket to a signaling server: a [`Stream`] of the server's messages and a [`Sink`] for the client's messages.
///
/// The stream has no timeout. A broken network path is only detected if the client sends pings and the server does not
/// answer. Received messages are buffered without a limit until they are read. Dropping the socket closes it.
///
/// # Errors
/// A frame that cannot be parsed is returned as an error, and the stream continues:
///
/// - `Syntax` for a malformed message. The error's message names the field.
/// - `NotSupported` for a message of an unknown type, such as from a newer server.
///
/// An error that ends the socket is the last item of the stream:
///
/// - `Signaling` with [`ErrorCode::UnsupportedVersion`] if the server supports only other versions of the protocol.
///   Reconnecting is pointless.
/// - `Signaling` with [`ErrorCode::AlreadyJoined`] if another socket has taken over the seat. Reconnecting is pointless.
/// - `Closed` or `Network` if the connection has ended otherwise.
///
/// # Cancel safety
/// `next` of [`StreamExt`] is cancel safe. If the future of `send` of [`SinkExt`] is dropped, the message may have been sent.
///
/// # Examples
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
    /// Opens a socket to `url`, such as `wss://example.org/signal`.
    ///
    /// The timeout is that of the browser, which may be minutes.
    ///
    /// # Errors
    /// - `Syntax` if `url` is malformed.
    /// - `Security` if the page may not connect to `url`.
    /// - `Network` if the server does not answer or refuses the socket. Browsers do not distinguish the two.
    ///
    /// # Cancel safety
    /// This function is cancel safe. Dropping the future closes the socket.
    pub async fn connect(url: &str) -> Result<Self> {
        // gloo's constructor panics if the browser throws a value that is not an `Error` of this realm.
        let raw = web_sys::WebSocket::new_with_str(url, SUBPROTOCOL).during(OPERATION)?;
        let socket =
            WebSocket::try_from(raw).map_err(|error| Error::new(OPERATION, ErrorKind::Other, error.to_string()))?;
        let mut socket = Self { socket, ended: false };
        future::poll_fn(|cx| socket.poll_ready_unpin(cx))
            .await
            .map_err(|_closed| Error::new(OPERATION, ErrorKind::Network, "the signaling server cannot be reached"))?;
        Ok(socket)
    }

    /// Returns an error if the socket has closed, even if its stream has not ended yet. In that state, gloo silently drops
    /// frames.
    fn check_open(&self) -> Result<()> {
        match self.socket.state() {
            State::Connecting | State::Open => Ok(()),
            State::Closing | State::Closed => Err(closed(OPERATION)),
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
            Ok(Message::Text(text)) => ServerMessage::from_json(&text).map_err(|error| parse_error(&error)),
            Ok(Message::Bytes(_)) => {
                Err(Error::new(OPERATION, ErrorKind::Syntax, "the signaling server sent a binary frame"))
            }
            Err(error) => {
                self.ended = true;
                Err(socket_error(error))
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
        Poll::Ready(ready.map_err(socket_error))
    }

    fn start_send(mut self: Pin<&mut Self>, message: ClientMessage) -> Result<()> {
        self.check_open()?;
        self.socket.start_send_unpin(Message::Text(message.to_json())).map_err(socket_error)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.socket.poll_flush_unpin(cx).map_err(socket_error)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.socket.poll_close_unpin(cx).map_err(socket_error)
    }
}

/// Creates the error of an operation on a closed socket.
pub(crate) fn closed(operation: &'static str) -> Error {
    Error::new(operation, ErrorKind::Closed, "the signaling socket is closed")
}

/// Returns whether the error concerns a single frame and does not end the socket.
pub(crate) fn is_frame_error(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Syntax | ErrorKind::NotSupported)
}

fn parse_error(error: &ParseMessageError) -> Error {
    let kind = if error.is_unknown_type() { ErrorKind::NotSupported } else { ErrorKind::Syntax };
    Error::new(OPERATION, kind, error.to_string())
}

/// Converts the error with which a socket has ended.
fn socket_error(error: WebSocketError) -> Error {
    match error {
        WebSocketError::ConnectionClose(close) if close.code == close::UNSUPPORTED_VERSION => {
            Error::signaling(OPERATION, &ErrorCode::UnsupportedVersion, close.reason)
        }
        WebSocketError::ConnectionClose(close) if close.code == close::REPLACED => {
            let message = "another socket has taken over the seat, such as that of another tab";
            Error::signaling(OPERATION, &ErrorCode::AlreadyJoined, message)
        }
        WebSocketError::ConnectionClose(close) if close.reason.is_empty() => closed(OPERATION),
        WebSocketError::ConnectionClose(close) => Error::new(OPERATION, ErrorKind::Closed, close.reason),
        WebSocketError::MessageSendError(error) => Error::new(OPERATION, ErrorKind::InvalidState, error.message),
        _ => Error::new(OPERATION, ErrorKind::Network, "the connection to the signaling server has failed"),
    }
}

impl fmt::Debug for SignalingSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalingSocket").field("state", &self.socket.state()).finish_non_exhaustive()
    }
}
