//! Options of a room: configuration of calls, ring time, tokens, and the seat that is kept across a reload.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use browser_rtc::{
    ErrorKind, EventStream,
    peer::{Configuration, IceServer, IceTransportPolicy},
    room::{EndReason, Join, Room, RoomEvent},
    signaling::{ErrorCode, PeerId},
};
use futures::{
    FutureExt, StreamExt,
    future::{join, pending},
};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js, now,
    room::{
        URL, establish_call, incoming, join_with, joined, kind, next_join, resumed, ring, seat, signal,
        with_configured_rooms,
    },
    sleep,
    sockets::{Socket, Sockets},
    watched,
};

fn refusal(code: &str) -> Value {
    json!({ "type": "error", "code": code, "message": "no" })
}

async fn next_loss(events: &mut EventStream<RoomEvent>) -> Option<ErrorCode> {
    loop {
        if let RoomEvent::Lost { reason, .. } = events.next().within("the loss").await.unwrap() {
            return reason.signaling_code();
        }
    }
}

#[wasm_bindgen_test]
async fn calls_use_room_configuration() {
    watched(async {
        let sockets = Sockets::new();
        let mut answer = joined("a", &["b"]);
        answer["ice_servers"] = json!([{ "urls": "stun:127.0.0.1:3478" }]);
        let configuration = Configuration::new()
            .ice_server(IceServer::turn("turn:127.0.0.1:3478", "ada", "secret"))
            .ice_transport_policy(IceTransportPolicy::Relay);
        let options = Join::new("lobby", "Ada").configuration(configuration);
        let (room, socket, _) = join_with(&sockets, options, &answer).await;
        let room = room.unwrap();
        socket.say(&signal("b", &ring("x")));
        let call = incoming(&room).await.accept(None).await.unwrap();
        let used = call.connection().configuration();
        let urls: Vec<&str> = used.ice_servers.iter().flat_map(|server| &server.urls).map(String::as_str).collect();
        assert_eq!(urls, ["turn:127.0.0.1:3478", "stun:127.0.0.1:3478"]);
        assert_eq!(used.ice_transport_policy, Some(IceTransportPolicy::Relay));
    })
    .await;
}

#[wasm_bindgen_test]
async fn call_with_refused_configuration_ends() {
    watched(async {
        let sockets = Sockets::new();
        let configuration = Configuration::new().ice_server(IceServer::stun("nonsense"));
        let options = Join::new("lobby", "Ada").configuration(configuration);
        let (room, socket, _) = join_with(&sockets, options, &joined("a", &["b"])).await;
        let room = room.unwrap();
        socket.say(&signal("b", &ring("x")));
        let incoming_call = incoming(&room).await;
        assert_eq!(kind(incoming_call.accept(None).await), ErrorKind::Syntax);
        // The hang-up is sent although the handle still exists.
        assert_eq!(socket.sent().await["data"], json!({ "call": "x", "kind": "hang_up" }));
        assert_eq!(incoming_call.ended().within("the end").await, EndReason::HungUp);
    })
    .await;
}

#[wasm_bindgen_test]
async fn relay_only_call_without_relay_fails() {
    let relay_only = |name: &str| {
        Join::new("lobby", name).configuration(Configuration::new().ice_transport_policy(IceTransportPolicy::Relay))
    };
    let faster = js::run(
        "original",
        &[&js::get(&js_sys::global(), "setTimeout")],
        "return (callback, ms) => original(callback, ms === 45000 ? 2000 : ms)",
    );
    let _faster = js::Override::new(&js_sys::global(), "setTimeout", &faster);
    with_configured_rooms(relay_only, 65_536, async |near: Room, far: Room| {
        let (near, far) = establish_call(&near, &far).await;
        let reasons = join(near.ended(), far.ended()).within("the end").await;
        assert_eq!(reasons, (EndReason::ConnectionFailed, EndReason::ConnectionFailed));
    })
    .await;
}

#[wasm_bindgen_test]
async fn ring_time_limits_wait_for_answer() {
    watched(async {
        let sockets = Sockets::new();
        let options = Join::new("lobby", "Ada").ring_time(Duration::from_millis(100));
        let (room, socket, _) = join_with(&sockets, options, &joined("a", &["b"])).await;
        let room = room.unwrap();
        let started = now();
        assert_eq!(kind(room.call(&PeerId::from("b"), None).within("the end").await), ErrorKind::Timeout);
        assert!((90.0..10_000.0).contains(&(now() - started)));
        assert_eq!(socket.sent().await["data"]["kind"], "ring");
        let hang_up = socket.sent().await;
        assert_eq!((&hang_up["data"]["kind"], &hang_up["data"]["reason"]), (&"hang_up".into(), &"unanswered".into()));
    })
    .await;
}

/// Returns a token provider that returns `token 1`, `token 2` and so on, and its counter.
fn counting_provider() -> (impl Fn() -> std::future::Ready<Result<String, String>>, Rc<Cell<u32>>) {
    let calls = Rc::<Cell<u32>>::default();
    let count = calls.clone();
    let provider = move || {
        count.set(count.get() + 1);
        std::future::ready(Ok(format!("token {}", count.get())))
    };
    (provider, calls)
}

#[wasm_bindgen_test]
async fn token_is_requested_again_when_required() {
    watched(async {
        let sockets = Sockets::new();
        let (provider, calls) = counting_provider();
        let options = Join::new("lobby", "Ada").token_provider(provider);
        let (room, first, join) = join_with(&sockets, options, &joined("a", &["b"])).await;
        assert_eq!(join["token"], "token 1");
        let room = room.unwrap();
        let mut events = room.events();

        // A seat that still exists is resumed without a token.
        first.cut();
        let (second, join) = next_join(&sockets).await;
        assert_eq!((&join["resume"], &join["token"]), (&"token of a".into(), &Value::Null));
        second.say(&resumed(0));
        assert!(matches!(events.next().await, Some(RoomEvent::Reconnecting { attempt: 1, .. })));
        assert!(matches!(events.next().await, Some(RoomEvent::Recovered)));
        assert_eq!(calls.get(), 1);

        // A restarted server requires a token that has not expired.
        second.cut();
        next_join(&sockets).await.0.say(&refusal("unauthorized"));
        let (third, join) = next_join(&sockets).await;
        assert_eq!((&join["resume"], &join["token"]), (&"token of a".into(), &"token 2".into()));
        third.say(&joined("a2", &["b"]));
        assert!(matches!(events.next().await, Some(RoomEvent::Reconnecting { attempt: 2, .. })));
        assert!(matches!(events.next().within("the recovery").await, Some(RoomEvent::Recovered)));
        assert_eq!((calls.get(), room.me().id.as_str()), (2, "a2"));

        // The refusal of a fresh token is final.
        third.cut();
        next_join(&sockets).await.0.say(&refusal("unauthorized"));
        let (fourth, join) = next_join(&sockets).await;
        assert_eq!(join["token"], "token 3");
        fourth.say(&refusal("unauthorized"));
        assert_eq!(next_loss(&mut events).await, Some(ErrorCode::Unauthorized));
    })
    .await;
}

#[wasm_bindgen_test]
async fn failed_token_provider_is_reported_and_retried() {
    watched(async {
        let sockets = Sockets::new();
        let failing = Join::new("lobby", "Ada").token_provider(|| async { Err("no session") });
        let error = Room::join(URL, failing).await.unwrap_err();
        assert!(error.to_string().contains("no session"), "{error}");

        let outcomes = Rc::new(RefCell::new(vec![Ok("second"), Err("offline"), Ok("first")]));
        let options = Join::new("lobby", "Ada").token_provider(move || {
            let outcome = outcomes.borrow_mut().pop().unwrap();
            async move { outcome.map(str::to_owned) }
        });
        let (room, first, request) = join_with(&sockets, options, &joined("a", &["b"])).await;
        assert_eq!(request["token"], "first");
        let room = room.unwrap();
        let mut events = room.events();
        first.cut();
        next_join(&sockets).await.0.say(&refusal("unauthorized"));
        assert!(matches!(events.next().await, Some(RoomEvent::Reconnecting { attempt: 1, .. })));
        let Some(RoomEvent::Refused(error)) = events.next().within("the failure").await else { panic!() };
        assert!(error.to_string().contains("offline"), "{error}");
        next_join(&sockets).await.0.say(&refusal("unauthorized"));
        let (third, join) = next_join(&sockets).await;
        assert_eq!(join["token"], "second");
        third.say(&joined("a2", &["b"]));
        assert!(matches!(events.next().await, Some(RoomEvent::Reconnecting { attempt: 2, .. })));
        assert!(matches!(events.next().within("the recovery").await, Some(RoomEvent::Recovered)));
    })
    .await;
}

#[wasm_bindgen_test]
async fn pending_token_provider_times_out() {
    watched(async {
        let faster = js::run(
            "original",
            &[&js::get(&js_sys::global(), "setTimeout")],
            "return (callback, ms) => original(callback, ms === 20000 ? 100 : ms)",
        );
        let _faster = js::Override::new(&js_sys::global(), "setTimeout", &faster);
        let options = Join::new("lobby", "Ada").token_provider(pending::<Result<String, String>>);
        let error = Room::join(URL, options).within("the timeout").await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Timeout);
        assert!(error.message().contains("token provider"), "{error}");
    })
    .await;
}

/// Returns the tokens in the session storage.
fn stored_tokens() -> Vec<String> {
    let values = js::eval("Object.values(sessionStorage)");
    let values: js_sys::Array = wasm_bindgen::JsCast::unchecked_into(values);
    values.iter().filter_map(|value| value.as_string()).collect()
}

/// Waits until the session storage holds exactly these tokens.
async fn wait_for_stored_tokens(tokens: &[&str]) {
    let stored = async {
        loop {
            let mut stored = stored_tokens();
            stored.sort();
            if stored == tokens {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    stored.within("the tokens in the storage").await;
}

/// Joins as Ada with a kept seat.
async fn join_as_ada(sockets: &Sockets, answer: &Value) -> (Room, Socket, Value) {
    let (room, socket, join) = join_with(sockets, Join::new("lobby", "Ada").keep_seat(), answer).await;
    (room.unwrap(), socket, join)
}

#[wasm_bindgen_test]
async fn reloaded_page_frees_kept_seat() {
    watched(async {
        let sockets = Sockets::new();
        assert_eq!(stored_tokens(), [""; 0]);
        let (former, first, join) = join_as_ada(&sockets, &joined("a", &["b"])).await;
        assert_eq!(join["resume"], Value::Null);
        wait_for_stored_tokens(&["token of a"]).await;
        first.say(&json!({ "type": "pong", "id": 0, "resume": "another token" }));
        wait_for_stored_tokens(&["another token"]).await;

        // To the next page, the previous one has crashed. Its count of received frames makes any server refuse the
        // resumption.
        let (room, second, join) = join_as_ada(&sockets, &joined("a2", &["b"])).await;
        assert_eq!((&join["resume"], &join["received"]), (&"another token".into(), &json!(u32::MAX)));
        wait_for_stored_tokens(&["token of a2"]).await;

        // Another name has another seat.
        let (_bob, _socket, join) =
            join_with(&sockets, Join::new("lobby", "Bob").keep_seat(), &joined("c", &["b"])).await;
        assert_eq!(join["resume"], Value::Null);

        // The previous room, as in a duplicated tab, is lost and does not reclaim the seat.
        let mut events = former.events();
        first.close(4001, "");
        assert_eq!(next_loss(&mut events).await, Some(ErrorCode::AlreadyJoined));
        assert_eq!(sockets.created(), 3);
        wait_for_stored_tokens(&["token of a2", "token of c"]).await;

        room.leave();
        wait_for_stored_tokens(&["token of c"]).await;
        assert_eq!(second.sent().await["type"], "leave");
        let (_room, _socket, join) = join_as_ada(&sockets, &joined("a3", &["b"])).await;
        assert_eq!(join["resume"], Value::Null);
    })
    .await;
    js::eval("sessionStorage.clear()");
}

/// The seat still exists on the server, so that the next page can free it.
#[wasm_bindgen_test]
async fn seat_left_while_offline_is_kept() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first, _) = join_as_ada(&sockets, &joined("a", &["b"])).await;
        wait_for_stored_tokens(&["token of a"]).await;
        let mut events = room.events();
        first.cut();
        assert!(matches!(events.next().await, Some(RoomEvent::Reconnecting { attempt: 1, .. })));
        room.leave();
        drop((room, events));
        sleep(Duration::from_millis(200)).await;
        assert_eq!(stored_tokens(), ["token of a"]);
    })
    .await;
    js::eval("sessionStorage.clear()");
}

#[wasm_bindgen_test]
async fn resumed_former_seat_is_left() {
    watched(async {
        let sockets = Sockets::new();
        let (_former, _first, _) = join_as_ada(&sockets, &joined("a", &["b"])).await;
        wait_for_stored_tokens(&["token of a"]).await;
        let server = async {
            let (second, _) = next_join(&sockets).await;
            second.say(&resumed(3));
            assert_eq!(second.sent().await["type"], "leave");
            let (third, join) = next_join(&sockets).await;
            assert_eq!(join["resume"], Value::Null);
            third.say(&joined("a2", &["b"]));
            third
        };
        let (room, _third) = join(Room::join(URL, Join::new("lobby", "Ada").keep_seat()), server).await;
        assert_eq!(room.unwrap().me().id.as_str(), "a2");
    })
    .await;
    js::eval("sessionStorage.clear()");
}

#[wasm_bindgen_test]
async fn page_without_session_storage_joins() {
    watched(async {
        let denied = js::Override::new(&js_sys::global(), "sessionStorage", &js::eval("null"));
        let sockets = Sockets::new();
        let (room, _socket, join) = join_as_ada(&sockets, &joined("a", &["b"])).await;
        assert_eq!(join["resume"], Value::Null);
        drop((room, denied));
        let full = js::eval("{ getItem() { throw 1 }, setItem() { throw 2 }, removeItem() { throw 3 } }");
        let full = js::Override::new(&js_sys::global(), "sessionStorage", &full);
        let (room, _socket, _) = join_as_ada(&sockets, &joined("a", &["b"])).await;
        drop((room, full));
    })
    .await;
}

#[wasm_bindgen_test]
async fn close_codes_4001_and_4003_end_room() {
    watched(async {
        for (code, expected) in [(4001, ErrorCode::AlreadyJoined), (4003, ErrorCode::UnsupportedVersion)] {
            let sockets = Sockets::new();
            let (room, socket) = seat(&sockets, "a", "b").await;
            let mut events = room.events();
            let delivery = room.say("one").unwrap();
            socket.close(code, "");
            let Some(RoomEvent::Lost { reason, .. }) = events.next().within("the loss").await else { panic!() };
            assert_eq!(reason.signaling_code(), Some(expected));
            assert_eq!(*delivery.within("the end").await.unwrap_err().kind(), ErrorKind::Closed);
            assert!(events.next().await.is_none());
            room.left().now_or_never().unwrap();
            assert_eq!(sockets.created(), 1, "the room tried to reconnect");
        }
    })
    .await;
}
