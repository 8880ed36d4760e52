//! A file as blocks with their digests, read ahead.

use std::{cell::RefCell, rc::Rc};

use browser_rtc_proto::files::{BLOCK, Digest, blocks_of, length_of};
use futures::{Stream, StreamExt, future::try_join_all, stream};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;

use super::hash;
use crate::{
    error::{During, Error, ErrorKind, Result},
    promise::settled_for_good,
    sys::{file::ReadableBlob, global},
};

/// How many blocks are read at once: to ask for each would cost more.
const TOGETHER: usize = 4;

/// How often this is done at once.
const READ_AHEAD: usize = 2;

const OPERATION: &str = "arrayBuffer";

/// What is sent. Clones share what they know of its digests.
#[derive(Clone, Debug)]
pub(super) struct Source {
    blob: ReadableBlob,
    pub(super) size: u64,
    digests: Rc<RefCell<Vec<Digest>>>,
}

pub(super) struct Block {
    pub(super) index: u64,
    pub(super) bytes: Uint8Array,
    pub(super) sha256: Digest,
}

impl Source {
    pub(super) fn new(blob: &web_sys::Blob) -> Self {
        let blob: ReadableBlob = blob.clone().unchecked_into();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are whole numbers")]
        let size = global::get(&blob, "size").as_f64().unwrap_or_default() as u64;
        Self { blob, size, digests: Rc::default() }
    }

    pub(super) fn mime(&self) -> String {
        global::get_text(&self.blob, "type").unwrap_or_default()
    }

    pub(super) fn blocks(&self) -> u64 {
        blocks_of(self.size)
    }

    /// The blocks from this one on, some at once, and some of them read ahead as long as this is polled.
    pub(super) fn blocks_from(&self, from: u64) -> impl Stream<Item = Result<Vec<Block>>> + '_ {
        let parts = (from..self.blocks()).step_by(TOGETHER).map(|index| self.read(index));
        stream::iter(parts).buffered(READ_AHEAD).inspect(|blocks| {
            blocks.iter().flatten().for_each(|block| self.remember(block));
        })
    }

    /// The digests of the first blocks. What is not known of them is read.
    pub(super) async fn digests(&self, count: u64) -> Result<Vec<Digest>> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let known = self.digests.borrow().len();
        if known < count {
            let mut missing = Box::pin(self.blocks_from(known as u64).take((count - known).div_ceil(TOGETHER)));
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

    /// Reads and hashes the blocks from this one on that are read together.
    async fn read(&self, first: u64) -> Result<Vec<Block>> {
        let (start, end) = (first * BLOCK, self.size.min((first + TOGETHER as u64) * BLOCK));
        #[expect(clippy::cast_precision_loss, reason = "sizes of files are exact in it")]
        let slice = self.blob.slice(start as f64, end as f64).during("slice")?;
        let bytes = settled_for_good(OPERATION, slice.read()).await.map_err(Error::into_not_readable)?;
        let bytes: ArrayBuffer = bytes.unchecked_into();
        if u64::from(bytes.byte_length()) != end - start {
            return Err(Error::new(OPERATION, ErrorKind::NotReadable, "the file has changed since it was offered"));
        }
        let bytes = Uint8Array::new(&bytes);
        let blocks = (first..blocks_of(end)).map(|index| {
            let (start, length) = ((index - first) * BLOCK, length_of(self.size, index));
            #[expect(clippy::cast_possible_truncation, reason = "it is within what was read at once")]
            let bytes = bytes.subarray(start as u32, (start + length) as u32);
            async move { Ok(Block { index, sha256: hash::begin(&bytes)?.done().await?, bytes }) }
        });
        try_join_all(blocks).await
    }
}
