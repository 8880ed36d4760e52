//! Audio levels.

mod context;

use std::{fmt, future::Future, pin::pin, rc::Rc, time::Duration};

use futures::{
    StreamExt,
    future::{Either, select},
    stream::{self, FusedStream},
};
use js_sys::Array;

use self::context::{SharedContext, Tap};
use super::MediaStreamTrack;
use crate::{
    error::{During, Error, ErrorKind, Result},
    event::EventStream,
    identity::identity,
    promise::settled,
    sys::{
        audio_context::{AudioContext, AudioNode},
        media_element::{self, MediaElement},
    },
    timer::{self, Sleep},
    wake::CloseSignal,
};

const OPERATION: &str = "LevelMeter";

/// The level of audio over a short time, from 0 (silence) to 1 (full scale). Several channels are mixed to one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Level {
    /// The root mean square, which approximates the perceived loudness. It is 0.71 for a full-scale sine.
    pub rms: f32,
    /// The maximum amplitude.
    pub peak: f32,
}

impl Level {
    fn from_samples(samples: &[f32]) -> Self {
        let squares: f32 = samples.iter().map(|sample| sample * sample).sum();
        let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        #[expect(clippy::cast_precision_loss, reason = "there are at most 32768 samples")]
        let mean = squares / samples.len().max(1) as f32;
        Self { rms: mean.sqrt().min(1.0), peak: peak.min(1.0) }
    }
}

/// A meter of the level of a local or remote audio track.
///
/// Clones share one meter, which keeps the track alive. All meters of a page share one [audio
/// context](https://webaudio.github.io/web-audio-api/#AudioContext), which closes when the last meter is dropped.
///
/// Browsers process audio only after the user has clicked in the page or pressed a key. Chromium also does so while the
/// page captures a microphone, and Firefox requires an audio output. See [`resume`](Self::resume).
///
/// ```no_run
/// # use browser_rtc::{media::{LevelMeter, MediaStream}, Result};
/// # use futures::StreamExt;
/// # use std::time::Duration;
/// # async fn example(microphone: &MediaStream, draw: impl Fn(f32)) -> Result<()> {
/// for track in microphone.audio_tracks() {
///     let meter = LevelMeter::new(&track)?;
///     let mut levels = meter.levels(Duration::from_millis(100))?;
///     while let Some(level) = levels.next().await {
///         draw(level.rms);
///     } // ends when the track has ended
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct LevelMeter(Rc<SharedMeter>);

struct SharedMeter {
    tap: Tap,
    source: AudioNode,
    /// Plays the stream. Chromium provides no audio of a remote track that no element plays.
    element: Option<MediaElement>,
    track: MediaStreamTrack,
    end: CloseSignal,
    context: Rc<SharedContext>,
}

impl LevelMeter {
    /// Creates a meter of a track, which starts to measure.
    ///
    /// # Errors
    /// - `InvalidState` for a video track.
    /// - `NotSupported` if the browser has no `AudioContext`.
    pub fn new(track: &MediaStreamTrack) -> Result<Self> {
        let context = SharedContext::get(OPERATION)?;
        let stream = web_sys::MediaStream::new_with_tracks(&Array::of1(track.as_raw())).during(OPERATION)?;
        let source = context.0.source(&stream).during(OPERATION)?;
        // 43 ms at 48 kHz.
        let tap = Tap::new(OPERATION, &context.0, &source, 2048)?;
        let element = media_element::create("audio");
        if let Some(element) = &element {
            element.set_muted(true);
            element.set_source(Some(&stream)).during(OPERATION)?;
        }
        context.request_start();
        Ok(Self(Rc::new(SharedMeter {
            tap,
            source,
            element,
            track: track.clone(),
            end: CloseSignal::default(),
            context,
        })))
    }

    /// Returns the track that is measured.
    #[must_use]
    pub fn track(&self) -> &MediaStreamTrack {
        &self.0.track
    }

    /// Returns the level over the last 50 ms or so. It is 0 while the meter is not [running](Self::is_running), and for
    /// a track that is disabled, muted or ended.
    #[must_use]
    pub fn level(&self) -> Level {
        level(&self.0.context.0, &self.0.tap)
    }

    /// Returns a stream of the level since the previous item. The first item follows after `interval`, and each later
    /// one `interval` after the previous one was taken from the stream. It ends when the track ends or the last handle
    /// of the meter is dropped. The interval is at least 1 ms; of a longer one, the last 0.7 s are measured.
    ///
    /// # Errors
    /// The error that the browser throws. No case is known in which Chromium or Firefox throws.
    pub fn levels(&self, interval: Duration) -> Result<impl FusedStream<Item = Level> + Unpin + use<>> {
        let ms = timer::milliseconds(interval);
        let context = &self.0.context.0;
        let tap = Tap::new(OPERATION, context, &self.0.source, window(ms, context.sample_rate()))?;
        let end = select(self.0.end.wait(), self.0.track.ended());
        let levels = stream::unfold((tap, context.clone(), end), move |(tap, context, end)| async move {
            match select(end, Sleep::new(ms)).await {
                Either::Left(_) => None,
                Either::Right(((), end)) => Some((level(&context, &tap), (tap, context, end))),
            }
        });
        Ok(Box::pin(levels.fuse()))
    }

    /// Returns whether the meter measures. If the browser requires a click or a key press of the user first, call
    /// [`resume`](Self::resume) in it.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.0.context.is_running()
    }

    /// Returns a stream of the value of [`is_running`](Self::is_running): the current one, then each change.
    pub fn running_changes(&self) -> EventStream<bool> {
        let context = self.0.context.0.clone();
        let running = move || context.state() == "running";
        EventStream::from_states(&self.0.end, &self.0.context.0, &["statechange"], running)
    }

    /// Starts to measure, and resolves when the meter measures. A new meter starts automatically if the browser permits
    /// it; otherwise, call this in a click or a key press.
    /// [Specification](https://webaudio.github.io/web-audio-api/#dom-audiocontext-resume)
    ///
    /// # Errors
    /// - `Timeout` if the meter does not measure after a second: the browser requires a click first or, in Firefox, an
    ///   audio output. The meter may still start later; see [`running_changes`](Self::running_changes).
    /// - `Closed` if the last handle of the meter is dropped.
    ///
    /// # Cancel safety
    /// This function is cancel safe: the request stays in effect.
    pub fn resume(&self) -> impl Future<Output = Result<()>> + use<> {
        const OPERATION: &str = "AudioContext.resume";
        let (context, end) = (self.0.context.0.clone(), self.0.end.clone());
        async move {
            let resumed = pin!(settled(OPERATION, &end, || context.resume()));
            match select(resumed, Sleep::new(1000)).await {
                Either::Left((resumed, _)) => resumed.map(drop),
                Either::Right(_) => {
                    let advice = "the level meter is not running: call resume in a click, and check that there is an audio output";
                    Err(Error::new(OPERATION, ErrorKind::Timeout, advice))
                }
            }
        }
    }
}

impl Drop for SharedMeter {
    fn drop(&mut self) {
        self.end.set();
        // Browsers throw if the source is not connected.
        let _ = self.source.disconnect();
        if let Some(element) = &self.element {
            // Emptying an element never fails.
            let _ = element.set_source(None);
        }
    }
}

impl fmt::Debug for LevelMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LevelMeter").field("track", &self.0.track).finish_non_exhaustive()
    }
}

/// Returns the level of the tap. A suspended context still has earlier samples, which do not count.
fn level(context: &AudioContext, tap: &Tap) -> Level {
    if context.state() == "running" { tap.level() } else { Level::default() }
}

/// Returns the number of samples that cover a time: a power of two in the range of an analyser.
fn window(ms: u32, sample_rate: f32) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "clamped")]
    let samples = (ms as f32 / 1000.0 * sample_rate).clamp(32.0, 32768.0) as u32;
    samples.next_power_of_two()
}

identity!(LevelMeter, |this, other| Rc::ptr_eq(&this.0, &other.0));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_covers_interval() {
        assert_eq!(window(1, 44_100.0), 64);
        assert_eq!(window(100, 48_000.0), 8192);
        assert_eq!(window(0, 0.0), 32);
        assert_eq!(window(u32::MAX, 192_000.0), 32_768);
    }

    #[test]
    fn levels_are_within_range() {
        assert_eq!(Level::from_samples(&[]), Level::default());
        assert_eq!(Level::from_samples(&[0.5, -0.5]), Level { rms: 0.5, peak: 0.5 });
        assert_eq!(Level::from_samples(&[3.0, -4.0]), Level { rms: 1.0, peak: 1.0 });
    }
}
