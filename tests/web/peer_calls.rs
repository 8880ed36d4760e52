//! Two connections in one page: offer, answer, candidates and ICE restart.

use std::cell::RefCell;

use browser_rtc::{
    ErrorKind, EventStream, Listener,
    channel::ChannelInit,
    media,
    peer::{ConnectionState, IceCandidate, IceGatheringState, PeerConnection, SdpType, SessionDescription},
};
use futures::{StreamExt, channel::oneshot, future::join};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{Element, camera},
    pair::{Pair, reached},
    rest, watched,
};

#[wasm_bindgen_test]
async fn f10_camera_to_video() {
    watched(async {
        let (pair, camera, video) = (Pair::new(), camera().await, Element::new("video"));
        let mut incoming = pair.b.tracks();
        pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        pair.connect().await;
        let arrived = incoming.next().within("the track").await.unwrap();
        assert_eq!(arrived.streams.len(), 1);
        assert_eq!(arrived.streams[0].id(), camera.id());
        let _shown = media::show(&video, &arrived.streams[0]).unwrap();
        video.frames(10).await;
        assert_eq!(video.size(), (320.0, 240.0));
    })
    .await;
}

/// Adds each candidate of one connection to the other, up to the end of candidates.
async fn trickle(candidates: &mut EventStream<IceCandidate>, to: &PeerConnection) {
    loop {
        let candidate = candidates.next().within("a candidate or the end of candidates").await.unwrap();
        to.add_ice_candidate(&candidate).within("addIceCandidate").await.unwrap();
        if candidate.is_end_of_candidates() {
            return;
        }
    }
}

#[wasm_bindgen_test]
async fn f13_explicit_offer_and_answer_connect() {
    watched(async {
        let pair = Pair::new();
        let (a, b) = (&pair.a, &pair.b);
        let _channel = a.create_data_channel("", &ChannelInit::new()).unwrap();
        let (mut from_a, mut from_b) = (a.ice_candidates(), b.ice_candidates());

        let offer = a.create_offer().within("createOffer").await.unwrap();
        assert_eq!(offer.kind, SdpType::Offer);
        a.set_local_description_to(&offer).within("setLocalDescription").await.unwrap();
        let first = from_a.next().within("a candidate").await.unwrap();
        assert!(first.candidate.starts_with("candidate:") && first.sdp_mid.is_some());
        let early = b.add_ice_candidate(&first).within("addIceCandidate").await.unwrap_err();
        assert_eq!(early.kind(), &ErrorKind::InvalidState, "there is no remote description yet");

        b.set_remote_description(&offer).within("setRemoteDescription").await.unwrap();
        b.add_ice_candidate(&first).within("addIceCandidate").await.unwrap();
        let answer = b.create_answer().within("createAnswer").await.unwrap();
        assert_eq!(answer.kind, SdpType::Answer);
        b.set_local_description_to(&answer).within("setLocalDescription").await.unwrap();
        a.set_remote_description(&answer).within("setRemoteDescription").await.unwrap();

        join(trickle(&mut from_a, b), trickle(&mut from_b, a)).await;
        reached(a.connection_states(), ConnectionState::Connected).await;
        reached(b.connection_states(), ConnectionState::Connected).await;
        assert!(a.local_description().unwrap().sdp.contains("a=candidate:"));
        assert_eq!(b.remote_description().unwrap().kind, SdpType::Offer);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f13_implicit_descriptions_connect() {
    watched(async {
        let pair = Pair::new();
        let (a, b) = (&pair.a, &pair.b);
        assert_eq!((a.local_description(), a.remote_description()), (None, None));
        let mut negotiation_needed = a.negotiation_needed();
        let _channel = a.create_data_channel("", &ChannelInit::new()).unwrap();
        negotiation_needed.next().within("negotiationneeded").await.unwrap();
        let (mut from_a, mut from_b) = (a.ice_candidates(), b.ice_candidates());

        a.set_local_description().within("setLocalDescription").await.unwrap();
        b.set_remote_description(&a.local_description().unwrap()).within("setRemoteDescription").await.unwrap();
        b.set_local_description().within("setLocalDescription").await.unwrap();
        let answer = b.local_description().unwrap();
        assert_eq!(answer.kind, SdpType::Answer);
        a.set_remote_description(&answer).within("setRemoteDescription").await.unwrap();

        join(trickle(&mut from_a, b), trickle(&mut from_b, a)).await;
        reached(a.connection_states(), ConnectionState::Connected).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f13_offer_is_rolled_back() {
    watched(async {
        let pc = Pair::new().a;
        let _channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
        pc.set_local_description().within("setLocalDescription").await.unwrap();
        let rollback = SessionDescription { kind: SdpType::Rollback, sdp: String::new() };
        pc.set_local_description_to(&rollback).within("the rollback").await.unwrap();
        assert_eq!(pc.local_description(), None);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f13_end_of_candidates_is_reported_once() {
    watched(async {
        let pc = Pair::new().a;
        // Three transports, because bundling has not been negotiated yet.
        for kind in ["audio", "video"] {
            js::run("pc, kind", &[pc.as_raw(), &kind.into()], "pc.addTransceiver(kind)");
        }
        let _channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
        let candidates = pc.ice_candidates();
        // The null candidate is the browser's last event of a gathering. The stream's listener is called before this one.
        let (finish, finished) = oneshot::channel();
        let finish = RefCell::new(Some(finish));
        let _listener = Listener::new(pc.as_raw(), "icecandidate", move |event| {
            if js::get(&event, "candidate").is_null() {
                finish.take().expect("one null candidate").send(()).unwrap();
            }
        });
        pc.set_local_description().within("setLocalDescription").await.unwrap();
        reached(pc.ice_gathering_states(), IceGatheringState::Complete).await;
        finished.within("the null candidate").await.unwrap();
        pc.close();

        let candidates = rest(candidates, "all candidates").await;
        let (end, others) = candidates.split_last().unwrap();
        assert!(end.is_end_of_candidates(), "{end:?}");
        assert!(others.len() >= 3 && !others.iter().any(IceCandidate::is_end_of_candidates), "{others:?}");
    })
    .await;
}

fn ice_ufrag(description: &SessionDescription) -> &str {
    description.sdp.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap()
}

#[wasm_bindgen_test]
async fn f17_manual_ice_restart_keeps_connection() {
    watched(async {
        let (pair, chat, mut other_end) = Pair::with_channel(&ChannelInit::new()).await;
        let (a, b) = (&pair.a, &pair.b);
        let before = [a, b].map(|pc| pc.local_description().unwrap());
        let states = a.connection_states();

        let mut negotiation_needed = a.negotiation_needed();
        a.restart_ice().unwrap();
        negotiation_needed.next().within("negotiationneeded").await.unwrap();
        let (mut from_a, mut from_b) = (a.ice_candidates(), b.ice_candidates());
        a.set_local_description().within("setLocalDescription").await.unwrap();
        b.set_remote_description(&a.local_description().unwrap()).within("setRemoteDescription").await.unwrap();
        b.set_local_description().within("setLocalDescription").await.unwrap();
        a.set_remote_description(&b.local_description().unwrap()).within("setRemoteDescription").await.unwrap();
        join(trickle(&mut from_a, b), trickle(&mut from_b, a)).await;

        for (pc, before) in [a, b].into_iter().zip(&before) {
            assert_ne!(ice_ufrag(&pc.local_description().unwrap()), ice_ufrag(before));
        }
        reached(a.connection_states(), ConnectionState::Connected).await;
        chat.send("still here").within("send").await.unwrap();
        let message = other_end.next().within("a message").await.unwrap().unwrap();
        assert_eq!(message.as_text(), Some("still here"));

        pair.a.close();
        for state in rest(states, "the states").await {
            assert!(!matches!(state, ConnectionState::Disconnected | ConnectionState::Failed), "{state}");
        }
    })
    .await;
}
