//! Network namespaces, each with its own interfaces, addresses and routes.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::{process, programs};

const PREFIX: &str = "browser-rtc-faults-";
const CONNECT: Duration = Duration::from_secs(5);

/// The names of the existing namespaces, which are removed when the tests are interrupted.
static NAMES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A network namespace whose loopback interface is up. Its name is removed on drop, and the namespace itself ends with
/// its processes.
#[derive(Debug)]
pub(crate) struct Namespace {
    name: String,
}

impl Namespace {
    /// Creates a namespace, whose name contains the role and the id of this process.
    pub(crate) fn new(role: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        static SWEEP: Once = Once::new();
        SWEEP.call_once(sweep);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{number}-{}", std::process::id(), role.to_lowercase());
        process::kill_all_when_interrupted();
        names().insert(name.clone());
        let namespace = Self { name };
        run(["netns", "add", &namespace.name]);
        namespace.ip("link set lo up");
        namespace
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Runs `ip` with these arguments inside the namespace.
    pub(crate) fn ip(&self, words: &str) {
        run(["-n", &self.name].into_iter().chain(words.split(' ')));
    }

    /// Returns a command that runs the program inside the namespace. The program has the process id of the command, as
    /// `ip netns exec` is replaced by it.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(ip_program());
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// Returns a handle with which other threads connect to ports inside the namespace.
    pub(crate) fn handle(&self) -> NamespaceHandle {
        NamespaceHandle(file_of(&self.name))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
        names().remove(&self.name);
    }
}

/// A handle for connections into a namespace: the path of the namespace's file.
#[derive(Clone, Debug)]
pub(crate) struct NamespaceHandle(PathBuf);

impl NamespaceHandle {
    /// Connects to a port of the loopback interface inside. A socket stays in the namespace in which it was created,
    /// wherever it is used.
    pub(crate) fn connect(&self, port: u16) -> io::Result<TcpStream> {
        let file = File::open(&self.0)?;
        // A thread enters the namespace, and ends afterwards because it cannot leave it.
        let inside = thread::spawn(move || {
            move_into_link_name_space(std::os::fd::AsFd::as_fd(&file), Some(LinkNameSpaceType::Network))?;
            TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), CONNECT)
        });
        inside.join().unwrap_or_else(|_| Err(io::Error::other("the thread inside panicked")))
    }
}

/// Removes all namespaces of this process when it is interrupted, because no value is dropped then.
pub(crate) fn remove_all() {
    names().iter().for_each(|name| remove(name));
}

/// Removes the namespaces of previous processes that were killed, and kills the browsers in them.
fn sweep() {
    let entries = fs::read_dir(folder()).into_iter().flatten().flatten();
    for name in entries.filter_map(|entry| entry.file_name().into_string().ok()) {
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(|id| !Path::new("/proc").join(id.to_string()).exists()) {
            let inside = Command::new(ip_program()).args(["netns", "pids", &name]).output();
            let inside = inside.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
            for id in inside.lines().filter_map(|line| rustix::process::Pid::from_raw(line.trim().parse().ok()?)) {
                // The process may have ended by now.
                let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
            }
            remove(&name);
        }
    }
}

fn remove(name: &str) {
    // This fails if the namespace does not exist.
    let _ = Command::new(ip_program()).args(["netns", "del", name]).stderr(Stdio::null()).status();
}

/// Returns the folder in which `ip netns` keeps namespaces.
fn folder() -> PathBuf {
    PathBuf::from("/run/netns")
}

fn file_of(name: &str) -> PathBuf {
    folder().join(name)
}

fn run<'a>(args: impl IntoIterator<Item = &'a str>) {
    let mut command = Command::new(ip_program());
    let output = command.args(args).output().unwrap_or_else(|error| panic!("{command:?} did not start: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {stderr}\nvirtual networks require root and a kernel with network namespaces"
    );
}

fn ip_program() -> PathBuf {
    programs::find("IP", &["ip"])
        .or_else(|| Some(PathBuf::from("/sbin/ip")).filter(|file| file.is_file()))
        .unwrap_or_else(|| panic!("ip is not installed: `cargo xtask setup` installs iproute2, or set IP to its path"))
}

fn names() -> std::sync::MutexGuard<'static, BTreeSet<String>> {
    NAMES.lock().unwrap_or_else(PoisonError::into_inner)
}
