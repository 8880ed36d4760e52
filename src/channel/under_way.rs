//! What a sink has begun and not yet done.

use std::{
    future::Future,
    task::{Context, Poll, ready},
};

use futures::future::LocalBoxFuture;

use crate::error::Result;

/// One thing at a time.
#[derive(Default)]
pub(super) enum UnderWay {
    #[default]
    Nothing,
    Flush(LocalBoxFuture<'static, Result<()>>),
    /// A message that had no room at once, or a close.
    Other(LocalBoxFuture<'static, Result<()>>),
}

impl UnderWay {
    pub(super) fn begin(&mut self, other: impl Future<Output = Result<()>> + 'static) {
        *self = Self::Other(Box::pin(other));
    }

    pub(super) fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let (Self::Flush(begun) | Self::Other(begun)) = self else { return Poll::Ready(Ok(())) };
        let outcome = ready!(begun.as_mut().poll(cx));
        *self = Self::Nothing;
        Poll::Ready(outcome)
    }

    /// A flush that was begun before counts. Begun anew once the buffer has been low, it would wait for ever beside
    /// somebody who goes on sending.
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
