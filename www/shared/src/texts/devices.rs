//! The texts of the preview and the loudspeaker test.

pub const START_PREVIEW: &str = "Preview";
pub const STOP_PREVIEW: &str = "Stop preview";
pub const OPENING: &str = "Opening… The browser may ask for permission.";
pub const CAMERA_ENDED: &str = "The camera has stopped. Check that it is connected, and start the preview again.";
pub const MICROPHONE_ENDED: &str =
    "The microphone has stopped. Check that it is connected, and start the preview again.";
pub const SPEAKER_TEST: &str = "You should hear three tones. If not, choose another loudspeaker or turn up the volume.";
