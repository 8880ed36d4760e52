//! Limits of what a room stores for peers and for the server, and malformed frames.

use std::time::Duration;

use browser_rtc::{
    ErrorKind,
    room::{DeclineReason, IncomingCall, Join, Room, RoomEvent},
};
use futures::StreamExt;
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    room::{URL, join_with, joined, next_join, peer, ring, seat, signal},
    sleep,
    sockets::{Socket, Sockets},
    watched,
};

/// Returns the calls that have rung so far.
async fn incoming_calls(room: &Room, socket: &Socket) -> Vec<IncomingCall> {
    socket.say(&json!({ "type": "peer_joined", "peer": peer("the last one") }));
    let (mut events, mut calls) = (room.events(), Vec::new());
    loop {
        match events.next().within("an event").await {
            Some(RoomEvent::Incoming(call)) => calls.push(call),
            Some(RoomEvent::PeerJoined(_)) => return calls,
            other => panic!("{other:?}"),
        }
    }
}

/// Returns the ids of the calls that were declined as busy so far.
async fn busy_calls(socket: &Socket) -> Vec<Value> {
    let mut calls = Vec::new();
    while socket.unread() > 0 {
        let frame = socket.sent().await;
        assert_eq!((&frame["data"]["kind"], &frame["data"]["reason"]), (&"decline".into(), &"busy".into()), "{frame}");
        calls.push(frame["data"]["call"].clone());
    }
    calls
}

#[wasm_bindgen_test]
async fn second_ring_of_peer_is_busy() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        for number in 0..900 {
            socket.say(&signal("b", &ring(&format!("x{number}"))));
        }
        let calls = incoming_calls(&room, &socket).await;
        assert_eq!(calls.len(), 1);
        sleep(Duration::from_millis(50)).await;
        let declined = busy_calls(&socket).await;
        assert_eq!(declined.first(), Some(&"x1".into()));
        // Further rings are ignored, because each answer counts towards the rate limit of the server.
        assert_eq!(declined.len(), 32);

        // The ringing call can still be answered, and then another call can ring.
        calls[0].decline(DeclineReason::Declined).unwrap();
        let answer = socket.sent().await;
        assert_eq!(answer["data"], json!({ "call": "x0", "kind": "decline", "reason": "declined" }));
        socket.say(&signal("b", &ring("another")));
        assert_eq!(incoming_calls(&room, &socket).await.len(), 1);
    })
    .await;
}

#[wasm_bindgen_test]
async fn seventeenth_ringing_call_is_busy() {
    watched(async {
        let sockets = Sockets::new();
        let ids: Vec<String> = (0..20).map(|number| format!("b{number}")).collect();
        let answer = joined("a", &ids.iter().map(String::as_str).collect::<Vec<_>>());
        let (room, socket, _) = join_with(&sockets, Join::new("lobby", "Ada"), &answer).await;
        let room = room.unwrap();
        for id in &ids {
            socket.say(&signal(id, &ring(id)));
        }
        let calls = incoming_calls(&room, &socket).await;
        assert_eq!(calls.len(), 16);
        sleep(Duration::from_millis(50)).await;
        assert_eq!(busy_calls(&socket).await, ["b16", "b17", "b18", "b19"]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn ring_with_long_call_id_is_ignored() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        for length in [65, 60_000] {
            socket.say(&signal("b", &ring(&"x".repeat(length))));
        }
        socket.say(&signal("b", &ring("")));
        assert_eq!(incoming_calls(&room, &socket).await, []);
        assert_eq!(socket.unread(), 0);
        socket.say(&signal("b", &ring(&"x".repeat(64))));
        assert_eq!(incoming_calls(&room, &socket).await.len(), 1);
    })
    .await;
}

#[wasm_bindgen_test]
async fn unread_events_are_limited_and_calls_are_busy() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let data = "x".repeat(1_000_000);
        for number in 0..20 {
            socket.say(&json!({ "type": "say", "from": "b", "id": number.to_string(), "data": data }));
        }
        socket.say(&signal("b", &ring("x")));
        assert_eq!(socket.sent().await["data"]["reason"], "busy");
        let mut events = room.events();
        let mut received = 0;
        let missed = loop {
            match events.next().within("an event").await {
                Some(RoomEvent::Said { .. }) => received += 1,
                Some(RoomEvent::Lagged { missed, .. }) => break missed,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((received, missed), (9, 12));
        socket.say(&json!({ "type": "say", "from": "b", "id": "later", "data": 1 }));
        assert!(matches!(events.next().within("an event").await, Some(RoomEvent::Said { .. })));
    })
    .await;
}

#[wasm_bindgen_test]
async fn malformed_joined_error_names_field() {
    watched(async {
        let without = |field: &str| {
            let mut answer = joined("a", &["b"]);
            answer.as_object_mut().unwrap().remove(field);
            answer
        };
        let with = |field: &str, value: Value| {
            let mut answer = joined("a", &["b"]);
            answer[field] = value;
            answer
        };
        for (field, answer) in [
            ("heartbeat_ms", with("heartbeat_ms", json!(15000.5))),
            ("heartbeat_ms", with("heartbeat_ms", json!(-1))),
            ("heartbeat_ms", with("heartbeat_ms", json!("15000"))),
            ("heartbeat_ms", without("heartbeat_ms")),
            ("you", with("you", json!({ "id": 7, "name": "Ada" }))),
            ("you", without("you")),
            ("peers", with("peers", json!([{ "id": "b" }]))),
            ("peers", without("peers")),
            ("ice_servers", with("ice_servers", json!([{ "url": "stun:s" }]))),
            ("max_frame_bytes", with("max_frame_bytes", json!(1.5))),
            ("resume", with("resume", json!(1))),
            ("resumed", with("resumed", json!("yes"))),
            ("received", with("received", json!(0.5))),
            ("ids or names", with("you", json!({ "id": "x".repeat(1_000), "name": "Ada" }))),
            ("ids or names", with("peers", json!([{ "id": "b", "name": "x".repeat(100_000) }]))),
        ] {
            let sockets = Sockets::new();
            let (room, socket, _) = join_with(&sockets, Join::new("lobby", "Ada"), &answer).await;
            let error = room.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Syntax, "{answer}: {error}");
            assert!(error.message().contains(field), "{field}: {error}");
            assert!(socket.is_closed());
        }

        // An unknown message, as of a newer server, is ignored.
        let sockets = Sockets::new();
        let server = async {
            let (socket, _) = next_join(&sockets).await;
            socket.say(&json!({ "type": "dance", "heartbeat_ms": "x" }));
            socket.say(&joined("a", &["b"]));
            socket
        };
        let (room, _socket) = futures::join!(Room::join(URL, Join::new("lobby", "Ada")), server);
        assert_eq!(room.unwrap().me().id.as_str(), "a");
    })
    .await;
}
