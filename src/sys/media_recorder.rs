//! [`MediaRecorder`](https://www.w3.org/TR/mediastream-recording/#mediarecorder-api)

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, MediaStream};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = web_sys::MediaRecorder, extends = EventTarget, extends = Object, js_name = MediaRecorder)]
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) type MediaRecorder;

    #[wasm_bindgen(constructor, catch, js_class = "MediaRecorder")]
    pub(crate) fn new(stream: &MediaStream, options: &Object) -> Result<MediaRecorder, JsValue>;

    #[wasm_bindgen(catch, static_method_of = MediaRecorder, js_name = isTypeSupported)]
    pub(crate) fn is_supported(mime_type: &str) -> Result<bool, JsValue>;

    #[wasm_bindgen(method, catch, js_name = start)]
    pub(crate) fn start_whole(this: &MediaRecorder) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = start)]
    pub(crate) fn start_sliced(this: &MediaRecorder, milliseconds: u32) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = stop)]
    pub(crate) fn stop_recording(this: &MediaRecorder) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = pause)]
    pub(crate) fn pause_recording(this: &MediaRecorder) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = resume)]
    pub(crate) fn resume_recording(this: &MediaRecorder) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = requestData)]
    pub(crate) fn request_data(this: &MediaRecorder) -> Result<(), JsValue>;

    #[wasm_bindgen(method, getter, js_name = state)]
    pub(crate) fn state_name(this: &MediaRecorder) -> String;

    #[wasm_bindgen(method, getter, js_name = mimeType)]
    pub(crate) fn mime_type_name(this: &MediaRecorder) -> String;

    #[wasm_bindgen(method, getter, js_name = videoBitsPerSecond)]
    pub(crate) fn video_bit_rate(this: &MediaRecorder) -> u32;

    #[wasm_bindgen(method, getter, js_name = audioBitsPerSecond)]
    pub(crate) fn audio_bit_rate(this: &MediaRecorder) -> u32;

    /// The attribute is absent in Firefox.
    #[wasm_bindgen(method, getter, js_name = audioBitrateMode)]
    pub(crate) fn audio_bitrate_mode(this: &MediaRecorder) -> Option<String>;
}
