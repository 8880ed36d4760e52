//! Short sounds, made of tones by the browser's audio context.

use browser_rtc::media;
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::JsValue;
use web_sys::{AudioContext, AudioNode, GainNode, HtmlAudioElement, OscillatorNode};

/// A tone of a sound.
pub struct Tone {
    /// The frequency in hertz.
    pub frequency: f32,
    /// The start in seconds from the start of the sound.
    pub start: f64,
    /// The length in seconds.
    pub length: f64,
}

/// The greatest amplitude of a tone, of which 1 is the full scale.
const GAIN: f32 = 0.16;
/// The time in seconds in which a tone becomes loud or silent, without which it clicks.
const RAMP: f64 = 0.03;

/// A player of sounds, which is silent when it is dropped. Browsers play nothing until the user has clicked in the page or
/// pressed a key.
pub struct Player {
    context: AudioContext,
    output: AudioNode,
    element: Option<HtmlAudioElement>,
}

impl Player {
    /// Opens the loudspeaker with this id, or the default one. If that loudspeaker is not available, the default one is
    /// used. Returns `None` if the browser has no audio context.
    pub async fn open(speaker: Option<&str>) -> Option<Self> {
        let context = AudioContext::new().ok()?;
        let mut player = Self { output: context.destination().into(), context, element: None };
        // Browsers start the context at once or never, and then play nothing.
        let _started = player.context.resume();
        if let Some(speaker) = speaker {
            // On failure, the player keeps the default loudspeaker.
            let _ = player.move_to(speaker).await;
        }
        Some(player)
    }

    /// Plays through an element, which unlike a context can be moved to a loudspeaker in all browsers.
    async fn move_to(&mut self, speaker: &str) -> Result<(), JsValue> {
        let element = HtmlAudioElement::new()?;
        let output = self.context.create_media_stream_destination()?;
        media::set_sink_id(&element, speaker).await.map_err(|error| JsValue::from_str(error.message()))?;
        element.set_src_object(Some(&output.stream()));
        let _playing = element.play()?;
        self.output = output.into();
        self.element = Some(element);
        Ok(())
    }

    /// Plays the tones.
    pub fn play(&self, sound: &[Tone]) {
        for tone in sound {
            // A browser that creates the context also creates its nodes.
            let _ = self.schedule(tone);
        }
    }

    /// Plays the tones, and again in each period of this length in milliseconds, until the future is dropped.
    pub async fn repeat(&self, sound: &[Tone], period: u32) {
        loop {
            self.play(sound);
            TimeoutFuture::new(period).await;
        }
    }

    fn schedule(&self, Tone { frequency, start, length }: &Tone) -> Result<(), JsValue> {
        let (tone, volume) = (OscillatorNode::new(&self.context)?, GainNode::new(&self.context)?);
        let start = self.context.current_time() + start;
        let end = start + length;
        tone.frequency().set_value(*frequency);
        let gain = volume.gain();
        gain.set_value_at_time(0.0, start)?;
        gain.linear_ramp_to_value_at_time(GAIN, start + RAMP)?;
        gain.set_value_at_time(GAIN, end - RAMP)?;
        gain.linear_ramp_to_value_at_time(0.0, end)?;
        tone.connect_with_audio_node(&volume)?;
        volume.connect_with_audio_node(&self.output)?;
        tone.start_with_when(start)?;
        tone.stop_with_when(end)
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // The context closes in the background.
        let _closing = self.context.close();
        if let Some(element) = &self.element {
            element.set_src_object(None);
        }
    }
}
