use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::IceServer;

/// What a server is to do. `Debug` shows no credentials.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on; port 0 takes any free one. Default: `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// Directories to serve files from, each under a prefix of the path such as `/` or `/pkg`.
    /// The longest prefix that matches wins. Default: none.
    pub static_dirs: Vec<(String, PathBuf)>,
    /// The ICE servers handed to everybody who joins. Default: none.
    pub ice_servers: Vec<IceServer>,
    /// The pages that may connect, as origins (`https://example.org`), or `*` for all. Default:
    /// none named, which admits the pages of the host that the request itself names. A client
    /// that sends no `Origin`, so no browser, is always admitted.
    pub allowed_origins: Vec<String>,
    /// How often a client has to be heard, in milliseconds; it is lost after three times this.
    /// Default: 15,000.
    pub heartbeat_ms: u32,
    /// The bounds of everything.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            static_dirs: Vec::new(),
            ice_servers: Vec::new(),
            allowed_origins: Vec::new(),
            heartbeat_ms: 15_000,
            limits: Limits::default(),
        }
    }
}

/// The bounds of everything.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The size of a frame from a client, in bytes. Default: 64 KiB.
    pub frame_bytes: usize,
    /// Seats in a room. Default: 64.
    pub seats_per_room: usize,
    /// Rooms. Default: 10,000.
    pub rooms: usize,
    /// WebSockets, in a room or not yet. Default: 10,000.
    pub clients: usize,
    /// Frames that wait for one client. Default: 1,024.
    pub queue_frames: usize,
    /// Bytes that wait for one client. Default: 1 MiB.
    pub queue_bytes: usize,
    /// Frames a second that a client may send in the long run. Default: 100.
    pub frames_per_second: u32,
    /// Frames that a client may send at once: enough for somebody who comes into a full room and
    /// offers everybody a connection, with its candidates. Default: 1,000.
    pub burst: u32,
    /// How long a socket may stay out of a room. Default: 10 s.
    pub join: Duration,
    /// How long a socket may take to close. Default: 2 s.
    pub close: Duration,
    /// How long a shutdown may take. Default: 5 s.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: 64 * 1024,
            seats_per_room: 64,
            rooms: 10_000,
            clients: 10_000,
            queue_frames: 1_024,
            queue_bytes: 1024 * 1024,
            frames_per_second: 100,
            burst: 1_000,
            join: Duration::from_secs(10),
            close: Duration::from_secs(2),
            shutdown: Duration::from_secs(5),
        }
    }
}

/// More than any machine has, and less than the semaphores and queues can count.
const MAX_COUNT: usize = 1 << 24;

impl Config {
    pub(super) fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms.into())
    }

    pub(super) fn validate(&self) -> io::Result<()> {
        let limits = &self.limits;
        for (name, value) in [
            ("heartbeat_ms", self.heartbeat_ms as usize),
            ("frame_bytes", limits.frame_bytes),
            ("seats_per_room", limits.seats_per_room),
            ("rooms", limits.rooms),
            ("clients", limits.clients),
            ("queue_frames", limits.queue_frames),
            ("frames_per_second", limits.frames_per_second as usize),
            ("burst", limits.burst as usize),
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

fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message.into())
}
