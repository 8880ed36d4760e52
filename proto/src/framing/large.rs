//! How a message is split and joined: no browser here.

use std::{collections::VecDeque, ops::Range};

/// What each piece begins with; a message of the user's that begins with it travels as a piece as well.
pub const MARK: [u8; 4] = [0x9d, b'L', b'M', 1];
pub const HEADER: usize = 24;

/// How many pieces a message may have: of each a byte is kept, be the piece ever so short.
pub const MOST_PIECES: u32 = 1 << 20;

/// How many messages may be incomplete at a time.
const MOST_INCOMPLETE: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text = 1,
    Binary = 2,
    /// The sender has given the message up.
    Withdrawn = 3,
}

/// The head of a piece: of which message it is, and which part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub kind: Kind,
    pub id: u32,
    pub index: u32,
    /// Bytes of the whole message.
    pub total: u32,
    /// Bytes of each piece but the last.
    pub piece: u32,
}

impl Header {
    pub fn withdrawn(id: u32) -> Self {
        Self { kind: Kind::Withdrawn, id, index: 0, total: 0, piece: 0 }
    }

    pub fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let fields = [self.kind as u32, self.id, self.index, self.total, self.piece].map(u32::to_le_bytes);
        for (place, word) in bytes.chunks_exact_mut(4).zip([MARK].iter().chain(&fields)) {
            place.copy_from_slice(word);
        }
        bytes
    }

    /// None where it is malformed.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut words = bytes.get(4..HEADER)?.as_chunks().0.iter().copied().map(u32::from_le_bytes);
        let kind = match words.next()? {
            1 => Kind::Text,
            2 => Kind::Binary,
            3 => Kind::Withdrawn,
            _ => return None,
        };
        Some(Self { kind, id: words.next()?, index: words.next()?, total: words.next()?, piece: words.next()? })
    }

    /// Where in the message it belongs; none where that makes no sense.
    pub fn range(&self) -> Option<Range<usize>> {
        let start = u64::from(self.index) * u64::from(self.piece);
        let end = (start + u64::from(self.piece)).min(self.total.into());
        (start < end).then_some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// The number of pieces; none where the message has too many.
    fn pieces(&self) -> Option<usize> {
        let pieces = self.total.div_ceil(self.piece);
        (pieces <= MOST_PIECES).then_some(pieces as usize)
    }
}

/// The heads of all pieces of a message.
pub fn split(kind: Kind, id: u32, total: u32, piece: u32) -> impl Iterator<Item = Header> {
    (0..total.div_ceil(piece)).map(move |index| Header { kind, id, index, total, piece })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not what this layer sends.
    Malformed,
    /// More than may be held.
    TooLarge,
    /// Given up for want of room.
    GivenUp,
}

/// A whole message.
pub type Joined = (Kind, Vec<u8>);

/// Messages of which pieces are missing, the oldest first.
#[derive(Debug, Default)]
pub struct Joiner {
    incomplete: VecDeque<Incomplete>,
    /// Of these nothing more is wanted.
    refused: VecDeque<u32>,
    /// On an ordered channel one message comes after the other.
    ordered: bool,
    /// On a channel that loses messages, one of which a piece is lost is lost.
    reliable: bool,
}

#[derive(Debug)]
struct Incomplete {
    head: Header,
    bytes: Vec<u8>,
    seen: Vec<bool>,
    missing: usize,
}

impl Joiner {
    pub fn new(ordered: bool, reliable: bool) -> Self {
        Self { ordered, reliable, ..Self::default() }
    }

    /// Nothing comes any more: whether that is a loss.
    pub fn end(&mut self) -> bool {
        let cut_off = self.reliable && !self.incomplete.is_empty();
        self.incomplete.clear();
        cut_off
    }

    /// A message that is no piece has come.
    pub fn other(&mut self) {
        if self.ordered {
            self.incomplete.clear();
        }
    }

    /// A piece of this length has come, of which `write` gives the bytes.
    pub fn piece(
        &mut self,
        head: Header,
        length: usize,
        limit: u32,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<Option<Joined>, Fault> {
        if self.ordered {
            self.incomplete.retain(|other| other.head.id == head.id);
        }
        if head.kind == Kind::Withdrawn {
            self.refuse(head.id);
            return Ok(None);
        }
        if self.refused.contains(&head.id) {
            return Ok(None);
        }
        let known = self.incomplete.iter().position(|other| other.head.id == head.id);
        let message = match known {
            Some(at) => self.incomplete.remove(at),
            None if head.total > limit => {
                self.refuse(head.id);
                return Err(Fault::TooLarge);
            }
            None => Incomplete::new(head),
        };
        let taken = message.and_then(|mut message| {
            message.take(head, length, write)?;
            Some(message)
        });
        let Some(message) = taken else {
            self.refuse(head.id);
            return Err(Fault::Malformed);
        };
        if message.missing == 0 {
            return Ok(Some((head.kind, message.bytes)));
        }
        self.incomplete.insert(known.unwrap_or(self.incomplete.len()), message);
        self.make_room(limit)
    }

    fn refuse(&mut self, id: u32) {
        self.incomplete.retain(|message| message.head.id != id);
        self.refused.push_back(id);
        if self.refused.len() > MOST_INCOMPLETE {
            self.refused.pop_front();
        }
    }

    /// The oldest go first. On a channel that loses messages they are as lost as others.
    fn make_room(&mut self, limit: u32) -> Result<Option<Joined>, Fault> {
        let mut outcome = Ok(None);
        loop {
            let held: u64 = self.incomplete.iter().map(|message| u64::from(message.head.total)).sum();
            if held <= limit.into() && self.incomplete.len() <= MOST_INCOMPLETE {
                return outcome;
            }
            if let Some(oldest) = self.incomplete.front() {
                self.refuse(oldest.head.id);
            }
            if self.reliable {
                outcome = Err(Fault::GivenUp);
            }
        }
    }
}

impl Incomplete {
    /// None where its head makes no sense.
    fn new(head: Header) -> Option<Self> {
        head.range()?;
        let missing = head.pieces()?;
        Some(Self { head, bytes: vec![0; head.total as usize], seen: vec![false; missing], missing })
    }

    /// None where the piece does not belong to this message, or has come already.
    fn take(&mut self, head: Header, length: usize, write: impl FnOnce(&mut [u8])) -> Option<()> {
        if (Header { index: self.head.index, ..head }) != self.head {
            return None;
        }
        let place = self.bytes.get_mut(head.range()?)?;
        let seen = self.seen.get_mut(head.index as usize)?;
        if place.len() != length || *seen {
            return None;
        }
        write(place);
        *seen = true;
        self.missing -= 1;
        Some(())
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    type Frame = (Header, Vec<u8>);

    fn frames(kind: Kind, id: u32, bytes: &[u8], piece: u32) -> Vec<Frame> {
        split(kind, id, bytes.len() as u32, piece).map(|head| (head, bytes[head.range().unwrap()].to_vec())).collect()
    }

    fn give(joiner: &mut Joiner, (head, bytes): &Frame, limit: u32) -> Result<Option<Joined>, Fault> {
        joiner.piece(*head, bytes.len(), limit, |place| place.copy_from_slice(bytes))
    }

    fn reliable() -> Joiner {
        Joiner { reliable: true, ..Joiner::default() }
    }

    proptest! {
        #[test]
        fn a_head_is_read_as_it_was_written(kind in 1..4_u32, words in any::<[u32; 4]>()) {
            let kind = [Kind::Text, Kind::Binary, Kind::Withdrawn][kind as usize - 1];
            let [id, index, total, piece] = words;
            let head = Header { kind, id, index, total, piece };
            prop_assert!(head.to_bytes().starts_with(&MARK));
            prop_assert_eq!(Header::parse(&head.to_bytes()), Some(head));
        }

        #[test]
        fn messages_are_joined_from_pieces_in_any_order(
            messages in vec((vec(any::<u8>(), 1..300), 1..100_u32), 1..20),
            order in any::<prop::sample::Index>(),
            seed in any::<u64>(),
        ) {
            let mut pieces: Vec<Frame> = Vec::new();
            for (id, (bytes, piece)) in messages.iter().enumerate() {
                pieces.extend(frames(Kind::Binary, id as u32, bytes, *piece));
            }
            let mut state = seed | 1;
            for at in (1..pieces.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(order.index(97) as u64);
                pieces.swap(at, (state >> 33) as usize % (at + 1));
            }
            let mut joiner = reliable();
            let mut joined = 0;
            for frame in &pieces {
                if let Some((kind, bytes)) = give(&mut joiner, frame, 100_000).unwrap() {
                    prop_assert_eq!(kind, Kind::Binary);
                    prop_assert_eq!(&bytes, &messages[frame.0.id as usize].0);
                    joined += 1;
                }
            }
            prop_assert_eq!(joined, messages.len());
            prop_assert!(joiner.incomplete.is_empty());
        }

        #[test]
        fn nothing_that_comes_makes_it_panic_or_hold_more_than_it_may(
            frames in vec((1..4_u32, 0..6_u32, 0..9_u32, 0..600_u32, 0..200_u32, vec(any::<u8>(), 0..200)), 0..300),
            ordered in any::<bool>(),
            reliable in any::<bool>(),
        ) {
            let mut joiner = Joiner { ordered, reliable, ..Joiner::default() };
            for (kind, id, index, total, piece, bytes) in frames {
                let kind = [Kind::Text, Kind::Binary, Kind::Withdrawn][kind as usize - 1];
                let head = Header { kind, id, index, total, piece };
                let _any = give(&mut joiner, &(head, bytes), 1_000);
                let held: usize = joiner.incomplete.iter().map(|message| message.bytes.len()).sum();
                prop_assert!(held <= 1_000 && joiner.incomplete.len() <= MOST_INCOMPLETE);
                prop_assert!(joiner.refused.len() <= MOST_INCOMPLETE);
            }
        }

        #[test]
        fn a_head_of_anything_is_read_or_refused(bytes in vec(any::<u8>(), 0..40)) {
            let _any = Header::parse(&bytes).and_then(|head| head.range());
        }
    }

    #[test]
    fn what_is_too_large_is_said_once() {
        let pieces = frames(Kind::Text, 7, &[b'x'; 101], 10);
        let mut joiner = reliable();
        let outcomes: Vec<_> = pieces.iter().map(|frame| give(&mut joiner, frame, 100)).collect();
        assert_eq!(outcomes[0], Err(Fault::TooLarge));
        assert!(outcomes[1..].iter().all(|outcome| outcome == &Ok(None)));
        let next = frames(Kind::Text, 8, &[b'x'; 100], 100);
        assert_eq!(give(&mut joiner, &next[0], 100), Ok(Some((Kind::Text, vec![b'x'; 100]))));
    }

    #[test]
    fn message_of_too_many_pieces_is_malformed() {
        let head = Header { kind: Kind::Binary, id: 1, index: 0, total: MOST_PIECES + 1, piece: 1 };
        assert_eq!(give(&mut reliable(), &(head, vec![0]), u32::MAX), Err(Fault::Malformed));
        let most = Header { total: MOST_PIECES, ..head };
        assert_eq!(give(&mut reliable(), &(most, vec![0]), u32::MAX), Ok(None));
    }

    #[test]
    fn the_oldest_is_given_up_for_want_of_room() {
        for is_reliable in [true, false] {
            let mut joiner = Joiner { reliable: is_reliable, ..Joiner::default() };
            let [first, second] = [1, 2].map(|id| frames(Kind::Binary, id, &[id as u8; 60], 30));
            assert_eq!(give(&mut joiner, &first[0], 100), Ok(None));
            let told = if is_reliable { Err(Fault::GivenUp) } else { Ok(None) };
            assert_eq!(give(&mut joiner, &second[0], 100), told);
            assert_eq!(give(&mut joiner, &first[1], 100), Ok(None), "nothing more of it is wanted");
            assert_eq!(give(&mut joiner, &second[1], 100), Ok(Some((Kind::Binary, vec![2; 60]))));
        }
    }

    #[test]
    fn in_order_one_message_ends_what_the_one_before_left() {
        let mut joiner = Joiner { ordered: true, reliable: true, ..Joiner::default() };
        let [first, second] = [1, 2].map(|id| frames(Kind::Binary, id, &[id as u8; 60], 30));
        give(&mut joiner, &first[0], 100).unwrap();
        joiner.other();
        assert!(joiner.incomplete.is_empty());
        give(&mut joiner, &first[0], 100).unwrap();
        give(&mut joiner, &second[0], 100).unwrap();
        assert_eq!(give(&mut joiner, &second[1], 100), Ok(Some((Kind::Binary, vec![2; 60]))));
    }

    #[test]
    fn a_withdrawn_message_is_forgotten() {
        let mut joiner = reliable();
        let pieces = frames(Kind::Binary, 1, &[1; 60], 30);
        give(&mut joiner, &pieces[0], 100).unwrap();
        assert_eq!(give(&mut joiner, &(Header::withdrawn(1), vec![]), 100), Ok(None));
        assert!(joiner.incomplete.is_empty());
        assert_eq!(give(&mut joiner, &pieces[1], 100), Ok(None), "it comes late, out of order");
        assert!(joiner.incomplete.is_empty());
    }

    #[test]
    fn what_does_not_belong_together_is_malformed_once() {
        let head = Header { kind: Kind::Binary, id: 1, index: 0, total: 60, piece: 30 };
        let wrong: [Frame; 5] = [
            (Header { index: 1, total: 61, ..head }, vec![0; 30]),
            (Header { index: 1, piece: 20, ..head }, vec![0; 20]),
            (Header { index: 1, kind: Kind::Text, ..head }, vec![0; 30]),
            (Header { index: 1, ..head }, vec![0; 29]),
            (head, vec![0; 30]),
        ];
        for frame in wrong {
            let mut joiner = reliable();
            assert_eq!(give(&mut joiner, &(head, vec![0; 30]), 100), Ok(None));
            assert_eq!(give(&mut joiner, &frame, 100), Err(Fault::Malformed), "{frame:?}");
            assert!(joiner.incomplete.is_empty());
            assert_eq!(give(&mut joiner, &(Header { index: 1, ..head }, vec![0; 30]), 100), Ok(None));
        }
        for head in [Header { piece: 0, ..head }, Header { index: 2, ..head }, Header { total: 0, ..head }] {
            assert_eq!(give(&mut reliable(), &(head, vec![]), 100), Err(Fault::Malformed), "{head:?}");
        }
    }
}

#[cfg(test)]
#[path = "large_protocol_tests.rs"]
mod protocol_tests;
