//! The status line and the failure box.

use browser_rtc::{Error, ErrorKind, Listener};
use web_sys::{Element, HtmlButtonElement, HtmlElement};

use crate::{
    dom::{self, Dom, MissingElement},
    texts,
};

/// The status as a code, for style sheets and tests.
#[derive(Clone, Copy)]
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
    Disconnected,
}

impl Code {
    fn as_str(self) -> &'static str {
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
            Self::Disconnected => "disconnected",
        }
    }
}

/// The content of the status line: a code and a sentence.
pub struct Note {
    code: Code,
    sentence: String,
}

impl Note {
    pub fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into() }
    }
}

/// The content of the failure box: the kind of the error, and a sentence with advice.
pub struct Failure {
    kind: &'static str,
    sentence: String,
}

impl Failure {
    pub fn new(kind: &ErrorKind, sentence: impl Into<String>) -> Self {
        Self { kind: kind.name(), sentence: sentence.into() }
    }

    pub fn sentence(&self) -> &str {
        &self.sentence
    }
}

/// The status line and the failure box below the header.
pub struct Notices {
    status: Element,
    failure: HtmlElement,
    failure_text: Element,
    dismiss: HtmlButtonElement,
}

impl Notices {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self {
            status: dom.get("status")?,
            failure: dom.get("failure")?,
            failure_text: dom.get("failure-text")?,
            dismiss: dom.get("dismiss-failure")?,
        })
    }

    pub fn show(&self, Note { code, sentence }: Note) {
        dom::set_attribute(&self.status, "data-code", code.as_str());
        self.status.set_text_content(Some(&sentence));
    }

    pub fn fail(&self, Failure { kind, sentence }: Failure) {
        dom::set_attribute(&self.failure, "data-kind", kind);
        self.failure_text.set_text_content(Some(&sentence));
        self.failure.set_hidden(false);
    }

    /// Shows an error in a call, unless it is `Closed`: the end of the call has a separate message.
    pub fn fail_unless_closed(&self, error: &Error) {
        if *error.kind() != ErrorKind::Closed {
            self.fail(texts::failure(error));
        }
    }

    pub fn clear_failure(&self) {
        clear(&self.failure, &self.failure_text);
    }

    /// Lets the user dismiss a failure until the listener is dropped.
    pub fn dismissals(&self) -> Listener {
        let (failure, text) = (self.failure.clone(), self.failure_text.clone());
        Listener::new(&self.dismiss, "click", move |_| clear(&failure, &text))
    }
}

fn clear(failure: &HtmlElement, text: &Element) {
    failure.set_hidden(true);
    text.set_text_content(None);
    let _removed = failure.remove_attribute("data-kind");
}
