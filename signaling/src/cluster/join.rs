//! Joins of shared rooms.

use std::{
    pin::pin,
    sync::{Arc, atomic::Ordering},
};

use redis::Value;
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{
    super::{
        lock::lock,
        outbox::{Outbox, QueueClosed},
        refusal::Refusal,
        resume::ResumeRequest,
        secret::Secret,
    },
    branch::{BranchToken, Branches},
    command::TIMEOUT,
    entry::{Entry, EntryId, EntryKind},
    handle::{Cluster, RoomGuard},
    hosted_seat::StoredSeat,
    queue::Completion,
    reply::{peers, text, texts},
    room::{Mode, PendingJoin, RoomPeer, SharedRoom},
    script::Script,
    seat::SharedSeat,
};
use browser_rtc_proto::signaling::{ErrorCode, PeerId};

impl Cluster {
    /// Takes or resumes a seat, by the rules of rooms in memory. Refuses with
    /// [`Unavailable`](ErrorCode::Unavailable) while Redis is unavailable.
    pub async fn join(
        &self,
        room: &str,
        name: &str,
        resume: Option<&ResumeRequest>,
        outbox: Outbox,
    ) -> Result<SharedSeat, Refusal> {
        let (room, name) = self.0.names.validate(room, name)?;
        let new_seat_denied = resume.and_then(|resume| resume.new_seat_denied.clone());
        let received = resume.map_or(0, |resume| resume.received);
        let resume =
            resume.filter(|_| self.0.local.welcome.resumes).and_then(|resume| BranchToken::parse(&resume.token));
        if let (None, Some(refusal)) = (&resume, &new_seat_denied) {
            return Err(refusal.clone());
        }
        let (id, secret) = (Secret::random()?.hex(), Secret::random()?);
        let guard = self.enter(room);
        let room = &guard.room;
        match timeout(TIMEOUT * 2, self.settled_mode(room)).await {
            Err(_) => return Err(Refusal::unavailable()),
            Ok(Mode::Disconnected) => {
                let resume = resume.ok_or_else(Refusal::unavailable)?;
                let welcome = &self.0.local.welcome;
                let id = lock(&room.state).resume_disconnected(welcome, &resume, received, &outbox)?;
                return Ok(SharedSeat::new(self.clone(), guard, id, outbox));
            }
            Ok(_) => {}
        }
        self.open(room).await.map_err(|refusal| match &new_seat_denied {
            // A client that may only resume a seat does not open a room.
            Some(denied) if refusal.code == ErrorCode::ServerFull => denied.clone(),
            _ => refusal,
        })?;
        let (done, seated) = oneshot::channel();
        let room = Arc::clone(room);
        let mut attempt =
            JoinAttempt { guard: Some(guard), id: id.clone(), resume: resume.as_ref().map(|resume| resume.secret) };
        {
            let mut state = lock(&room.state);
            if state.mode != Mode::Connected || !self.is_connected() {
                return Err(Refusal::unavailable());
            }
            let flag = |set: bool| if set { "1" } else { "0" }.to_owned();
            let queue_has_frames = resume.as_ref().is_some_and(|resume| {
                let mut hosted = state.seats.values().filter(|seat| seat.secret == resume.secret);
                hosted.any(|seat| seat.outbox.can_hand_over(received))
            });
            let args = [
                id.clone(),
                name.to_owned(),
                secret.hex(),
                self.0.seats_per_room.to_string(),
                resume.as_ref().map_or(String::new(), |resume| resume.secret.hex()),
                received.to_string(),
                self.0.clock.time_at(outbox.created()).to_string(),
                outbox.serial().to_string(),
                flag(state.last.is_none()),
                flag(queue_has_frames),
                self.0.ttl_ms.to_string(),
                flag(new_seat_denied.is_some()),
                state.epoch.clone(),
                resume.as_ref().map_or(String::new(), |resume| resume.branch.clone()),
            ];
            let resume = resume.map(|resume| resume.secret);
            let outbox = outbox.clone();
            let joining = PendingJoin { outbox, secret, resume, received, new_seat_denied, done, answer: None };
            state.joining.insert(id.clone(), joining);
            // Submitted under the lock, so that Redis receives the joins of a room in this order.
            self.submit(self.script(Script::Join, &room, args), Completion::Join(Arc::clone(&room), id));
        }
        let seated = timeout(TIMEOUT * 3, seated).await.ok().and_then(Result::ok);
        let seated = seated.unwrap_or_else(|| Err(Refusal::unavailable()));
        if seated.as_ref().is_err_and(|refusal| refusal.code != ErrorCode::Unavailable) {
            // Redis refused the join, so there is no seat to free.
            attempt.guard = None;
        }
        let id = seated?;
        let guard = attempt.guard.take().ok_or_else(Refusal::unavailable)?;
        Ok(SharedSeat::new(self.clone(), guard, id, outbox))
    }

    /// Returns the mode of a room once it is stable.
    async fn settled_mode(&self, room: &SharedRoom) -> Mode {
        loop {
            let mut mode_changed = pin!(room.mode_changed.notified());
            mode_changed.as_mut().enable();
            match lock(&room.state).mode {
                _ if self.0.disconnected.load(Ordering::Relaxed) => return Mode::Disconnected,
                Mode::Connected if self.is_connected() => return Mode::Connected,
                _ => {}
            }
            tokio::select! {
                () = mode_changed => {}
                () = sleep(TIMEOUT / 20) => {}
            }
        }
    }

    /// Applies the answer to an attempt to join.
    pub(super) fn complete_join(&self, room: &Arc<SharedRoom>, attempt: &str, answer: Value) {
        let Some(answer) = JoinAnswer::parse(answer) else {
            tracing::error!("the answer of Redis to a join is invalid");
            return;
        };
        let mut state = lock(&room.state);
        let Some(joining) = state.joining.get_mut(attempt) else { return };
        let process = self.0.local.id.clone();
        let (entry, epoch, list, stored) = match answer {
            JoinAnswer::Refused(status) => {
                let refusal = match status.as_str() {
                    "name_taken" => Refusal::name_taken(),
                    "room_full" => Refusal::room_full(),
                    "unsure" => Refusal::unavailable(),
                    "no_seat" => joining.new_seat_denied.take().unwrap_or_else(Refusal::unavailable),
                    _ => {
                        joining.outbox.close(QueueClosed::Replaced);
                        Refusal::held_by_newer_socket()
                    }
                };
                if let Some(joining) = state.joining.remove(attempt) {
                    // Fails only if the attempt was abandoned.
                    let _ = joining.done.send(Err(refusal));
                }
                return;
            }
            JoinAnswer::New { prev, id, epoch, list, name } => {
                let kind = EntryKind::Joined { process, name };
                (Entry { id, prev, from: attempt.into(), number: 0, kind }, epoch, list, StoredSeat::default())
            }
            JoinAnswer::Resumed { prev, id, epoch, seat, list, stored } => {
                let kind = EntryKind::Moved { process, attempt: attempt.to_owned() };
                (Entry { id, prev, from: seat, number: 0, kind }, epoch, list, stored)
            }
        };
        if matches!(entry.kind, EntryKind::Moved { .. })
            && let Some(secret) = joining.resume.take()
        {
            joining.secret = secret;
        }
        joining.answer = Some(stored);
        // A new epoch without seats of this process: the room became empty and was created again while this client
        // joined.
        if state.last.is_none() || (state.epoch != epoch && state.seats.is_empty()) {
            state.initialize(epoch, list, &entry);
        }
        let complete = state.receive(&self.0.local, entry);
        self.follow_up(room, state, complete);
    }
}

/// An attempt to join. If it is dropped before it has succeeded, the seat that Redis may have assigned is freed.
struct JoinAttempt {
    guard: Option<RoomGuard>,
    id: String,
    resume: Option<Secret>,
}

impl Drop for JoinAttempt {
    fn drop(&mut self) {
        let Some(guard) = self.guard.take() else { return };
        lock(&guard.room.state).joining.remove(&self.id);
        guard.cluster.free_seat(&guard.room, &self.id, &self.id, "");
        let (Some(secret), Ok(runtime)) = (self.resume.take(), tokio::runtime::Handle::try_current()) else { return };
        // The client may retry to resume its seat.
        let attempt = std::mem::take(&mut self.id);
        runtime.spawn(async move {
            sleep(guard.cluster.0.grace).await;
            guard.cluster.free_seat(&guard.room, &attempt, "", &secret.hex());
        });
    }
}

/// The answer of Redis to a join.
enum JoinAnswer {
    Refused(String),
    New { prev: EntryId, id: EntryId, epoch: String, list: Vec<RoomPeer>, name: String },
    Resumed { prev: EntryId, id: EntryId, epoch: String, seat: PeerId, list: Vec<RoomPeer>, stored: StoredSeat },
}

impl JoinAnswer {
    fn parse(answer: Value) -> Option<Self> {
        let Value::Array(parts) = answer else { return None };
        let mut parts = parts.into_iter();
        let status = text(parts.next())?;
        if !matches!(status.as_str(), "new" | "again") {
            return Some(Self::Refused(status));
        }
        let prev = EntryId::parse(&text(parts.next())?)?;
        let id = EntryId::parse(&text(parts.next())?)?;
        let epoch = text(parts.next())?;
        if status == "new" {
            let name = text(parts.next())?;
            return Some(Self::New { prev, id, epoch, name, list: peers(parts.next()) });
        }
        let seat = text(parts.next())?;
        let received = text(parts.next())?.parse().ok()?;
        let sent = text(parts.next())?.parse().ok()?;
        let branches = Branches::parse(&text(parts.next())?);
        let missed = texts(parts.next()).iter().map(|entry| Entry::parse(entry)?.frame()).collect();
        let stored = StoredSeat { received, sent, branches, missed };
        Some(Self::Resumed { prev, id, epoch, seat: seat.into(), list: peers(parts.next()), stored })
    }
}
