//! Data channels: messages between two peers. [Specification](https://www.w3.org/TR/webrtc/#peer-to-peer-data-api)

mod byte_stream;
mod data_channel;
mod init;
mod large;
mod life;
mod message;
mod outbox;
mod packed;
mod priority;
#[cfg(test)]
mod protocol_tests;
mod receive;
mod receive_queue;
mod send;
mod send_buffer;
mod sink_state;
mod state;
mod typed;
#[cfg(feature = "streams")]
mod web_streams;

#[cfg(feature = "postcard")]
pub use self::typed::Postcard;
pub use self::{
    byte_stream::ByteStream,
    data_channel::DataChannel,
    init::{ChannelInit, Reliability},
    large::LargeMessages,
    message::{BinaryType, JsMessage, Message, Payload},
    packed::Packed,
    priority::PriorityType,
    receive::JsMessages,
    state::ChannelState,
    typed::{Carrier, Codec, CodecError, Json, Typed},
};
pub(crate) use self::{
    life::{Connection, Owner, end_channels, has_channels},
    receive_queue::DEFAULT_RECEIVE_LIMIT,
};
