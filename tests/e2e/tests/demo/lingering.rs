//! A scene that fails leaves screenshots and no browsers.

#![cfg(target_os = "linux")]

use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use browser_rtc_e2e::{Browser, Stage, play};
use futures::FutureExt;

const SCENE: &str = "a scene that fails";
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn failed_scene_leaves_screenshots_and_no_browsers() {
    let mut folders = Vec::new();
    let scene = play(SCENE, async |stage| {
        stage.join(Browser::Chrome, "Ada").await;
        stage.join(Browser::Firefox, "Bob").await;
        folders = stage.folders();
        for folder in &folders {
            assert!(processes_of(folder).len() > 1, "a driver and its browser use {}", folder.display());
        }
        panic!("the scene fails on purpose");
    });
    let panic = AssertUnwindSafe(scene).catch_unwind().await.expect_err("the scene fails");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the scene fails on purpose"));

    assert_eq!(folders.len(), 2);
    for folder in folders {
        assert!(!folder.exists(), "{} is removed", folder.display());
        let started = Instant::now();
        while !processes_of(&folder).is_empty() {
            assert!(started.elapsed() < LIMIT, "{:?} still run", processes_of(&folder));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    for name in ["Ada", "Bob"] {
        let screenshot = Stage::screenshot(SCENE, name);
        assert!(fs::read(&screenshot).is_ok_and(|image| image.starts_with(b"\x89PNG")), "{}", screenshot.display());
        fs::remove_file(&screenshot).expect("the screenshot can be removed");
    }
}

/// Returns the processes whose `TMPDIR` is this folder.
fn processes_of(folder: &Path) -> Vec<PathBuf> {
    let marker = format!("TMPDIR={}", folder.display());
    let has_marker = |process: &PathBuf| {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == marker.as_bytes())
    };
    let all = fs::read_dir("/proc").expect("Linux has /proc").flatten();
    all.map(|entry| entry.path()).filter(has_marker).collect()
}
