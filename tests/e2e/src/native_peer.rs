//! The native peer of `examples/native-peer`, as a program beside the browsers.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::page::{PATIENCE, Person};
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
        let stdout = process.leader().stdout.take().expect("its output is piped");
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let sink = lines.clone();
        let owner = name.to_owned();
        // Ends with the output, and so with the process.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                eprintln!("           {owner}: {line}");
                sink.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { name: name.to_owned(), process, lines }
    }

    /// Returns how many lines of its output begin with this.
    #[must_use]
    pub fn count(&self, start: &str) -> usize {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().filter(|line| line.starts_with(start)).count()
    }

    /// Waits for so many lines of its output that begin with this.
    ///
    /// # Panics
    /// After two minutes, or when the program has ended.
    pub async fn until_lines(&mut self, count: usize, start: &str) {
        let begun = Instant::now();
        while self.count(start) < count {
            let ended = self.process.ended();
            assert!(ended.is_none(), "{}: ended with {ended:?} before {start:?}", self.name);
            assert!(begun.elapsed() < PATIENCE, "{}: waited in vain for {start:?}", self.name);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Interrupts it, as Ctrl-C does, and waits until it has ended.
    ///
    /// # Panics
    /// When that takes longer than two minutes.
    #[cfg(unix)]
    pub async fn interrupt(&mut self) -> ExitStatus {
        self.process.interrupt();
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.ended() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "{}: does not end", self.name);
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Person for NativePeer {
    fn name(&self) -> &str {
        &self.name
    }
}
