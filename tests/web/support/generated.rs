//! Pictures and sounds of the page's own making, of which it is known what is in them.

use browser_rtc::media::MediaStream;
use wasm_bindgen::{JsCast, JsValue};

use super::js;

/// A stream that the page makes, until this is dropped.
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

/// A picture, red on its left half and blue on its right.
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

/// A sine of 441 Hz that swings as far as this.
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
