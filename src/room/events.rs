//! The events of a room. Unread events are limited, because peers and the server can cause any number of them.

use browser_rtc_proto::call::DeclineReason;

use super::incoming::IncomingCall;
use crate::{
    error::Error,
    event::{Broadcast, Queue},
    log::{Variant, log},
    signaling::{Data, LeaveReason, Peer},
};

/// Maximum size of the unread events of a subscriber, in bytes.
const MAX_UNREAD_BYTES: usize = 8 * 1024 * 1024;

/// Size of an event without its data and strings, which counts towards the limit.
const EVENT_BYTES: usize = 256;

/// An event of a room.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RoomEvent {
    /// A peer calls this client.
    ///
    /// Each subscriber gets a handle of the same call. If all streams of events have been dropped, the call is declined as
    /// busy.
    ///
    /// At most 16 calls ring at the same time, and at most one from each peer. Further calls are declined as busy. A call
    /// from a peer that [`Room::call`](super::Room::call) is calling is not emitted, because both become the same call.
    Incoming(IncomingCall),
    /// A peer has joined the room.
    PeerJoined(Peer),
    /// A peer has left the room, with the reason.
    ///
    /// Calls with the peer have ended. The exception are connected calls if the reason is [`Lost`](LeaveReason::Lost) or
    /// [`Replaced`](LeaveReason::Replaced): the peer has only lost its seat on the server, and the call continues.
    PeerLeft(Peer, LeaveReason),
    /// A peer has sent a message to the room with [`Room::say`](super::Room::say).
    ///
    /// Each message is emitted once. Copies that a peer sends after it has reconnected are detected among the latest 1,024
    /// messages.
    #[non_exhaustive]
    Said {
        /// The sender.
        from: Peer,
        /// The message.
        data: Data,
    },
    /// A peer has sent a message to this client with [`Room::send`](super::Room::send).
    ///
    /// Each message is emitted once, as for [`Said`](Self::Said).
    #[non_exhaustive]
    Message {
        /// The sender.
        from: Peer,
        /// The message.
        data: Data,
    },
    /// A failure that no operation returns.
    ///
    /// - The server refused a signal, or a message whose [`Delivery`](super::Delivery) has been dropped.
    /// - The server sent a frame that cannot be parsed.
    /// - A peer is not listed, because the room exceeds 65,536 peers or the peer's id or name is too long.
    /// - The [token provider](super::Join::token_provider) failed while the room reconnected.
    Refused(Error),
    /// The connection to the signaling server is lost, and an attempt to reconnect begins.
    ///
    /// Connected calls continue, and messages are queued.
    #[non_exhaustive]
    Reconnecting {
        /// The number of the attempt. It restarts from 1 after a connection that lasted for a whole heartbeat.
        attempt: u32,
    },
    /// The connection to the signaling server is back.
    ///
    /// If the server has kept the seat, nothing was lost. Otherwise, [`Room::me`](super::Room::me) has a new id, joins and
    /// leaves have been emitted before this event, and messages that others sent in the meantime are lost.
    Recovered,
    /// Events were dropped, because the unread events of this stream have reached 8 MiB. Each event counts as its data
    /// and 256 bytes.
    ///
    /// Incoming calls that no stream had room for were declined as busy. [`Room::peers`](super::Room::peers) is still
    /// complete.
    #[non_exhaustive]
    Lagged {
        /// The number of dropped events.
        missed: u64,
    },
    /// The room is lost. Connected calls continue. This is the last event.
    ///
    /// Either the server rejects the client, or the reconnection took longer than
    /// [`Join::give_up_after`](super::Join::give_up_after), or another socket has taken over the seat, such as that of
    /// another tab. The last case has the code [`AlreadyJoined`](crate::signaling::ErrorCode::AlreadyJoined).
    #[non_exhaustive]
    Lost {
        /// The last error.
        reason: Error,
    },
}

/// Sends an event to all subscribers. Declines an incoming call as busy if no subscriber has room for it.
pub(super) fn push(events: &Broadcast<RoomEvent>, event: RoomEvent) {
    match &event {
        RoomEvent::Refused(error) => log!(warn, "{error}"),
        RoomEvent::Lost { reason } => log!(warn, "room is lost: {reason}"),
        event => log!(info, "event {}", Variant(event)),
    }
    let incoming = if let RoomEvent::Incoming(call) = &event { Some(call.clone()) } else { None };
    let is_queued = events.send(event, push_to);
    if let Some(call) = incoming
        && !is_queued
    {
        // This fails only if the call has been answered.
        let _ = call.decline(DeclineReason::Busy);
    }
}

/// Adds an event to the queue of one subscriber, and returns whether there was room. Events beyond the limit are dropped
/// and counted. `Lost` is always added.
fn push_to(queue: &Queue<RoomEvent>, event: RoomEvent) -> bool {
    let is_last = matches!(event, RoomEvent::Lost { .. });
    if is_last || queue.size(size) < MAX_UNREAD_BYTES {
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
            RoomEvent::Said { data, .. } | RoomEvent::Message { data, .. } => data.get().len(),
            RoomEvent::Incoming(call) => call.metadata().map_or(0, |metadata| metadata.get().len()),
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
    fn unread_events_are_limited_and_counted() {
        let queue = Queue::default();
        for _ in 0..1_000 {
            push_to(&queue, said(64 * 1024));
        }
        let queued = queue.len();
        assert!((100..130).contains(&queued), "{queued}");
        push_to(&queue, RoomEvent::Recovered);
        push_to(&queue, RoomEvent::Lost { reason: Error::closed("join") });
        for _ in 1..queued {
            assert!(matches!(queue.pop(), Some(RoomEvent::Said { .. })));
        }
        let Some(RoomEvent::Lagged { missed }) = queue.pop() else { panic!() };
        assert_eq!(missed, 1_000 - (queued as u64 - 1) + 1);
        assert!(matches!(queue.pop(), Some(RoomEvent::Lost { .. })));
        push_to(&queue, RoomEvent::Recovered);
        assert!(matches!(queue.pop(), Some(RoomEvent::Recovered)));
    }
}
