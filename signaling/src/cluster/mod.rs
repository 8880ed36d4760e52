//! Rooms that many processes share through Redis.
//!
//! # The log
//!
//! Each room has a hash with its seats, and a log: a stream with everything that happens in the room, in one order. A
//! script runs atomically: it checks a name, counts, writes, appends an entry to the log and publishes it (by sharded
//! publish/subscribe, which a single Redis supports as well). All keys of a room are in one slot of a Redis Cluster.
//! Scripts are to processes what the lock of a room in memory is to threads.
//!
//! Each process with a seat in the room applies the entries in the order of the log, and sends its clients the frames.
//! An entry contains the id of the entry before it, so that a process that lacks one reads it from the log: published
//! entries may be lost, and connections may break. If all seats of a room are on one process, nothing is published,
//! because the answer to the script is sufficient.
//!
//! The frames sent to a seat follow from the log alone: messages of others, signals to it, errors for it, and peers that
//! joined and left after it. For each seat, Redis stores how many frames that is (as an offset to a count of the room, so
//! that a frame does not cost a write for each seat), and how many numbered frames the seat has sent. With these two
//! counts, a seat can be resumed on any process, whatever happened to the process that had it: the missed frames are read
//! from the end of the log. Frames carry the sender's number, so a frame that is retried is applied once.
//!
//! # The cost of a frame
//!
//! A frame costs one script, before anyone receives it. Sending it to the clients of the same process directly would be
//! cheaper, but such frames would be lost with the process, and the counts would differ. A process sends its commands in
//! batches, one at a time, in order.
//!
//! # Guarantees
//!
//! - As in memory: names, seats and rooms are limited; joins and departures are seen by all in one order; frames between
//!   two peers stay in order; within the grace time, each frame arrives exactly once, also at a client that resumes its
//!   seat on another process, also after its process was killed. Frames that the killed process had not given to Redis
//!   are not acknowledged, so the client sends them again.
//! - The log is kept for the grace time and four heartbeats, and up to four times the limits of a seat's queue. A client
//!   that missed more than such a queue holds, or than the log has, gets a new seat.
//! - A process has a lease of 3 s. When it expires, its seats are kept for the grace time; then another process frees
//!   them, and the script ensures that only one does. A room without a living process expires.
//! - A process that shuts down leaves its clients their seats, to be resumed elsewhere.
//! - **Redis becomes unavailable**: frames wait for a second, and are sent as usual if Redis is back by then. After that,
//!   the clients of one process continue among themselves, and can resume their seats there. Frames for other peers, and
//!   new seats, are refused with [`Unavailable`](browser_rtc_proto::signaling::ErrorCode::Unavailable).
//! - **Redis becomes available again**: frames that waited are retried; the log is read; each process reports its seats
//!   and their counts before anyone continues. Frames that were exchanged in the meantime are not in the log: a client
//!   that lacks some of them gets them on its process, and a new seat on any other.
//! - **A client whose process is disconnected resumes its seat on another**, at any time and whatever happens to the
//!   process: it gets its seat with all that it has read before, or a new one if that is more than Redis knows. Its token
//!   names what it has read ([`branch`]). A disconnected process does not resume a seat that was sent more elsewhere.
//!   Frames that it sends again, because they were not acknowledged, are received once by each peer.
//! - **Redis loses its data**, or restarts with older data: processes register their seats again, with ids, names and
//!   tokens, and those of other processes that they know, which keep their names until their process registers them, for
//!   the grace time and a lease. Frames that waited reach the clients of the same process, and are refused for others.
//!   Frames in flight between processes may be lost. If another client took a name in a room that no process had
//!   registered yet, the earlier owner of the name is disconnected and gets a new seat.
//! - **A room moves to another node**, or a replica takes over: as if Redis were unavailable for a moment.
//! - A process that was disconnected from Redis for longer than lease and grace time finds its seats freed, and closes
//!   its sockets with [`TRY_AGAIN_LATER`](browser_rtc_proto::signaling::close::TRY_AGAIN_LATER).
//!
//! # Limitations
//!
//! - A client of a disconnected process resumes its seat elsewhere before it has read what it was sent without Redis, and
//!   before Redis knows its counts: it gets its seat without these frames. Their senders receive
//!   [`Unavailable`](browser_rtc_proto::signaling::ErrorCode::Unavailable) when their process reaches Redis again, if it ever does.
//! - A client ignores `resume` of a [`Pong`](browser_rtc_proto::signaling::ServerMessage::Pong), as clients without that field do: its
//!   count may include frames that it was sent without Redis, so it may miss as many frames elsewhere.
//! - A published entry is lost, and nothing happens in the room after it: it is found by the next heartbeat of the room,
//!   within 30 s and two thirds of the grace time.
//! - A room changes so fast that fifty attempts to resynchronize it are overtaken: its clients on this process are
//!   disconnected.
//! - One node of a Redis Cluster does not answer: all rooms wait for as long as a command may take.
//!
//! # Limits
//!
//! Frames for Redis are limited in bytes ([`queue::MAX_BYTES`]; beyond it, clients are read later), and so is each batch
//! of them. Each command and each connection attempt has a timeout ([`command::TIMEOUT`]). Published entries that were not
//! read ([`notifications`]), entries that wait for others ([`reorder`]) and the log are limited in number and bytes.
//!
//! Of two sockets on one process, serial numbers tell which is newer; on two processes, Redis's clock does, which each
//! process knows to within the time of an answer. Within a tenth of a second, the one that joins later counts as newer.

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

/// Starts the tasks, and waits a moment for the connection to Redis. If Redis is unavailable, they keep connecting.
pub async fn start(config: &Config, address: RedisAddress, metrics: Metrics) -> io::Result<(Cluster, TaskGuard)> {
    let stop = CancellationToken::new();
    let (cluster, jobs) = Cluster::new(config, metrics, stop.clone())?;
    let guard = TaskGuard(stop.clone().drop_guard());
    tokio::spawn(stop.clone().run_until_cancelled_owned(task::run(cluster.clone(), address, jobs)));
    tokio::spawn(stop.run_until_cancelled_owned(heartbeat::run(cluster.clone())));
    let mut connected = cluster.0.connected.subscribe();
    // Without Redis, the server starts all the same.
    let _ = timeout(command::TIMEOUT, connected.wait_for(|connected| *connected)).await;
    Ok((cluster, guard))
}
