//! The drain before a shutdown: new clients are refused, and connected ones are closed one after another.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// The state of a drain.
#[derive(Debug)]
pub struct Drain {
    started: CancellationToken,
    /// Cancelled when all connections must end.
    stopping: CancellationToken,
    /// The time over which clients are closed, so that they do not all reconnect at the same time.
    time: Duration,
}

impl Drain {
    pub fn new(time: Duration, stopping: CancellationToken) -> Self {
        Self { started: CancellationToken::new(), stopping, time }
    }

    /// Starts the drain, and waits until it ends.
    pub async fn run(&self) {
        self.started.cancel();
        sleep(self.time).await;
    }

    pub fn has_started(&self) -> bool {
        self.started.is_cancelled() || self.stopping.is_cancelled()
    }

    /// Waits until a client must be closed, at a random moment of the drain.
    pub async fn closes_client(&self) {
        let moment = async {
            self.started.cancelled().await;
            sleep(self.time.mul_f64(random())).await;
        };
        tokio::select! {
            () = self.stopping.cancelled() => {}
            () = moment => {}
        }
    }
}

/// Returns a number from 0 to 1.
fn random() -> f64 {
    // Without randomness, clients are closed at the end of the drain.
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}
