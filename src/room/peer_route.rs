//! Where the other side of a call is, and the way of its signals there.
//!
//! They travel through the signaling server. When that is restarted, both sides have new ids. The call's own channel
//! is still there, and whoever speaks on it is the one that the call is with: there, each side says by which id it is
//! now known. What was lost meanwhile the session sends again.

use std::{
    cell::{Cell, RefCell},
    future,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use browser_rtc_proto::call::{CallId, CallSignal, EndReason};
use futures::{FutureExt, Sink, Stream, StreamExt, channel::mpsc, select_biased};
use gloo_timers::future::TimeoutFuture;
use serde::{Deserialize, Serialize};

use super::{
    call_state::{self, CallState},
    outgoing::{Frame, Owner},
    receive::MAX_ID_BYTES,
};
use crate::{
    channel::{DataChannel, Message},
    error::{Error, Result},
    event::EventStream,
    negotiation::Signal,
    peer::ConnectionState,
    signaling::PeerId,
    wake::WakerSet,
};

/// How long the word that a call is over may take through the server, when their side of the connection has closed.
/// It says why.
const LAST_WORD_MS: u32 = 2_000;

/// What a side says on the call's own channel when it has another id: `{"me":"b7"}`.
#[derive(Serialize, Deserialize)]
pub(super) struct Moved {
    me: PeerId,
}

/// Where the other side of one call is.
pub(super) struct PeerRoute {
    them: RefCell<PeerId>,
    /// They are no longer where we know them, and will tell where they are.
    astray: Cell<bool>,
    /// The id that they are to know us by from now on.
    moved: RefCell<Option<PeerId>>,
    has_moved: WakerSet,
    connected: Cell<bool>,
}

impl PeerRoute {
    pub(super) fn new(them: PeerId) -> Rc<Self> {
        Rc::new(Self {
            them: RefCell::new(them),
            astray: Cell::new(false),
            moved: RefCell::default(),
            has_moved: WakerSet::default(),
            connected: Cell::new(false),
        })
    }

    pub(super) fn them(&self) -> PeerId {
        self.them.borrow().clone()
    }

    /// Whether what the two send each other has a way now.
    pub(super) fn is_connected(&self) -> bool {
        self.connected.get()
    }

    /// We have another id.
    pub(super) fn move_to(&self, me: PeerId) {
        self.moved.replace(Some(me));
        self.has_moved.wake_all();
    }

    /// They are no longer where we know them.
    pub(super) fn lose(&self) {
        self.astray.set(true);
    }

    fn hear(&self, Moved { me: them }: Moved) {
        self.them.replace(them);
        self.astray.set(false);
    }

    /// Waits until there is something to tell them.
    async fn news(&self) -> Moved {
        let mut has_moved = self.has_moved.waiter();
        future::poll_fn(|cx| {
            has_moved.register(cx);
            self.moved.take().map_or(Poll::Pending, |me| Poll::Ready(Moved { me }))
        })
        .await
    }
}

/// Keeps the route right until the call ends. It ends it when the other side has closed the channel that each call has
/// of its own, which they do with their connection.
pub(super) async fn keep(
    call_state: Weak<CallState>,
    mut channel: DataChannel,
    mut states: EventStream<ConnectionState>,
) {
    let Some((mut end, route)) =
        call_state.upgrade().map(|call_state| (call_state.end.wait().fuse(), call_state.route.clone()))
    else {
        return;
    };
    let mut opened = channel.opened().fuse();
    let mut open = false;
    loop {
        let news = async { if open { route.news().await } else { future::pending().await } };
        select_biased! {
            () = end => return,
            state = states.select_next_some() => {
                route.connected.set(state == ConnectionState::Connected);
                // The server has lost them, and now so have we.
                let gone = matches!(state, ConnectionState::Disconnected | ConnectionState::Failed);
                if gone && route.astray.get() && let Some(call_state) = call_state.upgrade() {
                    call_state.finish(EndReason::PeerLeft);
                }
            }
            message = channel.next().fuse() => match message {
                Some(Ok(Message::Text(text))) => {
                    // What is malformed is ignored: a peer may be of another version, or of ill will.
                    if let Ok(moved) = serde_json::from_str::<Moved>(&text)
                        && moved.me.as_str().len() <= MAX_ID_BYTES
                        && call_state.upgrade().is_some_and(|call_state| call_state.may_be(&moved.me))
                    {
                        route.hear(moved);
                    }
                }
                Some(_) => {}
                None => break,
            },
            outcome = opened => open = outcome.is_ok(),
            moved = Box::pin(news).fuse() => {
                if let Ok(text) = serde_json::to_string(&moved) {
                    // It fails when the channel has closed, and that comes next.
                    let _sent_or_closed = channel.try_send(&text);
                }
            }
        }
    }
    // A browser closes the channel also when the network has failed: then the session knows more.
    let mut closed_by_them = route.is_connected();
    let astray = route.astray.get();
    let seated =
        call_state.upgrade().and_then(|call_state| call_state.room.upgrade()).is_some_and(|room| room.seated.get());
    if !astray {
        let mut last_word = TimeoutFuture::new(if seated { LAST_WORD_MS } else { 0 }).fuse();
        loop {
            select_biased! {
                () = end => return,
                state = states.select_next_some() => {
                    route.connected.set(state == ConnectionState::Connected);
                    closed_by_them &= state == ConnectionState::Connected || state == ConnectionState::Disconnected;
                }
                () = last_word => break,
            }
        }
    }
    if let Some(call_state) = call_state.upgrade() {
        if astray {
            call_state.finish(EndReason::PeerLeft);
        } else if closed_by_them {
            call_state.finish(EndReason::PeerHungUp);
        }
    }
}

/// The signals of one call, both ways, for its session.
pub(super) struct Link {
    incoming: EventStream<Signal>,
    outgoing: mpsc::Sender<Frame>,
    call: CallId,
    route: Rc<PeerRoute>,
}

impl Link {
    pub(super) fn new(call_state: &CallState) -> Self {
        Self {
            incoming: call_state.signals(),
            outgoing: call_state.outgoing(),
            call: call_state.id.clone(),
            route: call_state.route.clone(),
        }
    }
}

impl Stream for Link {
    type Item = Signal;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Signal>> {
        self.incoming.poll_next_unpin(cx)
    }
}

impl Sink<Signal> for Link {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.outgoing.poll_ready(cx).map_err(|_gone| Error::closed("signal"))
    }

    fn start_send(mut self: Pin<&mut Self>, signal: Signal) -> Result<()> {
        let Self { outgoing, call, route, .. } = &mut *self;
        // The session sends again what is lost.
        if route.astray.get() {
            return Ok(());
        }
        let owner = if signal.header.is_some() { Owner::Session } else { Owner::PlainSession };
        call_state::tell(outgoing, call, &route.them(), CallSignal::Negotiation(signal), owner)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}
