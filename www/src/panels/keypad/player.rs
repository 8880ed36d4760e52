//! Sequences of tones, each with its own timing, played one after the other.

use std::collections::VecDeque;

use browser_rtc::{
    Result,
    dtmf::{DtmfSender, Timing, Tone, Tones},
};

/// Plays sequences in order. The browser plays one sequence, whose tones all have the same timing; sequences with
/// another timing wait until it has been played.
pub struct Player {
    dtmf: DtmfSender,
    /// The timing of the sequence that the browser plays.
    timing: Timing,
    is_playing: bool,
    waiting: VecDeque<(Tones, Timing)>,
}

impl Player {
    pub fn new(dtmf: DtmfSender) -> Self {
        Self { dtmf, timing: Timing::new(), is_playing: false, waiting: VecDeque::new() }
    }

    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// Plays tones instead of the pending ones. The current tone plays to its end.
    pub fn play(&mut self, tones: &Tones, timing: Timing) -> Result<()> {
        // The keypad follows all tones of the sender. Dropping the play-out stops no tone.
        let _play_out = self.dtmf.insert(tones, timing)?;
        self.waiting.clear();
        (self.timing, self.is_playing) = (timing, true);
        Ok(())
    }

    /// Plays tones after the pending ones.
    pub fn append(&mut self, tones: Tones, timing: Timing) -> Result<()> {
        if !self.is_playing {
            return self.play(&tones, timing);
        }
        if self.waiting.is_empty() && timing == self.timing {
            let _play_out = self.dtmf.append(&tones)?;
        } else {
            self.waiting.push_back((tones, timing));
        }
        Ok(())
    }

    /// Discards the pending tones. The current tone plays to its end.
    pub fn cancel(&mut self) -> Result<()> {
        self.waiting.clear();
        self.dtmf.cancel()
    }

    /// Starts the next sequence when the last tone of a sequence has ended.
    pub fn tone_changed(&mut self, tone: Option<Tone>) -> Result<()> {
        self.is_playing = tone.is_some();
        if self.is_playing {
            return Ok(());
        }
        self.waiting.pop_front().map_or(Ok(()), |(tones, timing)| {
            let _play_out = self.dtmf.insert(&tones, timing)?;
            (self.timing, self.is_playing) = (timing, true);
            Ok(())
        })
    }

    /// Returns the tones that are yet to be played.
    pub fn queue(&self) -> String {
        let mut queue = self.dtmf.tone_buffer();
        for (tones, _) in &self.waiting {
            queue.push(' ');
            queue.push_str(tones.as_str());
        }
        queue
    }
}
