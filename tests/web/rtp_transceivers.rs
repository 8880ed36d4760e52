//! Transceivers made, turned and stopped, and the tracks that arrive through them.

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

/// What the browser says: the direction that is wanted, and the one agreed on.
fn directions(transceiver: &RtpTransceiver) -> (Option<String>, Option<String>) {
    let text = |member| js::get(transceiver.as_raw(), member).as_string();
    (text("direction"), text("currentDirection"))
}

fn said(directions: (&str, &str)) -> (Option<String>, Option<String>) {
    (Some(directions.0.into()), Some(directions.1.into()))
}

#[wasm_bindgen_test]
async fn f23_transceivers_in_every_direction() {
    watched(async {
        // What we want, what is agreed on as the peer sends nothing, and what that is to the peer.
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
        let (ours, theirs) = (pair.a.transceivers(), pair.b.transceivers());
        assert_eq!((ours.len(), theirs.len()), (8, 8));
        for (index, (one, other)) in ours.iter().zip(&theirs).enumerate() {
            let (_, we, they) = &expected[index / 2];
            assert_eq!((directions(one), directions(other)), (said(*we), said(*they)));
            assert_eq!((one.direction().as_str(), one.current_direction().unwrap().as_str()), *we);
            assert_eq!((other.direction().as_str(), other.current_direction().unwrap().as_str()), *they);
            assert_eq!(one.mid(), js::get(one.as_raw(), "mid").as_string());
            assert!(one.mid().is_some() && one.mid() == other.mid());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f23_a_direction_that_changes_needs_an_offer() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        let init = TransceiverInit::new().direction(TransceiverDirection::Inactive).stream(&camera);
        let transceiver = pair.a.add_transceiver(&camera.tracks()[0], &init).unwrap();
        let mut arriving = pair.b.tracks();
        pair.connect().await;
        assert!(arriving.next().now_or_never().is_none(), "nothing is sent");

        let mut due = pair.a.negotiation_needed();
        transceiver.set_direction(&TransceiverDirection::SendOnly).unwrap();
        assert_eq!(directions(&transceiver), said(("sendonly", "inactive")));
        due.next().within("negotiationneeded").await.unwrap();
        pair.negotiate().await;
        assert_eq!(directions(&transceiver), said(("sendonly", "sendonly")));
        let arrived = arriving.next().within("the track").await.unwrap();
        assert_eq!(arrived.transceiver.mid(), transceiver.mid());
        assert_eq!(arrived.streams[0].id(), camera.id());

        transceiver.set_direction(&TransceiverDirection::Inactive).unwrap();
        pair.negotiate().await;
        assert_eq!(directions(&arrived.transceiver), said(("recvonly", "inactive")));
        assert!(arrived.streams[0].tracks().is_empty());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f23_a_transceiver_is_stopped() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        // What is left to connect when the transceiver has gone.
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let raw = Clone::clone(camera.tracks()[0].as_raw());
        let transceiver = pair.a.add_transceiver(&camera.tracks()[0], &TransceiverInit::new()).unwrap();
        drop(camera);
        let mut arriving = pair.b.tracks();
        pair.connect().await;
        let arrived = arriving.next().within("the track").await.unwrap();
        assert!(is_live(&raw), "its sender keeps it");

        let mut due = pair.a.negotiation_needed();
        transceiver.stop().unwrap();
        assert_eq!(directions(&transceiver), said(("stopped", "sendonly")));
        assert!(!is_live(&raw), "nobody sends it any more");
        assert!(transceiver.sender().track().unwrap().is_ended());
        transceiver.stop().unwrap();
        due.next().within("negotiationneeded").await.unwrap();
        let (ours, theirs) = (transceiver.receiver().track().ended(), arrived.track.ended());
        pair.negotiate().await;
        ours.within("the end of our track").await;
        theirs.within("the end of their track").await;
        assert_eq!((directions(&transceiver), transceiver.mid()), (said(("stopped", "stopped")), None));
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
async fn f23_codec_preferences() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        let transceiver = pair.a.add_transceiver(&camera.tracks()[0], &TransceiverInit::new()).unwrap();
        let offered = async || codecs_in(&pair.a.create_offer().within("createOffer").await.unwrap().sdp);
        let by_itself = offered().await;
        assert_eq!(by_itself[0], "VP8", "what the browser would do by itself");

        let mut codecs = RtpReceiver::capabilities(&TrackKind::Video).unwrap().codecs;
        codecs.sort_by_key(|codec| !codec.is("video/VP9"));
        transceiver.set_codec_preferences(&codecs).unwrap();
        assert_eq!(offered().await[0], "VP9");
        codecs.retain(|codec| codec.is("video/VP9"));
        transceiver.set_codec_preferences(&codecs).unwrap();
        assert!(offered().await.iter().all(|codec| codec == "VP9"));
        transceiver.set_codec_preferences(&[]).unwrap();
        let all: Vec<String> = by_itself.into_iter().filter(|codec| !js::is_firefox() || codec != "rtx").collect();
        assert_eq!(offered().await, all, "Firefox does not send again what is lost, from then on");

        transceiver.set_codec_preferences(&codecs).unwrap();
        pair.connect().await;
        let agreed = transceiver.sender().parameters().unwrap().agreed().codecs;
        assert!(!agreed.is_empty() && agreed.iter().all(|agreed| agreed.codec.is("video/VP9")), "{agreed:?}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f23_streams_of_a_sender_are_set() {
    watched(async {
        let (pair, camera, other) = (Pair::new(), camera().await, microphone().await);
        let transceiver = pair.a.add_transceiver(&camera.tracks()[0], &TransceiverInit::new()).unwrap();
        let mut arriving = pair.b.tracks();
        pair.connect().await;
        let arrived = arriving.next().within("the track").await.unwrap();
        assert!(arrived.streams.is_empty());

        let mut due = pair.a.negotiation_needed();
        transceiver.sender().set_streams(&[&camera, &other]).unwrap();
        due.next().within("negotiationneeded").await.unwrap();
        pair.negotiate().await;
        let arrived = arriving.next().within("the track in its streams").await.unwrap();
        let mut ids: Vec<String> = arrived.streams.iter().map(MediaStream::id).collect();
        let mut expected = [camera.id(), other.id()];
        ids.sort();
        expected.sort();
        assert_eq!(ids, expected);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f15_a_track_arrives_with_its_streams() {
    watched(async {
        let (pair, camera, microphone) = (Pair::new(), camera().await, microphone().await);
        for stream in [&camera, &microphone] {
            pair.a.add_track(&stream.tracks()[0], &[&camera]).unwrap();
        }
        let (send, mut told) = mpsc::unbounded();
        let _told = Listener::new(pair.b.as_raw(), "track", move |event| send.unbounded_send(event).unwrap());
        let mut arriving = pair.b.tracks();
        pair.connect().await;
        for _ in 0..2 {
            let event: JsValue = told.next().within("a track of the browser's").await.unwrap().into();
            let arrived = arriving.next().within("a track of ours").await.unwrap();
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

/// The browser tells nobody that a page has stopped a track: only who shares the handle that did learns of it.
async fn are_one_handle(one: &MediaStreamTrack, others: &[MediaStreamTrack]) {
    let ends: Vec<_> = others.iter().map(MediaStreamTrack::ended).collect();
    one.stop();
    for end in ends {
        end.within("the end of the same track").await;
    }
}

#[wasm_bindgen_test]
async fn f15_all_who_are_given_a_track_share_it() {
    watched(async {
        let (pair, camera, microphone) = (Pair::new(), camera().await, microphone().await);
        for stream in [&camera, &microphone] {
            pair.a.add_track(&stream.tracks()[0], &[&camera]).unwrap();
        }
        let (mut arriving, mut also_arriving) = (pair.b.tracks(), pair.b.tracks());
        pair.connect().await;
        let first = arriving.next().within("the first track").await.unwrap();
        let second = arriving.next().within("the second track").await.unwrap();
        let also_first = also_arriving.next().within("the first track again").await.unwrap();
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
        are_one_handle(&first.track, &others).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f15_a_track_that_the_peer_removes_is_noticed() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        let sender = pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        let mut arriving = pair.b.tracks();
        pair.connect().await;
        let arrived = arriving.next().within("the track").await.unwrap();
        let mut mutes = arrived.track.mute_changes();
        while mutes.next().within("the track's media").await.unwrap() {}

        let (send, mut removed) = mpsc::unbounded();
        let _removed = Listener::new(arrived.streams[0].as_raw(), "removetrack", move |event| {
            send.unbounded_send(js::get(&event, "track")).unwrap();
        });
        pair.a.remove_track(&sender).unwrap();
        pair.negotiate().await;
        assert_eq!(mutes.next().within("its muting").await, Some(true));
        assert!(js::same(&removed.next().within("removetrack").await.unwrap(), arrived.track.as_raw()));
        assert!(!arrived.track.is_ended(), "it may come back");
        assert_eq!(directions(&arrived.transceiver), said(("recvonly", "inactive")));
        assert!(arrived.streams[0].tracks().is_empty());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f23_all_who_are_given_a_sender_share_it() {
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
async fn tracks_of_the_peer_end_with_the_connection() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        let mut arriving = pair.b.tracks();
        pair.connect().await;
        let arrived = arriving.next().within("the track").await.unwrap();
        let mut mutes = arrived.streams[0].tracks()[0].mute_changes();
        let end = arrived.track.ended();
        pair.b.close();
        end.within("the end of the track").await;
        assert!(!is_live(arrived.track.as_raw()));
        while mutes.next().within("the end of its changes").await.is_some() {}
        assert!(pair.b.transceivers().is_empty() && pair.b.receivers().is_empty() && pair.b.senders().is_empty());
    })
    .await;
}
