//! The unread events of a session. A peer can cause failures at will, so that their number is limited.

use super::SessionEvent;
use crate::{
    error::{Error, ErrorKind},
    event::{Broadcast, Queue},
};

/// The maximum number of unread events of a subscriber.
const UNREAD_EVENTS: usize = 1_024;

/// Sends an event to all subscribers.
pub(crate) fn push(events: &Broadcast<SessionEvent>, event: SessionEvent) {
    events.send(event, push_to);
}

/// Adds an event to the queue of one subscriber. Beyond the limit, events are dropped, which the last one reports. The
/// end is always reported. Returns whether the event was added.
fn push_to(queue: &Queue<SessionEvent>, event: SessionEvent) -> bool {
    let is_last = matches!(event, SessionEvent::Lost { .. });
    let is_added = is_last || queue.len() < UNREAD_EVENTS;
    if is_added {
        queue.push(event);
    } else if queue.len() == UNREAD_EVENTS {
        let error = Error::new("events", ErrorKind::QuotaExceeded, "further events were dropped, as none were read");
        queue.push(SessionEvent::Failed(error));
    }
    is_added
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::LostReason;

    #[test]
    fn unread_events_are_bounded() {
        let queue = Queue::default();
        for attempt in 0..5_000 {
            push_to(&queue, SessionEvent::Reconnecting { attempt });
        }
        push_to(&queue, SessionEvent::Lost { reason: LostReason::PeerClosed });
        assert_eq!(queue.len(), UNREAD_EVENTS + 2);
        let read: Vec<SessionEvent> = std::iter::from_fn(|| queue.pop()).collect();
        let [.., SessionEvent::Failed(error), SessionEvent::Lost { .. }] = &*read else { panic!("{read:?}") };
        assert_eq!(*error.kind(), ErrorKind::QuotaExceeded);
    }
}
