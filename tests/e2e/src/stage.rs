//! One scene: a server, browsers and a time limit.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::time::Duration;

use browser_rtc_signaling::Config;
use futures::FutureExt;

use crate::browser::{Browser, INSECURE_HOST, Setup};
use crate::browsers::{self, Browsers};
use crate::native_peer::NativePeer;
use crate::page::Page;
use crate::proxy::Proxy;
use crate::server::DemoServer;
use crate::site::Site;

/// The time limit of a scene.
const LIMIT: Duration = Duration::from_secs(600);

/// Held by the running scene. Scenes run one at a time, because browsers that share a small machine are too slow for
/// meaningful results.
pub(crate) static SERIAL: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The environment of a scene: a separate server, and the browsers that are opened.
#[derive(Debug)]
pub struct Stage {
    server: DemoServer,
    browsers: Browsers,
}

/// Plays a scene. Scenes do not run concurrently, and a scene leaves its browsers to the next ones. If a scene fails, its
/// browsers end, and there is a screenshot of each in `target/e2e`.
///
/// # Panics
/// If the scene panics or takes longer than ten minutes.
pub async fn play(scene: &str, body: impl AsyncFnOnce(&Stage)) {
    let _serial = SERIAL.lock().await;
    let stage = Stage { server: DemoServer::start().await, browsers: Browsers::default() };
    if let Err(panic) = run_limited(LIMIT, scene, &stage.browsers, body(&stage)).await {
        drop(stage);
        resume_unwind(panic);
    }
    stage.browsers.leave().await;
}

/// Runs a scene with a time limit. Returns its panic, or that of the limit, after diagnostics and screenshots of its
/// pages have been saved.
pub(crate) async fn run_limited(
    limit: Duration,
    scene: &str,
    browsers: &Browsers,
    body: impl Future<Output = ()>,
) -> std::thread::Result<()> {
    let limited = async {
        let outcome = tokio::time::timeout(limit, body).await;
        assert!(outcome.is_ok(), "{scene} took longer than {} s", limit.as_secs());
    };
    let outcome = AssertUnwindSafe(limited).catch_unwind().await;
    if outcome.is_err() {
        browsers.print_diagnostics().await;
        browsers.save_screenshots(scene).await;
    }
    outcome
}

impl Stage {
    /// Opens the demo, and joins the room under this name.
    pub async fn join(&self, setup: impl Into<Setup>, name: &str) -> Page {
        let page = self.open(setup, name, "/").await;
        page.join("lobby").await;
        page
    }

    /// Opens this path of the server in a new browser.
    pub async fn open(&self, setup: impl Into<Setup>, name: &str, path: &str) -> Page {
        self.open_url(setup.into(), name, &format!("{}{path}", self.server.url())).await
    }

    /// Opens a browser without a page, for pages other than the demo.
    pub async fn open_blank(&self, setup: impl Into<Setup>, name: &str) -> Page {
        self.browsers.open_blank(setup.into(), Site::default(), name).await
    }

    /// Returns the URL of the server without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Joins like [`join`](Self::join), through a proxy whose connections can be cut.
    pub async fn join_through(&self, proxy: &Proxy, setup: impl Into<Setup>, name: &str) -> Page {
        let page = self.open_url(setup.into(), name, &proxy.url()).await;
        page.join("lobby").await;
        page
    }

    /// Starts a native peer that joins the room under this name.
    #[must_use]
    pub fn native_peer(&self, name: &str, options: &[&str]) -> NativePeer {
        let server = format!("{}/signal", self.server.url().replacen("http", "ws", 1));
        NativePeer::start(&server, name, options)
    }

    /// Starts a proxy to the server whose connections can be cut.
    pub async fn proxy(&self) -> Proxy {
        Proxy::start(self.server.address()).await
    }

    /// Replaces the server, which may have been stopped, with another one.
    pub async fn restart_server(&self) {
        self.server.restart(|_config| {}).await;
    }

    /// Replaces the server with one whose configuration is changed by `change`.
    pub async fn restart_server_with(&self, change: impl FnOnce(&mut Config)) {
        self.server.restart(change).await;
    }

    /// Replaces the server with one that serves the compressed build of the demo.
    pub async fn serve_build(&self) {
        self.server.serve_build().await;
    }

    /// Stops the server.
    pub fn stop_server(&self) {
        self.server.stop();
    }

    /// Shuts the server down gracefully, and waits for its end.
    pub async fn drain_server(&self) {
        self.server.drain().await;
    }

    /// Opens the demo in Chrome over http, under a host name that is not a secure origin.
    pub async fn open_insecurely(&self, name: &str) -> Page {
        let url = self.server.url().replace("localhost", INSECURE_HOST);
        self.open_url(Browser::Chrome.into(), name, &url).await
    }

    async fn open_url(&self, setup: Setup, name: &str, url: &str) -> Page {
        self.browsers.open(setup, Site::default(), name, url).await
    }

    /// Returns the folder for temporary files of each open browser.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        self.browsers.folders()
    }

    /// Returns the file of the screenshot of a page after a failure, which is in `e2e` in the target folder.
    #[must_use]
    pub fn screenshot(scene: &str, name: &str) -> PathBuf {
        browsers::screenshot(scene, name)
    }
}
