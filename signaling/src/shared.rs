//! The state that all connections of a server share.

use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    config::Config, drain::Drain, flood_counter::FloodCounter, metrics::Metrics, permits::ClientPermits, rooms::Rooms,
    tls::Certificate,
};

/// The state that all connections of a server share.
#[derive(Debug)]
pub struct Shared {
    pub config: Config,
    pub rooms: Rooms,
    pub metrics: Metrics,
    pub certificate: Option<Certificate>,
    /// One permit for each WebSocket.
    pub clients: ClientPermits,
    /// One permit for each seat that is kept without a WebSocket. There are as many as for WebSockets, so that seats do
    /// not keep their own clients out.
    pub kept_seats: Semaphore,
    pub floods: FloodCounter,
    pub drain: Drain,
    pub stopping: CancellationToken,
    pub tasks: TaskTracker,
}
