//! From the listening socket to HTTP.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use super::Shared;

/// Connections beyond the clients: for those who fetch files, or are told that there is no place.
const SPARE: usize = 1_024;

/// How long a request's head may take, and a connection may wait for its next request.
const HEAD: Duration = Duration::from_secs(15);

/// How long a closed connection is still drained.
const LINGER: Duration = Duration::from_secs(1);

/// Takes connections for ever.
pub async fn serve(listener: &TcpListener, app: &Router, shared: &Arc<Shared>) {
    let open = Arc::new(Semaphore::new(shared.config.limits.clients + SPARE));
    // The semaphore is never closed.
    while let Ok(permit) = Arc::clone(&open).acquire_owned().await {
        let stream = accept(listener).await;
        let socket = Socket { stream: Some(stream), tasks: shared.tasks.clone(), permit: Some(permit) };
        shared.tasks.spawn(talk(socket, app.clone(), Arc::clone(shared)));
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        let error = match listener.accept().await {
            Ok((stream, _)) => match stream.set_nodelay(true) {
                Ok(()) => return stream,
                Err(error) => error,
            },
            Err(error) => error,
        };
        tracing::warn!(%error, "a connection was not taken");
        // Out of file descriptors, most likely: to try again at once would only burn time.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn talk(socket: Socket, app: Router, shared: Arc<Shared>) {
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(TokioIo::new(socket), TowerToHyperService::new(app))
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = shared.stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection failed");
    }
}

/// A TCP stream that does not take back its last words.
///
/// When a socket is closed while received data is still unread, the system resets the connection,
/// and the other side may lose what it had not read yet: the very error that says why. So what
/// still comes is read and thrown away for a moment.
struct Socket {
    stream: Option<TcpStream>,
    tasks: TaskTracker,
    permit: Option<OwnedSemaphorePermit>,
}

impl Socket {
    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        let stream = self.stream.as_mut().map(Pin::new);
        stream.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let (Some(mut stream), permit) = (self.stream.take(), self.permit.take()) else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let linger = async move {
            let _ = stream.shutdown().await;
            let mut void = [0; 4096];
            while matches!(stream.read(&mut void).await, Ok(1..)) {}
        };
        let bounded = async move {
            let _ = tokio::time::timeout(LINGER, linger).await;
            drop(permit);
        };
        self.tasks.spawn_on(bounded, &runtime);
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
    }
}
