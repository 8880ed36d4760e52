//! What a client does in a room that processes share.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use super::event::{What, say, signal};
use super::link::Kept;
use super::queue;
use super::room::{Effect, Mode};
use super::script::Script;
use super::{Cluster, Guest};
use crate::server::lock;
use crate::server::outbox::Outbox;
use crate::{Data, ErrorCode, LeaveReason, MessageId, PeerId};

/// The message of `unknown_peer`.
pub const NOBODY: &str = "no such peer in the room";

/// Returns the refusal of a signal whose addressee is not in the room.
pub fn unknown_peer() -> What {
    What::Refused { code: ErrorCode::UnknownPeer, message: NOBODY.to_owned() }
}

/// A place in a room as one connection holds it, given up when dropped.
///
/// Once another connection has taken it over, here or elsewhere, nothing here does anything.
pub struct Seat {
    cluster: Cluster,
    guest: Guest,
    id: PeerId,
    outbox: Outbox,
    announce: Option<LeaveReason>,
}

/// A frame on its way to Redis: its kind there, whom or what it is about, and its text.
struct Frame {
    kind: &'static str,
    arg: String,
    payload: String,
    counted: bool,
    what: What,
}

impl Seat {
    pub(super) fn new(cluster: Cluster, guest: Guest, id: PeerId, outbox: Outbox) -> Self {
        Self { cluster, guest, id, outbox, announce: Some(LeaveReason::Lost) }
    }

    pub fn id(&self) -> &PeerId {
        &self.id
    }

    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub async fn signal(&self, to: &PeerId, data: Data) {
        let payload = data.get().to_owned();
        let what = What::Signalled { to: to.clone(), frame: signal(&self.id, data) };
        self.tell(Frame { kind: "s", arg: to.to_string(), payload, counted: true, what }).await;
    }

    pub async fn say(&self, id: MessageId, data: Data) {
        let payload = data.get().to_owned();
        let arg = id.to_string();
        let what = What::Said(say(&self.id, id, data));
        self.tell(Frame { kind: "a", arg, payload, counted: true, what }).await;
    }

    pub async fn refuse(&self, code: ErrorCode, message: &str, counted: bool) {
        self.cluster.0.metrics.error(&code);
        let arg = code.to_string();
        let what = What::Refused { code, message: message.to_owned() };
        self.tell(Frame { kind: "e", arg, payload: message.to_owned(), counted, what }).await;
    }

    /// Lets go of what the client has, and says what has come from it for good.
    pub fn ping(&self, id: u32, received: u32) {
        let mut state = lock(&self.guest.room.state);
        let Some(local) = state.seats.get_mut(&self.id).filter(|local| local.outbox.is(&self.outbox)) else { return };
        self.outbox.acknowledge(received);
        local.ping(id);
    }

    pub fn leave(mut self, announce: Option<LeaveReason>) {
        self.announce = announce;
    }

    /// Waits for a place in the queue to Redis, or for Redis to be given up. To drop the future is to tell nothing.
    async fn tell(&self, frame: Frame) {
        let room = &self.guest.room;
        let (places, cost) = (&self.cluster.0.places, queue::cost(frame.payload.len()));
        let mut permit = None;
        loop {
            let mut changed = pin!(room.changed.notified());
            changed.as_mut().enable();
            let mode = {
                let mut state = lock(&room.state);
                let mode = state.mode;
                let mine = state.seats.get_mut(&self.id).filter(|local| local.outbox.is(&self.outbox));
                let Some(local) = mine else { return };
                let n = if frame.counted { local.n.wrapping_add(1) } else { 0 };
                let attempt = local.attempt.clone();
                if mode == Mode::Together && permit.is_none() {
                    permit = Arc::clone(places).try_acquire_many_owned(cost).ok();
                }
                if mode == Mode::Alone || (mode == Mode::Together && permit.is_some()) {
                    if frame.counted {
                        local.n = n;
                    }
                    let effect = Effect::Frame { from: self.id.clone(), attempt: attempt.clone(), n, what: frame.what };
                    if mode == Mode::Alone {
                        state.go_alone(&effect);
                        if let Some(code) = state.refuse_unheard(&effect) {
                            self.cluster.0.metrics.error(&code);
                        }
                        state.answer_pings(&effect);
                        return;
                    }
                    let id = self.id.to_string();
                    let counted = if frame.counted { "1" } else { "0" };
                    let args = [id, attempt, n.to_string(), frame.kind.to_owned(), frame.arg, frame.payload];
                    let args = args.into_iter().chain([NOBODY.to_owned(), counted.to_owned()]);
                    let kept = Kept { room: Arc::clone(room), effect, permit, told: false };
                    self.cluster.give_kept(&mut state, self.cluster.script(Script::Frame, room, args), kept);
                    return;
                }
                mode
            };
            tokio::select! {
                () = changed => {}
                place = Arc::clone(places).acquire_many_owned(cost), if mode == Mode::Together => permit = place.ok(),
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let room = &self.guest.room;
        let mut state = lock(&room.state);
        let mine = state.seats.get(&self.id).is_some_and(|local| local.outbox.is(&self.outbox));
        let Some(local) = mine.then(|| state.seats.remove(&self.id)).flatten() else { return };
        // A server that stops keeps the seats of its clients in Redis: they can go on elsewhere.
        let Some(reason) = self.announce.take() else { return };
        let effect = Effect::Leave(self.id.clone(), reason.clone());
        if state.mode == Mode::Alone {
            state.go_alone(&effect);
        }
        let args = [self.id.as_str(), &local.attempt, "", reason.as_str(), ""].map(str::to_owned);
        let kept = Kept { room: Arc::clone(room), effect, permit: None, told: false };
        let command = self.cluster.script(Script::Leave, room, args);
        if state.mode == Mode::Returning && !state.kept.is_empty() {
            // What was said before comes first.
            state.kept.push_back((command, kept));
        } else {
            self.cluster.give_kept(&mut state, command, kept);
        }
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Seat").field(&self.id).finish()
    }
}
