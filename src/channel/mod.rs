//! Data channels: text and binary messages between two peers.
//! [Specification](https://www.w3.org/TR/webrtc/#peer-to-peer-data-api)
//!
//! A data channel carries messages from browser to browser over the same encrypted connection as the media, without a
//! server that sees them. A connection can have many channels, and each has its own guarantees: a chat needs every
//! message in order, while a game can lose a position, but cannot use a late one. One peer creates a channel with
//! [`create_data_channel`](crate::peer::PeerConnection::create_data_channel), and the remote peer receives it from
//! [`data_channels`](crate::peer::PeerConnection::data_channels). In a call,
//! [`Call::channel`](crate::room::Call::channel) returns the channel with a label to both peers.
//!
//! # Examples
//!
//! A reliable and ordered chat, and the positions of a game, of which only the latest matters:
//!
//! ```no_run
//! use browser_rtc::{
//!     Result,
//!     channel::{ChannelInit, DataChannel, Message, Reliability},
//!     peer::PeerConnection,
//! };
//! use futures::StreamExt;
//!
//! /// Creates the channels. The first one of a connection requires an offer and an answer.
//! async fn create(pc: &PeerConnection) -> Result<()> {
//!     let chat = pc.create_data_channel("chat", &ChannelInit::new())?;
//!     let unreliable = ChannelInit::new().ordered(false).reliability(Reliability::MaxRetransmits(0));
//!     let positions = pc.create_data_channel("positions", &unreliable)?;
//!     chat.send("hello").await?; // waits until the channel is open and has room
//!     let _ = positions.try_send([12, 34]); // does not wait: a position that finds no room is dropped
//!     print_messages(chat).await
//! }
//!
//! /// Receives the channels that the remote peer has created.
//! async fn receive(pc: &PeerConnection) -> Result<()> {
//!     let mut channels = pc.data_channels();
//!     while let Some(channel) = channels.next().await {
//!         if channel.label() == "chat" {
//!             print_messages(channel).await?;
//!         }
//!     }
//!     Ok(())
//! }
//!
//! /// Prints the messages of a channel until the channel is closed.
//! async fn print_messages(mut channel: DataChannel) -> Result<()> {
//!     while let Some(message) = channel.next().await {
//!         match message? {
//!             Message::Text(text) => println!("{text}"),
//!             message => println!("{} bytes", message.as_bytes().map_or(0, <[u8]>::len)),
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Types
//!
//! A [`DataChannel`] carries messages of up to 256 KiB in Chromium. The other types wrap a channel. Both peers must
//! wrap their ends of the channel in the same type.
//!
//! | Type | For |
//! |---|---|
//! | [`DataChannel`] | text and bytes, as a `Stream` of received and a `Sink` of sent messages |
//! | [`Typed`] | values of any [`serde`] type, with a [`Codec`]: [`Json`], `Postcard`, or a custom codec |
//! | [`LargeMessages`] | messages of any size, which are split and joined |
//! | [`Packed`] | many small messages, which share frames |
//! | [`ByteStream`] | a stream of bytes with `AsyncRead` and `AsyncWrite`, such as for a multiplexer |
//! | [`Files`](crate::files::Files) | files, with progress and resumption; in the module [`files`](crate::files) |
//!
//! | Type | Role |
//! |---|---|
//! | [`ChannelInit`], [`Reliability`] | the options of a new channel |
//! | [`ChannelState`] | the state of a channel |
//! | [`Message`] | a received message |
//! | [`Payload`] | the argument of [`send`](DataChannel::send), to which strings, bytes and blobs convert |
//! | [`JsMessage`], [`JsMessages`] | received messages as JavaScript values, which are not copied |
//! | [`BinaryType`] | the type of received bytes: in memory, or a `Blob` |
//!
//! # Back-pressure
//!
//! [`send`](DataChannel::send) waits while the browser's buffer is full, in the order of the calls, so that a sender is
//! as fast as the network and never overflows the buffer. Browsers close a channel whose buffer overflows.
//! [`try_send`](DataChannel::try_send) fails with `WouldBlock` instead of waiting. The limits of the buffer are the
//! [high](DataChannel::set_high_water_mark) and the [low](DataChannel::set_low_water_mark) water mark.
//!
//! Received messages, including the first one, are buffered until they are read. If they exceed the [receive
//! limit](DataChannel::set_receive_limit), reading fails with `QuotaExceeded` and the channel closes, because a
//! data channel itself cannot slow down its sender. A [`ByteStream`] does that, by credit.
//!
//! # Closing
//!
//! A channel closes with [`close`](DataChannel::close), when the last of its handles is dropped, at the remote peer, or
//! with its connection. Messages that were sent before a local close are still delivered. The streams then end, and
//! pending operations resolve with [`Closed`](crate::ErrorKind::Closed).

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
