//! The preview of the own picture, and of the level of the microphone.

use std::{pin::pin, time::Duration};

use browser_rtc::{
    ErrorKind, EventStream,
    media::{self, LevelMeter, MediaStreamTrack},
};
use futures::{FutureExt, StreamExt, future::join, select_biased, stream::select};
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlVideoElement};

use super::{Chosen, Settings};
use crate::{
    capture::{self, LocalMedia},
    dom::{self, Dom, Mark, MissingElement},
    texts::{self, permission},
};

pub struct PreviewView {
    frame: Element,
    video: HtmlVideoElement,
    level: HtmlElement,
    button: HtmlButtonElement,
    text: Element,
    steps: HtmlElement,
}

impl PreviewView {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self {
            frame: dom.get("preview")?,
            video: dom.get("preview-video")?,
            level: dom.get("preview-level")?,
            button: dom.get("preview-button")?,
            text: dom.get("preview-text")?,
            steps: dom.get("permission-steps")?,
        })
    }

    fn report(&self, text: &str) {
        self.text.set_text_content(Some(text));
    }

    fn show_steps(&self, steps: &[&str]) {
        self.steps.set_text_content(None);
        self.steps.set_hidden(steps.is_empty());
        let Ok(dom) = Dom::current() else { return };
        for step in steps {
            if let Ok(step) = dom.create("li", step) {
                dom::append(&self.steps, &step);
            }
        }
    }

    /// Shows the level from 0 to 100.
    fn show_level(&self, percent: u8) {
        let percent = percent.to_string();
        dom::set_attribute(&self.level, "aria-valuenow", &percent);
        dom::set_property(&self.level, "--level", &percent);
    }
}

/// Runs the preview whenever the user starts it. When the future is dropped, the devices are freed.
pub async fn run(settings: &Settings) {
    let view = &settings.preview;
    let mut clicks = dom::clicks(&view.button);
    loop {
        clicks.select_next_some().await;
        let _running = Running::start(view);
        let mut preview = pin!(preview(settings).fuse());
        select_biased! {
            () = clicks.select_next_some() => {}
            () = preview => {}
        }
    }
}

/// Marks the preview as running, until it is dropped.
struct Running<'a> {
    view: &'a PreviewView,
    _mark: Mark<'a>,
}

impl<'a> Running<'a> {
    fn start(view: &'a PreviewView) -> Self {
        view.button.set_text_content(Some(texts::devices::STOP_PREVIEW));
        Self { view, _mark: Mark::new(&view.frame, "data-running") }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.view.button.set_text_content(Some(texts::devices::START_PREVIEW));
        self.view.level.set_hidden(true);
        self.view.report("");
        self.view.show_steps(&[]);
    }
}

/// Opens the chosen devices, and others when the user changes the choice.
async fn preview(settings: &Settings) {
    let view = &settings.preview;
    let listen = |event| EventStream::listen(&settings.section, event, |_| Some(()));
    let mut changes = select(listen("change"), listen("click"));
    loop {
        let chosen = settings.chosen();
        view.show_steps(&[]);
        let mut showing = pin!(show(settings, chosen.as_ref().ok()).fuse());
        if let Err(failure) = &chosen {
            view.report(failure.sentence());
        }
        loop {
            select_biased! {
                () = showing => {}
                () = changes.select_next_some() => if settings.chosen().ok() != chosen.as_ref().ok().cloned() {
                    break;
                }
            }
        }
    }
}

/// Shows the chosen devices.
async fn show(settings: &Settings, chosen: Option<&Chosen>) {
    let Some(chosen) = chosen else { return };
    let view = &settings.preview;
    view.report(texts::devices::OPENING);
    let opened = capture::open_available(chosen).await;
    settings.list_devices().await;
    let (media, incomplete) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            if *error.kind() == ErrorKind::NotAllowed {
                view.show_steps(permission::steps());
            }
            return view.report(&texts::capture::reason(&error, chosen.kinds, chosen.exact_width));
        }
    };
    view.report(incomplete.as_ref().map_or("", |failure| failure.sentence()));
    join(show_picture(view, &media), show_level(view, media.microphone())).await;
}

async fn show_picture(view: &PreviewView, media: &LocalMedia) {
    let (Some(stream), Some(camera)) = (&media.stream, media.camera()) else { return };
    let Ok(_shown) = media::show(&view.video, stream) else { return };
    let _mark = Mark::new(&view.frame, "data-picture");
    camera.ended().await;
    view.report(texts::devices::CAMERA_ENDED);
}

async fn show_level(view: &PreviewView, microphone: Option<MediaStreamTrack>) {
    let Some(microphone) = microphone else { return view.level.set_hidden(true) };
    let Ok(meter) = LevelMeter::new(&microphone) else { return };
    let Ok(mut levels) = meter.levels(Duration::from_millis(80)) else { return };
    view.level.set_hidden(false);
    while let Some(level) = levels.next().await {
        view.show_level(percent(level.rms));
    }
    view.level.set_hidden(true);
    view.report(texts::devices::MICROPHONE_ENDED);
}

/// Returns the height of the bar for a level, from silence at -60 dB to the full scale at 0 dB, in percent.
fn percent(level: f32) -> u8 {
    let decibels = 20.0 * level.max(1e-6).log10();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is 0 to 100")]
    let percent = ((decibels + 60.0) / 0.6).clamp(0.0, 100.0).round() as u8;
    percent
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn level_is_shown_in_decibels() {
        assert_eq!([0.0, 0.001, 0.1, 1.0, 2.0].map(percent), [0, 0, 67, 100, 100]);
    }
}
