//! Four clients do whatever they like, over two servers: say and signal, break off at any moment and come back on either,
//! leave and join another room. Everybody gets exactly what a room without servers and sockets would have given: what
//! each other one said to it, in order and once, and who came and went, in one order for all.

use std::collections::HashMap;
use std::time::Duration;

use browser_rtc_signaling::{
    ClientMessage, Data, Join, Joined, LeaveReason, PeerId, PeerJoined, PeerLeft, Ping, Pong, ResumeToken, Say,
    SayFrom, ServerMessage, SignalFrom, SignalTo,
};
use proptest::prelude::*;

use super::support::Redis;
use crate::support::{Client, Running, message_id, soon};

#[derive(Clone, Debug)]
enum Step {
    Say(usize),
    /// To one of them, or to somebody who is in another room, or nowhere.
    Signal(usize, usize),
    Break(usize),
    ComeBack(usize, usize),
    /// Comes back though the socket is well.
    TakeOver(usize, usize),
    Read(usize, usize),
    /// To a room, by a server. Everything before has arrived.
    Move(usize, usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Step::*;
    let who = || 0..4_usize;
    let where_to = || 0..2_usize;
    let step = prop_oneof![
        8 => who().prop_map(Say),
        8 => (who(), who()).prop_map(|(who, to)| Signal(who, to)),
        2 => who().prop_map(Break),
        4 => (who(), where_to()).prop_map(|(who, server)| ComeBack(who, server)),
        2 => (who(), where_to()).prop_map(|(who, server)| TakeOver(who, server)),
        3 => (who(), 0..6_usize).prop_map(|(who, count)| Read(who, count)),
        1 => (who(), where_to(), where_to()).prop_map(|(who, room, server)| Move(who, room, server)),
    ];
    proptest::collection::vec(step, 10..70)
}

#[test]
fn everybody_gets_everything_in_order_and_once() {
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
            let mut world = World::new(&servers, case).await;
            for step in &steps {
                world.step(step).await;
            }
            world.settle().await;
            world.everybody_leaves(&redis).await;
        });
        Ok(())
    };
    runner.run(&steps(), run).unwrap();
}

struct World<'a> {
    servers: &'a [Running; 2],
    case: usize,
    people: Vec<Person>,
}

struct Person {
    name: String,
    room: usize,
    client: Option<Client>,
    id: PeerId,
    token: Option<ResumeToken>,
    /// Numbered frames that came, since the seat began.
    told: u32,
    heard: Heard,
    expected: Heard,
    /// Numbered frames that were sent, since the seat began.
    sent: Vec<ClientMessage>,
    words: usize,
}

/// In which order different people are heard is nobody's business.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    of: HashMap<PeerId, Vec<ServerMessage>>,
    presence: Vec<ServerMessage>,
    refusals: usize,
}

impl Heard {
    fn take(&mut self, message: ServerMessage) {
        match &message {
            ServerMessage::Say(SayFrom { from, .. }) | ServerMessage::Signal(SignalFrom { from, .. }) => {
                self.of.entry(from.clone()).or_default().push(message);
            }
            ServerMessage::PeerJoined(_) | ServerMessage::PeerLeft(_) => self.presence.push(message),
            ServerMessage::Error(_) => self.refusals += 1,
            other => panic!("{other:?}"),
        }
    }

    fn count(&self) -> usize {
        self.of.values().map(Vec::len).sum::<usize>() + self.presence.len() + self.refusals
    }
}

impl<'a> World<'a> {
    async fn new(servers: &'a [Running; 2], case: usize) -> Self {
        let mut world = Self { servers, case, people: Vec::new() };
        for who in 0..4 {
            world.people.push(Person {
                name: format!("person {who}"),
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
            world.enter(who, 0, who % 2).await;
        }
        world
    }

    fn room(&self, room: usize) -> String {
        format!("case {} room {room}", self.case)
    }

    async fn step(&mut self, step: &Step) {
        match *step {
            Step::Say(who) => {
                let data = self.next_word(who);
                let id = message_id(data.get());
                self.send(who, ClientMessage::Say(Say::new(id.clone(), data.clone()))).await;
                let (from, room) = (self.people[who].id.clone(), self.people[who].room);
                for other in self.people.iter_mut().filter(|other| other.room == room && other.id != from) {
                    other.expected.take(ServerMessage::Say(SayFrom::new(from.clone(), id.clone(), data.clone())));
                }
            }
            Step::Signal(who, to) => {
                let data = self.next_word(who);
                let id = self.people[to].id.clone();
                self.send(who, ClientMessage::Signal(SignalTo::new(id, data.clone()))).await;
                let from = self.people[who].id.clone();
                if self.people[to].room == self.people[who].room {
                    self.people[to].expected.take(ServerMessage::Signal(SignalFrom::new(from, data)));
                } else {
                    self.people[who].expected.refusals += 1;
                }
            }
            Step::Break(who) => {
                if let Some(client) = self.people[who].client.take() {
                    client.break_off().await;
                }
            }
            Step::ComeBack(who, server) => {
                if self.people[who].client.is_none() {
                    self.come_back(who, server).await;
                }
            }
            Step::TakeOver(who, server) => {
                let old = self.people[who].client.take();
                self.come_back(who, server).await;
                drop(old);
            }
            Step::Read(who, count) => {
                let waiting = self.people[who].expected.count() - self.people[who].heard.count();
                for _ in 0..count.min(waiting) {
                    // It may not have been sent yet, by somebody without a socket.
                    let _ = tokio::time::timeout(Duration::from_millis(10), self.read(who)).await;
                }
            }
            Step::Move(who, room, server) => {
                self.settle().await;
                self.leave(who).await;
                self.enter(who, room, server).await;
            }
        }
    }

    fn next_word(&mut self, who: usize) -> Data {
        self.people[who].words += 1;
        Data::from_serialize(&(who, self.people[who].words)).unwrap()
    }

    /// What a client sends without a socket, it sends when it has one again.
    async fn send(&mut self, who: usize, message: ClientMessage) {
        let person = &mut self.people[who];
        person.sent.push(message.clone());
        if let Some(client) = &mut person.client {
            client.send(message).await;
        }
    }

    async fn read(&mut self, who: usize) {
        let person = &mut self.people[who];
        let Some(client) = &mut person.client else { return };
        match client.recv().await {
            ServerMessage::Pong(_) => {}
            message => {
                person.told += 1;
                person.heard.take(message);
            }
        }
    }

    async fn come_back(&mut self, who: usize, server: usize) {
        let mut client = self.servers[server].connect().await;
        let room = self.room(self.people[who].room);
        let person = &mut self.people[who];
        let join = ClientMessage::Join(Join::new(room, "nobody").resume(person.token.clone()).received(person.told));
        client.send(join).await;
        match client.recv().await {
            ServerMessage::Joined(Joined { you, resumed: true, received, .. }) => {
                assert_eq!((&you.id, &you.name), (&person.id, &person.name));
                for frame in &person.sent[received as usize..] {
                    client.send(frame.clone()).await;
                }
            }
            other => panic!("not back but {other:?}"),
        }
        person.client = Some(client);
    }

    async fn enter(&mut self, who: usize, room: usize, server: usize) {
        let name = self.people[who].name.clone();
        let mut client = self.servers[server].connect().await;
        let joined = client.ask_to_join(&self.room(room), &name).await;
        let ServerMessage::Joined(Joined { you, peers, resume, resumed: false, received: 0, .. }) = joined else {
            panic!("{joined:?}")
        };
        let mut here: Vec<_> =
            self.people.iter().filter(|other| other.room == room && other.client.is_some()).collect();
        here.retain(|other| other.name != name);
        assert_eq!(peers.len(), here.len());
        assert!(here.iter().all(|other| peers.iter().any(|peer| peer.id == other.id)));
        for other in &mut self.people {
            if other.room == room && other.client.is_some() && other.name != name {
                other.expected.take(ServerMessage::PeerJoined(PeerJoined::new(you.clone())));
            }
        }
        let person = &mut self.people[who];
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

    async fn leave(&mut self, who: usize) {
        let mut client = self.people[who].client.take().unwrap();
        client.send_leave().await;
        assert_eq!(client.close_code().await, 1000);
        let (id, room) = (self.people[who].id.clone(), self.people[who].room);
        for other in self.people.iter_mut().filter(|other| other.room == room && other.id != id) {
            let (id, reason) = (id.clone(), LeaveReason::Left);
            other.expected.take(ServerMessage::PeerLeft(PeerLeft::new(id, reason)));
        }
        self.people[who].room = usize::MAX;
        self.settle_those(who).await;
    }

    async fn settle(&mut self) {
        self.settle_those(usize::MAX).await;
    }

    /// All are there, and hear what they have not heard yet: no less, and no more.
    async fn settle_those(&mut self, but: usize) {
        for who in (0..4).filter(|who| *who != but) {
            if self.people[who].client.is_none() {
                self.come_back(who, who % 2).await;
            }
        }
        for who in (0..4).filter(|who| *who != but) {
            while self.people[who].heard.count() < self.people[who].expected.count() {
                self.read(who).await;
            }
            let person = &mut self.people[who];
            let client = person.client.as_mut().unwrap();
            // Everything that it sent has come.
            soon(async {
                loop {
                    client.send(ClientMessage::Ping(Ping::new(1).received(person.told))).await;
                    let pong = client.recv().await;
                    let ServerMessage::Pong(Pong { received, .. }) = pong else { panic!("one too many: {pong:?}") };
                    if received as usize == person.sent.len() {
                        break;
                    }
                }
            })
            .await;
            assert_eq!(person.heard, person.expected);
        }
    }

    async fn everybody_leaves(&mut self, redis: &Redis) {
        for who in 0..4 {
            self.leave_for_good(who).await;
        }
        // No ghosts.
        soon(async {
            while redis.ask(&format!("KEYS *case?{}?room*", self.case)).await != "*0\r\n+OK\r\n" {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    async fn leave_for_good(&mut self, who: usize) {
        let mut client = self.people[who].client.take().unwrap();
        client.send_leave().await;
        assert_eq!(client.close_code().await, 1000);
    }
}
