//! The pending operation of a sink.

use std::{
    future::Future,
    task::{Context, Poll, ready},
};

use futures::future::LocalBoxFuture;

use crate::error::Result;

/// The pending operation of a sink. A sink has at most one.
#[derive(Default)]
pub(super) enum SinkState {
    #[default]
    Idle,
    Flush(LocalBoxFuture<'static, Result<()>>),
    /// A message that waits for room, or a close.
    Other(LocalBoxFuture<'static, Result<()>>),
}

impl SinkState {
    pub(super) fn begin(&mut self, other: impl Future<Output = Result<()>> + 'static) {
        *self = Self::Other(Box::pin(other));
    }

    pub(super) fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let (Self::Flush(pending) | Self::Other(pending)) = self else { return Poll::Ready(Ok(())) };
        let outcome = ready!(pending.as_mut().poll(cx));
        *self = Self::Idle;
        Poll::Ready(outcome)
    }

    /// Continues a pending flush, or begins one. A flush that began again each time that the buffer was low might never
    /// finish while another task sends.
    pub(super) fn poll_flush<F>(&mut self, cx: &mut Context<'_>, flush: impl FnOnce() -> F) -> Poll<Result<()>>
    where
        F: Future<Output = Result<()>> + 'static,
    {
        if !matches!(self, Self::Flush(_)) {
            ready!(self.poll_done(cx))?;
            *self = Self::Flush(Box::pin(flush()));
        }
        self.poll_done(cx)
    }
}
