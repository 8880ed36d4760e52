//! Reception of messages.

use std::{
    fmt,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use futures::Stream;

use super::{
    data_channel::DataChannel,
    life::SharedChannel,
    message::{JsMessage, Message},
};
use crate::{error::Result, wake::Waiter};

impl SharedChannel {
    /// Takes the oldest unread message: `None` once the channel has closed, and pending if there is none so far.
    fn take_message(self: &Rc<Self>) -> Poll<Option<Result<JsMessage>>> {
        self.read();
        let queue = &self.life.receive_queue;
        let message = queue.pop();
        if message.is_some() {
            return Poll::Ready(message);
        }
        if queue.has_ended() || self.life.closed.is_set() {
            return Poll::Ready(None);
        }
        Poll::Pending
    }

    fn poll_message(self: &Rc<Self>, cx: &Context<'_>, filled: &mut Waiter) -> Poll<Option<Result<JsMessage>>> {
        let message = self.take_message();
        if message.is_pending() {
            filled.register(cx);
        }
        message
    }
}

/// The received messages. The stream waits without a timeout while the channel is open and the remote peer sends
/// nothing. No message is lost if a future of the stream is dropped.
impl Stream for DataChannel {
    type Item = Result<Message>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { inner, filled, .. } = &mut *self;
        inner.poll_message(cx, filled).map(|message| Some(message?.map(Message::from)))
    }
}

impl DataChannel {
    /// Returns the next message if one has arrived, without waiting: for a program that polls, such as a game in its loop
    /// of animation frames. It takes the message from the queue that the stream reads.
    ///
    /// ```no_run
    /// # use browser_rtc::{channel::{DataChannel, Message}, Result};
    /// # struct Game { channel: DataChannel }
    /// # impl Game { fn place_opponent(&mut self, _position: &[u8]) {}
    /// /// Runs once in each animation frame.
    /// fn update(&mut self) -> Result<()> {
    ///     while let Some(message) = self.channel.try_receive()? {
    ///         if let Message::Binary(position) = message { self.place_opponent(&position); }
    ///     }
    ///     Ok(())
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Closed` once the channel has closed and all messages have been read; `QuotaExceeded` once where the stream ends
    /// with it, see [`set_receive_limit`](Self::set_receive_limit).
    pub fn try_receive(&self) -> Result<Option<Message>> {
        match self.inner.take_message() {
            Poll::Ready(Some(message)) => Ok(Some(message?.into())),
            Poll::Ready(None) => Err(self.closed_error("receive")),
            Poll::Pending => Ok(None),
        }
    }

    /// Returns a stream of the messages as JavaScript values. They are not copied into the memory of the program, which
    /// suits messages that are passed on to JavaScript, such as the parts of a file.
    ///
    /// The stream and the channel read from one queue, so that each message goes to one of them. Like a clone, the
    /// stream keeps the channel open. Messages are queued from this call on, even before the stream is polled.
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
        JsMessages { filled: self.inner.life.receive_queue.filled.waiter(), inner: self.inner.clone() }
    }

    /// Returns whether unread messages are queued.
    pub(crate) fn has_messages(&self) -> bool {
        !self.inner.life.receive_queue.is_empty()
    }

    /// Returns the limit of the unread messages, in bytes: 64 MiB by default; `u32::MAX` is no limit. A message counts
    /// as at least 64 bytes, and text counts by its length in UTF-16 units.
    #[must_use]
    pub fn receive_limit(&self) -> u32 {
        self.inner.life.receive_queue.limit.get()
    }

    /// Sets the limit of the unread messages, in bytes, for all handles of the channel and for messages that arrive
    /// from now on.
    ///
    /// A message that exceeds the limit is lost and closes the channel: the stream returns the messages before it, then
    /// the error `QuotaExceeded`, and ends. A channel that belongs to other code, from [`from_raw`](Self::from_raw) or
    /// [`into_raw`](Self::into_raw), stays open.
    pub fn set_receive_limit(&self, bytes: u32) {
        self.inner.life.receive_queue.limit.set(bytes);
    }
}

/// A stream of the messages of a channel as JavaScript values, from [`DataChannel::js_messages`].
pub struct JsMessages {
    inner: Rc<SharedChannel>,
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
