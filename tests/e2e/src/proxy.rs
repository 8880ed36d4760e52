//! A proxy to the server, whose connections can be broken.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The state of the connections through a [`Proxy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// They carry both ways.
    Open,
    /// They break, and new ones do as well.
    Cut,
    /// Open connections stay open and carry nothing more. New connections work.
    Silent,
}

/// A port of the loopback whose connections are forwarded to another. Ends on drop, and its connections with it.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    way: watch::Sender<Way>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Takes a free port.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("the proxy gets a port");
        let port = listener.local_addr().expect("it has an address").port();
        let (way, seen) = watch::channel(Way::Open);
        Self { port, way, task: tokio::spawn(serve(listener, server, seen)) }
    }

    /// The address of the demo's page by this way, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Breaks all connections, and those to come.
    pub fn cut(&self) {
        self.way.send_replace(Way::Cut);
    }

    /// Silences the open connections without closing them. New connections work.
    pub fn silence(&self) {
        self.way.send_replace(Way::Silent);
        self.way.send_replace(Way::Open);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.way.send_replace(Way::Open);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, server: SocketAddr, way: watch::Receiver<Way>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(carry(client, server, way.clone()));
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr, mut way: watch::Receiver<Way>) {
    if *way.borrow_and_update() == Way::Cut {
        return;
    }
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    tokio::select! {
        _ended = copy_bidirectional(&mut client, &mut server) => return,
        _changed = way.changed() => {}
    }
    if *way.borrow() != Way::Cut {
        // Both sockets stay open and unread until the proxy ends.
        let _gone = way.wait_for(|way| *way == Way::Cut).await;
    }
}
