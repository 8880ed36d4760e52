//! A loopback port that is forwarded to the same port inside a namespace.

use std::net::Ipv4Addr;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::namespace::{Namespace, NamespaceHandle};

/// Forwards connections to the loopback interface of a namespace, also while the links of the namespace are cut. Ends on
/// drop.
#[derive(Debug)]
pub(crate) struct Tunnel {
    port: u16,
    task: JoinHandle<()>,
}

impl Tunnel {
    pub(crate) async fn open(namespace: &Namespace) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("there is a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let namespace = namespace.handle();
        let task = tokio::spawn(async move {
            // The connections end with this task.
            let mut connections = JoinSet::new();
            while let Ok((outside, _)) = listener.accept().await {
                connections.spawn(forward(outside, namespace.clone(), port));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { port, task }
    }

    /// Returns the port, which is the same outside and inside, because drivers check the port of a request.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(mut outside: TcpStream, namespace: NamespaceHandle, port: u16) {
    // Without a listener inside, the connection outside is closed.
    let Ok(Ok(inside)) = tokio::task::spawn_blocking(move || namespace.connect(port)).await else { return };
    let Ok(()) = inside.set_nonblocking(true) else { return };
    let Ok(mut inside) = TcpStream::from_std(inside) else { return };
    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
}
