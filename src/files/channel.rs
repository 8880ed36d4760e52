//! The data channel of a [`Files`](super::Files) with its transfers, and the task that reads it.

use std::{
    cell::{Cell, RefCell},
    future::{self, Future},
    pin::Pin,
    rc::{Rc, Weak},
    task::Poll,
    time::Duration,
};

use browser_rtc_proto::files::{
    Bytes, Cancel, Event, Exchange, MAX_TEXT_LENGTH, Message, OfferAck, Reason, Stop, TransferId, TransferMap,
    Violation,
};
use futures::{
    Stream,
    future::{Either, LocalBoxFuture, select},
};
use js_sys::ArrayBuffer;
use wasm_bindgen_futures::spawn_local;

use super::{
    error::{OPERATION, error_from},
    hash,
    state::{incoming::IncomingState, outgoing::OutgoingState},
};
use crate::{
    channel::{BinaryType, DataChannel, JsMessage, JsMessages, Reliability},
    error::{Error, ErrorKind, Result},
    timer::{Sleep, milliseconds},
    wake::{CloseSignal, Turn, WakerSet},
};

/// The default time within which a peer has to acknowledge an offer, until it is known to implement the protocol.
const DEFAULT_ACK_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) struct FileChannel {
    pub(super) channel: DataChannel,
    pub(super) exchange: RefCell<Exchange>,
    pub(super) outgoing: RefCell<TransferMap<Rc<OutgoingState>>>,
    pub(super) incoming: RefCell<TransferMap<Rc<IncomingState>>>,
    /// Wakes the tasks that wait for an offer.
    pub(super) offered: WakerSet,
    /// The queue of the outgoing files that have a block to send.
    turns: WakerSet,
    /// Set once the peer has sent a message of the protocol.
    peer_known: CloseSignal,
    pub(super) ack_timeout: Cell<Duration>,
    /// Set once the channel has closed or the last handle is dropped.
    pub(super) end: CloseSignal,
    failure: RefCell<Option<Error>>,
}

impl FileChannel {
    pub(super) fn new(channel: DataChannel) -> Rc<Self> {
        channel.set_binary_type(&BinaryType::ArrayBuffer);
        let files = Rc::new(Self {
            exchange: RefCell::default(),
            outgoing: RefCell::default(),
            incoming: RefCell::default(),
            offered: WakerSet::default(),
            turns: WakerSet::default(),
            peer_known: CloseSignal::default(),
            ack_timeout: Cell::new(DEFAULT_ACK_TIMEOUT),
            end: CloseSignal::default(),
            failure: RefCell::default(),
            channel,
        });
        spawn_local(read(Rc::downgrade(&files), files.channel.js_messages(), files.end.clone()));
        files
    }

    /// Checks that the channel and the page can transfer files.
    pub(super) fn check(&self) -> Result<()> {
        if self.end.is_set() {
            return Err(self.end_error());
        }
        if !self.channel.ordered() || self.channel.reliability() != Reliability::Reliable {
            let message = "file transfers require an ordered and reliable data channel";
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, message));
        }
        hash::check()
    }

    /// Resolves once the peer is known to implement the protocol. After that, a failing network may delay an
    /// acknowledgement for as long as the channel is open.
    pub(super) async fn peer_known(&self) -> Result<()> {
        if self.peer_known.is_set() {
            return Ok(());
        }
        let timeout = Sleep::new(milliseconds(self.ack_timeout.get()));
        match select(self.peer_known.wait(), timeout).await {
            Either::Left(_) => Ok(()),
            Either::Right(_) => {
                let message =
                    "the peer did not acknowledge the file offer: it does not use the file protocol on this channel";
                Err(Error::new(OPERATION, ErrorKind::Timeout, message))
            }
        }
    }

    /// Resolves when the caller may send a block. Files take turns in the order of the calls.
    pub(super) async fn turn(&self) -> Turn {
        first_in(&self.turns).await
    }

    /// Returns the first offer that was not returned before. The numbers of offers increase, and withdrawn offers are
    /// removed.
    pub(super) fn next_offer(&self) -> Option<Rc<IncomingState>> {
        self.incoming.borrow().values().find(|incoming| !incoming.delivered.replace(true)).cloned()
    }

    pub(super) fn end_error(&self) -> Error {
        self.failure.borrow().clone().unwrap_or_else(|| Error::closed(OPERATION))
    }

    pub(super) fn send(&self, message: impl Into<Message>) -> LocalBoxFuture<'_, Result<()>> {
        Box::pin(self.send_message(message.into()))
    }

    /// Sends a message. The future is boxed by [`send`](Self::send), so that its code is not inlined for each message.
    async fn send_message(&self, message: Message) -> Result<()> {
        self.channel.send(&message.to_json()).await
    }

    /// Sends the last message of a transfer, which is not needed once the channel has closed.
    pub(super) async fn send_last(&self, message: impl Into<Message>) {
        let _ = self.send(message).await;
    }

    fn fail(&self, error: Error) {
        self.failure.replace(Some(error));
        self.end();
        self.channel.close();
    }

    fn end(&self) {
        self.end.set();
        let (outgoing, incoming) = (self.outgoing.take(), self.incoming.take());
        for outgoing in outgoing.into_values() {
            outgoing.finish(Err(self.end_error()));
        }
        for incoming in incoming.into_values() {
            incoming.channel_ended(self.end_error());
        }
    }

    async fn handle_text(&self, text: &str) -> Result<()> {
        let event = self.exchange.borrow_mut().handle_text(text).map_err(violation_error)?;
        if self.exchange.borrow().is_peer_known() {
            self.peer_known.set();
        }
        let Some(event) = event else { return Ok(()) };
        match event {
            Event::OfferAck(_) => {}
            Event::Offer(offer) => {
                let id = offer.id;
                self.incoming.borrow_mut().insert(id, Rc::new(IncomingState::new(offer)));
                self.offered.wake_all();
                self.send_last(OfferAck::new(id)).await;
            }
            Event::Unacceptable(decline) => self.send_last(decline).await,
            Event::Block { block, restart } => self.with_incoming(block.id, |incoming| {
                incoming.begin_block(&block, restart);
            }),
            Event::End(end) => self.with_incoming(end.id, |incoming| incoming.end(end.sha256)),
            Event::Cancel(cancel) => self.finish_incoming(cancel.id, error_from(cancel.reason)),
            Event::IncomingViolation(id, violation) => self.incoming_violation(id, violation).await,
            Event::Accept(accept) => self.with_outgoing(accept.id, |outgoing| outgoing.accept(&accept)),
            Event::BlockAck(ack) => self.with_outgoing(ack.id, |outgoing| outgoing.window.wake_all()),
            Event::Received(received) => self.finish_outgoing(received.id, Ok(())),
            Event::Decline(decline) => self.finish_outgoing(decline.id, Err(error_from(decline.reason))),
            Event::Stop(stop) => self.finish_outgoing(stop.id, Err(error_from(stop.reason))),
            Event::OutgoingViolation(id, violation) => {
                self.finish_outgoing(id, Err(violation_error(violation)));
                self.send_last(Cancel::new(id, Reason::Invalid)).await;
            }
        }
        Ok(())
    }

    async fn handle_bytes(&self, bytes: &ArrayBuffer) -> Result<()> {
        let meaning = self.exchange.borrow_mut().handle_bytes(bytes.byte_length()).map_err(violation_error)?;
        match meaning {
            Bytes::Ignored => {}
            Bytes::Block { id, offset, last } => {
                self.with_incoming(id, |incoming| incoming.push_bytes(bytes, offset, last));
            }
            Bytes::Violation(id, violation) => self.incoming_violation(id, violation).await,
        }
        Ok(())
    }

    async fn incoming_violation(&self, id: TransferId, violation: Violation) {
        self.finish_incoming(id, violation_error(violation));
        self.send_last(Stop::new(id, Reason::Invalid)).await;
    }

    /// Calls a function with an incoming file. No borrow is held, because the function wakes tasks.
    fn with_incoming(&self, id: TransferId, function: impl FnOnce(&IncomingState)) {
        let incoming = self.incoming.borrow().get(id).cloned();
        if let Some(incoming) = incoming {
            function(&incoming);
        }
    }

    fn with_outgoing(&self, id: TransferId, function: impl FnOnce(&OutgoingState)) {
        let outgoing = self.outgoing.borrow().get(id).cloned();
        if let Some(outgoing) = outgoing {
            function(&outgoing);
        }
    }

    fn finish_incoming(&self, id: TransferId, error: Error) {
        let incoming = self.incoming.borrow_mut().remove(id);
        if let Some(incoming) = incoming {
            incoming.finish(Err(error));
        }
    }

    fn finish_outgoing(&self, id: TransferId, outcome: Result<()>) {
        let outgoing = self.outgoing.borrow_mut().remove(id);
        if let Some(outgoing) = outgoing {
            outgoing.finish(outcome);
        }
    }
}

fn violation_error(violation: Violation) -> Error {
    invalid_data(violation.as_str())
}

impl Drop for FileChannel {
    fn drop(&mut self) {
        self.end();
    }
}

/// Reads the channel until it closes, or until the last handle is dropped.
async fn read(files: Weak<FileChannel>, mut messages: JsMessages, end: CloseSignal) {
    let mut ended = end.wait();
    loop {
        let next = future::poll_fn(|cx| match Pin::new(&mut ended).poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => Pin::new(&mut messages).poll_next(cx),
        });
        let next = next.await;
        let Some(files) = files.upgrade() else { return };
        let handled = match next {
            None => break files.end(),
            Some(Ok(JsMessage::Binary(bytes))) => files.handle_bytes(&bytes).await,
            Some(Ok(JsMessage::Text(text))) if text.length() <= MAX_TEXT_LENGTH => {
                files.handle_text(&String::from(text)).await
            }
            Some(Ok(JsMessage::Text(_))) => Err(invalid_data("a text message exceeds the limit")),
            Some(Ok(JsMessage::Blob(_))) => Err(invalid_data("a message is neither text nor bytes")),
            Some(Err(error)) => Err(error),
        };
        if let Err(error) = handled {
            break files.fail(error);
        }
    }
}

fn invalid_data(message: &'static str) -> Error {
    Error::new(OPERATION, ErrorKind::InvalidData, message)
}

/// Resolves to a place in a queue once the place is the first. Dropping it ends the turn.
async fn first_in(queue: &WakerSet) -> Turn {
    let mut turn = Some(queue.turn());
    future::poll_fn(|cx| match turn.take_if(|turn| turn.is_first()) {
        Some(turn) => Poll::Ready(turn),
        None => {
            turn.iter_mut().for_each(|turn| turn.register(cx));
            Poll::Pending
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn turns_follow_call_order() {
        let queue = WakerSet::default();
        let first = first_in(&queue).now_or_never().unwrap();
        let mut second = Box::pin(first_in(&queue));
        let mut dropped = Box::pin(first_in(&queue));
        let mut third = Box::pin(first_in(&queue));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(dropped.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        drop(dropped);
        drop(first);
        assert!(third.as_mut().now_or_never().is_none());
        let second = second.now_or_never().unwrap();
        assert!(first_in(&queue).now_or_never().is_none(), "a later call waits longer");
        drop(second);
        drop(third.now_or_never().unwrap());
        first_in(&queue).now_or_never().unwrap();
    }

    #[test]
    fn unused_turn_passes_to_next_when_dropped() {
        let queue = WakerSet::default();
        let first = first_in(&queue).now_or_never().unwrap();
        let mut second = Box::pin(first_in(&queue));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        drop(second);
        first_in(&queue).now_or_never().unwrap();
    }
}
