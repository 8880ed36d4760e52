//! A received request, which the local peer answers.

use std::{
    cell::Cell,
    fmt,
    future::Future,
    rc::{Rc, Weak},
};

use browser_rtc_proto::direct::{Content, FailureReason};
use serde::Serialize;

use super::{outgoing::json, shared_room::SharedRoom};
use crate::{
    error::{Error, ErrorKind, Result},
    identity::identity,
    signaling::{Data, MessageId, Peer},
    wake::CloseSignal,
};

/// The operation of the errors of a reply.
const REPLY: &str = "reply";

/// A request of a peer, from [`Room::requests`](super::Room::requests).
///
/// Clones share one request and compare equal. The request is answered once, with [`reply`](Self::reply) or
/// [`fail`](Self::fail). If the last clone is dropped before, the peer's request fails with `NoHandler`.
///
/// # Examples
/// ```no_run
/// # use browser_rtc::{room::Room, Result};
/// # use futures::StreamExt;
/// # async fn example(room: Room) -> Result<()> {
/// let mut requests = room.requests();
/// while let Some(request) = requests.next().await {
///     match request.data().parse::<u32>() {
///         Ok(number) => request.reply(&(number % 2 == 0))?,
///         Err(error) => request.fail(error.to_string())?,
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "dropping the last clone fails the request"]
pub struct IncomingRequest(Rc<ReceivedRequest>);

pub(super) struct ReceivedRequest {
    pub(super) id: MessageId,
    pub(super) from: Peer,
    data: Data,
    room: Weak<SharedRoom>,
    is_answered: Cell<bool>,
    /// Set when the request has been answered or dropped, or its sender no longer waits.
    pub(super) end: CloseSignal,
}

impl IncomingRequest {
    pub(super) fn new(id: MessageId, from: Peer, data: Data, room: Weak<SharedRoom>) -> Self {
        let (is_answered, end) = (Cell::new(false), CloseSignal::default());
        Self(Rc::new(ReceivedRequest { id, from, data, room, is_answered, end }))
    }

    pub(super) fn downgrade(&self) -> Weak<ReceivedRequest> {
        Rc::downgrade(&self.0)
    }

    /// Returns the sender.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.0.from.clone()
    }

    /// Returns the content of the request.
    #[must_use]
    pub fn data(&self) -> &Data {
        &self.0.data
    }

    /// Replies with any value that can be represented in JSON.
    ///
    /// # Errors
    /// - `InvalidState` if the request has been answered before.
    /// - `Closed` if the peer no longer waits for the reply, or the room has been left or lost.
    /// - `Type` if the value cannot be represented in JSON.
    /// - `TooLarge` if the JSON exceeds the server's limit. [`ErrorKind::TooLarge`] has the limit in bytes.
    /// - `Operation` if too many messages wait to be sent.
    ///
    /// After any error, a request that has not been answered before can still be answered.
    pub fn reply<T: Serialize + ?Sized>(&self, value: &T) -> Result<()> {
        self.reply_data(json(REPLY, value)?)
    }

    /// Replies with JSON.
    pub(crate) fn reply_data(&self, data: Data) -> Result<()> {
        self.0.answer(REPLY, Content::Reply(data))
    }

    /// Answers that the request has failed, with a message for the peer, which is truncated to 1,000 characters. The peer's
    /// request fails with `Remote` and this message.
    ///
    /// # Errors
    /// The same errors as [`reply`](Self::reply).
    pub fn fail(&self, message: impl Into<String>) -> Result<()> {
        self.0.answer("fail", Content::Failure { reason: FailureReason::Failed, message: message.into() })
    }

    /// Resolves when the request has been answered, or when the peer no longer waits for the answer: it has cancelled the
    /// request or left, or the room has been left or lost. A peer that has lost its connection to the server may still wait.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub fn ended(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.0.end.wait()
    }
}

impl ReceivedRequest {
    pub(super) fn is_answered(&self) -> bool {
        self.is_answered.get()
    }

    fn answer(&self, operation: &'static str, content: Content) -> Result<()> {
        if self.is_answered.get() {
            return Err(Error::new(operation, ErrorKind::InvalidState, "the request has already been answered"));
        }
        let room = self.room.upgrade().filter(|_| !self.end.is_set());
        // The peer may have a new id.
        let to = room.as_ref().and_then(|room| room.presence().find(&self.from));
        let (Some(room), Some(to)) = (room, to) else {
            return Err(Error::new(operation, ErrorKind::Closed, "the peer no longer waits for the answer"));
        };
        // A lost answer is noticed by the peer's timeout.
        let _delivery = room.send_direct(operation, &to, self.id.clone(), content)?;
        self.is_answered.set(true);
        self.end.set();
        Ok(())
    }
}

impl Drop for ReceivedRequest {
    fn drop(&mut self) {
        if !self.is_answered.get() {
            // If this fails, the peer's timeout ends the request.
            let _ = self.answer("fail", Content::Failure { reason: FailureReason::NoHandler, message: String::new() });
        }
        self.end.set();
    }
}

identity!(IncomingRequest, |this, other| Rc::ptr_eq(&this.0, &other.0));

impl fmt::Debug for IncomingRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingRequest")
            .field("peer", &self.0.from)
            .field("data", &self.0.data)
            .finish_non_exhaustive()
    }
}
