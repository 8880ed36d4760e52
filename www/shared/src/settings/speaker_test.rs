//! The test of the loudspeaker, by a short melody.

use browser_rtc::media::DeviceKind;
use futures::{FutureExt, StreamExt, select_biased};
use gloo_timers::future::TimeoutFuture;
use web_sys::{Element, HtmlButtonElement};

use super::Settings;
use crate::{
    dom::{self, Dom, MissingElement},
    sound::{Player, Tone},
    texts::devices as texts,
};

const MELODY: [Tone; 3] = [
    Tone { frequency: 523.25, start: 0.0, length: 0.25 },
    Tone { frequency: 659.25, start: 0.25, length: 0.25 },
    Tone { frequency: 783.99, start: 0.5, length: 0.5 },
];

/// The time in milliseconds for which the melody plays.
const MELODY_TIME: u32 = 1200;

pub struct SpeakerTest {
    button: HtmlButtonElement,
    result: Element,
}

impl SpeakerTest {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self { button: dom.get("test-speaker")?, result: dom.get("speaker-result")? })
    }
}

/// Plays the melody whenever the user starts the test.
pub async fn run(settings: &Settings) {
    let SpeakerTest { button, result } = &settings.speaker_test;
    let mut clicks = dom::clicks(button);
    clicks.select_next_some().await;
    loop {
        let speaker = settings.devices.chosen(&DeviceKind::AudioOutput);
        let Some(player) = Player::open(speaker.as_deref()).await else { return };
        player.play(&MELODY);
        result.set_text_content(Some(texts::SPEAKER_TEST));
        select_biased! {
            () = clicks.select_next_some() => continue,
            () = TimeoutFuture::new(MELODY_TIME).fuse() => {}
        }
        drop(player);
        clicks.select_next_some().await;
    }
}
