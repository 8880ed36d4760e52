//! The native peer of `examples/native-peer` as a process.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::page::{Peer, TIMEOUT};
use crate::process::Group;
use crate::programs;

const PAUSE: Duration = Duration::from_millis(50);

/// A native peer in a room. Killed on drop.
#[derive(Debug)]
pub struct NativePeer {
    name: String,
    process: Group,
    lines: Arc<Mutex<Vec<String>>>,
}

impl NativePeer {
    pub(crate) fn start(server: &str, name: &str, options: &[&str]) -> Self {
        let program = programs::require("NATIVE_PEER", &["native-peer"]);
        let mut command = Command::new(program);
        command.args([server, "lobby", name]).args(options).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Group::spawn(&mut command).expect("the native peer starts");
        let stdout = process.leader().stdout.take().expect("the output of the native peer is piped");
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let sink = lines.clone();
        let owner = name.to_owned();
        // The thread ends with the output of the process.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                eprintln!("           {owner}: {line}");
                sink.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { name: name.to_owned(), process, lines }
    }

    /// Returns the number of output lines that start with this text.
    #[must_use]
    pub fn count(&self, start: &str) -> usize {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().filter(|line| line.starts_with(start)).count()
    }

    /// Waits until this number of output lines start with this text.
    ///
    /// # Panics
    /// If this takes longer than two minutes, or if the process has ended.
    pub async fn until_lines(&mut self, count: usize, start: &str) {
        let started = Instant::now();
        while self.count(start) < count {
            let ended = self.process.ended();
            assert!(ended.is_none(), "{} ended with {ended:?} before printing {start:?}", self.name);
            assert!(started.elapsed() < TIMEOUT, "{} did not print {start:?} in time", self.name);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Interrupts the process as Ctrl-C does, and waits for its end.
    ///
    /// # Panics
    /// If this takes longer than two minutes.
    #[cfg(unix)]
    pub async fn interrupt(&mut self) -> ExitStatus {
        self.process.interrupt();
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.ended() {
                return status;
            }
            assert!(started.elapsed() < TIMEOUT, "{} did not end in time", self.name);
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Peer for NativePeer {
    fn name(&self) -> &str {
        &self.name
    }
}
