//! Sessions with peers that do not use this crate: their signals have no headers, and they ignore greetings.

use std::time::Duration;

use browser_rtc::{
    channel::ChannelInit,
    media::TrackKind,
    negotiation::Politeness,
    peer::{ConnectionState, SignalingState, TransceiverInit},
    session::{Link, LostReason, Recovery, Session, SessionEvent, SessionOptions},
};
use futures::{FutureExt, StreamExt};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, Override},
    now,
    pair::reached,
    plain::{Behavior, PlainPeer},
    session::{describe_event, session},
    sleep, watched,
};

const BOTH: [(Politeness, Behavior); 2] = [
    (Politeness::Polite, Behavior { polite: false, ignores_offers: false, keeps_credentials: false }),
    (Politeness::Impolite, Behavior { polite: true, ignores_offers: false, keeps_credentials: false }),
];

async fn until(mut condition: impl FnMut() -> bool, awaited: &str) {
    let met = async {
        while !condition() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    met.within(awaited).await;
}

fn assert_no_events(session: &Session) {
    assert_eq!(session.events().next().now_or_never().flatten().as_ref().map(describe_event), None);
}

async fn connected(session: &Session) {
    reached(session.connection().connection_states(), ConnectionState::Connected).await;
}

/// Adds a transceiver on each side, one after the other, and waits until each is negotiated.
async fn add_on_both_sides(session: &Session, peer: &PlainPeer) {
    let before = js::number(&peer.run("return pc.getTransceivers()"), "length");
    let transceiver = session.connection().add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap();
    until(|| transceiver.current_direction().is_some(), "the local transceiver").await;
    let length = || js::number(&peer.run("return pc.getTransceivers()"), "length");
    until(|| length() > before, "the local transceiver at the peer").await;
    let count = session.connection().transceivers().len();
    peer.run("pc.addTransceiver('video')");
    until(|| session.connection().transceivers().len() > count, "the peer's transceiver").await;
    until(|| peer.run("return pc.signalingState") == "stable", "the answer").await;
}

#[wasm_bindgen_test]
async fn waiting_plain_peer_gets_one_offer() {
    watched(async {
        for (politeness, behavior) in BOTH {
            let (peer, link) = PlainPeer::new(behavior);
            let session = session(politeness, link);
            let channel = session.connection().create_data_channel("", &ChannelInit::new()).unwrap();
            channel.opened().within("an open channel").await.unwrap();
            assert_eq!(peer.received("offer"), 1);
            connected(&session).await;
            add_on_both_sides(&session, &peer).await;
            assert_eq!(peer.received("offer"), 2);
            assert_no_events(&session);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn calling_plain_peer_is_answered() {
    watched(async {
        for (politeness, behavior) in BOTH {
            for delay in [0, 300, 1_500, 3_500] {
                let (peer, link) = PlainPeer::new(behavior);
                let session = session(politeness, link);
                let mut channels = session.connection().data_channels();
                sleep(Duration::from_millis(delay)).await;
                peer.run("pc.createDataChannel('')");
                channels.next().within("the peer's channel").await.unwrap();
                connected(&session).await;
                add_on_both_sides(&session, &peer).await;
                assert_no_events(&session);
            }
        }
    })
    .await;
}

/// A signal that the peer sends before it has received the offer does not discard the offer.
#[wasm_bindgen_test]
async fn early_plain_candidate_keeps_offer() {
    watched(async {
        for (politeness, behavior) in BOTH {
            let (peer, link) = PlainPeer::new(behavior);
            let end = r#"{"kind":"candidate","candidate":""}"#.parse().unwrap();
            let (outgoing, incoming) = link.split();
            let early = futures::stream::iter([end]).chain(incoming);
            let session = session(politeness, Link::new(early, outgoing));
            let channel = session.connection().create_data_channel("", &ChannelInit::new()).unwrap();
            channel.opened().within("an open channel").await.unwrap();
            assert_eq!(peer.received("offer"), 1);
            assert_eq!(peer.received("request"), 0);
        }
    })
    .await;
}

/// An SFU behaves like this. In Chromium, a session that offers first would have to roll back the offer of its first
/// data channel, which then never opens.
#[wasm_bindgen_test]
async fn offer_only_peer_connects() {
    watched(async {
        let polite = || SessionOptions::new(Politeness::Polite);
        for options in [polite(), polite().plain_peer(), polite().answer_only(), polite().plain_peer().answer_only()] {
            let (mut slowest, is_answer_only) = (0.0_f64, options == polite().answer_only());
            for _ in 0..12 {
                let behavior = Behavior { ignores_offers: true, ..Behavior::default() };
                let (peer, link) = PlainPeer::new(behavior);
                let started = now();
                let session = session(options.clone(), link);
                let _channel = session.connection().create_data_channel("local", &ChannelInit::new()).unwrap();
                peer.run("pc.createDataChannel('remote')");
                connected(&session).await;
                slowest = slowest.max(now() - started);
                if is_answer_only {
                    assert_eq!(peer.received("offer"), 0);
                }
            }
            wasm_bindgen_test::console_log!("measured: {options:?}: at most {slowest:.0} ms");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn refused_remote_offer_is_reported_once() {
    watched(async {
        for (politeness, behavior) in BOTH {
            let (peer, link) = PlainPeer::new(behavior);
            let session = session(politeness, link);
            let channel = session.connection().create_data_channel("", &ChannelInit::new()).unwrap();
            channel.opened().within("an open channel").await.unwrap();
            let offers = peer.received("offer");
            let refuse = js::eval("() => Promise.reject(new DOMException('refused', 'OperationError'))");
            let refusing = Override::new(session.connection().as_raw(), "setRemoteDescription", &refuse);
            peer.run("pc.addTransceiver('audio')");
            let mut events = session.events();
            assert_eq!(
                describe_event(&events.next().within("a failure").await.unwrap()),
                "setRemoteDescription failed"
            );
            sleep(Duration::from_millis(3_500)).await;
            assert_eq!(events.next().now_or_never().flatten().as_ref().map(describe_event), None);
            assert_eq!(peer.received("offer"), offers);
            assert_eq!(session.connection().signaling_state(), SignalingState::Stable);
            drop(refusing);
        }
    })
    .await;
}

/// aiortc ignores ICE restarts.
#[wasm_bindgen_test]
async fn ignored_ice_restart_is_reported_once() {
    watched(async {
        let behavior = Behavior { polite: true, keeps_credentials: true, ..Behavior::default() };
        let (peer, link) = PlainPeer::new(behavior);
        let recovery = Recovery::new().attempts(3).attempt_time(Duration::from_secs(1));
        let session = session(SessionOptions::new(Politeness::Impolite).recovery(recovery), link);
        let channel = session.connection().create_data_channel("", &ChannelInit::new()).unwrap();
        channel.opened().within("an open channel").await.unwrap();
        connected(&session).await;
        let raw = session.connection().as_raw();
        let _broken =
            ["connectionState", "iceConnectionState"].map(|state| Override::new(raw, state, &"failed".into()));
        js::dispatch(raw, "connectionstatechange", &js::eval("{}"));
        let events: Vec<SessionEvent> = session.events().collect().within_minutes("the loss").await;
        assert_eq!(peer.received("offer"), 2, "{events:?}");
        let [
            SessionEvent::Reconnecting { attempt: 1, .. },
            SessionEvent::Failed(error),
            SessionEvent::Lost { reason: LostReason::ConnectionFailed, .. },
        ] = &*events
        else {
            panic!("{events:?}")
        };
        assert_eq!(error.message(), "the peer does not restart ICE: its answer has the previous ICE credentials");
    })
    .await;
}
