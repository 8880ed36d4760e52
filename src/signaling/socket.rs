//! A WebSocket that carries the frames of the signaling protocol.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use browser_rtc_proto::signaling::{ClientMessage, ErrorCode, SUBPROTOCOL, ServerMessage, close};
use futures::{Sink, Stream, StreamExt};
use serde::Deserialize;
use wasm_bindgen::JsValue;
use web_sys::{Event, WebSocket};

use crate::{
    error::{During, Error, ErrorKind, Result},
    event::{EventStream, Listener},
    sys::global,
    wake::{CloseSignal, CloseWait},
};

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
    raw: WebSocket,
    events: EventStream<SocketEvent>,
    /// Resolves when the socket has opened, or could not be opened.
    opened: CloseWait,
    _opening: [Listener; 2],
    ended: bool,
}

enum SocketEvent {
    Frame(JsValue),
    Ended(Error),
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
        let raw = WebSocket::new_with_str(url, SUBPROTOCOL).during(OPERATION)?;
        let events =
            EventStream::listen(&raw, "message", |event| Some(SocketEvent::Frame(global::get(&event, "data"))))
                .on(&raw, "error", |_| Some(SocketEvent::Ended(network_error())))
                .on(&raw, "close", |event| Some(SocketEvent::Ended(close_error(&event))));
        let opened = CloseSignal::default();
        let opening = ["open", "close"].map(|event| {
            let opened = opened.clone();
            Listener::new(&raw, event, move |_| {
                opened.set();
            })
        });
        let mut socket = Self { raw, events, opened: opened.wait(), _opening: opening, ended: false };
        (&mut socket.opened).await;
        socket
            .check_open()
            .map_err(|_closed| Error::new(OPERATION, ErrorKind::Network, "the signaling server cannot be reached"))?;
        Ok(socket)
    }

    /// Returns an error if the socket has closed, even if its stream has not ended yet. In that state, browsers silently
    /// drop frames.
    fn check_open(&self) -> Result<()> {
        match self.raw.ready_state() {
            WebSocket::CONNECTING | WebSocket::OPEN => Ok(()),
            _ => Err(closed(OPERATION)),
        }
    }
}

impl Stream for SignalingSocket {
    type Item = Result<ServerMessage>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let event = ready!(self.events.poll_next_unpin(cx));
        Poll::Ready(event.map(|event| match event {
            SocketEvent::Frame(frame) => match frame.as_string() {
                Some(text) => ServerMessage::from_json(&text).map_err(|error| parse_error(&text, &error)),
                None => Err(malformed(&"the signaling server sent a binary frame")),
            },
            SocketEvent::Ended(error) => {
                self.ended = true;
                Err(error)
            }
        }))
    }
}

impl Sink<ClientMessage> for SignalingSocket {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(Pin::new(&mut self.opened).poll(cx));
        Poll::Ready(self.check_open())
    }

    fn start_send(self: Pin<&mut Self>, message: ClientMessage) -> Result<()> {
        self.check_open()?;
        let frame = message.to_json().map_err(|error| malformed(&error))?;
        self.raw.send_with_str(&frame).during(OPERATION)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(self.raw.close().during(OPERATION))
    }
}

impl Drop for SignalingSocket {
    /// Closes the socket. The listeners are removed before the browser fires the events of that.
    fn drop(&mut self) {
        // This only throws for invalid arguments.
        let _ = self.raw.close();
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

/// The message types of this version of the protocol.
const KNOWN_TYPES: [&str; 7] = ["joined", "peer_joined", "peer_left", "signal", "say", "pong", "error"];

/// The type of a message that cannot be parsed.
#[derive(Deserialize)]
struct MessageType {
    r#type: String,
}

fn parse_error(frame: &str, reason: &dyn fmt::Display) -> Error {
    match serde_json::from_str::<MessageType>(frame) {
        Ok(MessageType { r#type }) if !KNOWN_TYPES.contains(&&*r#type) => {
            Error::new(OPERATION, ErrorKind::NotSupported, reason.to_string())
        }
        _ => malformed(reason),
    }
}

fn malformed(reason: &dyn fmt::Display) -> Error {
    Error::new(OPERATION, ErrorKind::Syntax, reason.to_string())
}

/// Returns the error of a failed connection. A `close` event follows.
fn network_error() -> Error {
    Error::new(OPERATION, ErrorKind::Network, "the connection to the signaling server has failed")
}

/// Returns the error with which a socket has ended.
fn close_error(event: &Event) -> Error {
    let code = global::integer::<u16>(event, "code").unwrap_or_default();
    let reason = global::get_text(event, "reason").unwrap_or_default();
    match code {
        close::UNSUPPORTED_VERSION => Error::signaling(OPERATION, &ErrorCode::UnsupportedVersion, reason),
        close::REPLACED => {
            let message = "another socket has taken over the seat, such as that of another tab";
            Error::signaling(OPERATION, &ErrorCode::AlreadyJoined, message)
        }
        _ if reason.is_empty() => closed(OPERATION),
        _ => Error::new(OPERATION, ErrorKind::Closed, reason),
    }
}

impl fmt::Debug for SignalingSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalingSocket").field("ready_state", &self.raw.ready_state()).finish_non_exhaustive()
    }
}
