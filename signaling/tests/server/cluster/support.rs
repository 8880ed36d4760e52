//! Redis as a program, and servers in this process or as programs.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use browser_rtc_signaling::server::{Config, Limits};
use browser_rtc_signaling::{ErrorCode, Joined, ServerError, ServerMessage};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use crate::ports;
use crate::support::{Client, Running, soon, start};

/// Ends with the test.
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
    /// None where there is no `redis-server`.
    pub async fn start() -> Option<Self> {
        Self::start_with(&[]).await
    }

    /// One that has its data again after a restart. What it has answered it has written, and the system has that also
    /// once it is killed: nothing waits for a disk.
    pub async fn start_durable() -> Option<Self> {
        Self::start_with(&["--appendonly", "yes", "--appendfsync", "no"]).await
    }

    pub async fn start_with(args: &'static [&'static str]) -> Option<Self> {
        let there = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        if !there.is_ok_and(|status| status.success()) {
            println!("left out: there is no redis-server (Debian: apt-get install redis-server)");
            return None;
        }
        let mut redis = Self { port: ports::free(), program: None, dir: tempfile::tempdir().unwrap(), args };
        // Another process may have taken the port meanwhile.
        for _ in 0..10 {
            if redis.runs().await {
                return Some(redis);
            }
            redis.port = ports::free();
        }
        panic!("redis-server ends at once on every port");
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn stop(&mut self) {
        self.program.take();
    }

    /// Starts again, on the same port.
    pub async fn go_on(&mut self) {
        assert!(self.runs().await, "redis-server ends at once on its port of before");
    }

    /// Starts it, and tells whether it has stayed until it could be asked.
    async fn runs(&mut self) -> bool {
        let mut command = Command::new("redis-server");
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]);
        command.arg(self.dir.path()).args(self.args).stdout(Stdio::null()).stderr(Stdio::null());
        let mut program = Program(command.spawn().unwrap());
        // Whoever else has the port answers as well.
        let itself = format!("process_id:{}\r\n", program.0.id());
        let runs = soon(async {
            loop {
                let answer = self.try_ask("PING\r\nINFO server").await;
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

    pub async fn ask(&self, command: &str) -> String {
        self.try_ask(command).await.unwrap()
    }

    /// Holds it still, as a machine that has no time for it.
    pub fn hang(&self) {
        self.signal("-STOP");
    }

    pub fn wake(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.program.as_ref().unwrap().0.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// How many there have been.
    pub async fn connections(&self) -> u64 {
        let stats = self.ask("INFO stats").await;
        let count = stats.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
        count.unwrap().trim().parse().unwrap()
    }

    pub async fn expect_ok(&self, command: &str) {
        let answer = self.ask(command).await;
        assert!(answer.starts_with("+OK"), "{command}: {answer}");
    }

    async fn try_ask(&self, command: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    }

    pub fn config(&self) -> Config {
        let limits = Limits { drain: Duration::ZERO, ..Limits::default() };
        Config { redis: Some(self.url().into()), grace: Duration::from_secs(3600), limits, ..Config::default() }
    }

    pub async fn server(&self) -> Running {
        start(self.config()).await
    }

    pub async fn server_with(&self, limits: Limits) -> Running {
        start(Config { limits, ..self.config() }).await
    }

    /// A server whose way to Redis is this cable.
    pub async fn server_by(&self, cable: &Cable) -> Running {
        start(Config { redis: Some(cable.url.as_str().into()), ..self.config() }).await
    }

    /// A server in a process of its own.
    pub fn program(&self, grace_ms: u32) -> (Running, Program) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_signaling-server"))
            .args(["--port", "0", "--redis", &self.url(), "--grace-ms", &grace_ms.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr: SocketAddr = line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap();
        (Running::elsewhere(addr), Program(child))
    }
}

/// Whatever was told to anybody before has arrived, once this has: it is told to everybody else.
pub async fn all_hear(from: &mut Client, others: &mut [&mut Client], word: &str) {
    from.say(word).await;
    for other in others {
        other.expect_say(&from.id, word).await;
    }
}

/// Until the server, which has lost Redis, goes on without it. What was wrong with a frame is told after that alone.
pub async fn until_alone(server: &Running, somebody: &mut Client) {
    soon(async { while server.get("/readyz").await.0.starts_with("http/1.1 200") {} }).await;
    somebody.send_text("nonsense").await;
    somebody.expect_error(ErrorCode::BadMessage).await;
}

/// Joins as soon as the server can seat anybody.
pub async fn join_when_possible(server: &Running, room: &str, name: &str) -> Client {
    join_when(server, room, name, ErrorCode::Unavailable).await
}

pub async fn refused(server: &Running, room: &str, name: &str, expected: ErrorCode) {
    let mut client = server.connect().await;
    let answer = client.ask_to_join(room, name).await;
    assert!(matches!(&answer, ServerMessage::Error(ServerError { code, .. }) if *code == expected), "{answer:?}");
}

/// Joins once that is no longer refused for this reason.
pub async fn join_when(server: &Running, room: &str, name: &str, not: ErrorCode) -> Client {
    soon(async {
        loop {
            let mut client = server.connect().await;
            match client.ask_to_join(room, name).await {
                ServerMessage::Joined(Joined { you, resume, .. }) => {
                    client.id = you.id;
                    client.token = resume;
                    return client;
                }
                ServerMessage::Error(ServerError { code, .. }) if code == not => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                other => panic!("not joined but {other:?}"),
            }
        }
    })
    .await
}

/// A cable to Redis that can be pulled.
pub struct Cable {
    pub url: String,
    plugged: watch::Sender<bool>,
    /// Whether what subscribes to a room goes no further, and whether something has come so far.
    held: Arc<watch::Sender<(bool, bool)>>,
    _task: AbortOnDropHandle<()>,
}

impl Cable {
    pub async fn to(redis: &Redis) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let (plugged, is_plugged) = watch::channel(true);
        let held = Arc::new(watch::Sender::new((false, false)));
        let (to, holding) = (redis.port, Arc::clone(&held));
        let task = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut is_plugged = is_plugged.clone();
                if !*is_plugged.borrow() {
                    continue;
                }
                let held = Arc::clone(&holding);
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                    let ((mut said, mut told), (mut asked, mut answered)) = (far.split(), near.split());
                    let ask = async {
                        let mut chunk = vec![0; 64 * 1024];
                        while let Ok(count @ 1..) = asked.read(&mut chunk).await {
                            let chunk = &chunk[..count];
                            if held.borrow().0 && chunk.windows(10).any(|word| word == b"SSUBSCRIBE") {
                                held.send_replace((true, true));
                                let _ = held.subscribe().wait_for(|(held, _)| !held).await;
                            }
                            told.write_all(chunk).await.unwrap_or_default();
                        }
                    };
                    tokio::select! {
                        () = ask => {}
                        _ended = tokio::io::copy(&mut said, &mut answered) => {}
                        _pulled = is_plugged.wait_for(|plugged| !plugged) => {}
                    }
                });
            }
        });
        Self { url, plugged, held, _task: AbortOnDropHandle::new(task) }
    }

    /// From here on, what subscribes to a room, and what is asked after it, stays in the cable: and nobody is told.
    pub fn hold_subscriptions(&self) {
        self.held.send_replace((true, false));
    }

    pub async fn until_something_is_held(&self) {
        let _ = soon(self.held.subscribe().wait_for(|(_, something)| *something)).await;
    }

    pub fn let_go(&self) {
        self.held.send_replace((false, false));
    }

    pub fn plug(&self, plugged: bool) {
        self.plugged.send_replace(plugged);
    }
}
