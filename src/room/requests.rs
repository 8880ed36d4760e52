//! The requests of a room: the sent ones, which wait for an answer, and the received ones, which are to be answered.

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
    time::Duration,
};

use browser_rtc_proto::direct::{Content, FailureReason};
use futures::{FutureExt, channel::oneshot, select_biased};
use gloo_timers::future::TimeoutFuture;

use super::{
    outgoing::{message_id, room_closed},
    request::{IncomingRequest, ReceivedRequest},
    shared_room::SharedRoom,
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::{Broadcast, EventStream},
    signaling::{Data, LeaveReason, MessageId, Peer, PeerId},
    timer,
    wake::CloseSignal,
};

/// Maximum number of sent requests that wait for an answer, and of received requests that have not been answered.
const MAX_REQUESTS: usize = 256;

const OPERATION: &str = "request";

pub(super) struct Requests {
    sent: RefCell<Vec<SentRequest>>,
    received: RefCell<Vec<Weak<ReceivedRequest>>>,
    streams: Broadcast<IncomingRequest>,
}

struct SentRequest {
    id: MessageId,
    to: Peer,
    answer: oneshot::Sender<Result<Data>>,
}

impl Default for Requests {
    fn default() -> Self {
        Self { sent: RefCell::default(), received: RefCell::default(), streams: Broadcast::without_backlog() }
    }
}

impl Requests {
    pub(super) fn subscribe(&self, end: &CloseSignal) -> EventStream<IncomingRequest> {
        self.streams.subscribe(end)
    }

    /// Adds a sent request. Returns a receiver of the answer.
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

    /// Removes a sent request, unless it has been settled.
    fn take(&self, is_request: impl Fn(&SentRequest) -> bool) -> Option<SentRequest> {
        let mut sent = self.sent.borrow_mut();
        let index = sent.iter().position(is_request)?;
        Some(sent.swap_remove(index))
    }

    /// Handles the answer to a sent request. The peer may have a new id, but keeps its name.
    pub(super) fn settle(&self, from: &Peer, id: &MessageId, answer: Result<Data>) {
        let is_answered = |sent: &SentRequest| sent.id == *id && (sent.to.id == from.id || sent.to.name == from.name);
        if let Some(sent) = self.take(is_answered) {
            // The request may have been dropped.
            let _ = sent.answer.send(answer);
        }
    }

    /// Handles the failure of a sent request.
    pub(super) fn fail(&self, from: &Peer, id: &MessageId, reason: FailureReason, message: String) {
        let (kind, message) = match reason {
            FailureReason::NoHandler => (ErrorKind::NoHandler, "the peer handles no requests".into()),
            FailureReason::Busy => (ErrorKind::Busy, "the peer has too many unanswered requests".into()),
            FailureReason::Failed if message.is_empty() => {
                (ErrorKind::Remote, "the peer failed to handle the request".into())
            }
            FailureReason::Failed => (ErrorKind::Remote, message),
        };
        self.settle(from, id, Err(Error::new(OPERATION, kind, message)));
    }

    /// Ends a received request, whose sender has cancelled it.
    pub(super) fn cancel(&self, from: &Peer, id: &MessageId) {
        self.end(|request| request.id == *id && request.from.name == from.name);
    }

    /// Handles that a peer has left. A peer that has lost its connection to the server may still wait for replies.
    pub(super) fn peer_left(&self, id: &PeerId, reason: &LeaveReason) {
        while let Some(sent) = self.take(|sent| sent.to.id == *id) {
            let message = format!("peer {id} has left the room");
            // The request may have been dropped.
            let _ = sent.answer.send(Err(Error::new(OPERATION, ErrorKind::PeerLeft, message)));
        }
        if *reason == LeaveReason::Left {
            self.end(|request| request.from.id == *id);
        }
    }

    /// Ends the received requests, because the room has ended.
    pub(super) fn room_ended(&self) {
        self.end(|_| true);
    }

    fn end(&self, is_ended: impl Fn(&ReceivedRequest) -> bool) {
        let received: Vec<_> = self.received.borrow().iter().filter_map(Weak::upgrade).collect();
        for request in received.iter().filter(|request| is_ended(request)) {
            request.end.set();
        }
    }

    /// Returns whether there is room for another received request.
    fn has_room(&self) -> bool {
        let mut received = self.received.borrow_mut();
        received.retain(|request| request.upgrade().is_some_and(|request| !request.is_answered()));
        received.len() < MAX_REQUESTS
    }
}

impl SharedRoom {
    /// Receives a request. Without a stream of requests, it is dropped, which answers it.
    pub(super) fn receive_request(self: &Rc<Self>, from: Peer, id: MessageId, data: Data) {
        let requests = self.requests();
        if !requests.has_room() {
            let busy = Content::Failure { reason: FailureReason::Busy, message: String::new() };
            // If the queue of frames is full, the peer's timeout ends the request.
            let _ = self.send_direct("fail", &from.id, id, busy);
            return;
        }
        let request = IncomingRequest::new(id, from, data, Rc::downgrade(self));
        requests.received.borrow_mut().push(request.downgrade());
        requests.streams.send(request, |queue, request| {
            queue.push(request);
            true
        });
    }

    /// Sends a request, and waits for the answer.
    pub(super) async fn request(&self, peer: &PeerId, data: Data, timeout: Duration) -> Result<Data> {
        let (id, to) = (message_id(OPERATION)?, self.recipient(OPERATION, peer)?);
        let answer = self.requests().add(id.clone(), to)?;
        let pending = PendingRequest { room: self, to: peer, id };
        let delivery = self.send_direct(OPERATION, peer, pending.id.clone(), Content::Request(data))?;
        let refused = async {
            match delivery.await {
                Err(error) if !self.end_signal().is_set() => error,
                _ => std::future::pending().await,
            }
        };
        select_biased! {
            answer = answer.fuse() => answer.unwrap_or_else(|_canceled| Err(room_closed(OPERATION))),
            () = self.end_wait().fuse() => Err(room_closed(OPERATION)),
            error = refused.boxed_local().fuse() => Err(error),
            () = TimeoutFuture::new(timer::milliseconds(timeout)).fuse() => {
                let seconds = timeout.as_secs_f64();
                Err(Error::new(OPERATION, ErrorKind::Timeout, format!("the peer did not reply within {seconds} seconds")))
            }
        }
    }
}

/// A sent request, which is cancelled when it is dropped without an answer.
struct PendingRequest<'a> {
    room: &'a SharedRoom,
    to: &'a PeerId,
    id: MessageId,
}

impl Drop for PendingRequest<'_> {
    fn drop(&mut self) {
        let Self { room, to, id } = self;
        if room.requests().take(|sent| sent.id == *id).is_some() && !room.end_signal().is_set() {
            // A peer that is not notified sends a reply, which is ignored.
            let _ = room.send_direct("cancel", to, id.clone(), Content::Cancel);
        }
    }
}
