//! Streams put together by hand, cloned, and changed by a peer.

use browser_rtc::{
    ErrorKind,
    media::{Constraints, MediaStream, TrackKind},
};
use futures::{FutureExt, StreamExt};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, ListenerCount, Override},
    media::{camera, capture, is_live, microphone},
    pair::Pair,
    watched,
};

fn ids(stream: &MediaStream) -> Vec<String> {
    let told = js::run("stream", &[stream.as_raw()], "return stream.getTracks().map(track => track.id).sort()");
    js_sys::Array::from(&told).iter().map(|id| id.as_string().unwrap()).collect()
}

#[wasm_bindgen_test]
async fn stream_is_built_from_tracks() {
    watched(async {
        let (camera, microphone) = (camera().await, microphone().await);
        let (picture, sound) = (camera.tracks().remove(0), microphone.tracks().remove(0));
        let stream = MediaStream::new().unwrap();
        assert!(!stream.is_active() && ids(&stream).is_empty());
        stream.add_track(&picture);
        stream.add_track(&picture);
        assert_eq!(ids(&stream), [picture.id()]);
        stream.add_track(&sound);
        assert_eq!(ids(&stream).len(), 2);
        assert_eq!(ids(&MediaStream::from_tracks(&[picture.clone(), sound.clone()]).unwrap()), ids(&stream));
        assert_eq!(stream.track_by_id(&sound.id()), Some(sound.clone()));
        assert_eq!(stream.track_by_id("no such track"), None);

        stream.remove_track(&picture);
        stream.remove_track(&picture);
        assert_eq!((ids(&stream), stream.is_active()), (vec![sound.id()], true));
        sound.stop();
        assert!(!stream.is_active());
        assert!(is_live(picture.as_raw()), "the camera has it yet");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f06_stream_keeps_added_tracks_live() {
    watched(async {
        let stream = MediaStream::new().unwrap();
        let (camera, microphone) = (camera().await, microphone().await);
        let [picture, sound] = [&camera, &microphone].map(|stream| Clone::clone(stream.tracks()[0].as_raw()));
        stream.add_track(&camera.tracks()[0]);
        stream.add_track(&microphone.tracks()[0]);
        drop((camera, microphone));
        assert!(is_live(&picture) && is_live(&sound));
        stream.remove_track(&stream.video_tracks()[0]);
        assert!(!is_live(&picture) && is_live(&sound), "nobody else had the picture");
        drop(stream);
        assert!(!is_live(&sound));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f06_cloned_stream_has_cloned_tracks() {
    watched(async {
        let both = capture(&Constraints::new().audio(true).video(true)).await;
        let clone = both.clone_stream();
        assert!(clone.id() != both.id() && clone.is_active());
        let common = ids(&clone).into_iter().filter(|id| ids(&both).contains(id));
        assert_eq!((ids(&clone).len(), common.count()), (2, 0));
        both.stop();
        let raw = Clone::clone(clone.tracks()[0].as_raw());
        assert!(is_live(&raw));
        drop(clone);
        assert!(!is_live(&raw), "stopped with its last handle");
    })
    .await;
}

#[wasm_bindgen_test]
async fn missing_media_stream_api_is_not_supported() {
    let _mock = Override::new(&js::eval("globalThis"), "MediaStream", &JsValue::UNDEFINED);
    for error in [MediaStream::new().unwrap_err(), MediaStream::from_tracks(&[]).unwrap_err()] {
        assert_eq!((error.operation(), error.kind()), ("MediaStream", &ErrorKind::NotSupported));
    }
}

#[wasm_bindgen_test]
async fn f15_added_and_removed_tracks_are_reported() {
    watched(async {
        let (pair, both) = (Pair::new(), capture(&Constraints::new().audio(true).video(true)).await);
        let mut arrived = pair.b.tracks();
        pair.a.add_track(&both.audio_tracks()[0], &[&both]).unwrap();
        pair.connect().await;
        let stream = arrived.next().within("the sound").await.unwrap().streams.remove(0);

        let listeners = ListenerCount::new();
        let (mut added, mut removed) = (stream.added_tracks(), stream.removed_tracks());
        let sender = pair.a.add_track(&both.video_tracks()[0], &[&both]).unwrap();
        pair.negotiate().await;
        let picture = added.next().within("the picture").await.unwrap();
        assert_eq!((picture.kind(), picture.clone()), (TrackKind::Video, stream.video_tracks().remove(0)));
        assert!(removed.next().now_or_never().is_none());

        pair.a.remove_track(&sender).unwrap();
        pair.negotiate().await;
        assert_eq!(removed.next().within("the picture gone").await, Some(picture.clone()));
        assert_eq!(ids(&stream), [stream.audio_tracks()[0].id()]);
        assert!(added.next().now_or_never().is_none());
        drop((added, removed));
        assert_eq!(listeners.live(), 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f06_end_of_remote_track_is_reported() {
    watched(async {
        let (pair, both) = (Pair::new(), capture(&Constraints::new().audio(true).video(true)).await);
        let mut arrived = pair.b.tracks();
        for track in both.tracks() {
            pair.a.add_track(&track, &[&both]).unwrap();
        }
        pair.connect().await;
        let track = arrived.next().within("the first track").await.unwrap().track;
        let mut ended = track.ended();
        assert!((&mut ended).now_or_never().is_none());
        js::run("pc", &[pair.a.as_raw()], "pc.getTransceivers()[0].stop()");
        pair.negotiate().await;
        ended.within("the end").await;
        assert!(track.is_ended());
    })
    .await;
}
