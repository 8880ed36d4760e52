//! The events of a session that nobody has read yet. A peer can cause failures at will.

use super::SessionEvent;
use crate::{
    error::{Error, ErrorKind},
    event::Queue,
};

/// The number of unread events of a session, at most.
const UNREAD_EVENTS: usize = 1_024;

/// Adds an event. Beyond the limit, events are dropped, which the last one reports. The end is always reported.
pub(crate) fn push(events: &Queue<SessionEvent>, event: SessionEvent) {
    let is_last = matches!(event, SessionEvent::Lost { .. });
    if is_last || events.len() < UNREAD_EVENTS {
        events.push(event);
    } else if events.len() == UNREAD_EVENTS {
        let error = Error::new("events", ErrorKind::QuotaExceeded, "further events were dropped, as none were read");
        events.push(SessionEvent::Failed(error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::LostReason;

    #[test]
    fn unread_events_are_bounded() {
        let events = Queue::default();
        for attempt in 0..5_000 {
            push(&events, SessionEvent::Reconnecting { attempt });
        }
        push(&events, SessionEvent::Lost { reason: LostReason::PeerClosed });
        assert_eq!(events.len(), UNREAD_EVENTS + 2);
        let read: Vec<SessionEvent> = std::iter::from_fn(|| events.pop()).collect();
        let [.., SessionEvent::Failed(error), SessionEvent::Lost { .. }] = &*read else { panic!("{read:?}") };
        assert_eq!(*error.kind(), ErrorKind::QuotaExceeded);
    }
}
