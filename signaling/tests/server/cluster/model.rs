//! A model of four clients on two servers that send frames, break their sockets at any moment, resume on either server,
//! and move between rooms. Each receives exactly what a room without servers and sockets would have delivered: the
//! frames of each sender in order and once, and joins and departures in the same order for all.

use std::{collections::HashMap, time::Duration};

use browser_rtc_signaling::{ClientMessage, Data, LeaveReason, PeerId, ResumeToken, ServerMessage};
use proptest::prelude::*;

use super::support::Redis;
use crate::support::{Client, TestServer, message_id, with_timeout};

#[derive(Clone, Debug)]
enum Step {
    Say(usize),
    /// To one of the clients, which may be in another room.
    Signal(usize, usize),
    Break(usize),
    ComeBack(usize, usize),
    /// Resumes the seat though the socket still works.
    TakeOver(usize, usize),
    Read(usize, usize),
    /// To a room, on a server, after everything before has arrived.
    Move(usize, usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Step::*;
    let i = || 0..4_usize;
    let where_to = || 0..2_usize;
    let step = prop_oneof![
        8 => i().prop_map(Say),
        8 => (i(), i()).prop_map(|(i, to)| Signal(i, to)),
        2 => i().prop_map(Break),
        4 => (i(), where_to()).prop_map(|(i, server)| ComeBack(i, server)),
        2 => (i(), where_to()).prop_map(|(i, server)| TakeOver(i, server)),
        3 => (i(), 0..6_usize).prop_map(|(i, count)| Read(i, count)),
        1 => (i(), where_to(), where_to()).prop_map(|(i, room, server)| Move(i, room, server)),
    ];
    proptest::collection::vec(step, 10..70)
}

#[test]
fn frames_arrive_in_order_exactly_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some((redis, servers)) = runtime.block_on(async {
        let redis = Redis::start().await?;
        let servers = [redis.server().await, redis.server().await];
        Some((redis, servers))
    }) else {
        return;
    };
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let case = std::sync::atomic::AtomicUsize::new(0);
    let run = |steps: Vec<Step>| {
        runtime.block_on(async {
            let case = case.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let mut model = Model::new(&servers, case).await;
            for step in &steps {
                model.step(step).await;
            }
            model.settle().await;
            model.leave_all(&redis).await;
        });
        Ok(())
    };
    runner.run(&steps(), run).unwrap();
}

struct Model<'a> {
    servers: &'a [TestServer; 2],
    case: usize,
    people: Vec<Person>,
}

struct Person {
    name: String,
    room: usize,
    client: Option<Client>,
    id: PeerId,
    token: Option<ResumeToken>,
    /// The number of numbered frames received in this seat.
    told: u32,
    heard: Heard,
    expected: Heard,
    /// The numbered frames sent in this seat.
    sent: Vec<ClientMessage>,
    words: usize,
}

/// Received messages. The order between different senders is not defined.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    of: HashMap<PeerId, Vec<ServerMessage>>,
    presence: Vec<ServerMessage>,
    refusals: usize,
}

impl Heard {
    fn take(&mut self, message: ServerMessage) {
        match &message {
            ServerMessage::Say { from, .. } | ServerMessage::Signal { from, .. } => {
                self.of.entry(from.clone()).or_default().push(message);
            }
            ServerMessage::PeerJoined { .. } | ServerMessage::PeerLeft { .. } => self.presence.push(message),
            ServerMessage::Error { .. } => self.refusals += 1,
            other => panic!("{other:?}"),
        }
    }

    fn count(&self) -> usize {
        self.of.values().map(Vec::len).sum::<usize>() + self.presence.len() + self.refusals
    }
}

impl<'a> Model<'a> {
    async fn new(servers: &'a [TestServer; 2], case: usize) -> Self {
        let mut model = Self { servers, case, people: Vec::new() };
        for i in 0..4 {
            model.people.push(Person {
                name: format!("person {i}"),
                room: 0,
                client: None,
                id: PeerId::from(""),
                token: None,
                told: 0,
                heard: Heard::default(),
                expected: Heard::default(),
                sent: Vec::new(),
                words: 0,
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
            Step::Say(i) => {
                let data = self.next_word(i);
                let id = message_id(data.get());
                self.send(i, ClientMessage::Say { id: id.clone(), data: data.clone() }).await;
                let (from, room) = (self.people[i].id.clone(), self.people[i].room);
                for other in self.people.iter_mut().filter(|other| other.room == room && other.id != from) {
                    other.expected.take(ServerMessage::Say { from: from.clone(), id: id.clone(), data: data.clone() });
                }
            }
            Step::Signal(i, to) => {
                let data = self.next_word(i);
                let id = self.people[to].id.clone();
                self.send(i, ClientMessage::Signal { to: id, data: data.clone() }).await;
                let from = self.people[i].id.clone();
                if self.people[to].room == self.people[i].room {
                    self.people[to].expected.take(ServerMessage::Signal { from, data });
                } else {
                    self.people[i].expected.refusals += 1;
                }
            }
            Step::Break(i) => {
                if let Some(client) = self.people[i].client.take() {
                    client.reset().await;
                }
            }
            Step::ComeBack(i, server) => {
                if self.people[i].client.is_none() {
                    self.resume(i, server).await;
                }
            }
            Step::TakeOver(i, server) => {
                let old = self.people[i].client.take();
                self.resume(i, server).await;
                drop(old);
            }
            Step::Read(i, count) => {
                let waiting = self.people[i].expected.count() - self.people[i].heard.count();
                for _ in 0..count.min(waiting) {
                    // A sender without a socket may not have sent it yet.
                    let _ = tokio::time::timeout(Duration::from_millis(10), self.read(i)).await;
                }
            }
            Step::Move(i, room, server) => {
                self.settle().await;
                self.leave(i).await;
                self.enter(i, room, server).await;
            }
        }
    }

    fn next_word(&mut self, i: usize) -> Data {
        self.people[i].words += 1;
        Data::from_serialize(&(i, self.people[i].words)).unwrap()
    }

    /// Sends a frame. Without a socket, it is sent when the client resumes its seat.
    async fn send(&mut self, i: usize, message: ClientMessage) {
        let person = &mut self.people[i];
        person.sent.push(message.clone());
        if let Some(client) = &mut person.client {
            client.send(message).await;
        }
    }

    async fn read(&mut self, i: usize) {
        let person = &mut self.people[i];
        let Some(client) = &mut person.client else { return };
        match client.recv().await {
            ServerMessage::Pong { .. } => {}
            message => {
                person.told += 1;
                person.heard.take(message);
            }
        }
    }

    async fn resume(&mut self, i: usize, server: usize) {
        let mut client = self.servers[server].connect().await;
        let room = self.room(self.people[i].room);
        let person = &mut self.people[i];
        let join = ClientMessage::Join {
            room,
            name: "nobody".to_owned(),
            resume: person.token.clone(),
            received: person.told,
            token: None,
        };
        client.send(join).await;
        match client.recv().await {
            ServerMessage::Joined { you, resumed: true, received, .. } => {
                assert_eq!((&you.id, &you.name), (&person.id, &person.name));
                for frame in &person.sent[received as usize..] {
                    client.send(frame.clone()).await;
                }
            }
            other => panic!("not back but {other:?}"),
        }
        person.client = Some(client);
    }

    async fn enter(&mut self, i: usize, room: usize, server: usize) {
        let name = self.people[i].name.clone();
        let mut client = self.servers[server].connect().await;
        let joined = client.try_join(&self.room(room), &name).await;
        let ServerMessage::Joined { you, peers, resume, resumed: false, received: 0, .. } = joined else {
            panic!("{joined:?}")
        };
        let mut here: Vec<_> =
            self.people.iter().filter(|other| other.room == room && other.client.is_some()).collect();
        here.retain(|other| other.name != name);
        assert_eq!(peers.len(), here.len());
        assert!(here.iter().all(|other| peers.iter().any(|peer| peer.id == other.id)));
        for other in &mut self.people {
            if other.room == room && other.client.is_some() && other.name != name {
                other.expected.take(ServerMessage::PeerJoined { peer: you.clone() });
            }
        }
        let person = &mut self.people[i];
        *person = Person {
            room,
            client: Some(client),
            id: you.id,
            token: resume,
            told: 0,
            heard: Heard::default(),
            expected: Heard::default(),
            sent: Vec::new(),
            name,
            words: person.words,
        };
    }

    async fn leave(&mut self, i: usize) {
        let mut client = self.people[i].client.take().unwrap();
        client.send_leave().await;
        assert_eq!(client.close_code().await, 1000);
        let (id, room) = (self.people[i].id.clone(), self.people[i].room);
        for other in self.people.iter_mut().filter(|other| other.room == room && other.id != id) {
            let (id, reason) = (id.clone(), LeaveReason::Left);
            other.expected.take(ServerMessage::PeerLeft { id, reason });
        }
        self.people[i].room = usize::MAX;
        self.settle_except(i).await;
    }

    async fn settle(&mut self) {
        self.settle_except(usize::MAX).await;
    }

    /// Reconnects all clients, and checks that each receives exactly the expected frames.
    async fn settle_except(&mut self, but: usize) {
        for i in (0..4).filter(|i| *i != but) {
            if self.people[i].client.is_none() {
                self.resume(i, i % 2).await;
            }
        }
        for i in (0..4).filter(|i| *i != but) {
            while self.people[i].heard.count() < self.people[i].expected.count() {
                self.read(i).await;
            }
            let person = &mut self.people[i];
            let client = person.client.as_mut().unwrap();
            // Wait until the server has received all frames.
            with_timeout(async {
                loop {
                    client.send(ClientMessage::Ping { id: 1, received: person.told }).await;
                    let pong = client.recv().await;
                    let ServerMessage::Pong { received, .. } = pong else { panic!("one too many: {pong:?}") };
                    if received as usize == person.sent.len() {
                        break;
                    }
                }
            })
            .await;
            assert_eq!(person.heard, person.expected);
        }
    }

    async fn leave_all(&mut self, redis: &Redis) {
        for i in 0..4 {
            self.leave_room(i).await;
        }
        // No keys are left in Redis.
        with_timeout(async {
            while redis.query(&format!("KEYS *case?{}?room*", self.case)).await != "*0\r\n+OK\r\n" {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    async fn leave_room(&mut self, i: usize) {
        let mut client = self.people[i].client.take().unwrap();
        client.send_leave().await;
        assert_eq!(client.close_code().await, 1000);
    }
}
