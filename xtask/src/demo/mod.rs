//! `cargo xtask demo`: builds and serves the demo, until Ctrl-C or, with `--check`, until each page was fetched once.

mod check;

use crate::step::Step;
use crate::{Result, artifacts, dist, setup, unexpected};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

const START: Duration = Duration::from_secs(30);
/// Time between the lines with addresses.
const OTHERS: Duration = Duration::from_millis(200);
/// Time for the server to close its sockets after Ctrl-C, which the terminal sends to both processes.
const DRAIN: Duration = Duration::from_secs(5);

pub fn command(args: &[String]) -> Result {
    let options = Options::parse(args)?;
    setup::run(&setup::DEMO)?;
    run(&options)
}

/// Serves the demo on a free port, fetches its pages, and stops it.
pub fn check() -> Result {
    run(&Options { task: Task::Check, port: 0, ..Options::default() })
}

#[derive(Debug, PartialEq, Eq)]
struct Options {
    host: Option<String>,
    port: u16,
    tls: bool,
    task: Task,
}

/// The task of the command after the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Serve,
    Check,
    Build,
}

impl Default for Options {
    fn default() -> Self {
        Self { host: None, port: 8080, tls: false, task: Task::Serve }
    }
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("`{arg}` needs a value"));
            match arg.as_str() {
                "--host" => options.host = Some(value()?.clone()),
                "--port" => {
                    let wrong = |_| "`--port` must be a number from 0 to 65535";
                    options.port = value()?.parse().map_err(wrong)?;
                }
                "--tls" => options.tls = true,
                "--check" => options.task = Task::Check,
                "--build" => options.task = Task::Build,
                other => return Err(unexpected(other)),
            }
        }
        if options.tls && options.task == Task::Check {
            return Err("`--check` fetches the pages by http, and cannot be combined with `--tls`".into());
        }
        Ok(options)
    }
}

fn run(options: &Options) -> Result {
    let first_load = dist::build()?;
    if options.task == Task::Build {
        return Ok(());
    }
    let interrupted = watch_for_interrupt()?;
    let mut server = Server::start(options)?;
    let addresses = server.wait_until_listening()?;
    let first = addresses.first().ok_or("the server printed no address")?;
    if options.task == Task::Check {
        return check::pages(*first, &first_load);
    }
    print_addresses(&addresses, options.tls);
    server.wait(&interrupted)
}

fn print_addresses(addresses: &[SocketAddr], tls: bool) {
    let scheme = if tls { "https" } else { "http" };
    let port = addresses.first().map_or(0, SocketAddr::port);
    println!("\n    open {scheme}://localhost:{port}");
    let others: Vec<_> = addresses.iter().filter(|address| !address.ip().is_loopback()).collect();
    for address in &others {
        println!("    on another device: {scheme}://{address}");
    }
    match (others.is_empty(), tls) {
        (_, true) => println!(
            "\n    The browser warns about the certificate, which only this server knows. Compare its fingerprint with the\n    \
             one above, and continue."
        ),
        (false, false) => println!(
            "\n    On another device, the camera needs https: stop this server, and run `cargo xtask demo --tls`."
        ),
        (true, false) => println!("    on a phone: stop this server, and run `cargo xtask demo --tls`"),
    }
    println!();
}

fn watch_for_interrupt() -> Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .map_err(|error| format!("cannot listen for Ctrl-C: {error}"))?;
    Ok(interrupted)
}

/// The process of the server, which is killed when this value is dropped.
struct Server {
    process: Child,
    addresses: mpsc::Receiver<SocketAddr>,
}

impl Server {
    fn start(options: &Options) -> Result<Self> {
        let program = artifacts::server("dev")?;
        let step = Step::new(&program.to_string_lossy(), ["--port", &options.port.to_string(), "--www"]);
        let step = step.args([dist::folder()]).args(options.tls.then_some("--tls-self-signed"));
        // Without a host, the server listens on all addresses if it has TLS, and on the loopback address otherwise.
        let mut process = options
            .host
            .iter()
            .fold(step, |step, host| step.args(["--host", host]))
            .into_command()
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run `{}`: {error}", program.display()))?;
        let (found, addresses) = mpsc::channel();
        if let Some(stdout) = process.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
                    println!("{line}");
                    // The receiver is dropped after the first addresses.
                    let _ = listening_on(&line).map(|address| found.send(address));
                }
            });
        }
        Ok(Self { process, addresses })
    }

    /// Returns the addresses on which the server listens. It prints them together.
    fn wait_until_listening(&mut self) -> Result<Vec<SocketAddr>> {
        let first = self.addresses.recv_timeout(START).map_err(|error| match error {
            RecvTimeoutError::Timeout => {
                format!("the server did not print `listening on …` within {} s", START.as_secs())
            }
            // The output has ended, so the process has ended or is about to.
            RecvTimeoutError::Disconnected => {
                let status = self.process.wait().map_or(String::new(), |status| status.to_string());
                format!("the server exited: {status}\n  to try: another port, `--port 8081`")
            }
        })?;
        let others = std::iter::from_fn(|| self.addresses.recv_timeout(OTHERS).ok());
        Ok(std::iter::once(first).chain(others).collect())
    }

    fn wait(&mut self, interrupted: &AtomicBool) -> Result {
        let mut deadline = None;
        loop {
            match self.process.try_wait() {
                Ok(Some(_)) if deadline.is_some() => return Ok(()),
                Ok(Some(status)) => return Err(format!("the server exited: {status}")),
                Ok(None) if deadline.is_some_and(|deadline| Instant::now() > deadline) => {
                    return Ok(());
                }
                Ok(None) => thread::sleep(Duration::from_millis(50)),
                Err(error) => return Err(format!("cannot wait for the server: {error}")),
            }
            if interrupted.load(Ordering::Relaxed) {
                deadline.get_or_insert_with(|| Instant::now() + DRAIN);
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if the process has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the address in a line such as `listening on http://127.0.0.1:8080/`, with or without a scheme.
fn listening_on(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on ")?;
    let word = rest.split_whitespace().next()?;
    let address = word.split_once("://").map_or(word, |(_, address)| address);
    address.trim_end_matches('/').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&args)
    }

    #[test]
    fn options_are_parsed_and_invalid_are_rejected() {
        let expected = Options { host: Some("0.0.0.0".into()), port: 9000, tls: false, task: Task::Check };
        assert_eq!(parse("--port 9000 --check --host 0.0.0.0"), Ok(expected));
        let expected = Options { tls: true, task: Task::Build, ..Options::default() };
        assert_eq!(parse("--tls --build"), Ok(expected));
        assert!(parse("--tls --check").is_err());
        assert_eq!(parse(""), Ok(Options::default()));
        assert!(parse("--port").is_err());
        assert!(parse("--port 70000").is_err());
        assert!(parse("8080").is_err());
    }

    #[test]
    fn address_is_read_from_server_output() {
        let expected = Some(SocketAddr::from(([127, 0, 0, 1], 8080)));
        assert_eq!(listening_on("listening on http://127.0.0.1:8080"), expected);
        assert_eq!(listening_on("2026 INFO listening on 127.0.0.1:8080 with 2 rooms"), expected);
        assert!(listening_on("listening on https://[::1]:8080/").is_some());
        assert_eq!(listening_on("a client left"), None);
    }
}
