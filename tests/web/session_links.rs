//! Sessions over links that lose, repeat, end and are made anew, and over no network at all.

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

/// What a page in this window hears and says.
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
async fn two_tabs_with_the_same_code_connect() {
    watched(async {
        let frame = Iframe::new("").await;
        let own_window = js::eval("window");
        let first = session(Politeness::Auto, link(&tab(&own_window, "tabs")));
        let mut events = first.events();
        // Nobody is there to hear it.
        let mut rounds = first.connection().negotiation_needed();
        let early = first.connection().create_data_channel("early", &ChannelInit::new()).unwrap();
        rounds.next().within("something to negotiate").await.unwrap();
        sleep(Duration::from_millis(2500)).await;

        let raw = js::run("window", &[&frame.window()], "return new window.RTCPeerConnection()");
        let pc = PeerConnection::from_raw(raw.unchecked_into());
        let second = Session::from_connection(pc, Politeness::Auto, link(&tab(&frame.window(), "tabs")));
        let _kept = second.connection().data_channels();
        exchange_messages(&first, &second).within("messages both ways").await;
        for session in [&first, &second] {
            reached(session.connection().connection_states(), ConnectionState::Connected).await;
        }
        early.opened().within("the channel from before").await.unwrap();
        assert!(events.next().now_or_never().is_none());
    })
    .await;
}

/// Both ways: of six signals one is lost and one comes twice, and all are late, so that some overtake others.
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
                let (mut to, signal, late) = (to.clone(), signal.clone(), rng.below(40));
                spawn_local(async move {
                    sleep(Duration::from_millis(late.into())).await;
                    // The other end may have gone.
                    let _ = to.send(signal).await;
                });
            }
        }
    });
    (a, b)
}

#[wasm_bindgen_test]
async fn link_that_loses_repeats_and_delays_works() {
    watched(async {
        for seed in 0..3 {
            let (a_link, b_link) = lossy(seed);
            let (a, b) = (session(Politeness::Auto, a_link), session(Politeness::Auto, b_link));
            let events = [a.events(), b.events()];
            exchange_messages(&a, &b).within_minutes("messages both ways").await;
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
            restarted.within_minutes("another way").await;
            exchange_messages(&a, &b).within("messages over what is open").await;
            for mut events in events {
                assert_eq!(events.next().now_or_never().flatten().as_ref().map(describe_event), None, "{seed}");
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn session_continues_without_its_link() {
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
        exchange_messages(&a, &b).within("messages both ways").await;
        cut.send(()).unwrap();
        // This would have to be negotiated.
        a.connection().add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap();
        assert_eq!(describe_event(&events.next().within("a failure").await.unwrap()), "signal failed");
        exchange_messages(&a, &b).within("messages over what is open").await;
        for session in [&a, &b] {
            assert_eq!(session.ended().now_or_never(), None);
        }
        assert_eq!(events.next().now_or_never().flatten().as_ref().map(describe_event), None);
        // Nobody can be told, and nobody waits for that.
        a.close();
        a.ended().within("the end").await;
        assert!(rest(events, "the events").await.is_empty());
    })
    .await;
}

#[wasm_bindgen_test]
async fn reloaded_peer_is_recognized_and_reached_again() {
    watched(async {
        let own_window = js::eval("window");
        let open = |name| tab(&own_window, name);
        let reloaded = open("reload");
        let ours = session(Politeness::Auto, link(&open("reload")));
        let theirs = session(Politeness::Auto, link(&reloaded));
        exchange_messages(&ours, &theirs).within("messages both ways").await;
        // Gone without a word.
        reloaded.close();
        drop(theirs);
        let theirs = session(Politeness::Auto, link(&open("reload")));
        let events = rest(ours.events(), "the end").await;
        assert_eq!(events.iter().map(describe_event).collect::<Vec<_>>(), ["Lost { reason: PeerRestarted }"]);
        ours.ended().within("the end").await;
        let ours = session(Politeness::Auto, link(&open("reload")));
        exchange_messages(&ours, &theirs).within("messages both ways").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn close_is_reported_to_the_peer() {
    watched(async {
        let (a, b) = sessions();
        exchange_messages(&a, &b).within("messages both ways").await;
        a.close();
        a.ended().within("our end").await;
        b.ended().within("their end").await;
        assert!(rest(a.events(), "our events").await.is_empty());
        let events = rest(b.events(), "their events").await;
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
        // Chromium may not open a channel whose first offer is taken back.
        exchange_messages(&a, &b).within("messages both ways").await;
        let refuse = "let left = 1;
            return function(description) {
                return left-- > 0
                    ? Promise.reject(new DOMException('as told to', 'OperationError'))
                    : RTCPeerConnection.prototype.setRemoteDescription.call(this, description);
            }";
        let _refusing = Override::new(b.connection().as_raw(), "setRemoteDescription", &js::run("", &[], refuse));
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

/// The specification's own: it has no word for the end.
#[wasm_bindgen_test]
async fn session_with_a_plain_peer_ends() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let plain = |politeness| SessionOptions::new(politeness).plain_peer();
        let (a, b) = (session(plain(Politeness::Polite), a_link), session(plain(Politeness::Impolite), b_link));
        exchange_message(&b, &a, "plainly").within("a message").await;
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
