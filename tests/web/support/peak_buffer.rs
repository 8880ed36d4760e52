//! The peak of the send buffers.

use wasm_bindgen::JsValue;

use super::js::{self, Override};

/// Records the highest `bufferedAmount` after a send on any channel, until this is dropped.
pub struct PeakBuffer {
    peak: JsValue,
    _spy: Override,
}

impl PeakBuffer {
    pub fn new() -> Self {
        let prototype = js::eval("RTCDataChannel.prototype");
        let peak = js::eval("{ bytes: 0 }");
        let body = "return function(data) {
            original.call(this, data);
            peak.bytes = Math.max(peak.bytes, this.bufferedAmount);
        }";
        let spy = js::run("peak, original", &[&peak, &js::get(&prototype, "send")], body);
        Self { peak, _spy: Override::new(&prototype, "send", &spy) }
    }

    pub fn bytes(&self) -> f64 {
        js::number(&self.peak, "bytes")
    }
}
