//! The codes of notes, and how long a note is shown.

/// The status as a code, for style sheets and tests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Code {
    Ready,
    Joined,
    Left,
    Ringing,
    InCall,
    Declined,
    Busy,
    Ended,
    Cancelled,
    Unanswered,
    PeerLeft,
    Reconnecting,
    Recovered,
    CallReconnecting,
    CallRecovered,
    Stalled,
    Recorded,
    Disconnected,
}

impl Code {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Ringing => "ringing",
            Self::InCall => "in-call",
            Self::Declined => "declined",
            Self::Busy => "busy",
            Self::Ended => "ended",
            Self::Cancelled => "cancelled",
            Self::Unanswered => "unanswered",
            Self::PeerLeft => "peer-left",
            Self::Reconnecting => "reconnecting",
            Self::Recovered => "recovered",
            Self::CallReconnecting => "call-reconnecting",
            Self::CallRecovered => "call-recovered",
            Self::Stalled => "stalled",
            Self::Recorded => "recorded",
            Self::Disconnected => "disconnected",
        }
    }

    /// Returns the time for which news are shown, in milliseconds. `None` until other news.
    fn life(self) -> Option<u32> {
        match self {
            Self::Ready | Self::Joined | Self::Left | Self::Recovered | Self::CallRecovered | Self::Recorded => {
                Some(6_000)
            }
            Self::Declined | Self::Busy | Self::Ended | Self::Cancelled | Self::Unanswered | Self::PeerLeft => {
                Some(10_000)
            }
            Self::Ringing | Self::InCall | Self::Reconnecting | Self::CallReconnecting | Self::Stalled => None,
            Self::Disconnected => None,
        }
    }

    /// Returns whether the note is obvious from the rest of the page. The line is then visible for some seconds only, and
    /// stays available to screen readers.
    pub fn is_quiet(self) -> bool {
        matches!(self, Self::Ringing | Self::InCall)
    }
}

/// The content of the status line: a code and a sentence.
pub struct Note {
    pub(super) code: Code,
    pub(super) sentence: String,
    pub(super) life: Option<u32>,
}

impl Note {
    pub fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), life: code.life() }
    }

    /// Shows the note until other news, for a user who may be away.
    pub fn lasting(self) -> Self {
        Self { life: None, ..self }
    }
}
