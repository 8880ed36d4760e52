//! What is known of a file that comes.

use super::message::{blocks_of, length_of};

#[derive(Debug)]
pub struct Receiving {
    size: u64,
    accepted: Option<Accepted>,
}

#[derive(Debug)]
struct Accepted {
    /// How many blocks may be on their way.
    window: u64,
    /// The next one to come.
    next: u64,
    /// How many have been kept.
    got: u64,
    /// Only the first block may begin the file anew.
    first: bool,
    ended: bool,
}

/// Where a block belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Next,
    /// What is there is not of this file: it comes anew, from its start.
    Start,
}

impl Receiving {
    pub fn new(size: u64) -> Self {
        Self { size, accepted: None }
    }

    pub fn is_accepted(&self) -> bool {
        self.accepted.is_some()
    }

    pub fn accept(&mut self, from: u64, window: u32) {
        let window = window.into();
        self.accepted = Some(Accepted { window, next: from, got: from, first: true, ended: false });
    }

    /// A block is to come.
    pub fn begin(&mut self, index: u64, length: u32) -> Result<Place, &'static str> {
        let accepted = self.accepted.as_mut().ok_or("bytes came before it was accepted")?;
        if accepted.ended {
            return Err("more came after the end");
        }
        let place = if index == accepted.next {
            Place::Next
        } else if accepted.first && index == 0 {
            (accepted.next, accepted.got) = (0, 0);
            Place::Start
        } else {
            return Err("a block came out of turn");
        };
        if length == 0 || u64::from(length) != length_of(self.size, index) {
            return Err("a block is not as long as it must be");
        }
        if index - accepted.got >= accepted.window {
            return Err("more came than there was room for");
        }
        accepted.first = false;
        accepted.next += 1;
        Ok(place)
    }

    /// A block has been kept: how many are, now.
    pub fn keep(&mut self) -> u64 {
        self.accepted.as_mut().map_or(0, |accepted| {
            accepted.got += 1;
            accepted.got
        })
    }

    pub fn end(&mut self) -> Result<(), &'static str> {
        match &mut self.accepted {
            Some(accepted) if !accepted.ended && accepted.next == blocks_of(self.size) => {
                accepted.ended = true;
                Ok(())
            }
            _ => Err("it ended too early"),
        }
    }

    /// Blocks that have come, or are coming, and are not kept.
    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub fn held(&self) -> u64 {
        self.accepted.as_ref().map_or(0, |accepted| accepted.next - accepted.got)
    }
}
