//! DTMF: touch tones in the audio of a call. [Specification](https://www.w3.org/TR/webrtc/#peer-to-peer-dtmf)

mod tones;

use std::{
    cell::Cell,
    fmt,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use futures::{Stream, StreamExt};
use wasm_bindgen::JsValue;

pub use self::tones::{ParseTonesError, Timing, Tone, Tones};
use crate::{
    error::{During, Error, ErrorKind, Result},
    event::{EventStream, Listener},
    identity::{identity, same_object},
    sys::{self, global},
    wake::{CloseSignal, Waiter, WakerSet},
};

/// A DTMF sender, which plays tones into the audio of an RTP sender.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcdtmfsender)
///
/// ```no_run
/// # use browser_rtc::{dtmf::{Timing, Tones}, peer::RtpSender, Result};
/// # use futures::StreamExt;
/// # async fn example(sender: RtpSender) -> Result<()> {
/// let keypad = sender.dtmf()?;
/// let mut played = keypad.insert(&"12#".parse::<Tones>()?, Timing::new())?;
/// while let Some(tone) = played.next().await { /* light the key */ }
/// # Ok(()) }
/// ```
#[doc(alias = "RTCDTMFSender")]
#[derive(Clone)]
pub struct DtmfSender(Rc<SharedDtmfSender>);

struct SharedDtmfSender {
    /// Observes the end of a play-out. It is attached before all other listeners, so that they see the new state.
    _tones: Listener,
    raw: sys::dtmf_sender::DtmfSender,
    /// The sender that the tones are played into.
    sender: sys::rtp_sender::RtpSender,
    end: CloseSignal,
    play_out: Rc<Current>,
}

/// The current play-out of the sender: each [`DtmfSender::insert`] starts another.
#[derive(Default)]
struct Current {
    number: Cell<u64>,
    timing: Cell<Timing>,
    /// Set also while the last tone plays, when the buffer is empty.
    playing: Cell<bool>,
    replaced: WakerSet,
}

impl Current {
    fn begin(&self, tones: &Tones, timing: Timing) {
        self.timing.set(timing);
        self.number.set(self.number.get() + 1);
        // Without tones, the end of the current tone is still to come.
        self.playing.set(self.playing.get() || !tones.is_empty());
        self.replaced.wake_all();
    }
}

impl DtmfSender {
    pub(crate) fn new(
        raw: sys::dtmf_sender::DtmfSender,
        sender: &sys::rtp_sender::RtpSender,
        end: &CloseSignal,
    ) -> Self {
        let play_out = Rc::<Current>::default();
        let listener = Listener::new(&raw, "tonechange", {
            let play_out = play_out.clone();
            move |event| play_out.playing.set(global::get(&event, "tone").is_truthy())
        });
        Self(Rc::new(SharedDtmfSender { _tones: listener, raw, sender: sender.clone(), end: end.clone(), play_out }))
    }

    /// The browser's own object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcdtmfSender {
        &self.0.raw
    }

    /// Returns whether tones can be played now: the connection is established and sends audio. Firefox before 129 does
    /// not report it, and this is true there while the connection is open.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtmfsender-caninsertdtmf)
    #[doc(alias = "RTCDTMFSender.canInsertDTMF")]
    #[must_use]
    pub fn can_insert(&self) -> bool {
        !self.0.end.is_set() && self.0.raw.can_insert_dtmf().unwrap_or(true)
    }

    /// Returns the tones that are still to be played.
    #[doc(alias = "RTCDTMFSender.toneBuffer")]
    #[must_use]
    pub fn tone_buffer(&self) -> String {
        self.0.raw.tone_buffer()
    }

    /// Plays these tones, in place of those in the buffer. Without tones it is the same as [`cancel`](Self::cancel).
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtmfsender-insertdtmf)
    ///
    /// # Errors
    /// `InvalidState` where tones cannot be played: the sender does not send now, as once its track is removed (in
    /// Chromium, once that is negotiated), or the peer's description has no `telephone-event`, which the message says.
    /// `Closed`.
    #[doc(alias = "RTCDTMFSender.insertDTMF")]
    pub fn insert(&self, tones: &Tones, timing: Timing) -> Result<PlayOut> {
        let over = tones.is_empty() && !self.0.play_out.playing.get();
        // The listener must exist before the first tone, and the number before the former play-out is polled.
        let number = self.0.play_out.number.get() + 1;
        let played = self.play_out(number);
        self.insert_raw(tones.as_str(), timing)?;
        self.0.play_out.begin(tones, timing);
        Ok(PlayOut { over, ..played })
    }

    /// Plays these tones after those in progress or in the buffer, with their timing, as part of the current play-out.
    /// Without a current play-out it is the same as [`insert`](Self::insert) with the default timing.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn append(&self, tones: &Tones) -> Result<PlayOut> {
        if !self.0.play_out.playing.get() {
            return self.insert(tones, Timing::default());
        }
        let played = self.play_out(self.0.play_out.number.get());
        self.insert_raw(&(self.tone_buffer() + tones.as_str()), self.0.play_out.timing.get())?;
        Ok(played)
    }

    /// Clears the buffer. A tone that is playing plays to its end.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn cancel(&self) -> Result<()> {
        self.insert_raw("", Timing::default())
    }

    /// Returns a stream of the tones as they start, whichever code inserted them: `None` is the end of a play-out.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtmfsender-ontonechange)
    #[doc(alias = "RTCDTMFSender.ontonechange")]
    #[doc(alias = "RTCDTMFToneChangeEvent.tone")]
    pub fn tone_changes(&self) -> EventStream<Option<Tone>> {
        EventStream::new(&self.0.end).on(&self.0.raw, "tonechange", |event| {
            let tone = global::get(&event, "tone").as_string()?;
            Some(tone.chars().next().and_then(|key| Tone::new(key).ok()))
        })
    }

    /// Returns whether codecs have been negotiated without the one for tones.
    fn is_refused_by_peer(&self) -> bool {
        let parameters = self.0.sender.parameters().unwrap_or_default();
        let codecs = global::items(&global::get(&parameters, "codecs"));
        let is_tones = |codec: &JsValue| {
            global::get_text(codec, "mimeType").is_some_and(|name| name.eq_ignore_ascii_case("audio/telephone-event"))
        };
        !codecs.is_empty() && !codecs.iter().any(is_tones)
    }

    fn play_out(&self, number: u64) -> PlayOut {
        let current = self.0.play_out.clone();
        PlayOut { changes: self.tone_changes(), replaced: current.replaced.waiter(), current, number, over: false }
    }

    fn insert_raw(&self, tones: &str, timing: Timing) -> Result<()> {
        const OPERATION: &str = "insertDTMF";
        if self.0.end.is_set() {
            return Err(Error::closed(OPERATION));
        }
        if !self.can_insert() {
            let reason = if self.is_refused_by_peer() {
                "the peer does not accept DTMF (no telephone-event in its description)"
            } else {
                "the sender is not sending audio"
            };
            return Err(Error::new(OPERATION, ErrorKind::InvalidState, reason));
        }
        let (duration, gap) = timing.millis();
        self.0.raw.insert_dtmf(tones, duration, gap).during(OPERATION)
    }
}

/// A stream of the tones of one [`insert`](DtmfSender::insert), each as it starts to play. It ends when all have been
/// played or cancelled, when another `insert` replaces them, or when the connection closes. Dropping it stops no tone.
#[must_use = "the tones play all the same"]
pub struct PlayOut {
    changes: EventStream<Option<Tone>>,
    replaced: Waiter,
    current: Rc<Current>,
    number: u64,
    over: bool,
}

impl PlayOut {
    /// Resolves when the play-out has ended. Cancel safe.
    pub async fn finished(mut self) {
        while self.next().await.is_some() {}
    }
}

impl Stream for PlayOut {
    type Item = Tone;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Tone>> {
        if self.over {
            return Poll::Ready(None);
        }
        if self.current.number.get() != self.number {
            self.over = true;
            return Poll::Ready(None);
        }
        self.replaced.register(cx);
        let change = std::task::ready!(self.changes.poll_next_unpin(cx)).flatten();
        self.over = change.is_none();
        Poll::Ready(change)
    }
}

impl fmt::Debug for DtmfSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DtmfSender").field("tone_buffer", &self.tone_buffer()).finish_non_exhaustive()
    }
}

impl fmt::Debug for PlayOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlayOut").field("over", &self.over).finish_non_exhaustive()
    }
}

identity!(DtmfSender, |this, other| same_object(&this.0.raw, &other.0.raw));
