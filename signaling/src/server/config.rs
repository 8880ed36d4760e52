use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::address::Network;
#[cfg(feature = "redis")]
use super::hidden::Hidden;
use super::names::Alphabet;
use super::tls::Tls;
use super::tokens::Tokens;
use super::turn::Turn;
use crate::IceServer;

/// What a server is to do. `Debug` shows no secrets.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on; port 0 takes any free one. Default: `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// How the server proves who it is; none for plain HTTP. Default: none.
    pub tls: Option<Tls>,
    /// The address of a listener of its own for `/metrics`, `/healthz` and `/readyz`, over plain HTTP; port 0 takes any
    /// free one. `/metrics` is then to be had there alone. Default: none.
    pub metrics_listen: Option<SocketAddr>,
    /// Directories to serve files from, each under a prefix of the path such as `/` or `/pkg`.
    /// The longest prefix that matches wins. Default: none.
    pub static_dirs: Vec<(String, PathBuf)>,
    /// The ICE servers handed to everybody who joins. Default: none.
    pub ice_servers: Vec<IceServer>,
    /// A TURN server for which everybody gets credentials of their own that expire. Default: none.
    pub turn: Option<Turn>,
    /// The pages that may connect, as origins (`https://example.org`), or `*` for all. Default:
    /// none named, which admits the pages of the host that the request itself names. A client
    /// that sends no `Origin`, so no browser, is always admitted.
    pub allowed_origins: Vec<String>,
    /// The tokens without which nobody may join; none for everybody. Default: none.
    pub tokens: Option<Tokens>,
    /// The proxies that are believed when they say for whom they connect, in `X-Forwarded-For` or else in `Forwarded`.
    /// One that writes only the latter has to take away the former. Default: none.
    pub trusted_proxies: Vec<Network>,
    /// How often a client has to be heard, in milliseconds; it is lost after three times this.
    /// Default: 15,000.
    pub heartbeat_ms: u32,
    /// How long the seat of a client is kept whose socket broke without a close frame. What it would be told waits
    /// for it meanwhile, and nobody is told that it is away. Zero: seats are not kept, and no tokens for them handed
    /// out. Default: 15 s.
    pub grace: Duration,
    /// The Redis (7 or later) through which the rooms are shared with other processes, as `redis://HOST:PORT`; some
    /// nodes of a cluster with commas between. Default: none, and the rooms are those of this process alone.
    #[cfg(feature = "redis")]
    pub redis: Option<Hidden>,
    /// The bounds of everything.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            tls: None,
            metrics_listen: None,
            static_dirs: Vec::new(),
            ice_servers: Vec::new(),
            turn: None,
            allowed_origins: Vec::new(),
            tokens: None,
            trusted_proxies: Vec::new(),
            heartbeat_ms: 15_000,
            grace: Duration::from_secs(15),
            #[cfg(feature = "redis")]
            redis: None,
            limits: Limits::default(),
        }
    }
}

/// The bounds of everything.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The size of a frame from a client, in bytes. A larger one is discarded and refused; one of more than 64 times
    /// this size closes its socket. Default: 64 KiB.
    pub frame_bytes: usize,
    /// How deep the JSON of a frame from a client may be nested. Default: 64.
    pub json_depth: usize,
    /// Seats in a room. Default: 64.
    pub seats_per_room: usize,
    /// Rooms. Default: 10,000.
    pub rooms: usize,
    /// WebSockets, in a room or not yet. As many seats again may be kept for clients that are away; beyond them, a seat
    /// is lost with its socket. Default: 10,000.
    pub clients: usize,
    /// WebSockets from one address, where an IPv6 network of 64 bits counts as one. This very machine is not bounded.
    /// Default: 256.
    pub clients_per_address: usize,
    /// Characters of a peer's name. Default: 64.
    pub name_chars: usize,
    /// What a peer's name may be made of. Default: [`Alphabet::Visible`].
    pub name_alphabet: Alphabet,
    /// Characters of a room's name. Default: 64.
    pub room_chars: usize,
    /// What a room's name may be made of. Default: [`Alphabet::Visible`].
    pub room_alphabet: Alphabet,
    /// Frames that wait for one client, and those that are kept until it says that they came. When there are too many,
    /// the kept ones go first, and then the client itself. Default: 1,024.
    pub queue_frames: usize,
    /// Bytes of these frames. Default: 1 MiB.
    pub queue_bytes: usize,
    /// Bytes of the frames of all clients of the process. When there are more, 64 KiB is all that waits and is kept for
    /// one. Default: 128 MiB.
    pub all_queues_bytes: usize,
    /// Frames a second that a client may send in the long run. Default: 100.
    pub frames_per_second: u32,
    /// Frames that a client may send at once: enough for somebody who comes into a full room and
    /// offers everybody a connection, with its candidates. Default: 1,000.
    pub burst: u32,
    /// Bytes a second that a client may send in the long run. Default: 256 KiB.
    pub bytes_per_second: u32,
    /// Bytes that a client may send at once. Default: 4 MiB.
    pub burst_bytes: u32,
    /// How long a socket may stay out of a room. Default: 10 s.
    pub join: Duration,
    /// How long a socket may take to close. Default: 2 s.
    pub close: Duration,
    /// How long a drain takes, within which clients are told to come back, each at a moment of its own, and nobody new
    /// is taken: long enough for a load balancer to see that `/readyz` says no. Default: 5 s.
    pub drain: Duration,
    /// How long a shutdown may take after that. Default: 5 s.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: 64 * 1024,
            json_depth: 64,
            seats_per_room: 64,
            rooms: 10_000,
            clients: 10_000,
            clients_per_address: 256,
            name_chars: 64,
            name_alphabet: Alphabet::default(),
            room_chars: 64,
            room_alphabet: Alphabet::default(),
            queue_frames: 1_024,
            queue_bytes: 1024 * 1024,
            all_queues_bytes: 128 * 1024 * 1024,
            frames_per_second: 100,
            burst: 1_000,
            bytes_per_second: 256 * 1024,
            burst_bytes: 4 * 1024 * 1024,
            join: Duration::from_secs(10),
            close: Duration::from_secs(2),
            drain: Duration::from_secs(5),
            shutdown: Duration::from_secs(5),
        }
    }
}

/// More than any machine has, and less than the semaphores and queues can count.
const MAX_COUNT: usize = 1 << 24;

impl Limits {
    /// Returns `frame_bytes` as `joined` states it. A valid configuration has no more than `burst_bytes`, a `u32`.
    pub(super) fn stated_frame_bytes(&self) -> u32 {
        u32::try_from(self.frame_bytes).unwrap_or(u32::MAX)
    }
}

impl Config {
    pub(super) fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms.into())
    }

    pub(super) fn validate(&self) -> io::Result<()> {
        let limits = &self.limits;
        for (name, value) in [
            ("heartbeat_ms", self.heartbeat_ms as usize),
            ("frame_bytes", limits.frame_bytes),
            ("json_depth", limits.json_depth),
            ("seats_per_room", limits.seats_per_room),
            ("rooms", limits.rooms),
            ("clients", limits.clients),
            ("clients_per_address", limits.clients_per_address),
            ("name_chars", limits.name_chars),
            ("room_chars", limits.room_chars),
            ("queue_frames", limits.queue_frames),
            ("frames_per_second", limits.frames_per_second as usize),
            ("burst", limits.burst as usize),
            ("bytes_per_second", limits.bytes_per_second as usize),
        ] {
            if value == 0 {
                return Err(invalid(format!("{name} must not be 0")));
            }
        }
        for (name, value) in [("clients", limits.clients), ("queue_frames", limits.queue_frames)] {
            if value > MAX_COUNT {
                return Err(invalid(format!("{name} must not be over {MAX_COUNT}")));
            }
        }
        if limits.queue_bytes < limits.frame_bytes {
            return Err(invalid("queue_bytes must hold a frame of frame_bytes"));
        }
        if (limits.burst_bytes as usize) < limits.frame_bytes {
            return Err(invalid("burst_bytes must hold a frame of frame_bytes"));
        }
        if self.turn.as_ref().is_some_and(|turn| turn.urls.is_empty() || turn.secret.reveal().is_empty()) {
            return Err(invalid("a TURN server needs a URL and a secret"));
        }
        for (prefix, dir) in &self.static_dirs {
            if !prefix.starts_with('/') {
                return Err(invalid(format!("the prefix {prefix:?} must begin with /")));
            }
            if !dir.is_dir() {
                return Err(invalid(format!("{} is not a directory", dir.display())));
            }
        }
        Ok(())
    }
}

pub(super) fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message.into())
}
