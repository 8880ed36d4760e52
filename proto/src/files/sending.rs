//! What is known of a file that goes.

use super::message::blocks_of;

#[derive(Debug)]
pub struct Sending {
    blocks: u64,
    accepted: Option<Accepted>,
}

#[derive(Debug)]
struct Accepted {
    from: u64,
    /// How many blocks may be on their way.
    window: u64,
    /// The next one to send; none until it is known where to begin.
    next: Option<u64>,
    /// How many the other side has kept.
    got: u64,
    ended: bool,
}

impl Sending {
    pub fn new(size: u64) -> Self {
        Self { blocks: blocks_of(size), accepted: None }
    }

    pub fn accept(&mut self, from: u64, window: u32) -> Result<(), &'static str> {
        if self.accepted.is_some() {
            return Err("it was accepted twice");
        }
        if from > self.blocks || window == 0 {
            return Err("it was accepted with more than the file has, or with no room for it");
        }
        self.accepted = Some(Accepted { from, window: window.into(), next: None, got: 0, ended: false });
        Ok(())
    }

    /// From where the other side asked, or from the start where what it has is not of this file.
    pub fn begin(&mut self, from_the_start: bool) -> u64 {
        let Some(accepted) = &mut self.accepted else { return 0 };
        let from = if from_the_start { 0 } else { accepted.from };
        (accepted.next, accepted.got) = (Some(from), from);
        from
    }

    /// Whether the next block may go now.
    pub fn may_send(&self) -> bool {
        self.accepted.as_ref().is_some_and(|accepted| {
            accepted.next.is_some_and(|next| next < self.blocks && next - accepted.got < accepted.window)
        })
    }

    pub fn sent(&mut self) {
        if let Some(Accepted { next: Some(next), .. }) = &mut self.accepted {
            *next += 1;
        }
    }

    pub fn got(&mut self, blocks: u64) -> Result<(), &'static str> {
        match &mut self.accepted {
            Some(Accepted { next: Some(next), got, .. }) if (*got..=*next).contains(&blocks) => {
                *got = blocks;
                Ok(())
            }
            _ => Err("more was acknowledged than was sent"),
        }
    }

    pub fn end(&mut self) {
        if let Some(accepted) = &mut self.accepted {
            accepted.ended = true;
        }
    }

    pub fn received(&self) -> Result<(), &'static str> {
        match &self.accepted {
            Some(Accepted { ended: true, .. }) => Ok(()),
            _ => Err("it was received before it was sent"),
        }
    }

    /// Blocks that were sent and are not known to be kept.
    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub fn on_the_way(&self) -> u64 {
        self.accepted.as_ref().map_or(0, |accepted| accepted.next.map_or(0, |next| next - accepted.got))
    }
}
