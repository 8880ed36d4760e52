//! The screen shared.

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

async fn refusal(options: &DisplayMediaOptions) -> ErrorKind {
    let error = share(options).await.expect_err("it was to be refused");
    assert_eq!(error.operation(), "getDisplayMedia");
    error.kind().clone()
}

/// Firefox asks for a click of the user, which a test cannot give: of each capture it says so, before all else.
async fn firefox_wants_a_click(options: &DisplayMediaOptions) -> bool {
    if js::is_firefox() {
        assert_eq!(refusal(options).await, ErrorKind::InvalidState);
    }
    js::is_firefox()
}

#[wasm_bindgen_test]
async fn f08_screen_is_shared() {
    watched(async {
        let options = DisplayMediaOptions::new();
        if firefox_wants_a_click(&options).await {
            return;
        }
        let screen = share(&options).await.unwrap();
        assert_eq!((screen.video_tracks().len(), screen.audio_tracks().len()), (1, 0));
        let track = screen.tracks().remove(0);
        let told = json(&settings(track.as_raw()));
        assert_eq!(told, json_of(&track.settings()), "all that is told is in the specification");
        assert_eq!(track.settings().display_surface, Some(DisplaySurface::Monitor));
        assert_eq!(track.settings().logical_surface, Some(true));
        assert_eq!(track.settings().cursor, Some(CursorCapture::Never), "the fake screen has no pointer");
        assert_eq!(track.capabilities().unwrap().display_surface, Some(DisplaySurface::Monitor));

        let raw = Clone::clone(track.as_raw());
        drop((screen, track));
        assert!(!is_live(&raw), "as with a camera");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_constraints_of_shared_screen_apply() {
    watched(async {
        let slides = Video::new()
            .display_surface(DisplaySurface::Window)
            .width(ideal(400))
            .frame_rate(max(5))
            .logical_surface(true)
            .cursor([CursorCapture::Motion, CursorCapture::Always]);
        let sound = Audio::new().suppress_local_audio_playback(true).restrict_own_audio(true);
        let options = DisplayMediaOptions::new().video(slides).audio(sound);
        if firefox_wants_a_click(&options).await {
            return;
        }
        let screen = share(&options).await.unwrap();
        let (picture, sound) = (screen.video_tracks()[0].settings(), screen.audio_tracks()[0].settings());
        assert_eq!((picture.width, picture.frame_rate), (Some(400), Some(5.0)));
        assert_eq!(picture.display_surface, Some(DisplaySurface::Window));
        // The fake sound cannot be restricted.
        assert_eq!(sound.suppress_local_audio_playback, Some(true));
        assert_eq!(sound.restrict_own_audio, Some(false));

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
        let every = DisplayMediaOptions::new()
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
        for options in [every, other, third, DisplayMediaOptions::new()] {
            if !firefox_wants_a_click(&options).await {
                share(&options).await.unwrap();
            }
            let _mock = mock("getDisplayMedia", "return Promise.reject(JSON.stringify(options))");
            let seen = share(&options).await.unwrap_err();
            assert_eq!(serde_json::from_str::<serde_json::Value>(seen.message()).unwrap(), json_of(&options));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_options_survive_serialization() {
    let options = DisplayMediaOptions::new().video(Video::new().cursor(exact(CursorCapture::Never)));
    let travelled = serde_json::from_value(json_of(&options)).unwrap();
    assert_eq!(options, travelled);
    assert_eq!(serde_json::from_str::<DisplayMediaOptions>("{}").unwrap(), DisplayMediaOptions::new());
}

#[wasm_bindgen_test]
async fn f08_end_of_sharing_is_reported() {
    watched(async {
        let frame = Iframe::new("").await;
        // Firefox would want a click: the camera stands in for the screen.
        let _mock = js::is_firefox()
            .then(|| mock("getDisplayMedia", "return navigator.mediaDevices.getUserMedia({ video: true })"));
        let screen = share(&DisplayMediaOptions::new()).await.unwrap();
        let track = &screen.tracks()[0];
        let mut ended = track.ended();
        assert!((&mut ended).now_or_never().is_none(), "it is shared yet");
        if js::is_firefox() {
            frame.remove();
        } else {
            // Chromium fires nothing in a frame that is gone. This is all that a page sees of the browser's button.
            js::dispatch(track.as_raw(), "ended", &JsValue::NULL);
        }
        ended.within("the end").await;
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
            if !firefox_wants_a_click(&options).await {
                assert_eq!(refusal(&options).await, ErrorKind::Type, "{options:?}");
            }
        }
        // Firefox looks at numbers before the click.
        assert_eq!(refusal(&video(Video::new().frame_rate(f64::NAN))).await, ErrorKind::Type);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_each_sharing_failure_has_distinct_kind() {
    watched(async {
        let width = ErrorKind::Overconstrained { constraint: Some("width".into()) };
        for (options, kind) in [
            (DisplayMediaOptions::new().video(Video::new().width(max(0))), width),
            // The fake screen has no sound of its own to share.
            (DisplayMediaOptions::new().video(false).audio(true), ErrorKind::NotFound),
        ] {
            if !firefox_wants_a_click(&options).await {
                assert_eq!(refusal(&options).await, kind);
            }
        }
        {
            let _frame = Iframe::restricted().await;
            // Firefox looks for the click first.
            let kind = if js::is_firefox() { ErrorKind::InvalidState } else { ErrorKind::NotAllowed };
            assert_eq!(refusal(&DisplayMediaOptions::new()).await, kind);
        }
        for (name, kind) in [
            ("NotAllowedError", ErrorKind::NotAllowed),
            ("NotFoundError", ErrorKind::NotFound),
            ("NotReadableError", ErrorKind::NotReadable),
            ("InvalidStateError", ErrorKind::InvalidState),
            ("AbortError", ErrorKind::Abort),
        ] {
            let body = format!("return Promise.reject(new DOMException('as told to', '{name}'))");
            let _mock = mock("getDisplayMedia", &body);
            assert_eq!(refusal(&DisplayMediaOptions::new()).await, kind);
        }
        let _phone = Override::new(&js::media_devices(), "getDisplayMedia", &JsValue::UNDEFINED);
        assert_eq!(refusal(&DisplayMediaOptions::new()).await, ErrorKind::NotSupported);
        let _old = Override::new(&js::eval("navigator"), "mediaDevices", &JsValue::UNDEFINED);
        assert_eq!(refusal(&DisplayMediaOptions::new()).await, ErrorKind::NotSupported);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_screen_shared_after_drop_is_stopped() {
    watched(async {
        let body = "return navigator.mediaDevices.getUserMedia({ video: true }).then(shared => {
            const track = shared.getTracks()[0];
            const stop = track.stop;
            window.unshared(new Promise(stopped => track.stop = () => { stop.call(track); stopped(track); }));
            return shared;
        })";
        let stopped = js::eval("new Promise(stopped => window.unshared = stopped)");
        let _mock = mock("getDisplayMedia", body);
        assert!(media::get_display_media(&DisplayMediaOptions::new()).now_or_never().is_none());
        let track = js::settled(stopped, "the track stopped").await;
        assert_eq!(js::string(&track, "readyState"), "ended");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_focus_behavior_is_set() {
    watched(async {
        if js::is_firefox() {
            // Firefox has no controllers.
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

        let of_a_tab = DisplayMediaOptions::new().video(Video::new().display_surface(DisplaySurface::Browser));
        let options = of_a_tab.controller(&controller);
        let tab = share(&options).await.unwrap();
        assert_eq!(refusal(&options).await, ErrorKind::InvalidState, "one capture for one controller");

        let error = controller.set_focus_behavior(&FocusBehavior::NoFocusChange).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::InvalidState, "it is decided");
        drop(tab);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f08_focus_depends_on_shared_surface() {
    watched(async {
        if js::is_firefox() {
            // Firefox has nobody to decide.
            assert_eq!(CaptureController::new().unwrap_err().kind(), &ErrorKind::NotSupported);
            return;
        }
        let prototype = js::eval("CaptureController.prototype");
        let outcomes = js_sys::Array::new();
        let body = "return function(behavior) {
            outcomes.push(behavior);
            real.call(this, behavior);
            outcomes.push('taken');
        }";
        let real = js::get(&prototype, "setFocusBehavior");
        let _spy = Override::new(&prototype, "setFocusBehavior", &js::run("outcomes, real", &[&outcomes, &real], body));

        let decided = async |surface: DisplaySurface, video: Video| {
            let controller = CaptureController::new().unwrap();
            let (tell, told) = oneshot::channel();
            controller.decide_focus(move |surface| {
                tell.send(surface.clone()).unwrap();
                FocusBehavior::FocusCapturedSurface
            });
            let video = video.display_surface(surface);
            let shared = share(&DisplayMediaOptions::new().video(video).controller(&controller)).await;
            (told.now_or_never().and_then(std::result::Result::ok), shared.is_ok())
        };
        for surface in [DisplaySurface::Browser, DisplaySurface::Window] {
            assert_eq!(decided(surface.clone(), Video::new()).await, (Some(surface), true));
            assert_eq!(outcomes.join(" "), "focus-captured-surface taken");
            outcomes.set_length(0);
        }
        assert_eq!(decided(DisplaySurface::Monitor, Video::new()).await, (None, true), "it has no focus");
        assert_eq!(decided(DisplaySurface::Browser, Video::new().width(max(0))).await, (None, false), "refused");
    })
    .await;
}
