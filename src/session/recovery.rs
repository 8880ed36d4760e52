//! When to look for another way to the peer, and when to give up: without a browser and without a clock.

use std::time::Duration;

use super::{LostReason, Recovery, SessionEvent};
use crate::peer::ConnectionState;

/// How it stands with the way to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// There, or never there yet.
    Fine,
    /// Disconnected, and may heal by itself.
    Doubtful,
    /// Broken: this is the number of the try.
    Broken(u32),
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Advice {
    pub(super) restart_ice: bool,
    pub(super) event: Option<SessionEvent>,
    /// What the clock is to do.
    pub(super) clock: Clock,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Clock {
    #[default]
    GoOn,
    Stop,
    /// Anew, for so long.
    Start(Duration),
}

/// Watches one connection.
#[derive(Debug)]
pub(super) struct Watch {
    recovery: Recovery,
    way: Way,
}

impl Watch {
    pub(super) fn new(recovery: Recovery) -> Self {
        Self { recovery, way: Way::Fine }
    }

    pub(super) fn state_changed(&mut self, state: &ConnectionState) -> Advice {
        match (state, self.way) {
            (ConnectionState::Connected, way) => {
                self.way = Way::Fine;
                let event = matches!(way, Way::Broken(_)).then_some(SessionEvent::Recovered);
                Advice { event, clock: Clock::Stop, ..Advice::default() }
            }
            (ConnectionState::Disconnected, Way::Fine) => {
                self.way = Way::Doubtful;
                Advice { clock: Clock::Start(self.recovery.patience), ..Advice::default() }
            }
            (ConnectionState::Failed, Way::Fine | Way::Doubtful) => self.attempt(1),
            // A try that fails early does not make the next one come earlier: the network needs time, not tries.
            _ => Advice::default(),
        }
    }

    /// `is_beyond_ice`: a connection that has failed although ICE has a way, as its DTLS has. Nothing brings that back.
    pub(super) fn time_is_up(&mut self, is_beyond_ice: bool) -> Advice {
        match self.way {
            Way::Fine => Advice::default(),
            Way::Doubtful => self.attempt(1),
            Way::Broken(_) if is_beyond_ice => Self::give_up(),
            Way::Broken(attempt) => self.attempt(attempt + 1),
        }
    }

    pub(super) fn is_broken(&self) -> bool {
        matches!(self.way, Way::Broken(_))
    }

    fn give_up() -> Advice {
        let reason = LostReason::ConnectionFailed;
        Advice { event: Some(SessionEvent::Lost { reason }), clock: Clock::Stop, ..Advice::default() }
    }

    fn attempt(&mut self, attempt: u32) -> Advice {
        if attempt > self.recovery.attempts {
            return Self::give_up();
        }
        self.way = Way::Broken(attempt);
        Advice {
            restart_ice: true,
            event: Some(SessionEvent::Reconnecting { attempt }),
            clock: Clock::Start(self.recovery.attempt_time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> Watch {
        Watch::new(Recovery::new().attempts(2).patience(Duration::from_secs(1)).attempt_time(Duration::from_secs(9)))
    }

    fn is_attempt(advice: &Advice, number: u32) -> bool {
        advice.restart_ice
            && advice.clock == Clock::Start(Duration::from_secs(9))
            && matches!(advice.event, Some(SessionEvent::Reconnecting { attempt }) if attempt == number)
    }

    #[test]
    fn a_short_disconnection_is_nobodys_business() {
        let mut watch = watch();
        let advice = watch.state_changed(&ConnectionState::Disconnected);
        assert_eq!((advice.restart_ice, advice.clock), (false, Clock::Start(Duration::from_secs(1))));
        let advice = watch.state_changed(&ConnectionState::Connected);
        assert_eq!((advice.event.is_none(), advice.clock), (true, Clock::Stop));
    }

    #[test]
    fn a_disconnection_that_lasts_is_tried_and_recovers() {
        let mut watch = watch();
        watch.state_changed(&ConnectionState::Disconnected);
        assert!(is_attempt(&watch.time_is_up(false), 1));
        // The state goes its own ways meanwhile.
        for state in [ConnectionState::Failed, ConnectionState::Connecting, ConnectionState::Disconnected] {
            assert_eq!(watch.state_changed(&state).clock, Clock::GoOn);
        }
        let advice = watch.state_changed(&ConnectionState::Connected);
        assert!(matches!(advice.event, Some(SessionEvent::Recovered)));
        assert_eq!(advice.clock, Clock::Stop);
    }

    #[test]
    fn a_failure_is_tried_at_once_and_given_up_after_the_limit() {
        let mut watch = watch();
        assert!(is_attempt(&watch.state_changed(&ConnectionState::Failed), 1));
        assert!(is_attempt(&watch.time_is_up(false), 2));
        let advice = watch.time_is_up(false);
        assert!(!advice.restart_ice);
        assert!(matches!(advice.event, Some(SessionEvent::Lost { reason: LostReason::ConnectionFailed })));
    }

    #[test]
    fn what_ice_cannot_mend_is_given_up_after_one_try() {
        let mut watch = watch();
        assert!(is_attempt(&watch.state_changed(&ConnectionState::Failed), 1));
        assert!(matches!(watch.time_is_up(true).event, Some(SessionEvent::Lost { .. })));
    }

    #[test]
    fn the_tries_begin_anew_after_a_recovery() {
        let mut watch = watch();
        watch.state_changed(&ConnectionState::Failed);
        watch.state_changed(&ConnectionState::Connected);
        assert!(is_attempt(&watch.state_changed(&ConnectionState::Failed), 1));
    }
}
