//! What a track is of, for the encoder.

use crate::spec_enum::spec_enum;

spec_enum! {
    /// What a track is of, so that it is encoded in the way that suits it.
    /// [Specification](https://www.w3.org/TR/mst-content-hint/#dom-mediastreamtrack-contenthint)
    ContentHint {
        /// The browser finds out by itself.
        Unset = "",
        /// Sound: a voice, for people to listen to.
        Speech = "speech",
        /// Sound: a voice, for a machine to understand. Chromium does not know it, and keeps the hint that it has.
        SpeechRecognition = "speech-recognition",
        /// Sound: music, or other sound that is not to be taken for noise.
        Music = "music",
        /// Picture: motion is to be smooth, as of a camera or a film.
        Motion = "motion",
        /// Picture: details are to be kept, as of a painting.
        Detail = "detail",
        /// Picture: text and lines are to be kept sharp, as of a screen.
        Text = "text",
    }
}
