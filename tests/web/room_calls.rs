//! Calls between two rooms of one page. The server is the test's own: it carries their words, or keeps them.

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
async fn calling_back_accepts_the_ring() {
    watched(async {
        // Whoever has the lesser id.
        for (me, other) in [("a", "b"), ("b", "a")] {
            let sockets = Sockets::new();
            let (room, socket) = seat(&sockets, me, other).await;
            socket.say(&signal(other, &ring("x")));
            let rings = incoming(&room).await;
            let call = room.call(&PeerId::from(other), None).within("the call").await.unwrap();
            assert_eq!(socket.sent().await["data"], json!({ "call": "x", "kind": "accept" }));

            // What rang is nothing any more, and letting go of it ends nothing.
            let ended = rings.ended();
            assert_eq!(kind(rings.accept(None).await), ErrorKind::InvalidState);
            assert!(call.ended().now_or_never().is_none());
            socket.say(&signal(other, &json!({ "call": "x", "kind": "hang_up" })));
            assert_eq!(ended.within("the end").await, EndReason::PeerHungUp);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn calling_back_during_a_ring_is_one_call() {
    with_rooms(async |near: Room, far: Room| {
        let id = PeerId::from("b");
        let calling_back = async {
            let rings = incoming(&far).await;
            let call = far.call(&PeerId::from("a"), None).await;
            drop(rings);
            call
        };
        let (one, other) = try_join(near.call(&id, None), calling_back).within("one call").await.unwrap();
        let (said, heard) = (one.channel("chat"), other.channel("chat"));
        let (said, mut heard) = try_join(said, heard).within("a channel").await.unwrap();
        said.send("hello").await.unwrap();
        assert_eq!(heard.next().within("a message").await.unwrap().unwrap(), Message::from("hello"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn end_reason_outlives_the_dropped_ring() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        socket.say(&signal("b", &ring("x")));
        let rings = incoming(&room).await;
        let ended = rings.ended();
        socket.say(&signal("b", &json!({ "call": "x", "kind": "hang_up" })));
        synchronize(&room, &socket, "b").await;
        drop(rings);
        assert_eq!(ended.within("the end").await, EndReason::PeerHungUp);
    })
    .await;
}

#[wasm_bindgen_test]
async fn ring_without_an_end_times_out() {
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
        let rings = incoming(&room).await;
        assert_eq!(rings.ended().within("the end").await, EndReason::Unanswered);
        assert_eq!(kind(rings.accept(None).await), ErrorKind::Timeout);
    })
    .await;
}

#[wasm_bindgen_test]
async fn room_that_was_left_begins_nothing() {
    watched(async {
        let sockets = Sockets::new();
        let (room, _socket) = seat(&sockets, "a", "b").await;
        room.leave();
        assert_eq!(room.say("late").unwrap_err().kind(), &ErrorKind::Closed);
        let id = PeerId::from("b");
        let late = room.call(&id, None);
        assert_eq!(kind(late.now_or_never().expect("an answer at once")), ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn channel_closed_before_its_claim_keeps_messages() {
    with_rooms(async |near: Room, far: Room| {
        let (near, far) = establish_call(&near, &far).await;
        let mut first = far.connection().data_channels();
        let mut note = near.channel("note").within("a channel").await.unwrap();
        let there = first.next().within("its other end").await.unwrap();
        note.send("the last word").await.unwrap();
        // In Chromium, a close right after the opening may lose it.
        there.send("go on").await.unwrap();
        note.next().within("a word").await.unwrap().unwrap();
        drop(note);
        there.closed().within("the close").await;
        drop(there);
        let mut note = far.channel("note").within("the channel").await.unwrap();
        assert_eq!(note.state(), ChannelState::Closed);
        assert_eq!(note.next().await.unwrap().unwrap(), Message::from("the last word"));
        assert!(note.next().await.is_none());
    })
    .await;
}

#[wasm_bindgen_test]
async fn dropped_channel_is_not_claimed_later() {
    with_rooms(async |near: Room, far: Room| {
        let (near, far) = establish_call(&near, &far).await;
        let mut first = far.connection().data_channels();
        let given_up = near.channel("chat").within("a channel").await.unwrap();
        let there = first.next().within("its other end").await.unwrap();
        drop(given_up);
        there.closed().within("the close").await;
        drop(there);
        let (said, heard) = (near.channel("chat"), far.channel("chat"));
        let (said, mut heard) = try_join(said, heard).within("another channel").await.unwrap();
        said.send("hello").await.unwrap();
        assert_eq!(heard.next().within("a message").await.unwrap().unwrap(), Message::from("hello"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn unclaimed_channels_are_limited() {
    with_rooms(async |near: Room, far: Room| {
        let (near, far) = establish_call(&near, &far).await;
        let mut arriving = far.connection().data_channels();
        let mut channels = Vec::new();
        let mut open = async |label: &str| {
            channels.push(near.channel(label).within("a channel").await.unwrap());
            arriving.next().within("its other end").await.unwrap();
        };
        for number in 0..64 {
            open(&number.to_string()).await;
        }
        // One that is asked for makes room for one.
        let _asked_for = far.channel("7").within("a channel").await.unwrap();
        open("one more").await;
        let one_too_many = near.connection().create_data_channel("one too many", &ChannelInit::new()).unwrap();
        one_too_many.closed().within("the close of one too many").await;
        assert!(channels.iter().all(|channel| channel.state() == ChannelState::Open));
        far.channel("one more").within("a channel").await.unwrap();
    })
    .await;
}
