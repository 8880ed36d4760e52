//! The task that verifies and stores an incoming file.

use std::{pin::pin, rc::Rc};

use browser_rtc_proto::files::{Accept, BLOCK_SIZE, BlockAck, Digest, Received, Stop, block_count};
use futures::{
    StreamExt,
    future::{Either, select},
};

use crate::{
    error::{Error, ErrorKind, Result},
    event::EventStream,
    files::{
        channel::FileChannel,
        error::{OPERATION, is_cancel, reason_from},
        hash,
        sink::{Output, Sink},
        state::incoming::{IncomingState, Piece},
    },
};

/// The maximum number of blocks that are in flight or wait to be stored: 8 MiB.
const WINDOW: u32 = 32;

/// The number of stored blocks in an acknowledgement.
const ACK_INTERVAL: u64 = 4;

/// Receives a file, until it is complete or a peer ends the transfer. The digests are those of the blocks that the sink
/// contains already.
pub(super) async fn run(
    channel: Rc<FileChannel>,
    incoming: Rc<IncomingState>,
    mut sink: Sink,
    mut digests: Vec<Digest>,
) {
    let received = receive_unless_cancelled(&channel, &incoming, &mut sink, &mut digests).await.map_err(not_a_cancel);
    channel.incoming.borrow_mut().remove(incoming.id);
    let is_known_to_peer = channel.exchange.borrow_mut().remove_incoming(incoming.id);
    let is_complete = received.is_ok();
    incoming.finish(received);
    if is_complete {
        channel.send_last(Received::new(incoming.id)).await;
    } else {
        let error = incoming.error_or_closed();
        let keep = !incoming.is_cancelled();
        sink.keep_or_discard(keep).await;
        if keep {
            incoming.partial.replace(Some((sink, digests)));
        }
        incoming.settled.set();
        if is_known_to_peer {
            channel.send_last(Stop::new(incoming.id, reason_from(&error))).await;
        }
    }
    incoming.settled.set();
}

/// Receives a file, or returns when the transfer is cancelled, even if the sink is stuck.
async fn receive_unless_cancelled(
    channel: &FileChannel,
    incoming: &IncomingState,
    sink: &mut Sink,
    digests: &mut Vec<Digest>,
) -> Result<Output> {
    // Opening is not raced with the cancellation, after which a private file could not be removed.
    sink.open(digests).await?;
    match select(pin!(incoming.cancelled()), pin!(receive(channel, incoming, sink, digests))).await {
        Either::Left(_) => Err(incoming.error_or_closed()),
        Either::Right((received, _)) => received,
    }
}

async fn receive(
    channel: &FileChannel,
    incoming: &IncomingState,
    sink: &mut Sink,
    digests: &mut Vec<Digest>,
) -> Result<Output> {
    if digests.len() as u64 > block_count(incoming.size()) {
        sink.rewind().await?;
        digests.clear();
    }
    let (id, from) = (incoming.id, digests.len() as u64);
    let accept = Accept::new(id, WINDOW);
    let accept = if from > 0 { accept.resume(from, hash::combine(digests).await?) } else { accept };
    if !channel.exchange.borrow_mut().accept(id, from, WINDOW) {
        return Err(incoming.error_or_closed());
    }
    incoming.meter.set((from * BLOCK_SIZE).min(incoming.size()));
    channel.send(accept).await?;

    let mut pieces = EventStream::from_queue(incoming.pieces.clone(), &incoming.finished);
    while let Some(piece) = pieces.next().await {
        match piece {
            Piece::Block { bytes, sha256, restart, hashing } => {
                let actual = hashing?.done().await?;
                if actual != sha256 {
                    return Err(wrong_hash());
                }
                if restart {
                    sink.rewind().await?;
                    digests.clear();
                }
                sink.write(&bytes).await?;
                digests.push(actual);
                // A transfer that has ended stores the blocks that it has received, without acknowledgement.
                let stored = channel.exchange.borrow_mut().block_stored(id);
                if let Some(blocks) = stored.filter(|blocks| blocks % ACK_INTERVAL == 0) {
                    channel.send(BlockAck::new(id, blocks)).await?;
                }
            }
            Piece::End(sha256) => {
                if hash::combine(digests).await? != sha256 {
                    return Err(wrong_hash());
                }
                return sink.close().await;
            }
        }
    }
    Err(incoming.error_or_closed())
}

/// Replaces an `AbortError` of the destination stream, which is a failure and not a cancellation.
fn not_a_cancel(error: Error) -> Error {
    if error.kind() != &ErrorKind::Abort || is_cancel(&error) {
        return error;
    }
    let message = format!("the file could not be written: {}", error.message());
    Error::new(error.operation(), ErrorKind::Operation, message)
}

fn wrong_hash() -> Error {
    Error::new(OPERATION, ErrorKind::InvalidData, "the received data does not match its hash")
}
