//! Sessions with peers that do not use this crate: their signals have no headers, and they know no greetings.

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

fn no_events(session: &Session) {
    assert_eq!(session.events().next().now_or_never().flatten().as_ref().map(describe_event), None);
}

async fn connected(session: &Session) {
    reached(session.connection().connection_states(), ConnectionState::Connected).await;
}

/// Adds a transceiver on each side, one after the other, and waits until each is negotiated.
async fn both_sides_add(session: &Session, peer: &PlainPeer) {
    let before = js::number(&peer.run("return pc.getTransceivers()"), "length");
    let ours = session.connection().add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap();
    until(|| ours.current_direction().is_some(), "our transceiver").await;
    let length = || js::number(&peer.run("return pc.getTransceivers()"), "length");
    until(|| length() > before, "our transceiver at the peer").await;
    let count = session.connection().transceivers().len();
    peer.run("pc.addTransceiver('video')");
    until(|| session.connection().transceivers().len() > count, "the peer's transceiver").await;
    until(|| peer.run("return pc.signalingState") == "stable", "the answer").await;
}

#[wasm_bindgen_test]
async fn plain_peer_that_waits_is_sent_one_offer() {
    watched(async {
        for (politeness, behavior) in BOTH {
            let (peer, link) = PlainPeer::new(behavior);
            let session = session(politeness, link);
            let channel = session.connection().create_data_channel("", &ChannelInit::new()).unwrap();
            channel.opened().within("an open channel").await.unwrap();
            assert_eq!(peer.received("offer"), 1);
            connected(&session).await;
            both_sides_add(&session, &peer).await;
            assert_eq!(peer.received("offer"), 2);
            no_events(&session);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn plain_peer_that_calls_is_answered_and_offered_to_later() {
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
                both_sides_add(&session, &peer).await;
                no_events(&session);
            }
        }
    })
    .await;
}

/// A peer that sends something before it has our offer: the offer that waits is not lost.
#[wasm_bindgen_test]
async fn early_candidate_of_a_plain_peer_keeps_the_offer() {
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

/// Such as an SFU. In Chromium a session that offers first has to roll its first data channel back, and then hangs.
#[wasm_bindgen_test]
async fn peer_that_offers_and_ignores_offers_is_connected() {
    watched(async {
        let polite = || SessionOptions::new(Politeness::Polite);
        for options in [polite(), polite().plain_peer(), polite().answer_only(), polite().plain_peer().answer_only()] {
            let (mut slowest, is_answer_only) = (0.0_f64, options == polite().answer_only());
            for _ in 0..12 {
                let behavior = Behavior { ignores_offers: true, ..Behavior::default() };
                let (peer, link) = PlainPeer::new(behavior);
                let started = now();
                let session = session(options.clone(), link);
                let _channel = session.connection().create_data_channel("ours", &ChannelInit::new()).unwrap();
                peer.run("pc.createDataChannel('theirs')");
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
async fn refused_remote_offer_is_reported_once_and_followed_by_none() {
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

/// As aiortc does.
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
