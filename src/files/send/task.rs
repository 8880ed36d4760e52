//! The task that sends a file.

use std::{convert::Infallible, future, pin::pin, rc::Rc, task::Poll};

use browser_rtc_proto::files::{BLOCK_SIZE, Block as BlockMessage, Cancel, End};
use futures::{SinkExt, StreamExt, channel::mpsc, future::Either};

use super::pace::Pace;
use crate::{
    channel::Payload,
    error::Result,
    files::{
        channel::FileChannel,
        error::reason_from,
        hash,
        source::{Block, Source},
        state::outgoing::OutgoingState,
    },
    wake::Turn,
};

/// The number of reads of the source that wait to be sent, in addition to the one whose blocks are being sent.
const READ_QUEUE: usize = 1;

/// Sends a file, until the remote peer has received it or a peer ends the transfer.
pub(in crate::files) async fn run(channel: Rc<FileChannel>, outgoing: Rc<OutgoingState>) {
    let mut turn = None;
    if let Some(Err(error)) = send_until_over(&channel, &outgoing, &mut turn).await {
        outgoing.finish(Err(error));
    }
    channel.outgoing.borrow_mut().remove(outgoing.id);
    let is_known_to_peer = channel.exchange.borrow_mut().remove_outgoing(outgoing.id);
    // This also ends a partly sent block, so that the bytes of the next block are not added to it.
    if let (Some(error), true) = (outgoing.error(), is_known_to_peer || turn.is_some()) {
        channel.send_last(Cancel::new(outgoing.id, reason_from(&error))).await;
    }
}

/// Returns `None` if the transfer was ended elsewhere.
async fn send_until_over(
    channel: &FileChannel,
    outgoing: &OutgoingState,
    turn: &mut Option<Turn>,
) -> Option<Result<Infallible>> {
    match futures::future::select(outgoing.finished.wait(), pin!(send(channel, outgoing, turn))).await {
        Either::Left(_) => None,
        Either::Right((failed, _)) => Some(failed),
    }
}

/// Sends the file once it is accepted, and then waits, because the remote peer ends a successful transfer.
async fn send(channel: &FileChannel, outgoing: &OutgoingState, turn: &mut Option<Turn>) -> Result<Infallible> {
    outgoing.offered.wait().await;
    channel.peer_known().await?;
    outgoing.accepted.wait().await;
    let from = first_block(channel, outgoing).await?;
    let (sender, receiver) = mpsc::channel(READ_QUEUE);
    let sending = send_blocks(channel, outgoing, receiver, turn);
    futures::future::try_join(read_ahead(&outgoing.source, from, sender), sending).await?;
    let sha256 = hash::combine(&outgoing.source.digests(outgoing.source.blocks()).await?).await?;
    channel.exchange.borrow_mut().end_sent(outgoing.id);
    channel.send(End::new(outgoing.id, sha256)).await?;
    future::pending().await
}

/// Returns the index of the first block to send: the one that the remote peer requests, if its blocks are those of the
/// file.
async fn first_block(channel: &FileChannel, outgoing: &OutgoingState) -> Result<u64> {
    let (from, sha256) = outgoing.answer();
    let is_same = from == 0 || sha256 == Some(hash::combine(&outgoing.source.digests(from).await?).await?);
    let Some(from) = channel.exchange.borrow_mut().begin(outgoing.id, !is_same) else {
        // The transfer has ended, which drops this future.
        return future::pending().await;
    };
    outgoing.meter.set((from * BLOCK_SIZE).min(outgoing.source.size));
    Ok(from)
}

async fn read_ahead(source: &Source, from: u64, mut sender: mpsc::Sender<Vec<Block>>) -> Result<()> {
    let mut reads = pin!(source.blocks_from(from));
    while let Some(blocks) = reads.next().await {
        // The receiver is dropped together with this future.
        let _ = sender.send(blocks?).await;
    }
    Ok(())
}

async fn send_blocks(
    channel: &FileChannel,
    outgoing: &OutgoingState,
    mut receiver: mpsc::Receiver<Vec<Block>>,
    turn: &mut Option<Turn>,
) -> Result<()> {
    let mut pace = Pace::default();
    while let Some(blocks) = receiver.next().await {
        for block in blocks {
            window(channel, outgoing).await;
            *turn = Some(channel.turn().await);
            pace.start();
            send_block(channel, outgoing, &block, pace.message_length(&channel.channel)).await?;
            pace.stop();
            *turn = None;
        }
    }
    Ok(())
}

async fn send_block(channel: &FileChannel, outgoing: &OutgoingState, block: &Block, message_length: u32) -> Result<()> {
    channel.exchange.borrow_mut().block_sent(outgoing.id);
    let length = block.bytes.length();
    channel.send(BlockMessage::new(outgoing.id, block.index, length, block.sha256)).await?;
    let mut start = 0;
    while start < length {
        let end = length.min(start.saturating_add(message_length));
        channel.channel.send(Payload::View(&block.bytes.subarray(start, end))).await?;
        outgoing.meter.add(end - start);
        start = end;
    }
    Ok(())
}

/// Waits until the window has room for a block.
async fn window(channel: &FileChannel, outgoing: &OutgoingState) {
    let mut acknowledged = outgoing.window.waiter();
    future::poll_fn(|cx| {
        acknowledged.register(cx);
        if channel.exchange.borrow().may_send(outgoing.id) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
