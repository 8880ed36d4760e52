//! `cargo xtask shots`: takes a picture of each state of the demo, at the size of a desktop and of a phone, in light and
//! dark.

use crate::setup::{self, Need};
use crate::step::Step;
use crate::{Result, artifacts, paths, tools, unexpected};
use std::fs;

/// The picture of the README, by its name among the shots.
const README: &str = "call-desktop.png";

pub fn command(args: &[String]) -> Result {
    let state = match args {
        [] => "",
        [state] => state,
        [_, other, ..] => return Err(unexpected(other)),
    };
    setup::run(&[Need::Wasm, Need::Chrome])?;
    let chrome = tools::chrome()?;
    artifacts::pages()?;
    let folder = paths::target_dir()?.join("shots");
    Step::new("cargo", ["run", "-p", "browser-rtc-e2e", "--bin", "shots", "--"])
        .args([folder.as_os_str(), state.as_ref()])
        .env("CHROMEDRIVER", chrome.driver)
        .env("CHROME", chrome.binary)
        .run()?;
    let (shot, picture) = (folder.join(README), paths::root().join("www/demo.png"));
    // A filtered run may have left the picture of an earlier one.
    if "call".contains(state) && shot.is_file() {
        fs::copy(&shot, &picture).map_err(|error| format!("{}: {error}", picture.display()))?;
    }
    println!("\n    pictures in {}\n", folder.display());
    Ok(())
}
