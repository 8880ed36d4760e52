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
    /// One permit for each seat that is kept without a WebSocket. These permits are separate from those for WebSockets,
    /// so that kept seats do not prevent their own clients from reconnecting.
    pub kept_seats: Semaphore,
    pub floods: FloodCounter,
    pub drain: Drain,
    pub stopping: CancellationToken,
    pub tasks: TaskTracker,
}
