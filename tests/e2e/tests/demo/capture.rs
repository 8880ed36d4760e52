//! Failures of capture, each with a separate message.

use browser_rtc_e2e::{Browser, Camera, Page, Seen, Size, connect, play};

use crate::talk;

#[tokio::test(flavor = "multi_thread")]
async fn f02_refused_camera_is_reported_in_chrome() {
    failure_is_reported("refused in chrome", Browser::Chrome, Camera::Refused, REFUSED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_refused_camera_is_reported_in_firefox() {
    failure_is_reported("refused in firefox", Browser::Firefox, Camera::Refused, REFUSED).await;
}

/// The kind of a failure, and a part of its sentence.
type Expected = (&'static str, &'static str);

const REFUSED: Expected = ("NotAllowed", "did not allow");
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
async fn f02_missing_devices_leave_watching_in_chrome() {
    missing_devices_leave_watching("no devices in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_missing_devices_leave_watching_in_firefox() {
    missing_devices_leave_watching("no devices in firefox", Browser::Firefox).await;
}

/// A peer without devices can call and be called, and receives picture and sound.
async fn missing_devices_leave_watching(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(browser.with(Camera::Missing), "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        for (caller, callee) in [(&ada, &bob), (&bob, &ada)] {
            connect(caller, callee).await;
            let sentence = ada.until_failure("NotFound").await;
            assert!(sentence.contains("was found") && sentence.contains("do not see or hear you"), "{sentence:?}");
            ada.until_frames(10).await;
            assert!(ada.seen().await.captured("audio").is_none());
            let received = bob.seen().await.tracks.iter().filter(|track| track.origin == "received").count();
            assert_eq!(received, 0, "nothing is sent without devices");
            ada.hang_up().await;
            ada.until_free().await;
            bob.until_free().await;
        }
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn switched_off_camera_stays_off_in_chrome() {
    switched_off_camera_stays_off("camera off in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn switched_off_camera_stays_off_in_firefox() {
    switched_off_camera_stays_off("camera off in firefox", Browser::Firefox).await;
}

/// The switch is remembered, and such a call has sound only. The callee decides with the switches of the ringing call.
async fn switched_off_camera_stays_off(scene: &str, browser: Browser) {
    const SWITCH: &str = "#devices [data-switch=use-camera]";
    play(scene, async |stage| {
        let ada = stage.open(browser, "Ada", "/").await;
        ada.click(SWITCH).await;
        ada.reload().await;
        let checked: String = ada.script(&format!("return document.querySelector('{SWITCH}').ariaChecked")).await;
        assert_eq!(checked, "false", "the switch is remembered");
        ada.join("lobby").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;

        ada.call(&bob).await;
        bob.until_rung_by(&ada).await;
        bob.click("#incoming [data-switch=use-microphone]").await;
        bob.accept().await;
        ada.until_in_call_with(&bob).await;
        bob.until_in_call_with(&ada).await;
        assert_captures(&ada, &bob, "audio").await;
        assert_captures(&bob, &ada, "video").await;
        ada.until_frames(10).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

/// Asserts that the sender captures only this kind of track, and that the receiver gets it.
async fn assert_captures(sender: &Page, receiver: &Page, kind: &str) {
    let kinds = |seen: &Seen, origin: &str| -> Vec<String> {
        let live = seen.tracks.iter().filter(|track| track.origin == origin && track.state == "live");
        live.map(|track| track.kind.clone()).collect()
    };
    assert_eq!(kinds(&sender.seen().await, "captured"), [kind]);
    receiver.until("the only track is received", |seen| kinds(seen, "received") == [kind]).await;
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
