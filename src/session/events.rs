//! Events of a session, and the limit of those that are unread, as a peer can cause failures at will.

use std::fmt;

use browser_rtc_proto::recovery::PathEvent;

use crate::{
    error::{Error, ErrorKind},
    event::{Broadcast, Queue},
};

/// The reason why a session was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LostReason {
    /// The network between the two peers has failed, and no attempt to reconnect succeeded.
    ConnectionFailed,
    /// The peer has closed its session.
    PeerClosed,
    /// The peer has started a new session, such as a page that was reloaded. Only a new session reaches it.
    PeerRestarted,
}

impl LostReason {
    /// Returns the name of the reason, such as `connection-failed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionFailed => "connection-failed",
            Self::PeerClosed => "peer-closed",
            Self::PeerRestarted => "peer-restarted",
        }
    }
}

impl fmt::Display for LostReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An event of a session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionEvent {
    /// The path to the peer is broken, and this is an attempt to find another.
    #[non_exhaustive]
    Reconnecting {
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// There is a path again. Tracks and channels continue.
    Recovered,
    /// The session has ended, other than with [`Session::close`](super::Session::close). No event follows.
    #[non_exhaustive]
    Lost {
        /// The reason.
        reason: LostReason,
    },
    /// Something failed that does not end the session. The same failure of the same offer is emitted once.
    ///
    /// - An offer cannot be created, or the peer refuses it: it is created again, at most six times without a change.
    /// - The peer's offer or candidate cannot be applied.
    /// - A description or candidate does not fit into the [signal limit](super::SessionOptions::signal_limit)
    ///   (`TooLarge`): it is sent once it fits.
    /// - The peer does not restart ICE.
    /// - The browser refuses a track that [`add_track`](crate::peer::PeerConnection::add_track) has taken.
    /// - The link failed.
    Failed(Error),
}

impl From<PathEvent> for SessionEvent {
    fn from(event: PathEvent) -> Self {
        match event {
            PathEvent::Reconnecting { attempt } => Self::Reconnecting { attempt },
            PathEvent::Recovered => Self::Recovered,
            PathEvent::Lost => Self::Lost { reason: LostReason::ConnectionFailed },
        }
    }
}

/// Maximum number of unread events of a session.
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

    #[test]
    fn unread_events_are_limited() {
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
