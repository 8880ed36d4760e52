//! Level meters of audio tracks.

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

/// Waits for the first level that satisfies `condition`.
async fn level_where(meter: &LevelMeter, awaited: &str, condition: impl Fn(Level) -> bool) -> Level {
    let mut levels = meter.levels(TENTH).unwrap();
    async {
        loop {
            let level = levels.next().await.expect("the track has ended");
            if condition(level) {
                return level;
            }
        }
    }
    .within(awaited)
    .await
}

fn is_near(value: f32, expected: f32) -> bool {
    (value - expected).abs() < 0.01
}

#[wasm_bindgen_test]
async fn level_of_tone_matches_amplitude() {
    watched(async {
        for amplitude in [0.8_f32, 0.2] {
            let source = tone(amplitude.into());
            let meter = LevelMeter::new(&source.stream.tracks()[0]).unwrap();
            meter.resume().within("a running meter").await.unwrap();
            let matches = |level: Level| {
                is_near(level.peak, amplitude) && is_near(level.rms, amplitude / std::f32::consts::SQRT_2)
            };
            level_where(&meter, "the level of the tone", matches).await;
            assert!(matches(meter.level()), "{:?}", meter.level());
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
        level_where(&meter, "sound", |level| level.peak > 0.01 && level.rms > 0.0 && level.rms < level.peak).await;

        track.set_enabled(false);
        // Seven levels take longer than the silence between two beeps of Chromium's fake microphone, which beeps once
        // in half a second.
        let mut levels = meter.levels(TENTH).unwrap();
        let silence = async {
            let mut silent = 0;
            while silent < 7 {
                let level = levels.next().await.expect("the track has ended");
                silent = if level == Level::default() { silent + 1 } else { 0 };
            }
        };
        silence.within("silence").await;
        let disabled: Vec<_> = levels.take(10).collect().within("the levels of a second").await;
        assert_eq!(disabled, [Level::default(); 10], "levels of the disabled track");

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
        level_where(&meter, "sound", |level| level.peak > 0.01).await;
        // Chromium's fake microphone beeps for a tenth of a second in each half second.
        let levels: Vec<_> = meter.levels(TENTH * 6).unwrap().take(5).collect().within("five levels").await;
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
        let remote = incoming.next().within("the remote track").await.unwrap();
        let meter = LevelMeter::new(&remote.track).unwrap();
        meter.resume().within("a running meter").await.unwrap();
        // The codec changes the amplitude slightly.
        level_where(&meter, "the tone of the peer", |level| (level.peak - 0.5).abs() < 0.05).await;
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
        assert_eq!(rest(meter.levels(TENTH).unwrap(), "the end of the levels of an ended track").await, []);
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
        assert!(is_live(&raw), "the meter keeps the track");
        let other_handle = meter.clone();
        drop(meter);
        assert!(is_live(&raw));
        drop(other_handle);
        assert!(!is_live(&raw));
        assert_eq!(rest(levels, "the end of the levels").await, []);
        rest(running, "the end of the running changes").await;
    })
    .await;
}

/// Adds each audio context that the page creates to an array, until the override is dropped.
fn record_contexts(contexts: &JsValue) -> Override {
    let body = "return class extends AudioContext { constructor(...args) { super(...args); contexts.push(this); } }";
    Override::new(&js::eval("window"), "AudioContext", &js::run("contexts", &[contexts], body))
}

async fn reached(context: &JsValue, state: &str) {
    let body = "return new Promise(reached => {
        const check = () => context.state === state && reached();
        context.addEventListener('statechange', check);
        check();
    })";
    js::run_async("context, state", &[context, &state.into()], body).await;
}

#[wasm_bindgen_test]
async fn meters_share_one_audio_context() {
    watched(async {
        let contexts: JsValue = js_sys::Array::new().into();
        let _spy = record_contexts(&contexts);
        let microphones = [microphone().await, microphone().await];
        // Some browsers limit a page to a few contexts.
        let meters: Vec<_> =
            (0..300).map(|number| LevelMeter::new(&microphones[number % 2].tracks()[0]).unwrap()).collect();
        assert_eq!(js::number(&contexts, "length"), 1.0);
        let context = js::get(&contexts, "0");
        meters[0].resume().within("a running meter").await.unwrap();
        drop(meters);
        reached(&context, "closed").await;

        let meter = LevelMeter::new(&microphones[0].tracks()[0]).unwrap();
        assert_eq!(js::number(&contexts, "length"), 2.0);
        meter.resume().within("a running meter").await.unwrap();
        assert!(meter.is_running());
    })
    .await;
}

#[wasm_bindgen_test]
async fn suspended_meter_reports_not_running() {
    watched(async {
        let contexts: JsValue = js_sys::Array::new().into();
        let _spy = record_contexts(&contexts);
        let source = tone(0.5);
        let meter = LevelMeter::new(&source.stream.tracks()[0]).unwrap();
        // The first context is that of the tone.
        let context = js::get(&contexts, "1");
        meter.resume().within("a running meter").await.unwrap();
        level_where(&meter, "the tone", |level| level.peak > 0.4).await;

        let mut changes = meter.running_changes();
        assert_eq!(changes.next().within("the running state").await, Some(true));
        js::run_async("context", &[&context], "return context.suspend()").await;
        assert_eq!(changes.next().within("the suspended state").await, Some(false));
        assert!(!meter.is_running());
        assert_eq!(meter.level(), Level::default(), "level of a suspended meter");

        meter.resume().within("a running meter").await.unwrap();
        assert_eq!(changes.next().within("the running state after resume").await, Some(true));
        level_where(&meter, "the tone after resume", |level| level.peak > 0.4).await;

        js::run_async("context", &[&context], "return context.suspend()").await;
        assert_eq!(changes.next().within("the second suspended state").await, Some(false));
        let _second_meter = LevelMeter::new(&source.stream.tracks()[0]).unwrap();
        assert_eq!(changes.next().within("the running state after a second meter").await, Some(true));
    })
    .await;
}

#[wasm_bindgen_test]
async fn blocked_resume_times_out() {
    watched(async {
        let source = tone(0.5);
        let _mock = Override::new(
            &js::eval("AudioContext.prototype"),
            "resume",
            &js::run("", &[], "return () => new Promise(() => {})"),
        );
        let meter = LevelMeter::new(&source.stream.tracks()[0]).unwrap();
        let error = meter.resume().within("the timeout").await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Timeout);

        let pending = meter.resume();
        drop(meter);
        let error = pending.now_or_never().expect("resume is pending after the drop of the meter").unwrap_err();
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
        assert!(matches!(select(slow.next(), pin!(fast.within("the fast levels"))).await, Either::Right(_)));
    })
    .await;
}

#[wasm_bindgen_test]
async fn meter_without_audio_is_rejected() {
    watched(async {
        let error = LevelMeter::new(&camera().await.tracks()[0]).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::InvalidState);
        let _no_context = Override::new(&js::eval("window"), "AudioContext", &JsValue::UNDEFINED);
        let error = LevelMeter::new(&microphone().await.tracks()[0]).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::NotSupported);
    })
    .await;
}
