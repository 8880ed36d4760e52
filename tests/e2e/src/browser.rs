//! The browsers, and how each is set up for a test.

use std::time::Duration;

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::page::PATIENCE;
use crate::programs;
use crate::site::Site;

/// A browser starts slowly on a busy machine, and the more so the first time.
const START: Duration = Duration::from_secs(180);

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
    /// WebKitGTK's own small browser, which has no WebRTC.
    WebKit,
}

/// The outcome of a request for the camera and the microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Camera {
    /// A picture and a sound that the browser makes up, without a question to the user.
    Fake,
    /// A refusal, as if the user had said no.
    Refused,
    /// Nothing: there is no camera.
    Missing,
}

/// A browser, and its camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    browser: Browser,
    camera: Camera,
}

impl Browser {
    /// This browser with this camera.
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

/// An open browser: a driver of its own, with one session. Both end on drop.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) driver: Driver,
}

impl Session {
    pub(crate) async fn open(setup: Setup, site: Site<'_>) -> Self {
        let driver = Driver::start(setup.browser, site).await;
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let url = driver.url();
        let opening = builder.capabilities(setup.capabilities(site.trusted)).connect(&url);
        match tokio::time::timeout(START, opening).await {
            Ok(Ok(client)) => Self { client, driver },
            Ok(Err(error)) => panic!("{:?} does not open: {error}\n{}", setup.browser, driver.log()),
            Err(_) => panic!("{:?} does not open within {} s\n{}", setup.browser, START.as_secs(), driver.log()),
        }
    }
}

impl Setup {
    fn capabilities(self, trusted: Option<&str>) -> Capabilities {
        let (key, options) = match self.browser {
            Browser::Chrome => ("goog:chromeOptions", self.chrome(trusted)),
            Browser::Firefox => ("moz:firefoxOptions", self.firefox(trusted)),
            // Its driver knows where its browser is.
            Browser::WebKit => return Capabilities::new(),
        };
        // By themselves, drivers give a script half a minute.
        let timeouts = json!({ "script": PATIENCE.as_millis() });
        Capabilities::from_iter([(key.to_owned(), options), ("timeouts".to_owned(), timeouts)])
    }

    /// Returns the options of Chrome.
    ///
    /// `--allow-loopback-in-peer-connection` is not one of them. Firefox answers the connectivity checks of a loopback
    /// candidate, but pairs it with none of its own, which are of other interfaces. Chrome takes the answer for a
    /// connection and stops gathering. If the loopback candidate is its only one by then, Firefox remains in the state
    /// `checking` until the call times out.
    fn chrome(self, trusted: Option<&str>) -> Value {
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
            "--window-size=1280,1000",
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
            // As it measures the network, it sends fewer frames rather than smaller ones, which would take it a quarter
            // of a minute to undo.
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
                // Only devices of these names count: so the machine's own ones do not.
                prefs["media.video_loopback_dev"] = json!("none");
                prefs["media.audio_loopback_dev"] = json!("none");
            }
        }
        let args = ["-headless", "--width=1280", "--height=1000"];
        with_binary(json!({ "args": args, "prefs": prefs }), "FIREFOX", &["firefox", "firefox-esr"])
    }
}

/// The browser that was found; where none was, the driver looks in places of its own.
fn with_binary(mut options: Value, variable: &str, names: &[&str]) -> Value {
    if let Some(binary) = programs::find(variable, names) {
        options["binary"] = json!(binary);
    }
    options
}
