//! Equality of handles.

use std::fmt::Debug;

use browser_rtc::{
    channel::{ChannelInit, DataChannel, Json, LargeMessages, Packed, Typed},
    files::{Files, Outgoing},
    media::{CaptureController, LevelMeter, MediaRecorder, MediaStream, MediaStreamTrack, RecorderOptions},
    peer::PeerConnection,
};
use futures::StreamExt;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    files::{blob, bytes, files, offered},
    media::{camera, microphone},
    pair::Pair,
    session::sessions,
    watched,
};

/// Asserts that each handle is equal to its clone, and to no other handle.
#[track_caller]
fn assert_distinct<T: Clone + Eq + Debug>(handles: &[T]) {
    for (number, handle) in handles.iter().enumerate() {
        assert_eq!(handle, &handle.clone());
        for other in &handles[..number] {
            assert_ne!(handle, other);
        }
    }
}

#[wasm_bindgen_test]
async fn handles_of_one_object_are_equal() {
    watched(async {
        let (stream, other_stream) = (microphone().await, camera().await);
        let pair = Pair::new();
        let (track, other_track) = (stream.tracks()[0].clone(), other_stream.tracks()[0].clone());
        let sender = pair.a.add_track(&track, &[&stream]).unwrap();
        let other_sender = pair.a.add_track(&other_track, &[&other_stream]).unwrap();
        let channel = pair.a.create_data_channel("one", &ChannelInit::new()).unwrap();
        let other_channel = pair.a.create_data_channel("other", &ChannelInit::new()).unwrap();
        let mut tracks = pair.b.tracks();
        pair.connect().await;

        assert_distinct(&[pair.a.clone(), pair.b.clone()]);
        assert_eq!(PeerConnection::from_raw(pair.a.as_raw().clone()), pair.a);
        assert_distinct(&[channel.clone(), other_channel.clone()]);
        assert_eq!(DataChannel::from_raw(channel.as_raw().clone()), channel);
        assert_distinct(&[stream.clone(), other_stream.clone()]);
        assert_eq!(MediaStream::from_raw(Clone::clone(stream.as_raw())), stream);
        assert_distinct(&[track.clone(), other_track]);
        assert_eq!(MediaStreamTrack::from_raw(Clone::clone(track.as_raw())), track);
        assert_distinct(&[sender.clone(), other_sender]);
        assert_distinct(&pair.a.transceivers());
        assert_distinct(&pair.a.receivers());
        assert_eq!(pair.a.transceivers(), pair.a.transceivers());
        let (dtls, remote_dtls) = (sender.transport().unwrap(), pair.b.receivers()[0].transport().unwrap());
        assert_eq!(dtls, pair.a.receivers()[0].transport().unwrap());
        assert_distinct(&[dtls, remote_dtls]);
        assert_distinct(&[pair.a.sctp().unwrap(), pair.b.sctp().unwrap()]);
        assert_eq!(sender.dtmf().unwrap(), sender.dtmf().unwrap());
        let event = tracks.next().within("a track").await.unwrap();
        let other_event = tracks.next().within("the other track").await.unwrap();
        assert_distinct(&[event, other_event]);

        assert_distinct(&[LargeMessages::new(channel.clone()), LargeMessages::new(other_channel.clone())]);
        assert_distinct(&[Packed::new(channel.clone()), Packed::new(other_channel.clone())]);
        let typed = |channel: &DataChannel| Typed::<u8, Json>::new(channel.clone());
        assert_distinct(&[typed(&channel), typed(&other_channel)]);
        assert_distinct(&[Files::new(channel), Files::new(other_channel)]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn library_handles_equal_clones() {
    watched(async {
        let stream = microphone().await;
        let (session, other) = sessions();
        assert_distinct(&[session, other]);
        let meter = || LevelMeter::new(&stream.tracks()[0]).unwrap();
        assert_distinct(&[meter(), meter()]);
        // Firefox has no capture controllers.
        if let Ok(controller) = CaptureController::new() {
            assert_distinct(&[controller, CaptureController::new().unwrap()]);
        }
        let recorder = || MediaRecorder::new(&stream, &RecorderOptions::new()).unwrap();
        assert_distinct(&[recorder(), recorder()]);
        let recorder = recorder();
        assert_eq!(MediaRecorder::from_raw(recorder.as_raw().clone()), recorder);
    })
    .await;
}

#[wasm_bindgen_test]
async fn file_handles_equal_themselves_only() {
    watched(async {
        let (_pair, a, b) = files().await;
        assert_equal_themselves_only(&[offer(&a).await, offer(&a).await]);
        let offers = [offered(&b).await, offered(&b).await];
        assert_equal_themselves_only(&offers);
        assert_equal_themselves_only(&offers.map(|offer| offer.accept_to_memory().unwrap()));
    })
    .await;
}

/// The same for handles that are not `Clone`.
#[track_caller]
fn assert_equal_themselves_only<T: Eq + Debug>([one, other]: &[T; 2]) {
    let same = one;
    assert_eq!(one, same);
    assert_ne!(one, other);
}

async fn offer(files: &Files) -> Outgoing {
    files.offer(&blob(&bytes(1))).within("the offer").await.unwrap()
}
