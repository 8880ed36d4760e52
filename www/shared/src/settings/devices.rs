//! The choice of the camera, the microphone and the loudspeaker.

use std::rc::Rc;

use browser_rtc::{
    Listener,
    media::{self, AudioOutputOptions, DeviceInfo, DeviceKind},
};
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlButtonElement, HtmlElement, HtmlOptionElement, HtmlSelectElement, HtmlVideoElement};

use crate::{
    dom::{self, Dom, MissingElement},
    features,
    storage::{self, Place},
};

/// The choice of each kind of device.
pub struct DeviceChoices {
    choices: [Rc<Choice>; 3],
    _listeners: Vec<Listener>,
}

/// The choice of one device, whose first option is the default device. It is remembered under the id of its field.
struct Choice {
    kind: DeviceKind,
    id: &'static str,
    select: HtmlSelectElement,
}

impl DeviceChoices {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        let find = |kind, id| Ok(Rc::new(Choice { kind, id, select: dom.get(id)? }));
        let speaker = find(DeviceKind::AudioOutput, "speaker")?;
        let picks = picks(dom, &speaker)?;
        let choices = [find(DeviceKind::VideoInput, "camera")?, find(DeviceKind::AudioInput, "microphone")?, speaker];
        let video: HtmlVideoElement = dom.get("preview-video")?;
        dom.get::<HtmlElement>("speaker-field")?.set_hidden(media::sink_id(&video).is_err());
        let mut listeners: Vec<_> = choices.iter().map(Choice::changes).collect();
        listeners.push(picks);
        Ok(Self { choices, _listeners: listeners })
    }

    /// Returns the id of the chosen device, or `None` for the default one.
    pub fn chosen(&self, kind: &DeviceKind) -> Option<String> {
        self.of(kind).and_then(Choice::chosen)
    }

    /// Chooses and remembers a device.
    pub fn choose(&self, kind: &DeviceKind, id: &str) {
        if let Some(choice) = self.of(kind) {
            choice.choose(id);
            choice.select.set_value(id);
        }
    }

    /// Lists these devices. A chosen device that is not among them is chosen again when it is connected.
    pub fn list(&self, devices: &[DeviceInfo]) {
        for choice in &self.choices {
            choice.list(devices);
        }
    }

    fn of(&self, kind: &DeviceKind) -> Option<&Choice> {
        self.choices.iter().map(Rc::as_ref).find(|choice| choice.kind == *kind)
    }
}

impl Choice {
    fn changes(self: &Rc<Self>) -> Listener {
        let choice = Rc::clone(self);
        Listener::new(&self.select, "change", move |_| choice.choose(&choice.select.value()))
    }

    fn chosen(&self) -> Option<String> {
        // Before the user has allowed a capture, the browser lists no devices, but accepts the id of one.
        let chosen =
            if self.select.length() > 1 { Some(self.select.value()) } else { storage::get(Place::Browser, self.id) };
        chosen.filter(|id| !id.is_empty())
    }

    fn choose(&self, id: &str) {
        storage::set(Place::Browser, self.id, id);
    }

    fn list(&self, devices: &[DeviceInfo]) {
        let remembered = storage::get(Place::Browser, self.id).unwrap_or_else(|| self.select.value());
        self.select.set_length(1);
        for device in devices.iter().filter(|device| device.kind == self.kind && can_be_chosen(device)) {
            if let Ok(option) = HtmlOptionElement::new_with_text_and_value(&device.label, &device.device_id) {
                option.set_selected(device.device_id == remembered);
                dom::append(&self.select, &option);
            }
        }
    }
}

/// Lets the user pick a loudspeaker in a prompt of the browser. Browsers without this prompt list the loudspeakers.
fn picks(dom: &Dom, speaker: &Rc<Choice>) -> Result<Listener, MissingElement> {
    let button: HtmlButtonElement = dom.get("pick-speaker")?;
    button.set_hidden(!features::has_media_device_member("selectAudioOutput"));
    let speaker = Rc::clone(speaker);
    Ok(Listener::new(&button, "click", move |_| {
        let speaker = Rc::clone(&speaker);
        spawn_local(async move {
            // Without an answer, the previous loudspeaker stays chosen.
            if let Ok(device) = media::select_audio_output(&AudioOutputOptions::new()).await {
                speaker.choose(&device.device_id);
                speaker.list(&media::devices().await.unwrap_or_default());
            }
        });
    }))
}

/// Returns whether a device is listed as a choice. Before the user has allowed a capture, devices have neither names
/// nor ids. Chromium lists the default devices a second time under special ids.
fn can_be_chosen(device: &DeviceInfo) -> bool {
    !matches!(device.device_id.as_str(), "" | "default" | "communications")
}
