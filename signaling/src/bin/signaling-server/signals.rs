//! Process signals.

use std::{io, pin::Pin};

type SignalFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A receiver of process signals, which are recorded from its creation.
pub struct Signals {
    /// Completes when the server must drain.
    pub drain: SignalFuture,
    /// Completes when the server must stop immediately.
    pub stop: SignalFuture,
    /// The signal to reload the certificate.
    pub reloads: Reloads,
}

/// A signal that can be received repeatedly.
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

    let mut drain = signal(SignalKind::terminate())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let hang_up = signal(SignalKind::hangup())?;
    Ok(Signals {
        drain: Box::pin(async move {
            drain.recv().await;
        }),
        stop: Box::pin(async move {
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
        stop: Box::pin(async {
            if let Err(error) = tokio::signal::ctrl_c().await {
                tracing::error!(%error, "cannot listen for Ctrl-C");
                std::future::pending::<()>().await;
            }
        }),
        reloads: Reloads(),
    })
}
