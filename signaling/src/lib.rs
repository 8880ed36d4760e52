//! The signaling server of [`browser-rtc`](https://docs.rs/browser-rtc): rooms over WebSockets, and static files. The
//! program `signaling-server` runs it with options from flags, the environment and a file.
//!
//! | Path       | Answer                                                        |
//! |------------|---------------------------------------------------------------|
//! | `/signal`  | the WebSocket of the protocol ([`PATH`])                      |
//! | `/healthz` | `200 ok`                                                      |
//! | `/readyz`  | `200 ok`, or 503 while the server accepts no new clients      |
//! | `/metrics` | metrics for Prometheus                                        |
//! | other      | a file of [`Config::static_dirs`]                             |
//!
//! A client whose socket fails keeps its seat for [`Config::grace`]. When it resumes the seat, it receives the frames
//! that were sent in the meantime. [`Limits::queue_frames`] and [`Limits::queue_bytes`] limit the pending and
//! unacknowledged frames of a client.
//!
//! By default, rooms are in the memory of the process. With the feature `redis`, several processes can share rooms
//! through Redis: see `Config::redis`.
//!
//! ```
//! use browser_rtc_signaling::{Config, Server};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let config = Config::new().listen(([127, 0, 0, 1], 0));
//! let server = Server::bind(config).await?;
//! println!("listening on http://{}", server.local_addr());
//! server.run(async { /* completes when the server has to stop */ }).await;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod accept;
mod client_address;
#[cfg(feature = "redis")]
mod cluster;
mod config;
mod connection;
mod disconnect;
mod drain;
mod error;
mod files;
mod flood_counter;
#[cfg(any(test, feature = "fuzz"))]
#[doc(hidden)]
pub mod fuzz;
mod health;
mod interfaces;
mod json_depth;
mod jwt;
mod jwt_crypto;
mod lock;
mod memory;
mod metrics;
mod names;
mod open_file_limit;
mod outbox;
mod permits;
mod rate_limit;
mod redacted;
mod refusal;
mod resume;
mod rooms;
mod secret;
mod shared;
mod socket;
mod tls;
mod turn;
mod upgrade;
mod welcome;

use std::{
    future::{Future, pending},
    io,
    net::SocketAddr,
    sync::Arc,
};

use axum::{Router, routing::get};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    task::spawn_blocking,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{
    client_address::Network,
    config::{Config, Limits},
    jwt::JwtVerifier,
    names::Alphabet,
    open_file_limit::raise_open_file_limit,
    redacted::Redacted,
    tls::Tls,
    turn::TurnServer,
};
use self::{
    drain::Drain, files::StaticFiles, flood_counter::FloodCounter, interfaces::reachable_addresses, metrics::Metrics,
    permits::ClientPermits, rooms::Rooms, shared::Shared, tls::Certificate,
};
use browser_rtc_proto::signaling::PATH;

/// A server that is bound to its port. It accepts connections when it [runs](Self::run).
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    app: Router,
    /// The separate listener for metrics.
    metrics: Option<MetricsListener>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct MetricsListener {
    listener: TcpListener,
    local_addr: SocketAddr,
    app: Router,
}

impl Server {
    /// Binds the server to its port.
    ///
    /// # Errors
    /// Returns [`InvalidInput`](io::ErrorKind::InvalidInput) for an invalid configuration, and the error of the system
    /// if an address cannot be bound or a file cannot be read.
    pub async fn bind(config: Config) -> io::Result<Self> {
        config.validate()?;
        let certificate = config.tls.clone().map(Certificate::load).transpose()?;
        let listener = TcpListener::bind(config.listen).await?;
        let local_addr = listener.local_addr()?;
        let files = StaticFiles::new(&config);
        let metrics = Metrics::default();
        let stopping = CancellationToken::new();
        let shared = Arc::new(Shared {
            rooms: Rooms::new(&config, &metrics).await?,
            metrics,
            certificate,
            clients: ClientPermits::new(&config.limits),
            kept_seats: Semaphore::new(config.limits.clients),
            floods: FloodCounter::default(),
            drain: Drain::new(config.limits.drain_time, stopping.clone()),
            stopping,
            tasks: TaskTracker::new(),
            config,
        });
        let mut app = Router::new().route(PATH, get(upgrade::handle_upgrade)).merge(health::health_routes());
        let metrics = match shared.config.metrics_listen {
            Some(address) => {
                let listener = TcpListener::bind(address).await?;
                let local_addr = listener.local_addr()?;
                let app = health::health_routes().merge(health::metrics_routes()).with_state(Arc::clone(&shared));
                Some(MetricsListener { listener, local_addr, app })
            }
            None => {
                app = app.merge(health::metrics_routes());
                None
            }
        };
        let app = app.fallback(async move |request| files.serve(request).await).with_state(Arc::clone(&shared));
        Ok(Self { listener, local_addr, app, metrics, shared })
    }

    /// Returns the address that the server is bound to, with the actual port if the configuration has port 0.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Returns the address of the listener for [`Config::metrics_listen`].
    #[must_use]
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|metrics| metrics.local_addr)
    }

    /// Returns the URLs of the server, one for each address of this machine on which it listens.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        let scheme = if self.shared.certificate.is_some() { "https" } else { "http" };
        reachable_addresses(self.local_addr).iter().map(|address| format!("{scheme}://{address}")).collect()
    }

    /// Returns the SHA-256 fingerprint of a self-signed certificate, for comparison with the one that the browser
    /// shows.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.shared.certificate.as_ref().and_then(Certificate::fingerprint)
    }

    /// Returns a handle that reloads the certificate.
    #[must_use]
    pub fn reloader(&self) -> Reloader {
        Reloader(Arc::clone(&self.shared))
    }

    /// Serves until `shutdown` completes, and then drains: refuses new clients, and closes all WebSockets with
    /// [`GOING_AWAY`](browser_rtc_proto::signaling::close::GOING_AWAY) within [`Limits::drain_time`]. Returns when all
    /// WebSockets are closed, or after another [`Limits::shutdown_timeout`].
    ///
    /// Dropping the future stops listening and closes the connections, without waiting for them.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        self.run_until(shutdown, pending()).await;
    }

    /// Serves like [`run`](Self::run). When `stop` completes, the drain is skipped or ended: all WebSockets are closed
    /// immediately.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>, stop: impl Future<Output = ()>) {
        let Self { listener, local_addr, app, metrics, shared } = self;
        let _stop_when_dropped = shared.stopping.clone().drop_guard();
        tracing::info!(%local_addr, "listening");
        let drained = async {
            shutdown.await;
            tracing::info!("draining");
            shared.metrics.drain_started();
            shared.drain.run().await;
        };
        let metrics_served = async {
            match &metrics {
                Some(metrics) => accept::serve_plain(&metrics.listener, &metrics.app, &shared).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = accept::serve(&listener, &app, &shared) => {}
            () = metrics_served => {}
            () = check_certificate(&shared) => {}
            () = drained => {}
            () = stop => {}
        }
        drop((listener, metrics));
        tracing::info!("shutting down");
        shared.stopping.cancel();
        shared.tasks.close();
        let limit = shared.config.limits.shutdown_timeout;
        if timeout(limit, shared.tasks.wait()).await.is_err() {
            tracing::warn!(connections = shared.tasks.len(), "the shutdown timed out with open connections");
        }
        shared.rooms.stop().await;
    }
}

/// A handle that reloads the certificate of a server.
#[derive(Clone, Debug)]
pub struct Reloader(Arc<Shared>);

impl Reloader {
    /// Reloads the certificate if its files have changed, for new connections. An invalid certificate is logged and
    /// ignored.
    pub fn reload(&self) {
        let Some(certificate) = &self.0.certificate else { return };
        match certificate.reload() {
            Ok(true) => {
                tracing::info!("reloaded the certificate");
                self.0.metrics.certificate_reloaded("ok");
            }
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot reload the certificate: the current one stays in use");
                self.0.metrics.certificate_reloaded("failed");
            }
        }
    }
}

/// Checks the files of the certificate regularly.
async fn check_certificate(shared: &Arc<Shared>) {
    loop {
        sleep(tls::CHECK_INTERVAL).await;
        let reloader = Reloader(Arc::clone(shared));
        // A blocking task, because the files may be on a network drive. The runtime logs a panic, and the next check
        // follows.
        let _ = spawn_blocking(move || reloader.reload()).await;
    }
}

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
