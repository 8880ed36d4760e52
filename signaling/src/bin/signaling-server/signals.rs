//! What the system tells the program.

use std::io;
use std::pin::Pin;

type Told = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Each is listened for from the moment that this was made.
pub struct Signals {
    /// To drain, and end.
    pub drain: Told,
    /// To end now.
    pub hurry: Told,
    /// To load again what may have changed.
    pub reloads: Reloads,
}

/// Comes again and again.
pub struct Reloads(#[cfg(unix)] tokio::signal::unix::Signal);

impl Reloads {
    pub async fn next(&mut self) {
        #[cfg(unix)]
        if self.0.recv().await.is_some() {
            return;
        }
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
pub fn listen() -> io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut first = signal(SignalKind::terminate())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let hang_up = signal(SignalKind::hangup())?;
    Ok(Signals {
        drain: Box::pin(async move {
            first.recv().await;
        }),
        hurry: Box::pin(async move {
            let twice = async {
                terminate.recv().await;
                terminate.recv().await;
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                () = twice => {}
            }
        }),
        reloads: Reloads(hang_up),
    })
}

#[cfg(not(unix))]
pub fn listen() -> io::Result<Signals> {
    Ok(Signals {
        drain: Box::pin(std::future::pending()),
        hurry: Box::pin(async {
            if let Err(error) = tokio::signal::ctrl_c().await {
                tracing::error!(%error, "cannot listen for Ctrl-C");
                std::future::pending::<()>().await;
            }
        }),
        reloads: Reloads(),
    })
}
