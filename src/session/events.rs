//! The events of a session. Unread events are limited, because the peer can cause any number of failures.

use std::fmt;

use browser_rtc_proto::recovery::PathEvent;

use crate::{
    error::{Error, ErrorKind},
    event::{Broadcast, Queue},
    log::log,
};

/// The reason for which a session was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LostReason {
    /// The network between the two peers has failed, and no attempt to reconnect has succeeded.
    ConnectionFailed,
    /// The remote peer has closed its session.
    PeerClosed,
    /// The remote peer has started a new session, such as after a reload of its page. Connecting to it requires a new
    /// local session as well.
    PeerRestarted,
    /// The [transform](super::SessionOptions::sdp_transform) of a local description has returned an error, which
    /// [`SessionEvent::Failed`] reports before.
    SdpTransformFailed,
}

impl LostReason {
    /// Returns the name of the reason, such as `connection-failed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionFailed => "connection-failed",
            Self::PeerClosed => "peer-closed",
            Self::PeerRestarted => "peer-restarted",
            Self::SdpTransformFailed => "sdp-transform-failed",
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
    /// The network path to the remote peer is broken, and an attempt to find another path begins.
    #[non_exhaustive]
    Reconnecting {
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// The peers are connected again. Tracks and channels continue.
    Recovered,
    /// The session was lost. This is the last event. [`Session::close`](super::Session::close) does not cause it.
    #[non_exhaustive]
    Lost {
        /// The reason.
        reason: LostReason,
    },
    /// A failure. Only that of a [transform](super::SessionOptions::sdp_transform) ends the session, with
    /// [`Lost`](Self::Lost). The same failure of the same offer is emitted once.
    ///
    /// - The transform of a local description has returned an error.
    /// - An offer cannot be created, or the remote peer refuses it. It is created again after a delay, but not after six
    ///   failures without a change of the connection.
    /// - An offer or a candidate of the remote peer cannot be applied.
    /// - A description or a candidate exceeds the [signal limit](super::SessionOptions::signal_limit) (`TooLarge`). It is
    ///   sent when it fits.
    /// - The remote peer does not restart ICE.
    /// - The browser refuses a track that [`add_track`](crate::peer::PeerConnection::add_track) has accepted.
    /// - The link has failed. The session continues without a link.
    /// - Events were dropped, because too many are unread (`QuotaExceeded`).
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

/// Maximum number of unread events of a subscriber.
const MAX_UNREAD_EVENTS: usize = 1_024;

/// Sends an event to all subscribers.
pub(crate) fn push(events: &Broadcast<SessionEvent>, event: SessionEvent) {
    match &event {
        SessionEvent::Failed(error) => log!(warn, "{error}"),
        event => log!(info, "event {event:?}"),
    }
    events.send(event, push_to);
}

/// Adds an event to the queue of one subscriber, and returns whether there was room. Events beyond the limit are dropped,
/// which one last event reports. `Lost` is always added.
fn push_to(queue: &Queue<SessionEvent>, event: SessionEvent) -> bool {
    let is_last = matches!(event, SessionEvent::Lost { .. });
    let is_added = is_last || queue.len() < MAX_UNREAD_EVENTS;
    if is_added {
        queue.push(event);
    } else if queue.len() == MAX_UNREAD_EVENTS {
        let message = "session events were dropped, because 1,024 events are unread";
        queue.push(SessionEvent::Failed(Error::new("events", ErrorKind::QuotaExceeded, message)));
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
        assert_eq!(queue.len(), MAX_UNREAD_EVENTS + 2);
        let read: Vec<SessionEvent> = std::iter::from_fn(|| queue.pop()).collect();
        let [.., SessionEvent::Failed(error), SessionEvent::Lost { .. }] = &*read else { panic!("{read:?}") };
        assert_eq!(*error.kind(), ErrorKind::QuotaExceeded);
    }
}
