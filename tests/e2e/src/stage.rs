//! One scene: a server, some browsers, and a limit to the time it takes.

use std::fs;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fantoccini::Client;
use futures::FutureExt;

use crate::browser::{Browser, INSECURE_HOST, Session, Setup};
use crate::page::Page;
use crate::server::DemoServer;

/// How long a whole scene may take.
const LIMIT: Duration = Duration::from_secs(180);
const SCREENSHOT: Duration = Duration::from_secs(10);

/// One scene at a time: browsers that share a small machine with others are too slow to tell anything.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Where a scene is played: a server of its own, with an empty room, and browsers as they are opened.
#[derive(Debug)]
pub struct Stage {
    server: DemoServer,
    sessions: Mutex<Vec<(String, Session)>>,
}

/// Plays a scene when the others are over. Where it fails, there is a picture of each browser in `target/e2e`.
///
/// # Panics
/// When the scene does, or when it takes longer than three minutes.
pub async fn play(scene: &str, body: impl AsyncFnOnce(&Stage)) {
    let _turn = TURN.lock().await;
    let stage = Stage { server: DemoServer::start().await, sessions: Mutex::default() };
    let outcome = AssertUnwindSafe(tokio::time::timeout(LIMIT, body(&stage))).catch_unwind().await;
    if !matches!(outcome, Ok(Ok(()))) {
        stage.take_screenshots(scene).await;
    }
    drop(stage);
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(_)) => panic!("{scene} took longer than {} s", LIMIT.as_secs()),
        Err(panic) => resume_unwind(panic),
    }
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

    /// Takes the server away from everybody.
    pub fn stop_server(&self) {
        self.server.stop();
    }

    /// Opens the demo over http from what is not this machine, as far as Chrome can tell.
    pub async fn open_insecurely(&self, name: &str) -> Page {
        let url = self.server.url().replace("localhost", INSECURE_HOST);
        self.open_url(Browser::Chrome.into(), name, &url).await
    }

    async fn open_url(&self, setup: Setup, name: &str, url: &str) -> Page {
        let session = Session::open(setup).await;
        let client = session.client.clone();
        self.sessions().push((name.to_owned(), session));
        Page::open(client, name, url).await
    }

    /// The folders for temporary files of the browsers that are open, a folder each.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        self.sessions().iter().map(|(_, session)| session.driver.folder().to_path_buf()).collect()
    }

    /// Where the picture of a page is when the scene has failed: in `target/e2e`, wherever the target folder is.
    #[must_use]
    pub fn picture(scene: &str, name: &str) -> PathBuf {
        // A test program is in `deps` of its profile's folder.
        let program = std::env::current_exe().unwrap_or_default();
        let target = program.ancestors().nth(3).map_or_else(|| PathBuf::from("target"), PathBuf::from);
        target.join("e2e").join(format!("{scene}-{name}.png").replace(' ', "-"))
    }

    async fn take_screenshots(&self, scene: &str) {
        let clients: Vec<(String, Client)> =
            self.sessions().iter().map(|(name, session)| (name.clone(), session.client.clone())).collect();
        for (name, client) in clients {
            match tokio::time::timeout(SCREENSHOT, client.screenshot()).await {
                Ok(Ok(image)) => keep(&Self::picture(scene, &name), &image),
                Ok(Err(error)) => eprintln!("no picture of {name}: {error}"),
                Err(_) => eprintln!("no picture of {name} within {} s", SCREENSHOT.as_secs()),
            }
        }
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, Vec<(String, Session)>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep(file: &Path, image: &[u8]) {
    let folder = file.parent().unwrap_or(file);
    match fs::create_dir_all(folder).and_then(|()| fs::write(file, image)) {
        Ok(()) => eprintln!("a picture: {}", file.display()),
        Err(error) => eprintln!("{}: {error}", file.display()),
    }
}
