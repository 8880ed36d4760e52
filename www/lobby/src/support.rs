//! The features that a browser must support.

use browser_rtc::{media, peer};
use demo_shared::{
    dom::{self, Dom, MissingElement},
    views::{View, Views},
};
use web_sys::Element;

use crate::texts;

/// A feature that the browser, or this page in it, lacks.
pub struct Missing {
    name: &'static str,
    sentence: &'static str,
}

/// Returns the missing features.
pub fn missing() -> Vec<Missing> {
    let mut missing = Vec::new();
    if !peer::is_supported() {
        missing.push(Missing { name: "RTCPeerConnection", sentence: texts::NO_CONNECTIONS });
    }
    if !media::is_supported() {
        let sentence = if is_secure() { texts::NO_CAMERA } else { texts::INSECURE_CAMERA };
        missing.push(Missing { name: "getUserMedia", sentence });
    }
    missing
}

/// Shows the missing features.
pub fn show(dom: &Dom, missing: &[Missing]) -> Result<(), MissingElement> {
    let list: Element = dom.get("missing")?;
    for Missing { name, sentence } in missing {
        let item = dom.create("li", sentence)?;
        dom::set_attribute(&item, "data-missing", name);
        dom::append(&list, &item);
    }
    if !is_secure() {
        dom.get::<Element>("unsupported-title")?.set_text_content(Some(texts::INSECURE_TITLE));
        dom.get::<Element>("unsupported-hint")?.set_text_content(Some(texts::INSECURE_HINT));
    }
    Views::find(dom)?.show(View::Unsupported);
    Ok(())
}

fn is_secure() -> bool {
    web_sys::window().is_some_and(|window| window.is_secure_context())
}
