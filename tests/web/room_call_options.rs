//! The options of single calls: metadata, ring time and configuration.

use std::time::Duration;

use browser_rtc::{
    ErrorKind,
    peer::{Configuration, IceTransportPolicy},
    room::{CallOptions, EndReason, Room},
    signaling::{Data, PeerId},
};
use futures::future::{join, try_join};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, Override},
    room::{frame, incoming, kind, seat, signal, with_rooms},
    sockets::Sockets,
    watched,
};

fn value(metadata: Option<Data>) -> Option<Value> {
    metadata.map(|metadata| metadata.parse().unwrap())
}

#[wasm_bindgen_test]
async fn metadata_reaches_other_peer() {
    with_rooms(async |near: Room, far: Room| {
        let id = PeerId::from("b");
        let options = CallOptions::new(None).metadata(&json!({ "subject": "the invoice" })).unwrap();
        let accepted = async {
            let ring = incoming(&far).await;
            assert_eq!(value(ring.metadata()), Some(json!({ "subject": "the invoice" })));
            ring.accept_with(CallOptions::new(None).metadata("in the train").unwrap()).await
        };
        let (near, far) = try_join(near.call_with(&id, options), accepted).within("a call").await.unwrap();
        assert_eq!(value(near.metadata()), Some("in the train".into()));
        assert_eq!(value(far.metadata()), Some(json!({ "subject": "the invoice" })));
    })
    .await;
}

#[wasm_bindgen_test]
async fn mutual_calls_exchange_metadata() {
    with_rooms(async |near: Room, far: Room| {
        let options = |text: &str| CallOptions::new(None).metadata(text).unwrap();
        let (to_far, to_near) = (PeerId::from("b"), PeerId::from("a"));
        let calls = try_join(near.call_with(&to_far, options("of a")), far.call_with(&to_near, options("of b")));
        let (near, far) = calls.within("one call").await.unwrap();
        assert_eq!((value(near.metadata()), value(far.metadata())), (Some("of b".into()), Some("of a".into())));
    })
    .await;
}

#[wasm_bindgen_test]
async fn metadata_is_checked_before_ring() {
    let largest = "x".repeat(16_384 - 2);
    assert!(CallOptions::new(None).metadata(&largest).is_ok());
    let error = CallOptions::new(None).metadata(&format!("{largest}x")).unwrap_err();
    assert_eq!((error.kind(), error.operation()), (&ErrorKind::TooLarge { limit: 16_384 }, "metadata"));
    let error = CallOptions::new(None).metadata(&f64::NAN).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Type);
}

#[wasm_bindgen_test]
async fn ring_time_of_call_limits_ring() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let id = PeerId::from("b");
        let options = CallOptions::new(None).ring_time(Duration::from_millis(50));
        assert_eq!(kind(room.call_with(&id, options).within("the timeout").await), ErrorKind::Timeout);
        let ring = frame(&socket).await["data"].clone();
        assert_eq!(ring, json!({ "call": ring["call"], "kind": "ring", "ring_ms": 50 }));
        assert_eq!(frame(&socket).await["data"]["reason"], "unanswered");
    })
    .await;
}

/// The callee waits 15 seconds longer, and 10 minutes at most.
#[wasm_bindgen_test]
async fn callers_ring_time_limits_incoming_call() {
    watched(async {
        for (ring_ms, limit_ms) in [(120_000, 135_000), (100, 15_100), (3_600_000, 615_000)] {
            let sockets = Sockets::new();
            let (room, socket) = seat(&sockets, "a", "b").await;
            let body = "return (callback, ms) => original(callback, ms === limit ? 1 : ms)";
            let faster =
                js::run("original, limit", &[&js::get(&js_sys::global(), "setTimeout"), &limit_ms.into()], body);
            let _faster = Override::new(&js_sys::global(), "setTimeout", &faster);
            socket.say(&signal("b", &json!({ "call": "x", "kind": "ring", "ring_ms": ring_ms })));
            assert_eq!(incoming(&room).await.ended().within("the end").await, EndReason::Unanswered);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn configuration_of_call_replaces_that_of_room() {
    with_rooms(async |near: Room, far: Room| {
        let id = PeerId::from("b");
        let relay = || {
            CallOptions::new(None).configuration(Configuration::new().ice_transport_policy(IceTransportPolicy::Relay))
        };
        let accepted = async { incoming(&far).await.accept_with(relay()).await };
        let (call, answer) = try_join(near.call_with(&id, relay()), accepted).within("a call").await.unwrap();
        for call in [call, answer] {
            assert_eq!(call.connection().configuration().ice_transport_policy, Some(IceTransportPolicy::Relay));
        }
    })
    .await;
}

/// A page can know the id of a peer before the server has reported it, and the list of peers can be out of date.
#[wasm_bindgen_test]
async fn unlisted_peer_is_called_through_server() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let id = PeerId::from("c");
        let server = async {
            let ring = frame(&socket).await;
            assert_eq!(ring["to"], "c");
            socket.say(&json!({ "type": "peer_joined", "peer": { "id": "c", "name": "Cyd" } }));
            socket.say(&signal("c", &json!({ "call": ring["data"]["call"], "kind": "accept" })));
        };
        let (call, ()) = join(room.call(&id, None), server).within("the call").await;
        assert_eq!(call.unwrap().peer().name, "Cyd");

        for id in ["a".into(), "x".repeat(129), String::new()] {
            assert_eq!(kind(room.call(&PeerId::from(id), None).within("the error").await), ErrorKind::PeerLeft);
        }
    })
    .await;
}
