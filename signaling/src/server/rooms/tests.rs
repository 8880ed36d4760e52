use super::*;
use crate::server::Limits;
use crate::server::outbox::{Outgoing, queue};
use crate::{Data, MessageId};
use crate::{Joined, PeerJoined, PeerLeft, SayFrom, ServerError, SignalFrom};

fn rooms(limits: Limits) -> Rooms {
    Rooms::new(&Config { limits, ..Config::default() })
}

fn join(rooms: &Rooms, room: &str, name: &str) -> Result<(Seat, Outgoing), ErrorCode> {
    let (outbox, outgoing) = queue(&Limits::default());
    rooms.join(room, name, None, outbox).map(|seat| (seat, outgoing)).map_err(|refusal| refusal.code)
}

fn told(outgoing: &mut Outgoing) -> Vec<ServerMessage> {
    std::iter::from_fn(|| outgoing.ready()).map(|frame| ServerMessage::from_json(&frame).unwrap()).collect()
}

fn id(text: &str) -> MessageId {
    text.parse().unwrap()
}

fn data(json: &str) -> Data {
    Data::from_json(json).unwrap()
}

#[test]
fn newcomers_and_members_are_told() {
    let rooms = rooms(Limits::default());
    let (ada, mut to_ada) = join(&rooms, "r", "Ada").unwrap();
    let (bob, mut to_bob) = join(&rooms, "r", " Bob ").unwrap();
    let first = told(&mut to_ada);
    let bob_peer = Peer::new(bob.id().clone(), "Bob");
    assert!(
        matches!(&first[0], ServerMessage::Joined(Joined { you, peers, .. }) if you.id == *ada.id() && peers.is_empty())
    );
    assert_eq!(first[1..], [ServerMessage::PeerJoined(PeerJoined::new(bob_peer.clone()))]);
    let first = told(&mut to_bob);
    assert!(
        matches!(&first[..], [ServerMessage::Joined(Joined { you, peers, resume: Some(_), resumed: false, received: 0, .. })] if *you == bob_peer && peers[0].id == *ada.id())
    );

    bob.leave(Some(LeaveReason::Left));
    drop(ada);
    let id = bob_peer.id;
    let reason = LeaveReason::Left;
    assert_eq!(told(&mut to_ada), [ServerMessage::PeerLeft(PeerLeft::new(id, reason))]);
    assert_eq!(rooms.len(), 0);
}

#[test]
fn a_seat_that_is_dropped_is_lost_and_a_silent_one_is_not_announced() {
    let rooms = rooms(Limits::default());
    let (_ada, mut to_ada) = join(&rooms, "r", "Ada").unwrap();
    let (bob, _) = join(&rooms, "r", "Bob").unwrap();
    let (eve, _) = join(&rooms, "r", "Eve").unwrap();
    told(&mut to_ada);
    let id = bob.id().clone();
    eve.leave(None);
    drop(bob);
    let reason = LeaveReason::Lost;
    assert_eq!(told(&mut to_ada), [ServerMessage::PeerLeft(PeerLeft::new(id, reason))]);
}

#[test]
fn signals_reach_one_and_says_reach_the_others() {
    let rooms = rooms(Limits::default());
    let (ada, mut to_ada) = join(&rooms, "r", "Ada").unwrap();
    let (bob, mut to_bob) = join(&rooms, "r", "Bob").unwrap();
    let (_eve, mut to_eve) = join(&rooms, "r", "Eve").unwrap();
    let (far, mut to_far) = join(&rooms, "elsewhere", "Far").unwrap();
    for outgoing in [&mut to_ada, &mut to_bob, &mut to_eve, &mut to_far] {
        told(outgoing);
    }
    let from = ada.id().clone();
    ada.signal(bob.id(), data("1"));
    ada.say(id("m2"), data("2"));
    let say = ServerMessage::Say(SayFrom::new(from.clone(), id("m2"), data("2")));
    let signal = ServerMessage::Signal(SignalFrom::new(from, data("1")));
    assert_eq!(told(&mut to_bob), [signal, say.clone()]);
    assert_eq!(told(&mut to_eve), [say]);
    assert_eq!(told(&mut to_ada), []);
    assert_eq!(told(&mut to_far), []);
    ada.signal(far.id(), data("1"));
    assert!(matches!(&told(&mut to_ada)[..], [ServerMessage::Error(ServerError { code: ErrorCode::UnknownPeer, .. })]));
}

#[test]
fn names_and_places_are_limited() {
    let rooms = rooms(Limits { rooms: 2, seats_per_room: 2, ..Limits::default() });
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
fn a_full_queue_ends_its_owner_alone() {
    let rooms = rooms(Limits::default());
    let (ada, _to_ada) = join(&rooms, "r", "Ada").unwrap();
    let (_bob, mut to_bob) = join(&rooms, "r", "Bob").unwrap();
    let (slow, _to_slow) = queue(&Limits { queue_frames: 2, ..Limits::default() });
    let _eve = rooms.join("r", "Eve", None, slow.clone()).unwrap();
    told(&mut to_bob);
    ada.say(id("m1"), data("1"));
    assert!(!slow.cut().is_cancelled());
    ada.say(id("m2"), data("2"));
    assert!(slow.cut().is_cancelled());
    assert_eq!(told(&mut to_bob).len(), 2);
}

/// Replays what each member was told, and compares it with who is there.
#[test]
fn everybody_agrees_on_who_is_there_however_they_come_and_go() {
    let rooms = rooms(Limits::default());
    let (_watcher, mut to_watcher) = join(&rooms, "r", "watcher").unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let rooms = &rooms;
            scope.spawn(move || {
                for turn in 0..50 {
                    let (seat, mut outgoing) = join(rooms, "r", &format!("{thread}-{turn}")).unwrap();
                    follow(&told(&mut outgoing));
                    drop(seat);
                }
            });
        }
    });
    assert_eq!(follow(&told(&mut to_watcher)), 0);
}

fn follow(messages: &[ServerMessage]) -> usize {
    let mut present = std::collections::HashSet::new();
    for (index, message) in messages.iter().enumerate() {
        match message {
            ServerMessage::Joined(Joined { peers, .. }) => {
                assert_eq!(index, 0, "joined comes first");
                present.extend(peers.iter().map(|peer| peer.id.clone()));
            }
            ServerMessage::PeerJoined(PeerJoined { peer, .. }) => assert!(present.insert(peer.id.clone())),
            ServerMessage::PeerLeft(PeerLeft { id, .. }) => assert!(present.remove(id)),
            other => panic!("unexpected {other:?}"),
        }
    }
    present.len()
}
