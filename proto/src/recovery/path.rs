//! The state machine of recovery.

use std::{mem, time::Duration};

use super::{
    Recovery, Sample,
    silence::{Finding, Silence},
};
use crate::sdp::ConnectionState;

/// Time within which data must arrive on a path in use. RTCP is sent every 2.5 to 7.5 seconds, and the first second is
/// not observed. After a failed restart, Firefox gives up DTLS after eleven seconds.
pub(super) const VERIFICATION_TIME: Duration = Duration::from_secs(9);

/// Time in which the peers connect for the first time, before ICE is restarted. Calls give up after 45 seconds.
const FIRST_CONNECTION_TIME: Duration = Duration::from_secs(15);

/// Interval of the samples of a path on which everything is normal.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(500);

/// Interval of the samples of a path that may be broken.
const SHORT_SAMPLE_INTERVAL: Duration = Duration::from_millis(250);

/// The state of the path to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// Set if the link that carries the signals should be checked, because it may be broken as well.
    pub check_link: bool,
    /// Set if the local senders of video should send a key frame, because the peer has lost packets. Receivers in browsers
    /// wait up to three seconds before they request one.
    pub send_key_frames: bool,
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
/// Its driver passes the states of the connection, completed negotiations, [`Sample`]s of the traffic, changes of the
/// network and timeouts, and performs the [`Actions`].
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathMonitor {
    recovery: Recovery,
    state: PathState,
    silence: Silence,
    /// Number of attempts since data was last received.
    attempts: u32,
    restarts_enabled: bool,
}

impl PathMonitor {
    /// Creates the monitor of a new connection.
    #[must_use]
    pub fn new(recovery: Recovery) -> Self {
        Self { recovery, state: PathState::New, silence: Silence::default(), attempts: 0, restarts_enabled: true }
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

    /// Handles the first completed negotiation, after which the peers connect.
    pub fn ice_started(&mut self) -> Actions {
        let time = if self.state == PathState::New { Timer::Start(FIRST_CONNECTION_TIME) } else { Timer::Keep };
        Actions { timer: time, ..Actions::default() }
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

    /// Returns the time until the next sample; `None` if samples are not needed.
    ///
    /// A suspended page needs no other evidence: its next sample has a long [`elapsed`](Sample::elapsed).
    #[must_use]
    pub fn sample_interval(&self) -> Option<Duration> {
        let is_normal = !self.is_broken() && !self.silence.is_interrupted() && !self.silence.is_doubtful();
        let interval = if is_normal { SAMPLE_INTERVAL } else { SHORT_SAMPLE_INTERVAL };
        (self.state != PathState::New && self.recovery.attempts > 0).then_some(interval)
    }

    /// Handles a sample. `connection` is the current state of the connection. Silence never causes the loss of the path.
    pub fn sampled(&mut self, sample: &Sample, connection: Connection) -> Actions {
        match self.silence.add(sample, self.recovery.patience) {
            Finding::Broken if !self.is_broken() => self.attempt_unless_last(),
            Finding::Suspicious => Actions { check_link: true, ..Actions::default() },
            Finding::Resumed => {
                let actions = match self.state {
                    PathState::Broken if connection == Connection::Connected => self.recovered(),
                    PathState::Unverified => self.verified(),
                    _ => Actions::default(),
                };
                Actions { send_key_frames: true, ..actions }
            }
            Finding::Normal | Finding::Broken => Actions::default(),
        }
    }

    /// Handles a change of the network, such as the return of a lost one. Restarts ICE now if the path is or may be
    /// broken.
    pub fn network_changed(&mut self) -> Actions {
        match self.state {
            // The change is not an attempt by itself, because the previous one had no chance.
            PathState::Broken if self.restarts_enabled => {
                let timer = Timer::Start(self.recovery.attempt_time);
                Actions { restart_ice: true, timer, check_link: true, ..Actions::default() }
            }
            PathState::Disconnected => self.attempt_unless_last(),
            PathState::Verified | PathState::Unverified if self.silence.is_doubtful() => self.attempt_unless_last(),
            _ => Actions::default(),
        }
    }

    /// Handles the expiry of the timer.
    pub fn timeout(&mut self, observation: Observation) -> Actions {
        match (self.state, observation.connection, observation.traffic) {
            (PathState::Verified, ..) => Actions::default(),
            (PathState::New, ..) => self.attempt_unless_last(),
            (PathState::Broken, Connection::FailedAboveIce, _) => Self::give_up(),
            (PathState::Broken, Connection::Connected, Traffic::Received) => self.recovered(),
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

    /// Returns the number of attempts since data was last received.
    #[cfg(test)]
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns whether no timer is needed.
    #[cfg(test)]
    pub(super) fn is_at_rest(&self) -> bool {
        matches!(self.state, PathState::New | PathState::Verified)
    }

    fn verified(&mut self) -> Actions {
        self.state = PathState::Verified;
        self.attempts = 0;
        Actions { timer: Timer::Stop, ..Actions::default() }
    }

    fn recovered(&mut self) -> Actions {
        Actions { event: Some(PathEvent::Recovered), ..self.verified() }
    }

    fn connected(&mut self) -> Actions {
        let event = self.is_broken().then_some(PathEvent::Recovered);
        self.silence.reset();
        self.state = PathState::Unverified;
        Actions { event, timer: Timer::Start(VERIFICATION_TIME), send_key_frames: true, ..Actions::default() }
    }

    fn give_up() -> Actions {
        Actions { event: Some(PathEvent::Lost), timer: Timer::Stop, ..Actions::default() }
    }

    /// Makes an attempt, unless the last one has been made.
    fn attempt_unless_last(&mut self) -> Actions {
        if self.attempts < self.recovery.attempts { self.attempt() } else { Actions::default() }
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
            check_link: true,
            ..Actions::default()
        }
    }
}
