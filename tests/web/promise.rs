//! Promises of the browser: none outlives its connection, none is rejected unheard.

use std::pin::pin;

use browser_rtc::{
    ErrorKind, Result,
    channel::ChannelInit,
    media,
    peer::{IceCandidate, PeerConnection, SdpType, SessionDescription},
};
use futures::{FutureExt, poll};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, js, media::microphone, pair::connection, unhandled_rejections, watched};

async fn closed_in_mid_operation<T>(pc: &PeerConnection, operation: impl Future<Output = Result<T>>) {
    let mut operation = pin!(operation);
    assert!(poll!(&mut operation).is_pending());
    pc.close();
    let error = operation.within("what was pending at close").await.err().expect("it was closed");
    assert_eq!(error.kind(), &ErrorKind::Closed, "{error}");
}

async fn offer() -> SessionDescription {
    let pc = connection();
    let _channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
    pc.create_offer().within("an offer").await.unwrap()
}

#[wasm_bindgen_test]
async fn a_promise_pending_at_close_is_closed() {
    watched(async {
        let offer = offer().await;

        let pc = connection();
        closed_in_mid_operation(&pc, pc.create_offer()).await;
        let pc = connection();
        closed_in_mid_operation(&pc, pc.set_local_description()).await;
        let pc = connection();
        closed_in_mid_operation(&pc, pc.set_remote_description(&offer)).await;

        let pc = connection();
        pc.set_remote_description(&offer).within("the offer set").await.unwrap();
        closed_in_mid_operation(&pc, pc.create_answer()).await;

        let pc = connection();
        pc.set_remote_description(&offer).within("the offer set").await.unwrap();
        closed_in_mid_operation(&pc, pc.add_ice_candidate(&IceCandidate::end_of_candidates())).await;

        let pc = connection();
        let microphone = microphone().await;
        let sender = pc.add_track(&microphone.tracks()[0], &[]).unwrap();
        closed_in_mid_operation(&pc, sender.replace_track(None)).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn many_promises_pending_at_close_are_all_closed() {
    watched(async {
        let offer = offer().await;
        let pc = connection();
        let mut one = pin!(pc.set_remote_description(&offer));
        let mut other = pin!(pc.set_local_description());
        assert!(poll!(&mut one).is_pending() && poll!(&mut other).is_pending());
        drop(pc.clone());
        pc.close();
        for error in [one.within("one").await.unwrap_err(), other.within("other").await.unwrap_err()] {
            assert_eq!(error.kind(), &ErrorKind::Closed, "{error}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_promise_awaited_after_close_is_closed() {
    watched(async {
        let pc = connection();
        let offer = pc.create_offer();
        pc.close();
        assert_eq!(offer.within("an answer").await.unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_dropped_future_leaves_no_unheard_rejection() {
    watched(async {
        let rubbish = SessionDescription { kind: SdpType::Offer, sdp: "rubbish".into() };
        let pc = connection();
        assert!(pc.set_remote_description(&rubbish).now_or_never().is_none(), "it takes a while");
        assert!(pc.create_answer().now_or_never().is_none());
        // The browser takes its operations in turn: after this one, those have been rejected.
        pc.create_offer().within("an offer").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn the_guard_sees_an_unheard_rejection() {
    let unheard = unhandled_rejections(async {
        js::eval("Promise.reject('unheard') && undefined");
    });
    assert_eq!(unheard.await, ["unheard"]);
}

#[wasm_bindgen_test]
async fn a_thousand_promises_leave_nothing_behind() {
    let pc = connection();
    let settle = async || {
        for _ in 0..500 {
            // One that is fulfilled, and one that is rejected.
            media::devices().within("devices").await.unwrap();
            pc.create_answer().within("a refusal").await.unwrap_err();
        }
    };
    settle().await;
    let values = wasm_bindgen::externref_heap_live_count();
    settle().await;
    // What other tests left to the browser may be freed meanwhile.
    let values_now = wasm_bindgen::externref_heap_live_count();
    assert!(values_now <= values, "{values_now} JavaScript values are held, and before it was {values}");
}
