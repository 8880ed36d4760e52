//! Events of a room, and the limit of those that are unread, as peers and the server cause them at will.

use browser_rtc_proto::call::DeclineReason;

use super::incoming::IncomingCall;
use crate::{
    error::Error,
    event::{Broadcast, Queue},
    signaling::{Data, LeaveReason, Peer},
};

/// Maximum size of the unread events of a subscriber, in bytes: of each its data and texts, and an allowance for the
/// rest.
const UNREAD_BYTES: usize = 8 * 1024 * 1024;
const EVENT_BYTES: usize = 256;

/// An event of a room.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RoomEvent {
    /// A peer calls. At most 16 calls ring at once, and one of each peer: further ones are declined as busy. A ring of a
    /// peer that [`Room::call`](super::Room::call) calls is not reported, as both become one call. Each subscriber gets a
    /// handle of the same call; if all streams of events have been dropped, it is declined as busy.
    Incoming(IncomingCall),
    /// A peer has joined.
    PeerJoined(Peer),
    /// A peer has left, and why. Calls with it have ended, except one whose connection is up if the peer has not left
    /// but was lost to the server.
    PeerLeft(Peer, LeaveReason),
    /// A peer sent a message to the room with [`Room::say`](super::Room::say). Each message is reported once: copies
    /// that come after a peer had to reconnect are recognized among the latest 1,024 messages.
    #[non_exhaustive]
    Said {
        /// The sender.
        from: Peer,
        /// The message.
        data: Data,
    },
    /// The server refused something of which no operation reports the refusal, or sent a frame that cannot be read, or
    /// a peer that is not listed; or the [provider of tokens](super::Join::token_provider) failed.
    Refused(Error),
    /// The connection to the signaling server is lost, and this is an attempt to reconnect. Calls that are connected
    /// continue, and messages wait.
    #[non_exhaustive]
    Reconnecting {
        /// The number of the attempt, from 1, since the server was last heard for a whole heartbeat.
        attempt: u32,
    },
    /// The server is back. If it has kept the seat, nothing was lost. If it has not, because it was restarted or was
    /// away for too long, [`Room::me`](super::Room::me) has another id, peers that came and went have been reported,
    /// and the messages of others in the meantime are lost.
    Recovered,
    /// Events were dropped, as the unread ones of this stream take 8 MiB, in which each counts as its data and 256 bytes.
    /// Calls that no stream kept were declined as busy. [`Room::peers`](super::Room::peers) still lists all peers.
    #[non_exhaustive]
    Lagged {
        /// The number of events that were dropped here.
        missed: u64,
    },
    /// The room is lost: the server does not admit the client any more, the reconnection took longer than
    /// [`Join::give_up_after`](super::Join::give_up_after), or the seat was taken over on another socket, such as by
    /// another tab, which is `Signaling` with [`ErrorCode::AlreadyJoined`](crate::signaling::ErrorCode::AlreadyJoined).
    /// Calls that are connected continue. No event follows.
    #[non_exhaustive]
    Lost {
        /// The last failure.
        reason: Error,
    },
}

/// Sends an event to all subscribers. A call that none of them takes is declined as busy.
pub(super) fn push(events: &Broadcast<RoomEvent>, event: RoomEvent) {
    let incoming = if let RoomEvent::Incoming(call) = &event { Some(call.clone()) } else { None };
    let is_taken = events.send(event, push_to);
    if let Some(call) = incoming
        && !is_taken
    {
        // The call may have ended.
        let _ = call.decline(DeclineReason::Busy);
    }
}

/// Adds an event to the queue of one subscriber. Beyond the limit, events are dropped and counted. Returns whether the
/// event was added.
fn push_to(queue: &Queue<RoomEvent>, event: RoomEvent) -> bool {
    let is_last = matches!(event, RoomEvent::Lost { .. });
    if is_last || queue.size(size) < UNREAD_BYTES {
        queue.push(event);
        return true;
    }
    let is_counted = queue.change_last(|last| match last {
        RoomEvent::Lagged { missed } => {
            *missed = missed.saturating_add(1);
            true
        }
        _ => false,
    });
    if !is_counted {
        queue.push(RoomEvent::Lagged { missed: 1 });
    }
    false
}

fn size(event: &RoomEvent) -> usize {
    EVENT_BYTES
        + match event {
            RoomEvent::Said { data, .. } => data.get().len(),
            RoomEvent::PeerJoined(peer) => peer.name.len(),
            RoomEvent::PeerLeft(peer, reason) => peer.name.len() + reason.as_str().len(),
            RoomEvent::Refused(error) => error.message().len(),
            _ => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: usize) -> RoomEvent {
        let from = Peer::new("b", "Bob");
        RoomEvent::Said { from, data: Data::from_serialize(&"x".repeat(bytes)).unwrap() }
    }

    #[test]
    fn unread_events_are_bounded_and_counted() {
        let queue = Queue::default();
        for _ in 0..1_000 {
            push_to(&queue, said(64 * 1024));
        }
        let held = queue.len();
        assert!((100..130).contains(&held), "{held}");
        push_to(&queue, RoomEvent::Recovered);
        push_to(&queue, RoomEvent::Lost { reason: Error::closed("join") });
        for _ in 1..held {
            assert!(matches!(queue.pop(), Some(RoomEvent::Said { .. })));
        }
        let Some(RoomEvent::Lagged { missed }) = queue.pop() else { panic!() };
        assert_eq!(missed, 1_000 - (held as u64 - 1) + 1);
        assert!(matches!(queue.pop(), Some(RoomEvent::Lost { .. })));
        push_to(&queue, RoomEvent::Recovered);
        assert!(matches!(queue.pop(), Some(RoomEvent::Recovered)));
    }
}
