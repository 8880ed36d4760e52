//! When to look for another way to the peer, and when to give up: without a browser and without a clock.

use std::{mem, time::Duration};

use super::{LostReason, Recovery, SessionEvent, hearing::Hearing};
use crate::peer::ConnectionState;

/// Within this time something is heard on a way that is used: RTCP speaks every five seconds, give or take a half, and
/// the first second is not listened to. A Firefox whose restart leads nowhere gives its DTLS up after eleven.
const HEARING_TIME: Duration = Duration::from_secs(9);

/// How it stands with the way to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Never there yet.
    New,
    Fine,
    /// Disconnected, and may heal by itself.
    Doubtful,
    /// Another is looked for.
    Broken,
    /// Another was found, by what the browser says, and nothing has been heard on it yet.
    Unproven,
}

/// How things look when the clock has run down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    pub(super) connection: Connection,
    /// Since the clock was started.
    pub(super) hearing: Hearing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    Connected,
    /// Failed although ICE has a way, as its DTLS has. Nothing brings that back.
    BeyondIce,
    Other,
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Advice {
    pub(super) restart_ice: bool,
    pub(super) event: Option<SessionEvent>,
    /// What the clock is to do.
    pub(super) clock: Clock,
}

impl Advice {
    pub(super) fn is_lost(&self) -> bool {
        matches!(self.event, Some(SessionEvent::Lost { .. }))
    }
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
    /// How many tries there were since something was last heard.
    tries: u32,
    /// A restart of ICE can help, as far as is known.
    restarts_help: bool,
}

impl Watch {
    pub(super) fn new(recovery: Recovery) -> Self {
        Self { recovery, way: Way::New, tries: 0, restarts_help: true }
    }

    /// The peer does not restart ICE, or we may not ask for it: the path can only heal by itself. Returns whether this
    /// is news.
    pub(super) fn restarts_do_not_help(&mut self) -> bool {
        mem::replace(&mut self.restarts_help, false)
    }

    pub(super) fn state_changed(&mut self, state: &ConnectionState) -> Advice {
        match (state, self.way) {
            (ConnectionState::Connected, Way::New) => self.fine(),
            (ConnectionState::Connected, Way::Doubtful | Way::Broken) => self.found(),
            (ConnectionState::Disconnected, Way::New | Way::Fine | Way::Unproven) => {
                self.way = Way::Doubtful;
                Advice { clock: Clock::Start(self.recovery.patience), ..Advice::default() }
            }
            // A try that fails early does not make the next one come earlier: the network needs time, not tries.
            (ConnectionState::Failed, way) if way != Way::Broken => self.attempt(),
            _ => Advice::default(),
        }
    }

    /// Both sides have agreed on a restart of ICE, whoever wanted it. `is_connected` by what they had before.
    pub(super) fn ice_restarted(&mut self, is_connected: bool) -> Advice {
        self.restarts_help = true;
        match self.way {
            Way::Fine | Way::Unproven => self.found(),
            Way::Broken if is_connected => self.found(),
            Way::New | Way::Doubtful | Way::Broken => Advice::default(),
        }
    }

    pub(super) fn time_is_up(&mut self, sight: Sight) -> Advice {
        match (self.way, sight.connection, sight.hearing) {
            (Way::New | Way::Fine, ..) => Advice::default(),
            (Way::Broken, Connection::BeyondIce, _) => Self::give_up(),
            (Way::Broken, Connection::Connected, Hearing::Heard) => {
                Advice { event: Some(SessionEvent::Recovered), ..self.fine() }
            }
            (Way::Unproven, _, Hearing::Heard) => self.fine(),
            // What is not used need not be mended, and cannot be told from what is.
            (Way::Unproven, _, Hearing::Idle) => Advice { clock: Clock::Start(HEARING_TIME), ..Advice::default() },
            (Way::Unproven | Way::Doubtful | Way::Broken, ..) => self.attempt(),
        }
    }

    pub(super) fn is_broken(&self) -> bool {
        self.way == Way::Broken
    }

    pub(super) fn is_at_odd_try(&self) -> bool {
        self.tries % 2 == 1
    }

    fn fine(&mut self) -> Advice {
        self.way = Way::Fine;
        self.tries = 0;
        Advice { clock: Clock::Stop, ..Advice::default() }
    }

    fn found(&mut self) -> Advice {
        let event = self.is_broken().then_some(SessionEvent::Recovered);
        self.way = Way::Unproven;
        Advice { event, clock: Clock::Start(HEARING_TIME), ..Advice::default() }
    }

    fn give_up() -> Advice {
        let reason = LostReason::ConnectionFailed;
        Advice { event: Some(SessionEvent::Lost { reason }), clock: Clock::Stop, ..Advice::default() }
    }

    fn attempt(&mut self) -> Advice {
        if self.tries >= self.recovery.attempts {
            return Self::give_up();
        }
        let is_news = self.restarts_help || !self.is_broken();
        self.way = Way::Broken;
        self.tries += 1;
        Advice {
            restart_ice: self.restarts_help,
            event: is_news.then_some(SessionEvent::Reconnecting { attempt: self.tries }),
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

    fn sight(connection: Connection, hearing: Hearing) -> Sight {
        Sight { connection, hearing }
    }

    const DARK: Sight = Sight { connection: Connection::Other, hearing: Hearing::Idle };

    /// Of a watch whose connection has been up.
    fn up() -> Watch {
        let mut watch = watch();
        assert_eq!(watch.state_changed(&ConnectionState::Connected).clock, Clock::Stop);
        watch
    }

    fn is_recovery(advice: &Advice) -> bool {
        matches!(advice.event, Some(SessionEvent::Recovered))
            && !advice.restart_ice
            && advice.clock == Clock::Start(HEARING_TIME)
    }

    #[test]
    fn a_short_disconnection_is_nobodys_business() {
        let mut watch = up();
        let advice = watch.state_changed(&ConnectionState::Disconnected);
        assert_eq!((advice.restart_ice, advice.clock), (false, Clock::Start(Duration::from_secs(1))));
        let advice = watch.state_changed(&ConnectionState::Connected);
        assert!(advice.event.is_none() && !advice.restart_ice);
        let advice = watch.time_is_up(sight(Connection::Connected, Hearing::Heard));
        assert!(advice.event.is_none() && !advice.restart_ice && advice.clock == Clock::Stop);
    }

    #[test]
    fn a_disconnection_that_lasts_is_tried_and_recovers() {
        let mut watch = up();
        watch.state_changed(&ConnectionState::Disconnected);
        assert!(is_attempt(&watch.time_is_up(DARK), 1));
        // The state goes its own ways meanwhile, and the agreement comes before the way.
        for state in [ConnectionState::Failed, ConnectionState::Connecting, ConnectionState::Disconnected] {
            assert_eq!(watch.state_changed(&state).clock, Clock::GoOn);
        }
        assert_eq!(watch.ice_restarted(false).clock, Clock::GoOn);
        assert!(is_recovery(&watch.state_changed(&ConnectionState::Connected)));
    }

    #[test]
    fn a_failure_is_tried_at_once_and_given_up_after_the_limit() {
        for mut watch in [watch(), up()] {
            assert!(is_attempt(&watch.state_changed(&ConnectionState::Failed), 1));
            assert!(is_attempt(&watch.time_is_up(DARK), 2));
            let advice = watch.time_is_up(DARK);
            assert!(!advice.restart_ice);
            assert!(matches!(advice.event, Some(SessionEvent::Lost { reason: LostReason::ConnectionFailed })));
        }
    }

    #[test]
    fn what_ice_cannot_mend_is_given_up_after_one_try() {
        let mut watch = up();
        assert!(is_attempt(&watch.state_changed(&ConnectionState::Failed), 1));
        // ICE's own way carries what DTLS does not take.
        let advice = watch.time_is_up(sight(Connection::BeyondIce, Hearing::Heard));
        assert!(matches!(advice.event, Some(SessionEvent::Lost { .. })));
    }

    #[test]
    fn the_tries_begin_anew_once_something_was_heard() {
        let mut watch = up();
        watch.state_changed(&ConnectionState::Failed);
        watch.state_changed(&ConnectionState::Connected);
        assert!(is_attempt(&watch.state_changed(&ConnectionState::Failed), 2), "nothing was");
        watch.state_changed(&ConnectionState::Connected);
        watch.time_is_up(sight(Connection::Connected, Hearing::Heard));
        assert!(is_attempt(&watch.state_changed(&ConnectionState::Failed), 1));
    }

    #[test]
    fn a_way_on_which_nothing_is_heard_is_tried_again_and_given_up_at_last() {
        let silence = sight(Connection::Connected, Hearing::Silence);
        let mut watch = up();
        watch.state_changed(&ConnectionState::Failed);
        watch.state_changed(&ConnectionState::Connected);
        assert!(is_attempt(&watch.time_is_up(silence), 2));
        // The state has been `connected` all along, and does not change.
        assert!(is_recovery(&watch.ice_restarted(true)));
        assert!(matches!(watch.time_is_up(silence).event, Some(SessionEvent::Lost { .. })));
    }

    #[test]
    fn a_silence_that_ends_by_itself_is_over() {
        let mut watch = up();
        watch.ice_restarted(true);
        assert!(is_attempt(&watch.time_is_up(sight(Connection::Connected, Hearing::Silence)), 1));
        let advice = watch.time_is_up(sight(Connection::Connected, Hearing::Heard));
        assert!(matches!(advice.event, Some(SessionEvent::Recovered)) && advice.clock == Clock::Stop);
    }

    #[test]
    fn a_restart_that_somebody_wanted_has_to_be_heard_too_and_what_is_idle_may_be() {
        let mut watch = up();
        let advice = watch.ice_restarted(true);
        assert!(advice.event.is_none() && advice.clock == Clock::Start(HEARING_TIME));
        // A Firefox that has offered it is connecting, and connected again.
        assert_eq!(watch.state_changed(&ConnectionState::Connecting).clock, Clock::GoOn);
        assert_eq!(watch.state_changed(&ConnectionState::Connected).clock, Clock::GoOn);
        let advice = watch.time_is_up(sight(Connection::Connected, Hearing::Idle));
        assert!(!advice.restart_ice && advice.clock == Clock::Start(HEARING_TIME));
        assert!(is_attempt(&watch.time_is_up(sight(Connection::Connected, Hearing::Silence)), 1));
    }

    #[test]
    fn ignored_restart_is_not_repeated_and_path_may_heal() {
        let mut watch = up();
        assert!(is_attempt(&watch.state_changed(&ConnectionState::Failed), 1));
        assert!(watch.restarts_do_not_help());
        assert!(!watch.restarts_do_not_help());
        // The time of the second attempt passes without one.
        let advice = watch.time_is_up(DARK);
        assert!(!advice.restart_ice && advice.event.is_none());
        assert_eq!(advice.clock, Clock::Start(Duration::from_secs(9)));
        assert!(is_recovery(&watch.state_changed(&ConnectionState::Connected)));
        watch.time_is_up(sight(Connection::Connected, Hearing::Heard));
        let advice = watch.state_changed(&ConnectionState::Failed);
        assert!(!advice.restart_ice && matches!(advice.event, Some(SessionEvent::Reconnecting { attempt: 1 })));
        assert!(watch.time_is_up(DARK).event.is_none());
        assert!(matches!(watch.time_is_up(DARK).event, Some(SessionEvent::Lost { .. })));
    }

    #[test]
    fn a_restart_before_there_was_a_way_proves_nothing() {
        let mut watch = watch();
        assert_eq!(watch.ice_restarted(false).clock, Clock::GoOn);
        assert_eq!(watch.state_changed(&ConnectionState::Connected).clock, Clock::Stop);
    }
}
