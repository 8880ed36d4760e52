//! The browsers and their drivers: found, and checked to fit each other. Nothing is installed here.

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

/// A browser and the program that drives it, by absolute path, with their versions in words.
#[derive(Debug)]
pub struct Browser {
    pub binary: PathBuf,
    pub driver: PathBuf,
    pub versions: String,
}

/// Chrome or Chromium: the first whose major version is the driver's, which drives no other.
pub fn chrome() -> Result<Browser> {
    let driver = program("CHROMEDRIVER", &["chromedriver"])?;
    let driver_version = stated(&driver)?;
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
        "no Chromium or Chrome on PATH, nor named by CHROME".into()
    } else {
        format!(
            "chromedriver {driver_version} drives no Chrome {}: they must be of one major version",
            others.join(", ")
        )
    })
}

/// Firefox, of any version: geckodriver drives them all.
pub fn firefox() -> Result<Browser> {
    let driver = geckodriver()?;
    let binary = firefox_binary()?;
    let versions = format!("{}, its driver {}", stated(&binary)?, stated(&driver)?);
    Ok(Browser { binary, driver, versions })
}

pub fn firefox_binary() -> Result<PathBuf> {
    program("FIREFOX", &FIREFOX_NAMES)
}

pub fn geckodriver() -> Result<PathBuf> {
    program("GECKODRIVER", &["geckodriver"])
}

/// The driver of WebKitGTK's browser, a browser without WebRTC. It has no headless mode, hence Xvfb.
pub fn webkit() -> Result<PathBuf> {
    program("XVFB", &["Xvfb"])?;
    program("WEBKIT_DRIVER", &["WebKitWebDriver"])
}

/// A TURN server: coturn's.
pub fn turnserver() -> Result<PathBuf> {
    program("TURNSERVER", &["turnserver"])
}

/// Returns the program that makes networks, which is not on every PATH.
pub fn ip() -> Result<PathBuf> {
    program("IP", &["ip", "/usr/sbin/ip", "/sbin/ip"])
}

fn stated(path: &Path) -> Result<String> {
    version(path).ok_or_else(|| format!("`{} --version` tells no version", path.display()))
}

fn program(variable: &str, names: &[&str]) -> Result<PathBuf> {
    programs(variable, names)
        .next()
        .ok_or_else(|| format!("no {} on PATH, nor named by {variable}", names.join(" or ")))
}

/// Returns the program that the environment names; if it names none, the one on PATH.
fn programs(variable: &str, names: &[&str]) -> impl Iterator<Item = PathBuf> {
    let named = env::var(variable).ok().filter(|name| !name.is_empty());
    let names: Vec<String> = match named {
        Some(name) => vec![name],
        None => names.iter().map(ToString::to_string).collect(),
    };
    names.into_iter().filter_map(|name| paths::which(&name))
}
