use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use axum::http::HeaderValue;

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

/// The configuration of a server. `Debug` hides secrets.
///
/// The fields are public so that defaults can be read. The setters build a configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The address to listen on. Port 0 selects any free port. Default: `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// The certificate of the server, or `None` for plain HTTP. Default: `None`.
    pub tls: Option<Tls>,
    /// The address of a separate plain HTTP listener for `/metrics`, `/healthz` and `/readyz`. Port 0 selects any free
    /// port. With this listener, `/metrics` is served only there. Default: `None`.
    pub metrics_listen: Option<SocketAddr>,
    /// Directories of files to serve, each under a prefix of the path such as `/` or `/pkg`. The longest matching
    /// prefix wins. Default: none.
    ///
    /// A file `name.br` or `name.gz` is sent instead of `name` to browsers that accept its encoding. Files whose name has a
    /// hash, of 16 or more lower-case hexadecimal digits, are cached for a year, and others are revalidated. Dot files,
    /// `node_modules`, `Cargo.toml` and the sources beside it are not served.
    pub static_dirs: Vec<(String, PathBuf)>,
    /// The `Content-Security-Policy` of the pages in these directories, or an empty text for none. Default: `None`, which
    /// is a policy that allows connections to the host of the page only, and frames with the page on this host only.
    pub content_security_policy: Option<String>,
    /// The ICE servers that each client receives when it joins. Default: none.
    pub ice_servers: Vec<IceServer>,
    /// A TURN server for which each client receives separate, expiring credentials. Default: `None`.
    pub turn: Option<TurnServer>,
    /// The origins of pages that may connect, such as `https://example.org`, or `*` for all. Default: none, which
    /// allows pages of the host in the request. Requests without `Origin`, which browsers do not send, are always
    /// allowed.
    pub allowed_origins: Vec<String>,
    /// The verifier of the tokens that clients need to join, or `None` to allow all clients. Default: `None`.
    pub jwt: Option<JwtVerifier>,
    /// The proxies whose `X-Forwarded-For`, or else `Forwarded`, header is trusted. A proxy that sends only `Forwarded`
    /// must remove `X-Forwarded-For`. Default: none.
    pub trusted_proxies: Vec<Network>,
    /// The interval of heartbeats in milliseconds. A client that is silent for three intervals is lost. Default:
    /// 15,000.
    pub heartbeat_ms: u32,
    /// The grace time for which the seat of a client is kept after its socket broke without a close frame. Frames for
    /// the client are queued, and its peers are not notified. If it is zero, seats are not kept, and clients receive no
    /// resume tokens. Default: 15 s.
    pub grace: Duration,
    /// The URL of the Redis (7 or later) through which rooms are shared with other processes, such as
    /// `redis://HOST:PORT`, or the URLs of some nodes of a Redis Cluster, separated by commas. Default: `None`, for
    /// rooms in memory.
    #[cfg(feature = "redis")]
    pub redis: Option<Redacted>,
    /// The limits on clients and rooms.
    pub limits: Limits,
}

/// The limits on clients and rooms.
///
/// The fields are public so that defaults can be read. The setters build other limits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The maximum size of a frame from a client, in bytes. A larger frame is discarded and refused. A frame of more
    /// than 64 times this size closes its socket. Default: 64 KiB.
    pub frame_bytes: usize,
    /// The maximum nesting depth of the JSON in a frame from a client. Default: 64.
    pub json_depth: usize,
    /// The maximum number of seats in a room. Default: 64.
    pub seats_per_room: usize,
    /// The maximum number of rooms. Default: 10,000.
    pub rooms: usize,
    /// The maximum number of WebSockets, joined or not. The same number of seats may be kept for clients without a
    /// socket. Above that number, a seat is lost with its socket. Default: 10,000.
    pub clients: usize,
    /// The maximum number of WebSockets from one address. An IPv6 /64 network counts as one address. Clients on this
    /// machine are not limited. Default: 256.
    pub clients_per_address: usize,
    /// The maximum number of characters in the name of a peer. Default: 64.
    pub name_chars: usize,
    /// The allowed characters in the name of a peer. Default: [`Alphabet::Visible`].
    pub name_alphabet: Alphabet,
    /// The maximum number of characters in the name of a room. Default: 64.
    pub room_chars: usize,
    /// The allowed characters in the name of a room. Default: [`Alphabet::Visible`].
    pub room_alphabet: Alphabet,
    /// The maximum number of frames that are queued for one client, including unacknowledged ones. Above it, the
    /// unacknowledged frames are discarded, and then the client is disconnected. Default: 1,024.
    pub queue_frames: usize,
    /// The maximum size of the frames that are queued for one client, in bytes. Default: 1 MiB.
    pub queue_bytes: usize,
    /// The maximum size of the frames that are queued for all clients of the process, in bytes. Above it, each queue is
    /// limited to 64 KiB. Default: 128 MiB.
    pub all_queues_bytes: usize,
    /// The average number of frames per second that a client may send. Default: 100.
    pub frames_per_second: u32,
    /// The maximum number of frames that a client may send in a burst. The default suffices to join a full room and
    /// offer a connection with candidates to each peer. Default: 1,000.
    pub burst: u32,
    /// The average number of bytes per second that a client may send. Default: 256 KiB.
    pub bytes_per_second: u32,
    /// The maximum number of bytes that a client may send in a burst. Default: 4 MiB.
    pub burst_bytes: u32,
    /// The maximum time for a client to join a room. Default: 10 s.
    pub join_timeout: Duration,
    /// The maximum time for a socket to close. Default: 2 s.
    pub close_timeout: Duration,
    /// The duration of a drain, in which clients are closed one after another and new ones are refused. It should be
    /// long enough for a load balancer to detect that `/readyz` fails. Default: 5 s.
    pub drain_time: Duration,
    /// The maximum duration of a shutdown after the drain. Default: 5 s.
    pub shutdown_timeout: Duration,
}

/// The maximum configurable number of clients or frames, which is within the range of a semaphore.
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
        content_security_policy: impl Into<Option<String>>,
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
                return Err(invalid_input(format!("the prefix {prefix:?} must start with /")));
            }
            if !dir.is_dir() {
                return Err(invalid_input(format!("{} is not a directory", dir.display())));
            }
        }
        if self.content_security_policy.as_ref().is_some_and(|policy| HeaderValue::try_from(policy).is_err()) {
            return Err(invalid_input("the content security policy is not a valid header value"));
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
            content_security_policy: None,
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

    /// Returns `frame_bytes` for `joined`. A valid configuration has at most `burst_bytes`, a `u32`.
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
