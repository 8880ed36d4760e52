//! Sessions over links that lose, duplicate and delay signals, end, or are replaced.

use std::{pin::pin, time::Duration};

use browser_rtc::{
    Error, EventStream,
    channel::ChannelInit,
    media::TrackKind,
    negotiation::{Politeness, Signal},
    peer::{ConnectionState, PeerConnection, TransceiverDirection, TransceiverInit},
    session::{Link, LostReason, MemoryLink, Session, SessionEvent, SessionOptions},
};
use futures::{
    FutureExt, Sink, SinkExt, Stream, StreamExt,
    channel::oneshot,
    future::{join, select},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{BroadcastChannel, MessageEvent};

use super::support::{
    Within,
    iframe::Iframe,
    js::{self, Override},
    pair::reached,
    rest,
    rng::Rng,
    session::{
        describe_event, exchange_message, exchange_messages, ice_ufrag, session, sessions, wait_until_negotiated,
    },
    sleep, watched,
};

/// Opens a broadcast channel in this window, which stands for a tab.
fn tab(window: &JsValue, name: &str) -> BroadcastChannel {
    js::run("window, name", &[window, &name.into()], "return new window.BroadcastChannel(name)").unchecked_into()
}

fn link(tab: &BroadcastChannel) -> impl Stream<Item = Signal> + Sink<Signal, Error = Error> + use<> {
    let incoming = EventStream::listen(tab, "message", |event| {
        event.unchecked_into::<MessageEvent>().data().as_string()?.parse().ok()
    });
    let tab = tab.clone();
    Link::sending(incoming, move |signal| {
        tab.post_message(&signal.to_string().into()).map_err(|thrown| Error::from_js("postMessage", thrown))
    })
}

#[wasm_bindgen_test]
async fn tabs_with_same_code_connect() {
    watched(async {
        let frame = Iframe::new("").await;
        let own_window = js::eval("window");
        let first = session(Politeness::Auto, link(&tab(&own_window, "tabs")));
        let mut events = first.events();
        // The first offer is lost, because the second tab is not open yet.
        let mut negotiation_needed = first.connection().negotiation_needed();
        let early = first.connection().create_data_channel("early", &ChannelInit::new()).unwrap();
        negotiation_needed.next().within("negotiationneeded").await.unwrap();
        sleep(Duration::from_millis(2500)).await;

        let raw = js::run("window", &[&frame.window()], "return new window.RTCPeerConnection()");
        let pc = PeerConnection::from_raw(raw.unchecked_into());
        let second = Session::from_connection(pc, Politeness::Auto, link(&tab(&frame.window(), "tabs")));
        let _channels = second.connection().data_channels();
        exchange_messages(&first, &second).within("messages in both directions").await;
        for session in [&first, &second] {
            reached(session.connection().connection_states(), ConnectionState::Connected).await;
        }
        early.opened().within("the early channel").await.unwrap();
        assert!(events.next().now_or_never().is_none());
    })
    .await;
}

/// Creates a link that, in both directions, loses one of six signals and duplicates one, and delays all of them, so
/// that some arrive out of order.
fn lossy(seed: u32) -> (MemoryLink, MemoryLink) {
    let ((a, a_far), (b, b_far)) = (MemoryLink::pair(), MemoryLink::pair());
    let ((mut from_a, to_a), (mut from_b, to_b)) = (a_far.into_halves(), b_far.into_halves());
    spawn_local(async move {
        let rng = Rng::new(seed);
        loop {
            let (signal, to) = futures::select! {
                signal = from_a.next() => (signal, &to_b),
                signal = from_b.next() => (signal, &to_a),
            };
            let Some(signal) = signal else { return };
            for _ in 0..[0, 1, 1, 1, 1, 2][rng.below(6) as usize] {
                let (mut to, signal, delay) = (to.clone(), signal.clone(), rng.below(40));
                spawn_local(async move {
                    sleep(Duration::from_millis(delay.into())).await;
                    // The receiving end may have been dropped.
                    let _ = to.send(signal).await;
                });
            }
        }
    });
    (a, b)
}

#[wasm_bindgen_test]
async fn session_survives_lossy_link() {
    watched(async {
        for seed in 0..3 {
            let (a_link, b_link) = lossy(seed);
            let (a, b) = (session(Politeness::Auto, a_link), session(Politeness::Auto, b_link));
            let events = [a.events(), b.events()];
            exchange_messages(&a, &b).within_minutes("messages in both directions").await;
            for round in 1..=3 {
                for session in [&a, &b] {
                    let init = TransceiverInit::new().direction(TransceiverDirection::SendOnly);
                    session.connection().add_transceiver(TrackKind::Video, &init).unwrap();
                }
                wait_until_negotiated([&a, &b], 2 * round).await;
            }
            let before = [&a, &b].map(|session| ice_ufrag(session.connection()));
            a.connection().restart_ice().unwrap();
            let restarted = async {
                while [&a, &b].iter().zip(&before).any(|(session, before)| ice_ufrag(session.connection()) == *before) {
                    sleep(Duration::from_millis(20)).await;
                }
            };
            restarted.within_minutes("new ICE credentials").await;
            exchange_messages(&a, &b).within("messages over the connection").await;
            for mut events in events {
                assert_eq!(events.next().now_or_never().flatten().as_ref().map(describe_event), None, "{seed}");
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn session_continues_without_link() {
    watched(async {
        let ((a_link, a_far), (b_link, b_far)) = (MemoryLink::pair(), MemoryLink::pair());
        let ((from_a, to_a), (from_b, to_b)) = (a_far.into_halves(), b_far.into_halves());
        let (cut, is_cut) = oneshot::channel::<()>();
        spawn_local(async move {
            let carried = join(from_a.map(Ok).forward(to_b), from_b.map(Ok).forward(to_a));
            select(pin!(carried), is_cut).await;
        });
        let (a, b) = (session(Politeness::Polite, a_link), session(Politeness::Impolite, b_link));
        let mut events = a.events();
        exchange_messages(&a, &b).within("messages in both directions").await;
        cut.send(()).unwrap();
        // The transceiver needs a negotiation, which is impossible without the link.
        a.connection().add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap();
        assert_eq!(describe_event(&events.next().within("a failure").await.unwrap()), "signal failed");
        exchange_messages(&a, &b).within("messages over the connection").await;
        for session in [&a, &b] {
            assert_eq!(session.ended().now_or_never(), None);
        }
        assert_eq!(events.next().now_or_never().flatten().as_ref().map(describe_event), None);
        // The close cannot be reported to the peer, and does not wait for that.
        a.close();
        a.ended().within("the end").await;
        assert!(rest(events, "the events").await.is_empty());
    })
    .await;
}

#[wasm_bindgen_test]
async fn reloaded_peer_is_recognized_and_reconnected() {
    watched(async {
        let own_window = js::eval("window");
        let open = |name| tab(&own_window, name);
        let reloaded = open("reload");
        let local = session(Politeness::Auto, link(&open("reload")));
        let remote = session(Politeness::Auto, link(&reloaded));
        exchange_messages(&local, &remote).within("messages in both directions").await;
        // The remote page is reloaded without a signal.
        reloaded.close();
        drop(remote);
        let remote = session(Politeness::Auto, link(&open("reload")));
        let events = rest(local.events(), "the end").await;
        assert_eq!(events.iter().map(describe_event).collect::<Vec<_>>(), ["Lost { reason: PeerRestarted }"]);
        local.ended().within("the end").await;
        let local = session(Politeness::Auto, link(&open("reload")));
        exchange_messages(&local, &remote).within("messages in both directions").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn close_is_reported_to_peer() {
    watched(async {
        let (a, b) = sessions();
        exchange_messages(&a, &b).within("messages in both directions").await;
        a.close();
        a.ended().within("the end of the closing session").await;
        b.ended().within("the end of the other session").await;
        assert!(rest(a.events(), "the events of the closing session").await.is_empty());
        let events = rest(b.events(), "the events of the other session").await;
        assert!(matches!(*events, [SessionEvent::Lost { reason: LostReason::PeerClosed, .. }]), "{events:?}");
        for session in [&a, &b] {
            assert_eq!(session.connection().connection_state(), ConnectionState::Closed);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn refused_offer_is_created_again() {
    watched(async {
        let (a, b) = sessions();
        // Chromium may not open a channel whose first offer is rolled back.
        exchange_messages(&a, &b).within("messages in both directions").await;
        let refuse_once = "let left = 1;
            return function(description) {
                return left-- > 0
                    ? Promise.reject(new DOMException('refused', 'OperationError'))
                    : RTCPeerConnection.prototype.setRemoteDescription.call(this, description);
            }";
        let _refusing = Override::new(b.connection().as_raw(), "setRemoteDescription", &js::run("", &[], refuse_once));
        a.connection().add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap();
        wait_until_negotiated([&a, &b], 1).await;
        for (session, failed) in [(&a, "offer failed"), (&b, "setRemoteDescription failed")] {
            let mut events = session.events();
            assert_eq!(describe_event(&events.next().within("a failure").await.unwrap()), failed);
            assert_eq!(events.next().now_or_never().flatten().as_ref().map(describe_event), None);
        }
    })
    .await;
}

/// A plain peer has no signal for the end of a session.
#[wasm_bindgen_test]
async fn session_with_plain_peer_ends() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let plain = |politeness| SessionOptions::new(politeness).plain_peer();
        let (a, b) = (session(plain(Politeness::Polite), a_link), session(plain(Politeness::Impolite), b_link));
        exchange_message(&b, &a, "hello").within("a message").await;
        let events = a.events();
        for session in [&a, &b] {
            session.close();
            session.ended().within("the end").await;
            assert_eq!(session.connection().connection_state(), ConnectionState::Closed);
        }
        assert!(rest(events, "the events").await.is_empty());
    })
    .await;
}
