//! The signaling server as a process on a separate host.

use std::fs::{self, File, OpenOptions};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::namespace::NamespaceHandle;
use super::network::Host;
use crate::browsers;
use crate::process::Group;
use crate::{programs, server};

const START: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// A server process, which serves the demo at `/`. Killed on drop.
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
        let folder = TempDir::with_prefix("browser-rtc-e2e-").expect("a temporary folder can be created");
        let options = options.iter().map(ToString::to_string).collect();
        let mut server = Self { process: None, options, host, folder };
        server.spawn();
        Self::until_listening(server.namespace()).await;
        server
    }

    /// Starts the process without waiting until it listens.
    pub(crate) fn spawn(&mut self) {
        let mut command = self.host.namespace().command(&program());
        command.args(["--host", "0.0.0.0", "--port", &Self::PORT.to_string()]).args(&self.options);
        command.arg("--www").arg(server::demo());
        command.env("RUST_LOG", "debug").stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.open_log());
        self.process = Some(Group::spawn(&mut command).expect("the server starts"));
    }

    /// Kills the server with SIGKILL, so that it closes no socket gracefully.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    pub(crate) async fn until_listening(namespace: NamespaceHandle) {
        let started = Instant::now();
        loop {
            let namespace = namespace.clone();
            let connected = tokio::task::spawn_blocking(move || namespace.connect(Self::PORT)).await;
            match connected.expect("connecting does not panic") {
                Ok(_) => return,
                Err(error) => assert!(started.elapsed() < START, "the server is not listening: {error}"),
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

    pub(crate) fn namespace(&self) -> NamespaceHandle {
        self.host.namespace().handle()
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

/// Returns the server that `SIGNALING_SERVER` names, or the one in the target folder of the tests.
fn program() -> PathBuf {
    let built = browsers::target().join("debug/signaling-server");
    if programs::find("SIGNALING_SERVER", &[]).is_none() && built.is_file() {
        return built;
    }
    programs::require("SIGNALING_SERVER", &["signaling-server"])
}
