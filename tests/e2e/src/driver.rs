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
use crate::site::{DriverPort, Site};

const START: Duration = Duration::from_secs(60);
const PROBE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// A running chromedriver, geckodriver or `WebKitWebDriver`. It is killed on drop together with its browsers, and their
/// temporary files are removed.
#[derive(Debug)]
pub(crate) struct Driver {
    // Dropped in this order, so that no process writes into the folder while it is removed.
    process: Group,
    _display: Option<Display>,
    folder: TempDir,
    port: DriverPort,
    program: PathBuf,
}

impl Driver {
    /// Starts the driver of the browser at the site, and waits until it accepts sessions.
    pub(crate) async fn start(browser: Browser, site: Site<'_>) -> Self {
        let (variable, name) = match browser {
            Browser::Chrome => ("CHROMEDRIVER", "chromedriver"),
            Browser::Firefox => ("GECKODRIVER", "geckodriver"),
            Browser::WebKit => ("WEBKIT_DRIVER", "WebKitWebDriver"),
        };
        let program = programs::require(variable, &[name]);
        // The browser of WebKitGTK has no headless mode.
        let display = (browser == Browser::WebKit).then(Display::start);
        let folder = TempDir::with_prefix("browser-rtc-e2e-").expect("a temporary folder can be created");
        let port = site.driver_port().await;

        let mut command = site.command(&program);
        command.arg(format!("--port={}", port.port));
        if browser == Browser::Firefox {
            // A free port, because the default is the same for every geckodriver.
            command.arg("--websocket-port=0");
        }
        if let Some(display) = &display {
            command.env("DISPLAY", display.name()).env("GDK_BACKEND", "x11").env_remove("WAYLAND_DISPLAY");
        }
        let log = File::create(log_of(folder.path())).expect("the driver's log can be written");
        let log_of_stderr = log.try_clone().expect("the driver's log can be written");
        command.env("TMPDIR", folder.path()).stdin(Stdio::null()).stdout(log).stderr(log_of_stderr);
        let process =
            Group::spawn(&mut command).unwrap_or_else(|error| panic!("{} did not start: {error}", program.display()));

        let mut driver = Self { process, _display: display, folder, port, program };
        driver.wait_until_ready().await;
        driver
    }

    /// Returns the URL of the driver for a WebDriver client.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port.port).into()
    }

    /// Returns the folder for temporary files of the driver and its browsers. Their `TMPDIR` is this folder, which
    /// distinguishes them from other browsers.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the output of the driver so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(log_of(self.folder())).unwrap_or_default()
    }

    async fn wait_until_ready(&mut self) {
        let started = Instant::now();
        while !is_ready(self.address()).await {
            let program = self.program.display();
            if let Some(status) = self.process.ended() {
                panic!("{program} ended with {status}:\n{}", self.log());
            }
            assert!(started.elapsed() < START, "{program} is not ready within {} s:\n{}", START.as_secs(), self.log());
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn log_of(folder: &Path) -> PathBuf {
    folder.join("driver.log")
}

/// Returns whether `GET /status` reports that a session can be created.
async fn is_ready(address: SocketAddr) -> bool {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET /status HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        // Reads until the body has arrived, because not every driver closes the connection.
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
