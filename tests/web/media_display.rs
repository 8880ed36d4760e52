//! Screen sharing: options, constraints, failures, and the focus of the shared surface.

use browser_rtc::{
    ErrorKind, Result,
    media::{
        self, Audio, AudioSelectionPreference, CaptureController, CursorCapture, DisplayMediaOptions, DisplaySurface,
        FocusBehavior, MediaStream, MonitorTypeSurfaces, SelfCapturePreference, SurfaceSwitchingPreference,
        SystemAudioPreference, Video, WindowAudioPreference, exact, ideal, max, min,
    },
};
use futures::{FutureExt, channel::oneshot};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    iframe::Iframe,
    js::{self, Override},
    media::{is_live, json, json_of, mock, settings},
    watched,
};

async fn share(options: &DisplayMediaOptions) -> Result<MediaStream> {
    media::get_display_media(options).within("getDisplayMedia").await
}

async fn share_error(options: &DisplayMediaOptions) -> ErrorKind {
    let error = share(options).await.expect_err("getDisplayMedia succeeded");
    assert_eq!(error.operation(), "getDisplayMedia");
    error.kind().clone()
}

/// Returns `true` in Firefox, after an assertion that screen sharing fails there. Before any other check, Firefox
/// requires a user gesture, which a test cannot make.
async fn needs_user_gesture(options: &DisplayMediaOptions) -> bool {
    if js::is_firefox() {
        assert_eq!(share_error(options).await, ErrorKind::InvalidState);
    }
    js::is_firefox()
}

#[wasm_bindgen_test]
async fn f08_screen_is_shared() {
    watched(async {
        let options = DisplayMediaOptions::new();
        if needs_user_gesture(&options).await {
            return;
        }
        let screen = share(&options).await.unwrap();
        assert_eq!((screen.video_tracks().len(), screen.audio_tracks().len()), (1, 0));
        let track = screen.tracks().remove(0);
        let expected = json(&settings(track.as_raw()));
        assert_eq!(expected, json_of(&track.settings()));
        assert_eq!(track.settings().display_surface, Some(DisplaySurface::Monitor));
        assert_eq!(track.settings().logical_surface, Some(true));
        assert_eq!(track.settings().cursor, Some(CursorCapture::Never), "the fake screen has no cursor");
        assert_eq!(track.capabilities().unwrap().display_surface, Some(DisplaySurface::Monitor));

        let raw = Clone::clone(track.as_raw());
        drop((screen, track));
        assert!(!is_live(&raw), "the last handle is dropped");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_constraints_of_shared_screen_apply() {
    watched(async {
        let video = Video::new()
            .display_surface(DisplaySurface::Window)
            .width(ideal(400))
            .frame_rate(max(5))
            .logical_surface(true)
            .cursor([CursorCapture::Motion, CursorCapture::Always]);
        let audio = Audio::new().suppress_local_audio_playback(true).restrict_own_audio(true);
        let options = DisplayMediaOptions::new().video(video).audio(audio);
        if needs_user_gesture(&options).await {
            return;
        }
        let screen = share(&options).await.unwrap();
        let (video, audio) = (screen.video_tracks()[0].settings(), screen.audio_tracks()[0].settings());
        assert_eq!((video.width, video.frame_rate), (Some(400), Some(5.0)));
        assert_eq!(video.display_surface, Some(DisplaySurface::Window));
        assert_eq!(audio.suppress_local_audio_playback, Some(true));
        // The fake audio does not support this constraint.
        assert_eq!(audio.restrict_own_audio, Some(false));

        let track = &screen.video_tracks()[0];
        track.apply_constraints(Video::new().width(exact(320))).within("applyConstraints").await.unwrap();
        assert_eq!(js::number(&settings(track.as_raw()), "width"), 320.0);
        let applied = track.apply_constraints(Video::new().width(exact(99_999))).within("applyConstraints").await;
        let width = ErrorKind::Overconstrained { constraint: Some("width".into()) };
        assert_eq!(applied.unwrap_err().kind(), &width);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_each_option_reaches_browser_unchanged() {
    watched(async {
        let all = DisplayMediaOptions::new()
            .video(Video::new().display_surface(DisplaySurface::Browser).cursor(CursorCapture::Always))
            .audio(Audio::new().restrict_own_audio(false))
            .self_browser_surface(SelfCapturePreference::Include)
            .system_audio(SystemAudioPreference::Include)
            .window_audio(WindowAudioPreference::Window)
            .surface_switching(SurfaceSwitchingPreference::Include)
            .monitor_type_surfaces(MonitorTypeSurfaces::Exclude)
            .audio_selection(AudioSelectionPreference::Preferred);
        let other = DisplayMediaOptions::new()
            .audio(true)
            .self_browser_surface(SelfCapturePreference::Exclude)
            .system_audio(SystemAudioPreference::Exclude)
            .window_audio(WindowAudioPreference::System)
            .surface_switching(SurfaceSwitchingPreference::Exclude)
            .monitor_type_surfaces(MonitorTypeSurfaces::Include);
        let third = DisplayMediaOptions::new().window_audio(WindowAudioPreference::Exclude);
        for options in [all, other, third, DisplayMediaOptions::new()] {
            if !needs_user_gesture(&options).await {
                share(&options).await.unwrap();
            }
            let _mock = mock("getDisplayMedia", "return Promise.reject(JSON.stringify(options))");
            let received = share(&options).await.unwrap_err();
            assert_eq!(serde_json::from_str::<serde_json::Value>(received.message()).unwrap(), json_of(&options));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_options_survive_serialization() {
    let options = DisplayMediaOptions::new().video(Video::new().cursor(exact(CursorCapture::Never)));
    let deserialized = serde_json::from_value(json_of(&options)).unwrap();
    assert_eq!(options, deserialized);
    assert_eq!(serde_json::from_str::<DisplayMediaOptions>("{}").unwrap(), DisplayMediaOptions::new());
}

#[wasm_bindgen_test]
async fn f08_end_of_sharing_is_reported() {
    watched(async {
        let frame = Iframe::new("").await;
        // Firefox requires a user gesture, so the camera replaces the screen.
        let _mock = js::is_firefox()
            .then(|| mock("getDisplayMedia", "return navigator.mediaDevices.getUserMedia({ video: true })"));
        let screen = share(&DisplayMediaOptions::new()).await.unwrap();
        let track = &screen.tracks()[0];
        let mut ended = track.ended();
        assert!((&mut ended).now_or_never().is_none(), "the end is reported while the screen is shared");
        if js::is_firefox() {
            frame.remove();
        } else {
            // Chromium fires no event in a removed frame. For the browser's own button, a page receives only this event.
            js::dispatch(track.as_raw(), "ended", &JsValue::NULL);
        }
        ended.within("the end of the track").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_unsatisfiable_screen_options_are_rejected() {
    watched(async {
        let video = |video: Video| DisplayMediaOptions::new().video(video);
        for options in [
            DisplayMediaOptions::new().video(false),
            video(Video::new().width(min(640))),
            video(Video::new().width(exact(640))),
            video(Video::new().advanced(Video::new().width(640))),
            video(Video::new().display_surface(DisplaySurface::Monitor))
                .monitor_type_surfaces(MonitorTypeSurfaces::Exclude),
            DisplayMediaOptions::new().system_audio(SystemAudioPreference::from("louder")),
        ] {
            if !needs_user_gesture(&options).await {
                assert_eq!(share_error(&options).await, ErrorKind::Type, "{options:?}");
            }
        }
        // Firefox checks numbers before the user gesture.
        assert_eq!(share_error(&video(Video::new().frame_rate(f64::NAN))).await, ErrorKind::Type);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_each_sharing_failure_has_distinct_kind() {
    watched(async {
        let width = ErrorKind::Overconstrained { constraint: Some("width".into()) };
        for (options, kind) in [
            (DisplayMediaOptions::new().video(Video::new().width(max(0))), width),
            // The fake screen has no audio.
            (DisplayMediaOptions::new().video(false).audio(true), ErrorKind::NotFound),
        ] {
            if !needs_user_gesture(&options).await {
                assert_eq!(share_error(&options).await, kind);
            }
        }
        {
            let _frame = Iframe::restricted().await;
            // Firefox checks the user gesture first.
            let kind = if js::is_firefox() { ErrorKind::InvalidState } else { ErrorKind::NotAllowed };
            assert_eq!(share_error(&DisplayMediaOptions::new()).await, kind);
        }
        for (name, kind) in [
            ("NotAllowedError", ErrorKind::NotAllowed),
            ("NotFoundError", ErrorKind::NotFound),
            ("NotReadableError", ErrorKind::NotReadable),
            ("InvalidStateError", ErrorKind::InvalidState),
            ("AbortError", ErrorKind::Abort),
        ] {
            let body = format!("return Promise.reject(new DOMException('rejected by the mock', '{name}'))");
            let _mock = mock("getDisplayMedia", &body);
            assert_eq!(share_error(&DisplayMediaOptions::new()).await, kind);
        }
        let _no_method = Override::new(&js::media_devices(), "getDisplayMedia", &JsValue::UNDEFINED);
        assert_eq!(share_error(&DisplayMediaOptions::new()).await, ErrorKind::NotSupported);
        let _no_devices = Override::new(&js::eval("navigator"), "mediaDevices", &JsValue::UNDEFINED);
        assert_eq!(share_error(&DisplayMediaOptions::new()).await, ErrorKind::NotSupported);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_screen_shared_after_drop_is_stopped() {
    watched(async {
        // Reports the track when it is stopped, for which browsers have no event.
        let body = "return navigator.mediaDevices.getUserMedia({ video: true }).then(stream => {
            const track = stream.getTracks()[0];
            const stop = track.stop;
            window.resolveStopped(new Promise(stopped => track.stop = () => { stop.call(track); stopped(track); }));
            return stream;
        })";
        let stopped = js::eval("new Promise(stopped => window.resolveStopped = stopped)");
        let _mock = mock("getDisplayMedia", body);
        assert!(media::get_display_media(&DisplayMediaOptions::new()).now_or_never().is_none());
        let track = js::settled(stopped, "the stop of the track").await;
        assert_eq!(js::string(&track, "readyState"), "ended");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_focus_behavior_is_set() {
    watched(async {
        if js::is_firefox() {
            // Firefox has no capture controllers.
            let error = CaptureController::new().unwrap_err();
            assert_eq!((error.operation(), error.kind()), ("CaptureController", &ErrorKind::NotSupported));
            return;
        }
        let behaviors = [
            FocusBehavior::FocusCapturingApplication,
            FocusBehavior::FocusCapturedSurface,
            FocusBehavior::NoFocusChange,
        ];
        let controller = CaptureController::new().unwrap();
        for behavior in behaviors {
            controller.set_focus_behavior(&behavior).unwrap();
        }
        let error = controller.set_focus_behavior(&FocusBehavior::from("anywhere")).unwrap_err();
        assert_eq!((error.operation(), error.kind()), ("setFocusBehavior", &ErrorKind::Type));

        let video = Video::new().display_surface(DisplaySurface::Browser);
        let options = DisplayMediaOptions::new().video(video).controller(&controller);
        let tab = share(&options).await.unwrap();
        assert_eq!(share_error(&options).await, ErrorKind::InvalidState, "the controller is in use");

        let error = controller.set_focus_behavior(&FocusBehavior::NoFocusChange).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::InvalidState, "the focus is already decided");
        drop(tab);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_focus_depends_on_shared_surface() {
    watched(async {
        if js::is_firefox() {
            // Firefox has no capture controllers, which decide the focus.
            assert_eq!(CaptureController::new().unwrap_err().kind(), &ErrorKind::NotSupported);
            return;
        }
        let prototype = js::eval("CaptureController.prototype");
        let outcomes = js_sys::Array::new();
        let body = "return function(behavior) {
            outcomes.push(behavior);
            real.call(this, behavior);
            outcomes.push('accepted');
        }";
        let real = js::get(&prototype, "setFocusBehavior");
        let _spy = Override::new(&prototype, "setFocusBehavior", &js::run("outcomes, real", &[&outcomes, &real], body));

        let decided = async |surface: DisplaySurface, video: Video| {
            let controller = CaptureController::new().unwrap();
            let (report, reported) = oneshot::channel();
            controller.decide_focus(move |surface| {
                report.send(surface.clone()).unwrap();
                FocusBehavior::FocusCapturedSurface
            });
            let video = video.display_surface(surface);
            let outcome = share(&DisplayMediaOptions::new().video(video).controller(&controller)).await;
            (reported.now_or_never().and_then(std::result::Result::ok), outcome.is_ok())
        };
        for surface in [DisplaySurface::Browser, DisplaySurface::Window] {
            assert_eq!(decided(surface.clone(), Video::new()).await, (Some(surface), true));
            assert_eq!(outcomes.join(" "), "focus-captured-surface accepted");
            outcomes.set_length(0);
        }
        assert_eq!(decided(DisplaySurface::Monitor, Video::new()).await, (None, true), "a monitor has no focus");
        assert_eq!(
            decided(DisplaySurface::Browser, Video::new().width(max(0))).await,
            (None, false),
            "rejected capture"
        );
    })
    .await;
}
