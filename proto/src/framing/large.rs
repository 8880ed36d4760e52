//! Large messages, which the sender splits into pieces and the receiver joins.
//!
//! Each piece is one message of the channel: a [`Header`] of [`HEADER_BYTES`] bytes, and a part of the whole message. A
//! message that begins with [`PREFIX`] by chance is sent in pieces as well.
//!
//! ```
//! use browser_rtc_proto::framing::large::{Header, Joiner, Kind, split};
//!
//! let message = b"hello";
//! let mut joiner = Joiner::new(true, true);
//! let mut joined = None;
//! for header in split(Kind::Text, 0, 5, 3) {
//!     let bytes = &message[header.range().unwrap()];
//!     joined = joiner.receive_piece(header, bytes.len(), 1024, |place| place.copy_from_slice(bytes))?;
//! }
//! assert_eq!(joined, Some((Kind::Text, message.to_vec())));
//! # Ok::<(), browser_rtc_proto::framing::large::JoinError>(())
//! ```

use std::{collections::VecDeque, error, fmt, ops::Range};

/// The magic number at the start of each piece.
pub const PREFIX: [u8; 4] = [0x9d, b'L', b'M', 1];

/// Size of a [`Header`], in bytes, with its [`PREFIX`].
pub const HEADER_BYTES: usize = 24;

/// Maximum number of pieces of one message. The receiver needs a byte of memory for each piece.
pub const MAX_PIECES: u32 = 1 << 20;

/// Maximum number of incomplete messages at the same time.
const MAX_INCOMPLETE: usize = 64;

/// The kind of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A piece of a text message.
    Text = 1,
    /// A piece of a binary message.
    Binary = 2,
    /// The withdrawal of a message, without a piece of it.
    Withdrawn = 3,
}

/// The header of a piece: its message, and its position in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The kind of the message.
    pub kind: Kind,
    /// The id of the message, unique among the incomplete messages of its sender.
    pub id: u32,
    /// The index of the piece, from 0.
    pub index: u32,
    /// Size of the whole message, in bytes.
    pub total: u32,
    /// Size of each piece except the last, in bytes.
    pub piece: u32,
}

impl Header {
    /// Creates the header that withdraws a message.
    #[must_use]
    pub fn withdrawn(id: u32) -> Self {
        Self { kind: Kind::Withdrawn, id, index: 0, total: 0, piece: 0 }
    }

    /// Returns the header as it is sent.
    #[must_use]
    pub fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let fields = [self.kind as u32, self.id, self.index, self.total, self.piece].map(u32::to_le_bytes);
        for (place, word) in bytes.chunks_exact_mut(4).zip([PREFIX].iter().chain(&fields)) {
            place.copy_from_slice(word);
        }
        bytes
    }

    /// Parses a header at the start of a message that begins with [`PREFIX`]. Returns `None` if it is malformed.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut words = bytes.get(4..HEADER_BYTES)?.as_chunks().0.iter().copied().map(u32::from_le_bytes);
        let kind = match words.next()? {
            1 => Kind::Text,
            2 => Kind::Binary,
            3 => Kind::Withdrawn,
            _ => return None,
        };
        Some(Self { kind, id: words.next()?, index: words.next()?, total: words.next()?, piece: words.next()? })
    }

    /// Returns the range of the piece in the whole message, or `None` if the fields are inconsistent.
    #[must_use]
    pub fn range(&self) -> Option<Range<usize>> {
        let start = u64::from(self.index) * u64::from(self.piece);
        let end = (start + u64::from(self.piece)).min(self.total.into());
        (start < end).then_some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// Returns the number of pieces, or `None` if the message has too many.
    fn pieces(&self) -> Option<usize> {
        let pieces = self.total.div_ceil(self.piece);
        (pieces <= MAX_PIECES).then_some(pieces as usize)
    }
}

/// Returns the headers of all pieces of a message of `total` bytes, with `piece` bytes in each piece except the last.
/// A `piece` of 0 counts as 1.
pub fn split(kind: Kind, id: u32, total: u32, piece: u32) -> impl Iterator<Item = Header> {
    let piece = piece.max(1);
    (0..total.div_ceil(piece)).map(move |index| Header { kind, id, index, total, piece })
}

/// The error for a piece that cannot be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinError {
    /// The piece does not follow the protocol.
    Malformed,
    /// The message exceeds the limit.
    TooLarge,
    /// The oldest incomplete message was dropped, because too many messages or bytes were incomplete.
    TooManyIncomplete,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "a piece of a large message is malformed",
            Self::TooLarge => "a received large message exceeds the limit",
            Self::TooManyIncomplete => "too many large messages are incomplete",
        })
    }
}

impl error::Error for JoinError {}

/// The receiver of pieces. It keeps at most 64 incomplete messages, whose total size is limited to that of one message.
#[derive(Debug, Default)]
pub struct Joiner {
    incomplete: VecDeque<Incomplete>,
    /// The ids of dropped messages, whose further pieces are ignored.
    ignored: VecDeque<u32>,
    ordered: bool,
    reliable: bool,
}

#[derive(Debug)]
struct Incomplete {
    header: Header,
    bytes: Vec<u8>,
    received: Vec<bool>,
    missing: usize,
}

impl Joiner {
    /// Creates the receiver of a channel. On an `ordered` channel, a message ends the incomplete message before it. On
    /// a channel that is not `reliable`, a message with a lost piece is dropped without an error.
    #[must_use]
    pub fn new(ordered: bool, reliable: bool) -> Self {
        Self { ordered, reliable, ..Self::default() }
    }

    /// Drops the incomplete messages when the channel has closed. Returns whether a message was lost on a reliable
    /// channel.
    pub fn close(&mut self) -> bool {
        let is_cut_off = self.reliable && !self.incomplete.is_empty();
        self.incomplete.clear();
        is_cut_off
    }

    /// Receives a message that is not a piece.
    pub fn receive_other(&mut self) {
        if self.ordered {
            self.incomplete.clear();
        }
    }

    /// Receives a piece of `length` bytes, which `write` copies to the passed slice. Returns the message once it is
    /// complete.
    ///
    /// # Errors
    /// Returns an error if the piece is malformed, its message exceeds `limit` bytes, or an older incomplete message
    /// was dropped. Each message causes at most one error.
    pub fn receive_piece(
        &mut self,
        header: Header,
        length: usize,
        limit: u32,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<Option<(Kind, Vec<u8>)>, JoinError> {
        if self.ordered {
            self.incomplete.retain(|other| other.header.id == header.id);
        }
        if header.kind == Kind::Withdrawn {
            self.ignore(header.id);
            return Ok(None);
        }
        if self.ignored.contains(&header.id) {
            return Ok(None);
        }
        let known = self.incomplete.iter().position(|other| other.header.id == header.id);
        let message = match known {
            Some(at) => self.incomplete.remove(at),
            None if header.total > limit => {
                self.ignore(header.id);
                return Err(JoinError::TooLarge);
            }
            None => Incomplete::new(header),
        };
        let written = message.and_then(|mut message| {
            message.write_piece(header, length, write)?;
            Some(message)
        });
        let Some(message) = written else {
            self.ignore(header.id);
            return Err(JoinError::Malformed);
        };
        if message.missing == 0 {
            return Ok(Some((header.kind, message.bytes)));
        }
        self.incomplete.insert(known.unwrap_or(self.incomplete.len()), message);
        self.enforce_limits(limit).map(|()| None)
    }

    /// Drops a message, and ignores its further pieces.
    fn ignore(&mut self, id: u32) {
        self.incomplete.retain(|message| message.header.id != id);
        self.ignored.push_back(id);
        if self.ignored.len() > MAX_INCOMPLETE {
            self.ignored.pop_front();
        }
    }

    /// Drops the oldest messages until the limits are met. On an unreliable channel they count as lost.
    fn enforce_limits(&mut self, limit: u32) -> Result<(), JoinError> {
        let mut outcome = Ok(());
        loop {
            let held: u64 = self.incomplete.iter().map(|message| u64::from(message.header.total)).sum();
            if held <= limit.into() && self.incomplete.len() <= MAX_INCOMPLETE {
                return outcome;
            }
            if let Some(oldest) = self.incomplete.front() {
                self.ignore(oldest.header.id);
            }
            if self.reliable {
                outcome = Err(JoinError::TooManyIncomplete);
            }
        }
    }
}

impl Incomplete {
    /// Returns `None` if the fields of the header are inconsistent.
    fn new(header: Header) -> Option<Self> {
        header.range()?;
        let missing = header.pieces()?;
        Some(Self { header, bytes: vec![0; header.total as usize], received: vec![false; missing], missing })
    }

    /// Returns `None` if the piece does not belong to this message, or was received before.
    fn write_piece(&mut self, header: Header, length: usize, write: impl FnOnce(&mut [u8])) -> Option<()> {
        if (Header { index: self.header.index, ..header }) != self.header {
            return None;
        }
        let place = self.bytes.get_mut(header.range()?)?;
        let received = self.received.get_mut(header.index as usize)?;
        if place.len() != length || *received {
            return None;
        }
        write(place);
        *received = true;
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
        split(kind, id, bytes.len() as u32, piece)
            .map(|header| (header, bytes[header.range().unwrap()].to_vec()))
            .collect()
    }

    fn receive(joiner: &mut Joiner, (header, bytes): &Frame, limit: u32) -> Result<Option<(Kind, Vec<u8>)>, JoinError> {
        joiner.receive_piece(*header, bytes.len(), limit, |place| place.copy_from_slice(bytes))
    }

    fn reliable() -> Joiner {
        Joiner { reliable: true, ..Joiner::default() }
    }

    proptest! {
        #[test]
        fn header_round_trips(kind in 1..4_u32, words in any::<[u32; 4]>()) {
            let kind = [Kind::Text, Kind::Binary, Kind::Withdrawn][kind as usize - 1];
            let [id, index, total, piece] = words;
            let header = Header { kind, id, index, total, piece };
            prop_assert!(header.to_bytes().starts_with(&PREFIX));
            prop_assert_eq!(Header::parse(&header.to_bytes()), Some(header));
        }

        #[test]
        fn pieces_are_joined_in_any_order(
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
                if let Some((kind, bytes)) = receive(&mut joiner, frame, 100_000).unwrap() {
                    prop_assert_eq!(kind, Kind::Binary);
                    prop_assert_eq!(&bytes, &messages[frame.0.id as usize].0);
                    joined += 1;
                }
            }
            prop_assert_eq!(joined, messages.len());
            prop_assert!(joiner.incomplete.is_empty());
        }

        #[test]
        fn arbitrary_pieces_stay_within_limits(
            frames in vec((1..4_u32, 0..6_u32, 0..9_u32, 0..600_u32, 0..200_u32, vec(any::<u8>(), 0..200)), 0..300),
            ordered in any::<bool>(),
            reliable in any::<bool>(),
        ) {
            let mut joiner = Joiner { ordered, reliable, ..Joiner::default() };
            for (kind, id, index, total, piece, bytes) in frames {
                let kind = [Kind::Text, Kind::Binary, Kind::Withdrawn][kind as usize - 1];
                let header = Header { kind, id, index, total, piece };
                let _any = receive(&mut joiner, &(header, bytes), 1_000);
                let held: usize = joiner.incomplete.iter().map(|message| message.bytes.len()).sum();
                prop_assert!(held <= 1_000 && joiner.incomplete.len() <= MAX_INCOMPLETE);
                prop_assert!(joiner.ignored.len() <= MAX_INCOMPLETE);
            }
        }

        #[test]
        fn arbitrary_header_is_parsed_without_panic(bytes in vec(any::<u8>(), 0..40)) {
            let _any = Header::parse(&bytes).and_then(|header| header.range());
        }
    }

    #[test]
    fn too_large_message_causes_one_error() {
        let pieces = frames(Kind::Text, 7, &[b'x'; 101], 10);
        let mut joiner = reliable();
        let outcomes: Vec<_> = pieces.iter().map(|frame| receive(&mut joiner, frame, 100)).collect();
        assert_eq!(outcomes[0], Err(JoinError::TooLarge));
        assert!(outcomes[1..].iter().all(|outcome| outcome == &Ok(None)));
        let next = frames(Kind::Text, 8, &[b'x'; 100], 100);
        assert_eq!(receive(&mut joiner, &next[0], 100), Ok(Some((Kind::Text, vec![b'x'; 100]))));
    }

    #[test]
    fn piece_size_zero_counts_as_one() {
        let ranges: Vec<_> = split(Kind::Text, 1, 2, 0).filter_map(|header| header.range()).collect();
        assert_eq!(ranges, [0..1, 1..2]);
    }

    #[test]
    fn message_with_too_many_pieces_is_malformed() {
        let header = Header { kind: Kind::Binary, id: 1, index: 0, total: MAX_PIECES + 1, piece: 1 };
        assert_eq!(receive(&mut reliable(), &(header, vec![0]), u32::MAX), Err(JoinError::Malformed));
        let most = Header { total: MAX_PIECES, ..header };
        assert_eq!(receive(&mut reliable(), &(most, vec![0]), u32::MAX), Ok(None));
    }

    #[test]
    fn oldest_message_is_dropped_at_limit() {
        for is_reliable in [true, false] {
            let mut joiner = Joiner { reliable: is_reliable, ..Joiner::default() };
            let [first, second] = [1, 2].map(|id| frames(Kind::Binary, id, &[id as u8; 60], 30));
            assert_eq!(receive(&mut joiner, &first[0], 100), Ok(None));
            let expected = if is_reliable { Err(JoinError::TooManyIncomplete) } else { Ok(None) };
            assert_eq!(receive(&mut joiner, &second[0], 100), expected);
            assert_eq!(receive(&mut joiner, &first[1], 100), Ok(None), "further pieces are ignored");
            assert_eq!(receive(&mut joiner, &second[1], 100), Ok(Some((Kind::Binary, vec![2; 60]))));
        }
    }

    #[test]
    fn ordered_message_drops_incomplete_message() {
        let mut joiner = Joiner { ordered: true, reliable: true, ..Joiner::default() };
        let [first, second] = [1, 2].map(|id| frames(Kind::Binary, id, &[id as u8; 60], 30));
        receive(&mut joiner, &first[0], 100).unwrap();
        joiner.receive_other();
        assert!(joiner.incomplete.is_empty());
        receive(&mut joiner, &first[0], 100).unwrap();
        receive(&mut joiner, &second[0], 100).unwrap();
        assert_eq!(receive(&mut joiner, &second[1], 100), Ok(Some((Kind::Binary, vec![2; 60]))));
    }

    #[test]
    fn withdrawn_message_is_dropped() {
        let mut joiner = reliable();
        let pieces = frames(Kind::Binary, 1, &[1; 60], 30);
        receive(&mut joiner, &pieces[0], 100).unwrap();
        assert_eq!(receive(&mut joiner, &(Header::withdrawn(1), vec![]), 100), Ok(None));
        assert!(joiner.incomplete.is_empty());
        assert_eq!(receive(&mut joiner, &pieces[1], 100), Ok(None), "a late piece is ignored");
        assert!(joiner.incomplete.is_empty());
    }

    #[test]
    fn inconsistent_piece_is_malformed_once() {
        let header = Header { kind: Kind::Binary, id: 1, index: 0, total: 60, piece: 30 };
        let wrong: [Frame; 5] = [
            (Header { index: 1, total: 61, ..header }, vec![0; 30]),
            (Header { index: 1, piece: 20, ..header }, vec![0; 20]),
            (Header { index: 1, kind: Kind::Text, ..header }, vec![0; 30]),
            (Header { index: 1, ..header }, vec![0; 29]),
            (header, vec![0; 30]),
        ];
        for frame in wrong {
            let mut joiner = reliable();
            assert_eq!(receive(&mut joiner, &(header, vec![0; 30]), 100), Ok(None));
            assert_eq!(receive(&mut joiner, &frame, 100), Err(JoinError::Malformed), "{frame:?}");
            assert!(joiner.incomplete.is_empty());
            assert_eq!(receive(&mut joiner, &(Header { index: 1, ..header }, vec![0; 30]), 100), Ok(None));
        }
        for header in [Header { piece: 0, ..header }, Header { index: 2, ..header }, Header { total: 0, ..header }] {
            assert_eq!(receive(&mut reliable(), &(header, vec![]), 100), Err(JoinError::Malformed), "{header:?}");
        }
    }
}

#[cfg(test)]
#[path = "large_protocol_tests.rs"]
mod protocol_tests;
