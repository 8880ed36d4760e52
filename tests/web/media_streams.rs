//! Streams that are built from tracks, cloned, and changed by the remote peer.

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

/// Returns the sorted ids of a stream's tracks.
fn ids(stream: &MediaStream) -> Vec<String> {
    let ids = js::run("stream", &[stream.as_raw()], "return stream.getTracks().map(track => track.id).sort()");
    js_sys::Array::from(&ids).iter().map(|id| id.as_string().unwrap()).collect()
}

#[wasm_bindgen_test]
async fn stream_is_built_from_tracks() {
    watched(async {
        let (camera, microphone) = (camera().await, microphone().await);
        let (video, audio) = (camera.tracks().remove(0), microphone.tracks().remove(0));
        let stream = MediaStream::new().unwrap();
        assert!(!stream.is_active() && ids(&stream).is_empty());
        stream.add_track(&video);
        stream.add_track(&video);
        assert_eq!(ids(&stream), [video.id()]);
        stream.add_track(&audio);
        assert_eq!(ids(&stream).len(), 2);
        assert_eq!(ids(&MediaStream::from_tracks(&[video.clone(), audio.clone()]).unwrap()), ids(&stream));
        assert_eq!(stream.track_by_id(&audio.id()), Some(audio.clone()));
        assert_eq!(stream.track_by_id("no such track"), None);

        stream.remove_track(&video);
        stream.remove_track(&video);
        assert_eq!((ids(&stream), stream.is_active()), (vec![audio.id()], true));
        audio.stop();
        assert!(!stream.is_active());
        assert!(is_live(video.as_raw()), "the captured stream keeps the track");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f06_stream_keeps_added_tracks_live() {
    watched(async {
        let stream = MediaStream::new().unwrap();
        let (camera, microphone) = (camera().await, microphone().await);
        let [video, audio] = [&camera, &microphone].map(|stream| Clone::clone(stream.tracks()[0].as_raw()));
        stream.add_track(&camera.tracks()[0]);
        stream.add_track(&microphone.tracks()[0]);
        drop((camera, microphone));
        assert!(is_live(&video) && is_live(&audio));
        stream.remove_track(&stream.video_tracks()[0]);
        assert!(!is_live(&video) && is_live(&audio), "the stream had the last handle of the video track");
        drop(stream);
        assert!(!is_live(&audio));
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
        assert!(!is_live(&raw), "the last handle is dropped");
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
        let mut tracks = pair.b.tracks();
        pair.a.add_track(&both.audio_tracks()[0], &[&both]).unwrap();
        pair.connect().await;
        let stream = tracks.next().within("the audio track").await.unwrap().streams.remove(0);

        let listeners = ListenerCount::new();
        let (mut added, mut removed) = (stream.added_tracks(), stream.removed_tracks());
        let sender = pair.a.add_track(&both.video_tracks()[0], &[&both]).unwrap();
        pair.negotiate().await;
        let video = added.next().within("the added track").await.unwrap();
        assert_eq!((video.kind(), video.clone()), (TrackKind::Video, stream.video_tracks().remove(0)));
        assert!(removed.next().now_or_never().is_none());

        pair.a.remove_track(&sender).unwrap();
        pair.negotiate().await;
        assert_eq!(removed.next().within("the removed track").await, Some(video.clone()));
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
        let mut tracks = pair.b.tracks();
        for track in both.tracks() {
            pair.a.add_track(&track, &[&both]).unwrap();
        }
        pair.connect().await;
        let track = tracks.next().within("the first track").await.unwrap().track;
        let mut ended = track.ended();
        assert!((&mut ended).now_or_never().is_none());
        js::run("pc", &[pair.a.as_raw()], "pc.getTransceivers()[0].stop()");
        pair.negotiate().await;
        ended.within("the end of the track").await;
        assert!(track.is_ended());
    })
    .await;
}
