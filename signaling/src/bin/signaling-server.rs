//! The signaling server as a program.

use std::io::{self, IsTerminal, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use browser_rtc_signaling::IceServer;
use browser_rtc_signaling::server::{Config, Limits, Server};
use clap::Parser;
use tracing_subscriber::EnvFilter;

/// Carries the signaling of browser-rtc, and serves a page's files.
///
/// Prints one line, `listening on http://HOST:PORT`, when it is ready; logs go to the standard
/// error, as RUST_LOG says. Ends in good order on SIGINT and SIGTERM.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Address to listen on; 0.0.0.0 or :: for all.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port to listen on; 0 for any that is free.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Directory of files to serve at /.
    #[arg(long, value_name = "DIR")]
    www: Option<PathBuf>,
    /// Directory of files to serve under a prefix, as in /pkg=target/pkg; the longest prefix wins.
    #[arg(long, value_name = "PREFIX=DIR", value_parser = mount)]
    mount: Vec<(String, PathBuf)>,
    /// ICE server for those who join: stun:HOST, or turn:HOST,USER,SECRET.
    #[arg(long, value_name = "URL[,USER,SECRET]", value_parser = ice_server)]
    ice_server: Vec<IceServer>,
    /// Origin of pages that may connect, or *; without any, pages of this host.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// How often a client has to be heard, in milliseconds.
    #[arg(long, default_value_t = Config::default().heartbeat_ms)]
    heartbeat_ms: u32,
    /// Largest frame that a client may send.
    #[arg(long, default_value_t = Limits::default().frame_bytes)]
    max_frame_bytes: usize,
    /// Seats in a room.
    #[arg(long, default_value_t = Limits::default().seats_per_room)]
    seats_per_room: usize,
    /// Rooms at a time.
    #[arg(long, default_value_t = Limits::default().rooms)]
    max_rooms: usize,
    /// Clients at a time.
    #[arg(long, default_value_t = Limits::default().clients)]
    max_clients: usize,
    /// Frames that may wait for a client before it is cut off.
    #[arg(long, default_value_t = Limits::default().queue_frames)]
    queue_frames: usize,
    /// Bytes that may wait for a client before it is cut off.
    #[arg(long, default_value_t = Limits::default().queue_bytes)]
    queue_bytes: usize,
    /// Frames a second that a client may send in the long run.
    #[arg(long, default_value_t = Limits::default().frames_per_second)]
    frames_per_second: u32,
    /// Frames that a client may send at once.
    #[arg(long, default_value_t = Limits::default().burst)]
    burst: u32,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();

    // Listened for from the start: a signal that comes early is not missed.
    let shutdown = shutdown_signal()?;
    let server = Server::bind(Options::parse().into()).await?;
    writeln!(io::stdout(), "listening on http://{}", server.local_addr())?;
    server.run(shutdown).await;
    Ok(())
}

impl From<Options> for Config {
    fn from(options: Options) -> Self {
        let mut static_dirs = options.mount;
        static_dirs.extend(options.www.map(|dir| ("/".to_owned(), dir)));
        Self {
            listen: (options.host, options.port).into(),
            static_dirs,
            ice_servers: options.ice_server,
            allowed_origins: options.allow_origin,
            heartbeat_ms: options.heartbeat_ms,
            limits: Limits {
                frame_bytes: options.max_frame_bytes,
                seats_per_room: options.seats_per_room,
                rooms: options.max_rooms,
                clients: options.max_clients,
                queue_frames: options.queue_frames,
                queue_bytes: options.queue_bytes,
                frames_per_second: options.frames_per_second,
                burst: options.burst,
                ..Limits::default()
            },
        }
    }
}

fn mount(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((prefix, dir)) if prefix.starts_with('/') => Ok((prefix.to_owned(), dir.into())),
        _ => Err("expected PREFIX=DIR, with a prefix that begins with /".to_owned()),
    }
}

fn ice_server(text: &str) -> Result<IceServer, String> {
    // A secret may have commas.
    let parts: Vec<_> = text.splitn(3, ',').collect();
    let (scheme, _) = text.split_once(':').unwrap_or_default();
    match (scheme, parts.as_slice()) {
        ("stun" | "stuns", [url]) => Ok(IceServer::stun(*url)),
        ("turn" | "turns", [url, user, secret]) => Ok(IceServer::turn(*url, *user, *secret)),
        _ => Err("expected stun:HOST, or turn:HOST,USER,SECRET".to_owned()),
    }
}

#[cfg(unix)]
fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot listen for Ctrl-C");
            std::future::pending::<()>().await;
        }
    })
}
