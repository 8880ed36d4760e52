//! The examples of calls in the specification, between two sessions, which exchange all signals by themselves.

use std::{cell::RefCell, rc::Rc};

use browser_rtc::{
    media::{self, MediaStream, TrackKind},
    negotiation::{Content, Politeness, Signal},
    peer::{ConnectionState, PeerConnection, RtpReceiver, SdpType, TransceiverDirection, TransceiverInit},
    session::{Link, MemoryLink, Session},
};
use futures::{FutureExt, StreamExt, future::join};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    media::{Element, camera, camera_and_microphone, microphone},
    pair::reached,
    session::{describe_event, session, sessions, wait_until_negotiated},
    simulcast::{self, RIDS, one_section, three_sections},
    watched,
};

/// Returns a stream of the tracks of all receivers.
fn received_stream(pc: &PeerConnection) -> MediaStream {
    MediaStream::from_tracks(&pc.receivers().iter().map(RtpReceiver::track).collect::<Vec<_>>()).unwrap()
}

fn assert_no_events(sessions: [&Session; 2]) {
    for session in sessions {
        assert_eq!(session.events().next().now_or_never().flatten().as_ref().map(describe_event), None);
    }
}

/// Transports and transceivers are ready before there is media, which then needs only `replace_track`.
#[wasm_bindgen_test]
async fn warm_up_precedes_media() {
    watched(async {
        let (a_session, b_session) = sessions();
        let (a, b) = (a_session.connection(), b_session.connection());
        let mut incoming = b.tracks();
        spawn_local(async move {
            while let Some(arrived) = incoming.next().await {
                arrived.transceiver.set_direction(&TransceiverDirection::SendRecv).unwrap();
            }
        });
        for kind in [TrackKind::Audio, TrackKind::Video] {
            a.add_transceiver(kind, &TransceiverInit::new()).unwrap();
        }
        wait_until_negotiated([&a_session, &b_session], 2).await;
        for pc in [a, b] {
            reached(pc.connection_states(), ConnectionState::Connected).await;
            for transceiver in pc.transceivers() {
                assert_eq!(transceiver.current_direction(), Some(TransceiverDirection::SendRecv));
                assert!(transceiver.receiver().track().muted(), "nothing is sent yet");
            }
        }

        // The camera is ready.
        let mut negotiation_needed = futures::stream::select(a.negotiation_needed(), b.negotiation_needed());
        let (microphone, camera) = (microphone().await, camera().await);
        for pc in [a, b] {
            for (transceiver, stream) in pc.transceivers().iter().zip([&microphone, &camera]) {
                transceiver.sender().replace_track(stream.tracks().first()).within("replaceTrack").await.unwrap();
            }
        }
        let (one, other) = (Element::new("video"), Element::new("video"));
        let _shown =
            (media::show(&one, &received_stream(a)).unwrap(), media::show(&other, &received_stream(b)).unwrap());
        join(one.frames(3), other.frames(3)).await;
        assert!(negotiation_needed.next().now_or_never().is_none(), "no negotiation is needed");
        assert_no_events([&a_session, &b_session]);
    })
    .await;
}

/// A transceiver that was negotiated as inactive needs a direction.
#[wasm_bindgen_test]
async fn inactive_warm_up_precedes_media() {
    watched(async {
        let ((a_session, b_session), camera) = (sessions(), camera().await);
        let mut incoming = b_session.connection().tracks();
        let init = TransceiverInit::new().direction(TransceiverDirection::Inactive).stream(&camera);
        let transceiver = a_session.connection().add_transceiver(TrackKind::Video, &init).unwrap();
        for session in [&a_session, &b_session] {
            reached(session.connection().connection_states(), ConnectionState::Connected).await;
        }
        transceiver.sender().replace_track(camera.tracks().first()).within("replaceTrack").await.unwrap();
        assert!(incoming.next().now_or_never().is_none());
        transceiver.set_direction(&TransceiverDirection::SendOnly).unwrap();
        let arrived = incoming.next().within("the track").await.unwrap();
        let video = Element::new("video");
        let _shown = media::show(&video, &arrived.streams[0]).unwrap();
        video.frames(3).await;
        assert_no_events([&a_session, &b_session]);
    })
    .await;
}

/// Both sides render the tracks of their receivers before any signal is exchanged.
#[wasm_bindgen_test]
async fn media_before_signaling_completes() {
    watched(async {
        let (near, far) = (camera_and_microphone().await, camera_and_microphone().await);
        let (a_session, b_session) = sessions();
        let mut shown = Vec::new();
        for (session, media) in [(&a_session, &near), (&b_session, &far)] {
            let pc = session.connection();
            for track in media.tracks() {
                pc.add_track(&track, &[media]).unwrap();
            }
            assert!(pc.local_description().is_none(), "there is no offer yet");
            let video = Element::new("video");
            let showing = media::show(&video, &received_stream(pc)).unwrap();
            shown.push((video, showing));
        }
        join(shown[0].0.frames(3), shown[1].0.frames(3)).await;
        for session in [&a_session, &b_session] {
            assert_eq!(session.connection().transceivers().len(), 2);
        }
        assert_no_events([&a_session, &b_session]);
    })
    .await;
}

/// A browser sends three sizes but does not accept them, so that the link rewrites the descriptions as an SFU would.
#[wasm_bindgen_test]
async fn simulcast_in_three_sizes() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let ((a_incoming, a_outgoing), (b_incoming, b_outgoing)) = (a_link.into_halves(), b_link.into_halves());
        let offer = Rc::<RefCell<String>>::default();
        let to_b = {
            let offer = offer.clone();
            b_incoming.map(move |mut signal: Signal| {
                match &mut signal.content {
                    Content::Description(description) => {
                        assert_eq!(description.kind, SdpType::Offer);
                        offer.replace(std::mem::take(&mut description.sdp));
                        description.sdp = three_sections(&offer.borrow());
                    }
                    Content::Candidate(candidate) => candidate.sdp_mid = Some(RIDS[0].into()),
                    _ => {}
                }
                signal
            })
        };
        let to_a = a_incoming.map(move |mut signal: Signal| {
            match &mut signal.content {
                Content::Description(description) => {
                    description.sdp = one_section(&description.sdp, &offer.borrow());
                }
                Content::Candidate(candidate) => (candidate.sdp_mid, candidate.sdp_m_line_index) = (None, Some(0)),
                _ => {}
            }
            signal
        });
        let a = session(Politeness::Impolite, Link::new(to_a, a_outgoing));
        let b = session(Politeness::Polite, Link::new(to_b, b_outgoing));
        let incoming = b.connection().tracks();
        let (_camera, transceiver) = simulcast::send(a.connection()).await;
        reached(a.connection().connection_states(), ConnectionState::Connected).await;
        simulcast::assert_negotiated(&transceiver);
        simulcast::assert_received(incoming).await;
        assert_no_events([&a, &b]);
    })
    .await;
}
