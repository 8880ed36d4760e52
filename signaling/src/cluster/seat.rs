//! The seat of a connection in a shared room.

use std::{fmt, sync::Arc};

use serde_json::json;

use super::{
    super::{lock::lock, outbox::Outbox},
    entry::{Event, UNKNOWN_PEER},
    handle::{Cluster, RoomGuard},
    queue,
    script::Script,
};
use browser_rtc_proto::signaling::{Data, ErrorCode, LeaveReason, MessageId, PeerId};

/// A seat that one connection holds. It is released when dropped.
///
/// Once another connection has taken over the seat, on this process or another, its methods have no effect.
pub struct SharedSeat {
    cluster: Cluster,
    guard: RoomGuard,
    id: PeerId,
    outbox: Outbox,
    announce: Option<LeaveReason>,
}

impl SharedSeat {
    pub(super) fn new(cluster: Cluster, guard: RoomGuard, id: PeerId, outbox: Outbox) -> Self {
        Self { cluster, guard, id, outbox, announce: Some(LeaveReason::Lost) }
    }

    pub fn id(&self) -> &PeerId {
        &self.id
    }

    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub async fn signal(&self, to: &PeerId, data: Data) {
        self.write(Event::Signalled { to: to.clone() }, Some(data), true).await;
    }

    pub async fn say(&self, id: MessageId, data: Data) {
        self.write(Event::Said { id }, Some(data), true).await;
    }

    pub async fn refuse(&self, code: ErrorCode, message: &str, numbered: bool) {
        self.cluster.0.metrics.error(&code);
        self.write(Event::Refused { code, message: message.to_owned() }, None, numbered).await;
    }

    /// Acknowledges frames that the client has received, and answers with the number of frames from the client in
    /// Redis.
    pub fn ping(&self, id: u32, received: u32) {
        let mut state = lock(&self.guard.room.state);
        let seat = state.seats.get_mut(&self.id).filter(|seat| seat.outbox.is_same(&self.outbox));
        let Some(seat) = seat else { return };
        self.outbox.acknowledge(received);
        seat.ping(id);
    }

    pub fn leave(mut self, announce: Option<LeaveReason>) {
        self.announce = announce;
    }

    /// Sends a frame to Redis. Waits for space in the queue.
    ///
    /// # Cancel safety
    /// A frame whose future is dropped has no effect.
    async fn write(&self, event: Event, data: Option<Data>, numbered: bool) {
        let (cluster, room) = (&self.cluster, &self.guard.room);
        let payload = data.as_ref().map_or_else(String::new, |data| data.get().to_owned());
        let permits = Arc::clone(&cluster.0.queue_permits);
        let permit = permits.acquire_many_owned(queue::cost(payload.len())).await;
        let mut state = lock(&room.state);
        let own = state.seats.get_mut(&self.id).filter(|seat| seat.outbox.is_same(&self.outbox));
        let Some(seat) = own else { return };
        let number = numbered.then(|| seat.received.wrapping_add(1));
        seat.received = number.unwrap_or(seat.received);
        let (from, attempt) = (&self.id, &seat.attempt);
        let args = json!({
            "from": from, "attempt": attempt, "number": number, "event": event, "unknown_peer": UNKNOWN_PEER,
        });
        let command = cluster.script(Script::Frame, room, args, payload);
        let (handler, room, from) = (cluster.clone(), Arc::clone(room), from.clone());
        // Submitted under the lock, so that Redis receives the frames of a seat in their order.
        cluster.submit(command, move |answer| {
            drop(permit);
            if let Ok(answer) = answer {
                handler.frame_answered(&room, from, number, event, data, answer);
            }
        });
    }
}

impl Drop for SharedSeat {
    fn drop(&mut self) {
        let room = &self.guard.room;
        let mut state = lock(&room.state);
        let own = state.seats.get(&self.id).is_some_and(|seat| seat.outbox.is_same(&self.outbox));
        let Some(seat) = own.then(|| state.seats.remove(&self.id)).flatten() else { return };
        // A server that stops keeps the seats in Redis, so that clients can resume them elsewhere.
        let Some(reason) = self.announce.take() else { return };
        self.cluster.free_seat(room, json!({ "id": self.id, "attempt": seat.attempt, "reason": reason }));
    }
}

impl fmt::Debug for SharedSeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedSeat").field(&self.id).finish()
    }
}
