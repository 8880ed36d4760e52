//! Tests of the path monitor.

use std::time::Duration;

use super::{
    Actions, Connection, Observation, PathEvent, PathMonitor, Recovery, Sample, Timer, Traffic, path::VERIFICATION_TIME,
};
use crate::sdp::ConnectionState;

fn monitor() -> PathMonitor {
    PathMonitor::new(Recovery::new().attempts(2).patience(Duration::from_secs(1)).attempt_time(Duration::from_secs(9)))
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

/// Returns a sample of 250 ms.
fn sample(received: u32, checks_sent: u32) -> Sample {
    let mut sample = Sample::new(Duration::from_millis(250));
    (sample.bytes_received, sample.checks_sent) = (received, checks_sent);
    sample
}

#[test]
fn silence_is_restarted_and_ends_with_key_frame() {
    let mut path = connected_monitor();
    path.sampled(&sample(20_000, 0), Connection::Connected);
    let mut actions: Vec<Actions> = (0..4).map(|_| path.sampled(&sample(0, 1), Connection::Connected)).collect();
    assert!(actions.pop().is_some_and(|actions| actions.check_link && !actions.restart_ice));
    assert!(is_attempt(&path.sampled(&sample(0, 4), Connection::Connected), 1));
    // Media arrive again before ICE is restarted, and the path can become silent again.
    let actions = path.sampled(&sample(900, 0), Connection::Connected);
    assert!(actions.send_key_frames && actions.event == Some(PathEvent::Recovered));
    assert!((0..9).any(|_| is_attempt(&path.sampled(&sample(0, 2), Connection::Connected), 1)));
}

#[test]
fn silence_alone_does_not_lose_path() {
    let mut path = PathMonitor::new(Recovery::none());
    path.state_changed(&ConnectionState::Connected);
    assert_eq!(path.sample_interval(), None);
    let mut path = connected_monitor();
    for attempt in 1..=2 {
        path.state_changed(&ConnectionState::Failed);
        assert_eq!(path.attempts(), attempt);
        path.state_changed(&ConnectionState::Connected);
    }
    path.sampled(&sample(20_000, 0), Connection::Connected);
    assert!((0..99).all(|_| path.sampled(&sample(0, 2), Connection::Connected).event.is_none()));
}

#[test]
fn returning_network_restarts_broken_path() {
    let mut path = connected_monitor();
    assert_eq!(path.network_changed(), Actions::default());
    path.state_changed(&ConnectionState::Failed);
    let actions = path.network_changed();
    assert!(actions.restart_ice && actions.event.is_none());
    assert_eq!(path.attempts(), 1);
    path.state_changed(&ConnectionState::Connected);
    path.state_changed(&ConnectionState::Disconnected);
    assert!(is_attempt(&path.network_changed(), 2));
}

#[test]
fn slow_first_connection_is_restarted() {
    let mut path = monitor();
    let Timer::Start(time) = path.ice_started().timer else { panic!("no timer was started") };
    assert!(time < Duration::from_secs(45));
    assert!(is_attempt(&path.timeout(DISCONNECTED), 1));
    assert_eq!(path.ice_started().timer, Timer::Keep);
}
