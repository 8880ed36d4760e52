//! Answers and ends of calls: an incoming call is answered once, and each end is detected without a timeout.

use browser_rtc::{
    ErrorKind,
    channel::{ChannelInit, Message},
    media::{MediaStreamTrack, TrackKind},
    room::{DeclineReason, EndReason, Room},
    signaling::{ErrorCode, PeerId},
};
use futures::{FutureExt, StreamExt, future::join};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, Override},
    media, now,
    room::{establish_call, frame, incoming, kind, next_join, resumed, ring, seat, signal, with_rooms},
    sockets::{Socket, Sockets},
    watched,
};

/// Returns the next call signal of this call, and skips the signals of its session.
async fn call_signal(socket: &Socket, call: &str) -> Value {
    loop {
        let data = frame(socket).await["data"].clone();
        if data["call"] == call && data["session"].is_null() {
            return data;
        }
    }
}

fn refusal(code: &str, frame: u32) -> Value {
    json!({ "type": "error", "code": code, "message": "no", "frame": frame })
}

#[wasm_bindgen_test]
async fn incoming_call_is_answered_once_by_any_clone() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        socket.say(&signal("b", &ring("x")));
        let incoming_call = incoming(&room).await;
        let clone = incoming_call.clone();
        assert_eq!(incoming_call, clone);
        let call = clone.accept(None).await.unwrap();
        assert_eq!(call_signal(&socket, "x").await, json!({ "call": "x", "kind": "accept" }));
        assert_eq!(kind(incoming_call.accept(None).await), ErrorKind::InvalidState);
        assert_eq!(*incoming_call.decline(DeclineReason::Busy).unwrap_err().kind(), ErrorKind::InvalidState);
        drop((incoming_call, clone));
        assert!(call.ended().now_or_never().is_none(), "dropping the incoming call ended the call");
        assert_eq!(call, call.clone());
        assert_eq!(room, room.clone());
        call.hang_up();
        assert_eq!(call_signal(&socket, "x").await, json!({ "call": "x", "kind": "hang_up" }));

        socket.say(&signal("b", &ring("y")));
        let incoming_call = incoming(&room).await;
        incoming_call.decline(DeclineReason::Busy).unwrap();
        assert_eq!(call_signal(&socket, "y").await, json!({ "call": "y", "kind": "decline", "reason": "busy" }));
        assert_eq!(*incoming_call.decline(DeclineReason::Busy).unwrap_err().kind(), ErrorKind::InvalidState);
        assert_eq!(kind(incoming_call.accept(None).await), ErrorKind::InvalidState);

        // Only the drop of the last clone declines the call.
        socket.say(&signal("b", &ring("z")));
        let incoming_call = incoming(&room).await;
        let clone = incoming_call.clone();
        drop(incoming_call);
        assert!(clone.ended().now_or_never().is_none());
        let ended = clone.ended();
        drop(clone);
        assert_eq!(ended.within("the end").await, EndReason::HungUp);
        assert_eq!(call_signal(&socket, "z").await, json!({ "call": "z", "kind": "decline", "reason": "declined" }));
    })
    .await;
}

#[wasm_bindgen_test]
async fn ring_refused_by_server_fails_at_once() {
    watched(async {
        for (code, expected, kept) in
            [("unknown_peer", ErrorKind::PeerLeft, None), ("internal", ErrorKind::Signaling, Some(ErrorCode::Internal))]
        {
            let sockets = Sockets::new();
            let (room, socket) = seat(&sockets, "a", "b").await;
            let started = now();
            let id = PeerId::from("b");
            let server = async {
                assert_eq!(socket.sent().await["data"]["kind"], "ring");
                socket.say(&refusal(code, 1));
            };
            let (call, ()) = join(room.call(&id, None), server).within("an answer").await;
            let error = call.unwrap_err();
            assert_eq!((error.kind(), error.signaling_code()), (&expected, kept));
            assert!(now() - started < 5_000.0);
            // The call reports the failure, so that the room emits no event.
            assert!(room.events().next().now_or_never().is_none());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn rate_limited_call_signal_is_resent() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let id = PeerId::from("b");
        let server = async {
            let first = socket.sent().await;
            socket.say(&refusal("rate_limited", 1));
            let started = now();
            let again = socket.sent().await;
            assert_eq!(again, first);
            assert!(now() - started > 900.0);
            // The resent frame has another number, also on the next socket of the same seat.
            socket.cut();
            let (second, _) = next_join(&sockets).await;
            second.say(&resumed(1));
            assert_eq!(frame(&second).await, first);
            second.say(&refusal("unavailable", 2));
            assert_eq!(frame(&second).await, first);
            second
                .say(&signal("b", &json!({ "call": first["data"]["call"], "kind": "decline", "reason": "declined" })));
        };
        let (call, ()) = join(room.call(&id, None), server).within("an answer").await;
        assert_eq!(kind(call), ErrorKind::Declined);
    })
    .await;
}

#[wasm_bindgen_test]
async fn unanswered_hang_up_ends_callers_wait() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let id = PeerId::from("b");
        let server = async {
            let ring = socket.sent().await;
            let call = &ring["data"]["call"];
            socket.say(&signal("b", &json!({ "call": call, "kind": "hang_up", "reason": "unanswered" })));
        };
        let (call, ()) = join(room.call(&id, None), server).within("an answer").await;
        assert_eq!(kind(call), ErrorKind::Timeout);
    })
    .await;
}

#[wasm_bindgen_test]
async fn connection_closed_by_page_ends_call() {
    // Closed by the wrapper or by the browser's own object, before and after the connection is established.
    for by_wrapper in [true, false] {
        for is_connected in [true, false] {
            with_rooms(async |near: Room, far: Room| {
                let (near, far) = establish_call(&near, &far).await;
                if is_connected {
                    let _channels = join(near.channel("chat"), far.channel("chat")).within("a channel").await;
                }
                let started = now();
                if by_wrapper {
                    far.connection().close();
                } else {
                    far.connection().as_raw().close();
                }
                let reasons = join(near.ended(), far.ended()).within("the end").await;
                assert_eq!(reasons, (EndReason::PeerHungUp, EndReason::HungUp), "{by_wrapper} {is_connected}");
                assert!(now() - started < 10_000.0);
            })
            .await;
        }
    }
}

#[wasm_bindgen_test]
async fn channel_never_opened_by_caller_times_out() {
    with_rooms(async |near: Room, far: Room| {
        let faster = js::run(
            "original",
            &[&js::get(&js_sys::global(), "setTimeout")],
            "return (callback, ms) => original(callback, ms === 30000 ? 300 : ms)",
        );
        let _faster = Override::new(&js_sys::global(), "setTimeout", &faster);
        let (near, far) = establish_call(&near, &far).await;
        let error = far.channel("x").within("the channel").await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Timeout);
        assert!(error.message().contains("\"x\""), "{error}");
        // The callee may claim the channel again, and the caller may open it later.
        let (near_end, far_end) = join(near.channel("x"), far.channel("x")).within("a channel").await;
        near_end.unwrap().send("hello").await.unwrap();
        assert_eq!(far_end.unwrap().next().within("a message").await.unwrap().unwrap(), Message::from("hello"));
        assert!(near.ended().now_or_never().is_none());
    })
    .await;
}

#[wasm_bindgen_test]
async fn first_channel_of_dtls_client_has_id_0() {
    with_rooms(async |near: Room, far: Room| {
        let (near, far) = establish_call(&near, &far).await;
        let mut incoming = near.connection().data_channels();
        // The callee answers and is the DTLS client.
        let first = far.connection().create_data_channel("first", &ChannelInit::new()).unwrap();
        first.opened().within("the channel").await.unwrap();
        assert_eq!(first.id(), Some(0));
        let mut other_end = incoming.next().within("the other end").await.unwrap();
        first.send("hello").await.unwrap();
        assert_eq!(other_end.next().within("a message").await.unwrap().unwrap(), Message::from("hello"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn tracks_without_stream_share_remote_stream() {
    with_rooms(async |near: Room, far: Room| {
        let (near, far) = establish_call(&near, &far).await;
        let camera = media::camera_and_microphone().await;
        let mut incoming = far.connection().tracks();
        for (number, kind) in [TrackKind::Audio, TrackKind::Video].into_iter().enumerate() {
            let track = camera.tracks().into_iter().find(|track| track.kind() == kind).unwrap();
            near.connection().add_track(&track, &[]).unwrap();
            let arrived = incoming.next().within("the track").await.unwrap();
            assert_eq!(arrived.streams.len(), 0);
            let stream = far.remote_stream().within("the stream").await.unwrap();
            let ids: Vec<String> = stream.tracks().iter().map(MediaStreamTrack::id).collect();
            assert_eq!(ids.len(), number + 1);
            assert!(ids.contains(&arrived.track.id()));
        }
    })
    .await;
}
