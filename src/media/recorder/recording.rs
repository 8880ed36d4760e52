//! The chunks of a recording.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    fmt,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, StreamExt, future, stream::FusedStream};
use js_sys::{Array, Object};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use crate::{
    error::{During, Error, Result},
    event::{EventStream, Listener, Queue},
    sys::{self, global},
    wake::CloseSignal,
};

/// A chunk of a recording. The chunks from the first on, joined in order, are a playable file.
/// [Specification](https://www.w3.org/TR/mediastream-recording/#blobevent-section)
#[doc(alias = "BlobEvent")]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Chunk {
    /// The bytes, of which there may be none. The type of the blob is that of the file.
    #[doc(alias = "BlobEvent.data")]
    pub data: Blob,
    /// The start of the chunk, relative to the start of the recorder's first chunk; `None` in Firefox.
    #[doc(alias = "BlobEvent.timecode")]
    pub timecode: Option<Duration>,
}

/// A stream of the chunks of one recording, from [`start`](super::MediaRecorder::start).
///
/// The stream ends after the last chunk once the recorder has stopped, automatically or by
/// [`stop`](super::MediaRecorder::stop). A failure is an item of the stream, followed by the media that was recorded
/// before it and by the end.
///
/// The stream does not keep the recorder alive. When the last handle of the recorder is dropped, the recording stops,
/// and the stream still returns the media up to then. Dropping the stream before its end stops the recording.
#[doc(alias = "MediaRecorder.ondataavailable")]
#[doc(alias = "MediaRecorder.onerror")]
#[must_use = "the recording stops when this is dropped"]
pub struct Recording {
    chunks: EventStream<Result<Chunk>>,
    number: u32,
    started: CloseSignal,
    ended: CloseSignal,
    /// The listeners, which receive the last chunk after the last handle of the recorder is dropped.
    core: Rc<RecorderCore>,
}

impl Recording {
    /// Resolves when the recording has started, which takes up to some tenths of a second, or has ended.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    #[doc(alias = "MediaRecorder.onstart")]
    pub fn started(&self) -> impl Future<Output = ()> + Unpin + use<> {
        let either = future::select(self.started.wait(), self.ended.wait());
        Box::pin(async move {
            either.await;
        })
    }

    /// Returns the whole recording as one playable file, once the recording has stopped. The future waits for that
    /// without a timeout.
    ///
    /// The files of Chromium do not contain their duration: the `duration` of an element that plays such a file is
    /// infinite until the element has read the end.
    ///
    /// ```no_run
    /// # use browser_rtc::{media::{MediaRecorder, MediaStream, RecorderOptions}, Result};
    /// # use futures::{Future, future::join};
    /// # async fn example(camera: &MediaStream, click: impl Future) -> Result<()> {
    /// let recorder = MediaRecorder::new(camera, &RecorderOptions::new())?;
    /// let file = recorder.start()?.into_blob();
    /// let stop = async {
    ///     click.await;
    ///     recorder.stop();
    /// };
    /// let (file, ()) = join(file, stop).await;
    /// println!("{} bytes", file?.size());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The failure that has ended the recording, such as [`InvalidModification`](crate::ErrorKind::InvalidModification)
    /// if a track was added to the stream or removed from it. The media before the failure is only available by reading
    /// the chunks one by one.
    ///
    /// # Cancel safety
    /// This function is not cancel safe: if the future is dropped before it resolves, the recording stops and is lost.
    pub async fn into_blob(mut self) -> Result<Blob> {
        let (parts, mut mime_type) = (Array::new(), String::new());
        while let Some(chunk) = self.next().await {
            let data = chunk?.data;
            if mime_type.is_empty() {
                mime_type = data.type_();
            }
            parts.push(&data);
        }
        let options = Object::new();
        global::set(&options, "type", &mime_type.into());
        Ok(sys::blob::Blob::join(&parts, &options).during("Blob")?.unchecked_into())
    }
}

impl Stream for Recording {
    type Item = Result<Chunk>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Chunk>>> {
        self.chunks.poll_next_unpin(cx)
    }
}

impl FusedStream for Recording {
    fn is_terminated(&self) -> bool {
        self.chunks.is_terminated()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        // A later recording of the same recorder is not stopped.
        if !self.ended.is_set() && self.number == self.core.started.get() {
            self.core.stop_if_owned();
        }
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// The browser's recorder and its listeners.
pub(super) struct RecorderCore {
    _listeners: [Listener; 4],
    pub(super) raw: sys::media_recorder::MediaRecorder,
    pub(super) stop_on_drop: Cell<bool>,
    started: Cell<u32>,
    recordings: Recordings,
}

/// The recordings without a stop event yet, in order. The last chunk of one may arrive after the next has been started.
type Recordings = Rc<RefCell<VecDeque<RecordingSender>>>;

/// The sending end of a recording.
#[derive(Clone)]
struct RecordingSender {
    chunks: Queue<Result<Chunk>>,
    started: CloseSignal,
    ended: CloseSignal,
}

impl RecorderCore {
    pub(super) fn new(raw: sys::media_recorder::MediaRecorder) -> Rc<Self> {
        let recordings = Recordings::default();
        let listen = |event, handler: fn(&Recordings, &JsValue)| {
            let recordings = recordings.clone();
            Listener::new(&raw, event, move |event| handler(&recordings, &event))
        };
        let listeners = [
            listen("start", |recordings, _| {
                let first = recordings.borrow().iter().find(|recording| !recording.started.is_set()).cloned();
                first.map(|recording| recording.started.set());
            }),
            listen("dataavailable", |recordings, event| {
                push(
                    recordings,
                    global::get(event, "data").dyn_into().ok().map(|data| {
                        let timecode = global::get(event, "timecode").as_f64();
                        let timecode = timecode.and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok());
                        Ok(Chunk { data, timecode })
                    }),
                );
            }),
            listen("error", |recordings, event| {
                push(recordings, Some(Err(Error::from_js("MediaRecorder", global::get(event, "error")))));
            }),
            listen("stop", |recordings, _| {
                let ended = recordings.borrow_mut().pop_front();
                ended.map(|recording| recording.ended.set());
            }),
        ];
        let (stop_on_drop, started) = (Cell::new(true), Cell::new(0));
        Rc::new(Self { _listeners: listeners, raw, stop_on_drop, started, recordings })
    }

    /// Adds the recording that has just been started, before its first event.
    pub(super) fn begin(self: &Rc<Self>) -> Recording {
        let number = self.started.get().wrapping_add(1);
        self.started.set(number);
        let (chunks, started, ended) = (Queue::default(), CloseSignal::default(), CloseSignal::default());
        let sender = RecordingSender { chunks: chunks.clone(), started: started.clone(), ended: ended.clone() };
        self.recordings.borrow_mut().push_back(sender);
        Recording { chunks: EventStream::from_queue(chunks, &ended), number, started, ended, core: self.clone() }
    }

    /// Stops the recording, unless the recorder belongs to other code.
    pub(super) fn stop_if_owned(&self) {
        if self.stop_on_drop.get() {
            self.stop();
        }
    }

    pub(super) fn stop(&self) {
        // Old browsers throw if the recorder is inactive.
        let _ = self.raw.stop_recording();
    }
}

/// Adds a chunk to the oldest recording. No borrow is held while its reader is woken.
fn push(recordings: &Recordings, chunk: Option<Result<Chunk>>) {
    let first = recordings.borrow().front().cloned();
    if let (Some(recording), Some(chunk)) = (first, chunk) {
        recording.chunks.push(chunk);
    }
}
