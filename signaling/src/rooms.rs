//! The rooms of a server, in memory or shared through Redis.

use std::io;

#[cfg(feature = "redis")]
use super::cluster::{self, Cluster, RedisAddress, SharedSeat, TaskGuard};
#[cfg(feature = "redis")]
use super::error::invalid_input;
use super::{
    config::Config,
    memory::{MemoryRooms, MemorySeat},
    metrics::Metrics,
    outbox::Outbox,
    refusal::Refusal,
    resume::ResumeRequest,
};
use browser_rtc_proto::signaling::{Data, ErrorCode, LeaveReason, MessageId, PeerId};

/// The rooms of a server.
#[derive(Debug)]
pub enum Rooms {
    Memory(MemoryRooms),
    #[cfg(feature = "redis")]
    Shared {
        cluster: Cluster,
        _tasks: TaskGuard,
    },
}

/// A seat that one connection holds. It is released when dropped.
#[derive(Debug)]
pub enum Seat {
    Memory(MemorySeat),
    #[cfg(feature = "redis")]
    Shared(Box<SharedSeat>),
}

/// Evaluates one of two expressions, depending on the kind of a seat.
macro_rules! dispatch {
    ($self:expr, $seat:ident => $memory:expr, $shared:expr) => {
        match $self {
            Seat::Memory($seat) => $memory,
            #[cfg(feature = "redis")]
            Seat::Shared($seat) => $shared,
        }
    };
}

impl Rooms {
    #[cfg_attr(not(feature = "redis"), expect(clippy::unused_async, reason = "waits for Redis"))]
    pub async fn new(config: &Config, metrics: &Metrics) -> io::Result<Self> {
        #[cfg(feature = "redis")]
        if let Some(url) = &config.redis {
            // The error may quote the URL, which may contain a password.
            let invalid = |_| invalid_input("the address of Redis is not a valid URL");
            let address = RedisAddress::parse(url.reveal()).map_err(invalid)?;
            let (cluster, tasks) = cluster::start(config, address, metrics.clone()).await?;
            return Ok(Self::Shared { cluster, _tasks: tasks });
        }
        Ok(Self::Memory(MemoryRooms::new(config, metrics.clone())))
    }

    pub async fn join(
        &self,
        room: &str,
        name: &str,
        resume: Option<&ResumeRequest>,
        outbox: Outbox,
    ) -> Result<Seat, Refusal> {
        match self {
            Self::Memory(rooms) => rooms.join(room, name, resume, outbox).map(Seat::Memory),
            #[cfg(feature = "redis")]
            Self::Shared { cluster, .. } => {
                cluster.join(room, name, resume, outbox).await.map(|seat| Seat::Shared(Box::new(seat)))
            }
        }
    }

    /// Returns whether new seats can be assigned.
    pub fn are_open(&self) -> bool {
        match self {
            Self::Memory(_) => true,
            #[cfg(feature = "redis")]
            Self::Shared { cluster, .. } => cluster.is_connected(),
        }
    }

    /// Returns the number of rooms with seats of this process, and the number of these seats.
    pub fn counts(&self) -> (usize, usize) {
        match self {
            Self::Memory(rooms) => rooms.counts(),
            #[cfg(feature = "redis")]
            Self::Shared { cluster, .. } => cluster.counts(),
        }
    }

    /// Releases the resources of the process. Called when all connections have ended.
    pub async fn stop(&self) {
        match self {
            Self::Memory(_) => {}
            #[cfg(feature = "redis")]
            Self::Shared { cluster, .. } => cluster.stop().await,
        }
    }
}

impl Seat {
    pub fn id(&self) -> &PeerId {
        dispatch!(self, seat => seat.id(), seat.id())
    }

    pub fn outbox(&self) -> &Outbox {
        dispatch!(self, seat => seat.outbox(), seat.outbox())
    }

    /// Sends data to one peer.
    pub async fn signal(&self, to: &PeerId, data: Data) {
        dispatch!(self, seat => seat.signal(to, data), seat.signal(to, data).await);
    }

    /// Sends data to all other peers.
    pub async fn say(&self, id: MessageId, data: Data) {
        dispatch!(self, seat => seat.say(id, data), seat.say(id, data).await);
    }

    /// Counts a numbered frame that is not relayed, and refuses it.
    pub async fn refuse_numbered(&self, code: ErrorCode, message: &str) {
        dispatch!(self, seat => seat.refuse_numbered(code, message), seat.refuse(code, message, true).await);
    }

    /// Refuses a frame that is not numbered.
    pub async fn refuse(&self, code: ErrorCode, message: &str) {
        dispatch!(self, seat => seat.refuse(code, message), seat.refuse(code, message, false).await);
    }

    /// Acknowledges frames that the client has received, and answers with the number of those received from it.
    pub fn ping(&self, id: u32, received: u32) {
        dispatch!(self, seat => seat.ping(id, received), seat.ping(id, received));
    }

    /// Releases the seat. The peers are notified if there is a reason to announce.
    pub fn leave(self, announce: Option<LeaveReason>) {
        dispatch!(self, seat => seat.leave(announce), seat.leave(announce));
    }
}
