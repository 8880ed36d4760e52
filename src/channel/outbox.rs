//! A buffer of bytes that are sent in one message, at the end of the current task or once the buffer is full.

use std::{
    cell::{Cell, RefCell},
    mem,
    rc::Rc,
    task::{Context, Poll},
};

use wasm_bindgen_futures::spawn_local;

use super::data_channel::DataChannel;
use crate::{
    error::{Error, ErrorKind, Result},
    wake::{Waiter, WakerSet},
};

/// A handle of the bytes that a layer has yet to send. The bytes are sent even if the last handle is dropped.
pub(super) struct Outbox {
    shared: Rc<SharedOutbox>,
    sent: Waiter,
}

struct SharedOutbox {
    channel: DataChannel,
    buffer: RefCell<Vec<u8>>,
    /// The previous buffer, whose memory is reused.
    spare: RefCell<Vec<u8>>,
    /// Set while a task sends the buffer.
    is_sending: Cell<bool>,
    /// Set while that task waits with a message, which nothing may overtake.
    is_blocked: Cell<bool>,
    closing: Cell<bool>,
    /// Woken when the task has sent a message.
    sent: WakerSet,
    failure: RefCell<Option<Error>>,
}

impl Outbox {
    pub(super) fn new(channel: DataChannel) -> Self {
        Self::from_shared(Rc::new(SharedOutbox {
            channel,
            buffer: RefCell::default(),
            spare: RefCell::default(),
            is_sending: Cell::default(),
            is_blocked: Cell::default(),
            closing: Cell::default(),
            sent: WakerSet::default(),
            failure: RefCell::default(),
        }))
    }

    fn from_shared(shared: Rc<SharedOutbox>) -> Self {
        Self { sent: shared.sent.waiter(), shared }
    }

    pub(super) fn channel(&self) -> &DataChannel {
        &self.shared.channel
    }

    /// Makes room for `more` bytes without waiting, by sending the buffer if it would exceed `limit`. An empty buffer
    /// has room for any message.
    pub(super) fn try_reserve(&self, more: usize, limit: usize) -> Result<()> {
        let shared = &*self.shared;
        shared.check_open()?;
        let buffered = shared.buffer.borrow().len();
        if buffered == 0 || buffered.saturating_add(more) <= limit { Ok(()) } else { shared.try_send() }
    }

    /// Makes room for `more` bytes, and waits for the channel if necessary.
    pub(super) fn poll_reserve(&mut self, cx: &Context<'_>, more: usize, limit: usize) -> Poll<Result<()>> {
        match self.try_reserve(more, limit) {
            Err(error) if *error.kind() == ErrorKind::WouldBlock => self.wait(cx),
            settled => Poll::Ready(settled),
        }
    }

    /// Adds the bytes that `write` writes. They are sent at the end of the current task at the latest, if the channel
    /// has room.
    pub(super) fn add(&self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.shared.buffer.borrow_mut());
        if !self.shared.is_sending.replace(true) {
            spawn_local(send_all(self.shared.clone()));
        }
    }

    /// Sends the bytes in a separate message, without a copy, if the buffer is empty and the channel has room.
    pub(super) fn try_send_directly(&self, bytes: &[u8]) -> bool {
        let shared = &*self.shared;
        let is_first = shared.buffer.borrow().is_empty() && !shared.is_blocked.get();
        is_first && shared.check_open().is_ok() && shared.channel.try_send(bytes).is_ok()
    }

    /// Resolves when the channel has accepted all bytes.
    pub(super) fn poll_empty(&mut self, cx: &Context<'_>) -> Poll<Result<()>> {
        self.shared.check_failure()?;
        let is_empty = self.shared.buffer.borrow().is_empty();
        if is_empty && !self.shared.is_blocked.get() {
            return Poll::Ready(Ok(()));
        }
        match self.shared.try_send() {
            Err(error) if *error.kind() == ErrorKind::WouldBlock => self.wait(cx),
            settled => Poll::Ready(settled),
        }
    }

    /// Accepts no more bytes, and closes the channel when the buffer has been sent.
    pub(super) fn close(&self) {
        self.shared.closing.set(true);
        if !self.shared.is_sending.get() {
            self.shared.channel.close();
        }
    }

    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        self.sent.register(cx);
        Poll::Pending
    }
}

impl Clone for Outbox {
    fn clone(&self) -> Self {
        Self::from_shared(self.shared.clone())
    }
}

impl SharedOutbox {
    fn check_failure(&self) -> Result<()> {
        self.failure.borrow().clone().map_or(Ok(()), Err)
    }

    fn check_open(&self) -> Result<()> {
        self.check_failure()?;
        let life = &self.channel.inner.life;
        if self.closing.get() || life.closing.get() || life.closed.is_set() {
            return Err(life.closed_error("send"));
        }
        Ok(())
    }

    fn try_send(&self) -> Result<()> {
        if self.is_blocked.get() {
            let message = "an earlier message waits for room in the send buffer of the data channel";
            return Err(Error::new("send", ErrorKind::WouldBlock, message));
        }
        let mut buffer = self.buffer.borrow_mut();
        match self.channel.try_send(buffer.as_slice()) {
            // A channel that is not open yet is handled like a full one.
            Err(error) if *error.kind() == ErrorKind::InvalidState => {
                Err(Error::new("send", ErrorKind::WouldBlock, error.message().to_owned()))
            }
            Ok(()) => {
                buffer.clear();
                Ok(())
            }
            failed => failed,
        }
    }
}

/// Sends the buffer, and the bytes that are added while it waits for room.
async fn send_all(shared: Rc<SharedOutbox>) {
    loop {
        let mut message = mem::replace(&mut *shared.buffer.borrow_mut(), shared.spare.take());
        if message.is_empty() {
            // This keeps its memory, which is most often larger than that of the spare buffer.
            shared.buffer.replace(message);
            break;
        }
        shared.is_blocked.set(true);
        let sent = shared.channel.send(&message).await;
        shared.is_blocked.set(false);
        message.clear();
        shared.spare.replace(message);
        if let Err(error) = sent {
            shared.buffer.take();
            shared.failure.replace(Some(error));
        }
        shared.sent.wake_all();
    }
    shared.is_sending.set(false);
    shared.sent.wake_all();
    if shared.closing.get() {
        shared.channel.close();
    }
}
