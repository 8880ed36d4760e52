//! An `<iframe>` whose media devices and permissions replace those of the page. The browser then enforces the frame's
//! permissions policy.

use wasm_bindgen::JsValue;

use super::js::{self, Override};

/// An `<iframe>` that is on the page, and overrides `navigator.mediaDevices` and `navigator.permissions`, until it is
/// dropped.
pub struct Iframe {
    element: JsValue,
    _overrides: [Override; 2],
}

impl Iframe {
    /// Creates a frame with a permissions policy in the syntax of the attribute `allow`.
    pub async fn new(allow: &str) -> Self {
        let body = "const frame = document.createElement('iframe');
            frame.allow = allow;
            frame.srcdoc = '<audio></audio>';
            return new Promise(done => {
                frame.onload = () => done(frame);
                document.body.append(frame);
            });";
        let element = js::run_async("allow", &[&allow.into()], body).await;
        let (inner, outer) = (js::get(&js::get(&element, "contentWindow"), "navigator"), js::eval("navigator"));
        let replace = |member| Override::new(&outer, member, &js::get(&inner, member));
        let overrides = [replace("mediaDevices"), replace("permissions")];
        Self { element, _overrides: overrides }
    }

    /// Creates a frame whose policy forbids capture and the selection of audio outputs.
    pub async fn restricted() -> Self {
        Self::new("camera 'none'; microphone 'none'; display-capture 'none'; speaker-selection 'none'").await
    }

    pub fn window(&self) -> JsValue {
        js::get(&self.element, "contentWindow")
    }

    pub fn element(&self, tag: &str) -> web_sys::HtmlMediaElement {
        let body = "return frame.contentDocument.querySelector(tag)";
        wasm_bindgen::JsCast::unchecked_into(js::run("frame, tag", &[&self.element, &tag.into()], body))
    }

    /// Removes the frame from the page, which destroys its document and ends its captured tracks.
    pub fn remove(&self) {
        js::run("frame", &[&self.element], "frame.remove()");
    }
}

impl Drop for Iframe {
    fn drop(&mut self) {
        self.remove();
    }
}
