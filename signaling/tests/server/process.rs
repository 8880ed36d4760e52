//! The server as a separate process.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::support::TestServer;

const LIMIT: Duration = Duration::from_secs(40);

/// A process that is killed when dropped.
pub struct Program {
    child: Child,
    lines: mpsc::Receiver<String>,
    log: Option<JoinHandle<String>>,
}

/// Returns the command with these flags and an empty environment.
pub fn command(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signaling-server"));
    command.args(flags).env_clear();
    command
}

impl Program {
    pub fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let (out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let log = thread::spawn(move || {
            let mut log = String::new();
            let _ = err.read_to_string(&mut log);
            log
        });
        Self { child, lines, log: Some(log) }
    }

    /// Starts the program on a free port with these flags.
    pub fn with(flags: &[&str]) -> Self {
        Self::start(command(&["--port", "0"]).args(flags))
    }

    /// Returns the next line of the output.
    pub fn line(&self) -> String {
        self.lines.recv_timeout(LIMIT).expect("a line is printed")
    }

    /// Returns the server at the address in the first line of the output.
    pub fn running(&self) -> TestServer {
        let line = self.line();
        let (_, address) = line.split_once("://").unwrap_or_else(|| panic!("no address in {line:?}"));
        TestServer::external(address.parse().unwrap())
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end, and returns the exit status and the log.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < LIMIT, "the program does not exit");
            thread::sleep(Duration::from_millis(10));
        };
        (status, self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only if the program has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
