//! The state of an incoming file.

use std::{
    cell::{Cell, RefCell},
    future,
};

use browser_rtc_proto::files::{Block, Digest, Offer, TransferId, name};
use js_sys::{ArrayBuffer, Uint8Array};

use crate::{
    error::{Error, ErrorKind, Result},
    event::Queue,
    files::{
        error::{OPERATION, cancelled, is_cancel},
        hash::{self, Hashing},
        progress::Meter,
        sink::{Output, Sink},
    },
    wake::CloseSignal,
};

pub(in crate::files) struct IncomingState {
    pub(in crate::files) id: TransferId,
    pub(in crate::files) file_id: Box<str>,
    pub(in crate::files) name: Box<str>,
    pub(in crate::files) mime_type: Box<str>,
    pub(in crate::files) meter: Meter,
    /// Set when the offer was returned to the program.
    pub(in crate::files) delivered: Cell<bool>,
    pub(in crate::files) finished: CloseSignal,
    outcome: RefCell<Option<Result<Output>>>,
    /// The blocks of a failed transfer, from which a later one resumes. The task sets them when it ends.
    pub(in crate::files) partial: RefCell<Option<(Sink, Vec<Digest>)>>,
    /// Set when the task has ended.
    pub(in crate::files) settled: CloseSignal,
    block: RefCell<Option<OpenBlock>>,
    pub(in crate::files) pieces: Queue<Piece>,
    ended: Cell<bool>,
}

/// A block that is being received.
struct OpenBlock {
    length: u32,
    sha256: Digest,
    restart: bool,
    bytes: Option<Uint8Array>,
}

/// The input of the task that stores the file.
pub(in crate::files) enum Piece {
    Block { bytes: ArrayBuffer, sha256: Digest, restart: bool, hashing: Result<Hashing> },
    End(Digest),
}

impl IncomingState {
    pub(in crate::files) fn new(offer: Offer) -> Self {
        let finished = CloseSignal::default();
        Self {
            id: offer.id,
            file_id: offer.file_id.as_str().into(),
            name: name::sanitize(&offer.name).into(),
            mime_type: name::mime_type(offer.mime_type).into(),
            meter: Meter::new(offer.size, &finished),
            delivered: Cell::default(),
            finished,
            outcome: RefCell::default(),
            partial: RefCell::default(),
            settled: CloseSignal::default(),
            block: RefCell::default(),
            pieces: Queue::default(),
            ended: Cell::default(),
        }
    }

    pub(in crate::files) fn size(&self) -> u64 {
        self.meter.now().total
    }

    pub(in crate::files) fn begin_block(&self, block: &Block, restart: bool) {
        if restart {
            self.meter.set(0);
        }
        self.block.replace(Some(OpenBlock { length: block.length, sha256: block.sha256, restart, bytes: None }));
    }

    /// Adds bytes to the block that is being received, at an offset in bytes.
    pub(in crate::files) fn push_bytes(&self, bytes: &ArrayBuffer, offset: u32, last: bool) {
        self.meter.add(bytes.byte_length());
        let mut slot = self.block.borrow_mut();
        let Some(block) = slot.as_mut() else { return };
        // A block in one message is not copied.
        let whole = (block.length == bytes.byte_length()).then(|| bytes.clone());
        if whole.is_none() {
            let joined = block.bytes.get_or_insert_with(|| Uint8Array::new_with_length(block.length));
            joined.set(&Uint8Array::new(bytes), offset);
        }
        if !last {
            return;
        }
        let Some(OpenBlock { sha256, restart, bytes: joined, .. }) = slot.take() else { return };
        drop(slot);
        if let Some(bytes) = whole.or_else(|| joined.map(|joined| joined.buffer())) {
            // The browser hashes while more is received and earlier blocks are written.
            self.pieces.push(Piece::Block { hashing: hash::start(&bytes), bytes, sha256, restart });
        }
    }

    pub(in crate::files) fn end(&self, sha256: Digest) {
        self.ended.set(true);
        self.pieces.push(Piece::End(sha256));
    }

    /// Ends the transfer as the channel has ended, unless all blocks have been received: these are still stored.
    pub(in crate::files) fn channel_ended(&self, error: Error) {
        if !self.ended.get() {
            self.finish(Err(error));
        }
    }

    /// Ends the transfer, unless it is over.
    pub(in crate::files) fn finish(&self, outcome: Result<Output>) {
        self.outcome.borrow_mut().get_or_insert(outcome);
        self.finished.set();
    }

    pub(in crate::files) fn cancel(&self) {
        self.finish(Err(cancelled()));
    }

    /// Takes the output of a transfer that is over. It can be taken once.
    pub(in crate::files) fn take_output(&self) -> Result<Output> {
        let mut outcome = self.outcome.borrow_mut();
        match &*outcome {
            Some(Err(error)) => Err(error.clone()),
            _ => outcome.take().unwrap_or_else(|| {
                Err(Error::new(OPERATION, ErrorKind::InvalidState, "the received file has already been taken"))
            }),
        }
    }

    pub(in crate::files) fn error(&self) -> Option<Error> {
        self.outcome.borrow().as_ref().and_then(|outcome| outcome.as_ref().err().cloned())
    }

    pub(in crate::files) fn error_or_closed(&self) -> Error {
        self.error().unwrap_or_else(|| Error::closed(OPERATION))
    }

    pub(in crate::files) fn is_cancelled(&self) -> bool {
        self.error().is_some_and(|error| is_cancel(&error))
    }

    /// Resolves when the transfer is cancelled, and never after another end, because received blocks are stored then.
    pub(in crate::files) async fn cancelled(&self) {
        self.finished.wait().await;
        if !self.is_cancelled() {
            future::pending::<()>().await;
        }
    }
}
