//! Devices: listed, chosen, plugged in and out.

use browser_rtc::media::{self, Audio, Constraints, DeviceInfo, DeviceKind, Video, exact};
use futures::{FutureExt, StreamExt};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, ListenerCount},
    media::{capture, settings},
    watched,
};

/// The devices as they are told to a page that may capture.
async fn devices() -> Vec<DeviceInfo> {
    let _allowed = capture(&Constraints::new().audio(true).video(true)).await;
    media::devices().within("the devices").await.unwrap()
}

#[wasm_bindgen_test]
async fn f05_devices_are_listed() {
    watched(async {
        let devices = devices().await;
        for kind in [DeviceKind::AudioInput, DeviceKind::VideoInput] {
            let device = devices.iter().find(|device| device.kind == kind).expect("a fake device");
            assert!(!device.device_id.is_empty() && !device.label.is_empty(), "{device:?}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f05_a_device_is_chosen_by_its_id() {
    watched(async {
        for device in devices().await {
            let id = exact(device.device_id.as_str());
            let constraints = match device.kind {
                DeviceKind::AudioInput => Constraints::new().audio(Audio::new().device_id(id)),
                DeviceKind::VideoInput => Constraints::new().video(Video::new().device_id(id)),
                _ => continue,
            };
            let chosen = capture(&constraints).await;
            let settings = settings(chosen.tracks()[0].as_raw());
            assert_eq!(js::string(&settings, "deviceId"), device.device_id);
            assert_eq!(chosen.tracks()[0].label(), device.label);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f05_plugging_in_and_out_is_a_stream() {
    watched(async {
        let known = devices().await;
        let listeners = ListenerCount::new();
        let mut changes = media::device_changes().unwrap();
        assert!(changes.next().now_or_never().is_none(), "nothing has changed yet");
        for _ in 0..2 {
            js::dispatch(&js::media_devices(), "devicechange", &JsValue::NULL);
            let now = changes.next().within("the devices after a change").await.unwrap().unwrap();
            assert_eq!(now.devices.len(), known.len());
        }
        drop(changes);
        assert_eq!(listeners.live(), 0);
    })
    .await;
}
