//! The signaling server as a program on a host of its own.

use std::fs::{self, File, OpenOptions};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::namespace::Door;
use super::network::Host;
use crate::cast;
use crate::process::Group;
use crate::{programs, server};

const START: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// It serves the demo at `/`. Killed on drop.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    process: Option<Group>,
    options: Vec<String>,
    host: Host,
    folder: TempDir,
}

impl ServerProcess {
    pub(crate) const PORT: u16 = 8080;

    pub(crate) async fn start(host: Host, options: &[&str]) -> Self {
        let folder = TempDir::with_prefix("browser-rtc-e2e-").expect("a folder for temporary files can be made");
        let options = options.iter().map(ToString::to_string).collect();
        let mut server = Self { process: None, options, host, folder };
        server.spawn();
        Self::until_listening(server.door()).await;
        server
    }

    /// Runs it, without waiting until it listens.
    pub(crate) fn spawn(&mut self) {
        let mut command = self.host.namespace().command(&program());
        command.args(["--host", "0.0.0.0", "--port", &Self::PORT.to_string()]).args(&self.options);
        command.arg("--www").arg(server::demo());
        command.env("RUST_LOG", "debug").stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.open_log());
        self.process = Some(Group::spawn(&mut command).expect("the server runs"));
    }

    /// Kills the server with SIGKILL, so that it closes no socket.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    pub(crate) async fn until_listening(door: Door) {
        let begun = Instant::now();
        loop {
            let door = door.clone();
            let answer = tokio::task::spawn_blocking(move || door.connect(Self::PORT)).await;
            match answer.expect("no panic") {
                Ok(_) => return,
                Err(error) => assert!(begun.elapsed() < START, "the server does not listen: {error}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}:{}", self.host.address(), Self::PORT)
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    pub(crate) fn door(&self) -> Door {
        self.host.namespace().door()
    }

    /// Returns the output of the server so far, including that before restarts.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn open_log(&self) -> File {
        let file = OpenOptions::new().create(true).append(true).open(self.log_file());
        file.expect("the server's log can be written")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }
}

/// Returns the server that xtask has built and named, or the one in the target folder of the tests.
fn program() -> PathBuf {
    let beside = cast::target().join("debug/signaling-server");
    if programs::find("SIGNALING_SERVER", &[]).is_none() && beside.is_file() {
        return beside;
    }
    programs::require("SIGNALING_SERVER", &["signaling-server"])
}
