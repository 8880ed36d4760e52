//! Runs the benchmark page in a browser, and writes the results to a file: `bench FILE [chrome|firefox] [SESSIONS]`.
//! `cargo xtask bench` builds the page first.

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use browser_rtc_e2e::{Browser, Window};
use browser_rtc_signaling::{Config, Server};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() {
    let mut arguments = env::args().skip(1);
    let file = arguments.next().expect("the first argument is the file for the results");
    let browser = match arguments.next().as_deref() {
        None | Some("chrome") => Browser::Chrome,
        Some("firefox") => Browser::Firefox,
        Some(other) => panic!("unknown browser {other}"),
    };
    let sessions = arguments.next().map_or(String::new(), |sessions| format!("&sessions={sessions}"));

    let pages = Pages::serve();
    let config = Config::new().listen((Ipv4Addr::LOCALHOST, 0)).allowed_origins(vec![pages.url.clone()]);
    let signaling = Server::bind(config).await.expect("the signaling server gets a port");
    let signal = format!("ws://localhost:{}/signal", signaling.local_addr().port());
    tokio::spawn(signaling.run(std::future::pending()));

    let window = Window::open(browser, &format!("{}/?signal={signal}{sessions}", pages.url)).await;
    let result = finished(&window).await;
    fs::write(&file, result.to_string()).unwrap_or_else(|error| panic!("{file}: {error}"));
}

/// Waits for the results of the page, and prints its log.
async fn finished(window: &Window) -> Value {
    let started = Instant::now();
    let mut printed = 0;
    loop {
        let log: String = window.script("return document.querySelector('#log').textContent").await;
        for line in log.lines().skip(printed) {
            eprintln!("{:>6.1} s  {line}", started.elapsed().as_secs_f32());
            printed += 1;
        }
        let bench: Value = window.script("return window.bench ?? {}").await;
        assert!(bench["error"].is_null(), "{}", bench["error"].as_str().unwrap_or_default());
        if !bench["figures"].is_null() {
            return bench;
        }
        assert!(started.elapsed() < LIMIT, "the benchmark has not finished within {} s", LIMIT.as_secs());
        tokio::time::sleep(PAUSE).await;
    }
}

/// The Node.js server of the pages and of PeerJS, killed on drop.
struct Pages {
    process: Child,
    url: String,
}

impl Pages {
    fn serve() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/server.mjs");
        let mut process = Command::new("node").arg(script).stdout(Stdio::piped()).spawn().expect("node is installed");
        let mut url = String::new();
        let stdout = process.stdout.take().expect("the output of node is piped");
        BufReader::new(stdout).read_line(&mut url).expect("the server prints its URL");
        assert!(!url.is_empty(), "the page server has ended");
        Self { process, url: url.trim().to_owned() }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // This fails if the process has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
