//! All transfers of one channel, as a state machine without a browser: which message may come when, and to which
//! transfer bytes belong.

use std::collections::BTreeMap;

use super::{
    message::{Digest, FileId, Id, Message, Reason, VERSION},
    receiving::{Place, Receiving},
    sending::Sending,
};

/// How many offers may wait for an answer.
pub const MOST_OFFERS: usize = 64;

#[derive(Debug, Default)]
pub struct Exchange {
    pub sending: BTreeMap<Id, Sending>,
    pub receiving: BTreeMap<Id, Receiving>,
    /// The block that is coming.
    open: Option<Open>,
    next_offer: Id,
    /// The least number that the other side's next offer may have.
    next_offered: u64,
    /// Whether a message of the protocol has come: the peer speaks it.
    heard: bool,
}

#[derive(Debug)]
struct Open {
    id: Id,
    length: u32,
    left: u32,
    /// It is passed over where nobody wants it any more.
    wanted: bool,
}

/// The other side is not to be understood any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation(pub &'static str);

/// What a message means. A transfer that it ends is no longer in the exchange.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    Nothing,
    /// Another file comes, if it is wanted.
    Offered {
        id: Id,
        file: FileId,
        name: String,
        size: u64,
        mime: String,
    },
    /// To be answered with this.
    Refuse(Id, Reason),
    /// A block comes in what bytes are next.
    Block {
        id: Id,
        length: u32,
        sha256: Digest,
        place: Place,
    },
    /// All has come.
    End(Id, Digest),
    /// The other side cancels what it sends.
    Cancelled(Id, Reason),
    /// What comes is not what was agreed on.
    BadIncoming(Id, &'static str),
    /// The peer has received the offer.
    Acknowledged(Id),
    Accepted {
        id: Id,
        from: u64,
        sha256: Option<Digest>,
    },
    /// There is room for more.
    Room(Id),
    Received(Id),
    /// The other side refuses, or wants no more.
    Stopped(Id, Reason),
    /// What is said of it is not what was agreed on.
    BadOutgoing(Id, &'static str),
}

/// Where bytes belong.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    PassedOver,
    Of { id: Id, offset: u32, last: bool },
    Bad(Id, &'static str),
}

impl Exchange {
    /// Begins a transfer to the other side.
    pub fn offer(&mut self, size: u64) -> Id {
        let id = self.next_offer;
        self.next_offer = id.wrapping_add(1);
        self.sending.insert(id, Sending::new(size));
        id
    }

    /// False where it is not offered any more.
    pub fn accept(&mut self, id: Id, from: u64, window: u32) -> bool {
        self.receiving.get_mut(&id).map(|receiving| receiving.accept(from, window)).is_some()
    }

    /// Nothing more is to be heard of what the other side sends. False where that was so.
    pub fn forget_incoming(&mut self, id: Id) -> bool {
        if let Some(open) = self.open.as_mut().filter(|open| open.id == id) {
            open.wanted = false;
        }
        self.receiving.remove(&id).is_some()
    }

    pub fn forget_outgoing(&mut self, id: Id) -> bool {
        self.sending.remove(&id).is_some()
    }

    /// Whether the peer has said anything of the protocol.
    pub fn is_heard(&self) -> bool {
        self.heard
    }

    /// Takes a message in.
    pub fn text(&mut self, text: &str) -> Result<Event, Violation> {
        let message = Message::parse(text).ok_or(Violation("a message is not of the protocol"))?;
        self.heard |= message != Message::Unknown;
        Ok(match message {
            Message::Offer { version, id, file, name, size, mime } => {
                if u64::from(id) < self.next_offered {
                    return Err(Violation("a number was offered twice"));
                }
                self.next_offered = u64::from(id) + 1;
                let waiting = self.receiving.values().filter(|receiving| !receiving.is_accepted()).count();
                if version != VERSION {
                    return Ok(Event::Refuse(id, Reason::Unsupported));
                }
                if waiting >= MOST_OFFERS {
                    return Ok(Event::Refuse(id, Reason::Busy));
                }
                self.receiving.insert(id, Receiving::new(size));
                Event::Offered { id, file, name, size, mime }
            }
            Message::Block { id, index, length, sha256 } => self.block(id, index, length, sha256)?,
            Message::End { id, sha256 } => {
                let unfinished = self.open.as_ref().is_some_and(|open| open.id == id);
                match self.receiving.get_mut(&id) {
                    None => Event::Nothing,
                    Some(_) if unfinished => self.bad_incoming(id, "it ended within a block"),
                    Some(receiving) => match receiving.end() {
                        Ok(()) => Event::End(id, sha256),
                        Err(wrong) => self.bad_incoming(id, wrong),
                    },
                }
            }
            Message::Cancel { id, reason } => {
                // The rest of its block does not come.
                self.open = self.open.take().filter(|open| open.id != id);
                if self.receiving.remove(&id).is_some() { Event::Cancelled(id, reason) } else { Event::Nothing }
            }
            Message::Ack { id } => self.outgoing(id, |_| Ok(()), Event::Acknowledged(id)),
            Message::Accept { id, window, from, sha256 } => {
                self.outgoing(id, |sending| sending.accept(from, window), Event::Accepted { id, from, sha256 })
            }
            Message::Got { id, blocks } => self.outgoing(id, |sending| sending.got(blocks), Event::Room(id)),
            Message::Received { id } => {
                let event = self.outgoing(id, |sending| sending.received(), Event::Received(id));
                self.sending.remove(&id);
                event
            }
            Message::Refuse { id, reason } | Message::Stop { id, reason } => {
                if self.sending.remove(&id).is_some() {
                    Event::Stopped(id, reason)
                } else {
                    Event::Nothing
                }
            }
            Message::Unknown => Event::Nothing,
        })
    }

    /// So many bytes have come in one message.
    pub fn bytes(&mut self, length: u32) -> Result<Part, Violation> {
        let open = self.open.as_mut().ok_or(Violation("bytes came that belong to no block"))?;
        let (id, wanted, offset) = (open.id, open.wanted, open.length - open.left);
        if length == 0 || length > open.left {
            self.open = None;
            return Ok(if wanted {
                self.receiving.remove(&id);
                Part::Bad(id, "other bytes came than were announced")
            } else {
                Part::PassedOver
            });
        }
        open.left -= length;
        let last = open.left == 0;
        if last {
            self.open = None;
        }
        Ok(if wanted { Part::Of { id, offset, last } } else { Part::PassedOver })
    }

    fn block(&mut self, id: Id, index: u64, length: u32, sha256: Digest) -> Result<Event, Violation> {
        if self.open.is_some() {
            return Err(Violation("a block began within another"));
        }
        // Of what has been stopped here, a block may still be on its way.
        let begun = self.receiving.get_mut(&id).map(|receiving| receiving.begin(index, length));
        let wanted = matches!(begun, Some(Ok(_)));
        self.open = (length > 0).then_some(Open { id, length, left: length, wanted });
        Ok(match begun {
            None => Event::Nothing,
            Some(Ok(place)) => Event::Block { id, length, sha256, place },
            Some(Err(wrong)) => self.bad_incoming(id, wrong),
        })
    }

    fn bad_incoming(&mut self, id: Id, wrong: &'static str) -> Event {
        self.forget_incoming(id);
        Event::BadIncoming(id, wrong)
    }

    /// What is said of a transfer that is over is late, and nothing.
    fn outgoing(&mut self, id: Id, told: impl FnOnce(&mut Sending) -> Result<(), &'static str>, event: Event) -> Event {
        match self.sending.get_mut(&id).map(told) {
            None => Event::Nothing,
            Some(Ok(())) => event,
            Some(Err(wrong)) => {
                self.sending.remove(&id);
                Event::BadOutgoing(id, wrong)
            }
        }
    }

    /// Bytes of the block that is coming.
    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub fn left(&self) -> u32 {
        self.open.as_ref().map_or(0, |open| open.left)
    }
}
