//! The requests of a room: the sent ones, which wait for an answer, and the received ones, which are to be answered.

use std::{
    cell::RefCell,
    future,
    rc::{Rc, Weak},
    time::Duration,
};

use browser_rtc_proto::direct::{Content, FailureReason};
use futures::{FutureExt, channel::oneshot, select_biased};

use super::{
    outgoing::{message_id, room_closed},
    request::{IncomingRequest, ReceivedRequest},
    shared_room::SharedRoom,
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::{Broadcast, EventStream},
    signaling::{Data, ErrorCode, LeaveReason, MessageId, Peer, PeerId},
    sys::global,
    timer::{self, Sleep},
    wake::CloseSignal,
};

/// Maximum number of sent requests that wait for an answer, and of received requests that have not been answered.
const MAX_REQUESTS: usize = 256;

/// The operation of the errors of a sent request, and of its delivery.
pub(super) const OPERATION: &str = "request";

/// The requests of a room. A room creates them when its program first uses requests. Programs that use none do not contain
/// their code, because it is only reachable through this trait.
pub(super) trait Requests {
    /// Subscribes to the received requests.
    fn subscribe(&self, end: &CloseSignal) -> EventStream<IncomingRequest>;

    /// Adds a sent request. Returns a receiver of the answer.
    fn add(&self, id: MessageId, to: Peer) -> Result<oneshot::Receiver<Result<Data>>>;

    /// Removes a sent request. Returns false if it has been settled.
    fn remove(&self, id: &MessageId) -> bool;

    /// Receives a direct message other than [`Content::Message`].
    fn receive(&self, room: &Rc<SharedRoom>, from: Peer, id: MessageId, content: Content);

    /// Handles that a peer has left. A peer that has lost its connection to the server may still wait for replies, and a
    /// peer whose seat was replaced still sends them.
    fn peer_left(&self, peer: &Peer, reason: &LeaveReason);

    /// Ends the received requests, because the room has ended.
    fn room_ended(&self);
}

struct RoomRequests {
    sent: RefCell<Vec<SentRequest>>,
    received: RefCell<Vec<Weak<ReceivedRequest>>>,
    streams: Broadcast<IncomingRequest>,
}

struct SentRequest {
    id: MessageId,
    to: Peer,
    answer: oneshot::Sender<Result<Data>>,
}

impl RoomRequests {
    /// Removes a sent request, unless it has been settled.
    fn take(&self, is_request: impl Fn(&SentRequest) -> bool) -> Option<SentRequest> {
        let mut sent = self.sent.borrow_mut();
        let index = sent.iter().position(is_request)?;
        Some(sent.swap_remove(index))
    }

    /// Handles the answer to a sent request.
    fn settle(&self, from: &Peer, id: &MessageId, answer: Result<Data>) {
        let is_answered = |sent: &SentRequest| sent.id == *id && is_same(&sent.to, from);
        if let Some(sent) = self.take(is_answered) {
            // The request may have been dropped.
            let _ = sent.answer.send(answer);
        }
    }

    /// Receives a request. Without a stream of requests, it is dropped, which answers it.
    fn receive_request(&self, room: &Rc<SharedRoom>, from: Peer, id: MessageId, data: Data) {
        if !self.has_room() {
            return refuse(room, &from.id, id, FailureReason::Busy);
        }
        let request = IncomingRequest::new(id, from, data, Rc::downgrade(room));
        self.received.borrow_mut().push(request.downgrade());
        self.streams.send(request, |queue, request| {
            queue.push(request);
            true
        });
    }

    /// Returns whether there is room for another received request.
    fn has_room(&self) -> bool {
        let mut received = self.received.borrow_mut();
        received.retain(|request| request.upgrade().is_some_and(|request| !request.is_answered()));
        received.len() < MAX_REQUESTS
    }

    fn end(&self, is_ended: impl Fn(&ReceivedRequest) -> bool) {
        let received: Vec<_> = self.received.borrow().iter().filter_map(Weak::upgrade).collect();
        for request in received.iter().filter(|request| is_ended(request)) {
            request.end.set();
        }
    }
}

impl Requests for RoomRequests {
    fn subscribe(&self, end: &CloseSignal) -> EventStream<IncomingRequest> {
        self.streams.subscribe(end)
    }

    fn add(&self, id: MessageId, to: Peer) -> Result<oneshot::Receiver<Result<Data>>> {
        let mut sent = self.sent.borrow_mut();
        if sent.len() >= MAX_REQUESTS {
            let message = format!("{MAX_REQUESTS} requests wait for an answer already");
            return Err(Error::new(OPERATION, ErrorKind::QuotaExceeded, message));
        }
        let (answer, receiver) = oneshot::channel();
        sent.push(SentRequest { id, to, answer });
        Ok(receiver)
    }

    fn remove(&self, id: &MessageId) -> bool {
        self.take(|sent| sent.id == *id).is_some()
    }

    fn receive(&self, room: &Rc<SharedRoom>, from: Peer, id: MessageId, content: Content) {
        match content {
            Content::Message(_) => {}
            Content::Request(data) => self.receive_request(room, from, id, data),
            Content::Reply(data) => self.settle(&from, &id, Ok(data)),
            Content::Failure { reason, message } => self.settle(&from, &id, Err(failure(reason, message))),
            Content::Cancel => self.end(|request| request.id == id && request.from.name == from.name),
        }
    }

    fn peer_left(&self, peer: &Peer, reason: &LeaveReason) {
        if *reason != LeaveReason::Replaced {
            while let Some(sent) = self.take(|sent| is_same(&sent.to, peer)) {
                let message = format!("peer {} has left the room", peer.id);
                // The request may have been dropped.
                let _ = sent.answer.send(Err(Error::new(OPERATION, ErrorKind::PeerLeft, message)));
            }
        }
        if *reason == LeaveReason::Left {
            self.end(|request| is_same(&request.from, peer));
        }
    }

    fn room_ended(&self) {
        self.end(|_| true);
    }
}

/// Returns whether a known peer is this peer, which may have a new id, but keeps its name. A receiver that is not listed has
/// an empty name, which no peer has.
fn is_same(known: &Peer, peer: &Peer) -> bool {
    known.id == peer.id || known.name == peer.name
}

/// Answers that a request has failed. If the queue of frames is full, the timeout of the peer ends the request.
pub(super) fn refuse(room: &SharedRoom, to: &PeerId, id: MessageId, reason: FailureReason) {
    let _ = room.send_direct("fail", to, id, Content::Failure { reason, message: String::new() });
}

/// Returns the error for the failure of a sent request.
fn failure(reason: FailureReason, message: String) -> Error {
    let (kind, message) = match reason {
        FailureReason::NoHandler => (ErrorKind::NoHandler, "the peer handles no requests".into()),
        FailureReason::Busy => (ErrorKind::Busy, "the peer has too many unanswered requests".into()),
        FailureReason::Failed if message.is_empty() => {
            (ErrorKind::Remote, "the peer failed to handle the request".into())
        }
        FailureReason::Failed => (ErrorKind::Remote, message),
    };
    Error::new(OPERATION, kind, message)
}

impl SharedRoom {
    /// Returns the requests of the room, which are created at the first call.
    pub(super) fn requests(&self) -> &Rc<dyn Requests> {
        self.used_requests().get_or_init(|| {
            let (sent, received) = (RefCell::default(), RefCell::default());
            Rc::new(RoomRequests { sent, received, streams: Broadcast::without_backlog() })
        })
    }

    /// Sends a request, and waits for the answer.
    pub(super) async fn request(&self, peer: &PeerId, data: Data, timeout: Duration) -> Result<Data> {
        let (id, to) = (message_id(OPERATION)?, self.recipient(OPERATION, peer)?);
        let answer = self.requests().add(id.clone(), to.clone())?;
        let pending = PendingRequest { room: self, to, id };
        let delivery = self
            .send_direct(OPERATION, peer, pending.id.clone(), Content::Request(data))
            .inspect_err(|_not_sent| pending.forget())?;
        let refused = async {
            match delivery.await {
                Err(error) if !self.end_signal().is_set() => error,
                _ => future::pending().await,
            }
        };
        select_biased! {
            answer = answer.fuse() => answer.unwrap_or_else(|_canceled| Err(room_closed(OPERATION))),
            () = self.end_wait().fuse() => Err(room_closed(OPERATION)),
            error = refused.boxed_local().fuse() => {
                // After this refusal, a peer on the same server may have received the request.
                if error.signaling_code() != Some(ErrorCode::Unavailable) {
                    pending.forget();
                }
                Err(error)
            }
            () = Sleep::new(timer::milliseconds(timeout)).fuse() => {
                // The formatting of floating-point numbers in Rust has 16 kB of code.
                let seconds = global::text(&timeout.as_secs_f64().into());
                let message = format!("the peer did not reply within {seconds} seconds");
                Err(Error::new(OPERATION, ErrorKind::Timeout, message))
            }
        }
    }
}

/// A sent request, which is cancelled when it is dropped without an answer.
struct PendingRequest<'a> {
    room: &'a SharedRoom,
    to: Peer,
    id: MessageId,
}

impl PendingRequest<'_> {
    /// Removes the request, which the peer has not received, so that it is not cancelled.
    fn forget(&self) {
        self.room.requests().remove(&self.id);
    }
}

impl Drop for PendingRequest<'_> {
    fn drop(&mut self) {
        let Self { room, to, id } = self;
        if room.requests().remove(id) && !room.end_signal().is_set() {
            // The peer may have a new id, or may not be listed yet.
            let to = room.presence().find(to).unwrap_or_else(|| to.id.clone());
            // A peer that is not notified sends a reply, which is ignored.
            let _ = room.send_direct("cancel", &to, id.clone(), Content::Cancel);
        }
    }
}
