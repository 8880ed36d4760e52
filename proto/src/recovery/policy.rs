//! The policy of recovery.

use std::time::Duration;

/// What is done when the network between the two breaks: ICE is restarted, again and again, and at last given up.
///
/// A connection that has failed is tried at once; one that is disconnected after [`patience`](Self::patience), as it
/// often heals by itself; and one that is connected again, but on which something was sent and nothing has come for
/// nine seconds since, then. So the peer has to speak RTCP where media is sent to it, as the specification wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    pub(super) patience: Duration,
    pub(super) attempts: u32,
    pub(super) attempt_time: Duration,
}

impl Default for Recovery {
    fn default() -> Self {
        Self { patience: Duration::from_secs(3), attempts: 6, attempt_time: Duration::from_secs(10) }
    }
}

impl Recovery {
    /// Six tries of ten seconds each, after three seconds of patience.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No tries: a connection that fails is lost.
    #[must_use]
    pub fn none() -> Self {
        Self { attempts: 0, ..Self::default() }
    }

    /// How long a connection may be disconnected before another way is looked for. Default: 3 s.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How many tries there are before the session is lost. Default: 6.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// How long each try may take. Default: 10 s.
    #[must_use]
    pub fn attempt_time(mut self, time: Duration) -> Self {
        self.attempt_time = time;
        self
    }
}
