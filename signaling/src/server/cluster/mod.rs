//! Rooms that many processes share, through a Redis.
//!
//! # The log
//!
//! Each room has a hash with its seats, and a log: a stream with everything that happens in it, in one order. A script
//! does one thing at a time, and whole: it looks whether a name is free, counts, writes, puts an entry into the log and
//! publishes it (by sharded publish and subscribe, which a single Redis has as well). All keys of a room are in one slot
//! of a Redis Cluster. What a script does is to the processes what the lock of a room is to the threads of one.
//!
//! Every process with a seat in the room takes the entries in, in the order of the log, and tells its clients. An entry
//! names the one before it: who lacks one reads it from the log. So publishing may lose things, and connections may
//! break. With all seats of a room on one process, nothing is published: the answer to the script is enough.
//!
//! What a seat is told follows from the log alone: what was said by others, signalled to it, refused to it, and who came
//! and went since it came. Redis keeps for each seat how many frames that is (as an offset to a count of the room, so
//! that no frame costs a write for each seat), and how many have come from it. With these two counts a seat is taken
//! back on any process, whatever happened to the one that had it: the missing frames are read from the end of the log.
//! Frames have the number of the sender's count: one that is tried again, because Redis did not answer, works once.
//!
//! # What a frame costs
//!
//! One script, on the way to everybody. To tell those on the same process at once would be cheaper, but their frames
//! would die with the process, and all would count differently. What processes give to Redis goes in batches, one at
//! a time, in order.
//!
//! # What is promised
//!
//! - As on one process: names, seats and rooms have their bounds; arrivals and departures are told to all in one order;
//!   frames between two peers stay in order; within the time of grace all come once, also to a client that comes back on
//!   another process, also after its process was killed. What the killed process had not given to Redis has not been
//!   counted, so its client sends it again.
//! - The log is kept for the time of grace and four heartbeats, and to four times the bounds of a seat's queue. Who has
//!   missed more than such a queue holds, or than is in the log, is seated anew.
//! - A process has a lease of 3 s. The seats of one whose lease has run out are kept for the time of grace; then another
//!   process frees them. The script sees to it that one does. A room that no living process has expires.
//! - A process that shuts down in good order leaves its clients their seats, to be taken back elsewhere.
//! - **Redis is away**: for a second, frames wait, and go on as if nothing had been when it is back. After that,
//!   peers on one process go on among themselves, and come back to their seats there. What is for others is refused
//!   with [`Unavailable`](crate::ErrorCode::Unavailable), as are new seats.
//! - **Redis is back**: frames that waited are tried again; the log is read; each process says which seats it has, and
//!   how far their counts have come, before anybody goes on. Frames from the time alone are not in the log: a client
//!   that lacks some of them gets them on its process, and a new seat on any other.
//! - **A client whose process goes alone comes back on another**, whenever that is and whatever becomes of the process:
//!   to its seat, with all that it has read before, or, where that is more than Redis knows of, to a new one. The word
//!   in its token tells ([`token`]). It is not taken back on a process that is alone when it was told more elsewhere.
//!   What it sends again there, as it has not been told that it came, is heard once by each.
//! - **Redis is back without its data**, or with older data: processes put their seats down again with their ids, names
//!   and tokens, and those of others that they know of, which keep their names until their process comes, for the time
//!   of grace and a lease. Frames that waited reach those who are on the same process; for those elsewhere they are
//!   refused. Frames that were on their way between processes may be lost. If somebody else took a name in a room that
//!   nobody who was back yet knew of, who was there before is cut off, and comes back anew.
//! - **A room moves to another node**, or a replica takes over: as if Redis were away for a moment.
//! - A process that was cut off from Redis for longer than lease and grace finds its seats freed: its clients are cut
//!   off with [`TRY_AGAIN_LATER`](crate::close::TRY_AGAIN_LATER).
//!
//! # What is not
//!
//! - A client whose process is alone goes to another before it has read what it was told alone, and before Redis is told
//!   how far its count has come: it has its seat back without these frames. Their senders are told when their process
//!   finds Redis back, with [`Unavailable`](crate::ErrorCode::Unavailable); if it never does, they are not.
//! - A client that passes over `resume` of a [`Pong`](ServerMessage::Pong), as those before that field do: its count
//!   may hold what it was told alone, so of what others said meanwhile it may miss as many frames elsewhere.
//! - A publication is lost, and nothing happens in the room after it: it is found at the room's next sign of life, after
//!   30 s and two thirds of the time of grace.
//! - A room is put together while others say so much in it that fifty tries are overtaken: its clients here are cut off.
//! - In a cluster, one node that does not answer holds up the rooms of all for as long as a command may take.
//!
//! # What is bounded
//!
//! Frames on the way to Redis, in bytes ([`queue::BYTES`]; beyond it, clients are read from later), and each batch of
//! them; each command and connection in time ([`link::PATIENCE`]); in number and in bytes, what is published and not yet
//! read ([`published`]), entries that wait for others, and the log.
//!
//! Which of two sockets is newer is told by their numbers on one process, and by Redis's clock between two: each process
//! knows it to within the time of an answer. Within a tenth of a second, the one that joins later is the newer.

mod ahead;
mod event;
mod join;
mod keeper;
mod link;
mod local;
mod published;
mod queue;
mod resync;
mod room;
mod script;
mod seat;
mod token;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use redis::{PushInfo, Value};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::event::{EntryId, Event, What};
pub use self::link::Address;
use self::link::{Away, Command, Done, Job, Kept};
use self::room::{Effect, Mode, Room, State};
use self::script::{Script, room_of};
pub use self::seat::Seat;
use super::metrics::Metrics;
use super::names::Names;
use super::outbox::{Closed, encode};
use super::rooms::{Refusal, Secret};
use super::turn::IceServers;
use super::{Config, lock};
use crate::{ErrorCode, Joined, Peer, PeerId, ResumeToken, ServerMessage};

/// How long the wait for a missing entry is, before it is read from the log.
const MISSING: Duration = Duration::from_millis(20);

/// The rooms that processes share through a Redis.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    welcome: Welcome,
    names: Names,
    metrics: Metrics,
    seats_per_room: usize,
    max_rooms: usize,
    grace: Duration,
    /// What every script on a room is told first.
    common: [String; 4],
    ttl_ms: u64,
    jobs: mpsc::UnboundedSender<Job>,
    places: Arc<Semaphore>,
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    there: watch::Sender<bool>,
    /// Redis has been away for long enough.
    alone: AtomicBool,
    clock: Mutex<Clock>,
    stop: CancellationToken,
}

/// Ends the tasks when dropped.
#[derive(Debug)]
pub struct Running(#[expect(dead_code, reason = "dropped, it ends them")] DropGuard);

/// What those who join are told.
#[derive(Debug)]
pub struct Welcome {
    pub proc: String,
    pub resumes: bool,
    ice_servers: IceServers,
    heartbeat_ms: u32,
    max_frame_bytes: u32,
}

impl Welcome {
    /// `again`: how many frames have come from a seat that is taken back.
    fn joined(
        &self,
        you: Peer,
        peers: Vec<Peer>,
        token: ResumeToken,
        again: Option<u32>,
    ) -> axum::extract::ws::Utf8Bytes {
        let ice_servers = self.ice_servers.of(&you.id);
        encode(&ServerMessage::Joined(
            Joined::new(you, self.heartbeat_ms)
                .peers(peers)
                .resume(self.resumes.then_some(token))
                .resumed(again.is_some())
                .received(again.unwrap_or(0))
                .ice_servers(ice_servers)
                .max_frame_bytes(self.max_frame_bytes),
        ))
    }
}

impl Cluster {
    /// Connects, and waits for that for a moment. Without Redis there, it is tried again for as long as it takes.
    pub async fn start(config: &Config, address: Address, metrics: Metrics) -> std::io::Result<(Self, Running)> {
        let proc = Secret::random().map_err(|refusal| std::io::Error::other(refusal.message))?.hex();
        let limits = &config.limits;
        let keep = config.grace + config.heartbeat() * 4;
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 4);
        let (jobs, queue) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let cluster = Self(Arc::new(Inner {
            common: [
                proc.clone(),
                ms(keep).to_string(),
                (limits.queue_frames * 4).to_string(),
                (limits.queue_bytes * 4).to_string(),
            ],
            welcome: Welcome {
                proc,
                resumes: !config.grace.is_zero(),
                ice_servers: IceServers::new(config),
                heartbeat_ms: config.heartbeat_ms,
                max_frame_bytes: limits.stated_frame_bytes(),
            },
            names: Names::new(limits),
            metrics,
            seats_per_room: limits.seats_per_room,
            max_rooms: limits.rooms,
            grace: config.grace,
            ttl_ms: ms(config.grace * 2 + Duration::from_secs(90)),
            jobs,
            places: Arc::new(Semaphore::new(queue::BYTES as usize)),
            rooms: Mutex::default(),
            there: watch::Sender::new(false),
            alone: AtomicBool::new(false),
            clock: Mutex::new(Clock { at: Instant::now(), time: 0, error: Duration::ZERO }),
            stop: stop.clone(),
        }));
        let running = Running(stop.clone().drop_guard());
        for task in [
            tokio::spawn(stop.clone().run_until_cancelled_owned(link::run(cluster.clone(), address, queue))),
            tokio::spawn(stop.run_until_cancelled_owned(keeper::run(cluster.clone()))),
        ] {
            drop(task);
        }
        let mut there = cluster.0.there.subscribe();
        let _ = tokio::time::timeout(link::PATIENCE, there.wait_for(|there| *there)).await;
        Ok((cluster, running))
    }

    /// Whether Redis is there.
    pub fn is_there(&self) -> bool {
        *self.0.there.borrow()
    }

    /// How many rooms there are with seats of this process, and how many seats.
    pub fn counts(&self) -> (usize, usize) {
        let seats = self.rooms().into_iter().map(|room| lock(&room.state).seats.len()).filter(|seats| *seats > 0);
        seats.fold((0, 0), |(rooms, all), seats| (rooms + 1, all + seats))
    }

    /// Says goodbye: who had a seat here can take it back elsewhere.
    pub async fn stop(&self) {
        let goodbye = self.ask(Command::Plain(keeper::farewell(&self.0.welcome.proc)));
        let _ = tokio::time::timeout(link::PATIENCE, goodbye).await;
        self.0.stop.cancel();
    }

    fn script(&self, script: Script, room: &Arc<Room>, rest: impl IntoIterator<Item = String>) -> Command {
        Command::Script(script, Arc::clone(room), self.0.common.iter().cloned().chain(rest).collect())
    }

    fn give(&self, command: Command, done: Done) {
        // Its task ends with the process, or the test.
        let _ = self.0.jobs.send(Job { command, done });
    }

    fn give_kept(&self, state: &mut State, command: Command, kept: Kept) {
        state.under_way += 1;
        self.give(command, Done::Kept(kept));
    }

    async fn ask(&self, command: Command) -> Result<Value, Away> {
        if !self.is_there() {
            return Err(Away);
        }
        let (answer, answered) = oneshot::channel();
        self.give(command, Done::Answer(answer));
        answered.await.unwrap_or(Err(Away))
    }

    /// The same for a room that is there.
    fn enter_again(&self, room: &Arc<Room>) -> Guest {
        lock(&room.state).guests += 1;
        Guest { cluster: self.clone(), room: Arc::clone(room) }
    }

    /// The room, which is not dropped while somebody is at work in it.
    fn enter(&self, name: &str) -> Guest {
        let mut rooms = lock(&self.0.rooms);
        let room = rooms.entry(name.to_owned()).or_insert_with(|| Arc::new(Room::new(name)));
        lock(&room.state).guests += 1;
        Guest { cluster: self.clone(), room: Arc::clone(room) }
    }

    fn drop_if_idle(&self, room: &Arc<Room>) {
        let mut rooms = lock(&self.0.rooms);
        if !lock(&room.state).is_idle() || !rooms.get(room.name()).is_some_and(|other| Arc::ptr_eq(room, other)) {
            return;
        }
        rooms.remove(room.name());
        if room.open.get().is_some() {
            self.give(Command::Unsubscribe(room.name().to_owned()), Done::Nothing);
            self.give(self.refs("close", [room.name().to_owned()]), Done::Nothing);
        }
    }

    fn refs(&self, what: &str, rooms: impl IntoIterator<Item = String>) -> Command {
        let inner = &self.0;
        let head = [what.to_owned(), inner.welcome.proc.clone(), inner.max_rooms.to_string(), inner.ttl_ms.to_string()];
        Command::Refs(head.into_iter().chain(rooms).collect())
    }

    /// Counts the room, and subscribes to it.
    async fn open(&self, room: &Arc<Room>) -> Result<(), Refusal> {
        let away = |_: Away| Refusal::new(ErrorCode::Unavailable, UNAVAILABLE);
        let opening = async || {
            for _ in 0..3 {
                if self.ask(self.refs("open", [room.name().to_owned()])).await.map_err(away)? == Value::Int(1) {
                    // If that fails, what was counted expires.
                    return self.ask(Command::Subscribe(Arc::clone(room))).await.map(|_| ()).map_err(away);
                }
                // Whoever has just been the last in another room has left it before Redis knows.
                sleep(MISSING).await;
            }
            Err(Refusal::new(ErrorCode::ServerFull, "the server has no place for another room"))
        };
        room.open.get_or_try_init(opening).await.map(|_| ())
    }

    fn rooms(&self) -> Vec<Arc<Room>> {
        lock(&self.0.rooms).values().cloned().collect()
    }

    /// Redis's time, in microseconds.
    fn time_of(&self, moment: Instant) -> u64 {
        let Clock { at, time, .. } = *lock(&self.0.clock);
        match moment.checked_duration_since(at) {
            Some(later) => time + micros(later),
            None => time.saturating_sub(micros(at - moment)),
        }
    }

    /// Redis has told its time, in answer to a question. The better of the two answers counts.
    fn set_clock(&self, asked: Instant, time: &Value) {
        let numbers: Option<(u64, u64)> = redis::from_redis_value_ref(time).ok();
        let Some((seconds, rest)) = numbers else { return };
        let error = asked.elapsed() / 2;
        let mut clock = lock(&self.0.clock);
        // No two clocks go alike.
        if clock.time == 0 || error < clock.error + clock.at.elapsed() / 10_000 {
            *clock = Clock { at: asked + error, time: seconds * 1_000_000 + rest, error };
        }
    }

    fn published(&self, push: PushInfo) {
        let mut data = push.data.into_iter();
        let (Some(Value::BulkString(channel)), Some(Value::BulkString(entry))) = (data.next(), data.next()) else {
            return;
        };
        let (Ok(channel), Ok(entry)) = (std::str::from_utf8(&channel), std::str::from_utf8(&entry)) else { return };
        let room = room_of(channel).and_then(|name| lock(&self.0.rooms).get(name).cloned());
        let (Some(room), Some(event)) = (room, Event::parse(entry)) else { return };
        self.receive(&room, event);
    }

    fn receive(&self, room: &Arc<Room>, event: Event) {
        let mut state = lock(&room.state);
        // What is published while the two sides are put together is found in the log.
        if state.mode == Mode::Alone {
            return;
        }
        let whole = state.receive(&self.0.welcome, event);
        self.follow_up(room, state, whole);
    }

    fn follow_up(&self, room: &Arc<Room>, mut state: MutexGuard<'_, State>, whole: bool) {
        let recount = state.mode == Mode::Together && std::mem::take(&mut state.recount);
        let fetch = !whole && !std::mem::replace(&mut state.fetching, true);
        if recount {
            state.mode = Mode::Returning;
            state.apart = true;
        }
        let idle = state.is_idle();
        drop(state);
        let (cluster, room) = (self.clone(), Arc::clone(room));
        if recount {
            tokio::spawn(async move { cluster.put_together(&room).await });
        } else if fetch {
            tokio::spawn(async move {
                sleep(MISSING).await;
                lock(&room.state).fetching = false;
                let whole = lock(&room.state).advance(&cluster.0.welcome);
                if !whole && cluster.catch_up(&room).await == Ok(false) {
                    room.set_mode(Mode::Returning);
                    cluster.put_together(&room).await;
                }
            });
        } else if idle {
            self.drop_if_idle(&room);
        }
    }

    /// An answer has come.
    fn done(&self, done: Done, answer: Value) {
        match done {
            Done::Nothing => {}
            Done::Answer(asked) => drop(asked.send(Ok(answer))),
            Done::Join(room, attempt) => self.joined(&room, &attempt, answer),
            Done::Kept(kept) => self.happened(&kept, &answer),
        }
    }

    fn happened(&self, kept: &Kept, answer: &Value) {
        lock(&kept.room.state).under_way -= 1;
        let words: Vec<String> = redis::from_redis_value_ref(answer).unwrap_or_default();
        let mut words = words.iter().map(String::as_str);
        let word = words.next().unwrap_or_default();
        let ids = words.next().and_then(EntryId::parse).zip(words.next().and_then(EntryId::parse));
        match (&kept.effect, word, ids) {
            (Effect::Frame { from, n, what, .. }, "a" | "s" | "e", Some((prev, id))) => {
                let what = match (what, word) {
                    (What::Signalled { .. }, "e") => {
                        self.0.metrics.error(&ErrorCode::UnknownPeer);
                        seat::unknown_peer()
                    }
                    (what, _) => what.clone(),
                };
                self.receive(&kept.room, Event { id, prev, from: from.clone(), n: *n, what });
            }
            (Effect::Frame { from, .. }, "gap", _) => {
                tracing::error!(peer = %from, "a frame before this one is missing");
                lock(&kept.room.state).evict(from, Closed::Overflow);
            }
            (Effect::Frame { from, attempt, .. }, "gone", _) => self.gone_astray(kept, from, attempt),
            (Effect::Leave(from, reason), "left", Some((prev, id))) => {
                let from = words.next().map_or_else(|| from.clone(), PeerId::from);
                let what = What::Left(reason.clone());
                self.receive(&kept.room, Event { id, prev, from, n: 0, what });
            }
            _ => {}
        }
        self.drop_if_idle(&kept.room);
    }

    /// Redis does not know the seat that a frame came from. Where that is here all the same, and has not been taken over
    /// meanwhile, Redis has lost the room, or what became of the seat was missed.
    fn gone_astray(&self, kept: &Kept, from: &PeerId, attempt: &str) {
        let mut state = lock(&kept.room.state);
        if state.seats.get(from).is_none_or(|local| local.attempt != attempt) {
            return;
        }
        self.tell_here(&mut state, kept);
        if state.mode != Mode::Together {
            return;
        }
        state.mode = Mode::Returning;
        drop(state);
        let (cluster, room) = (self.clone(), Arc::clone(&kept.room));
        tokio::spawn(async move { cluster.put_together(&room).await });
    }

    /// A frame that does not get into the log reaches those who are here, and nobody else.
    fn tell_here(&self, state: &mut State, kept: &Kept) {
        if kept.told || state.go_alone(&kept.effect) {
            if let Some(code) = state.refuse_unheard(&kept.effect) {
                self.0.metrics.error(&code);
            }
            state.answer_pings(&kept.effect);
        }
    }

    /// Redis is not there for a job.
    fn put_off(&self, job: Job) {
        match job.done {
            Done::Nothing => {}
            Done::Answer(asked) => drop(asked.send(Err(Away))),
            Done::Join(room, attempt) => {
                if let Some(joining) = lock(&room.state).joining.remove(&attempt) {
                    let _ = joining.done.send(Err(Refusal::new(ErrorCode::Unavailable, UNAVAILABLE)));
                }
            }
            Done::Kept(kept) => {
                let room = Arc::clone(&kept.room);
                lock(&room.state).put_off(job.command, kept);
            }
        }
    }

    /// Redis has gone: nobody is seated for now. Frames wait for a moment.
    fn gone(&self) {
        self.0.there.send_replace(false);
    }

    /// Redis stays away: those who are here go on without it.
    fn go_alone(&self) {
        self.0.alone.store(true, Ordering::Relaxed);
        for room in self.rooms() {
            lock(&room.state).go_all_alone();
            room.changed.notify_waiters();
        }
    }

    /// Redis is back. Nothing new is given to it until what was put off has been dealt with.
    fn come_back(&self) {
        self.0.alone.store(false, Ordering::Relaxed);
        for room in self.rooms() {
            room.set_mode(Mode::Returning);
        }
    }

    /// What was put off is in the rooms.
    fn go_on(&self) {
        self.0.there.send_replace(true);
        let cluster = self.clone();
        tokio::spawn(async move { cluster.put_all_together().await });
    }

    /// A node of Redis was lost for a moment: something may have been missed.
    fn look_after(&self) {
        let cluster = self.clone();
        tokio::spawn(async move { cluster.touch_all().await });
    }
}

const UNAVAILABLE: &str = "the server cannot seat anybody just now: try again";

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cluster").field(&self.0.welcome.proc).finish()
    }
}

/// Redis's time in microseconds at a time here, and how wrong it may be.
#[derive(Clone, Copy)]
struct Clock {
    at: Instant,
    time: u64,
    error: Duration,
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(0)
}

/// Keeps a room from being dropped.
struct Guest {
    cluster: Cluster,
    room: Arc<Room>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        lock(&self.room.state).guests -= 1;
        self.cluster.drop_if_idle(&self.room);
    }
}
