//! Rooms in one page. The server is the test's own: it carries their frames, or keeps them.

use browser_rtc::{
    Error, ErrorKind,
    room::{Call, IncomingCall, Join, Room, RoomEvent},
    signaling::PeerId,
};
use futures::{
    FutureExt, StreamExt,
    future::{join, try_join},
    pin_mut, select_biased,
};
use serde_json::{Value, json};

use super::{
    Within,
    sockets::{Socket, Sockets, new_id},
};

pub const URL: &str = "ws://localhost/signal";

/// No test is to wait for a heartbeat unless it says so.
pub const NEVER_MS: u32 = 3_600_000;

/// What a client assumes that is told no limit.
const MAX_FRAME_BYTES: u32 = 65_536;

pub fn peer(id: &str) -> Value {
    json!({ "id": id, "name": format!("name of {id}") })
}

/// The answer to a join, with a token that takes the seat back.
pub fn joined(you: &str, peers: &[&str]) -> Value {
    json!({
        "type": "joined", "you": peer(you), "peers": peers.iter().map(|id| peer(id)).collect::<Vec<_>>(),
        "resume": format!("token of {you}"), "heartbeat_ms": NEVER_MS,
    })
}

/// The answer to a join that takes its seat back.
pub fn resumed(received: u32) -> Value {
    let mut joined = joined("a", &[]);
    joined["resumed"] = true.into();
    joined["received"] = received.into();
    joined
}

/// The next frame that is no ping.
pub async fn frame(socket: &Socket) -> Value {
    loop {
        let frame = socket.sent().await;
        if frame["type"] != "ping" {
            return frame;
        }
    }
}

/// The next socket, with its join.
pub async fn next_join(sockets: &Sockets) -> (Socket, Value) {
    let socket = sockets.next().await;
    socket.open();
    let join = socket.sent().await;
    (socket, join)
}

/// Joins a room whose server gives this answer.
pub async fn join_with(sockets: &Sockets, options: Join, answer: &Value) -> (Result<Room, Error>, Socket, Value) {
    let server = async {
        let (socket, join) = next_join(sockets).await;
        socket.say(answer);
        (socket, join)
    };
    let (room, (socket, request)) = join(Room::join(URL, options), server).await;
    (room, socket, request)
}

/// Takes a seat in a room where the other one is already, as far as each can tell.
pub async fn seat(sockets: &Sockets, me: &str, other: &str) -> (Room, Socket) {
    let (room, socket, _) = join_with(sockets, Join::new("lobby", me), &joined(me, &[other])).await;
    (room.unwrap(), socket)
}

pub fn signal(from: &str, data: &Value) -> Value {
    json!({ "type": "signal", "from": from, "data": data })
}

pub fn ring(call: &str) -> Value {
    json!({ "call": call, "kind": "ring" })
}

pub async fn incoming(room: &Room) -> IncomingCall {
    let mut events = room.events();
    match events.next().within("a ring").await {
        Some(RoomEvent::Incoming(call)) => call,
        other => panic!("{other:?}"),
    }
}

/// Waits until all that the server has said so far has been heard.
pub async fn heard(room: &Room, socket: &Socket, from: &str) {
    socket.say(&json!({ "type": "say", "from": from, "id": new_id(), "data": 0 }));
    let mut events = room.events();
    while !matches!(events.next().within("a word").await, Some(RoomEvent::Said { .. })) {}
}

pub fn kind(outcome: Result<Call, Error>) -> ErrorKind {
    outcome.map(drop).unwrap_err().kind().clone()
}

/// Two rooms, and a server that carries their signals for as long as `talk` lasts. The ids are in their order.
pub async fn between<F: Future<Output = ()>>(talk: impl FnOnce(Room, Room) -> F) {
    between_with(|name| Join::new("lobby", name), MAX_FRAME_BYTES, talk).await;
}

/// The same with options, and this limit for a frame.
pub async fn between_with<F: Future<Output = ()>>(
    options: impl Fn(&str) -> Join,
    max_frame_bytes: u32,
    talk: impl FnOnce(Room, Room) -> F,
) {
    let sockets = Sockets::new();
    let answer = |you: &str, other: &str| {
        let mut answer = joined(you, &[other]);
        answer["max_frame_bytes"] = max_frame_bytes.into();
        answer
    };
    let (near, near_socket, _) = join_with(&sockets, options("a"), &answer("a", "b")).await;
    let (far, far_socket, _) = join_with(&sockets, options("b"), &answer("b", "a")).await;
    let (near, far) = (near.unwrap(), far.unwrap());
    let carry = async |from: &Socket, id: &str, to: &Socket| {
        loop {
            let frame = from.next_sent().await;
            let size = frame.to_string().len();
            assert!(size <= max_frame_bytes as usize, "a frame of {size} bytes");
            if frame["type"] == "signal" {
                to.say(&signal(id, &frame["data"]));
            }
        }
    };
    let (there, back) = (carry(&near_socket, "a", &far_socket), carry(&far_socket, "b", &near_socket));
    pin_mut!(there, back);
    select_biased! {
        () = talk(near, far).boxed_local().fuse() => {}
        () = there.fuse() => {}
        () = back.fuse() => {}
    }
}

pub async fn call_of(near: &Room, far: &Room) -> (Call, Call) {
    let id = PeerId::from("b");
    let answering = async { incoming(far).await.accept(None).await };
    try_join(near.call(&id, None), answering).within("a call").await.unwrap()
}
