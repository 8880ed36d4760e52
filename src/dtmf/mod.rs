//! DTMF: touch tones in the audio of a call, such as for the menu of a telephone system.
//! [Specification](https://www.w3.org/TR/webrtc/#peer-to-peer-dtmf)
//!
//! A gateway to the telephone network, or another peer that accepts the codec `telephone-event`, receives the keys that
//! a user presses as events in the audio stream. The browser plays a sequence of tones in the background. Each
//! [`RtpSender`](crate::peer::RtpSender) of audio has a [`DtmfSender`], and [`Call::dtmf`](crate::room::Call::dtmf)
//! returns that of a call.
//!
//! # Examples
//!
//! A keypad: the keys are dialed, and each is reported as it plays.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use browser_rtc::{
//!     Result,
//!     dtmf::{Timing, Tones},
//!     peer::PeerConnection,
//! };
//! use futures::StreamExt;
//!
//! async fn dial(pc: &PeerConnection, keys: &str) -> Result<()> {
//!     let tones: Tones = keys.parse()?; // such as "123#"; a comma is a pause of two seconds
//!     for sender in pc.senders() {
//!         let Ok(dtmf) = sender.dtmf() else { continue }; // a sender of video
//!         if !dtmf.can_insert() {
//!             continue; // not connected yet, or the peer does not accept tones
//!         }
//!         let mut play_out = dtmf.insert(&tones, Timing::new().duration(Duration::from_millis(200)))?;
//!         while let Some(tone) = play_out.next().await {
//!             println!("{tone} is playing");
//!         }
//!         break;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Types
//!
//! | Type | Role |
//! |---|---|
//! | [`DtmfSender`] | plays tones: [`insert`](DtmfSender::insert), [`append`](DtmfSender::append), [`cancel`](DtmfSender::cancel) |
//! | [`Tone`], [`Tones`] | a tone and a sequence of tones, parsed from text |
//! | [`Timing`] | the duration of each tone and of the gap after it |
//! | [`PlayOut`] | a stream of the tones of one `insert` as they start, and its end |
//! | [`ParseTonesError`] | the error of text that contains other characters than tones |

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
/// let mut play_out = keypad.insert(&"12#".parse::<Tones>()?, Timing::new())?;
/// while let Some(tone) = play_out.next().await { /* highlight the key */ }
/// # Ok(()) }
/// ```
#[doc(alias = "RTCDTMFSender")]
#[derive(Clone)]
pub struct DtmfSender(Rc<SharedDtmfSender>);

struct SharedDtmfSender {
    /// Observes the end of a play-out. It is attached before all other listeners, so that they find the new state.
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
    /// Set until the last tone has ended, also while the buffer is empty.
    playing: Cell<bool>,
    replaced: WakerSet,
}

impl Current {
    fn begin(&self, tones: &Tones, timing: Timing) {
        self.timing.set(timing);
        self.number.set(self.number.get() + 1);
        // An empty sequence clears the buffer, and the current tone continues to its end.
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

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcdtmfSender {
        &self.0.raw
    }

    /// Returns whether tones can be played: the connection is established, sends audio, and the remote peer accepts
    /// tones. Firefox before 129 does not report it; this is true there while the connection is open.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtmfsender-caninsertdtmf)
    #[doc(alias = "RTCDTMFSender.canInsertDTMF")]
    #[must_use]
    pub fn can_insert(&self) -> bool {
        !self.0.end.is_set() && self.0.raw.can_insert_dtmf().unwrap_or(true)
    }

    /// Returns the tones in the buffer, which are yet to be played.
    #[doc(alias = "RTCDTMFSender.toneBuffer")]
    #[must_use]
    pub fn tone_buffer(&self) -> String {
        self.0.raw.tone_buffer()
    }

    /// Plays tones, which replace those in the buffer. An empty sequence is the same as [`cancel`](Self::cancel).
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtmfsender-insertdtmf)
    ///
    /// # Errors
    /// - `InvalidState` if tones cannot be played, with the reason in the message: the sender is not sending, such as
    ///   after its track was removed (in Chromium, once that is negotiated), or the description of the remote peer has
    ///   no `telephone-event`.
    /// - `Closed` if the connection is closed.
    #[doc(alias = "RTCDTMFSender.insertDTMF")]
    pub fn insert(&self, tones: &Tones, timing: Timing) -> Result<PlayOut> {
        let is_finished = tones.is_empty() && !self.0.play_out.playing.get();
        // The listener must exist before the first tone, and the number before the previous play-out is polled.
        let number = self.0.play_out.number.get() + 1;
        let play_out = self.play_out(number);
        self.insert_raw(tones.as_str(), timing)?;
        self.0.play_out.begin(tones, timing);
        Ok(PlayOut { is_finished, ..play_out })
    }

    /// Plays tones after those in progress and in the buffer, as part of the current play-out and with its timing. If
    /// no play-out is in progress, it is the same as [`insert`](Self::insert) with the default timing.
    ///
    /// # Errors
    /// The same errors as [`insert`](Self::insert).
    pub fn append(&self, tones: &Tones) -> Result<PlayOut> {
        if !self.0.play_out.playing.get() {
            return self.insert(tones, Timing::default());
        }
        let play_out = self.play_out(self.0.play_out.number.get());
        self.insert_raw(&(self.tone_buffer() + tones.as_str()), self.0.play_out.timing.get())?;
        Ok(play_out)
    }

    /// Clears the buffer. A tone that is playing plays to its end.
    ///
    /// # Errors
    /// The same errors as [`insert`](Self::insert).
    pub fn cancel(&self) -> Result<()> {
        self.insert_raw("", Timing::default())
    }

    /// Returns a stream of all tones as they start, including those that other code inserts. `None` is the end of a
    /// play-out.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtmfsender-ontonechange)
    #[doc(alias = "RTCDTMFSender.ontonechange")]
    #[doc(alias = "RTCDTMFToneChangeEvent.tone")]
    pub fn tone_changes(&self) -> EventStream<Option<Tone>> {
        EventStream::new(&self.0.end).on(&self.0.raw, "tonechange", |event| {
            let tone = global::get(&event, "tone").as_string()?;
            Some(tone.chars().next().and_then(|key| Tone::new(key).ok()))
        })
    }

    /// Returns whether codecs have been negotiated without that of tones.
    fn is_rejected_by_peer(&self) -> bool {
        let parameters = self.0.sender.parameters().unwrap_or_default();
        let codecs = global::items(&global::get(&parameters, "codecs"));
        let is_tones = |codec: &JsValue| {
            global::get_text(codec, "mimeType").is_some_and(|name| name.eq_ignore_ascii_case("audio/telephone-event"))
        };
        !codecs.is_empty() && !codecs.iter().any(is_tones)
    }

    fn play_out(&self, number: u64) -> PlayOut {
        let current = self.0.play_out.clone();
        PlayOut {
            changes: self.tone_changes(),
            replaced: current.replaced.waiter(),
            current,
            number,
            is_finished: false,
        }
    }

    fn insert_raw(&self, tones: &str, timing: Timing) -> Result<()> {
        const OPERATION: &str = "insertDTMF";
        if self.0.end.is_set() {
            return Err(Error::closed(OPERATION));
        }
        if !self.can_insert() {
            let reason = if self.is_rejected_by_peer() {
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

/// A stream of the tones of one [`insert`](DtmfSender::insert), each as it starts to play. It ends when all tones have
/// been played or cancelled, when another `insert` replaces them, or when the connection closes. Dropping it does not
/// stop the tones.
#[must_use = "the tones play even if this is dropped"]
pub struct PlayOut {
    changes: EventStream<Option<Tone>>,
    replaced: Waiter,
    current: Rc<Current>,
    number: u64,
    is_finished: bool,
}

impl PlayOut {
    /// Resolves when the play-out has ended.
    ///
    /// # Cancel safety
    /// This function is cancel safe: the tones continue to play.
    pub async fn finished(mut self) {
        while self.next().await.is_some() {}
    }
}

impl Stream for PlayOut {
    type Item = Tone;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Tone>> {
        if self.is_finished {
            return Poll::Ready(None);
        }
        if self.current.number.get() != self.number {
            self.is_finished = true;
            return Poll::Ready(None);
        }
        self.replaced.register(cx);
        let change = std::task::ready!(self.changes.poll_next_unpin(cx)).flatten();
        self.is_finished = change.is_none();
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
        f.debug_struct("PlayOut").field("is_finished", &self.is_finished).finish_non_exhaustive()
    }
}

identity!(DtmfSender, |this, other| same_object(&this.0.raw, &other.0.raw));
