//! What has come and waits to be taken.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    fmt,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use futures::Stream;

use super::{DataChannel, JsMessage, Message, life::Inner};
use crate::{
    error::{Error, ErrorKind, Result},
    sys::data_channel::Data,
    wake::{Waiter, WakerSet},
};

pub(crate) const DEFAULT_RECEIVE_LIMIT: u32 = 64 * 1024 * 1024;

/// So that empty messages cannot pile up without end.
const LEAST_COST: f64 = 64.0;

/// The messages that have come, as JavaScript's values: what waits, waits outside the program's memory, which never
/// shrinks.
pub(super) struct Arrivals {
    messages: RefCell<VecDeque<(JsMessage, f64)>>,
    bytes: Cell<f64>,
    limit: Cell<u32>,
    excess: Cell<Excess>,
    pub(super) filled: WakerSet,
}

/// Whether more came than may wait.
#[derive(Clone, Copy, PartialEq)]
enum Excess {
    No,
    Yes,
    Told,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self {
            messages: RefCell::default(),
            bytes: Cell::default(),
            limit: Cell::new(DEFAULT_RECEIVE_LIMIT),
            excess: Cell::new(Excess::No),
            filled: WakerSet::default(),
        }
    }
}

impl Arrivals {
    /// Keeps a message. Returns false where it exceeds the limit, which ends the reading.
    pub(super) fn push(&self, data: Data) -> bool {
        if self.excess.get() != Excess::No {
            return true;
        }
        let (message, size) = JsMessage::of(data);
        let cost = size.max(LEAST_COST);
        let bytes = self.bytes.get() + cost;
        let limit = self.limit.get();
        let fits = limit == u32::MAX || bytes <= f64::from(limit);
        if fits {
            self.bytes.set(bytes);
            self.messages.borrow_mut().push_back((message, cost));
        } else {
            self.excess.set(Excess::Yes);
        }
        self.filled.wake_all();
        fits
    }

    fn pop(&self) -> Option<Result<JsMessage>> {
        let next = self.messages.borrow_mut().pop_front();
        if let Some((message, cost)) = next {
            self.bytes.set(self.bytes.get() - cost);
            return Some(Ok(message));
        }
        if self.excess.get() != Excess::Yes {
            return None;
        }
        self.excess.set(Excess::Told);
        let told = "more came than may wait, and was not taken in time";
        Some(Err(Error::new("message", ErrorKind::QuotaExceeded, told)))
    }
}

impl Inner {
    fn poll_message(self: &Rc<Self>, cx: &Context<'_>, filled: &mut Waiter) -> Poll<Option<Result<JsMessage>>> {
        self.read();
        let arrivals = &self.life.arrivals;
        let message = arrivals.pop();
        if message.is_some() {
            return Poll::Ready(message);
        }
        if arrivals.excess.get() == Excess::Told || self.life.closed.is_set() {
            return Poll::Ready(None);
        }
        filled.register(cx);
        Poll::Pending
    }
}

/// It waits without a limit while the channel is open and the peer sends nothing.
impl Stream for DataChannel {
    type Item = Result<Message>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { inner, filled, .. } = &mut *self;
        inner.poll_message(cx, filled).map(|message| Some(message?.map(Message::from)))
    }
}

impl DataChannel {
    /// Returns the messages as JavaScript values, uncopied: for what goes to JavaScript again, such as a file. It is a
    /// second view of the same messages, each of which goes to one reader. It keeps the channel open as a clone does,
    /// and reads from this call on, also before it is polled.
    ///
    /// ```no_run
    /// # use browser_rtc::{channel::{DataChannel, JsMessage}, Result};
    /// # use futures::StreamExt;
    /// # async fn example(channel: DataChannel, parts: js_sys::Array) -> Result<()> {
    /// let mut messages = channel.js_messages();
    /// while let Some(message) = messages.next().await {
    ///     if let JsMessage::Binary(buffer) = message? { parts.push(&buffer); }
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn js_messages(&self) -> JsMessages {
        self.inner.read();
        JsMessages { filled: self.inner.life.arrivals.filled.waiter(), inner: self.inner.clone() }
    }

    /// Whether something waits to be taken.
    pub(crate) fn has_messages(&self) -> bool {
        !self.inner.life.arrivals.messages.borrow().is_empty()
    }

    /// Returns how many bytes may wait to be taken: 64 MiB unless set; `u32::MAX` is no limit. A message counts as at
    /// least 64 bytes, and a text by its length in JavaScript.
    #[must_use]
    pub fn receive_limit(&self) -> u32 {
        self.inner.life.arrivals.limit.get()
    }

    /// Sets this limit for what arrives from now on, for all handles of the channel. The message that would exceed it
    /// ends the reading and closes the channel: the stream gives what had arrived before it, then the error
    /// `QuotaExceeded`, then ends. A channel that something else looks after, by [`from_raw`](Self::from_raw) or
    /// [`into_raw`](Self::into_raw), stays open.
    pub fn set_receive_limit(&self, bytes: u32) {
        self.inner.life.arrivals.limit.set(bytes);
    }
}

/// A channel's messages as JavaScript has them, from [`DataChannel::js_messages`].
pub struct JsMessages {
    inner: Rc<Inner>,
    filled: Waiter,
}

impl Stream for JsMessages {
    type Item = Result<JsMessage>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { inner, filled } = &mut *self;
        inner.poll_message(cx, filled)
    }
}

impl fmt::Debug for JsMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsMessages").finish_non_exhaustive()
    }
}
