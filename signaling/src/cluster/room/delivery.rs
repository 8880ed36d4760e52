//! Delivery of frames to the clients of this process, with and without Redis.

use std::collections::HashMap;

use axum::extract::ws::Utf8Bytes;

use super::{
    super::{
        command::Command,
        entry::{EntryKind, UNKNOWN_PEER, error_frame},
        hosted_seat::is_after,
        write::{Effect, PendingWrite},
    },
    Mode, Origin, RoomState,
};
use browser_rtc_proto::signaling::{ErrorCode, PeerId};

/// The message for a sender whose frame does not reach all peers.
const UNREACHED: &str = "some peers cannot be reached at the moment";

impl RoomState {
    /// Delivers a frame to the seats of this process, without answering pings that wait for it. Returns false if the
    /// frame was delivered before.
    pub(super) fn deliver(&mut self, from: &PeerId, number: u32, kind: &EntryKind, origin: Origin) -> bool {
        let local = origin == Origin::Local;
        if let Some(sender) = self.seats.get_mut(from).filter(|_| number != 0) {
            if is_after(number, sender.applied) {
                if local {
                    sender.diverge();
                }
                sender.applied = number;
            } else if local {
                // The frame was published, and the answer was lost.
                return false;
            }
        }
        let error;
        let (frame, to) = match kind {
            EntryKind::Said(frame) => (frame, None),
            EntryKind::Signalled { to, frame } => (frame, Some(to)),
            EntryKind::Refused { code, message } => {
                error = error_frame(code.clone(), message, number);
                (&error, Some(from))
            }
            _ => return false,
        };
        let is_receiver = |seat: &PeerId| to.map_or(seat != from, |to| seat == to);
        self.diverged |= local;
        for (_, seat) in self.seats.iter_mut().filter(|(id, _)| is_receiver(id)) {
            if number != 0 && seat.has_received_unlogged(from, number) {
                // Redis counts the frame for the second time.
                seat.diverge();
                (self.diverged, self.counts_stale) = (true, true);
                continue;
            }
            if local {
                seat.diverge();
                if number != 0 {
                    seat.unlogged.insert(from.clone(), number);
                }
            }
            seat.send(frame.clone());
        }
        true
    }

    /// Sends a frame to the seats of this process for which `receives` returns true.
    pub(super) fn send(&mut self, frame: &Utf8Bytes, origin: Origin, receives: impl Fn(&PeerId) -> bool) {
        self.diverged |= origin == Origin::Local;
        for (_, seat) in self.seats.iter_mut().filter(|(id, _)| receives(id)) {
            if origin == Origin::Local {
                seat.diverge();
            }
            seat.send(frame.clone());
        }
    }

    /// Answers the pings that waited for a frame. A refusal is sent before the `pong` that covers the refused frame.
    pub fn answer_pings(&mut self, effect: &Effect) {
        if let Effect::Frame { from, .. } = effect {
            self.answer_pings_of(from);
        }
    }

    pub(super) fn answer_pings_of(&mut self, id: &PeerId) {
        if let Some(seat) = self.seats.get_mut(id) {
            seat.answer_pings();
        }
    }

    /// Defers a write that could not be sent to Redis.
    pub fn defer(&mut self, command: Command, mut write: PendingWrite) {
        self.in_flight -= 1;
        if self.mode == Mode::Disconnected {
            self.deliver_once(&mut write);
        }
        self.deferred.push_back((command, write));
    }

    /// Continues without Redis, starting with the deferred writes.
    pub fn disconnect(&mut self) {
        self.mode = Mode::Disconnected;
        self.diverged = true;
        for (command, mut write) in std::mem::take(&mut self.deferred) {
            self.deliver_once(&mut write);
            // A refusal of a frame without a number concerns no other process.
            if !matches!(write.effect, Effect::Frame { number: 0, .. }) {
                self.deferred.push_back((command, write));
            }
        }
    }

    fn deliver_once(&mut self, write: &mut PendingWrite) {
        if !std::mem::replace(&mut write.delivered, true) {
            self.apply_locally(&write.effect);
            self.answer_pings(&write.effect);
        }
    }

    /// Applies an effect without Redis. Returns false if Redis had applied it and the answer was lost.
    pub fn apply_locally(&mut self, effect: &Effect) -> bool {
        match effect {
            Effect::Frame { from, number, kind, .. } => self.deliver(from, *number, kind, Origin::Local),
            Effect::Leave(id, reason) => self.remove_peer(id, reason, Origin::Local),
        }
    }

    /// Sends an error to the sender of a frame that does not reach peers on other processes, and returns its code.
    pub fn refuse_undelivered(&mut self, effect: &Effect) -> Option<ErrorCode> {
        let Effect::Frame { from, number, kind, .. } = effect else { return None };
        let undelivered = match kind {
            EntryKind::Said(_) => self.peers.iter().any(|known| !self.seats.contains_key(&known.peer.id)),
            EntryKind::Signalled { to, .. } => !self.seats.contains_key(to),
            _ => false,
        };
        if !undelivered {
            return None;
        }
        let is_known = |to: &PeerId| self.peers.iter().any(|known| known.peer.id == *to);
        let (code, message) = match kind {
            EntryKind::Signalled { to, .. } if !is_known(to) => (ErrorCode::UnknownPeer, UNKNOWN_PEER),
            _ => (ErrorCode::Unavailable, UNREACHED),
        };
        let error = error_frame(code.clone(), message, *number);
        self.send(&error, Origin::Local, |seat| seat == from);
        Some(code)
    }

    /// Sends an error to the senders of frames for a seat that had moved to another process, and returns their number.
    pub fn refuse_unreached(&mut self) -> usize {
        let unreached = std::mem::take(&mut self.unreached);
        // The frames were accepted before, so the error has no frame number.
        let error = error_frame(ErrorCode::Unavailable, UNREACHED, 0);
        self.send(&error, Origin::Local, |seat| unreached.contains(seat));
        unreached.len()
    }

    /// Finishes a resynchronization, after which Redis and this process have the same state.
    pub fn reconnect(&mut self) {
        (self.diverged, self.counts_stale, self.mode) = (false, false, Mode::Connected);
        let counts: HashMap<_, _> = self.seats.iter().map(|(id, seat)| (id.clone(), seat.received)).collect();
        for seat in self.seats.values_mut() {
            // Frames of peers that are now on other processes may be sent again.
            seat.unlogged.retain(|from, last| counts.get(from).is_none_or(|received| is_after(*last, *received)));
            seat.applied = seat.received;
            seat.answer_pings();
        }
    }
}
