//! A proxy to the server whose connections can be cut.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The state of the connections through a [`Proxy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinkState {
    /// Data is forwarded in both directions.
    Open,
    /// Open and new connections are closed.
    Cut,
    /// Open connections stay open, but no data is forwarded. New connections work.
    Silent,
}

/// A loopback port that forwards connections to the server. The proxy and its connections end on drop.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    state: watch::Sender<LinkState>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy on a free port.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("the proxy gets a port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let (state, observed) = watch::channel(LinkState::Open);
        Self { port, state, task: tokio::spawn(serve(listener, server, observed)) }
    }

    /// Returns the URL of the demo through this proxy, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Closes all connections, and new ones as well.
    pub fn cut(&self) {
        self.state.send_replace(LinkState::Cut);
    }

    /// Stops forwarding on the open connections without closing them. New connections work.
    pub fn silence(&self) {
        self.state.send_replace(LinkState::Silent);
        self.state.send_replace(LinkState::Open);
    }

    /// Forwards new connections again.
    pub fn restore(&self) {
        self.state.send_replace(LinkState::Open);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, server: SocketAddr, state: watch::Receiver<LinkState>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(forward(client, server, state.clone()));
    }
}

async fn forward(mut client: TcpStream, server: SocketAddr, mut state: watch::Receiver<LinkState>) {
    if *state.borrow_and_update() == LinkState::Cut {
        return;
    }
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    tokio::select! {
        // First the state, so that nothing is forwarded after a cut, such as the close frame of a page that ends.
        biased;
        _changed = state.changed() => {}
        _ended = copy_bidirectional(&mut client, &mut server) => return,
    }
    if *state.borrow() != LinkState::Cut {
        // Both sockets stay open and unread until the proxy ends.
        let _cut = state.wait_for(|state| *state == LinkState::Cut).await;
    }
}
