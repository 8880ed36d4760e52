//! Recording of streams to files.

mod options;
mod recording;

use std::{fmt, rc::Rc, time::Duration};

use browser_rtc_proto::spec_enum;
use wasm_bindgen::JsCast;

use self::recording::RecorderCore;
pub use self::{
    options::{BitrateMode, KeyFrames, RecorderOptions},
    recording::{Chunk, Recording},
};
use super::MediaStream;
use crate::{
    error::{During, Error, ErrorKind, Result},
    event::EventStream,
    identity::{identity, same_object},
    sys::{self, global},
    wake::CloseSignal,
};

spec_enum! {
    /// The state of a recorder. [Specification](https://www.w3.org/TR/mediastream-recording/#recordingstate)
    RecordingState {
        /// The recorder has not been started, or has stopped.
        #[doc(alias = "RecordingState.inactive")]
        Inactive = "inactive",
        /// The recorder records.
        #[doc(alias = "RecordingState.recording")]
        Recording = "recording",
        /// The recorder is paused, and does not record the media of this time.
        #[doc(alias = "RecordingState.paused")]
        Paused = "paused",
    }
}

/// A recorder of a stream to a file, such as WebM or MP4.
/// [Specification](https://www.w3.org/TR/mediastream-recording/#mediarecorder-api)
///
/// Clones share one recorder, which keeps the tracks of the stream alive. It stops when the last clone is dropped.
///
/// ```no_run
/// # use browser_rtc::{media::{MediaRecorder, MediaStream, RecorderOptions}, Result};
/// # use futures::StreamExt;
/// # use std::time::Duration;
/// # async fn example(camera: &MediaStream, upload: impl Fn(web_sys::Blob)) -> Result<()> {
/// let options = RecorderOptions::new().mime_type("video/mp4").mime_type("video/webm");
/// let recorder = MediaRecorder::new(camera, &options)?;
/// let mut recording = recorder.start_in_slices(Duration::from_secs(1))?;
/// while let Some(chunk) = recording.next().await {
///     upload(chunk?.data);
/// } // ends after `recorder.stop()`, or when all tracks of the camera have ended
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MediaRecorder(Rc<SharedRecorder>);

struct SharedRecorder {
    core: Rc<RecorderCore>,
    stream: MediaStream,
    end: CloseSignal,
}

impl MediaRecorder {
    /// Creates a recorder of a stream. [`start`](Self::start) starts the recording.
    /// [Specification](https://www.w3.org/TR/mediastream-recording/#dom-mediarecorder-mediarecorder)
    ///
    /// # Errors
    /// - `NotSupported` if the browser supports none of the requested file types, or has no recorder.
    /// - `Type` for an unknown bit rate mode. Firefox ignores the mode.
    #[doc(alias = "MediaRecorder.constructor")]
    pub fn new(stream: &MediaStream, options: &RecorderOptions) -> Result<Self> {
        const OPERATION: &str = "MediaRecorder";
        if !global::has("MediaRecorder") {
            let advice = "this browser cannot record: use a current Chrome, Edge, Firefox or Safari";
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
        }
        let raw = sys::media_recorder::MediaRecorder::new(stream.as_raw(), &options.to_js()).during(OPERATION)?;
        Ok(Self::wrap(raw, stream.clone(), true))
    }

    /// Returns a handle of a recorder that belongs to other code. Dropping the handle does not stop a recording. The
    /// handle does not return the chunks of a recording that is already in progress.
    #[must_use]
    pub fn from_raw(raw: web_sys::MediaRecorder) -> Self {
        let stream = MediaStream::from_raw(raw.stream());
        let recorder = Self::wrap(raw.unchecked_into(), stream, false);
        if recorder.state() != RecordingState::Inactive {
            // Separates the chunks of the recording in progress from those of the next.
            drop(recorder.0.core.begin());
        }
        recorder
    }

    fn wrap(raw: sys::media_recorder::MediaRecorder, stream: MediaStream, stop_on_drop: bool) -> Self {
        let core = RecorderCore::new(raw);
        core.stop_on_drop.set(stop_on_drop);
        Self(Rc::new(SharedRecorder { core, stream, end: CloseSignal::default() }))
    }

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::MediaRecorder {
        self.raw()
    }

    /// Returns the underlying browser object. Dropping the remaining handles no longer stops the recorder or the tracks
    /// of its stream.
    #[must_use]
    pub fn into_raw(self) -> web_sys::MediaRecorder {
        self.0.core.stop_on_drop.set(false);
        let _ = self.0.stream.clone().into_raw();
        self.raw().clone().unchecked_into()
    }

    fn raw(&self) -> &sys::media_recorder::MediaRecorder {
        &self.0.core.raw
    }

    /// Returns whether this browser can record to a file type, such as `video/webm;codecs=vp9,opus`; false if it has no
    /// recorder.
    /// [Specification](https://www.w3.org/TR/mediastream-recording/#dom-mediarecorder-istypesupported)
    #[doc(alias = "MediaRecorder.isTypeSupported")]
    #[must_use]
    pub fn is_type_supported(mime_type: &str) -> bool {
        global::has("MediaRecorder")
            && sys::media_recorder::MediaRecorder::is_supported(mime_type).is_ok_and(|supported| supported)
    }

    /// Returns the stream that is recorded.
    #[doc(alias = "MediaRecorder.stream")]
    #[must_use]
    pub fn stream(&self) -> &MediaStream {
        &self.0.stream
    }

    /// Returns the file type: the requested one, or else the browser's choice, which is empty until the recorder
    /// records, and always empty in Firefox. The blob of a [`Chunk`] always has the type.
    #[doc(alias = "MediaRecorder.mimeType")]
    #[must_use]
    pub fn mime_type(&self) -> String {
        self.raw().mime_type_name()
    }

    /// Returns the current state.
    #[doc(alias = "MediaRecorder.state")]
    #[must_use]
    pub fn state(&self) -> RecordingState {
        RecordingState::from(&*self.raw().state_name())
    }

    /// Returns a stream of the state: the current one, then each change. A state that has changed again before its
    /// event is fired is omitted.
    #[doc(alias = "MediaRecorder.onpause")]
    #[doc(alias = "MediaRecorder.onresume")]
    #[doc(alias = "MediaRecorder.onstop")]
    pub fn states(&self) -> EventStream<RecordingState> {
        let raw = self.raw().clone();
        let state = move || RecordingState::from(&*raw.state_name());
        EventStream::from_states(&self.0.end, self.raw(), &["start", "pause", "resume", "error", "stop"], state)
    }

    /// Returns the bit rate of video, in bits per second: the requested one, or else the browser's choice.
    #[doc(alias = "MediaRecorder.videoBitsPerSecond")]
    #[must_use]
    pub fn video_bits_per_second(&self) -> u32 {
        self.raw().video_bit_rate()
    }

    /// Returns the bit rate of audio, in bits per second: the requested one, or else the browser's choice.
    #[doc(alias = "MediaRecorder.audioBitsPerSecond")]
    #[must_use]
    pub fn audio_bits_per_second(&self) -> u32 {
        self.raw().audio_bit_rate()
    }

    /// Returns whether the bit rate of audio is constant; `None` in Firefox.
    #[doc(alias = "MediaRecorder.audioBitrateMode")]
    #[must_use]
    pub fn audio_bitrate_mode(&self) -> Option<BitrateMode> {
        self.raw().audio_bitrate_mode().map(|mode| BitrateMode::from(&*mode))
    }

    /// Starts a recording, which lasts until [`stop`](Self::stop) or until all tracks have ended. The [`Recording`]
    /// returns one chunk at the end, and those that [`request_data`](Self::request_data) requests. A stopped recorder
    /// can be started again.
    /// [Specification](https://www.w3.org/TR/mediastream-recording/#dom-mediarecorder-start)
    ///
    /// # Errors
    /// - `InvalidState` if the recorder is already recording or paused.
    /// - `NotSupported` if the stream has no live track, or a track that the file type does not support.
    /// - `Security` if the page may not read a track, such as one that is isolated for a peer identity. Chromium has no
    ///   isolated tracks.
    #[doc(alias = "MediaRecorder.start")]
    pub fn start(&self) -> Result<Recording> {
        self.start_by(sys::media_recorder::MediaRecorder::start_whole)
    }

    /// Starts a recording like [`start`](Self::start), whose [`Recording`] returns chunks of about `length`, in whole
    /// milliseconds. Browsers have a minimum length.
    ///
    /// # Errors
    /// The same errors as [`start`](Self::start).
    pub fn start_in_slices(&self, length: Duration) -> Result<Recording> {
        self.start_by(|raw| raw.start_sliced(milliseconds(length)))
    }

    fn start_by(
        &self,
        start: impl FnOnce(&sys::media_recorder::MediaRecorder) -> std::result::Result<(), wasm_bindgen::JsValue>,
    ) -> Result<Recording> {
        const OPERATION: &str = "MediaRecorder.start";
        // Chromium starts in this case too, and stops immediately.
        if self.state() == RecordingState::Inactive && !self.0.stream.is_active() {
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, "the stream has no live track"));
        }
        start(self.raw()).during(OPERATION)?;
        Ok(self.0.core.begin())
    }

    /// Pauses the recording. It does nothing if the recorder is paused already.
    ///
    /// # Errors
    /// `InvalidState` if the recorder is inactive.
    #[doc(alias = "MediaRecorder.pause")]
    pub fn pause(&self) -> Result<()> {
        self.raw().pause_recording().during("MediaRecorder.pause")
    }

    /// Resumes the recording after [`pause`](Self::pause). It does nothing if the recorder is not paused.
    ///
    /// # Errors
    /// `InvalidState` if the recorder is inactive.
    #[doc(alias = "MediaRecorder.resume")]
    pub fn resume(&self) -> Result<()> {
        self.raw().resume_recording().during("MediaRecorder.resume")
    }

    /// Makes the [`Recording`] return a chunk of the media since the last chunk, also while the recorder is paused.
    ///
    /// # Errors
    /// `InvalidState` if the recorder is inactive.
    #[doc(alias = "MediaRecorder.requestData")]
    pub fn request_data(&self) -> Result<()> {
        self.raw().request_data().during("MediaRecorder.requestData")
    }

    /// Stops the recording. The [`Recording`] returns the remaining media and ends. It does nothing if the recorder is
    /// inactive.
    #[doc(alias = "MediaRecorder.stop")]
    pub fn stop(&self) {
        self.0.core.stop();
    }
}

impl Drop for SharedRecorder {
    /// Stops before the stream and its tracks are dropped, so that their media up to now is recorded.
    fn drop(&mut self) {
        self.core.stop_if_owned();
        self.end.set();
    }
}

impl fmt::Debug for MediaRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaRecorder").field("state", &self.state()).finish_non_exhaustive()
    }
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

identity!(MediaRecorder, |this, other| same_object(this.as_raw(), other.as_raw()));
