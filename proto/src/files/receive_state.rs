//! State of an incoming transfer.

use super::{
    message::{Block, block_count, block_length},
    violation::Violation,
};

#[derive(Debug)]
pub(super) struct ReceiveState {
    size: u64,
    accepted: Option<Accepted>,
}

#[derive(Debug)]
struct Accepted {
    /// Maximum number of blocks in flight.
    window: u64,
    /// Index of the next block to receive.
    next: u64,
    stored: u64,
    /// True until the first block, which alone may restart the file.
    first: bool,
    ended: bool,
}

impl ReceiveState {
    pub(super) fn new(size: u64) -> Self {
        Self { size, accepted: None }
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.accepted.is_some()
    }

    pub(super) fn accept(&mut self, from: u64, window: u32) {
        let window = window.into();
        self.accepted = Some(Accepted { window, next: from, stored: from, first: true, ended: false });
    }

    /// Begins a block. Returns whether it restarts the file from its start.
    pub(super) fn begin(&mut self, block: &Block) -> Result<bool, Violation> {
        let accepted = self.accepted.as_mut().ok_or(Violation("a block was sent before the file was accepted"))?;
        if accepted.ended {
            return Err(Violation("a block was sent after the end of the file"));
        }
        let restart = if block.index == accepted.next {
            false
        } else if accepted.first && block.index == 0 {
            (accepted.next, accepted.stored) = (0, 0);
            true
        } else {
            return Err(Violation("a block was sent out of order"));
        };
        if block.length == 0 || u64::from(block.length) != block_length(self.size, block.index) {
            return Err(Violation("a block has the wrong length"));
        }
        if block.index - accepted.stored >= accepted.window {
            return Err(Violation("a block was sent beyond the window"));
        }
        accepted.first = false;
        accepted.next += 1;
        Ok(restart)
    }

    /// Counts a stored block, and returns the number of stored blocks.
    pub(super) fn block_stored(&mut self) -> u64 {
        self.accepted.as_mut().map_or(0, |accepted| {
            accepted.stored += 1;
            accepted.stored
        })
    }

    pub(super) fn end(&mut self) -> Result<(), Violation> {
        match &mut self.accepted {
            Some(accepted) if !accepted.ended && accepted.next == block_count(self.size) => {
                accepted.ended = true;
                Ok(())
            }
            _ => Err(Violation("the end of a file was sent before its last block, or twice")),
        }
    }

    /// Returns the number of blocks that are received or being received, and not stored yet.
    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn pending(&self) -> u64 {
        self.accepted.as_ref().map_or(0, |accepted| accepted.next - accepted.stored)
    }
}
