//! Two exchanges that transfer files to each other, through random sequences of events.

use std::{
    collections::{BTreeMap, VecDeque, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
};

use proptest::prelude::*;

use super::{
    Accept, BLOCK_SIZE, Block, BlockAck, Bytes, Cancel, Decline, Digest, End, Event, Exchange, FileId, Message, Offer,
    OfferAck, Reason, Received, Stop, TransferId, block_count, block_length,
};

const WINDOW: u32 = 3;

const SIZES: [u64; 6] = [0, 1, BLOCK_SIZE, BLOCK_SIZE + 7, 5 * BLOCK_SIZE, 9 * BLOCK_SIZE - 1];

/// A file with one of [`SIZES`] and one of two contents.
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
enum Packet {
    Text(String),
    Bytes(u32),
}

#[derive(Default)]
struct Side {
    exchange: Exchange,
    outgoing: BTreeMap<TransferId, Outgoing>,
    incoming: BTreeMap<TransferId, Incoming>,
    /// The block that is being sent.
    block: Option<(TransferId, u32)>,
}

struct Outgoing {
    file: File,
    acknowledged: bool,
    next: Option<u64>,
    ended: bool,
}

#[derive(Default)]
struct Incoming {
    size: usize,
    accepted: bool,
    stored: Vec<Digest>,
    /// The block that is being received, and whether it restarts the file.
    block: Option<(Block, bool)>,
    received: VecDeque<(Digest, bool)>,
    end: Option<Digest>,
}

#[derive(Default)]
struct Model {
    sides: [Side; 2],
    /// Messages in flight to each side.
    pipes: [VecDeque<Packet>; 2],
    /// Blocks of files whose connection was lost.
    partial: [BTreeMap<usize, Vec<Digest>>; 2],
    /// Set if a transfer was cancelled, declined or lost.
    disturbed: bool,
    resumed: u32,
    completed: u32,
    offered: u32,
}

#[derive(Clone, Debug)]
enum Step {
    Deliver { at: usize, count: usize },
    Offer { at: usize, file: File },
    Answer { at: usize, nth: usize, decline: bool },
    Send { at: usize, nth: usize, chunk: u32 },
    Store { at: usize, nth: usize },
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
        8 => (at.clone(), nth.clone(), proptest::bool::weighted(0.1)).prop_map(|(at, nth, decline)| Step::Answer { at, nth, decline }),
        40 => (at.clone(), nth.clone(), 1..700_000_u32).prop_map(|(at, nth, chunk)| Step::Send { at, nth, chunk }),
        20 => (at.clone(), nth.clone()).prop_map(|(at, nth)| Step::Store { at, nth }),
        1 => (at.clone(), nth.clone()).prop_map(|(at, nth)| Step::Cancel { at, nth }),
        1 => (at, nth).prop_map(|(at, nth)| Step::Stop { at, nth }),
        1 => Just(Step::Reconnect),
    ];
    proptest::collection::vec(step, 0..400)
}

impl Model {
    fn send_message(&mut self, from: usize, message: impl Into<Message>) {
        self.pipes[1 - from].push_back(Packet::Text(message.into().to_json()));
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Deliver { at, count } => (0..count).for_each(|_| self.deliver(at)),
            Step::Offer { at, file } => self.offer(at, file),
            Step::Answer { at, nth, decline } => {
                let waiting = self.sides[at].incoming.iter().filter(|(_, incoming)| !incoming.accepted);
                if let Some(id) = waiting.map(|(id, _)| *id).nth(nth) {
                    self.answer(at, id, decline);
                }
            }
            Step::Send { at, nth, chunk } => {
                if let Some(id) = self.sides[at].outgoing.keys().copied().nth(nth) {
                    self.send(at, id, chunk);
                }
            }
            Step::Store { at, nth } => {
                if let Some(id) = self.sides[at].incoming.keys().copied().nth(nth) {
                    self.store(at, id);
                }
            }
            Step::Cancel { at, nth } => {
                if let Some(id) = self.sides[at].outgoing.keys().copied().nth(nth) {
                    self.cancel(at, id);
                }
            }
            Step::Stop { at, nth } => {
                if let Some(id) = self.sides[at].incoming.keys().copied().nth(nth) {
                    self.disturbed = true;
                    self.sides[at].exchange.remove_incoming(id);
                    self.sides[at].incoming.remove(&id);
                    self.send_message(at, Stop::new(id, Reason::Cancelled));
                }
            }
            Step::Reconnect => self.reconnect(),
        }
        self.check();
    }

    fn offer(&mut self, at: usize, file: File) {
        self.offered += 1;
        let id = self.sides[at].exchange.offer(file.size());
        self.sides[at].outgoing.insert(id, Outgoing { file, acknowledged: false, next: None, ended: false });
        self.send_message(at, Offer::new(id, file.id(), file.size()));
    }

    fn answer(&mut self, at: usize, id: TransferId, decline: bool) {
        if decline {
            self.disturbed = true;
            self.sides[at].exchange.remove_incoming(id);
            self.sides[at].incoming.remove(&id);
            return self.send_message(at, Decline::new(id, Reason::Declined));
        }
        let incoming = self.sides[at].incoming.get_mut(&id).unwrap();
        incoming.accepted = true;
        incoming.stored = self.partial[at].remove(&incoming.size).unwrap_or_default();
        let from = incoming.stored.len() as u64;
        let accept = Accept::new(id, WINDOW);
        let accept = if from > 0 { accept.resume(from, digest_of_all(&incoming.stored)) } else { accept };
        assert!(self.sides[at].exchange.accept(id, from, WINDOW));
        self.send_message(at, accept);
    }

    fn send(&mut self, at: usize, id: TransferId, chunk: u32) {
        let side = &mut self.sides[at];
        let outgoing = side.outgoing.get_mut(&id).unwrap();
        let Some(next) = outgoing.next else { return };
        if let Some((open, left)) = side.block {
            if open == id {
                let chunk = chunk.min(left);
                side.block = (left > chunk).then_some((id, left - chunk));
                self.pipes[1 - at].push_back(Packet::Bytes(chunk));
            }
            return;
        }
        if side.exchange.may_send(id) {
            outgoing.next = Some(next + 1);
            let length = block_length(outgoing.file.size(), next) as u32;
            let block = Block::new(id, next, length, outgoing.file.digest(next));
            side.block = Some((id, length));
            side.exchange.block_sent(id);
            self.send_message(at, block);
        } else if next == block_count(outgoing.file.size()) && !outgoing.ended {
            outgoing.ended = true;
            let end = End::new(id, digest_of_all(&outgoing.file.digests(next)));
            side.exchange.end_sent(id);
            self.send_message(at, end);
        }
    }

    fn store(&mut self, at: usize, id: TransferId) {
        let incoming = self.sides[at].incoming.get_mut(&id).unwrap();
        if let Some((digest, restart)) = incoming.received.pop_front() {
            if restart {
                incoming.stored.clear();
            }
            incoming.stored.push(digest);
            let stored = incoming.stored.len() as u64;
            let blocks = self.sides[at].exchange.block_stored(id).unwrap();
            assert_eq!(blocks, stored);
            self.send_message(at, BlockAck::new(id, blocks));
        } else if let Some(end) = incoming.end {
            assert_eq!(digest_of_all(&incoming.stored), end, "the file is complete");
            let incoming = self.sides[at].incoming.remove(&id).unwrap();
            assert_eq!(incoming.stored.len() as u64, block_count(SIZES[incoming.size]));
            assert!(self.sides[at].exchange.remove_incoming(id));
            self.send_message(at, Received::new(id));
        }
    }

    fn cancel(&mut self, at: usize, id: TransferId) {
        self.disturbed = true;
        let side = &mut self.sides[at];
        side.outgoing.remove(&id);
        side.block = side.block.filter(|(open, _)| *open != id);
        side.exchange.remove_outgoing(id);
        self.send_message(at, Cancel::new(id, Reason::Cancelled));
    }

    /// Drops all messages in flight, and keeps partial files.
    fn reconnect(&mut self) {
        self.disturbed = true;
        for (side, partial) in self.sides.iter_mut().zip(&mut self.partial) {
            let incoming = std::mem::take(&mut *side).incoming;
            partial.extend(incoming.into_values().map(|incoming| (incoming.size, incoming.stored)));
        }
        self.pipes = Default::default();
    }

    fn deliver(&mut self, at: usize) {
        let side = &mut self.sides[at];
        match self.pipes[at].pop_front() {
            None => {}
            Some(Packet::Bytes(length)) => match side.exchange.handle_bytes(length).unwrap() {
                Bytes::Ignored => assert!(self.disturbed),
                Bytes::Block { id, last, offset } => {
                    let incoming = side.incoming.get_mut(&id).unwrap();
                    let (block, _) = incoming.block.as_ref().unwrap();
                    assert_eq!(last, offset + length == block.length);
                    if last {
                        let (block, restart) = incoming.block.take().unwrap();
                        incoming.received.push_back((block.sha256, restart));
                    }
                }
                Bytes::Violation(_, violation) => panic!("{violation}"),
            },
            Some(Packet::Text(text)) => match side.exchange.handle_text(&text).unwrap() {
                None => assert!(self.disturbed),
                Some(event) => self.handle_event(at, event),
            },
        }
    }

    fn handle_event(&mut self, at: usize, event: Event) {
        let side = &mut self.sides[at];
        match event {
            Event::Offer(Offer { id, size, .. }) => {
                let size = SIZES.iter().position(|known| *known == size).unwrap();
                side.incoming.insert(id, Incoming { size, ..Incoming::default() });
                self.send_message(at, OfferAck::new(id));
            }
            Event::Block { block, restart } => {
                let incoming = side.incoming.get_mut(&block.id).unwrap();
                assert_eq!(incoming.block.replace((block, restart)), None);
            }
            Event::End(end) => side.incoming.get_mut(&end.id).unwrap().end = Some(end.sha256),
            Event::Cancel(Cancel { id, .. }) => {
                side.incoming.remove(&id).unwrap();
            }
            Event::OfferAck(OfferAck { id }) => {
                assert!(side.exchange.is_peer_known());
                side.outgoing.get_mut(&id).unwrap().acknowledged = true;
            }
            Event::Accept(Accept { id, from, sha256, .. }) => {
                let outgoing = side.outgoing.get_mut(&id).unwrap();
                assert!(outgoing.acknowledged, "an offer is acknowledged before it is answered");
                let same = from == 0 || sha256 == Some(digest_of_all(&outgoing.file.digests(from)));
                self.resumed += u32::from(same && from > 0);
                outgoing.next = side.exchange.begin(id, !same);
            }
            Event::BlockAck(_) => {}
            Event::Received(Received { id }) => {
                self.completed += 1;
                side.outgoing.remove(&id).unwrap();
            }
            Event::Decline(Decline { id, .. }) | Event::Stop(Stop { id, .. }) => {
                side.outgoing.remove(&id).unwrap();
                // A sender that is stopped within a block cancels the transfer.
                if side.block.is_some_and(|(open, _)| open == id) {
                    side.block = None;
                    self.send_message(at, Cancel::new(id, Reason::Cancelled));
                }
            }
            Event::Unacceptable(decline) => {
                self.disturbed = true;
                self.send_message(at, decline);
            }
            Event::IncomingViolation(_, violation) | Event::OutgoingViolation(_, violation) => panic!("{violation}"),
        }
    }

    fn check(&self) {
        for side in &self.sides {
            for (id, incoming) in side.exchange.incoming.iter() {
                let pending = incoming.pending();
                assert!(pending <= u64::from(WINDOW));
                let incoming = &side.incoming[&id];
                assert_eq!(pending, (incoming.received.len() + usize::from(incoming.block.is_some())) as u64);
            }
            for outgoing in side.exchange.outgoing.values() {
                assert!(outgoing.in_flight() <= u64::from(WINDOW));
            }
        }
    }

    /// Completes all transfers, without further cancellation.
    fn settle(&mut self) {
        for _ in 0..2_000 {
            let before = (self.pipes[0].len(), self.pipes[1].len());
            for at in 0..2 {
                let ids: Vec<TransferId> = self.sides[at].incoming.keys().copied().collect();
                for id in ids {
                    if self.sides[at].incoming[&id].accepted {
                        self.store(at, id);
                    } else {
                        self.answer(at, id, false);
                    }
                }
                let ids: Vec<TransferId> = self.sides[at].outgoing.keys().copied().collect();
                ids.into_iter().for_each(|id| self.send(at, id, u32::MAX));
                (0..10).for_each(|_| self.deliver(at));
            }
            self.check();
            let over = self.sides.iter().all(|side| side.outgoing.is_empty() && side.incoming.is_empty());
            if over && before == (0, 0) && self.pipes.iter().all(VecDeque::is_empty) {
                break;
            }
        }
        for side in &self.sides {
            assert!(side.outgoing.is_empty() && side.incoming.is_empty(), "all transfers end");
            assert!(side.exchange.outgoing.is_empty() && side.exchange.incoming.is_empty());
            assert_eq!((side.exchange.bytes_left(), side.block), (0, None));
        }
        if !self.disturbed {
            assert_eq!(self.completed, self.offered);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn transfers_complete_in_any_order_of_events(steps in steps()) {
        let mut model = Model::default();
        steps.iter().for_each(|step| model.step(step));
        model.settle();
    }
}
