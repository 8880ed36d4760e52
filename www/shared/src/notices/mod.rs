//! The status line and the failure box, which stay in sight when the page is scrolled.
//!
//! The status line shows news, which disappear after some seconds, or else the latest condition, which is shown for as
//! long as it is true. A failure is shown until it is dismissed, or until what it is about has ended.

mod code;
mod failure;
mod status;

use std::rc::Rc;

use browser_rtc::{Error, ErrorKind, Listener};

pub use self::{
    code::{Code, Note},
    failure::Failure,
    status::Condition,
};
use self::{failure::FailureBox, status::StatusLine};
use crate::{
    dom::{Dom, MissingElement},
    texts,
};

/// The status line and the failure box.
pub struct Notices {
    status: StatusLine,
    failure: Rc<FailureBox>,
}

impl Notices {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self { status: StatusLine::new(dom.get("status")?), failure: Rc::new(FailureBox::find(dom)?) })
    }

    /// Shows news.
    pub fn show(&self, note: Note) {
        self.status.show(note);
    }

    /// Shows a condition until the returned value is dropped.
    pub fn hold(&self, note: Note) -> Condition {
        self.status.hold(note)
    }

    /// Shows a failure until the user dismisses it, or until [`clear_failure`](Self::clear_failure).
    pub fn fail(&self, failure: Failure) {
        self.failure.show(failure);
    }

    /// Shows an error in a call, unless it is `Closed`: the end of the call has a separate message.
    pub fn fail_unless_closed(&self, error: &Error) {
        if *error.kind() != ErrorKind::Closed {
            self.fail(texts::failure(error));
        }
    }

    pub fn clear_failure(&self) {
        self.failure.clear();
    }

    /// Lets the user dismiss a failure until the listener is dropped.
    pub fn dismissals(&self) -> Listener {
        let failure = Rc::clone(&self.failure);
        Listener::new(&self.failure.dismiss, "click", move |_| failure.clear())
    }
}
