//! The queue of received messages.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};

use super::message::JsMessage;
use crate::{
    error::{Error, ErrorKind, Result},
    sys::data_channel::Data,
    wake::WakerSet,
};

/// The default receive limit of a channel, in bytes.
pub(crate) const DEFAULT_RECEIVE_LIMIT: u32 = 64 * 1024 * 1024;

/// The minimum size that a message counts as, in bytes, so that the number of empty messages is limited too.
const MIN_COST: f64 = 64.0;

/// The unread messages of a channel. They are JavaScript values, because the memory of the program never shrinks.
pub(super) struct ReceiveQueue {
    messages: RefCell<VecDeque<(JsMessage, f64)>>,
    bytes: Cell<f64>,
    pub(super) limit: Cell<u32>,
    overflow: Cell<Overflow>,
    pub(super) filled: WakerSet,
}

/// The state of the receive limit. Reading ends once the unread messages exceed it.
#[derive(Clone, Copy, PartialEq)]
enum Overflow {
    None,
    Unreported,
    Reported,
}

impl Default for ReceiveQueue {
    fn default() -> Self {
        Self {
            messages: RefCell::default(),
            bytes: Cell::default(),
            limit: Cell::new(DEFAULT_RECEIVE_LIMIT),
            overflow: Cell::new(Overflow::None),
            filled: WakerSet::default(),
        }
    }
}

impl ReceiveQueue {
    /// Adds a message. Returns false if the message exceeds the limit, which ends reading.
    pub(super) fn push(&self, data: Data) -> bool {
        if self.overflow.get() != Overflow::None {
            return true;
        }
        let (message, size) = JsMessage::from_data(data);
        let cost = size.max(MIN_COST);
        let bytes = self.bytes.get() + cost;
        let limit = self.limit.get();
        let fits = limit == u32::MAX || bytes <= f64::from(limit);
        if fits {
            self.bytes.set(bytes);
            self.messages.borrow_mut().push_back((message, cost));
        } else {
            self.overflow.set(Overflow::Unreported);
        }
        self.filled.wake_all();
        fits
    }

    /// Removes and returns the oldest message. After the last one, returns the error of an exceeded limit once.
    pub(super) fn pop(&self) -> Option<Result<JsMessage>> {
        let next = self.messages.borrow_mut().pop_front();
        if let Some((message, cost)) = next {
            self.bytes.set(self.bytes.get() - cost);
            return Some(Ok(message));
        }
        if self.overflow.get() != Overflow::Unreported {
            return None;
        }
        self.overflow.set(Overflow::Reported);
        let message = "the unread messages exceed the receive limit of the data channel";
        Some(Err(Error::new("message", ErrorKind::QuotaExceeded, message)))
    }

    /// Returns whether reading has ended and the error has been returned.
    pub(super) fn has_ended(&self) -> bool {
        self.overflow.get() == Overflow::Reported
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.borrow().is_empty()
    }
}
