//! One file on its way to the other side: its state, and the task that sends it.

use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    future,
    pin::pin,
    rc::Rc,
    task::Poll,
};

use browser_rtc_proto::files::{BLOCK, Digest, Id, Message, Sending};
use futures::{SinkExt, StreamExt, channel::mpsc, future::Either};

use super::{
    error, hash,
    progress::Meter,
    shared::Shared,
    source::{Block, Source},
    turns::Turn,
    wire::Pace,
};
use crate::{
    channel::Payload,
    error::{Error, Result},
    wake::{CloseSignal, WakerSet},
};

/// How many reads of the source wait to be sent, beside one.
const READY: usize = 1;

pub(super) struct Sent {
    pub(super) id: Id,
    pub(super) source: Source,
    pub(super) meter: Meter,
    /// The browser has taken the offer over.
    pub(super) offered: CloseSignal,
    pub(super) accepted: CloseSignal,
    answer: Cell<(u64, Option<Digest>)>,
    /// The other side has room for more.
    pub(super) room: WakerSet,
    pub(super) over: CloseSignal,
    outcome: RefCell<Option<Result<()>>>,
}

impl Sent {
    pub(super) fn new(id: Id, source: Source) -> Self {
        let over = CloseSignal::default();
        Self {
            id,
            meter: Meter::new(source.size, &over),
            source,
            offered: CloseSignal::default(),
            accepted: CloseSignal::default(),
            answer: Cell::default(),
            room: WakerSet::default(),
            over,
            outcome: RefCell::default(),
        }
    }

    pub(super) fn accept(&self, from: u64, sha256: Option<Digest>) {
        self.answer.set((from, sha256));
        self.accepted.set();
    }

    /// The first outcome is the one that counts.
    pub(super) fn finish(&self, outcome: Result<()>) {
        self.outcome.borrow_mut().get_or_insert(outcome);
        self.over.set();
    }

    /// None while it goes on.
    pub(super) fn outcome(&self) -> Option<Result<()>> {
        self.outcome.borrow().clone()
    }
}

/// Sends it, until it has been received or somebody ends it.
pub(super) async fn run(shared: Rc<Shared>, sent: Rc<Sent>) {
    let mut turn = None;
    let ended = future_of(&shared, &sent, &mut turn).await;
    if let Some(Err(error)) = ended {
        sent.finish(Err(error));
    }
    shared.outgoing.borrow_mut().remove(&sent.id);
    let expected = shared.exchange.borrow_mut().forget_outgoing(sent.id);
    // A block that was begun ends here, so that what comes next is not taken for a part of it.
    if let (Some(Err(error)), true) = (sent.outcome(), expected || turn.is_some()) {
        let cancel = Message::Cancel { id: sent.id, reason: error::reason_of(&error) };
        shared.say(&cancel).await.unwrap_or_default();
    }
}

/// None where it was ended from outside.
async fn future_of(shared: &Shared, sent: &Sent, turn: &mut Option<Turn>) -> Option<std::result::Result<(), Error>> {
    let sending = pin!(send(shared, sent, turn));
    match futures::future::select(sent.over.wait(), sending).await {
        Either::Left(_) => None,
        Either::Right((ended, _)) => Some(ended.map(|never| match never {})),
    }
}

/// Sends the file once it is accepted. Never resolves by success: the peer ends it.
async fn send(shared: &Shared, sent: &Sent, turn: &mut Option<Turn>) -> Result<Infallible> {
    sent.offered.wait().await;
    shared.heard().await?;
    sent.accepted.wait().await;
    let from = first_block(shared, sent).await?;
    let (give, take) = mpsc::channel(READY);
    futures::future::try_join(read_ahead(&sent.source, from, give), send_blocks(shared, sent, take, turn)).await?;
    let sha256 = hash::of_all(&sent.source.digests(sent.source.blocks()).await?).await?;
    if let Some(sending) = shared.exchange.borrow_mut().sending.get_mut(&sent.id) {
        sending.end();
    }
    shared.say(&Message::End { id: sent.id, sha256 }).await?;
    future::pending().await
}

/// Goes on from where the other side is, where what it has is of this very file.
async fn first_block(shared: &Shared, sent: &Sent) -> Result<u64> {
    let (from, theirs) = sent.answer.get();
    let same = from == 0 || theirs == Some(hash::of_all(&sent.source.digests(from).await?).await?);
    let from = shared.exchange.borrow_mut().sending.get_mut(&sent.id).map_or(0, |sending| sending.begin(!same));
    sent.meter.set((from * BLOCK).min(sent.source.size));
    Ok(from)
}

async fn read_ahead(source: &Source, from: u64, mut give: mpsc::Sender<Vec<Block>>) -> Result<()> {
    let mut blocks = pin!(source.blocks_from(from));
    while let Some(blocks) = blocks.next().await {
        // The taker goes together with this.
        give.send(blocks?).await.unwrap_or_default();
    }
    Ok(())
}

async fn send_blocks(
    shared: &Shared,
    sent: &Sent,
    mut ready: mpsc::Receiver<Vec<Block>>,
    turn: &mut Option<Turn>,
) -> Result<()> {
    let mut pace = Pace::default();
    while let Some(blocks) = ready.next().await {
        for block in blocks {
            room(shared, sent).await;
            *turn = Some(shared.turns.next().await);
            pace.begin();
            send_block(shared, sent, &block, pace.message_length(&shared.channel)).await?;
            pace.done();
            *turn = None;
        }
    }
    Ok(())
}

async fn send_block(shared: &Shared, sent: &Sent, block: &Block, message_length: u32) -> Result<()> {
    if let Some(sending) = shared.exchange.borrow_mut().sending.get_mut(&sent.id) {
        sending.sent();
    }
    let bytes = &block.bytes;
    let length = bytes.length();
    shared.say(&Message::Block { id: sent.id, index: block.index, length, sha256: block.sha256 }).await?;
    let mut start = 0;
    while start < length {
        let end = length.min(start.saturating_add(message_length));
        shared.channel.send(Payload::View(&bytes.subarray(start, end))).await?;
        sent.meter.add(end - start);
        start = end;
    }
    Ok(())
}

async fn room(shared: &Shared, sent: &Sent) {
    let mut room = sent.room.waiter();
    future::poll_fn(|cx| {
        room.register(cx);
        let may_send = shared.exchange.borrow().sending.get(&sent.id).is_some_and(Sending::may_send);
        if may_send { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
