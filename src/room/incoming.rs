//! An incoming call that has not been answered.

use std::{
    cell::Cell,
    fmt,
    future::Future,
    rc::{Rc, Weak},
};

use browser_rtc_proto::call::{DeclineReason, EndReason};

use super::{call::Call, media::CallMedia, options::CallOptions, shared_call::SharedCall, shared_room::SharedRoom};
use crate::{
    error::{Error, ErrorKind, Result},
    identity::identity,
    signaling::{Data, Peer},
};

/// A ringing call from a peer.
///
/// Clones share one call and compare equal. The call is answered once, with [`accept`](Self::accept) or
/// [`decline`](Self::decline). Dropping the last clone declines a call that has not been answered. Calling the peer with
/// [`Room::call`](super::Room::call) while its call rings accepts the call.
///
/// # Examples
/// ```no_run
/// # use browser_rtc::{media::MediaStream, room::{Call, DeclineReason, IncomingCall}, Result};
/// # async fn example(incoming: IncomingCall, confirmed: bool, camera: &MediaStream) -> Result<Option<Call>> {
/// if !confirmed {
///     incoming.decline(DeclineReason::Busy)?;
///     return Ok(None);
/// }
/// let call = incoming.accept(camera).await?;
/// # Ok(Some(call)) }
/// ```
#[derive(Clone)]
#[must_use = "dropping the last clone declines the call"]
pub struct IncomingCall(Rc<IncomingRing>);

struct IncomingRing {
    call: Rc<SharedCall>,
    room: Weak<SharedRoom>,
    is_answered: Cell<bool>,
}

impl IncomingCall {
    pub(super) fn new(call: Rc<SharedCall>, room: Weak<SharedRoom>) -> Self {
        Self(Rc::new(IncomingRing { call, room, is_answered: Cell::new(false) }))
    }

    /// Returns the caller.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.0.call.peer()
    }

    /// Returns the metadata that the caller has passed to [`CallOptions::metadata`], if any.
    #[must_use]
    pub fn metadata(&self) -> Option<Data> {
        self.0.call.peer_metadata()
    }

    /// Accepts the call.
    ///
    /// `media` is sent to the peer: `&camera`, `None` to only receive, or a [future](CallMedia::from_future) of a stream.
    /// With a future, the call continues to ring until the future resolves.
    ///
    /// The function does not wait for the connection. If the peers are not connected after another 45 seconds, the call
    /// ends with [`EndReason::ConnectionFailed`].
    ///
    /// # Errors
    /// - `InvalidState` if the call has been answered before, including by [`Room::call`](super::Room::call).
    /// - `Closed` if the caller has hung up, or the room has been left or lost.
    /// - `PeerLeft` if the caller has left the room.
    /// - `Timeout` if the call has rung for too long.
    /// - `Operation` if too many messages wait to be sent.
    /// - The error of the future, or the error with which the browser refuses the connection or the media.
    ///
    /// After an error other than `InvalidState`, the call has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped while `media` is pending, the call ends.
    pub fn accept<'a>(&self, media: impl Into<CallMedia<'a>>) -> impl Future<Output = Result<Call>> {
        self.accept_with(CallOptions::new(media))
    }

    /// Accepts the call as [`accept`](Self::accept) does, with options.
    ///
    /// # Errors
    /// The same errors as [`accept`](Self::accept).
    ///
    /// # Cancel safety
    /// The same as [`accept`](Self::accept).
    pub async fn accept_with(&self, options: CallOptions<'_>) -> Result<Call> {
        const OPERATION: &str = "accept";
        let IncomingRing { call, room, .. } = &*self.0;
        self.answer(OPERATION)?;
        match room.upgrade() {
            Some(room) if call.reserve() => Call::establish(OPERATION, room, call.clone(), options).await,
            _ => Err(call.error(OPERATION)),
        }
    }

    /// Declines the call. Does nothing if the call has ended.
    ///
    /// # Errors
    /// `InvalidState` if the call has been answered before, including by [`Room::call`](super::Room::call).
    pub fn decline(&self, reason: DeclineReason) -> Result<()> {
        self.answer("decline")?;
        self.0.call.decline(reason);
        Ok(())
    }

    /// Marks the call as answered. Fails if it has been answered before.
    fn answer(&self, operation: &'static str) -> Result<()> {
        if self.0.is_answered.replace(true) || self.0.call.is_answered() {
            return Err(Error::new(operation, ErrorKind::InvalidState, "the incoming call has already been answered"));
        }
        Ok(())
    }

    /// Resolves to the reason when the call has ended.
    ///
    /// A ringing call ends when the caller hangs up or leaves, when the call is declined, or when it has rung for 15 seconds
    /// longer than the caller's [`CallOptions::ring_time`], or else [`Join::ring_time`](super::Join::ring_time). If the call is accepted, this resolves at the end of the
    /// established [`Call`].
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub fn ended(&self) -> impl Future<Output = EndReason> + Unpin + use<> {
        self.0.call.ended()
    }
}

impl Drop for IncomingRing {
    fn drop(&mut self) {
        self.call.decline(DeclineReason::Declined);
    }
}

identity!(IncomingCall, |this, other| Rc::ptr_eq(&this.0, &other.0));

impl fmt::Debug for IncomingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingCall").field("peer", &self.peer()).finish_non_exhaustive()
    }
}
