//! A connection to one peer that negotiates and recovers by itself, over any link.
//!
//! Nobody offers, answers or passes candidates on: what is done to the connection is negotiated. So a call may be warmed
//! up, with everything connected before the camera is there, and media then begins at once:
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
//! # async fn other_side(session: Session) -> Result<()> {
//! // The other side will send there as well.
//! let mut tracks = session.connection().tracks();
//! while let Some(arrived) = tracks.next().await {
//!     arrived.transceiver.set_direction(&TransceiverDirection::SendRecv)?;
//! }
//! # Ok(()) }
//! ```
//!
//! What they send can be shown before anything is known of them; it begins when their media comes:
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
//! One picture in three sizes, to an SFU, which speaks plain perfect negotiation or [`Signal`]s of its own:
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

use browser_rtc_proto::recovery::PathEvent;
use futures::{Sink, Stream};
use wasm_bindgen_futures::spawn_local;

pub use browser_rtc_proto::recovery::Recovery;

pub use self::{
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

/// The reason why a session was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LostReason {
    /// The network between the two peers has failed, and no attempt to reconnect succeeded.
    ConnectionFailed,
    /// The peer has closed its session.
    PeerClosed,
    /// The peer has started a new session, such as a page that was reloaded. Only a new session reaches it.
    PeerRestarted,
}

impl LostReason {
    /// Returns the name of the reason, such as `connection-failed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionFailed => "connection-failed",
            Self::PeerClosed => "peer-closed",
            Self::PeerRestarted => "peer-restarted",
        }
    }
}

impl fmt::Display for LostReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What happens to a session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionEvent {
    /// The way to the peer is broken, and another is looked for.
    Reconnecting {
        /// Which try this is, from 1.
        attempt: u32,
    },
    /// There is a way again. Tracks and channels go on.
    Recovered,
    /// The session has ended, other than by our own doing. No event follows.
    Lost {
        /// Why.
        reason: LostReason,
    },
    /// Something failed that does not end the session. The same failure of the same offer is emitted once.
    ///
    /// - An offer cannot be made, or the peer refuses it: it is made again, at most six times without a change.
    /// - The peer's offer or candidate cannot be applied.
    /// - A description or candidate does not fit into the [signal limit](SessionOptions::signal_limit)
    ///   (`TooLarge`): it is sent once it fits.
    /// - The peer does not restart ICE.
    /// - The browser refuses a track that [`add_track`](PeerConnection::add_track) has taken.
    /// - The link failed.
    Failed(Error),
}

impl From<PathEvent> for SessionEvent {
    fn from(event: PathEvent) -> Self {
        match event {
            PathEvent::Reconnecting { attempt } => Self::Reconnecting { attempt },
            PathEvent::Recovered => Self::Recovered,
            PathEvent::Lost => Self::Lost { reason: LostReason::ConnectionFailed },
        }
    }
}

/// A connection to one peer that negotiates and recovers by itself.
///
/// Add and remove tracks, transceivers and channels on its [`connection`](Self::connection) at any time, from either
/// side: it offers and answers, also where both sides offer at once. Where the network between the two breaks or
/// changes, it looks for another way. [Specification](https://www.w3.org/TR/webrtc/#perfect-negotiation-example)
///
/// The link is anything that carries [`Signal`]s to the peer and back. It may lose or repeat some, and come and go;
/// it should keep their order. The session itself sends lost signals again, so a link need not. Where it ends, the
/// session continues for as long as the network holds.
///
/// The peer need not use this crate: a [plain peer](crate::negotiation) is recognized from what it sends.
///
/// On a session's connection, [`add_track`](PeerConnection::add_track) uses a sender again that
/// [`remove_track`](PeerConnection::remove_track) has emptied, so that descriptions stay bounded however often a track is
/// added and removed. The sender keeps its parameters and its codec preferences.
///
/// # Browser quirks
/// A Firefox receives no media any more after an offer of its own was rolled back, until the next negotiation succeeds:
/// where a peer refuses an offer for good, change something to have another made. A Chromium that refused an offer in
/// which the ids of RTP header extensions were remapped can make no offer any more; that is emitted once.
///
/// Clones share one session. It ends with [`close`](Self::close), when the last clone is dropped, when its connection
/// is closed, or when it is lost; then its connection is closed, and the other side is told.
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
///     if let SessionEvent::Reconnecting { attempt } = event { /* … */ }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Session(Rc<Inner>);

struct Inner {
    pc: PeerConnection,
    events: Broadcast<SessionEvent>,
    signal_limit: Rc<Cell<usize>>,
    /// Asks the task to end.
    closing: CloseSignal,
    /// The task has ended.
    ended: CloseSignal,
}

impl Session {
    /// A new connection, and its negotiation over `link`. One side is to be
    /// [`Polite`](crate::negotiation::Politeness::Polite) and the other `Impolite`, or both `Auto`.
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

    /// The same for a connection that is there already, and has not negotiated yet. What was added to it before is
    /// negotiated, whenever that was.
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
        let task = driver::Task {
            pc: pc.clone(),
            options,
            signal_limit: signal_limit.clone(),
            events: events.clone(),
            closing: closing.clone(),
            ended: ended.clone(),
        };
        spawn_local(task.run(link));
        Self(Rc::new(Inner { pc, events, signal_limit, closing, ended }))
    }

    /// The connection. Tracks, transceivers and channels may be added and removed at any time; descriptions and
    /// candidates are the session's own affair.
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
    /// the beginning. An offer that did not fit before is made within a second.
    pub fn set_signal_limit(&self, bytes: usize) {
        self.0.signal_limit.set(bytes);
    }

    /// Ends the session, closes its connection, and tells the other side.
    pub fn close(&self) {
        self.0.closing.set();
    }

    /// Resolves when the session has ended, whoever ended it. Cancel safe.
    pub fn ended(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.0.ended.wait()
    }
}

impl Drop for Inner {
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
