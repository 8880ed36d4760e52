//! Destinations of a received file.

use browser_rtc_proto::files::{BLOCK_SIZE, Digest};
use js_sys::{Array, ArrayBuffer, Object, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::{error::OPERATION, source::Source};
use crate::{
    error::{During, Error, ErrorKind, Result},
    promise::settled_for_good,
    sys::{
        blob::Blob,
        file::{Directory, FileHandle, ReadableBlob, Writable, Writer, storage},
        global,
    },
};

/// The number of blocks in a part of a blob, which has 4 MiB. Each part costs the browser some work.
const BLOCKS_PER_PART: u32 = 16;

/// A destination, which is written block by block.
pub(super) enum Sink {
    Memory(Vec<u8>),
    /// Each part is a blob of some blocks, which the browser can store outside of the page's memory.
    Blob {
        parts: Array,
        blocks: Array,
        mime: String,
    },
    /// `None` once the stream is closed.
    Stream(Option<Writer>),
    Private(PrivateFile),
}

/// A file in the origin-private file system.
pub(super) struct PrivateFile {
    name: String,
    /// True if the content is the beginning of the file and is kept.
    keep: bool,
    open: Option<(FileHandle, Writer)>,
}

/// The complete file.
pub(super) enum Output {
    Memory(Vec<u8>),
    Blob(web_sys::Blob),
    Stream,
    File(web_sys::File),
}

impl Sink {
    pub(super) fn blob(mime: String) -> Self {
        Self::Blob { parts: Array::new(), blocks: Array::new(), mime }
    }

    pub(super) fn private_file(name: String, keep: bool) -> Self {
        Self::Private(PrivateFile { name, keep, open: None })
    }

    /// Opens the sink, and sets the digests of the blocks that a private file holds already.
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
                let (start, block) = (bytes.len(), Uint8Array::new(block));
                let length = block.length() as usize;
                bytes.try_reserve(length).map_err(|_full| {
                    Error::new(OPERATION, ErrorKind::QuotaExceeded, "the program has insufficient memory for the file")
                })?;
                bytes.resize(start + length, 0);
                block.copy_to(bytes.get_mut(start..).unwrap_or_default());
                Ok(())
            }
            Self::Blob { parts, blocks, .. } => {
                if blocks.push(block) == BLOCKS_PER_PART {
                    parts.push(&*Blob::join(blocks, &Object::new()).during("Blob")?);
                    blocks.set_length(0);
                }
                Ok(())
            }
            Self::Stream(writer) => write(writer.as_ref(), block).await,
            Self::Private(file) => write(file.open.as_ref().map(|(_, writer)| writer), block).await,
        }
    }

    /// Discards the written blocks, because they are not part of the file.
    pub(super) async fn rewind(&mut self) -> Result<()> {
        match self {
            Self::Memory(bytes) => bytes.clear(),
            Self::Blob { parts, blocks, .. } => {
                parts.set_length(0);
                blocks.set_length(0);
            }
            Self::Stream(_) => {
                let message = "the file has changed since the last transfer, and its stream cannot be rewound";
                return Err(Error::new(OPERATION, ErrorKind::InvalidData, message));
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
            Self::Blob { parts, blocks, mime } => {
                let options = Object::new();
                global::set(&options, "type", &(&**mime).into());
                Output::Blob(Blob::join(&parts.concat(blocks), &options).during("Blob")?.unchecked_into())
            }
            Self::Stream(writer) => {
                // The writer is kept until it is closed, so that it is aborted if this future is dropped.
                if let Some(writer) = writer {
                    settled_for_good("close", writer.close()).await?;
                }
                *writer = None;
                Output::Stream
            }
            Self::Private(file) => Output::File(file.close().await?.unchecked_into()),
        })
    }

    /// Closes a private file after a failed transfer, to resume from it by its name, or removes it.
    pub(super) async fn keep_or_discard(&mut self, keep: bool) {
        match self {
            Self::Private(file) if keep => {
                file.keep = true;
                // If the file cannot be closed, its content does not change.
                let _ = file.close().await;
            }
            Self::Private(file) => file.discard().await,
            _ => {}
        }
    }
}

impl Drop for Sink {
    /// Aborts a stream that is not closed, so that its incomplete content does not become a file.
    fn drop(&mut self) {
        let writer = match self {
            Self::Stream(writer) => writer.take(),
            Self::Private(file) => file.open.take().map(|(_, writer)| writer),
            Self::Memory(_) | Self::Blob { .. } => None,
        };
        if let Some(writer) = writer {
            wasm_bindgen_futures::spawn_local(async move {
                // A stream that cannot be aborted has failed already.
                let _ = settled_for_good("abort", writer.abort()).await;
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
        let length = if self.keep { whole_blocks(&handle, digests).await? } else { 0.0 };
        let options = Object::new();
        global::set(&options, "keepExistingData", &self.keep.into());
        let stream = settled_for_good("createWritable", handle.writable(&options)).await?;
        let writer = stream.unchecked_into::<Writable>().writer().during("getWriter")?;
        if self.keep {
            for kind in ["truncate", "seek"] {
                let command = Object::new();
                global::set(&command, "type", &kind.into());
                global::set(&command, if kind == "seek" { "position" } else { "size" }, &length.into());
                write(Some(&writer), &command).await?;
            }
        }
        self.open = Some((handle, writer));
        Ok(())
    }

    /// Commits the written blocks and returns the file. Before this completes, the file can be discarded.
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
        // A stream that cannot be aborted has failed already.
        let _ = settled_for_good("abort", writer.abort()).await;
        // A file that existed before is not removed.
        if let (false, Ok(directory)) = (self.keep, directory().await) {
            // The file may have been removed already.
            let _ = settled_for_good("removeEntry", directory.remove(&self.name)).await;
        }
    }
}

/// Hashes the whole blocks of a file that an earlier transfer, or an earlier page, has written. Returns their length in
/// bytes.
async fn whole_blocks(handle: &FileHandle, digests: &mut Vec<Digest>) -> Result<f64> {
    let content = settled_for_good("getFile", handle.content()).await?;
    let source = Source::new(content.unchecked_ref::<ReadableBlob>());
    let whole = source.size / BLOCK_SIZE;
    *digests = source.digests(whole).await?;
    #[expect(clippy::cast_precision_loss, reason = "file sizes are below 2^53")]
    Ok((whole * BLOCK_SIZE) as f64)
}

async fn directory() -> Result<Directory> {
    let storage = storage().ok_or_else(unsupported)?;
    settled_for_good("getDirectory", storage.directory()).await.map(JsCast::unchecked_into)
}

fn unsupported() -> Error {
    let message = "this browser has no writable origin-private file system, or permits it only in secure pages";
    Error::new("getDirectory", ErrorKind::NotSupported, message)
}
