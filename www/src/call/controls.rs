//! The buttons of the microphone and the camera, each with the choice of its device.

use std::future;

use browser_rtc::{
    Result,
    media::{DeviceKind, MediaStreamTrack},
};
use futures::{FutureExt, StreamExt, join, select_biased};
use web_sys::{HtmlButtonElement, HtmlElement};

use super::{devices::Devices, own::Own};
use crate::{
    dom::{self, Dom, MissingElement},
    page::Page,
    texts::call::{self as texts, Device},
};

pub struct Controls {
    microphone: HtmlButtonElement,
    camera: HtmlButtonElement,
    own_tile: HtmlElement,
}

impl Controls {
    pub fn find(dom: &Dom) -> std::result::Result<Self, MissingElement> {
        Ok(Self {
            microphone: dom.get("toggle-microphone")?,
            camera: dom.get("toggle-camera")?,
            own_tile: dom.get("own-tile")?,
        })
    }

    fn show(&self, own: &Own<'_>, devices: &Devices) {
        let has_camera = own.camera.track().is_some();
        for (button, is_off) in [(&self.microphone, !own.is_heard()), (&self.camera, !has_camera)] {
            dom::set_attribute(button, "aria-pressed", if is_off { "true" } else { "false" });
        }
        dom::set_flag(&self.own_tile, "data-muted", !own.is_heard());
        dom::set_flag(&self.own_tile, "data-camera-off", !has_camera);
        dom::set_flag(&self.own_tile, "data-faces-away", own.faces_away());
        devices.microphones.select(own.microphone.id());
        devices.cameras.select(own.camera.id());
    }
}

/// Turns the microphone and the camera off and on, and changes them, until the future is dropped.
pub async fn run(page: &Page, own: &Own<'_>) {
    join!(microphone(page, own), camera(page, own));
}

async fn microphone(page: &Page, own: &Own<'_>) {
    let (controls, devices) = (&page.call.controls, &page.call.devices);
    let (mut clicks, mut choices) = (dom::clicks(&controls.microphone), devices.microphones.chosen());
    loop {
        controls.show(own, devices);
        let done = select_biased! {
            () = clicks.select_next_some() => own.set_muted(own.is_heard()).await,
            id = choices.select_next_some() => {
                page.settings.choose(&DeviceKind::AudioInput, &id);
                own.use_device(&own.microphone, Some(id)).await
            }
            () = unplugged(own.microphone.track()).fuse() => {
                page.notices.fail(texts::unplugged(Device::Microphone));
                own.turn_off(&own.microphone).await
            }
        };
        report(page, done, Device::Microphone).await;
    }
}

async fn camera(page: &Page, own: &Own<'_>) {
    let (controls, devices) = (&page.call.controls, &page.call.devices);
    let (mut clicks, mut choices) = (dom::clicks(&controls.camera), devices.cameras.chosen());
    loop {
        controls.show(own, devices);
        let done = select_biased! {
            () = clicks.select_next_some() => match own.camera.track() {
                Some(_) => own.turn_off(&own.camera).await,
                None => own.use_device(&own.camera, None).await,
            },
            id = choices.select_next_some() => {
                page.settings.choose(&DeviceKind::VideoInput, &id);
                own.use_device(&own.camera, Some(id)).await
            }
            () = unplugged(own.camera.track()).fuse() => {
                page.notices.fail(texts::unplugged(Device::Camera));
                own.turn_off(&own.camera).await
            }
        };
        report(page, done, Device::Camera).await;
    }
}

async fn report(page: &Page, done: Result<()>, device: Device) {
    // The user may have allowed a device now, so that its name is known.
    match done {
        Ok(()) => drop(page.call.devices.list(page).await),
        Err(error) if error.is_closed() => {}
        Err(error) => page.notices.fail(texts::not_opened(&error, device)),
    }
}

/// Resolves when the device of the track is unplugged, or the browser takes it away.
async fn unplugged(track: Option<MediaStreamTrack>) {
    match track {
        Some(track) => track.ended().await,
        None => future::pending().await,
    }
}
