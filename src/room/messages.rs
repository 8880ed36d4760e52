//! Messages and requests of a room, which need no call.

use std::time::Duration;

use browser_rtc_proto::direct::Content;
use serde::Serialize;

use super::{
    Room,
    outgoing::{Delivery, Frame, json, message_id},
    request::IncomingRequest,
};
use crate::{
    error::Result,
    event::EventStream,
    signaling::{Data, PeerId},
};

impl Room {
    /// Sends a message to all other peers in the room, which receive [`RoomEvent::Said`](super::RoomEvent::Said).
    ///
    /// The returned [`Delivery`] resolves when the server has accepted the message. It may be dropped.
    ///
    /// While the room reconnects, the message is queued. If the room gets a new seat, the message is sent again under the
    /// same id, so that each peer that stayed in the room receives it once.
    ///
    /// # Errors
    /// - `Type` if the value cannot be represented in JSON.
    /// - `TooLarge` if the JSON exceeds the server's limit. [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) has the
    ///   limit in bytes.
    /// - `Operation` if too many messages wait to be sent.
    /// - `Closed` if the room has been left or lost.
    pub fn say<T: Serialize + ?Sized>(&self, value: &T) -> Result<Delivery> {
        self.say_data(json("say", value)?)
    }

    /// Sends JSON to all other peers. Unlike [`say`](Self::say), this does not need serde.
    pub(crate) fn say_data(&self, data: Data) -> Result<Delivery> {
        const OPERATION: &str = "say";
        self.shared.check_open(OPERATION)?;
        let (frame, delivery) = Frame::say(message_id(OPERATION)?, data);
        self.shared.send(OPERATION, frame)?;
        Ok(delivery)
    }

    /// Sends a message to one peer, which receives [`RoomEvent::Message`](super::RoomEvent::Message). No call is needed.
    ///
    /// The returned [`Delivery`] resolves when the server has accepted the message. It may be dropped. A message is queued
    /// and sent again as that of [`say`](Self::say).
    ///
    /// # Errors
    /// - `PeerLeft` if `peer` cannot be the id of another peer. If the peer is not in the room, the [`Delivery`] fails.
    /// - `Type` if the value cannot be represented in JSON.
    /// - `TooLarge` if the JSON exceeds the server's limit. [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) has the
    ///   limit in bytes.
    /// - `Operation` if too many messages wait to be sent.
    /// - `Closed` if the room has been left or lost.
    pub fn send<T: Serialize + ?Sized>(&self, peer: &PeerId, value: &T) -> Result<Delivery> {
        self.send_data(peer, json("send", value)?)
    }

    /// Sends JSON to one peer.
    pub(crate) fn send_data(&self, peer: &PeerId, data: Data) -> Result<Delivery> {
        const OPERATION: &str = "send";
        let to = self.shared.recipient(OPERATION, peer)?;
        self.shared.send_direct(OPERATION, &to.id, message_id(OPERATION)?, Content::Message(data))
    }

    /// Sends a request to one peer, and waits for its reply. No call is needed.
    ///
    /// The peer receives the request from [`requests`](Self::requests). At most 256 requests wait for an answer at the same
    /// time. The timeout includes reconnections of this client and of the peer, also if the peer joins again under a new id
    /// ([`Replaced`](crate::signaling::LeaveReason::Replaced)). If the server restarts, all peers get new ids, and the
    /// request fails with `PeerLeft`.
    ///
    /// # Examples
    /// ```no_run
    /// # use browser_rtc::{room::Room, signaling::PeerId, Error, Result};
    /// # async fn example(room: Room, peer: &PeerId) -> Result<()> {
    /// let reply = room.request(peer, "free on monday?", std::time::Duration::from_secs(10)).await?;
    /// let is_free: bool = reply.parse().map_err(|error| Error::other("parse", error))?;
    /// # drop(is_free); Ok(()) }
    /// ```
    ///
    /// # Errors
    /// - `Remote` if the peer failed to handle the request. [`Error::message`](crate::Error::message) is its message.
    /// - `NoHandler` if the peer handles no requests, or has dropped this one.
    /// - `Busy` if the peer has 256 unanswered requests.
    /// - `Timeout` if the peer does not answer in time, for example because it runs a version without requests.
    /// - `PeerLeft` if the peer is not in the room, leaves it, or is lost.
    /// - `Type` if the value cannot be represented in JSON.
    /// - `TooLarge` if the JSON exceeds the server's limit.
    /// - `QuotaExceeded` if 256 requests of this client wait for an answer already.
    /// - `Signaling` if the server refuses the request, such as because too many messages were sent.
    /// - `Operation` if too many messages wait to be sent.
    /// - `Closed` if the room has been left or lost.
    ///
    /// # Cancel safety
    /// If the future is dropped, the peer is notified that no reply is needed.
    pub async fn request<T: Serialize + ?Sized>(&self, peer: &PeerId, value: &T, timeout: Duration) -> Result<Data> {
        self.request_data(peer, json("request", value)?, timeout).await
    }

    /// Sends a request with JSON to one peer.
    pub(crate) async fn request_data(&self, peer: &PeerId, data: Data, timeout: Duration) -> Result<Data> {
        self.shared.request(peer, data, timeout).await
    }

    /// Subscribes to the requests of the peers from now on.
    ///
    /// While there is no stream, the requests of peers fail with `NoHandler`. Each stream yields every request, and the first
    /// answer counts. At most 256 requests are unanswered at the same time, and further ones fail with `Busy`. The stream
    /// ends when the room has been left or lost.
    pub fn requests(&self) -> EventStream<IncomingRequest> {
        self.shared.requests().subscribe(self.shared.end_signal())
    }
}
