//! The state machine of recovery.

use std::{mem, time::Duration};

use super::Recovery;
use crate::sdp::ConnectionState;

/// Time within which data must arrive on a path in use. RTCP is sent every 2.5 to 7.5 seconds, and the first second is
/// not observed. After a failed restart, Firefox gives up DTLS after eleven seconds.
const VERIFICATION_TIME: Duration = Duration::from_secs(9);

/// The state of the path to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PathState {
    /// The path was never connected.
    New,
    /// The path is connected, and data was received.
    Verified,
    /// The path is disconnected, which may end without a restart.
    Disconnected,
    /// ICE is being restarted.
    Broken,
    /// The connection reports that the path is connected again, but no data was received yet.
    Unverified,
}

/// An observation of the path while the timer was running.
#[derive(Clone, Copy, Debug)]
pub struct Observation {
    /// The state of the connection at the end of that time.
    pub connection: Connection,
    /// Traffic during that time.
    pub traffic: Traffic,
}

/// The state of the connection that matters for recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Connected.
    Connected,
    /// ICE is connected, but DTLS has failed. An ICE restart cannot repair that.
    FailedAboveIce,
    /// Not connected.
    NotConnected,
}

/// An event of the path to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathEvent {
    /// The path is broken, and ICE is being restarted.
    Reconnecting {
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// The peers are connected again.
    Recovered,
    /// All attempts have failed.
    Lost,
}

/// Traffic on the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// Data was received.
    Received,
    /// Data was sent, and none was received, not even an acknowledgment, although RTCP or SCTP acknowledges all data.
    SentOnly,
    /// No data was sent or received.
    Idle,
}

/// The actions that a [`PathMonitor`] requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Actions {
    /// Set if ICE must be restarted: pass [`Input::PathBroken`](crate::negotiation::Input::PathBroken) to the
    /// negotiator.
    pub restart_ice: bool,
    /// The event to report.
    pub event: Option<PathEvent>,
    /// The change of the timer.
    pub timer: Timer,
}

impl Actions {
    /// Returns whether the path is lost, so that the connection must be closed.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.event == Some(PathEvent::Lost)
    }
}

/// A change of the only timer of a [`PathMonitor`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timer {
    /// Leave the timer as it is.
    #[default]
    Keep,
    /// Stop the timer.
    Stop,
    /// Start or restart the timer, observe the traffic, and call [`PathMonitor::timeout`] after this time.
    Start(Duration),
}

/// A state machine that decides when to restart ICE, and when to give up.
///
/// Its driver passes the states of the connection, completed ICE restarts and timeouts, and performs the [`Actions`].
///
/// ```
/// use browser_rtc_proto::{
///     recovery::{Connection, Observation, PathEvent, PathMonitor, Recovery, Timer, Traffic},
///     sdp::ConnectionState,
/// };
/// use std::time::Duration;
///
/// let mut path = PathMonitor::new(Recovery::new().patience(Duration::from_secs(2)));
/// path.state_changed(&ConnectionState::Connected);
///
/// // A disconnection may end by itself.
/// let actions = path.state_changed(&ConnectionState::Disconnected);
/// assert_eq!(actions.timer, Timer::Start(Duration::from_secs(2)));
///
/// let observation = Observation { connection: Connection::NotConnected, traffic: Traffic::SentOnly };
/// let actions = path.timeout(observation);
/// assert!(actions.restart_ice);
/// assert_eq!(actions.event, Some(PathEvent::Reconnecting { attempt: 1 }));
///
/// let actions = path.state_changed(&ConnectionState::Connected);
/// assert_eq!(actions.event, Some(PathEvent::Recovered));
/// ```
#[derive(Debug)]
pub struct PathMonitor {
    recovery: Recovery,
    state: PathState,
    /// Number of attempts since data was last received.
    attempts: u32,
    restarts_enabled: bool,
}

impl PathMonitor {
    /// Creates the monitor of a new connection.
    #[must_use]
    pub fn new(recovery: Recovery) -> Self {
        Self { recovery, state: PathState::New, attempts: 0, restarts_enabled: true }
    }

    /// Disables ICE restarts, because the peer ignores them or the local side does not offer. The path can then only
    /// recover without a restart. Returns whether restarts were enabled before.
    pub fn disable_restarts(&mut self) -> bool {
        mem::replace(&mut self.restarts_enabled, false)
    }

    /// Handles a new state of the connection.
    pub fn state_changed(&mut self, state: &ConnectionState) -> Actions {
        match (state, self.state) {
            (ConnectionState::Connected, PathState::New) => self.verified(),
            (ConnectionState::Connected, PathState::Disconnected | PathState::Broken) => self.connected(),
            (ConnectionState::Disconnected, PathState::New | PathState::Verified | PathState::Unverified) => {
                self.state = PathState::Disconnected;
                Actions { timer: Timer::Start(self.recovery.patience), ..Actions::default() }
            }
            // An attempt that fails early does not start the next one, because the network needs time.
            (ConnectionState::Failed, state) if state != PathState::Broken => self.attempt(),
            _ => Actions::default(),
        }
    }

    /// Handles a completed negotiation that restarts ICE, requested by either side. `is_connected` states whether the
    /// connection was connected before, because some browsers report no change.
    pub fn ice_restarted(&mut self, is_connected: bool) -> Actions {
        self.restarts_enabled = true;
        match self.state {
            PathState::Verified | PathState::Unverified => self.connected(),
            PathState::Broken if is_connected => self.connected(),
            PathState::New | PathState::Disconnected | PathState::Broken => Actions::default(),
        }
    }

    /// Handles the expiry of the timer.
    pub fn timeout(&mut self, observation: Observation) -> Actions {
        match (self.state, observation.connection, observation.traffic) {
            (PathState::New | PathState::Verified, ..) => Actions::default(),
            (PathState::Broken, Connection::FailedAboveIce, _) => Self::give_up(),
            (PathState::Broken, Connection::Connected, Traffic::Received) => {
                Actions { event: Some(PathEvent::Recovered), ..self.verified() }
            }
            (PathState::Unverified, _, Traffic::Received) => self.verified(),
            // An unused path needs no repair, and cannot be distinguished from a working one.
            (PathState::Unverified, _, Traffic::Idle) => {
                Actions { timer: Timer::Start(VERIFICATION_TIME), ..Actions::default() }
            }
            (PathState::Unverified | PathState::Disconnected | PathState::Broken, ..) => self.attempt(),
        }
    }

    /// Returns whether ICE is being restarted.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.state == PathState::Broken
    }

    /// Returns whether the number of the current attempt is odd. A side that skips odd attempts leaves the first
    /// restart to its peer.
    #[must_use]
    pub fn is_odd_attempt(&self) -> bool {
        self.attempts % 2 == 1
    }

    fn verified(&mut self) -> Actions {
        self.state = PathState::Verified;
        self.attempts = 0;
        Actions { timer: Timer::Stop, ..Actions::default() }
    }

    fn connected(&mut self) -> Actions {
        let event = self.is_broken().then_some(PathEvent::Recovered);
        self.state = PathState::Unverified;
        Actions { event, timer: Timer::Start(VERIFICATION_TIME), ..Actions::default() }
    }

    fn give_up() -> Actions {
        Actions { event: Some(PathEvent::Lost), timer: Timer::Stop, ..Actions::default() }
    }

    fn attempt(&mut self) -> Actions {
        if self.attempts >= self.recovery.attempts {
            return Self::give_up();
        }
        // Without restarts, only the first attempt is reported.
        let is_event = self.restarts_enabled || !self.is_broken();
        self.state = PathState::Broken;
        self.attempts += 1;
        Actions {
            restart_ice: self.restarts_enabled,
            event: is_event.then_some(PathEvent::Reconnecting { attempt: self.attempts }),
            timer: Timer::Start(self.recovery.attempt_time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn monitor() -> PathMonitor {
        PathMonitor::new(
            Recovery::new().attempts(2).patience(Duration::from_secs(1)).attempt_time(Duration::from_secs(9)),
        )
    }

    fn is_attempt(actions: &Actions, number: u32) -> bool {
        actions.restart_ice
            && actions.timer == Timer::Start(Duration::from_secs(9))
            && matches!(actions.event, Some(PathEvent::Reconnecting { attempt }) if attempt == number)
    }

    fn observation(connection: Connection, traffic: Traffic) -> Observation {
        Observation { connection, traffic }
    }

    const DISCONNECTED: Observation = Observation { connection: Connection::NotConnected, traffic: Traffic::Idle };

    /// Returns the monitor of a connection that has been connected.
    fn connected_monitor() -> PathMonitor {
        let mut path = monitor();
        assert_eq!(path.state_changed(&ConnectionState::Connected).timer, Timer::Stop);
        path
    }

    fn is_recovery(actions: &Actions) -> bool {
        matches!(actions.event, Some(PathEvent::Recovered))
            && !actions.restart_ice
            && actions.timer == Timer::Start(VERIFICATION_TIME)
    }

    #[test]
    fn brief_disconnect_is_ignored() {
        let mut path = connected_monitor();
        let actions = path.state_changed(&ConnectionState::Disconnected);
        assert_eq!((actions.restart_ice, actions.timer), (false, Timer::Start(Duration::from_secs(1))));
        let actions = path.state_changed(&ConnectionState::Connected);
        assert!(actions.event.is_none() && !actions.restart_ice);
        let actions = path.timeout(observation(Connection::Connected, Traffic::Received));
        assert!(actions.event.is_none() && !actions.restart_ice && actions.timer == Timer::Stop);
    }

    #[test]
    fn long_disconnect_is_restarted_and_recovers() {
        let mut path = connected_monitor();
        path.state_changed(&ConnectionState::Disconnected);
        assert!(is_attempt(&path.timeout(DISCONNECTED), 1));
        // Other states are reported during the restart, and the negotiation completes before the connection.
        for state in [ConnectionState::Failed, ConnectionState::Connecting, ConnectionState::Disconnected] {
            assert_eq!(path.state_changed(&state).timer, Timer::Keep);
        }
        assert_eq!(path.ice_restarted(false).timer, Timer::Keep);
        assert!(is_recovery(&path.state_changed(&ConnectionState::Connected)));
    }

    #[test]
    fn failure_is_restarted_until_limit() {
        for mut path in [monitor(), connected_monitor()] {
            assert!(is_attempt(&path.state_changed(&ConnectionState::Failed), 1));
            assert!(is_attempt(&path.timeout(DISCONNECTED), 2));
            let actions = path.timeout(DISCONNECTED);
            assert!(!actions.restart_ice);
            assert!(matches!(actions.event, Some(PathEvent::Lost)));
        }
    }

    #[test]
    fn failed_dtls_is_given_up_after_one_attempt() {
        let mut path = connected_monitor();
        assert!(is_attempt(&path.state_changed(&ConnectionState::Failed), 1));
        // ICE traffic does not reach DTLS.
        let actions = path.timeout(observation(Connection::FailedAboveIce, Traffic::Received));
        assert!(matches!(actions.event, Some(PathEvent::Lost)));
    }

    #[test]
    fn received_traffic_resets_attempts() {
        let mut path = connected_monitor();
        path.state_changed(&ConnectionState::Failed);
        path.state_changed(&ConnectionState::Connected);
        assert!(is_attempt(&path.state_changed(&ConnectionState::Failed), 2), "nothing was received");
        path.state_changed(&ConnectionState::Connected);
        path.timeout(observation(Connection::Connected, Traffic::Received));
        assert!(is_attempt(&path.state_changed(&ConnectionState::Failed), 1));
    }

    #[test]
    fn silent_path_is_restarted_and_given_up() {
        let silence = observation(Connection::Connected, Traffic::SentOnly);
        let mut path = connected_monitor();
        path.state_changed(&ConnectionState::Failed);
        path.state_changed(&ConnectionState::Connected);
        assert!(is_attempt(&path.timeout(silence), 2));
        // The state is `connected` all the time, and does not change.
        assert!(is_recovery(&path.ice_restarted(true)));
        assert!(matches!(path.timeout(silence).event, Some(PathEvent::Lost)));
    }

    #[test]
    fn end_of_silence_is_recovery() {
        let mut path = connected_monitor();
        path.ice_restarted(true);
        assert!(is_attempt(&path.timeout(observation(Connection::Connected, Traffic::SentOnly)), 1));
        let actions = path.timeout(observation(Connection::Connected, Traffic::Received));
        assert!(matches!(actions.event, Some(PathEvent::Recovered)) && actions.timer == Timer::Stop);
    }

    #[test]
    fn requested_restart_is_verified_when_in_use() {
        let mut path = connected_monitor();
        let actions = path.ice_restarted(true);
        assert!(actions.event.is_none() && actions.timer == Timer::Start(VERIFICATION_TIME));
        // If Firefox has offered the restart, it reports `connecting`, and then `connected` again.
        assert_eq!(path.state_changed(&ConnectionState::Connecting).timer, Timer::Keep);
        assert_eq!(path.state_changed(&ConnectionState::Connected).timer, Timer::Keep);
        let actions = path.timeout(observation(Connection::Connected, Traffic::Idle));
        assert!(!actions.restart_ice && actions.timer == Timer::Start(VERIFICATION_TIME));
        assert!(is_attempt(&path.timeout(observation(Connection::Connected, Traffic::SentOnly)), 1));
    }

    #[test]
    fn ignored_restart_is_not_repeated() {
        let mut path = connected_monitor();
        assert!(is_attempt(&path.state_changed(&ConnectionState::Failed), 1));
        assert!(path.disable_restarts());
        assert!(!path.disable_restarts());
        // The time of the second attempt passes without an event.
        let actions = path.timeout(DISCONNECTED);
        assert!(!actions.restart_ice && actions.event.is_none());
        assert_eq!(actions.timer, Timer::Start(Duration::from_secs(9)));
        assert!(is_recovery(&path.state_changed(&ConnectionState::Connected)));
        path.timeout(observation(Connection::Connected, Traffic::Received));
        let actions = path.state_changed(&ConnectionState::Failed);
        assert!(!actions.restart_ice && matches!(actions.event, Some(PathEvent::Reconnecting { attempt: 1 })));
        assert!(path.timeout(DISCONNECTED).event.is_none());
        assert!(matches!(path.timeout(DISCONNECTED).event, Some(PathEvent::Lost)));
    }

    #[test]
    fn restart_before_first_connection_is_ignored() {
        let mut path = monitor();
        assert_eq!(path.ice_restarted(false).timer, Timer::Keep);
        assert_eq!(path.state_changed(&ConnectionState::Connected).timer, Timer::Stop);
    }
}
