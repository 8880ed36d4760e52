//! The server: rooms in the memory of one process, over WebSockets, and a page's files.
//!
//! | Path       | Answer                                                        |
//! |------------|---------------------------------------------------------------|
//! | `/signal`  | the WebSocket of the protocol ([`PATH`])                      |
//! | `/healthz` | `200 ok`                                                      |
//! | else       | a file of [`Config::static_dirs`]                             |
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
mod config;
mod connection;
mod files;
mod limits;
mod outbox;
mod rooms;
mod upgrade;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use config::{Config, Limits};

use crate::PATH;
use files::Files;
use rooms::Rooms;

/// A server that has its port, and takes connections once it runs.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    app: Router,
    shared: Arc<Shared>,
}

/// What every connection needs.
#[derive(Debug)]
struct Shared {
    config: Config,
    rooms: Rooms,
    /// A permit for each WebSocket.
    places: Arc<Semaphore>,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    /// Takes the port.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when the configuration makes no sense, and
    /// whatever the system says when the address cannot be had.
    pub async fn bind(config: Config) -> io::Result<Self> {
        config.validate()?;
        let listener = TcpListener::bind(config.listen).await?;
        let local_addr = listener.local_addr()?;
        let files = Files::new(&config.static_dirs);
        let shared = Arc::new(Shared {
            rooms: Rooms::new(&config),
            places: Arc::new(Semaphore::new(config.limits.clients)),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
            config,
        });
        let app = Router::new()
            .route(PATH, get(upgrade::signal))
            .route("/healthz", get(async || "ok"))
            .fallback(async move |request| files.serve(request).await)
            .with_state(Arc::clone(&shared));
        Ok(Self { listener, local_addr, app, shared })
    }

    /// The address that the server has: with the real port where the configuration said 0.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until `shutdown` ends. Then takes nobody new, closes every WebSocket with
    /// [`GOING_AWAY`](crate::close::GOING_AWAY), and returns when all are gone, or after
    /// [`Limits::shutdown`].
    ///
    /// Dropping the future stops the listening, and asks the connections to close as well, but
    /// waits for none.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { listener, local_addr, app, shared } = self;
        let _stop_when_dropped = shared.stopping.clone().drop_guard();
        tracing::info!(%local_addr, "listening");
        tokio::select! {
            () = accept::serve(&listener, &app, &shared) => {}
            () = shutdown => {}
        }
        drop(listener);
        tracing::info!("shutting down");
        shared.stopping.cancel();
        shared.tasks.close();
        let limit = shared.config.limits.shutdown;
        if tokio::time::timeout(limit, shared.tasks.wait()).await.is_err() {
            tracing::warn!(left = shared.tasks.len(), "gave up waiting for connections");
        }
    }
}
