//! A model of three clients whose sockets fail and are replaced at any moment. Each client receives exactly the frames
//! that a room with reliable sockets would deliver, in order and once.
//!
//! Frames in flight in both directions are part of the model: they are lost with the socket, or the server reads them
//! long after the client has resumed its seat on another socket.

use browser_rtc_proto::signaling::{Joined, PeerJoined, Pong, SayFrom, ServerError, SignalFrom};
use std::collections::VecDeque;

use proptest::prelude::*;

use super::{
    super::outbox::{OutboxReader, queue},
    *,
};
use browser_rtc_proto::signaling::{ClientMessage, Data, ErrorCode, Join, Ping, ResumeToken, Say, SignalTo};

#[derive(Clone, Debug)]
enum Step {
    Say(usize),
    /// A signal to one of the clients, or to an unknown peer.
    Signal(usize, usize),
    Ping(usize),
    /// The server reads this number of frames. The last one may exceed the rate limit.
    ServerReads(usize, usize, bool),
    /// The server reads from a socket that the client has abandoned.
    ServerReadsOld(usize, usize),
    ServerWrites(usize, usize),
    ServerWritesOld(usize, usize),
    ClientReads(usize, usize),
    Break(usize),
    /// The server detects failed sockets, possibly after the client has resumed its seat.
    Notice(usize),
    Reconnect(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Step::*;
    let index = || 0..3_usize;
    let some = || 0..6_usize;
    let step = prop_oneof![
        4 => index().prop_map(Say),
        4 => (index(), 0..4_usize).prop_map(|(i, to)| Signal(i, to)),
        2 => index().prop_map(Ping),
        4 => (index(), some(), proptest::bool::weighted(0.1)).prop_map(|(i, some, last)| ServerReads(i, some, last)),
        1 => (index(), some()).prop_map(|(i, some)| ServerReadsOld(i, some)),
        4 => (index(), some()).prop_map(|(i, some)| ServerWrites(i, some)),
        1 => (index(), some()).prop_map(|(i, some)| ServerWritesOld(i, some)),
        4 => (index(), some()).prop_map(|(i, some)| ClientReads(i, some)),
        1 => index().prop_map(Break),
        1 => index().prop_map(Notice),
        2 => index().prop_map(Reconnect),
    ];
    proptest::collection::vec(step, 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_arrive_in_order_exactly_once(steps in steps()) {
        let mut model = Model::new();
        for step in steps {
            model.step(&step);
        }
        model.settle();
    }
}

struct Model {
    rooms: MemoryRooms,
    clients: Vec<Client>,
    sockets: usize,
}

/// A client, and its expected state.
struct Client {
    id: PeerId,
    token: Option<ResumeToken>,
    socket: Option<Socket>,
    /// Sockets that the client has abandoned and the server has not closed yet.
    old: Vec<Socket>,
    /// The received numbered frames.
    received: Vec<ServerMessage>,
    /// The expected numbered frames.
    expected: Vec<ServerMessage>,
    /// The frames that the client has sent, and the number of those that the server has acknowledged.
    sent: Vec<ClientMessage>,
    acknowledged: usize,
    /// The number of frames that the server has received, and the number of the socket that holds the seat.
    arrived: usize,
    holder: usize,
    seated: bool,
}

struct Socket {
    number: usize,
    up: VecDeque<ClientMessage>,
    down: VecDeque<ServerMessage>,
    outbox: Outbox,
    reader: OutboxReader,
    seat: Option<MemorySeat>,
}

impl Model {
    fn new() -> Self {
        let rooms = MemoryRooms::new(&Config::default(), Metrics::default());
        let mut model = Self { rooms, clients: Vec::new(), sockets: 0 };
        for i in 0..3 {
            model.clients.push(Client {
                id: PeerId::from(""),
                token: None,
                socket: None,
                old: Vec::new(),
                received: Vec::new(),
                expected: Vec::new(),
                sent: Vec::new(),
                acknowledged: 0,
                arrived: 0,
                holder: 0,
                seated: false,
            });
            model.connect(i);
            model.server_reads(i, 1, false);
            model.server_writes(i, 1);
            model.client_reads(i, 1);
            let new = &model.clients[i];
            let peer = Peer::new(new.id.clone(), i.to_string());
            for other in &mut model.clients[..i] {
                other.expected.push(ServerMessage::PeerJoined(PeerJoined::new(peer.clone())));
            }
        }
        model
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Say(i) => {
                let data = self.next_data(i);
                let id = format!("m{i}-{}", self.clients[i].sent.len()).parse().unwrap();
                self.client_sends(i, ClientMessage::Say(Say::new(id, data)));
            }
            Step::Signal(i, to) => {
                let to = self.clients.get(to).map_or(PeerId::from("nobody"), |peer| peer.id.clone());
                let data = self.next_data(i);
                self.client_sends(i, ClientMessage::Signal(SignalTo::new(to, data)));
            }
            Step::Ping(i) => self.ping(i),
            Step::ServerReads(i, count, throttled) => self.server_reads(i, count, throttled),
            Step::ServerReadsOld(i, count) => {
                for index in 0..self.clients[i].old.len() {
                    for _ in 0..count {
                        let frame = self.clients[i].old[index].up.pop_front();
                        frame.into_iter().for_each(|frame| self.server_reads_frame(i, Some(index), frame, false));
                    }
                }
            }
            Step::ServerWrites(i, count) => self.server_writes(i, count),
            Step::ServerWritesOld(i, count) => {
                for socket in &mut self.clients[i].old {
                    for _ in 0..count {
                        socket.reader.try_next();
                    }
                }
            }
            Step::ClientReads(i, count) => self.client_reads(i, count),
            Step::Break(i) => {
                let client = &mut self.clients[i];
                client.old.extend(client.socket.take());
            }
            Step::Notice(i) => {
                // The socket that still holds the seat is kept, as it is for the grace time.
                let holder = self.clients[i].holder;
                self.clients[i].old.retain(|socket| socket.number == holder);
            }
            Step::Reconnect(i) => {
                if self.clients[i].socket.is_none() {
                    self.connect(i);
                }
            }
        }
    }

    /// Reconnects all clients, and delivers all frames.
    fn settle(&mut self) {
        for i in 0..3 {
            self.step(&Step::Reconnect(i));
        }
        for _ in 0..3 {
            for i in 0..3 {
                self.ping(i);
                self.server_reads(i, usize::MAX, false);
            }
            for i in 0..3 {
                self.server_writes(i, usize::MAX);
                self.client_reads(i, usize::MAX);
            }
        }
        for client in &self.clients {
            assert_eq!(client.received, client.expected);
            assert_eq!(client.arrived, client.sent.len());
            assert_eq!(client.acknowledged, client.sent.len());
        }
    }

    fn next_data(&self, i: usize) -> Data {
        Data::from_serialize(&(i, self.clients[i].sent.len())).unwrap()
    }

    fn connect(&mut self, i: usize) {
        self.sockets += 1;
        let (outbox, reader) = queue(&Config::default().limits);
        let client = &mut self.clients[i];
        let join = ClientMessage::Join(
            Join::new("r", i.to_string())
                .resume(client.token.clone())
                .received(u32::try_from(client.received.len()).unwrap()),
        );
        client.seated = false;
        client.socket = Some(Socket {
            number: self.sockets,
            up: VecDeque::from([join]),
            down: VecDeque::new(),
            outbox,
            reader,
            seat: None,
        });
    }

    fn client_sends(&mut self, i: usize, frame: ClientMessage) {
        let client = &mut self.clients[i];
        client.sent.push(frame.clone());
        if let Some(socket) = client.socket.as_mut().filter(|_| client.seated) {
            socket.up.push_back(frame);
        }
    }

    fn ping(&mut self, i: usize) {
        let client = &mut self.clients[i];
        let received = u32::try_from(client.received.len()).unwrap();
        if let Some(socket) = client.socket.as_mut().filter(|_| client.seated) {
            socket.up.push_back(ClientMessage::Ping(Ping::new(1).received(received)));
        }
    }

    fn server_reads(&mut self, i: usize, count: usize, last_is_too_many: bool) {
        for read in 1..=count {
            let frame = self.clients[i].socket.as_mut().and_then(|socket| socket.up.pop_front());
            let Some(frame) = frame else { return };
            self.server_reads_frame(i, None, frame, last_is_too_many && read == count);
        }
    }

    fn server_reads_frame(&mut self, i: usize, old: Option<usize>, frame: ClientMessage, too_many: bool) {
        let rooms = self.rooms.clone();
        let client = &mut self.clients[i];
        let socket = match old {
            Some(index) => &mut client.old[index],
            None => client.socket.as_mut().unwrap(),
        };
        match frame {
            ClientMessage::Join(Join { room, name, resume, received, .. }) => {
                let resume = resume.map(|token| ResumeRequest { token, received, new_seat_denied: None });
                match rooms.join(&room, &name, resume.as_ref(), socket.outbox.clone()) {
                    Ok(seat) => {
                        socket.seat = Some(seat);
                        client.holder = socket.number;
                    }
                    Err(refusal) => {
                        assert_eq!(refusal.code, ErrorCode::AlreadyJoined);
                        assert_eq!(socket.outbox.closed(), Some(QueueClosed::Replaced));
                        assert!(socket.number < client.holder);
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
                if number == client.holder {
                    self.expect(i, numbered, too_many);
                }
            }
        }
    }

    /// Records the expected effect of a frame of the seat.
    fn expect(&mut self, i: usize, frame: ClientMessage, too_many: bool) {
        let client = &mut self.clients[i];
        assert_eq!(frame, client.sent[client.arrived], "frames are received in order");
        client.arrived += 1;
        let from = client.id.clone();
        let number = u32::try_from(client.arrived).unwrap();
        let refused = |code: ErrorCode, message: &str| {
            ServerMessage::Error(ServerError::new(code, message.to_owned()).frame(number))
        };
        match frame {
            _ if too_many => client.expected.push(refused(ErrorCode::RateLimited, "")),
            ClientMessage::Signal(SignalTo { to, data, .. }) => {
                match self.clients.iter_mut().find(|peer| peer.id == to) {
                    Some(peer) => peer.expected.push(ServerMessage::Signal(SignalFrom::new(from, data))),
                    None => {
                        let refused = refused(ErrorCode::UnknownPeer, "the receiver is not in the room");
                        self.clients[i].expected.push(refused);
                    }
                }
            }
            ClientMessage::Say(Say { id, data, .. }) => {
                for peer in self.clients.iter_mut().filter(|peer| peer.id != from) {
                    peer.expected.push(ServerMessage::Say(SayFrom::new(from.clone(), id.clone(), data.clone())));
                }
            }
            other => panic!("{other:?}"),
        }
    }

    fn server_writes(&mut self, i: usize, count: usize) {
        let Some(socket) = &mut self.clients[i].socket else { return };
        let frames = std::iter::from_fn(|| socket.reader.try_next()).take(count);
        socket.down.extend(frames.map(|frame| ServerMessage::from_json(&frame).unwrap()));
    }

    fn client_reads(&mut self, i: usize, count: usize) {
        let client = &mut self.clients[i];
        let Some(socket) = &mut client.socket else { return };
        let frames: Vec<_> = socket.down.drain(..count.min(socket.down.len())).collect();
        for frame in frames {
            match frame {
                ServerMessage::Joined(Joined { you, resume, resumed, received, .. }) => {
                    assert_eq!(resumed, client.token.is_some());
                    assert!(!resumed || you.id == client.id);
                    (client.id, client.token) = (you.id, resume);
                    client.seated = true;
                    client.acknowledged = received as usize;
                    socket.up.extend(client.sent[client.acknowledged..].iter().cloned());
                }
                ServerMessage::Pong(Pong { received, .. }) => {
                    assert!(received as usize >= client.acknowledged);
                    client.acknowledged = received as usize;
                }
                numbered => client.received.push(numbered),
            }
        }
    }
}
