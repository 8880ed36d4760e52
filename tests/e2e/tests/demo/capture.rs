//! Each way in which the camera cannot be had is told in a sentence of its own.

use browser_rtc_e2e::{Browser, Camera, Page, Size, play};

use crate::talk;

#[tokio::test(flavor = "multi_thread")]
async fn f02_chrome_is_refused_the_camera() {
    fails("refused in chrome", Browser::Chrome, Camera::Refused, REFUSED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_firefox_is_refused_the_camera() {
    fails("refused in firefox", Browser::Firefox, Camera::Refused, REFUSED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_chrome_has_no_camera() {
    fails("no camera in chrome", Browser::Chrome, Camera::Missing, MISSING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_firefox_has_no_camera() {
    fails("no camera in firefox", Browser::Firefox, Camera::Missing, MISSING).await;
}

/// A failure's kind, and a word of its sentence.
type Told = (&'static str, &'static str);

const REFUSED: Told = ("NotAllowed", "did not allow");
const MISSING: Told = ("NotFound", "was found");
const TOO_WIDE: Told = ("Overconstrained", "width");

/// Both when one calls and when one is called.
async fn fails(scene: &str, browser: Browser, camera: Camera, told: Told) {
    play(scene, async |stage| {
        let ada = stage.join(browser.with(camera), "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;

        ada.call(&bob).await;
        tells_of_the_camera(&ada, told).await;
        ada.until_free().await;
        assert!(bob.seen().await.is_idle(), "without a camera it does not ring");

        ada.click("#dismiss-failure").await;
        ada.until("the failure is dismissed", |seen| seen.failure.is_none()).await;
        bob.call(&ada).await;
        ada.until_rung_by(&bob).await;
        ada.accept().await;
        tells_of_the_camera(&ada, told).await;
        // Ada can put it right and accept again, or decline.
        assert_eq!(ada.seen().await.incoming.as_deref(), Some("Bob"), "it rings on");
        ada.decline().await;
        bob.until_status("declined").await;
        ada.until_free().await;
        bob.until_free().await;
    })
    .await;
}

async fn tells_of_the_camera(page: &Page, (kind, words): Told) {
    let sentence = page.until_failure(kind).await;
    assert!(sentence.contains("camera") && sentence.contains(words) && sentence.ends_with('.'), "{sentence:?}");
    // What the browser says of it is for a log.
    assert!(!sentence.contains("Error") && !sentence.contains("getUserMedia"), "{sentence:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_chrome_has_no_camera_so_wide() {
    too_wide("too wide in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_firefox_has_no_camera_so_wide() {
    too_wide("too wide in firefox", Browser::Firefox).await;
}

async fn too_wide(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(browser, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.set_exact_width("99999").await;
        ada.call(&bob).await;
        tells_of_the_camera(&ada, TOO_WIDE).await;
        ada.until_free().await;
        assert!(bob.seen().await.is_idle(), "without a camera it does not ring");
    })
    .await;
}

/// The width is really asked for: where the camera can do it, the other side gets it.
#[tokio::test(flavor = "multi_thread")]
async fn an_exact_width_that_the_camera_has() {
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
