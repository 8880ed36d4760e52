//! The preview of the devices before a call, and the advice when they are refused.

use browser_rtc_e2e::{Browser, Camera, Page, play};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn preview_shows_and_frees_devices_in_chrome() {
    preview_shows_and_frees_devices("preview in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_shows_and_frees_devices_in_firefox() {
    preview_shows_and_frees_devices("preview in firefox", Browser::Firefox).await;
}

async fn preview_shows_and_frees_devices(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let ada = stage.open(browser, "Ada", "/").await;
        for (width, height) in [(390, 844), (1280, 1000)] {
            ada.resize(width, height).await;
            assert!(ada.seen().await.has_freed_all(), "nothing is captured before the preview");
            ada.click("#preview-button").await;
            until_picture(&ada).await;
            if browser == Browser::Chrome {
                // An AudioContext of headless Firefox stays suspended, so that its level stays 0.
                until_level(&ada, |level| level > 0).await;
            }

            // Only the microphone remains open.
            ada.click("#devices [data-switch=use-camera]").await;
            ada.until("the camera is freed", |seen| seen.captured("video").is_none()).await;
            ada.until("the microphone is open", |seen| seen.captured("audio").is_some()).await;
            ada.click("#devices [data-switch=use-camera]").await;
            until_picture(&ada).await;

            ada.click("#preview-button").await;
            ada.until_free().await;
        }

        // Joining frees the devices as well.
        ada.click("#preview-button").await;
        until_picture(&ada).await;
        ada.join("lobby").await;
        ada.until_free().await;
    })
    .await;
}

pub async fn until_picture(page: &Page) {
    let script = "const video = document.querySelector('#preview-video');
        return video.getClientRects().length > 0 && video.videoWidth > 0 && video.currentTime > 0";
    page.until_script(script, "the preview shows a picture", |shown: &bool| *shown).await;
}

async fn until_level(page: &Page, condition: impl Fn(u32) -> bool) {
    let script = "const meter = document.querySelector('#preview-level');
        return meter.hidden ? 0 : Number(meter.ariaValueNow)";
    page.until_script(script, "the meter shows the level", |level: &u32| condition(*level)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chosen_device_is_remembered() {
    play("remembered device", async |stage| {
        let ada = stage.open(Browser::Chrome, "Ada", "/").await;
        ada.click("#preview-button").await;
        until_picture(&ada).await;
        ada.click("#settings summary").await;
        ada.click("#microphone option:nth-child(3)").await;
        let read = "const select = document.querySelector('#microphone');
            return [select.value, document.querySelector('#microphone option:nth-child(3)')?.value ?? '']";
        let (chosen, third): (String, String) = ada.script(read).await;
        assert!(!chosen.is_empty() && chosen == third, "{chosen:?} is the third option, {third:?}");
        ada.reload().await;
        ada.until_script(read, "the choice is restored", |(value, _): &(String, String)| *value == chosen).await;

        ada.click("#preview-button").await;
        until_picture(&ada).await;
        let used: String = ada
            .script(
                "const { srcObject } = document.querySelector('#preview-video');
                return srcObject.getAudioTracks()[0].getSettings().deviceId",
            )
            .await;
        assert_eq!(used, chosen);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_preview_lists_steps_in_chrome() {
    refused_preview_lists_steps("steps in chrome", Browser::Chrome, "at the left of the address").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_preview_lists_steps_in_firefox() {
    refused_preview_lists_steps("steps in firefox", Browser::Firefox, "crossed-out").await;
}

async fn refused_preview_lists_steps(scene: &str, browser: Browser, words: &str) {
    play(scene, async |stage| {
        let ada = stage.open(browser.with(Camera::Refused), "Ada", "/").await;
        ada.click("#preview-button").await;
        let read =
            "return [...document.querySelectorAll('#permission-steps:not([hidden]) li')].map((li) => li.textContent)";
        let steps = ada.until_script(read, "the steps are shown", |steps: &Vec<String>| steps.len() > 1).await;
        assert!(steps.concat().contains(words), "{steps:?}");
        let text: String = ada.script("return document.querySelector('#preview-text').textContent").await;
        assert!(text.contains("did not allow the camera and the microphone"), "{text:?}");

        // Without devices, the page only watches, for which it needs no permission.
        for switch in ["use-camera", "use-microphone"] {
            ada.click(&format!("#devices [data-switch={switch}]")).await;
        }
        ada.until_script(read, "the steps are hidden", Vec::<String>::is_empty).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn speaker_test_plays_melody() {
    play("speaker test", async |stage| {
        let ada = stage.open(Browser::Chrome, "Ada", "/").await;
        let _: Value = ada.script(super::ringing::COUNT_TONES).await;
        ada.click("#settings summary").await;
        ada.click("#test-speaker").await;
        ada.until_script("return window.tones.length", "three tones are played", |count: &usize| *count == 3).await;
    })
    .await;
}
