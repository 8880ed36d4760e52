//! When to look for another way to the peer, and when to give up: without a browser and without a clock.

use std::{mem, time::Duration};

use super::Recovery;
use crate::sdp::ConnectionState;

/// Within this time something is heard on a way that is used: RTCP speaks every five seconds, give or take a half, and
/// the first second is not listened to. A Firefox whose restart leads nowhere gives its DTLS up after eleven.
const HEARING_TIME: Duration = Duration::from_secs(9);

/// How it stands with the way to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PathState {
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
pub struct Observation {
    pub connection: Connection,
    /// Since the clock was started.
    pub traffic: Traffic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    Connected,
    /// Failed although ICE has a way, as its DTLS has. Nothing brings that back.
    BeyondIce,
    Other,
}

/// An event of the path to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathEvent {
    /// The path is broken, and another is looked for.
    Reconnecting {
        /// Number of the attempt, from 1.
        attempt: u32,
    },
    /// There is a path again.
    Recovered,
    /// All attempts have failed.
    Lost,
}

/// Traffic on the path during one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// Something was received.
    Received,
    /// Something was sent and nothing received: not even an acknowledgment, although RTCP or SCTP answers whatever is
    /// sent.
    SentOnly,
    /// Nothing was sent or received.
    Idle,
}

/// What is to be done.
#[derive(Debug, Default)]
pub struct Actions {
    pub restart_ice: bool,
    pub event: Option<PathEvent>,
    /// What the clock is to do.
    pub clock: Clock,
}

impl Actions {
    pub fn is_lost(&self) -> bool {
        self.event == Some(PathEvent::Lost)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    #[default]
    GoOn,
    Stop,
    /// Anew, for so long.
    Start(Duration),
}

/// Watches one connection.
#[derive(Debug)]
pub struct PathMonitor {
    recovery: Recovery,
    way: PathState,
    /// How many tries there were since something was last heard.
    tries: u32,
    /// A restart of ICE can help, as far as is known.
    restarts_help: bool,
}

impl PathMonitor {
    pub fn new(recovery: Recovery) -> Self {
        Self { recovery, way: PathState::New, tries: 0, restarts_help: true }
    }

    /// The peer does not restart ICE, or we may not ask for it: the path can only heal by itself. Returns whether this
    /// is news.
    pub fn restarts_do_not_help(&mut self) -> bool {
        mem::replace(&mut self.restarts_help, false)
    }

    pub fn state_changed(&mut self, state: &ConnectionState) -> Actions {
        match (state, self.way) {
            (ConnectionState::Connected, PathState::New) => self.fine(),
            (ConnectionState::Connected, PathState::Doubtful | PathState::Broken) => self.found(),
            (ConnectionState::Disconnected, PathState::New | PathState::Fine | PathState::Unproven) => {
                self.way = PathState::Doubtful;
                Actions { clock: Clock::Start(self.recovery.patience), ..Actions::default() }
            }
            // A try that fails early does not make the next one come earlier: the network needs time, not tries.
            (ConnectionState::Failed, way) if way != PathState::Broken => self.attempt(),
            _ => Actions::default(),
        }
    }

    /// Both sides have agreed on a restart of ICE, whoever wanted it. `is_connected` by what they had before.
    pub fn ice_restarted(&mut self, is_connected: bool) -> Actions {
        self.restarts_help = true;
        match self.way {
            PathState::Fine | PathState::Unproven => self.found(),
            PathState::Broken if is_connected => self.found(),
            PathState::New | PathState::Doubtful | PathState::Broken => Actions::default(),
        }
    }

    pub fn time_is_up(&mut self, observation: Observation) -> Actions {
        match (self.way, observation.connection, observation.traffic) {
            (PathState::New | PathState::Fine, ..) => Actions::default(),
            (PathState::Broken, Connection::BeyondIce, _) => Self::give_up(),
            (PathState::Broken, Connection::Connected, Traffic::Received) => {
                Actions { event: Some(PathEvent::Recovered), ..self.fine() }
            }
            (PathState::Unproven, _, Traffic::Received) => self.fine(),
            // What is not used need not be mended, and cannot be told from what is.
            (PathState::Unproven, _, Traffic::Idle) => {
                Actions { clock: Clock::Start(HEARING_TIME), ..Actions::default() }
            }
            (PathState::Unproven | PathState::Doubtful | PathState::Broken, ..) => self.attempt(),
        }
    }

    pub fn is_broken(&self) -> bool {
        self.way == PathState::Broken
    }

    pub fn is_at_odd_try(&self) -> bool {
        self.tries % 2 == 1
    }

    fn fine(&mut self) -> Actions {
        self.way = PathState::Fine;
        self.tries = 0;
        Actions { clock: Clock::Stop, ..Actions::default() }
    }

    fn found(&mut self) -> Actions {
        let event = self.is_broken().then_some(PathEvent::Recovered);
        self.way = PathState::Unproven;
        Actions { event, clock: Clock::Start(HEARING_TIME), ..Actions::default() }
    }

    fn give_up() -> Actions {
        Actions { event: Some(PathEvent::Lost), clock: Clock::Stop, ..Actions::default() }
    }

    fn attempt(&mut self) -> Actions {
        if self.tries >= self.recovery.attempts {
            return Self::give_up();
        }
        let is_news = self.restarts_help || !self.is_broken();
        self.way = PathState::Broken;
        self.tries += 1;
        Actions {
            restart_ice: self.restarts_help,
            event: is_news.then_some(PathEvent::Reconnecting { attempt: self.tries }),
            clock: Clock::Start(self.recovery.attempt_time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> PathMonitor {
        PathMonitor::new(
            Recovery::new().attempts(2).patience(Duration::from_secs(1)).attempt_time(Duration::from_secs(9)),
        )
    }

    fn is_attempt(actions: &Actions, number: u32) -> bool {
        actions.restart_ice
            && actions.clock == Clock::Start(Duration::from_secs(9))
            && matches!(actions.event, Some(PathEvent::Reconnecting { attempt }) if attempt == number)
    }

    fn observation(connection: Connection, traffic: Traffic) -> Observation {
        Observation { connection, traffic }
    }

    const DARK: Observation = Observation { connection: Connection::Other, traffic: Traffic::Idle };

    /// Of a watch whose connection has been up.
    fn up() -> PathMonitor {
        let mut path = watch();
        assert_eq!(path.state_changed(&ConnectionState::Connected).clock, Clock::Stop);
        path
    }

    fn is_recovery(actions: &Actions) -> bool {
        matches!(actions.event, Some(PathEvent::Recovered))
            && !actions.restart_ice
            && actions.clock == Clock::Start(HEARING_TIME)
    }

    #[test]
    fn a_short_disconnection_is_nobodys_business() {
        let mut path = up();
        let actions = path.state_changed(&ConnectionState::Disconnected);
        assert_eq!((actions.restart_ice, actions.clock), (false, Clock::Start(Duration::from_secs(1))));
        let actions = path.state_changed(&ConnectionState::Connected);
        assert!(actions.event.is_none() && !actions.restart_ice);
        let actions = path.time_is_up(observation(Connection::Connected, Traffic::Received));
        assert!(actions.event.is_none() && !actions.restart_ice && actions.clock == Clock::Stop);
    }

    #[test]
    fn a_disconnection_that_lasts_is_tried_and_recovers() {
        let mut path = up();
        path.state_changed(&ConnectionState::Disconnected);
        assert!(is_attempt(&path.time_is_up(DARK), 1));
        // The state goes its own ways meanwhile, and the agreement comes before the way.
        for state in [ConnectionState::Failed, ConnectionState::Connecting, ConnectionState::Disconnected] {
            assert_eq!(path.state_changed(&state).clock, Clock::GoOn);
        }
        assert_eq!(path.ice_restarted(false).clock, Clock::GoOn);
        assert!(is_recovery(&path.state_changed(&ConnectionState::Connected)));
    }

    #[test]
    fn a_failure_is_tried_at_once_and_given_up_after_the_limit() {
        for mut path in [watch(), up()] {
            assert!(is_attempt(&path.state_changed(&ConnectionState::Failed), 1));
            assert!(is_attempt(&path.time_is_up(DARK), 2));
            let actions = path.time_is_up(DARK);
            assert!(!actions.restart_ice);
            assert!(matches!(actions.event, Some(PathEvent::Lost)));
        }
    }

    #[test]
    fn what_ice_cannot_mend_is_given_up_after_one_try() {
        let mut path = up();
        assert!(is_attempt(&path.state_changed(&ConnectionState::Failed), 1));
        // ICE's own way carries what DTLS does not take.
        let actions = path.time_is_up(observation(Connection::BeyondIce, Traffic::Received));
        assert!(matches!(actions.event, Some(PathEvent::Lost)));
    }

    #[test]
    fn the_tries_begin_anew_once_something_was_heard() {
        let mut path = up();
        path.state_changed(&ConnectionState::Failed);
        path.state_changed(&ConnectionState::Connected);
        assert!(is_attempt(&path.state_changed(&ConnectionState::Failed), 2), "nothing was");
        path.state_changed(&ConnectionState::Connected);
        path.time_is_up(observation(Connection::Connected, Traffic::Received));
        assert!(is_attempt(&path.state_changed(&ConnectionState::Failed), 1));
    }

    #[test]
    fn a_way_on_which_nothing_is_heard_is_tried_again_and_given_up_at_last() {
        let silence = observation(Connection::Connected, Traffic::SentOnly);
        let mut path = up();
        path.state_changed(&ConnectionState::Failed);
        path.state_changed(&ConnectionState::Connected);
        assert!(is_attempt(&path.time_is_up(silence), 2));
        // The state has been `connected` all along, and does not change.
        assert!(is_recovery(&path.ice_restarted(true)));
        assert!(matches!(path.time_is_up(silence).event, Some(PathEvent::Lost)));
    }

    #[test]
    fn a_silence_that_ends_by_itself_is_over() {
        let mut path = up();
        path.ice_restarted(true);
        assert!(is_attempt(&path.time_is_up(observation(Connection::Connected, Traffic::SentOnly)), 1));
        let actions = path.time_is_up(observation(Connection::Connected, Traffic::Received));
        assert!(matches!(actions.event, Some(PathEvent::Recovered)) && actions.clock == Clock::Stop);
    }

    #[test]
    fn a_restart_that_somebody_wanted_has_to_be_heard_too_and_what_is_idle_may_be() {
        let mut path = up();
        let actions = path.ice_restarted(true);
        assert!(actions.event.is_none() && actions.clock == Clock::Start(HEARING_TIME));
        // A Firefox that has offered it is connecting, and connected again.
        assert_eq!(path.state_changed(&ConnectionState::Connecting).clock, Clock::GoOn);
        assert_eq!(path.state_changed(&ConnectionState::Connected).clock, Clock::GoOn);
        let actions = path.time_is_up(observation(Connection::Connected, Traffic::Idle));
        assert!(!actions.restart_ice && actions.clock == Clock::Start(HEARING_TIME));
        assert!(is_attempt(&path.time_is_up(observation(Connection::Connected, Traffic::SentOnly)), 1));
    }

    #[test]
    fn ignored_restart_is_not_repeated_and_path_may_heal() {
        let mut path = up();
        assert!(is_attempt(&path.state_changed(&ConnectionState::Failed), 1));
        assert!(path.restarts_do_not_help());
        assert!(!path.restarts_do_not_help());
        // The time of the second attempt passes without one.
        let actions = path.time_is_up(DARK);
        assert!(!actions.restart_ice && actions.event.is_none());
        assert_eq!(actions.clock, Clock::Start(Duration::from_secs(9)));
        assert!(is_recovery(&path.state_changed(&ConnectionState::Connected)));
        path.time_is_up(observation(Connection::Connected, Traffic::Received));
        let actions = path.state_changed(&ConnectionState::Failed);
        assert!(!actions.restart_ice && matches!(actions.event, Some(PathEvent::Reconnecting { attempt: 1 })));
        assert!(path.time_is_up(DARK).event.is_none());
        assert!(matches!(path.time_is_up(DARK).event, Some(PathEvent::Lost)));
    }

    #[test]
    fn a_restart_before_there_was_a_way_proves_nothing() {
        let mut path = watch();
        assert_eq!(path.ice_restarted(false).clock, Clock::GoOn);
        assert_eq!(path.state_changed(&ConnectionState::Connected).clock, Clock::Stop);
    }
}
