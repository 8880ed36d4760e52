//! Rooms in one page. The test is their signaling server, and forwards or holds back their frames.

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

/// A heartbeat interval, in milliseconds, that no test reaches.
pub const NEVER_MS: u32 = 3_600_000;

/// The limit that a client assumes if the server sends none.
pub const MAX_FRAME_BYTES: u32 = 65_536;

pub fn peer(id: &str) -> Value {
    json!({ "id": id, "name": format!("name of {id}") })
}

/// Returns the answer to a join, with a token to resume the seat.
pub fn joined(you: &str, peers: &[&str]) -> Value {
    json!({
        "type": "joined", "you": peer(you), "peers": peers.iter().map(|id| peer(id)).collect::<Vec<_>>(),
        "resume": format!("token of {you}"), "heartbeat_ms": NEVER_MS,
    })
}

/// Returns the answer to a join that resumes the seat of peer `a`.
pub fn resumed(received: u32) -> Value {
    let mut joined = joined("a", &[]);
    joined["resumed"] = true.into();
    joined["received"] = received.into();
    joined
}

/// Returns the next frame other than a ping.
pub async fn frame(socket: &Socket) -> Value {
    loop {
        let frame = socket.sent().await;
        if frame["type"] != "ping" {
            return frame;
        }
    }
}

/// Opens the next socket. Returns its join as well.
pub async fn next_join(sockets: &Sockets) -> (Socket, Value) {
    let socket = sockets.next().await;
    socket.open();
    let join = socket.sent().await;
    (socket, join)
}

/// Joins a room whose server sends this answer.
pub async fn join_with(sockets: &Sockets, options: Join, answer: &Value) -> (Result<Room, Error>, Socket, Value) {
    let server = async {
        let (socket, join) = next_join(sockets).await;
        socket.say(answer);
        (socket, join)
    };
    let (room, (socket, request)) = join(Room::join(URL, options), server).await;
    (room, socket, request)
}

/// Joins as peer `id` a room whose server reports one other peer.
pub async fn seat(sockets: &Sockets, id: &str, other: &str) -> (Room, Socket) {
    let (room, socket, _) = join_with(sockets, Join::new("lobby", id), &joined(id, &[other])).await;
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
    match events.next().within("an incoming call").await {
        Some(RoomEvent::Incoming(call)) => call,
        other => panic!("{other:?}"),
    }
}

/// Waits until the room has processed all frames that the server has sent so far.
pub async fn synchronize(room: &Room, socket: &Socket, from: &str) {
    socket.say(&json!({ "type": "say", "from": from, "id": new_id(), "data": 0 }));
    let mut events = room.events();
    while !matches!(events.next().within("the last room message").await, Some(RoomEvent::Said { .. })) {}
}

pub fn kind(outcome: Result<Call, Error>) -> ErrorKind {
    outcome.map(drop).unwrap_err().kind().clone()
}

/// Runs `test` with the rooms of peers `a` and `b`, and forwards their signals while it runs.
pub async fn with_rooms<F: Future<Output = ()>>(test: impl FnOnce(Room, Room) -> F) {
    with_configured_rooms(|name| Join::new("lobby", name), MAX_FRAME_BYTES, test).await;
}

/// Runs `test` like [`with_rooms`], with these options and this limit of a frame.
pub async fn with_configured_rooms<F: Future<Output = ()>>(
    options: impl Fn(&str) -> Join,
    max_frame_bytes: u32,
    test: impl FnOnce(Room, Room) -> F,
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
    let forward = async |from: &Socket, id: &str, to: &Socket| {
        loop {
            let frame = from.next_sent().await;
            let size = frame.to_string().len();
            assert!(size <= max_frame_bytes as usize, "a frame of {size} bytes");
            if frame["type"] == "signal" {
                to.say(&signal(id, &frame["data"]));
            }
        }
    };
    let (a_to_b, b_to_a) = (forward(&near_socket, "a", &far_socket), forward(&far_socket, "b", &near_socket));
    pin_mut!(a_to_b, b_to_a);
    select_biased! {
        () = test(near, far).boxed_local().fuse() => {}
        () = a_to_b.fuse() => {}
        () = b_to_a.fuse() => {}
    }
}

pub async fn establish_call(near: &Room, far: &Room) -> (Call, Call) {
    let id = PeerId::from("b");
    let accepted = async { incoming(far).await.accept(None).await };
    try_join(near.call(&id, None), accepted).within("a call").await.unwrap()
}
