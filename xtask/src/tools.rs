//! Search for browsers with matching drivers, and for other programs. Nothing is installed.

use crate::step::{major, version};
use crate::{Result, paths};
use std::env;
use std::path::{Path, PathBuf};

const CHROME_NAMES: [&str; 5] = [
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    "chromium-browser",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const FIREFOX_NAMES: [&str; 3] = ["firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"];

/// Absolute paths of a browser and its driver, and their versions as text.
#[derive(Debug)]
pub struct Browser {
    pub binary: PathBuf,
    pub driver: PathBuf,
    pub versions: String,
}

/// Finds Chrome or Chromium: the first one with the major version of chromedriver, which supports no other.
pub fn chrome() -> Result<Browser> {
    let driver = program("CHROMEDRIVER", &["chromedriver"])?;
    let driver_version = version_text(&driver)?;
    let mut others = Vec::new();
    for binary in programs("CHROME", &CHROME_NAMES) {
        let Some(version) = version(&binary) else {
            continue;
        };
        if major(&version) == major(&driver_version) {
            let versions = format!("{version}, its driver {driver_version}");
            return Ok(Browser { binary, driver, versions });
        }
        others.push(version);
    }
    Err(if others.is_empty() {
        "no Chromium or Chrome is on PATH, and CHROME is not set".into()
    } else {
        format!(
            "chromedriver {driver_version} does not support Chrome {}: the major versions must be equal",
            others.join(", ")
        )
    })
}

/// Finds Firefox, in any version, because geckodriver supports all.
pub fn firefox() -> Result<Browser> {
    let driver = geckodriver()?;
    let binary = firefox_binary()?;
    let versions = format!("{}, its driver {}", version_text(&binary)?, version_text(&driver)?);
    Ok(Browser { binary, driver, versions })
}

pub fn firefox_binary() -> Result<PathBuf> {
    program("FIREFOX", &FIREFOX_NAMES)
}

pub fn geckodriver() -> Result<PathBuf> {
    program("GECKODRIVER", &["geckodriver"])
}

/// Finds the driver of WebKitGTK, a browser without WebRTC, and Xvfb, because the browser has no headless mode.
pub fn webkit() -> Result<PathBuf> {
    program("XVFB", &["Xvfb"])?;
    program("WEBKIT_DRIVER", &["WebKitWebDriver"])
}

/// Finds the TURN server of coturn.
pub fn turnserver() -> Result<PathBuf> {
    program("TURNSERVER", &["turnserver"])
}

/// Finds `ip`, which is not on every PATH.
pub fn ip() -> Result<PathBuf> {
    program("IP", &["ip", "/usr/sbin/ip", "/sbin/ip"])
}

fn version_text(path: &Path) -> Result<String> {
    version(path).ok_or_else(|| format!("`{} --version` prints no version", path.display()))
}

fn program(variable: &str, names: &[&str]) -> Result<PathBuf> {
    programs(variable, names)
        .next()
        .ok_or_else(|| format!("{} is not on PATH, and {variable} is not set", names.join(" or ")))
}

/// Returns the program that the environment variable names, or else those on PATH.
fn programs(variable: &str, names: &[&str]) -> impl Iterator<Item = PathBuf> {
    let named = env::var(variable).ok().filter(|name| !name.is_empty());
    let names: Vec<String> = match named {
        Some(name) => vec![name],
        None => names.iter().map(ToString::to_string).collect(),
    };
    names.into_iter().filter_map(|name| paths::which(&name))
}
