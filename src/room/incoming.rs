//! A call that rings here.

use std::{
    cell::Cell,
    fmt,
    future::Future,
    rc::{Rc, Weak},
};

use browser_rtc_proto::call::{DeclineReason, EndReason};

use super::{call::Call, media::CallMedia, shared_call::SharedCall, shared_room::SharedRoom};
use crate::{
    error::{Error, ErrorKind, Result},
    identity::identity,
    signaling::Peer,
};

/// A call from a peer that rings.
///
/// Clones share one call, and are equal. It is answered once, with [`accept`](Self::accept) or
/// [`decline`](Self::decline); dropping the last clone declines a call that was not answered. If
/// [`Room::call`](super::Room::call) calls the peer while the call rings, that accepts it.
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

    /// Accepts the call, sending `media` if there is any: `&camera`, `None` to only watch and listen, or a
    /// [future](CallMedia::from_future) of media.
    ///
    /// The call is accepted once the media is there, and rings at the caller until then; nothing else is waited for. The
    /// call ends with `ConnectionFailed` if it is not connected within 45 seconds after that, such as because the caller
    /// sends nothing. If accepting fails, or is dropped while it waits for the media, the call ends as well.
    ///
    /// # Errors
    /// `InvalidState` if the call has been answered before, or [`Room::call`](super::Room::call) has accepted it;
    /// `Closed` if the caller has given up or the room is gone; `Timeout` if it has rung for too long; `PeerLeft`; the
    /// error of the future; or what the connection fails with.
    pub async fn accept(&self, media: impl Into<CallMedia<'_>>) -> Result<Call> {
        const OPERATION: &str = "accept";
        let IncomingRing { call, room, .. } = &*self.0;
        self.answer(OPERATION)?;
        match room.upgrade() {
            Some(room) if call.reserve() => Call::establish(OPERATION, room, call.clone(), media.into()).await,
            _ => Err(call.error(OPERATION)),
        }
    }

    /// Declines the call. If it has ended by itself, this does nothing.
    ///
    /// # Errors
    /// `InvalidState` if the call has been answered before, or [`Room::call`](super::Room::call) has accepted it.
    pub fn decline(&self, reason: DeclineReason) -> Result<()> {
        self.answer("decline")?;
        self.0.call.decline(reason);
        Ok(())
    }

    /// Takes the one answer that a call may have.
    fn answer(&self, operation: &'static str) -> Result<()> {
        if self.0.is_answered.replace(true) || self.0.call.is_answered() {
            return Err(Error::new(operation, ErrorKind::InvalidState, "the call has been answered already"));
        }
        Ok(())
    }

    /// Resolves when the call stops ringing, because the caller gave up or left, it was declined, or it was not answered
    /// for 15 seconds longer than [`Join::ring_time`](super::Join::ring_time); once it has been accepted, when the call
    /// ends. Cancel safe.
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
