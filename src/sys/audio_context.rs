//! [`AudioContext`](https://webaudio.github.io/web-audio-api/#AudioContext) and the nodes that measure audio.

use js_sys::{Float32Array, Object};
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, MediaStream};

use super::promise::Promise;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = EventTarget, extends = Object, js_name = AudioContext)]
    #[derive(Clone, Debug)]
    pub(crate) type AudioContext;

    #[wasm_bindgen(constructor, catch, js_class = "AudioContext")]
    pub(crate) fn new() -> Result<AudioContext, JsValue>;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn state(this: &AudioContext) -> String;

    #[wasm_bindgen(method, getter, js_name = sampleRate)]
    pub(crate) fn sample_rate(this: &AudioContext) -> f32;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn resume(this: &AudioContext) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn close(this: &AudioContext) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createMediaStreamSource)]
    pub(crate) fn source(this: &AudioContext, stream: &MediaStream) -> Result<AudioNode, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createAnalyser)]
    pub(crate) fn analyser(this: &AudioContext) -> Result<AnalyserNode, JsValue>;

    #[wasm_bindgen(extends = Object)]
    #[derive(Clone, Debug)]
    pub(crate) type AudioNode;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn connect(this: &AudioNode, to: &AudioNode) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn disconnect(this: &AudioNode) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = disconnect)]
    pub(crate) fn disconnect_from(this: &AudioNode, other: &AudioNode) -> Result<(), JsValue>;

    #[wasm_bindgen(extends = AudioNode, extends = Object)]
    #[derive(Clone, Debug)]
    pub(crate) type AnalyserNode;

    #[wasm_bindgen(method, setter, catch, js_name = fftSize)]
    pub(crate) fn set_window(this: &AnalyserNode, samples: u32) -> Result<(), JsValue>;

    /// The latest samples, from -1 to 1.
    #[wasm_bindgen(method, js_name = getFloatTimeDomainData)]
    pub(crate) fn samples(this: &AnalyserNode, into: &Float32Array);
}
