//! A TURN server for the relay tests, with a NAT in front of it. Without the NAT, browsers on this machine would never
//! find a server-reflexive address.

use crate::step::Step;
use crate::{Result, tools};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Ports of the server and the NAT. They are fixed because the addresses are compiled into the tests: other ports would
/// recompile them.
const PORTS: std::ops::Range<u16> = 34_780..34_880;

/// A running TURN server, which is stopped when this value is dropped.
#[derive(Debug)]
pub struct TurnServer {
    process: Child,
    /// `host:port` of the server, for UDP and TCP.
    pub address: String,
    /// `host:port` of the NAT in front of the server, for UDP.
    pub behind_nat: String,
}

impl TurnServer {
    /// Starts the server, with the user `ada` and the password `secret`.
    pub fn start() -> Result<Self> {
        let program = tools::turnserver()?;
        let host = own_address();
        let server = free_port(host)?;
        let folder = std::env::temp_dir();
        let mut command = Step::new(
            &program.to_string_lossy(),
            ["-n", "--lt-cred-mech", "--user=ada:secret", "--realm=example.org", "--no-tls", "--no-dtls", "--no-cli"],
        )
        .args([format!("--listening-port={}", server.port()), "--listening-ip".into(), host.to_string()])
        .args([format!("--relay-ip={host}"), "--allow-loopback-peers".into(), "--log-file=stdout".into()])
        .args([
            format!("--pidfile={}", folder.join(format!("turnserver-{}.pid", server.port())).display()),
            format!("--userdb={}", folder.join(format!("turnserver-{}.db", server.port())).display()),
        ])
        .into_command();
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let nat = nat(host, server).map_err(|error| format!("cannot start a NAT in front of {server}: {error}"))?;
        let mut started = Self { process, address: server.to_string(), behind_nat: nat.to_string() };
        started.wait_until_listening(server)?;
        Ok(started)
    }

    fn wait_until_listening(&mut self, server: SocketAddr) -> Result {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) {
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(format!("turnserver exited: {status}"));
            }
            if std::net::TcpStream::connect(server).is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(format!("turnserver does not listen on {server}"))
    }
}

impl Drop for TurnServer {
    fn drop(&mut self) {
        // Both fail only if the process has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the address of this machine on its default route, because Firefox uses no loopback addresses. No packet is
/// sent.
fn own_address() -> IpAddr {
    let leaving = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect((Ipv4Addr::new(203, 0, 113, 1), 9))?;
        socket.local_addr()
    };
    leaving().map_or(Ipv4Addr::LOCALHOST.into(), |address: SocketAddr| address.ip())
}

fn free_port(host: IpAddr) -> Result<SocketAddr> {
    PORTS
        .map(|port| SocketAddr::new(host, port))
        .find(|address| UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok())
        .ok_or_else(|| format!("no port in {PORTS:?} is free on {host}"))
}

/// Starts a NAT that forwards datagrams to `server` from a separate port for each client, and the answers back. The
/// server sees an address that is unknown to the client. The NAT runs until the program ends.
fn nat(host: IpAddr, server: SocketAddr) -> io::Result<SocketAddr> {
    let inside = PORTS
        .rev()
        .find_map(|port| UdpSocket::bind((host, port)).ok())
        .ok_or_else(|| io::Error::from(io::ErrorKind::AddrInUse))?;
    let inside = Arc::new(inside);
    let address = inside.local_addr()?;
    thread::spawn(move || {
        let mut mapped: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
        let mut datagram = [0; 2048];
        while let Ok((length, client)) = inside.recv_from(&mut datagram) {
            let outside = match mapped.get(&client) {
                Some(outside) => outside.clone(),
                None => {
                    let Ok(outside) = outside(host, server, client, &inside) else { continue };
                    mapped.insert(client, outside.clone());
                    outside
                }
            };
            // A lost datagram is not an error.
            let _ = outside.send(&datagram[..length]);
        }
    });
    Ok(address)
}

fn outside(
    host: IpAddr,
    server: SocketAddr,
    client: SocketAddr,
    inside: &Arc<UdpSocket>,
) -> io::Result<Arc<UdpSocket>> {
    let outside = Arc::new(UdpSocket::bind((host, 0))?);
    outside.connect(server)?;
    let (from, to) = (outside.clone(), inside.clone());
    thread::spawn(move || {
        let mut datagram = [0; 2048];
        while let Ok(length) = from.recv(&mut datagram) {
            // A lost datagram is not an error.
            let _ = to.send_to(&datagram[..length], client);
        }
    });
    Ok(outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nat_maps_address_and_forwards_answers() {
        let limit = Some(Duration::from_secs(10));
        let host = IpAddr::from(Ipv4Addr::LOCALHOST);
        let (server, client) = (UdpSocket::bind((host, 0)).unwrap(), UdpSocket::bind((host, 0)).unwrap());
        server.set_read_timeout(limit).unwrap();
        client.set_read_timeout(limit).unwrap();
        let nat = nat(host, server.local_addr().unwrap()).unwrap();
        client.send_to(b"ping", nat).unwrap();
        let mut datagram = [0; 16];
        let (length, seen) = server.recv_from(&mut datagram).unwrap();
        assert_eq!(&datagram[..length], b"ping");
        assert_ne!(seen, client.local_addr().unwrap());
        server.send_to(b"pong", seen).unwrap();
        let (length, from) = client.recv_from(&mut datagram).unwrap();
        assert_eq!((&datagram[..length], from), (b"pong".as_slice(), nat));
    }
}
