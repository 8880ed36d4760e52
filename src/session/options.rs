//! How a session is to behave.

use std::{cell::Cell, rc::Rc, time::Duration};

use crate::negotiation::Politeness;

/// How a session is to behave: at the least, its [`Politeness`].
///
/// ```
/// use std::time::Duration;
///
/// use browser_rtc::{
///     negotiation::Politeness,
///     session::{Recovery, SessionOptions},
/// };
///
/// let options = SessionOptions::new(Politeness::Polite).recovery(Recovery::new().attempts(3));
/// # let _ = options;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOptions {
    pub(super) politeness: Politeness,
    pub(super) recovery: Recovery,
    pub(super) plain_peer: bool,
    pub(super) answer_only: bool,
    signal_limit: Option<usize>,
    shared_signal_limit: Option<Rc<Cell<usize>>>,
}

impl SessionOptions {
    /// Creates options with the default recovery, for a link without a limit.
    #[must_use]
    pub fn new(politeness: Politeness) -> Self {
        Self {
            politeness,
            recovery: Recovery::default(),
            plain_peer: false,
            answer_only: false,
            signal_limit: None,
            shared_signal_limit: None,
        }
    }

    /// Sets what is done when the network breaks.
    #[must_use]
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = recovery;
        self
    }

    /// Declares the peer to be plain: it speaks the specification's own perfect negotiation, without
    /// [`Stamp`](crate::negotiation::Stamp)s, and the link delivers in order and once.
    ///
    /// A session finds this out by itself from the peer's first signal, and serves a peer that waits for an offer after
    /// one second without an answer (two where the session is polite). With this option it sends no greetings, and does
    /// not wait where it is impolite. A polite session waits for one second with its first offer to a plain peer: a
    /// Chromium that rolls back its first data channel never connects.
    #[must_use]
    pub fn plain_peer(mut self) -> Self {
        self.plain_peer = true;
        self
    }

    /// Makes the session answer only: it never offers. For peers that offer and ignore offers, such as some SFUs.
    ///
    /// Tracks and channels that are added here are negotiated with the peer's next offer, where that has room for them.
    /// When the network breaks, only the peer can restart ICE.
    #[must_use]
    pub fn answer_only(mut self) -> Self {
        self.answer_only = true;
        self
    }

    /// Sets the limit of the JSON text of one [`Signal`](crate::negotiation::Signal) on this link, in bytes; unlimited
    /// by default. A larger description is sent in up to 256 parts, each a signal of its own. What cannot be sent at all
    /// is reported once, as a [`Failed`](super::SessionEvent::Failed) with
    /// [`TooLarge`](crate::ErrorKind::TooLarge).
    /// [`Session::set_signal_limit`](super::Session::set_signal_limit) changes it later.
    #[must_use]
    pub fn signal_limit(mut self, bytes: usize) -> Self {
        self.signal_limit = Some(bytes);
        self
    }

    /// The same for a limit that whoever has the cell may change.
    #[must_use]
    pub(crate) fn shared_signal_limit(mut self, bytes: Rc<Cell<usize>>) -> Self {
        self.shared_signal_limit = Some(bytes);
        self
    }

    /// The limit of one session.
    pub(super) fn limit(&self) -> Rc<Cell<usize>> {
        let own = || Rc::new(Cell::new(self.signal_limit.unwrap_or(usize::MAX)));
        self.shared_signal_limit.clone().unwrap_or_else(own)
    }
}

impl From<Politeness> for SessionOptions {
    fn from(politeness: Politeness) -> Self {
        Self::new(politeness)
    }
}

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
