//! Acceptance of connections, and HTTP on them.

use std::{
    io,
    net::IpAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::Router;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::{
    metrics::Limit,
    permits::{AddressPermit, AddressPermits},
    shared::Shared,
    tls::Certificate,
    upgrade::RemoteAddress,
};

/// Number of connections in addition to the limit of clients, for files and for errors to clients over the limit.
const SPARE_CONNECTIONS: usize = 1_024;

/// Maximum number of connections to the listener for metrics.
const METRICS_CONNECTIONS: usize = 64;

/// Number of connections of an address in addition to its limit of clients. A browser opens six for files.
const SPARE_PER_ADDRESS: usize = 64;

/// Timeout of a request head, of an idle connection, and of the TLS handshake.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// Time for which a closed connection is still read.
const LINGER_TIME: Duration = Duration::from_secs(1);

/// Maximum lifetime of a connection that does not become a WebSocket.
const MAX_LIFETIME: Duration = Duration::from_secs(600);

/// Accepts connections, over TLS if there is a certificate, until the future is dropped.
pub async fn serve(listener: &TcpListener, app: &Router, shared: &Arc<Shared>) {
    let limits = &shared.config.limits;
    let open = Arc::new(Semaphore::new(limits.clients + SPARE_CONNECTIONS));
    let addresses = AddressPermits::new(limits.clients_per_address + SPARE_PER_ADDRESS);
    // The semaphore is never closed.
    while let Ok(permit) = Arc::clone(&open).acquire_owned().await {
        let (stream, remote) = accept(listener).await;
        let is_proxy = shared.config.trusted_proxies.iter().any(|network| network.contains(remote));
        let address = if is_proxy { None } else { addresses.acquire(remote) };
        if address.is_none() && !is_proxy {
            shared.metrics.limit_exceeded(Limit::ClientsPerAddress);
            continue;
        }
        let permits = Permits { _total: permit, _address: address };
        let socket = LingeringStream { stream: Some(stream), tasks: shared.tasks.clone(), permits: Some(permits) };
        let acceptor = shared.certificate.as_ref().map(Certificate::acceptor);
        let (app, shared) = (app.clone(), Arc::clone(shared));
        match acceptor {
            None => shared.tasks.clone().spawn(serve_connection(socket, remote, app, shared)),
            Some(acceptor) => shared.tasks.clone().spawn(async move {
                let handshake = timeout(HEAD_TIMEOUT, acceptor.accept(socket));
                tokio::select! {
                    done = handshake => match done {
                        Ok(Ok(stream)) => serve_connection(stream, remote, app, shared).await,
                        Ok(Err(error)) => tracing::debug!(%remote, %error, "TLS handshake failed"),
                        Err(_) => tracing::debug!(%remote, "TLS handshake timed out"),
                    },
                    () = shared.stopping.cancelled() => {}
                }
            }),
        };
    }
}

/// Accepts connections to the listener for metrics until the future is dropped.
pub async fn serve_plain(listener: &TcpListener, app: &Router, shared: &Arc<Shared>) {
    let open = Arc::new(Semaphore::new(METRICS_CONNECTIONS));
    while let Ok(permit) = Arc::clone(&open).acquire_owned().await {
        let (stream, remote) = accept(listener).await;
        let permits = Permits { _total: permit, _address: None };
        let socket = LingeringStream { stream: Some(stream), tasks: shared.tasks.clone(), permits: Some(permits) };
        shared.tasks.spawn(serve_connection(socket, remote, app.clone(), Arc::clone(shared)));
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
        tracing::warn!(%error, "cannot accept a connection");
        // The process has probably reached its limit of file descriptors, and an immediate retry would fail as well.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn serve_connection<S>(stream: S, remote: IpAddr, app: Router, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(RemoteAddress(remote));
        app.clone().oneshot(request)
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = shared.stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        // A WebSocket was moved out of this future before. The remaining request is a very slow download.
        () = tokio::time::sleep(MAX_LIFETIME) => return,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "HTTP connection failed");
    }
}

/// The permits that a connection holds until it is closed.
struct Permits {
    _total: OwnedSemaphorePermit,
    _address: Option<AddressPermit>,
}

/// A TCP stream that is read for a moment after it was closed.
///
/// If a socket is closed while received data is unread, the system resets the connection. The peer may then lose data
/// that it has not read yet, such as the error that explains the close.
struct LingeringStream {
    stream: Option<TcpStream>,
    tasks: TaskTracker,
    permits: Option<Permits>,
}

impl LingeringStream {
    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        let stream = self.stream.as_mut().map(Pin::new);
        stream.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Drop for LingeringStream {
    fn drop(&mut self) {
        let (Some(mut stream), permits) = (self.stream.take(), self.permits.take()) else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let linger = async move {
            // The peer may have closed the connection already.
            let _ = stream.shutdown().await;
            let mut void = [0; 4096];
            while matches!(stream.read(&mut void).await, Ok(1..)) {}
        };
        let limited = async move {
            // The timeout only limits the time for the peer to read.
            let _ = timeout(LINGER_TIME, linger).await;
            drop(permits);
        };
        self.tasks.spawn_on(limited, &runtime);
    }
}

impl AsyncRead for LingeringStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(cx, buf)
    }
}

impl AsyncWrite for LingeringStream {
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
