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
        /// The track provides media, or silence and black frames while it is muted.
        #[doc(alias = "MediaStreamTrackState.live")]
        Live = "live",
        /// The track has ended, and provides no media any more.
        #[doc(alias = "MediaStreamTrackState.ended")]
        Ended = "ended",
    }
}

/// A picture or a sound, from a device or from a peer.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#mediastreamtrack)
///
/// Clones share one track. When the last handle of a captured track goes, the track stops and the device's light
/// goes out: handles are held by the program, by the stream it was captured in, by a connection that sends it and
/// by an element that shows it.
#[derive(Clone)]
pub struct MediaStreamTrack(Rc<SharedTrack>);

struct SharedTrack {
    raw: web_sys::MediaStreamTrack,
    stop_on_drop: Cell<bool>,
    end: CloseSignal,
}

shared!(SharedTrack, raw);

impl MediaStreamTrack {
    /// Returns a handle of a track that something else looks after: dropping it neither stops the track nor ends what
    /// watches it.
    ///
    /// All handles of one track share one state: where the program has captured the track, this is one more of the
    /// handles whose last one stops it.
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

    /// The browser's own object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::MediaStreamTrack {
        &self.0.raw
    }

    /// The browser's own object, no longer stopped by any drop.
    #[must_use]
    pub fn into_raw(self) -> web_sys::MediaStreamTrack {
        self.0.stop_on_drop.set(false);
        // The object itself: its own `clone()` would make another track.
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

    /// Returns the label of the device; it may be empty.
    #[doc(alias = "MediaStreamTrack.label")]
    #[must_use]
    pub fn label(&self) -> String {
        self.0.raw.label()
    }

    /// Returns whether the track carries its media, rather than silence or black frames.
    #[doc(alias = "MediaStreamTrack.enabled")]
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.0.raw.enabled()
    }

    /// Sets whether the track carries its media. With `false`, silence or black frames are sent, and the device stays
    /// open.
    pub fn set_enabled(&self, enabled: bool) {
        self.0.raw.set_enabled(enabled);
    }

    /// Returns whether the source currently provides no media, which the user or the remote peer decides.
    #[doc(alias = "MediaStreamTrack.muted")]
    #[must_use]
    pub fn muted(&self) -> bool {
        self.0.raw.muted()
    }

    /// Returns a stream of whether the source provides no media: the current value, then each change.
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

    /// Resolves when the track ends: unplugged, no longer shared, forbidden, removed by the peer's close, or by
    /// [`stop`](Self::stop) of any handle, for which the browser itself fires no event. If the track has ended already,
    /// it resolves at once. Cancel safe.
    ///
    /// It waits as long as the track is live, and does not notice a `stop()` of the raw track by other code.
    #[doc(alias = "MediaStreamTrack.onended")]
    pub fn ended(&self) -> impl Future<Output = ()> + Unpin + use<> {
        let mut nothing = self.until_ended(EventStream::<()>::new(&self.0.end));
        Box::pin(async move {
            let _ = nothing.next().await;
        })
    }

    /// Returns another track of the same source, with constraints, an end and an `enabled` of its own. It stops when
    /// its last handle is dropped; the device is released when all such tracks have stopped.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-clone)
    #[doc(alias = "MediaStreamTrack.clone")]
    #[must_use]
    pub fn clone_track(&self) -> Self {
        Self::captured(web_sys::MediaStreamTrack::clone(&self.0.raw))
    }

    /// Returns the close signal of the track, which is set if the browser reports the end, also without a listener.
    pub(super) fn end(&self) -> &CloseSignal {
        if self.is_ended() {
            self.0.end.set();
        }
        &self.0.end
    }

    /// Makes a stream of events end with the track, whether the browser or this crate ends it.
    fn until_ended<T: 'static>(&self, events: EventStream<T>) -> EventStream<T> {
        let end = self.end().clone();
        events.on(&self.0.raw, "ended", move |_| {
            end.set();
            None
        })
    }

    /// Ends the track. When all tracks of a device have ended, the device is released and its light turns off.
    #[doc(alias = "MediaStreamTrack.stop")]
    pub fn stop(&self) {
        self.0.raw.stop();
        self.0.end.set();
    }
}

impl Drop for SharedTrack {
    fn drop(&mut self) {
        // A track that something else looks after runs on, and so do the streams that watch it.
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
