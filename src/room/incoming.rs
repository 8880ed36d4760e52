//! A call that rings here.

use std::{fmt, future::Future, rc::Rc};

use super::{Call, EndReason, Room, leg::Leg, message::DeclineReason};
use crate::{error::Result, media::MediaStream, signaling::Peer};

/// Somebody calls. Dropping it declines.
#[must_use = "dropping it declines the call"]
pub struct IncomingCall {
    leg: Rc<Leg>,
    answered: bool,
}

impl IncomingCall {
    pub(super) fn new(leg: Rc<Leg>) -> Self {
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
    /// `Closed` where the caller has given up or the room is gone, `PeerLeft`, or what the connection fails with.
    pub async fn accept(mut self, media: impl Into<Option<&MediaStream>>) -> Result<Call> {
        self.answered = true;
        let media = media.into().cloned();
        let room = self.leg.room.upgrade().map(Room);
        match room {
            Some(room) if !self.leg.end.has_come() => Call::start(&room, self.leg.clone(), media, false).await,
            _ => Err(self.leg.error("accept")),
        }
    }

    /// Does not take it.
    pub fn decline(mut self, reason: DeclineReason) {
        self.answered = true;
        self.leg.decline(reason);
    }

    /// Resolves when it rings no more, because the caller gave up or left. Cancel safe.
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
