//! A room that takes one call at a time, and the URL of the server that serves the page.

use browser_rtc::{
    ErrorKind,
    room::Room,
    signaling::{self, PeerId},
};
use futures::{FutureExt, future::try_join};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    room::{between, frame, kind, ring, seat, signal},
    sockets::Sockets,
    watched,
};

#[wasm_bindgen_test]
async fn next_call_takes_a_ring_before_and_during_the_wait() {
    between(async |near: Room, far: Room| {
        let id = PeerId::from("b");
        for _ in 0..2 {
            let answer = async { far.next_call().await?.accept(None).await };
            let (call, answered) = try_join(near.call(&id, None), answer).within("a call").await.unwrap();
            assert_eq!(answered.peer().id.as_str(), "a");
            drop(call);
            answered.ended().within("the end").await;
        }
        // Between two waits, nothing takes calls.
        assert_eq!(kind(near.call(&id, None).within("an answer").await), ErrorKind::Busy);
    })
    .await;
}

#[wasm_bindgen_test]
async fn next_call_ends_with_the_room() {
    watched(async {
        let sockets = Sockets::new();
        let (room, socket) = seat(&sockets, "a", "b").await;
        // The first wait gets a call that rang before it.
        socket.say(&signal("b", &ring("x")));
        assert_eq!(room.next_call().within("a ring").await.unwrap().peer().id.as_str(), "b");
        assert_eq!(frame(&socket).await["data"], json!({ "call": "x", "kind": "decline", "reason": "declined" }));

        let mut wait = Box::pin(room.next_call());
        assert!(wait.as_mut().now_or_never().is_none());
        room.leave();
        assert_eq!(wait.within("the end").await.unwrap_err().kind(), &ErrorKind::Closed);
        assert_eq!(room.next_call().within("the end").await.unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
fn url_of_this_page_has_the_host_of_the_page() {
    let host = js::eval("location.host").as_string().unwrap();
    assert_eq!(signaling::url_of_this_page().unwrap(), format!("ws://{host}/signal"));
}
