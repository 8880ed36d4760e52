//! One scene on a network that breaks.

use std::collections::BTreeMap;
use std::io::Write;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::network::{Host, Network};
use super::server::ServerProcess;
use crate::browser::Setup;
use crate::cast::Cast;
use crate::page::Page;
use crate::site::Site;
use crate::stage::{TURN, within};

/// How long a whole scene may take.
const LIMIT: Duration = Duration::from_secs(900);

/// The surroundings of a scene: a network with a host for the server, and one for each browser.
#[derive(Debug)]
pub struct Field {
    // Dropped in this order: no browser outlives its host.
    cast: Cast,
    server: Mutex<ServerProcess>,
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
    network: Network,
}

/// Plays a scene when the others are over, on a network of its own, with these options for the server. Where it fails,
/// there is a picture of each browser in `target/e2e`, and the server's log is shown.
///
/// # Panics
/// When the scene does, or when it takes longer than a quarter of an hour; also where no network can be made.
pub async fn play_on_network(scene: &str, options: &[&str], body: impl AsyncFnOnce(&Field)) {
    let _turn = TURN.lock().await;
    let network = Network::new();
    let server = Mutex::new(ServerProcess::start(network.host("server"), options).await);
    let field = Field { cast: Cast::default(), server, hosts: Mutex::default(), network };
    let outcome = within(LIMIT, scene, &field.cast, body(&field)).await;
    if outcome.is_err() {
        eprintln!("the server's log:\n{}", field.server().log());
    }
    drop(field);
    outcome.unwrap_or_else(|panic| resume_unwind(panic));
}

/// Prints a result of a scene, on a line of its own that is also shown if the scene passes.
///
/// # Panics
/// If standard output is closed.
pub fn report(line: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "fault {line}").expect("there is an output");
}

impl Field {
    /// Opens the demo on a host of its own, and joins the room with this name.
    pub async fn join(&self, setup: impl Into<Setup>, name: &str) -> Page {
        // One that comes again, after its browser was killed, finds its host as it was.
        let host = {
            let mut hosts = self.hosts();
            Arc::clone(hosts.entry(name.to_owned()).or_insert_with(|| Arc::new(self.network.host(name))))
        };
        let origin = self.server().origin();
        let site = Site { trusted: Some(&origin), host: Some(&host) };
        let page = self.cast.open(setup.into(), site, name, &format!("{origin}/")).await;
        page.watch().await;
        page.join("lobby").await;
        page
    }

    /// Reloads the page, and joins the room again.
    pub async fn rejoin(&self, page: &Page) {
        page.reload().await;
        page.watch().await;
        page.join("lobby").await;
    }

    /// Kills the page's browser with SIGKILL.
    pub fn kill(&self, page: &Page) {
        self.cast.kill(page.name());
    }

    /// Pulls the cable of the page's host.
    pub fn cut(&self, page: &Page) {
        self.network.cut(&self.host(page));
    }

    /// Puts the cable back.
    pub fn mend(&self, page: &Page) {
        self.network.mend(&self.host(page));
    }

    /// Blocks all packets between the hosts of these pages, and no others.
    pub fn part(&self, pages: [&Page; 2]) {
        pages.iter().for_each(|page| self.network.keep_apart(&self.host(page), true));
    }

    /// Lets them through again.
    pub fn join_again(&self, pages: [&Page; 2]) {
        pages.iter().for_each(|page| self.network.keep_apart(&self.host(page), false));
    }

    /// Gives the page's host another address.
    pub fn readdress(&self, page: &Page) {
        self.network.readdress(&self.host(page));
    }

    /// Ends the page's sockets to the server as if they had been reset.
    pub fn reset_sockets(&self, page: &Page) {
        self.host(page).reset_sockets(ServerProcess::PORT);
    }

    /// Pulls the cable of the server's host.
    pub fn cut_server(&self) {
        self.network.cut(self.server().host());
    }

    /// Puts it back.
    pub fn mend_server(&self) {
        self.network.mend(self.server().host());
    }

    /// Kills the server with SIGKILL.
    pub fn kill_server(&self) {
        self.server().kill();
    }

    /// Starts the server again, at the same address.
    pub async fn start_server(&self) {
        // Not held while it starts.
        self.server().spawn();
        let door = self.server().door();
        ServerProcess::until_listening(door).await;
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
