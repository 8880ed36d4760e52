//! The life cycle of a channel, from before it opens until its send buffer is empty.

use std::{
    cell::{Cell, OnceCell, RefCell},
    future::{self, Future},
    pin::Pin,
    rc::{Rc, Weak},
    task::Poll,
};

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::{receive_queue::ReceiveQueue, send_buffer::SendBuffer, state::ChannelState};
use crate::{
    error::{Error, ErrorKind, concat},
    event::Listener,
    log::log,
    promise::settled,
    registry::{Shared, shared},
    sys::{
        data_channel::{self, MessageEvent},
        global,
        peer_connection::PeerConnection,
        stats_report::{StatsEntry, StatsReport},
    },
    timer::Sleep,
    wake::{CloseSignal, WakerSet},
};

/// State that all handles of one channel share.
pub(super) struct SharedChannel {
    /// The first field, so that the listeners are removed before the rest is dropped.
    pub(super) listeners: Rc<Listeners>,
    pub(super) life: Rc<Life>,
    /// False for a channel that belongs to other code: neither a drop nor the receive limit closes it.
    pub(super) close_on_drop: Cell<bool>,
}

shared!(SharedChannel, life.raw);

/// The listeners of a channel. A pending close keeps them too.
pub(super) struct Listeners {
    _states: [Listener; 3],
    /// Attached when reading begins.
    messages: OnceCell<Listener>,
    /// Attached by the first wait for room.
    pub(super) low: OnceCell<Listener>,
}

/// State that the listeners and the futures share with the handles.
pub(super) struct Life {
    pub(super) raw: data_channel::DataChannel,
    pub(super) opened: Cell<bool>,
    /// Set while the browser has announced the channel as open, and may not send on it yet.
    pub(super) is_new: Cell<bool>,
    /// Set if the browser has no stream for the id of the channel.
    pub(super) refused: Cell<bool>,
    /// Set by a local `close`, or by the remote peer.
    pub(super) closing: Cell<bool>,
    pub(super) opening: WakerSet,
    /// Set by either peer, with the connection, or with the drop of the last handle.
    pub(super) closed: CloseSignal,
    pub(super) receive_queue: ReceiveQueue,
    pub(super) send_buffer: SendBuffer,
    connection: RefCell<Option<Connection>>,
}

/// The connection of a channel.
#[derive(Clone)]
pub(crate) struct Connection {
    /// The browser's own object.
    pub(crate) raw: JsValue,
    pub(crate) end: CloseSignal,
}

/// The owner of a channel, which closes it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Owner {
    /// The handles. Messages are queued from the start, so that none is lost.
    Handles,
    /// Other code. Messages are queued once a handle is read.
    Other,
}

/// The lowest id of a negotiated channel for which the browser may have no stream. Firefox 153 has streams for the ids
/// below 2048.
const FIRST_UNCERTAIN_ID: u16 = 1024;

/// The interval of the checks of a channel with such an id, in milliseconds.
const STREAM_CHECK_MS: u32 = 2_000;

/// The time after which a browser creates a new report of the statistics, in milliseconds.
const REPORT_AGE: u32 = 60;

/// The number of reports that are read for an incoming channel. An earlier channel may have caused the first one.
const READY_REPORTS: u32 = 3;

impl SharedChannel {
    /// Returns the shared state of the channel, which is created for a new channel.
    ///
    /// For an incoming channel, the `datachannel` event calls this, because the first message may follow immediately.
    pub(super) fn find_or_new(
        raw: data_channel::DataChannel,
        connection: Option<Connection>,
        owner: Owner,
    ) -> Rc<Self> {
        let known = Self::find(&raw);
        let is_known = known.is_some();
        let inner = known.unwrap_or_else(|| Self::new(raw, owner));
        if let Some(connection) = connection {
            inner.life.connection.replace(Some(connection));
        }
        if owner == Owner::Handles {
            inner.read();
            if !is_known {
                inner.life.detect_missing_stream();
                inner.life.open_when_ready();
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
            receive_queue: ReceiveQueue::default(),
            send_buffer: SendBuffer::default(),
            connection: RefCell::default(),
        });
        match &*life.raw.ready_state_name() {
            "open" if owner == Owner::Other => life.opened.set(true),
            "open" => life.is_new.set(true),
            "closing" => life.closing.set(true),
            "closed" => life.end(),
            _ => {}
        }
        if owner == Owner::Handles {
            life.raw.set_binary_type_name("arraybuffer");
        }
        let on = |event, handler: fn(&Life)| {
            let life = life.clone();
            Listener::new(&life.raw.clone(), event, move |_| handler(&life))
        };
        let states = [on("open", Life::open), on("closing", Life::close), on("close", Life::end)];
        let listeners = Rc::new(Listeners { _states: states, messages: OnceCell::new(), low: OnceCell::new() });
        let inner = Rc::new(Self { listeners, life, close_on_drop: Cell::new(owner == Owner::Handles) });
        inner.register();
        inner
    }

    /// Queues the messages that arrive from now on.
    pub(super) fn read(self: &Rc<Self>) {
        self.listeners.messages.get_or_init(|| {
            let inner = Rc::downgrade(self);
            Listener::new(&self.life.raw, "message", move |event| {
                if let Some(inner) = inner.upgrade()
                    && !inner.life.receive_queue.push(event.unchecked_ref::<MessageEvent>().data())
                    && inner.close_on_drop.get()
                {
                    inner.close();
                }
            })
        });
    }

    /// Closes the channel once the send buffer is empty, because Chromium discards the buffer on `close()`. The wait
    /// outlives the last handle.
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
                life.end();
            }
            return;
        }
        self.notify_when_low(0);
        let listeners = self.listeners.clone();
        let end =
            life.connection.borrow().as_ref().map_or_else(CloseSignal::default, |connection| connection.end.clone());
        let (mut low, mut end) = (life.send_buffer.drained.waiter(), end.wait());
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

    /// Requests the event that the browser fires when its buffer has drained to this level.
    pub(super) fn notify_when_low(&self, level: u32) {
        let life = &self.life;
        self.listeners.low.get_or_init(|| {
            let life = life.clone();
            Listener::new(&life.raw.clone(), "bufferedamountlow", move |_| {
                let buffer = &life.send_buffer;
                buffer.lows.set(buffer.lows.get().wrapping_add(1));
                buffer.wake();
            })
        });
        // A pending close waits until the buffer is empty.
        let level = if life.closing.get() { 0 } else { level };
        life.raw.set_buffered_amount_low_threshold(level);
    }
}

impl Drop for SharedChannel {
    fn drop(&mut self) {
        if self.close_on_drop.get() {
            self.close();
        }
        self.life.end();
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

    /// Creates the error of an operation on the closed channel.
    pub(super) fn closed_error(&self, operation: &'static str) -> Error {
        let message = concat(&["data channel \"", &self.raw.label(), "\" is closed"]);
        Error::new(operation, ErrorKind::Closed, message)
    }

    /// Returns a member of the connection's SCTP transport, or `undefined` if the connection is not known.
    pub(super) fn transport_member(&self, member: &str) -> JsValue {
        let connection = self.connection.borrow().as_ref().map(|connection| connection.raw.clone());
        global::get(&global::get(&connection.unwrap_or_default(), "sctp"), member)
    }

    /// Opens an incoming channel for its handles when the browser can send on it.
    ///
    /// Chromium 156 announces a channel as open up to a millisecond before it is. In that time it loses sent messages
    /// without an error, may leave their bytes in the buffered amount, and may set the state back to connecting. A
    /// report of the statistics has the state of the channel itself.
    fn open_when_ready(self: &Rc<Self>) {
        let connection = self.connection.borrow().clone();
        let Some(Connection { raw, end }) = connection.filter(|_| self.is_new.get()) else { return };
        let life = self.clone();
        spawn_local(async move {
            for left in (0..READY_REPORTS).rev() {
                let report = settled("getStats", &end, || raw.unchecked_ref::<PeerConnection>().stats(None)).await;
                if left == 0 || report.map_or(true, |report| life.is_open_in(report.unchecked_ref())) {
                    break;
                }
                Sleep::new(REPORT_AGE).await;
            }
            life.is_new.set(false);
            // Otherwise the browser fires the event `open` once the channel is open.
            if life.raw.ready_state_name() == "open" {
                life.open();
            }
        });
    }

    /// Returns whether the channel is open according to a report.
    fn is_open_in(&self, report: &StatsReport) -> bool {
        let (id, mut is_open) = (self.raw.id().map(f64::from), false);
        let is = |entry: &StatsEntry, name, value: &str| entry.member(name).is_ok_and(|member| member == *value);
        let _ = report.for_each_entry(&mut |entry, _id| {
            is_open |= is(&entry, "type", "data-channel")
                && is(&entry, "state", "open")
                && entry.member("dataChannelIdentifier").is_ok_and(|member| member.as_f64() == id);
        });
        is_open
    }

    /// Closes the channel if the browser has no stream for its id. Such a channel stays connecting although the
    /// transport is connected, and browsers fire no event.
    fn detect_missing_stream(self: &Rc<Self>) {
        // Chromium asks another thread for the id, so it is only read if it matters.
        if self.raw.negotiated() && self.raw.id().is_some_and(|id| id >= FIRST_UNCERTAIN_ID) {
            spawn_local(check_stream(Rc::downgrade(self)));
        }
    }

    /// Ends sending. Firefox accepts messages on a closing channel and loses them.
    fn close(&self) {
        self.closing.set(true);
        self.opening.wake_all();
        self.send_buffer.turns.wake_all();
    }

    fn open(&self) {
        if !self.is_new.get() {
            log!(debug, "data channel {:?} is open", self.raw.id());
            self.opened.set(true);
            self.opening.wake_all();
            self.send_buffer.turns.wake_first();
        }
    }

    fn belongs_to(&self, raw: &JsValue) -> bool {
        self.connection.borrow().as_ref().is_some_and(|connection| connection.raw == *raw)
    }

    fn is_unsent(&self) -> bool {
        self.raw.buffered_bytes() > 0.0 && self.raw.ready_state_name() == "open"
    }

    /// Ends the channel: nothing more is received or sent, and all waiting tasks are woken.
    fn end(&self) {
        if !self.closed.is_set() {
            log!(debug, "data channel {:?} is closed", self.raw.id());
        }
        self.closed.set();
        for wakers in [&self.opening, &self.receive_queue.filled, &self.send_buffer.turns, &self.send_buffer.drained] {
            wakers.wake_all();
        }
    }
}

/// Checks a channel that is not open yet. It is closed if the transport was connected at two checks in a row.
async fn check_stream(life: Weak<Life>) {
    let mut was_connected = false;
    loop {
        Sleep::new(STREAM_CHECK_MS).await;
        let Some(channel) = life.upgrade() else { return };
        if channel.opened.get() || channel.closing.get() || channel.closed.is_set() {
            return;
        }
        let is_connected = channel.transport_member("state").as_string().as_deref() == Some("connected");
        if is_connected && was_connected {
            channel.refused.set(true);
            channel.raw.close();
            return channel.end();
        }
        was_connected = is_connected;
    }
}

/// Returns whether the connection has channels with handles.
pub(crate) fn has_channels(connection: &JsValue) -> bool {
    SharedChannel::all().iter().any(|inner| inner.life.belongs_to(connection))
}

/// Ends the channels of a closed connection. Not every browser fires their events.
pub(crate) fn end_channels(connection: &JsValue) {
    for inner in SharedChannel::all().iter().filter(|inner| inner.life.belongs_to(connection)) {
        inner.life.end();
    }
}
