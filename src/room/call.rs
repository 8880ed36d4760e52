//! A call that both sides have agreed to.

use std::{
    cell::RefCell,
    fmt,
    future::{self, Future},
    pin::{Pin, pin},
    rc::{Rc, Weak},
    slice,
    task::Poll,
};

use browser_rtc_proto::call::EndReason;
use futures::{
    FutureExt, StreamExt,
    future::{Either, select},
    select_biased,
};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::{
    Room,
    call_state::CallState,
    peer_route::{self, Link},
};
use crate::{
    channel::{ChannelInit, ChannelState, DEFAULT_RECEIVE_LIMIT, DataChannel},
    dtmf::DtmfSender,
    error::{Error, ErrorKind, Result},
    event::{Broadcast, EventStream},
    identity::identity,
    media::{MediaStream, MediaStreamTrack, TrackKind, TrackState},
    negotiation::Politeness,
    peer::{ConnectionState, PeerConnection, SignalingState, TrackEvent},
    session::{LostReason, Session, SessionEvent, SessionOptions, events},
    signaling::Peer,
    wake::{CloseWait, WakerSet},
};

/// How long it may take until the two peers are connected for the first time.
const CONNECTING_MS: u32 = 45_000;

/// How long the callee waits for a channel that the caller does not ask for, once the call is connected.
const CHANNEL_MS: u32 = 30_000;

/// How often a call checks that the page has not closed the browser's own connection, of which there is no event.
const CHECK_MS: u32 = 1_000;

/// The label and id of the channel that each call has of its own. The id is known to both peers. It is not one of the
/// low ids, which the channels of a peer without this crate get first: its DTLS client begins with 0, its server with
/// 1. And it is below 256, which is the number of streams that Firefox negotiates at first.
pub(super) const OWN_CHANNEL: &str = "browser-rtc";
pub(super) const OWN_CHANNEL_ID: u16 = 254;

/// The number of channels that wait to be asked for, and the bytes that each of them holds: the peer opens them at will.
const UNCLAIMED_CHANNELS: usize = 64;
const UNCLAIMED_BYTES: u32 = 8 * 1024 * 1024;

/// A call with one peer: media both ways, channels, tones.
///
/// Clones share one call, and are equal. It ends with [`hang_up`](Self::hang_up), when the last clone is dropped, when the other
/// side does either, or when they leave; then the connection is closed, and what we captured is freed unless the
/// program holds it elsewhere. A call keeps its room.
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
pub struct Call(Rc<Inner>);

struct Inner {
    /// Dropped first, so that they are told before the connection goes.
    call_state: Rc<CallState>,
    session: Session,
    caller: bool,
    arrivals: Rc<Arrivals>,
    events: Broadcast<SessionEvent>,
    _room: Room,
}

/// What the peer has sent, until it is asked for.
#[derive(Default)]
struct Arrivals {
    stream: RefCell<Option<MediaStream>>,
    /// Collects the tracks that the peer sends in no stream.
    collected: RefCell<Option<MediaStream>>,
    channels: RefCell<Vec<DataChannel>>,
    changed: WakerSet,
}

impl Arrivals {
    /// Takes a track. Without memory for a stream of its own, it has none.
    fn take_track(&self, event: TrackEvent) {
        let stream = match event.streams.into_iter().next() {
            Some(stream) => Some(stream),
            None => self.collect(&event.track),
        };
        if let Some(stream) = stream {
            self.stream.borrow_mut().get_or_insert(stream);
        }
    }

    /// Adds a track to those without a stream. Those that have ended go, so that the peer cannot pile them up.
    fn collect(&self, track: &MediaStreamTrack) -> Option<MediaStream> {
        let mut collected = self.collected.borrow_mut();
        if let Some(stream) = &*collected {
            for former in stream.tracks().iter().filter(|former| former.state() == TrackState::Ended) {
                stream.remove_track(former);
            }
            stream.add_track(track);
        } else {
            *collected = MediaStream::from_tracks(slice::from_ref(track)).ok();
        }
        collected.clone()
    }

    /// Takes a channel.
    fn push(&self, channel: DataChannel) {
        let mut channels = self.channels.borrow_mut();
        channels.retain(|channel| channel.state() != ChannelState::Closed || channel.has_messages());
        if channels.len() == UNCLAIMED_CHANNELS {
            channel.close();
            return;
        }
        channel.set_receive_limit(UNCLAIMED_BYTES);
        channels.push(channel);
    }

    fn take(&self, label: &str) -> Option<DataChannel> {
        let mut channels = self.channels.borrow_mut();
        let position = channels.iter().position(|channel| channel.label() == label)?;
        Some(channels.remove(position))
    }
}

impl Call {
    /// Begins a call that both peers have agreed to. If that fails, the call ends.
    pub(super) fn start(
        room: &Room,
        call_state: &Rc<CallState>,
        media: Option<&MediaStream>,
        caller: bool,
    ) -> Result<Self> {
        Self::connect(room, call_state.clone(), media, caller).inspect_err(|_| call_state.hang_up())
    }

    /// Makes the connection. The caller offers, and is impolite.
    fn connect(room: &Room, call_state: Rc<CallState>, media: Option<&MediaStream>, caller: bool) -> Result<Self> {
        let pc = PeerConnection::new(&room.0.configuration())?;
        let arrivals = Rc::<Arrivals>::default();
        spawn_local(collect(pc.tracks(), pc.data_channels(), arrivals.clone()));
        // With this channel there is always something to offer, and later channels need no negotiation.
        let own_channel = pc.create_data_channel(OWN_CHANNEL, &ChannelInit::new().negotiated(OWN_CHANNEL_ID))?;
        let politeness = if caller { Politeness::Impolite } else { Politeness::Polite };
        if !caller {
            call_state.accept()?;
        }
        if let Some(stream) = media {
            for track in stream.tracks() {
                pc.add_track(&track, &[stream])?;
            }
        }
        spawn_local(peer_route::keep(Rc::downgrade(&call_state), own_channel, pc.connection_states()));
        let options = SessionOptions::new(politeness)
            .recovery(room.0.recovery.clone())
            .shared_signal_limit(room.0.signal_limit.clone());
        let session = Session::from_connection(pc, options, Link::new(&call_state));
        let events = Broadcast::default();
        spawn_local(watch(session.events(), events.clone(), Rc::downgrade(&call_state)));
        spawn_local(run(Rc::downgrade(&call_state), call_state.end.wait(), session.clone()));
        Ok(Self(Rc::new(Inner { call_state, session, caller, arrivals, events, _room: room.clone() })))
    }

    /// Returns the peer. It may have another id after the signaling server was restarted; the call continues.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.0.call_state.peer()
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
        self.arrived("remoteStream", |arrivals| arrivals.stream.borrow().clone()).await
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
    /// `Timeout` if the caller does not ask for the channel in that time; `Type` for a label of more than 65,535 bytes; or
    /// that of the call's end, such as `Closed`, if that comes first.
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
        if self.0.caller || init.is_negotiated() {
            let channel = self.connection().create_data_channel(label, init)?;
            channel.opened().await?;
            return Ok(channel);
        }
        select_biased! {
            channel = self.claim(label).boxed_local().fuse() => channel,
            error = self.unopened(label).boxed_local().fuse() => Err(error),
        }
    }

    /// Waits for a channel that the caller has opened.
    async fn claim(&self, label: &str) -> Result<DataChannel> {
        loop {
            let channel = self.arrived("channel", |arrivals| arrivals.take(label)).await?;
            // One that has closed still has the messages that arrived on it.
            if channel.opened().await.is_ok() || channel.has_messages() {
                channel.set_receive_limit(DEFAULT_RECEIVE_LIMIT);
                return Ok(channel);
            }
        }
    }

    /// Waits until the caller has had its time to open a channel.
    async fn unopened(&self, label: &str) -> Error {
        let mut states = self.connection().connection_states();
        while states.next().await.is_some_and(|state| state != ConnectionState::Connected) {}
        TimeoutFuture::new(CHANNEL_MS).await;
        let message = format!("the caller has not opened a channel {label:?}");
        Error::new("channel", ErrorKind::Timeout, message)
    }

    /// Returns a sender of telephone tones in the sound that this peer sends.
    ///
    /// # Errors
    /// `NotSupported` if this peer sends no sound.
    pub fn dtmf(&self) -> Result<DtmfSender> {
        let sends_sound =
            |sender: &crate::peer::RtpSender| sender.track().is_some_and(|track| track.kind() == TrackKind::Audio);
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
        self.0.events.subscribe(&self.0.call_state.end)
    }

    /// Ends the call. The peer is told.
    pub fn hang_up(&self) {
        self.0.call_state.hang_up();
    }

    /// Resolves when the call has ended, with the reason, however long that takes. Cancel safe.
    pub fn ended(&self) -> impl Future<Output = EndReason> + Unpin + use<> {
        self.0.call_state.ended()
    }

    async fn arrived<T>(&self, operation: &'static str, take: impl Fn(&Arrivals) -> Option<T>) -> Result<T> {
        let Inner { call_state, arrivals, .. } = &*self.0;
        let mut changed = arrivals.changed.waiter();
        let mut end = call_state.end.wait();
        future::poll_fn(move |cx| {
            if Pin::new(&mut end).poll(cx).is_ready() {
                return Poll::Ready(Err(call_state.error(operation)));
            }
            changed.register(cx);
            take(arrivals).map_or(Poll::Pending, |arrived| Poll::Ready(Ok(arrived)))
        })
        .await
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

/// Closes the connection when the call has ended, and ends the call when the connection cannot be made, or the page has
/// closed it.
async fn run(call_state: Weak<CallState>, end: CloseWait, session: Session) {
    let give_up = |reason| {
        if let Some(call_state) = call_state.upgrade() {
            call_state.give_up(reason);
        }
    };
    let mut connected = session.connection().connection_states();
    let never_connected = async {
        let connected =
            async { while connected.next().await.is_some_and(|state| state != ConnectionState::Connected) {} };
        if let Either::Left(_) = select(TimeoutFuture::new(CONNECTING_MS), pin!(connected)).await {
            return;
        }
        future::pending::<()>().await;
    };
    select_biased! {
        () = end.fuse() => {}
        () = session.ended().fuse() => {}
        () = pin!(never_connected.fuse()) => give_up(EndReason::ConnectionFailed),
        () = closed_by_page(&session).boxed_local().fuse() => give_up(EndReason::HungUp),
    }
    session.close();
}

/// Resolves when the page has closed the browser's own connection.
async fn closed_by_page(session: &Session) {
    while session.connection().signaling_state() != SignalingState::Closed {
        TimeoutFuture::new(CHECK_MS).await;
    }
}

/// Keeps what the peer sends, until the connection ends.
async fn collect(mut tracks: EventStream<TrackEvent>, mut channels: EventStream<DataChannel>, arrivals: Rc<Arrivals>) {
    loop {
        select_biased! {
            track = tracks.next() => match track {
                Some(event) => arrivals.take_track(event),
                None => return,
            },
            channel = channels.next() => match channel {
                Some(channel) => arrivals.push(channel),
                None => return,
            },
        }
        arrivals.changed.wake_all();
    }
}

/// Passes events on, and ends the call when its session is lost or closed.
async fn watch(mut session: EventStream<SessionEvent>, events: Broadcast<SessionEvent>, call_state: Weak<CallState>) {
    while let Some(event) = session.next().await {
        let end = match &event {
            SessionEvent::Lost { reason: LostReason::PeerClosed } => Some(EndReason::PeerHungUp),
            SessionEvent::Lost { reason: LostReason::PeerRestarted } => Some(EndReason::PeerLeft),
            SessionEvent::Lost { .. } => Some(EndReason::ConnectionFailed),
            _ => None,
        };
        if let (SessionEvent::Reconnecting { .. }, Some(room)) =
            (&event, call_state.upgrade().and_then(|call_state| call_state.room.upgrade()))
        {
            room.check_health();
        }
        events::push(&events, event);
        if let (Some(reason), Some(call_state)) = (end, call_state.upgrade()) {
            call_state.give_up(reason);
        }
    }
    // Without a reason of its own, this page has closed the connection.
    if let Some(call_state) = call_state.upgrade() {
        call_state.hang_up();
    }
}
