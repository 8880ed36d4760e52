//! What can be configured: the one definition, for flags, for the environment and for the file.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use browser_rtc_signaling::IceServer;
use browser_rtc_signaling::server::{Alphabet, Config, Hidden, Limits, Network, Tls, Tokens, Turn};
use clap::builder::BoolishValueParser;
use clap::{ArgAction, Parser, ValueEnum};

/// Carries the signaling of browser-rtc, and serves a page's files.
///
/// Prints a line `listening on http://HOST:PORT` for each address to open when it is ready; logs go to the standard
/// error. SIGTERM drains: nobody new is taken, and clients are told to come back. SIGINT, or a second SIGTERM, ends at
/// once. SIGHUP loads the certificate again.
///
/// Every option can also be set in the environment, under the name that is shown with it, and in the file of --config,
/// under its own name without the dashes: `port = 8443`, `allow-origin = ["https://example.org"]`. A flag goes before the
/// environment, and that before the file. Several values of one option are a list in the file; elsewhere they are parted
/// by commas, those of --mount by semicolons and those of --ice-server by spaces, or the flag is given again. Secrets are
/// best kept in files, or in the environment.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Options {
    /// File of options, in TOML.
    #[arg(long, env = "SIGNALING_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address to listen on; 0.0.0.0 or :: for all. Without it this machine alone, or all with --tls-self-signed.
    #[arg(long, env = "SIGNALING_HOST")]
    host: Option<IpAddr>,
    /// Port to listen on; 0 for any that is free.
    #[arg(long, env = "SIGNALING_PORT", default_value_t = 8080)]
    port: u16,
    /// Certificate with its chain, in PEM. Loaded again when it changes.
    #[arg(long, env = "SIGNALING_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate, in PEM.
    #[arg(long, env = "SIGNALING_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// TLS with a certificate that nobody has signed: for a phone on the same network, whose camera needs TLS.
    #[arg(long, env = "SIGNALING_TLS_SELF_SIGNED", action = ArgAction::Set, num_args = 0..=1, require_equals = true)]
    #[arg(default_value = "false", default_missing_value = "true", value_parser = BoolishValueParser::new())]
    tls_self_signed: bool,
    /// Address and port for /metrics, /healthz and /readyz alone, over plain HTTP; without it they are served with the
    /// rest.
    #[arg(long, env = "SIGNALING_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    metrics_listen: Option<SocketAddr>,
    /// Directory of files to serve at /.
    #[arg(long, env = "SIGNALING_WWW", value_name = "DIR")]
    www: Option<PathBuf>,
    /// Directory of files to serve under a prefix, as in /pkg=target/pkg; the longest prefix wins.
    #[arg(long, env = "SIGNALING_MOUNT", value_delimiter = ';', value_name = "PREFIX=DIR", value_parser = mount)]
    mount: Vec<(String, PathBuf)>,
    /// ICE server for those who join: stun:HOST, or turn:HOST,USER,SECRET.
    #[arg(long, env = "SIGNALING_ICE_SERVER", hide_env_values = true, value_delimiter = ' ')]
    #[arg(value_name = "URL[,USER,SECRET]", value_parser = hidden)]
    ice_server: Vec<Hidden>,
    /// URL of a TURN server for which everybody gets credentials that expire.
    #[arg(long, env = "SIGNALING_TURN_URL", value_delimiter = ',', value_name = "URL")]
    turn_url: Vec<String>,
    /// Secret that the TURN server shares with this one: coturn's static-auth-secret.
    #[arg(long, env = "SIGNALING_TURN_SECRET", hide_env_values = true, value_name = "SECRET", value_parser = hidden)]
    turn_secret: Option<Hidden>,
    /// File with that secret.
    #[arg(long, env = "SIGNALING_TURN_SECRET_FILE", value_name = "FILE", conflicts_with = "turn_secret")]
    turn_secret_file: Option<PathBuf>,
    /// How long these credentials are good for new relays, in seconds.
    #[arg(long, env = "SIGNALING_TURN_LIFETIME_S", value_name = "SECONDS", default_value_t = 86_400)]
    turn_lifetime_s: u32,
    /// Origin of pages that may connect, or *; without any, pages of this host.
    #[arg(long, env = "SIGNALING_ALLOW_ORIGIN", value_delimiter = ',', value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// Secret by which tokens are signed with HS256. Without any key nobody needs a token.
    #[arg(long, env = "SIGNALING_JWT_SECRET", hide_env_values = true, value_name = "SECRET", value_parser = hidden)]
    jwt_secret: Option<Hidden>,
    /// File with such a secret; several while one takes the place of another.
    #[arg(long, env = "SIGNALING_JWT_SECRET_FILE", value_delimiter = ',', value_name = "FILE")]
    jwt_secret_file: Vec<PathBuf>,
    /// File with the public Ed25519 key, in PEM, of those who sign tokens with EdDSA.
    #[arg(long, env = "SIGNALING_JWT_PUBLIC_KEY_FILE", value_delimiter = ',', value_name = "FILE")]
    jwt_public_key_file: Vec<PathBuf>,
    /// Audience that tokens have to be made for.
    #[arg(long, env = "SIGNALING_JWT_AUDIENCE", value_name = "AUDIENCE")]
    jwt_audience: Option<String>,
    /// How far the clock of whoever signs tokens may be from this one, in seconds.
    #[arg(long, env = "SIGNALING_JWT_LEEWAY_S", value_name = "SECONDS", default_value_t = 30)]
    jwt_leeway_s: u32,
    /// Address or network of a proxy, as in 10.0.0.0/8, that is believed when it says for whom it connects.
    #[arg(long, env = "SIGNALING_TRUSTED_PROXY", value_delimiter = ',', value_name = "NETWORK")]
    trusted_proxy: Vec<Network>,
    /// How often a client has to be heard, in milliseconds.
    #[arg(long, env = "SIGNALING_HEARTBEAT_MS", default_value_t = Config::default().heartbeat_ms)]
    heartbeat_ms: u32,
    /// How long a client whose socket broke may come back to its seat, in milliseconds; 0 for not at all.
    #[arg(long, env = "SIGNALING_GRACE_MS", default_value_t = millis(Config::default().grace))]
    grace_ms: u32,
    /// Redis that shares the rooms with other servers, as redis://HOST:PORT; nodes of a cluster with commas between.
    #[cfg(feature = "redis")]
    #[arg(long, env = "SIGNALING_REDIS", hide_env_values = true, value_name = "URL", value_parser = hidden)]
    redis: Option<Hidden>,
    /// How long SIGTERM gives clients to go, in milliseconds: each is told at a moment of its own.
    #[arg(long, env = "SIGNALING_DRAIN_MS", default_value_t = millis(Limits::default().drain))]
    drain_ms: u32,
    /// How long the sockets may take to close after that, in milliseconds.
    #[arg(long, env = "SIGNALING_SHUTDOWN_MS", default_value_t = millis(Limits::default().shutdown))]
    shutdown_ms: u32,
    /// How long a client may stay without joining a room, in milliseconds.
    #[arg(long, env = "SIGNALING_JOIN_MS", default_value_t = millis(Limits::default().join))]
    join_ms: u32,
    /// Largest frame that a client may send.
    #[arg(long, env = "SIGNALING_MAX_FRAME_BYTES", default_value_t = Limits::default().frame_bytes)]
    max_frame_bytes: usize,
    /// How deep the JSON of a frame may be nested.
    #[arg(long, env = "SIGNALING_MAX_JSON_DEPTH", default_value_t = Limits::default().json_depth)]
    max_json_depth: usize,
    /// Seats in a room.
    #[arg(long, env = "SIGNALING_SEATS_PER_ROOM", default_value_t = Limits::default().seats_per_room)]
    seats_per_room: usize,
    /// Rooms at a time.
    #[arg(long, env = "SIGNALING_MAX_ROOMS", default_value_t = Limits::default().rooms)]
    max_rooms: usize,
    /// Clients at a time.
    #[arg(long, env = "SIGNALING_MAX_CLIENTS", default_value_t = Limits::default().clients)]
    max_clients: usize,
    /// Clients of one address, where an IPv6 network of 64 bits counts as one; those of this machine are not bounded.
    #[arg(long, env = "SIGNALING_CLIENTS_PER_ADDRESS", default_value_t = Limits::default().clients_per_address)]
    clients_per_address: usize,
    /// Characters of a peer's name.
    #[arg(long, env = "SIGNALING_NAME_CHARS", default_value_t = Limits::default().name_chars)]
    name_chars: usize,
    /// What a peer's name may be made of: visible, ascii (with spaces), or word (letters, digits, -, _ and .).
    #[arg(long, env = "SIGNALING_NAME_ALPHABET", default_value_t = Limits::default().name_alphabet)]
    name_alphabet: Alphabet,
    /// Characters of a room's name.
    #[arg(long, env = "SIGNALING_ROOM_CHARS", default_value_t = Limits::default().room_chars)]
    room_chars: usize,
    /// What a room's name may be made of.
    #[arg(long, env = "SIGNALING_ROOM_ALPHABET", default_value_t = Limits::default().room_alphabet)]
    room_alphabet: Alphabet,
    /// Frames that may wait for a client before it is cut off, those included that are kept until it has them.
    #[arg(long, env = "SIGNALING_QUEUE_FRAMES", default_value_t = Limits::default().queue_frames)]
    queue_frames: usize,
    /// Bytes of these frames.
    #[arg(long, env = "SIGNALING_QUEUE_BYTES", default_value_t = Limits::default().queue_bytes)]
    queue_bytes: usize,
    /// Bytes of the frames of all clients; beyond, 64 KiB are all that may wait for one.
    #[arg(long, env = "SIGNALING_ALL_QUEUES_BYTES", default_value_t = Limits::default().all_queues_bytes)]
    all_queues_bytes: usize,
    /// Frames a second that a client may send in the long run.
    #[arg(long, env = "SIGNALING_FRAMES_PER_SECOND", default_value_t = Limits::default().frames_per_second)]
    frames_per_second: u32,
    /// Frames that a client may send at once.
    #[arg(long, env = "SIGNALING_BURST", default_value_t = Limits::default().burst)]
    burst: u32,
    /// Bytes a second that a client may send in the long run.
    #[arg(long, env = "SIGNALING_BYTES_PER_SECOND", default_value_t = Limits::default().bytes_per_second)]
    bytes_per_second: u32,
    /// Bytes that a client may send at once.
    #[arg(long, env = "SIGNALING_BURST_BYTES", default_value_t = Limits::default().burst_bytes)]
    burst_bytes: u32,
    /// How the log is written.
    #[arg(long, env = "SIGNALING_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// What is logged: a level, or levels of modules.
    #[arg(long, env = "RUST_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A line of JSON.
    Json,
}

impl Options {
    /// What the server is to do. No error quotes a secret.
    pub fn config(self) -> io::Result<Config> {
        let (tls, turn, tokens) = (self.tls()?, self.turn()?, self.tokens()?);
        let everywhere = matches!(tls, Some(Tls::SelfSigned));
        let host = self.host.unwrap_or(if everywhere { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST }.into());
        let mut static_dirs = self.mount;
        static_dirs.extend(self.www.map(|dir| ("/".to_owned(), dir)));
        Ok(Config {
            listen: (host, self.port).into(),
            tls,
            metrics_listen: self.metrics_listen,
            static_dirs,
            ice_servers: self.ice_server.iter().map(ice_server).collect::<Result<_, _>>()?,
            turn,
            allowed_origins: self.allow_origin,
            tokens,
            trusted_proxies: self.trusted_proxy,
            heartbeat_ms: self.heartbeat_ms,
            grace: Duration::from_millis(self.grace_ms.into()),
            #[cfg(feature = "redis")]
            redis: self.redis,
            limits: Limits {
                frame_bytes: self.max_frame_bytes,
                json_depth: self.max_json_depth,
                seats_per_room: self.seats_per_room,
                rooms: self.max_rooms,
                clients: self.max_clients,
                clients_per_address: self.clients_per_address,
                name_chars: self.name_chars,
                name_alphabet: self.name_alphabet,
                room_chars: self.room_chars,
                room_alphabet: self.room_alphabet,
                queue_frames: self.queue_frames,
                queue_bytes: self.queue_bytes,
                all_queues_bytes: self.all_queues_bytes,
                frames_per_second: self.frames_per_second,
                burst: self.burst,
                bytes_per_second: self.bytes_per_second,
                burst_bytes: self.burst_bytes,
                join: Duration::from_millis(self.join_ms.into()),
                drain: Duration::from_millis(self.drain_ms.into()),
                shutdown: Duration::from_millis(self.shutdown_ms.into()),
                ..Limits::default()
            },
        })
    }

    fn tls(&self) -> io::Result<Option<Tls>> {
        match (&self.tls_cert, &self.tls_key, self.tls_self_signed) {
            (None, None, false) => Ok(None),
            (None, None, true) => Ok(Some(Tls::SelfSigned)),
            (Some(certificate), Some(key), false) => {
                Ok(Some(Tls::Files { certificate: certificate.clone(), key: key.clone() }))
            }
            _ => Err(invalid("--tls-cert goes with --tls-key, and neither with --tls-self-signed")),
        }
    }

    fn turn(&self) -> io::Result<Option<Turn>> {
        let secret = match (&self.turn_secret, &self.turn_secret_file) {
            (Some(secret), _) => Some(secret.clone()),
            (None, Some(file)) => Some(secret(file)?),
            (None, None) => None,
        };
        match secret {
            Some(secret) if !self.turn_url.is_empty() => {
                let lifetime = Duration::from_secs(self.turn_lifetime_s.into());
                Ok(Some(Turn { urls: self.turn_url.clone(), secret, lifetime }))
            }
            None if self.turn_url.is_empty() => Ok(None),
            _ => Err(invalid("--turn-url goes with --turn-secret or --turn-secret-file")),
        }
    }

    fn tokens(&self) -> io::Result<Option<Tokens>> {
        let files = self.jwt_secret_file.iter().map(|file| secret(file)).collect::<Result<Vec<_>, _>>()?;
        if files.is_empty() && self.jwt_secret.is_none() && self.jwt_public_key_file.is_empty() {
            return Ok(None);
        }
        let mut tokens = Tokens::new().leeway(Duration::from_secs(self.jwt_leeway_s.into()));
        for secret in files.iter().chain(&self.jwt_secret) {
            tokens = tokens.hs256(secret)?;
        }
        for file in &self.jwt_public_key_file {
            tokens = tokens.eddsa(read(file)?.as_bytes())?;
        }
        Ok(Some(match &self.jwt_audience {
            Some(audience) => tokens.audience(audience),
            None => tokens,
        }))
    }
}

fn read(file: &Path) -> io::Result<String> {
    fs::read_to_string(file).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))
}

/// The line break that editors leave is not part of it.
fn secret(file: &Path) -> io::Result<Hidden> {
    Ok(read(file)?.trim_end_matches(['\r', '\n']).into())
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

fn mount(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((prefix, dir)) if prefix.starts_with('/') => Ok((prefix.to_owned(), dir.into())),
        _ => Err("expected PREFIX=DIR, with a prefix that begins with /".to_owned()),
    }
}

/// Never fails: a failure would be told with the value.
#[expect(clippy::unnecessary_wraps, reason = "a parser of values returns a result")]
fn hidden(text: &str) -> Result<Hidden, String> {
    Ok(text.into())
}

fn ice_server(hidden: &Hidden) -> io::Result<IceServer> {
    let text = hidden.reveal();
    // A secret may have commas.
    let parts: Vec<_> = text.splitn(3, ',').collect();
    let (scheme, _) = text.split_once(':').unwrap_or_default();
    match (scheme, parts.as_slice()) {
        ("stun" | "stuns", [url]) => Ok(IceServer::stun(*url)),
        ("turn" | "turns", [url, user, secret]) => Ok(IceServer::turn(*url, *user, *secret)),
        _ => Err(invalid("--ice-server: expected stun:HOST, or turn:HOST,USER,SECRET")),
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
