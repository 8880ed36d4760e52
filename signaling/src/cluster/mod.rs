//! Rooms that several processes share through Redis.
//!
//! # The log
//!
//! Each room has a hash with its seats, and a log, which is a stream of all events in the room in one order. A script
//! runs atomically: it checks a name, counts, writes, appends an entry to the log and publishes it (by sharded
//! publish/subscribe, which a single Redis supports as well). All keys of a room are in one slot of a Redis Cluster.
//! Scripts are for processes what the lock of a room in memory is for threads: Redis is the only writer of a room.
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
//! missed frames are read from the end of the log. Frames contain the number assigned by the sender, so a frame that is
//! sent to Redis again is applied once.
//!
//! A process sends its commands in batches, one at a time, in order.
//!
//! # Guarantees
//!
//! - The guarantees of rooms in memory hold: names and seats are limited; all clients receive joins and departures in
//!   one order; frames between two peers stay in order; within the grace time, each frame arrives exactly once, even if
//!   the client resumes its seat on another process, and even if its process was killed. Frames that the killed process
//!   had not sent to Redis are not acknowledged, so the client sends them again.
//! - The log is kept for the grace time plus four heartbeats, and up to four times the limits of the queue of a seat. A
//!   client that has missed more frames than the limits of the queue, or than the log contains, gets a new seat.
//! - A process has a lease of 3 s. When it expires, the seats of the process are kept for the grace time. After that,
//!   another process frees them, and the script ensures that only one does. A room without a live process expires.
//! - A process that shuts down keeps the seats of its clients in Redis, so that they can be resumed elsewhere.
//! - **The connection to Redis breaks**: frames and joins wait for a second, and are sent again if Redis is available
//!   by then. Otherwise the process gives up its rooms: it closes the sockets of its clients with
//!   [`TRY_AGAIN_LATER`](browser_rtc_proto::signaling::close::TRY_AGAIN_LATER), and refuses joins with
//!   [`Unavailable`](browser_rtc_proto::signaling::ErrorCode::Unavailable) until Redis answers. It continues with another
//!   id, so that its seats in Redis are those of a process that was killed. Clients resume them on any process.
//! - **Redis loses data**: a process detects that its last entry is not in the log, when it reads the log after a broken
//!   connection, a missing entry, a refused frame, or regularly. It frees its seats in the room, and closes their sockets
//!   in the same way. Their clients get new seats.
//! - **A room moves to another node**, or a replica takes over: the connection is opened again.
//!
//! # Limitations
//!
//! - If a published entry is lost and no other entry follows, it is detected by the next heartbeat of the room, within
//!   30 s and two thirds of the grace time.
//! - If one node of a Redis Cluster does not answer, all rooms wait for it, and are given up with those of that node.
//!
//! # Limits
//!
//! Queued frames for Redis are limited in bytes ([`queue::MAX_BYTES`]; above it, clients are read later), and so is
//! each batch. Each command and each connection attempt has a timeout ([`command::TIMEOUT`]). Unread published entries
//! ([`notifications`]), entries that wait for others ([`room`]) and the log are limited in number and bytes.
//!
//! The newer one of two sockets is determined by serial numbers if both are on one process. On two processes, it is
//! determined by the time at which they were opened, by the clock of Redis. Within a tenth of a second, the socket that
//! joins later counts as newer.

mod command;
mod connection;
mod entry;
mod handle;
mod heartbeat;
mod hosted_seat;
mod join;
mod notifications;
mod queue;
mod room;
mod script;
mod seat;
mod task;
mod updates;

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
    let mut link = cluster.0.link.subscribe();
    // The server starts even if Redis is unavailable.
    let _ = timeout(command::TIMEOUT, link.wait_for(|link| *link == handle::Link::Up)).await;
    Ok((cluster, guard))
}
