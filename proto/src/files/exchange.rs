//! The state machine of all file transfers on one channel.

use super::{
    message::{
        Accept, Block, BlockAck, Cancel, Decline, End, Message, Offer, OfferAck, Reason, Received, Stop, TransferId,
        VERSION,
    },
    receive_state::ReceiveState,
    send_state::SendState,
    transfer_map::TransferMap,
    violation::Violation,
};

/// Maximum number of pending offers of the peer. Further offers are declined with [`Reason::Busy`].
pub const MAX_PENDING_OFFERS: usize = 64;

/// The transfers on one channel, in both directions, as a state machine.
///
/// It checks whether each message is allowed, and assigns binary messages to their transfers. The caller passes each
/// message of the channel to [`handle_text`](Self::handle_text) or [`handle_bytes`](Self::handle_bytes), and reports
/// what it sends and stores by the other methods.
///
/// ```
/// use browser_rtc_proto::files::{Event, Exchange, FileId, Message, Offer, OfferAck};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (mut sender, mut receiver) = (Exchange::default(), Exchange::default());
/// let id = sender.offer(5);
/// let offer = Message::from(Offer::new(id, FileId::try_from("a".to_owned())?, 5).name("a.txt"));
///
/// let Some(Event::Offer(offer)) = receiver.handle_text(&offer.to_json())? else { panic!() };
/// assert_eq!(offer.name, "a.txt");
///
/// let ack = Message::from(OfferAck::new(offer.id));
/// assert_eq!(sender.handle_text(&ack.to_json())?, Some(Event::OfferAck(OfferAck::new(id))));
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
pub struct Exchange {
    pub(super) outgoing: TransferMap<SendState>,
    pub(super) incoming: TransferMap<ReceiveState>,
    /// The block that is being received.
    block: Option<OpenBlock>,
    next_id: TransferId,
    /// Lowest number that the next offer of the peer may have.
    min_offer: u64,
    peer_known: bool,
}

#[derive(Debug)]
struct OpenBlock {
    id: TransferId,
    length: u32,
    /// Bytes that are still to be received.
    left: u32,
    /// False if the receiver has ended the transfer: the bytes are ignored.
    wanted: bool,
}

/// The meaning of a text message. A transfer that the message ends is removed from the [`Exchange`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The peer offers a file. The offer must be acknowledged, and then answered.
    Offer(Offer),
    /// The peer offers a file that must be declined with this message, because of its version or the number of offers.
    Unacceptable(Decline),
    /// The following bytes belong to this block.
    Block {
        /// The announcement of the block.
        block: Block,
        /// The file restarts at its first block instead of the requested one. The stored part must be discarded.
        restart: bool,
    },
    /// All blocks of an incoming file were sent.
    End(End),
    /// The peer cancelled an incoming file.
    Cancel(Cancel),
    /// The peer violated the protocol in an incoming file, which must be answered with [`Stop`].
    IncomingViolation(TransferId, Violation),
    /// The peer acknowledged an offer.
    OfferAck(OfferAck),
    /// The peer accepted an outgoing file.
    Accept(Accept),
    /// The peer acknowledged blocks, which makes room in the window.
    BlockAck(BlockAck),
    /// The peer has received an outgoing file.
    Received(Received),
    /// The peer declined an offer.
    Decline(Decline),
    /// The peer stopped an outgoing file.
    Stop(Stop),
    /// The peer violated the protocol in an outgoing file, which must be answered with [`Cancel`].
    OutgoingViolation(TransferId, Violation),
}

/// The meaning of a binary message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bytes {
    /// The bytes belong to the current block of the transfer.
    Block {
        /// Number of the transfer.
        id: TransferId,
        /// Offset in the block, in bytes.
        offset: u32,
        /// These bytes complete the block.
        last: bool,
    },
    /// The bytes belong to a transfer that has ended.
    Ignored,
    /// The peer violated the protocol in an incoming file, which must be answered with [`Stop`].
    Violation(TransferId, Violation),
}

impl Exchange {
    /// Starts an outgoing transfer of a file of this size in bytes, and returns the number for its [`Offer`].
    pub fn offer(&mut self, size: u64) -> TransferId {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        self.outgoing.insert(id, SendState::new(size));
        id
    }

    /// Begins to send an accepted file, from the block that the peer requested, or `from_start` if the stored part of
    /// the peer belongs to another file. Returns the index of the first block to send, or `None` if the transfer has
    /// ended.
    pub fn begin(&mut self, id: TransferId, from_start: bool) -> Option<u64> {
        self.outgoing.get_mut(id).map(|outgoing| outgoing.begin(from_start))
    }

    /// Returns whether the next block of an outgoing file may be sent now.
    #[must_use]
    pub fn may_send(&self, id: TransferId) -> bool {
        self.outgoing.get(id).is_some_and(SendState::may_send)
    }

    /// Counts a block of an outgoing file when its [`Block`] is sent.
    pub fn block_sent(&mut self, id: TransferId) {
        if let Some(outgoing) = self.outgoing.get_mut(id) {
            outgoing.block_sent();
        }
    }

    /// Records that the [`End`] of an outgoing file is sent.
    pub fn end_sent(&mut self, id: TransferId) {
        if let Some(outgoing) = self.outgoing.get_mut(id) {
            outgoing.end_sent();
        }
    }

    /// Removes an outgoing transfer. Its later messages are ignored. Returns false if it has ended before.
    pub fn remove_outgoing(&mut self, id: TransferId) -> bool {
        self.outgoing.remove(id).is_some()
    }

    /// Accepts an incoming file, of which the first `from` blocks are stored, with a window in blocks. Returns false if
    /// the transfer has ended.
    pub fn accept(&mut self, id: TransferId, from: u64, window: u32) -> bool {
        self.incoming.get_mut(id).map(|incoming| incoming.accept(from, window)).is_some()
    }

    /// Counts a verified and stored block of an incoming file. Returns the number of stored blocks, for a [`BlockAck`],
    /// or `None` if the transfer has ended.
    pub fn block_stored(&mut self, id: TransferId) -> Option<u64> {
        self.incoming.get_mut(id).map(ReceiveState::block_stored)
    }

    /// Removes an incoming transfer. Its later messages are ignored. Returns false if it has ended before.
    pub fn remove_incoming(&mut self, id: TransferId) -> bool {
        if let Some(block) = self.block.as_mut().filter(|block| block.id == id) {
            block.wanted = false;
        }
        self.incoming.remove(id).is_some()
    }

    /// Returns whether the peer has sent a message of the protocol, and therefore implements it.
    #[must_use]
    pub fn is_peer_known(&self) -> bool {
        self.peer_known
    }

    /// Handles a text message. Returns `None` if the message has no effect because its type is unknown or its transfer
    /// has ended.
    ///
    /// # Errors
    /// Returns an error for a violation that must close the channel.
    pub fn handle_text(&mut self, text: &str) -> Result<Option<Event>, Violation> {
        let message =
            Message::from_json(text).map_err(|_| Violation("a text message is not part of the file protocol"))?;
        let Some(message) = message else { return Ok(None) };
        self.peer_known = true;
        Ok(match message {
            Message::Offer(offer) => Some(self.offered(offer)?),
            Message::Block(block) => self.block(block)?,
            Message::End(end) => self.end(end),
            Message::Cancel(cancel) => {
                // The sender does not send the rest of the block.
                self.block = self.block.take().filter(|block| block.id != cancel.id);
                self.incoming.remove(cancel.id).map(|_| Event::Cancel(cancel))
            }
            Message::OfferAck(ack) => self.outgoing(ack.id, |_| Ok(()), Event::OfferAck(ack)),
            Message::Accept(accept) => {
                self.outgoing(accept.id, |outgoing| outgoing.accept(&accept), Event::Accept(accept.clone()))
            }
            Message::BlockAck(ack) => {
                let blocks = ack.blocks;
                self.outgoing(ack.id, |outgoing| outgoing.acknowledge(blocks), Event::BlockAck(ack))
            }
            Message::Received(received) => {
                let id = received.id;
                let event = self.outgoing(id, |outgoing| outgoing.received(), Event::Received(received));
                self.outgoing.remove(id);
                event
            }
            Message::Decline(decline) => self.outgoing.remove(decline.id).map(|_| Event::Decline(decline)),
            Message::Stop(stop) => self.outgoing.remove(stop.id).map(|_| Event::Stop(stop)),
        })
    }

    /// Handles a binary message of this length in bytes.
    ///
    /// # Errors
    /// Returns an error for a violation that must close the channel.
    pub fn handle_bytes(&mut self, length: u32) -> Result<Bytes, Violation> {
        let block = self.block.as_mut().ok_or(Violation("a binary message belongs to no block"))?;
        let (id, wanted, offset) = (block.id, block.wanted, block.length - block.left);
        if length == 0 || length > block.left {
            self.block = None;
            return Ok(if wanted {
                self.incoming.remove(id);
                Bytes::Violation(id, Violation("a binary message is empty or exceeds its block"))
            } else {
                Bytes::Ignored
            });
        }
        block.left -= length;
        let last = block.left == 0;
        if last {
            self.block = None;
        }
        Ok(if wanted { Bytes::Block { id, offset, last } } else { Bytes::Ignored })
    }

    fn offered(&mut self, offer: Offer) -> Result<Event, Violation> {
        let id = offer.id;
        if u64::from(id) < self.min_offer {
            return Err(Violation("the number of an offer is not higher than that of the previous offer"));
        }
        self.min_offer = u64::from(id) + 1;
        if offer.version != VERSION {
            return Ok(Event::Unacceptable(Decline::new(id, Reason::Unsupported)));
        }
        if self.incoming.values().filter(|incoming| !incoming.is_accepted()).count() >= MAX_PENDING_OFFERS {
            return Ok(Event::Unacceptable(Decline::new(id, Reason::Busy)));
        }
        self.incoming.insert(id, ReceiveState::new(offer.size));
        Ok(Event::Offer(offer))
    }

    fn block(&mut self, block: Block) -> Result<Option<Event>, Violation> {
        if self.block.is_some() {
            return Err(Violation("a block was announced within another block"));
        }
        // A block of a transfer that the receiver has stopped may still be in flight.
        let started = self.incoming.get_mut(block.id).map(|incoming| incoming.begin(&block));
        let (id, length, wanted) = (block.id, block.length, matches!(started, Some(Ok(_))));
        self.block = (length > 0).then_some(OpenBlock { id, length, left: length, wanted });
        Ok(started.map(|started| match started {
            Ok(restart) => Event::Block { block, restart },
            Err(violation) => self.incoming_violation(id, violation),
        }))
    }

    fn end(&mut self, end: End) -> Option<Event> {
        let is_within_block = self.block.as_ref().is_some_and(|block| block.id == end.id);
        let incoming = self.incoming.get_mut(end.id)?;
        let ended =
            if is_within_block { Err(Violation("the end of a file was sent within a block")) } else { incoming.end() };
        Some(match ended {
            Ok(()) => Event::End(end),
            Err(violation) => self.incoming_violation(end.id, violation),
        })
    }

    fn incoming_violation(&mut self, id: TransferId, violation: Violation) -> Event {
        self.remove_incoming(id);
        Event::IncomingViolation(id, violation)
    }

    /// Applies a message to an outgoing transfer. A late message, whose transfer has ended, is ignored.
    fn outgoing(
        &mut self,
        id: TransferId,
        apply: impl FnOnce(&mut SendState) -> Result<(), Violation>,
        event: Event,
    ) -> Option<Event> {
        Some(match apply(self.outgoing.get_mut(id)?) {
            Ok(()) => event,
            Err(violation) => {
                self.outgoing.remove(id);
                Event::OutgoingViolation(id, violation)
            }
        })
    }

    /// Returns the number of bytes of the current block that are still to be received.
    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn bytes_left(&self) -> u32 {
        self.block.as_ref().map_or(0, |block| block.left)
    }
}
