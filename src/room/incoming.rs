//! A call that rings here.

use std::{
    fmt,
    future::Future,
    rc::{Rc, Weak},
};

use futures::{FutureExt, select_biased};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::{
    Call, EndReason, RINGING_MS, Room,
    leg::{Leg, Stage},
    message::DeclineReason,
};
use crate::{
    error::{Error, ErrorKind, Result},
    media::MediaStream,
    signaling::Peer,
    wake::EndWait,
};

/// How much longer than the caller's patience it rings here: their word that they have given up may be lost.
const GRACE_MS: u32 = 15_000;

/// Somebody calls. Dropping it declines. Where [`Room::call`] calls them meanwhile, that takes it.
#[must_use = "dropping it declines the call"]
pub struct IncomingCall {
    leg: Rc<Leg>,
    answered: bool,
}

impl IncomingCall {
    pub(super) fn new(leg: Rc<Leg>) -> Self {
        spawn_local(ring(Rc::downgrade(&leg), leg.end.wait()));
        Self { leg, answered: false }
    }

    /// Who calls.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.leg.peer()
    }

    /// Takes the call, sending `media` where there is some: `&camera`, or `None` to only watch and listen. Not cancel
    /// safe: dropped early, it hangs up.
    ///
    /// # Errors
    /// `Closed` where the caller has given up or the room is gone, `PeerLeft`, `InvalidState` where
    /// [`Room::call`] has taken it, or what the connection fails with.
    pub async fn accept(mut self, media: impl Into<Option<&MediaStream>>) -> Result<Call> {
        const OPERATION: &str = "accept";
        self.answered = true;
        let media = media.into().cloned();
        match self.leg.room.upgrade().map(Room) {
            Some(room) if !self.leg.end.has_come() => {
                if self.leg.stage() != Stage::RingingIn {
                    return Err(Error::new(OPERATION, ErrorKind::InvalidState, "a call of ours has taken it"));
                }
                Call::start(&room, self.leg.clone(), media, false).await
            }
            _ => Err(self.leg.error(OPERATION)),
        }
    }

    /// Does not take it.
    pub fn decline(mut self, reason: DeclineReason) {
        self.answered = true;
        self.leg.decline(reason);
    }

    /// Resolves when it rings no more, because the caller gave up or left, or nobody took it for a minute; once it has
    /// been taken, when the call ends. Cancel safe.
    pub fn ended(&self) -> impl Future<Output = EndReason> + Unpin + use<> {
        self.leg.ended()
    }
}

impl Drop for IncomingCall {
    fn drop(&mut self) {
        if !self.answered {
            self.leg.decline(DeclineReason::Declined);
        }
    }
}

impl fmt::Debug for IncomingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingCall").field("peer", &self.peer()).finish_non_exhaustive()
    }
}

async fn ring(leg: Weak<Leg>, end: EndWait) {
    select_biased! {
        () = end.fuse() => {}
        () = TimeoutFuture::new(RINGING_MS + GRACE_MS).fuse() => {
            if let Some(leg) = leg.upgrade().filter(|leg| leg.stage() == Stage::RingingIn) {
                leg.finish(EndReason::Unanswered);
            }
        }
    }
}
