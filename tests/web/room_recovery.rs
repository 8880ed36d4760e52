//! Reconnection of a room to its server. The test is the server, which breaks the connection on purpose.

use std::time::Duration;

use browser_rtc::{
    Error, ErrorKind, EventStream,
    room::{Join, Room, RoomEvent},
    signaling::{ErrorCode, PeerId},
};
use futures::{FutureExt, StreamExt, join};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, ListenerCount, Override},
    now,
    room::{self, NEVER_MS, URL, frame, next_join, resumed},
    sleep,
    sockets::{Socket, Sockets, new_id},
    watched,
};

fn joined(you: &str, peers: &[&str], heartbeat_ms: u32) -> Value {
    let mut joined = room::joined(you, peers);
    joined["heartbeat_ms"] = heartbeat_ms.into();
    joined
}

fn say_frame(from: &str, data: &str) -> Value {
    json!({ "type": "say", "from": from, "id": new_id(), "data": data })
}

/// Returns the text of the next message to the room, and skips pings.
async fn next_say(socket: &Socket) -> String {
    let frame = frame(socket).await;
    assert_eq!(frame["type"], "say", "{frame}");
    frame["data"].as_str().unwrap().to_owned()
}

fn refusal(code: &str) -> Value {
    json!({ "type": "error", "code": code, "message": "no" })
}

/// Joins the lobby with peers `b` and `c`.
async fn join_lobby(sockets: &Sockets, join: Join, heartbeat_ms: u32) -> (Room, Socket) {
    let server = async {
        let socket = sockets.next().await;
        socket.open();
        assert_eq!(socket.sent().await, json!({ "type": "join", "room": "lobby", "name": "Ada" }));
        socket.say(&joined("a", &["b", "c"], heartbeat_ms));
        socket
    };
    let (room, socket) = join!(Room::join(URL, join), server);
    (room.unwrap(), socket)
}

async fn join_as_ada(sockets: &Sockets) -> (Room, Socket) {
    join_lobby(sockets, Join::new("lobby", "Ada"), NEVER_MS).await
}

/// Formats the next event briefly.
async fn event(events: &mut EventStream<RoomEvent>) -> String {
    match events.next().within("an event").await {
        Some(RoomEvent::PeerJoined(peer)) => format!("{} joined", peer.id),
        Some(RoomEvent::PeerLeft(peer, reason)) => format!("{} left: {reason}", peer.id),
        Some(RoomEvent::Said { from, data, .. }) => format!("{} said {}", from.id, data.get()),
        Some(RoomEvent::Reconnecting { attempt, .. }) => format!("attempt {attempt}"),
        Some(RoomEvent::Recovered) => "recovered".into(),
        Some(RoomEvent::Lost { reason, .. }) => format!("lost: {}", reason.kind().name()),
        Some(other) => format!("{other:?}"),
        None => "end".into(),
    }
}

fn ids(room: &Room) -> Vec<String> {
    room.peers().iter().map(|peer| peer.id.to_string()).collect()
}

#[wasm_bindgen_test]
async fn resumed_seat_loses_and_repeats_nothing() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first) = join_as_ada(&sockets).await;
        let mut events = room.events();
        first.say(&say_frame("b", "one"));
        first.say(&json!({ "type": "dance" }));
        for line in ["1", "2", "3"] {
            room.say(line).unwrap();
            assert_eq!(next_say(&first).await, line);
        }
        assert_eq!(event(&mut events).await, r#"b said "one""#);
        assert!(event(&mut events).await.contains("Refused"));
        first.cut();
        assert_eq!(event(&mut events).await, "attempt 1");
        room.say("4").unwrap();

        let (second, join) = next_join(&sockets).await;
        let expected = json!({ "type": "join", "room": "lobby", "name": "Ada", "resume": "token of a", "received": 2 });
        assert_eq!(join, expected);
        second.say(&resumed(2));
        second.say(&say_frame("c", "two"));
        assert_eq!(event(&mut events).await, "recovered");
        assert_eq!(event(&mut events).await, r#"c said "two""#);
        assert_eq!(next_say(&second).await, "3");
        assert_eq!(next_say(&second).await, "4");
        assert_eq!((room.me().id.as_str(), ids(&room)), ("a", vec!["b".into(), "c".into()]));

        // The second resumption: the server has received all messages, although it has sent no pong for a long time.
        second.cut();
        assert_eq!(event(&mut events).await, "attempt 2");
        let (third, join) = next_join(&sockets).await;
        assert_eq!(join["received"], 3);
        third.say(&resumed(4));
        assert_eq!(event(&mut events).await, "recovered");
        room.say("5").unwrap();
        assert_eq!(next_say(&third).await, "5");
    })
    .await;
}

#[wasm_bindgen_test]
async fn new_seat_reports_peers_joined_and_left() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first) = join_as_ada(&sockets).await;
        let mut events = room.events();
        room.say("to all").unwrap();
        let b = PeerId::from("b");
        let ring = room.call(&b, None).boxed_local().shared();
        assert!(ring.clone().now_or_never().is_none());
        first.sent().await;
        first.sent().await;
        first.cut();
        assert_eq!(event(&mut events).await, "attempt 1");

        let (second, join) = next_join(&sockets).await;
        assert_eq!(join["resume"], "token of a");
        second.say(&joined("a2", &["b2", "c"], NEVER_MS));
        assert_eq!(event(&mut events).await, "b left: lost");
        assert_eq!(event(&mut events).await, "b2 joined");
        assert_eq!(event(&mut events).await, "recovered");
        assert_eq!((room.me().id.as_str(), ids(&room)), ("a2", vec!["c".into(), "b2".into()]));
        let error = ring.within("the end of the ring").await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::PeerLeft);
        assert_eq!(next_say(&second).await, "to all", "the ring is not sent again");
        assert_eq!(second.unread(), 0);

        // The counts restart from 0.
        second.say(&say_frame("c", "hello"));
        assert_eq!(event(&mut events).await, r#"c said "hello""#);
        second.cut();
        assert_eq!(event(&mut events).await, "attempt 2");
        let (_third, join) = next_join(&sockets).await;
        assert_eq!((&join["resume"], &join["received"]), (&json!("token of a2"), &json!(1)));
    })
    .await;
}

#[wasm_bindgen_test]
async fn silent_socket_is_closed_once_replaced() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first) = join_lobby(&sockets, Join::new("lobby", "Ada"), 1_000).await;
        let mut events = room.events();
        room.say("1").unwrap();
        assert_eq!(next_say(&first).await, "1");
        first.say(&say_frame("b", "one"));
        assert_eq!(event(&mut events).await, r#"b said "one""#);

        // Any frame shows that the connection is alive, and a pong acknowledges messages.
        let ping = first.sent().await;
        assert_eq!((&ping["type"], &ping["received"]), (&json!("ping"), &json!(1)));
        first.say(&json!({ "type": "pong", "id": ping["id"], "received": 1 }));
        assert_eq!(first.sent().await["type"], "ping");
        first.say(&say_frame("b", "two"));
        assert_eq!(event(&mut events).await, r#"b said "two""#);
        assert_eq!(first.sent().await["type"], "ping");
        assert_eq!(event(&mut events).await, "attempt 1");
        assert_eq!(first.unread(), 0);

        // The socket is not closed yet, because a close frame would give up the seat.
        let (second, join) = next_join(&sockets).await;
        assert_eq!(join["received"], 2);
        assert!(!first.is_closed());
        first.say(&say_frame("b", "late"));
        second.say(&resumed(1));
        second.say(&say_frame("b", "late"));
        assert_eq!(event(&mut events).await, "recovered");
        assert_eq!(event(&mut events).await, r#"b said "late""#);
        assert!(first.is_closed());
        room.say("2").unwrap();
        assert_eq!(next_say(&second).await, "2");
    })
    .await;
}

#[wasm_bindgen_test]
async fn only_temporary_errors_are_retried() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first) = join_as_ada(&sockets).await;
        let mut events = room.events();
        first.cut();
        for (attempt, code) in ["name_taken", "server_full", "draining"].into_iter().enumerate() {
            assert_eq!(event(&mut events).await, format!("attempt {}", attempt + 1));
            let (socket, _join) = next_join(&sockets).await;
            socket.say(&refusal(code));
        }
        assert_eq!(event(&mut events).await, "attempt 4");
        let (socket, _join) = next_join(&sockets).await;
        socket.say(&refusal("unauthorized"));
        let lost = events.next().within("the last event").await.unwrap();
        let RoomEvent::Lost { reason, .. } = lost else { panic!("{lost:?}") };
        assert_eq!(reason.signaling_code(), Some(ErrorCode::Unauthorized));
        assert_eq!(event(&mut events).await, "end");
        room.left().within("the end").await;
        assert_eq!(*room.say("too late").unwrap_err().kind(), ErrorKind::Closed);
        assert!(socket.is_closed());
        assert_eq!(sockets.created(), 5);
    })
    .await;
}

#[wasm_bindgen_test]
async fn unsupported_version_is_read_from_error_or_close() {
    watched(async {
        for by_error in [true, false] {
            let sockets = Sockets::new();
            let server = async {
                let socket = sockets.next().await;
                socket.open();
                socket.sent().await;
                if by_error {
                    socket.say(&refusal("unsupported_version"));
                }
                socket.close(4003, "this server speaks browser-rtc.v7");
            };
            let (room, ()) = join!(Room::join(URL, Join::new("lobby", "Ada")), server);
            let error = room.unwrap_err();
            assert_eq!(error.signaling_code(), Some(ErrorCode::UnsupportedVersion), "{error}");
            assert_eq!(error.message().contains("v7"), !by_error);
        }

        // The server is replaced by one of another version while the room is open.
        let sockets = Sockets::new();
        let (room, first) = join_as_ada(&sockets).await;
        let mut events = room.events();
        first.cut();
        assert_eq!(event(&mut events).await, "attempt 1");
        let (socket, _join) = next_join(&sockets).await;
        socket.close(4003, "this server speaks browser-rtc.v7");
        let lost = events.next().within("the last event").await.unwrap();
        let RoomEvent::Lost { reason, .. } = lost else { panic!("{lost:?}") };
        assert_eq!(reason.signaling_code(), Some(ErrorCode::UnsupportedVersion));
        assert_eq!(sockets.created(), 2);
    })
    .await;
}

#[wasm_bindgen_test]
async fn room_is_lost_after_give_up_time() {
    watched(async {
        let sockets = Sockets::new();
        let join = Join::new("lobby", "Ada").give_up_after(Duration::from_millis(100));
        let (room, first) = join_lobby(&sockets, join, NEVER_MS).await;
        let mut events = room.events();
        first.cut();
        let last = loop {
            match &*event(&mut events).await {
                attempt if attempt.starts_with("attempt") => {}
                last => break last.to_owned(),
            }
        };
        assert_eq!(last, "lost: Network");
        assert_eq!(event(&mut events).await, "end");

        drop(sockets);
        let sockets = Sockets::new();
        let (room, first) =
            join_lobby(&sockets, Join::new("lobby", "Ada").give_up_after(Duration::ZERO), NEVER_MS).await;
        let mut events = room.events();
        first.cut();
        assert_eq!(event(&mut events).await, "lost: Network");
        assert_eq!(event(&mut events).await, "end");
    })
    .await;
}

/// Makes the random delays before reconnection far longer than the test.
fn long_delays() -> Override {
    Override::new(&js::eval("Math"), "random", &js::eval("() => 1000"))
}

#[wasm_bindgen_test]
async fn online_event_ends_reconnect_delay() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first) = join_as_ada(&sockets).await;
        let mut events = room.events();
        let delays = long_delays();
        first.cut();
        assert_eq!(event(&mut events).await, "attempt 1");
        sleep(Duration::from_millis(20)).await;
        assert_eq!(sockets.created(), 1);
        js::dispatch(&js_sys::global(), "online", &wasm_bindgen::JsValue::NULL);
        let (second, _join) = next_join(&sockets).await;
        second.say(&resumed(0));
        assert_eq!(event(&mut events).await, "recovered");
        drop((room, delays));
    })
    .await;
}

#[wasm_bindgen_test]
async fn leaving_while_reconnecting_leaks_nothing() {
    watched(async {
        for by_leaving in [true, false] {
            for connecting in [true, false] {
                let listeners = ListenerCount::new();
                let sockets = Sockets::new();
                let (room, first) = join_as_ada(&sockets).await;
                let mut events = room.events();
                let delays = (!connecting).then(long_delays);
                first.cut();
                assert_eq!(event(&mut events).await, "attempt 1");
                let second = match connecting {
                    true => Some(next_join(&sockets).await.0),
                    false => None,
                };
                if by_leaving {
                    room.leave();
                }
                drop(room);
                assert_eq!(event(&mut events).await, "end");
                // The count does not see the removal of listeners with the option `once`. Each socket has one of them.
                let rest = async {
                    while listeners.live() > sockets.created() {
                        sleep(Duration::from_millis(5)).await;
                    }
                };
                let started = now();
                rest.within("the removal of the last listener").await;
                // The timeout of an attempt, after which the listeners would be removed in any case, is longer.
                assert!(now() - started < 8_000.0);
                assert!(second.is_none_or(|second| second.is_closed()));
                drop(delays);
                sleep(Duration::from_millis(300)).await;
                assert_eq!(sockets.created(), 1 + u32::from(connecting));
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn unsent_messages_are_queued_within_limits() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first) = join_as_ada(&sockets).await;
        let mut events = room.events();
        first.cut();
        assert_eq!(event(&mut events).await, "attempt 1");
        let mut sent: Vec<String> = Vec::new();
        let refused: Error = loop {
            let line = sent.len().to_string();
            match room.say(&line) {
                Ok(_) => sent.push(line),
                Err(error) => break error,
            }
        };
        assert_eq!(*refused.kind(), ErrorKind::Operation);
        assert!(sent.len() >= 256, "{}", sent.len());
        let (second, _join) = next_join(&sockets).await;
        second.say(&resumed(0));
        let mut lines = Vec::new();
        while lines.len() < sent.len() {
            let frame = second.sent().await;
            if frame["type"] == "ping" {
                let received = u32::try_from(lines.len()).unwrap();
                second.say(&json!({ "type": "pong", "id": frame["id"], "received": received }));
            } else {
                lines.push(frame["data"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(lines, sent);
        room.say("one more").unwrap();
    })
    .await;
}
