//! The open browsers of a scene.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fantoccini::Client;
use serde_json::Value;

use crate::browser::{Session, Setup};
use crate::page::Page;
use crate::pool;
use crate::site::Site;

/// The time limit for diagnostics and for a screenshot.
const LIMIT: Duration = Duration::from_secs(10);

/// The open browsers. They end on drop.
#[derive(Debug, Default)]
pub(crate) struct Browsers {
    sessions: Mutex<Vec<(String, Session)>>,
}

impl Browsers {
    /// Opens the URL in a new browser.
    pub(crate) async fn open(&self, setup: Setup, site: Site<'_>, name: &str, url: &str) -> Page {
        let client = self.start(setup, site, name).await;
        Page::open(client, name, url).await
    }

    /// Opens a browser without a page.
    pub(crate) async fn open_blank(&self, setup: Setup, site: Site<'_>, name: &str) -> Page {
        Page::blank(self.start(setup, site, name).await, name)
    }

    async fn start(&self, setup: Setup, site: Site<'_>, name: &str) -> Client {
        let idle = if site.is_this_machine() { pool::take(setup) } else { None };
        let session = match idle {
            Some(session) => session,
            None => Session::open(setup, site).await,
        };
        let client = session.client.clone();
        self.sessions().push((name.to_owned(), session));
        client
    }

    /// Leaves the browsers, which run on this machine, to later scenes.
    pub(crate) async fn leave(self) {
        let sessions = self.sessions.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (_, session) in sessions {
            pool::keep(session).await;
        }
    }

    /// Kills a browser with SIGKILL.
    pub(crate) fn kill(&self, name: &str) {
        self.sessions().retain(|(known, _)| known != name);
    }

    /// Returns the folder for temporary files of each browser.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        self.sessions().iter().map(|(_, session)| session.driver.folder().to_path_buf()).collect()
    }

    /// Prints what the pages of a failed scene return from `window.diagnostics`, if they define it.
    pub(crate) async fn print_diagnostics(&self) {
        for (name, client) in self.clients() {
            match tokio::time::timeout(LIMIT, client.execute("return window.diagnostics?.()", Vec::new())).await {
                Ok(Ok(Value::Null)) => {}
                Ok(Ok(diagnostics)) => eprintln!("diagnostics of {name}: {diagnostics:#}"),
                Ok(Err(error)) => eprintln!("no diagnostics of {name}: {error}"),
                Err(_) => eprintln!("no diagnostics of {name} within {} s", LIMIT.as_secs()),
            }
        }
    }

    pub(crate) async fn save_screenshots(&self, scene: &str) {
        for (name, client) in self.clients() {
            match tokio::time::timeout(LIMIT, client.screenshot()).await {
                Ok(Ok(image)) => save(&screenshot(scene, &name), &image),
                Ok(Err(error)) => eprintln!("no screenshot of {name}: {error}"),
                Err(_) => eprintln!("no screenshot of {name} within {} s", LIMIT.as_secs()),
            }
        }
    }

    fn clients(&self) -> Vec<(String, Client)> {
        self.sessions().iter().map(|(name, session)| (name.clone(), session.client.clone())).collect()
    }

    fn sessions(&self) -> MutexGuard<'_, Vec<(String, Session)>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the file of the screenshot of a page, which is in `e2e` in the target folder.
pub(crate) fn screenshot(scene: &str, name: &str) -> PathBuf {
    target().join("e2e").join(format!("{scene}-{name}.png").replace(' ', "-"))
}

pub(crate) fn target() -> PathBuf {
    // The test program is in the folder `deps` of its profile.
    let program = std::env::current_exe().unwrap_or_default();
    program.ancestors().nth(3).map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

fn save(file: &Path, image: &[u8]) {
    let folder = file.parent().unwrap_or(file);
    match fs::create_dir_all(folder).and_then(|()| fs::write(file, image)) {
        Ok(()) => eprintln!("screenshot: {}", file.display()),
        Err(error) => eprintln!("{}: {error}", file.display()),
    }
}
