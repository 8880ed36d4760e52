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

/// A chunk of a recording. Only the chunks from the first on, joined in order, are a playable file.
/// [Specification](https://www.w3.org/TR/mediastream-recording/#blobevent-section)
#[doc(alias = "BlobEvent")]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Chunk {
    /// The bytes; there may be none. Its type is that of the file.
    #[doc(alias = "BlobEvent.data")]
    pub data: Blob,
    /// The start of the chunk, relative to that of the recorder's first; `None` in Firefox.
    #[doc(alias = "BlobEvent.timecode")]
    pub timecode: Option<Duration>,
}

/// One recording, from [`start`](super::MediaRecorder::start) to the stop, as its parts come. A failure is followed by
/// the part that was recorded before it, then by the end. The stream ends when the recorder has stopped, by itself or
/// by [`stop`](super::MediaRecorder::stop), and gives all that was recorded first.
///
/// It does not keep the recorder alive: the recording stops with the recorder's last handle, and the media recorded
/// until then is still returned. Dropping it before its end stops the recording.
#[doc(alias = "MediaRecorder.ondataavailable")]
#[doc(alias = "MediaRecorder.onerror")]
#[must_use = "the recording stops when this is dropped"]
pub struct Recording {
    chunks: EventStream<Result<Chunk>>,
    number: u32,
    started: CloseSignal,
    ended: CloseSignal,
    /// The listeners, which receive the last chunk also after the recorder's last handle is dropped.
    session: Rc<Session>,
}

impl Recording {
    /// Resolves when the recording has started, which takes browsers up to some tenths of a second, or when it has
    /// ended. Cancel safe.
    #[doc(alias = "MediaRecorder.onstart")]
    pub fn started(&self) -> impl Future<Output = ()> + Unpin + use<> {
        let either = future::select(self.started.wait(), self.ended.wait());
        Box::pin(async move {
            either.await;
        })
    }

    /// The whole recording, once it has stopped, as one file that plays. Where the future is dropped before, the
    /// recording is stopped and lost.
    ///
    /// A file of Chromium's does not say how long it is: an element that plays it has an infinite `duration` until it
    /// has read the end.
    ///
    /// ```no_run
    /// # use browser_rtc::{media::{MediaRecorder, MediaStream, RecorderOptions}, Result};
    /// # use futures::{Future, future::join};
    /// # async fn example(camera: &MediaStream, click: impl Future) -> Result<()> {
    /// let recorder = MediaRecorder::new(camera, &RecorderOptions::new())?;
    /// let file = recorder.start()?.into_blob();
    /// let until_the_click = async {
    ///     click.await;
    ///     recorder.stop();
    /// };
    /// let (file, ()) = join(file, until_the_click).await;
    /// let _bytes = file?.size();
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The failure that ended the recording, as
    /// [`InvalidModification`](crate::ErrorKind::InvalidModification) where a track was added to the stream or removed
    /// from it. Read the parts one by one to have what was recorded before.
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
        // Another may run by now, which is not ours to stop.
        if !self.ended.is_set() && self.number == self.session.started.get() {
            self.session.let_go();
        }
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// The browser's recorder and its listeners.
pub(super) struct Session {
    _listeners: [Listener; 4],
    pub(super) raw: sys::media_recorder::MediaRecorder,
    pub(super) stop_on_drop: Cell<bool>,
    started: Cell<u32>,
    recordings: Recordings,
}

/// The recordings without a stop event yet, in order: the last chunk of one may come after the next has been started.
type Recordings = Rc<RefCell<VecDeque<Told>>>;

/// The sending end of a recording.
#[derive(Clone)]
struct Told {
    chunks: Queue<Result<Chunk>>,
    started: CloseSignal,
    ended: CloseSignal,
}

impl Session {
    pub(super) fn new(raw: sys::media_recorder::MediaRecorder) -> Rc<Self> {
        let recordings = Recordings::default();
        let listen = |event, tell: fn(&Recordings, &JsValue)| {
            let recordings = recordings.clone();
            Listener::new(&raw, event, move |event| tell(&recordings, &event))
        };
        let listeners = [
            listen("start", |recordings, _| {
                let first = recordings.borrow().iter().find(|recording| !recording.started.is_set()).cloned();
                first.map(|recording| recording.started.set());
            }),
            listen("dataavailable", |recordings, event| {
                give(
                    recordings,
                    global::get(event, "data").dyn_into().ok().map(|data| {
                        let timecode = global::get(event, "timecode").as_f64();
                        let timecode = timecode.and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok());
                        Ok(Chunk { data, timecode })
                    }),
                );
            }),
            listen("error", |recordings, event| {
                give(recordings, Some(Err(Error::from_js("MediaRecorder", global::get(event, "error")))));
            }),
            listen("stop", |recordings, _| {
                let ended = recordings.borrow_mut().pop_front();
                ended.map(|recording| recording.ended.set());
            }),
        ];
        let (stop_on_drop, started) = (Cell::new(true), Cell::new(0));
        Rc::new(Self { _listeners: listeners, raw, stop_on_drop, started, recordings })
    }

    /// The recording that has just been started, of which no event has come yet.
    pub(super) fn begin(self: &Rc<Self>) -> Recording {
        let number = self.started.get().wrapping_add(1);
        self.started.set(number);
        let told = Told { chunks: Queue::default(), started: CloseSignal::default(), ended: CloseSignal::default() };
        self.recordings.borrow_mut().push_back(told.clone());
        let Told { chunks, started, ended } = told;
        Recording { chunks: EventStream::from_queue(chunks, &ended), number, started, ended, session: self.clone() }
    }

    /// Stops the recording, as nothing receives the rest of it.
    pub(super) fn let_go(&self) {
        if self.stop_on_drop.get() {
            self.stop();
        }
    }

    pub(super) fn stop(&self) {
        // Old browsers throw where nothing is recorded; there is nothing to stop then.
        let _ = self.raw.stop_recording();
    }
}

fn give(recordings: &Recordings, chunk: Option<Result<Chunk>>) {
    // No borrow is held while the reader is woken.
    let first = recordings.borrow().front().cloned();
    if let (Some(recording), Some(chunk)) = (first, chunk) {
        recording.chunks.push(chunk);
    }
}
