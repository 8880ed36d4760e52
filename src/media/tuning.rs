//! The settings, constraints and hints of a live track.

use browser_rtc_proto::spec_enum;
use wasm_bindgen::JsCast;

use super::{MediaStreamTrack, TrackCapabilities, TrackConstraints, TrackSettings, constraints::ToJs};
use crate::{
    dictionary,
    error::{During, Error, ErrorKind, Result},
    promise::settled,
    sys::{self, global},
};

spec_enum! {
    /// A hint about the content of a track, which the browser uses to choose an encoding.
    /// [Specification](https://www.w3.org/TR/mst-content-hint/#dom-mediastreamtrack-contenthint)
    ContentHint {
        /// No hint.
        Unset = "",
        /// Audio: speech for human listeners.
        Speech = "speech",
        /// Audio: speech for speech recognition. Chromium does not support it, and keeps the previous hint.
        SpeechRecognition = "speech-recognition",
        /// Audio: music, or other audio that is not noise.
        Music = "music",
        /// Video: smooth motion, such as a camera or a film.
        Motion = "motion",
        /// Video: fine detail, such as a painting.
        Detail = "detail",
        /// Video: sharp text and lines, such as a document.
        Text = "text",
    }
}

impl MediaStreamTrack {
    /// Returns the current settings.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-getsettings)
    #[doc(alias = "MediaStreamTrack.getSettings")]
    #[must_use]
    pub fn settings(&self) -> TrackSettings {
        self.sys().settings().ok().and_then(|raw| dictionary::from_js(&raw)).unwrap_or_default()
    }

    /// Returns the capabilities.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-getcapabilities)
    ///
    /// # Errors
    /// `NotSupported` if the browser does not report capabilities, such as Firefox before 132.
    #[doc(alias = "MediaStreamTrack.getCapabilities")]
    pub fn capabilities(&self) -> Result<TrackCapabilities> {
        const OPERATION: &str = "getCapabilities";
        if !global::has_member(self.as_raw(), OPERATION) {
            let advice =
                "this browser does not report capabilities of tracks: apply constraints, and read the settings";
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
        }
        let capabilities = self.sys().capabilities().during(OPERATION)?;
        Ok(dictionary::from_js(&capabilities).unwrap_or_default())
    }

    /// Returns the constraints that were last applied, by the capture or by
    /// [`apply_constraints`](Self::apply_constraints).
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-getconstraints)
    #[doc(alias = "MediaStreamTrack.getConstraints")]
    #[must_use]
    pub fn constraints(&self) -> TrackConstraints {
        let raw = self.sys().constraints().unwrap_or_default();
        TrackConstraints::from_js(&self.kind(), &raw)
    }

    /// Replaces the constraints of the track with an [`Audio`](super::Audio) or a [`Video`](super::Video). Empty
    /// constraints remove them. If the call fails, the track does not change.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-applyconstraints)
    ///
    /// Firefox rejects only devices, groups and resize modes other than those of the track; it replaces impossible
    /// sizes and rates with the nearest possible ones. Chromium cannot change `echoCancellation`, `noiseSuppression`
    /// and `autoGainControl` of a live track, and rejects `exact` values other than the current ones.
    ///
    /// ```no_run
    /// # use browser_rtc::{media::{MediaStreamTrack, Video, exact, max}, Result};
    /// # async fn example(camera: &MediaStreamTrack) -> Result<()> {
    /// camera.apply_constraints(Video::new().width(exact(320)).frame_rate(max(10))).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// - `Overconstrained`, with the name of the constraint, if the device does not meet it.
    /// - `Type` if a number is not finite.
    /// - `Closed` if the track has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped before it resolves, the browser still applies the constraints.
    #[doc(alias = "MediaStreamTrack.applyConstraints")]
    pub async fn apply_constraints(&self, constraints: impl Into<TrackConstraints>) -> Result<()> {
        let constraints = constraints.into().to_js();
        settled("applyConstraints", self.end(), || self.sys().apply(&constraints)).await?;
        Ok(())
    }

    /// Returns the hint about the content of the track that was set last.
    /// [Specification](https://www.w3.org/TR/mst-content-hint/#dom-mediastreamtrack-contenthint)
    ///
    /// # Errors
    /// `NotSupported` in Firefox, which has no content hints.
    #[doc(alias = "MediaStreamTrack.contentHint")]
    pub fn content_hint(&self) -> Result<ContentHint> {
        let hint = global::get_text(self.as_raw(), CONTENT_HINT);
        Ok(ContentHint::from(&*hint.ok_or_else(no_hints)?))
    }

    /// Sets the hint about the content of the track, which the browser uses to choose an encoding. A hint for the other
    /// kind of track, or an unknown one, has no effect.
    ///
    /// # Errors
    /// `NotSupported` in Firefox, which has no content hints.
    pub fn set_content_hint(&self, hint: &ContentHint) -> Result<()> {
        self.content_hint()?;
        global::set(self.as_raw(), CONTENT_HINT, &hint.as_str().into());
        Ok(())
    }

    fn sys(&self) -> &sys::media_stream_track::MediaStreamTrack {
        self.as_raw().unchecked_ref()
    }
}

const CONTENT_HINT: &str = "contentHint";

fn no_hints() -> Error {
    let advice = "this browser has no content hints: omit the hint";
    Error::new(CONTENT_HINT, ErrorKind::NotSupported, advice)
}
