use super::{
    super::{
        config::Limits,
        outbox::{OutboxReader, queue},
    },
    *,
};
use browser_rtc_proto::signaling::{Data, ErrorCode, MessageId};
use browser_rtc_proto::signaling::{Joined, PeerJoined, PeerLeft, SayFrom, ServerError, SignalFrom};

fn rooms(limits: Limits) -> MemoryRooms {
    MemoryRooms::new(&Config::new().limits(limits), Metrics::default())
}

fn join(rooms: &MemoryRooms, room: &str, name: &str) -> Result<(MemorySeat, OutboxReader), ErrorCode> {
    let (outbox, reader) = queue(&Limits::default());
    rooms.join(room, name, None, outbox).map(|seat| (seat, reader)).map_err(|refusal| refusal.code)
}

fn received(reader: &mut OutboxReader) -> Vec<ServerMessage> {
    std::iter::from_fn(|| reader.try_next()).map(|frame| ServerMessage::from_json(&frame).unwrap()).collect()
}

fn id(text: &str) -> MessageId {
    text.parse().unwrap()
}

fn data(json: &str) -> Data {
    Data::from_json(json).unwrap()
}

#[test]
fn join_and_leave_are_announced() {
    let rooms = rooms(Limits::default());
    let (ada, mut to_ada) = join(&rooms, "r", "Ada").unwrap();
    let (bob, mut to_bob) = join(&rooms, "r", " Bob ").unwrap();
    let first = received(&mut to_ada);
    let bob_peer = Peer::new(bob.id().clone(), "Bob");
    assert!(
        matches!(&first[0], ServerMessage::Joined(Joined { you, peers, .. }) if you.id == *ada.id() && peers.is_empty())
    );
    assert_eq!(first[1..], [ServerMessage::PeerJoined(PeerJoined::new(bob_peer.clone()))]);
    let first = received(&mut to_bob);
    assert!(
        matches!(&first[..], [ServerMessage::Joined(Joined { you, peers, resume: Some(_), resumed: false, received: 0, .. })] if *you == bob_peer && peers[0].id == *ada.id())
    );

    bob.leave(Some(LeaveReason::Left));
    drop(ada);
    let id = bob_peer.id;
    let reason = LeaveReason::Left;
    assert_eq!(received(&mut to_ada), [ServerMessage::PeerLeft(PeerLeft::new(id, reason))]);
    assert_eq!(rooms.counts().0, 0);
}

#[test]
fn dropped_seat_is_lost_without_announcement() {
    let rooms = rooms(Limits::default());
    let (_ada, mut to_ada) = join(&rooms, "r", "Ada").unwrap();
    let (bob, _) = join(&rooms, "r", "Bob").unwrap();
    let (eve, _) = join(&rooms, "r", "Eve").unwrap();
    received(&mut to_ada);
    let id = bob.id().clone();
    eve.leave(None);
    drop(bob);
    let reason = LeaveReason::Lost;
    assert_eq!(received(&mut to_ada), [ServerMessage::PeerLeft(PeerLeft::new(id, reason))]);
}

#[test]
fn signal_reaches_one_peer_and_say_all_others() {
    let rooms = rooms(Limits::default());
    let (ada, mut to_ada) = join(&rooms, "r", "Ada").unwrap();
    let (bob, mut to_bob) = join(&rooms, "r", "Bob").unwrap();
    let (_eve, mut to_eve) = join(&rooms, "r", "Eve").unwrap();
    let (far, mut to_far) = join(&rooms, "elsewhere", "Far").unwrap();
    for reader in [&mut to_ada, &mut to_bob, &mut to_eve, &mut to_far] {
        received(reader);
    }
    let from = ada.id().clone();
    ada.signal(bob.id(), data("1"));
    ada.say(id("m2"), data("2"));
    let say = ServerMessage::Say(SayFrom::new(from.clone(), id("m2"), data("2")));
    let signal = ServerMessage::Signal(SignalFrom::new(from, data("1")));
    assert_eq!(received(&mut to_bob), [signal, say.clone()]);
    assert_eq!(received(&mut to_eve), [say]);
    assert_eq!(received(&mut to_ada), []);
    assert_eq!(received(&mut to_far), []);
    ada.signal(far.id(), data("1"));
    assert!(matches!(
        &received(&mut to_ada)[..],
        [ServerMessage::Error(ServerError { code: ErrorCode::UnknownPeer, .. })]
    ));
}

#[test]
fn names_rooms_and_seats_are_limited() {
    let rooms = rooms(Limits::new().rooms(2).seats_per_room(2));
    let _a = join(&rooms, "r", "Ada").unwrap();
    assert_eq!(join(&rooms, "r", "Ada ").unwrap_err(), ErrorCode::NameTaken);
    let _b = join(&rooms, "r", "Bob").unwrap();
    assert_eq!(join(&rooms, "r", "Eve").unwrap_err(), ErrorCode::RoomFull);
    let other = join(&rooms, "s", "Ada").unwrap();
    assert_eq!(join(&rooms, "t", "Ada").unwrap_err(), ErrorCode::ServerFull);
    drop(other);
    assert!(join(&rooms, "t", "Ada").is_ok());
    for bad in ["", "  ", "a\u{7}b", "a\nb", &"x".repeat(65)] {
        assert_eq!(join(&rooms, bad, "Ada").unwrap_err(), ErrorCode::BadRoom);
        assert_eq!(join(&rooms, "r", bad).unwrap_err(), ErrorCode::BadName);
    }
    let longest = "ü".repeat(64);
    assert!(join(&rooms, &longest, &longest).is_ok());
}

#[test]
fn full_queue_affects_only_owner() {
    let rooms = rooms(Limits::default());
    let (ada, _to_ada) = join(&rooms, "r", "Ada").unwrap();
    let (_bob, mut to_bob) = join(&rooms, "r", "Bob").unwrap();
    let (slow, _to_slow) = queue(&Limits::new().queue_frames(2));
    let _eve = rooms.join("r", "Eve", None, slow.clone()).unwrap();
    received(&mut to_bob);
    ada.say(id("m1"), data("1"));
    assert!(!slow.aborted().is_cancelled());
    ada.say(id("m2"), data("2"));
    assert!(slow.aborted().is_cancelled());
    assert_eq!(received(&mut to_bob).len(), 2);
}

/// Replays the messages of each member, and compares the result with the members of the room.
#[test]
fn concurrent_joins_and_leaves_are_consistent() {
    let rooms = rooms(Limits::default());
    let (_watcher, mut to_watcher) = join(&rooms, "r", "watcher").unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let rooms = &rooms;
            scope.spawn(move || {
                for turn in 0..50 {
                    let (seat, mut reader) = join(rooms, "r", &format!("{thread}-{turn}")).unwrap();
                    replay(&received(&mut reader));
                    drop(seat);
                }
            });
        }
    });
    assert_eq!(replay(&received(&mut to_watcher)), 0);
}

fn replay(messages: &[ServerMessage]) -> usize {
    let mut present = std::collections::HashSet::new();
    for (index, message) in messages.iter().enumerate() {
        match message {
            ServerMessage::Joined(Joined { peers, .. }) => {
                assert_eq!(index, 0, "joined is the first message");
                present.extend(peers.iter().map(|peer| peer.id.clone()));
            }
            ServerMessage::PeerJoined(PeerJoined { peer, .. }) => assert!(present.insert(peer.id.clone())),
            ServerMessage::PeerLeft(PeerLeft { id, .. }) => assert!(present.remove(id)),
            other => panic!("unexpected {other:?}"),
        }
    }
    present.len()
}
