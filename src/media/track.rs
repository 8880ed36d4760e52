//! One camera's picture or one microphone's sound.

use std::{cell::Cell, fmt, future::Future, rc::Rc};

use futures::StreamExt;
use wasm_bindgen::JsCast;

use super::{
    ContentHint, TrackCapabilities, TrackConstraints, TrackSettings,
    js::{ToJs, read},
};
use crate::{
    error::{During, Error, ErrorKind, Result},
    event::EventStream,
    promise::settled,
    spec_enum::spec_enum,
    sys::{self, global},
    wake::End,
};

spec_enum! {
    /// Picture or sound. [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-kind)
    #[doc(alias = "MediaStreamTrack.kind")]
    TrackKind {
        /// Sound.
        Audio = "audio",
        /// Picture.
        Video = "video",
    }
}

spec_enum! {
    /// Whether a track can still give media.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrackstate)
    #[doc(alias = "MediaStreamTrackState")]
    TrackState {
        /// It gives media, or silence and black while it is muted.
        #[doc(alias = "MediaStreamTrackState.live")]
        Live = "live",
        /// It has ended for good.
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
pub struct MediaStreamTrack(Rc<Inner>);

struct Inner {
    raw: web_sys::MediaStreamTrack,
    stop_on_drop: Cell<bool>,
    end: End,
}

impl MediaStreamTrack {
    /// A handle of a track that something else looks after: dropping it neither stops the track nor ends what watches
    /// it.
    #[must_use]
    pub fn from_raw(raw: web_sys::MediaStreamTrack) -> Self {
        Self::new(raw, false)
    }

    pub(super) fn captured(raw: web_sys::MediaStreamTrack) -> Self {
        Self::new(raw, true)
    }

    fn new(raw: web_sys::MediaStreamTrack, stop_on_drop: bool) -> Self {
        Self(Rc::new(Inner { raw, stop_on_drop: Cell::new(stop_on_drop), end: End::default() }))
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

    /// An identifier that is unique and stays.
    #[doc(alias = "MediaStreamTrack.id")]
    #[must_use]
    pub fn id(&self) -> String {
        self.0.raw.id()
    }

    /// Picture or sound.
    #[must_use]
    pub fn kind(&self) -> TrackKind {
        TrackKind::from(&*self.0.raw.kind())
    }

    /// The device's name for people; may be empty.
    #[doc(alias = "MediaStreamTrack.label")]
    #[must_use]
    pub fn label(&self) -> String {
        self.0.raw.label()
    }

    /// Whether the track carries its media, rather than silence or black.
    #[doc(alias = "MediaStreamTrack.enabled")]
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.0.raw.enabled()
    }

    /// Mutes with `false`: silence or black is sent, and the device stays open.
    pub fn set_enabled(&self, enabled: bool) {
        self.0.raw.set_enabled(enabled);
    }

    /// Whether the source gives no media for the moment, which the user or the peer decides.
    #[doc(alias = "MediaStreamTrack.muted")]
    #[must_use]
    pub fn muted(&self) -> bool {
        self.0.raw.muted()
    }

    /// Whether the track is muted by its source: now, then each change.
    #[doc(alias = "MediaStreamTrack.onmute")]
    #[doc(alias = "MediaStreamTrack.onunmute")]
    pub fn mute_changes(&self) -> EventStream<bool> {
        let raw = Clone::clone(&self.0.raw);
        let muted = move || web_sys::MediaStreamTrack::muted(&raw);
        let changes = EventStream::of_states(&self.0.end, &self.0.raw, &["mute", "unmute"], muted);
        self.until_ended(changes)
    }

    /// Whether the track can still give media.
    #[doc(alias = "MediaStreamTrack.readyState")]
    #[must_use]
    pub fn state(&self) -> TrackState {
        TrackState::from(&*global::get(&self.0.raw, "readyState").as_string().unwrap_or_default())
    }

    /// Whether the track has ended for good.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.state() == TrackState::Ended
    }

    /// Resolves when the track ends: unplugged, no longer shared, forbidden, removed by the peer's close, or by
    /// [`stop`](Self::stop), for which the browser itself fires no event. At once where it has ended already.
    /// Cancel safe.
    #[doc(alias = "MediaStreamTrack.onended")]
    pub fn ended(&self) -> impl Future<Output = ()> + Unpin + use<> {
        let mut nothing = self.until_ended(EventStream::<()>::new(&self.0.end));
        Box::pin(async move {
            let _end = nothing.next().await;
        })
    }

    /// Has a stream end with the track, be it that the browser ends it or that we do.
    fn until_ended<T: 'static>(&self, events: EventStream<T>) -> EventStream<T> {
        if self.is_ended() {
            self.0.end.come();
        }
        let end = self.0.end.clone();
        events.on(&self.0.raw, "ended", move |_| {
            end.come();
            None
        })
    }

    /// Ends the track; when all tracks of a device have ended, the device is free and its light goes out.
    #[doc(alias = "MediaStreamTrack.stop")]
    pub fn stop(&self) {
        self.0.raw.stop();
        self.0.end.come();
    }
}

/// Settings, constraints and hints.
impl MediaStreamTrack {
    /// What the track is set to now.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-getsettings)
    #[doc(alias = "MediaStreamTrack.getSettings")]
    #[must_use]
    pub fn settings(&self) -> TrackSettings {
        self.sys().settings().map(|raw| TrackSettings::read(&raw)).unwrap_or_default()
    }

    /// What the track could be set to.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-getcapabilities)
    ///
    /// # Errors
    /// `NotSupported`: the browser does not tell, as Firefox before 132.
    #[doc(alias = "MediaStreamTrack.getCapabilities")]
    pub fn capabilities(&self) -> Result<TrackCapabilities> {
        const OPERATION: &str = "getCapabilities";
        if !global::has_member(&self.0.raw, OPERATION) {
            let advice = "this browser does not tell what a track could be set to: apply constraints, and see";
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
        }
        Ok(TrackCapabilities::read(&self.sys().capabilities().during(OPERATION)?))
    }

    /// The constraints that were last applied, by the capture or by [`apply_constraints`](Self::apply_constraints).
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-getconstraints)
    #[doc(alias = "MediaStreamTrack.getConstraints")]
    #[must_use]
    pub fn constraints(&self) -> TrackConstraints {
        let raw = self.sys().constraints().unwrap_or_default();
        TrackConstraints::of(&self.kind(), &raw)
    }

    /// Puts these constraints, an [`Audio`](super::Audio) or a [`Video`](super::Video), in the place of the track's
    /// own; empty ones take those away.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-applyconstraints)
    ///
    /// Where it fails, the track stays as it was. Cancel safe: what was asked for is applied all the same.
    ///
    /// Firefox refuses only devices, groups and resize modes that are not the track's: of sizes and rates that
    /// cannot be, it takes the nearest. Chromium does not change `echoCancellation`, `noiseSuppression` and
    /// `autoGainControl` of a live track: `exact` ones other than the track's it refuses.
    ///
    /// ```no_run
    /// # use browser_rtc::{media::{MediaStreamTrack, Video, exact, max}, Result};
    /// # async fn example(camera: &MediaStreamTrack) -> Result<()> {
    /// camera.apply_constraints(Video::new().width(exact(320)).frame_rate(max(10))).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// - `Overconstrained`, with the constraint's name: the track's device cannot meet it.
    /// - `Type`: a number is not finite.
    /// - `Closed`: the track has ended.
    #[doc(alias = "MediaStreamTrack.applyConstraints")]
    pub async fn apply_constraints(&self, constraints: impl Into<TrackConstraints>) -> Result<()> {
        if self.is_ended() {
            self.0.end.come();
        }
        let constraints = constraints.into().to_js();
        settled("applyConstraints", &self.0.end, || self.sys().apply(&constraints)).await?;
        Ok(())
    }

    /// What the track is of, as the program has told the browser.
    /// [Specification](https://www.w3.org/TR/mst-content-hint/#dom-mediastreamtrack-contenthint)
    ///
    /// # Errors
    /// `NotSupported`: Chromium has hints, Firefox has none.
    #[doc(alias = "MediaStreamTrack.contentHint")]
    pub fn content_hint(&self) -> Result<ContentHint> {
        let hint: Option<String> = read(&self.0.raw, CONTENT_HINT);
        Ok(ContentHint::from(&*hint.ok_or_else(no_hints)?))
    }

    /// Tells the browser what the track is of, so that it is encoded in the way that suits it. A hint for the other
    /// kind of track, or one that the browser does not know, changes nothing.
    ///
    /// # Errors
    /// `NotSupported`: Chromium has hints, Firefox has none.
    pub fn set_content_hint(&self, hint: &ContentHint) -> Result<()> {
        self.content_hint()?;
        global::set(&self.0.raw, CONTENT_HINT, &hint.as_str().into());
        Ok(())
    }

    /// Another track from the same source, with constraints, an end and an `enabled` of its own. It stops when its
    /// last handle goes; the device is free when all such tracks have stopped.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-clone)
    #[doc(alias = "MediaStreamTrack.clone")]
    #[must_use]
    pub fn clone_track(&self) -> Self {
        Self::captured(web_sys::MediaStreamTrack::clone(&self.0.raw))
    }

    fn sys(&self) -> &sys::media_stream_track::MediaStreamTrack {
        self.0.raw.unchecked_ref()
    }
}

const CONTENT_HINT: &str = "contentHint";

fn no_hints() -> Error {
    let advice = "this browser takes no hints: go without, it finds out by itself what a track is of";
    Error::new(CONTENT_HINT, ErrorKind::NotSupported, advice)
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A track that something else looks after runs on, and so do the streams that watch it.
        if self.stop_on_drop.get() {
            self.raw.stop();
            self.end.come();
        }
    }
}

impl PartialEq for MediaStreamTrack {
    fn eq(&self, other: &Self) -> bool {
        self.0.raw.unchecked_ref::<wasm_bindgen::JsValue>() == other.0.raw.unchecked_ref::<wasm_bindgen::JsValue>()
    }
}

impl fmt::Debug for MediaStreamTrack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaStreamTrack").field("kind", &self.kind()).field("id", &self.id()).finish_non_exhaustive()
    }
}
