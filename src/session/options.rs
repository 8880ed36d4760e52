//! The options of a session.

use std::{cell::Cell, rc::Rc};

use browser_rtc_proto::recovery::Recovery;

use super::sdp_transform::SdpTransform;
use crate::{error::Result, negotiation::Politeness, peer::SessionDescription};

/// The options of a session.
///
/// [`Politeness`] alone converts to options with the defaults.
///
/// # Examples
/// ```
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
    pub(super) sdp_transform: Option<SdpTransform>,
    signal_limit: Option<usize>,
    shared_signal_limit: Option<Rc<Cell<usize>>>,
}

impl SessionOptions {
    /// Creates options with the default recovery and without a signal limit.
    #[must_use]
    pub fn new(politeness: Politeness) -> Self {
        Self {
            politeness,
            recovery: Recovery::default(),
            plain_peer: false,
            answer_only: false,
            sdp_transform: None,
            signal_limit: None,
            shared_signal_limit: None,
        }
    }

    /// Sets when ICE is restarted after a network failure, and when the session is given up.
    #[must_use]
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = recovery;
        self
    }

    /// Declares that the remote peer is plain: it implements the perfect negotiation of the specification, without
    /// [`Header`](crate::negotiation::Header)s. The link must deliver each signal once and in order.
    ///
    /// Without this option, a session detects a plain peer from its first signal. If no signal arrives, it sends its first
    /// offer after one second, or two seconds if it is polite. With this option, the session sends no greetings, and an
    /// impolite session offers immediately. A polite session still delays its first offer by one second, because
    /// Chromium never connects after it has rolled back an offer with its first data channel.
    #[must_use]
    pub fn plain_peer(mut self) -> Self {
        self.plain_peer = true;
        self
    }

    /// Makes the session answer only. It never creates an offer, for SFUs that offer themselves and ignore offers.
    ///
    /// Local tracks and channels are negotiated with the next offer of the remote peer, if it has media sections for them.
    /// Only the remote peer can restart ICE after a network failure.
    #[must_use]
    pub fn answer_only(mut self) -> Self {
        self.answer_only = true;
        self
    }

    /// Sets a function that changes the SDP of local descriptions, for what the API of browsers does not offer, such as
    /// stereo sound and limits of bit rates.
    ///
    /// The function receives each offer and each answer that the browser creates, and returns its SDP. The session sets
    /// that SDP as the local description, and sends to the remote peer what the browser then returns as the local
    /// description. It applies to both because some lines concern the receiver and others the sender: Chromium plays
    /// stereo only with `stereo=1` in its own description, and limits what it sends by the `b=AS` line of the remote peer.
    /// Candidates that are sent separately do not pass the function. An offer may be created again, and need not be sent.
    ///
    /// If the function returns an error, the session emits it as [`Failed`](super::SessionEvent::Failed), and is lost with
    /// [`LostReason::SdpTransformFailed`](super::LostReason::SdpTransformFailed). SDP that the browser refuses is treated
    /// as a failed negotiation. A browser may refuse changes at any time, so that APIs such as
    /// [`RtpSender::set_parameters`](crate::peer::RtpSender::set_parameters) and
    /// [`RtpTransceiver::set_codec_preferences`](crate::peer::RtpTransceiver::set_codec_preferences) are to be preferred.
    ///
    /// # Examples
    /// ```
    /// use browser_rtc::{negotiation::Politeness, session::SessionOptions};
    ///
    /// let stereo = SessionOptions::new(Politeness::Auto)
    ///     .sdp_transform(|description| Ok(description.sdp.replace("useinbandfec=1", "useinbandfec=1;stereo=1")));
    /// # let _ = stereo;
    /// ```
    #[must_use]
    pub fn sdp_transform(mut self, transform: impl Fn(&SessionDescription) -> Result<String> + 'static) -> Self {
        self.sdp_transform = Some(SdpTransform::new(transform));
        self
    }

    /// Sets the transform of a call, if there is one.
    #[must_use]
    pub(crate) fn shared_sdp_transform(mut self, transform: Option<SdpTransform>) -> Self {
        self.sdp_transform = transform;
        self
    }

    /// Sets the limit for the JSON text of one [`Signal`](crate::negotiation::Signal) on the link, in bytes. Default:
    /// unlimited.
    ///
    /// A larger description is sent in up to 256 parts, each of which is a signal. A signal that exceeds the limit even in
    /// parts is emitted once as [`Failed`](super::SessionEvent::Failed) with [`TooLarge`](crate::ErrorKind::TooLarge).
    /// [`Session::set_signal_limit`](super::Session::set_signal_limit) changes the limit later.
    #[must_use]
    pub fn signal_limit(mut self, bytes: usize) -> Self {
        self.signal_limit = Some(bytes);
        self
    }

    /// Sets a signal limit that several sessions share and that the owner of the cell may change.
    #[must_use]
    pub(crate) fn shared_signal_limit(mut self, bytes: Rc<Cell<usize>>) -> Self {
        self.shared_signal_limit = Some(bytes);
        self
    }

    /// Returns the shared signal limit, or a new cell with the session's own.
    pub(super) fn signal_limit_cell(&self) -> Rc<Cell<usize>> {
        let own_limit = || Rc::new(Cell::new(self.signal_limit.unwrap_or(usize::MAX)));
        self.shared_signal_limit.clone().unwrap_or_else(own_limit)
    }
}

impl From<Politeness> for SessionOptions {
    fn from(politeness: Politeness) -> Self {
        Self::new(politeness)
    }
}
