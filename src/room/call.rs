//! A call that both peers have agreed to.

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
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::{
    control_channel::ControlChannel,
    media::CallMedia,
    shared_call::SharedCall,
    shared_room::SharedRoom,
    signal_link::SignalLink,
    unclaimed::{self, Unclaimed},
};
use crate::{
    channel::{ChannelInit, DEFAULT_RECEIVE_LIMIT, DataChannel},
    dtmf::DtmfSender,
    error::{Error, ErrorKind, Result},
    event::{Broadcast, EventStream},
    identity::identity,
    media::{MediaStream, TrackKind},
    negotiation::Politeness,
    peer::{ConnectionState, PeerConnection, RtpSender, SignalingState},
    session::{LostReason, Session, SessionEvent, SessionOptions, events},
    signaling::Peer,
    wake::CloseWait,
};

/// Time within which the two peers must be connected for the first time.
const CONNECTING_MS: u32 = 45_000;

/// Time for which the callee waits for a channel that the caller does not ask for, once the call is connected.
const CHANNEL_MS: u32 = 30_000;

/// Interval of the checks that the page has not closed the browser's own connection, for which there is no event.
const CHECK_MS: u32 = 1_000;

/// A call with one peer: media both ways, channels, tones.
///
/// Clones share one call, and are equal. It ends with [`hang_up`](Self::hang_up), when the last clone is dropped, when
/// the remote peer does either, or when it leaves; then the connection is closed, and the media that was captured is
/// released unless the program holds it elsewhere. A call keeps its room.
///
/// ```no_run
/// # use browser_rtc::{media, room::Call, Result};
/// # use futures::StreamExt;
/// # async fn talk(call: Call, their_picture: &web_sys::HtmlMediaElement) -> Result<()> {
/// let shown = media::show(their_picture, &call.remote_stream().await?)?;
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
    /// Makes a call: waits for the media, rings unless the peer does, and begins once both peers have accepted. If that
    /// fails or is dropped, the call ends.
    pub(super) async fn establish(
        operation: &'static str,
        room: Rc<SharedRoom>,
        call: Rc<SharedCall>,
        media: CallMedia<'_>,
    ) -> Result<Self> {
        let attempt = Attempt(Some(&call));
        let media = select_biased! {
            () = call.end_wait().fuse() => return Err(call.error(operation)),
            media = media.get().boxed_local().fuse() => media?,
        };
        call.ring()?;
        select_biased! {
            () = call.answered().boxed_local().fuse() => {}
            () = TimeoutFuture::new(room.ring_ms()).fuse() => call.hang_up(EndReason::Unanswered),
        }
        if let Phase::Ended(_) = call.phase() {
            return Err(call.error(operation));
        }
        let established = Self::begin(room, call.clone(), media.as_ref())?;
        attempt.succeeded();
        Ok(established)
    }

    /// Begins a call that both peers have agreed to. The caller offers, and is impolite.
    fn begin(room: Rc<SharedRoom>, call: Rc<SharedCall>, media: Option<&MediaStream>) -> Result<Self> {
        let pc = PeerConnection::new(&room.configuration())?;
        let (unclaimed, collecting) = unclaimed::collect(&pc);
        spawn_local(collecting);
        // With this channel there is always something to offer, and later channels need no negotiation.
        let control_channel = ControlChannel::new(&pc, &call)?;
        call.accept()?;
        if let Some(stream) = media {
            for track in stream.tracks() {
                pc.add_track(&track, &[stream])?;
            }
        }
        spawn_local(control_channel.run());
        let politeness = if call.role() == Role::Caller { Politeness::Impolite } else { Politeness::Polite };
        let options =
            SessionOptions::new(politeness).recovery(room.recovery()).shared_signal_limit(room.signal_limit());
        let session = Session::from_connection(pc, options, SignalLink::new(&call));
        let events = Broadcast::default();
        spawn_local(forward(session.events(), events.clone(), Rc::downgrade(&call)));
        spawn_local(supervise(Rc::downgrade(&call), call.end_wait(), session.clone()));
        Ok(Self(Rc::new(ActiveCall { call, session, unclaimed, events, _room: room })))
    }

    /// Returns the peer. It may have another id after the signaling server was restarted; the call continues.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.0.call.peer()
    }

    /// Returns the connection, for everything else that can be done with it: add tracks, read its states. It negotiates
    /// by itself. What arrives goes to this call's [`remote_stream`](Self::remote_stream) and
    /// [`channel`](Self::channel) too. Closing it hangs up.
    #[must_use]
    pub fn connection(&self) -> &PeerConnection {
        self.0.session.connection()
    }

    /// Returns the first stream that the peer sends. If its first track belongs to no stream, that is a stream which
    /// collects all such tracks, also those that come later. It waits until a track arrives, as a peer may begin to send
    /// at any time, or the call ends. Cancel safe.
    ///
    /// # Errors
    /// That of the call's end, such as `Closed`, if the peer has sent nothing before.
    pub async fn remote_stream(&self) -> Result<MediaStream> {
        self.claim("remoteStream", Unclaimed::stream).await
    }

    /// Returns a channel of this label between the two peers: both ask for it, in any order. It is open when this
    /// resolves, or has been and has the messages that arrived. Cancel safe, though a channel that the caller asked for
    /// and dropped has been opened and closed.
    ///
    /// The caller opens the channel. The callee waits for it for 30 seconds, counted from when the call is connected or
    /// from the call of this function, whichever is later; it may ask again then. Of the caller's channels, 64 wait to be
    /// asked for here, each with 8 MiB of messages; further ones are closed.
    ///
    /// # Errors
    /// `Timeout` if the caller does not ask for the channel in that time; `Type` for a label of more than 65,535 bytes;
    /// or that of the call's end, such as `Closed`, if that comes first.
    pub async fn channel(&self, label: &str) -> Result<DataChannel> {
        self.channel_with(label, &ChannelInit::new()).await
    }

    /// Returns a channel as [`channel`](Self::channel) does, with options, of which those of the caller count. If an id
    /// is agreed on beforehand, each peer opens the channel with its own options, and nothing is waited for but the
    /// connection.
    ///
    /// # Errors
    /// As [`channel`](Self::channel), and `Operation` if the id is taken. Calls use the id 254 themselves.
    pub async fn channel_with(&self, label: &str, init: &ChannelInit) -> Result<DataChannel> {
        if self.0.call.role() == Role::Caller || init.is_negotiated() {
            let channel = self.connection().create_data_channel(label, init)?;
            channel.opened().await?;
            return Ok(channel);
        }
        select_biased! {
            channel = self.claim_channel(label).boxed_local().fuse() => channel,
            error = self.unopened(label).boxed_local().fuse() => Err(error),
        }
    }

    /// Waits for a channel that the caller has opened.
    async fn claim_channel(&self, label: &str) -> Result<DataChannel> {
        loop {
            let channel = self.claim("channel", |unclaimed| unclaimed.take_channel(label)).await?;
            // One that has closed still has the messages that arrived on it.
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

    /// Waits until the caller has had its time to open a channel.
    async fn unopened(&self, label: &str) -> Error {
        connected(&self.0.session).await;
        TimeoutFuture::new(CHANNEL_MS).await;
        let message = format!("the caller has not opened a channel {label:?}");
        Error::new("channel", ErrorKind::Timeout, message)
    }

    /// Returns a sender of telephone tones in the sound that this peer sends.
    ///
    /// # Errors
    /// `NotSupported` if this peer sends no sound.
    pub fn dtmf(&self) -> Result<DtmfSender> {
        let sends_sound = |sender: &RtpSender| sender.track().is_some_and(|track| track.kind() == TrackKind::Audio);
        match self.connection().senders().into_iter().find(sends_sound) {
            Some(sender) => sender.dtmf(),
            None => Err(Error::new("dtmf", ErrorKind::NotSupported, "tones need a microphone in the call")),
        }
    }

    /// Returns a new subscription to the events of the connection between the two peers: that it is broken and has
    /// recovered, and each negotiation that has failed. The first one begins with the events so far, each later one with
    /// the next event. A stream holds 1,024 unread events; those after them are dropped, which `Failed(QuotaExceeded)`
    /// reports in their place. The stream ends with the call.
    pub fn events(&self) -> EventStream<SessionEvent> {
        self.0.events.subscribe(self.0.call.end_signal())
    }

    /// Ends the call, and notifies the peer.
    pub fn hang_up(&self) {
        self.0.call.hang_up(EndReason::HungUp);
    }

    /// Resolves when the call has ended, with the reason, however long that takes. Cancel safe.
    pub fn ended(&self) -> impl Future<Output = EndReason> + Unpin + use<> {
        self.0.call.ended()
    }
}

impl Drop for ActiveCall {
    /// Hangs up here, as handles of the former ring may keep the shared call: each subscriber of the room has one.
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

/// An attempt to make a call, which hangs up unless it succeeds.
struct Attempt<'a>(Option<&'a SharedCall>);

impl Attempt<'_> {
    fn succeeded(mut self) {
        self.0 = None;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.0 {
            call.hang_up(EndReason::HungUp);
        }
    }
}

/// Closes the connection when the call has ended, and ends the call if the connection cannot be made, or the page has
/// closed it.
async fn supervise(call: Weak<SharedCall>, end: CloseWait, session: Session) {
    let reason = select_biased! {
        () = end.fuse() => None,
        () = session.ended().fuse() => None,
        () = never_connected(&session).boxed_local().fuse() => Some(EndReason::ConnectionFailed),
        () = closed_by_page(&session).boxed_local().fuse() => Some(EndReason::HungUp),
    };
    if let (Some(reason), Some(call)) = (reason, call.upgrade()) {
        call.hang_up(reason);
    }
    session.close();
}

/// Resolves when the peers have not been connected in time.
async fn never_connected(session: &Session) {
    let connected = pin!(connected(session));
    if let Either::Right(_) = select(TimeoutFuture::new(CONNECTING_MS), connected).await {
        future::pending::<()>().await;
    }
}

/// Resolves when the peers are connected, or the connection has closed.
async fn connected(session: &Session) {
    let mut states = session.connection().connection_states();
    while states.next().await.is_some_and(|state| state != ConnectionState::Connected) {}
}

/// Resolves when the page has closed the browser's own connection.
async fn closed_by_page(session: &Session) {
    while session.connection().signaling_state() != SignalingState::Closed {
        TimeoutFuture::new(CHECK_MS).await;
    }
}

/// Forwards the events of the session, and ends the call when its session is lost or closed.
async fn forward(mut session: EventStream<SessionEvent>, events: Broadcast<SessionEvent>, call: Weak<SharedCall>) {
    while let Some(event) = session.next().await {
        let reason = end_reason(&event);
        let is_broken = matches!(event, SessionEvent::Reconnecting { .. });
        events::push(&events, event);
        let Some(call) = call.upgrade() else { continue };
        if is_broken {
            // The path to the server may be broken as well.
            call.presence().check_health();
        }
        if let Some(reason) = reason {
            call.hang_up(reason);
        }
    }
    // Without a reason of its own, this page has closed the connection.
    if let Some(call) = call.upgrade() {
        call.hang_up(EndReason::HungUp);
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
