//! Failures of capture, each with a separate message.

use browser_rtc_e2e::{Browser, Camera, Page, Size, play};

use crate::talk;

#[tokio::test(flavor = "multi_thread")]
async fn f02_refused_camera_is_reported_in_chrome() {
    failure_is_reported("refused in chrome", Browser::Chrome, Camera::Refused, REFUSED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_refused_camera_is_reported_in_firefox() {
    failure_is_reported("refused in firefox", Browser::Firefox, Camera::Refused, REFUSED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_missing_camera_is_reported_in_chrome() {
    failure_is_reported("no camera in chrome", Browser::Chrome, Camera::Missing, MISSING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_missing_camera_is_reported_in_firefox() {
    failure_is_reported("no camera in firefox", Browser::Firefox, Camera::Missing, MISSING).await;
}

/// The kind of a failure, and a part of its sentence.
type Expected = (&'static str, &'static str);

const REFUSED: Expected = ("NotAllowed", "did not allow");
const MISSING: Expected = ("NotFound", "was found");
const TOO_WIDE: Expected = ("Overconstrained", "width");

/// Asserts that the failure is reported to a caller and to a callee.
async fn failure_is_reported(scene: &str, browser: Browser, camera: Camera, expected: Expected) {
    play(scene, async |stage| {
        let ada = stage.join(browser.with(camera), "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;

        ada.call(&bob).await;
        assert_camera_failure(&ada, expected).await;
        ada.until_free().await;
        assert!(bob.seen().await.is_idle(), "a call without a camera does not ring");

        ada.click("#dismiss-failure").await;
        ada.until("the failure is dismissed", |seen| seen.failure.is_none()).await;
        bob.call(&ada).await;
        ada.until_rung_by(&bob).await;
        ada.accept().await;
        assert_camera_failure(&ada, expected).await;
        // Ada can allow the camera and accept again, or decline.
        assert_eq!(ada.seen().await.incoming.as_deref(), Some("Bob"), "the call continues to ring");
        ada.decline().await;
        bob.until_status("declined").await;
        ada.until_free().await;
        bob.until_free().await;
    })
    .await;
}

async fn assert_camera_failure(page: &Page, (kind, words): Expected) {
    let sentence = page.until_failure(kind).await;
    assert!(sentence.contains("camera") && sentence.contains(words) && sentence.ends_with('.'), "{sentence:?}");
    // The browser's own error text is not for users.
    assert!(!sentence.contains("Error") && !sentence.contains("getUserMedia"), "{sentence:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_unsupported_width_is_reported_in_chrome() {
    unsupported_width_is_reported("too wide in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_unsupported_width_is_reported_in_firefox() {
    unsupported_width_is_reported("too wide in firefox", Browser::Firefox).await;
}

async fn unsupported_width_is_reported(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(browser, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.set_exact_width("99999").await;
        ada.call(&bob).await;
        assert_camera_failure(&ada, TOO_WIDE).await;
        ada.until_free().await;
        assert!(bob.seen().await.is_idle(), "a call without a camera does not ring");
    })
    .await;
}

/// A camera that supports the requested width sends a video of this width.
#[tokio::test(flavor = "multi_thread")]
async fn supported_exact_width_is_captured() {
    play("exact width", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.set_exact_width("320").await;
        talk::connect(&ada, &bob).await;
        let Size { width, .. } = talk::camera_size(&ada).await;
        assert_eq!(width, 320);
        talk::see_each_other(&ada, &bob).await;
    })
    .await;
}
