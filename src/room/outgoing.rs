//! Frames on their way to the signaling server, each with the owner that learns of its refusal.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    rc::Weak,
    task::{Context, Poll},
};

use futures::{
    FutureExt,
    channel::{mpsc, oneshot},
};

use super::call_state::CallState;
use crate::{
    error::{Error, ErrorKind, Result},
    signaling::{ClientMessage, ErrorCode, Say, SignalTo},
};

/// The number of times that the server may refuse a frame for the moment before it is given up.
const MAX_ATTEMPTS: u32 = 5;

/// A message to the server.
pub(super) struct Frame {
    pub(super) message: ClientMessage,
    /// The length of its text, in bytes.
    size: usize,
    owner: Owner,
    /// The number of times that the server has refused it for the moment.
    attempts: u32,
}

/// The owner of what a frame carries. It is the only one that reports or repeats a frame that was refused.
pub(super) enum Owner {
    /// The [`Delivery`] of a message to the room.
    Say(oneshot::Sender<Result<()>>),
    /// A call that cannot begin without this word.
    Call(Weak<CallState>),
    /// A call that has ended with this word.
    EndedCall,
    /// A session, which repeats what its peer has not acknowledged.
    Session,
    /// A session whose peer acknowledges nothing.
    PlainSession,
}

/// What is to be done about a frame that the server has refused.
pub(super) enum Refusal {
    /// The owner knows.
    Reported,
    /// The frame is to be sent again.
    Retry(Frame),
    /// Nobody knows.
    Unreported(Error),
}

impl Frame {
    pub(super) fn new(message: ClientMessage, owner: Owner) -> Result<Self> {
        let text = message.to_json().map_err(|error| Error::new("send", ErrorKind::Syntax, error.to_string()))?;
        Ok(Self { message, size: text.len(), owner, attempts: 0 })
    }

    /// Whether somebody waits for the server to accept it.
    pub(super) fn is_awaited(&self) -> bool {
        matches!(&self.owner, Owner::Say(delivery) if !delivery.is_canceled())
    }

    pub(super) fn is_say(&self) -> bool {
        matches!(self.owner, Owner::Say(_))
    }

    /// The number of times that it has been refused for the moment.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whether it is still of use.
    pub(super) fn is_wanted(&self) -> bool {
        match &self.owner {
            Owner::Call(call_state) => call_state.upgrade().is_some_and(|call_state| !call_state.end.is_set()),
            _ => true,
        }
    }

    /// The server has accepted it.
    pub(super) fn accepted(self) {
        if let Owner::Say(delivery) = self.owner {
            // The handle may have been dropped.
            let _ = delivery.send(Ok(()));
        }
    }

    /// Checks it against the server's limit for a frame. The error states how many bytes its data may have.
    pub(super) fn check_size(&self, operation: &'static str, max_frame_bytes: usize) -> Result<()> {
        if self.size <= max_frame_bytes {
            return Ok(());
        }
        let data = match &self.message {
            ClientMessage::Say(Say { data, .. }) | ClientMessage::Signal(SignalTo { data, .. }) => data.get().len(),
            _ => 0,
        };
        let limit = max_frame_bytes.saturating_sub(self.size - data);
        let message = format!("the JSON of {data} bytes exceeds the signaling server's limit of {limit}");
        Err(Error::new(operation, ErrorKind::TooLarge { limit: limit as u64 }, message))
    }

    /// Reports that it exceeds the server's limit, and has not been sent.
    pub(super) fn too_large(self, error: Error) {
        match self.owner {
            Owner::Say(delivery) => {
                // The handle may have been dropped.
                let _ = delivery.send(Err(error));
            }
            Owner::Call(call_state) => {
                if let Some(call_state) = call_state.upgrade() {
                    call_state.refused(error);
                }
            }
            // The session sends it again, split for the limit of now; to a plain peer, it checks the size itself.
            Owner::EndedCall | Owner::Session | Owner::PlainSession => {}
        }
    }

    /// The server has refused it.
    pub(super) fn refused(mut self, code: ErrorCode, message: String) -> Refusal {
        let is_temporary = matches!(code, ErrorCode::RateLimited | ErrorCode::Unavailable);
        let is_repeated = match self.owner {
            // Peers on the same server may have it, and know a copy by its id.
            Owner::Say(_) => code == ErrorCode::Unavailable,
            Owner::Call(_) | Owner::EndedCall | Owner::PlainSession => is_temporary,
            Owner::Session => false,
        };
        if is_repeated && self.attempts < MAX_ATTEMPTS {
            self.attempts += 1;
            return Refusal::Retry(self);
        }
        match self.owner {
            Owner::Say(delivery) => match delivery.send(Err(Error::signaling("say", code, message))) {
                Err(Err(error)) => Refusal::Unreported(error),
                _ => Refusal::Reported,
            },
            Owner::Call(call_state) => {
                if let Some(call_state) = call_state.upgrade() {
                    call_state.refused(Error::signaling("call", code, message));
                }
                Refusal::Reported
            }
            // Its peer has left, which `peer_left` reports; or the session sends it again.
            Owner::EndedCall | Owner::Session if is_temporary => Refusal::Reported,
            Owner::EndedCall | Owner::Session | Owner::PlainSession if code == ErrorCode::UnknownPeer => {
                Refusal::Reported
            }
            Owner::EndedCall | Owner::Session | Owner::PlainSession => {
                Refusal::Unreported(Error::signaling("signal", code, message))
            }
        }
    }
}

/// Only the message counts.
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

/// Queues a frame for the server.
pub(super) fn send(outgoing: &mut mpsc::Sender<Frame>, frame: Frame) -> Result<()> {
    outgoing.try_send(frame).map_err(|refused| {
        if refused.is_full() {
            Error::new("send", ErrorKind::Operation, "too many frames wait for the signaling server")
        } else {
            Error::closed("send")
        }
    })
}

/// The signaling server's acceptance of one message, from [`Room::say`](super::Room::say).
///
/// It resolves with `Ok` once the server has accepted the message. It is pending while the room reconnects, and a
/// message that was sent again in a new seat is accepted there. It does not tell whether the other peers have received
/// the message: the server sends it to all that are in the room then.
///
/// Dropping it has no effect on the message. Polling it is cancel safe. After it has resolved, it gives `Closed`.
///
/// # Errors
/// `Signaling` with the server's code if the server refused the message, such as `RateLimited`; `TooLarge` if the room
/// has reconnected to a server with a smaller limit; `Closed` if the room was left or lost before the server answered,
/// in which case the server may or may not have accepted the message.
pub struct Delivery(oneshot::Receiver<Result<()>>);

impl Delivery {
    pub(super) fn new() -> (oneshot::Sender<Result<()>>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(receiver))
    }
}

impl Future for Delivery {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.0.poll_unpin(cx).map(|outcome| outcome.unwrap_or_else(|_left| Err(Error::closed("say"))))
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").finish_non_exhaustive()
    }
}
