//! A live track's settings, constraints and hints.

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
    /// A hint about the content of a track, by which the browser chooses how to encode it.
    /// [Specification](https://www.w3.org/TR/mst-content-hint/#dom-mediastreamtrack-contenthint)
    ContentHint {
        /// No hint: the browser decides by itself.
        Unset = "",
        /// Audio: speech for people to listen to.
        Speech = "speech",
        /// Audio: speech for a machine to recognize. Chromium does not know it, and keeps the former hint.
        SpeechRecognition = "speech-recognition",
        /// Audio: music, or other audio that is not noise.
        Music = "music",
        /// Video: smooth motion, as of a camera or a film.
        Motion = "motion",
        /// Video: fine detail, as of a painting.
        Detail = "detail",
        /// Video: sharp text and lines, as of a screen.
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
    /// `NotSupported`: the browser does not report them, as Firefox before 132.
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

    /// Replaces the constraints of the track with these, an [`Audio`](super::Audio) or a [`Video`](super::Video); empty
    /// ones remove them.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-applyconstraints)
    ///
    /// If it fails, the track does not change. Cancel safe: the constraints are applied all the same.
    ///
    /// Firefox rejects only devices, groups and resize modes that are not the track's: of impossible sizes and rates,
    /// it uses the nearest. Chromium does not change `echoCancellation`, `noiseSuppression` and `autoGainControl` of a
    /// live track, and rejects `exact` ones other than the track's.
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
        let constraints = constraints.into().to_js();
        settled("applyConstraints", self.end(), || self.sys().apply(&constraints)).await?;
        Ok(())
    }

    /// Returns the hint that the program has set.
    /// [Specification](https://www.w3.org/TR/mst-content-hint/#dom-mediastreamtrack-contenthint)
    ///
    /// # Errors
    /// `NotSupported`: Chromium has hints, Firefox has none.
    #[doc(alias = "MediaStreamTrack.contentHint")]
    pub fn content_hint(&self) -> Result<ContentHint> {
        let hint = global::get_text(self.as_raw(), CONTENT_HINT);
        Ok(ContentHint::from(&*hint.ok_or_else(no_hints)?))
    }

    /// Sets the hint about the content of the track, by which the browser chooses how to encode it. A hint for the
    /// other kind of track, or an unknown one, has no effect.
    ///
    /// # Errors
    /// `NotSupported`: Chromium has hints, Firefox has none.
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
    let advice = "this browser has no content hints: leave the hint out, and the browser decides by itself";
    Error::new(CONTENT_HINT, ErrorKind::NotSupported, advice)
}
