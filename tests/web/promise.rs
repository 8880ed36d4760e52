//! Promises of the browser: none stays pending after its connection closes, and no rejection is unhandled.

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

async fn assert_closed_while_pending<T>(pc: &PeerConnection, operation: impl Future<Output = Result<T>>) {
    let mut operation = pin!(operation);
    assert!(poll!(&mut operation).is_pending());
    pc.close();
    let error = operation.within("the error").await.err().expect("the operation succeeded on a closed connection");
    assert_eq!(error.kind(), &ErrorKind::Closed, "{error}");
}

async fn offer() -> SessionDescription {
    let pc = connection();
    let _channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
    pc.create_offer().within("an offer").await.unwrap()
}

#[wasm_bindgen_test]
async fn pending_promise_fails_on_close() {
    watched(async {
        let offer = offer().await;

        let pc = connection();
        assert_closed_while_pending(&pc, pc.create_offer()).await;
        let pc = connection();
        assert_closed_while_pending(&pc, pc.set_local_description()).await;
        let pc = connection();
        assert_closed_while_pending(&pc, pc.set_remote_description(&offer)).await;

        let pc = connection();
        pc.set_remote_description(&offer).within("setRemoteDescription").await.unwrap();
        assert_closed_while_pending(&pc, pc.create_answer()).await;

        let pc = connection();
        pc.set_remote_description(&offer).within("setRemoteDescription").await.unwrap();
        assert_closed_while_pending(&pc, pc.add_ice_candidate(&IceCandidate::end_of_candidates())).await;

        let pc = connection();
        let microphone = microphone().await;
        let sender = pc.add_track(&microphone.tracks()[0], &[]).unwrap();
        assert_closed_while_pending(&pc, sender.replace_track(None)).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn all_pending_promises_fail_on_close() {
    watched(async {
        let offer = offer().await;
        let pc = connection();
        let mut one = pin!(pc.set_remote_description(&offer));
        let mut other = pin!(pc.set_local_description());
        assert!(poll!(&mut one).is_pending() && poll!(&mut other).is_pending());
        drop(pc.clone());
        pc.close();
        for error in
            [one.within("the first error").await.unwrap_err(), other.within("the second error").await.unwrap_err()]
        {
            assert_eq!(error.kind(), &ErrorKind::Closed, "{error}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn promise_awaited_after_close_fails() {
    watched(async {
        let pc = connection();
        let offer = pc.create_offer();
        pc.close();
        assert_eq!(offer.within("the error").await.unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn dropped_future_leaves_no_unhandled_rejection() {
    watched(async {
        let rubbish = SessionDescription { kind: SdpType::Offer, sdp: "rubbish".into() };
        let pc = connection();
        assert!(pc.set_remote_description(&rubbish).now_or_never().is_none(), "the operation is asynchronous");
        assert!(pc.create_answer().now_or_never().is_none());
        // The browser runs these operations in order, so that the first two have been rejected when this one has.
        pc.create_offer().within("an offer").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn guard_detects_unhandled_rejection() {
    let unhandled = unhandled_rejections(async {
        js::eval("Promise.reject('unhandled') && undefined");
    });
    assert_eq!(unhandled.await, ["unhandled"]);
}

#[wasm_bindgen_test]
async fn thousand_promises_leave_nothing_behind() {
    let pc = connection();
    let settle = async || {
        for _ in 0..500 {
            // One promise that is fulfilled, and one that is rejected.
            media::devices().within("devices").await.unwrap();
            pc.create_answer().within("an error").await.unwrap_err();
        }
    };
    settle().await;
    let values = wasm_bindgen::externref_heap_live_count();
    settle().await;
    // Values of other tests may be freed during this test, so that the count may shrink.
    let values_now = wasm_bindgen::externref_heap_live_count();
    assert!(values_now <= values, "{values_now} JavaScript values are held, and {values} were held before");
}
