//! Runs the benchmark page in a browser, and writes the results to a file: `bench FILE [chrome|firefox] [SESSIONS] [connecting]`.
//! `cargo xtask bench` builds the page first, and the signaling server, whose path is in `SIGNALING_SERVER`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use browser_rtc_e2e::{Browser, Window};
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
    let part = arguments.next().map_or(String::new(), |part| format!("&{part}"));

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/server.mjs");
    let pages = Server::start(Command::new("node").arg(script));
    // An optimized server, as operators run it.
    let program = env::var("SIGNALING_SERVER").expect("SIGNALING_SERVER is the path of the signaling server");
    let signaling = Server::start(Command::new(program).args(["--port", "0", "--allow-origin", &pages.url]));
    let signal = format!("{}/signal", signaling.url.replace("http", "ws"));

    let window = Window::open(browser, &format!("{}/?signal={signal}{sessions}{part}", pages.url)).await;
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

/// The process of a server, which prints its URL first. Killed on drop.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let program = command.get_program().to_owned();
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap_or_else(|error| panic!("{program:?}: {error}"));
        let mut line = String::new();
        let stdout = process.stdout.take().expect("the output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the output is text");
        let url = line.find("http").map(|begin| line[begin..].trim().to_owned());
        Self { process, url: url.unwrap_or_else(|| panic!("{program:?} has printed no URL: {line:?}")) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // This fails if the process has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
