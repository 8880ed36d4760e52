//! A file that is read and hashed block by block.

use std::{cell::RefCell, rc::Rc};

use browser_rtc_proto::files::{BLOCK_SIZE, Digest, block_count, block_length};
use futures::{Stream, StreamExt, future::try_join_all, stream};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;

use super::hash;
use crate::{
    error::{During, Error, ErrorKind, Result},
    promise::settled_for_good,
    sys::{file::ReadableBlob, global},
};

/// The number of blocks in one read, which costs less than a read of each block.
const BLOCKS_PER_READ: usize = 4;

/// The number of reads in flight.
const READ_AHEAD: usize = 2;

const OPERATION: &str = "arrayBuffer";

/// A file to read. Clones share the digests of the blocks that were read.
#[derive(Clone, Debug)]
pub(super) struct Source {
    blob: ReadableBlob,
    pub(super) size: u64,
    digests: Rc<RefCell<Vec<Digest>>>,
}

/// A block that was read.
pub(super) struct Block {
    pub(super) index: u64,
    pub(super) bytes: Uint8Array,
    pub(super) sha256: Digest,
}

impl Source {
    pub(super) fn new(blob: &web_sys::Blob) -> Self {
        let blob: ReadableBlob = blob.clone().unchecked_into();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "file sizes are integers below 2^53"
        )]
        let size = global::get(&blob, "size").as_f64().unwrap_or_default() as u64;
        Self { blob, size, digests: Rc::default() }
    }

    /// Returns the name of a `File`; empty for a `Blob`.
    pub(super) fn name(&self) -> String {
        global::get_text(&self.blob, "name").unwrap_or_default()
    }

    pub(super) fn mime_type(&self) -> String {
        global::get_text(&self.blob, "type").unwrap_or_default()
    }

    pub(super) fn blocks(&self) -> u64 {
        block_count(self.size)
    }

    /// Returns a stream of the blocks from an index on, several in each item. It reads ahead while it is polled.
    pub(super) fn blocks_from(&self, from: u64) -> impl Stream<Item = Result<Vec<Block>>> + '_ {
        let reads = (from..self.blocks()).step_by(BLOCKS_PER_READ).map(|index| self.read(index));
        stream::iter(reads).buffered(READ_AHEAD).inspect(|blocks| {
            blocks.iter().flatten().for_each(|block| self.remember(block));
        })
    }

    /// Returns the digests of the first `count` blocks. Blocks that were not read before are read.
    pub(super) async fn digests(&self, count: u64) -> Result<Vec<Digest>> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let known = self.digests.borrow().len();
        if known < count {
            let mut missing = Box::pin(self.blocks_from(known as u64).take((count - known).div_ceil(BLOCKS_PER_READ)));
            while let Some(blocks) = missing.next().await {
                blocks?;
            }
        }
        Ok(self.digests.borrow().iter().take(count).copied().collect())
    }

    fn remember(&self, block: &Block) {
        let mut digests = self.digests.borrow_mut();
        if digests.len() as u64 == block.index {
            digests.push(block.sha256);
        }
    }

    /// Reads and hashes the blocks of one read, from the index `first` on.
    async fn read(&self, first: u64) -> Result<Vec<Block>> {
        let (start, end) = (first * BLOCK_SIZE, self.size.min((first + BLOCKS_PER_READ as u64) * BLOCK_SIZE));
        #[expect(clippy::cast_precision_loss, reason = "file sizes are below 2^53")]
        let slice = self.blob.slice(start as f64, end as f64).during("slice")?;
        let bytes = settled_for_good(OPERATION, slice.read()).await.map_err(Error::into_not_readable)?;
        let bytes: ArrayBuffer = bytes.unchecked_into();
        if u64::from(bytes.byte_length()) != end - start {
            return Err(Error::new(OPERATION, ErrorKind::NotReadable, "the file has changed since it was offered"));
        }
        let bytes = Uint8Array::new(&bytes);
        let blocks = (first..block_count(end)).map(|index| {
            let (start, length) = ((index - first) * BLOCK_SIZE, block_length(self.size, index));
            #[expect(clippy::cast_possible_truncation, reason = "a read has 1 MiB")]
            let bytes = bytes.subarray(start as u32, (start + length) as u32);
            async move { Ok(Block { index, sha256: hash::start(&bytes)?.done().await?, bytes }) }
        });
        try_join_all(blocks).await
    }
}
