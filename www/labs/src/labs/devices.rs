//! Cameras, microphones and loudspeakers: listed, changed while they run, and followed as they are plugged in and out.

use std::fmt::Display;

use browser_rtc::{
    EventStream, Result,
    media::{self, Constraints, DeviceInfo, DeviceKind, MediaStream, Video, exact},
};
use futures::{StreamExt, future::try_join};
use wasm_bindgen::JsCast;
use web_sys::{HtmlOptionElement, HtmlSelectElement, HtmlVideoElement};

/// Shows the camera that is chosen in `cameras`, and lists the devices.
pub async fn run(
    cameras: &HtmlSelectElement,
    video: &HtmlVideoElement,
    show: impl Fn(&str, &dyn Display),
) -> Result<()> {
    // Browsers name the devices once the user has allowed one.
    let first = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
    let devices = media::devices().await?;
    offer(cameras, &devices);
    list(&devices, &show);

    let plugged = async {
        let mut changes = media::device_changes()?;
        while let Some(change) = changes.next().await.transpose()? {
            offer(cameras, &change.devices);
            list(&change.devices, &show);
        }
        Ok(())
    };
    try_join(plugged, switch(first, cameras, video, &show)).await?;
    Ok(())
}

/// Shows a stream, and another one whenever the user chooses another camera.
async fn switch(
    mut stream: MediaStream,
    cameras: &HtmlSelectElement,
    video: &HtmlVideoElement,
    show: impl Fn(&str, &dyn Display),
) -> Result<()> {
    let mut choices = EventStream::listen(cameras, "change", |_| Some(()));
    let mut switches = 0;
    loop {
        let shown = media::show(video, &stream)?;
        for track in stream.tracks() {
            show(&format!("In use: {}", track.kind()), &track.label());
        }
        show("Switches", &switches);
        if choices.next().await.is_none() {
            return Ok(());
        }
        let track = stream.video_tracks().into_iter().next();
        // Phones open a camera only if no other one is open. Stopping also turns off the light.
        stream.stop();
        show("Previous camera", &track.map_or("none".into(), |track| track.state().to_string()));
        let camera = Video::new().device_id(exact(cameras.value()));
        stream = media::get_user_media(&Constraints::new().video(camera)).await?;
        switches += 1;
        drop(shown);
    }
}

/// Shows the names of the devices.
fn list(devices: &[DeviceInfo], show: impl Fn(&str, &dyn Display)) {
    for kind in [DeviceKind::VideoInput, DeviceKind::AudioInput, DeviceKind::AudioOutput] {
        let names: Vec<_> =
            devices.iter().filter(|device| device.kind == kind).map(|device| device.label.as_str()).collect();
        show(&format!("Devices: {kind}"), &format_args!("{} ({})", names.len(), names.join(", ")));
    }
}

/// Fills the list with the cameras, and keeps the choice.
fn offer(cameras: &HtmlSelectElement, devices: &[DeviceInfo]) {
    let chosen = cameras.value();
    cameras.set_text_content(None);
    for camera in devices.iter().filter(|device| device.kind == DeviceKind::VideoInput) {
        if let Ok(option) = HtmlOptionElement::new_with_text_and_value(&camera.label, &camera.device_id) {
            let _ = cameras.append_child(option.unchecked_ref()); // never fails
        }
    }
    cameras.set_value(&chosen);
    if cameras.selected_index() < 0 {
        cameras.set_selected_index(0);
    }
}
