//! Recording of streams to files.

mod options;
mod recording;

use std::{fmt, rc::Rc, time::Duration};

use browser_rtc_proto::spec_enum;
use wasm_bindgen::JsCast;

use self::recording::Session;
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

/// Records a stream to a file, such as WebM or MP4.
/// [Specification](https://www.w3.org/TR/mediastream-recording/#mediarecorder-api)
///
/// Clones share one recorder. It keeps the stream's tracks alive; when its last handle goes, it stops.
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
/// } // ends after `recorder.stop()`, or when the camera's tracks have ended
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MediaRecorder(Rc<SharedRecorder>);

struct SharedRecorder {
    session: Rc<Session>,
    stream: MediaStream,
    end: CloseSignal,
}

impl MediaRecorder {
    /// Creates a recorder of this stream, which does not record yet.
    /// [Specification](https://www.w3.org/TR/mediastream-recording/#dom-mediarecorder-mediarecorder)
    ///
    /// # Errors
    /// `NotSupported` where the browser can write none of the wished kinds of file, or has no recorder; `Type` for a
    /// bit rate mode that it does not know (Firefox knows of none and takes any).
    #[doc(alias = "MediaRecorder.constructor")]
    pub fn new(stream: &MediaStream, options: &RecorderOptions) -> Result<Self> {
        const OPERATION: &str = "MediaRecorder";
        if !global::has("MediaRecorder") {
            let advice = "this browser cannot record: use a current Chrome, Edge, Firefox or Safari";
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
        }
        let raw = sys::media_recorder::MediaRecorder::new(stream.as_raw(), &options.to_js()).during(OPERATION)?;
        Ok(Self::with(raw, stream.clone(), true))
    }

    /// A handle of a recorder that something else looks after: dropping it stops no recording. What is recorded
    /// already is not seen through it.
    #[must_use]
    pub fn from_raw(raw: web_sys::MediaRecorder) -> Self {
        let stream = MediaStream::from_raw(raw.stream());
        let recorder = Self::with(raw.unchecked_into(), stream, false);
        if recorder.state() != RecordingState::Inactive {
            // Its parts are not those of the next.
            drop(recorder.0.session.begin());
        }
        recorder
    }

    fn with(raw: sys::media_recorder::MediaRecorder, stream: MediaStream, stop_on_drop: bool) -> Self {
        let session = Session::new(raw);
        session.stop_on_drop.set(stop_on_drop);
        Self(Rc::new(SharedRecorder { session, stream, end: CloseSignal::default() }))
    }

    /// The browser's own object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::MediaRecorder {
        self.raw()
    }

    /// Returns the browser's own object. No drop stops it or the tracks of its stream any more.
    #[must_use]
    pub fn into_raw(self) -> web_sys::MediaRecorder {
        self.0.session.stop_on_drop.set(false);
        // Its tracks stay live.
        let _ = self.0.stream.clone().into_raw();
        self.raw().clone().unchecked_into()
    }

    fn raw(&self) -> &sys::media_recorder::MediaRecorder {
        &self.0.session.raw
    }

    /// Returns whether this browser can write this file type, such as `video/webm;codecs=vp9,opus`; false where it has
    /// no recorder.
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

    /// Returns the file type: the requested one, or else the browser's choice, which is empty until it records, and in
    /// Firefox after that as well. [`Chunk::data`] always has it.
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

    /// Returns a stream of the state: the current one, then each change. A state that has passed by the time of its
    /// event is left out.
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

    /// Records until [`stop`](Self::stop), or until all tracks have ended, and emits everything at the end, except for
    /// what [`request_data`](Self::request_data) requests. A recorder that has stopped can be started again.
    /// [Specification](https://www.w3.org/TR/mediastream-recording/#dom-mediarecorder-start)
    ///
    /// # Errors
    /// - `InvalidState`: it has been started, and not stopped.
    /// - `NotSupported`: the stream has no live track, or one that this kind of file cannot hold.
    /// - `Security`: the page may not read a track, such as one that is for a peer's identity alone. Chromium knows
    ///   of no such tracks.
    #[doc(alias = "MediaRecorder.start")]
    pub fn start(&self) -> Result<Recording> {
        self.start_by(sys::media_recorder::MediaRecorder::start_whole)
    }

    /// Records in the same way, and emits chunks of about this length, in whole milliseconds. Browsers have a least
    /// length of their own.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_in_slices(&self, length: Duration) -> Result<Recording> {
        self.start_by(|raw| raw.start_sliced(milliseconds(length)))
    }

    fn start_by(
        &self,
        start: impl FnOnce(&sys::media_recorder::MediaRecorder) -> std::result::Result<(), wasm_bindgen::JsValue>,
    ) -> Result<Recording> {
        const OPERATION: &str = "MediaRecorder.start";
        // Chromium begins all the same, and stops at once.
        if self.state() == RecordingState::Inactive && !self.0.stream.is_active() {
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, "the stream has no live track"));
        }
        start(self.raw()).during(OPERATION)?;
        Ok(self.0.session.begin())
    }

    /// Pauses the recording. It does nothing if the recorder is paused already.
    ///
    /// # Errors
    /// `InvalidState` where nothing is recorded.
    #[doc(alias = "MediaRecorder.pause")]
    pub fn pause(&self) -> Result<()> {
        self.raw().pause_recording().during("MediaRecorder.pause")
    }

    /// Resumes the recording after [`pause`](Self::pause). It does nothing if the recorder is not paused.
    ///
    /// # Errors
    /// `InvalidState` where nothing is recorded.
    #[doc(alias = "MediaRecorder.resume")]
    pub fn resume(&self) -> Result<()> {
        self.raw().resume_recording().during("MediaRecorder.resume")
    }

    /// Makes the [`Recording`] emit the media recorded since its last chunk, also while paused.
    ///
    /// # Errors
    /// `InvalidState` where nothing is recorded.
    #[doc(alias = "MediaRecorder.requestData")]
    pub fn request_data(&self) -> Result<()> {
        self.raw().ask_for_data().during("MediaRecorder.requestData")
    }

    /// Stops the recording; the [`Recording`] emits the rest of it, then ends. It does nothing if nothing is recorded.
    #[doc(alias = "MediaRecorder.stop")]
    pub fn stop(&self) {
        self.0.session.stop();
    }
}

impl Drop for SharedRecorder {
    /// Stops before the stream and its tracks are dropped, so that their media until now is kept.
    fn drop(&mut self) {
        self.session.let_go();
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
