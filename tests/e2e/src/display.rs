//! A virtual display for browsers without a headless mode.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::process::Group;
use crate::programs;

const START: Duration = Duration::from_secs(60);

/// An Xvfb server on a free display, killed on drop.
#[derive(Debug)]
pub(crate) struct Display {
    _process: Group,
    name: String,
}

impl Display {
    pub(crate) fn start() -> Self {
        let program = programs::require("XVFB", &["Xvfb"]);
        let mut command = Command::new(program);
        // Xvfb selects a free display and writes its number to standard output once it is ready.
        command.args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Group::spawn(&mut command).expect("Xvfb starts");
        let stdout = process.leader().stdout.take().expect("the output of Xvfb is piped");
        let (found, number) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            if BufReader::new(stdout).read_line(&mut line).is_ok() {
                // The receiver is dropped after the time limit.
                let _ = found.send(line.trim().to_owned());
            }
        });
        let number = number.recv_timeout(START).ok().filter(|number| !number.is_empty());
        let number = number.unwrap_or_else(|| panic!("Xvfb has no display within {} s", START.as_secs()));
        Self { _process: process, name: format!(":{number}") }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}
