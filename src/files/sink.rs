//! Where a file goes, block by block.

use browser_rtc_proto::files::{BLOCK, Digest};
use js_sys::{Array, ArrayBuffer, Object, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::{hash, source::Source};
use crate::{
    error::{During, Error, ErrorKind, Result},
    promise::settled_for_good,
    sys::{
        blob::Blob,
        file::{Directory, FileHandle, ReadableBlob, Writable, Writer, storage},
        global,
    },
};

/// Which is 4 MiB: a blob costs a browser some work, be it ever so small.
const BLOCKS_A_BLOB: u32 = 16;

pub(super) enum Sink {
    Memory(Vec<u8>),
    /// Blobs of some blocks each: the browser need not hold them in the page's memory.
    Blob {
        blobs: Array,
        blocks: Array,
        mime: String,
    },
    /// None once the stream is closed.
    Stream(Option<Writer>),
    Private(PrivateFile),
}

/// A file that only this origin sees.
pub(super) struct PrivateFile {
    name: String,
    /// Whether what it holds is the beginning of the file.
    keep: bool,
    open: Option<(FileHandle, Writer)>,
}

/// What has been made of all blocks.
pub(super) enum Output {
    Memory(Vec<u8>),
    Blob(web_sys::Blob),
    Stream,
    File(web_sys::File),
}

impl Sink {
    pub(super) fn blob(mime: String) -> Self {
        Self::Blob { blobs: Array::new(), blocks: Array::new(), mime }
    }

    pub(super) fn private_file(name: String, keep: bool) -> Self {
        Self::Private(PrivateFile { name, keep, open: None })
    }

    /// Ready to be written to. The digests are those of the blocks that it holds already.
    pub(super) async fn open(&mut self, digests: &mut Vec<Digest>) -> Result<()> {
        match self {
            Self::Private(file) if file.open.is_none() => file.open(digests).await?,
            _ => {}
        }
        Ok(())
    }

    pub(super) async fn write(&mut self, block: &ArrayBuffer) -> Result<()> {
        match self {
            Self::Memory(bytes) => {
                let (held, more) = (bytes.len(), Uint8Array::new(block));
                let length = more.length() as usize;
                bytes.try_reserve(length).map_err(|_full| {
                    Error::new("file", ErrorKind::QuotaExceeded, "there is no memory for a file of this size")
                })?;
                bytes.resize(held + length, 0);
                more.copy_to(bytes.get_mut(held..).unwrap_or_default());
                Ok(())
            }
            Self::Blob { blobs, blocks, .. } => {
                if blocks.push(block) == BLOCKS_A_BLOB {
                    blobs.push(&*Blob::join(blocks, &Object::new()).during("Blob")?);
                    blocks.set_length(0);
                }
                Ok(())
            }
            Self::Stream(writer) => write(writer.as_ref(), block).await,
            Self::Private(file) => write(file.open.as_ref().map(|(_, writer)| writer), block).await,
        }
    }

    /// What was written is not of this file after all.
    pub(super) async fn rewind(&mut self) -> Result<()> {
        match self {
            Self::Memory(bytes) => bytes.clear(),
            Self::Blob { blobs, blocks, .. } => {
                blobs.set_length(0);
                blocks.set_length(0);
            }
            Self::Stream(_) => {
                let message = "the file is another one than was begun, and what was written cannot be taken back";
                return Err(Error::new("file", ErrorKind::InvalidData, message));
            }
            Self::Private(file) => {
                let truncate = Object::new();
                global::set(&truncate, "type", &"truncate".into());
                global::set(&truncate, "size", &0.into());
                write(file.open.as_ref().map(|(_, writer)| writer), &truncate).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn close(&mut self) -> Result<Output> {
        Ok(match self {
            Self::Memory(bytes) => Output::Memory(std::mem::take(bytes)),
            Self::Blob { blobs, blocks, mime } => {
                let options = Object::new();
                global::set(&options, "type", &(&**mime).into());
                Output::Blob(Blob::join(&blobs.concat(blocks), &options).during("Blob")?.unchecked_into())
            }
            Self::Stream(writer) => {
                // It stays until then, to be aborted where this is given up.
                if let Some(writer) = writer {
                    settled_for_good("close", writer.close()).await?;
                }
                *writer = None;
                Output::Stream
            }
            Self::Private(file) => Output::File(file.close().await?.unchecked_into()),
        })
    }

    /// It is not to be gone on with from another connection. What a private file holds may be, by its name.
    pub(super) async fn keep_or_discard(&mut self, keep: bool) {
        match self {
            Self::Private(file) if keep => {
                file.keep = true;
                let _kept_as_far_as_it_goes = file.close().await;
            }
            Self::Private(file) => file.discard().await,
            _ => {}
        }
    }
}

impl Drop for Sink {
    /// What is not complete is not to look like a file.
    fn drop(&mut self) {
        let writer = match self {
            Self::Stream(writer) => writer.take(),
            Self::Private(file) => file.open.take().map(|(_, writer)| writer),
            Self::Memory(_) | Self::Blob { .. } => None,
        };
        if let Some(writer) = writer {
            wasm_bindgen_futures::spawn_local(async move {
                let _gone_either_way = settled_for_good("abort", writer.abort()).await;
            });
        }
    }
}

async fn write(writer: Option<&Writer>, chunk: &JsValue) -> Result<()> {
    let writer = writer.ok_or_else(|| Error::closed("write"))?;
    settled_for_good("write", writer.write(chunk)).await.map(drop)
}

impl PrivateFile {
    async fn open(&mut self, digests: &mut Vec<Digest>) -> Result<()> {
        let create = Object::new();
        global::set(&create, "create", &true.into());
        let handle = settled_for_good("getFileHandle", directory().await?.file(&self.name, &create)).await?;
        let handle: FileHandle = handle.unchecked_into();
        if !global::has_member(&handle, "createWritable") {
            return Err(unsupported());
        }
        let held = if self.keep { whole_blocks(&handle, digests).await? } else { 0.0 };
        let options = Object::new();
        global::set(&options, "keepExistingData", &self.keep.into());
        let stream = settled_for_good("createWritable", handle.writable(&options)).await?;
        let writer = stream.unchecked_into::<Writable>().writer().during("getWriter")?;
        if self.keep {
            for kind in ["truncate", "seek"] {
                let command = Object::new();
                global::set(&command, "type", &kind.into());
                global::set(&command, if kind == "seek" { "position" } else { "size" }, &held.into());
                write(Some(&writer), &command).await?;
            }
        }
        self.open = Some((handle, writer));
        Ok(())
    }

    /// What was written is in the file only after this. Given up before, it can still be discarded.
    async fn close(&mut self) -> Result<JsValue> {
        let (handle, writer) = self.open.as_ref().ok_or_else(|| Error::closed("close"))?;
        let content = match settled_for_good("close", writer.close()).await {
            Ok(_) => settled_for_good("getFile", handle.content()).await,
            Err(error) => Err(error),
        };
        self.open = None;
        content
    }

    async fn discard(&mut self) {
        let Some((_, writer)) = self.open.take() else { return };
        let _gone_either_way = settled_for_good("abort", writer.abort()).await;
        // What was there before is not ours to remove.
        if let (false, Ok(directory)) = (self.keep, directory().await) {
            let _gone_already = settled_for_good("removeEntry", directory.remove(&self.name)).await;
        }
    }
}

/// Hashes what is there, which a page that was closed in between may have left behind. In bytes, without what is
/// less than a block.
async fn whole_blocks(handle: &FileHandle, digests: &mut Vec<Digest>) -> Result<f64> {
    let content = settled_for_good("getFile", handle.content()).await?;
    let source = Source::new(content.unchecked_ref::<ReadableBlob>());
    let whole = source.size / BLOCK;
    *digests = source.digests(whole).await?;
    #[expect(clippy::cast_precision_loss, reason = "sizes of files are exact in it")]
    Ok((whole * BLOCK) as f64)
}

async fn directory() -> Result<Directory> {
    let storage = storage().ok_or_else(unsupported)?;
    settled_for_good("getDirectory", storage.directory()).await.map(JsCast::unchecked_into)
}

fn unsupported() -> Error {
    let message = "this browser has no origin-private file system to write to, or keeps it to secure pages";
    Error::new("getDirectory", ErrorKind::NotSupported, message)
}

/// Whether digests begin with others: what is there is of the same file.
pub(super) async fn digest_of_what_is_there(digests: &[Digest]) -> Result<Option<Digest>> {
    if digests.is_empty() { Ok(None) } else { hash::of_all(digests).await.map(Some) }
}
