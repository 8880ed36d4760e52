//! A network namespace: interfaces, addresses and routes of its own.

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

/// The names of those that live, for the one who interrupts the tests.
static NAMES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// A network namespace, with its loopback up. Removed on drop; processes in it keep it without a name.
#[derive(Debug)]
pub(crate) struct Namespace {
    name: String,
}

impl Namespace {
    /// A new one. Its name says what it is for, and whose it is.
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

    /// Does this with `ip`, inside.
    pub(crate) fn ip(&self, words: &str) {
        run(["-n", &self.name].into_iter().chain(words.split(' ')));
    }

    /// A program to be run inside. It replaces the one that goes inside, and so has its process id.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(ip_program());
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// A way inside for other threads.
    pub(crate) fn door(&self) -> Door {
        Door(file_of(&self.name))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
        names().remove(&self.name);
    }
}

/// The file by which a thread enters a namespace.
#[derive(Clone, Debug)]
pub(crate) struct Door(PathBuf);

impl Door {
    /// A connection to a port of the loopback inside. A socket stays in the namespace in which it was made, wherever
    /// it is used.
    pub(crate) fn connect(&self, port: u16) -> io::Result<TcpStream> {
        let file = File::open(&self.0)?;
        // It is the thread that goes inside: one that ends afterwards.
        let inside = thread::spawn(move || {
            move_into_link_name_space(std::os::fd::AsFd::as_fd(&file), Some(LinkNameSpaceType::Network))?;
            TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), CONNECT)
        });
        inside.join().unwrap_or_else(|_| Err(io::Error::other("the thread inside panicked")))
    }
}

/// Removes all that this process has made. For when it is interrupted, and drops nothing.
pub(crate) fn remove_all() {
    names().iter().for_each(|name| remove(name));
}

/// Removes what a run has left that was killed: its browsers too, which nothing else ends.
fn sweep() {
    let left = fs::read_dir(folder()).into_iter().flatten().flatten();
    for name in left.filter_map(|entry| entry.file_name().into_string().ok()) {
        let maker = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if maker.is_some_and(|id| !Path::new("/proc").join(id.to_string()).exists()) {
            let inside = Command::new(ip_program()).args(["netns", "pids", &name]).output();
            let inside = inside.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
            for id in inside.lines().filter_map(|line| rustix::process::Pid::from_raw(line.trim().parse().ok()?)) {
                // It may have ended by now.
                let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
            }
            remove(&name);
        }
    }
}

fn remove(name: &str) {
    // It fails where there is none, which is what is wanted.
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
    let output = command.args(args).output().unwrap_or_else(|error| panic!("{command:?} does not run: {error}"));
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {why}\nmaking networks takes root and a kernel with namespaces");
}

fn ip_program() -> PathBuf {
    programs::find("IP", &["ip"])
        .or_else(|| Some(PathBuf::from("/sbin/ip")).filter(|file| file.is_file()))
        .unwrap_or_else(|| panic!("no ip here: `cargo xtask setup` installs iproute2, or IP names it"))
}

fn names() -> std::sync::MutexGuard<'static, BTreeSet<String>> {
    NAMES.lock().unwrap_or_else(PoisonError::into_inner)
}
