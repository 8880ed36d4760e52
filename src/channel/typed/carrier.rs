//! The channels that carry typed messages.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::Stream;

use crate::{
    channel::{
        data_channel::DataChannel,
        message::{Message, Payload},
        packed::Packed,
    },
    error::Result,
};

/// A channel that carries [`Typed`](super::Typed) messages: a [`DataChannel`], or [`Packed`] for many small ones.
pub trait Carrier: Carry {}

impl<C: Carry> Carrier for C {}

/// A received message.
#[derive(Debug)]
pub enum Carried {
    Message(Message),
    Packed(Bytes),
}

impl Carried {
    /// Returns the bytes for a codec of text or of bytes, if the message is of that kind.
    pub(super) fn bytes(&self, text: bool) -> Option<&[u8]> {
        match self {
            Self::Message(Message::Text(message)) if text => Some(message.as_bytes()),
            Self::Message(Message::Binary(message)) if !text => Some(message),
            Self::Message(_) => None,
            Self::Packed(message) => Some(message),
        }
    }
}

/// The operations of a carrier. The trait cannot be named outside of the crate, so that it may change.
pub trait Carry: Clone + Unpin + 'static {
    fn underlying(&self) -> &DataChannel;
    fn give(&self, payload: Payload<'_>) -> impl Future<Output = Result<()>>;
    fn try_give(&self, payload: Payload<'_>) -> Result<()>;
    fn empty(&self) -> impl Future<Output = Result<()>>;
    fn end(&self);
    fn poll_carried(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Carried>>>;
    fn try_carried(&self) -> Result<Option<Carried>>;
}

impl Carry for DataChannel {
    fn underlying(&self) -> &DataChannel {
        self
    }

    fn give(&self, payload: Payload<'_>) -> impl Future<Output = Result<()>> {
        self.send(payload)
    }

    fn try_give(&self, payload: Payload<'_>) -> Result<()> {
        self.try_send(payload)
    }

    fn empty(&self) -> impl Future<Output = Result<()>> {
        self.flush()
    }

    fn end(&self) {
        self.close();
    }

    fn poll_carried(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Carried>>> {
        Pin::new(self).poll_next(cx).map_ok(Carried::Message)
    }

    fn try_carried(&self) -> Result<Option<Carried>> {
        Ok(self.try_receive()?.map(Carried::Message))
    }
}

impl Carry for Packed {
    fn underlying(&self) -> &DataChannel {
        self.channel()
    }

    async fn give(&self, payload: Payload<'_>) -> Result<()> {
        self.send(bytes_of(&payload)).await
    }

    fn try_give(&self, payload: Payload<'_>) -> Result<()> {
        self.try_send(bytes_of(&payload))
    }

    fn empty(&self) -> impl Future<Output = Result<()>> {
        self.flush()
    }

    fn end(&self) {
        self.close();
    }

    fn poll_carried(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Carried>>> {
        Pin::new(self).poll_next(cx).map_ok(Carried::Packed)
    }

    fn try_carried(&self) -> Result<Option<Carried>> {
        Ok(self.try_receive()?.map(Carried::Packed))
    }
}

/// Returns the bytes of a codec's message, which is text or bytes and nothing else.
fn bytes_of<'a>(payload: &'a Payload<'_>) -> &'a [u8] {
    match payload {
        Payload::Text(text) => text.as_bytes(),
        Payload::Binary(bytes) => bytes,
        _ => &[],
    }
}
