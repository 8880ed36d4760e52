//! Changes of a room that must reach Redis.

use tokio::sync::OwnedSemaphorePermit;

use super::entry::EntryKind;
use browser_rtc_proto::signaling::{LeaveReason, PeerId};

/// The effect of a frame or a departure.
#[derive(Clone, Debug)]
pub enum Effect {
    /// A frame of a seat. `attempt` is the join by which the seat was taken.
    Frame {
        from: PeerId,
        attempt: String,
        number: u32,
        kind: EntryKind,
    },
    Leave(PeerId, LeaveReason),
}

/// A change that is being sent to Redis. It is idempotent, and is retried until it is in Redis.
#[derive(Debug)]
pub struct PendingWrite {
    pub effect: Effect,
    /// The frame's share of the queue, until Redis has answered.
    #[expect(dead_code, reason = "released when dropped")]
    permit: Option<OwnedSemaphorePermit>,
    /// Set once the clients of this process have received the change.
    pub delivered: bool,
}

impl PendingWrite {
    pub fn new(effect: Effect, permit: Option<OwnedSemaphorePermit>) -> Self {
        Self { effect, permit, delivered: false }
    }
}
