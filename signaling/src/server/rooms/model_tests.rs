//! Three clients who say and signal things, whose sockets break at any moment, and who come back at any moment:
//! everybody gets exactly what a room without sockets would have given, in order, once.
//!
//! What is under way on a socket, in both directions, is part of the model: it is lost with the socket, or still read
//! by the server long after the client has come back on another.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::server::outbox::{Outgoing, queue};
use crate::{ClientMessage, Data, Join, Ping, Say, SignalTo};
use crate::{Joined, PeerJoined, Pong, SayFrom, ServerError, SignalFrom};

#[derive(Clone, Debug)]
enum Step {
    Say(usize),
    /// To one of them, or to somebody who is not there.
    Signal(usize, usize),
    Ping(usize),
    /// The server reads so many frames; the last is one too many in a short time.
    ServerReads(usize, usize, bool),
    /// It reads a socket that the client has given up.
    ServerReadsOld(usize, usize),
    ServerWrites(usize, usize),
    ServerWritesOld(usize, usize),
    ClientReads(usize, usize),
    Break(usize),
    /// The server notices that a socket has gone. It need not before the client is back.
    Notice(usize),
    ComeBack(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Step::*;
    let who = || 0..3_usize;
    let some = || 0..6_usize;
    let step = prop_oneof![
        4 => who().prop_map(Say),
        4 => (who(), 0..4_usize).prop_map(|(who, to)| Signal(who, to)),
        2 => who().prop_map(Ping),
        4 => (who(), some(), proptest::bool::weighted(0.1)).prop_map(|(who, some, last)| ServerReads(who, some, last)),
        1 => (who(), some()).prop_map(|(who, some)| ServerReadsOld(who, some)),
        4 => (who(), some()).prop_map(|(who, some)| ServerWrites(who, some)),
        1 => (who(), some()).prop_map(|(who, some)| ServerWritesOld(who, some)),
        4 => (who(), some()).prop_map(|(who, some)| ClientReads(who, some)),
        1 => who().prop_map(Break),
        1 => who().prop_map(Notice),
        2 => who().prop_map(ComeBack),
    ];
    proptest::collection::vec(step, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everybody_gets_everything_in_order_and_once(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            world.step(&step);
        }
        world.settle();
    }
}

struct World {
    rooms: Rooms,
    people: Vec<Person>,
    sockets: usize,
}

/// A client, and what the server should make of it.
struct Person {
    id: PeerId,
    token: Option<ResumeToken>,
    socket: Option<Socket>,
    /// Those that the client has given up and the server has not.
    old: Vec<Socket>,
    /// The numbered frames that came.
    told: Vec<ServerMessage>,
    /// Those that should.
    expected: Vec<ServerMessage>,
    /// What the client has told, and how much of it the server is known to have.
    sent: Vec<ClientMessage>,
    acknowledged: usize,
    /// How much the server has, and by which socket it holds the seat.
    arrived: usize,
    holder: usize,
    seated: bool,
}

struct Socket {
    number: usize,
    up: VecDeque<ClientMessage>,
    down: VecDeque<ServerMessage>,
    outbox: Outbox,
    outgoing: Outgoing,
    seat: Option<Seat>,
}

impl World {
    fn new() -> Self {
        let rooms = Rooms::new(&Config::default());
        let mut world = Self { rooms, people: Vec::new(), sockets: 0 };
        for who in 0..3 {
            world.people.push(Person {
                id: PeerId::from(""),
                token: None,
                socket: None,
                old: Vec::new(),
                told: Vec::new(),
                expected: Vec::new(),
                sent: Vec::new(),
                acknowledged: 0,
                arrived: 0,
                holder: 0,
                seated: false,
            });
            world.come(who);
            world.server_reads(who, 1, false);
            world.server_writes(who, 1);
            world.client_reads(who, 1);
            let new = &world.people[who];
            let peer = Peer::new(new.id.clone(), who.to_string());
            for other in &mut world.people[..who] {
                other.expected.push(ServerMessage::PeerJoined(PeerJoined::new(peer.clone())));
            }
        }
        world
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Say(who) => {
                let data = self.next_data(who);
                let id = format!("m{who}-{}", self.people[who].sent.len()).parse().unwrap();
                self.client_sends(who, ClientMessage::Say(Say::new(id, data)));
            }
            Step::Signal(who, to) => {
                let to = self.people.get(to).map_or(PeerId::from("nobody"), |peer| peer.id.clone());
                let data = self.next_data(who);
                self.client_sends(who, ClientMessage::Signal(SignalTo::new(to, data)));
            }
            Step::Ping(who) => self.ping(who),
            Step::ServerReads(who, count, throttled) => self.server_reads(who, count, throttled),
            Step::ServerReadsOld(who, count) => {
                for index in 0..self.people[who].old.len() {
                    for _ in 0..count {
                        let frame = self.people[who].old[index].up.pop_front();
                        frame.into_iter().for_each(|frame| self.server_reads_frame(who, Some(index), frame, false));
                    }
                }
            }
            Step::ServerWrites(who, count) => self.server_writes(who, count),
            Step::ServerWritesOld(who, count) => {
                for socket in &mut self.people[who].old {
                    for _ in 0..count {
                        socket.outgoing.ready();
                    }
                }
            }
            Step::ClientReads(who, count) => self.client_reads(who, count),
            Step::Break(who) => {
                let person = &mut self.people[who];
                person.old.extend(person.socket.take());
            }
            Step::Notice(who) => {
                // The socket that still holds the seat is kept, as it is for the time of grace.
                let holder = self.people[who].holder;
                self.people[who].old.retain(|socket| socket.number == holder);
            }
            Step::ComeBack(who) => {
                if self.people[who].socket.is_none() {
                    self.come(who);
                }
            }
        }
    }

    /// Everybody comes back and the network stays up.
    fn settle(&mut self) {
        for who in 0..3 {
            self.step(&Step::ComeBack(who));
        }
        for _ in 0..3 {
            for who in 0..3 {
                self.ping(who);
                self.server_reads(who, usize::MAX, false);
            }
            for who in 0..3 {
                self.server_writes(who, usize::MAX);
                self.client_reads(who, usize::MAX);
            }
        }
        for person in &self.people {
            assert_eq!(person.told, person.expected);
            assert_eq!(person.arrived, person.sent.len());
            assert_eq!(person.acknowledged, person.sent.len());
        }
    }

    fn next_data(&self, who: usize) -> Data {
        Data::from_serialize(&(who, self.people[who].sent.len())).unwrap()
    }

    fn come(&mut self, who: usize) {
        self.sockets += 1;
        let (outbox, outgoing) = queue(&Config::default().limits);
        let person = &mut self.people[who];
        let join = ClientMessage::Join(
            Join::new("r", who.to_string())
                .resume(person.token.clone())
                .received(u32::try_from(person.told.len()).unwrap()),
        );
        person.seated = false;
        person.socket = Some(Socket {
            number: self.sockets,
            up: VecDeque::from([join]),
            down: VecDeque::new(),
            outbox,
            outgoing,
            seat: None,
        });
    }

    fn client_sends(&mut self, who: usize, frame: ClientMessage) {
        let person = &mut self.people[who];
        person.sent.push(frame.clone());
        if let Some(socket) = person.socket.as_mut().filter(|_| person.seated) {
            socket.up.push_back(frame);
        }
    }

    fn ping(&mut self, who: usize) {
        let person = &mut self.people[who];
        let received = u32::try_from(person.told.len()).unwrap();
        if let Some(socket) = person.socket.as_mut().filter(|_| person.seated) {
            socket.up.push_back(ClientMessage::Ping(Ping::new(1).received(received)));
        }
    }

    fn server_reads(&mut self, who: usize, count: usize, last_is_too_many: bool) {
        for read in 1..=count {
            let frame = self.people[who].socket.as_mut().and_then(|socket| socket.up.pop_front());
            let Some(frame) = frame else { return };
            self.server_reads_frame(who, None, frame, last_is_too_many && read == count);
        }
    }

    fn server_reads_frame(&mut self, who: usize, old: Option<usize>, frame: ClientMessage, too_many: bool) {
        let rooms = self.rooms.clone();
        let person = &mut self.people[who];
        let socket = match old {
            Some(index) => &mut person.old[index],
            None => person.socket.as_mut().unwrap(),
        };
        match frame {
            ClientMessage::Join(Join { room, name, resume, received, .. }) => {
                let resume = resume.map(|token| Resume { token, received, or_else: None });
                match rooms.join(&room, &name, resume.as_ref(), socket.outbox.clone()) {
                    Ok(seat) => {
                        socket.seat = Some(seat);
                        person.holder = socket.number;
                    }
                    Err(refusal) => {
                        assert_eq!(refusal.code, ErrorCode::AlreadyJoined);
                        assert_eq!(socket.outbox.closed(), Some(Closed::Replaced));
                        assert!(socket.number < person.holder);
                    }
                }
            }
            ClientMessage::Ping(Ping { id, received, .. }) => socket.seat.as_ref().unwrap().ping(id, received),
            numbered => {
                let number = socket.number;
                let seat = socket.seat.as_ref().unwrap();
                match (&numbered, too_many) {
                    (_, true) => seat.refuse_numbered(ErrorCode::RateLimited, ""),
                    (ClientMessage::Signal(SignalTo { to, data, .. }), false) => seat.signal(to, data.clone()),
                    (ClientMessage::Say(Say { id, data, .. }), false) => seat.say(id.clone(), data.clone()),
                    (other, false) => panic!("{other:?}"),
                }
                if number == person.holder {
                    self.expect(who, numbered, too_many);
                }
            }
        }
    }

    /// What the server should do with a frame of the seat's.
    fn expect(&mut self, who: usize, frame: ClientMessage, too_many: bool) {
        let person = &mut self.people[who];
        assert_eq!(frame, person.sent[person.arrived], "the next of its frames, and no other");
        person.arrived += 1;
        let from = person.id.clone();
        let number = u32::try_from(person.arrived).unwrap();
        let refused = |code: ErrorCode, message: &str| {
            ServerMessage::Error(ServerError::new(code, message.to_owned()).frame(number))
        };
        match frame {
            _ if too_many => person.expected.push(refused(ErrorCode::RateLimited, "")),
            ClientMessage::Signal(SignalTo { to, data, .. }) => match self.people.iter_mut().find(|peer| peer.id == to)
            {
                Some(peer) => peer.expected.push(ServerMessage::Signal(SignalFrom::new(from, data))),
                None => {
                    let refused = refused(ErrorCode::UnknownPeer, "no such peer in the room");
                    self.people[who].expected.push(refused);
                }
            },
            ClientMessage::Say(Say { id, data, .. }) => {
                for peer in self.people.iter_mut().filter(|peer| peer.id != from) {
                    peer.expected.push(ServerMessage::Say(SayFrom::new(from.clone(), id.clone(), data.clone())));
                }
            }
            other => panic!("{other:?}"),
        }
    }

    fn server_writes(&mut self, who: usize, count: usize) {
        let Some(socket) = &mut self.people[who].socket else { return };
        let frames = std::iter::from_fn(|| socket.outgoing.ready()).take(count);
        socket.down.extend(frames.map(|frame| ServerMessage::from_json(&frame).unwrap()));
    }

    fn client_reads(&mut self, who: usize, count: usize) {
        let person = &mut self.people[who];
        let Some(socket) = &mut person.socket else { return };
        let frames: Vec<_> = socket.down.drain(..count.min(socket.down.len())).collect();
        for frame in frames {
            match frame {
                ServerMessage::Joined(Joined { you, resume, resumed, received, .. }) => {
                    assert_eq!(resumed, person.token.is_some());
                    assert!(!resumed || you.id == person.id);
                    (person.id, person.token) = (you.id, resume);
                    person.seated = true;
                    person.acknowledged = received as usize;
                    socket.up.extend(person.sent[person.acknowledged..].iter().cloned());
                }
                ServerMessage::Pong(Pong { received, .. }) => {
                    assert!(received as usize >= person.acknowledged);
                    person.acknowledged = received as usize;
                }
                numbered => person.told.push(numbered),
            }
        }
    }
}
