//! Media streams.

use std::{cell::RefCell, fmt, rc::Rc};

use wasm_bindgen::JsCast;

use super::{MediaStreamTrack, TrackKind};
use crate::{
    error::{During, Error, ErrorKind, Result},
    event::EventStream,
    identity::{identity, same_object},
    registry::{Shared, shared},
    sys::global,
};

/// A media stream: a group of tracks, such as the video and the audio of a camera.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#mediastream)
///
/// Clones share one stream, which keeps its tracks alive: see [`MediaStreamTrack`].
#[derive(Clone)]
pub struct MediaStream(Rc<SharedStream>);

struct SharedStream {
    raw: web_sys::MediaStream,
    /// Keeps the tracks alive.
    handles: RefCell<Vec<MediaStreamTrack>>,
}

shared!(SharedStream, raw);

impl MediaStream {
    /// Creates a stream without tracks.
    ///
    /// # Errors
    /// `NotSupported` if the browser has no media streams.
    #[doc(alias = "MediaStream.constructor")]
    pub fn new() -> Result<Self> {
        const OPERATION: &str = "MediaStream";
        if !global::has(OPERATION) {
            let advice = "this browser has no media streams: use a current Chrome, Edge, Firefox or Safari";
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
        }
        web_sys::MediaStream::new().map(Self::from_raw).during(OPERATION)
    }

    /// Creates a stream of these tracks, which it keeps alive.
    ///
    /// # Errors
    /// `NotSupported` if the browser has no media streams.
    pub fn from_tracks(tracks: &[MediaStreamTrack]) -> Result<Self> {
        let stream = Self::new()?;
        for track in tracks {
            stream.add_track(track);
        }
        Ok(stream)
    }

    /// Returns a handle of a stream that belongs to other code. All handles of one stream share one state, and so do
    /// those of its tracks.
    #[must_use]
    pub fn from_raw(raw: web_sys::MediaStream) -> Self {
        if let Some(known) = SharedStream::find(&raw) {
            return Self(known);
        }
        let shared = Rc::new(SharedStream { raw, handles: RefCell::default() });
        shared.register();
        Self(shared)
    }

    /// Takes ownership of tracks that were just captured.
    pub(super) fn from_capture(raw: web_sys::MediaStream) -> Self {
        let stream = Self::from_raw(raw);
        let captured = raw_tracks(&stream.0.raw).map(MediaStreamTrack::captured).collect();
        stream.0.handles.replace(captured);
        stream
    }

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::MediaStream {
        &self.0.raw
    }

    /// Returns the underlying browser object. Dropping the remaining handles no longer stops its tracks.
    #[must_use]
    pub fn into_raw(self) -> web_sys::MediaStream {
        for track in self.0.handles.take() {
            let _ = track.into_raw();
        }
        // Clones the reference. The `clone()` of the web's interface would create another stream with other tracks.
        Clone::clone(&self.0.raw)
    }

    /// Returns the id. It is the same at a remote peer that receives the stream.
    #[doc(alias = "MediaStream.id")]
    #[must_use]
    pub fn id(&self) -> String {
        self.0.raw.id()
    }

    /// Returns whether at least one track is live.
    #[doc(alias = "MediaStream.active")]
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.0.raw.active()
    }

    /// Returns all tracks.
    #[doc(alias = "MediaStream.getTracks")]
    #[must_use]
    pub fn tracks(&self) -> Vec<MediaStreamTrack> {
        raw_tracks(&self.0.raw).map(|raw| self.0.handle(raw)).collect()
    }

    /// Returns the audio tracks.
    #[doc(alias = "MediaStream.getAudioTracks")]
    #[must_use]
    pub fn audio_tracks(&self) -> Vec<MediaStreamTrack> {
        self.tracks_of(&TrackKind::Audio)
    }

    /// Returns the video tracks.
    #[doc(alias = "MediaStream.getVideoTracks")]
    #[must_use]
    pub fn video_tracks(&self) -> Vec<MediaStreamTrack> {
        self.tracks_of(&TrackKind::Video)
    }

    /// Returns the track with this [`id`](MediaStreamTrack::id).
    #[doc(alias = "MediaStream.getTrackById")]
    #[must_use]
    pub fn track_by_id(&self, id: &str) -> Option<MediaStreamTrack> {
        self.0.raw.get_track_by_id(id).map(|raw| self.0.handle(raw))
    }

    /// Adds a track, which the stream keeps alive. It does nothing if the stream contains the track already.
    #[doc(alias = "MediaStream.addTrack")]
    pub fn add_track(&self, track: &MediaStreamTrack) {
        self.0.raw.add_track(track.as_raw());
        let mut handles = self.0.handles.borrow_mut();
        if !handles.contains(track) {
            handles.push(track.clone());
        }
    }

    /// Removes a track. A captured track stops if the stream held its last handle. It does nothing if the stream does
    /// not contain the track.
    #[doc(alias = "MediaStream.removeTrack")]
    pub fn remove_track(&self, track: &MediaStreamTrack) {
        self.0.raw.remove_track(track.as_raw());
        self.0.release(track);
    }

    /// Returns a stream of the tracks that the browser adds, such as those of a remote peer. It does not contain those
    /// that [`add_track`](Self::add_track) adds. It never ends; dropping it removes the listener.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#event-mediastream-addtrack)
    #[doc(alias = "MediaStream.onaddtrack")]
    #[doc(alias = "MediaStreamTrackEvent.track")]
    pub fn added_tracks(&self) -> EventStream<MediaStreamTrack> {
        self.listen("addtrack", |_, _| {})
    }

    /// Returns a stream of the tracks that the browser removes, such as those that a remote peer no longer sends. It
    /// does not contain those that [`remove_track`](Self::remove_track) removes. It never ends; dropping it removes the
    /// listener.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#event-mediastream-removetrack)
    #[doc(alias = "MediaStream.onremovetrack")]
    pub fn removed_tracks(&self) -> EventStream<MediaStreamTrack> {
        self.listen("removetrack", SharedStream::release)
    }

    fn listen(
        &self,
        event: &'static str,
        update: fn(&SharedStream, &MediaStreamTrack),
    ) -> EventStream<MediaStreamTrack> {
        let stream = Rc::downgrade(&self.0);
        EventStream::listen(&self.0.raw, event, move |event| {
            let raw = global::get(&event, "track").dyn_into().ok()?;
            let Some(stream) = stream.upgrade() else { return Some(MediaStreamTrack::from_raw(raw)) };
            let track = stream.handle(raw);
            update(&stream, &track);
            Some(track)
        })
    }

    /// Creates a stream of clones of the tracks. A cloned track stops when its last handle is dropped: see
    /// [`MediaStreamTrack::clone_track`].
    #[doc(alias = "MediaStream.clone")]
    #[must_use]
    pub fn clone_stream(&self) -> Self {
        Self::from_capture(web_sys::MediaStream::clone(&self.0.raw))
    }

    /// Stops all tracks, which releases their devices.
    pub fn stop(&self) {
        for track in self.tracks() {
            track.stop();
        }
    }

    fn tracks_of(&self, kind: &TrackKind) -> Vec<MediaStreamTrack> {
        let mut tracks = self.tracks();
        tracks.retain(|track| track.kind() == *kind);
        tracks
    }
}

impl Drop for SharedStream {
    fn drop(&mut self) {
        self.unregister();
    }
}

impl SharedStream {
    fn handle(&self, raw: web_sys::MediaStreamTrack) -> MediaStreamTrack {
        let handle = MediaStreamTrack::from_raw(raw);
        let mut handles = self.handles.borrow_mut();
        if !handles.contains(&handle) {
            handles.push(handle.clone());
        }
        handle
    }

    /// Drops the handle of a track. The borrow ends before the drop, which may stop the track.
    fn release(&self, track: &MediaStreamTrack) {
        let mut handles = self.handles.borrow_mut();
        let handle = handles.iter().position(|handle| handle == track).map(|index| handles.swap_remove(index));
        drop(handles);
        drop(handle);
    }
}

fn raw_tracks(stream: &web_sys::MediaStream) -> impl Iterator<Item = web_sys::MediaStreamTrack> + use<> {
    // A page may have replaced the method.
    let tracks = global::call(stream, "getTracks").and_then(std::result::Result::ok).unwrap_or_default();
    global::items(&tracks).into_iter().map(JsCast::unchecked_into)
}

impl fmt::Debug for MediaStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaStream").field("id", &self.id()).finish_non_exhaustive()
    }
}

identity!(MediaStream, |this, other| same_object(&this.0.raw, &other.0.raw));
