//! A call that both sides have agreed to.

use std::{
    cell::RefCell,
    fmt,
    future::{self, Future},
    pin::{Pin, pin},
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use futures::{FutureExt, Sink, Stream, StreamExt, channel::mpsc, join, select_biased, stream};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::{Room, leg::Leg, message::Word};
use crate::{
    channel::{ChannelInit, DataChannel},
    dtmf::DtmfSender,
    error::{Error, ErrorKind, Result},
    event::EventStream,
    media::{MediaStream, TrackKind},
    negotiation::{Politeness, Signal, negotiate},
    peer::{Configuration, ConnectionState, PeerConnection},
    signaling::{ClientMessage, Peer},
    spec_enum::spec_enum,
    wake::{EndWait, WakerSet},
};

/// How long the caller may take to offer once they are told that their call is accepted.
const OFFERING_MS: u32 = 20_000;

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
        /// They did not answer in time.
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
    pc: PeerConnection,
    caller: bool,
    arrivals: Rc<Arrivals>,
    _room: Room,
}

/// What the other side has sent, until somebody asks for it.
#[derive(Default)]
struct Arrivals {
    stream: RefCell<Option<MediaStream>>,
    channels: RefCell<Vec<DataChannel>>,
    changed: WakerSet,
}

impl Call {
    /// Both sides have agreed; the caller offers, and is impolite.
    pub(super) async fn start(room: &Room, leg: Rc<Leg>, media: Option<MediaStream>, caller: bool) -> Result<Self> {
        let configuration = Configuration { ice_servers: room.ice_servers().to_vec(), ..Configuration::default() };
        let pc = PeerConnection::new(&configuration)?;
        let arrivals = Rc::<Arrivals>::default();
        spawn_local(collect(pc.tracks(), pc.data_channels(), arrivals.clone()));
        spawn_local(watch(pc.connection_states(), Rc::downgrade(&leg)));

        // With this channel there is always something to offer, and later channels need no negotiation.
        let own_channel = pc.create_data_channel("browser-rtc", &ChannelInit::new().negotiated(0))?;
        let mut signals = leg.signals();
        let mut first = None;
        let politeness = if caller {
            Politeness::Impolite
        } else {
            leg.accept()?;
            // Tracks that are added with the offer at hand go into the answer. Any earlier they would be an offer
            // of our own, which collides with theirs.
            let offer = select_biased! {
                offer = signals.next() => offer,
                () = TimeoutFuture::new(OFFERING_MS).fuse() => {
                    leg.give_up(EndReason::Unanswered);
                    None
                }
            };
            first = Some(offer.ok_or_else(|| leg.error("accept"))?);
            Politeness::Polite
        };
        if let Some(stream) = &media {
            for track in stream.tracks() {
                pc.add_track(&track, &[stream])?;
            }
        }
        let link =
            Link { signals: stream::iter(first).chain(signals), outgoing: leg.outgoing(), leg: LegName::of(&leg) };
        let call = Self(Rc::new(Inner { leg: leg.clone(), pc: pc.clone(), caller, arrivals, _room: room.clone() }));
        let hung_up = {
            let (closed, left) = (own_channel.closed(), room.left());
            async move {
                join!(closed, left);
                drop(own_channel);
            }
        };
        spawn_local(run(pc, politeness, link, hung_up, (Rc::downgrade(&leg), leg.end.wait())));
        Ok(call)
    }

    /// The other side.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.0.leg.peer
    }

    /// The connection, for everything else that one can do with it: add tracks, read its states. It negotiates by
    /// itself. What comes in goes to this call's [`remote_stream`](Self::remote_stream) and
    /// [`channel`](Self::channel) too.
    #[must_use]
    pub fn connection(&self) -> &PeerConnection {
        &self.0.pc
    }

    /// The first stream that the other side sends; waits for it. Cancel safe.
    ///
    /// # Errors
    /// `Closed` or the like where the call ends first: one who sends nothing has no stream.
    pub async fn remote_stream(&self) -> Result<MediaStream> {
        self.arrived("remoteStream", |arrivals| arrivals.stream.borrow().clone()).await
    }

    /// A channel of this label between the two: both sides ask for it, in any order. It is open when this resolves.
    /// Cancel safe, though a channel that the caller asked for and dropped has been opened and closed.
    ///
    /// # Errors
    /// `Closed` or the like where the call ends first, `Type` for a label of more than 65,535 bytes.
    pub async fn channel(&self, label: &str) -> Result<DataChannel> {
        const OPERATION: &str = "channel";
        let channel = if self.0.caller {
            self.0.pc.create_data_channel(label, &ChannelInit::new())?
        } else {
            self.arrived(OPERATION, |arrivals| {
                let mut channels = arrivals.channels.borrow_mut();
                let position = channels.iter().position(|channel| channel.label() == label)?;
                Some(channels.remove(position))
            })
            .await?
        };
        channel.opened().await?;
        Ok(channel)
    }

    /// The keypad: tones in the sound that we send.
    ///
    /// # Errors
    /// `NotSupported` where we send no sound.
    pub fn dtmf(&self) -> Result<DtmfSender> {
        let sends_sound =
            |sender: &crate::peer::RtpSender| sender.track().is_some_and(|track| track.kind() == TrackKind::Audio);
        match self.0.pc.senders().into_iter().find(sends_sound) {
            Some(sender) => sender.dtmf(),
            None => Err(Error::new("dtmf", ErrorKind::NotSupported, "tones need a microphone in the call")),
        }
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
        f.debug_struct("Call").field("peer", self.peer()).field("connection", self.connection()).finish_non_exhaustive()
    }
}

/// Negotiates until the call ends, and closes the connection then.
///
/// Where the signaling server is gone, `hung_up` tells that the other side has ended the call: the channel that each
/// call has closes with their connection.
async fn run(
    pc: PeerConnection,
    politeness: Politeness,
    link: Link<impl Stream<Item = Signal> + Unpin>,
    hung_up: impl Future<Output = ()>,
    (leg, end): (Weak<Leg>, EndWait),
) {
    let mut negotiation = pin!(negotiate(&pc, politeness, link, |_error| {}).fuse());
    let mut hung_up = pin!(hung_up.fuse());
    let mut end = end.fuse();
    loop {
        select_biased! {
            () = end => break,
            () = hung_up => {
                if let Some(leg) = leg.upgrade() {
                    leg.finish(EndReason::PeerHungUp);
                }
            }
            // Without signaling the media still flows: only the end of the call ends the connection.
            _ended = negotiation => {}
        }
    }
    pc.close();
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
                Some(channel) => arrivals.channels.borrow_mut().push(channel),
                None => return,
            },
        }
        arrivals.changed.wake_all();
    }
}

/// Ends the call when the network has.
async fn watch(mut states: EventStream<ConnectionState>, leg: Weak<Leg>) {
    while let Some(state) = states.next().await {
        if state == ConnectionState::Failed {
            let Some(leg) = leg.upgrade() else { return };
            leg.give_up(EndReason::ConnectionFailed);
        }
    }
}

/// The signals of one call, in and out, through the room's one socket.
struct Link<S> {
    signals: S,
    outgoing: mpsc::Sender<ClientMessage>,
    leg: LegName,
}

struct LegName {
    call: super::message::CallId,
    peer: Peer,
}

impl LegName {
    fn of(leg: &Leg) -> Self {
        Self { call: leg.id.clone(), peer: leg.peer.clone() }
    }
}

impl<S: Stream<Item = Signal> + Unpin> Stream for Link<S> {
    type Item = Signal;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Signal>> {
        self.signals.poll_next_unpin(cx)
    }
}

impl<S: Unpin> Sink<Signal> for Link<S> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.outgoing.poll_ready(cx).map_err(|_gone| Error::closed("signal"))
    }

    fn start_send(mut self: Pin<&mut Self>, signal: Signal) -> Result<()> {
        let Self { outgoing, leg, .. } = &mut *self;
        super::leg::tell(outgoing, &leg.call, &leg.peer, Word::Negotiation(signal))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}
