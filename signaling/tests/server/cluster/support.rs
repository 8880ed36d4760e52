//! Redis processes, and servers in this process or in separate ones.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use browser_rtc_proto::signaling::{ErrorCode, Joined, ServerError, ServerMessage, close};
use browser_rtc_signaling::{Config, Limits};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    ports,
    support::{Client, TestServer, start, with_timeout},
};

/// A process that is killed when dropped.
pub struct Program(Child);

impl Program {
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

pub struct Redis {
    pub port: u16,
    program: Option<Program>,
    dir: TempDir,
    args: &'static [&'static str],
}

impl Redis {
    /// Returns `None` if `redis-server` is not installed.
    pub async fn start() -> Option<Self> {
        Self::start_with(&[]).await
    }

    /// Starts a Redis that keeps its data over a restart. It writes before it answers, and the system keeps written
    /// data when the process is killed, so no sync to the disk is needed.
    pub async fn start_durable() -> Option<Self> {
        Self::start_with(&["--appendonly", "yes", "--appendfsync", "no"]).await
    }

    pub async fn start_with(args: &'static [&'static str]) -> Option<Self> {
        let version = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        if !version.is_ok_and(|status| status.success()) {
            println!("skipped: redis-server is not installed (Debian: apt-get install redis-server)");
            return None;
        }
        let mut redis = Self { port: ports::reserve(), program: None, dir: tempfile::tempdir().unwrap(), args };
        // Another process may have taken the port in the meantime.
        for _ in 0..10 {
            if redis.runs().await {
                return Some(redis);
            }
            redis.port = ports::reserve();
        }
        panic!("redis-server exits on every port");
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn stop(&mut self) {
        self.program.take();
    }

    /// Starts Redis again, on the same port.
    pub async fn restart(&mut self) {
        assert!(self.runs().await, "redis-server exits on its previous port");
    }

    /// Starts Redis. Returns whether it answers.
    async fn runs(&mut self) -> bool {
        let mut command = Command::new("redis-server");
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]);
        command.arg(self.dir.path()).args(self.args).stdout(Stdio::null()).stderr(Stdio::null());
        let mut program = Program(command.spawn().unwrap());
        // Another process on the port would answer as well.
        let itself = format!("process_id:{}\r\n", program.0.id());
        let runs = with_timeout(async {
            loop {
                let answer = self.try_query("PING\r\nINFO server").await;
                if answer.is_some_and(|answer| answer.starts_with("+PONG") && answer.contains(&itself)) {
                    return true;
                }
                if program.0.try_wait().unwrap().is_some() {
                    return false;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        self.program = Some(program);
        runs
    }

    pub async fn query(&self, command: &str) -> String {
        self.try_query(command).await.unwrap()
    }

    /// Pauses the process.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    pub fn unpause(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.program.as_ref().unwrap().0.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Returns the number of connections since the start.
    pub async fn connections(&self) -> u64 {
        let stats = self.query("INFO stats").await;
        let count = stats.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
        count.unwrap().trim().parse().unwrap()
    }

    pub async fn expect_ok(&self, command: &str) {
        let answer = self.query(command).await;
        assert!(answer.starts_with("+OK"), "{command}: {answer}");
    }

    async fn try_query(&self, command: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    }

    pub fn config(&self) -> Config {
        let limits = Limits::new().drain_time(Duration::ZERO);
        Config::new().redis(Some(self.url().into())).grace(Duration::from_secs(3600)).limits(limits)
    }

    pub async fn server(&self) -> TestServer {
        start(self.config()).await
    }

    pub async fn server_with(&self, limits: Limits) -> TestServer {
        start(self.config().limits(limits)).await
    }

    /// Starts a server that is connected to Redis through a proxy.
    pub async fn server_via(&self, proxy: &RedisProxy) -> TestServer {
        start(self.config().redis(Some(proxy.url.as_str().into()))).await
    }

    /// Starts a server in a separate process.
    pub fn program(&self, grace_ms: u32) -> (TestServer, Program) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_signaling-server"))
            .args(["--port", "0", "--redis", &self.url(), "--grace-ms", &grace_ms.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr: SocketAddr = line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap();
        (TestServer::external(addr), Program(child))
    }
}

/// Sends a message to all peers and waits for it, so that all earlier frames have arrived as well.
pub async fn say_to_all(from: &mut Client, others: &mut [&mut Client], word: &str) {
    from.say(word).await;
    for other in others {
        other.expect_say(&from.id, word).await;
    }
}

/// Expects that the server closes the socket because Redis is unavailable. Frames before that are skipped.
pub async fn expect_unavailable(client: &mut Client) {
    assert_eq!(client.close_code().await, close::TRY_AGAIN_LATER);
}

pub async fn is_ready(server: &TestServer) -> bool {
    server.get("/readyz").await.0.starts_with("http/1.1 200")
}

pub async fn wait_until_ready(server: &TestServer) {
    with_timeout(async { while !is_ready(server).await {} }).await;
}

/// Joins as soon as the server can assign seats.
pub async fn join_when_available(server: &TestServer, room: &str, name: &str) -> Client {
    join_once_not(server, room, name, ErrorCode::Unavailable).await
}

pub async fn expect_join_refused(server: &TestServer, room: &str, name: &str, expected: ErrorCode) {
    let mut client = server.connect().await;
    let answer = client.try_join(room, name).await;
    assert!(matches!(&answer, ServerMessage::Error(ServerError { code, .. }) if *code == expected), "{answer:?}");
}

/// Joins once the join is no longer refused with this code.
pub async fn join_once_not(server: &TestServer, room: &str, name: &str, not: ErrorCode) -> Client {
    with_timeout(async {
        loop {
            let mut client = server.connect().await;
            match client.try_join(room, name).await {
                ServerMessage::Joined(Joined { you, resume, .. }) => {
                    client.id = you.id;
                    client.token = resume;
                    return client;
                }
                ServerMessage::Error(ServerError { code, .. }) if code == not => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                other => panic!("expected joined, received {other:?}"),
            }
        }
    })
    .await
}

/// A proxy to Redis that can be disconnected, and that can lose published entries.
pub struct RedisProxy {
    pub url: String,
    connected: watch::Sender<bool>,
    loses_entries: Arc<AtomicBool>,
    _task: AbortOnDropHandle<()>,
}

impl RedisProxy {
    pub async fn to(redis: &Redis) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let (connected, is_connected) = watch::channel(true);
        let loses_entries = Arc::new(AtomicBool::new(false));
        let (to, losing) = (redis.port, Arc::clone(&loses_entries));
        let task = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut is_connected = is_connected.clone();
                if !*is_connected.borrow() {
                    continue;
                }
                let losing = Arc::clone(&losing);
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(("127.0.0.1", to)).await else { return };
                    let ((mut far_read, mut far_write), (mut near_read, mut near_write)) = (far.split(), near.split());
                    let answers = async {
                        let mut bytes = Vec::new();
                        while let Ok(1..) = far_read.read_buf(&mut bytes).await {
                            while let Some(length) = answer_length(&bytes) {
                                let answer: Vec<_> = bytes.drain(..length).collect();
                                let is_entry = answer.starts_with(b">") && answer.windows(8).any(|w| w == b"smessage");
                                if !is_entry || !losing.load(Ordering::Relaxed) {
                                    // The server may have closed the connection, which ends the copying below.
                                    let _ = near_write.write_all(&answer).await;
                                }
                            }
                        }
                    };
                    tokio::select! {
                        () = answers => {}
                        _ended = tokio::io::copy(&mut near_read, &mut far_write) => {}
                        _disconnected = is_connected.wait_for(|connected| !connected) => {}
                    }
                });
            }
        });
        Self { url, connected, loses_entries, _task: AbortOnDropHandle::new(task) }
    }

    pub fn set_connected(&self, connected: bool) {
        self.connected.send_replace(connected);
    }

    /// Sets whether published entries are lost.
    pub fn lose_entries(&self, lose: bool) {
        self.loses_entries.store(lose, Ordering::Relaxed);
    }
}

/// Returns the length of the first answer in bytes, or `None` if it is incomplete.
fn answer_length(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(2).position(|end| end == b"\r\n")? + 2;
    let number = || std::str::from_utf8(&bytes[1..end - 2]).unwrap().parse::<i64>().unwrap();
    let parts = match bytes[0] {
        b'$' | b'=' | b'!' if number() >= 0 => {
            let length = end + usize::try_from(number()).unwrap() + 2;
            return (bytes.len() >= length).then_some(length);
        }
        b'*' | b'>' | b'~' => number(),
        b'%' => number() * 2,
        _ => 0,
    };
    (0..parts).try_fold(end, |at, _| Some(at + answer_length(bytes.get(at..)?)?))
}
