//! Options of a session.

use std::{cell::Cell, rc::Rc};

use browser_rtc_proto::recovery::Recovery;

use crate::negotiation::Politeness;

/// Options of a session: at least its [`Politeness`].
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

    /// Sets when ICE is restarted after the network breaks, and when the session is given up.
    #[must_use]
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = recovery;
        self
    }

    /// Declares the peer to be plain: it speaks the specification's own perfect negotiation, without
    /// [`Header`](crate::negotiation::Header)s, and the link delivers in order and once.
    ///
    /// A session detects this from the peer's first signal, and offers to a silent peer after one second (two if the
    /// session is polite). With this option it sends no greetings, and does not wait if it is impolite. A polite session
    /// delays its first offer to a plain peer by one second: a Chromium that rolls back its first data channel never
    /// connects.
    #[must_use]
    pub fn plain_peer(mut self) -> Self {
        self.plain_peer = true;
        self
    }

    /// Makes the session answer only: it never offers. Some SFUs offer, and ignore offers.
    ///
    /// Tracks and channels that are added here are negotiated with the peer's next offer, if that has room for them.
    /// After the network breaks, only the peer can restart ICE.
    #[must_use]
    pub fn answer_only(mut self) -> Self {
        self.answer_only = true;
        self
    }

    /// Sets the limit of the JSON text of one [`Signal`](crate::negotiation::Signal) on this link, in bytes; unlimited
    /// by default. A larger description is sent in up to 256 parts, each a signal of its own. A signal that cannot be
    /// sent at all is reported once, as a [`Failed`](super::SessionEvent::Failed) with
    /// [`TooLarge`](crate::ErrorKind::TooLarge).
    /// [`Session::set_signal_limit`](super::Session::set_signal_limit) changes it later.
    #[must_use]
    pub fn signal_limit(mut self, bytes: usize) -> Self {
        self.signal_limit = Some(bytes);
        self
    }

    /// Sets a limit that the owner of the cell may change.
    #[must_use]
    pub(crate) fn shared_signal_limit(mut self, bytes: Rc<Cell<usize>>) -> Self {
        self.shared_signal_limit = Some(bytes);
        self
    }

    /// Returns the limit of one session.
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
