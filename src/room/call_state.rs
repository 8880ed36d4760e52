//! One call as the room sees it: who is on the other end, what they say, and whether it is over.

use std::{
    cell::{Cell, RefCell},
    rc::{Rc, Weak},
};

use browser_rtc_proto::call::{CallId, CallMessage, CallSignal, DeclineReason, EndReason};
use futures::{FutureExt, channel::mpsc};

use super::{
    Inner as RoomInner,
    outgoing::{self, Frame, Owner},
    peer_route::PeerRoute,
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::{EventStream, Queue},
    negotiation::Signal,
    signaling::{ClientMessage, Data, ErrorCode, Peer, PeerId, SignalTo},
    wake::CloseSignal,
};

/// The number of signals that may wait while a call rings: a peer has nothing to negotiate before the answer.
const RINGING_SIGNALS: usize = 16;

/// The number of signals that may wait for the session of a call, which takes them as they come.
const WAITING_SIGNALS: usize = 256;

/// From the first ring to the end. When the last handle goes before the end, the other side is told.
pub(super) struct CallState {
    pub(super) id: CallId,
    pub(super) route: Rc<PeerRoute>,
    name: String,
    pub(super) end: CloseSignal,
    answer: Queue<Answer>,
    signals: Queue<Signal>,
    pub(super) room: Weak<RoomInner>,
    outgoing: RefCell<mpsc::Sender<Frame>>,
    reason: Rc<Cell<Option<EndReason>>>,
    /// The server's refusal that has ended it.
    refusal: RefCell<Option<Error>>,
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
    Crossed(Rc<CallState>),
}

impl CallState {
    pub(super) fn new(
        id: CallId,
        peer: Peer,
        room: Weak<RoomInner>,
        outgoing: mpsc::Sender<Frame>,
        stage: Stage,
    ) -> Self {
        Self {
            id,
            route: PeerRoute::new(peer.id),
            name: peer.name,
            end: CloseSignal::default(),
            answer: Queue::default(),
            signals: Queue::default(),
            room,
            outgoing: RefCell::new(outgoing),
            reason: Rc::default(),
            refusal: RefCell::default(),
            stage: Cell::new(stage),
        }
    }

    /// The other side, by the id of now.
    pub(super) fn peer(&self) -> Peer {
        Peer::new(self.route.them(), self.name.clone())
    }

    /// Whether the other side can be known by this id: not where somebody else in the room is.
    pub(super) fn may_be(&self, id: &PeerId) -> bool {
        let room = self.room.upgrade();
        room.and_then(|room| room.peer(id)).is_none_or(|peer| peer.name == self.name)
    }

    /// Sends a word to the peer. Each call_state has a place of its own in the room's outgoing queue, so that the last word of
    /// a call always fits.
    fn tell(&self, word: CallSignal, owner: Owner) -> Result<()> {
        tell(&mut self.outgoing.borrow_mut(), &self.id, &self.route.them(), word, owner)
    }

    /// Rings the peer.
    pub(super) fn ring(self: &Rc<Self>) -> Result<()> {
        self.tell(CallSignal::Ring, Owner::Call(Rc::downgrade(self)))
    }

    /// Returns a sender of its own for the signals.
    pub(super) fn outgoing(&self) -> mpsc::Sender<Frame> {
        self.outgoing.borrow().clone()
    }

    /// Takes a signal of the peer. One that is too many is dropped: what a session sends and sees unacknowledged it
    /// sends again.
    pub(super) fn receive(&self, signal: Signal) {
        let limit = if self.stage() == Stage::Up { WAITING_SIGNALS } else { RINGING_SIGNALS };
        if self.signals.len() < limit {
            self.signals.push(signal);
        }
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// Whether the two are connected, and so need no server to stay so.
    pub(super) fn is_connected(&self) -> bool {
        self.stage() == Stage::Up && self.route.is_connected() && !self.end.is_set()
    }

    /// Hands the answer to the one who waits for it. It rings no more.
    pub(super) fn answer(&self, answer: Answer) {
        self.stage.set(Stage::Up);
        self.answer.push(answer);
    }

    /// Accepts the ring of the peer.
    pub(super) fn accept(self: &Rc<Self>) -> Result<()> {
        self.stage.set(Stage::Up);
        self.tell(CallSignal::Accept, Owner::Call(Rc::downgrade(self)))
    }

    /// Ends the call, as the server has refused a word without which it cannot begin.
    pub(super) fn refused(&self, error: Error) {
        if self.end.is_set() {
            return;
        }
        if error.signaling_code() == Some(ErrorCode::UnknownPeer) {
            self.finish(EndReason::PeerLeft);
        } else {
            self.refusal.replace(Some(error));
            self.finish(EndReason::ConnectionFailed);
        }
    }

    /// The first reason counts.
    pub(super) fn finish(&self, reason: EndReason) {
        self.reason.set(self.reason.get().or(Some(reason)));
        self.end.set();
    }

    /// Ends it from here, and tells the other side.
    pub(super) fn hang_up(&self) {
        self.give_up(EndReason::HungUp);
    }

    /// The same for another reason than that somebody wanted it.
    pub(super) fn give_up(&self, reason: EndReason) {
        self.end_with(CallSignal::HangUp { reason: reason.to_hang_up_reason() }, reason);
    }

    /// Does not take their ring, unless it has been taken.
    pub(super) fn decline(&self, reason: DeclineReason) {
        if self.stage() == Stage::RingingIn {
            self.end_with(CallSignal::Decline { reason }, EndReason::HungUp);
        }
    }

    fn end_with(&self, last_word: CallSignal, reason: EndReason) {
        if !self.end.is_set() {
            // A room that is gone has told the peer already, by leaving.
            let _told = self.tell(last_word, Owner::EndedCall);
            self.finish(reason);
        }
    }

    fn reason(&self) -> EndReason {
        self.reason.get().unwrap_or(EndReason::HungUp)
    }

    /// The reason outlives the call_state: whoever lets go of the call as it ends may do so before this is polled.
    pub(super) fn ended(&self) -> impl Future<Output = EndReason> + Unpin + use<> {
        let reason = self.reason.clone();
        self.end.wait().map(move |()| reason.get().unwrap_or(EndReason::HungUp))
    }

    /// Returns the end as the error of an operation that waits on the call.
    pub(super) fn error(&self, operation: &'static str) -> Error {
        if let Some(refusal) = &*self.refusal.borrow() {
            return refusal.clone();
        }
        let (kind, message) = match self.reason() {
            EndReason::Declined => (ErrorKind::Declined, "the peer declined the call"),
            EndReason::Busy => (ErrorKind::Busy, "the peer is in another call"),
            EndReason::PeerLeft => (ErrorKind::PeerLeft, "the peer has left the room"),
            EndReason::HungUp | EndReason::PeerHungUp => (ErrorKind::Closed, "the call has ended"),
            EndReason::ConnectionFailed => (ErrorKind::Network, "the connection to the peer has failed"),
            EndReason::Unanswered => (ErrorKind::Timeout, "the peer did not answer the call"),
            _ => (ErrorKind::Closed, "the room has been left"),
        };
        Error::new(operation, kind, message)
    }

    pub(super) fn answers(&self) -> EventStream<Answer> {
        EventStream::from_queue(self.answer.clone(), &self.end)
    }

    pub(super) fn signals(&self) -> EventStream<Signal> {
        EventStream::from_queue(self.signals.clone(), &self.end)
    }
}

impl Drop for CallState {
    fn drop(&mut self) {
        self.hang_up();
    }
}

/// Queues a word of a call for the server.
pub(super) fn tell(
    outgoing: &mut mpsc::Sender<Frame>,
    call: &CallId,
    to: &PeerId,
    word: CallSignal,
    owner: Owner,
) -> Result<()> {
    let message = CallMessage { call: call.clone(), word };
    let data =
        Data::from_serialize(&message).map_err(|error| Error::new("signal", ErrorKind::Syntax, error.to_string()))?;
    outgoing::send(outgoing, Frame::new(ClientMessage::Signal(SignalTo::new(to.clone(), data)), owner)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::negotiation::Content;

    fn call_state(stage: Stage) -> Rc<CallState> {
        let peer = Peer::new("b", "Bob");
        let id = CallId::try_from("c1".to_owned()).unwrap();
        Rc::new(CallState::new(id, peer, Weak::new(), mpsc::channel(4).0, stage))
    }

    #[test]
    fn waiting_signals_are_bounded() {
        for (stage, limit) in [(Stage::RingingIn, RINGING_SIGNALS), (Stage::Up, WAITING_SIGNALS)] {
            let call_state = call_state(stage);
            for _ in 0..10_000 {
                call_state.receive(Content::Ping.into());
            }
            assert_eq!(call_state.signals.len(), limit);
        }
    }

    #[test]
    fn refusal_that_ends_a_call_is_its_error() {
        for (code, kind, kept) in [
            (ErrorCode::UnknownPeer, ErrorKind::PeerLeft, None),
            (ErrorCode::Internal, ErrorKind::Signaling, Some(ErrorCode::Internal)),
        ] {
            let call_state = call_state(Stage::RingingOut);
            call_state.refused(Error::signaling("call", code, "no"));
            let error = call_state.error("call");
            assert_eq!((error.kind(), error.signaling_code()), (&kind, kept));
            assert!(call_state.end.is_set());
        }
    }
}
