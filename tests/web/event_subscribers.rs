//! Several subscribers of one room, call or session, each of which receives every event.

use std::time::Duration;

use browser_rtc::{
    Error, EventStream,
    media::TrackKind,
    negotiation::Politeness,
    peer::{ConnectionState, TransceiverInit},
    room::{DeclineReason, EndReason, Room, RoomEvent},
    session::Link,
};
use futures::{FutureExt, StreamExt, stream};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    pair::reached,
    rest,
    room::{establish_call, frame, peer, ring, seat, signal, with_rooms},
    session::{describe_event, session},
    sleep,
    sockets::{Socket, Sockets},
    watched,
};

/// Sends `peer_joined`, and waits until the room has processed it.
async fn admit(room: &Room, socket: &Socket, id: &str) {
    let mut events = room.events();
    socket.say(&json!({ "type": "peer_joined", "peer": peer(id) }));
    while !matches!(events.next().within("the peer").await, Some(RoomEvent::PeerJoined(joined)) if joined.id.as_str() == id)
    {
    }
}

/// Returns the ids of the peers that joined, from the unread events.
fn joined(events: &mut EventStream<RoomEvent>) -> Vec<String> {
    let unread = std::iter::from_fn(|| events.next().now_or_never().flatten());
    unread
        .map(|event| match event {
            RoomEvent::PeerJoined(peer) => peer.id.to_string(),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[wasm_bindgen_test]
async fn room_subscribers_each_get_every_event() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        socket.say(&json!({ "type": "peer_joined", "peer": peer("c") }));
        while room.peers().len() < 2 {
            sleep(Duration::ZERO).await;
        }
        let mut first = room.events();
        admit(&room, &socket, "d").await;
        let mut second = room.events();
        admit(&room, &socket, "e").await;
        assert_eq!(joined(&mut first), ["c", "d", "e"], "the first subscriber receives earlier events");
        assert_eq!(joined(&mut second), ["e"], "a later subscriber receives only later events");

        room.leave();
        for events in [first, second, room.events()] {
            assert!(rest(events, "the end of the events").await.is_empty());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn incoming_call_rings_until_last_subscriber_drops() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let (mut first, second) = (room.events(), room.events());
        socket.say(&signal("b", &ring("x")));
        let Some(RoomEvent::Incoming(call)) = first.next().within("an incoming call").await else {
            panic!("not an incoming call")
        };
        drop(call);
        assert_eq!(socket.unread(), 0, "the call is declined while another subscriber can still answer it");
        drop(second);
        assert_eq!(frame(&socket).await["data"], json!({ "call": "x", "kind": "decline", "reason": "declined" }));

        // Without a subscriber, a call cannot be answered.
        drop(first);
        socket.say(&signal("b", &ring("y")));
        assert_eq!(frame(&socket).await["data"], json!({ "call": "y", "kind": "decline", "reason": "busy" }));
    })
    .await;
}

#[wasm_bindgen_test]
async fn incoming_call_is_answered_by_one_subscriber() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let (mut first, mut second) = (room.events(), room.events());
        socket.say(&signal("b", &ring("x")));
        let Some(RoomEvent::Incoming(one)) = first.next().within("an incoming call").await else {
            panic!("not an incoming call")
        };
        let Some(RoomEvent::Incoming(other)) = second.next().within("an incoming call").await else {
            panic!("not an incoming call")
        };
        assert_eq!(one, other);
        one.decline(DeclineReason::Declined).unwrap();
        assert!(other.accept(None).await.is_err());
    })
    .await;
}

#[wasm_bindgen_test]
async fn dropped_call_with_unread_ring_is_hung_up() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let (mut first, _second) = (room.events(), room.events());
        socket.say(&signal("b", &ring("x")));
        let Some(RoomEvent::Incoming(incoming)) = first.next().within("an incoming call").await else {
            panic!("not an incoming call")
        };
        let call = incoming.accept(None).await.unwrap();
        assert_eq!(frame(&socket).await["data"], json!({ "call": "x", "kind": "accept" }));
        let connection = call.connection().clone();
        drop(call);
        assert_eq!(incoming.ended().within("the end of the call").await, EndReason::HungUp);
        while frame(&socket).within("the hang-up signal").await["data"] != json!({ "call": "x", "kind": "hang_up" }) {}
        let states = rest(connection.connection_states(), "the end of the connection states").await;
        assert_eq!(states.last(), Some(&ConnectionState::Closed));
    })
    .await;
}

#[wasm_bindgen_test]
async fn session_subscribers_each_get_every_event() {
    watched(async {
        let link = Link::sending(stream::pending(), |_| Err(Error::from_js("send", "no link".into())));
        let session = session(Politeness::Impolite, link);
        let (mut first, mut second) = (session.events(), session.events());
        session.connection().create_data_channel("one", &Default::default()).unwrap();
        for events in [&mut first, &mut second] {
            assert_eq!(describe_event(&events.next().within("the failure").await.unwrap()), "send failed");
        }
        assert!(session.events().next().now_or_never().is_none(), "a later subscriber receives only later events");
        session.close();
        for events in [first, second] {
            assert!(rest(events, "the end of the events").await.is_empty());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn call_subscribers_each_get_every_event() {
    watched(with_rooms(async |near, far| {
        let (near, _far) = establish_call(&near, &far).await;
        reached(near.connection().connection_states(), ConnectionState::Connected).await;
        let (mut first, mut second) = (near.events(), near.events());
        let throws = js::eval("function () { throw 'refused'; }");
        let _mock = js::Override::new(near.connection().as_raw(), "setLocalDescription", &throws);
        near.connection().add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap();
        for events in [&mut first, &mut second] {
            assert_eq!(
                describe_event(&events.next().within("the failure").await.unwrap()),
                "setLocalDescription failed"
            );
        }
    }))
    .await;
}
