//! A call that rings here.

use std::{
    cell::Cell,
    fmt,
    future::Future,
    rc::{Rc, Weak},
};

use futures::{FutureExt, select_biased};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::{
    Call, EndReason, Room,
    leg::{Leg, Stage},
    message::DeclineReason,
};
use crate::{
    error::{Error, ErrorKind, Result},
    identity::identity,
    media::MediaStream,
    signaling::Peer,
    timer,
    wake::EndWait,
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
    leg: Rc<Leg>,
    answered: Cell<bool>,
}

impl IncomingCall {
    pub(super) fn new(leg: Rc<Leg>, ring_ms: u32) -> Self {
        spawn_local(ring(Rc::downgrade(&leg), leg.end.wait(), ring_ms));
        Self(Rc::new(Inner { leg, answered: Cell::new(false) }))
    }

    /// Returns the caller.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.0.leg.peer()
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
        let leg = &self.0.leg;
        match leg.room.upgrade().map(Room) {
            Some(room) if !leg.end.has_come() => Call::start(&room, leg, media.into(), false),
            _ => Err(leg.error(OPERATION)),
        }
    }

    /// Declines the call. If it has ended by itself, this does nothing.
    ///
    /// # Errors
    /// `InvalidState` if the call has been answered before, or [`Room::call`] has accepted it.
    pub fn decline(&self, reason: DeclineReason) -> Result<()> {
        self.answer("decline")?;
        self.0.leg.decline(reason);
        Ok(())
    }

    /// Takes the one answer that a call may have.
    fn answer(&self, operation: &'static str) -> Result<()> {
        let leg = &self.0.leg;
        let is_taken = !leg.end.has_come() && leg.stage() != Stage::RingingIn;
        if self.0.answered.replace(true) || is_taken {
            return Err(Error::new(operation, ErrorKind::InvalidState, "the call has been answered already"));
        }
        Ok(())
    }

    /// Resolves when the call rings no more, because the caller gave up or left, it was declined, or nobody answered it
    /// for 15 seconds longer than [`Join::ring_time`](super::Join::ring_time); once it has been accepted, when the call
    /// ends. Cancel safe.
    pub fn ended(&self) -> impl Future<Output = EndReason> + Unpin + use<> {
        self.0.leg.ended()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if !self.answered.get() {
            self.leg.decline(DeclineReason::Declined);
        }
    }
}

identity!(IncomingCall, |this, other| Rc::ptr_eq(&this.0, &other.0));

impl fmt::Debug for IncomingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingCall").field("peer", &self.peer()).finish_non_exhaustive()
    }
}

async fn ring(leg: Weak<Leg>, end: EndWait, ring_ms: u32) {
    let limit = ring_ms.saturating_add(GRACE_MS).min(timer::LONGEST_MS);
    select_biased! {
        () = end.fuse() => {}
        () = TimeoutFuture::new(limit).fuse() => {
            if let Some(leg) = leg.upgrade().filter(|leg| leg.stage() == Stage::RingingIn) {
                // A caller that waits for longer than this peer rings is told.
                leg.give_up(EndReason::Unanswered);
            }
        }
    }
}
