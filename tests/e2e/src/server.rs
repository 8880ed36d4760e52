//! The signaling server in the process of the test, which serves the demo.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use browser_rtc_signaling::{Config, Server};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::site::free_port;

const TIMEOUT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// The path of the test scripts. The content security policy of the pages allows only scripts of the server.
pub(crate) const SCRIPTS: &str = "/scripts";

/// The path of the program of the room.
const ROOM: &str = "/pkg";

/// The signaling server on a free loopback port, with the demo at `/`, the npm package at `/npm` and the folders of the
/// examples under `/examples`. Ends on drop.
#[derive(Debug)]
pub struct DemoServer {
    url: String,
    config: Mutex<Config>,
    running: Mutex<Running>,
}

/// A server that runs in this process.
#[derive(Debug)]
struct Running {
    task: JoinHandle<()>,
    shutdown: Option<oneshot::Sender<()>>,
}

impl Running {
    fn new(server: Server) -> Self {
        let (shutdown, requested) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            // Without a shutdown, the task of the server is aborted.
            if requested.await.is_err() {
                std::future::pending::<()>().await;
            }
        }));
        Self { task, shutdown: Some(shutdown) }
    }
}

impl DemoServer {
    /// Serves the compressed build of the demo instead of its sources.
    pub async fn serve_build(&self) {
        let scripts = (SCRIPTS.to_owned(), workspace().join("tests/e2e/tests/demo"));
        self.restart(|config| config.static_dirs = vec![("/".to_owned(), built_demo()), scripts]).await;
    }

    /// Serves a program of the room that arrives on demand: see `late/browser_rtc_demo.js`.
    pub async fn serve_late_room(&self) {
        let late = workspace().join("tests/e2e/tests/demo/late");
        self.mount(&[(ROOM, late), ("/program", demo().join("pkg"))]).await;
    }

    /// Serves the demo without the program of the room.
    pub async fn serve_no_room(&self) {
        self.mount(&[(ROOM, workspace().join("tests/e2e/tests/demo"))]).await;
    }

    /// Serves the program of the room again.
    pub async fn serve_room(&self) {
        self.restart(|config| config.static_dirs.retain(|(path, _)| path != ROOM)).await;
    }

    async fn mount(&self, dirs: &[(&str, PathBuf)]) {
        let dirs = dirs.iter().map(|(path, folder)| ((*path).to_owned(), folder.clone()));
        self.restart(|config| config.static_dirs.extend(dirs)).await;
    }

    /// Starts the server with the pages that have been built.
    pub async fn start() -> Self {
        let npm = workspace().join("npm/dist");
        assert!(npm.is_dir(), "npm/dist does not exist: `cargo xtask npm` builds it");
        let scripts = workspace().join("tests/e2e/tests/demo");
        let examples = workspace().join("examples");
        let dirs = [("/", demo()), ("/npm", npm), (SCRIPTS, scripts), ("/examples", examples)];
        let dirs = dirs.map(|(prefix, folder)| (prefix.to_owned(), folder)).to_vec();
        // This port is not assigned to another program while the server is stopped.
        let mut config = Config::new().listen((Ipv4Addr::LOCALHOST, free_port())).static_dirs(dirs);
        let server = Server::bind(config.clone()).await.expect("the server gets a port");
        config.listen = server.local_addr();
        // With this host name, the page is a secure context and can use a camera.
        let url = format!("http://localhost:{}", server.local_addr().port());
        Self { url, config: config.into(), running: Running::new(server).into() }
    }

    /// Returns the URL of the demo without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl DemoServer {
    /// Returns the address on which the server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        lock(&self.config).listen
    }

    /// Ends the server, and with it the sockets of its clients.
    pub fn stop(&self) {
        lock(&self.running).task.abort();
    }

    /// Shuts the server down gracefully, and waits until its clients have been asked to reconnect.
    ///
    /// # Panics
    /// If this takes longer than a minute.
    pub async fn drain(&self) {
        let shutdown = lock(&self.running).shutdown.take();
        if let Some(shutdown) = shutdown {
            // The server may have ended already.
            let _ = shutdown.send(());
        }
        let started = Instant::now();
        while !lock(&self.running).task.is_finished() {
            assert!(started.elapsed() < TIMEOUT, "the server did not end within {} s", TIMEOUT.as_secs());
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Replaces the server with another one on the same port, whose configuration is changed by `change`.
    ///
    /// # Panics
    /// If the port is not free within a minute.
    pub async fn restart(&self, change: impl FnOnce(&mut Config)) {
        let config = {
            let mut config = lock(&self.config);
            change(&mut config);
            config.clone()
        };
        self.stop();
        let started = Instant::now();
        let server = loop {
            match Server::bind(config.clone()).await {
                Ok(server) => break server,
                // The task of the previous server ends when it is next polled.
                Err(_) if started.elapsed() < TIMEOUT => tokio::time::sleep(PAUSE).await,
                Err(error) => panic!("the server cannot bind its port again: {error}"),
            }
        };
        *lock(&self.running) = Running::new(server);
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the build of the demo for a server.
pub(crate) fn built_demo() -> PathBuf {
    built(&workspace(), "www/dist/index.html", "cargo xtask demo --build")
}

/// Returns the folder of the demo.
pub(crate) fn demo() -> PathBuf {
    let www = workspace().join("www");
    for program in ["lobby/pkg/browser_rtc_lobby_bg.wasm", "pkg/browser_rtc_demo_bg.wasm"] {
        built(&www, program, "cargo xtask demo --build");
    }
    www
}

/// Returns the folder of a file, and panics if the file has not been built.
fn built(root: &Path, file: &str, command: &str) -> PathBuf {
    let file = root.join(file);
    assert!(file.is_file(), "{} does not exist: `{command}` builds it", file.display());
    file.parent().expect("a file is in a folder").to_path_buf()
}

/// Returns the folder of the workspace. The variable at run time takes precedence, because two clones that share a
/// target folder share the test program.
fn workspace() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.join("../..").canonicalize().expect("the workspace is two folders up")
}
