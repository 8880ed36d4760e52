//! Changes of rooms: published entries, the answers to changes, and entries that are read from the log.

use std::sync::{Arc, MutexGuard};

use futures_util::{StreamExt, stream};
use redis::{PushInfo, Value};
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;

use super::{
    super::lock::lock,
    command::{Command, RedisUnavailable},
    entry::{Entry, EntryId, Event, Position},
    handle::Cluster,
    room::{RoomState, SharedRoom},
    script::{Script, channel_room},
};
use browser_rtc_proto::signaling::{Data, ErrorCode, LeaveReason, PeerId};

/// The time within which a missing entry usually arrives without a request.
const SETTLE_TIME: std::time::Duration = std::time::Duration::from_millis(20);

/// The answer to a frame.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum FrameAnswer {
    Appended(Position),
    UnknownPeer(Position),
    /// The command was retried. The log has its entry.
    Duplicate,
    /// The seat was resumed elsewhere, or Redis has lost it.
    Gone,
}

/// The answer to a departure.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum LeaveAnswer {
    Left(Position),
    /// The seat was freed before, or was the last one of the room.
    Unknown,
}

/// The state of a room in Redis.
#[derive(Deserialize)]
struct Log {
    epoch: String,
    last: EntryId,
}

/// Parses an answer: a JSON value, and any number of entries of the log.
pub fn parse_answer<T: for<'de> Deserialize<'de>>(answer: Value) -> Option<(T, Vec<Entry>)> {
    let texts: Vec<String> = redis::from_redis_value(answer).ok()?;
    let (first, entries) = texts.split_first()?;
    let parsed = serde_json::from_str(first)
        .inspect_err(|error| tracing::error!(%error, "an answer of Redis is not valid"))
        .ok()?;
    Some((parsed, entries.iter().map(|entry| Entry::parse(entry)).collect::<Option<_>>()?))
}

impl Cluster {
    /// Applies a published entry.
    pub(super) fn receive_published(&self, push: PushInfo) {
        let mut data = push.data.into_iter();
        let (Some(Value::BulkString(channel)), Some(Value::BulkString(entry))) = (data.next(), data.next()) else {
            return;
        };
        let (Ok(channel), Ok(entry)) = (std::str::from_utf8(&channel), std::str::from_utf8(&entry)) else { return };
        let room = channel_room(channel).and_then(|name| self.room(name));
        if let (Some(room), Some(entry)) = (room, Entry::parse(entry)) {
            self.receive(&room, lock(&room.state), entry);
        }
    }

    /// Applies an entry. If an entry before it is missing, a task reads the log.
    pub(super) fn receive(&self, room: &Arc<SharedRoom>, mut state: MutexGuard<'_, RoomState>, entry: Entry) {
        let complete = state.receive(&room.process, &self.0.welcome, entry);
        if complete || std::mem::replace(&mut state.reading, true) {
            return;
        }
        drop(state);
        let (cluster, room) = (self.clone(), Arc::clone(room));
        tokio::spawn(async move {
            sleep(SETTLE_TIME).await;
            let complete = {
                let mut state = lock(&room.state);
                state.reading = false;
                state.advance(&room.process, &cluster.0.welcome)
            };
            if !complete {
                cluster.catch_up(&room).await;
            }
        });
    }

    /// Applies the answer to a frame.
    pub(super) fn frame_answered(
        &self,
        room: &Arc<SharedRoom>,
        from: PeerId,
        number: Option<u32>,
        event: Event,
        data: Option<Data>,
        answer: Value,
    ) {
        let (position, event) = match parse_answer(answer) {
            Some((FrameAnswer::Appended(position), _)) => (position, event),
            Some((FrameAnswer::UnknownPeer(position), _)) => {
                self.0.metrics.error(&ErrorCode::UnknownPeer);
                (position, Event::unknown_peer())
            }
            Some((FrameAnswer::Gone, _)) => {
                let (cluster, room) = (self.clone(), Arc::clone(room));
                tokio::spawn(async move { cluster.catch_up(&room).await });
                return;
            }
            Some((FrameAnswer::Duplicate, _)) | None => return,
        };
        let frame = event.frame(&from, number, data);
        self.receive(room, lock(&room.state), Entry::new(position, from, number, event, frame));
    }

    /// Frees a seat. `args` are those of the script.
    pub(super) fn free_seat(&self, room: &Arc<SharedRoom>, args: serde_json::Value) {
        let (id, reason) = (args["id"].as_str().unwrap_or_default(), args["reason"].as_str().unwrap_or_default());
        let (id, reason) = (PeerId::from(id), LeaveReason::from(reason));
        let command = self.script(Script::Leave, room, args, String::new());
        let (cluster, room) = (self.clone(), Arc::clone(room));
        self.submit(command, move |answer| {
            if let Some((LeaveAnswer::Left(position), _)) = answer.ok().and_then(parse_answer) {
                let event = Event::Left { reason };
                let frame = event.frame(&id, None, None);
                cluster.receive(&room, lock(&room.state), Entry::new(position, id, None, event, frame));
            }
        });
    }

    /// Applies the entries of the log that this process has missed. If Redis has another state of the room, because it
    /// has lost data or the entries are no longer in the log, the seats of this process are freed and their sockets
    /// closed.
    pub(super) async fn catch_up(&self, room: &Arc<SharedRoom>) {
        // If Redis is unavailable, the log is read when it is available again, or the room is given up.
        if self.read_log(room).await == Ok(false) {
            let mut state = lock(&room.state);
            tracing::warn!(seats = state.seats.len(), "Redis has lost a part of a room: its clients are disconnected");
            for (id, seat) in state.reset() {
                self.free_seat(room, json!({ "id": id, "attempt": seat.attempt, "reason": LeaveReason::Lost }));
            }
        }
    }

    /// Returns whether the room is up to date.
    async fn read_log(&self, room: &Arc<SharedRoom>) -> Result<bool, RedisUnavailable> {
        loop {
            let Some(after) = lock(&room.state).last else { return Ok(true) };
            let args = json!({ "after": after.to_string() });
            let answer = self.request(self.script(Script::Read, room, args, String::new())).await?;
            let Some((Log { epoch, last }, entries)) = parse_answer(answer) else { return Ok(false) };
            let mut state = lock(&room.state);
            if state.last.is_none() || (state.seats.is_empty() && state.joining.is_empty()) {
                return Ok(true);
            }
            if state.epoch != epoch || last < after {
                return Ok(false);
            }
            let mut complete = state.advance(&room.process, &self.0.welcome);
            for entry in entries {
                complete = state.receive(&room.process, &self.0.welcome, entry);
            }
            if complete && state.last >= Some(last) {
                return Ok(true);
            }
            if state.last <= Some(after) {
                return Ok(false);
            }
        }
    }

    /// Subscribes to all rooms again, and reads their logs.
    pub(super) async fn catch_up_all(&self, subscribe: bool) {
        stream::iter(self.rooms())
            .for_each_concurrent(32, async |room| {
                if subscribe && room.subscribed.get().is_some() {
                    // Fails only if Redis is unavailable again, so that reading the log fails as well.
                    let _ = self.request(Command::Subscribe(Arc::clone(&room.name))).await;
                }
                self.catch_up(&room).await;
            })
            .await;
    }
}
