//! Taking a seat, anew or again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use redis::Value;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::event::{EntryId, Event, What};
use super::link::{Done, Kept, PATIENCE};
use super::local::Again;
use super::room::{Effect, Joining, Known, Mode, Room};
use super::script::Script;
use super::seat::Seat;
use super::token::{Token, Words};
use super::{Cluster, Guest, UNAVAILABLE};
use crate::server::lock;
use crate::server::outbox::{Closed, Outbox};
use crate::server::rooms::{Refusal, Resume, Secret, name_taken, room_full};
use crate::{ErrorCode, LeaveReason, Peer, PeerId};

impl Cluster {
    /// As in the rooms of one process; in addition, refuses with [`Unavailable`](ErrorCode::Unavailable) while Redis
    /// is away.
    pub async fn join(&self, room: &str, name: &str, resume: Option<&Resume>, outbox: Outbox) -> Result<Seat, Refusal> {
        let (room, name) = self.0.names.read(room, name)?;
        // Who may come back, but not come in.
        let or_else = resume.and_then(|resume| resume.or_else.clone());
        let unavailable = || Refusal::new(ErrorCode::Unavailable, UNAVAILABLE);
        let received = resume.map_or(0, |resume| resume.received);
        let resume = resume.filter(|_| self.0.welcome.resumes).and_then(|resume| Token::of(&resume.token));
        if let (None, Some(refusal)) = (&resume, &or_else) {
            return Err(refusal.clone());
        }
        let (attempt, secret) = (Secret::random()?.hex(), Secret::random()?);
        let guest = self.enter(room);
        let room = &guest.room;
        match timeout(PATIENCE * 2, self.settled(room)).await {
            Err(_) => return Err(unavailable()),
            Ok(Mode::Alone) => {
                let resume = resume.ok_or_else(unavailable)?;
                let welcome = &self.0.welcome;
                let id = lock(&room.state).sit_again_alone(welcome, &resume, received, &outbox)?;
                return Ok(Seat::new(self.clone(), guest, id, outbox));
            }
            Ok(_) => {}
        }
        self.open(room).await.map_err(|refusal| match &or_else {
            // Who has a seat in the room needs no place for it.
            Some(or_else) if refusal.code == ErrorCode::ServerFull => or_else.clone(),
            _ => refusal,
        })?;
        let (done, seated) = oneshot::channel();
        let mut trial =
            Trial { guest: Some(guest), attempt: attempt.clone(), resume: resume.as_ref().map(|resume| resume.secret) };
        let Some(room) = trial.guest.as_ref().map(|guest| Arc::clone(&guest.room)) else { return Err(unavailable()) };
        {
            let mut state = lock(&room.state);
            if state.mode != Mode::Together || !self.is_there() {
                return Err(unavailable());
            }
            let flag = |set: bool| if set { "1" } else { "0" }.to_owned();
            let keeps = resume.as_ref().is_some_and(|resume| {
                let mut here = state.seats.values().filter(|local| local.secret == resume.secret);
                here.any(|local| local.outbox.can_hand_over(received))
            });
            let args = [
                attempt.clone(),
                name.to_owned(),
                secret.hex(),
                self.0.seats_per_room.to_string(),
                resume.as_ref().map_or(String::new(), |resume| resume.secret.hex()),
                received.to_string(),
                self.time_of(outbox.made()).to_string(),
                outbox.serial().to_string(),
                flag(state.last.is_none()),
                flag(keeps),
                self.0.ttl_ms.to_string(),
                flag(or_else.is_some()),
                state.epoch.clone(),
                resume.as_ref().map_or(String::new(), |resume| resume.word.clone()),
            ];
            let resume = resume.map(|resume| resume.secret);
            let joining = Joining { outbox: outbox.clone(), secret, resume, received, or_else, done, answer: None };
            state.joining.insert(attempt.clone(), joining);
            // Under the lock: Redis is asked in the order in which it is asked here.
            self.give(self.script(Script::Join, &room, args), Done::Join(Arc::clone(&room), attempt));
        }
        let seated =
            timeout(PATIENCE * 3, seated).await.ok().and_then(Result::ok).unwrap_or_else(|| Err(unavailable()));
        if seated.as_ref().is_err_and(|refusal| refusal.code != ErrorCode::Unavailable) {
            // That was Redis: there is no seat to be freed.
            trial.guest = None;
        }
        let id = seated?;
        let guest = trial.guest.take().ok_or_else(unavailable)?;
        Ok(Seat::new(self.clone(), guest, id, outbox))
    }

    /// The room's mode, once it is not about to change.
    async fn settled(&self, room: &Room) -> Mode {
        loop {
            let mut changed = std::pin::pin!(room.changed.notified());
            changed.as_mut().enable();
            match lock(&room.state).mode {
                _ if self.0.alone.load(Ordering::Relaxed) => return Mode::Alone,
                Mode::Together if self.is_there() => return Mode::Together,
                _ => {}
            }
            tokio::select! {
                () = changed => {}
                () = sleep(PATIENCE / 20) => {}
            }
        }
    }

    /// What Redis said to an attempt.
    pub(super) fn joined(&self, room: &Arc<Room>, attempt: &str, answer: Value) {
        let Some(answer) = Answer::read(answer) else {
            tracing::error!("Redis gave an answer that makes no sense");
            return;
        };
        let mut state = lock(&room.state);
        let Some(joining) = state.joining.get_mut(attempt) else { return };
        let (event, epoch, list, again) = match answer {
            Answer::Refused(word) => {
                let refusal = match word.as_str() {
                    "name_taken" => name_taken(),
                    "room_full" => room_full(),
                    "unsure" => Refusal::new(ErrorCode::Unavailable, UNAVAILABLE),
                    "no_seat" => joining.or_else.take().unwrap_or(Refusal::new(ErrorCode::Unavailable, UNAVAILABLE)),
                    _ => {
                        joining.outbox.close(Closed::Replaced);
                        Refusal::new(ErrorCode::AlreadyJoined, "in the room already, on a newer socket")
                    }
                };
                if let Some(joining) = state.joining.remove(attempt) {
                    let _ = joining.done.send(Err(refusal));
                }
                return;
            }
            Answer::New { prev, id, epoch, list, name } => {
                let what = What::Joined { proc: self.0.welcome.proc.clone(), name };
                (Event { id, prev, from: attempt.into(), n: 0, what }, epoch, list, Again::default())
            }
            Answer::Again { prev, id, epoch, seat, list, again } => {
                let what = What::Moved { proc: self.0.welcome.proc.clone(), attempt: attempt.to_owned() };
                (Event { id, prev, from: seat, n: 0, what }, epoch, list, again)
            }
        };
        if matches!(event.what, What::Moved { .. })
            && let Some(secret) = joining.resume.take()
        {
            joining.secret = secret;
        }
        joining.answer = Some(again);
        // The last seat may have gone, and with it the room, when somebody was about to join here.
        if state.last.is_none() || (state.epoch != epoch && state.seats.is_empty()) {
            state.begin(epoch, list, &event);
        }
        let whole = state.receive(&self.0.welcome, event);
        self.follow_up(room, state, whole);
    }
}

/// An attempt that may come to nothing, when Redis may have taken it for a seat already.
struct Trial {
    guest: Option<Guest>,
    attempt: String,
    resume: Option<Secret>,
}

impl Drop for Trial {
    fn drop(&mut self) {
        let Some(guest) = self.guest.take() else { return };
        lock(&guest.room.state).joining.remove(&self.attempt);
        free(&guest, &self.attempt, &self.attempt, "");
        let (Some(secret), Ok(runtime)) = (self.resume.take(), tokio::runtime::Handle::try_current()) else { return };
        // Its client may try again.
        let attempt = std::mem::take(&mut self.attempt);
        runtime.spawn(async move {
            sleep(guest.cluster.0.grace).await;
            free(&guest, &attempt, "", &secret.hex());
        });
    }
}

/// Frees a seat if it is still that of the attempt.
pub fn free(guest: &Guest, attempt: &str, id: &str, token: &str) {
    let reason = LeaveReason::Lost;
    let args = [id, attempt, "", reason.as_str(), token].map(str::to_owned);
    let kept =
        Kept { room: Arc::clone(&guest.room), effect: Effect::Leave(id.into(), reason), permit: None, told: false };
    let command = guest.cluster.script(Script::Leave, &guest.room, args);
    guest.cluster.give_kept(&mut lock(&guest.room.state), command, kept);
}

enum Answer {
    Refused(String),
    New { prev: EntryId, id: EntryId, epoch: String, list: Vec<Known>, name: String },
    Again { prev: EntryId, id: EntryId, epoch: String, seat: PeerId, list: Vec<Known>, again: Again },
}

impl Answer {
    fn read(answer: Value) -> Option<Self> {
        let Value::Array(parts) = answer else { return None };
        let mut parts = parts.into_iter();
        let word = text(parts.next())?;
        if !matches!(word.as_str(), "new" | "again") {
            return Some(Self::Refused(word));
        }
        let prev = EntryId::parse(&text(parts.next())?)?;
        let id = EntryId::parse(&text(parts.next())?)?;
        let epoch = text(parts.next())?;
        if word == "new" {
            let name = text(parts.next())?;
            return Some(Self::New { prev, id, epoch, name, list: members(parts.next()) });
        }
        let seat = text(parts.next())?;
        let n = text(parts.next())?.parse().ok()?;
        let told = text(parts.next())?.parse().ok()?;
        let words = Words::parse(&text(parts.next())?);
        let frames = texts(parts.next()).iter().map(|entry| Event::parse(entry)?.frame()).collect();
        let again = Again { n, told, words, frames };
        Some(Self::Again { prev, id, epoch, seat: seat.into(), list: members(parts.next()), again })
    }
}

pub fn text(value: Option<Value>) -> Option<String> {
    redis::from_redis_value(value?).ok()
}

pub fn texts(value: Option<Value>) -> Vec<String> {
    value.and_then(|value| redis::from_redis_value(value).ok()).unwrap_or_default()
}

/// Who is in a room, in the order in which they came.
pub fn members(value: Option<Value>) -> Vec<Known> {
    let mut list: Vec<_> = texts(value)
        .iter()
        .filter_map(|member| {
            let mut parts = member.splitn(4, ' ');
            let (id, proc, order, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
            let peer = Peer::new(id, name.to_owned());
            Some((order.parse::<u64>().ok()?, Known { peer, proc: proc.to_owned() }))
        })
        .collect();
    list.sort_by_key(|(order, _)| *order);
    list.into_iter().map(|(_, known)| known).collect()
}
