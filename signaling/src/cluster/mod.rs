//! Rooms that several processes share through Redis.
//!
//! # The log
//!
//! Each room has a hash with its seats, and a log, which is a stream of all events in the room in one order. A script
//! runs atomically: it checks a name, counts, writes, appends an entry to the log and publishes it (by sharded
//! publish/subscribe, which a single Redis supports as well). All keys of a room are in one slot of a Redis Cluster.
//! Scripts are for processes what the lock of a room in memory is for threads.
//!
//! Each process with a seat in the room applies the entries in the order of the log, and sends the frames to its
//! clients. An entry contains the id of the entry before it, so that a process detects a missing entry and reads it
//! from the log: published entries may be lost, and connections may break. If all seats of a room are on one process,
//! entries are not published, because the answer to the script is sufficient.
//!
//! The frames sent to a seat are determined by the log: messages of other peers, signals and errors for the seat, and
//! peers that joined and left after it. For each seat, Redis stores the number of these frames (as an offset to a count
//! of the room, so that a frame does not need a write for each seat), and the number of numbered frames that the seat
//! has sent. By these two counts, a seat can be resumed on any process, even if its previous process was killed: the
//! missed frames are read from the end of the log. Frames contain the number assigned by the sender, so a retried frame
//! is applied once.
//!
//! # The cost of a frame
//!
//! A frame needs one script call before any client receives it. Direct delivery to the clients of the same process
//! would be cheaper, but such frames would be lost with the process, and the counts would differ. A process sends its
//! commands in batches, one at a time, in order.
//!
//! # Guarantees
//!
//! - The guarantees of rooms in memory hold: names, seats and rooms are limited; all clients receive joins and
//!   departures in one order; frames between two peers stay in order; within the grace time, each frame arrives exactly
//!   once, even if the client resumes its seat on another process, and even if its process was killed. Frames that the
//!   killed process had not sent to Redis are not acknowledged, so the client sends them again.
//! - The log is kept for the grace time plus four heartbeats, and up to four times the limits of the queue of a seat. A
//!   client that has missed more frames than the limits of the queue, or than the log contains, gets a new seat.
//! - A process has a lease of 3 s. When it expires, the seats of the process are kept for the grace time. After that,
//!   another process frees them, and the script ensures that only one does. A room without a live process expires.
//! - A process that shuts down keeps the seats of its clients in Redis, so that they can be resumed elsewhere.
//! - **Redis becomes unavailable**: frames wait for a second, and are sent as usual if Redis is available again by
//!   then. After that, the clients of one process can still exchange frames with each other, and resume their seats on
//!   that process. Frames for other peers, and new seats, are refused with
//!   [`Unavailable`](browser_rtc_proto::signaling::ErrorCode::Unavailable).
//! - **Redis becomes available again**: waiting frames are retried, the log is read, and each process reports its seats
//!   and their counts before any other change. Frames that were exchanged during the outage are not in the log: a
//!   client that missed some of them receives them on its process, and gets a new seat on any other process.
//! - **A client whose process is disconnected resumes its seat on another process**, at any time: it gets its seat
//!   without a loss of frames, or a new seat if it has received frames that are not in Redis. Its token names the
//!   frames that it has received ([`branch`]). A disconnected process does not resume a seat that received more frames
//!   elsewhere. Frames that the client sends again, because they were not acknowledged, are received once by each peer.
//! - **Redis loses its data**, or restarts with older data: processes register their seats again, with ids, names and
//!   tokens. They also register the known seats of other processes, which keep their names until their own process
//!   registers them, for the grace time plus a lease. Waiting frames reach the clients of the same process, and are
//!   refused for others. Frames in flight between processes may be lost. If another client took a name in a room that
//!   no process had registered yet, the earlier owner of the name is disconnected and gets a new seat.
//! - **A room moves to another node**, or a replica takes over: the effect is that of a short outage of Redis.
//! - If a process was disconnected from Redis for longer than the lease plus the grace time, its seats were freed. It
//!   closes its sockets with [`TRY_AGAIN_LATER`](browser_rtc_proto::signaling::close::TRY_AGAIN_LATER).
//!
//! # Limitations
//!
//! - If a client of a disconnected process resumes its seat elsewhere before it has read the frames sent without Redis,
//!   and before its counts are in Redis, it gets its seat without these frames. Their senders receive
//!   [`Unavailable`](browser_rtc_proto::signaling::ErrorCode::Unavailable) when their process reaches Redis again, if
//!   it ever does.
//! - If a client ignores `resume` of a [`Pong`](browser_rtc_proto::signaling::ServerMessage::Pong), its count may
//!   include frames that it received without Redis, so it may miss as many frames elsewhere.
//! - If a published entry is lost and no other entry follows, it is detected by the next heartbeat of the room, within
//!   30 s and two thirds of the grace time.
//! - If a room changes so fast that fifty attempts to resynchronize it are overtaken, its clients on this process are
//!   disconnected.
//! - If one node of a Redis Cluster does not answer, all rooms wait for the timeout of a command.
//!
//! # Limits
//!
//! Queued frames for Redis are limited in bytes ([`queue::MAX_BYTES`]; above it, clients are read later), and so is
//! each batch. Each command and each connection attempt has a timeout ([`command::TIMEOUT`]). Unread published entries
//! ([`notifications`]), entries that wait for others ([`reorder`]) and the log are limited in number and bytes.
//!
//! The newer one of two sockets is determined by serial numbers if both are on one process. On two processes, it is
//! determined by the clock of Redis, which each process estimates to within the time of an answer. Within a tenth of a
//! second, the socket that joins later counts as newer.

mod branch;
mod clock;
mod command;
mod connection;
mod entry;
mod handle;
mod heartbeat;
mod hosted_seat;
mod join;
mod lease;
mod notifications;
mod process;
mod queue;
mod reorder;
mod reply;
mod resync;
mod room;
mod script;
mod seat;
mod task;
mod updates;
mod write;

use std::io;

use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::{connection::RedisAddress, handle::Cluster, seat::SharedSeat};
use super::{config::Config, metrics::Metrics};

/// A guard that ends the tasks when it is dropped.
#[derive(Debug)]
pub struct TaskGuard(#[expect(dead_code, reason = "ends the tasks when dropped")] DropGuard);

/// Starts the tasks, and waits briefly for the connection to Redis. If Redis is unavailable, they keep trying to
/// connect.
pub async fn start(config: &Config, address: RedisAddress, metrics: Metrics) -> io::Result<(Cluster, TaskGuard)> {
    let stop = CancellationToken::new();
    let (cluster, jobs) = Cluster::new(config, metrics, stop.clone())?;
    let guard = TaskGuard(stop.clone().drop_guard());
    tokio::spawn(stop.clone().run_until_cancelled_owned(task::run(cluster.clone(), address, jobs)));
    tokio::spawn(stop.run_until_cancelled_owned(heartbeat::run(cluster.clone())));
    let mut connected = cluster.0.connected.subscribe();
    // The server starts even if Redis is unavailable.
    let _ = timeout(command::TIMEOUT, connected.wait_for(|connected| *connected)).await;
    Ok((cluster, guard))
}
