//! A scene that fails leaves pictures behind, and no browsers.

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
async fn a_failed_scene_leaves_pictures_and_no_browsers() {
    let mut folders = Vec::new();
    let scene = play(SCENE, async |stage| {
        stage.join(Browser::Chrome, "Ada").await;
        stage.join(Browser::Firefox, "Bob").await;
        folders = stage.folders();
        for folder in &folders {
            assert!(processes_of(folder).len() > 1, "a driver and its browser are known by {}", folder.display());
        }
        panic!("as it should");
    });
    let panic = AssertUnwindSafe(scene).catch_unwind().await.expect_err("the scene fails");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"as it should"));

    assert_eq!(folders.len(), 2);
    for folder in folders {
        assert!(!folder.exists(), "{} is removed", folder.display());
        let begun = Instant::now();
        while !processes_of(&folder).is_empty() {
            assert!(begun.elapsed() < LIMIT, "{:?} live on", processes_of(&folder));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    for name in ["Ada", "Bob"] {
        let picture = Stage::picture(SCENE, name);
        assert!(fs::read(&picture).is_ok_and(|image| image.starts_with(b"\x89PNG")), "{}", picture.display());
        fs::remove_file(&picture).expect("the picture of no failure can be removed");
    }
}

/// The processes whose environment has this folder for temporary files.
fn processes_of(folder: &Path) -> Vec<PathBuf> {
    let marker = format!("TMPDIR={}", folder.display());
    let has_it = |process: &PathBuf| {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == marker.as_bytes())
    };
    let all = fs::read_dir("/proc").expect("Linux has /proc").flatten();
    all.map(|entry| entry.path()).filter(has_it).collect()
}
