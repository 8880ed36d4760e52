//! The browser's fake camera and microphone, mocks of capture, and media elements.

use browser_rtc::media::{self, Audio, Constraints, MediaStream, Video, exact};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlMediaElement;

use super::{
    Within,
    js::{self, Override},
};

pub async fn capture(constraints: &Constraints) -> MediaStream {
    media::get_user_media(constraints).within("getUserMedia").await.unwrap()
}

pub async fn camera() -> MediaStream {
    capture(&Constraints::new().video(Video::new().width(exact(320)).height(exact(240)))).await
}

pub async fn microphone() -> MediaStream {
    capture(&Constraints::new().audio(Audio::new())).await
}

pub async fn camera_and_microphone() -> MediaStream {
    capture(&Constraints::new().audio(true).video(true)).await
}

/// Returns the settings that the browser reports for a track.
pub fn settings(track: &web_sys::MediaStreamTrack) -> JsValue {
    js::run("track", &[track], "return track.getSettings()")
}

/// Converts a JavaScript value to JSON in which all numbers are floats, to compare with [`json_of`].
pub fn json(value: &JsValue) -> Value {
    let text = js::run("value", &[value], "return JSON.stringify(value)").as_string().unwrap();
    floats(serde_json::from_str(&text).unwrap())
}

/// Serializes a value to JSON in which all numbers are floats, to compare with [`json`].
pub fn json_of(value: &impl serde::Serialize) -> Value {
    floats(serde_json::to_value(value).unwrap())
}

fn floats(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(values) => values.into_iter().map(floats).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, floats(value))).collect(),
        other => other,
    }
}

pub fn is_live(track: &web_sys::MediaStreamTrack) -> bool {
    js::string(track, "readyState") == "live"
}

/// Replaces `getUserMedia` with a function with this body, which has the original function as `real`.
pub fn mock_get_user_media(body: &str) -> Override {
    let devices = js::media_devices();
    let wrapped = format!("const real = devices.getUserMedia.bind(devices); return constraints => {{ {body} }}");
    Override::new(&devices, "getUserMedia", &js::run("devices", &[&devices], &wrapped))
}

/// Replaces a method of `navigator.mediaDevices` by a function with this body.
pub fn mock(method: &str, body: &str) -> Override {
    let devices = js::media_devices();
    Override::new(&devices, method, &js::run("", &[], &format!("return options => {{ {body} }}")))
}

/// Makes `getUserMedia` fail with a `DOMException` of this name.
pub fn refuse_with(name: &str) -> Override {
    mock_get_user_media(&format!("return Promise.reject(new DOMException('rejected by the mock', '{name}'))"))
}

/// A media element, which is on the page until this is dropped.
pub struct Element(HtmlMediaElement);

impl Element {
    pub fn new(tag: &str) -> Self {
        let document = web_sys::window().unwrap().document().unwrap();
        let element: HtmlMediaElement = document.create_element(tag).unwrap().unchecked_into();
        document.body().unwrap().append_child(&element).unwrap();
        Self(element)
    }

    /// Waits until `count` more frames are presented.
    pub async fn frames(&self, count: u32) {
        let body = "return new Promise(done => {
            const next = () => count-- ? element.requestVideoFrameCallback(next) : done();
            next();
        })";
        js::run_async("element, count", &[&self.0, &count.into()], body).await;
    }

    pub fn size(&self) -> (f64, f64) {
        (js::number(&self.0, "videoWidth"), js::number(&self.0, "videoHeight"))
    }

    pub fn source(&self) -> JsValue {
        js::get(&self.0, "srcObject")
    }
}

impl std::ops::Deref for Element {
    type Target = HtmlMediaElement;

    fn deref(&self) -> &HtmlMediaElement {
        &self.0
    }
}

impl Drop for Element {
    fn drop(&mut self) {
        self.0.remove();
    }
}
