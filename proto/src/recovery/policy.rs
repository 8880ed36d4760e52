//! The recovery policy.

use std::time::Duration;

/// The recovery policy: number and timing of ICE restarts when the network between two peers fails.
///
/// ICE is restarted
///
/// - immediately when the connection has failed, and when the network returns or changes while the path is broken;
/// - after [`patience`](Self::patience) without a packet on the path, if that is proved to be an interruption: in Chromium
///   by eight unanswered connectivity checks, about three seconds after the last packet, and elsewhere, one second later,
///   by video that the peer does not acknowledge;
/// - after [`patience`](Self::patience) when it is disconnected, because a disconnection often ends without a restart;
/// - fifteen seconds after the first negotiation, if the peers are still not connected;
/// - nine seconds after it has reconnected, if data was sent and none was received since then. A peer that receives
///   media therefore must send RTCP, as the specification requires.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recovery {
    pub(super) patience: Duration,
    pub(super) attempts: u32,
    pub(super) attempt_time: Duration,
}

impl Default for Recovery {
    fn default() -> Self {
        Self { patience: Duration::from_secs(2), attempts: 6, attempt_time: Duration::from_secs(10) }
    }
}

impl Recovery {
    /// Creates the default policy: six attempts of ten seconds each, and two seconds of patience.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a policy without attempts, so that a failed connection is lost.
    #[must_use]
    pub fn none() -> Self {
        Self { attempts: 0, ..Self::default() }
    }

    /// Sets how long a path may be silent or disconnected before ICE is restarted. Default: 2 seconds.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sets the number of attempts before the connection is lost. Default: 6.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets the duration of each attempt. Default: 10 seconds.
    #[must_use]
    pub fn attempt_time(mut self, time: Duration) -> Self {
        self.attempt_time = time;
        self
    }
}
