//! Calls with media that is still being captured: each call rings when its media is ready, and crossing rings become
//! one call.

use std::time::Duration;

use browser_rtc::{
    ErrorKind, EventStream,
    channel::Message,
    media::{self as capture, Constraints, MediaStream},
    room::{CallMedia, EndReason, IncomingCall, Room, RoomEvent},
    signaling::PeerId,
};
use futures::{FutureExt, StreamExt, channel::oneshot, future::join, future::try_join};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, media,
    room::{frame, kind, ring, seat, signal, with_rooms},
    sleep,
    sockets::{Socket, Sockets, new_id},
    watched,
};

/// Media of a camera prompt that the test answers.
fn prompt() -> (oneshot::Sender<MediaStream>, CallMedia<'static>) {
    let (open, opened) = oneshot::channel();
    (open, CallMedia::from_future(async { Ok(opened.await.unwrap()) }))
}

/// Asserts that the room emits no event for the messages so far, by a message that follows them.
async fn assert_no_event(events: &mut EventStream<RoomEvent>, socket: &Socket, from: &str) {
    socket.say(&json!({ "type": "say", "from": from, "id": new_id(), "data": 0 }));
    let event = events.next().within("an event").await;
    assert!(matches!(event, Some(RoomEvent::Said { .. })), "{event:?}");
}

async fn next_incoming(events: &mut EventStream<RoomEvent>) -> IncomingCall {
    match events.next().within("a ring").await {
        Some(RoomEvent::Incoming(call)) => call,
        other => panic!("{other:?}"),
    }
}

#[wasm_bindgen_test]
async fn crossing_rings_during_prompts_are_one_call() {
    // The times after which the prompts are answered, in milliseconds.
    for (near_ms, far_ms) in [(50, 50), (50, 300), (300, 50)] {
        with_rooms(async |near: Room, far: Room| {
            let mut events = [near.events(), far.events()];
            let camera = media::camera().await;
            let prompt = |ms| {
                let camera = camera.clone();
                CallMedia::from_future(async move {
                    sleep(Duration::from_millis(ms)).await;
                    Ok(camera)
                })
            };
            let (a, b) = (PeerId::from("a"), PeerId::from("b"));
            let calls = try_join(near.call(&b, prompt(near_ms)), far.call(&a, prompt(far_ms)));
            let (one, other) = calls.within("one call").await.unwrap();
            let channels = try_join(one.channel("chat"), other.channel("chat"));
            let (near_chat, mut far_chat) = channels.within("a channel").await.unwrap();
            near_chat.send("hello").await.unwrap();
            assert_eq!(far_chat.next().within("a message").await.unwrap().unwrap(), Message::from("hello"));
            let streams = try_join(one.remote_stream(), other.remote_stream()).within("the streams").await.unwrap();
            assert_eq!((streams.0.tracks().len(), streams.1.tracks().len()), (1, 1));
            for events in &mut events {
                assert!(events.next().now_or_never().is_none(), "a ring is reported");
            }
        })
        .await;
    }
}

#[wasm_bindgen_test]
async fn ring_during_prompt_is_accepted_with_media() {
    watched(async {
        for (me, other) in [("a", "b"), ("b", "a")] {
            let sockets = Sockets::new();
            let (room, socket) = seat(&sockets, me, other).await;
            let mut events = room.events();
            let (open, media) = prompt();
            let id = PeerId::from(other);
            let server = async {
                socket.say(&signal(other, &ring("x")));
                assert_no_event(&mut events, &socket, other).await;
                open.send(media::camera().await).unwrap();
                assert_eq!(frame(&socket).await["data"], json!({ "call": "x", "kind": "accept" }));
            };
            let (call, ()) = join(room.call(&id, media), server).within("the call").await;
            let call = call.unwrap();
            assert_eq!(call.connection().senders().len(), 1);
            socket.say(&signal(other, &json!({ "call": "x", "kind": "hang_up" })));
            assert_eq!(call.ended().within("the end").await, EndReason::PeerHungUp);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn failed_prompt_ends_call() {
    watched(async {
        let _refused = media::refuse_with("NotAllowedError");
        let constraints = Constraints::new().video(true);
        let camera = || CallMedia::from_future(capture::get_user_media(&constraints));
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let mut events = room.events();
        let id = PeerId::from("b");

        // The call has not rung yet, so that the failure sends nothing to the peer.
        assert_eq!(kind(room.call(&id, camera()).within("the failure").await), ErrorKind::NotAllowed);

        socket.say(&signal("b", &ring("x")));
        let incoming_call = next_incoming(&mut events).await;
        assert_eq!(kind(incoming_call.accept(camera()).within("the failure").await), ErrorKind::NotAllowed);
        assert_eq!(frame(&socket).await["data"], json!({ "call": "x", "kind": "hang_up" }));
        assert_eq!(incoming_call.ended().within("the end").await, EndReason::HungUp);

        socket.say(&signal("b", &ring("y")));
        let _rings = next_incoming(&mut events).await;
        assert_eq!(kind(room.call(&id, camera()).within("the failure").await), ErrorKind::NotAllowed);
        assert_eq!(frame(&socket).await["data"], json!({ "call": "y", "kind": "hang_up" }));
    })
    .await;
}

#[wasm_bindgen_test]
async fn hang_up_during_prompt_drops_prompt() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let mut events = room.events();
        let id = PeerId::from("b");
        let hang_up = |call: &str| socket.say(&signal("b", &json!({ "call": call, "kind": "hang_up" })));

        let (open, media) = prompt();
        let server = async {
            socket.say(&signal("b", &ring("x")));
            assert_no_event(&mut events, &socket, "b").await;
            assert!(!open.is_canceled());
            hang_up("x");
        };
        let (call, ()) = join(room.call(&id, media), server).within("the end").await;
        assert_eq!(kind(call), ErrorKind::Closed);
        assert!(open.is_canceled(), "the prompt is still pending");

        let (open, media) = prompt();
        socket.say(&signal("b", &ring("y")));
        let incoming_call = next_incoming(&mut events).await;
        let accepting = incoming_call.accept(media);
        hang_up("y");
        assert_eq!(kind(accepting.within("the end").await), ErrorKind::Closed);
        assert!(open.is_canceled());

        // The acceptance is dropped, although the program still holds the incoming call.
        let (open, media) = prompt();
        socket.say(&signal("b", &ring("z")));
        let incoming_call = next_incoming(&mut events).await;
        assert!(incoming_call.accept(media).now_or_never().is_none());
        assert!(open.is_canceled());
        assert_eq!(frame(&socket).await["data"], json!({ "call": "z", "kind": "hang_up" }));
        assert_eq!(incoming_call.ended().within("the end").await, EndReason::HungUp);
    })
    .await;
}

#[wasm_bindgen_test]
async fn repeated_ring_of_ended_call_is_ignored() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let mut events = room.events();
        socket.say(&signal("b", &ring("x")));
        drop(next_incoming(&mut events).await);
        assert_eq!(frame(&socket).await["data"]["kind"], "decline");
        socket.say(&signal("b", &ring("x")));
        assert_no_event(&mut events, &socket, "b").await;
        socket.say(&signal("b", &ring("y")));
        let _ = next_incoming(&mut events).await;
    })
    .await;
}
