//! Rooms of this process alone, or shared with others: what a connection sees of either.

use std::io;

use super::Config;
#[cfg(feature = "redis")]
use super::cluster;
use super::metrics::Metrics;
use super::outbox::Outbox;
use super::rooms::{self, Refusal, Resume};
use crate::{Data, ErrorCode, LeaveReason, MessageId, PeerId};

#[derive(Debug)]
pub enum Rooms {
    Own(rooms::Rooms),
    #[cfg(feature = "redis")]
    Shared {
        cluster: cluster::Cluster,
        _running: cluster::Running,
    },
}

#[derive(Debug)]
pub enum Seat {
    Own(rooms::Seat),
    #[cfg(feature = "redis")]
    Shared(Box<cluster::Seat>),
}

/// Calls the same of both.
macro_rules! either {
    ($self:expr, $seat:ident => $own:expr, $shared:expr) => {
        match $self {
            Seat::Own($seat) => $own,
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
            // The URL may have a password, which an error may quote.
            let invalid = |_| io::Error::new(io::ErrorKind::InvalidInput, "the address of Redis is not one");
            let address = cluster::Address::parse(url.reveal()).map_err(invalid)?;
            let (cluster, running) = cluster::Cluster::start(config, address, metrics.clone()).await?;
            return Ok(Self::Shared { cluster, _running: running });
        }
        Ok(Self::Own(rooms::Rooms::counted(config, metrics.clone())))
    }

    pub async fn join(&self, room: &str, name: &str, resume: Option<&Resume>, outbox: Outbox) -> Result<Seat, Refusal> {
        match self {
            Self::Own(rooms) => rooms.join(room, name, resume, outbox).map(Seat::Own),
            #[cfg(feature = "redis")]
            Self::Shared { cluster, .. } => {
                cluster.join(room, name, resume, outbox).await.map(|seat| Seat::Shared(Box::new(seat)))
            }
        }
    }

    /// Whether somebody who joins may be seated.
    pub fn are_open(&self) -> bool {
        match self {
            Self::Own(_) => true,
            #[cfg(feature = "redis")]
            Self::Shared { cluster, .. } => cluster.is_there(),
        }
    }

    /// How many rooms this process has seats in, and how many seats.
    pub fn counts(&self) -> (usize, usize) {
        match self {
            Self::Own(rooms) => rooms.counts(),
            #[cfg(feature = "redis")]
            Self::Shared { cluster, .. } => cluster.counts(),
        }
    }

    /// When no connection is left.
    pub async fn stop(&self) {
        match self {
            Self::Own(_) => {}
            #[cfg(feature = "redis")]
            Self::Shared { cluster, .. } => cluster.stop().await,
        }
    }
}

impl Seat {
    pub fn id(&self) -> &PeerId {
        either!(self, seat => seat.id(), seat.id())
    }

    pub fn outbox(&self) -> &Outbox {
        either!(self, seat => seat.outbox(), seat.outbox())
    }

    /// Tells one.
    pub async fn signal(&self, to: &PeerId, data: Data) {
        either!(self, seat => seat.signal(to, data), seat.signal(to, data).await);
    }

    /// Tells all others.
    pub async fn say(&self, id: MessageId, data: Data) {
        either!(self, seat => seat.say(id, data), seat.say(id, data).await);
    }

    /// Counts a numbered frame that is not relayed, and refuses it.
    pub async fn refuse_numbered(&self, code: ErrorCode, message: &str) {
        either!(self, seat => seat.refuse_numbered(code, message), seat.refuse(code, message, true).await);
    }

    /// Refuses a frame that is not numbered.
    pub async fn refuse(&self, code: ErrorCode, message: &str) {
        either!(self, seat => seat.refuse(code, message), seat.refuse(code, message, false).await);
    }

    /// Lets go of what the client has, and says what has come from it.
    pub fn ping(&self, id: u32, received: u32) {
        either!(self, seat => seat.ping(id, received), seat.ping(id, received));
    }

    /// Gives the seat up, and tells the others why, or nothing.
    pub fn leave(self, announce: Option<LeaveReason>) {
        either!(self, seat => seat.leave(announce), seat.leave(announce));
    }
}
