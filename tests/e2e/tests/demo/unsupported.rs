//! Where calls are not possible, the page says what is missing.

#[cfg(target_os = "linux")]
use browser_rtc_e2e::Browser;
use browser_rtc_e2e::{Page, play};

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn webkitgtk_has_no_webrtc() {
    play("unsupported demo", async |stage| {
        let page = stage.open(Browser::WebKit, "Ada", "/").await;
        tells_what_is_missing(&page, "RTCPeerConnection").await;
    })
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn webkitgtk_has_no_webrtc_for_the_plain_page() {
    play("unsupported plain page", async |stage| {
        let page = stage.open(Browser::WebKit, "Ada", "/npm.html").await;
        tells_what_is_missing(&page, "RTCPeerConnection").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_an_insecure_page_has_no_camera() {
    play("insecure", async |stage| {
        let page = stage.open_insecurely("Ada").await;
        tells_what_is_missing(&page, "getUserMedia").await;
    })
    .await;
}

/// Neither less nor more than the browser lacks. Whether WebKitGTK has `getUserMedia` differs among its versions.
async fn tells_what_is_missing(page: &Page, missing: &str) {
    let seen = page.seen().await;
    assert_eq!(seen.view, "unsupported");
    assert!(seen.lacks.iter().any(|lack| lack == missing), "this browser has {missing}: {seen:#?}");
    assert_eq!(seen.missing, seen.lacks);
    assert!(seen.troubles.is_empty(), "{:?}", seen.troubles);
}
