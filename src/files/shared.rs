//! What the handles of one `Files` share, and the task that reads the channel.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::{self, Future},
    pin::Pin,
    rc::{Rc, Weak},
    task::Poll,
    time::Duration,
};

use browser_rtc_proto::files::{Event, Exchange, Id, LONGEST_TEXT, Message, Part, Reason, Violation};
use futures::{
    Stream,
    future::{Either, select},
};
use gloo_timers::future::TimeoutFuture;
use js_sys::ArrayBuffer;
use wasm_bindgen_futures::spawn_local;

use super::{arrival::Arrival, error, sent::Sent, turns::Turns};
use crate::{
    channel::{BinaryType, DataChannel, JsMessage, JsMessages, Reliability},
    error::{Error, ErrorKind, Result},
    timer::milliseconds,
    wake::{CloseSignal, WakerSet},
};

pub(super) const OPERATION: &str = "file";

/// How long a peer that has said nothing yet may take to acknowledge an offer, unless set.
const DEFAULT_ACK_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) struct Shared {
    pub(super) channel: DataChannel,
    pub(super) exchange: RefCell<Exchange>,
    pub(super) outgoing: RefCell<BTreeMap<Id, Rc<Sent>>>,
    pub(super) incoming: RefCell<BTreeMap<Id, Rc<Arrival>>>,
    /// Another is in `incoming`.
    pub(super) offered: WakerSet,
    pub(super) turns: Turns,
    /// The peer has said something of the protocol.
    heard: CloseSignal,
    pub(super) ack_timeout: Cell<Duration>,
    /// The channel has closed, or nobody holds this any more.
    pub(super) end: CloseSignal,
    broken: RefCell<Option<Error>>,
}

impl Shared {
    pub(super) fn new(channel: DataChannel) -> Rc<Self> {
        channel.set_binary_type(&BinaryType::ArrayBuffer);
        let shared = Rc::new(Self {
            exchange: RefCell::default(),
            outgoing: RefCell::default(),
            incoming: RefCell::default(),
            offered: WakerSet::default(),
            turns: Turns::default(),
            heard: CloseSignal::default(),
            ack_timeout: Cell::new(DEFAULT_ACK_TIMEOUT),
            end: CloseSignal::default(),
            broken: RefCell::default(),
            channel,
        });
        spawn_local(read(Rc::downgrade(&shared), shared.channel.js_messages(), shared.end.clone()));
        shared
    }

    /// Whether files can go over this channel, now and at all.
    pub(super) fn check(&self) -> Result<()> {
        if self.end.is_set() {
            return Err(self.end_error());
        }
        if !self.channel.ordered() || self.channel.reliability() != Reliability::Reliable {
            let message = "files take a channel that is ordered and reliable";
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, message));
        }
        super::hash::check()
    }

    /// Resolves once the peer is known to speak the protocol. After that, a lost network may delay an acknowledgement for
    /// as long as the channel is open.
    pub(super) async fn heard(&self) -> Result<()> {
        if self.heard.is_set() {
            return Ok(());
        }
        let timeout = TimeoutFuture::new(milliseconds(self.ack_timeout.get()));
        match select(self.heard.wait(), timeout).await {
            Either::Left(_) => Ok(()),
            Either::Right(_) => {
                let message =
                    "the peer did not acknowledge the offer: it does not speak the file protocol on this channel";
                Err(Error::new(OPERATION, ErrorKind::Timeout, message))
            }
        }
    }

    /// The first offer that nobody has seen, once. Their numbers rise, and those that were withdrawn are not there.
    pub(super) fn next_offer(&self) -> Option<Rc<Arrival>> {
        self.incoming.borrow().values().find(|arrival| !arrival.seen.replace(true)).cloned()
    }

    /// Why nothing goes on.
    pub(super) fn end_error(&self) -> Error {
        self.broken.borrow().clone().unwrap_or_else(|| Error::closed(OPERATION))
    }

    pub(super) async fn say(&self, message: &Message) -> Result<()> {
        self.channel.send(&message.text()).await
    }

    /// The same without anybody who waits for it. Where the channel is closed there is nobody to tell.
    pub(super) fn say_soon(self: &Rc<Self>, message: Message) {
        let shared = self.clone();
        spawn_local(async move { shared.say(&message).await.unwrap_or_default() });
    }

    fn broken(&self, error: Error) {
        self.broken.replace(Some(error));
        self.end();
        self.channel.close();
    }

    fn end(&self) {
        self.end.set();
        let (outgoing, incoming) = (self.outgoing.take(), self.incoming.take());
        let error = || self.end_error();
        outgoing.into_values().for_each(|sent| sent.finish(Err(error())));
        incoming.into_values().for_each(|arrival| arrival.finish_unless_ended(error()));
    }

    async fn text(self: &Rc<Self>, text: &str) -> std::result::Result<(), Violation> {
        let event = self.exchange.borrow_mut().text(text)?;
        if self.exchange.borrow().is_heard() {
            self.heard.set();
        }
        match event {
            Event::Nothing | Event::Acknowledged(_) => {}
            Event::Offered { id, file, name, size, mime } => {
                let arrival = Rc::new(Arrival::new(id, &file, &name, size, mime));
                self.incoming.borrow_mut().insert(id, arrival);
                self.offered.wake_all();
                let _closed = self.say(&Message::Ack { id }).await;
            }
            Event::Refuse(id, reason) => self.say(&Message::Refuse { id, reason }).await.unwrap_or_default(),
            Event::Block { id, length, sha256, place } => self.with_incoming(id, |arrival| {
                arrival.begin_block(length, sha256, place);
            }),
            Event::End(id, sha256) => self.with_incoming(id, |arrival| arrival.end(sha256)),
            Event::Cancelled(id, reason) => self.over_incoming(id, &error::error_of(reason, OPERATION)),
            Event::BadIncoming(id, what) => self.bad_incoming(id, what).await,
            Event::Accepted { id, from, sha256 } => self.with_outgoing(id, |sent| sent.accept(from, sha256)),
            Event::Room(id) => self.with_outgoing(id, |sent| sent.room.wake_all()),
            Event::Received(id) => {
                let sent = self.outgoing.borrow_mut().remove(&id);
                sent.into_iter().for_each(|sent| sent.finish(Ok(())));
            }
            Event::Stopped(id, reason) => self.over_outgoing(id, &error::error_of(reason, OPERATION)),
            Event::BadOutgoing(id, what) => {
                self.over_outgoing(id, &Error::new(OPERATION, ErrorKind::InvalidData, what));
                self.say(&Message::Cancel { id, reason: Reason::Invalid }).await.unwrap_or_default();
            }
        }
        Ok(())
    }

    async fn bytes(self: &Rc<Self>, bytes: &ArrayBuffer) -> std::result::Result<(), Violation> {
        let part = self.exchange.borrow_mut().bytes(bytes.byte_length())?;
        match part {
            Part::PassedOver => {}
            Part::Of { id, offset, last } => {
                self.with_incoming(id, |arrival| arrival.bytes(bytes, offset, last));
            }
            Part::Bad(id, what) => self.bad_incoming(id, what).await,
        }
        Ok(())
    }

    async fn bad_incoming(&self, id: Id, what: &'static str) {
        self.over_incoming(id, &Error::new(OPERATION, ErrorKind::InvalidData, what));
        self.say(&Message::Stop { id, reason: Reason::Invalid }).await.unwrap_or_default();
    }

    fn with_incoming(&self, id: Id, tell: impl FnOnce(&Arrival)) {
        let arrival = self.incoming.borrow().get(&id).cloned();
        if let Some(arrival) = arrival {
            tell(&arrival);
        }
    }

    fn with_outgoing(&self, id: Id, tell: impl FnOnce(&Sent)) {
        let sent = self.outgoing.borrow().get(&id).cloned();
        if let Some(sent) = sent {
            tell(&sent);
        }
    }

    fn over_incoming(&self, id: Id, error: &Error) {
        let arrival = self.incoming.borrow_mut().remove(&id);
        arrival.into_iter().for_each(|arrival| arrival.finish(Err(error.clone())));
    }

    fn over_outgoing(&self, id: Id, error: &Error) {
        let sent = self.outgoing.borrow_mut().remove(&id);
        sent.into_iter().for_each(|sent| sent.finish(Err(error.clone())));
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.end();
    }
}

/// Reads what comes until the channel closes, or until nobody holds it but this.
async fn read(shared: Weak<Shared>, mut arriving: JsMessages, end: CloseSignal) {
    let mut ended = end.wait();
    loop {
        let next = future::poll_fn(|cx| match Pin::new(&mut ended).poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => Pin::new(&mut arriving).poll_next(cx),
        });
        let next = next.await;
        let Some(shared) = shared.upgrade() else { return };
        let understood = match next {
            None => break shared.end(),
            Some(Ok(JsMessage::Binary(bytes))) => shared.bytes(&bytes).await,
            Some(Ok(JsMessage::Text(text))) if text.length() <= LONGEST_TEXT => shared.text(&String::from(text)).await,
            Some(Ok(JsMessage::Text(_))) => Err(Violation("a message is longer than any of the protocol")),
            Some(Ok(JsMessage::Blob(_))) => Err(Violation("what came is neither text nor bytes")),
            Some(Err(error)) => break shared.broken(error),
        };
        if let Err(Violation(what)) = understood {
            break shared.broken(Error::new(OPERATION, ErrorKind::InvalidData, what));
        }
    }
}
