//! How loud a track is.

use std::{pin::pin, time::Duration};

use browser_rtc::{
    ErrorKind,
    media::{Level, LevelMeter},
};
use futures::{
    FutureExt, StreamExt,
    future::{Either, select},
};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    generated::tone,
    js::{self, ListenerCount, Override},
    media::{camera, is_live, microphone},
    pair::Pair,
    rest, watched,
};

const TENTH: Duration = Duration::from_millis(100);

/// The first level of which this is so.
async fn level_where(meter: &LevelMeter, awaited: &str, is_so: impl Fn(Level) -> bool) -> Level {
    let mut levels = meter.levels(TENTH).unwrap();
    async {
        loop {
            let level = levels.next().await.expect("the track has ended");
            if is_so(level) {
                return level;
            }
        }
    }
    .within(awaited)
    .await
}

fn is_near(value: f32, wanted: f32) -> bool {
    (value - wanted).abs() < 0.01
}

#[wasm_bindgen_test]
async fn level_of_tone_matches_amplitude() {
    watched(async {
        for amplitude in [0.8_f32, 0.2] {
            let source = tone(amplitude.into());
            let meter = LevelMeter::new(&source.stream.tracks()[0]).unwrap();
            meter.resume().within("a running meter").await.unwrap();
            let exact = |level: Level| {
                is_near(level.peak, amplitude) && is_near(level.rms, amplitude / std::f32::consts::SQRT_2)
            };
            level_where(&meter, "the tone's level", exact).await;
            assert!(exact(meter.level()), "{:?}", meter.level());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn disabled_microphone_has_zero_level() {
    watched(async {
        let microphone = microphone().await;
        let track = &microphone.tracks()[0];
        let meter = LevelMeter::new(track).unwrap();
        meter.resume().within("a running meter").await.unwrap();
        level_where(&meter, "a sound", |level| level.peak > 0.01 && level.rms > 0.0 && level.rms < level.peak).await;

        track.set_enabled(false);
        // For longer than the fake microphone of Chromium is silent between two beeps, one in each half second.
        let mut levels = meter.levels(TENTH).unwrap();
        let silence = async {
            let mut silent = 0;
            while silent < 7 {
                let level = levels.next().await.expect("the track has ended");
                silent = if level == Level::default() { silent + 1 } else { 0 };
            }
        };
        silence.within("silence").await;
        let disabled: Vec<_> = levels.take(10).collect().within("a second's levels").await;
        assert_eq!(disabled, [Level::default(); 10], "it stays silent");

        track.set_enabled(true);
        level_where(&meter, "sound again", |level| level.peak > 0.01).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn levels_cover_whole_interval() {
    watched(async {
        let microphone = microphone().await;
        let meter = LevelMeter::new(&microphone.tracks()[0]).unwrap();
        meter.resume().within("a running meter").await.unwrap();
        level_where(&meter, "a sound", |level| level.peak > 0.01).await;
        // Chromium's fake microphone beeps for a tenth of each half second.
        let levels: Vec<_> = meter.levels(TENTH * 6).unwrap().take(5).collect().within("levels").await;
        assert!(levels.iter().all(|level| level.peak > 0.01), "{levels:?}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn level_of_remote_track_is_measured() {
    watched(async {
        let (pair, source) = (Pair::new(), tone(0.5));
        pair.a.add_track(&source.stream.tracks()[0], &[&source.stream]).unwrap();
        let mut incoming = pair.b.tracks();
        pair.connect().await;
        let arrived = incoming.next().within("the track").await.unwrap();
        let meter = LevelMeter::new(&arrived.track).unwrap();
        meter.resume().within("a running meter").await.unwrap();
        // The codec changes it a little.
        level_where(&meter, "the peer's tone", |level| (level.peak - 0.5).abs() < 0.05).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn end_of_track_ends_levels() {
    watched(async {
        let listeners = ListenerCount::new();
        let microphone = microphone().await;
        let meter = LevelMeter::new(&microphone.tracks()[0]).unwrap();
        let levels = meter.levels(Duration::from_secs(3_600)).unwrap();
        microphone.stop();
        assert_eq!(rest(levels, "the end of the levels").await, []);
        assert_eq!(rest(meter.levels(TENTH).unwrap(), "no levels").await, []);
        assert_eq!(meter.level(), Level::default());
        drop(meter);
        drop(microphone);
        assert_eq!(listeners.live(), 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn drop_of_meter_ends_levels() {
    watched(async {
        let track = microphone().await.tracks().remove(0);
        let raw = Clone::clone(track.as_raw());
        let meter = LevelMeter::new(&track).unwrap();
        assert!(meter.track() == &track);
        let (levels, running) = (meter.levels(Duration::from_secs(3_600)).unwrap(), meter.running_changes());
        drop(track);
        assert!(is_live(&raw), "the meter has it");
        let other_handle = meter.clone();
        drop(meter);
        assert!(is_live(&raw));
        drop(other_handle);
        assert!(!is_live(&raw));
        assert_eq!(rest(levels, "the end of the levels").await, []);
        rest(running, "the end of the changes").await;
    })
    .await;
}

/// Keeps each audio context that is made from now on in the list, until dropped.
fn watched_contexts(made: &JsValue) -> Override {
    let body = "return class extends AudioContext { constructor(...given) { super(...given); made.push(this); } }";
    Override::new(&js::eval("window"), "AudioContext", &js::run("made", &[made], body))
}

async fn reached(context: &JsValue, state: &str) {
    let body = "return new Promise(reached => {
        const look = () => context.state === state && reached();
        context.addEventListener('statechange', look);
        look();
    })";
    js::run_async("context, state", &[context, &state.into()], body).await;
}

#[wasm_bindgen_test]
async fn meters_share_one_audio_context() {
    watched(async {
        let made: JsValue = js_sys::Array::new().into();
        let _spy = watched_contexts(&made);
        let microphones = [microphone().await, microphone().await];
        // More than the few that some browsers give a page.
        let meters: Vec<_> =
            (0..300).map(|number| LevelMeter::new(&microphones[number % 2].tracks()[0]).unwrap()).collect();
        assert_eq!(js::number(&made, "length"), 1.0);
        let context = js::get(&made, "0");
        meters[0].resume().within("a running meter").await.unwrap();
        drop(meters);
        reached(&context, "closed").await;

        let again = LevelMeter::new(&microphones[0].tracks()[0]).unwrap();
        assert_eq!(js::number(&made, "length"), 2.0);
        again.resume().within("a running meter").await.unwrap();
        assert!(again.is_running());
    })
    .await;
}

#[wasm_bindgen_test]
async fn suspended_meter_reports_not_running() {
    watched(async {
        let made: JsValue = js_sys::Array::new().into();
        let _spy = watched_contexts(&made);
        let source = tone(0.5);
        let meter = LevelMeter::new(&source.stream.tracks()[0]).unwrap();
        // The tone has a context of its own, made before.
        let context = js::get(&made, "1");
        meter.resume().within("a running meter").await.unwrap();
        level_where(&meter, "the tone", |level| level.peak > 0.4).await;

        let mut changes = meter.running_changes();
        assert_eq!(changes.next().within("running").await, Some(true));
        js::run_async("context", &[&context], "return context.suspend()").await;
        assert_eq!(changes.next().within("suspended").await, Some(false));
        assert!(!meter.is_running());
        assert_eq!(meter.level(), Level::default(), "not what it was before");

        meter.resume().within("resumed").await.unwrap();
        assert_eq!(changes.next().within("running again").await, Some(true));
        level_where(&meter, "the tone again", |level| level.peak > 0.4).await;

        js::run_async("context", &[&context], "return context.suspend()").await;
        assert_eq!(changes.next().within("suspended again").await, Some(false));
        let _another = LevelMeter::new(&source.stream.tracks()[0]).unwrap();
        assert_eq!(changes.next().within("running, as another meter asked").await, Some(true));
    })
    .await;
}

#[wasm_bindgen_test]
async fn blocked_resume_times_out() {
    watched(async {
        let source = tone(0.5);
        let _never = Override::new(
            &js::eval("AudioContext.prototype"),
            "resume",
            &js::run("", &[], "return () => new Promise(() => {})"),
        );
        let meter = LevelMeter::new(&source.stream.tracks()[0]).unwrap();
        let error = meter.resume().within("a failure").await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Timeout);

        let resumed = meter.resume();
        drop(meter);
        let error = resumed.now_or_never().expect("the meter has gone").unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn level_streams_have_independent_intervals() {
    watched(async {
        let source = tone(0.5);
        let meter = LevelMeter::new(&source.stream.tracks()[0]).unwrap();
        let mut slow = meter.levels(Duration::MAX).unwrap();
        let fast = meter.levels(Duration::ZERO).unwrap().take(5).collect::<Vec<_>>();
        assert!(matches!(select(slow.next(), pin!(fast.within("levels"))).await, Either::Right(_)));
    })
    .await;
}

#[wasm_bindgen_test]
async fn meter_without_audio_is_rejected() {
    watched(async {
        let error = LevelMeter::new(&camera().await.tracks()[0]).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::InvalidState);
        let _none = Override::new(&js::eval("window"), "AudioContext", &JsValue::UNDEFINED);
        let error = LevelMeter::new(&microphone().await.tracks()[0]).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::NotSupported);
    })
    .await;
}
