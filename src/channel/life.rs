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

use super::{ChannelState, DataChannel, flow::Flow, receive::Arrivals};
use crate::{
    event::Listener,
    sys::{
        data_channel::{self, MessageEvent},
        global,
    },
    wake::{End, WakerSet},
};

/// What the handles of one channel share.
pub(super) struct Inner {
    /// Dropped first: an event must not find the rest half gone.
    pub(super) listeners: Rc<Listeners>,
    pub(super) life: Rc<Life>,
    pub(super) close_on_drop: Cell<bool>,
}

/// A close that waits holds these as well.
pub(super) struct Listeners {
    _of_life: [Listener; 4],
    /// From the first wait on: before, the browser need not tell.
    pub(super) low: OnceCell<Listener>,
}

/// What the listeners and the futures know as well.
pub(super) struct Life {
    pub(super) raw: data_channel::DataChannel,
    pub(super) opened: Cell<bool>,
    /// Open for the browser, and for us from the next turn on.
    pub(super) is_new: Cell<bool>,
    /// By `close` of ours, or by the other side.
    pub(super) closing: Cell<bool>,
    pub(super) opening: WakerSet,
    /// By either side, with the connection, or as the last handle is gone.
    pub(super) closed: End,
    pub(super) arrivals: Arrivals,
    pub(super) flow: Flow,
    /// The browser's own object, where it is known.
    pub(super) connection: JsValue,
    connection_end: End,
}

impl Inner {
    /// Attaches the listeners before anything can be missed, so within the `datachannel` event for an incoming one.
    pub(super) fn new(raw: data_channel::DataChannel, connection: &JsValue, connection_end: &End) -> Rc<Self> {
        raw.set_binary_type_name("arraybuffer");
        let life = Rc::new(Life {
            raw,
            opened: Cell::default(),
            is_new: Cell::default(),
            closing: Cell::default(),
            opening: WakerSet::default(),
            closed: End::default(),
            arrivals: Arrivals::default(),
            flow: Flow::default(),
            connection: connection.clone(),
            connection_end: connection_end.clone(),
        });
        match &*life.raw.ready_state_name() {
            "open" if connection.is_undefined() => life.opened.set(true),
            "open" => {
                // It is the other side's, and has come in this turn. What is sent before the next one, Chromium never
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
        let on = |event, happen: fn(&Life)| {
            let life = life.clone();
            Listener::new(&life.raw.clone(), event, move |_| happen(&life))
        };
        Rc::new_cyclic(|inner: &Weak<Self>| {
            let inner = inner.clone();
            let of_life = [
                Listener::new(&life.raw, "message", move |event| {
                    if let Some(inner) = inner.upgrade()
                        && !inner.life.arrivals.push(event.unchecked_ref::<MessageEvent>().data())
                    {
                        inner.close();
                    }
                }),
                on("open", Life::open),
                // Firefox takes what is sent from here on, and loses it.
                on("closing", |life| {
                    life.closing.set(true);
                    life.flow.turns.wake_all();
                }),
                on("close", Life::over),
            ];
            let listeners = Rc::new(Listeners { _of_life: of_life, low: OnceCell::new() });
            Self { listeners, life: life.clone(), close_on_drop: Cell::new(true) }
        })
    }

    /// Chromium throws away what is in its buffer at `close()`, hence the wait. It outlives the last handle.
    pub(super) fn close(&self) {
        let life = self.life.clone();
        if life.closing.replace(true) {
            return;
        }
        life.flow.turns.wake_all();
        if !life.is_unsent() {
            life.raw.close();
            return;
        }
        self.tell_when_low(0);
        let listeners = self.listeners.clone();
        let (mut low, mut end) = (life.flow.drained.waiter(), life.connection_end.wait());
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
    }
}

impl Life {
    pub(super) fn state(&self) -> ChannelState {
        if self.closed.has_come() {
            return ChannelState::Closed;
        }
        match ChannelState::from(&*self.raw.ready_state_name()) {
            ChannelState::Open if self.closing.get() => ChannelState::Closing,
            state => state,
        }
    }

    fn open(&self) {
        if !self.is_new.get() {
            self.opened.set(true);
            self.opening.wake_all();
            self.flow.turns.wake_first();
        }
    }

    fn is_unsent(&self) -> bool {
        self.raw.buffered_bytes() > 0.0 && self.raw.ready_state_name() == "open"
    }

    /// Nothing comes or goes any more: whoever waits is told.
    fn over(&self) {
        self.closed.come();
        for waiting in [&self.opening, &self.arrivals.filled, &self.flow.turns, &self.flow.drained] {
            waiting.wake_all();
        }
    }
}

/// The channels of one connection that are in use.
#[derive(Default)]
pub(crate) struct Channels(RefCell<Vec<Weak<Inner>>>);

impl Channels {
    /// The one handle of this channel, whoever asks.
    pub(crate) fn handle(
        &self,
        raw: data_channel::DataChannel,
        connection: &JsValue,
        connection_end: &End,
    ) -> DataChannel {
        let mut channels = self.0.borrow_mut();
        channels.retain(|channel| channel.strong_count() > 0);
        if let Some(known) = channels.iter().filter_map(Weak::upgrade).find(|known| known.life.raw == raw) {
            return DataChannel::of(known);
        }
        let inner = Inner::new(raw, connection, connection_end);
        channels.push(Rc::downgrade(&inner));
        DataChannel::of(inner)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().iter().all(|channel| channel.strong_count() == 0)
    }

    /// Their connection has closed, of which not every browser tells them.
    pub(crate) fn close(&self) {
        // Taken first: what waits on a channel may come back here.
        for channel in self.0.take().iter().filter_map(Weak::upgrade) {
            channel.life.over();
        }
    }
}
