//! Two exchanges against each other, through any order of events; and one against a side that says anything.

use std::{
    collections::{BTreeMap, VecDeque, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use proptest::prelude::*;

use super::{
    exchange::{Event, Exchange, MOST_OFFERS, Part},
    message::{BLOCK, Digest, FileId, Id, Message, Reason, blocks_of, length_of},
    receiving::Place,
};

const WINDOW: u32 = 3;

const SIZES: [u64; 6] = [0, 1, BLOCK, BLOCK + 7, 5 * BLOCK, 9 * BLOCK - 1];

/// A file of this content: which of the sizes, and which of two contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct File {
    size: usize,
    content: bool,
}

impl File {
    fn size(self) -> u64 {
        SIZES[self.size]
    }

    fn id(self) -> FileId {
        FileId::try_from(format!("file{}", self.size)).unwrap()
    }

    fn digest(self, index: u64) -> Digest {
        digest_of((self, index))
    }

    fn digests(self, count: u64) -> Vec<Digest> {
        (0..count).map(|index| self.digest(index)).collect()
    }
}

fn digest_of(value: impl Hash) -> Digest {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&hasher.finish().to_be_bytes());
    Digest(digest)
}

fn digest_of_all(digests: &[Digest]) -> Digest {
    digest_of(digests.iter().map(|digest| digest.0).collect::<Vec<_>>())
}

#[derive(Debug)]
enum Wire {
    Text(String),
    Bytes(u32),
}

#[derive(Default)]
struct Side {
    exchange: Exchange,
    sending: BTreeMap<Id, Out>,
    receiving: BTreeMap<Id, In>,
    /// The block that is being sent.
    open: Option<(Id, u32)>,
}

struct Out {
    file: File,
    acknowledged: bool,
    next: Option<u64>,
    ended: bool,
}

struct In {
    size: usize,
    accepted: bool,
    kept: Vec<Digest>,
    coming: Option<(u32, Digest, Place)>,
    arrived: VecDeque<(Digest, Place)>,
    end: Option<Digest>,
}

#[derive(Default)]
struct World {
    sides: [Side; 2],
    /// What is on its way to each side.
    pipes: [VecDeque<Wire>; 2],
    /// What was kept of files when a connection was lost.
    partial: [BTreeMap<usize, Vec<Digest>>; 2],
    /// Whether anything was cancelled, refused or lost.
    disturbed: bool,
    resumed: u32,
    completed: u32,
    offered: u32,
}

#[derive(Clone, Debug)]
enum Step {
    Deliver { at: usize, count: usize },
    Offer { at: usize, file: File },
    Answer { at: usize, nth: usize, refuse: bool },
    Send { at: usize, nth: usize, chunk: u32 },
    Keep { at: usize, nth: usize },
    Cancel { at: usize, nth: usize },
    Stop { at: usize, nth: usize },
    Reconnect,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let at = 0..2_usize;
    let file = (0..SIZES.len(), any::<bool>()).prop_map(|(size, content)| File { size, content });
    let nth = 0..4_usize;
    let step = prop_oneof![
        30 => (at.clone(), 1..20_usize).prop_map(|(at, count)| Step::Deliver { at, count }),
        8 => (at.clone(), file).prop_map(|(at, file)| Step::Offer { at, file }),
        8 => (at.clone(), nth.clone(), proptest::bool::weighted(0.1)).prop_map(|(at, nth, refuse)| Step::Answer { at, nth, refuse }),
        40 => (at.clone(), nth.clone(), 1..700_000_u32).prop_map(|(at, nth, chunk)| Step::Send { at, nth, chunk }),
        20 => (at.clone(), nth.clone()).prop_map(|(at, nth)| Step::Keep { at, nth }),
        1 => (at.clone(), nth.clone()).prop_map(|(at, nth)| Step::Cancel { at, nth }),
        1 => (at, nth).prop_map(|(at, nth)| Step::Stop { at, nth }),
        1 => Just(Step::Reconnect),
    ];
    proptest::collection::vec(step, 0..400)
}

impl World {
    fn say(&mut self, from: usize, message: &Message) {
        self.pipes[1 - from].push_back(Wire::Text(message.text()));
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Deliver { at, count } => (0..count).for_each(|_| self.deliver(at)),
            Step::Offer { at, file } => self.offer(at, file),
            Step::Answer { at, nth, refuse } => {
                let waiting = self.sides[at].receiving.iter().filter(|(_, arrival)| !arrival.accepted);
                if let Some(id) = waiting.map(|(id, _)| *id).nth(nth) {
                    self.answer(at, id, refuse);
                }
            }
            Step::Send { at, nth, chunk } => {
                if let Some(id) = self.sides[at].sending.keys().copied().nth(nth) {
                    self.send(at, id, chunk);
                }
            }
            Step::Keep { at, nth } => {
                if let Some(id) = self.sides[at].receiving.keys().copied().nth(nth) {
                    self.keep(at, id);
                }
            }
            Step::Cancel { at, nth } => {
                if let Some(id) = self.sides[at].sending.keys().copied().nth(nth) {
                    self.cancel(at, id);
                }
            }
            Step::Stop { at, nth } => {
                if let Some(id) = self.sides[at].receiving.keys().copied().nth(nth) {
                    self.disturbed = true;
                    self.sides[at].exchange.forget_incoming(id);
                    self.sides[at].receiving.remove(&id);
                    self.say(at, &Message::Stop { id, reason: Reason::Cancelled });
                }
            }
            Step::Reconnect => self.reconnect(),
        }
        self.check();
    }

    fn offer(&mut self, at: usize, file: File) {
        self.offered += 1;
        let id = self.sides[at].exchange.offer(file.size());
        self.sides[at].sending.insert(id, Out { file, acknowledged: false, next: None, ended: false });
        self.say(
            at,
            &Message::Offer {
                version: 1,
                id,
                file: file.id(),
                name: String::new(),
                size: file.size(),
                mime: String::new(),
            },
        );
    }

    fn answer(&mut self, at: usize, id: Id, refuse: bool) {
        if refuse {
            self.disturbed = true;
            self.sides[at].exchange.forget_incoming(id);
            self.sides[at].receiving.remove(&id);
            return self.say(at, &Message::Refuse { id, reason: Reason::Declined });
        }
        let arrival = self.sides[at].receiving.get_mut(&id).unwrap();
        arrival.accepted = true;
        arrival.kept = self.partial[at].remove(&arrival.size).unwrap_or_default();
        let from = arrival.kept.len() as u64;
        let sha256 = (from > 0).then(|| digest_of_all(&arrival.kept));
        assert!(self.sides[at].exchange.accept(id, from, WINDOW));
        self.say(at, &Message::Accept { id, window: WINDOW, from, sha256 });
    }

    fn send(&mut self, at: usize, id: Id, chunk: u32) {
        let side = &mut self.sides[at];
        let out = side.sending.get_mut(&id).unwrap();
        let Some(next) = out.next else { return };
        if let Some((open, left)) = side.open {
            if open == id {
                let chunk = chunk.min(left);
                side.open = (left > chunk).then_some((id, left - chunk));
                self.pipes[1 - at].push_back(Wire::Bytes(chunk));
            }
            return;
        }
        if side.exchange.sending[&id].may_send() {
            out.next = Some(next + 1);
            let length = length_of(out.file.size(), next) as u32;
            let block = Message::Block { id, index: next, length, sha256: out.file.digest(next) };
            side.open = Some((id, length));
            side.exchange.sending.get_mut(&id).unwrap().sent();
            self.say(at, &block);
        } else if next == blocks_of(out.file.size()) && !out.ended {
            out.ended = true;
            let end = Message::End { id, sha256: digest_of_all(&out.file.digests(next)) };
            side.exchange.sending.get_mut(&id).unwrap().end();
            self.say(at, &end);
        }
    }

    fn keep(&mut self, at: usize, id: Id) {
        let arrival = self.sides[at].receiving.get_mut(&id).unwrap();
        if let Some((digest, place)) = arrival.arrived.pop_front() {
            if place == Place::Start {
                arrival.kept.clear();
            }
            arrival.kept.push(digest);
            let kept = arrival.kept.len() as u64;
            let blocks = self.sides[at].exchange.receiving.get_mut(&id).unwrap().keep();
            assert_eq!(blocks, kept);
            self.say(at, &Message::Got { id, blocks });
        } else if let Some(end) = arrival.end {
            assert_eq!(digest_of_all(&arrival.kept), end, "it is whole");
            let arrival = self.sides[at].receiving.remove(&id).unwrap();
            assert_eq!(arrival.kept.len() as u64, blocks_of(SIZES[arrival.size]));
            assert!(self.sides[at].exchange.forget_incoming(id));
            self.say(at, &Message::Received { id });
        }
    }

    fn cancel(&mut self, at: usize, id: Id) {
        self.disturbed = true;
        let side = &mut self.sides[at];
        side.sending.remove(&id);
        side.open = side.open.filter(|(open, _)| *open != id);
        side.exchange.forget_outgoing(id);
        self.say(at, &Message::Cancel { id, reason: Reason::Cancelled });
    }

    /// All that is on its way is lost, and what is under way is kept for later.
    fn reconnect(&mut self) {
        self.disturbed = true;
        for (side, partial) in self.sides.iter_mut().zip(&mut self.partial) {
            let arrivals = std::mem::take(&mut *side).receiving;
            partial.extend(arrivals.into_values().map(|arrival| (arrival.size, arrival.kept)));
        }
        self.pipes = Default::default();
    }

    fn deliver(&mut self, at: usize) {
        let side = &mut self.sides[at];
        match self.pipes[at].pop_front() {
            None => {}
            Some(Wire::Bytes(length)) => match side.exchange.bytes(length).expect("bytes belong to a block") {
                Part::PassedOver => assert!(self.disturbed),
                Part::Of { id, last, offset } => {
                    let arrival = side.receiving.get_mut(&id).unwrap();
                    let (whole, digest, place) = arrival.coming.unwrap();
                    assert_eq!(last, offset + length == whole);
                    if last {
                        arrival.coming = None;
                        arrival.arrived.push_back((digest, place));
                    }
                }
                Part::Bad(..) => panic!("too many bytes"),
            },
            Some(Wire::Text(text)) => {
                let event = side.exchange.text(&text).expect("messages are of the protocol");
                self.event(at, &event);
            }
        }
    }

    fn event(&mut self, at: usize, event: &Event) {
        let side = &mut self.sides[at];
        match *event {
            Event::Nothing => assert!(self.disturbed),
            Event::Offered { id, size, .. } => {
                let size = SIZES.iter().position(|known| *known == size).unwrap();
                side.receiving.insert(
                    id,
                    In { size, accepted: false, kept: Vec::new(), coming: None, arrived: VecDeque::new(), end: None },
                );
                self.say(at, &Message::Ack { id });
            }
            Event::Block { id, length, sha256, place } => {
                let arrival = side.receiving.get_mut(&id).unwrap();
                assert_eq!(arrival.coming.replace((length, sha256, place)), None);
            }
            Event::End(id, sha256) => side.receiving.get_mut(&id).unwrap().end = Some(sha256),
            Event::Cancelled(id, _) => {
                side.receiving.remove(&id).unwrap();
            }
            Event::Acknowledged(id) => {
                assert!(side.exchange.is_heard());
                side.sending.get_mut(&id).unwrap().acknowledged = true;
            }
            Event::Accepted { id, from, sha256 } => {
                let out = side.sending.get_mut(&id).unwrap();
                assert!(out.acknowledged, "an offer is acknowledged before it is answered");
                let same = from == 0 || sha256 == Some(digest_of_all(&out.file.digests(from)));
                self.resumed += u32::from(same && from > 0);
                out.next = Some(side.exchange.sending.get_mut(&id).unwrap().begin(!same));
            }
            Event::Room(_) => {}
            Event::Received(id) => {
                self.completed += 1;
                side.sending.remove(&id).unwrap();
            }
            Event::Stopped(id, _) => {
                side.sending.remove(&id).unwrap();
                // As a sender does that was stopped within a block.
                if side.open.is_some_and(|(open, _)| open == id) {
                    side.open = None;
                    self.say(at, &Message::Cancel { id, reason: Reason::Cancelled });
                }
            }
            Event::Refuse(id, reason) => {
                self.disturbed = true;
                self.say(at, &Message::Refuse { id, reason });
            }
            Event::BadIncoming(_, what) | Event::BadOutgoing(_, what) => panic!("{what}"),
        }
    }

    fn check(&self) {
        for side in &self.sides {
            for (id, receiving) in &side.exchange.receiving {
                let held = receiving.held();
                assert!(held <= u64::from(WINDOW));
                let arrival = &side.receiving[id];
                assert_eq!(held, (arrival.arrived.len() + usize::from(arrival.coming.is_some())) as u64);
            }
            for sending in side.exchange.sending.values() {
                assert!(sending.on_the_way() <= u64::from(WINDOW));
            }
        }
    }

    /// Nobody cancels any more: everything comes to its end.
    fn settle(&mut self) {
        for _ in 0..2_000 {
            let before = (self.pipes[0].len(), self.pipes[1].len());
            for at in 0..2 {
                let ids: Vec<Id> = self.sides[at].receiving.keys().copied().collect();
                for id in ids {
                    if self.sides[at].receiving[&id].accepted {
                        self.keep(at, id);
                    } else {
                        self.answer(at, id, false);
                    }
                }
                let ids: Vec<Id> = self.sides[at].sending.keys().copied().collect();
                ids.into_iter().for_each(|id| self.send(at, id, u32::MAX));
                (0..10).for_each(|_| self.deliver(at));
            }
            self.check();
            let over = self.sides.iter().all(|side| side.sending.is_empty() && side.receiving.is_empty());
            if over && before == (0, 0) && self.pipes.iter().all(VecDeque::is_empty) {
                break;
            }
        }
        for side in &self.sides {
            assert!(side.sending.is_empty() && side.receiving.is_empty(), "all come to an end");
            assert!(side.exchange.sending.is_empty() && side.exchange.receiving.is_empty());
            assert_eq!((side.exchange.left(), side.open), (0, None));
        }
        if !self.disturbed {
            assert_eq!(self.completed, self.offered);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn f44_transfers_through_any_order_of_events(steps in steps()) {
        let mut world = World::default();
        steps.iter().for_each(|step| world.step(step));
        world.settle();
    }

    #[test]
    fn f44_a_side_that_says_anything_breaks_nothing(said in proptest::collection::vec(anything(), 0..300)) {
        let mut exchange = Exchange::default();
        (0..3).for_each(|size| {
            exchange.offer(size * BLOCK);
        });
        let mut expected = 0_u64;
        for said in said {
            match said {
                Said::Text(text) => match exchange.text(&text) {
                    Ok(Event::Block { length, .. }) => expected = length.into(),
                    Ok(Event::Accepted { id, .. }) => {
                        exchange.sending.get_mut(&id).unwrap().begin(false);
                    }
                    Ok(_) => {}
                    Err(_) => return Ok(()),
                },
                Said::Bytes(length) => match exchange.bytes(length) {
                    Ok(Part::Of { offset, last, .. }) => {
                        expected -= u64::from(length);
                        prop_assert!(u64::from(offset) < BLOCK);
                        prop_assert_eq!(last, expected == 0);
                    }
                    Ok(_) => {}
                    Err(_) => return Ok(()),
                },
                Said::Accept(id) => {
                    exchange.accept(id, 0, WINDOW);
                }
                Said::Forget(id) => {
                    exchange.forget_incoming(id);
                }
                Said::Send(id) => {
                    if let Some(sending) = exchange.sending.get_mut(&id).filter(|sending| sending.may_send()) {
                        sending.sent();
                    }
                }
            }
            let waiting = exchange.receiving.values().filter(|receiving| !receiving.is_accepted()).count();
            prop_assert!(waiting <= MOST_OFFERS);
            prop_assert!(exchange.receiving.values().all(|receiving| receiving.held() <= WINDOW.into()));
        }
    }
}

#[derive(Clone, Debug)]
enum Said {
    Text(String),
    Bytes(u32),
    Accept(Id),
    Forget(Id),
    Send(Id),
}

fn anything() -> impl Strategy<Value = Said> {
    let id = 0..4_u32;
    let number = prop_oneof![0..4_u64, Just(u64::MAX), Just(BLOCK)];
    let digest = Just(Digest([7; 32]));
    let message = prop_oneof![
        (id.clone(), 0..2_u32, number.clone()).prop_map(|(id, version, size)| Message::Offer {
            version,
            id,
            file: FileId::try_from("a".to_owned()).unwrap(),
            name: String::new(),
            size: size.min((1 << 53) - 1),
            mime: String::new(),
        }),
        (id.clone(), number.clone(), prop_oneof![0..4_u32, Just(u32::MAX), Just(BLOCK as u32)], digest)
            .prop_map(|(id, index, length, sha256)| Message::Block { id, index, length, sha256 }),
        (id.clone(), digest).prop_map(|(id, sha256)| Message::End { id, sha256 }),
        id.clone().prop_map(|id| Message::Cancel { id, reason: Reason::Failed }),
        id.clone().prop_map(|id| Message::Ack { id }),
        (id.clone(), 0..3_u32, number.clone()).prop_map(|(id, window, from)| Message::Accept {
            id,
            window,
            from,
            sha256: None
        }),
        (id.clone(), number).prop_map(|(id, blocks)| Message::Got { id, blocks }),
        id.clone().prop_map(|id| Message::Received { id }),
        id.clone().prop_map(|id| Message::Stop { id, reason: Reason::Busy }),
    ];
    prop_oneof![
        60 => message.prop_map(|message| Said::Text(message.text())),
        20 => prop_oneof![0..4_u32, Just(BLOCK as u32), Just(65_536)].prop_map(Said::Bytes),
        10 => id.clone().prop_map(Said::Accept),
        3 => id.clone().prop_map(Said::Forget),
        7 => id.prop_map(Said::Send),
        1 => ".{0,40}".prop_map(Said::Text),
    ]
}

fn said(exchange: &mut Exchange, message: &Message) -> Event {
    exchange.text(&message.text()).unwrap()
}

/// One that has an offer of four blocks, accepted.
fn receiver() -> Exchange {
    let mut exchange = Exchange::default();
    let file = FileId::try_from("a".to_owned()).unwrap();
    let (name, mime, size) = (String::new(), String::new(), 3 * BLOCK + 5);
    said(&mut exchange, &Message::Offer { version: 1, id: 0, file, name, size, mime });
    assert!(exchange.accept(0, 0, 2));
    exchange
}

fn block(index: u64, length: u64) -> Message {
    Message::Block { id: 0, index, length: length as u32, sha256: Digest([0; 32]) }
}

#[test]
fn f44_what_a_sender_may_not_do_ends_the_transfer() {
    let wrong = |exchange: &mut Exchange, message: &Message| {
        assert!(matches!(said(exchange, message), Event::BadIncoming(0, _)), "{message:?}");
        assert!(exchange.receiving.is_empty());
    };
    let end = Message::End { id: 0, sha256: Digest([0; 32]) };
    wrong(&mut receiver(), &block(1, BLOCK));
    wrong(&mut receiver(), &block(0, BLOCK - 1));
    wrong(&mut receiver(), &block(0, BLOCK + 1));
    wrong(&mut receiver(), &block(0, 0));
    wrong(&mut receiver(), &end);

    let mut beyond_the_window = receiver();
    for index in 0..2 {
        assert!(matches!(said(&mut beyond_the_window, &block(index, BLOCK)), Event::Block { .. }));
        assert!(matches!(beyond_the_window.bytes(BLOCK as u32), Ok(Part::Of { last: true, .. })));
    }
    wrong(&mut beyond_the_window, &block(2, BLOCK));

    let mut ends_within_a_block = receiver();
    said(&mut ends_within_a_block, &block(0, BLOCK));
    wrong(&mut ends_within_a_block, &end);

    let mut too_many_bytes = receiver();
    said(&mut too_many_bytes, &block(0, BLOCK));
    assert!(matches!(too_many_bytes.bytes(BLOCK as u32 + 1), Ok(Part::Bad(0, _))));

    let mut anew_in_the_middle = receiver();
    said(&mut anew_in_the_middle, &block(0, BLOCK));
    assert!(anew_in_the_middle.bytes(BLOCK as u32).is_ok());
    wrong(&mut anew_in_the_middle, &block(0, BLOCK));
}

#[test]
fn f44_what_cannot_be_understood_ends_the_channel() {
    assert!(receiver().bytes(1).is_err(), "of no block");
    assert!(receiver().text("hello").is_err());
    let mut within_another = receiver();
    said(&mut within_another, &block(0, BLOCK));
    assert!(within_another.text(&block(1, BLOCK).text()).is_err());
}

#[test]
fn f44_too_many_offers_are_refused_and_so_are_other_versions() {
    let mut exchange = Exchange::default();
    let offer = |version: u32, id: Id| Message::Offer {
        version,
        id,
        file: FileId::try_from("a".to_owned()).unwrap(),
        name: String::new(),
        size: 1,
        mime: String::new(),
    };
    for id in 0..MOST_OFFERS as Id {
        assert!(matches!(said(&mut exchange, &offer(1, id)), Event::Offered { .. }));
    }
    let next = MOST_OFFERS as Id;
    assert_eq!(said(&mut exchange, &offer(1, next)), Event::Refuse(next, Reason::Busy));
    assert_eq!(said(&mut exchange, &offer(2, next + 1)), Event::Refuse(next + 1, Reason::Unsupported));
    assert!(exchange.text(&offer(1, 0).text()).is_err(), "twice the same number");
}

#[test]
fn peer_is_heard_from_its_first_message_of_the_protocol() {
    let mut exchange = Exchange::default();
    let id = exchange.offer(1);
    assert!(exchange.text("hello").is_err());
    assert_eq!(exchange.text(r#"{"type":"description"}"#), Ok(Event::Nothing));
    assert!(!exchange.is_heard());
    assert_eq!(said(&mut exchange, &Message::Ack { id }), Event::Acknowledged(id));
    assert!(exchange.is_heard());
}

#[test]
fn acknowledgements_may_be_repeated_missing_or_late() {
    let mut exchange = Exchange::default();
    let (first, second) = (exchange.offer(1), exchange.offer(1));
    for _ in 0..2 {
        assert_eq!(said(&mut exchange, &Message::Ack { id: first }), Event::Acknowledged(first));
    }
    let accept = |id| Message::Accept { id, window: 1, from: 0, sha256: None };
    assert!(matches!(said(&mut exchange, &accept(second)), Event::Accepted { .. }));
    assert_eq!(
        said(&mut exchange, &Message::Refuse { id: first, reason: Reason::Declined }),
        Event::Stopped(first, Reason::Declined)
    );
    assert_eq!(said(&mut exchange, &Message::Ack { id: first }), Event::Nothing);
    assert_eq!(said(&mut exchange, &Message::Ack { id: 99 }), Event::Nothing, "it was never offered");
}
