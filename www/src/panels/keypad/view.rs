//! The keys, the fields and the queue of the keypad.

use browser_rtc::{
    EventStream, Listener,
    dtmf::{Timing, Tone, Tones},
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlFormElement, HtmlInputElement};

use super::{keys, parse, timing::TimingFields};
use crate::{
    dom::{self, Dom, MissingElement},
    texts::keypad as texts,
    ui::problem::{Problem, mark_invalid},
};

pub struct Keypad {
    keys: HtmlElement,
    pub form: HtmlFormElement,
    tones: HtmlInputElement,
    timing: TimingFields,
    pub append: HtmlButtonElement,
    pub cancel: HtmlButtonElement,
    playing: Element,
    queue: Element,
    pub problem: Problem,
    _listeners: ([Listener; 3], Listener),
}

impl Keypad {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let (panel, keys, form): (HtmlElement, HtmlElement, HtmlFormElement) =
            (dom.get("panel-keypad")?, dom.get("keypad")?, dom.get("tones-form")?);
        for tone in "0123456789ABCD*#".chars() {
            dom::within::<Element>(&keys, &selector(tone))?;
        }
        // Without it, the browser would load the page again when the form is submitted at the end of a call.
        let submits = Listener::new(&form, "submit", |event| event.prevent_default());
        Ok(Self {
            _listeners: (keys::listen(&panel, &keys), submits),
            keys,
            form,
            tones: dom.get("tones")?,
            timing: TimingFields::find(dom)?,
            append: dom.get("append-tones")?,
            cancel: dom.get("cancel-tones")?,
            playing: dom.get("tone-playing")?,
            queue: dom.get("tone-queue")?,
            problem: Problem::find(dom, "keypad-problem")?,
        })
    }

    pub fn clear(&self) {
        self.problem.clear();
        self.show_queue(None, "");
    }

    /// Returns a stream of the keys that the user presses, also those that the keyboard presses.
    pub fn presses(&self) -> EventStream<Tone> {
        EventStream::listen(&self.keys, "click", |event| {
            let key = event.target()?.dyn_into::<Element>().ok()?.closest("[data-tone]").ok()??;
            Tone::new(key.get_attribute("data-tone")?.chars().next()?).ok()
        })
    }

    /// Returns the entered tones, or the sentence about what is wrong with them.
    pub fn entered(&self) -> Result<Tones, String> {
        let entered = parse(&self.tones.value());
        mark_invalid(&self.tones, entered.is_err());
        entered
    }

    pub fn empty_field(&self) {
        self.tones.set_value("");
    }

    /// Returns the entered timing, or the sentence about what is wrong with it.
    pub fn timing(&self) -> Result<Timing, String> {
        self.timing.entered()
    }

    /// Shows the current tone and the pending ones.
    pub fn show_queue(&self, playing: Option<Tone>, queue: &str) {
        let playing = playing.map(|tone| if tone == Tone::PAUSE { texts::PAUSE.into() } else { tone.to_string() });
        self.playing.set_text_content(playing.as_deref());
        self.queue.set_text_content(Some(queue));
        if queue.is_empty() && dom::has_focus(&self.cancel) {
            dom::focus(&self.tones);
        }
        self.cancel.set_disabled(queue.is_empty());
    }

    /// Lights the key of a tone. A pause has no key.
    pub fn light(&self, tone: Tone) -> Option<Light> {
        dom::within(&self.keys, &selector(tone.as_char())).ok().map(Light::on)
    }
}

fn selector(tone: char) -> String {
    format!("[data-tone=\"{tone}\"]")
}

/// A key that is lit until this is dropped.
pub struct Light(Element);

impl Light {
    fn on(key: Element) -> Self {
        let _valid_name = key.class_list().add_1("lit");
        Self(key)
    }
}

impl Drop for Light {
    fn drop(&mut self) {
        let _valid_name = self.0.class_list().remove_1("lit");
    }
}
