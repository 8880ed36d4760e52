//! One command line: said, timed, run in the workspace's folder, and explained when it fails.

use crate::{Result, paths};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

/// A command about to be run.
#[derive(Debug)]
pub struct Step {
    command: Command,
    line: String,
    hint: Option<String>,
}

impl Step {
    /// A command line, with our PATH and no standard input: nothing here may stop to ask.
    pub fn new<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> Self {
        // An absolute path, because not every system looks the program up in the PATH given to the child.
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

    /// Runs it, its output shown as it comes.
    pub fn run(mut self) -> Result {
        let begun = self.announce();
        let status = self.command.status();
        self.close(begun, status)
    }

    /// Runs it, its output shown as it comes; what it wrote on standard output is returned too, success or not.
    pub fn tee(mut self) -> (String, Result) {
        let begun = self.announce();
        let mut seen = Vec::new();
        let status = self.command.stdout(Stdio::piped()).spawn().and_then(|mut child| {
            if let Some(mut stdout) = child.stdout.take() {
                copy(&mut stdout, &mut seen)?;
            }
            child.wait()
        });
        let text = String::from_utf8_lossy(&seen).into_owned();
        (text, self.close(begun, status))
    }

    /// Runs it in silence, and shows what it wrote only if it fails.
    pub fn run_quietly(mut self) -> Result {
        let begun = Instant::now();
        let output = self.command.output();
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => {
                eprint!("{}", String::from_utf8_lossy(&output.stdout));
                eprint!("{}", String::from_utf8_lossy(&output.stderr));
                self.close(begun, Ok(output.status))
            }
            Err(error) => self.close(begun, Err(error)),
        }
    }

    /// Runs it and returns its standard output, or nothing if it fails. Meant for questions such as `--version`.
    pub fn output(self) -> Option<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// Runs it and returns its standard output as bytes, or nothing if it fails.
    pub fn bytes(mut self) -> Option<Vec<u8>> {
        let output = self.command.output().ok()?;
        output.status.success().then_some(output.stdout)
    }

    /// The command itself, for a program that is to be watched while it runs.
    pub fn into_command(self) -> Command {
        println!("==> {}", self.line);
        self.command
    }

    fn announce(&self) -> Instant {
        println!("==> {}", self.line);
        Instant::now()
    }

    fn close(&self, begun: Instant, status: std::io::Result<ExitStatus>) -> Result {
        let seconds = begun.elapsed().as_secs_f32();
        let what = match status {
            Ok(status) if status.success() => {
                println!("    done in {seconds:.1} s");
                return Ok(());
            }
            Ok(status) => match status.code() {
                Some(code) => format!("failed after {seconds:.1} s with exit code {code}"),
                None => format!("ended after {seconds:.1} s: {status}"),
            },
            Err(error) => format!("could not be run: {error}"),
        };
        let hint = self.hint.as_ref().map(|hint| format!("\n  to try: {hint}"));
        Err(format!("`{}` {what}{}", self.line, hint.unwrap_or_default()))
    }
}

/// The version that a program states of itself: its first word that begins with a digit.
pub fn version(program: &Path) -> Option<String> {
    version_of(Step::new(&program.to_string_lossy(), ["--version"]))
}

/// Returns the version that another command states.
pub fn version_of(question: Step) -> Option<String> {
    version_in(&question.output()?).map(str::to_owned)
}

fn version_in(output: &str) -> Option<&str> {
    output.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
}

/// The number before the first dot.
pub fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// Copies as it comes, without waiting for whole lines: a test's name is to be seen while the test runs.
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
    fn versions_are_found_in_what_programs_say() {
        let said = "Mozilla Firefox 153.7.0esr";
        assert_eq!(version_in(said), Some("153.7.0esr"));
        assert_eq!(version_in("wasm-opt version 132 (version_132)"), Some("132"));
        assert_eq!(version_in("no number"), None);
        assert_eq!(major("156.0.8078.79"), Some(156));
        assert_eq!(major("132"), Some(132));
        assert_eq!(major("esr"), None);
    }

    #[test]
    fn a_failure_names_the_command_its_code_and_what_to_try() {
        let failed = Step::new("cargo", ["no-such-command"]).hint("something else");
        let error = failed.run_quietly().expect_err("there is no such command");
        assert!(error.contains("`cargo no-such-command` failed"), "{error}");
        assert!(error.contains("exit code 101"), "{error}");
        assert!(error.ends_with("to try: something else"), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_too() {
        let missing = Step::new("no-such-program-here", ["--version"]);
        let error = missing.run().expect_err("there is no such program");
        assert!(error.contains("could not be run"), "{error}");
    }
}
