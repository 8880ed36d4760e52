//! A WebDriver server as a child process.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::browser::Browser;
use crate::display::Display;
use crate::process::Group;
use crate::programs;
use crate::site::{Site, Way};

const START: Duration = Duration::from_secs(60);
const PROBE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// A running chromedriver, geckodriver or `WebKitWebDriver`. Killed on drop, its browsers with it, and what they wrote
/// is removed.
#[derive(Debug)]
pub(crate) struct Driver {
    // Dropped in this order: nothing writes into a folder that is being removed.
    process: Group,
    _display: Option<Display>,
    folder: TempDir,
    way: Way,
    program: PathBuf,
}

impl Driver {
    /// Starts the browser's driver there and waits until it takes sessions.
    pub(crate) async fn start(browser: Browser, site: Site<'_>) -> Self {
        let (variable, name) = match browser {
            Browser::Chrome => ("CHROMEDRIVER", "chromedriver"),
            Browser::Firefox => ("GECKODRIVER", "geckodriver"),
            Browser::WebKit => ("WEBKIT_DRIVER", "WebKitWebDriver"),
        };
        let program = programs::require(variable, &[name]);
        // WebKitGTK's browser has no headless mode.
        let display = (browser == Browser::WebKit).then(Display::start);
        let folder = TempDir::with_prefix("browser-rtc-e2e-").expect("a folder for temporary files can be made");
        let way = site.way().await;

        let mut command = site.command(&program);
        command.arg(format!("--port={}", way.port));
        if browser == Browser::Firefox {
            // A free one: by default every geckodriver takes the same.
            command.arg("--websocket-port=0");
        }
        if let Some(display) = &display {
            command.env("DISPLAY", display.name()).env("GDK_BACKEND", "x11").env_remove("WAYLAND_DISPLAY");
        }
        let log = File::create(log_of(folder.path())).expect("the driver's log can be written");
        let log_too = log.try_clone().expect("the driver's log can be written");
        command.env("TMPDIR", folder.path()).stdin(Stdio::null()).stdout(log).stderr(log_too);
        let process =
            Group::spawn(&mut command).unwrap_or_else(|error| panic!("{} does not run: {error}", program.display()));

        let mut driver = Self { process, _display: display, folder, way, program };
        driver.wait_until_ready().await;
        driver
    }

    /// Returns its address, for a WebDriver client.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.way.port).into()
    }

    /// Returns the folder for temporary files of the driver and its browsers. It is their `TMPDIR`, which distinguishes
    /// them from other browsers.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns its output so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(log_of(self.folder())).unwrap_or_default()
    }

    async fn wait_until_ready(&mut self) {
        let begun = Instant::now();
        while !says_ready(self.address()).await {
            let program = self.program.display();
            if let Some(status) = self.process.ended() {
                panic!("{program} ended with {status}:\n{}", self.log());
            }
            assert!(begun.elapsed() < START, "{program} is not ready within {} s:\n{}", START.as_secs(), self.log());
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn log_of(folder: &Path) -> PathBuf {
    folder.join("driver.log")
}

/// Returns whether `GET /status` reports that a session can be created.
async fn says_ready(address: SocketAddr) -> bool {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET /status HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        // Until the body is there rather than to the end: not every driver closes.
        while !answer.contains("\"ready\"") {
            let mut part = [0; 1024];
            let length = stream.read(&mut part).await?;
            if length == 0 {
                break;
            }
            answer.push_str(&String::from_utf8_lossy(&part[..length]));
        }
        std::io::Result::Ok(answer)
    };
    match tokio::time::timeout(PROBE, exchange).await {
        Ok(Ok(answer)) => {
            let body: String = answer.split_whitespace().collect();
            body.contains("\"ready\":true")
        }
        _ => false,
    }
}
