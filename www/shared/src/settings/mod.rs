//! The settings that the user makes before a call: devices, switches and the preview. They are remembered.

mod devices;
mod preview;
mod speaker_test;
mod switches;

use browser_rtc::{
    ErrorKind,
    media::{self, DeviceKind},
};
use futures::{StreamExt, join};
use web_sys::{Element, HtmlInputElement};

pub use self::switches::Switch;
use self::{devices::DeviceChoices, preview::PreviewView, speaker_test::SpeakerTest, switches::Switches};
use crate::{
    dom::{self, Dom, MissingElement},
    notices::Failure,
    texts::{self, capture::Kinds},
};

pub struct Settings {
    section: Element,
    devices: DeviceChoices,
    switches: Switches,
    exact_width: HtmlInputElement,
    preview: PreviewView,
    speaker_test: SpeakerTest,
}

/// The settings for the capture of a call. The default device of the browser is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The kinds of devices that are switched on.
    pub kinds: Kinds,
    pub camera: Option<String>,
    pub microphone: Option<String>,
    pub exact_width: Option<u32>,
}

impl Settings {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self {
            section: dom.get("devices")?,
            devices: DeviceChoices::find(dom)?,
            switches: Switches::find(dom)?,
            exact_width: dom.get("exact-width")?,
            preview: PreviewView::find(dom)?,
            speaker_test: SpeakerTest::find(dom)?,
        })
    }

    pub fn chosen(&self) -> Result<Chosen, Failure> {
        let width = Some(self.exact_width.value()).filter(|width| !width.is_empty());
        let width = width.map(|width| width.parse()).transpose();
        let bad_width = || Failure::new(&ErrorKind::Range, texts::capture::BAD_WIDTH);
        // A number field that holds no number has an empty value.
        if !self.exact_width.check_validity() {
            return Err(bad_width());
        }
        Ok(Chosen {
            kinds: self.switches.kinds(),
            camera: self.devices.chosen(&DeviceKind::VideoInput),
            microphone: self.devices.chosen(&DeviceKind::AudioInput),
            exact_width: width.map_err(|_not_whole| bad_width())?,
        })
    }

    /// Returns the id of the loudspeaker. `None` is the default one.
    pub fn speaker(&self) -> Option<String> {
        self.devices.chosen(&DeviceKind::AudioOutput)
    }

    /// Chooses and remembers a device. An empty id is the default device of the kind, which Chromium also lists as
    /// `default`.
    pub fn choose(&self, kind: &DeviceKind, id: &str) {
        self.devices.choose(kind, if id == "default" { "" } else { id });
    }

    pub fn is_on(&self, switch: Switch) -> bool {
        self.switches.is_on(switch)
    }

    /// Lists the available devices, and keeps a choice that is still available. Browsers answer only while the page is in
    /// view.
    pub async fn list_devices(&self) {
        // If devices cannot be listed, the default ones can still be used.
        if let Ok(devices) = media::devices().await {
            self.devices.list(&devices);
        }
    }

    /// Runs the settings: the preview, the loudspeaker test, and the list of devices, which is kept up to date. When the
    /// future is dropped, all devices are freed.
    pub async fn run(&self) {
        join!(self.follow_devices(), preview::run(self), speaker_test::run(self));
    }

    async fn follow_devices(&self) {
        self.list_devices().await;
        let Ok(mut changes) = media::device_changes() else { return };
        while let Some(changed) = changes.next().await {
            if let Ok(changed) = changed {
                self.devices.list(&changed.devices);
            }
        }
    }

    /// Moves the settings into another view.
    pub fn move_to(&self, parent: &Element) {
        dom::append(parent, &self.section);
    }
}
