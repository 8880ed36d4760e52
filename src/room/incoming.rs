//! A call that rings here.

use std::{
    cell::Cell,
    fmt,
    future::Future,
    rc::{Rc, Weak},
};

use browser_rtc_proto::call::{DeclineReason, EndReason};
use futures::{FutureExt, select_biased};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::{
    Call, Room,
    call_state::{CallState, Stage},
};
use crate::{
    error::{Error, ErrorKind, Result},
    identity::identity,
    media::MediaStream,
    signaling::Peer,
    timer,
    wake::CloseWait,
};

/// How much longer it rings here than the caller waits: the word that the caller has given up may be lost.
const GRACE_MS: u32 = 15_000;

/// A call from a peer that rings.
///
/// Clones share one call, and are equal. It is answered once, with [`accept`](Self::accept) or
/// [`decline`](Self::decline); dropping the last clone declines a call that was not answered. If [`Room::call`] calls the
/// peer meanwhile, that accepts the call.
#[derive(Clone)]
#[must_use = "dropping the last clone declines the call"]
pub struct IncomingCall(Rc<Inner>);

struct Inner {
    call_state: Rc<CallState>,
    answered: Cell<bool>,
}

impl IncomingCall {
    pub(super) fn new(call_state: Rc<CallState>, ring_ms: u32) -> Self {
        spawn_local(ring(Rc::downgrade(&call_state), call_state.end.wait(), ring_ms));
        Self(Rc::new(Inner { call_state, answered: Cell::new(false) }))
    }

    /// Returns the caller.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.0.call_state.peer()
    }

    /// Accepts the call, sending `media` if there is any: `&camera`, or `None` to only watch and listen. It waits for
    /// nothing, and so is cancel safe. The call ends with `ConnectionFailed` if it is not connected within 45 seconds,
    /// such as because the caller sends nothing. If accepting fails, the call ends as well.
    ///
    /// # Errors
    /// `InvalidState` if the call has been answered before, or [`Room::call`] has accepted it; `Closed` if the caller has
    /// given up or the room is gone; `Timeout` if it has rung for too long; `PeerLeft`; or what the connection fails
    /// with.
    pub async fn accept(&self, media: impl Into<Option<&MediaStream>>) -> Result<Call> {
        const OPERATION: &str = "accept";
        self.answer(OPERATION)?;
        let call_state = &self.0.call_state;
        match call_state.room.upgrade().map(Room) {
            Some(room) if !call_state.end.is_set() => Call::start(&room, call_state, media.into(), false),
            _ => Err(call_state.error(OPERATION)),
        }
    }

    /// Declines the call. If it has ended by itself, this does nothing.
    ///
    /// # Errors
    /// `InvalidState` if the call has been answered before, or [`Room::call`] has accepted it.
    pub fn decline(&self, reason: DeclineReason) -> Result<()> {
        self.answer("decline")?;
        self.0.call_state.decline(reason);
        Ok(())
    }

    /// Takes the one answer that a call may have.
    fn answer(&self, operation: &'static str) -> Result<()> {
        let call_state = &self.0.call_state;
        let is_taken = !call_state.end.is_set() && call_state.stage() != Stage::RingingIn;
        if self.0.answered.replace(true) || is_taken {
            return Err(Error::new(operation, ErrorKind::InvalidState, "the call has been answered already"));
        }
        Ok(())
    }

    /// Resolves when the call rings no more, because the caller gave up or left, it was declined, or nobody answered it
    /// for 15 seconds longer than [`Join::ring_time`](super::Join::ring_time); once it has been accepted, when the call
    /// ends. Cancel safe.
    pub fn ended(&self) -> impl Future<Output = EndReason> + Unpin + use<> {
        self.0.call_state.ended()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if !self.answered.get() {
            self.call_state.decline(DeclineReason::Declined);
        }
    }
}

identity!(IncomingCall, |this, other| Rc::ptr_eq(&this.0, &other.0));

impl fmt::Debug for IncomingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingCall").field("peer", &self.peer()).finish_non_exhaustive()
    }
}

async fn ring(call_state: Weak<CallState>, end: CloseWait, ring_ms: u32) {
    let limit = ring_ms.saturating_add(GRACE_MS).min(timer::LONGEST_MS);
    select_biased! {
        () = end.fuse() => {}
        () = TimeoutFuture::new(limit).fuse() => {
            if let Some(call_state) = call_state.upgrade().filter(|call_state| call_state.stage() == Stage::RingingIn) {
                // A caller that waits for longer than this peer rings is told.
                call_state.give_up(EndReason::Unanswered);
            }
        }
    }
}
