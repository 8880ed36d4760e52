//! Frames for the signaling server. Each has an owner, which handles its refusal by the server.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    rc::Weak,
    task::{Context, Poll},
};

use browser_rtc_proto::{
    call::{CallId, CallMessage, CallSignal},
    direct::{Content, DirectMessage, PeerMessage},
};
use futures::{
    FutureExt,
    channel::{mpsc, oneshot},
};
use serde::Serialize;

use super::requests;
use crate::{
    error::{Error, ErrorKind, Result},
    random,
    signaling::{ClientMessage, Data, ErrorCode, MessageId, PeerId, Say, SignalTo},
};

/// Maximum number of times that a frame is sent again after the server has refused it temporarily.
const MAX_ATTEMPTS: u32 = 5;

/// Capacity of the queue of frames, in addition to one frame of each sender.
const QUEUE_CAPACITY: usize = 256;

/// A message to the server.
pub(super) struct Frame {
    pub(super) message: ClientMessage,
    /// Length of the JSON text, in bytes.
    size: usize,
    owner: Owner,
    /// Number of times that the server has refused the frame temporarily.
    attempts: u32,
}

/// The owner of a frame, on which the handling of a refusal depends.
pub(super) enum Owner {
    /// The [`Delivery`] of a message to the room or to a peer, which is also sent in a new seat.
    Message { operation: &'static str, delivery: oneshot::Sender<Result<()>> },
    /// A call that cannot be established without this signal.
    Call {
        owner: Weak<dyn CallOwner>,
        /// The id of the call when the signal was sent.
        id: CallId,
    },
    /// A call that has ended with this signal.
    EndedCall,
    /// A session, which resends signals that its peer has not acknowledged.
    Session,
    /// A session with a plain peer, which does not acknowledge signals.
    PlainSession,
}

/// A call as the owner of a frame.
pub(super) trait CallOwner {
    /// Returns whether the call still has this id, and has not ended.
    fn is_open(&self, id: &CallId) -> bool;

    /// Ends the call: the server has refused the frame.
    fn refused(&self, error: Error);
}

/// The result of handling a refusal by the server.
pub(super) enum Refusal {
    /// The owner has reported the refusal, or the refusal needs no report.
    Reported,
    /// The frame is to be sent again.
    Retry(Frame),
    /// The refusal has yet to be reported.
    Unreported(Error),
}

impl Frame {
    pub(super) fn new(message: ClientMessage, owner: Owner) -> Self {
        let size = message.to_json().len();
        Self { message, size, owner, attempts: 0 }
    }

    /// Creates a message to the room.
    pub(super) fn say(id: MessageId, data: Data) -> (Self, Delivery) {
        Self::message("say", ClientMessage::Say(Say::new(id, data)))
    }

    /// Creates a message to a peer.
    pub(super) fn direct(operation: &'static str, to: &PeerId, id: MessageId, content: Content) -> (Self, Delivery) {
        let data = PeerMessage::Direct(DirectMessage { id, content }).to_data();
        Self::message(operation, ClientMessage::Signal(SignalTo::new(to.clone(), data)))
    }

    fn message(operation: &'static str, message: ClientMessage) -> (Self, Delivery) {
        let (owner, delivery) = Delivery::new(operation);
        (Self::new(message, owner), delivery)
    }

    /// Creates a signal of a call.
    fn signal(call: CallId, to: PeerId, signal: CallSignal, owner: Owner) -> Self {
        let data = PeerMessage::Call(CallMessage { call, signal }).to_data();
        Self::new(ClientMessage::Signal(SignalTo::new(to, data)), owner)
    }

    /// Returns whether a [`Delivery`] waits for the server to accept the frame.
    pub(super) fn is_awaited(&self) -> bool {
        matches!(&self.owner, Owner::Message { delivery, .. } if !delivery.is_canceled())
    }

    /// Returns whether the frame is also sent in a new seat.
    pub(super) fn is_message(&self) -> bool {
        matches!(self.owner, Owner::Message { .. })
    }

    /// Returns the number of times that the frame has been refused temporarily.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns whether the frame is still to be sent again.
    pub(super) fn is_wanted(&self) -> bool {
        match &self.owner {
            Owner::Call { owner, id } => owner.upgrade().is_some_and(|owner| owner.is_open(id)),
            // A request waits for its delivery until it ends. The peer ignores a cancellation that arrives before it.
            Owner::Message { operation: requests::OPERATION, delivery } => !delivery.is_canceled(),
            _ => true,
        }
    }

    /// Reports that the server has accepted the frame.
    pub(super) fn accepted(self) {
        if let Owner::Message { delivery, .. } = self.owner {
            // The handle may have been dropped.
            let _ = delivery.send(Ok(()));
        }
    }

    /// Checks the frame against the server's limit. The error contains the maximum size of the frame's data.
    pub(super) fn check_size(&self, operation: &'static str, max_frame_bytes: usize) -> Result<()> {
        if self.size <= max_frame_bytes {
            return Ok(());
        }
        let data = match &self.message {
            ClientMessage::Say(Say { data, .. }) | ClientMessage::Signal(SignalTo { data, .. }) => data.get().len(),
            _ => 0,
        };
        let limit = max_frame_bytes.saturating_sub(self.size - data);
        let message = format!("the JSON has {data} bytes, and the signaling server's limit is {limit} bytes");
        Err(Error::new(operation, ErrorKind::TooLarge { limit: limit as u64 }, message))
    }

    /// Reports to the owner that the frame exceeds the server's limit and is not sent.
    pub(super) fn too_large(self, error: Error) {
        match self.owner {
            Owner::Message { delivery, .. } => {
                // The handle may have been dropped.
                let _ = delivery.send(Err(error));
            }
            Owner::Call { owner, id } => report(&owner, &id, error),
            // The session resends the signal in parts that fit the current limit. For a plain peer, it checks the size.
            Owner::EndedCall | Owner::Session | Owner::PlainSession => {}
        }
    }

    /// Handles the refusal of the frame by the server.
    pub(super) fn refused(mut self, code: &ErrorCode, message: String) -> Refusal {
        let is_temporary = matches!(code, ErrorCode::RateLimited | ErrorCode::Unavailable);
        let is_retried = match self.owner {
            // Peers on the same server may have received the message. They recognize a copy by its id.
            Owner::Message { .. } => *code == ErrorCode::Unavailable,
            Owner::Call { .. } | Owner::EndedCall | Owner::PlainSession => is_temporary,
            Owner::Session => false,
        };
        if is_retried && self.attempts < MAX_ATTEMPTS {
            self.attempts += 1;
            return Refusal::Retry(self);
        }
        match self.owner {
            Owner::Message { operation, delivery } => {
                let is_gone = *code == ErrorCode::UnknownPeer;
                let error = if is_gone {
                    Error::new(operation, ErrorKind::PeerLeft, message)
                } else {
                    Error::signaling(operation, code, message)
                };
                match delivery.send(Err(error)) {
                    // The server reports with `peer_left` that the peer has left.
                    Err(Err(error)) if !is_gone => Refusal::Unreported(error),
                    _ => Refusal::Reported,
                }
            }
            Owner::Call { owner, id } => {
                report(&owner, &id, Error::signaling("call", code, message));
                Refusal::Reported
            }
            // The peer ends the call by its own timeout, and the session resends its signals.
            Owner::EndedCall | Owner::Session if is_temporary => Refusal::Reported,
            // The server reports with `peer_left` that the peer has left.
            Owner::EndedCall | Owner::Session | Owner::PlainSession if *code == ErrorCode::UnknownPeer => {
                Refusal::Reported
            }
            Owner::EndedCall | Owner::Session | Owner::PlainSession => {
                Refusal::Unreported(Error::signaling("signal", code, message))
            }
        }
    }
}

/// Creates the error of an operation in a room that has ended.
pub(super) fn room_closed(operation: &'static str) -> Error {
    Error::new(operation, ErrorKind::Closed, "the room has been left or lost")
}

/// Converts a value to JSON.
pub(super) fn json<T: Serialize + ?Sized>(operation: &'static str, value: &T) -> Result<Data> {
    Data::from_serialize(value).map_err(|error| Error::new(operation, ErrorKind::Type, error.to_string()))
}

/// Returns a random message id.
pub(super) fn message_id(operation: &'static str) -> Result<MessageId> {
    MessageId::try_from(random::id()).map_err(|error| Error::new(operation, ErrorKind::Type, error.to_string()))
}

fn report(owner: &Weak<dyn CallOwner>, id: &CallId, error: Error) {
    if let Some(owner) = owner.upgrade().filter(|owner| owner.is_open(id)) {
        owner.refused(error);
    }
}

/// Frames are equal if their messages are.
impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.message == other.message
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

/// A sender of frames. The queue reserves room for one frame of each clone, so that the last signal of a call always fits.
#[derive(Clone)]
pub(super) struct Outgoing(mpsc::Sender<Frame>);

impl Outgoing {
    /// Creates the queue.
    pub(super) fn new() -> (Self, mpsc::Receiver<Frame>) {
        let (sender, queue) = mpsc::channel(QUEUE_CAPACITY);
        (Self(sender), queue)
    }

    pub(super) fn send(&mut self, frame: Frame) -> Result<()> {
        self.0.try_send(frame).map_err(|error| {
            if error.is_full() {
                Error::new("send", ErrorKind::Operation, "the queue of frames for the signaling server is full")
            } else {
                room_closed("send")
            }
        })
    }

    /// Sends a signal of a call.
    pub(super) fn send_signal(&mut self, call: &CallId, to: &PeerId, signal: CallSignal, owner: Owner) -> Result<()> {
        self.send(Frame::signal(call.clone(), to.clone(), signal, owner))
    }

    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.0.poll_ready(cx).map_err(|_disconnected| room_closed("signal"))
    }
}

/// The signaling server's acknowledgement of one message, from [`Room::say`](super::Room::say) or
/// [`Room::send`](super::Room::send).
///
/// This future resolves when the server has accepted the message and sends it to its receivers that are in the room. It
/// does not report whether they have received the message. It is pending while the room reconnects. Dropping it has no
/// effect on the message.
///
/// # Errors
/// - `Signaling` if the server refused the message, such as because too many were sent. [`Error::signaling_code`]
///   returns the reason.
/// - `PeerLeft` if the receiver of a message to one peer is not in the room.
/// - `TooLarge` if the room has reconnected to a server with a smaller limit.
/// - `Closed` if the room was left or lost before the server answered. The server may have accepted the message. A
///   future that is polled after it has resolved returns this as well.
///
/// # Cancel safety
/// This future is cancel safe.
pub struct Delivery {
    operation: &'static str,
    accepted: oneshot::Receiver<Result<()>>,
}

impl Delivery {
    /// Creates a delivery, and the owner of its frame.
    pub(super) fn new(operation: &'static str) -> (Owner, Self) {
        let (delivery, accepted) = oneshot::channel();
        (Owner::Message { operation, delivery }, Self { operation, accepted })
    }
}

impl Future for Delivery {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let operation = self.operation;
        self.accepted.poll_unpin(cx).map(|outcome| outcome.unwrap_or_else(|_canceled| Err(room_closed(operation))))
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").finish_non_exhaustive()
    }
}
