use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

#[cfg(feature = "redis")]
use super::redacted::Redacted;
use super::{
    client_address::Network,
    error::invalid_input,
    jwt::JwtVerifier,
    names::{Alphabet, NameRule, Names},
    tls::Tls,
    turn::TurnServer,
};
use browser_rtc_proto::signaling::IceServer;

/// The configuration of a server. `Debug` shows no secrets.
///
/// The fields are public so that defaults can be read; the setters build a configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The address to listen on; port 0 takes any free one. Default: `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// The certificate of the server; none for plain HTTP. Default: none.
    pub tls: Option<Tls>,
    /// The address of a separate listener for `/metrics`, `/healthz` and `/readyz`, over plain HTTP; port 0 takes any
    /// free one. `/metrics` is then served there only. Default: none.
    pub metrics_listen: Option<SocketAddr>,
    /// Directories to serve files from, each under a prefix of the path such as `/` or `/pkg`.
    /// The longest prefix that matches wins. Default: none.
    pub static_dirs: Vec<(String, PathBuf)>,
    /// The ICE servers that each client receives when it joins. Default: none.
    pub ice_servers: Vec<IceServer>,
    /// A TURN server for which each client receives its own, expiring credentials. Default: none.
    pub turn: Option<TurnServer>,
    /// The pages that may connect, as origins (`https://example.org`), or `*` for all. Default: none, which admits the
    /// pages of the host that the request itself names. Requests without `Origin`, which browsers do not send, are
    /// always admitted.
    pub allowed_origins: Vec<String>,
    /// The verifier of the tokens that clients need to join; none to admit everyone. Default: none.
    pub jwt: Option<JwtVerifier>,
    /// The proxies whose `X-Forwarded-For`, or else `Forwarded`, header is trusted. A proxy that writes only the latter
    /// has to remove the former. Default: none.
    pub trusted_proxies: Vec<Network>,
    /// The interval of heartbeats in milliseconds. A client that sends nothing for three times as long is lost.
    /// Default: 15,000.
    pub heartbeat_ms: u32,
    /// The grace time, for which the seat of a client is kept whose socket broke without a close frame. Frames for the
    /// client are queued, and the others are not notified of its absence. Zero: seats are not kept, and no resume
    /// tokens are given out. Default: 15 s.
    pub grace: Duration,
    /// The URL of the Redis (7 or later) through which rooms are shared with other processes, as `redis://HOST:PORT`, or
    /// the URLs of some nodes of a Redis Cluster, separated by commas. Default: none, for rooms of this process only.
    #[cfg(feature = "redis")]
    pub redis: Option<Redacted>,
    /// The limits on clients and rooms.
    pub limits: Limits,
}

/// The limits on clients and rooms.
///
/// The fields are public so that defaults can be read; the setters build other limits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The size of a frame from a client, in bytes. A larger one is discarded and refused; one of more than 64 times
    /// this size closes its socket. Default: 64 KiB.
    pub frame_bytes: usize,
    /// The nesting depth of the JSON in a frame from a client. Default: 64.
    pub json_depth: usize,
    /// The number of seats in a room. Default: 64.
    pub seats_per_room: usize,
    /// The number of rooms. Default: 10,000.
    pub rooms: usize,
    /// The number of WebSockets, joined or not. As many seats again may be kept for clients without a socket; beyond
    /// them, a seat is lost with its socket. Default: 10,000.
    pub clients: usize,
    /// The number of WebSockets from one address, where an IPv6 network of 64 bits counts as one. Clients on this
    /// machine are not limited. Default: 256.
    pub clients_per_address: usize,
    /// The number of characters in a peer's name. Default: 64.
    pub name_chars: usize,
    /// The characters that a peer's name may contain. Default: [`Alphabet::Visible`].
    pub name_alphabet: Alphabet,
    /// The number of characters in a room's name. Default: 64.
    pub room_chars: usize,
    /// The characters that a room's name may contain. Default: [`Alphabet::Visible`].
    pub room_alphabet: Alphabet,
    /// The number of frames that are queued for one client, including those that were sent and not acknowledged. Beyond
    /// it, the latter are discarded, and then the client is disconnected. Default: 1,024.
    pub queue_frames: usize,
    /// The size of these frames, in bytes. Default: 1 MiB.
    pub queue_bytes: usize,
    /// The size of the frames that are queued for all clients of the process, in bytes. Beyond it, each queue is
    /// limited to 64 KiB. Default: 128 MiB.
    pub all_queues_bytes: usize,
    /// The number of frames per second that a client may send on average. Default: 100.
    pub frames_per_second: u32,
    /// The number of frames that a client may send at once: enough to join a full room and offer each peer a
    /// connection with its candidates. Default: 1,000.
    pub burst: u32,
    /// The number of bytes per second that a client may send on average. Default: 256 KiB.
    pub bytes_per_second: u32,
    /// The number of bytes that a client may send at once. Default: 4 MiB.
    pub burst_bytes: u32,
    /// The time within which a client has to join a room. Default: 10 s.
    pub join_timeout: Duration,
    /// The time that a socket may take to close. Default: 2 s.
    pub close_timeout: Duration,
    /// The duration of a drain, in which clients are closed one after another and new ones are refused: long enough for
    /// a load balancer to notice that `/readyz` fails. Default: 5 s.
    pub drain_time: Duration,
    /// The time that a shutdown may take after the drain. Default: 5 s.
    pub shutdown_timeout: Duration,
}

/// The largest number of clients or frames: more than any machine can serve, and less than a semaphore can count.
const MAX_COUNT: usize = 1 << 24;

macro_rules! setters {
    ($($name:ident: $type:ty,)+) => {$(
        #[doc = concat!("Sets [`", stringify!($name), "`](#structfield.", stringify!($name), ").")]
        #[must_use]
        pub fn $name(mut self, $name: $type) -> Self {
            self.$name = $name.into();
            self
        }
    )+};
}

impl Config {
    /// Creates the default configuration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        listen: impl Into<SocketAddr>,
        tls: impl Into<Option<Tls>>,
        metrics_listen: impl Into<Option<SocketAddr>>,
        static_dirs: impl Into<Vec<(String, PathBuf)>>,
        ice_servers: impl Into<Vec<IceServer>>,
        turn: impl Into<Option<TurnServer>>,
        allowed_origins: impl Into<Vec<String>>,
        jwt: impl Into<Option<JwtVerifier>>,
        trusted_proxies: impl Into<Vec<Network>>,
        heartbeat_ms: u32,
        grace: Duration,
        limits: Limits,
    }

    /// Sets [`redis`](#structfield.redis).
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn redis(mut self, redis: impl Into<Option<Redacted>>) -> Self {
        self.redis = redis.into();
        self
    }

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
                return Err(invalid_input(format!("{name} must not be 0")));
            }
        }
        for (name, value) in [("clients", limits.clients), ("queue_frames", limits.queue_frames)] {
            if value > MAX_COUNT {
                return Err(invalid_input(format!("{name} must not be greater than {MAX_COUNT}")));
            }
        }
        if limits.queue_bytes < limits.frame_bytes {
            return Err(invalid_input("queue_bytes must not be less than frame_bytes"));
        }
        if (limits.burst_bytes as usize) < limits.frame_bytes {
            return Err(invalid_input("burst_bytes must not be less than frame_bytes"));
        }
        if self.turn.as_ref().is_some_and(|turn| !turn.is_complete()) {
            return Err(invalid_input("a TURN server needs a URL and a secret"));
        }
        for (prefix, dir) in &self.static_dirs {
            if !prefix.starts_with('/') {
                return Err(invalid_input(format!("the prefix {prefix:?} must begin with /")));
            }
            if !dir.is_dir() {
                return Err(invalid_input(format!("{} is not a directory", dir.display())));
            }
        }
        Ok(())
    }
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
            jwt: None,
            trusted_proxies: Vec::new(),
            heartbeat_ms: 15_000,
            grace: Duration::from_secs(15),
            #[cfg(feature = "redis")]
            redis: None,
            limits: Limits::default(),
        }
    }
}

impl Limits {
    /// Creates the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        frame_bytes: usize,
        json_depth: usize,
        seats_per_room: usize,
        rooms: usize,
        clients: usize,
        clients_per_address: usize,
        name_chars: usize,
        name_alphabet: Alphabet,
        room_chars: usize,
        room_alphabet: Alphabet,
        queue_frames: usize,
        queue_bytes: usize,
        all_queues_bytes: usize,
        frames_per_second: u32,
        burst: u32,
        bytes_per_second: u32,
        burst_bytes: u32,
        join_timeout: Duration,
        close_timeout: Duration,
        drain_time: Duration,
        shutdown_timeout: Duration,
    }

    /// Returns the rules for names.
    pub(super) fn names(&self) -> Names {
        Names::new(
            NameRule { max_chars: self.room_chars, alphabet: self.room_alphabet },
            NameRule { max_chars: self.name_chars, alphabet: self.name_alphabet },
        )
    }

    /// Returns `frame_bytes` as `joined` states it. A valid configuration has at most `burst_bytes`, a `u32`.
    pub(super) fn stated_frame_bytes(&self) -> u32 {
        u32::try_from(self.frame_bytes).unwrap_or(u32::MAX)
    }
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
            join_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(2),
            drain_time: Duration::from_secs(5),
            shutdown_timeout: Duration::from_secs(5),
        }
    }
}
