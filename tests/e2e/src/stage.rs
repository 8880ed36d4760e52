//! One scene: a server, some browsers, and a limit to the time it takes.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::time::Duration;

use browser_rtc_signaling::Config;
use futures::FutureExt;

use crate::browser::{Browser, INSECURE_HOST, Setup};
use crate::cast::{self, Cast};
use crate::native_peer::NativePeer;
use crate::page::Page;
use crate::proxy::Proxy;
use crate::server::DemoServer;
use crate::site::Site;

/// How long a whole scene may take.
const LIMIT: Duration = Duration::from_secs(600);

/// One scene at a time: browsers that share a small machine with others are too slow to tell anything.
pub(crate) static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The surroundings of a scene: a server of its own with an empty room, and the browsers that are opened.
#[derive(Debug)]
pub struct Stage {
    server: DemoServer,
    cast: Cast,
}

/// Plays a scene when the others are over. Where it fails, there is a picture of each browser in `target/e2e`.
///
/// # Panics
/// When the scene does, or when it takes longer than ten minutes.
pub async fn play(scene: &str, body: impl AsyncFnOnce(&Stage)) {
    let _turn = TURN.lock().await;
    let stage = Stage { server: DemoServer::start().await, cast: Cast::default() };
    let outcome = within(LIMIT, scene, &stage.cast, body(&stage)).await;
    drop(stage);
    outcome.unwrap_or_else(|panic| resume_unwind(panic));
}

/// The scene's own panic, or one that tells that it took too long, once its pages have told about it and there are
/// pictures of it.
pub(crate) async fn within(
    limit: Duration,
    scene: &str,
    cast: &Cast,
    body: impl Future<Output = ()>,
) -> std::thread::Result<()> {
    let bounded = async {
        let outcome = tokio::time::timeout(limit, body).await;
        assert!(outcome.is_ok(), "{scene} took longer than {} s", limit.as_secs());
    };
    let outcome = AssertUnwindSafe(bounded).catch_unwind().await;
    if outcome.is_err() {
        cast.tell().await;
        cast.take_screenshots(scene).await;
    }
    outcome
}

impl Stage {
    /// Opens the demo, and joins the room with this name.
    pub async fn join(&self, setup: impl Into<Setup>, name: &str) -> Page {
        let page = self.open(setup, name, "/").await;
        page.join("lobby").await;
        page
    }

    /// Opens this path of the server in a browser of its own.
    pub async fn open(&self, setup: impl Into<Setup>, name: &str, path: &str) -> Page {
        self.open_url(setup.into(), name, &format!("{}{path}", self.server.url())).await
    }

    /// Opens a browser without a page, for pages that are not the demo's.
    pub async fn open_blank(&self, setup: impl Into<Setup>, name: &str) -> Page {
        self.cast.open_blank(setup.into(), Site::default(), name).await
    }

    /// Returns the address of the server, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Joins like [`join`](Self::join), through a proxy whose connections can be broken.
    pub async fn join_through(&self, proxy: &Proxy, setup: impl Into<Setup>, name: &str) -> Page {
        let page = self.open_url(setup.into(), name, &proxy.url()).await;
        page.join("lobby").await;
        page
    }

    /// Starts a native peer that joins the room with this name.
    #[must_use]
    pub fn native_peer(&self, name: &str, options: &[&str]) -> NativePeer {
        let server = format!("{}/signal", self.server.url().replacen("http", "ws", 1));
        NativePeer::start(&server, name, options)
    }

    /// Starts a proxy to the server, whose connections can be broken.
    pub async fn proxy(&self) -> Proxy {
        Proxy::start(self.server.address()).await
    }

    /// Puts another server in the place of the one that was there, if it still is.
    pub async fn restart_server(&self) {
        self.server.restart(|_config| {}).await;
    }

    /// The same, with one whose configuration is as `change` leaves it.
    pub async fn restart_server_with(&self, change: impl FnOnce(&mut Config)) {
        self.server.restart(change).await;
    }

    /// Stops the server.
    pub fn stop_server(&self) {
        self.server.stop();
    }

    /// Shuts the server down as a deployment does, and waits for its end.
    pub async fn drain_server(&self) {
        self.server.drain().await;
    }

    /// Opens the demo over http from what is not this machine, as far as Chrome can tell.
    pub async fn open_insecurely(&self, name: &str) -> Page {
        let url = self.server.url().replace("localhost", INSECURE_HOST);
        self.open_url(Browser::Chrome.into(), name, &url).await
    }

    async fn open_url(&self, setup: Setup, name: &str, url: &str) -> Page {
        self.cast.open(setup, Site::default(), name, url).await
    }

    /// The folders for temporary files of the browsers that are open, a folder each.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        self.cast.folders()
    }

    /// Returns the file of the screenshot of a page after a failure, which is in `e2e` in the target folder.
    #[must_use]
    pub fn picture(scene: &str, name: &str) -> PathBuf {
        cast::picture(scene, name)
    }
}
