//! A command line: printed, run in the folder of the workspace, timed, and explained when it fails.

use crate::{Result, paths};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

/// A command line.
#[derive(Debug)]
pub struct Step {
    command: Command,
    line: String,
    hint: Option<String>,
}

impl Step {
    /// Creates a command line with [`paths::search_path`] and without standard input, so that no program prompts.
    pub fn new<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> Self {
        // An absolute path, because not every system searches the PATH of the child.
        let path = paths::which(program).unwrap_or_else(|| program.into());
        let mut step = Self { command: Command::new(path), line: program.to_owned(), hint: None };
        step.command.env("PATH", paths::search_path()).current_dir(paths::root()).stdin(Stdio::null());
        step.args(args)
    }

    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        for arg in args {
            self.line.push(' ');
            self.line.push_str(&arg.as_ref().to_string_lossy());
            self.command.arg(arg);
        }
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn env_remove(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Sets a hint for the user, which is shown if the command fails.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Runs the command with its output shown.
    pub fn run(mut self) -> Result {
        let start = self.announce();
        let status = self.command.status();
        self.close(start, status)
    }

    /// Runs the command with its output shown, and returns its standard output and the result.
    pub fn tee(mut self) -> (String, Result) {
        let start = self.announce();
        let mut seen = Vec::new();
        let status = self.command.stdout(Stdio::piped()).spawn().and_then(|mut child| {
            if let Some(mut stdout) = child.stdout.take() {
                copy(&mut stdout, &mut seen)?;
            }
            child.wait()
        });
        let text = String::from_utf8_lossy(&seen).into_owned();
        (text, self.close(start, status))
    }

    /// Runs the command, shows its standard output when it has ended, and returns it with the result. For a command that
    /// runs beside another one.
    pub fn tee_at_end(mut self) -> (String, Result) {
        let start = Instant::now();
        let output = self.command.stderr(Stdio::inherit()).output();
        let text =
            output.as_ref().map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        println!("==> {}\n{text}", self.line);
        (text, self.close(start, output.map(|output| output.status)))
    }

    /// Runs the command, and shows its output only if it fails.
    pub fn run_quietly(mut self) -> Result {
        let start = Instant::now();
        let output = self.command.output();
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => {
                eprint!("{}", String::from_utf8_lossy(&output.stdout));
                eprint!("{}", String::from_utf8_lossy(&output.stderr));
                self.close(start, Ok(output.status))
            }
            Err(error) => self.close(start, Err(error)),
        }
    }

    /// Runs the command, and returns its standard output, or `None` if it fails.
    pub fn output(self) -> Option<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// Runs the command, and returns its standard output as bytes, or `None` if it fails.
    pub fn bytes(mut self) -> Option<Vec<u8>> {
        let output = self.command.output().ok()?;
        output.status.success().then_some(output.stdout)
    }

    /// Returns the [`Command`], for a program that runs in the background.
    pub fn into_command(self) -> Command {
        println!("==> {}", self.line);
        self.command
    }

    fn announce(&self) -> Instant {
        println!("==> {}", self.line);
        Instant::now()
    }

    fn close(&self, start: Instant, status: std::io::Result<ExitStatus>) -> Result {
        let seconds = start.elapsed().as_secs_f32();
        let what = match status {
            Ok(status) if status.success() => {
                println!("    done in {seconds:.1} s");
                return Ok(());
            }
            Ok(status) => match status.code() {
                Some(code) => format!("failed after {seconds:.1} s with exit code {code}"),
                None => format!("ended after {seconds:.1} s: {status}"),
            },
            Err(error) => format!("cannot be run: {error}"),
        };
        let hint = self.hint.as_ref().map(|hint| format!("\n  to try: {hint}"));
        Err(format!("`{}` {what}{}", self.line, hint.unwrap_or_default()))
    }
}

/// Returns the version of a program: the first word of its output that begins with a digit.
pub fn version(program: &Path) -> Option<String> {
    version_of(Step::new(&program.to_string_lossy(), ["--version"]))
}

/// Returns the version in the output of another command.
pub fn version_of(step: Step) -> Option<String> {
    version_in(&step.output()?).map(str::to_owned)
}

fn version_in(output: &str) -> Option<&str> {
    output.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
}

/// Returns the number before the first dot.
pub fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// Copies the output without waiting for whole lines, so that the name of a test is visible while it runs.
fn copy(from: &mut impl Read, seen: &mut Vec<u8>) -> std::io::Result<()> {
    let mut stdout = std::io::stdout();
    let mut buffer = [0; 4096];
    loop {
        let count = from.read(&mut buffer)?;
        let chunk = buffer.get(..count).unwrap_or_default();
        if chunk.is_empty() {
            return Ok(());
        }
        stdout.write_all(chunk)?;
        stdout.flush()?;
        seen.extend_from_slice(chunk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_found_in_program_output() {
        let output = "Mozilla Firefox 153.7.0esr";
        assert_eq!(version_in(output), Some("153.7.0esr"));
        assert_eq!(version_in("wasm-opt version 132 (version_132)"), Some("132"));
        assert_eq!(version_in("no number"), None);
        assert_eq!(major("156.0.8078.79"), Some(156));
        assert_eq!(major("132"), Some(132));
        assert_eq!(major("esr"), None);
    }

    #[test]
    fn failure_names_command_exit_code_and_hint() {
        let failed = Step::new("cargo", ["no-such-command"]).hint("something else");
        let error = failed.run_quietly().expect_err("there is no such command");
        assert!(error.contains("`cargo no-such-command` failed"), "{error}");
        assert!(error.contains("exit code 101"), "{error}");
        assert!(error.ends_with("to try: something else"), "{error}");
    }

    #[test]
    fn missing_program_is_error() {
        let missing = Step::new("no-such-program-here", ["--version"]);
        let error = missing.run().expect_err("there is no such program");
        assert!(error.contains("cannot be run"), "{error}");
    }
}
