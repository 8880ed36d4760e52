//! Detection of a silent path from samples of its counters.

use std::{mem, time::Duration};

/// Number of unanswered checks that prove a path silent. With a loss of 20 %, this many exchanges in a row fail once in
/// thousands of checks, and the checks of the peer arrive as well.
const UNANSWERED: u32 = 8;

/// Silence of a path in use that is a reason to suspect it. RTCP or media arrive several times in this time.
const SUSPICIOUS: Duration = Duration::from_secs(1);

/// Additional silence before the absence of payload alone proves a path broken.
const PAYLOAD_EXTRA: Duration = Duration::from_secs(1);

/// Rate of a path in use, in bytes per second: that of video, which the receiver acknowledges at least once per second.
/// Audio is acknowledged only every five seconds.
const IN_USE: u32 = 10_000;

/// Interval of two samples from which on the page is assumed to have been suspended in between.
const SUSPENDED: Duration = Duration::from_secs(5);

/// Growth of the counters of the selected candidate pair since the previous sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Sample {
    /// The time since the previous sample.
    pub elapsed: Duration,
    /// Bytes of media and data received.
    pub bytes_received: u32,
    /// Bytes of media and data sent.
    pub bytes_sent: u32,
    /// Connectivity checks of the peer, and responses to the local checks, received.
    pub checks_received: u32,
    /// Connectivity checks sent; zero if the browser does not count them.
    pub checks_sent: u32,
}

impl Sample {
    /// Creates a sample in which nothing was sent or received.
    #[must_use]
    pub fn new(elapsed: Duration) -> Self {
        Self { elapsed, ..Self::default() }
    }

    /// Returns whether this number of bytes is that of a path in use. The product has its unit, as one second stands for
    /// one byte.
    fn is_in_use(&self, bytes: u32) -> bool {
        self.elapsed.checked_mul(IN_USE).is_none_or(|enough| u64::from(bytes) >= enough.as_secs())
    }
}

/// The finding of a [`Silence`] after a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing is unusual, or nothing can be said.
    Normal,
    /// Media or data arrive again after a suspicious silence.
    Resumed,
    /// The path in use has become silent.
    Suspicious,
    /// The path is broken.
    Broken,
}

/// The silence of a path so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Silence {
    /// The time in which nothing was received.
    total: Duration,
    /// The time in which no media or data were received.
    payload: Duration,
    /// Checks sent since anything was received.
    unanswered: u32,
    /// Whether media or data were sent at a high rate for as long as none were received.
    sends: bool,
    /// Whether media or data were received at a high rate in the last two samples with any. The path may have broken
    /// shortly after the beginning of the last one.
    in_use: [bool; 2],
    /// Whether the path has been suspicious or broken since media or data were last received.
    is_interrupted: bool,
    /// Whether anything was received since the last reset. A path that has not worked yet cannot become silent.
    has_received: bool,
}

impl Silence {
    /// Adds a sample. `patience` is the silence after which a path can be proved broken.
    pub(super) fn add(&mut self, sample: &Sample, patience: Duration) -> Finding {
        let limit = patience + PAYLOAD_EXTRA;
        if sample.elapsed >= SUSPENDED {
            // Nothing was observed, and the network may still be starting.
            self.total = SUSPICIOUS.min(self.total + sample.elapsed);
            (self.payload, self.unanswered) = (Duration::ZERO, 0);
        } else {
            self.total = limit.min(self.total + sample.elapsed);
            self.payload = limit.min(self.payload + sample.elapsed);
            self.unanswered = UNANSWERED.min(self.unanswered.saturating_add(sample.checks_sent));
        }
        self.sends &= sample.is_in_use(sample.bytes_sent);
        if sample.bytes_received > 0 || sample.checks_received > 0 {
            (self.total, self.unanswered, self.has_received) = (Duration::ZERO, 0, true);
        }
        if sample.bytes_received > 0 {
            self.in_use = [self.in_use[1], sample.is_in_use(sample.bytes_received)];
            (self.payload, self.sends) = (Duration::ZERO, true);
            return if mem::take(&mut self.is_interrupted) { Finding::Resumed } else { Finding::Normal };
        }
        if self.is_broken(patience) {
            self.is_interrupted = true;
            Finding::Broken
        } else if self.is_suspicious() && !mem::replace(&mut self.is_interrupted, true) {
            Finding::Suspicious
        } else {
            Finding::Normal
        }
    }

    /// Starts over, because the path is another one or has recovered.
    pub(super) fn reset(&mut self) {
        *self = Self { is_interrupted: self.is_interrupted, in_use: self.in_use, sends: true, ..Self::default() };
    }

    /// Returns whether media or data have not arrived again after an interruption.
    pub(super) fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    /// Returns whether the path may be broken, which is sufficient evidence if the network has changed as well.
    pub(super) fn is_doubtful(&self) -> bool {
        self.is_suspicious() || self.total >= SUSPICIOUS && self.unanswered > 0
    }

    /// Returns whether a path in use has become silent.
    fn is_suspicious(&self) -> bool {
        self.in_use.contains(&true) && self.payload >= SUSPICIOUS
    }

    fn is_broken(&self, patience: Duration) -> bool {
        let is_unanswered = self.total >= patience && self.unanswered >= UNANSWERED;
        let is_unacknowledged = self.sends && self.in_use.contains(&true) && self.payload >= patience + PAYLOAD_EXTRA;
        self.has_received && (is_unanswered || is_unacknowledged)
    }
}
