//! The seat of a connection in a shared room.

use std::{fmt, pin::pin, sync::Arc};

use super::{
    super::{lock::lock, outbox::Outbox},
    entry::{EntryKind, UNKNOWN_PEER, say_frame, signal_frame},
    handle::{Cluster, RoomGuard},
    queue,
    room::Mode,
    script::Script,
    write::{Effect, PendingWrite},
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

/// A frame to send to Redis.
struct OutgoingFrame {
    /// The letter of its kind in the log.
    letter: &'static str,
    /// The receiver, message id or error code.
    arg: String,
    payload: String,
    numbered: bool,
    kind: EntryKind,
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
        let payload = data.get().to_owned();
        let kind = EntryKind::Signalled { to: to.clone(), frame: signal_frame(&self.id, data) };
        self.write(OutgoingFrame { letter: "s", arg: to.to_string(), payload, numbered: true, kind }).await;
    }

    pub async fn say(&self, id: MessageId, data: Data) {
        let payload = data.get().to_owned();
        let arg = id.to_string();
        let kind = EntryKind::Said(say_frame(&self.id, id, data));
        self.write(OutgoingFrame { letter: "a", arg, payload, numbered: true, kind }).await;
    }

    pub async fn refuse(&self, code: ErrorCode, message: &str, numbered: bool) {
        self.cluster.0.metrics.error(&code);
        let arg = code.to_string();
        let kind = EntryKind::Refused { code, message: message.to_owned() };
        self.write(OutgoingFrame { letter: "e", arg, payload: message.to_owned(), numbered, kind }).await;
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

    /// Sends a frame to Redis, or to the clients of this process while Redis is unavailable. Waits for space in the
    /// queue.
    ///
    /// # Cancel safety
    /// A frame whose future is dropped has no effect.
    async fn write(&self, frame: OutgoingFrame) {
        let room = &self.guard.room;
        let (permits, cost) = (&self.cluster.0.queue_permits, queue::cost(frame.payload.len()));
        let mut permit = None;
        loop {
            let mut mode_changed = pin!(room.mode_changed.notified());
            mode_changed.as_mut().enable();
            let mode = {
                let mut state = lock(&room.state);
                let mode = state.mode;
                let own = state.seats.get_mut(&self.id).filter(|seat| seat.outbox.is_same(&self.outbox));
                let Some(seat) = own else { return };
                let number = if frame.numbered { seat.received.wrapping_add(1) } else { 0 };
                let attempt = seat.attempt.clone();
                if mode == Mode::Connected && permit.is_none() {
                    permit = Arc::clone(permits).try_acquire_many_owned(cost).ok();
                }
                if mode == Mode::Disconnected || (mode == Mode::Connected && permit.is_some()) {
                    if frame.numbered {
                        seat.received = number;
                    }
                    let (from, kind) = (self.id.clone(), frame.kind);
                    let effect = Effect::Frame { from, attempt: attempt.clone(), number, kind };
                    if mode == Mode::Disconnected {
                        state.apply_locally(&effect);
                        if let Some(code) = state.refuse_undelivered(&effect) {
                            self.cluster.0.metrics.error(&code);
                        }
                        state.answer_pings(&effect);
                        return;
                    }
                    let id = self.id.to_string();
                    let numbered = if frame.numbered { "1" } else { "0" };
                    let args = [id, attempt, number.to_string(), frame.letter.to_owned(), frame.arg, frame.payload];
                    let args = args.into_iter().chain([UNKNOWN_PEER.to_owned(), numbered.to_owned()]);
                    let command = self.cluster.script(Script::Frame, room, args);
                    self.cluster.submit_write(room, &mut state, command, PendingWrite::new(effect, permit));
                    return;
                }
                mode
            };
            tokio::select! {
                () = mode_changed => {}
                granted = Arc::clone(permits).acquire_many_owned(cost), if mode == Mode::Connected => permit = granted.ok(),
            }
        }
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
        let effect = Effect::Leave(self.id.clone(), reason.clone());
        if state.mode == Mode::Disconnected {
            state.apply_locally(&effect);
        }
        let args = [self.id.as_str(), &seat.attempt, "", reason.as_str(), ""].map(str::to_owned);
        let write = PendingWrite::new(effect, None);
        let command = self.cluster.script(Script::Leave, room, args);
        if state.mode == Mode::Resyncing && !state.deferred.is_empty() {
            // Earlier writes must be applied first.
            state.deferred.push_back((command, write));
        } else {
            self.cluster.submit_write(room, &mut state, command, write);
        }
    }
}

impl fmt::Debug for SharedSeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedSeat").field(&self.id).finish()
    }
}
