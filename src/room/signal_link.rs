//! The link of a call's session, which carries its signals over the signaling server.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use browser_rtc_proto::call::{CallSignal, CallState};
use futures::{Sink, Stream, StreamExt};

use super::{
    outgoing::{Outgoing, Owner},
    shared_call::SharedCall,
};
use crate::{
    error::{Error, Result},
    event::EventStream,
    negotiation::Signal,
};

/// A stream of the session signals that the peer of a call has sent, and a sink for signals to it.
pub(super) struct SignalLink {
    incoming: EventStream<Signal>,
    outgoing: Outgoing,
    call: Rc<RefCell<CallState>>,
}

impl SignalLink {
    pub(super) fn new(call: &SharedCall) -> Self {
        Self { incoming: call.signals(), outgoing: call.outgoing(), call: call.state() }
    }
}

impl Stream for SignalLink {
    type Item = Signal;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Signal>> {
        self.incoming.poll_next_unpin(cx)
    }
}

impl Sink<Signal> for SignalLink {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.outgoing.poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, signal: Signal) -> Result<()> {
        let Self { outgoing, call, .. } = &mut *self;
        let call = call.borrow();
        // The signal is dropped until the peer has announced its new id. The session then sends it again.
        if call.is_peer_lost() {
            return Ok(());
        }
        let owner = if signal.header.is_some() { Owner::Session } else { Owner::PlainSession };
        outgoing.send_signal(call.id(), &call.peer().id, CallSignal::Negotiation(signal), owner)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}
