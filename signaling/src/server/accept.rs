//! From the listening socket to HTTP.

use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::Shared;
use super::metrics::Bound;
use super::places::{Addresses, Share};
use super::upgrade::Remote;

/// Connections beyond the clients: for those who fetch files, or are told that there is no place.
const SPARE: usize = 1_024;

/// Connections of those who watch, of which there are few.
const WATCHERS: usize = 64;

/// Connections of one address beyond its clients. A browser opens six for files.
const SPARE_OF_ADDRESS: usize = 64;

/// How long a request's head may take, and a connection may wait for its next request, and how
/// long the handshake of TLS.
const HEAD: Duration = Duration::from_secs(15);

/// How long a closed connection is still drained.
const LINGER: Duration = Duration::from_secs(1);

/// A connection that is no WebSocket lives for as long as this.
const LONGEST: Duration = Duration::from_secs(600);

/// Takes connections for ever, over TLS where there is a certificate.
pub async fn serve(listener: &TcpListener, app: &Router, shared: &Arc<Shared>) {
    let limits = &shared.config.limits;
    let open = Arc::new(Semaphore::new(limits.clients + SPARE));
    let addresses = Addresses::new(limits.clients_per_address + SPARE_OF_ADDRESS);
    // The semaphore is never closed.
    while let Ok(permit) = Arc::clone(&open).acquire_owned().await {
        let (stream, remote) = accept(listener).await;
        let is_proxy = shared.config.trusted_proxies.iter().any(|network| network.contains(remote));
        let share = if is_proxy { None } else { addresses.take(remote) };
        if share.is_none() && !is_proxy {
            shared.metrics.limit(Bound::ClientsPerAddress);
            continue;
        }
        let held = Held { _permit: permit, _share: share };
        let socket = Socket { stream: Some(stream), tasks: shared.tasks.clone(), held: Some(held) };
        let acceptor = shared.certificate.as_ref().map(super::tls::Certificate::acceptor);
        let (app, shared) = (app.clone(), Arc::clone(shared));
        match acceptor {
            None => shared.tasks.clone().spawn(talk(socket, remote, app, shared)),
            Some(acceptor) => shared.tasks.clone().spawn(async move {
                let handshake = timeout(HEAD, acceptor.accept(socket));
                tokio::select! {
                    done = handshake => match done {
                        Ok(Ok(stream)) => talk(stream, remote, app, shared).await,
                        Ok(Err(error)) => tracing::debug!(%remote, %error, "no TLS"),
                        Err(_) => tracing::debug!(%remote, "TLS took too long"),
                    },
                    () = shared.stopping.cancelled() => {}
                }
            }),
        };
    }
}

/// Takes connections of those who watch for ever.
pub async fn serve_plain(listener: &TcpListener, app: &Router, shared: &Arc<Shared>) {
    let open = Arc::new(Semaphore::new(WATCHERS));
    while let Ok(permit) = Arc::clone(&open).acquire_owned().await {
        let (stream, remote) = accept(listener).await;
        let held = Held { _permit: permit, _share: None };
        let socket = Socket { stream: Some(stream), tasks: shared.tasks.clone(), held: Some(held) };
        shared.tasks.spawn(talk(socket, remote, app.clone(), Arc::clone(shared)));
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, IpAddr) {
    loop {
        let error = match listener.accept().await {
            Ok((stream, remote)) => match stream.set_nodelay(true) {
                Ok(()) => return (stream, remote.ip()),
                Err(error) => error,
            },
            Err(error) => error,
        };
        tracing::warn!(%error, "a connection was not taken");
        // Out of file descriptors, most likely: to try again at once would only burn time.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn talk<S>(stream: S, remote: IpAddr, app: Router, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Remote(remote));
        app.clone().oneshot(request)
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = shared.stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        // Whoever takes a file as slowly as that has his connection cut. One that becomes a WebSocket has ended here.
        () = tokio::time::sleep(LONGEST) => return,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection failed");
    }
}

/// What a connection holds until it is really gone.
struct Held {
    _permit: OwnedSemaphorePermit,
    _share: Option<Share>,
}

/// A TCP stream that does not take back its last words.
///
/// When a socket is closed while received data is still unread, the system resets the connection,
/// and the other side may lose what it had not read yet: the very error that says why. So what
/// still comes is read and thrown away for a moment.
struct Socket {
    stream: Option<TcpStream>,
    tasks: TaskTracker,
    held: Option<Held>,
}

impl Socket {
    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        let stream = self.stream.as_mut().map(Pin::new);
        stream.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let (Some(mut stream), held) = (self.stream.take(), self.held.take()) else {
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
            drop(held);
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
