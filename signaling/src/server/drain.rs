//! The way to an end: nobody new, everybody told to come back, one after the other.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Where a server is on this way.
#[derive(Debug)]
pub struct Drain {
    begun: CancellationToken,
    /// Everybody has to go now.
    over: CancellationToken,
    /// Within this time everybody is told. Not at once: all would come back at once, too.
    time: Duration,
}

impl Drain {
    pub fn new(time: Duration, over: CancellationToken) -> Self {
        Self { begun: CancellationToken::new(), over, time }
    }

    /// Begins, and goes on for its time.
    pub async fn run(&self) {
        self.begun.cancel();
        sleep(self.time).await;
    }

    pub fn has_begun(&self) -> bool {
        self.begun.is_cancelled() || self.over.is_cancelled()
    }

    /// When a client is told: at some moment of the drain.
    pub async fn turn(&self) {
        let turn = async {
            self.begun.cancelled().await;
            sleep(self.time.mul_f64(random())).await;
        };
        tokio::select! {
            () = self.over.cancelled() => {}
            () = turn => {}
        }
    }
}

/// From 0 to 1.
fn random() -> f64 {
    // Without randomness, all at the end.
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}
