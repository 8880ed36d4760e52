//! What a process knows of a room: its own seats, and who else is there, as far as it has read the log.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Mutex;

use axum::extract::ws::Utf8Bytes;
use tokio::sync::{Notify, OnceCell, oneshot};

use super::Welcome;
use super::ahead::Ahead;
use super::event::{EntryId, Event, What, joined, left, refusal};
use super::link::{Command, Kept};
use super::local::{Again, Local, after};
use super::seat::NOBODY;
use super::token::Token;
use crate::server::lock;
use crate::server::outbox::{Closed, Outbox, Remainder};
use crate::server::rooms::{Refusal, Secret};
use crate::{ErrorCode, LeaveReason, Peer, PeerId};

/// What a sender is told whose frame does not reach all.
const UNREACHED: &str = "some peers cannot be reached just now";

#[derive(Debug)]
pub struct Room {
    name: String,
    pub state: Mutex<State>,
    /// Wakes those who wait for another mode.
    pub changed: Notify,
    /// Held by who puts together what Redis and this process know.
    pub turn: tokio::sync::Mutex<()>,
    /// Set once the room is counted, and subscribed to.
    pub open: OnceCell<()>,
}

/// Whether Redis is there, as this room sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// What happens, happens in Redis first.
    #[default]
    Together,
    /// Redis is away: those who are here go on among themselves.
    Alone,
    /// Redis is back, and what happened on both sides is being put together: everybody waits for a moment.
    Returning,
}

#[derive(Debug, Default)]
pub struct State {
    pub mode: Mode,
    pub epoch: String,
    /// The last entry that was taken in; none before the first seat.
    pub last: Option<EntryId>,
    pub peers: Vec<Known>,
    pub seats: HashMap<PeerId, Local>,
    /// Attempts to join that are under way.
    pub joining: HashMap<String, Joining>,
    /// Who is about to join, or at work here: the room is not to be dropped.
    pub guests: usize,
    /// Frames and departures of this room that Redis has been given.
    pub under_way: usize,
    ahead: Ahead,
    /// What could not be told to Redis.
    pub kept: VecDeque<(Command, Kept)>,
    /// Who spoke, without Redis, to somebody who had gone to another process.
    unreached: HashSet<PeerId>,
    /// What was told here is not all, or not as it is, in the log.
    pub apart: bool,
    /// Somebody reads the log already.
    pub fetching: bool,
    /// Those who are here were told of something that the log does not count.
    pub recount: bool,
}

#[derive(Clone, Debug)]
pub struct Known {
    pub peer: Peer,
    pub proc: String,
}

#[derive(Debug)]
pub struct Joining {
    pub outbox: Outbox,
    pub secret: Secret,
    /// That of the seat which is asked for.
    pub resume: Option<Secret>,
    pub received: u32,
    /// What to refuse with where there is no such seat, if not to give a new one.
    pub or_else: Option<Refusal>,
    pub done: oneshot::Sender<Result<PeerId, Refusal>>,
    pub answer: Option<Again>,
}

/// How something comes to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It is in the log, and counted by Redis.
    Log,
    /// This process alone knows.
    Here,
}

/// What a frame or a departure does.
#[derive(Clone, Debug)]
pub enum Effect {
    /// The attempt is that which the seat was taken by.
    Frame {
        from: PeerId,
        attempt: String,
        n: u32,
        what: What,
    },
    Leave(PeerId, LeaveReason),
}

impl Room {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: Mutex::default(),
            changed: Notify::new(),
            turn: tokio::sync::Mutex::default(),
            open: OnceCell::new(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn set_mode(&self, mode: Mode) {
        lock(&self.state).mode = mode;
        self.changed.notify_waiters();
    }
}

impl State {
    /// Takes an entry in, and those that waited for it. False when there is one missing before it.
    pub fn receive(&mut self, welcome: &Welcome, event: Event) -> bool {
        if self.last.is_none_or(|last| event.id > last) {
            self.ahead.insert(event);
        }
        self.advance(welcome)
    }

    pub fn advance(&mut self, welcome: &Welcome) -> bool {
        let Some(mut last) = self.last else { return true };
        while let Some(event) = self.ahead.first() {
            if event.id <= last {
                self.ahead.pop_first();
            } else if event.prev != last {
                return false;
            } else if self.waits_for_answer(welcome, event) {
                return true;
            } else if let Some(event) = self.ahead.pop_first() {
                self.apply(welcome, &event);
                last = event.id;
                self.last = Some(last);
            }
        }
        true
    }

    /// Begins with a seat that is the first here.
    pub fn begin(&mut self, epoch: String, peers: Vec<Known>, first: &Event) {
        self.epoch = epoch;
        self.peers = peers;
        self.jump(first.prev);
        self.ahead.drop_until(first.id);
    }

    /// Goes on after a gap.
    pub fn jump(&mut self, last: EntryId) {
        self.last = Some(last);
        self.ahead.drop_until(last);
    }

    /// An attempt of this process is done when its answer is there, which says more than the log.
    fn waits_for_answer(&self, welcome: &Welcome, event: &Event) -> bool {
        let attempt = match &event.what {
            What::Joined { proc, .. } if *proc == welcome.proc => event.from.as_str(),
            What::Moved { proc, attempt } if *proc == welcome.proc => attempt,
            _ => return false,
        };
        self.joining.get(attempt).is_some_and(|joining| joining.answer.is_none())
    }

    fn apply(&mut self, welcome: &Welcome, event: &Event) {
        let from = &event.from;
        match &event.what {
            What::Registered { proc, name } => self.recount |= self.meet(from, proc, name, Source::Here),
            What::Joined { proc, name } => {
                self.meet(from, proc, name, Source::Log);
                if let Some(joining) = self.joining.remove(from.as_str()) {
                    self.sit(welcome, from, name, joining);
                }
            }
            What::Moved { proc, attempt } => {
                if let Some(known) = self.peers.iter_mut().find(|known| known.peer.id == *from) {
                    known.proc.clone_from(proc);
                }
                match self.joining.remove(attempt) {
                    Some(joining) => self.sit_again(welcome, from, attempt, joining),
                    None => self.move_away(from),
                }
            }
            What::Left(reason) => {
                let replaced = *reason == LeaveReason::Replaced;
                self.evict(from, if replaced { Closed::Replaced } else { Closed::Overflow });
                self.part(from, reason, Source::Log);
            }
            What::Said(_) | What::Signalled { .. } | What::Refused { .. } => {
                self.hear(from, event.n, &event.what, Source::Log);
                self.answer_pings_of(from);
            }
        }
    }

    /// Tells everybody here of somebody new.
    pub fn meet(&mut self, id: &PeerId, proc: &str, name: &str, source: Source) -> bool {
        if self.peers.iter().any(|known| known.peer.id == *id) {
            return false;
        }
        self.tell(&joined(id, name), source, |seat| seat != id);
        let peer = Peer::new(id.clone(), name.to_owned());
        self.peers.push(Known { peer, proc: proc.to_owned() });
        true
    }

    /// Tells everybody here that somebody is gone.
    pub fn part(&mut self, id: &PeerId, reason: &LeaveReason, source: Source) -> bool {
        let Some(index) = self.peers.iter().position(|known| known.peer.id == *id) else { return false };
        self.peers.remove(index);
        for local in self.seats.values_mut() {
            local.alone.remove(id);
        }
        self.tell(&left(id, reason), source, |_| true);
        true
    }

    /// A seat that is on another process now. What it was told here without Redis, its client had not read when it went
    /// there, or it would not have got its seat.
    pub fn move_away(&mut self, id: &PeerId) {
        if let Some(local) = self.seats.get(id) {
            self.unreached.extend(local.alone.keys().filter(|from| self.seats.contains_key(*from)).cloned());
        }
        self.evict(id, Closed::Replaced);
    }

    /// Tells those who spoke to them, and how many that are.
    pub fn refuse_unreached(&mut self) -> usize {
        let unreached = std::mem::take(&mut self.unreached);
        // These frames were accepted before: no single one is refused.
        let refused = refusal(ErrorCode::Unavailable, UNREACHED, 0);
        self.tell(&refused, Source::Here, |seat| unreached.contains(seat));
        unreached.len()
    }

    /// A seat that is no longer here. Its socket ends.
    pub fn evict(&mut self, id: &PeerId, why: Closed) {
        if let Some(local) = self.seats.remove(id) {
            local.outbox.close(why);
        }
    }

    /// Answers the pings of the sender that waited for this. A refusal comes before the `pong` that covers its frame.
    pub fn answer_pings(&mut self, effect: &Effect) {
        if let Effect::Frame { from, .. } = effect {
            self.answer_pings_of(from);
        }
    }

    fn answer_pings_of(&mut self, id: &PeerId) {
        if let Some(local) = self.seats.get_mut(id) {
            local.answer_pings();
        }
    }

    /// Passes a frame of a seat to the seats that are here, without answering pings that wait for it. Returns false for
    /// a frame that has come already.
    fn hear(&mut self, from: &PeerId, n: u32, what: &What, source: Source) -> bool {
        let here = source == Source::Here;
        if let Some(local) = self.seats.get_mut(from).filter(|_| n != 0) {
            if after(n, local.applied) {
                if here {
                    local.stray();
                }
                local.applied = n;
            } else if here {
                // It was published, and the answer was lost.
                return false;
            }
        }
        let refused;
        let (frame, to) = match what {
            What::Said(frame) => (frame, None),
            What::Signalled { to, frame } => (frame, Some(to)),
            What::Refused { code, message } => {
                refused = refusal(code.clone(), message, n);
                (&refused, Some(from))
            }
            _ => return false,
        };
        let is_told = |seat: &PeerId| to.map_or(seat != from, |to| seat == to);
        self.apart |= here;
        for (_, local) in self.seats.iter_mut().filter(|(id, _)| is_told(id)) {
            if n != 0 && local.has_heard_alone(from, n) {
                // Redis counts it for the second time.
                local.stray();
                (self.apart, self.recount) = (true, true);
                continue;
            }
            if here {
                local.stray();
                if n != 0 {
                    local.alone.insert(from.clone(), n);
                }
            }
            local.tell(frame.clone());
        }
        true
    }

    /// Keeps what could not be told to Redis.
    pub fn put_off(&mut self, command: Command, mut kept: Kept) {
        self.under_way -= 1;
        if self.mode == Mode::Alone && !std::mem::replace(&mut kept.told, true) {
            self.go_alone(&kept.effect);
            self.answer_pings(&kept.effect);
        }
        self.kept.push_back((command, kept));
    }

    /// Those who are here go on among themselves, with what could not be told to Redis first.
    pub fn go_all_alone(&mut self) {
        self.mode = Mode::Alone;
        self.apart = true;
        for (command, mut kept) in std::mem::take(&mut self.kept) {
            if !std::mem::replace(&mut kept.told, true) {
                self.go_alone(&kept.effect);
                self.answer_pings(&kept.effect);
            }
            // Nobody else is to know of these.
            if !matches!(kept.effect, Effect::Frame { n: 0, .. }) {
                self.kept.push_back((command, kept));
            }
        }
    }

    /// What Redis was not told works here all the same. False where Redis did it, and has not said so.
    pub fn go_alone(&mut self, effect: &Effect) -> bool {
        match effect {
            Effect::Frame { from, n, what, .. } => self.hear(from, *n, what, Source::Here),
            Effect::Leave(id, reason) => self.part(id, reason, Source::Here),
        }
    }

    /// Where those elsewhere are not told of a frame of somebody here, its sender is told that, by this code.
    pub fn refuse_unheard(&mut self, effect: &Effect) -> Option<ErrorCode> {
        let Effect::Frame { from, n, what, .. } = effect else { return None };
        let unheard = match what {
            What::Said(_) => self.peers.iter().any(|known| !self.seats.contains_key(&known.peer.id)),
            What::Signalled { to, .. } => !self.seats.contains_key(to),
            _ => false,
        };
        if !unheard {
            return None;
        }
        let known = |to: &PeerId| self.peers.iter().any(|known| known.peer.id == *to);
        let (code, message) = match what {
            What::Signalled { to, .. } if !known(to) => (ErrorCode::UnknownPeer, NOBODY),
            _ => (ErrorCode::Unavailable, UNREACHED),
        };
        let refused = refusal(code.clone(), message, *n);
        self.tell(&refused, Source::Here, |seat| seat == from);
        Some(code)
    }

    /// Both sides are one again.
    pub fn come_together(&mut self) {
        (self.apart, self.recount, self.mode) = (false, false, Mode::Together);
        let counts: HashMap<_, _> = self.seats.iter().map(|(id, local)| (id.clone(), local.n)).collect();
        for local in self.seats.values_mut() {
            // What comes from those who are elsewhere now may come again.
            local.alone.retain(|from, until| counts.get(from).is_none_or(|n| after(*until, *n)));
            local.applied = local.n;
            local.answer_pings();
        }
    }

    fn tell(&mut self, frame: &Utf8Bytes, source: Source, who: impl Fn(&PeerId) -> bool) {
        self.apart |= source == Source::Here;
        for (_, local) in self.seats.iter_mut().filter(|(id, _)| who(id)) {
            if source == Source::Here {
                local.stray();
            }
            local.tell(frame.clone());
        }
    }

    fn others(&self, id: &PeerId) -> Vec<Peer> {
        self.peers.iter().map(|known| &known.peer).filter(|peer| peer.id != *id).cloned().collect()
    }

    fn sit(&mut self, welcome: &Welcome, id: &PeerId, name: &str, joining: Joining) {
        let Joining { outbox, secret, done, .. } = joining;
        let you = Peer::new(id.clone(), name.to_owned());
        outbox.push(welcome.joined(you, self.others(id), secret.token(), None));
        if welcome.resumes {
            outbox.number();
        }
        let attempt = id.to_string();
        self.seats.insert(id.clone(), Local::new(welcome, attempt, secret, outbox, Again::default()));
        let _ = done.send(Ok(id.clone()));
    }

    fn sit_again(&mut self, welcome: &Welcome, id: &PeerId, attempt: &str, joining: Joining) {
        let Joining { outbox, secret, received, done, answer, .. } = joining;
        let mut again = answer.unwrap_or_default();
        let here = self.seats.remove(id);
        // What waits here is what the client was told; the log may not reach back as far.
        let rest = here.as_ref().and_then(|here| here.outbox.hand_over(received));
        let missing = again.told.wrapping_sub(received) as usize;
        let rest = rest.or_else(|| {
            let frames = again.frames.take().filter(|frames| frames.len() == missing)?;
            Some(Remainder::new(frames, received))
        });
        if let Some(here) = here {
            here.outbox.close(Closed::Replaced);
            (again.told, again.words) = (here.told, here.words);
        }
        let you = self.peers.iter().find(|known| known.peer.id == *id).map(|known| known.peer.clone());
        let (Some(rest), Some(you)) = (rest, you) else {
            outbox.close(Closed::Overflow);
            let why = "what was missed is no longer known";
            let _ = done.send(Err(Refusal::new(ErrorCode::Unavailable, why)));
            return;
        };
        let local = Local::new(welcome, attempt.to_owned(), secret, outbox, again);
        local.outbox.go_on(welcome.joined(you, self.others(id), local.token(), Some(local.n)), rest);
        self.seats.insert(id.clone(), local);
        let _ = done.send(Ok(id.clone()));
    }

    /// Takes a seat back that is here, while Redis is away.
    pub fn sit_again_alone(
        &mut self,
        welcome: &Welcome,
        resume: &Token,
        received: u32,
        outbox: &Outbox,
    ) -> Result<PeerId, Refusal> {
        let away = || Refusal::new(ErrorCode::Unavailable, "the server cannot seat anybody just now");
        let is_asked_for = |local: &Local| local.secret == resume.secret && local.words.are_of(&resume.word);
        let found = self.seats.iter().find(|(_, local)| is_asked_for(local));
        let found = found.map(|(id, local)| (id.clone(), local.n, local.token(), local.outbox.clone()));
        let Some((id, n, token, here)) = found else { return Err(away()) };
        if outbox.is_older_than(&here) {
            outbox.close(Closed::Replaced);
            return Err(Refusal::new(ErrorCode::AlreadyJoined, "in the room already, on a newer socket"));
        }
        let you = self.peers.iter().find(|known| known.peer.id == id).map(|known| known.peer.clone());
        let (Some(you), Some(rest)) = (you, here.hand_over(received)) else { return Err(away()) };
        outbox.go_on(welcome.joined(you, self.others(&id), token, Some(n)), rest);
        if let Some(local) = self.seats.get_mut(&id) {
            local.outbox = outbox.clone();
            local.pongs.clear();
        }
        Ok(id)
    }

    /// Whether nothing is left to do here.
    pub fn is_idle(&self) -> bool {
        self.guests == 0
            && self.under_way == 0
            && self.seats.is_empty()
            && self.joining.is_empty()
            && self.kept.is_empty()
    }
}
