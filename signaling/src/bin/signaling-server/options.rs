//! The options of the program, set by flags, the environment or the configuration file.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use browser_rtc_proto::signaling::IceServer;
use browser_rtc_signaling::{Alphabet, Config, JwtVerifier, Limits, Network, Redacted, Tls, TurnServer};
use clap::{ArgAction, Parser, ValueEnum, builder::BoolishValueParser};

/// Signaling server of browser-rtc. It also serves static files.
///
/// When the server is ready, it prints a line `listening on http://HOST:PORT` for each address on which it is
/// reachable. Logs are written to standard error. SIGTERM starts a drain: new clients are refused, and connected
/// clients are closed one after another so that they reconnect elsewhere. SIGINT or a second SIGTERM stops the server
/// immediately. SIGHUP reloads the certificate.
///
/// Every option can also be set by the environment variable shown with it, or in the configuration file (--config) by
/// its name without the dashes: `port = 8443`, `allow-origin = ["https://example.org"]`. A flag takes precedence over
/// the environment, and the environment over the file. In the file, several values of an option are a list. Elsewhere,
/// they are separated by commas (--mount: semicolons, --ice-server: spaces), or the flag is repeated. Secrets should be
/// set in files or in the environment, because other users can read flags.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Options {
    /// Configuration file in TOML.
    #[arg(long, env = "SIGNALING_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address to listen on; 0.0.0.0 or :: for all addresses. Default: loopback, or all addresses with
    /// --tls-self-signed.
    #[arg(long, env = "SIGNALING_HOST")]
    host: Option<IpAddr>,
    /// Port to listen on; 0 for any free port.
    #[arg(long, env = "SIGNALING_PORT", default_value_t = 8080)]
    port: u16,
    /// File with the certificate chain in PEM. It is reloaded when it changes.
    #[arg(long, env = "SIGNALING_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// File with the private key of the certificate in PEM.
    #[arg(long, env = "SIGNALING_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Enables TLS with a self-signed certificate, for tests with a phone on the same network, whose camera needs TLS.
    #[arg(long, env = "SIGNALING_TLS_SELF_SIGNED", action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "false", default_missing_value = "true", value_parser = BoolishValueParser::new())]
    tls_self_signed: bool,
    /// Address and port of a separate plain HTTP listener for /metrics, /healthz and /readyz. Default: they are served
    /// on the main port.
    #[arg(long, env = "SIGNALING_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    metrics_listen: Option<SocketAddr>,
    /// Directory of files to serve at /.
    #[arg(long, env = "SIGNALING_WWW", value_name = "DIR")]
    www: Option<PathBuf>,
    /// Directory of files to serve under a prefix, such as /pkg=target/pkg. The longest matching prefix wins.
    #[arg(long, env = "SIGNALING_MOUNT", value_delimiter = ';', value_name = "PREFIX=DIR", value_parser = mount)]
    mount: Vec<(String, PathBuf)>,
    /// Content security policy of the served pages; empty for none. Default: a page connects only to its own host, and
    /// only pages of this host can show it in a frame.
    #[arg(long, env = "SIGNALING_CONTENT_SECURITY_POLICY", value_name = "POLICY")]
    content_security_policy: Option<String>,
    /// ICE server that clients receive when they join: stun:HOST, or turn:HOST,USER,SECRET.
    #[arg(long, env = "SIGNALING_ICE_SERVER", hide_env_values = true, value_delimiter = ' ')]
    #[arg(value_name = "URL[,USER,SECRET]", value_parser = redacted)]
    ice_server: Vec<Redacted>,
    /// URL of a TURN server for which each client receives expiring credentials.
    #[arg(long, env = "SIGNALING_TURN_URL", value_delimiter = ',', value_name = "URL")]
    turn_url: Vec<String>,
    /// Secret shared with the TURN server (static-auth-secret of coturn).
    #[arg(long, env = "SIGNALING_TURN_SECRET", hide_env_values = true, value_name = "SECRET", value_parser = redacted)]
    turn_secret: Option<Redacted>,
    /// File with the secret shared with the TURN server.
    #[arg(long, env = "SIGNALING_TURN_SECRET_FILE", value_name = "FILE", conflicts_with = "turn_secret")]
    turn_secret_file: Option<PathBuf>,
    /// Time for which TURN credentials are valid for new allocations, in seconds.
    #[arg(long, env = "SIGNALING_TURN_LIFETIME_S", value_name = "SECONDS", default_value_t = 86_400)]
    turn_lifetime_s: u32,
    /// Origin of pages that may connect, such as `https://example.org`, or * for all. Default: only pages of the same
    /// host.
    #[arg(long, env = "SIGNALING_ALLOW_ORIGIN", value_delimiter = ',', value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// Secret for join tokens (JWT) signed with HS256. Without a secret or public key, clients need no token.
    #[arg(long, env = "SIGNALING_JWT_SECRET", hide_env_values = true, value_name = "SECRET", value_parser = redacted)]
    jwt_secret: Option<Redacted>,
    /// File with a secret for join tokens. Several are accepted, so that a secret can be replaced.
    #[arg(long, env = "SIGNALING_JWT_SECRET_FILE", value_delimiter = ',', value_name = "FILE")]
    jwt_secret_file: Vec<PathBuf>,
    /// File with a public Ed25519 key in PEM for join tokens signed with EdDSA.
    #[arg(long, env = "SIGNALING_JWT_PUBLIC_KEY_FILE", value_delimiter = ',', value_name = "FILE")]
    jwt_public_key_file: Vec<PathBuf>,
    /// Audience (aud) that join tokens must have.
    #[arg(long, env = "SIGNALING_JWT_AUDIENCE", value_name = "AUDIENCE")]
    jwt_audience: Option<String>,
    /// Tolerated difference between the clocks of the server and the token issuer, in seconds.
    #[arg(long, env = "SIGNALING_JWT_LEEWAY_S", value_name = "SECONDS", default_value_t = 30)]
    jwt_leeway_s: u32,
    /// Address or network of a trusted proxy, such as 10.0.0.0/8, whose X-Forwarded-For or Forwarded header is used.
    #[arg(long, env = "SIGNALING_TRUSTED_PROXY", value_delimiter = ',', value_name = "NETWORK")]
    trusted_proxy: Vec<Network>,
    /// Interval of heartbeats, in milliseconds. A client that is silent for three intervals is lost.
    #[arg(long, env = "SIGNALING_HEARTBEAT_MS", default_value_t = Config::default().heartbeat_ms)]
    heartbeat_ms: u32,
    /// Grace time for which the seat of a client with a broken socket is kept, in milliseconds; 0 to disable.
    #[arg(long, env = "SIGNALING_GRACE_MS", default_value_t = millis(Config::default().grace))]
    grace_ms: u32,
    /// URL of the Redis through which rooms are shared with other servers, such as redis://HOST:PORT, or URLs of some
    /// nodes of a Redis Cluster, separated by commas.
    #[cfg(feature = "redis")]
    #[arg(long, env = "SIGNALING_REDIS", hide_env_values = true, value_name = "URL", value_parser = redacted)]
    redis: Option<Redacted>,
    /// Duration of the drain after SIGTERM, in which clients are closed one after another, in milliseconds.
    #[arg(long, env = "SIGNALING_DRAIN_MS", default_value_t = millis(Limits::default().drain_time))]
    drain_ms: u32,
    /// Maximum time for sockets to close after the drain, in milliseconds.
    #[arg(long, env = "SIGNALING_SHUTDOWN_MS", default_value_t = millis(Limits::default().shutdown_timeout))]
    shutdown_ms: u32,
    /// Maximum time for a client to join a room, in milliseconds.
    #[arg(long, env = "SIGNALING_JOIN_MS", default_value_t = millis(Limits::default().join_timeout))]
    join_ms: u32,
    /// Maximum size of a frame from a client, in bytes.
    #[arg(long, env = "SIGNALING_MAX_FRAME_BYTES", default_value_t = Limits::default().frame_bytes)]
    max_frame_bytes: usize,
    /// Maximum nesting depth of the JSON in a frame from a client.
    #[arg(long, env = "SIGNALING_MAX_JSON_DEPTH", default_value_t = Limits::default().json_depth)]
    max_json_depth: usize,
    /// Maximum number of seats in a room.
    #[arg(long, env = "SIGNALING_SEATS_PER_ROOM", default_value_t = Limits::default().seats_per_room)]
    seats_per_room: usize,
    /// Maximum number of rooms.
    #[arg(long, env = "SIGNALING_MAX_ROOMS", default_value_t = Limits::default().rooms)]
    max_rooms: usize,
    /// Maximum number of clients.
    #[arg(long, env = "SIGNALING_MAX_CLIENTS", default_value_t = Limits::default().clients)]
    max_clients: usize,
    /// Maximum number of clients from one address. An IPv6 /64 network counts as one address. Clients on this machine
    /// are not limited.
    #[arg(long, env = "SIGNALING_CLIENTS_PER_ADDRESS", default_value_t = Limits::default().clients_per_address)]
    clients_per_address: usize,
    /// Maximum number of characters in the name of a peer.
    #[arg(long, env = "SIGNALING_NAME_CHARS", default_value_t = Limits::default().name_chars)]
    name_chars: usize,
    /// Allowed characters in the name of a peer: visible, ascii (with spaces), or word (letters, digits, -, _ and .).
    #[arg(long, env = "SIGNALING_NAME_ALPHABET", default_value_t = Limits::default().name_alphabet)]
    name_alphabet: Alphabet,
    /// Maximum number of characters in the name of a room.
    #[arg(long, env = "SIGNALING_ROOM_CHARS", default_value_t = Limits::default().room_chars)]
    room_chars: usize,
    /// Allowed characters in the name of a room: visible, ascii or word.
    #[arg(long, env = "SIGNALING_ROOM_ALPHABET", default_value_t = Limits::default().room_alphabet)]
    room_alphabet: Alphabet,
    /// Maximum number of frames that are queued for a client, including unacknowledged ones.
    #[arg(long, env = "SIGNALING_QUEUE_FRAMES", default_value_t = Limits::default().queue_frames)]
    queue_frames: usize,
    /// Maximum size of the frames that are queued for a client, in bytes.
    #[arg(long, env = "SIGNALING_QUEUE_BYTES", default_value_t = Limits::default().queue_bytes)]
    queue_bytes: usize,
    /// Maximum size of the frames that are queued for all clients, in bytes. Above it, each queue is limited to 64 KiB.
    #[arg(long, env = "SIGNALING_ALL_QUEUES_BYTES", default_value_t = Limits::default().all_queues_bytes)]
    all_queues_bytes: usize,
    /// Average number of frames per second that a client may send.
    #[arg(long, env = "SIGNALING_FRAMES_PER_SECOND", default_value_t = Limits::default().frames_per_second)]
    frames_per_second: u32,
    /// Maximum number of frames that a client may send in a burst.
    #[arg(long, env = "SIGNALING_BURST", default_value_t = Limits::default().burst)]
    burst: u32,
    /// Average number of bytes per second that a client may send.
    #[arg(long, env = "SIGNALING_BYTES_PER_SECOND", default_value_t = Limits::default().bytes_per_second)]
    bytes_per_second: u32,
    /// Maximum number of bytes that a client may send in a burst.
    #[arg(long, env = "SIGNALING_BURST_BYTES", default_value_t = Limits::default().burst_bytes)]
    burst_bytes: u32,
    /// Format of the log.
    #[arg(long, env = "SIGNALING_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Filter of the log: a level, such as info, or levels per module.
    #[arg(long, env = "RUST_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
}

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Human-readable lines.
    Text,
    /// One JSON object per line.
    Json,
}

impl Options {
    /// Returns the configuration. No error quotes a secret.
    pub fn config(self) -> io::Result<Config> {
        let (tls, turn, jwt) = (self.tls()?, self.turn()?, self.jwt()?);
        let all_addresses = matches!(tls, Some(Tls::SelfSigned));
        let host = self.host.unwrap_or(if all_addresses { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST }.into());
        let mut static_dirs = self.mount;
        static_dirs.extend(self.www.map(|dir| ("/".to_owned(), dir)));
        let limits = Limits::new()
            .frame_bytes(self.max_frame_bytes)
            .json_depth(self.max_json_depth)
            .seats_per_room(self.seats_per_room)
            .rooms(self.max_rooms)
            .clients(self.max_clients)
            .clients_per_address(self.clients_per_address)
            .name_chars(self.name_chars)
            .name_alphabet(self.name_alphabet)
            .room_chars(self.room_chars)
            .room_alphabet(self.room_alphabet)
            .queue_frames(self.queue_frames)
            .queue_bytes(self.queue_bytes)
            .all_queues_bytes(self.all_queues_bytes)
            .frames_per_second(self.frames_per_second)
            .burst(self.burst)
            .bytes_per_second(self.bytes_per_second)
            .burst_bytes(self.burst_bytes)
            .join_timeout(Duration::from_millis(self.join_ms.into()))
            .drain_time(Duration::from_millis(self.drain_ms.into()))
            .shutdown_timeout(Duration::from_millis(self.shutdown_ms.into()));
        let config = Config::new()
            .listen((host, self.port))
            .tls(tls)
            .metrics_listen(self.metrics_listen)
            .static_dirs(static_dirs)
            .content_security_policy(self.content_security_policy)
            .ice_servers(self.ice_server.iter().map(ice_server).collect::<Result<Vec<_>, _>>()?)
            .turn(turn)
            .allowed_origins(self.allow_origin)
            .jwt(jwt)
            .trusted_proxies(self.trusted_proxy)
            .heartbeat_ms(self.heartbeat_ms)
            .grace(Duration::from_millis(self.grace_ms.into()))
            .limits(limits);
        #[cfg(feature = "redis")]
        let config = config.redis(self.redis);
        Ok(config)
    }

    fn tls(&self) -> io::Result<Option<Tls>> {
        match (&self.tls_cert, &self.tls_key, self.tls_self_signed) {
            (None, None, false) => Ok(None),
            (None, None, true) => Ok(Some(Tls::SelfSigned)),
            (Some(certificate), Some(key), false) => {
                Ok(Some(Tls::Files { certificate: certificate.clone(), key: key.clone() }))
            }
            _ => Err(invalid("--tls-cert and --tls-key must be used together, and not with --tls-self-signed")),
        }
    }

    fn turn(&self) -> io::Result<Option<TurnServer>> {
        let secret = match (&self.turn_secret, &self.turn_secret_file) {
            (Some(secret), _) => Some(secret.clone()),
            (None, Some(file)) => Some(secret(file)?),
            (None, None) => None,
        };
        match secret {
            Some(secret) if !self.turn_url.is_empty() => {
                let lifetime = Duration::from_secs(self.turn_lifetime_s.into());
                Ok(Some(TurnServer::new(self.turn_url.iter().cloned(), secret).lifetime(lifetime)))
            }
            None if self.turn_url.is_empty() => Ok(None),
            _ => Err(invalid("--turn-url must be used together with --turn-secret or --turn-secret-file")),
        }
    }

    fn jwt(&self) -> io::Result<Option<JwtVerifier>> {
        let files = self.jwt_secret_file.iter().map(|file| secret(file)).collect::<Result<Vec<_>, _>>()?;
        if files.is_empty() && self.jwt_secret.is_none() && self.jwt_public_key_file.is_empty() {
            return Ok(None);
        }
        let mut verifier = JwtVerifier::new().leeway(Duration::from_secs(self.jwt_leeway_s.into()));
        for secret in files.iter().chain(&self.jwt_secret) {
            verifier = verifier.hs256(secret)?;
        }
        for file in &self.jwt_public_key_file {
            verifier = verifier.eddsa(read(file)?.as_bytes())?;
        }
        Ok(Some(match &self.jwt_audience {
            Some(audience) => verifier.audience(audience),
            None => verifier,
        }))
    }
}

fn read(file: &Path) -> io::Result<String> {
    fs::read_to_string(file).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))
}

/// Reads a secret from a file, without the line break at its end.
fn secret(file: &Path) -> io::Result<Redacted> {
    Ok(read(file)?.trim_end_matches(['\r', '\n']).into())
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

fn mount(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((prefix, dir)) if prefix.starts_with('/') => Ok((prefix.to_owned(), dir.into())),
        _ => Err("expected PREFIX=DIR with a prefix that starts with /".to_owned()),
    }
}

/// Parses a secret. It never fails, because clap would show the value in the error.
#[expect(clippy::unnecessary_wraps, reason = "required by clap")]
fn redacted(text: &str) -> Result<Redacted, String> {
    Ok(text.into())
}

fn ice_server(option: &Redacted) -> io::Result<IceServer> {
    let text = option.reveal();
    // A secret may contain commas.
    let parts: Vec<_> = text.splitn(3, ',').collect();
    let (scheme, _) = text.split_once(':').unwrap_or_default();
    match (scheme, parts.as_slice()) {
        ("stun" | "stuns", [url]) => Ok(IceServer::stun(*url)),
        ("turn" | "turns", [url, user, secret]) => Ok(IceServer::turn(*url, *user, *secret)),
        _ => Err(invalid("--ice-server must be stun:HOST or turn:HOST,USER,SECRET")),
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
