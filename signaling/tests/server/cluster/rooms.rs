use browser_rtc_signaling::server::Limits;
use browser_rtc_signaling::{
    ClientMessage, Data, ErrorCode, Joined, LeaveReason, PeerId, Ping, Pong, ServerError, ServerMessage, SignalTo,
};
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;

use super::support::{Redis, all_hear, refused};
use crate::refusals::{each_refusal_names_its_frame, limits};

#[tokio::test]
async fn peers_on_two_servers_meet_and_talk() {
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
    all_hear(&mut ada, &mut [&mut bob, &mut carol], "{\"a\":\n 1}").await;
    all_hear(&mut bob, &mut [&mut ada, &mut carol], "2").await;
    all_hear(&mut carol, &mut [&mut ada, &mut bob], "3").await;
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
    all_hear(&mut ada, &mut [&mut carol], "4").await;
}

#[tokio::test]
async fn bounds_hold_across_servers() {
    let Some(redis) = Redis::start().await else { return };
    let limits = || Limits { rooms: 2, seats_per_room: 2, ..Limits::default() };
    let (one, two) = (redis.server_with(limits()).await, redis.server_with(limits()).await);
    let mut ada = one.join("r", "Ada").await;
    refused(&two, "r", "Ada", ErrorCode::NameTaken).await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    refused(&one, "r", "Carol", ErrorCode::RoomFull).await;
    refused(&two, "r", "Carol", ErrorCode::RoomFull).await;
    let mut carol = two.join("s", "Carol").await;
    refused(&one, "t", "Dave", ErrorCode::ServerFull).await;
    refused(&two, "t", "Dave", ErrorCode::ServerFull).await;
    carol.send_leave().await;
    assert_eq!(carol.close_code().await, 1000);
    let dave = super::support::join_when(&one, "t", "Dave", ErrorCode::ServerFull).await;
    refused(&two, "s", "Carol", ErrorCode::ServerFull).await;
    drop(dave);
    all_hear(&mut ada, &mut [&mut bob], "1").await;
}

#[tokio::test]
async fn of_many_who_want_a_name_one_has_it() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    for room in 0..5 {
        let room = format!("room {room}");
        let mut clients = Vec::new();
        for which in 0..20 {
            clients.push(if which % 2 == 0 { one.connect().await } else { two.connect().await });
        }
        let asked = clients.iter_mut().map(|client| client.ask_to_join(&room, "Ada"));
        let answers = futures_util::future::join_all(asked).await;
        let won = answers.iter().filter(|answer| matches!(answer, ServerMessage::Joined(_))).count();
        let lost = |answer: &&ServerMessage| {
            matches!(answer, ServerMessage::Error(ServerError { code: ErrorCode::NameTaken, .. }))
        };
        assert_eq!((won, answers.iter().filter(lost).count()), (1, 19), "{answers:?}");
    }
}

#[tokio::test]
async fn arrivals_and_departures_are_told_in_one_order() {
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
    all_hear(&mut ada, &mut [&mut bob], "1").await;
    // Nothing is left of the guests.
    assert!(redis.ask("HGET browser-rtc:{r:r} c").await.contains("\r\n2\r\n"));
}

#[tokio::test]
async fn nothing_is_left_of_a_room_that_is_empty() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    for client in [&mut ada, &mut bob] {
        client.send_leave().await;
        client.close_code().await;
    }
    crate::support::soon(async {
        while redis.ask("KEYS browser-rtc:{*").await != "*0\r\n+OK\r\n"
            || redis.ask("PUBSUB SHARDCHANNELS").await != "*0\r\n+OK\r\n"
        {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// The room in Redis may be another one then, under the same name.
#[tokio::test]
async fn who_comes_as_the_last_one_goes_is_seated() {
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
async fn a_room_that_has_no_place_is_not_listened_to() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server_with(Limits { rooms: 1, ..Limits::default() }).await;
    let _ada = server.join("r", "Ada").await;
    for room in ["q", "s"] {
        refused(&server, room, "Bob", ErrorCode::ServerFull).await;
    }
    let stats = redis.ask("INFO commandstats").await;
    let subscribed = stats.lines().find(|line| line.starts_with("cmdstat_ssubscribe:")).unwrap();
    assert!(subscribed.starts_with("cmdstat_ssubscribe:calls=1,"), "{subscribed}");
}

#[tokio::test]
async fn refusal_names_the_frame() {
    let Some(redis) = Redis::start().await else { return };
    each_refusal_names_its_frame(&redis.server_with(limits()).await).await;
}

#[tokio::test]
async fn refusal_comes_before_the_pong_that_covers_its_frame() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server().await;
    let mut ada = server.join("r", "Ada").await;
    for number in 1..=20 {
        // In one packet: the ping is read while Redis has yet to answer.
        for message in [
            ClientMessage::Signal(SignalTo::new(PeerId::from("nobody"), Data::from_json("1").unwrap())),
            ClientMessage::Ping(Ping::new(number)),
        ] {
            ada.sink.feed(Message::text(message.to_json().unwrap())).await.unwrap();
        }
        ada.sink.flush().await.unwrap();
        ada.expect_refusal(ErrorCode::UnknownPeer, Some(number)).await;
        assert_eq!(ada.recv().await, ServerMessage::Pong(Pong::new(number).received(number)));
    }
}

#[tokio::test]
async fn joined_states_the_frame_limit() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server_with(Limits { frame_bytes: 12_345, ..Limits::default() }).await;
    let joined = server.connect().await.ask_to_join("r", "Ada").await;
    assert!(matches!(joined, ServerMessage::Joined(Joined { max_frame_bytes: 12_345, .. })), "{joined:?}");
}
