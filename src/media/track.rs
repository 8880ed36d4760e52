//! Media tracks.

use std::{cell::Cell, fmt, future::Future, rc::Rc};

use browser_rtc_proto::spec_enum;
use futures::StreamExt;

use crate::{
    event::EventStream,
    identity::{identity, same_object},
    registry::{Shared, shared},
    sys::global,
    wake::CloseSignal,
};

spec_enum! {
    /// The kind of a track. [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-kind)
    #[doc(alias = "MediaStreamTrack.kind")]
    TrackKind {
        /// An audio track.
        Audio = "audio",
        /// A video track.
        Video = "video",
    }
}

spec_enum! {
    /// The state of a track.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrackstate)
    #[doc(alias = "MediaStreamTrackState")]
    TrackState {
        /// The track provides media, or silence or black frames while it is muted.
        #[doc(alias = "MediaStreamTrackState.live")]
        Live = "live",
        /// The track has ended and provides no more media.
        #[doc(alias = "MediaStreamTrackState.ended")]
        Ended = "ended",
    }
}

/// A media track: audio or video from a device, a screen or a remote peer.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#mediastreamtrack)
///
/// Clones share one track. When the last handle of a captured track is dropped, the track stops, and its device is
/// released. Handles are held by the program, by the streams that contain the track, by connections that send it, and
/// by elements that show it.
#[derive(Clone)]
pub struct MediaStreamTrack(Rc<SharedTrack>);

struct SharedTrack {
    raw: web_sys::MediaStreamTrack,
    stop_on_drop: Cell<bool>,
    end: CloseSignal,
}

shared!(SharedTrack, raw);

impl MediaStreamTrack {
    /// Returns a handle of a track that belongs to other code. Dropping the handle neither stops the track nor ends its
    /// event streams.
    ///
    /// All handles of one track share one state: if the program has captured the track with this crate, the track stops
    /// when the last handle of either kind is dropped.
    #[must_use]
    pub fn from_raw(raw: web_sys::MediaStreamTrack) -> Self {
        if let Some(known) = SharedTrack::find(&raw) {
            return Self(known);
        }
        let inner = Rc::new(SharedTrack { raw, stop_on_drop: Cell::default(), end: CloseSignal::default() });
        inner.register();
        Self(inner)
    }

    pub(super) fn captured(raw: web_sys::MediaStreamTrack) -> Self {
        let track = Self::from_raw(raw);
        track.0.stop_on_drop.set(true);
        track
    }

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::MediaStreamTrack {
        &self.0.raw
    }

    /// Returns the underlying browser object. Dropping the remaining handles no longer stops the track.
    #[must_use]
    pub fn into_raw(self) -> web_sys::MediaStreamTrack {
        self.0.stop_on_drop.set(false);
        // Clones the reference. The `clone()` of the web's interface would create another track.
        Clone::clone(&self.0.raw)
    }

    /// Returns the id, which is unique and never changes.
    #[doc(alias = "MediaStreamTrack.id")]
    #[must_use]
    pub fn id(&self) -> String {
        self.0.raw.id()
    }

    /// Returns the kind of media.
    #[must_use]
    pub fn kind(&self) -> TrackKind {
        TrackKind::from(&*global::get_text(&self.0.raw, "kind").unwrap_or_default())
    }

    /// Returns the label of the device, which may be empty.
    #[doc(alias = "MediaStreamTrack.label")]
    #[must_use]
    pub fn label(&self) -> String {
        self.0.raw.label()
    }

    /// Returns whether the program has the track provide its media, rather than silence or black frames.
    #[doc(alias = "MediaStreamTrack.enabled")]
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.0.raw.enabled()
    }

    /// Sets whether the track provides its media. With false, it provides silence or black frames, and the device stays
    /// open.
    pub fn set_enabled(&self, enabled: bool) {
        self.0.raw.set_enabled(enabled);
    }

    /// Returns whether the source provides no media at present, because of the user, the system or the remote peer.
    #[doc(alias = "MediaStreamTrack.muted")]
    #[must_use]
    pub fn muted(&self) -> bool {
        self.0.raw.muted()
    }

    /// Returns a stream of the value of [`muted`](Self::muted): the current one, then each change. It ends when the
    /// track ends.
    #[doc(alias = "MediaStreamTrack.onmute")]
    #[doc(alias = "MediaStreamTrack.onunmute")]
    pub fn mute_changes(&self) -> EventStream<bool> {
        let raw = Clone::clone(&self.0.raw);
        let muted = move || web_sys::MediaStreamTrack::muted(&raw);
        let changes = EventStream::from_states(&self.0.end, &self.0.raw, &["mute", "unmute"], muted);
        self.until_ended(changes)
    }

    /// Returns the state of the track.
    #[doc(alias = "MediaStreamTrack.readyState")]
    #[must_use]
    pub fn state(&self) -> TrackState {
        TrackState::from(&*global::get(&self.0.raw, "readyState").as_string().unwrap_or_default())
    }

    /// Returns whether the track has ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.state() == TrackState::Ended
    }

    /// Resolves when the track ends, or immediately if it has already ended. A track ends when its device is unplugged,
    /// the user stops sharing or revokes the permission, the connection of a remote track closes, or a handle is
    /// [stopped](Self::stop).
    ///
    /// The future waits without a timeout while the track is live. It does not detect a `stop()` of the raw track by
    /// other code, for which browsers fire no event.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    #[doc(alias = "MediaStreamTrack.onended")]
    pub fn ended(&self) -> impl Future<Output = ()> + Unpin + use<> {
        let mut end = self.until_ended(EventStream::<()>::new(&self.0.end));
        Box::pin(async move {
            let _ = end.next().await;
        })
    }

    /// Creates another track of the same source, with its own constraints, state and [`enabled`](Self::enabled). It
    /// stops when its last handle is dropped. The device is released when all tracks of the source have stopped.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-clone)
    #[doc(alias = "MediaStreamTrack.clone")]
    #[must_use]
    pub fn clone_track(&self) -> Self {
        Self::captured(web_sys::MediaStreamTrack::clone(&self.0.raw))
    }

    /// Returns the close signal of the track, after setting it if the track has ended.
    pub(super) fn end(&self) -> &CloseSignal {
        if self.is_ended() {
            self.0.end.set();
        }
        &self.0.end
    }

    /// Makes a stream of events end with the track, whether the browser or this crate ends the track.
    fn until_ended<T: 'static>(&self, events: EventStream<T>) -> EventStream<T> {
        let end = self.end().clone();
        events.on(&self.0.raw, "ended", move |_| {
            end.set();
            None
        })
    }

    /// Stops the track, for all its handles. The device is released when all of its tracks have stopped.
    #[doc(alias = "MediaStreamTrack.stop")]
    pub fn stop(&self) {
        self.0.raw.stop();
        self.0.end.set();
    }
}

impl Drop for SharedTrack {
    fn drop(&mut self) {
        // A track that belongs to other code continues, and so do its event streams.
        if self.stop_on_drop.get() {
            self.raw.stop();
            self.end.set();
        }
        self.unregister();
    }
}

impl fmt::Debug for MediaStreamTrack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaStreamTrack").field("kind", &self.kind()).field("id", &self.id()).finish_non_exhaustive()
    }
}

identity!(MediaStreamTrack, |this, other| same_object(&this.0.raw, &other.0.raw));
