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

/// A channel that carries [`Typed`](super::Typed) messages: a [`DataChannel`], or a [`Packed`] for many small messages.
pub trait Carrier: Carry {}

impl<C: Carry> Carrier for C {}

/// A message that was received from a carrier.
#[derive(Debug)]
pub enum Carried {
    Message(Message),
    Packed(Bytes),
}

impl Carried {
    /// Returns the bytes of the message if the message is of the codec's kind: text or binary.
    pub(super) fn bytes(&self, is_text: bool) -> Option<&[u8]> {
        match self {
            Self::Message(Message::Text(message)) if is_text => Some(message.as_bytes()),
            Self::Message(Message::Binary(message)) if !is_text => Some(message),
            Self::Message(_) => None,
            Self::Packed(message) => Some(message),
        }
    }
}

/// The operations of a carrier. The trait is not public, so that it may change.
pub trait Carry: Clone + Unpin + 'static {
    fn data_channel(&self) -> &DataChannel;
    fn carry(&self, payload: Payload<'_>) -> impl Future<Output = Result<()>>;
    fn try_carry(&self, payload: Payload<'_>) -> Result<()>;
    fn flush_carried(&self) -> impl Future<Output = Result<()>>;
    fn close_carrier(&self);
    fn poll_carried(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Carried>>>;
    fn try_carried(&self) -> Result<Option<Carried>>;
}

impl Carry for DataChannel {
    fn data_channel(&self) -> &DataChannel {
        self
    }

    fn carry(&self, payload: Payload<'_>) -> impl Future<Output = Result<()>> {
        self.send(payload)
    }

    fn try_carry(&self, payload: Payload<'_>) -> Result<()> {
        self.try_send(payload)
    }

    fn flush_carried(&self) -> impl Future<Output = Result<()>> {
        self.flush()
    }

    fn close_carrier(&self) {
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
    fn data_channel(&self) -> &DataChannel {
        self.channel()
    }

    async fn carry(&self, payload: Payload<'_>) -> Result<()> {
        self.send(payload_bytes(&payload)).await
    }

    fn try_carry(&self, payload: Payload<'_>) -> Result<()> {
        self.try_send(payload_bytes(&payload))
    }

    fn flush_carried(&self) -> impl Future<Output = Result<()>> {
        self.flush()
    }

    fn close_carrier(&self) {
        self.close();
    }

    fn poll_carried(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Carried>>> {
        Pin::new(self).poll_next(cx).map_ok(Carried::Packed)
    }

    fn try_carried(&self) -> Result<Option<Carried>> {
        Ok(self.try_receive()?.map(Carried::Packed))
    }
}

/// Returns the bytes of a message from a codec, which is either text or bytes.
fn payload_bytes<'a>(payload: &'a Payload<'_>) -> &'a [u8] {
    match payload {
        Payload::Text(text) => text.as_bytes(),
        Payload::Binary(bytes) => bytes,
        _ => &[],
    }
}
