//! Events of elements, as streams.

use browser_rtc::EventStream;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, KeyboardEvent};

pub fn clicks(target: &EventTarget) -> EventStream<()> {
    EventStream::listen(target, "click", |_| Some(()))
}

/// Returns the window as a target of events.
pub fn window() -> EventTarget {
    js_sys::global().unchecked_into()
}

/// Clicks on the element itself and not on its content.
pub fn clicks_on(target: &Element) -> EventStream<()> {
    let element = target.clone();
    EventStream::listen(target, "click", move |event| (event.target().as_ref() == Some(&*element)).then_some(()))
}

/// Presses of Escape anywhere on the page, unless it ends the input of a character or closes something else.
pub fn escapes() -> EventStream<()> {
    EventStream::listen(&window(), "keydown", |event| {
        let key: &KeyboardEvent = event.dyn_ref()?;
        // The browser closes a dialog after this event.
        let closes_dialog = web_sys::window()?.document()?.query_selector("dialog[open]").ok()?.is_some();
        (key.key() == "Escape" && !key.is_composing() && !key.default_prevented() && !closes_dialog).then_some(())
    })
}

/// Submissions of a form, which the browser itself does not send.
pub fn submits(form: &EventTarget) -> EventStream<()> {
    EventStream::listen(form, "submit", |event| {
        event.prevent_default();
        Some(())
    })
}
