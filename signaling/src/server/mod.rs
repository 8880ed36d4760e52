//! The server: rooms, over WebSockets, and a page's files.
//!
//! | Path       | Answer                                                        |
//! |------------|---------------------------------------------------------------|
//! | `/signal`  | the WebSocket of the protocol ([`PATH`])                      |
//! | `/healthz` | `200 ok`                                                      |
//! | `/readyz`  | `200 ok`, and 503 when it is no use to send clients here      |
//! | `/metrics` | what is counted, for Prometheus                               |
//! | else       | a file of [`Config::static_dirs`]                             |
//!
//! A client whose socket breaks keeps its seat for [`Config::grace`], and finds there what it was told meanwhile. What
//! waits for a client, and what was sent and not yet acknowledged, is bounded by [`Limits::queue_frames`] and
//! [`Limits::queue_bytes`].
//!
//! The rooms are in the memory of the process, or shared with other processes through a Redis: with the feature `redis`,
//! see `Config::redis`.
//!
//! ```
//! use browser_rtc_signaling::server::{Config, Server};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::default() };
//! let server = Server::bind(config).await?;
//! println!("listening on http://{}", server.local_addr());
//! server.run(async { /* until this future ends */ }).await;
//! # Ok(())
//! # }
//! ```

mod accept;
mod address;
mod addresses;
#[cfg(feature = "redis")]
mod cluster;
mod config;
mod connection;
mod drain;
mod end;
mod files;
mod floods;
#[cfg(any(test, feature = "fuzz"))]
#[doc(hidden)]
pub mod fuzz;
mod hidden;
mod limits;
mod metrics;
mod names;
mod open_files;
mod outbox;
mod places;
mod rooms;
mod seating;
mod signatures;
mod socket;
mod tls;
mod tokens;
mod turn;
mod upgrade;
mod watch;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use address::Network;
pub use config::{Config, Limits};
pub use hidden::Hidden;
pub use names::Alphabet;
pub use open_files::raise_open_files;
pub use tls::Tls;
pub use tokens::Tokens;
pub use turn::Turn;

use crate::PATH;
use drain::Drain;
use files::Files;
use floods::Floods;
use metrics::Metrics;
use places::Places;
use seating::Rooms;
use tls::Certificate;

/// A server that has its port, and takes connections once it runs.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    app: Router,
    /// The listener for those who watch, with what they can ask for.
    watch: Option<(TcpListener, SocketAddr, Router)>,
    shared: Arc<Shared>,
}

/// What every connection needs.
#[derive(Debug)]
struct Shared {
    config: Config,
    rooms: Rooms,
    metrics: Metrics,
    certificate: Option<Certificate>,
    /// One for each WebSocket.
    places: Places,
    /// A permit for each seat that is kept without a WebSocket: as many again, so that those who come back are not
    /// kept out by themselves.
    absences: Semaphore,
    floods: Floods,
    drain: Drain,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    /// Takes the port.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when the configuration makes no sense, and
    /// whatever the system says when the address cannot be had, or a file not be read.
    pub async fn bind(config: Config) -> io::Result<Self> {
        config.validate()?;
        let certificate = config.tls.clone().map(Certificate::load).transpose()?;
        let listener = TcpListener::bind(config.listen).await?;
        let local_addr = listener.local_addr()?;
        let files = Files::new(&config.static_dirs);
        let metrics = Metrics::default();
        let stopping = CancellationToken::new();
        let shared = Arc::new(Shared {
            rooms: Rooms::new(&config, &metrics).await?,
            metrics,
            certificate,
            places: Places::new(&config.limits),
            absences: Semaphore::new(config.limits.clients),
            floods: Floods::default(),
            drain: Drain::new(config.limits.drain, stopping.clone()),
            stopping,
            tasks: TaskTracker::new(),
            config,
        });
        let mut app = Router::new().route(PATH, get(upgrade::signal)).merge(watch::health());
        let watch = match shared.config.metrics_listen {
            Some(address) => {
                let listener = TcpListener::bind(address).await?;
                let local_addr = listener.local_addr()?;
                let watch = watch::health().merge(watch::metrics()).with_state(Arc::clone(&shared));
                Some((listener, local_addr, watch))
            }
            None => {
                app = app.merge(watch::metrics());
                None
            }
        };
        let app = app.fallback(async move |request| files.serve(request).await).with_state(Arc::clone(&shared));
        Ok(Self { listener, local_addr, app, watch, shared })
    }

    /// The address that the server has: with the real port where the configuration said 0.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The address of the listener for [`Config::metrics_listen`].
    #[must_use]
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.watch.as_ref().map(|(_, local_addr, _)| *local_addr)
    }

    /// What to open in a browser: one for each address of this machine that the server listens on.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        let scheme = if self.shared.certificate.is_some() { "https" } else { "http" };
        addresses::of_listener(self.local_addr).iter().map(|address| format!("{scheme}://{address}")).collect()
    }

    /// The SHA-256 of the certificate that nobody has signed, to be compared with what the browser shows.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.shared.certificate.as_ref().and_then(Certificate::fingerprint)
    }

    /// What to call when the certificate has changed.
    #[must_use]
    pub fn reloader(&self) -> Reloader {
        Reloader(Arc::clone(&self.shared))
    }

    /// Serves until `shutdown` ends. Then drains: takes nobody new, and closes every WebSocket with
    /// [`GOING_AWAY`](crate::close::GOING_AWAY) in the course of [`Limits::drain`]. Returns when all are gone, or after
    /// [`Limits::shutdown`] more.
    ///
    /// Dropping the future stops the listening, and asks the connections to close as well, but
    /// waits for none.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        self.run_until(shutdown, std::future::pending()).await;
    }

    /// As [`run`](Self::run), and when `hurry` ends, there is no drain or no more of it: every WebSocket is closed now.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>, hurry: impl Future<Output = ()>) {
        let Self { listener, local_addr, app, watch, shared } = self;
        let _stop_when_dropped = shared.stopping.clone().drop_guard();
        tracing::info!(%local_addr, "listening");
        let drained = async {
            shutdown.await;
            tracing::info!("draining");
            shared.metrics.draining();
            shared.drain.run().await;
        };
        let watched = async {
            match &watch {
                Some((listener, _, app)) => accept::serve_plain(listener, app, &shared).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = accept::serve(&listener, &app, &shared) => {}
            () = watched => {}
            () = look_after(&shared) => {}
            () = drained => {}
            () = hurry => {}
        }
        drop((listener, watch));
        tracing::info!("shutting down");
        shared.stopping.cancel();
        shared.tasks.close();
        let limit = shared.config.limits.shutdown;
        if tokio::time::timeout(limit, shared.tasks.wait()).await.is_err() {
            tracing::warn!(left = shared.tasks.len(), "gave up waiting for connections");
        }
        shared.rooms.stop().await;
    }
}

/// Loads the certificate of a server again.
#[derive(Clone, Debug)]
pub struct Reloader(Arc<Shared>);

impl Reloader {
    /// Reads the files, if they have changed. Connections to come get what they say now; a certificate that makes no
    /// sense is passed over, with a word in the log.
    pub fn reload(&self) {
        let Some(certificate) = &self.0.certificate else { return };
        match certificate.reload() {
            Ok(true) => {
                tracing::info!("the certificate was loaded again");
                self.0.metrics.certificate("ok");
            }
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "the certificate stays as it was");
                self.0.metrics.certificate("failed");
            }
        }
    }
}

/// Looks at the files of the certificate for ever.
async fn look_after(shared: &Arc<Shared>) {
    loop {
        tokio::time::sleep(tls::LOOK).await;
        let reloader = Reloader(Arc::clone(shared));
        // Files may lie on a network.
        let _ = tokio::task::spawn_blocking(move || reloader.reload()).await;
    }
}

/// A panic elsewhere leaves what is locked whole: each change is a single call, or cannot fail.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
