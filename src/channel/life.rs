//! The life of a channel, from before it opens until what was sent is on its way.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use futures::StreamExt;
use wasm_bindgen_futures::spawn_local;

use super::{ChannelState, DataChannel, Message};
use crate::{
    error::Result,
    event::{EventStream, Listener, Queue},
    sys::{self, global},
    wake::{End, WakerSet},
};

/// What the handles of one channel share.
pub(super) struct Inner {
    /// Dropped first: an event must not find the rest half gone.
    _listeners: [Listener; 3],
    pub(super) raw: sys::data_channel::DataChannel,
    pub(super) messages: Queue<Result<Message>>,
    pub(super) life: Rc<Life>,
    pub(super) close_on_drop: Cell<bool>,
}

/// What the listeners and the futures know as well.
#[derive(Default)]
pub(super) struct Life {
    pub(super) opened: Cell<bool>,
    closing: Cell<bool>,
    pub(super) opening: WakerSet,
    /// By either side, with the connection, or as the last handle is gone.
    pub(super) closed: End,
    connection: End,
}

impl Inner {
    /// Attaches the listeners before anything can be missed, so within the `datachannel` event for an incoming one.
    pub(super) fn new(raw: sys::data_channel::DataChannel, connection: &End) -> Rc<Self> {
        raw.set_binary_type_name("arraybuffer");
        let messages = Queue::default();
        let life = Rc::new(Life { connection: connection.clone(), ..Life::default() });
        match ChannelState::from(&*raw.ready_state_name()) {
            ChannelState::Open => life.opened.set(true),
            ChannelState::Closed => {
                life.closed.come();
            }
            _ => {}
        }
        let listeners = [
            Listener::new(&raw, "message", {
                let messages = messages.clone();
                move |event| messages.push(Message::from_js(&global::get(&event, "data")))
            }),
            Listener::new(&raw, "open", {
                let life = life.clone();
                move |_| {
                    life.opened.set(true);
                    life.opening.wake_all();
                }
            }),
            Listener::new(&raw, "close", {
                let life = life.clone();
                move |_| {
                    life.closed.come();
                }
            }),
        ];
        Rc::new(Self { _listeners: listeners, raw, messages, life, close_on_drop: Cell::new(true) })
    }

    /// Chromium throws away what is in its buffer at `close()`, hence the wait. It outlives the last handle.
    pub(super) fn close(&self) {
        if self.life.closing.replace(true) {
            return;
        }
        let raw = self.raw.clone();
        let unsent = move || raw.buffered_bytes() > 0.0 && raw.ready_state_name() == ChannelState::Open.as_str();
        if !unsent() {
            self.raw.close();
            return;
        }
        self.raw.set_buffered_amount_low_threshold(0);
        let mut changes = EventStream::new(&self.life.connection);
        for event in ["bufferedamountlow", "close"] {
            changes = changes.on(&self.raw, event, |_| Some(()));
        }
        let raw = self.raw.clone();
        spawn_local(async move {
            while unsent() && changes.next().await.is_some() {}
            raw.close();
        });
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.close_on_drop.get() {
            self.close();
        }
        self.life.closed.come();
    }
}

impl Life {
    pub(super) fn state(&self, raw: &sys::data_channel::DataChannel) -> ChannelState {
        if self.closed.has_come() {
            return ChannelState::Closed;
        }
        match ChannelState::from(&*raw.ready_state_name()) {
            ChannelState::Open if self.closing.get() => ChannelState::Closing,
            state => state,
        }
    }
}

/// The channels of one connection that are in use.
#[derive(Default)]
pub(crate) struct Channels(RefCell<Vec<Weak<Inner>>>);

impl Channels {
    /// The one handle of this channel, whoever asks.
    pub(crate) fn handle(&self, raw: sys::data_channel::DataChannel, connection: &End) -> DataChannel {
        let mut channels = self.0.borrow_mut();
        channels.retain(|channel| channel.strong_count() > 0);
        if let Some(known) = channels.iter().filter_map(Weak::upgrade).find(|known| known.raw == raw) {
            return DataChannel::of(known);
        }
        let inner = Inner::new(raw, connection);
        channels.push(Rc::downgrade(&inner));
        DataChannel::of(inner)
    }

    /// Their connection has closed, of which not every browser tells them.
    pub(crate) fn close(&self) {
        // Taken first: what waits on a channel may come back here.
        for channel in self.0.take().iter().filter_map(Weak::upgrade) {
            channel.life.closed.come();
        }
    }
}
