//! The browsers and their capabilities.

use std::time::Duration;

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::page::TIMEOUT;
use crate::site::Site;
use crate::{pool, programs};

/// The time limit for the start of a browser, which is slow on a busy machine.
const START: Duration = Duration::from_secs(180);

/// The width and the height of a window in pixels.
pub(crate) const WINDOW: (u32, u32) = (1280, 1000);

/// A host name that Chrome resolves to this machine, and does not treat as a secure origin.
pub(crate) const INSECURE_HOST: &str = "insecure.test";
const INSECURE_RULE: &str = "--host-resolver-rules=MAP insecure.test 127.0.0.1";

/// A browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// Chrome or Chromium.
    Chrome,
    /// Firefox.
    Firefox,
    /// The browser of WebKitGTK, which has no WebRTC.
    WebKit,
}

/// The outcome of a request for the camera and the microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Camera {
    /// Generated video and audio, without a prompt.
    Fake,
    /// A refusal, as if the user had blocked the devices.
    Refused,
    /// A failure because there is no device.
    Missing,
}

/// A browser with the outcome of its capture requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    pub(crate) browser: Browser,
    camera: Camera,
}

impl Browser {
    /// Combines this browser with an outcome of capture requests.
    #[must_use]
    pub fn with(self, camera: Camera) -> Setup {
        Setup { browser: self, camera }
    }
}

impl From<Browser> for Setup {
    fn from(browser: Browser) -> Self {
        browser.with(Camera::Fake)
    }
}

/// An open browser: one session of a separate driver. Both end on drop.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) driver: Driver,
    pub(crate) setup: Setup,
}

impl Session {
    pub(crate) async fn open(setup: Setup, site: Site<'_>) -> Self {
        let driver = Driver::start(setup.browser, site).await;
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let url = driver.url();
        builder.capabilities(setup.capabilities(site.trusted));
        let opening = pool::run(async move { tokio::time::timeout(START, builder.connect(&url)).await });
        match opening.await {
            Ok(Ok(client)) => Self { client, driver, setup },
            Ok(Err(error)) => panic!("{:?} did not start: {error}\n{}", setup.browser, driver.log()),
            Err(_) => panic!("{:?} did not start within {} s\n{}", setup.browser, START.as_secs(), driver.log()),
        }
    }
}

impl Setup {
    fn capabilities(self, trusted: Option<&str>) -> Capabilities {
        let (key, options) = match self.browser {
            Browser::Chrome => ("goog:chromeOptions", self.chrome(trusted)),
            Browser::Firefox => ("moz:firefoxOptions", self.firefox(trusted)),
            // The driver finds its browser automatically.
            Browser::WebKit => return Capabilities::new(),
        };
        // The default limit of drivers is 30 seconds.
        let timeouts = json!({ "script": TIMEOUT.as_millis() });
        Capabilities::from_iter([(key.to_owned(), options), ("timeouts".to_owned(), timeouts)])
    }

    /// Returns the options of Chrome.
    ///
    /// `--allow-loopback-in-peer-connection` is not one of them. Firefox answers the connectivity checks of a loopback
    /// candidate, but does not pair it with its own candidates, which are of other interfaces. Chrome treats the answer
    /// as a connection and stops gathering. If the loopback candidate is its only one by then, Firefox stays in the
    /// state `checking` until the call times out.
    fn chrome(self, trusted: Option<&str>) -> Value {
        let size = format!("--window-size={},{}", WINDOW.0, WINDOW.1);
        let trust = trusted.map(|origin| format!("--unsafely-treat-insecure-origin-as-secure={origin}"));
        let mut args = vec![
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            INSECURE_RULE,
            &size,
            "--autoplay-policy=no-user-gesture-required",
            "--disable-features=WebRtcHideLocalIpsWithMdns",
        ];
        args.extend(trust.as_deref());
        let mut prefs = json!({});
        match self.camera {
            Camera::Fake => args.extend(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]),
            Camera::Refused => {
                args.push("--use-fake-device-for-media-stream");
                for device in ["media_stream_camera", "media_stream_mic"] {
                    // 2 is “block”.
                    prefs[format!("profile.default_content_setting_values.{device}")] = json!(2);
                }
            }
            Camera::Missing => {
                args.extend(["--use-fake-device-for-media-stream=device-count=0", "--use-fake-ui-for-media-stream"]);
            }
        }
        let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
        with_binary(json!({ "args": args, "prefs": prefs }), "CHROME", &names)
    }

    fn firefox(self, trusted: Option<&str>) -> Value {
        let mut prefs = json!({
            "media.autoplay.default": 0,
            "media.peerconnection.ice.obfuscate_host_addresses": false,
            "media.navigator.streams.fake": true,
            // While it measures the network, Firefox then reduces the frame rate instead of the size, which would stay
            // reduced for 15 seconds.
            "media.peerconnection.video.lock_scaling": true,
        });
        if trusted.is_some() {
            prefs["media.devices.insecure.enabled"] = json!(true);
            prefs["media.getusermedia.insecure.enabled"] = json!(true);
        }
        match self.camera {
            Camera::Fake => prefs["media.navigator.permission.disabled"] = json!(true),
            Camera::Refused => {
                for device in ["camera", "microphone"] {
                    // 2 is “block”.
                    prefs[format!("permissions.default.{device}")] = json!(2);
                }
            }
            Camera::Missing => {
                prefs["media.navigator.permission.disabled"] = json!(true);
                prefs["media.navigator.streams.fake"] = json!(false);
                // Only devices with these names are used, which excludes the devices of the machine.
                prefs["media.video_loopback_dev"] = json!("none");
                prefs["media.audio_loopback_dev"] = json!("none");
            }
        }
        let args = ["-headless".to_owned(), format!("--width={}", WINDOW.0), format!("--height={}", WINDOW.1)];
        with_binary(json!({ "args": args, "prefs": prefs }), "FIREFOX", &["firefox", "firefox-esr"])
    }
}

/// Adds the path of the browser to the options. Without one, the driver searches for the browser.
fn with_binary(mut options: Value, variable: &str, names: &[&str]) -> Value {
    if let Some(binary) = programs::find(variable, names) {
        options["binary"] = json!(binary);
    }
    options
}
