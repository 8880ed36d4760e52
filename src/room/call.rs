//! An established call.

use std::{
    fmt,
    future::{self, Future},
    pin::pin,
    rc::{Rc, Weak},
};

use browser_rtc_proto::call::{EndReason, Phase, Role};
use futures::{
    FutureExt, StreamExt,
    future::{Either, select},
    select_biased,
};
use wasm_bindgen_futures::spawn_local;

use super::{
    control_channel::ControlChannel, options::CallOptions, shared_call::SharedCall, shared_room::SharedRoom,
    signal_link::SignalLink,
};
use crate::{
    channel::{ChannelInit, DEFAULT_RECEIVE_LIMIT, DataChannel},
    dtmf::DtmfSender,
    error::{Error, ErrorKind, Result},
    event::{Broadcast, EventStream},
    identity::identity,
    media::MediaStream,
    negotiation::Politeness,
    peer::{Configuration, ConnectionState, PeerConnection},
    session::{
        LostReason, Session, SessionEvent, SessionOptions, events,
        sdp_transform::SdpTransform,
        unclaimed::{self, Unclaimed},
    },
    signaling::{Data, Peer},
    timer::{self, Sleep},
    wake::CloseWait,
};

/// Timeout of the first connection between the two peers.
const CONNECT_TIMEOUT_MS: u32 = 45_000;

/// Time that the caller has to open a channel once the call is connected.
const CHANNEL_TIMEOUT_MS: u32 = 30_000;

/// An established call with one peer.
///
/// Clones share one call and compare equal. The call ends with [`hang_up`](Self::hang_up), when the last clone is dropped,
/// when the remote peer hangs up or leaves, or when the connection cannot be recovered. The connection is closed then, and
/// the local media is released, unless the program holds another clone of its stream or tracks. A call keeps its room
/// joined.
///
/// # Examples
/// ```no_run
/// # use browser_rtc::{media, room::Call, Result};
/// # use futures::StreamExt;
/// # async fn talk(call: Call, video: &web_sys::HtmlMediaElement) -> Result<()> {
/// let attachment = media::show(video, &call.remote_stream().await?)?;
/// let mut chat = call.channel("chat").await?;
/// chat.send("hello").await?;
/// while let Some(message) = chat.next().await { /* … */ }
/// # Ok(()) } // dropping the call hangs up
/// ```
#[derive(Clone)]
pub struct Call(Rc<ActiveCall>);

struct ActiveCall {
    call: Rc<SharedCall>,
    session: Session,
    unclaimed: Rc<Unclaimed>,
    events: Broadcast<SessionEvent>,
    _room: Rc<SharedRoom>,
}

impl Call {
    /// Establishes a call: waits for the media, rings unless the peer already rings here, and waits for the answer. The
    /// call ends if this fails or is dropped.
    pub(super) async fn establish(
        operation: &'static str,
        room: Rc<SharedRoom>,
        call: Rc<SharedCall>,
        options: CallOptions<'_>,
    ) -> Result<Self> {
        let guard = HangUpGuard(Some(&call));
        let CallOptions { media, metadata, ring_time, configuration, sdp_transform } = options;
        let ring_ms = ring_time.map(timer::milliseconds);
        call.set_options(metadata, ring_ms);
        let media = select_biased! {
            () = call.end_wait().fuse() => return Err(call.error(operation)),
            media = media.get().boxed_local().fuse() => media?,
        };
        call.ring()?;
        select_biased! {
            () = call.answered().boxed_local().fuse() => {}
            () = Sleep::new(ring_ms.unwrap_or_else(|| room.ring_ms())).fuse() => call.hang_up(EndReason::Unanswered),
        }
        if let Phase::Ended(_) = call.phase() {
            return Err(call.error(operation));
        }
        let configuration = room.configuration(configuration);
        let established = Self::connect(room, call.clone(), media.as_ref(), &configuration, sdp_transform)?;
        guard.disarm();
        Ok(established)
    }

    /// Starts the session of a call that both peers have accepted. The caller offers, and is impolite.
    fn connect(
        room: Rc<SharedRoom>,
        call: Rc<SharedCall>,
        media: Option<&MediaStream>,
        configuration: &Configuration,
        sdp_transform: Option<SdpTransform>,
    ) -> Result<Self> {
        let pc = PeerConnection::new(configuration)?;
        let (unclaimed, collect_task) = unclaimed::collect(&pc);
        spawn_local(collect_task);
        // With this channel the first offer is never empty, and later channels need no negotiation.
        let control_channel = ControlChannel::new(&pc, &call)?;
        call.accept()?;
        if let Some(stream) = media {
            for track in stream.tracks() {
                pc.add_track(&track, &[stream])?;
            }
        }
        spawn_local(control_channel.run());
        let politeness = if call.role() == Role::Caller { Politeness::Impolite } else { Politeness::Polite };
        let options = SessionOptions::new(politeness)
            .recovery(room.recovery())
            .shared_signal_limit(room.signal_limit())
            .shared_sdp_transform(sdp_transform);
        let session = Session::from_connection(pc, options, SignalLink::new(&call));
        let events = Broadcast::default();
        spawn_local(forward(session.events(), events.clone(), Rc::downgrade(&call)));
        spawn_local(check_server(session.link_checks(), Rc::downgrade(&call)));
        spawn_local(supervise(Rc::downgrade(&call), call.end_wait(), session.clone()));
        Ok(Self(Rc::new(ActiveCall { call, session, unclaimed, events, _room: room })))
    }

    /// Returns the remote peer. Its id may change after a restart of the signaling server, during which the call continues.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.0.call.peer()
    }

    /// Returns the metadata that the remote peer has passed to [`CallOptions::metadata`], if any: with its call, or with its
    /// answer.
    #[must_use]
    pub fn metadata(&self) -> Option<Data> {
        self.0.call.peer_metadata()
    }

    /// Returns the underlying connection, such as to add tracks and to read states and statistics.
    ///
    /// Changes to it are negotiated automatically. Its events include the tracks and channels that
    /// [`remote_stream`](Self::remote_stream) and [`channel`](Self::channel) return. Closing it hangs up.
    #[must_use]
    pub fn connection(&self) -> &PeerConnection {
        self.0.session.connection()
    }

    /// Waits for the first stream of the remote peer and returns it.
    ///
    /// There is no timeout, because a peer may begin to send at any time. If the first track belongs to no stream, the
    /// returned stream collects all tracks without a stream, including later ones. Later calls return the same stream.
    ///
    /// # Errors
    /// The reason for the end of the call, such as `Closed`, if it ends before a track has arrived.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub async fn remote_stream(&self) -> Result<MediaStream> {
        self.claim("remoteStream", Unclaimed::stream).await
    }

    /// Opens the channel with this label between the two peers, and waits until it is open.
    ///
    /// Both peers call this function with the same label, in any order. The caller of the call opens the channel; the
    /// callee waits for it. The callee waits for 30 seconds, counted from this function call or from the establishment of
    /// the connection, whichever is later, and may call the function again after that. A channel that the caller has
    /// already closed is returned if it has unread messages.
    ///
    /// The callee buffers up to 64 channels that have not been requested yet, each with up to 8 MiB of messages. Further
    /// channels are closed.
    ///
    /// # Errors
    /// - `Timeout` if the caller does not open the channel in time.
    /// - `Type` on the caller for a label of more than 65,535 bytes.
    /// - `Closed`, or another reason for the end of the call, if it ends first.
    ///
    /// # Cancel safety
    /// This function is cancel safe on the callee. On the caller, dropping the future closes the channel.
    pub async fn channel(&self, label: &str) -> Result<DataChannel> {
        self.channel_with(label, &ChannelInit::new()).await
    }

    /// Opens a channel as [`channel`](Self::channel) does, with options.
    ///
    /// The options of the caller apply, and the callee's are ignored. With a [negotiated](ChannelInit::negotiated) id,
    /// each peer opens the channel with its own options and only waits for the connection.
    ///
    /// # Errors
    /// The same errors as [`channel`](Self::channel), and `Operation` if the id is taken. Calls reserve the id 254.
    ///
    /// # Cancel safety
    /// The same as [`channel`](Self::channel). With a negotiated id, dropping the future closes the channel on either
    /// peer.
    pub async fn channel_with(&self, label: &str, init: &ChannelInit) -> Result<DataChannel> {
        if self.0.call.role() == Role::Caller || init.is_negotiated() {
            let channel = self.connection().create_data_channel(label, init)?;
            channel.opened().await?;
            return Ok(channel);
        }
        select_biased! {
            channel = self.claim_channel(label).boxed_local().fuse() => channel,
            error = self.channel_timeout(label).boxed_local().fuse() => Err(error),
        }
    }

    /// Waits for a channel that the caller has opened.
    async fn claim_channel(&self, label: &str) -> Result<DataChannel> {
        loop {
            let channel =
                self.claim("channel", |unclaimed| unclaimed.take_channel(|channel| channel.label() == label)).await?;
            // A closed channel may still have unread messages.
            if channel.opened().await.is_ok() || channel.has_messages() {
                channel.set_receive_limit(DEFAULT_RECEIVE_LIMIT);
                return Ok(channel);
            }
        }
    }

    async fn claim<T>(&self, operation: &'static str, take: impl Fn(&Unclaimed) -> Option<T>) -> Result<T> {
        let ActiveCall { call, unclaimed, .. } = &*self.0;
        unclaimed.next(call.end_wait(), take).await.ok_or_else(|| call.error(operation))
    }

    /// Resolves to the error when the caller has not opened a channel in time.
    async fn channel_timeout(&self, label: &str) -> Error {
        connected(&self.0.session).await;
        Sleep::new(CHANNEL_TIMEOUT_MS).await;
        let seconds = CHANNEL_TIMEOUT_MS / 1_000;
        let message = format!("the caller has not opened a data channel {label:?} within {seconds} seconds");
        Error::new("channel", ErrorKind::Timeout, message)
    }

    /// Returns the sender of telephone tones in the audio that this client sends.
    ///
    /// # Errors
    /// `NotSupported` if this client sends no audio, or the browser does not support DTMF.
    pub fn dtmf(&self) -> Result<DtmfSender> {
        self.connection().first_dtmf_sender()
    }

    /// Subscribes to the events of the connection between the two peers, such as network failures and recoveries.
    ///
    /// The first subscriber receives all events since the call was established. Each later subscriber receives the events
    /// from its subscription on. A stream buffers 1,024 unread events. Further events are dropped, which
    /// [`SessionEvent::Failed`] with `QuotaExceeded` reports once in their place. The stream ends with the call.
    pub fn events(&self) -> EventStream<SessionEvent> {
        self.0.events.subscribe(self.0.call.end_signal())
    }

    /// Ends the call, and notifies the remote peer.
    pub fn hang_up(&self) {
        self.0.call.hang_up(EndReason::HungUp);
    }

    /// Resolves to the reason when the call has ended. There is no timeout.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub fn ended(&self) -> impl Future<Output = EndReason> + Unpin + use<> {
        self.0.call.ended()
    }
}

impl Drop for ActiveCall {
    /// Hangs up explicitly, because handles of the incoming call may keep the shared call alive: each subscriber of the
    /// room has one.
    fn drop(&mut self) {
        self.call.hang_up(EndReason::HungUp);
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("peer", &self.peer())
            .field("connection", self.connection())
            .finish_non_exhaustive()
    }
}

identity!(Call, |this, other| Rc::ptr_eq(&this.0, &other.0));

/// A guard that hangs up when it is dropped, unless it is disarmed.
struct HangUpGuard<'a>(Option<&'a SharedCall>);

impl HangUpGuard<'_> {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for HangUpGuard<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.0 {
            call.hang_up(EndReason::HungUp);
        }
    }
}

/// Closes the connection when the call has ended. Ends the call if the peers cannot connect, or the page has closed the
/// connection.
async fn supervise(call: Weak<SharedCall>, end: CloseWait, session: Session) {
    let reason = select_biased! {
        () = end.fuse() => None,
        () = session.ended().fuse() => None,
        () = connect_timeout(&session).boxed_local().fuse() => Some(EndReason::ConnectionFailed),
        () = session.closed_by_page().boxed_local().fuse() => Some(EndReason::HungUp),
    };
    if let (Some(reason), Some(call)) = (reason, call.upgrade()) {
        call.hang_up(reason);
    }
    session.close();
}

/// Resolves if the peers are not connected in time. Stays pending if they are.
async fn connect_timeout(session: &Session) {
    let connected = pin!(connected(session));
    if let Either::Right(_) = select(Sleep::new(CONNECT_TIMEOUT_MS), connected).await {
        future::pending::<()>().await;
    }
}

/// Resolves when the peers are connected, or the connection has closed.
async fn connected(session: &Session) {
    let mut states = session.connection().connection_states();
    while states.next().await.is_some_and(|state| state != ConnectionState::Connected) {}
}

/// Forwards the events of the session, and ends the call when the session is lost or closed.
async fn forward(
    mut session_events: EventStream<SessionEvent>,
    events: Broadcast<SessionEvent>,
    call: Weak<SharedCall>,
) {
    while let Some(event) = session_events.next().await {
        let reason = end_reason(&event);
        events::push(&events, event);
        let Some(call) = call.upgrade() else { continue };
        if let Some(reason) = reason {
            call.hang_up(reason);
        }
    }
    // The session has ended without an event, because the local page has closed the connection.
    if let Some(call) = call.upgrade() {
        call.hang_up(EndReason::HungUp);
    }
}

/// Checks the socket to the server when the path to the peer may be broken, because they often break together.
async fn check_server(mut link_checks: EventStream<()>, call: Weak<SharedCall>) {
    while let Some(()) = link_checks.next().await {
        if let Some(call) = call.upgrade() {
            call.presence().check_health();
        }
    }
}

fn end_reason(event: &SessionEvent) -> Option<EndReason> {
    match event {
        SessionEvent::Lost { reason: LostReason::PeerClosed } => Some(EndReason::PeerHungUp),
        SessionEvent::Lost { reason: LostReason::PeerRestarted } => Some(EndReason::PeerLeft),
        SessionEvent::Lost { .. } => Some(EndReason::ConnectionFailed),
        _ => None,
    }
}
