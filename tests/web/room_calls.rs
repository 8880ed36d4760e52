//! Calls between two rooms of one page. The test is the server, which forwards the frames or holds them back.

use browser_rtc::{
    ErrorKind,
    channel::{ChannelInit, ChannelState, Message},
    room::{EndReason, Room},
    signaling::PeerId,
};
use futures::{FutureExt, StreamExt, future::try_join};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, Override},
    room::{establish_call, incoming, kind, ring, seat, signal, synchronize, with_rooms},
    sockets::Sockets,
    watched,
};

#[wasm_bindgen_test]
async fn calling_back_accepts_ring() {
    watched(async {
        // With the lesser and with the greater id of the two.
        for (me, other) in [("a", "b"), ("b", "a")] {
            let sockets = Sockets::new();
            let (room, socket) = seat(&sockets, me, other).await;
            socket.say(&signal(other, &ring("x")));
            let incoming_call = incoming(&room).await;
            let call = room.call(&PeerId::from(other), None).within("the call").await.unwrap();
            assert_eq!(socket.sent().await["data"], json!({ "call": "x", "kind": "accept" }));

            // The ring has become the call, so that it can neither be accepted nor end the call.
            let ended = incoming_call.ended();
            assert_eq!(kind(incoming_call.accept(None).await), ErrorKind::InvalidState);
            assert!(call.ended().now_or_never().is_none());
            socket.say(&signal(other, &json!({ "call": "x", "kind": "hang_up" })));
            assert_eq!(ended.within("the end").await, EndReason::PeerHungUp);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn calling_back_during_ring_is_one_call() {
    with_rooms(async |near: Room, far: Room| {
        let id = PeerId::from("b");
        let calling_back = async {
            let incoming_call = incoming(&far).await;
            let call = far.call(&PeerId::from("a"), None).await;
            drop(incoming_call);
            call
        };
        let (one, other) = try_join(near.call(&id, None), calling_back).within("one call").await.unwrap();
        let channels = try_join(one.channel("chat"), other.channel("chat"));
        let (near_chat, mut far_chat) = channels.within("a channel").await.unwrap();
        near_chat.send("hello").await.unwrap();
        assert_eq!(far_chat.next().within("a message").await.unwrap().unwrap(), Message::from("hello"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn end_reason_outlives_dropped_ring() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        socket.say(&signal("b", &ring("x")));
        let incoming_call = incoming(&room).await;
        let ended = incoming_call.ended();
        socket.say(&signal("b", &json!({ "call": "x", "kind": "hang_up" })));
        synchronize(&room, &socket, "b").await;
        drop(incoming_call);
        assert_eq!(ended.within("the end").await, EndReason::PeerHungUp);
    })
    .await;
}

#[wasm_bindgen_test]
async fn unanswered_ring_times_out() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let faster = js::run(
            "original",
            &[&js::get(&js_sys::global(), "setTimeout")],
            "return (callback, ms) => original(callback, ms === 60000 ? 1 : ms)",
        );
        let _faster = Override::new(&js_sys::global(), "setTimeout", &faster);
        socket.say(&signal("b", &ring("x")));
        let incoming_call = incoming(&room).await;
        assert_eq!(incoming_call.ended().within("the end").await, EndReason::Unanswered);
        assert_eq!(kind(incoming_call.accept(None).await), ErrorKind::Timeout);
    })
    .await;
}

#[wasm_bindgen_test]
async fn left_room_refuses_operations() {
    watched(async {
        let sockets = Sockets::new();
        let (room, _socket) = seat(&sockets, "a", "b").await;
        room.leave();
        assert_eq!(room.say("late").unwrap_err().kind(), &ErrorKind::Closed);
        let id = PeerId::from("b");
        let late = room.call(&id, None);
        assert_eq!(kind(late.now_or_never().expect("an immediate error")), ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn channel_closed_before_claim_keeps_messages() {
    with_rooms(async |near: Room, far: Room| {
        let (near, far) = establish_call(&near, &far).await;
        let mut incoming = far.connection().data_channels();
        let mut note = near.channel("note").within("a channel").await.unwrap();
        let far_end = incoming.next().within("the other end").await.unwrap();
        note.send("the last message").await.unwrap();
        // In Chromium, a close right after the opening may lose the message.
        far_end.send("received").await.unwrap();
        note.next().within("a message").await.unwrap().unwrap();
        drop(note);
        far_end.closed().within("the close").await;
        drop(far_end);
        let mut note = far.channel("note").within("the channel").await.unwrap();
        assert_eq!(note.state(), ChannelState::Closed);
        assert_eq!(note.next().await.unwrap().unwrap(), Message::from("the last message"));
        assert!(note.next().await.is_none());
    })
    .await;
}

#[wasm_bindgen_test]
async fn dropped_channel_is_not_claimed_later() {
    with_rooms(async |near: Room, far: Room| {
        let (near, far) = establish_call(&near, &far).await;
        let mut incoming = far.connection().data_channels();
        let dropped = near.channel("chat").within("a channel").await.unwrap();
        let far_end = incoming.next().within("the other end").await.unwrap();
        drop(dropped);
        far_end.closed().within("the close").await;
        drop(far_end);
        let channels = try_join(near.channel("chat"), far.channel("chat"));
        let (near_chat, mut far_chat) = channels.within("another channel").await.unwrap();
        near_chat.send("hello").await.unwrap();
        assert_eq!(far_chat.next().within("a message").await.unwrap().unwrap(), Message::from("hello"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn unclaimed_channels_are_limited() {
    with_rooms(async |near: Room, far: Room| {
        let (near, far) = establish_call(&near, &far).await;
        let mut incoming = far.connection().data_channels();
        let mut channels = Vec::new();
        let mut open = async |label: &str| {
            channels.push(near.channel(label).within("a channel").await.unwrap());
            incoming.next().within("the other end").await.unwrap();
        };
        for number in 0..64 {
            open(&number.to_string()).await;
        }
        // A claim makes room for one more channel.
        let _claimed = far.channel("7").within("a channel").await.unwrap();
        open("one more").await;
        let excess = near.connection().create_data_channel("excess", &ChannelInit::new()).unwrap();
        excess.closed().within("the close of the excess channel").await;
        assert!(channels.iter().all(|channel| channel.state() == ChannelState::Open));
        far.channel("one more").within("a channel").await.unwrap();
    })
    .await;
}
