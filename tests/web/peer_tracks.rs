//! Tracks that are added, replaced and removed.

use browser_rtc::{
    ErrorKind,
    media::{self, Constraints, Video, exact},
};
use futures::{FutureExt, StreamExt};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{Element, camera, capture, microphone},
    pair::{Pair, connection},
    watched,
};

#[wasm_bindgen_test]
async fn f23_track_added_twice_is_refused() {
    watched(async {
        let (pc, camera) = (connection(), camera().await);
        let track = &camera.tracks()[0];
        let sender = pc.add_track(track, &[&camera]).unwrap();
        assert_eq!(sender.track().as_ref(), Some(track));
        let twice = pc.add_track(track, &[&camera]).unwrap_err();
        assert_eq!(twice.kind(), &ErrorKind::InvalidAccess);
        assert_eq!(pc.senders().len(), 1);
        assert!(js::same(pc.senders()[0].as_raw(), sender.as_raw()));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f23_removed_track_is_muted_at_peer() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        let mut incoming = pair.b.tracks();
        let sender = pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        pair.connect().await;
        let arrived = incoming.next().within("the track").await.unwrap();
        let video = Element::new("video");
        let _shown = media::show(&video, &arrived.streams[0]).unwrap();
        video.frames(1).await;

        let mut negotiation_needed = pair.a.negotiation_needed();
        pair.a.remove_track(&sender).unwrap();
        assert!(sender.track().is_none());
        assert!(!camera.tracks()[0].is_ended(), "the stream still holds the track");
        negotiation_needed.next().within("negotiationneeded").await.unwrap();
        let mut mutes = arrived.track.mute_changes();
        assert_eq!(mutes.next().within("the unmuted state").await, Some(false));
        pair.negotiate().await;
        assert_eq!(mutes.next().within("the muted state").await, Some(true));
        assert!(arrived.streams[0].tracks().is_empty());
        pair.a.remove_track(&sender).unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn sender_of_other_connection_is_refused() {
    watched(async {
        let (pair, microphone) = (Pair::new(), microphone().await);
        let sender = pair.a.add_track(&microphone.tracks()[0], &[]).unwrap();
        assert_eq!(pair.b.remove_track(&sender).unwrap_err().kind(), &ErrorKind::InvalidAccess);
        assert!(sender.track().is_some());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f23_track_is_replaced_during_call() {
    watched(async {
        let (pair, small) = (Pair::new(), camera().await);
        let mut incoming = pair.b.tracks();
        let sender = pair.a.add_track(&small.tracks()[0], &[&small]).unwrap();
        pair.connect().await;
        let arrived = incoming.next().within("the track").await.unwrap();
        let video = Element::new("video");
        let _shown = media::show(&video, &arrived.streams[0]).unwrap();
        video.frames(2).await;
        small.stop();
        let mut negotiation_needed = pair.a.negotiation_needed();

        let size = Video::new().width(exact(640)).height(exact(480));
        let other = capture(&Constraints::new().video(size)).await;
        sender.replace_track(Some(&other.tracks()[0])).within("replaceTrack").await.unwrap();
        assert_eq!(sender.track().as_ref(), other.tracks().first());
        video.frames(5).await;

        let sound = microphone().await;
        let refused = sender.replace_track(Some(&sound.tracks()[0])).within("replaceTrack").await.unwrap_err();
        assert_eq!(refused.kind(), &ErrorKind::Type);
        assert_eq!(sender.track().as_ref(), other.tracks().first(), "the sender keeps its track");
        sender.replace_track(None).within("replaceTrack").await.unwrap();
        assert!(sender.track().is_none());
        assert!(negotiation_needed.next().now_or_never().is_none(), "no negotiation is needed");
    })
    .await;
}
