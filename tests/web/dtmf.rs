//! The keypad.

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

/// What a timer may be off by, in milliseconds.
const SLACK: f64 = 40.0;

/// What keeps a call up.
type Call = (Pair, MediaStream);

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

/// Keeps what the browser is asked to play from now on in the list, until dropped.
fn watched_inserts(asked: &JsValue) -> Override {
    let prototype = js::eval("RTCDTMFSender.prototype");
    let body = "return function(...given) { asked.push(given); return original.apply(this, given); }";
    let spy = js::run("asked, original", &[asked, &js::get(&prototype, "insertDTMF")], body);
    Override::new(&prototype, "insertDTMF", &spy)
}

async fn next(played: &mut PlayOut) -> Option<char> {
    played.next().within("a tone or the end").await.map(Tone::as_char)
}

async fn played(play_out: PlayOut) -> String {
    rest(play_out, "the end of play-out").await.into_iter().collect::<Tones>().to_string()
}

#[wasm_bindgen_test]
async fn f35_1234_each_for_500_ms() {
    watched(async {
        let (keypad, _call) = call().await;
        assert!(keypad.can_insert());
        let asked: JsValue = js_sys::Array::new().into();
        let _spy = watched_inserts(&asked);
        // From here on, as each is known to begin only later than it does.
        let began = now();
        let mut play_out = keypad.insert(&tones("1234"), timing(500, 50)).unwrap();
        let mut begins = Vec::new();
        for key in "1234".chars() {
            assert_eq!(next(&mut play_out).await, Some(key));
            begins.push(now() - began);
        }
        assert_eq!(next(&mut play_out).await, None);
        begins.push(now() - began);
        assert_eq!(next(&mut play_out).await, None, "it stays at its end");
        assert_eq!(keypad.tone_buffer(), "");
        for (before, begin) in [0.0, 500.0, 1_000.0, 1_500.0, 2_000.0].iter().zip(&begins) {
            assert!(*begin >= before - SLACK, "{begins:?}");
        }
        assert_eq!(json(&asked), json!([["1234", 500.0, 50.0]]));
    })
    .await;
}

/// Connects to a peer whose answer has no `telephone-event`.
async fn call_without_tones() -> (DtmfSender, Call) {
    let (pair, microphone) = (Pair::new(), microphone().await);
    let sender = pair.a.add_track(&microphone.tracks()[0], &[&microphone]).unwrap();
    let mut offer = pair.gathered_description(&pair.a).await;
    offer.sdp = without_tones(&offer.sdp);
    pair.b.set_remote_description(&offer).within("the offer").await.unwrap();
    let answer = pair.gathered_description(&pair.b).await;
    assert!(!answer.sdp.contains("telephone-event"), "{}", answer.sdp);
    pair.a.set_remote_description(&answer).within("the answer").await.unwrap();
    reached(pair.a.connection_states(), ConnectionState::Connected).await;
    (sender.dtmf().unwrap(), (pair, microphone))
}

/// The description without the codecs of tones.
fn without_tones(sdp: &str) -> String {
    let payloads: Vec<&str> = sdp
        .lines()
        .filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(" telephone-event/").map(|(payload, _)| payload))
        .collect();
    assert!(!payloads.is_empty(), "{sdp}");
    let mut kept = String::new();
    for line in sdp.lines() {
        let of_tones = |line: &str| {
            let (_, rest) = line.split_once(':')?;
            Some(payloads.contains(&rest.split_once(' ')?.0))
        };
        if line.starts_with("m=audio") {
            let (head, formats) = line.split_at(line.match_indices(' ').nth(2).unwrap().0);
            let formats = formats.split_ascii_whitespace().filter(|format| !payloads.contains(format));
            kept.extend([head].into_iter().chain(formats.flat_map(|format| [" ", format])).chain(["\r\n"]));
        } else if !of_tones(line).unwrap_or_default() {
            kept.extend([line, "\r\n"]);
        }
    }
    kept
}

#[wasm_bindgen_test]
async fn insert_without_telephone_event_names_the_reason() {
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
async fn insert_before_an_answer_names_the_sender() {
    watched(async {
        let (pc, microphone) = (connection(), microphone().await);
        let keypad = pc.add_track(&microphone.tracks()[0], &[&microphone]).unwrap().dtmf().unwrap();
        let error = keypad.insert(&tones("1"), Timing::new()).unwrap_err();
        assert_eq!((error.kind(), error.message()), (&ErrorKind::InvalidState, "the sender is not sending audio"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f36_123_cut_off_after_the_2() {
    watched(async {
        let (keypad, _call) = call().await;
        let mut play_out = keypad.insert(&tones("123"), timing(100, 50)).unwrap();
        assert_eq!(next(&mut play_out).await, Some('1'));
        assert_eq!(next(&mut play_out).await, Some('2'));
        assert_eq!(keypad.tone_buffer(), "3");
        keypad.cancel().unwrap();
        assert_eq!(keypad.tone_buffer(), "");
        assert_eq!(next(&mut play_out).await, None);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f37_a_key_is_lit_for_as_long_as_its_tone_plays() {
    watched(async {
        let (keypad, _call) = call().await;
        let mut lit = keypad.tone_changes();
        keypad.insert(&tones("5a"), timing(200, 50)).unwrap().finished().within("the end").await;
        let mut changes = Vec::new();
        for _ in 0..3 {
            changes.push(lit.next().within("a change").await.unwrap().map(Tone::as_char));
        }
        assert_eq!(changes, [Some('5'), Some('A'), None]);

        let began = now();
        let play_out = keypad.insert(&tones("7"), timing(300, 30)).unwrap();
        assert!(lit.next().within("on").await.unwrap().is_some());
        assert!(lit.next().within("off").await.unwrap().is_none());
        assert!(now() - began >= 300.0 - SLACK);
        play_out.finished().within("the end").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f38_tones_appended_before_and_during_play_out() {
    watched(async {
        let (keypad, _call) = call().await;
        let mut play_out = keypad.insert(&tones("12"), timing(100, 50)).unwrap();
        let before = keypad.append(&tones("3")).unwrap();
        assert_eq!(keypad.tone_buffer(), "123");
        assert_eq!(next(&mut play_out).await, Some('1'));
        let during = keypad.append(&tones("4")).unwrap();
        assert_eq!(played(play_out).await, "234");
        assert_eq!(played(before).await, "1234");
        assert_eq!(played(during).await, "234");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f38_a_tone_appended_to_the_last_one() {
    watched(async {
        let (keypad, _call) = call().await;
        let asked: JsValue = js_sys::Array::new().into();
        let _spy = watched_inserts(&asked);
        let mut play_out = keypad.insert(&tones("1"), timing(300, 50)).unwrap();
        assert_eq!(next(&mut play_out).await, Some('1'));
        assert_eq!(keypad.tone_buffer(), "", "it plays, and nothing is left to play");
        let began = now();
        let appended = keypad.append(&tones("2")).unwrap();
        assert_eq!(next(&mut play_out).await, Some('2'), "the play-out goes on");
        assert_eq!(next(&mut play_out).await, None);
        assert!(now() - began >= 300.0 - SLACK);
        let timed = json!([["1", 300.0, 50.0], ["2", 300.0, 50.0]]);
        assert_eq!(json(&asked), timed, "with the timing of the first");
        assert_eq!(played(appended).await, "2");

        // Nothing plays any more: it begins anew.
        assert_eq!(played(keypad.append(&tones("3")).unwrap()).await, "3");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f39_one_tone_for_a_second_then_another_for_two() {
    watched(async {
        let (keypad, _call) = call().await;
        let asked: JsValue = js_sys::Array::new().into();
        let _spy = watched_inserts(&asked);
        let began = now();
        assert_eq!(played(keypad.insert(&tones("1"), timing(1_000, 30)).unwrap()).await, "1");
        let between = now();
        assert_eq!(played(keypad.insert(&tones("2"), timing(2_000, 30)).unwrap()).await, "2");
        let (first, second) = (between - began, now() - between);
        assert!(first >= 1_000.0 - SLACK && second >= 2_000.0 - SLACK, "{first} ms, {second} ms");
        assert_eq!(json(&asked), json!([["1", 1_000.0, 30.0], ["2", 2_000.0, 30.0]]));
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_new_insert_ends_the_earlier_play_out() {
    watched(async {
        let (keypad, _call) = call().await;
        let mut earlier = keypad.insert(&tones("123"), timing(100, 50)).unwrap();
        assert_eq!(next(&mut earlier).await, Some('1'));
        let waiting = earlier.next();
        let later = keypad.insert(&tones("9"), timing(100, 50)).unwrap();
        assert_eq!(waiting.within("the earlier one's end").await, None);
        assert_eq!(played(later).await, "9");
        assert_eq!(next(&mut earlier).await, None);
    })
    .await;
}

#[wasm_bindgen_test]
async fn no_tones_are_no_play_out() {
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
async fn a_play_out_ends_with_its_connection() {
    watched(async {
        let (keypad, (pair, _microphone)) = call().await;
        let changes = keypad.tone_changes();
        let mut play_out = keypad.insert(&tones("1234"), Timing::new()).unwrap();
        assert_eq!(next(&mut play_out).await, Some('1'));
        pair.a.close();
        assert_eq!(next(&mut play_out).await, None);
        assert_eq!(rest(changes, "the end of the changes").await.len(), 1);
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
async fn tones_need_a_call() {
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
async fn tones_end_with_the_track_that_is_removed() {
    watched(async {
        let (keypad, (pair, _microphone)) = call().await;
        pair.a.remove_track(&pair.a.senders()[0]).unwrap();
        // Chromium takes tones until the peer knows.
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
async fn pictures_have_no_tones() {
    watched(async {
        let (pc, camera) = (connection(), camera().await);
        let sender = pc.add_track(&camera.tracks()[0], &[]).unwrap();
        assert_eq!(sender.dtmf().unwrap_err().kind(), &ErrorKind::NotSupported);
    })
    .await;
}
