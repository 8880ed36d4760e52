//! Those who come back too late, or to nothing.

use std::time::Duration;

use browser_rtc_signaling::server::{Config, Limits};
use browser_rtc_signaling::{ClientMessage, Join, Joined, LeaveReason, PeerId, Ping, ServerMessage, close};

use crate::support::{Client, ada_and_bob, soon, start, start_with};

/// The others see the one who had the seat go, and somebody else come.
async fn expect_replaced(other: &mut Client, gone: &PeerId, new: &Client) {
    other.expect_left(gone, LeaveReason::Replaced).await;
    other.expect_joined(new, "Anew").await;
    assert_ne!(*gone, new.id);
}

#[tokio::test]
async fn who_has_no_seat_to_come_back_to_is_seated_anew() {
    let server = start_with(Limits::default()).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    let far = server.join("elsewhere", "Far").await;
    let own = bob.keepsake(0);
    bob.send_leave().await;
    ada.expect_left(&bob.id, LeaveReason::Left).await;
    for text in [None, Some(""), Some("0"), Some("+000000000000000000000000000000f"), Some(&"ü".repeat(16))] {
        let mut unknown = own.clone();
        if let Some(text) = text {
            unknown.token = Some(text.into());
        }
        let mut stranger = server.connect().await;
        assert!(!stranger.resume(&unknown).await.resumed);
        ada.expect_joined(&stranger, "Anew").await;
        stranger.send_leave().await;
        ada.expect_left(&stranger.id, LeaveReason::Left).await;
    }
    // That of another room, where it still works afterwards.
    let mut stranger = server.connect().await;
    let back = stranger.resume(&far.keepsake(0)).await;
    assert!(!back.resumed && back.received == 0 && stranger.token.is_some() && stranger.token != far.token);
    ada.expect_joined(&stranger, "Anew").await;
    let (id, token) = (far.id.clone(), far.token.clone());
    far.break_off().await;
    let mut far = server.connect().await;
    let join = ClientMessage::Join(Join::new("elsewhere", "Far").resume(token));
    far.send(join).await;
    let joined = far.recv().await;
    assert!(matches!(&joined, ServerMessage::Joined(Joined { you, resumed: true, .. }) if you.id == id), "{joined:?}");
}

#[tokio::test]
async fn counts_that_cannot_be_lose_the_seat_to_a_new_one() {
    let server = start_with(Limits::default()).await;
    let mut ada = server.join("r", "Ada").await;
    // Redis has what was acknowledged for a while longer.
    let shared = std::env::var_os("SIGNALING_TEST_REDIS").is_some();
    for received in [1, 4, 1_000_000, u32::MAX].into_iter().skip(shared.into()) {
        let mut bob = server.join("r", "Bob").await;
        ada.expect_joined(&bob, "Bob").await;
        for word in ["1", "2", "3"] {
            ada.say(word).await;
            bob.expect_say(&ada.id, word).await;
        }
        // Two of them need not be kept any longer, and neither of these numbers changes that.
        for known in [2, 1, 77] {
            bob.send(ClientMessage::Ping(Ping::new(1).received(known))).await;
            bob.recv().await;
        }
        let mut back = server.connect().await;
        assert!(!back.resume(&bob.keepsake(received)).await.resumed);
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
async fn who_never_says_what_it_has_stays_but_cannot_come_back_from_long_ago() {
    let limits = Limits { queue_frames: 8, ..Limits::default() };
    let server = start_with(limits).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    for word in 0..100 {
        ada.say(&word.to_string()).await;
        bob.expect_say(&ada.id, &word.to_string()).await;
    }
    bob.expect_silence().await;
    let mut back = server.connect().await;
    assert!(back.resume(&bob.keepsake(95)).await.resumed);
    for word in 95..100 {
        back.expect_say(&ada.id, &word.to_string()).await;
    }
    back.expect_silence().await;
    let mut anew = server.connect().await;
    assert!(!anew.resume(&back.keepsake(50)).await.resumed);
    expect_replaced(&mut ada, &back.id, &anew).await;
}

#[tokio::test]
async fn who_does_not_come_back_in_time_is_lost() {
    let server = start(Config { grace: Duration::from_millis(100), ..Config::default() }).await;
    let (mut ada, bob) = ada_and_bob(&server).await;
    let (id, keepsake) = (bob.id.clone(), bob.keepsake(0));
    bob.break_off().await;
    ada.expect_left(&id, LeaveReason::Lost).await;
    let mut bob = server.connect().await;
    let back = bob.resume(&keepsake).await;
    assert!(!back.resumed);
    assert_eq!(back.name, "Anew");
    ada.expect_joined(&bob, "Anew").await;
    ada.expect_silence().await;
}

#[tokio::test]
async fn the_end_of_an_absence_is_nothing_to_one_who_is_back() {
    let grace = Duration::from_secs(1);
    let server = start(Config { grace, ..Config::default() }).await;
    let mut bob = server.join("r", "Bob").await;
    // A machine that is very busy may need more than one try.
    let bob = soon(async {
        loop {
            let keepsake = bob.keepsake(0);
            bob.break_off().await;
            bob = server.connect().await;
            if bob.resume(&keepsake).await.resumed {
                break bob;
            }
        }
    })
    .await;
    tokio::time::sleep(grace * 2).await;
    let there = server.connect().await.join("r", "Ada").await;
    assert_eq!(there.iter().map(|peer| &peer.id).collect::<Vec<_>>(), [&bob.id]);
}
