//! Sessions over links that limit the size of a signal.

use std::{cell::RefCell, rc::Rc, time::Duration};

use browser_rtc::{
    ErrorKind,
    channel::ChannelInit,
    media::TrackKind,
    negotiation::{Content, Politeness, Signal},
    peer::{SignalingState, TransceiverInit},
    session::{Link, MemoryLink, SessionEvent, SessionOptions},
};
use futures::{FutureExt, StreamExt};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use super::support::{
    Within,
    js::is_firefox,
    plain::inspect_signals,
    session::{describe_event, exchange_messages, session, wait_until_negotiated},
    sleep, watched,
};

const LIMIT: usize = 65_536;

fn descriptions(signals: &[Signal]) -> Vec<&Signal> {
    signals.iter().filter(|signal| matches!(signal.content, Content::Description(_))).collect()
}

#[wasm_bindgen_test]
async fn large_offer_is_split_to_fit_link() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let ((a_in, a_out), (b_in, b_out)) = (a_link.into_halves(), b_link.into_halves());
        let sent = Rc::<RefCell<Vec<Signal>>>::default();
        let limited = |politeness| SessionOptions::new(politeness).signal_limit(LIMIT);
        let a = session(limited(Politeness::Polite), Link::new(inspect_signals(a_in, &sent), a_out));
        let b = session(limited(Politeness::Impolite), Link::new(inspect_signals(b_in, &sent), b_out));
        // In Chromium, the offer of 18 transceivers has 77 kB.
        let count = if is_firefox() { 24 } else { 18 };
        for session in [&a, &b] {
            for _ in 0..count {
                session.connection().add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap();
            }
        }
        wait_until_negotiated([&a, &b], 2 * count).await;
        exchange_messages(&a, &b).within("messages in both directions").await;
        let sizes: Vec<usize> = sent.borrow().iter().map(|signal| signal.to_string().len()).collect();
        assert!(sizes.iter().all(|size| *size <= LIMIT), "{sizes:?}");
        let parts = sent.borrow().iter().filter(|signal| signal.header.as_ref().unwrap().parts > 1).count();
        assert!(parts > 1);
        let largest = a.connection().local_description().unwrap().sdp.len();
        console_log!("measured: {largest} bytes of SDP, {parts} parts");
        assert!(largest > LIMIT);
        for session in [&a, &b] {
            assert_eq!(session.events().next().now_or_never().flatten().as_ref().map(describe_event), None);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn offer_over_limit_is_reported_once() {
    watched(async {
        for politeness in [[Politeness::Polite, Politeness::Impolite], [Politeness::Impolite, Politeness::Polite]] {
            let (a_link, b_link) = MemoryLink::pair();
            let (b_in, b_out) = b_link.into_halves();
            let sent = Rc::<RefCell<Vec<Signal>>>::default();
            let a = session(SessionOptions::new(politeness[0]).signal_limit(100), a_link);
            let b = session(politeness[1], Link::new(inspect_signals(b_in, &sent), b_out));
            let mut events = a.events();
            a.connection().add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap();
            let SessionEvent::Failed(error) = events.next().within("the failure").await.unwrap() else { panic!() };
            assert_eq!(*error.kind(), ErrorKind::TooLarge { limit: 100 }, "{error}");
            sleep(Duration::from_millis(4_500)).await;
            assert_eq!(events.next().now_or_never().flatten().as_ref().map(describe_event), None);
            assert_eq!(a.connection().signaling_state(), SignalingState::Stable);
            assert_eq!(descriptions(&sent.borrow()).len(), 0);

            a.set_signal_limit(LIMIT);
            wait_until_negotiated([&a, &b], 1).await;
            a.connection()
                .create_data_channel("", &ChannelInit::new())
                .unwrap()
                .opened()
                .within("an open channel")
                .await
                .unwrap();
            assert_eq!(events.next().now_or_never().flatten().as_ref().map(describe_event), None);
        }
    })
    .await;
}

/// The session detects that the offer has become smaller, for which browsers fire no event.
#[wasm_bindgen_test]
async fn shrunk_offer_is_sent() {
    watched(async {
        let (a_link, b_link) = MemoryLink::pair();
        let a = session(SessionOptions::new(Politeness::Impolite).signal_limit(400), a_link);
        let b = session(Politeness::Polite, b_link);
        let mut events = a.events();
        let large: Vec<_> = (0..36)
            .map(|_| a.connection().add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap())
            .collect();
        let channel = a.connection().create_data_channel("", &ChannelInit::new()).unwrap();
        let SessionEvent::Failed(error) = events.next().within("the failure").await.unwrap() else { panic!() };
        assert_eq!(*error.kind(), ErrorKind::TooLarge { limit: 400 }, "{error}");
        for transceiver in large {
            transceiver.stop().unwrap();
        }
        channel.opened().within("an open channel").await.unwrap();
        exchange_messages(&a, &b).within("messages in both directions").await;
    })
    .await;
}
