//! One scene on a network whose links can be cut.

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::network::{Host, Network};
use super::server::ServerProcess;
use crate::browser::Setup;
use crate::browsers::Browsers;
use crate::page::Page;
use crate::site::Site;
use crate::stage::{SERIAL, run_limited};

/// The time limit of a scene.
const LIMIT: Duration = Duration::from_secs(900);

/// The environment of a scene: a network with a host for the server, and one for each browser.
#[derive(Debug)]
pub struct NetworkStage {
    // Dropped in this order, so that browsers end before their hosts.
    browsers: Browsers,
    server: Mutex<ServerProcess>,
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
    network: Network,
}

/// Plays a scene on a separate network, with these options for the server. Scenes do not run concurrently. If a scene
/// fails, there is a screenshot of each browser in `target/e2e`, and the server's log is printed.
///
/// # Panics
/// If the scene panics or takes longer than 15 minutes, or if no network can be created.
pub async fn play_on_network(scene: &str, options: &[&str], body: impl AsyncFnOnce(&NetworkStage)) {
    let _serial = SERIAL.lock().await;
    let network = Network::new();
    let server = Mutex::new(ServerProcess::start(network.host("server"), options).await);
    let stage = NetworkStage { browsers: Browsers::default(), server, hosts: Mutex::default(), network };
    let outcome = run_limited(LIMIT, scene, &stage.browsers, body(&stage)).await;
    if outcome.is_err() {
        eprintln!("the server's log:\n{}", stage.server().log());
    }
    drop(stage);
    outcome.unwrap_or_else(|panic| resume_unwind(panic));
}

/// Prints a result of a scene, also if the scene passes, on a line that starts with `fault`.
///
/// # Panics
/// If standard output is closed.
pub fn report(line: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "fault {line}").expect("standard output is open");
}

impl NetworkStage {
    /// Opens the demo on a separate host, and joins the room under this name.
    pub async fn join(&self, setup: impl Into<Setup>, name: &str) -> Page {
        // A page that is opened again after its browser was killed runs on the same host.
        let host = {
            let mut hosts = self.hosts();
            Arc::clone(hosts.entry(name.to_owned()).or_insert_with(|| Arc::new(self.network.host(name))))
        };
        let origin = self.server().origin();
        let site = Site { trusted: Some(&origin), host: Some(&host) };
        let page = self.browsers.open(setup.into(), site, name, &format!("{origin}/")).await;
        page.watch_traffic().await;
        page.join("lobby").await;
        page
    }

    /// Reloads the page, which returns to the room.
    pub async fn rejoin(&self, page: &Page) {
        page.reload().await;
        page.watch_traffic().await;
        page.until("the room is shown again", |seen| seen.view == "room").await;
    }

    /// Kills the browser of the page with SIGKILL.
    pub fn kill(&self, page: &Page) {
        self.browsers.kill(page.name());
    }

    /// Cuts the link of the page's host.
    pub fn cut(&self, page: &Page) {
        self.network.cut(&self.host(page));
    }

    /// Restores the link of the page's host.
    pub fn restore(&self, page: &Page) {
        self.network.restore(&self.host(page));
    }

    /// Blocks all packets between the hosts of these pages, but no others.
    pub fn disconnect(&self, pages: [&Page; 2]) {
        pages.iter().for_each(|page| self.network.set_isolated(&self.host(page), true));
    }

    /// Forwards packets between the hosts of these pages again.
    pub fn reconnect(&self, pages: [&Page; 2]) {
        pages.iter().for_each(|page| self.network.set_isolated(&self.host(page), false));
    }

    /// Gives the page's host another address.
    pub fn change_address(&self, page: &Page) {
        self.network.change_address(&self.host(page));
    }

    /// Ends the page's sockets to the server as if they had been reset.
    pub fn reset_sockets(&self, page: &Page) {
        self.host(page).reset_sockets(ServerProcess::PORT);
    }

    /// Cuts the link of the server's host.
    pub fn cut_server(&self) {
        self.network.cut(self.server().host());
    }

    /// Restores the link of the server's host.
    pub fn restore_server(&self) {
        self.network.restore(self.server().host());
    }

    /// Kills the server with SIGKILL.
    pub fn kill_server(&self) {
        self.server().kill();
    }

    /// Restarts the server at the same address, and waits until it listens.
    pub async fn start_server(&self) {
        // The lock is not held while the server starts.
        self.server().spawn();
        let namespace = self.server().namespace();
        ServerProcess::until_listening(namespace).await;
    }

    fn host(&self, page: &Page) -> Arc<Host> {
        let hosts = self.hosts();
        Arc::clone(hosts.get(page.name()).expect("each page has a host"))
    }

    fn hosts(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Host>>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn server(&self) -> MutexGuard<'_, ServerProcess> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
