//! A frame whose capture stands in for the page's: the browser itself then refuses what the frame's policy forbids.

use wasm_bindgen::JsValue;

use super::js::{self, Override};

pub struct Frame {
    element: JsValue,
    _stand_ins: [Override; 2],
}

impl Frame {
    /// With this policy, as in the attribute `allow`.
    pub async fn new(allow: &str) -> Self {
        let body = "const frame = document.createElement('iframe');
            frame.allow = allow;
            frame.srcdoc = '<audio></audio>';
            return new Promise(done => {
                frame.onload = () => done(frame);
                document.body.append(frame);
            });";
        let element = js::run_to_end("allow", &[&allow.into()], body).await;
        let (inner, outer) = (js::get(&js::get(&element, "contentWindow"), "navigator"), js::eval("navigator"));
        let stand_in = |member| Override::new(&outer, member, &js::get(&inner, member));
        let stand_ins = [stand_in("mediaDevices"), stand_in("permissions")];
        Self { element, _stand_ins: stand_ins }
    }

    /// That forbids all capture, and all choice of loudspeakers.
    pub async fn forbidden() -> Self {
        Self::new("camera 'none'; microphone 'none'; display-capture 'none'; speaker-selection 'none'").await
    }

    pub fn window(&self) -> JsValue {
        js::get(&self.element, "contentWindow")
    }

    pub fn element(&self, tag: &str) -> web_sys::HtmlMediaElement {
        let body = "return frame.contentDocument.querySelector(tag)";
        wasm_bindgen::JsCast::unchecked_into(js::run("frame, tag", &[&self.element, &tag.into()], body))
    }

    /// Takes the frame off the page: its document is gone, and what it captured.
    pub fn remove(&self) {
        js::run("frame", &[&self.element], "frame.remove()");
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.remove();
    }
}
