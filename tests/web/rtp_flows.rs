//! The specification's own examples of calls.

use std::{cell::RefCell, pin::pin};

use browser_rtc::{
    EventStream,
    media::{self, MediaStream, TrackKind},
    peer::{
        ConnectionState, IceCandidate, IceGatheringState, PeerConnection, RtpReceiver, SdpType, SessionDescription,
        TrackEvent, TransceiverDirection, TransceiverInit,
    },
};
use futures::{
    FutureExt, StreamExt,
    channel::mpsc::{self, UnboundedReceiver, UnboundedSender},
    future::{Either, join, select},
    stream,
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{Element, camera, camera_and_microphone, microphone},
    pair::{Pair, reached},
    watched,
};

enum Message {
    Description(SessionDescription),
    Candidate(IceCandidate),
}

/// Runs `call` while the two signal to each other; `answering` runs at `b`, before it answers.
async fn while_signaling(pair: &Pair, answering: impl AsyncFn(), call: impl Future<Output = ()>) {
    let ((to_b, from_a), (to_a, from_b)) = (mpsc::unbounded(), mpsc::unbounded());
    let signaling = join(signal(&pair.a, to_b, from_b, async || ()), signal(&pair.b, to_a, from_a, answering));
    match select(pin!(signaling), pin!(call)).await {
        Either::Left(_) => panic!("the signaling ended before the call"),
        Either::Right(_) => {}
    }
}

/// Offers when that is due, answers what comes, and sends each candidate as it is found.
async fn signal(
    pc: &PeerConnection,
    send: UnboundedSender<Message>,
    incoming: UnboundedReceiver<Message>,
    answering: impl AsyncFn(),
) {
    enum Event {
        Due,
        Found(IceCandidate),
        Came(Message),
    }
    let describe = async || {
        pc.set_local_description().await.unwrap();
        send.unbounded_send(Message::Description(pc.local_description().unwrap())).unwrap();
    };
    let mut events = stream::select(
        stream::select(pc.negotiation_needed().map(|()| Event::Due), pc.ice_candidates().map(Event::Found)),
        incoming.map(Event::Came),
    );
    while let Some(event) = events.next().await {
        match event {
            Event::Due => describe().await,
            Event::Found(candidate) => send.unbounded_send(Message::Candidate(candidate)).unwrap(),
            Event::Came(Message::Candidate(candidate)) => pc.add_ice_candidate(&candidate).await.unwrap(),
            Event::Came(Message::Description(description)) => {
                pc.set_remote_description(&description).await.unwrap();
                if description.kind == SdpType::Offer {
                    answering().await;
                    describe().await;
                }
            }
        }
    }
}

async fn both_shown(pair: &Pair, at_a: &MediaStream, at_b: &MediaStream) {
    let (one, other) = (Element::new("video"), Element::new("video"));
    let _shown = (media::show(&one, at_a).unwrap(), media::show(&other, at_b).unwrap());
    join(one.frames(3), other.frames(3)).await;
    for pc in [&pair.a, &pair.b] {
        assert_eq!(pc.connection_state(), ConnectionState::Connected);
    }
}

#[wasm_bindgen_test]
async fn f30_simple_peer_to_peer() {
    watched(async {
        let (pair, ours, theirs) = (Pair::new(), camera_and_microphone().await, camera_and_microphone().await);
        let (mut at_a, mut at_b) = (pair.a.tracks(), pair.b.tracks());
        let answering = async || {
            for track in theirs.tracks() {
                pair.b.add_track(&track, &[&theirs]).unwrap();
            }
        };
        let arrived = async |tracks: &mut EventStream<TrackEvent>| {
            let events = [
                tracks.next().within("the first track").await.unwrap(),
                tracks.next().within("the second track").await.unwrap(),
            ];
            let mut kinds = events.each_ref().map(|event| event.track.kind().as_str().to_owned());
            kinds.sort();
            assert_eq!(kinds, ["audio", "video"]);
            assert!(js::same(events[0].streams[0].as_raw(), events[1].streams[0].as_raw()), "one stream");
            events[0].streams[0].clone()
        };
        let call = async {
            for track in ours.tracks() {
                pair.a.add_track(&track, &[&ours]).unwrap();
            }
            let (at_b, at_a) = (arrived(&mut at_b).await, arrived(&mut at_a).await);
            both_shown(&pair, &at_a, &at_b).await;
        };
        while_signaling(&pair, answering, call).await;
    })
    .await;
}

fn received(pc: &PeerConnection) -> MediaStream {
    MediaStream::from_tracks(&pc.receivers().iter().map(RtpReceiver::track).collect::<Vec<_>>()).unwrap()
}

/// Without media: transports up, transceivers there. With it: `replace_track` alone.
#[wasm_bindgen_test]
async fn f31_warm_up() {
    watched(async {
        let pair = Pair::new();
        let answering = async || {
            for transceiver in pair.b.transceivers() {
                transceiver.set_direction(&TransceiverDirection::SendRecv).unwrap();
            }
        };
        let call = async {
            for kind in [TrackKind::Audio, TrackKind::Video] {
                pair.a.add_transceiver(kind, &TransceiverInit::new()).unwrap();
            }
            for pc in [&pair.a, &pair.b] {
                reached(pc.connection_states(), ConnectionState::Connected).await;
                assert_eq!(pc.transceivers().len(), 2);
                for transceiver in pc.transceivers() {
                    assert_eq!(transceiver.current_direction(), Some(TransceiverDirection::SendRecv));
                    assert!(transceiver.receiver().track().muted(), "nothing is sent yet");
                }
            }

            // The camera is ready.
            let mut due = stream::select(pair.a.negotiation_needed(), pair.b.negotiation_needed());
            let (microphone, camera) = (microphone().await, camera().await);
            for pc in [&pair.a, &pair.b] {
                for (transceiver, stream) in pc.transceivers().iter().zip([&microphone, &camera]) {
                    let track = stream.tracks().remove(0);
                    transceiver.sender().replace_track(Some(&track)).within("replaceTrack").await.unwrap();
                    assert_eq!(transceiver.sender().track(), Some(track));
                }
            }
            both_shown(&pair, &received(&pair.a), &received(&pair.b)).await;
            assert!(due.next().now_or_never().is_none(), "nobody had to be asked");
        };
        while_signaling(&pair, answering, call).await;
    })
    .await;
}

/// What is connected while inactive starts with a direction and an offer.
#[wasm_bindgen_test]
async fn f31_warm_up_without_a_direction() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        let init = TransceiverInit::new().direction(TransceiverDirection::Inactive).stream(&camera);
        let transceiver = pair.a.add_transceiver(TrackKind::Video, &init).unwrap();
        pair.connect().await;
        let (mut due, mut arriving) = (pair.a.negotiation_needed(), pair.b.tracks());
        transceiver.sender().replace_track(camera.tracks().first()).within("replaceTrack").await.unwrap();
        assert!(due.next().now_or_never().is_none());
        transceiver.set_direction(&TransceiverDirection::SendOnly).unwrap();
        due.next().within("negotiationneeded").await.unwrap();
        pair.negotiate().await;
        let arrived = arriving.next().within("the track").await.unwrap();
        let video = Element::new("video");
        let _shown = media::show(&video, &arrived.streams[0]).unwrap();
        video.frames(3).await;
    })
    .await;
}

/// The offerer shows what its receivers have before it knows whether anything will come.
#[wasm_bindgen_test]
async fn f24_receivers_tracks_are_rendered_before_the_answer_comes() {
    watched(async {
        let (pair, camera, theirs) = (Pair::new(), camera().await, camera().await);
        pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        pair.b.add_track(&theirs.tracks()[0], &[&theirs]).unwrap();
        let offer = pair.a.create_offer().within("createOffer").await.unwrap();
        pair.a.set_local_description_to(&offer).within("setLocalDescription").await.unwrap();

        let receiver = pair.a.receivers().remove(0);
        assert!(receiver.track().muted() && !receiver.track().is_ended());
        let video = Element::new("video");
        let _shown = media::show(&video, &received(&pair.a)).unwrap();
        let mut mutes = receiver.track().mute_changes();
        assert_eq!(mutes.next().await, Some(true));

        reached(pair.a.ice_gathering_states(), IceGatheringState::Complete).await;
        pair.b.set_remote_description(&pair.a.local_description().unwrap()).within("the offer set").await.unwrap();
        pair.b.set_local_description().within("setLocalDescription").await.unwrap();
        reached(pair.b.ice_gathering_states(), IceGatheringState::Complete).await;
        let mut arriving = pair.a.tracks();
        assert!(arriving.next().now_or_never().is_none());
        pair.a.set_remote_description(&pair.b.local_description().unwrap()).within("the answer set").await.unwrap();
        video.frames(3).await;
        assert_eq!(mutes.next().within("its media").await, Some(false));
        let arrived = arriving.next().within("the track").await.unwrap();
        assert_eq!((arrived.track, arrived.receiver), (receiver.track(), receiver));
    })
    .await;
}

/// The answerer sends as soon as it has answered, and the offerer shows it as soon as it can.
#[wasm_bindgen_test]
async fn f32_media_before_signaling_completes() {
    watched(async {
        let (pair, ours, theirs) = (Pair::new(), camera_and_microphone().await, camera_and_microphone().await);
        let (at_a, at_b) = (Element::new("video"), Element::new("video"));
        let shown = RefCell::new(Vec::new());
        let answering = async || {
            for track in theirs.tracks() {
                pair.b.add_track(&track, &[&theirs]).unwrap();
            }
            shown.borrow_mut().push(media::show(&at_b, &received(&pair.b)).unwrap());
        };
        let call = async {
            for track in ours.tracks() {
                pair.a.add_track(&track, &[&ours]).unwrap();
            }
            assert!(pair.a.local_description().is_none(), "not even offered yet");
            shown.borrow_mut().push(media::show(&at_a, &received(&pair.a)).unwrap());
            join(at_a.frames(3), at_b.frames(3)).await;
            assert_eq!(shown.borrow().len(), 2);
        };
        while_signaling(&pair, answering, call).await;
    })
    .await;
}
