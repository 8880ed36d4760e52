//! One file on its way to here: its state, and the task that keeps it.

use std::{
    cell::{Cell, RefCell},
    future,
    pin::pin,
    rc::Rc,
};

use browser_rtc_proto::files::{BLOCK, Digest, FileId, Id, Message, Place, Receiving, blocks_of, name};
use futures::{
    StreamExt,
    future::{Either, select},
};
use js_sys::{ArrayBuffer, Uint8Array};

use super::{
    error::{self, is_cancel},
    hash::{self, Hashing},
    progress::Meter,
    shared::{OPERATION, Shared},
    sink::{self, Output, Sink},
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::{EventStream, Queue},
    wake::CloseSignal,
};

/// How many blocks may be on their way, or wait to be kept, which is 8 MiB: of a disk that is slow there are no more in
/// memory.
const WINDOW: u32 = 32;

/// How often the sender is told what was kept, in blocks.
const TOLD: u64 = 4;

pub(super) struct Arrival {
    pub(super) id: Id,
    pub(super) file: Box<str>,
    pub(super) name: Box<str>,
    pub(super) mime: Box<str>,
    pub(super) meter: Meter,
    /// Whether somebody has had the offer.
    pub(super) seen: Cell<bool>,
    pub(super) over: CloseSignal,
    outcome: RefCell<Option<Result<Output>>>,
    /// What of a transfer that failed can be gone on with, once the task has let go of it.
    pub(super) rest: RefCell<Option<(Sink, Vec<Digest>)>>,
    pub(super) settled: CloseSignal,
    open: RefCell<Option<OpenBlock>>,
    pieces: Queue<Piece>,
    ended: Cell<bool>,
}

struct OpenBlock {
    length: u32,
    sha256: Digest,
    place: Place,
    bytes: Option<Uint8Array>,
}

enum Piece {
    Block { bytes: ArrayBuffer, sha256: Digest, place: Place, hashing: Result<Hashing> },
    End(Digest),
}

impl Arrival {
    pub(super) fn new(id: Id, file: &FileId, name: &str, size: u64, mime: String) -> Self {
        let over = CloseSignal::default();
        Self {
            id,
            file: file.as_str().into(),
            name: name::sanitize(name).into(),
            mime: name::mime_type(mime).into(),
            meter: Meter::new(size, &over),
            seen: Cell::default(),
            over,
            outcome: RefCell::default(),
            rest: RefCell::default(),
            settled: CloseSignal::default(),
            open: RefCell::default(),
            pieces: Queue::default(),
            ended: Cell::default(),
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.meter.now().total
    }

    pub(super) fn begin_block(&self, length: u32, sha256: Digest, place: Place) {
        if place == Place::Start {
            self.meter.set(0);
        }
        self.open.replace(Some(OpenBlock { length, sha256, place, bytes: None }));
    }

    pub(super) fn bytes(&self, bytes: &ArrayBuffer, offset: u32, last: bool) {
        self.meter.add(bytes.byte_length());
        let mut slot = self.open.borrow_mut();
        let Some(open) = slot.as_mut() else { return };
        // A block in one message is taken as it is.
        let whole = (open.length == bytes.byte_length()).then(|| bytes.clone());
        if whole.is_none() {
            let block = open.bytes.get_or_insert_with(|| Uint8Array::new_with_length(open.length));
            block.set(&Uint8Array::new(bytes), offset);
        }
        if !last {
            return;
        }
        let Some(OpenBlock { sha256, place, bytes: joined, .. }) = slot.take() else { return };
        if let Some(bytes) = whole.or_else(|| joined.map(|joined| joined.buffer())) {
            // Hashed beside this thread, while more comes and what came before is written.
            self.pieces.push(Piece::Block { hashing: hash::begin(&bytes), bytes, sha256, place });
        }
    }

    pub(super) fn end(&self, sha256: Digest) {
        self.ended.set(true);
        self.pieces.push(Piece::End(sha256));
    }

    /// The channel has closed. What has come in full is kept nevertheless.
    pub(super) fn finish_unless_ended(&self, error: Error) {
        if !self.ended.get() {
            self.finish(Err(error));
        }
    }

    /// The first outcome is the one that counts.
    pub(super) fn finish(&self, outcome: Result<Output>) {
        self.outcome.borrow_mut().get_or_insert(outcome);
        self.over.set();
    }

    /// Whatever it has come to, once.
    pub(super) fn take_outcome(&self) -> Result<Output> {
        let mut outcome = self.outcome.borrow_mut();
        match &*outcome {
            Some(Err(error)) => Err(error.clone()),
            _ => outcome.take().unwrap_or_else(|| {
                Err(Error::new(OPERATION, ErrorKind::InvalidState, "the file was given out already"))
            }),
        }
    }

    pub(super) fn error(&self) -> Option<Error> {
        self.outcome.borrow().as_ref().and_then(|outcome| outcome.as_ref().err().cloned())
    }

    /// What it has failed with.
    fn error_or_closed(&self) -> Error {
        self.error().unwrap_or_else(|| Error::closed(OPERATION))
    }

    fn is_cancelled(&self) -> bool {
        self.error().is_some_and(|error| is_cancel(&error))
    }

    /// Resolves when somebody has cancelled it. At any other end, what has come is kept first.
    async fn cancelled(&self) {
        self.over.wait().await;
        if !self.is_cancelled() {
            future::pending::<()>().await;
        }
    }
}

/// Takes what comes, until all has come or somebody ends it.
pub(super) async fn run(shared: Rc<Shared>, arrival: Rc<Arrival>, mut sink: Sink, mut digests: Vec<Digest>) {
    let received = receive_unless_cancelled(&shared, &arrival, &mut sink, &mut digests).await.map_err(not_a_cancel);
    shared.incoming.borrow_mut().remove(&arrival.id);
    let expected = shared.exchange.borrow_mut().forget_incoming(arrival.id);
    let complete = received.is_ok();
    arrival.finish(received);
    if complete {
        shared.say(&Message::Received { id: arrival.id }).await.unwrap_or_default();
    } else {
        let error = arrival.error_or_closed();
        let keep = !arrival.is_cancelled();
        sink.keep_or_discard(keep).await;
        if keep {
            arrival.rest.replace(Some((sink, digests)));
        }
        arrival.settled.set();
        if expected {
            let stop = Message::Stop { id: arrival.id, reason: error::reason_of(&error) };
            shared.say(&stop).await.unwrap_or_default();
        }
    }
    arrival.settled.set();
}

/// A sink that is stuck holds nobody up who cancels.
async fn receive_unless_cancelled(
    shared: &Shared,
    arrival: &Arrival,
    sink: &mut Sink,
    digests: &mut Vec<Digest>,
) -> Result<Output> {
    // Not to be left halfway: what it makes could not be removed.
    sink.open(digests).await?;
    match select(pin!(arrival.cancelled()), pin!(receive(shared, arrival, sink, digests))).await {
        Either::Left(_) => Err(arrival.error_or_closed()),
        Either::Right((received, _)) => received,
    }
}

async fn receive(shared: &Shared, arrival: &Arrival, sink: &mut Sink, digests: &mut Vec<Digest>) -> Result<Output> {
    if digests.len() as u64 > blocks_of(arrival.size()) {
        sink.rewind().await?;
        digests.clear();
    }
    let (id, from) = (arrival.id, digests.len() as u64);
    let sha256 = sink::digest_of_what_is_there(digests).await?;
    if !shared.exchange.borrow_mut().accept(id, from, WINDOW) {
        return Err(arrival.error_or_closed());
    }
    arrival.meter.set((from * BLOCK).min(arrival.size()));
    shared.say(&Message::Accept { id, window: WINDOW, from, sha256 }).await?;

    let mut pieces = EventStream::from_queue(arrival.pieces.clone(), &arrival.over);
    while let Some(piece) = pieces.next().await {
        match piece {
            Piece::Block { bytes, sha256, place, hashing } => {
                let actual = hashing?.done().await?;
                if actual != sha256 {
                    return Err(damaged());
                }
                if place == Place::Start {
                    sink.rewind().await?;
                    digests.clear();
                }
                sink.write(&bytes).await?;
                digests.push(actual);
                let kept = shared.exchange.borrow_mut().receiving.get_mut(&id).map(Receiving::keep);
                // Where it is over, this was the last to be kept.
                if let Some(blocks) = kept.filter(|kept| kept % TOLD == 0) {
                    shared.say(&Message::Got { id, blocks }).await?;
                }
            }
            Piece::End(sha256) => {
                if hash::of_all(digests).await? != sha256 {
                    return Err(damaged());
                }
                return sink.close().await;
            }
        }
    }
    Err(arrival.error_or_closed())
}

/// A stream that is written to may reject with an `AbortError` of its own, which is no cancel of the transfer.
fn not_a_cancel(error: Error) -> Error {
    if error.kind() != &ErrorKind::Abort || is_cancel(&error) {
        return error;
    }
    let message = format!("the file could not be written: {}", error.message());
    Error::new(error.operation(), ErrorKind::Operation, message)
}

fn damaged() -> Error {
    Error::new(OPERATION, ErrorKind::InvalidData, "what came has not the hash that was told")
}
