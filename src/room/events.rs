//! The unread events of a room. Peers and the server cause them at will, so that their size is limited.

use super::{DeclineReason, RoomEvent};
use crate::event::{Broadcast, Queue};

/// The maximum size of the unread events of a subscriber: of each its data and texts, and an allowance for the rest.
const UNREAD_BYTES: usize = 8 * 1024 * 1024;
const EVENT_BYTES: usize = 256;

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
    use crate::{
        error::Error,
        signaling::{Data, Peer},
    };

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
