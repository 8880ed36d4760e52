//! A level meter for a microphone, which also plays in an audio element.

use std::{fmt::Display, time::Duration};

use browser_rtc::{
    Result,
    media::{self, Constraints, LevelMeter},
};
use futures::StreamExt;
use web_sys::{HtmlAudioElement, HtmlMeterElement};

/// Shows the level of the microphone twenty times a second.
pub async fn run(bar: &HtmlMeterElement, audio: &HtmlAudioElement, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let microphone = media::get_user_media(&Constraints::new().audio(true)).await?;
    let _playing = media::show(audio, &microphone)?;
    let Some(track) = microphone.audio_tracks().into_iter().next() else { return Ok(()) };
    show("Microphone", &track.label());

    let meter = LevelMeter::new(&track)?;
    // A browser measures audio only after the user has clicked or pressed a key.
    show("Meter", &if meter.is_running() { "running" } else { "waiting for the browser" });
    meter.resume().await?;
    show("Meter", &"running");

    let mut levels = meter.levels(Duration::from_millis(50))?;
    let (mut count, mut loudest) = (0, 0.0_f32);
    while let Some(level) = levels.next().await {
        count += 1;
        loudest = loudest.max(level.peak);
        bar.set_value(level.rms.sqrt().into());
        show("Loudness", &decibels(level.rms));
        show("Peak", &decibels(level.peak));
        show("Loudest peak", &decibels(loudest));
        show("Measurements", &count);
    }
    Ok(())
}

/// Formats a level, 0 to 1, in decibels below full scale.
fn decibels(level: f32) -> String {
    if level > 0.0 { format!("{:.0} dB", 20.0 * level.log10()) } else { "silent".into() }
}
