//! A peer connection that negotiates and recovers automatically, over any signaling link.
//!
//! A [`Session`] owns a [`PeerConnection`] and the signaling for it. The program adds and removes tracks, transceivers and
//! channels at any time. The session creates and answers offers, exchanges ICE candidates, resolves collisions of offers
//! by the [perfect negotiation](https://www.w3.org/TR/webrtc/#perfect-negotiation-example) pattern, and restarts ICE
//! when the network fails. It needs a link, which carries [`Signal`]s to the remote peer and back. For peers that meet on
//! the signaling server of this project, [`room`](crate::room) provides sessions with a link.
//!
//! ```no_run
//! use browser_rtc::{
//!     Error, Result,
//!     channel::ChannelInit,
//!     negotiation::{Politeness, Signal},
//!     peer::{Configuration, IceServer},
//!     session::{Session, SessionEvent},
//! };
//! use futures::{Sink, Stream, StreamExt};
//! use web_sys::Element;
//!
//! // Both peers run this function.
//! async fn connect<L>(link: L, status: &Element) -> Result<()>
//! where
//!     L: Stream<Item = Signal> + Sink<Signal, Error = Error> + 'static,
//! {
//!     let configuration = Configuration::new().ice_server(IceServer::stun("stun:stun.example.org"));
//!     let session = Session::new(&configuration, Politeness::Auto, link)?;
//!     let mut events = session.events();
//!
//!     let chat = session.connection().create_data_channel("chat", &ChannelInit::new().negotiated(1))?;
//!     chat.send("hello").await?; // waits until the peers are connected
//!
//!     while let Some(event) = events.next().await {
//!         let text = match event {
//!             SessionEvent::Reconnecting { attempt, .. } => format!("reconnecting, attempt {attempt}"),
//!             SessionEvent::Recovered => "connected".to_owned(),
//!             SessionEvent::Lost { reason, .. } => format!("lost: {reason}"),
//!             SessionEvent::Failed(error) => error.to_string(),
//!             _ => continue,
//!         };
//!         status.set_text_content(Some(&text));
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Types
//!
//! | Type | Purpose |
//! |---|---|
//! | [`Session`] | The session: gives access to the connection, and closes it |
//! | [`SessionOptions`] | Politeness, recovery, and the capabilities of the link and the remote peer |
//! | [`Recovery`] | When ICE is restarted after a network failure, and when the session is given up |
//! | [`SessionEvent`] | An event of a session: network failures, recoveries, failed negotiations, the end |
//! | [`LostReason`] | The reason for which a session was lost |
//! | [`Link`] | A link from any stream and sink of signals, or from a function that sends |
//! | [`MemoryLink`], [`MemorySink`] | A link between two sessions of one page, for tests and demos |
//!
//! [`negotiation`](crate::negotiation) has the signals themselves, which are JSON, and the state machine behind a session.
//!
//! # Early media
//!
//! A session can connect while the user is asked for the camera, so that media starts as soon as the camera is open. A
//! transceiver is added before the track exists:
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
//! // The remote peer sends on the same transceiver.
//! let mut tracks = session.connection().tracks();
//! while let Some(event) = tracks.next().await {
//!     event.transceiver.set_direction(&TransceiverDirection::SendRecv)?;
//! }
//! # Ok(()) }
//! ```
//!
//! Remote tracks exist before their media arrives, and can be attached to an element immediately:
//!
//! ```no_run
//! # use browser_rtc::{Result, media::{self, MediaStream}, peer::RtpReceiver, session::Session};
//! # fn example(session: Session, camera: MediaStream, video: &web_sys::HtmlMediaElement) -> Result<()> {
//! let pc = session.connection();
//! for track in camera.tracks() {
//!     pc.add_track(&track, &[&camera])?;
//! }
//! let remote_tracks: Vec<_> = pc.receivers().iter().map(RtpReceiver::track).collect();
//! let attachment = media::show(video, &MediaStream::from_tracks(&remote_tracks)?)?;
//! # Ok(()) }
//! ```
//!
//! # SFUs
//!
//! A server that supports plain perfect negotiation is a [plain peer](SessionOptions::plain_peer). For a server with
//! another protocol, the link converts [`Signal`]s to its messages and back. Simulcast to an SFU:
//!
//! ```no_run
//! # use browser_rtc::{Error, Result, media::MediaStream, negotiation::{Politeness, Signal}};
//! # use browser_rtc::{peer::*, session::{Session, SessionOptions}};
//! # use futures::{Sink, Stream};
//! # fn example<L>(link: L, camera: MediaStream) -> Result<()>
//! # where L: Stream<Item = Signal> + Sink<Signal, Error = Error> + 'static {
//! let session = Session::new(&Configuration::new(), SessionOptions::new(Politeness::Polite).plain_peer(), link)?;
//! let [high, middle, low] = ["h", "m", "l"].map(|rid| Encoding::new().rid(rid));
//! let simulcast = TransceiverInit::new()
//!     .direction(TransceiverDirection::SendOnly)
//!     .stream(&camera)
//!     .encoding(high)
//!     .encoding(middle.scale_resolution_down_by(2.0))
//!     .encoding(low.scale_resolution_down_by(4.0));
//! for track in camera.video_tracks() {
//!     session.connection().add_transceiver(&track, &simulcast)?;
//! }
//! # Ok(()) }
//! ```
//!
//! # Browser quirks
//!
//! A session corrects or avoids most quirks of browsers. Two of them remain visible:
//!
//! - Firefox receives no media after its own offer was rolled back, until the next negotiation succeeds. If a peer
//!   permanently refuses an offer, change the connection, so that the session creates another offer.
//! - Chromium cannot create any offer after it has refused an offer that remaps the ids of RTP header extensions. The
//!   session emits [`SessionEvent::Failed`] once in this case.

mod browser_quirks;
mod driver;
pub(crate) mod events;
mod evidence;
mod link;
mod negotiated;
mod options;
pub(crate) mod sdp_transform;
mod traffic;
pub(crate) mod unclaimed;

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
    event::{Broadcast, EventStream, Queue},
    identity::identity,
    negotiation::Signal,
    peer::{Configuration, PeerConnection, SignalingState},
    timer::Sleep,
    wake::CloseSignal,
};

/// Interval at which the state of the browser's connection is polled for [`Session::closed_by_page`].
const CLOSE_POLL_MS: u32 = 1_000;

/// A peer connection that negotiates and recovers automatically.
///
/// Both peers may add and remove tracks, transceivers and channels on the [`connection`](Self::connection) at any time,
/// including at the same time. If the network between the peers fails or changes, the session restarts ICE.
/// [Specification](https://www.w3.org/TR/webrtc/#perfect-negotiation-example)
///
/// Clones share one session and compare equal. The session ends with [`close`](Self::close), when the last clone is
/// dropped, when its connection is closed, or when it is lost. The connection is closed then, and the remote peer is
/// notified.
///
/// # The link
/// A link is a stream of the remote peer's [`Signal`]s and a sink for the local ones. It should keep their order. It may
/// lose or duplicate signals and may be interrupted, because the session resends and deduplicates signals. If the link
/// ends, the session continues until the network fails.
///
/// # The remote peer
/// The remote peer need not use this crate. A [plain peer](crate::negotiation) is detected from its first signal, or
/// declared with [`SessionOptions::plain_peer`].
///
/// # Reuse of senders
/// On the connection of a session, [`add_track`](PeerConnection::add_track) reuses a sender that
/// [`remove_track`](PeerConnection::remove_track) has emptied. Session descriptions therefore do not grow each time that a
/// track is removed and added. The sender keeps its parameters and codec preferences.
///
/// # Examples
/// ```no_run
/// # use browser_rtc::{channel::ChannelInit, negotiation::{Politeness, Signal}, peer::Configuration};
/// # use browser_rtc::{session::Session, Error, Result};
/// # use futures::{Sink, Stream};
/// # async fn example<L>(link: L) -> Result<()>
/// # where L: Stream<Item = Signal> + Sink<Signal, Error = Error> + 'static {
/// let session = Session::new(&Configuration::new(), Politeness::Auto, link)?;
/// let chat = session.connection().create_data_channel("chat", &ChannelInit::new().negotiated(1))?;
/// chat.send("hello").await?; // waits until the peers are connected
/// session.ended().await;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Session(Rc<SharedSession>);

struct SharedSession {
    pc: PeerConnection,
    events: Broadcast<SessionEvent>,
    link_checks: Queue<()>,
    signal_limit: Rc<Cell<usize>>,
    /// Set to end the driver.
    closing: CloseSignal,
    /// Set when the driver has ended.
    ended: CloseSignal,
}

impl Session {
    /// Creates a connection and negotiates it over `link`.
    ///
    /// `options` are [`SessionOptions`] or only a [`Politeness`](crate::negotiation::Politeness). One peer is `Polite` and
    /// the other one `Impolite`, or both are `Auto`.
    ///
    /// # Errors
    /// The same errors as [`PeerConnection::new`].
    pub fn new<L>(configuration: &Configuration, options: impl Into<SessionOptions>, link: L) -> Result<Self>
    where
        L: Stream<Item = Signal> + Sink<Signal> + 'static,
        L::Error: Into<Error>,
    {
        Ok(Self::from_connection(PeerConnection::new(configuration)?, options, link))
    }

    /// Creates a session from a connection that has not negotiated yet.
    ///
    /// The first negotiation includes the tracks and channels that the connection already has.
    pub fn from_connection<L>(pc: PeerConnection, options: impl Into<SessionOptions>, link: L) -> Self
    where
        L: Stream<Item = Signal> + Sink<Signal> + 'static,
        L::Error: Into<Error>,
    {
        let (closing, ended) = (CloseSignal::default(), CloseSignal::default());
        let (events, link_checks) = (Broadcast::default(), Queue::default());
        let options = options.into();
        let signal_limit = options.signal_limit_cell();
        let failures = events.clone();
        pc.reuse_senders(move |error| events::push(&failures, SessionEvent::Failed(error)));
        let parts = SessionParts {
            pc: pc.clone(),
            options,
            signal_limit: signal_limit.clone(),
            events: events.clone(),
            link_checks: link_checks.clone(),
            closing: closing.clone(),
            ended: ended.clone(),
        };
        spawn_local(driver::run(parts, link));
        Self(Rc::new(SharedSession { pc, events, link_checks, signal_limit, closing, ended }))
    }

    /// Returns the connection.
    ///
    /// The program may add and remove tracks, transceivers and channels at any time. The session sets the descriptions and
    /// adds the candidates.
    #[must_use]
    pub fn connection(&self) -> &PeerConnection {
        &self.0.pc
    }

    /// Subscribes to the events of the session.
    ///
    /// The first subscriber receives all events since the session was created. Each later subscriber receives the events
    /// from its subscription on. A stream buffers 1,024 unread events. Further events are dropped, which
    /// [`SessionEvent::Failed`] with `QuotaExceeded` reports once in their place. The stream ends with the session.
    pub fn events(&self) -> EventStream<SessionEvent> {
        self.0.events.subscribe(&self.0.ended)
    }

    /// Returns a stream of the times at which the link may be broken, together with the path. Only one may exist.
    pub(crate) fn link_checks(&self) -> EventStream<()> {
        EventStream::from_queue(self.0.link_checks.clone(), &self.0.ended)
    }

    /// Changes the [limit](SessionOptions::signal_limit) for the JSON text of one signal, in bytes.
    ///
    /// An offer that exceeded the previous limit is retried within one second.
    pub fn set_signal_limit(&self, bytes: usize) {
        self.0.signal_limit.set(bytes);
    }

    /// Resolves when the page has closed the connection through the browser's own API, which fires no event.
    pub(crate) async fn closed_by_page(&self) {
        while self.connection().signaling_state() != SignalingState::Closed {
            Sleep::new(CLOSE_POLL_MS).await;
        }
    }

    /// Ends the session, closes its connection, and notifies the remote peer.
    pub fn close(&self) {
        self.0.closing.set();
    }

    /// Resolves when the session has ended, for any reason. There is no timeout.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
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
