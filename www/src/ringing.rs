//! Before a call: it rings, on one side or on the other.

use std::pin::pin;

use browser_rtc::{
    media::MediaStream,
    room::{Call, DeclineReason, IncomingCall, Room},
    signaling::Peer,
};
use futures::{
    FutureExt, StreamExt,
    channel::oneshot,
    future::{Fuse, FusedFuture},
    select_biased,
};
use web_sys::{Element, HtmlButtonElement, HtmlElement};

use crate::{
    capture,
    dom::{self, Dom, MissingElement, Shown},
    notices::{Code, Note},
    page::Page,
    words,
};

/// A panel that says who rings, with its buttons.
pub struct RingingPanel<const BUTTONS: usize> {
    panel: HtmlElement,
    avatar: Element,
    name: Element,
    buttons: [HtmlButtonElement; BUTTONS],
}
