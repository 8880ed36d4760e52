//! State of an outgoing transfer.

use super::{
    message::{Accept, block_count},
    violation::Violation,
};

#[derive(Debug)]
pub(super) struct SendState {
    blocks: u64,
    accepted: Option<Accepted>,
}

#[derive(Debug)]
struct Accepted {
    from: u64,
    /// Maximum number of blocks in flight.
    window: u64,
    /// Index of the next block to send, or `None` until the first block is determined.
    next: Option<u64>,
    acknowledged: u64,
    ended: bool,
}

impl SendState {
    pub(super) fn new(size: u64) -> Self {
        Self { blocks: block_count(size), accepted: None }
    }

    pub(super) fn accept(&mut self, accept: &Accept) -> Result<(), Violation> {
        if self.accepted.is_some() {
            return Err(Violation("a file was accepted twice"));
        }
        if accept.from > self.blocks {
            return Err(Violation("a file was accepted from beyond its end"));
        }
        if accept.window == 0 {
            return Err(Violation("a file was accepted with an empty window"));
        }
        let window = accept.window.into();
        self.accepted = Some(Accepted { from: accept.from, window, next: None, acknowledged: 0, ended: false });
        Ok(())
    }

    /// Starts at the block that the peer requested, or at the first one, and returns its index.
    pub(super) fn begin(&mut self, from_start: bool) -> u64 {
        let Some(accepted) = &mut self.accepted else { return 0 };
        let from = if from_start { 0 } else { accepted.from };
        (accepted.next, accepted.acknowledged) = (Some(from), from);
        from
    }

    pub(super) fn may_send(&self) -> bool {
        self.accepted.as_ref().is_some_and(|accepted| {
            accepted.next.is_some_and(|next| next < self.blocks && next - accepted.acknowledged < accepted.window)
        })
    }

    pub(super) fn block_sent(&mut self) {
        if let Some(Accepted { next: Some(next), .. }) = &mut self.accepted {
            *next += 1;
        }
    }

    pub(super) fn acknowledge(&mut self, blocks: u64) -> Result<(), Violation> {
        match &mut self.accepted {
            Some(Accepted { next: Some(next), acknowledged, .. }) if (*acknowledged..=*next).contains(&blocks) => {
                *acknowledged = blocks;
                Ok(())
            }
            _ => Err(Violation("blocks were acknowledged that were not sent")),
        }
    }

    pub(super) fn end_sent(&mut self) {
        if let Some(accepted) = &mut self.accepted {
            accepted.ended = true;
        }
    }

    pub(super) fn received(&self) -> Result<(), Violation> {
        match &self.accepted {
            Some(Accepted { ended: true, .. }) => Ok(()),
            _ => Err(Violation("a file was reported as received before its end was sent")),
        }
    }

    /// Returns the number of sent and unacknowledged blocks.
    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn in_flight(&self) -> u64 {
        self.accepted.as_ref().map_or(0, |accepted| accepted.next.map_or(0, |next| next - accepted.acknowledged))
    }
}
