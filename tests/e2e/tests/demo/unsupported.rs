//! Browsers and pages without the features that a call needs.

#[cfg(target_os = "linux")]
use browser_rtc_e2e::Browser;
use browser_rtc_e2e::{Page, play};

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn missing_webrtc_is_reported_by_demo() {
    play("unsupported demo", async |stage| {
        let page = stage.open(Browser::WebKit, "Ada", "/").await;
        assert_missing(&page, "RTCPeerConnection").await;
    })
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn missing_webrtc_is_reported_by_plain_page() {
    play("unsupported plain page", async |stage| {
        let page = stage.open(Browser::WebKit, "Ada", "/npm.html").await;
        assert_missing(&page, "RTCPeerConnection").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_insecure_page_reports_missing_capture() {
    play("insecure", async |stage| {
        let page = stage.open_insecurely("Ada").await;
        assert_missing(&page, "getUserMedia").await;
    })
    .await;
}

/// Asserts that the page reports exactly the missing features. Only some versions of WebKitGTK have `getUserMedia`.
async fn assert_missing(page: &Page, missing: &str) {
    let seen = page.seen().await;
    assert_eq!(seen.view, "unsupported");
    assert!(seen.undetected.iter().any(|feature| feature == missing), "this browser has {missing}: {seen:#?}");
    assert_eq!(seen.missing, seen.undetected);
    assert!(seen.problems.is_empty(), "{:?}", seen.problems);
}
