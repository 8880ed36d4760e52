//! A browser without WebRTC.

use browser_rtc_e2e::{Browser, play};

#[tokio::test(flavor = "multi_thread")]
async fn webkitgtk_is_told_what_is_missing() {
    for path in ["/", "/npm.html"] {
        play(&format!("unsupported {}", path.trim_matches('/')), async |stage| {
            let page = stage.open(Browser::WebKit, "Ada", path).await;
            let seen = page.seen().await;
            assert_eq!(seen.view, "unsupported");
            for missing in ["RTCPeerConnection", "getUserMedia"] {
                assert!(seen.missing.iter().any(|item| item == missing), "{missing} is not in {:?}", seen.missing);
            }
        })
        .await;
    }
}
