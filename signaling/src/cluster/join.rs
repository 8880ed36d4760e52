//! Joins of shared rooms.

use std::sync::Arc;

use redis::Value;
use serde::Deserialize;
use serde_json::json;
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
    command::{Command, TIMEOUT},
    entry::{Entry, Event, Position},
    handle::{Cluster, Link},
    room::{Admission, PendingJoin, RoomPeer, SharedRoom},
    script::Script,
    seat::SharedSeat,
    updates::parse_answer,
};
use browser_rtc_proto::signaling::{LeaveReason, PeerId};

/// The answer to a join.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum JoinAnswer {
    New {
        entry: Position,
        epoch: String,
        /// The peers in the order in which they joined, unless this process knows them.
        #[serde(default)]
        peers: Vec<RoomPeer>,
    },
    /// The missed frames follow.
    Resumed {
        entry: Position,
        epoch: String,
        seat: PeerId,
        attempt: String,
        /// The number of numbered frames received from the client.
        received: u32,
        #[serde(default)]
        peers: Vec<RoomPeer>,
    },
    /// The command was retried, and a new seat was assigned by the first attempt.
    Unsure,
    /// The seat is held by a newer socket.
    Older,
    NameTaken,
    RoomFull,
    NoSeat,
}

impl Cluster {
    /// Takes or resumes a seat, by the rules of rooms in memory. Refuses with
    /// [`Unavailable`](browser_rtc_proto::signaling::ErrorCode::Unavailable) while Redis is unavailable.
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
        let resume = resume.filter(|_| self.0.welcome.resumes).and_then(|resume| Secret::from_token(&resume.token));
        if let (None, Some(refusal)) = (&resume, &new_seat_denied) {
            return Err(refusal.clone());
        }
        let (attempt, secret) = (Secret::random()?.hex(), Secret::random()?);
        self.wait_until_connected().await?;
        // A client that may only resume a seat does not open a room.
        let guard = self.enter(room).map_err(|full| new_seat_denied.clone().unwrap_or(full))?;
        let room = Arc::clone(&guard.room);
        let subscribe = async || self.request_retried(Command::Subscribe(Arc::clone(&room.name))).await.map(|_| ());
        room.subscribed.get_or_try_init(subscribe).await.map_err(|_| Refusal::unavailable())?;
        let (done, seated) = oneshot::channel();
        {
            let mut state = lock(&room.state);
            if state.given_up {
                return Err(Refusal::unavailable());
            }
            let age = outbox.created().elapsed().as_millis();
            let args = json!({
                "attempt": attempt, "name": name, "secret": secret.hex(), "max_seats": self.0.seats_per_room,
                "resume": resume.map(Secret::hex), "received": received, "resume_only": new_seat_denied.is_some(),
                "age_ms": u64::try_from(age).unwrap_or(0), "serial": outbox.serial(), "epoch": state.epoch,
            });
            let (outbox, secret) = (outbox.clone(), resume.unwrap_or(secret));
            let joining = PendingJoin { name: name.to_owned(), outbox, secret, received, done, answer: None };
            state.joining.insert(attempt.clone(), joining);
            let (cluster, joined) = (self.clone(), Arc::clone(&room));
            // Submitted under the lock, so that Redis receives the joins of a room in this order.
            self.submit(self.script(Script::Join, &room, args, String::new()), move |answer| {
                // If the room was given up, its joins were refused.
                if let Ok(answer) = answer {
                    cluster.join_answered(&joined, &attempt, new_seat_denied, answer);
                }
            });
        }
        let (give, seat) = oneshot::channel();
        let (cluster, resumes) = (self.clone(), resume.is_some());
        // A task of its own, which frees the seat if the client has disconnected in the meantime.
        tokio::spawn(async move {
            let seated = seated.await.unwrap_or_else(|_| Err(Refusal::unavailable()));
            let seat = seated.map(|id| SharedSeat::new(cluster.clone(), guard, id, outbox));
            if let Err(Ok(seat)) = give.send(seat)
                && resumes
            {
                // The client may retry to resume its seat.
                sleep(cluster.0.grace).await;
                drop(seat);
            }
        });
        let seat = timeout(TIMEOUT * 3, seat).await.ok().and_then(Result::ok);
        seat.unwrap_or_else(|| Err(Refusal::unavailable()))
    }

    /// Waits while the connection to Redis is interrupted.
    async fn wait_until_connected(&self) -> Result<(), Refusal> {
        let mut link = self.0.link.subscribe();
        let settled = timeout(TIMEOUT * 2, link.wait_for(|link| *link != Link::Interrupted)).await;
        match settled {
            Ok(Ok(link)) if *link == Link::Up => Ok(()),
            _ => Err(Refusal::unavailable()),
        }
    }

    /// Applies the answer to a join.
    fn join_answered(&self, room: &Arc<SharedRoom>, attempt: &str, denied: Option<Refusal>, answer: Value) {
        let mut state = lock(&room.state);
        let Some((answer, missed)) = parse_answer(answer) else {
            // Its owner is refused when the sender of the answer is dropped.
            state.joining.remove(attempt);
            return;
        };
        let process = room.process.to_string();
        let (position, epoch, peers, seat, event, admission) = match answer {
            JoinAnswer::New { entry, epoch, peers } => {
                let Some(name) = state.joining.get(attempt).map(|joining| joining.name.clone()) else { return };
                let admission = Admission { attempt: attempt.to_owned(), ..Admission::default() };
                (entry, epoch, peers, attempt.into(), Event::Joined { process, name }, admission)
            }
            JoinAnswer::Resumed { entry, epoch, seat, attempt, received, peers } => {
                let missed = missed.into_iter().filter_map(|entry| entry.frame).collect();
                let admission = Admission { attempt: attempt.clone(), received, missed };
                (entry, epoch, peers, seat, Event::Moved { process, attempt }, admission)
            }
            refused => {
                let Some(joining) = state.joining.remove(attempt) else { return };
                let refusal = match refused {
                    JoinAnswer::NameTaken => Refusal::name_taken(),
                    JoinAnswer::RoomFull => Refusal::room_full(),
                    JoinAnswer::NoSeat => denied.unwrap_or_else(Refusal::unavailable),
                    JoinAnswer::Unsure => {
                        let reason = LeaveReason::Lost;
                        self.free_seat(room, json!({ "id": attempt, "attempt": attempt, "reason": reason }));
                        Refusal::unavailable()
                    }
                    _ => {
                        joining.outbox.close(QueueClosed::Replaced);
                        Refusal::held_by_newer_socket()
                    }
                };
                // Fails only if nothing waits for the answer any more.
                let _ = joining.done.send(Err(refusal));
                return;
            }
        };
        if state.epoch != epoch {
            // The first seat of this process, or Redis has lost the data of the room.
            state.reset();
            state.initialize(epoch, peers, position.prev);
        }
        if let Some(joining) = state.joining.get_mut(attempt) {
            joining.answer = Some(admission);
        }
        let frame = event.frame(&seat, None, None);
        self.receive(room, state, Entry::new(position, seat, None, event, frame));
    }
}
