//! Tracks that belong together.

use std::{cell::RefCell, fmt, rc::Rc};

use wasm_bindgen::JsCast;

use super::{MediaStreamTrack, TrackKind};

/// Tracks that belong together, such as a camera's picture and its sound.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#mediastream)
///
/// Clones share one stream. A captured stream keeps its tracks alive; see [`MediaStreamTrack`].
#[derive(Clone)]
pub struct MediaStream(Rc<Inner>);

struct Inner {
    raw: web_sys::MediaStream,
    /// One handle a track, so that all see the same track end.
    handles: RefCell<Vec<MediaStreamTrack>>,
}

impl MediaStream {
    /// A handle of a stream that something else looks after, such as one that a peer sends.
    #[must_use]
    pub fn from_raw(raw: web_sys::MediaStream) -> Self {
        Self(Rc::new(Inner { raw, handles: RefCell::default() }))
    }

    /// The same, with the handles that others have of its tracks, of those that may be its own.
    pub(crate) fn with_tracks(raw: web_sys::MediaStream, handles: &[MediaStreamTrack]) -> Self {
        let tracks = js_sys::Array::from(&raw.get_tracks());
        let own = handles.iter().filter(|handle| tracks.includes(handle.as_raw(), 0)).cloned().collect();
        Self(Rc::new(Inner { raw, handles: RefCell::new(own) }))
    }

    /// Takes over tracks that were just opened.
    pub(super) fn from_capture(raw: web_sys::MediaStream) -> Self {
        let handles = raw_tracks(&raw).map(MediaStreamTrack::captured).collect();
        Self(Rc::new(Inner { raw, handles: RefCell::new(handles) }))
    }

    /// The browser's own object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::MediaStream {
        &self.0.raw
    }

    /// The browser's own object, its tracks no longer stopped by any drop.
    #[must_use]
    pub fn into_raw(self) -> web_sys::MediaStream {
        for track in self.0.handles.take() {
            let _kept_running = track.into_raw();
        }
        // The object itself: its own `clone()` would make another stream, with other tracks.
        Clone::clone(&self.0.raw)
    }

    /// An identifier that peers see as well.
    #[doc(alias = "MediaStream.id")]
    #[must_use]
    pub fn id(&self) -> String {
        self.0.raw.id()
    }

    /// Whether a track of it has not ended.
    #[doc(alias = "MediaStream.active")]
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.0.raw.active()
    }

    /// All tracks.
    #[doc(alias = "MediaStream.getTracks")]
    #[must_use]
    pub fn tracks(&self) -> Vec<MediaStreamTrack> {
        raw_tracks(&self.0.raw).map(|raw| self.handle(raw)).collect()
    }

    /// The tracks of sound.
    #[doc(alias = "MediaStream.getAudioTracks")]
    #[must_use]
    pub fn audio_tracks(&self) -> Vec<MediaStreamTrack> {
        self.tracks_of(&TrackKind::Audio)
    }

    /// The tracks of picture.
    #[doc(alias = "MediaStream.getVideoTracks")]
    #[must_use]
    pub fn video_tracks(&self) -> Vec<MediaStreamTrack> {
        self.tracks_of(&TrackKind::Video)
    }

    /// Ends all tracks: the camera's light goes out.
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

    fn handle(&self, raw: web_sys::MediaStreamTrack) -> MediaStreamTrack {
        let handle = MediaStreamTrack::from_raw(raw);
        let mut handles = self.0.handles.borrow_mut();
        if let Some(known) = handles.iter().find(|known| **known == handle) {
            return known.clone();
        }
        handles.push(handle.clone());
        handle
    }
}

fn raw_tracks(stream: &web_sys::MediaStream) -> impl Iterator<Item = web_sys::MediaStreamTrack> + use<> {
    js_sys::Array::from(&stream.get_tracks()).to_vec().into_iter().map(wasm_bindgen::JsValue::unchecked_into)
}

impl fmt::Debug for MediaStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaStream").field("id", &self.id()).finish_non_exhaustive()
    }
}
