//! The life of a channel, from before it opens until what was sent is on its way.

use std::{
    cell::{Cell, OnceCell, RefCell},
    future::{self, Future},
    pin::Pin,
    rc::{Rc, Weak},
    task::Poll,
};

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::{ChannelState, flow::Flow, receive::Arrivals};
use crate::{
    event::Listener,
    registry::{Shared, shared},
    sys::{
        data_channel::{self, MessageEvent},
        global,
    },
    wake::{CloseSignal, WakerSet},
};

/// State that all handles of one channel share.
pub(super) struct Inner {
    /// Dropped first: an event must not find the rest half gone.
    pub(super) listeners: Rc<Listeners>,
    pub(super) life: Rc<Life>,
    /// False for a channel that something else looks after, which no drop and no limit closes.
    pub(super) close_on_drop: Cell<bool>,
}

shared!(Inner, life.raw);

/// The channel's listeners. A close that waits holds them as well.
pub(super) struct Listeners {
    _of_life: [Listener; 3],
    /// Attached by the first read.
    messages: OnceCell<Listener>,
    /// Attached by the first wait: before, no event is needed.
    pub(super) low: OnceCell<Listener>,
}

/// State that the listeners and the futures share with the handles.
pub(super) struct Life {
    pub(super) raw: data_channel::DataChannel,
    pub(super) opened: Cell<bool>,
    /// Open for the browser, and for us from the next turn on.
    pub(super) is_new: Cell<bool>,
    /// The browser has no stream for the channel's id.
    pub(super) refused: Cell<bool>,
    /// Set by a local `close`, or by the remote peer.
    pub(super) closing: Cell<bool>,
    pub(super) opening: WakerSet,
    /// Set by either peer, with the connection, or with the drop of the last handle.
    pub(super) closed: CloseSignal,
    pub(super) arrivals: Arrivals,
    pub(super) flow: Flow,
    connection: RefCell<Option<Connection>>,
}

/// The connection of a channel.
#[derive(Clone)]
pub(crate) struct Connection {
    /// The browser's own object.
    pub(crate) raw: JsValue,
    pub(crate) end: CloseSignal,
}

/// The one who looks after a channel.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Owner {
    /// Its handles. It is read from the start, so that no message is lost.
    Handles,
    /// Something else. It is not read before a handle is.
    Another,
}

/// Firefox 153 has streams for the ids below 2048. Channels of lower ids open in every browser.
const LEAST_DOUBTFUL_ID: u16 = 1024;

/// Interval, in milliseconds, at which a channel with a doubtful id is looked at.
const OPENS_WITHIN: u32 = 2_000;

impl Inner {
    /// Returns the shared state of this channel, new or known.
    ///
    /// For an incoming channel it is called within the `datachannel` event, as the first message may follow at once.
    pub(super) fn of(raw: data_channel::DataChannel, connection: Option<Connection>, owner: Owner) -> Rc<Self> {
        let known = Self::find(&raw);
        let is_known = known.is_some();
        let inner = known.unwrap_or_else(|| Self::new(raw, owner));
        if let Some(connection) = connection {
            inner.life.connection.replace(Some(connection));
        }
        if owner == Owner::Handles {
            inner.read();
            if !is_known {
                inner.life.wait_for_stream();
            }
        }
        inner
    }

    fn new(raw: data_channel::DataChannel, owner: Owner) -> Rc<Self> {
        let life = Rc::new(Life {
            raw,
            opened: Cell::default(),
            is_new: Cell::default(),
            refused: Cell::default(),
            closing: Cell::default(),
            opening: WakerSet::default(),
            closed: CloseSignal::default(),
            arrivals: Arrivals::default(),
            flow: Flow::default(),
            connection: RefCell::default(),
        });
        match &*life.raw.ready_state_name() {
            "open" if owner == Owner::Another => life.opened.set(true),
            "open" => {
                // It is the remote peer's, and has come in this turn. What is sent before the next one, Chromium never
                // takes off the buffered amount, and a close would wait for that.
                life.is_new.set(true);
                let life = life.clone();
                global::next_turn(move || {
                    life.is_new.set(false);
                    life.open();
                });
            }
            "closing" => life.closing.set(true),
            "closed" => life.over(),
            _ => {}
        }
        if owner == Owner::Handles {
            life.raw.set_binary_type_name("arraybuffer");
        }
        let on = |event, happen: fn(&Life)| {
            let life = life.clone();
            Listener::new(&life.raw.clone(), event, move |_| happen(&life))
        };
        let of_life = [on("open", Life::open), on("closing", Life::close), on("close", Life::over)];
        let listeners = Rc::new(Listeners { _of_life: of_life, messages: OnceCell::new(), low: OnceCell::new() });
        let inner = Rc::new(Self { listeners, life, close_on_drop: Cell::new(owner == Owner::Handles) });
        inner.register();
        inner
    }

    /// Keeps what arrives from now on.
    pub(super) fn read(self: &Rc<Self>) {
        self.listeners.messages.get_or_init(|| {
            let inner = Rc::downgrade(self);
            Listener::new(&self.life.raw, "message", move |event| {
                if let Some(inner) = inner.upgrade()
                    && !inner.life.arrivals.push(event.unchecked_ref::<MessageEvent>().data())
                    && inner.close_on_drop.get()
                {
                    inner.close();
                }
            })
        });
    }

    /// Chromium throws away what is in its buffer at `close()`, hence the wait. It outlives the last handle.
    pub(super) fn close(&self) {
        let life = self.life.clone();
        if life.closing.get() {
            return;
        }
        life.close();
        if !life.is_unsent() {
            life.raw.close();
            // Firefox fires no event for a channel that is closed before it opens.
            if !life.opened.get() && !life.is_new.get() {
                life.over();
            }
            return;
        }
        self.tell_when_low(0);
        let listeners = self.listeners.clone();
        let end =
            life.connection.borrow().as_ref().map_or_else(CloseSignal::default, |connection| connection.end.clone());
        let (mut low, mut end) = (life.flow.drained.waiter(), end.wait());
        spawn_local(async move {
            future::poll_fn(|cx| {
                low.register(cx);
                if life.is_unsent() { Pin::new(&mut end).poll(cx) } else { Poll::Ready(()) }
            })
            .await;
            life.raw.close();
            drop(listeners);
        });
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.close_on_drop.get() {
            self.close();
        }
        self.life.over();
        self.unregister();
    }
}

impl Life {
    pub(super) fn state(&self) -> ChannelState {
        if self.closed.is_set() {
            return ChannelState::Closed;
        }
        match ChannelState::from(&*self.raw.ready_state_name()) {
            ChannelState::Open if self.closing.get() => ChannelState::Closing,
            state => state,
        }
    }

    /// A member of the connection's SCTP transport; `undefined` where the connection is not known.
    pub(super) fn of_transport(&self, member: &str) -> JsValue {
        let connection = self.connection.borrow().as_ref().map(|connection| connection.raw.clone());
        global::get(&global::get(&connection.unwrap_or_default(), "sctp"), member)
    }

    /// Gives a channel up whose id the browser has no stream for: it is the only one that stays connecting although
    /// the transport is up, and no event tells.
    fn wait_for_stream(self: &Rc<Self>) {
        let id = self.raw.id().filter(|id| *id >= LEAST_DOUBTFUL_ID);
        if id.is_some() && self.raw.negotiated() {
            look_for_stream(Rc::downgrade(self), false);
        }
    }

    /// Nothing is sent from here on: Firefox takes it, and loses it.
    fn close(&self) {
        self.closing.set(true);
        self.opening.wake_all();
        self.flow.turns.wake_all();
    }

    fn open(&self) {
        if !self.is_new.get() {
            self.opened.set(true);
            self.opening.wake_all();
            self.flow.turns.wake_first();
        }
    }

    fn is_of(&self, raw: &JsValue) -> bool {
        self.connection.borrow().as_ref().is_some_and(|connection| connection.raw == *raw)
    }

    fn is_unsent(&self) -> bool {
        self.raw.buffered_bytes() > 0.0 && self.raw.ready_state_name() == "open"
    }

    /// Ends the channel: nothing is received or sent any more, and all waiting tasks are woken.
    fn over(&self) {
        self.closed.set();
        for waiting in [&self.opening, &self.arrivals.filled, &self.flow.turns, &self.flow.drained] {
            waiting.wake_all();
        }
    }
}

fn look_for_stream(life: Weak<Life>, was_connected: bool) {
    global::after(OPENS_WITHIN, move || {
        let Some(waiting) = life.upgrade() else { return };
        if waiting.opened.get() || waiting.closing.get() || waiting.closed.is_set() {
            return;
        }
        let connected = waiting.of_transport("state").as_string().as_deref() == Some("connected");
        if connected && was_connected {
            waiting.refused.set(true);
            waiting.raw.close();
            waiting.over();
        } else {
            look_for_stream(life, connected);
        }
    });
}

/// Returns whether the connection has channels with handles.
pub(crate) fn exist_of(connection: &JsValue) -> bool {
    Inner::all().iter().any(|inner| inner.life.is_of(connection))
}

/// Ends the channels of a connection that has closed, of which not every browser tells them.
pub(crate) fn end_of(connection: &JsValue) {
    for inner in Inner::all().iter().filter(|inner| inner.life.is_of(connection)) {
        inner.life.over();
    }
}
