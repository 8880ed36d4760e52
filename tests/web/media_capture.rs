//! Capture of camera and microphone with constraints, and the failures of capture.

use browser_rtc::{
    ErrorKind,
    media::{
        self, Audio, Constraints, CursorCapture, DisplayMediaOptions, DisplaySurface, EchoCancellationMode, FacingMode,
        Permission, ResizeMode, Video, exact, ideal, max, min,
    },
};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    iframe::Iframe,
    js::{self, Override},
    media::{capture, json, json_of, mock_get_user_media, refuse_with, settings},
    watched,
};

async fn capture_error(constraints: &Constraints) -> browser_rtc::Error {
    media::get_user_media(constraints).within("getUserMedia").await.expect_err("getUserMedia succeeded")
}

async fn video_settings(video: Video) -> JsValue {
    let stream = capture(&Constraints::new().video(video)).await;
    assert_eq!((stream.video_tracks().len(), stream.audio_tracks().len()), (1, 0));
    settings(stream.video_tracks()[0].as_raw())
}

async fn audio_settings(audio: Audio) -> JsValue {
    let stream = capture(&Constraints::new().audio(audio)).await;
    assert_eq!((stream.video_tracks().len(), stream.audio_tracks().len()), (0, 1));
    settings(stream.audio_tracks()[0].as_raw())
}

#[wasm_bindgen_test]
async fn f01_camera_and_microphone_are_captured() {
    watched(async {
        let both = capture(&Constraints::new().audio(true).video(true)).await;
        assert_eq!((both.video_tracks().len(), both.audio_tracks().len()), (1, 1));
        assert!(both.is_active());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f01_video_size_follows_constraints() {
    watched(async {
        for (video, width) in [
            (Video::new().width(320).height(240), 320.0),
            (Video::new().width(ideal(320)).height(ideal(240)), 320.0),
            (Video::new().width(exact(320)).height(exact(240)), 320.0),
            (Video::new().width(min(640).max(640)), 640.0),
            (Video::new().width(max(1280).ideal(320)), 320.0),
        ] {
            assert_eq!(js::number(&video_settings(video.clone()).await, "width"), width, "{video:?}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f01_frame_rate_follows_constraints() {
    watched(async {
        let rate = js::number(&video_settings(Video::new().frame_rate(exact(10))).await, "frameRate");
        assert!((9.0..=11.0).contains(&rate), "{rate}");
        let rate = js::number(&video_settings(Video::new().frame_rate(max(15.0))).await, "frameRate");
        assert!(rate <= 15.0, "{rate}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f01_audio_processing_follows_constraints() {
    watched(async {
        for on in [true, false] {
            let audio = Audio::new().echo_cancellation(on).noise_suppression(on).auto_gain_control(on);
            let settings = audio_settings(audio).await;
            for switch in ["echoCancellation", "noiseSuppression", "autoGainControl"] {
                // Firefox's fake microphone has no audio processing, and reports all of it as off.
                let expected = on && !js::is_firefox();
                assert_eq!(js::get(&settings, switch), JsValue::from_bool(expected), "{switch}");
            }
        }
        let settings = audio_settings(Audio::new().echo_cancellation(exact(false))).await;
        assert_eq!(js::get(&settings, "echoCancellation"), JsValue::FALSE);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f01_each_constraint_reaches_browser_unchanged() {
    watched(async {
        let _mock = mock_get_user_media("return Promise.reject(JSON.stringify(constraints))");
        let constraints = Constraints::new()
            .audio(
                Audio::new()
                    .echo_cancellation(exact(true))
                    .noise_suppression(ideal(false))
                    .auto_gain_control(true)
                    .sample_rate(48_000)
                    .sample_size(ideal(16).min(8))
                    .latency(max(0.5))
                    .channel_count(exact(2))
                    .device_id("microphone")
                    .group_id(ideal(["headset", "webcam"]))
                    .restrict_own_audio(exact(true))
                    .suppress_local_audio_playback(false)
                    .advanced(Audio::new().echo_cancellation(EchoCancellationMode::All))
                    .advanced(Audio::new().echo_cancellation(exact(EchoCancellationMode::RemoteOnly))),
            )
            .video(
                Video::new()
                    .width(min(640).max(1920).ideal(1280))
                    .height(exact(720))
                    .aspect_ratio(1.5)
                    .frame_rate(ideal(30).max(60))
                    .facing_mode(exact(FacingMode::Environment))
                    .resize_mode(exact([ResizeMode::None, ResizeMode::CropAndScale]))
                    .device_id(exact("camera"))
                    .group_id(["webcam", "headset"])
                    .background_blur(ideal(true))
                    .display_surface(DisplaySurface::Monitor)
                    .logical_surface(true)
                    .cursor(vec![CursorCapture::Motion, CursorCapture::Never])
                    .advanced(Video::new().width(min(640).max(800)).facing_mode([FacingMode::Left])),
            );
        for constraints in [constraints, Constraints::new().audio(true), Constraints::new().video(Video::new())] {
            let received =
                js::run("json", &[&capture_error(&constraints).await.message().into()], "return JSON.parse(json)");
            assert_eq!(json(&received), json_of(&constraints));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f02_unsatisfiable_constraint_is_named() {
    watched(async {
        let error = capture_error(&Constraints::new().video(Video::new().width(exact(99_999)))).await;
        assert_eq!(error.kind(), &ErrorKind::Overconstrained { constraint: Some("width".into()) }, "{error}");
        let error = capture_error(&Constraints::new().audio(Audio::new().device_id(exact("no such microphone")))).await;
        assert_eq!(error.kind(), &ErrorKind::Overconstrained { constraint: Some("deviceId".into()) }, "{error}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f02_empty_constraints_are_type_error() {
    watched(async {
        let error = capture_error(&Constraints::new()).await;
        assert_eq!((error.operation(), error.kind()), ("getUserMedia", &ErrorKind::Type));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f02_each_capture_failure_has_distinct_kind() {
    watched(async {
        for (name, kind) in [
            ("NotAllowedError", ErrorKind::NotAllowed),
            ("NotFoundError", ErrorKind::NotFound),
            ("NotReadableError", ErrorKind::NotReadable),
            ("SecurityError", ErrorKind::Security),
            ("AbortError", ErrorKind::Abort),
        ] {
            let _mock = refuse_with(name);
            let error = capture_error(&Constraints::new().video(true)).await;
            assert_eq!((error.kind(), error.message()), (&kind, "rejected by the mock"));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f02_capture_forbidden_by_policy_is_not_allowed() {
    watched(async {
        let (video, audio) = (Constraints::new().video(true), Constraints::new().audio(true));
        for (policy, constraints) in [
            ("camera 'none'; microphone 'none'", [&video, &audio]),
            ("camera 'none'", [&video, &video]),
            ("microphone 'none'", [&audio, &audio]),
        ] {
            let _frame = Iframe::new(policy).await;
            for constraints in constraints {
                assert_eq!(capture_error(constraints).await.kind(), &ErrorKind::NotAllowed, "{policy}");
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f02_capture_in_removed_frame_is_invalid_state() {
    watched(async {
        let frame = Iframe::new("").await;
        frame.remove();
        assert_eq!(capture_error(&Constraints::new().video(true)).await.kind(), &ErrorKind::InvalidState);
        if js::is_firefox() {
            // Firefox settles none of the other promises of a removed frame.
            return;
        }
        let options = DisplayMediaOptions::new();
        for (error, kind) in [
            (media::devices().within("enumerateDevices").await.unwrap_err(), ErrorKind::NotSupported),
            (
                media::permission(Permission::Camera).within("the permission").await.unwrap_err(),
                ErrorKind::InvalidState,
            ),
            (media::get_display_media(&options).within("getDisplayMedia").await.unwrap_err(), ErrorKind::InvalidState),
        ] {
            assert_eq!(error.kind(), &kind, "{error}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f02_browser_without_media_devices_is_not_supported() {
    watched(async {
        let _mock = Override::new(&js::eval("navigator"), "mediaDevices", &JsValue::UNDEFINED);
        assert!(!media::is_supported());
        for error in [
            capture_error(&Constraints::new().video(true)).await,
            media::devices().within("enumerateDevices").await.unwrap_err(),
            media::device_changes().err().unwrap(),
        ] {
            assert_eq!(error.kind(), &ErrorKind::NotSupported);
            assert!(error.message().contains("use a current Chrome, Edge, Firefox or Safari"), "{error}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f02_insecure_page_is_not_supported() {
    watched(async {
        let _no_devices = Override::new(&js::eval("navigator"), "mediaDevices", &JsValue::UNDEFINED);
        let _insecure = Override::new(&js::eval("globalThis"), "isSecureContext", &JsValue::FALSE);
        let error = capture_error(&Constraints::new().video(true)).await;
        assert_eq!(error.kind(), &ErrorKind::NotSupported);
        assert!(error.message().contains("open the page over https or on localhost"), "{error}");
    })
    .await;
}
