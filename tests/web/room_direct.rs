//! Messages and requests from one peer to another, without a call.

use std::time::Duration;

use browser_rtc::{
    ErrorKind, EventStream, Result,
    room::{IncomingRequest, Room, RoomEvent},
    signaling::{Data, ErrorCode, PeerId},
};
use futures::{
    FutureExt, StreamExt,
    future::{join, join_all},
};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    room::{frame, joined, next_join, seat, signal, synchronize, with_rooms},
    sockets::Sockets,
    watched,
};

pub const LONG: Duration = Duration::from_secs(60);

pub fn peer_left(id: &str, reason: &str) -> Value {
    json!({ "type": "peer_left", "id": id, "reason": reason })
}

fn refusal(code: &str, frame: u32) -> Value {
    json!({ "type": "error", "code": code, "message": "no", "frame": frame })
}

/// Returns the sender and the content of the next message.
async fn message(events: &mut EventStream<RoomEvent>) -> (String, Value) {
    match events.next().within("a message").await {
        Some(RoomEvent::Message { from, data, .. }) => (from.name, data.parse().unwrap()),
        other => panic!("{other:?}"),
    }
}

pub async fn request(requests: &mut EventStream<IncomingRequest>) -> IncomingRequest {
    requests.next().within("a request").await.expect("the room has ended")
}

pub fn kind(answer: Result<Data>) -> ErrorKind {
    answer.unwrap_err().kind().clone()
}

#[wasm_bindgen_test]
async fn message_reaches_one_peer_without_call() {
    with_rooms(async |near: Room, far: Room| {
        let mut events = far.events();
        drop(near.send(&"b".into(), &json!({ "text": "hello" })).unwrap());
        drop(near.send(&"b".into(), &Value::Null).unwrap());
        assert_eq!(message(&mut events).await, ("name of a".into(), json!({ "text": "hello" })));
        assert_eq!(message(&mut events).await, ("name of a".into(), Value::Null));
    })
    .await;
}

#[wasm_bindgen_test]
async fn direct_message_is_received_once() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let mut events = room.events();
        let sent = |id: &str, data: u8| signal("b", &json!({ "id": id, "kind": "message", "data": data }));
        socket.say(&sent("m1", 1));
        socket.say(&sent("m1", 2));
        socket.say(&signal("b", &json!({ "id": "not an id", "kind": "message", "data": 3 })));
        socket.say(&signal("unlisted", &json!({ "id": "m1", "kind": "message", "data": 4 })));
        socket.say(&sent("m2", 5));
        assert_eq!(message(&mut events).await.1, 1);
        assert_eq!(message(&mut events).await.1, 5);
    })
    .await;
}

#[wasm_bindgen_test]
async fn refused_direct_message_fails() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        // The peer is not listed yet, or has left: the server knows.
        let to_unknown = room.send(&"c".into(), "one").unwrap();
        assert_eq!((frame(&socket).await["to"].clone(), 1), ("c".into(), 1));
        let limited = room.send(&"b".into(), "two").unwrap();
        let sent = frame(&socket).await;
        assert_eq!((&sent["data"]["kind"], &sent["data"]["data"]), (&json!("message"), &json!("two")));
        socket.say(&refusal("unknown_peer", 1));
        socket.say(&refusal("rate_limited", 2));
        let error = to_unknown.within("the first refusal").await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (&ErrorKind::PeerLeft, "send"));
        let error = limited.within("the second refusal").await.unwrap_err();
        assert_eq!((error.signaling_code(), error.operation()), (Some(ErrorCode::RateLimited), "send"));

        for id in [String::new(), "a".into(), "x".repeat(129)] {
            assert_eq!(*room.send(&PeerId::from(id), "three").unwrap_err().kind(), ErrorKind::PeerLeft);
        }
        assert_eq!(*room.send(&"b".into(), &f64::NAN).unwrap_err().kind(), ErrorKind::Type);
        let error = room.send(&"b".into(), &"x".repeat(70_000)).unwrap_err();
        assert!(error.is_too_large() && error.operation() == "send", "{error}");
        // A dropped delivery to a peer that has left is not reported, because `peer_left` reports it.
        drop(room.send(&"c".into(), "four").unwrap());
        frame(&socket).await;
        let mut events = room.events();
        socket.say(&refusal("unknown_peer", 3));
        synchronize(&room, &socket, "b").await;
        assert!(matches!(events.next().await, Some(RoomEvent::Said { .. })));
        room.leave();
        assert_eq!(*room.send(&"b".into(), "late").unwrap_err().kind(), ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn direct_message_is_resent_in_new_seat() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first) = seat(&sockets, "a", "b").await;
        let delivery = room.send(&"b".into(), "one").unwrap();
        let sent = frame(&first).await;
        first.cut();
        let (second, _) = next_join(&sockets).await;
        second.say(&joined("a2", &["b"]));
        assert_eq!(second.sent().await, sent);
        let ping = second.sent().await;
        second.say(&json!({ "type": "pong", "id": ping["id"], "received": 1 }));
        delivery.within("the acceptance").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn request_resolves_to_reply() {
    with_rooms(async |near: Room, far: Room| {
        let mut requests = far.requests();
        let to_far = PeerId::from("b");
        let asked = join_all([1, 2].iter().map(|number| near.request(&to_far, number, LONG)));
        let answer = async {
            let (one, two) = (request(&mut requests).await, request(&mut requests).await);
            assert_eq!((one.peer().name, one.data().get()), ("name of a".into(), "1"));
            two.reply(&json!({ "answer": 2 })).unwrap();
            one.reply("one").unwrap();
            one.ended().within("the end").await;
            assert_eq!(*one.reply("again").unwrap_err().kind(), ErrorKind::InvalidState);
            assert_eq!(*one.fail("again").unwrap_err().kind(), ErrorKind::InvalidState);
        };
        let (answers, ()) = join(asked, answer).within("the replies").await;
        let answers: Vec<_> = answers.iter().map(|answer| answer.as_ref().unwrap().get()).collect();
        assert_eq!(answers, [r#""one""#, r#"{"answer":2}"#]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn unhandled_request_fails() {
    with_rooms(async |near: Room, far: Room| {
        let to_far = PeerId::from("b");
        // Without a stream, and with one that drops the request.
        let error = near.request(&to_far, "one", LONG).within("the first failure").await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (&ErrorKind::NoHandler, "request"));
        let mut requests = far.requests();
        let dropped = async { drop(request(&mut requests).await) };
        let (answer, ()) = join(near.request(&to_far, "two", LONG), dropped).within("the second failure").await;
        assert_eq!(kind(answer), ErrorKind::NoHandler);
        // With a stream that is dropped with an unread request.
        let waiting = near.request(&to_far, "three", LONG);
        let dropping = async {
            let unread = far.requests();
            let _read = request(&mut requests).await;
            drop(unread);
        };
        let (answer, ()) = join(waiting, dropping).within("the third failure").await;
        assert_eq!(kind(answer), ErrorKind::NoHandler);
    })
    .await;
}

#[wasm_bindgen_test]
async fn failed_handler_is_reported_to_sender() {
    with_rooms(async |near: Room, far: Room| {
        let to_far = PeerId::from("b");
        let mut requests = far.requests();
        for (message, expected) in [("no such song", "no such song"), ("", "the peer failed to handle the request")] {
            let failing = async { request(&mut requests).await.fail(message).unwrap() };
            let (answer, ()) = join(near.request(&to_far, "one", LONG), failing).within("the failure").await;
            let error = answer.unwrap_err();
            assert_eq!((error.kind(), error.message()), (&ErrorKind::Remote, expected));
        }
        // A reply over the limit leaves the request unanswered.
        let replying = async {
            let request = request(&mut requests).await;
            assert!(request.reply(&"x".repeat(70_000)).unwrap_err().is_too_large());
            request.reply("short").unwrap();
        };
        let (answer, ()) = join(near.request(&to_far, "two", LONG), replying).within("the reply").await;
        assert_eq!(answer.unwrap().get(), r#""short""#);
    })
    .await;
}

#[wasm_bindgen_test]
async fn request_ends_with_peer_room_or_timeout() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let b = PeerId::from("b");
        let error = room.request(&b, "one", Duration::from_millis(50)).within("the timeout").await.unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (&ErrorKind::Timeout, "the peer did not reply within 0.05 seconds")
        );
        let sent = frame(&socket).await;
        assert_eq!(sent["data"]["kind"], "request");
        // A late answer is ignored.
        assert_eq!(frame(&socket).await["data"], json!({ "id": sent["data"]["id"], "kind": "cancel" }));
        socket.say(&signal("b", &json!({ "id": sent["data"]["id"], "kind": "reply", "data": 1 })));

        let c = PeerId::from("c");
        let unknown = async {
            assert_eq!(frame(&socket).await["to"], "c");
            socket.say(&refusal("unknown_peer", 3));
        };
        let (answer, ()) = join(room.request(&c, "two", LONG), unknown).within("the refusal").await;
        assert_eq!(kind(answer), ErrorKind::PeerLeft);
        assert!(room.request(&b, &"x".repeat(70_000), LONG).await.unwrap_err().is_too_large());

        for reason in ["left", "lost"] {
            socket.say(&json!({ "type": "peer_joined", "peer": { "id": "d", "name": "Dan" } }));
            let d = PeerId::from("d");
            let leaving = async {
                // The peer has received none of the former requests, so that none is cancelled.
                assert_eq!(frame(&socket).await["data"]["kind"], "request");
                socket.say(&peer_left("d", reason));
            };
            let (answer, ()) = join(room.request(&d, "three", LONG), leaving).within("the departure").await;
            assert_eq!(kind(answer), ErrorKind::PeerLeft, "{reason}");
        }
        let leaving = async { room.leave() };
        let (answer, ()) = join(room.request(&b, "four", LONG), leaving).within("the end").await;
        assert_eq!(kind(answer), ErrorKind::Closed);
        assert_eq!(kind(room.request(&b, "five", LONG).await), ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn dropped_request_is_cancelled() {
    with_rooms(async |near: Room, far: Room| {
        let to_far = PeerId::from("b");
        let mut requests = far.requests();
        let mut asked = near.request(&to_far, "one", LONG).boxed_local();
        assert!((&mut asked).now_or_never().is_none());
        let received = request(&mut requests).await;
        assert!(received.ended().now_or_never().is_none());
        drop(asked);
        received.ended().within("the cancellation").await;
        assert_eq!(*received.reply("late").unwrap_err().kind(), ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn cancelled_request_is_not_retried() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let b = PeerId::from("b");
        let mut cancelled = room.request(&b, "one", LONG).boxed_local();
        let mut wanted = room.request(&b, "two", LONG).boxed_local();
        assert!((&mut cancelled).now_or_never().is_none() && (&mut wanted).now_or_never().is_none());
        for number in [1, 2] {
            assert_eq!(frame(&socket).await["data"]["kind"], "request");
            socket.say(&refusal("unavailable", number));
        }
        synchronize(&room, &socket, "b").await;
        drop(cancelled);
        assert_eq!(frame(&socket).await["data"]["kind"], "cancel");
        // The requests are retried in their order.
        assert_eq!(frame(&socket).await["data"]["data"], "two");
    })
    .await;
}

#[wasm_bindgen_test]
async fn pending_requests_are_limited() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let b = PeerId::from("b");
        let mut pending: Vec<_> = [0; 256].iter().map(|data| room.request(&b, data, LONG).boxed_local()).collect();
        assert!(join_all(&mut pending).now_or_never().is_none());
        assert_eq!(kind(room.request(&b, "one more", LONG).await), ErrorKind::QuotaExceeded);
        synchronize(&room, &socket, "b").await;
        drop(pending.pop());
        let mut again = room.request(&b, "again", LONG).boxed_local();
        assert!((&mut again).now_or_never().is_none());
        room.leave();

        let (room, socket_b) = seat(&sockets, "a", "b").await;
        drop(socket);
        let mut requests = room.requests();
        for number in 0..257 {
            socket_b.say(&signal("b", &json!({ "id": format!("m{number}"), "kind": "request", "data": number })));
        }
        assert_eq!(frame(&socket_b).await["data"], json!({ "id": "m256", "kind": "failure", "reason": "busy" }));
        let first = request(&mut requests).await;
        first.reply("done").unwrap();
        assert_eq!(frame(&socket_b).await["data"]["kind"], "reply");
        socket_b.say(&signal("b", &json!({ "id": "later", "kind": "request", "data": 0 })));
        let mut last = request(&mut requests).await;
        while last.data().get() != "0" {
            last = request(&mut requests).await;
        }
    })
    .await;
}
