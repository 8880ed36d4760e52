//! The choice of the microphone, the camera and the loudspeaker during a call.

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
}

impl Choices {
    pub fn find(dom: &Dom, id: &str) -> std::result::Result<Self, MissingElement> {
        Ok(Self { group: dom.get(id)?, name: id.to_owned(), template: Template::find(dom, "choice-template")? })
    }

    /// The ids of the devices that the user chooses.
    pub fn chosen(&self) -> EventStream<String> {
        EventStream::listen(&self.group, "change", |event| {
            Some(event.target()?.dyn_into::<HtmlInputElement>().ok()?.value())
        })
    }

    pub fn select(&self, id: Option<&str>) {
        for input in self.inputs() {
            input.set_checked(id == Some(&input.value()));
        }
    }

    fn inputs(&self) -> impl Iterator<Item = HtmlInputElement> {
        let inputs = self.group.get_elements_by_tag_name("input");
        (0..inputs.length()).filter_map(move |index| inputs.item(index)?.dyn_into().ok())
    }

    fn selected(&self) -> Option<String> {
        self.inputs().find(HtmlInputElement::checked).map(|input| input.value())
    }

    fn list(&self, devices: &[DeviceInfo], kind: &DeviceKind) {
        let selected = self.selected();
        while let Ok(Some(old)) = self.group.query_selector(".choice") {
            old.remove();
        }
        let devices: Vec<_> = devices.iter().filter(|device| device.kind == *kind && can_be_chosen(device)).collect();
        for device in &devices {
            let _template_has_all_parts = self.add(device);
        }
        self.group.set_hidden(devices.is_empty());
        self.select(selected.as_deref());
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

/// Returns whether a device is listed. Chromium lists the default devices a second time under special ids.
fn can_be_chosen(device: &DeviceInfo) -> bool {
    !matches!(device.device_id.as_str(), "" | "default" | "communications")
}

pub struct Speakers {
    choices: Choices,
    choose: HtmlButtonElement,
}

impl Speakers {
    pub fn find(dom: &Dom) -> std::result::Result<Self, MissingElement> {
        Ok(Self { choices: Choices::find(dom, "call-speakers")?, choose: dom.get("choose-speaker")? })
    }
}

/// Lists the devices, and changes the loudspeaker, until the future is dropped.
pub async fn run(page: &Page) -> Result<()> {
    let (controls, speakers) = (&page.call.controls, &page.call.speakers);
    let can_set = features::has_member(&page.call.person.video, "setSinkId");
    // Chromium lists all loudspeakers, and Firefox those that the user has chosen in its dialog.
    speakers.choose.set_hidden(!(can_set && features::has_media_device_member("selectAudioOutput")));
    let (mut chosen, mut clicks) = (speakers.choices.chosen(), dom::clicks(&speakers.choose));
    let mut changes = media::device_changes()?;
    loop {
        let devices = media::devices().await?;
        controls.microphones.list(&devices, &DeviceKind::AudioInput);
        controls.cameras.list(&devices, &DeviceKind::VideoInput);
        if can_set {
            speakers.choices.list(&devices, &DeviceKind::AudioOutput);
        }
        let id = select_biased! {
            _change = changes.next().fuse() => continue,
            id = chosen.select_next_some() => Ok(id),
            () = clicks.select_next_some() => choose_speaker().await,
        };
        let done = match id {
            Ok(id) => set_speaker(page, &id).await,
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
    page.call.speakers.choices.select(Some(id));
    Ok(())
}
