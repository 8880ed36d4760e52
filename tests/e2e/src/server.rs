//! The signaling server in this process, serving the demo.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use browser_rtc_signaling::{Config, Server};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::site::free_port;

const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);

/// The path of the scripts of the tests: the pages' policy allows only scripts of the server.
pub(crate) const SCRIPTS: &str = "/scripts";

/// The real server on a free port of the loopback, with the demo at `/`, the npm package at `/npm` and the folders of the
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
        let (shutdown, asked) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            // A server that is dropped ends by itself.
            if asked.await.is_err() {
                std::future::pending::<()>().await;
            }
        }));
        Self { task, shutdown: Some(shutdown) }
    }
}

impl DemoServer {
    /// Starts it on the pages as they have been built.
    pub async fn start() -> Self {
        let npm = built(&workspace(), "pkg/browser_rtc_bg.wasm", "wasm-pack build --target web");
        let scripts = workspace().join("tests/e2e/tests/demo");
        let examples = workspace().join("examples");
        let dirs = [("/", demo()), ("/npm", npm), (SCRIPTS, scripts), ("/examples", examples)];
        let dirs = dirs.map(|(prefix, folder)| (prefix.to_owned(), folder)).to_vec();
        // The port is not given to another program while the server is stopped.
        let mut config = Config::new().listen((Ipv4Addr::LOCALHOST, free_port())).static_dirs(dirs);
        let server = Server::bind(config.clone()).await.expect("the server gets a port");
        config.listen = server.local_addr();
        // By this name the page is a secure one, and so has a camera.
        let url = format!("http://localhost:{}", server.local_addr().port());
        Self { url, config: config.into(), running: Running::new(server).into() }
    }

    /// The address of the demo's page, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl DemoServer {
    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        lock(&self.config).listen
    }

    /// Ends it, and with it the sockets of its clients.
    pub fn stop(&self) {
        lock(&self.running).task.abort();
    }

    /// Shuts it down as a deployment does, and waits until it has told its clients to come back.
    ///
    /// # Panics
    /// When that takes longer than a minute.
    pub async fn drain(&self) {
        let shutdown = lock(&self.running).shutdown.take();
        shutdown.into_iter().for_each(|shutdown| shutdown.send(()).unwrap_or_default());
        let begun = Instant::now();
        while !lock(&self.running).task.is_finished() {
            assert!(begun.elapsed() < PATIENCE, "the server does not end within {} s", PATIENCE.as_secs());
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Starts another one on the same port, with the configuration as `change` leaves it.
    ///
    /// # Panics
    /// When the port is not to be had.
    pub async fn restart(&self, change: impl FnOnce(&mut Config)) {
        let config = {
            let mut config = lock(&self.config);
            change(&mut config);
            config.clone()
        };
        self.stop();
        let begun = Instant::now();
        let server = loop {
            match Server::bind(config.clone()).await {
                Ok(server) => break server,
                // The former one ends at its next turn.
                Err(_) if begun.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
                Err(error) => panic!("the server does not get its port back: {error}"),
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

/// The demo's folder.
pub(crate) fn demo() -> PathBuf {
    let pkg = built(&workspace(), "www/pkg/browser_rtc_demo_bg.wasm", "wasm-pack build www --target web");
    pkg.parent().expect("pkg is in www").to_path_buf()
}

/// The folder of a wasm that has to have been built.
fn built(root: &Path, wasm: &str, command: &str) -> PathBuf {
    let file = root.join(wasm);
    assert!(file.is_file(), "{wasm} is missing: `{command}` builds it");
    file.parent().expect("a file is in a folder").to_path_buf()
}

/// Cargo's word at run time comes first: a target folder shared by two clones has one test program.
fn workspace() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.join("../..").canonicalize().expect("the workspace is two folders up")
}
