//! A model of four clients on two servers, whose sockets fail at any moment, and which resume on either server and move
//! between rooms. Each client receives exactly the frames that a room with reliable sockets would deliver: the frames
//! of each sender in order and once, and joins and departures in the same order for all.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    time::Duration,
};

use browser_rtc_proto::signaling::{
    ClientMessage, Data, Join, Joined, LeaveReason, PeerId, PeerJoined, PeerLeft, Ping, Pong, ResumeToken, Say,
    SayFrom, ServerMessage, SignalFrom, SignalTo,
};
use proptest::prelude::*;

use super::support::{Program, Redis, RedisProxy, expect_unavailable, wait_until_ready};
use crate::support::{Client, TestServer, message_id, with_timeout};

#[derive(Clone, Debug)]
enum Step {
    Say(usize),
    /// A signal to one of the clients, which may be in another room.
    Signal(usize, usize),
    Break(usize),
    ComeBack(usize, usize),
    /// Resumes the seat while the socket still works.
    TakeOver(usize, usize),
    Read(usize, usize),
    /// Joins a room on a server, after all earlier frames have arrived.
    Move(usize, usize, usize),
    /// Published entries are lost on the first server, until all frames have arrived.
    LoseEntries,
    /// The connections of both servers to Redis break.
    Interrupt,
    /// Redis stops, until both servers have closed the sockets of their clients.
    Outage,
    /// The second server is killed, and another one is started.
    Kill,
    /// Redis loses its data, after all earlier frames have arrived. All clients get new seats.
    Empty,
}

fn steps(faults: bool) -> impl Strategy<Value = Vec<Step>> {
    use Step::*;
    let i = || 0..4_usize;
    let server = || 0..2_usize;
    let step = prop_oneof![
        8 => i().prop_map(Say),
        8 => (i(), i()).prop_map(|(i, to)| Signal(i, to)),
        2 => i().prop_map(Break),
        4 => (i(), server()).prop_map(|(i, server)| ComeBack(i, server)),
        2 => (i(), server()).prop_map(|(i, server)| TakeOver(i, server)),
        3 => (i(), 0..6_usize).prop_map(|(i, count)| Read(i, count)),
        1 => (i(), server(), server()).prop_map(|(i, room, server)| Move(i, room, server)),
    ];
    let fault = prop_oneof![Just(LoseEntries), Just(Interrupt), Just(Outage), Just(Kill), Just(Empty)];
    let weight = u32::from(faults);
    proptest::collection::vec(prop_oneof![12 => step, weight => fault], 10..70)
}

/// Redis and two servers.
struct World {
    redis: Redis,
    proxy: RedisProxy,
    servers: [TestServer; 2],
    /// The process of the second server, if it has one.
    program: Option<Program>,
    losing_entries: bool,
}

impl World {
    async fn start(faults: bool) -> Option<Self> {
        let redis = if faults { Redis::start_durable().await? } else { Redis::start().await? };
        let proxy = RedisProxy::to(&redis).await;
        let first = redis.server_via(&proxy).await;
        let (second, program) = if faults {
            let (server, program) = redis.program(GRACE_MS);
            (server, Some(program))
        } else {
            (redis.server().await, None)
        };
        Some(Self { redis, proxy, servers: [first, second], program, losing_entries: false })
    }

    fn lose_entries(&mut self, lose: bool) {
        self.losing_entries = lose;
        self.proxy.lose_entries(lose);
    }
}

/// Longer than any test runs.
const GRACE_MS: u32 = 3_600_000;

fn run_model(faults: bool, cases: u32) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(world) = runtime.block_on(World::start(faults)) else { return };
    let config = ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 0, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let (case, world) = (Cell::new(0), RefCell::new(world));
    let run = |steps: Vec<Step>| {
        let mut world = world.borrow_mut();
        runtime.block_on(async {
            let mut model = Model::new(&mut world, case.replace(case.get() + 1)).await;
            for step in &steps {
                model.step(step).await;
            }
            model.settle().await;
            model.leave_all().await;
        });
        Ok(())
    };
    runner.run(&steps(faults), run).unwrap();
}

#[test]
fn frames_arrive_in_order_exactly_once() {
    run_model(false, 40);
}

#[test]
fn frames_arrive_exactly_once_despite_faults() {
    run_model(true, 12);
}

struct Model<'a> {
    world: &'a mut World,
    case: usize,
    participants: Vec<Participant>,
}

struct Participant {
    name: String,
    room: usize,
    server: usize,
    client: Option<Client>,
    id: PeerId,
    token: Option<ResumeToken>,
    /// The number of numbered frames received in this seat.
    received_count: u32,
    received: Received,
    expected: Received,
    /// The numbered frames sent in this seat.
    sent: Vec<ClientMessage>,
    messages_sent: usize,
}

/// Received messages. The order between different senders is not defined.
#[derive(Debug, Default, PartialEq)]
struct Received {
    by_sender: HashMap<PeerId, Vec<ServerMessage>>,
    presence: Vec<ServerMessage>,
    refusals: usize,
}

impl Received {
    fn add(&mut self, message: ServerMessage) {
        match &message {
            ServerMessage::Say(SayFrom { from, .. }) | ServerMessage::Signal(SignalFrom { from, .. }) => {
                self.by_sender.entry(from.clone()).or_default().push(message);
            }
            ServerMessage::PeerJoined(_) | ServerMessage::PeerLeft(_) => self.presence.push(message),
            ServerMessage::Error(_) => self.refusals += 1,
            other => panic!("{other:?}"),
        }
    }

    fn count(&self) -> usize {
        self.by_sender.values().map(Vec::len).sum::<usize>() + self.presence.len() + self.refusals
    }
}

impl<'a> Model<'a> {
    async fn new(world: &'a mut World, case: usize) -> Self {
        let mut model = Self { world, case, participants: Vec::new() };
        for i in 0..4 {
            model.participants.push(Participant {
                name: format!("participant {i}"),
                room: 0,
                server: 0,
                client: None,
                id: PeerId::from(""),
                token: None,
                received_count: 0,
                received: Received::default(),
                expected: Received::default(),
                sent: Vec::new(),
                messages_sent: 0,
            });
            model.enter(i, 0, i % 2).await;
        }
        model
    }

    fn room(&self, room: usize) -> String {
        format!("case {} room {room}", self.case)
    }

    async fn step(&mut self, step: &Step) {
        match *step {
            Step::Say(i) => self.say(i).await,
            Step::Signal(i, to) => {
                let data = self.next_data(i);
                let id = self.participants[to].id.clone();
                self.send(i, ClientMessage::Signal(SignalTo::new(id, data.clone()))).await;
                let from = self.participants[i].id.clone();
                if self.participants[to].room == self.participants[i].room {
                    self.participants[to].expected.add(ServerMessage::Signal(SignalFrom::new(from, data)));
                } else {
                    self.participants[i].expected.refusals += 1;
                }
            }
            Step::Break(i) => {
                if let Some(client) = self.participants[i].client.take() {
                    client.reset().await;
                }
            }
            Step::ComeBack(i, server) => {
                if self.participants[i].client.is_none() {
                    self.resume(i, server).await;
                }
            }
            Step::TakeOver(i, server) => {
                let old = self.participants[i].client.take();
                self.resume(i, server).await;
                drop(old);
            }
            Step::Read(i, count) => {
                let waiting = self.participants[i].expected.count() - self.participants[i].received.count();
                for _ in 0..count.min(waiting) {
                    // A sender without a socket may not have sent the frame yet.
                    let _ = tokio::time::timeout(Duration::from_millis(10), self.read(i)).await;
                }
            }
            Step::Move(i, room, server) => {
                self.settle().await;
                self.leave(i).await;
                self.enter(i, room, server).await;
            }
            Step::LoseEntries => self.world.lose_entries(true),
            Step::Interrupt => {
                for kind in ["normal", "pubsub"] {
                    self.world.redis.query(&format!("CLIENT KILL TYPE {kind}")).await;
                }
            }
            Step::Outage => self.outage().await,
            Step::Kill => {
                self.world.program.as_mut().unwrap().kill();
                for participant in self.participants.iter_mut().filter(|participant| participant.server == 1) {
                    participant.client = None;
                }
                let (server, program) = self.world.redis.program(GRACE_MS);
                (self.world.servers[1], self.world.program) = (server, Some(program));
            }
            Step::Empty => {
                self.settle().await;
                self.world.redis.expect_ok("FLUSHALL").await;
                for i in 0..4 {
                    // The loss is detected by the frame, or was by that of another client.
                    let mut client = self.participants[i].client.take().unwrap();
                    let _ = client.try_send_text(r#"{"type":"say","id":"lost-message-id","data":1}"#).await;
                    expect_unavailable(&mut client).await;
                }
                for i in 0..4 {
                    self.enter(i, self.participants[i].room, i % 2).await;
                }
            }
        }
    }

    /// Stops Redis until the servers have given up their rooms.
    async fn outage(&mut self) {
        self.world.redis.stop();
        for participant in &mut self.participants {
            if let Some(mut client) = participant.client.take() {
                expect_unavailable(&mut client).await;
            }
        }
        self.world.redis.restart().await;
        for server in &self.world.servers {
            wait_until_ready(server).await;
        }
    }

    async fn say(&mut self, i: usize) {
        let data = self.next_data(i);
        let id = message_id(data.get());
        self.send(i, ClientMessage::Say(Say::new(id.clone(), data.clone()))).await;
        let (from, room) = (self.participants[i].id.clone(), self.participants[i].room);
        for other in self.participants.iter_mut().filter(|other| other.room == room && other.id != from) {
            other.expected.add(ServerMessage::Say(SayFrom::new(from.clone(), id.clone(), data.clone())));
        }
    }

    fn next_data(&mut self, i: usize) -> Data {
        self.participants[i].messages_sent += 1;
        Data::from_serialize(&(i, self.participants[i].messages_sent)).unwrap()
    }

    /// Sends a frame. Without a socket, it is sent when the client resumes its seat.
    async fn send(&mut self, i: usize, message: ClientMessage) {
        let participant = &mut self.participants[i];
        participant.sent.push(message.clone());
        if let Some(client) = &mut participant.client {
            client.send(message).await;
        }
    }

    async fn read(&mut self, i: usize) {
        let participant = &mut self.participants[i];
        let Some(client) = &mut participant.client else { return };
        match client.recv().await {
            ServerMessage::Pong(_) => {}
            message => {
                participant.received_count += 1;
                participant.received.add(message);
            }
        }
    }

    async fn resume(&mut self, i: usize, server: usize) {
        let mut client = self.world.servers[server].connect().await;
        let room = self.room(self.participants[i].room);
        let participant = &mut self.participants[i];
        let join = ClientMessage::Join(
            Join::new(room, "nobody").resume(participant.token.clone()).received(participant.received_count),
        );
        client.send(join).await;
        match client.recv().await {
            ServerMessage::Joined(Joined { you, resumed: true, received, .. }) => {
                assert_eq!((&you.id, &you.name), (&participant.id, &participant.name));
                for frame in &participant.sent[received as usize..] {
                    client.send(frame.clone()).await;
                }
            }
            other => panic!("expected a resumed seat, received {other:?}"),
        }
        (participant.client, participant.server) = (Some(client), server);
    }

    async fn enter(&mut self, i: usize, room: usize, server: usize) {
        let name = self.participants[i].name.clone();
        let mut client = self.world.servers[server].connect().await;
        let joined = client.try_join(&self.room(room), &name).await;
        let ServerMessage::Joined(Joined { you, peers, resume, resumed: false, received: 0, .. }) = joined else {
            panic!("{joined:?}")
        };
        let mut present: Vec<_> =
            self.participants.iter().filter(|other| other.room == room && other.client.is_some()).collect();
        present.retain(|other| other.name != name);
        assert_eq!(peers.len(), present.len());
        assert!(present.iter().all(|other| peers.iter().any(|peer| peer.id == other.id)));
        for other in &mut self.participants {
            if other.room == room && other.client.is_some() && other.name != name {
                other.expected.add(ServerMessage::PeerJoined(PeerJoined::new(you.clone())));
            }
        }
        let participant = &mut self.participants[i];
        *participant = Participant {
            room,
            server,
            client: Some(client),
            id: you.id,
            token: resume,
            received_count: 0,
            received: Received::default(),
            expected: Received::default(),
            sent: Vec::new(),
            name,
            messages_sent: participant.messages_sent,
        };
    }

    async fn leave(&mut self, i: usize) {
        let mut client = self.participants[i].client.take().unwrap();
        client.send_leave().await;
        assert_eq!(client.close_code().await, 1000);
        let (id, room) = (self.participants[i].id.clone(), self.participants[i].room);
        for other in self.participants.iter_mut().filter(|other| other.room == room && other.id != id) {
            let (id, reason) = (id.clone(), LeaveReason::Left);
            other.expected.add(ServerMessage::PeerLeft(PeerLeft::new(id, reason)));
        }
        self.participants[i].room = usize::MAX;
        self.settle_except(i).await;
    }

    async fn settle(&mut self) {
        self.settle_except(usize::MAX).await;
    }

    /// Reconnects all clients, and checks that each receives exactly the expected frames.
    async fn settle_except(&mut self, but: usize) {
        for i in (0..4).filter(|i| *i != but) {
            if self.participants[i].client.is_none() {
                self.resume(i, i % 2).await;
            }
        }
        if self.world.losing_entries {
            self.world.lose_entries(false);
            // A missing entry is detected by the next one.
            for i in (0..4).filter(|i| *i != but) {
                self.say(i).await;
            }
        }
        for i in (0..4).filter(|i| *i != but) {
            while self.participants[i].received.count() < self.participants[i].expected.count() {
                self.read(i).await;
            }
            let participant = &mut self.participants[i];
            let client = participant.client.as_mut().unwrap();
            // Waits until the server has received all frames.
            with_timeout(async {
                loop {
                    client.send(ClientMessage::Ping(Ping::new(1).received(participant.received_count))).await;
                    let pong = client.recv().await;
                    let ServerMessage::Pong(Pong { received, .. }) = pong else { panic!("unexpected frame: {pong:?}") };
                    if received as usize == participant.sent.len() {
                        break;
                    }
                }
            })
            .await;
            assert_eq!(participant.received, participant.expected);
        }
    }

    async fn leave_all(&mut self) {
        for i in 0..4 {
            self.leave_room(i).await;
        }
        // No keys are left in Redis.
        with_timeout(async {
            while self.world.redis.query(&format!("KEYS *case?{}?room*", self.case)).await != "*0\r\n+OK\r\n" {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    async fn leave_room(&mut self, i: usize) {
        let mut client = self.participants[i].client.take().unwrap();
        client.send_leave().await;
        assert_eq!(client.close_code().await, 1000);
    }
}
