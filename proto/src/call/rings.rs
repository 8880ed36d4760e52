//! Rules for incoming rings: report, decline, ignore, or join with an outgoing call.

use super::{CallId, CallSignal, CallState, DeclineReason, Phase, Ring};
use crate::{
    dedup::Deduplicator,
    signaling::{Peer, PeerId},
};

/// Maximum number of calls that ring at the same time, at most one per peer.
const MAX_RINGING: usize = 16;

/// Maximum number of rings that are answered with `busy` within [`BUSY_INTERVAL_MS`]. Further rings are ignored, so
/// that a flood of rings does not use up the rate limit of this client.
const MAX_BUSY_ANSWERS: u32 = 32;
const BUSY_INTERVAL_MS: f64 = 10_000.0;

/// The outcome of a ring.
#[derive(Debug, PartialEq, Eq)]
pub enum RingOutcome {
    /// The ring is ignored.
    Ignored,
    /// A new call rings.
    Incoming(CallState),
    /// An outgoing call continues as the peer's call, which the caller of this method accepts.
    Joined {
        /// Index of the call among those that were passed.
        index: usize,
        /// The previous id of the outgoing call, if it rang. It must be hung up.
        former: Option<CallId>,
    },
    /// The ring is declined with this signal.
    Declined(CallSignal),
}

/// The rules for incoming rings, with a memory of received ones.
#[derive(Clone, Debug, Default)]
pub struct Rings {
    seen: Deduplicator,
    /// Start of the current interval of busy answers, in milliseconds, and their number.
    busy_answers: (f64, u32),
}

impl Rings {
    /// Remembers the id of an outgoing call, so that the remote peer cannot ring with it.
    pub fn remember(&mut self, peer: &PeerId, call: &CallId) {
        let _ = self.seen.insert((peer, call));
    }

    /// Receives a ring of `peer`. A ring that was received before is ignored, even if its call has ended.
    ///
    /// If both peers ring each other, the call of the peer with the lower id continues. `now_ms` is the time in
    /// milliseconds since any fixed moment, `me` is the id of the local peer, and `calls` are its calls.
    pub fn receive<'a>(
        &mut self,
        now_ms: f64,
        me: &PeerId,
        peer: Peer,
        call: CallId,
        ring: Ring,
        calls: impl IntoIterator<Item = &'a mut CallState>,
    ) -> RingOutcome {
        if !self.seen.insert((&peer.id, &call)) {
            return RingOutcome::Ignored;
        }
        let mut ringing = 0;
        let mut is_ringing = false;
        for (index, state) in calls.into_iter().enumerate() {
            let is_of_peer = state.peer().id == peer.id;
            match state.phase() {
                Phase::Calling if is_of_peer && *me < peer.id => return RingOutcome::Ignored,
                Phase::Preparing | Phase::Calling if is_of_peer => {
                    return RingOutcome::Joined { index, former: state.join(call, ring) };
                }
                Phase::Ringing | Phase::Accepting => {
                    ringing += 1;
                    is_ringing |= is_of_peer;
                }
                _ => {}
            }
        }
        if !is_ringing && ringing < MAX_RINGING {
            RingOutcome::Incoming(CallState::incoming(call, peer, ring))
        } else if self.may_answer_busy(now_ms) {
            RingOutcome::Declined(CallSignal::Decline { reason: DeclineReason::Busy })
        } else {
            RingOutcome::Ignored
        }
    }

    fn may_answer_busy(&mut self, now_ms: f64) -> bool {
        let (start, count) = self.busy_answers;
        let is_same_interval = (0.0..BUSY_INTERVAL_MS).contains(&(now_ms - start));
        let (start, count) = if is_same_interval { (start, count) } else { (now_ms, 0) };
        self.busy_answers = (start, count.saturating_add(1));
        count < MAX_BUSY_ANSWERS
    }
}
