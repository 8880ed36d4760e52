//! A buffer of bytes that are sent in one message, at the end of the turn or once there are enough.

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

/// A handle of the bytes that one layer has yet to send. When the last handle is dropped, they are still sent before the
/// channel is released.
pub(super) struct Outbox {
    shared: Rc<Shared>,
    moved: Waiter,
}

struct Shared {
    channel: DataChannel,
    buffer: RefCell<Vec<u8>>,
    /// The former buffer, whose memory is reused.
    spare: RefCell<Vec<u8>>,
    /// Set while a task sends the buffer.
    leaving: Cell<bool>,
    /// Set while that task waits with a message, which nothing may overtake.
    held: Cell<bool>,
    closing: Cell<bool>,
    moved: WakerSet,
    failure: RefCell<Option<Error>>,
}

impl Outbox {
    pub(super) fn new(channel: DataChannel) -> Self {
        Self::from_shared(Rc::new(Shared {
            channel,
            buffer: RefCell::default(),
            spare: RefCell::default(),
            leaving: Cell::default(),
            held: Cell::default(),
            closing: Cell::default(),
            moved: WakerSet::default(),
            failure: RefCell::default(),
        }))
    }

    fn from_shared(shared: Rc<Shared>) -> Self {
        Self { moved: shared.moved.waiter(), shared }
    }

    pub(super) fn channel(&self) -> &DataChannel {
        &self.shared.channel
    }

    /// Makes room for `more` bytes, where that needs no waiting: what is there leaves if both are over `limit`. So
    /// there is always room for one message that alone is over it.
    pub(super) fn try_room(&self, more: usize, limit: usize) -> Result<()> {
        let shared = &*self.shared;
        shared.usable()?;
        let held = shared.buffer.borrow().len();
        if held == 0 || held.saturating_add(more) <= limit { Ok(()) } else { shared.try_leave() }
    }

    /// The same, waiting.
    pub(super) fn poll_room(&mut self, cx: &Context<'_>, more: usize, limit: usize) -> Poll<Result<()>> {
        match self.try_room(more, limit) {
            Err(error) if *error.kind() == ErrorKind::WouldBlock => self.wait(cx),
            settled => Poll::Ready(settled),
        }
    }

    /// Adds the bytes that `write` writes. They are sent at the end of the turn at the latest, if the channel has room.
    pub(super) fn add(&self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.shared.buffer.borrow_mut());
        if !self.shared.leaving.replace(true) {
            spawn_local(leave(self.shared.clone()));
        }
    }

    /// Sends this by itself, uncopied, where nothing is before it and there is room.
    pub(super) fn try_pass(&self, bytes: &[u8]) -> bool {
        let shared = &*self.shared;
        let first = shared.buffer.borrow().is_empty() && !shared.held.get();
        first && shared.usable().is_ok() && shared.channel.try_send(bytes).is_ok()
    }

    /// Resolves when the channel has taken all bytes.
    pub(super) fn poll_empty(&mut self, cx: &Context<'_>) -> Poll<Result<()>> {
        self.shared.failed()?;
        let empty = self.shared.buffer.borrow().is_empty();
        if empty && !self.shared.held.get() {
            return Poll::Ready(Ok(()));
        }
        match self.shared.try_leave() {
            Err(error) if *error.kind() == ErrorKind::WouldBlock => self.wait(cx),
            settled => Poll::Ready(settled),
        }
    }

    /// Takes no more bytes, and closes the channel when the rest has been sent.
    pub(super) fn close(&self) {
        self.shared.closing.set(true);
        if !self.shared.leaving.get() {
            self.shared.channel.close();
        }
    }

    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        self.moved.register(cx);
        Poll::Pending
    }
}

impl Clone for Outbox {
    fn clone(&self) -> Self {
        Self::from_shared(self.shared.clone())
    }
}

impl Shared {
    fn failed(&self) -> Result<()> {
        self.failure.borrow().clone().map_or(Ok(()), Err)
    }

    fn usable(&self) -> Result<()> {
        self.failed()?;
        let life = &self.channel.inner.life;
        if self.closing.get() || life.closing.get() || life.closed.is_set() {
            return Err(life.closed_error("send"));
        }
        Ok(())
    }

    fn try_leave(&self) -> Result<()> {
        if self.held.get() {
            return Err(Error::new("send", ErrorKind::WouldBlock, "an earlier message is still waiting"));
        }
        let mut buffer = self.buffer.borrow_mut();
        match self.channel.try_send(buffer.as_slice()) {
            // Not yet open: that is waited for as room is.
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

/// Sends the buffer, and what is added while it waits for room.
async fn leave(shared: Rc<Shared>) {
    loop {
        let mut message = mem::replace(&mut *shared.buffer.borrow_mut(), shared.spare.take());
        if message.is_empty() {
            // Its memory is worth more than the spare's, which is mostly none.
            shared.buffer.replace(message);
            break;
        }
        shared.held.set(true);
        let sent = shared.channel.send(&message).await;
        shared.held.set(false);
        message.clear();
        shared.spare.replace(message);
        if let Err(error) = sent {
            shared.buffer.take();
            shared.failure.replace(Some(error));
        }
        shared.moved.wake_all();
    }
    shared.leaving.set(false);
    shared.moved.wake_all();
    if shared.closing.get() {
        shared.channel.close();
    }
}
