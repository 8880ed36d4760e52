//! A connection to one peer that negotiates and recovers by itself, over any link.
//!
//! A program neither offers nor answers nor forwards candidates: each change of the connection is negotiated. So a call
//! can be connected before the camera is open, and media then begins at once:
//!
//! ```no_run
//! # use browser_rtc::{Result, media::{self, Constraints, TrackKind}, session::Session};
//! # use browser_rtc::peer::{TransceiverDirection, TransceiverInit};
//! # use futures::StreamExt;
//! # async fn caller(session: Session) -> Result<()> {
//! let video = session.connection().add_transceiver(TrackKind::Video, &TransceiverInit::new())?;
//! let camera = media::get_user_media(&Constraints::new().video(true)).await?;
//! video.sender().replace_track(camera.tracks().first()).await?;
//! # Ok(()) }
//! # async fn callee(session: Session) -> Result<()> {
//! // The callee will send there as well.
//! let mut tracks = session.connection().tracks();
//! while let Some(arrived) = tracks.next().await {
//!     arrived.transceiver.set_direction(&TransceiverDirection::SendRecv)?;
//! }
//! # Ok(()) }
//! ```
//!
//! The media of the remote peer can be attached to an element before it arrives:
//!
//! ```no_run
//! # use browser_rtc::{Result, media::{self, MediaStream}, peer::RtpReceiver, session::Session};
//! # fn example(session: Session, camera: MediaStream, picture: &web_sys::HtmlMediaElement) -> Result<()> {
//! let pc = session.connection();
//! for track in camera.tracks() {
//!     pc.add_track(&track, &[&camera])?;
//! }
//! let coming: Vec<_> = pc.receivers().iter().map(RtpReceiver::track).collect();
//! let shown = media::show(picture, &MediaStream::from_tracks(&coming)?)?;
//! # Ok(()) }
//! ```
//!
//! Simulcast to an SFU, which speaks plain perfect negotiation or [`Signal`]s of its own:
//!
//! ```no_run
//! # use browser_rtc::{Error, Result, media::MediaStream, negotiation::{Politeness, Signal}};
//! # use browser_rtc::{peer::*, session::{Session, SessionOptions}};
//! # use futures::{Sink, Stream};
//! # fn example<L>(link: L, camera: MediaStream) -> Result<()>
//! # where L: Stream<Item = Signal> + Sink<Signal, Error = Error> + 'static {
//! let session = Session::new(&Configuration::new(), SessionOptions::new(Politeness::Polite).plain_peer(), link)?;
//! let [high, middle, low] = ["h", "m", "l"].map(|rid| Encoding::new().rid(rid));
//! let three_sizes = TransceiverInit::new()
//!     .direction(TransceiverDirection::SendOnly)
//!     .stream(&camera)
//!     .encoding(high)
//!     .encoding(middle.scale_resolution_down_by(2.0))
//!     .encoding(low.scale_resolution_down_by(4.0));
//! for track in camera.video_tracks() {
//!     session.connection().add_transceiver(&track, &three_sizes)?;
//! }
//! # Ok(()) }
//! ```

mod browser_quirks;
mod driver;
pub(crate) mod events;
mod link;
mod negotiated;
mod options;
mod traffic;

use std::{cell::Cell, fmt, future::Future, rc::Rc};

use futures::{Sink, Stream};
use wasm_bindgen_futures::spawn_local;

pub use browser_rtc_proto::recovery::Recovery;

use self::driver::SessionParts;
pub use self::{
    events::{LostReason, SessionEvent},
    link::{Link, MemoryLink, MemorySink},
    options::SessionOptions,
};
use crate::{
    error::{Error, Result},
    event::{Broadcast, EventStream},
    identity::identity,
    negotiation::Signal,
    peer::{Configuration, PeerConnection},
    wake::CloseSignal,
};

/// A connection to one peer that negotiates and recovers by itself.
///
/// Add and remove tracks, transceivers and channels on its [`connection`](Self::connection) at any time, on either
/// side: it offers and answers, also if both sides offer at once. If the network between the two breaks or changes, it
/// finds another path. [Specification](https://www.w3.org/TR/webrtc/#perfect-negotiation-example)
///
/// The link is anything that carries [`Signal`]s to the peer and back. It may lose or repeat some, and be interrupted; it
/// should keep their order. The session sends lost signals again, so a link need not. If the link ends, the session
/// continues for as long as the network holds.
///
/// The peer need not use this crate: a [plain peer](crate::negotiation) is recognized from what it sends.
///
/// On a session's connection, [`add_track`](PeerConnection::add_track) uses a sender again that
/// [`remove_track`](PeerConnection::remove_track) has emptied, so that descriptions stay bounded however often a track is
/// added and removed. The sender keeps its parameters and its codec preferences.
///
/// # Browser quirks
/// A Firefox receives no media after an offer of its own was rolled back, until the next negotiation succeeds: if a peer
/// refuses an offer for good, change something to have another created. A Chromium that refused an offer in which the
/// ids of RTP header extensions were remapped cannot create an offer any more; that is emitted once.
///
/// Clones share one session. It ends with [`close`](Self::close), when the last clone is dropped, when its connection
/// is closed, or when it is lost; then its connection is closed, and the remote peer is notified.
///
/// ```no_run
/// # use browser_rtc::{channel::ChannelInit, negotiation::{Politeness, Signal}, peer::Configuration};
/// # use browser_rtc::{session::{Session, SessionEvent}, Error, Result};
/// # use futures::{Sink, Stream, StreamExt};
/// # async fn example<L>(link: L) -> Result<()>
/// # where L: Stream<Item = Signal> + Sink<Signal, Error = Error> + 'static {
/// let session = Session::new(&Configuration::new(), Politeness::Auto, link)?;
/// let chat = session.connection().create_data_channel("chat", &ChannelInit::new().negotiated(1))?;
/// let mut events = session.events();
/// while let Some(event) = events.next().await {
///     if let SessionEvent::Reconnecting { attempt, .. } = event { /* … */ }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Session(Rc<SharedSession>);

struct SharedSession {
    pc: PeerConnection,
    events: Broadcast<SessionEvent>,
    signal_limit: Rc<Cell<usize>>,
    /// Asks the driver to end.
    closing: CloseSignal,
    /// The driver has ended.
    ended: CloseSignal,
}

impl Session {
    /// Creates a connection, and negotiates it over `link`. One side is
    /// [`Polite`](crate::negotiation::Politeness::Polite) and the other `Impolite`, or both are `Auto`.
    ///
    /// # Errors
    /// As [`PeerConnection::new`].
    pub fn new<L>(configuration: &Configuration, options: impl Into<SessionOptions>, link: L) -> Result<Self>
    where
        L: Stream<Item = Signal> + Sink<Signal> + 'static,
        L::Error: Into<Error>,
    {
        Ok(Self::from_connection(PeerConnection::new(configuration)?, options, link))
    }

    /// Creates a session from a connection that has not negotiated yet. Tracks and channels that were added to it before
    /// are negotiated.
    pub fn from_connection<L>(pc: PeerConnection, options: impl Into<SessionOptions>, link: L) -> Self
    where
        L: Stream<Item = Signal> + Sink<Signal> + 'static,
        L::Error: Into<Error>,
    {
        let (closing, ended) = (CloseSignal::default(), CloseSignal::default());
        let events = Broadcast::default();
        let options = options.into();
        let signal_limit = options.limit();
        let failures = events.clone();
        pc.reuse_senders(move |error| events::push(&failures, SessionEvent::Failed(error)));
        let parts = SessionParts {
            pc: pc.clone(),
            options,
            signal_limit: signal_limit.clone(),
            events: events.clone(),
            closing: closing.clone(),
            ended: ended.clone(),
        };
        spawn_local(driver::run(parts, link));
        Self(Rc::new(SharedSession { pc, events, signal_limit, closing, ended }))
    }

    /// Returns the connection. Tracks, transceivers and channels may be added and removed at any time; descriptions and
    /// candidates are left to the session.
    #[must_use]
    pub fn connection(&self) -> &PeerConnection {
        &self.0.pc
    }

    /// Returns a new subscription to the events of the session. The first one begins with the events so far, each later
    /// one with the next event. A stream holds 1,024 unread events; those after them are dropped, which
    /// `Failed(QuotaExceeded)` reports in their place. The stream ends with the session.
    pub fn events(&self) -> EventStream<SessionEvent> {
        self.0.events.subscribe(&self.0.ended)
    }

    /// Sets the limit of the JSON text of one signal from now on, in bytes, as [`SessionOptions::signal_limit`] does at
    /// the beginning. An offer that did not fit before is created within a second.
    pub fn set_signal_limit(&self, bytes: usize) {
        self.0.signal_limit.set(bytes);
    }

    /// Ends the session, closes its connection, and notifies the remote peer.
    pub fn close(&self) {
        self.0.closing.set();
    }

    /// Resolves when the session has ended, for any reason. Cancel safe.
    pub fn ended(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.0.ended.wait()
    }
}

impl Drop for SharedSession {
    fn drop(&mut self) {
        self.closing.set();
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("connection", self.connection()).finish_non_exhaustive()
    }
}

identity!(Session, |this, other| Rc::ptr_eq(&this.0, &other.0));
