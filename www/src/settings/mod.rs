//! The choice of the camera and the microphone.

use browser_rtc::{
    ErrorKind,
    media::{self, DeviceInfo, DeviceKind},
};
use futures::StreamExt;
use web_sys::{HtmlInputElement, HtmlOptionElement, HtmlSelectElement};

use crate::{
    dom::{self, Dom, MissingElement},
    notices::Failure,
    texts::capture::Kinds,
};

pub struct Settings {
    camera: HtmlSelectElement,
    microphone: HtmlSelectElement,
    exact_width: HtmlInputElement,
}

/// The chosen devices. `None` is the default of the browser.
pub struct Chosen {
    pub camera: Option<String>,
    pub microphone: Option<String>,
    pub exact_width: Option<u32>,
}

impl Chosen {
    /// Returns the kinds of devices that are switched on.
    pub fn kinds(&self) -> Kinds {
        Kinds::BOTH
    }
}

impl Settings {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self {
            camera: dom.get("camera")?,
            microphone: dom.get("microphone")?,
            exact_width: dom.get("exact-width")?,
        })
    }

    pub fn chosen(&self) -> Result<Chosen, Failure> {
        let not_empty = |text: String| (!text.is_empty()).then_some(text);
        let width = not_empty(self.exact_width.value()).map(|width| width.parse()).transpose();
        let bad_width =
            || Failure::new(&ErrorKind::Range, "The exact width must be a whole number of pixels, such as 640.");
        // A number field that holds no number has an empty value.
        if !self.exact_width.check_validity() {
            return Err(bad_width());
        }
        Ok(Chosen {
            camera: not_empty(self.camera.value()),
            microphone: not_empty(self.microphone.value()),
            exact_width: width.map_err(|_not_whole| bad_width())?,
        })
    }

    /// Lists the available devices, and keeps a choice that is still available.
    pub async fn list_devices(&self) {
        // If devices cannot be listed, the default ones can still be used.
        if let Ok(devices) = media::devices().await {
            self.list(&devices);
        }
    }

    /// Keeps the list up to date until the future is dropped.
    pub async fn follow_devices(&self) {
        self.list_devices().await;
        let Ok(mut changes) = media::device_changes() else { return };
        while let Some(changed) = changes.next().await {
            if let Ok(changed) = changed {
                self.list(&changed.devices);
            }
        }
    }

    fn list(&self, devices: &[DeviceInfo]) {
        for (select, kind) in [(&self.camera, DeviceKind::VideoInput), (&self.microphone, DeviceKind::AudioInput)] {
            let chosen = select.value();
            // The first option is the default.
            select.set_length(1);
            for device in devices.iter().filter(|device| device.kind == kind && can_be_chosen(device)) {
                if let Ok(option) = HtmlOptionElement::new_with_text_and_value(&device.label, &device.device_id) {
                    option.set_selected(device.device_id == chosen);
                    dom::append(select, &option);
                }
            }
        }
    }
}

/// Returns whether a device is listed as a choice. Before the user has allowed a capture, devices have neither names
/// nor ids. Chromium lists the default devices a second time under special ids.
fn can_be_chosen(device: &DeviceInfo) -> bool {
    !matches!(device.device_id.as_str(), "" | "default" | "communications")
}
