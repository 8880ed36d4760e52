//! Media devices: enumeration, selection, changes and capabilities.

use browser_rtc::{
    ErrorKind,
    media::{self, Audio, Constraints, DeviceInfo, DeviceKind, Video, exact},
};
use futures::{FutureExt, StreamExt};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, ListenerCount},
    media::{capture, is_live, json, json_of, microphone, mock, settings},
    pair::Pair,
    watched,
};

/// Returns the devices with ids and labels, which requires a permission to capture.
async fn devices() -> Vec<DeviceInfo> {
    let _allowed = capture(&Constraints::new().audio(true).video(true)).await;
    media::devices().within("enumerateDevices").await.unwrap()
}

#[wasm_bindgen_test]
async fn f05_devices_are_listed() {
    watched(async {
        let devices = devices().await;
        for kind in [DeviceKind::AudioInput, DeviceKind::VideoInput] {
            let device = devices.iter().find(|device| device.kind == kind).expect("no fake device of this kind");
            assert!(!device.device_id.is_empty() && !device.label.is_empty(), "{device:?}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f05_device_is_selected_by_id() {
    watched(async {
        for device in devices().await {
            let id = exact(device.device_id.as_str());
            let constraints = match device.kind {
                DeviceKind::AudioInput => Constraints::new().audio(Audio::new().device_id(id)),
                DeviceKind::VideoInput => Constraints::new().video(Video::new().device_id(id)),
                _ => continue,
            };
            let selected = capture(&constraints).await;
            let settings = settings(selected.tracks()[0].as_raw());
            assert_eq!(js::string(&settings, "deviceId"), device.device_id);
            assert_eq!(selected.tracks()[0].label(), device.label);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f05_device_changes_are_reported() {
    watched(async {
        let known = devices().await;
        let listeners = ListenerCount::new();
        let mut changes = media::device_changes().unwrap();
        assert!(changes.next().now_or_never().is_none(), "a change is reported before the first event");
        for _ in 0..2 {
            js::dispatch(&js::media_devices(), "devicechange", &JsValue::NULL);
            let change = changes.next().within("a device change").await.unwrap().unwrap();
            assert_eq!(change.devices.len(), known.len());
        }
        drop(changes);
        assert_eq!(listeners.live(), 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f05_devices_in_change_event_are_used() {
    watched(async {
        let mut changes = media::device_changes().unwrap();
        let _mock = mock("enumerateDevices", "return Promise.reject('rejected by the mock')");
        let headset = "{ deviceId: 'a', kind: 'audioinput', label: 'Headset', groupId: 'b' }";
        let members = js::eval(&format!("{{ devices: [{headset}, {headset}], userInsertedDevices: [{headset}] }}"));
        js::dispatch(&js::media_devices(), "devicechange", &members);
        let change = changes.next().within("a device change").await.unwrap().unwrap();
        assert_eq!((change.devices.len(), change.user_inserted_devices.len()), (2, 1));
        assert_eq!(json_of(&change.devices[0]), json(&js::eval(headset)));
        assert_eq!(change.user_inserted_devices[0].kind, DeviceKind::AudioInput);

        // For an event without devices, the devices are enumerated.
        js::dispatch(&js::media_devices(), "devicechange", &JsValue::NULL);
        let error = changes.next().within("a device change").await.unwrap().unwrap_err();
        assert_eq!((error.operation(), error.message()), ("enumerateDevices", "rejected by the mock"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f05_devices_match_browser() {
    watched(async {
        let devices = devices().await;
        let expected = js::settled(js::eval("navigator.mediaDevices.enumerateDevices()"), "enumerateDevices").await;
        assert_eq!(json_of(&devices), json(&expected), "the JSON differs from toJSON() of the browser");
        let deserialized: Vec<DeviceInfo> = serde_json::from_value(json_of(&devices)).unwrap();
        assert_eq!(deserialized, devices);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f05_device_capabilities_match_browser() {
    watched(async {
        let _allowed = capture(&Constraints::new().audio(true).video(true)).await;
        for device in media::devices().within("enumerateDevices").await.unwrap() {
            let capabilities = device.capabilities().within("the capabilities").await;
            // Firefox reports the capabilities of open devices only.
            if js::is_firefox() || device.kind == DeviceKind::AudioOutput {
                assert_eq!(capabilities.unwrap_err().kind(), &ErrorKind::NotSupported, "{device:?}");
                continue;
            }
            let capabilities = capabilities.unwrap();
            assert_eq!(capabilities.device_id.as_ref(), Some(&device.device_id));
            let body = "return devices.enumerateDevices().then(listed => {
                const { width, sampleRate } = listed.find(each => each.deviceId === id).getCapabilities();
                return { width, sampleRate };
            })";
            let id = device.device_id.as_str().into();
            let expected = json(&js::run_async("devices, id", &[&js::media_devices(), &id], body).await);
            let actual = json_of(&capabilities);
            assert_eq!((&actual["width"], &actual["sampleRate"]), (&expected["width"], &expected["sampleRate"]));
            assert!(expected["width"].is_object() || expected["sampleRate"].is_object());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f05_unplugged_device_is_not_found() {
    watched(async {
        let mut camera = devices().await.into_iter().find(|device| device.kind == DeviceKind::VideoInput).unwrap();
        camera.device_id = "unplugged".into();
        let error = camera.capabilities().within("the capabilities").await.unwrap_err();
        assert_eq!((error.operation(), error.kind()), ("getCapabilities", &ErrorKind::NotFound));
        let unplugged = Constraints::new().video(Video::new().device_id(exact("unplugged")));
        let error = media::get_user_media(&unplugged).within("getUserMedia").await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Overconstrained { constraint: Some("deviceId".into()) });
    })
    .await;
}

#[wasm_bindgen_test]
async fn f05_device_changes_during_call() {
    watched(async {
        let (pair, first) = (Pair::new(), microphone().await);
        let mut tracks = pair.b.tracks();
        let sender = pair.a.add_track(&first.tracks()[0], &[&first]).unwrap();
        pair.connect().await;
        let remote = tracks.next().within("the remote track").await.unwrap().track;
        let mut mutes = remote.mute_changes();
        while mutes.next().within("the unmute of the remote track").await == Some(true) {}

        // Firefox has one fake microphone, which is selected again.
        let devices = media::devices().within("enumerateDevices").await.unwrap();
        let selected = devices.into_iter().rfind(|device| device.kind == DeviceKind::AudioInput).unwrap();
        let second = capture(&Constraints::new().audio(Audio::new().device_id(exact(&*selected.device_id)))).await;
        let raw = Clone::clone(first.tracks()[0].as_raw());
        drop(first);
        sender.replace_track(Some(&second.tracks()[0])).within("replaceTrack").await.unwrap();
        let sent = js::get(sender.as_raw(), "track");
        assert_eq!(js::string(&settings(sent.unchecked_ref()), "deviceId"), selected.device_id);
        assert!(!is_live(&raw), "the first microphone is not released");
        assert!(!remote.is_ended() && !remote.muted(), "the remote track is ended or muted");
    })
    .await;
}
