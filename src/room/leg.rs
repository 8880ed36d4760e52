//! One call as the room sees it: who is on the other end, what they say, and whether it is over.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use futures::{FutureExt, channel::mpsc};

use super::{
    EndReason, Inner as RoomInner,
    address::Address,
    message::{CallId, CallMessage, DeclineReason, Word},
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::{EventStream, Queue},
    negotiation::Signal,
    signaling::{ClientMessage, Data, Peer, PeerId},
    wake::End,
};

/// From the first ring to the end. When the last handle goes before the end, the other side is told.
pub(super) struct Leg {
    pub(super) id: CallId,
    pub(super) address: Rc<Address>,
    name: String,
    pub(super) end: End,
    answer: Queue<Answer>,
    pub(super) signals: Queue<Signal>,
    pub(super) room: Weak<RoomInner>,
    outgoing: RefCell<mpsc::Sender<ClientMessage>>,
    reason: Rc<RefCell<Option<EndReason>>>,
    stage: Cell<Stage>,
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    RingingOut,
    RingingIn,
    Up,
}

/// How a ring of ours is answered.
pub(super) enum Answer {
    Accepted,
    /// They rang us at the same moment, and their call is the one that both go on with.
    Crossed(Rc<Leg>),
}

impl Leg {
    pub(super) fn new(
        id: CallId,
        peer: Peer,
        room: Weak<RoomInner>,
        outgoing: mpsc::Sender<ClientMessage>,
        stage: Stage,
    ) -> Self {
        Self {
            id,
            address: Address::new(peer.id),
            name: peer.name,
            end: End::default(),
            answer: Queue::default(),
            signals: Queue::default(),
            room,
            outgoing: RefCell::new(outgoing),
            reason: Rc::default(),
            stage: Cell::new(stage),
        }
    }

    /// The other side, by the id of now.
    pub(super) fn peer(&self) -> Peer {
        Peer { id: self.address.them(), name: self.name.clone() }
    }

    /// Whether the other side can be known by this id: not where somebody else in the room is.
    pub(super) fn may_be(&self, id: &PeerId) -> bool {
        let room = self.room.upgrade();
        room.and_then(|room| room.peer(id)).is_none_or(|peer| peer.name == self.name)
    }

    /// Tells the other side. Each leg has a place of its own in the room's outgoing queue, so the last word of a call
    /// is never refused for want of room.
    pub(super) fn tell(&self, word: Word) -> Result<()> {
        tell(&mut self.outgoing.borrow_mut(), &self.id, &self.address.them(), word)
    }

    /// A sender of its own for the signals.
    pub(super) fn outgoing(&self) -> mpsc::Sender<ClientMessage> {
        self.outgoing.borrow().clone()
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// Whether the two are connected, and so need no server to stay so.
    pub(super) fn is_connected(&self) -> bool {
        self.stage() == Stage::Up && self.address.is_connected() && !self.end.has_come()
    }

    /// Hands the answer to the one who waits for it. It rings no more.
    pub(super) fn answer(&self, answer: Answer) {
        self.stage.set(Stage::Up);
        self.answer.push(answer);
    }

    /// Accepts their ring.
    pub(super) fn accept(&self) -> Result<()> {
        self.stage.set(Stage::Up);
        self.tell(Word::Accept)
    }

    /// The first reason counts.
    pub(super) fn finish(&self, reason: EndReason) {
        self.reason.borrow_mut().get_or_insert(reason);
        self.end.come();
    }

    /// Ends it from here, and tells the other side.
    pub(super) fn hang_up(&self) {
        self.give_up(EndReason::HungUp);
    }

    /// The same for another reason than that somebody wanted it.
    pub(super) fn give_up(&self, reason: EndReason) {
        let told = (reason != EndReason::HungUp).then(|| reason.clone());
        self.end_with(Word::HangUp { reason: told }, reason);
    }

    /// Does not take their ring, unless it has been taken.
    pub(super) fn decline(&self, reason: DeclineReason) {
        if self.stage() == Stage::RingingIn {
            self.end_with(Word::Decline { reason }, EndReason::HungUp);
        }
    }

    fn end_with(&self, last_word: Word, reason: EndReason) {
        if !self.end.has_come() {
            // A room that is gone has told them already, by leaving.
            let _told = self.tell(last_word);
            self.finish(reason);
        }
    }

    fn reason(&self) -> EndReason {
        self.reason.borrow().clone().unwrap_or(EndReason::HungUp)
    }

    /// The reason outlives the leg: whoever lets go of the call as it ends may do so before this is polled.
    pub(super) fn ended(&self) -> impl Future<Output = EndReason> + Unpin + use<> {
        let reason = self.reason.clone();
        self.end.wait().map(move |()| reason.borrow().clone().unwrap_or(EndReason::HungUp))
    }

    /// What the one who waits is told of the end.
    pub(super) fn error(&self, operation: &'static str) -> Error {
        let (kind, message) = match self.reason() {
            EndReason::Declined => (ErrorKind::Declined, "they declined"),
            EndReason::Busy => (ErrorKind::Busy, "they are in another call"),
            EndReason::PeerLeft => (ErrorKind::PeerLeft, "they have left"),
            EndReason::HungUp | EndReason::PeerHungUp => (ErrorKind::Closed, "the call has ended"),
            EndReason::ConnectionFailed => (ErrorKind::Network, "there is no way to them through the network"),
            EndReason::Unanswered => (ErrorKind::Timeout, "nobody answered"),
            EndReason::Unknown(_) | EndReason::RoomClosed => (ErrorKind::Closed, "the room has been left"),
        };
        Error::new(operation, kind, message)
    }

    pub(super) fn answers(&self) -> EventStream<Answer> {
        EventStream::of(self.answer.clone(), &self.end)
    }

    pub(super) fn signals(&self) -> EventStream<Signal> {
        EventStream::of(self.signals.clone(), &self.end)
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        self.hang_up();
    }
}

pub(super) fn tell(outgoing: &mut mpsc::Sender<ClientMessage>, call: &CallId, to: &PeerId, word: Word) -> Result<()> {
    let message = CallMessage { call: call.clone(), word };
    let data =
        Data::from_serialize(&message).map_err(|error| Error::new("signal", ErrorKind::Syntax, error.to_string()))?;
    send(outgoing, ClientMessage::Signal { to: to.clone(), data })
}

pub(super) fn send(outgoing: &mut mpsc::Sender<ClientMessage>, message: ClientMessage) -> Result<()> {
    outgoing.try_send(message).map_err(|refused| {
        if refused.is_full() {
            Error::new("send", ErrorKind::Operation, "too much is waiting to be sent to the signaling server")
        } else {
            Error::closed("send")
        }
    })
}
