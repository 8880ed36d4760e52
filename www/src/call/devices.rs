//! The choice of the microphone, the camera and the loudspeaker during a call.

use std::cell::RefCell;

use browser_rtc::{
    ErrorKind, EventStream, Result,
    media::{self, AudioOutputOptions, DeviceInfo, DeviceKind},
};
use futures::{FutureExt, StreamExt, select_biased};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlInputElement};

use crate::{
    dom::{self, Dom, MissingElement, Template},
    page::Page,
    texts::call::{self as texts, Device},
    ui::features,
};

/// A group of radio buttons, one a device.
pub struct Choices {
    group: HtmlElement,
    name: String,
    template: Template,
    selected: RefCell<Option<String>>,
    listed: RefCell<Vec<DeviceInfo>>,
}

impl Choices {
    pub fn find(dom: &Dom, id: &str) -> std::result::Result<Self, MissingElement> {
        Ok(Self {
            group: dom.get(id)?,
            name: id.to_owned(),
            template: Template::find(dom, "choice-template")?,
            selected: RefCell::default(),
            listed: RefCell::default(),
        })
    }

    /// The ids of the devices that the user chooses.
    pub fn chosen(&self) -> EventStream<String> {
        EventStream::listen(&self.group, "change", |event| {
            Some(event.target()?.dyn_into::<HtmlInputElement>().ok()?.value())
        })
    }

    pub fn select(&self, id: Option<String>) {
        let inputs = self.group.get_elements_by_tag_name("input");
        for input in (0..inputs.length()).filter_map(|index| inputs.item(index)?.dyn_into::<HtmlInputElement>().ok()) {
            input.set_checked(id == Some(input.value()));
        }
        self.selected.replace(id);
    }

    /// Lists the devices of a kind. Nothing changes if they are listed already, so that the focus stays where it is.
    fn list(&self, devices: &[DeviceInfo], kind: &DeviceKind) {
        let devices: Vec<_> =
            devices.iter().filter(|device| device.kind == *kind && can_be_chosen(device)).cloned().collect();
        if *self.listed.borrow() == devices {
            return;
        }
        while let Ok(Some(old)) = self.group.query_selector(".choice") {
            old.remove();
        }
        for device in &devices {
            let _template_has_all_parts = self.add(device);
        }
        self.group.set_hidden(devices.is_empty());
        self.listed.replace(devices);
        self.select(self.selected.take());
    }

    fn add(&self, device: &DeviceInfo) -> std::result::Result<(), MissingElement> {
        let choice = self.template.copy()?;
        let input: HtmlInputElement = dom::within(&choice, "input")?;
        input.set_name(&self.name);
        input.set_value(&device.device_id);
        dom::within::<Element>(&choice, "span")?.set_text_content(Some(&device.label));
        dom::append(&self.group, &choice);
        Ok(())
    }
}

/// Returns whether a device is listed. Before the user has allowed a capture, devices have no ids. Chromium also lists the
/// default device, which follows the system's choice, and that for communications, which is one of the others.
fn can_be_chosen(device: &DeviceInfo) -> bool {
    !matches!(device.device_id.as_str(), "" | "communications")
}

pub struct Devices {
    pub microphones: Choices,
    pub cameras: Choices,
    speakers: Choices,
    choose_speaker: HtmlButtonElement,
}

impl Devices {
    pub fn find(dom: &Dom) -> std::result::Result<Self, MissingElement> {
        Ok(Self {
            microphones: Choices::find(dom, "call-microphones")?,
            cameras: Choices::find(dom, "call-cameras")?,
            speakers: Choices::find(dom, "call-speakers")?,
            choose_speaker: dom.get("choose-speaker")?,
        })
    }

    /// Lists the devices. Their names are known once the user has allowed a capture.
    pub async fn list(&self, page: &Page) -> Result<()> {
        let devices = media::devices().await?;
        self.microphones.list(&devices, &DeviceKind::AudioInput);
        self.cameras.list(&devices, &DeviceKind::VideoInput);
        // A browser that always plays on the default loudspeaker of the system has no id of it.
        if let Ok(current) = media::sink_id(&page.call.person.video) {
            self.speakers.list(&devices, &DeviceKind::AudioOutput);
            self.speakers.select(Some(if current.is_empty() { "default".into() } else { current }));
        }
        Ok(())
    }
}

/// Follows the list of devices, and changes the loudspeaker, until the future is dropped.
pub async fn run(page: &Page) -> Result<()> {
    let devices = &page.call.devices;
    // Chromium lists all loudspeakers, and Firefox those that the user has chosen in its dialog.
    devices.choose_speaker.set_hidden(!features::has_media_device_member("selectAudioOutput"));
    let (mut chosen, mut clicks) = (devices.speakers.chosen(), dom::clicks(&devices.choose_speaker));
    let mut changes = media::device_changes()?;
    // The elements keep the loudspeaker of the last call. An empty id is the default one, which also plays if the chosen one
    // is gone.
    let _ = set_speaker(page, &page.settings.speaker().unwrap_or_default()).await;
    loop {
        devices.list(page).await?;
        let id = select_biased! {
            _change = changes.next().fuse() => continue,
            id = chosen.select_next_some() => Ok(id),
            () = clicks.select_next_some() => choose_speaker().await,
        };
        let done = match id {
            Ok(id) => {
                page.settings.choose(&DeviceKind::AudioOutput, &id);
                set_speaker(page, &id).await
            }
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => {}
            // The user has closed the dialog.
            Err(error) if *error.kind() == ErrorKind::NotAllowed => {}
            Err(error) => page.notices.fail(texts::not_opened(&error, Device::Speaker)),
        }
    }
}

async fn choose_speaker() -> Result<String> {
    Ok(media::select_audio_output(&AudioOutputOptions::new()).await?.device_id)
}

async fn set_speaker(page: &Page, id: &str) -> Result<()> {
    for tile in [&page.call.person, &page.call.screen] {
        media::set_sink_id(&tile.video, id).await?;
    }
    Ok(())
}
