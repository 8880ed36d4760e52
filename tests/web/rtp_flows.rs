//! The examples of calls in the specification.

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

/// Runs `call` while the two connections exchange signals. `before_answer` runs at `b` before its answer.
async fn while_signaling(pair: &Pair, before_answer: impl AsyncFn(), call: impl Future<Output = ()>) {
    let ((to_b, from_a), (to_a, from_b)) = (mpsc::unbounded(), mpsc::unbounded());
    let signaling = join(signal(&pair.a, to_b, from_b, async || ()), signal(&pair.b, to_a, from_a, before_answer));
    match select(pin!(signaling), pin!(call)).await {
        Either::Left(_) => panic!("the signaling ended before the call"),
        Either::Right(_) => {}
    }
}

/// Sends an offer when negotiation is needed, answers offers, and sends each candidate that is found.
async fn signal(
    pc: &PeerConnection,
    send: UnboundedSender<Message>,
    incoming: UnboundedReceiver<Message>,
    before_answer: impl AsyncFn(),
) {
    enum Event {
        NegotiationNeeded,
        CandidateFound(IceCandidate),
        Received(Message),
    }
    let describe = async || {
        pc.set_local_description().await.unwrap();
        send.unbounded_send(Message::Description(pc.local_description().unwrap())).unwrap();
    };
    let mut events = stream::select(
        stream::select(
            pc.negotiation_needed().map(|()| Event::NegotiationNeeded),
            pc.ice_candidates().map(Event::CandidateFound),
        ),
        incoming.map(Event::Received),
    );
    while let Some(event) = events.next().await {
        match event {
            Event::NegotiationNeeded => describe().await,
            Event::CandidateFound(candidate) => send.unbounded_send(Message::Candidate(candidate)).unwrap(),
            Event::Received(Message::Candidate(candidate)) => pc.add_ice_candidate(&candidate).await.unwrap(),
            Event::Received(Message::Description(description)) => {
                pc.set_remote_description(&description).await.unwrap();
                if description.kind == SdpType::Offer {
                    before_answer().await;
                    describe().await;
                }
            }
        }
    }
}

/// Waits until both streams play.
async fn play_both(pair: &Pair, at_a: &MediaStream, at_b: &MediaStream) {
    let (one, other) = (Element::new("video"), Element::new("video"));
    let _shown = (media::show(&one, at_a).unwrap(), media::show(&other, at_b).unwrap());
    join(one.frames(3), other.frames(3)).await;
    for pc in [&pair.a, &pair.b] {
        assert_eq!(pc.connection_state(), ConnectionState::Connected);
    }
}

#[wasm_bindgen_test]
async fn f30_simple_peer_to_peer_call() {
    watched(async {
        let (pair, near, far) = (Pair::new(), camera_and_microphone().await, camera_and_microphone().await);
        let (mut at_a, mut at_b) = (pair.a.tracks(), pair.b.tracks());
        let before_answer = async || {
            for track in far.tracks() {
                pair.b.add_track(&track, &[&far]).unwrap();
            }
        };
        let receive_stream = async |tracks: &mut EventStream<TrackEvent>| {
            let events = [
                tracks.next().within("the first track").await.unwrap(),
                tracks.next().within("the second track").await.unwrap(),
            ];
            let mut kinds = events.each_ref().map(|event| event.track.kind().as_str().to_owned());
            kinds.sort();
            assert_eq!(kinds, ["audio", "video"]);
            assert!(
                js::same(events[0].streams[0].as_raw(), events[1].streams[0].as_raw()),
                "both tracks are in one stream"
            );
            events[0].streams[0].clone()
        };
        let call = async {
            for track in near.tracks() {
                pair.a.add_track(&track, &[&near]).unwrap();
            }
            let (at_b, at_a) = (receive_stream(&mut at_b).await, receive_stream(&mut at_a).await);
            play_both(&pair, &at_a, &at_b).await;
        };
        while_signaling(&pair, before_answer, call).await;
    })
    .await;
}

/// Returns a stream of the tracks of all receivers.
fn received_stream(pc: &PeerConnection) -> MediaStream {
    MediaStream::from_tracks(&pc.receivers().iter().map(RtpReceiver::track).collect::<Vec<_>>()).unwrap()
}

/// Transports and transceivers are ready before there is media, which then needs only `replace_track`.
#[wasm_bindgen_test]
async fn f31_warm_up_precedes_media() {
    watched(async {
        let pair = Pair::new();
        let before_answer = async || {
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
            let mut negotiation_needed = stream::select(pair.a.negotiation_needed(), pair.b.negotiation_needed());
            let (microphone, camera) = (microphone().await, camera().await);
            for pc in [&pair.a, &pair.b] {
                for (transceiver, stream) in pc.transceivers().iter().zip([&microphone, &camera]) {
                    let track = stream.tracks().remove(0);
                    transceiver.sender().replace_track(Some(&track)).within("replaceTrack").await.unwrap();
                    assert_eq!(transceiver.sender().track(), Some(track));
                }
            }
            play_both(&pair, &received_stream(&pair.a), &received_stream(&pair.b)).await;
            assert!(negotiation_needed.next().now_or_never().is_none(), "no negotiation is needed");
        };
        while_signaling(&pair, before_answer, call).await;
    })
    .await;
}

/// A transceiver that was negotiated as inactive needs a direction and an offer.
#[wasm_bindgen_test]
async fn f31_inactive_warm_up_precedes_media() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera().await);
        let init = TransceiverInit::new().direction(TransceiverDirection::Inactive).stream(&camera);
        let transceiver = pair.a.add_transceiver(TrackKind::Video, &init).unwrap();
        pair.connect().await;
        let (mut negotiation_needed, mut incoming) = (pair.a.negotiation_needed(), pair.b.tracks());
        transceiver.sender().replace_track(camera.tracks().first()).within("replaceTrack").await.unwrap();
        assert!(negotiation_needed.next().now_or_never().is_none());
        transceiver.set_direction(&TransceiverDirection::SendOnly).unwrap();
        negotiation_needed.next().within("negotiationneeded").await.unwrap();
        pair.negotiate().await;
        let arrived = incoming.next().within("the track").await.unwrap();
        let video = Element::new("video");
        let _shown = media::show(&video, &arrived.streams[0]).unwrap();
        video.frames(3).await;
    })
    .await;
}

/// The offerer renders the tracks of its receivers before it receives the answer.
#[wasm_bindgen_test]
async fn f24_receiver_tracks_render_before_answer() {
    watched(async {
        let (pair, camera, far) = (Pair::new(), camera().await, camera().await);
        pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        pair.b.add_track(&far.tracks()[0], &[&far]).unwrap();
        let offer = pair.a.create_offer().within("createOffer").await.unwrap();
        pair.a.set_local_description_to(&offer).within("setLocalDescription").await.unwrap();

        let receiver = pair.a.receivers().remove(0);
        assert!(receiver.track().muted() && !receiver.track().is_ended());
        let video = Element::new("video");
        let _shown = media::show(&video, &received_stream(&pair.a)).unwrap();
        let mut mutes = receiver.track().mute_changes();
        assert_eq!(mutes.next().await, Some(true));

        reached(pair.a.ice_gathering_states(), IceGatheringState::Complete).await;
        pair.b
            .set_remote_description(&pair.a.local_description().unwrap())
            .within("setRemoteDescription")
            .await
            .unwrap();
        pair.b.set_local_description().within("setLocalDescription").await.unwrap();
        reached(pair.b.ice_gathering_states(), IceGatheringState::Complete).await;
        let mut incoming = pair.a.tracks();
        assert!(incoming.next().now_or_never().is_none());
        pair.a
            .set_remote_description(&pair.b.local_description().unwrap())
            .within("setRemoteDescription")
            .await
            .unwrap();
        video.frames(3).await;
        assert_eq!(mutes.next().within("the unmuted state").await, Some(false));
        let arrived = incoming.next().within("the track").await.unwrap();
        assert_eq!((arrived.track, arrived.receiver), (receiver.track(), receiver));
    })
    .await;
}

/// The answerer sends media right after its answer, and the offerer renders the media when it arrives.
#[wasm_bindgen_test]
async fn f32_media_before_signaling_completes() {
    watched(async {
        let (pair, near, far) = (Pair::new(), camera_and_microphone().await, camera_and_microphone().await);
        let (at_a, at_b) = (Element::new("video"), Element::new("video"));
        let shown = RefCell::new(Vec::new());
        let before_answer = async || {
            for track in far.tracks() {
                pair.b.add_track(&track, &[&far]).unwrap();
            }
            shown.borrow_mut().push(media::show(&at_b, &received_stream(&pair.b)).unwrap());
        };
        let call = async {
            for track in near.tracks() {
                pair.a.add_track(&track, &[&near]).unwrap();
            }
            assert!(pair.a.local_description().is_none(), "there is no offer yet");
            shown.borrow_mut().push(media::show(&at_a, &received_stream(&pair.a)).unwrap());
            join(at_a.frames(3), at_b.frames(3)).await;
            assert_eq!(shown.borrow().len(), 2);
        };
        while_signaling(&pair, before_answer, call).await;
    })
    .await;
}
