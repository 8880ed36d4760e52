//! Signaling links between two sessions.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{
    Sink, Stream,
    channel::mpsc::{self, SendError, UnboundedReceiver, UnboundedSender},
    sink,
};
use pin_project_lite::pin_project;

use crate::{
    error::{Error, ErrorKind},
    negotiation::Signal,
};

pin_project! {
    /// A signaling link, made of a stream and a sink of signals.
    ///
    /// A [`Session`](super::Session) takes any type that is both a stream and a sink of [`Signal`]s. This type combines two
    /// halves into one.
    ///
    /// # Examples
    /// A link between two tabs of the same origin, over a `BroadcastChannel`. Both tabs run the same code:
    ///
    /// ```no_run
    /// # use browser_rtc::{Error, EventStream, negotiation::Politeness, peer::Configuration};
    /// # use browser_rtc::session::{Link, Session};
    /// # use wasm_bindgen::{JsCast, JsValue};
    /// # use web_sys::{BroadcastChannel, MessageEvent};
    /// # fn example() -> Result<(), JsValue> {
    /// let channel = BroadcastChannel::new("my-app")?;
    /// let incoming = EventStream::listen(&channel, "message", |event| {
    ///     let text = event.unchecked_into::<MessageEvent>().data().as_string()?;
    ///     text.parse().ok()
    /// });
    /// let link = Link::sending(incoming, move |signal| {
    ///     let text = signal.to_string();
    ///     channel.post_message(&text.into()).map_err(|thrown| Error::from_js("postMessage", thrown))
    /// });
    /// let session = Session::new(&Configuration::new(), Politeness::Auto, link)?;
    /// # Ok(()) }
    /// ```
    pub struct Link<I, O> {
        #[pin]
        incoming: I,
        #[pin]
        outgoing: O,
    }
}

/// One end of a link between two sessions of the same page. [`MemoryLink::pair`] creates both ends.
pub type MemoryLink = Link<UnboundedReceiver<Signal>, MemorySink>;

/// The sending half of a [`MemoryLink`]. Sending fails with `Closed` if the other end has been dropped.
#[derive(Clone, Debug)]
pub struct MemorySink(UnboundedSender<Signal>);

impl<I, O> Link<I, O>
where
    I: Stream<Item = Signal>,
    O: Sink<Signal>,
{
    /// Creates a link from its two halves.
    pub fn new(incoming: I, outgoing: O) -> Self {
        Self { incoming, outgoing }
    }

    /// Returns the two halves.
    pub fn into_halves(self) -> (I, O) {
        (self.incoming, self.outgoing)
    }
}

impl<I: Stream<Item = Signal>> Link<I, ()> {
    /// Creates a link from a stream and a function that sends a signal without waiting, such as over a WebSocket or a
    /// message port.
    ///
    /// `send` is called with each outgoing signal. After its first error, it is not called again. The session emits the
    /// error as [`SessionEvent::Failed`](super::SessionEvent::Failed).
    pub fn sending<E>(incoming: I, send: impl FnMut(Signal) -> Result<(), E>) -> Link<I, impl Sink<Signal, Error = E>> {
        let outgoing = sink::unfold(send, async |mut send, signal| {
            send(signal)?;
            Ok(send)
        });
        Link { incoming, outgoing }
    }
}

impl MemoryLink {
    /// Creates the two ends of a link. The link is reliable and unbounded.
    ///
    /// # Examples
    /// ```no_run
    /// # use browser_rtc::{Result, negotiation::Politeness, peer::Configuration, session::{MemoryLink, Session}};
    /// # fn example() -> Result<()> {
    /// let (link_a, link_b) = MemoryLink::pair();
    /// let a = Session::new(&Configuration::new(), Politeness::Polite, link_a)?;
    /// let b = Session::new(&Configuration::new(), Politeness::Impolite, link_b)?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn pair() -> (Self, Self) {
        let ((to_a, from_b), (to_b, from_a)) = (mpsc::unbounded(), mpsc::unbounded());
        (Self::new(from_b, MemorySink(to_b)), Self::new(from_a, MemorySink(to_a)))
    }
}

impl Sink<Signal> for MemorySink {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_ready(cx).map_err(dropped)
    }

    fn start_send(self: Pin<&mut Self>, signal: Signal) -> Result<(), Error> {
        self.0.unbounded_send(signal).map_err(|error| dropped(error.into_send_error()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.close_channel();
        Poll::Ready(Ok(()))
    }
}

fn dropped(_error: SendError) -> Error {
    Error::new("signal", ErrorKind::Closed, "the other end of the memory link was dropped")
}

impl<I: Stream<Item = Signal>, O> Stream for Link<I, O> {
    type Item = Signal;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Signal>> {
        self.project().incoming.poll_next(cx)
    }
}

impl<I, O: Sink<Signal>> Sink<Signal> for Link<I, O> {
    type Error = O::Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), O::Error>> {
        self.project().outgoing.poll_ready(cx)
    }

    fn start_send(self: Pin<&mut Self>, signal: Signal) -> Result<(), O::Error> {
        self.project().outgoing.start_send(signal)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), O::Error>> {
        self.project().outgoing.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), O::Error>> {
        self.project().outgoing.poll_close(cx)
    }
}

impl<I, O> fmt::Debug for Link<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, SinkExt, StreamExt, stream};

    use super::*;
    use crate::negotiation::Content;

    fn signal() -> Signal {
        Content::Request.into()
    }

    #[test]
    fn memory_link_ends_when_other_end_is_dropped() {
        let (mut a, mut b) = MemoryLink::pair();
        for _ in 0..2 {
            a.send(signal()).now_or_never().unwrap().unwrap();
            b.send(signal()).now_or_never().unwrap().unwrap();
        }
        assert_eq!(a.next().now_or_never().unwrap(), Some(signal()));
        drop(a);
        let error = b.send(signal()).now_or_never().unwrap().unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Closed);
        assert_eq!(b.collect::<Vec<_>>().now_or_never().unwrap().len(), 2);
    }

    #[test]
    fn send_function_is_called_until_error() {
        let mut calls = 0;
        let link = Link::sending(stream::empty(), |sent: Signal| {
            assert_eq!(sent, signal());
            calls += 1;
            if calls > 2 { Err("full") } else { Ok(()) }
        });
        let sending = stream::repeat_with(|| Ok(signal())).take(4).forward(link);
        assert_eq!(sending.now_or_never().unwrap(), Err("full"));
        assert_eq!(calls, 3);
    }
}
