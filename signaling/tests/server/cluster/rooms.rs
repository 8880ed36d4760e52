use browser_rtc_proto::signaling::{
    ClientMessage, Data, ErrorCode, Joined, LeaveReason, PeerId, Ping, Pong, ServerError, ServerMessage, SignalTo,
};
use browser_rtc_signaling::Limits;
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;

use super::support::{Redis, expect_join_refused, join_once_not, say_to_all};
use crate::refusals::{check_error_frame_numbers, limits};

#[tokio::test]
async fn peers_on_two_servers_exchange_frames() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.connect().await;
    let peers = bob.join("r", "Bob").await;
    assert_eq!(peers.iter().map(|peer| (&peer.id, peer.name.as_str())).collect::<Vec<_>>(), [(&ada.id, "Ada")]);
    ada.expect_joined(&bob, "Bob").await;
    let mut carol = one.connect().await;
    let peers = carol.join("r", "Carol").await;
    assert_eq!(peers.iter().map(|peer| &peer.id).collect::<Vec<_>>(), [&ada.id, &bob.id]);
    ada.expect_joined(&carol, "Carol").await;
    bob.expect_joined(&carol, "Carol").await;
    let mut far = two.join("elsewhere", "Far").await;

    for word in 0..50 {
        ada.signal(&bob.id, &word.to_string()).await;
        bob.signal(&ada.id, &word.to_string()).await;
    }
    for word in 0..50 {
        bob.expect_signal(&ada.id, &word.to_string()).await;
        ada.expect_signal(&bob.id, &word.to_string()).await;
    }
    ada.signal(&PeerId::from("nobody"), "1").await;
    ada.expect_error(ErrorCode::UnknownPeer).await;
    bob.signal(&far.id, "1").await;
    bob.expect_error(ErrorCode::UnknownPeer).await;
    say_to_all(&mut ada, &mut [&mut bob, &mut carol], "{\"a\":\n 1}").await;
    say_to_all(&mut bob, &mut [&mut ada, &mut carol], "2").await;
    say_to_all(&mut carol, &mut [&mut ada, &mut bob], "3").await;
    far.expect_silence().await;
    for client in [&mut ada, &mut bob] {
        client.send_text("nonsense").await;
        client.expect_error(ErrorCode::BadMessage).await;
    }

    bob.send_leave().await;
    ada.expect_left(&bob.id, LeaveReason::Left).await;
    carol.expect_left(&bob.id, LeaveReason::Left).await;
    let bob = one.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    carol.expect_joined(&bob, "Bob").await;
    say_to_all(&mut ada, &mut [&mut carol], "4").await;
}

#[tokio::test]
async fn limits_hold_across_servers() {
    let Some(redis) = Redis::start().await else { return };
    let limits = || Limits::new().rooms(2).seats_per_room(2);
    let (one, two) = (redis.server_with(limits()).await, redis.server_with(limits()).await);
    let mut ada = one.join("r", "Ada").await;
    expect_join_refused(&two, "r", "Ada", ErrorCode::NameTaken).await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    expect_join_refused(&one, "r", "Carol", ErrorCode::RoomFull).await;
    expect_join_refused(&two, "r", "Carol", ErrorCode::RoomFull).await;
    // The number of rooms is limited for each server.
    let mut carol = two.join("s", "Carol").await;
    expect_join_refused(&two, "t", "Dave", ErrorCode::ServerFull).await;
    let _dave = one.join("t", "Dave").await;
    expect_join_refused(&one, "s", "Eve", ErrorCode::ServerFull).await;
    carol.send_leave().await;
    assert_eq!(carol.close_code().await, 1000);
    let _eve = join_once_not(&two, "t", "Eve", ErrorCode::ServerFull).await;
    say_to_all(&mut ada, &mut [&mut bob], "1").await;
}

#[tokio::test]
async fn concurrent_joins_assign_name_once() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    for room in 0..5 {
        let room = format!("room {room}");
        let mut clients = Vec::new();
        for which in 0..20 {
            clients.push(if which % 2 == 0 { one.connect().await } else { two.connect().await });
        }
        let asked = clients.iter_mut().map(|client| client.try_join(&room, "Ada"));
        let answers = futures_util::future::join_all(asked).await;
        let won = answers.iter().filter(|answer| matches!(answer, ServerMessage::Joined(_))).count();
        let lost = |answer: &&ServerMessage| {
            matches!(answer, ServerMessage::Error(ServerError { code: ErrorCode::NameTaken, .. }))
        };
        assert_eq!((won, answers.iter().filter(lost).count()), (1, 19), "{answers:?}");
    }
}

#[tokio::test]
async fn joins_and_departures_have_one_order() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let guests = (0..20).map(|which| {
        let server = if which % 2 == 0 { &one } else { &two };
        async move {
            let mut guest = server.join("r", &which.to_string()).await;
            guest.send_leave().await;
            guest.close_code().await;
        }
    });
    futures_util::future::join_all(guests).await;
    let (mut to_ada, mut to_bob) = (Vec::new(), Vec::new());
    for _ in 0..40 {
        to_ada.push(ada.recv().await);
        to_bob.push(bob.recv().await);
    }
    assert_eq!(to_ada, to_bob);
    say_to_all(&mut ada, &mut [&mut bob], "1").await;
    // The guests have left no seats.
    assert!(redis.query("HGET browser-rtc:{r:r} seats").await.contains("\r\n2\r\n"));
}

#[tokio::test]
async fn empty_room_leaves_no_keys() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    for client in [&mut ada, &mut bob] {
        client.send_leave().await;
        client.close_code().await;
    }
    crate::support::with_timeout(async {
        while redis.query("KEYS browser-rtc:{*").await != "*0\r\n+OK\r\n"
            || redis.query("PUBSUB SHARDCHANNELS").await != "*0\r\n+OK\r\n"
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// The room in Redis may be a new room with the same name.
#[tokio::test]
async fn join_succeeds_while_last_peer_leaves() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server().await;
    let mut last = server.join("r", "0").await;
    for turn in 1..200 {
        let mut next = server.connect().await;
        last.send_leave().await;
        next.join("r", &turn.to_string()).await;
        last = next;
    }
}

#[tokio::test]
async fn refused_room_is_not_subscribed() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server_with(Limits::new().rooms(1)).await;
    let _ada = server.join("r", "Ada").await;
    for room in ["q", "s"] {
        expect_join_refused(&server, room, "Bob", ErrorCode::ServerFull).await;
    }
    let stats = redis.query("INFO commandstats").await;
    let subscribed = stats.lines().find(|line| line.starts_with("cmdstat_ssubscribe:")).unwrap();
    assert!(subscribed.starts_with("cmdstat_ssubscribe:calls=1,"), "{subscribed}");
}

#[tokio::test]
async fn error_states_frame_number() {
    let Some(redis) = Redis::start().await else { return };
    check_error_frame_numbers(&redis.server_with(limits()).await).await;
}

#[tokio::test]
async fn error_precedes_pong_that_covers_frame() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server().await;
    let mut ada = server.join("r", "Ada").await;
    for number in 1..=20 {
        // Sent in one packet, so that the ping is read before Redis answers.
        for message in [
            ClientMessage::Signal(SignalTo::new(PeerId::from("nobody"), Data::from_json("1").unwrap())),
            ClientMessage::Ping(Ping::new(number)),
        ] {
            ada.sink.feed(Message::text(message.to_json())).await.unwrap();
        }
        ada.sink.flush().await.unwrap();
        ada.expect_refusal(ErrorCode::UnknownPeer, Some(number)).await;
        assert_eq!(ada.recv().await, ServerMessage::Pong(Pong::new(number).received(number)));
    }
}

#[tokio::test]
async fn joined_states_frame_limit() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server_with(Limits::new().frame_bytes(12_345)).await;
    let joined = server.connect().await.try_join("r", "Ada").await;
    assert!(matches!(joined, ServerMessage::Joined(Joined { max_frame_bytes: 12_345, .. })), "{joined:?}");
}
