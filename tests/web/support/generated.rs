//! Generated video and audio with known content.

use browser_rtc::media::MediaStream;
use wasm_bindgen::{JsCast, JsValue};

use super::js;

/// A generated stream, which ends when this is dropped.
pub struct Generated {
    pub stream: MediaStream,
    source: JsValue,
}

impl Generated {
    fn new(source: JsValue) -> Self {
        let stream = MediaStream::from_raw(js::get(&source, "stream").unchecked_into());
        Self { stream, source }
    }
}

impl Drop for Generated {
    fn drop(&mut self) {
        js::run("source", &[&self.source], "source.end()");
    }
}

/// Returns video whose left half is red and whose right half is blue.
pub fn red_and_blue(width: u32, height: u32) -> Generated {
    let body = "const canvas = Object.assign(document.createElement('canvas'), { width, height });
        const context = canvas.getContext('2d');
        const draw = () => {
            context.fillStyle = '#f00';
            context.fillRect(0, 0, width / 2, height);
            context.fillStyle = '#00f';
            context.fillRect(width / 2, 0, width / 2, height);
        };
        draw();
        const stream = canvas.captureStream();
        const timer = setInterval(draw, 40);
        return { stream, end() { clearInterval(timer); stream.getTracks().forEach(track => track.stop()); } };";
    Generated::new(js::run("width, height", &[&width.into(), &height.into()], body))
}

/// Returns a sine wave of 441 Hz with this amplitude, 0 to 1.
pub fn tone(amplitude: f64) -> Generated {
    let body = "const context = new AudioContext();
        const gain = new GainNode(context, { gain: amplitude });
        const oscillator = new OscillatorNode(context, { frequency: 441 });
        const destination = context.createMediaStreamDestination();
        oscillator.connect(gain).connect(destination);
        oscillator.start();
        return { stream: destination.stream, end() { context.close(); } };";
    Generated::new(js::run("amplitude", &[&amplitude.into()], body))
}
