//! `cargo xtask demo`: builds and serves the demo, until Ctrl-C or, with `--check`, until each page was fetched once.

use crate::step::Step;
use crate::{Result, artifacts, paths, setup, unexpected};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

const START: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(10);
/// Time for the server to close its sockets after Ctrl-C, which the terminal sends to both processes.
const DRAIN: Duration = Duration::from_secs(5);

pub fn command(args: &[String]) -> Result {
    let options = Options::parse(args)?;
    setup::run(&setup::DEMO)?;
    run(&options)
}

/// Serves the demo on a free port, fetches its pages, and stops it.
pub fn check() -> Result {
    run(&Options { check: true, port: 0, ..Options::default() })
}

#[derive(Debug, PartialEq, Eq)]
struct Options {
    host: String,
    port: u16,
    check: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { host: "127.0.0.1".into(), port: 8080, check: false }
    }
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("`{arg}` needs a value"));
            match arg.as_str() {
                "--host" => options.host = value()?.clone(),
                "--port" => {
                    let wrong = |_| "`--port` must be a number from 0 to 65535";
                    options.port = value()?.parse().map_err(wrong)?;
                }
                "--check" => options.check = true,
                other => return Err(unexpected(other)),
            }
        }
        Ok(options)
    }
}

fn run(options: &Options) -> Result {
    artifacts::wasm_pack("www", "web")?;
    match artifacts::npm_package() {
        Err(problem) if options.check => return Err(problem),
        Err(problem) => {
            println!("note: the page /npm.html does not work, because the npm package is missing: {problem}");
        }
        Ok(()) => {}
    }
    let interrupted = watch_for_interrupt()?;
    let mut server = Server::start(options)?;
    let address = server.wait_until_listening()?;
    if options.check {
        return check_pages(address);
    }
    println!("\n    open http://localhost:{}\n", address.port());
    if !address.ip().is_loopback() {
        println!(
            "    On another machine, the camera needs HTTPS: browsers allow it on secure pages and localhost only.\n"
        );
    }
    server.wait(&interrupted)
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
        let mount = ["--mount", "/npm=npm/dist"].into_iter().filter(|_| paths::root().join("npm/dist").is_dir());
        let mut process = Step::new(&program.to_string_lossy(), ["--host", &options.host])
            .args(["--port", &options.port.to_string(), "--www", "www"])
            .args(mount)
            .into_command()
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run `{}`: {error}", program.display()))?;
        let (found, addresses) = mpsc::channel();
        if let Some(stdout) = process.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
                    println!("{line}");
                    // The receiver is dropped after the first address.
                    let _ = listening_on(&line).map(|address| found.send(address));
                }
            });
        }
        Ok(Self { process, addresses })
    }

    fn wait_until_listening(&mut self) -> Result<SocketAddr> {
        self.addresses.recv_timeout(START).map_err(|error| match error {
            RecvTimeoutError::Timeout => {
                format!("the server did not print `listening on …` within {} s", START.as_secs())
            }
            // The output has ended, so the process has ended or is about to.
            RecvTimeoutError::Disconnected => {
                let status = self.process.wait().map_or(String::new(), |status| status.to_string());
                format!("the server exited: {status}\n  to try: another port, `--port 8081`")
            }
        })
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

fn check_pages(address: SocketAddr) -> Result {
    let expected = [
        ("/", "200", "text/html"),
        ("/pkg/browser_rtc_demo.js", "200", "text/javascript"),
        ("/pkg/browser_rtc_demo_bg.wasm", "200", "application/wasm"),
        ("/npm/index.js", "200", "text/javascript"),
        ("/npm/wasm/browser_rtc_bg.wasm", "200", "application/wasm"),
        // Refused because it is not a WebSocket request, but not with 404.
        ("/signal", "4", ""),
        ("/no-such-file", "404", ""),
    ];
    for (path, status, content_type) in expected {
        let head = fetch(address, path)?;
        let right = head.status.starts_with(status) && head.content_type.starts_with(content_type);
        let is_unexpected = !right || (path == "/signal" && head.status.starts_with("404"));
        if is_unexpected {
            return Err(format!("GET {path} returned {head:?}, expected {status} {content_type}"));
        }
        println!("ok {path} {} {}", head.status, head.content_type);
    }
    Ok(())
}

#[derive(Debug)]
struct Head {
    status: String,
    content_type: String,
}

fn fetch(address: SocketAddr, path: &str) -> Result<Head> {
    let mut response = Vec::new();
    let mut exchange = || -> std::io::Result<()> {
        let mut stream = TcpStream::connect_timeout(&reachable(address), ANSWER)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
        stream.read_to_end(&mut response)?;
        Ok(())
    };
    exchange().map_err(|error| format!("GET {path}: {error}"))?;
    parse_head(&String::from_utf8_lossy(&response)).ok_or_else(|| format!("GET {path}: the response is not HTTP"))
}

/// Replaces an unspecified address, on which a server listens on all interfaces, with the loopback address.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback = match address.ip() {
            IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        };
        address.set_ip(loopback);
    }
    address
}

fn parse_head(response: &str) -> Option<Head> {
    let (head, _) = response.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.to_owned();
    let content_type = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map_or(String::new(), |(_, value)| value.trim().to_owned());
    Some(Head { status, content_type })
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
        let expected = Options { host: "0.0.0.0".into(), port: 9000, check: true };
        assert_eq!(parse("--port 9000 --check --host 0.0.0.0"), Ok(expected));
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

    #[test]
    fn response_head_is_parsed() {
        let head = parse_head("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<p>").expect("a whole head");
        assert_eq!((head.status.as_str(), head.content_type.as_str()), ("200 OK", "text/html"));
        assert!(parse_head("SSH-2.0").is_none());
    }
}
