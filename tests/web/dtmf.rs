//! DTMF tones: insertion, playout and cancellation.

use std::time::Duration;

use browser_rtc::{
    ErrorKind,
    dtmf::{DtmfSender, PlayOut, Timing, Tone, Tones},
    media::MediaStream,
    peer::ConnectionState,
};
use futures::{FutureExt, StreamExt};
use serde_json::json;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, Override},
    media::{camera, json, microphone},
    now,
    pair::{Pair, connection, reached},
    rest, watched,
};

/// The tolerance of measured times, in milliseconds.
const SLACK: f64 = 40.0;

/// The connection and the microphone of a call, which ends when they are dropped.
type Call = (Pair, MediaStream);

/// Connects two peers, and returns the DTMF sender of the first.
async fn call() -> (DtmfSender, Call) {
    let (pair, microphone) = (Pair::new(), microphone().await);
    let sender = pair.a.add_track(&microphone.tracks()[0], &[&microphone]).unwrap();
    pair.connect().await;
    (sender.dtmf().unwrap(), (pair, microphone))
}

fn tones(text: &str) -> Tones {
    text.parse().unwrap()
}

fn timing(duration: u64, gap: u64) -> Timing {
    Timing::new().duration(Duration::from_millis(duration)).gap(Duration::from_millis(gap))
}

/// Adds the arguments of each call of `insertDTMF` to an array, until the override is dropped.
fn record_inserts(inserts: &JsValue) -> Override {
    let prototype = js::eval("RTCDTMFSender.prototype");
    let body = "return function(...args) { inserts.push(args); return original.apply(this, args); }";
    let spy = js::run("inserts, original", &[inserts, &js::get(&prototype, "insertDTMF")], body);
    Override::new(&prototype, "insertDTMF", &spy)
}

async fn next(playout: &mut PlayOut) -> Option<char> {
    playout.next().within("the next tone").await.map(Tone::as_char)
}

async fn played(playout: PlayOut) -> String {
    rest(playout, "the end of the playout").await.into_iter().collect::<Tones>().to_string()
}

#[wasm_bindgen_test]
async fn f35_tones_1234_play_500_ms_each() {
    watched(async {
        let (keypad, _call) = call().await;
        assert!(keypad.can_insert());
        let inserts: JsValue = js_sys::Array::new().into();
        let _spy = record_inserts(&inserts);
        // Times are measured from the insert, because the start of a tone is reported after it has started.
        let started = now();
        let mut playout = keypad.insert(&tones("1234"), timing(500, 50)).unwrap();
        let mut times = Vec::new();
        for key in "1234".chars() {
            assert_eq!(next(&mut playout).await, Some(key));
            times.push(now() - started);
        }
        assert_eq!(next(&mut playout).await, None);
        times.push(now() - started);
        assert_eq!(next(&mut playout).await, None, "a tone follows the end of the playout");
        assert_eq!(keypad.tone_buffer(), "");
        for (earliest, time) in [0.0, 500.0, 1_000.0, 1_500.0, 2_000.0].iter().zip(&times) {
            assert!(*time >= earliest - SLACK, "{times:?}");
        }
        assert_eq!(json(&inserts), json!([["1234", 500.0, 50.0]]));
    })
    .await;
}

/// Connects to a peer whose answer has no `telephone-event`.
async fn call_without_tones() -> (DtmfSender, Call) {
    let (pair, microphone) = (Pair::new(), microphone().await);
    let sender = pair.a.add_track(&microphone.tracks()[0], &[&microphone]).unwrap();
    let mut offer = pair.gathered_description(&pair.a).await;
    offer.sdp = without_tones(&offer.sdp);
    pair.b.set_remote_description(&offer).within("setRemoteDescription(offer)").await.unwrap();
    let answer = pair.gathered_description(&pair.b).await;
    assert!(!answer.sdp.contains("telephone-event"), "{}", answer.sdp);
    pair.a.set_remote_description(&answer).within("setRemoteDescription(answer)").await.unwrap();
    reached(pair.a.connection_states(), ConnectionState::Connected).await;
    (sender.dtmf().unwrap(), (pair, microphone))
}

/// Removes the `telephone-event` codecs from a description.
fn without_tones(sdp: &str) -> String {
    let payloads: Vec<&str> = sdp
        .lines()
        .filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(" telephone-event/").map(|(payload, _)| payload))
        .collect();
    assert!(!payloads.is_empty(), "{sdp}");
    let mut kept = String::new();
    for line in sdp.lines() {
        let is_removed = |line: &str| {
            let (_, rest) = line.split_once(':')?;
            Some(payloads.contains(&rest.split_once(' ')?.0))
        };
        if line.starts_with("m=audio") {
            let (head, formats) = line.split_at(line.match_indices(' ').nth(2).unwrap().0);
            let formats = formats.split_ascii_whitespace().filter(|format| !payloads.contains(format));
            kept.extend([head].into_iter().chain(formats.flat_map(|format| [" ", format])).chain(["\r\n"]));
        } else if !is_removed(line).unwrap_or_default() {
            kept.extend([line, "\r\n"]);
        }
    }
    kept
}

#[wasm_bindgen_test]
async fn insert_without_telephone_event_names_reason() {
    watched(async {
        let (keypad, _call) = call_without_tones().await;
        assert!(!keypad.can_insert());
        let error = keypad.insert(&tones("1"), Timing::new()).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::InvalidState);
        assert_eq!(error.message(), "the peer does not accept DTMF (no telephone-event in its description)");
        assert_eq!(keypad.append(&tones("1")).unwrap_err().message(), error.message());
    })
    .await;
}

#[wasm_bindgen_test]
async fn insert_before_answer_names_sender() {
    watched(async {
        let (pc, microphone) = (connection(), microphone().await);
        let keypad = pc.add_track(&microphone.tracks()[0], &[&microphone]).unwrap().dtmf().unwrap();
        let error = keypad.insert(&tones("1"), Timing::new()).unwrap_err();
        assert_eq!((error.kind(), error.message()), (&ErrorKind::InvalidState, "the sender is not sending audio"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f36_tones_123_are_cancelled_after_2() {
    watched(async {
        let (keypad, _call) = call().await;
        let mut playout = keypad.insert(&tones("123"), timing(100, 50)).unwrap();
        assert_eq!(next(&mut playout).await, Some('1'));
        assert_eq!(next(&mut playout).await, Some('2'));
        assert_eq!(keypad.tone_buffer(), "3");
        keypad.cancel().unwrap();
        assert_eq!(keypad.tone_buffer(), "");
        assert_eq!(next(&mut playout).await, None);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f37_key_is_lit_while_tone_plays() {
    watched(async {
        let (keypad, _call) = call().await;
        let mut changes = keypad.tone_changes();
        keypad.insert(&tones("5a"), timing(200, 50)).unwrap().finished().within("the end of the playout").await;
        let mut keys = Vec::new();
        for _ in 0..3 {
            keys.push(changes.next().within("a tone change").await.unwrap().map(Tone::as_char));
        }
        assert_eq!(keys, [Some('5'), Some('A'), None]);

        let started = now();
        let playout = keypad.insert(&tones("7"), timing(300, 30)).unwrap();
        assert!(changes.next().within("the start of the tone").await.unwrap().is_some());
        assert!(changes.next().within("the end of the tone").await.unwrap().is_none());
        assert!(now() - started >= 300.0 - SLACK);
        playout.finished().within("the end of the playout").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f38_tones_appended_before_and_during_playout_play() {
    watched(async {
        let (keypad, _call) = call().await;
        let mut playout = keypad.insert(&tones("12"), timing(100, 50)).unwrap();
        let before = keypad.append(&tones("3")).unwrap();
        assert_eq!(keypad.tone_buffer(), "123");
        assert_eq!(next(&mut playout).await, Some('1'));
        let during = keypad.append(&tones("4")).unwrap();
        assert_eq!(played(playout).await, "234");
        assert_eq!(played(before).await, "1234");
        assert_eq!(played(during).await, "234");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f38_tone_appended_during_last_tone_plays() {
    watched(async {
        let (keypad, _call) = call().await;
        let inserts: JsValue = js_sys::Array::new().into();
        let _spy = record_inserts(&inserts);
        let mut playout = keypad.insert(&tones("1"), timing(300, 50)).unwrap();
        assert_eq!(next(&mut playout).await, Some('1'));
        assert_eq!(keypad.tone_buffer(), "", "the buffer contains a tone that plays");
        let started = now();
        let appended = keypad.append(&tones("2")).unwrap();
        assert_eq!(next(&mut playout).await, Some('2'), "the appended tone does not continue the playout");
        assert_eq!(next(&mut playout).await, None);
        assert!(now() - started >= 300.0 - SLACK);
        let expected = json!([["1", 300.0, 50.0], ["2", 300.0, 50.0]]);
        assert_eq!(json(&inserts), expected, "the appended tone has the timing of the first");
        assert_eq!(played(appended).await, "2");

        // After the end, an append starts a new playout.
        assert_eq!(played(keypad.append(&tones("3")).unwrap()).await, "3");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f39_one_second_tone_then_two_second_tone() {
    watched(async {
        let (keypad, _call) = call().await;
        let inserts: JsValue = js_sys::Array::new().into();
        let _spy = record_inserts(&inserts);
        let started = now();
        assert_eq!(played(keypad.insert(&tones("1"), timing(1_000, 30)).unwrap()).await, "1");
        let second_started = now();
        assert_eq!(played(keypad.insert(&tones("2"), timing(2_000, 30)).unwrap()).await, "2");
        let (first, second) = (second_started - started, now() - second_started);
        assert!(first >= 1_000.0 - SLACK && second >= 2_000.0 - SLACK, "{first} ms, {second} ms");
        assert_eq!(json(&inserts), json!([["1", 1_000.0, 30.0], ["2", 2_000.0, 30.0]]));
    })
    .await;
}

#[wasm_bindgen_test]
async fn insert_ends_earlier_playout() {
    watched(async {
        let (keypad, _call) = call().await;
        let mut earlier = keypad.insert(&tones("123"), timing(100, 50)).unwrap();
        assert_eq!(next(&mut earlier).await, Some('1'));
        let pending = earlier.next();
        let later = keypad.insert(&tones("9"), timing(100, 50)).unwrap();
        assert_eq!(pending.within("the end of the earlier playout").await, None);
        assert_eq!(played(later).await, "9");
        assert_eq!(next(&mut earlier).await, None);
    })
    .await;
}

#[wasm_bindgen_test]
async fn insert_of_no_tones_cancels_playout() {
    watched(async {
        let (keypad, _call) = call().await;
        assert_eq!(played(keypad.insert(&Tones::default(), Timing::new()).unwrap()).await, "");
        let mut running = keypad.insert(&tones("12"), timing(100, 50)).unwrap();
        assert_eq!(next(&mut running).await, Some('1'));
        assert_eq!(played(keypad.insert(&Tones::default(), Timing::new()).unwrap()).await, "");
        assert_eq!(next(&mut running).await, None);
        assert_eq!(keypad.tone_buffer(), "");
    })
    .await;
}

#[wasm_bindgen_test]
async fn playout_ends_with_connection() {
    watched(async {
        let (keypad, (pair, _microphone)) = call().await;
        let changes = keypad.tone_changes();
        let mut playout = keypad.insert(&tones("1234"), Timing::new()).unwrap();
        assert_eq!(next(&mut playout).await, Some('1'));
        pair.a.close();
        assert_eq!(next(&mut playout).await, None);
        assert_eq!(rest(changes, "the end of the tone changes").await.len(), 1);
        assert!(!keypad.can_insert());
        for error in [
            keypad.insert(&tones("1"), Timing::new()).unwrap_err(),
            keypad.append(&tones("1")).unwrap_err(),
            keypad.cancel().unwrap_err(),
        ] {
            assert_eq!((error.operation(), error.kind()), ("insertDTMF", &ErrorKind::Closed));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn insert_without_connection_is_invalid_state() {
    watched(async {
        let (pc, microphone) = (connection(), microphone().await);
        let sender = pc.add_track(&microphone.tracks()[0], &[]).unwrap();
        let keypad = sender.dtmf().unwrap();
        assert!(!keypad.can_insert());
        let error = keypad.insert(&tones("1"), Timing::new()).unwrap_err();
        assert_eq!((error.operation(), error.kind()), ("insertDTMF", &ErrorKind::InvalidState));
        assert!(keypad.tone_changes().next().now_or_never().is_none());
    })
    .await;
}

#[wasm_bindgen_test]
async fn removed_track_ends_tones() {
    watched(async {
        let (keypad, (pair, _microphone)) = call().await;
        pair.a.remove_track(&pair.a.senders()[0]).unwrap();
        // Chromium accepts tones until the removal is negotiated.
        assert_eq!(keypad.can_insert(), !js::is_firefox());
        pair.negotiate().await;
        assert!(!keypad.can_insert());
        for error in [keypad.insert(&tones("1"), Timing::new()).unwrap_err(), keypad.append(&tones("1")).unwrap_err()] {
            assert_eq!((error.operation(), error.kind()), ("insertDTMF", &ErrorKind::InvalidState));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn video_sender_has_no_dtmf() {
    watched(async {
        let (pc, camera) = (connection(), camera().await);
        let sender = pc.add_track(&camera.tracks()[0], &[]).unwrap();
        assert_eq!(sender.dtmf().unwrap_err().kind(), &ErrorKind::NotSupported);
    })
    .await;
}
