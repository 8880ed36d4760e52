//! Transceivers that are created, change direction and are stopped, and the tracks that they receive.

use browser_rtc::{
    Listener,
    channel::ChannelInit,
    media::{MediaStream, MediaStreamTrack, TrackKind},
    peer::{PeerConnection, RtpReceiver, RtpTransceiver, TransceiverDirection, TransceiverInit},
};
use futures::{FutureExt, StreamExt, channel::mpsc};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{camera, is_live, microphone},
    pair::Pair,
    watched,
};

/// Returns the browser's values of the preferred and of the negotiated direction.
fn directions(transceiver: &RtpTransceiver) -> (Option<String>, Option<String>) {
    let text = |member| js::get(transceiver.as_raw(), member).as_string();
    (text("direction"), text("currentDirection"))
}

fn expected_directions(directions: (&str, &str)) -> (Option<String>, Option<String>) {
    (Some(directions.0.into()), Some(directions.1.into()))
}

#[wasm_bindgen_test]
async fn f23_transceiver_directions_are_negotiated() {
    watched(async {
        // The preferred direction; both directions here, because the peer sends nothing; and both directions at the
        // peer.
        let expected = [
            (TransceiverDirection::SendRecv, ("sendrecv", "sendonly"), ("recvonly", "recvonly")),
            (TransceiverDirection::SendOnly, ("sendonly", "sendonly"), ("recvonly", "recvonly")),
            (TransceiverDirection::RecvOnly, ("recvonly", "inactive"), ("recvonly", "inactive")),
            (TransceiverDirection::Inactive, ("inactive", "inactive"), ("recvonly", "inactive")),
        ];
        let pair = Pair::new();
        for (direction, ..) in &expected {
            let init = TransceiverInit::new().direction(direction.clone());
            for kind in [TrackKind::Audio, TrackKind::Video] {
                let transceiver = pair.a.add_transceiver(kind.clone(), &init).unwrap();
                assert_eq!((transceiver.direction(), transceiver.current_direction()), (direction.clone(), None));
                assert_eq!(transceiver.mid(), None);
                assert!(transceiver.sender().track().is_none());
                assert_eq!(transceiver.receiver().track().kind(), kind);
                assert!(transceiver.receiver().track().muted());
            }
        }
        pair.connect().await;
        let (near, far) = (pair.a.transceivers(), pair.b.transceivers());
        assert_eq!((near.len(), far.len()), (8, 8));
        for (index, (one, other)) in near.iter().zip(&far).enumerate() {
            let (_, near, far) = &expected[index / 2];
            assert_eq!((directions(one), directions(other)), (expected_directions(*near), expected_directions(*far)));
            assert_eq!((one.direction().as_str(), one.current_direction().unwrap().as_str()), *near);
            assert_eq!((other.direction().as_str(), other.current_direction().unwrap().as_str()), *far);
            assert_eq!(one.mid(), js::get(one.as_raw(), "mid").as_string());
            assert!(one.mid().is_some() && one.mid() == other.mid());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f23_direction_change_needs_offer() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        let init = TransceiverInit::new().direction(TransceiverDirection::Inactive).stream(&camera);
        let transceiver = pair.a.add_transceiver(&camera.tracks()[0], &init).unwrap();
        let mut incoming = pair.b.tracks();
        pair.connect().await;
        assert!(incoming.next().now_or_never().is_none(), "nothing is sent");

        let mut negotiation_needed = pair.a.negotiation_needed();
        transceiver.set_direction(&TransceiverDirection::SendOnly).unwrap();
        assert_eq!(directions(&transceiver), expected_directions(("sendonly", "inactive")));
        negotiation_needed.next().within("negotiationneeded").await.unwrap();
        pair.negotiate().await;
        assert_eq!(directions(&transceiver), expected_directions(("sendonly", "sendonly")));
        let arrived = incoming.next().within("the track").await.unwrap();
        assert_eq!(arrived.transceiver.mid(), transceiver.mid());
        assert_eq!(arrived.streams[0].id(), camera.id());

        transceiver.set_direction(&TransceiverDirection::Inactive).unwrap();
        pair.negotiate().await;
        assert_eq!(directions(&arrived.transceiver), expected_directions(("recvonly", "inactive")));
        assert!(arrived.streams[0].tracks().is_empty());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f23_stopped_transceiver_ends_tracks() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        // The channel keeps the transport after the transceiver is stopped.
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let raw = Clone::clone(camera.tracks()[0].as_raw());
        let transceiver = pair.a.add_transceiver(&camera.tracks()[0], &TransceiverInit::new()).unwrap();
        drop(camera);
        let mut incoming = pair.b.tracks();
        pair.connect().await;
        let arrived = incoming.next().within("the track").await.unwrap();
        assert!(is_live(&raw), "the sender keeps the track");

        let mut negotiation_needed = pair.a.negotiation_needed();
        transceiver.stop().unwrap();
        assert_eq!(directions(&transceiver), expected_directions(("stopped", "sendonly")));
        assert!(!is_live(&raw), "a stopped transceiver drops its track");
        assert!(transceiver.sender().track().unwrap().is_ended());
        transceiver.stop().unwrap();
        negotiation_needed.next().within("negotiationneeded").await.unwrap();
        let (local_end, remote_end) = (transceiver.receiver().track().ended(), arrived.track.ended());
        pair.negotiate().await;
        local_end.within("the end of the local receiver's track").await;
        remote_end.within("the end of the peer's track").await;
        assert_eq!((directions(&transceiver), transceiver.mid()), (expected_directions(("stopped", "stopped")), None));
        for pc in [&pair.a, &pair.b] {
            assert_eq!((pc.transceivers().len(), pc.receivers().len(), pc.senders().len()), (0, 0, 0));
        }
    })
    .await;
}

fn codecs_in(description: &str) -> Vec<String> {
    let named = description.lines().filter_map(|line| line.strip_prefix("a=rtpmap:")?.split([' ', '/']).nth(1));
    named.map(str::to_owned).collect()
}

#[wasm_bindgen_test]
async fn f23_codec_preferences_order_offer() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        let transceiver = pair.a.add_transceiver(&camera.tracks()[0], &TransceiverInit::new()).unwrap();
        let offered = async || codecs_in(&pair.a.create_offer().within("createOffer").await.unwrap().sdp);
        let by_default = offered().await;
        assert_eq!(by_default[0], "VP8", "the default preference of the browser");

        let mut codecs = RtpReceiver::capabilities(&TrackKind::Video).unwrap().codecs;
        codecs.sort_by_key(|codec| !codec.is("video/VP9"));
        transceiver.set_codec_preferences(&codecs).unwrap();
        assert_eq!(offered().await[0], "VP9");
        codecs.retain(|codec| codec.is("video/VP9"));
        transceiver.set_codec_preferences(&codecs).unwrap();
        assert!(offered().await.iter().all(|codec| codec == "VP9"));
        transceiver.set_codec_preferences(&[]).unwrap();
        let all: Vec<String> = by_default.into_iter().filter(|codec| !js::is_firefox() || codec != "rtx").collect();
        assert_eq!(offered().await, all, "Firefox does not offer retransmission after a reset");

        transceiver.set_codec_preferences(&codecs).unwrap();
        pair.connect().await;
        let negotiated = transceiver.sender().parameters().unwrap().agreed().codecs;
        assert!(!negotiated.is_empty() && negotiated.iter().all(|one| one.codec.is("video/VP9")), "{negotiated:?}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f23_sender_streams_are_set() {
    watched(async {
        let (pair, camera, other) = (Pair::new(), camera().await, microphone().await);
        let transceiver = pair.a.add_transceiver(&camera.tracks()[0], &TransceiverInit::new()).unwrap();
        let mut incoming = pair.b.tracks();
        pair.connect().await;
        let arrived = incoming.next().within("the track").await.unwrap();
        assert!(arrived.streams.is_empty());

        let mut negotiation_needed = pair.a.negotiation_needed();
        transceiver.sender().set_streams(&[&camera, &other]).unwrap();
        negotiation_needed.next().within("negotiationneeded").await.unwrap();
        pair.negotiate().await;
        let arrived = incoming.next().within("the track in its streams").await.unwrap();
        let mut ids: Vec<String> = arrived.streams.iter().map(MediaStream::id).collect();
        let mut expected = [camera.id(), other.id()];
        ids.sort();
        expected.sort();
        assert_eq!(ids, expected);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f15_track_arrives_with_streams() {
    watched(async {
        let (pair, camera, microphone) = (Pair::new(), camera().await, microphone().await);
        for stream in [&camera, &microphone] {
            pair.a.add_track(&stream.tracks()[0], &[&camera]).unwrap();
        }
        let (send, mut track_events) = mpsc::unbounded();
        let _listener = Listener::new(pair.b.as_raw(), "track", move |event| send.unbounded_send(event).unwrap());
        let mut incoming = pair.b.tracks();
        pair.connect().await;
        for _ in 0..2 {
            let event: JsValue = track_events.next().within("a track event of the browser").await.unwrap().into();
            let arrived = incoming.next().within("a track event").await.unwrap();
            assert!(js::same(arrived.track.as_raw(), &js::get(&event, "track")));
            assert!(js::same(arrived.receiver.as_raw(), &js::get(&event, "receiver")));
            assert!(js::same(arrived.transceiver.as_raw(), &js::get(&event, "transceiver")));
            assert!(js::same(arrived.streams[0].as_raw(), &js::get(&js::get(&event, "streams"), "0")));
            assert_eq!((arrived.streams.len(), arrived.streams[0].tracks().len()), (1, 2));
            assert_eq!(arrived.streams[0].id(), camera.id());
            assert_eq!(arrived.transceiver.receiver(), &arrived.receiver);
            assert_eq!(arrived.receiver.track(), arrived.track);
        }
    })
    .await;
}

/// Asserts that all handles share one object. A browser fires no event when a page stops a track, so that only
/// handles that share the object report the end.
async fn assert_one_handle(one: &MediaStreamTrack, others: &[MediaStreamTrack]) {
    let ends: Vec<_> = others.iter().map(MediaStreamTrack::ended).collect();
    one.stop();
    for end in ends {
        end.within("the end of the stopped track").await;
    }
}

#[wasm_bindgen_test]
async fn f15_track_handles_are_shared() {
    watched(async {
        let (pair, camera, microphone) = (Pair::new(), camera().await, microphone().await);
        for stream in [&camera, &microphone] {
            pair.a.add_track(&stream.tracks()[0], &[&camera]).unwrap();
        }
        let (mut incoming, mut also_incoming) = (pair.b.tracks(), pair.b.tracks());
        pair.connect().await;
        let first = incoming.next().within("the first track").await.unwrap();
        let second = incoming.next().within("the second track").await.unwrap();
        let also_first = also_incoming.next().within("the first track of the second subscriber").await.unwrap();
        let in_stream = first.streams[0].video_tracks().remove(0);
        let all = |b: &PeerConnection| b.receivers().iter().map(RtpReceiver::track).collect::<Vec<_>>();
        let transceiver = pair.b.transceivers().remove(0);
        assert_eq!(all(&pair.b), [first.track.clone(), second.track.clone()]);
        let others = [
            first.receiver.track(),
            also_first.track,
            in_stream,
            transceiver.receiver().track(),
            second.streams[0].video_tracks().remove(0),
            all(&pair.b).remove(0),
        ];
        assert_one_handle(&first.track, &others).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f15_track_removed_by_peer_is_reported() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        let sender = pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        let mut incoming = pair.b.tracks();
        pair.connect().await;
        let arrived = incoming.next().within("the track").await.unwrap();
        let mut mutes = arrived.track.mute_changes();
        while mutes.next().within("the unmuted state").await.unwrap() {}

        let (send, mut removed) = mpsc::unbounded();
        let _listener = Listener::new(arrived.streams[0].as_raw(), "removetrack", move |event| {
            send.unbounded_send(js::get(&event, "track")).unwrap();
        });
        pair.a.remove_track(&sender).unwrap();
        pair.negotiate().await;
        assert_eq!(mutes.next().within("the muted state").await, Some(true));
        assert!(js::same(&removed.next().within("removetrack").await.unwrap(), arrived.track.as_raw()));
        assert!(!arrived.track.is_ended(), "a removed track has not ended, because it may be added again");
        assert_eq!(directions(&arrived.transceiver), expected_directions(("recvonly", "inactive")));
        assert!(arrived.streams[0].tracks().is_empty());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f23_sender_handles_are_shared() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        let transceiver = pair.a.add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap();
        let track = camera.tracks().first().cloned();
        transceiver.sender().replace_track(track.as_ref()).within("replaceTrack").await.unwrap();
        let sender = pair.a.senders().remove(0);
        assert_eq!(sender.track(), track);
        assert_eq!(pair.a.transceivers()[0], transceiver);
        assert_eq!(pair.a.transceivers()[0].sender().track(), track);
        pair.a.remove_track(&sender).unwrap();
        assert_eq!(transceiver.sender().track(), None);
        assert_eq!(directions(&transceiver).0.as_deref(), Some("recvonly"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn remote_tracks_end_with_connection() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        let mut incoming = pair.b.tracks();
        pair.connect().await;
        let arrived = incoming.next().within("the track").await.unwrap();
        let mut mutes = arrived.streams[0].tracks()[0].mute_changes();
        let end = arrived.track.ended();
        pair.b.close();
        end.within("the end of the track").await;
        assert!(!is_live(arrived.track.as_raw()));
        while mutes.next().within("the end of the mute changes").await.is_some() {}
        assert!(pair.b.transceivers().is_empty() && pair.b.receivers().is_empty() && pair.b.senders().is_empty());
    })
    .await;
}
