//! Messages to the room: each is accepted once or refused with a reason, and received once.

use browser_rtc::{
    ErrorKind, EventStream,
    room::{Join, Room, RoomEvent},
    signaling::ErrorCode,
};
use futures::{FutureExt, StreamExt};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    room::{frame, join_with, joined, next_join, resumed, seat, synchronize},
    sockets::{Socket, Sockets},
    watched,
};

/// Receives a ping, and returns its id.
async fn next_ping(socket: &Socket) -> Value {
    let frame = socket.sent().await;
    assert_eq!(frame["type"], "ping", "{frame}");
    frame["id"].clone()
}

fn pong(id: &Value, received: u32) -> Value {
    json!({ "type": "pong", "id": id, "received": received })
}

fn refusal(code: &str, frame: u32) -> Value {
    json!({ "type": "error", "code": code, "message": "no", "frame": frame })
}

/// Returns the data of all messages that have been received so far.
async fn messages(room: &Room, events: &mut EventStream<RoomEvent>, socket: &Socket, from: &str) -> Vec<String> {
    socket.say(&json!({ "type": "say", "from": from, "id": "the-last-one", "data": "last" }));
    let mut messages = Vec::new();
    loop {
        match events.next().within("a message").await {
            Some(RoomEvent::Said { data, .. }) if data.get() == r#""last""# => return messages,
            Some(RoomEvent::Said { data, .. }) => messages.push(data.parse().unwrap()),
            Some(RoomEvent::PeerJoined(_) | RoomEvent::PeerLeft(..)) => {}
            other => panic!("{other:?} in {room:?}"),
        }
    }
}

#[wasm_bindgen_test]
async fn say_resolves_with_covering_pong() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let mut first = room.say("one").unwrap();
        assert_eq!(socket.sent().await["data"], "one");
        let ping_id = next_ping(&socket).await;
        let mut later = [room.say("two").unwrap(), room.say("three").unwrap()];
        assert_eq!(
            (socket.sent().await["data"].clone(), socket.sent().await["data"].clone()),
            ("two".into(), "three".into())
        );
        synchronize(&room, &socket, "b").await;
        assert_eq!(socket.unread(), 0, "at most one ping is pending");
        assert!((&mut first).now_or_never().is_none());

        socket.say(&pong(&ping_id, 1));
        first.within("the acceptance of the first").await.unwrap();
        let ping_id = next_ping(&socket).await;
        assert!(later.iter_mut().all(|delivery| delivery.now_or_never().is_none()));
        socket.say(&pong(&ping_id, 3));
        for delivery in later {
            delivery.within("the acceptance of the others").await.unwrap();
        }
        synchronize(&room, &socket, "b").await;
        assert_eq!(socket.unread(), 0, "a ping is pending without a message");

        // Without its handle, a message is sent as well, but needs no ping.
        drop(room.say("four").unwrap());
        assert_eq!(socket.sent().await["data"], "four");
        synchronize(&room, &socket, "b").await;
        assert_eq!(socket.unread(), 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn refused_say_fails_and_is_not_repeated() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first) = seat(&sockets, "a", "b").await;
        let mut events = room.events();
        let [one, two, three] = ["one", "two", "three"].map(|text| room.say(text).unwrap());
        for text in ["one", "two", "three"] {
            assert_eq!(frame(&first).await["data"], text);
        }
        first.say(&refusal("rate_limited", 2));
        let error = two.within("the refusal").await.unwrap_err();
        assert_eq!(error.signaling_code(), Some(ErrorCode::RateLimited));
        assert_eq!(error.operation(), "say");

        // The refused frame is counted, for the frames that follow and on the next socket.
        first.cut();
        assert!(matches!(events.next().await, Some(RoomEvent::Reconnecting { attempt: 1, .. })));
        let (second, join) = next_join(&sockets).await;
        assert_eq!(join["received"], 1);
        second.say(&resumed(2));
        assert!(matches!(events.next().await, Some(RoomEvent::Recovered)));
        assert_eq!(frame(&second).await["data"], "three");
        second.say(&pong(&0.into(), 2));
        one.within("the acceptance of the first").await.unwrap();
        second.say(&refusal("bad_message", 3));
        let error = three.within("the second refusal").await.unwrap_err();
        assert_eq!(error.signaling_code(), Some(ErrorCode::BadMessage));

        // The handle of this message was dropped, so that the room reports the refusal.
        drop(room.say("four").unwrap());
        assert_eq!(frame(&second).await["data"], "four");
        second.say(&refusal("rate_limited", 4));
        let Some(RoomEvent::Refused(error)) = events.next().within("the report").await else { panic!() };
        assert_eq!(error.signaling_code(), Some(ErrorCode::RateLimited));
    })
    .await;
}

/// The id stays the same because peers on the same server may have received the message already.
#[wasm_bindgen_test]
async fn unavailable_say_is_resent_with_same_id() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first) = seat(&sockets, "a", "b").await;
        let delivery = room.say("one").unwrap();
        let sent = frame(&first).await;
        first.say(&refusal("unavailable", 1));
        let again = frame(&first).await;
        assert_eq!((&again["id"], &again["data"]), (&sent["id"], &sent["data"]));
        first.say(&refusal("unavailable", 2));

        // The room gets a new seat while the message waits for its next attempt.
        first.cut();
        let (second, _) = next_join(&sockets).await;
        second.say(&joined("a2", &["b2"]));
        let last = frame(&second).await;
        assert_eq!((&last["id"], &last["data"]), (&sent["id"], &sent["data"]));
        second.say(&pong(&next_ping(&second).await, 1));
        delivery.within("the acceptance").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn refused_ping_is_resent_after_delay() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first) = seat(&sockets, "a", "b").await;
        let delivery = room.say("one").unwrap();
        assert_eq!(first.sent().await["type"], "say");
        let refused = next_ping(&first).await;
        first.say(&json!({ "type": "error", "code": "rate_limited", "message": "too many frames" }));
        let second = next_ping(&first).await;
        assert_ne!(second, refused);
        first.say(&pong(&second, 1));
        delivery.within("the acceptance").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn say_over_limit_fails_and_keeps_seat() {
    watched(async {
        let sockets = Sockets::new();
        let mut answer = joined("a", &["b"]);
        answer["max_frame_bytes"] = 1_000.into();
        let (room, socket, _) = join_with(&sockets, Join::new("lobby", "Ada"), &answer).await;
        let room = room.unwrap();
        assert_eq!(*room.say(&f64::NAN).unwrap_err().kind(), ErrorKind::Type);
        let error = room.say(&"x".repeat(70_000)).unwrap_err();
        let ErrorKind::TooLarge { limit } = *error.kind() else { panic!("{error}") };
        // Two bytes of the limit are quotation marks.
        let largest = "x".repeat(usize::try_from(limit).unwrap() - 2);
        assert!(room.say(&format!("{largest}x")).is_err());
        let delivery = room.say(&largest).unwrap();
        let sent = socket.sent().await;
        assert_eq!((sent.to_string().len(), &sent["data"]), (1_000, &Value::from(largest.as_str())));
        socket.say(&pong(&next_ping(&socket).await, 1));
        delivery.within("the acceptance").await.unwrap();

        // The next server has a smaller limit, before the message is sent.
        socket.cut();
        let delivery = room.say(&largest).unwrap();
        let (second, _) = next_join(&sockets).await;
        let mut answer = joined("a2", &["b2"]);
        answer["max_frame_bytes"] = 500.into();
        second.say(&answer);
        let error = delivery.within("the refusal").await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::TooLarge { limit: limit - 500 });
        room.say("small").unwrap();
        assert_eq!(frame(&second).await["data"], "small");
        assert_eq!(*room.say(&largest).unwrap_err().kind(), ErrorKind::TooLarge { limit: limit - 500 });
    })
    .await;
}

#[wasm_bindgen_test]
async fn say_keeps_id_in_new_seat() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first) = seat(&sockets, "a", "b").await;
        let [one, two] = ["one", "two"].map(|text| room.say(text).unwrap());
        let (sent_one, sent_two) = (frame(&first).await, frame(&first).await);
        assert_ne!(sent_one["id"], sent_two["id"]);
        first.say(&pong(&1.into(), 1));
        one.within("the acceptance of the first").await.unwrap();
        first.cut();

        let (second, _) = next_join(&sockets).await;
        second.say(&joined("a2", &["b2"]));
        assert_eq!(second.sent().await, sent_two, "only the pending message is sent again");
        second.say(&pong(&next_ping(&second).await, 1));
        two.within("the acceptance of the second").await.unwrap();

        let left = room.say("three").unwrap();
        room.leave();
        assert_eq!(*left.within("the end").await.unwrap_err().kind(), ErrorKind::Closed);
        assert_eq!(*room.say("four").unwrap_err().kind(), ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn message_is_received_once_from_any_seat() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first) = seat(&sockets, "a", "b").await;
        let mut events = room.events();
        let say_frame =
            |from: &str, id: &str, data: &str| json!({ "type": "say", "from": from, "id": id, "data": data });
        let bob = |id: &str| json!({ "id": id, "name": "name of b" });
        first.say(&say_frame("b", "m1", "one"));
        first.say(&json!({ "type": "peer_joined", "peer": { "id": "c", "name": "Cyd" } }));
        first.say(&json!({ "type": "peer_left", "id": "b", "reason": "lost" }));
        first.say(&json!({ "type": "peer_joined", "peer": bob("b2") }));
        first.say(&say_frame("b2", "m1", "one"));
        first.say(&say_frame("b2", "m2", "two"));
        first.say(&say_frame("c", "m2", "by another peer"));
        assert_eq!(messages(&room, &mut events, &first, "b2").await, ["one", "two", "by another peer"]);

        // The room keeps the received ids when it gets a new seat.
        first.cut();
        assert!(matches!(events.next().await, Some(RoomEvent::Reconnecting { .. })));
        let (second, _) = next_join(&sockets).await;
        let mut answer = joined("a2", &[]);
        answer["peers"] = json!([bob("b3")]);
        second.say(&answer);
        while !matches!(events.next().await, Some(RoomEvent::Recovered)) {}
        second.say(&say_frame("b3", "m2", "two"));
        second.say(&say_frame("b3", "m3", "three"));
        second.say(&say_frame("b3", "not an id", "malformed"));
        second.say(&say_frame("b3", "m4", "four"));
        let received = async {
            let mut texts = Vec::new();
            loop {
                match events.next().await {
                    Some(RoomEvent::Said { data, .. }) => texts.push(data.parse::<String>().unwrap()),
                    Some(RoomEvent::Refused(error)) => {
                        assert_eq!(*error.kind(), ErrorKind::Syntax);
                        assert!(error.message().contains("`id`"), "{error}");
                    }
                    other => panic!("{other:?}"),
                }
                if texts.last().is_some_and(|text| text == "four") {
                    return texts;
                }
            }
        };
        assert_eq!(received.within("the messages").await, ["three", "four"]);
    })
    .await;
}
