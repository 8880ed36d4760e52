//! TURN credentials for clients, tested with coturn.

use std::{
    io::Read,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use browser_rtc_proto::signaling::{IceServer, Joined, ServerMessage};
use browser_rtc_signaling::{Config, TurnServer};
use tempfile::TempDir;

use crate::{
    ports,
    support::{start, with_timeout},
};

const SECRET: &str = "north";

/// A child process that is killed when dropped.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only if the process has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Coturn {
    _process: Program,
    address: SocketAddr,
    client: PathBuf,
    _folder: TempDir,
}

impl Coturn {
    /// Returns `None` if coturn is not installed.
    fn start() -> Option<Self> {
        let (server, client) = (program("turnserver")?, program("turnutils_uclient")?);
        let folder = TempDir::new().unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::reserve()));
        let file = |name: &str| folder.path().join(name).display().to_string();
        let process = Command::new(server)
            .args(["-n", "--use-auth-secret", "--realm=example.org", "--no-tls", "--no-dtls", "--no-cli"])
            .args([format!("--static-auth-secret={SECRET}"), format!("--listening-port={}", address.port())])
            .args(["--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers", "--log-file=stdout"])
            .args([format!("--pidfile={}", file("pid")), format!("--userdb={}", file("db"))])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let coturn = Self { _process: Program(process), address, client, _folder: folder };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < Duration::from_secs(60), "turnserver does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(coturn)
    }

    /// Returns whether a message can be sent through two allocations.
    async fn relays(&self, credentials: &IceServer) -> bool {
        let mut client = Command::new(&self.client);
        client.args(["-y", "-c", "-n", "1", "-m", "1", "-p", &self.address.port().to_string()]);
        client.args(["-u", credentials.username.as_ref().unwrap(), "-w", credentials.credential.as_ref().unwrap()]);
        client.arg("127.0.0.1").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut client = Program(client.spawn().unwrap());
        let mut output = client.0.stdout.take().unwrap();
        let log = tokio::task::spawn_blocking(move || {
            let mut log = Vec::new();
            output.read_to_end(&mut log).map(|_| String::from_utf8_lossy(&log).into_owned())
        });
        let log = with_timeout(log).await.unwrap().unwrap();
        let success = client.0.wait().unwrap().success();
        assert!(success || log.contains("Cannot complete Allocation"), "{log}");
        success
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let found = std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file());
    if found.is_none() {
        eprintln!("skipped: {name} is not installed; `cargo xtask setup` installs coturn");
    }
    found
}

/// Returns the id and the TURN credentials of a client that joins.
async fn received_credentials(secret: &str, lifetime: Duration) -> (String, IceServer) {
    let turn = TurnServer::new(["turn:127.0.0.1?transport=udp"], secret).lifetime(lifetime);
    let server = start(Config::new().turn(Some(turn)).ice_servers(vec![IceServer::stun("stun:s")])).await;
    let mut ada = server.connect().await;
    match ada.try_join("r", "Ada").await {
        ServerMessage::Joined(Joined { you, ice_servers, .. }) => match <[_; 2]>::try_from(ice_servers).unwrap() {
            [stun, turn] => {
                assert_eq!(stun, IceServer::stun("stun:s"));
                (you.id.to_string(), turn)
            }
        },
        other => panic!("expected joined, received {other:?}"),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test]
async fn credentials_are_personal_and_expire() {
    let before = now();
    let (id, turn) = received_credentials(SECRET, Duration::from_secs(3600)).await;
    assert_eq!(turn.urls, ["turn:127.0.0.1?transport=udp"]);
    let username = turn.username.unwrap();
    let (expires, name) = username.split_once(':').unwrap();
    assert_eq!(name, id);
    assert!((before + 3600..=now() + 3600).contains(&expires.parse().unwrap()), "{expires}");
}

#[tokio::test]
async fn coturn_accepts_credentials_until_expiry() {
    let Some(coturn) = Coturn::start() else { return };
    let (_, short) = received_credentials(SECRET, Duration::from_secs(1)).await;
    let (_, good) = received_credentials(SECRET, Duration::from_secs(3600)).await;
    let (_, foreign) = received_credentials("south", Duration::from_secs(3600)).await;
    assert!(coturn.relays(&good).await);
    assert!(!coturn.relays(&foreign).await);
    let expires: u64 = short.username.as_ref().unwrap().split(':').next().unwrap().parse().unwrap();
    while now() <= expires {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!coturn.relays(&short).await);
    // A client cannot extend the lifetime of its credentials.
    let mut longer = good;
    longer.username = longer.username.map(|name| name.replacen('1', "2", 1));
    assert!(!coturn.relays(&longer).await);
}
