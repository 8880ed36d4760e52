//! The events of a room that nobody has read yet. What peers and the server can make a page hold is bounded here.

use super::{DeclineReason, RoomEvent};
use crate::event::Queue;

/// The size of the unread events of a room, at most: of each its data and texts, and an allowance for the rest.
const UNREAD_BYTES: usize = 8 * 1024 * 1024;
const EVENT_BYTES: usize = 256;

/// Adds an event. Beyond the limit, events are dropped and counted, and a call that nobody sees is busy.
pub(super) fn push(events: &Queue<RoomEvent>, event: RoomEvent) {
    let is_last = matches!(event, RoomEvent::Lost { .. });
    if is_last || events.size(size) < UNREAD_BYTES {
        return events.push(event);
    }
    let is_counted = events.change_last(|last| match last {
        RoomEvent::Lagged { missed } => {
            *missed = missed.saturating_add(1);
            true
        }
        _ => false,
    });
    if !is_counted {
        events.push(RoomEvent::Lagged { missed: 1 });
    }
    if let RoomEvent::Incoming(call) = event {
        // It may have ended.
        let _ = call.decline(DeclineReason::Busy);
    }
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
        let events = Queue::default();
        for _ in 0..1_000 {
            push(&events, said(64 * 1024));
        }
        let held = events.len();
        assert!((100..130).contains(&held), "{held}");
        push(&events, RoomEvent::Recovered);
        push(&events, RoomEvent::Lost { reason: Error::closed("join") });
        for _ in 1..held {
            assert!(matches!(events.pop(), Some(RoomEvent::Said { .. })));
        }
        let Some(RoomEvent::Lagged { missed }) = events.pop() else { panic!() };
        assert_eq!(missed, 1_000 - (held as u64 - 1) + 1);
        assert!(matches!(events.pop(), Some(RoomEvent::Lost { .. })));
        push(&events, RoomEvent::Recovered);
        assert!(matches!(events.pop(), Some(RoomEvent::Recovered)));
    }
}
