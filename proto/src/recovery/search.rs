//! An exhaustive search through all orders of evidence.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use super::{Actions, Connection, Observation, PathEvent, PathMonitor, Recovery, Sample, Timer, Traffic};
use crate::sdp::ConnectionState;

const ATTEMPTS: u32 = 2;

/// Evidence of the state of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    Connected,
    Disconnected,
    Failed,
    Started,
    Restarted(bool),
    Sampled(Sample, Connection),
    NetworkChanged,
    TimedOut(Connection, Traffic),
    RestartIgnored,
}

fn all_evidence() -> Vec<Evidence> {
    let mut all = vec![
        Evidence::Connected,
        Evidence::Disconnected,
        Evidence::Failed,
        Evidence::Started,
        Evidence::Restarted(false),
        Evidence::Restarted(true),
        Evidence::NetworkChanged,
        Evidence::RestartIgnored,
    ];
    for connection in [Connection::Connected, Connection::NotConnected, Connection::FailedAboveIce] {
        for traffic in [Traffic::Received, Traffic::SentOnly, Traffic::Idle] {
            all.push(Evidence::TimedOut(connection, traffic));
        }
        for elapsed in [Duration::from_millis(500), Duration::from_secs(60)] {
            for bytes in [0, 20_000] {
                for checks in [0, 3] {
                    let sent = Sample { bytes_sent: bytes, checks_sent: checks, ..Sample::new(elapsed) };
                    all.push(Evidence::Sampled(sent, connection));
                    all.push(Evidence::Sampled(Sample { bytes_received: bytes, ..sent }, connection));
                    all.push(Evidence::Sampled(Sample { checks_received: checks, ..sent }, connection));
                }
            }
        }
    }
    all
}

/// A monitor, whether its timer runs, and the number of attempts since the path was last working.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    path: PathMonitor,
    has_timer: bool,
    attempts: u32,
    was_connected: bool,
}

impl State {
    /// Passes the evidence to the monitor. Returns `None` at the end of the session, or if the evidence is impossible.
    fn after(&self, evidence: Evidence) -> Result<Option<Self>, String> {
        let mut next = self.clone();
        let path = &mut next.path;
        let actions = match evidence {
            Evidence::Connected => path.state_changed(&ConnectionState::Connected),
            Evidence::Disconnected => path.state_changed(&ConnectionState::Disconnected),
            Evidence::Failed => path.state_changed(&ConnectionState::Failed),
            Evidence::Started => path.ice_started(),
            Evidence::Restarted(is_connected) => path.ice_restarted(is_connected),
            Evidence::Sampled(sample, connection) => match path.sample_interval() {
                Some(_) => path.sampled(&sample, connection),
                None => return Ok(None),
            },
            Evidence::NetworkChanged => path.network_changed(),
            Evidence::TimedOut(connection, traffic) if self.has_timer => {
                next.has_timer = false;
                path.timeout(Observation { connection, traffic })
            }
            Evidence::TimedOut(..) => return Ok(None),
            Evidence::RestartIgnored => {
                path.disable_restarts();
                Actions::default()
            }
        };
        next.was_connected |= evidence == Evidence::Connected;
        next.apply(&actions, evidence)
    }

    fn apply(mut self, actions: &Actions, evidence: Evidence) -> Result<Option<Self>, String> {
        match actions.timer {
            Timer::Keep => {}
            Timer::Stop => self.has_timer = false,
            Timer::Start(_) => self.has_timer = true,
        }
        let is_attempt = matches!(actions.event, Some(PathEvent::Reconnecting { .. }));
        let is_event_of_network = matches!(evidence, Evidence::NetworkChanged);
        if actions.restart_ice && !is_attempt && !is_event_of_network {
            return Err("ICE was restarted without an attempt".into());
        }
        if is_attempt && !self.path.is_broken() {
            return Err("an attempt was reported of a path that is not broken".into());
        }
        if actions.event == Some(PathEvent::Recovered) && self.path.is_broken() {
            return Err("the path was reported as recovered, and is broken".into());
        }
        if let Evidence::Sampled(sample, _) = evidence
            && sample.bytes_received > 0
            && actions.restart_ice
        {
            return Err("ICE was restarted although media were received".into());
        }
        if actions.is_lost() {
            let has_tried = self.path.attempts() == ATTEMPTS;
            let is_hopeless = matches!(evidence, Evidence::TimedOut(Connection::FailedAboveIce, _));
            let is_allowed = matches!(evidence, Evidence::TimedOut(..) | Evidence::Failed);
            if !is_allowed || !(has_tried || is_hopeless) {
                return Err("the path was given up early".into());
            }
            return Ok(None);
        }
        self.attempts = self.path.attempts();
        if self.attempts > ATTEMPTS {
            return Err("there were too many attempts".into());
        }
        // A path that is not verified changes by itself, so that no session waits for good.
        if !self.path.is_at_rest() && !self.has_timer {
            return Err("nothing happens any more".into());
        }
        Ok(Some(self))
    }
}

/// Searches all orders of evidence. Returns the number of states, or the shortest path to a problem.
fn search(recovery: Recovery) -> Result<usize, String> {
    let start = State { path: PathMonitor::new(recovery), has_timer: false, attempts: 0, was_connected: false };
    let evidence = all_evidence();
    let mut visited = HashSet::from([start.clone()]);
    let mut open = VecDeque::from([(start, Vec::new())]);
    while let Some((now, steps)) = open.pop_front() {
        for step in &evidence {
            let mut steps = steps.clone();
            steps.push(*step);
            let next = now.after(*step).map_err(|problem| format!("{problem} after {steps:#?}"))?;
            if let Some(next) = next.filter(|next| visited.insert(next.clone())) {
                open.push_back((next, steps));
            }
        }
    }
    Ok(visited.len())
}

#[test]
fn evidence_in_any_order_is_handled() {
    let recovery = Recovery::new().attempts(ATTEMPTS).patience(Duration::from_secs(1));
    let states = search(recovery).unwrap_or_else(|problem| panic!("{problem}"));
    println!("{states} states");
    assert!(states > 1_000, "only {states} states were found");
}
