//! Seats that cannot be resumed.

use std::time::Duration;

use browser_rtc_proto::signaling::{ClientMessage, Join, Joined, LeaveReason, PeerId, Ping, ServerMessage, close};
use browser_rtc_signaling::{Config, Limits};

use crate::support::{Client, ada_and_bob, start, start_with, with_timeout};

/// Expects that a peer is replaced by a new one.
async fn expect_replaced(other: &mut Client, gone: &PeerId, new: &Client) {
    other.expect_left(gone, LeaveReason::Replaced).await;
    other.expect_joined(new, "Fresh").await;
    assert_ne!(*gone, new.id);
}

#[tokio::test]
async fn unknown_resume_token_gets_new_seat() {
    let server = start_with(Limits::default()).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    let far = server.join("elsewhere", "Far").await;
    let own = bob.save_seat(0);
    bob.send_leave().await;
    ada.expect_left(&bob.id, LeaveReason::Left).await;
    for text in [None, Some(""), Some("0"), Some("+000000000000000000000000000000f"), Some(&"ü".repeat(16))] {
        let mut unknown = own.clone();
        if let Some(text) = text {
            unknown.token = Some(text.into());
        }
        let mut stranger = server.connect().await;
        assert!(!stranger.resume(&unknown).await.resumed);
        ada.expect_joined(&stranger, "Fresh").await;
        stranger.send_leave().await;
        ada.expect_left(&stranger.id, LeaveReason::Left).await;
    }
    // The token of another room is not valid in this room, and stays valid in its own.
    let mut stranger = server.connect().await;
    let back = stranger.resume(&far.save_seat(0)).await;
    assert!(!back.resumed && back.received == 0 && stranger.token.is_some() && stranger.token != far.token);
    ada.expect_joined(&stranger, "Fresh").await;
    let (id, token) = (far.id.clone(), far.token.clone());
    far.reset().await;
    let mut far = server.connect().await;
    let join = ClientMessage::Join(Join::new("elsewhere", "Far").resume(token));
    far.send(join).await;
    let joined = far.recv().await;
    assert!(matches!(&joined, ServerMessage::Joined(Joined { you, resumed: true, .. }) if you.id == id), "{joined:?}");
}

#[tokio::test]
async fn impossible_count_replaces_seat() {
    let server = start_with(Limits::default()).await;
    let mut ada = server.join("r", "Ada").await;
    // Redis keeps acknowledged frames for longer.
    let shared = std::env::var_os("SIGNALING_TEST_REDIS").is_some();
    for received in [1, 4, 1_000_000, u32::MAX].into_iter().skip(shared.into()) {
        let mut bob = server.join("r", "Bob").await;
        ada.expect_joined(&bob, "Bob").await;
        for word in ["1", "2", "3"] {
            ada.say(word).await;
            bob.expect_say(&ada.id, word).await;
        }
        // Two of them are acknowledged; impossible counts do not change that.
        for known in [2, 1, 77] {
            bob.send(ClientMessage::Ping(Ping::new(1).received(known))).await;
            bob.recv().await;
        }
        let mut back = server.connect().await;
        assert!(!back.resume(&bob.save_seat(received)).await.resumed);
        expect_replaced(&mut ada, &bob.id, &back).await;
        assert_eq!(bob.close_code().await, close::REPLACED);
        drop(bob);
        back.expect_silence().await;
        back.send_leave().await;
        ada.expect_left(&back.id, LeaveReason::Left).await;
    }
    ada.expect_silence().await;
}

#[tokio::test]
async fn resume_is_limited_to_unacknowledged_frames() {
    let limits = Limits::new().queue_frames(8);
    let server = start_with(limits).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    for word in 0..100 {
        ada.say(&word.to_string()).await;
        bob.expect_say(&ada.id, &word.to_string()).await;
    }
    bob.expect_silence().await;
    let mut back = server.connect().await;
    assert!(back.resume(&bob.save_seat(95)).await.resumed);
    for word in 95..100 {
        back.expect_say(&ada.id, &word.to_string()).await;
    }
    back.expect_silence().await;
    let mut fresh = server.connect().await;
    assert!(!fresh.resume(&back.save_seat(50)).await.resumed);
    expect_replaced(&mut ada, &back.id, &fresh).await;
}

#[tokio::test]
async fn seat_is_lost_after_grace_time() {
    let server = start(Config::new().grace(Duration::from_millis(100))).await;
    let (mut ada, bob) = ada_and_bob(&server).await;
    let (id, saved) = (bob.id.clone(), bob.save_seat(0));
    bob.reset().await;
    ada.expect_left(&id, LeaveReason::Lost).await;
    let mut bob = server.connect().await;
    let back = bob.resume(&saved).await;
    assert!(!back.resumed);
    assert_eq!(back.name, "Fresh");
    ada.expect_joined(&bob, "Fresh").await;
    ada.expect_silence().await;
}

#[tokio::test]
async fn end_of_grace_time_spares_resumed_seat() {
    let grace = Duration::from_secs(1);
    let server = start(Config::new().grace(grace)).await;
    let mut bob = server.join("r", "Bob").await;
    // A very busy machine may need more than one attempt.
    let bob = with_timeout(async {
        loop {
            let saved = bob.save_seat(0);
            bob.reset().await;
            bob = server.connect().await;
            if bob.resume(&saved).await.resumed {
                break bob;
            }
        }
    })
    .await;
    tokio::time::sleep(grace * 2).await;
    let there = server.connect().await.join("r", "Ada").await;
    assert_eq!(there.iter().map(|peer| &peer.id).collect::<Vec<_>>(), [&bob.id]);
}
