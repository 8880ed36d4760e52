//! A call that both sides have agreed to.

use std::{
    cell::RefCell,
    fmt,
    future::{self, Future},
    pin::{Pin, pin},
    rc::{Rc, Weak},
    task::Poll,
};

use futures::{
    FutureExt, StreamExt,
    future::{Either, select},
    select_biased,
};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::{
    Room,
    address::{self, Link},
    leg::Leg,
};
use crate::{
    channel::{ChannelInit, ChannelState, DEFAULT_RECEIVE_LIMIT, DataChannel},
    dtmf::DtmfSender,
    error::{Error, ErrorKind, Result},
    event::{EventStream, Queue},
    media::{MediaStream, TrackKind},
    negotiation::Politeness,
    peer::{Configuration, ConnectionState, PeerConnection},
    session::{LostReason, Session, SessionEvent},
    signaling::Peer,
    spec_enum::spec_enum,
    wake::{EndWait, WakerSet},
};

/// How long it may take until the two are connected for the first time.
const CONNECTING_MS: u32 = 45_000;

/// How many channels wait to be asked for, and how much each of them holds: the other side opens them as it likes.
const UNCLAIMED_CHANNELS: usize = 64;
const UNCLAIMED_BYTES: u32 = 8 * 1024 * 1024;

spec_enum! {
    /// Why a call has ended.
    EndReason {
        /// We hung up, or dropped the call.
        HungUp = "hung-up",
        /// They hung up.
        PeerHungUp = "peer-hung-up",
        /// They did not take it.
        Declined = "declined",
        /// They are in another call.
        Busy = "busy",
        /// Nobody answered in time.
        Unanswered = "unanswered",
        /// They left the room, or their page was closed.
        PeerLeft = "peer-left",
        /// The network between the two has failed.
        ConnectionFailed = "connection-failed",
        /// We left the room.
        RoomClosed = "room-closed",
    }
}

/// A call with one peer: media both ways, channels, tones.
///
/// Clones share one call. It ends with [`hang_up`](Self::hang_up), when the last clone is dropped, when the other
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
    leg: Rc<Leg>,
    session: Session,
    caller: bool,
    arrivals: Rc<Arrivals>,
    events: Queue<SessionEvent>,
    _room: Room,
}

/// What the other side has sent, until somebody asks for it.
#[derive(Default)]
struct Arrivals {
    stream: RefCell<Option<MediaStream>>,
    channels: RefCell<Vec<DataChannel>>,
    changed: WakerSet,
}

impl Arrivals {
    /// A channel comes.
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
    /// Both sides have agreed; the caller offers, and is impolite.
    pub(super) async fn start(room: &Room, leg: Rc<Leg>, media: Option<MediaStream>, caller: bool) -> Result<Self> {
        let configuration = Configuration { ice_servers: room.ice_servers(), ..Configuration::default() };
        let pc = PeerConnection::new(&configuration)?;
        let arrivals = Rc::<Arrivals>::default();
        spawn_local(collect(pc.tracks(), pc.data_channels(), arrivals.clone()));
        // With this channel there is always something to offer, and later channels need no negotiation.
        let own_channel = pc.create_data_channel("browser-rtc", &ChannelInit::new().negotiated(0))?;
        let politeness = if caller { Politeness::Impolite } else { Politeness::Polite };
        if !caller {
            leg.accept()?;
        }
        if let Some(stream) = &media {
            for track in stream.tracks() {
                pc.add_track(&track, &[stream])?;
            }
        }
        spawn_local(address::keep(Rc::downgrade(&leg), own_channel, pc.connection_states()));
        let session = Session::from_connection(pc, politeness, Link::new(&leg));
        let events = Queue::default();
        spawn_local(watch(session.events(), events.clone(), Rc::downgrade(&leg)));
        spawn_local(run(Rc::downgrade(&leg), leg.end.wait(), session.clone()));
        Ok(Self(Rc::new(Inner { leg, session, caller, arrivals, events, _room: room.clone() })))
    }

    /// The other side. They may have another id once the signaling server was restarted; the call goes on.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.0.leg.peer()
    }

    /// The connection, for everything else that one can do with it: add tracks, read its states. It negotiates by
    /// itself. What comes in goes to this call's [`remote_stream`](Self::remote_stream) and
    /// [`channel`](Self::channel) too.
    #[must_use]
    pub fn connection(&self) -> &PeerConnection {
        self.0.session.connection()
    }

    /// The first stream that the other side sends; waits for it. Cancel safe.
    ///
    /// # Errors
    /// `Closed` or the like where the call ends first: one who sends nothing has no stream.
    pub async fn remote_stream(&self) -> Result<MediaStream> {
        self.arrived("remoteStream", |arrivals| arrivals.stream.borrow().clone()).await
    }

    /// A channel of this label between the two: both sides ask for it, in any order. It is open when this resolves, or
    /// has been and has what was said. Cancel safe, though a channel that the caller asked for and dropped has been
    /// opened and closed.
    ///
    /// Of the caller's channels, 64 wait to be asked for here, each with 8 MiB of messages; further ones are closed.
    ///
    /// # Errors
    /// `Closed` or the like where the call ends first, `Type` for a label of more than 65,535 bytes.
    pub async fn channel(&self, label: &str) -> Result<DataChannel> {
        self.channel_with(label, &ChannelInit::new()).await
    }

    /// The same with options, of which those of the caller count; where an id is agreed on beforehand, each side's own.
    ///
    /// # Errors
    /// As [`channel`](Self::channel), and `Operation` where the id is taken.
    pub async fn channel_with(&self, label: &str, init: &ChannelInit) -> Result<DataChannel> {
        const OPERATION: &str = "channel";
        if self.0.caller || init.is_negotiated() {
            let channel = self.connection().create_data_channel(label, init)?;
            channel.opened().await?;
            return Ok(channel);
        }
        loop {
            let channel = self.arrived(OPERATION, |arrivals| arrivals.take(label)).await?;
            // One that has closed still has what was said on it.
            if channel.opened().await.is_ok() || channel.has_messages() {
                channel.set_receive_limit(DEFAULT_RECEIVE_LIMIT);
                return Ok(channel);
            }
        }
    }

    /// The keypad: tones in the sound that we send.
    ///
    /// # Errors
    /// `NotSupported` where we send no sound.
    pub fn dtmf(&self) -> Result<DtmfSender> {
        let sends_sound =
            |sender: &crate::peer::RtpSender| sender.track().is_some_and(|track| track.kind() == TrackKind::Audio);
        match self.connection().senders().into_iter().find(sends_sound) {
            Some(sender) => sender.dtmf(),
            None => Err(Error::new("dtmf", ErrorKind::NotSupported, "tones need a microphone in the call")),
        }
    }

    /// What happens on the way between the two, such as that it is broken and another is looked for, from the call's
    /// beginning on. All streams of a call share one queue, so that each event goes to one of them. It ends with the
    /// call.
    pub fn events(&self) -> EventStream<SessionEvent> {
        EventStream::of(self.0.events.clone(), &self.0.leg.end)
    }

    /// Ends the call. The other side is told.
    pub fn hang_up(&self) {
        self.0.leg.hang_up();
    }

    /// Resolves when the call has ended, with the reason. Cancel safe.
    pub fn ended(&self) -> impl Future<Output = EndReason> + Unpin + use<> {
        self.0.leg.ended()
    }

    async fn arrived<T>(&self, operation: &'static str, take: impl Fn(&Arrivals) -> Option<T>) -> Result<T> {
        let Inner { leg, arrivals, .. } = &*self.0;
        let mut changed = arrivals.changed.waiter();
        let mut end = leg.end.wait();
        future::poll_fn(move |cx| {
            if Pin::new(&mut end).poll(cx).is_ready() {
                return Poll::Ready(Err(leg.error(operation)));
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

/// Closes the connection when the call has ended, or when it cannot be made.
async fn run(leg: Weak<Leg>, end: EndWait, session: Session) {
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
        () = pin!(never_connected.fuse()) => {
            if let Some(leg) = leg.upgrade() {
                leg.give_up(EndReason::ConnectionFailed);
            }
        }
    }
    session.close();
}

/// Keeps what the other side sends, until the connection ends.
async fn collect(
    mut tracks: EventStream<crate::peer::TrackEvent>,
    mut channels: EventStream<DataChannel>,
    arrivals: Rc<Arrivals>,
) {
    loop {
        select_biased! {
            track = tracks.next() => match track {
                Some(event) => {
                    if let Some(stream) = event.streams.into_iter().next() {
                        arrivals.stream.borrow_mut().get_or_insert(stream);
                    }
                }
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

/// Passes events on, and ends the call when its session is lost.
async fn watch(mut session: EventStream<SessionEvent>, events: Queue<SessionEvent>, leg: Weak<Leg>) {
    while let Some(event) = session.next().await {
        let end = match &event {
            SessionEvent::Lost { reason: LostReason::PeerClosed } => Some(EndReason::PeerHungUp),
            SessionEvent::Lost { reason: LostReason::PeerRestarted } => Some(EndReason::PeerLeft),
            SessionEvent::Lost { .. } => Some(EndReason::ConnectionFailed),
            _ => None,
        };
        if let (SessionEvent::Reconnecting { .. }, Some(room)) =
            (&event, leg.upgrade().and_then(|leg| leg.room.upgrade()))
        {
            room.doubts.push(());
        }
        events.push(event);
        if let (Some(reason), Some(leg)) = (end, leg.upgrade()) {
            leg.give_up(reason);
        }
    }
}
