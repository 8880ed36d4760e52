//! The options of a room: its calls' configuration, ring time, tokens, and the seat of a page that is opened again.

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

async fn lost(events: &mut EventStream<RoomEvent>) -> Option<ErrorCode> {
    loop {
        if let RoomEvent::Lost { reason, .. } = events.next().within("the loss").await.unwrap() {
            return reason.signaling_code();
        }
    }
}

#[wasm_bindgen_test]
async fn calls_use_the_configuration_of_the_room() {
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
async fn call_with_a_configuration_that_is_refused_ends() {
    watched(async {
        let sockets = Sockets::new();
        let configuration = Configuration::new().ice_server(IceServer::stun("nonsense"));
        let options = Join::new("lobby", "Ada").configuration(configuration);
        let (room, socket, _) = join_with(&sockets, options, &joined("a", &["b"])).await;
        let room = room.unwrap();
        socket.say(&signal("b", &ring("x")));
        let rings = incoming(&room).await;
        assert_eq!(kind(rings.accept(None).await), ErrorKind::Syntax);
        // Although the handle is still there.
        assert_eq!(socket.sent().await["data"], json!({ "call": "x", "kind": "hang_up" }));
        assert_eq!(rings.ended().within("the end").await, EndReason::HungUp);
    })
    .await;
}

#[wasm_bindgen_test]
async fn relay_only_calls_without_a_relay_do_not_connect() {
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
async fn ring_time_limits_the_wait_for_an_answer() {
    watched(async {
        let sockets = Sockets::new();
        let options = Join::new("lobby", "Ada").ring_time(Duration::from_millis(100));
        let (room, socket, _) = join_with(&sockets, options, &joined("a", &["b"])).await;
        let room = room.unwrap();
        let begun = now();
        assert_eq!(kind(room.call(&PeerId::from("b"), None).within("the end").await), ErrorKind::Timeout);
        assert!((90.0..10_000.0).contains(&(now() - begun)));
        assert_eq!(socket.sent().await["data"]["kind"], "ring");
        let told = socket.sent().await;
        assert_eq!((&told["data"]["kind"], &told["data"]["reason"]), (&"hang_up".into(), &"unanswered".into()));
    })
    .await;
}

/// A provider of tokens that counts: `token 1`, `token 2`, and so on.
fn counting() -> (impl Fn() -> std::future::Ready<Result<String, String>>, Rc<Cell<u32>>) {
    let asked = Rc::<Cell<u32>>::default();
    let count = asked.clone();
    let provider = move || {
        count.set(count.get() + 1);
        std::future::ready(Ok(format!("token {}", count.get())))
    };
    (provider, asked)
}

#[wasm_bindgen_test]
async fn token_is_provided_again_when_required() {
    watched(async {
        let sockets = Sockets::new();
        let (provider, asked) = counting();
        let options = Join::new("lobby", "Ada").token_provider(provider);
        let (room, first, join) = join_with(&sockets, options, &joined("a", &["b"])).await;
        assert_eq!(join["token"], "token 1");
        let room = room.unwrap();
        let mut events = room.events();

        // A seat that is still there is taken back without a token.
        first.cut();
        let (second, join) = next_join(&sockets).await;
        assert_eq!((&join["resume"], &join["token"]), (&"token of a".into(), &Value::Null));
        second.say(&resumed(0));
        assert!(matches!(events.next().await, Some(RoomEvent::Reconnecting { attempt: 1, .. })));
        assert!(matches!(events.next().await, Some(RoomEvent::Recovered)));
        assert_eq!(asked.get(), 1);

        // A server that was restarted wants one that has not expired.
        second.cut();
        next_join(&sockets).await.0.say(&refusal("unauthorized"));
        let (third, join) = next_join(&sockets).await;
        assert_eq!((&join["resume"], &join["token"]), (&"token of a".into(), &"token 2".into()));
        third.say(&joined("a2", &["b"]));
        assert!(matches!(events.next().await, Some(RoomEvent::Reconnecting { attempt: 2, .. })));
        assert!(matches!(events.next().within("the recovery").await, Some(RoomEvent::Recovered)));
        assert_eq!((asked.get(), room.me().id.as_str()), (2, "a2"));

        // One that refuses a fresh token will do so again.
        third.cut();
        next_join(&sockets).await.0.say(&refusal("unauthorized"));
        let (fourth, join) = next_join(&sockets).await;
        assert_eq!(join["token"], "token 3");
        fourth.say(&refusal("unauthorized"));
        assert_eq!(lost(&mut events).await, Some(ErrorCode::Unauthorized));
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
async fn silent_token_provider_times_out() {
    watched(async {
        let faster = js::run(
            "original",
            &[&js::get(&js_sys::global(), "setTimeout")],
            "return (callback, ms) => original(callback, ms === 20000 ? 100 : ms)",
        );
        let _faster = js::Override::new(&js_sys::global(), "setTimeout", &faster);
        let options = Join::new("lobby", "Ada").token_provider(pending::<Result<String, String>>);
        let error = Room::join(URL, options).within("an answer").await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Timeout);
        assert!(error.message().contains("token provider"), "{error}");
    })
    .await;
}

fn kept() -> Vec<String> {
    let values = js::eval("Object.values(sessionStorage)");
    let values: js_sys::Array = wasm_bindgen::JsCast::unchecked_into(values);
    values.iter().filter_map(|value| value.as_string()).collect()
}

async fn until_kept(tokens: &[&str]) {
    let kept = async {
        loop {
            let mut kept = kept();
            kept.sort();
            if kept == tokens {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    kept.within("the tokens").await;
}

async fn ada(sockets: &Sockets, answer: &Value) -> (Room, Socket, Value) {
    let (room, socket, join) = join_with(sockets, Join::new("lobby", "Ada").keep_seat(), answer).await;
    (room.unwrap(), socket, join)
}

#[wasm_bindgen_test]
async fn kept_seat_is_freed_by_the_reloaded_page() {
    watched(async {
        let sockets = Sockets::new();
        assert_eq!(kept(), [""; 0]);
        let (former, first, join) = ada(&sockets, &joined("a", &["b"])).await;
        assert_eq!(join["resume"], Value::Null);
        until_kept(&["token of a"]).await;
        first.say(&json!({ "type": "pong", "id": 0, "resume": "another token" }));
        until_kept(&["another token"]).await;

        // The page has crashed, as far as its next one can tell. It asks for what no server can give.
        let (room, second, join) = ada(&sockets, &joined("a2", &["b"])).await;
        assert_eq!((&join["resume"], &join["received"]), (&"another token".into(), &json!(u32::MAX)));
        until_kept(&["token of a2"]).await;

        // Another name or room has another seat.
        let (_bob, _socket, join) =
            join_with(&sockets, Join::new("lobby", "Bob").keep_seat(), &joined("c", &["b"])).await;
        assert_eq!(join["resume"], Value::Null);

        // The former room, as that of a tab that was duplicated, is lost and does not take the seat back.
        let mut events = former.events();
        first.close(4001, "");
        assert_eq!(lost(&mut events).await, Some(ErrorCode::AlreadyJoined));
        assert_eq!(sockets.created(), 3);
        until_kept(&["token of a2", "token of c"]).await;

        room.leave();
        until_kept(&["token of c"]).await;
        assert_eq!(second.sent().await["type"], "leave");
        let (_room, _socket, join) = ada(&sockets, &joined("a3", &["b"])).await;
        assert_eq!(join["resume"], Value::Null);
    })
    .await;
    js::eval("sessionStorage.clear()");
}

/// The server still has the seat then.
#[wasm_bindgen_test]
async fn seat_is_kept_if_left_without_a_server() {
    watched(async {
        let sockets = Sockets::new();
        let (room, first, _) = ada(&sockets, &joined("a", &["b"])).await;
        until_kept(&["token of a"]).await;
        let mut events = room.events();
        first.cut();
        assert!(matches!(events.next().await, Some(RoomEvent::Reconnecting { attempt: 1, .. })));
        room.leave();
        drop((room, events));
        sleep(Duration::from_millis(200)).await;
        assert_eq!(kept(), ["token of a"]);
    })
    .await;
    js::eval("sessionStorage.clear()");
}

#[wasm_bindgen_test]
async fn former_seat_from_the_server_is_left() {
    watched(async {
        let sockets = Sockets::new();
        let (_former, _first, _) = ada(&sockets, &joined("a", &["b"])).await;
        until_kept(&["token of a"]).await;
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
        let (room, _socket, join) = ada(&sockets, &joined("a", &["b"])).await;
        assert_eq!(join["resume"], Value::Null);
        drop((room, denied));
        let full = js::eval("{ getItem() { throw 1 }, setItem() { throw 2 }, removeItem() { throw 3 } }");
        let full = js::Override::new(&js_sys::global(), "sessionStorage", &full);
        let (room, _socket, _) = ada(&sockets, &joined("a", &["b"])).await;
        drop((room, full));
    })
    .await;
}

#[wasm_bindgen_test]
async fn close_codes_4001_and_4003_end_the_room() {
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
            assert_eq!(sockets.created(), 1, "it is not tried again");
        }
    })
    .await;
}
