//! Requests between peers whose seats change, and of peers that impersonate others.

use browser_rtc::{ErrorKind, signaling::PeerId};
use futures::{FutureExt, StreamExt, future::join};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{
    room_direct::{LONG, kind, peer_left, request},
    support::{
        Within,
        room::{frame, seat, signal, synchronize},
        sockets::Sockets,
        watched,
    },
};

#[wasm_bindgen_test]
async fn received_request_follows_its_sender() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let mut requests = room.requests();
        let ask = |from: &str, id: &str| signal(from, &json!({ "id": id, "kind": "request", "data": 1 }));
        socket.say(&ask("b", "m1"));
        socket.say(&ask("b", "m1"));
        let received = request(&mut requests).await;
        // The sender reconnects in a new seat, and still waits.
        socket.say(&peer_left("b", "lost"));
        socket.say(&json!({ "type": "peer_joined", "peer": { "id": "b2", "name": "name of b" } }));
        synchronize(&room, &socket, "b2").await;
        received.reply("yes").unwrap();
        let sent = frame(&socket).await;
        assert_eq!(
            (&sent["to"], &sent["data"]),
            (&json!("b2"), &json!({ "id": "m1", "kind": "reply", "data": "yes" }))
        );

        socket.say(&ask("b2", "m2"));
        let received = request(&mut requests).await;
        // Another peer cannot cancel the request.
        socket.say(&json!({ "type": "peer_joined", "peer": { "id": "c", "name": "Cyd" } }));
        socket.say(&signal("c", &json!({ "id": "m2", "kind": "cancel" })));
        synchronize(&room, &socket, "c").await;
        assert!(received.ended().now_or_never().is_none());
        socket.say(&peer_left("b2", "lost"));
        socket.say(&json!({ "type": "peer_joined", "peer": { "id": "b3", "name": "name of b" } }));
        socket.say(&peer_left("b3", "left"));
        received.ended().within("the departure").await;
        assert_eq!(*received.reply("late").unwrap_err().kind(), ErrorKind::Closed);
        drop(received);

        // The sender is lost, so that the failure of a dropped request cannot be sent.
        socket.say(&json!({ "type": "peer_joined", "peer": { "id": "d", "name": "Dan" } }));
        socket.say(&ask("d", "m1"));
        let received = request(&mut requests).await;
        let mut ended = received.ended();
        socket.say(&peer_left("d", "lost"));
        synchronize(&room, &socket, "c").await;
        assert!((&mut ended).now_or_never().is_none());
        drop(received);
        ended.within("the drop").await;

        socket.say(&ask("c", "m3"));
        let received = request(&mut requests).await;
        room.leave();
        received.ended().within("the end of the room").await;
        assert!(requests.next().within("the end of the stream").await.is_none());
    })
    .await;
}

#[wasm_bindgen_test]
async fn answer_of_other_peer_is_ignored() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        socket.say(&json!({ "type": "peer_joined", "peer": { "id": "c", "name": "Cyd" } }));
        let b = PeerId::from("b");
        let answering = async {
            let id = frame(&socket).await["data"]["id"].clone();
            let reply = |data: &str| json!({ "id": id, "kind": "reply", "data": data });
            socket.say(&signal("c", &reply("forged")));
            socket.say(&signal("c", &json!({ "id": id, "kind": "failure", "reason": "failed" })));
            // The peer answers from a new seat.
            socket.say(&peer_left("b", "replaced"));
            socket.say(&json!({ "type": "peer_joined", "peer": { "id": "b2", "name": "name of b" } }));
            socket.say(&signal("b2", &reply("genuine")));
        };
        let (answer, ()) = join(room.request(&b, "one", LONG), answering).within("the reply").await;
        assert_eq!(answer.unwrap().get(), r#""genuine""#);
    })
    .await;
}

#[wasm_bindgen_test]
async fn sent_request_follows_replaced_peer() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        let b = PeerId::from("b");
        let mut cancelled = room.request(&b, "one", LONG).boxed_local();
        assert!((&mut cancelled).now_or_never().is_none());
        let id = frame(&socket).await["data"]["id"].clone();
        let leaving = async {
            frame(&socket).await;
            socket.say(&peer_left("b", "replaced"));
            socket.say(&json!({ "type": "peer_joined", "peer": { "id": "b2", "name": "name of b" } }));
            synchronize(&room, &socket, "b2").await;
            drop(cancelled);
            let cancel = frame(&socket).await;
            assert_eq!((&cancel["to"], &cancel["data"]), (&json!("b2"), &json!({ "id": id, "kind": "cancel" })));
            socket.say(&peer_left("b2", "left"));
        };
        let (answer, ()) = join(room.request(&b, "two", LONG), leaving).within("the departure").await;
        assert_eq!(kind(answer), ErrorKind::PeerLeft);
    })
    .await;
}
