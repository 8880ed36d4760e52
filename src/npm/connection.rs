//! The parts that calls and sessions have in common.

use std::time::Duration;

use futures::StreamExt;
use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::{
    argument::{Argument, Options},
    event::typed,
    iterate::AsyncItems,
};
use crate::{
    dtmf::{Timing, Tones},
    error::{During, Error, ErrorKind, Result},
    peer::{PeerConnection, SessionDescription},
    session::SessionEvent,
};

/// Plays telephone tones. The returned iterable yields each tone when it begins.
pub(super) fn play_tones(connection: &PeerConnection, tones: JsValue, timing: JsValue) -> Result<AsyncItems> {
    const OPERATION: &str = "playTones";
    let tones = Argument::new(OPERATION, "tones", tones).string()?;
    let timing = timing_from(&Options::new(OPERATION, timing)?)?;
    let tones: Tones = tones.parse().map_err(Error::from)?;
    let played = connection.first_dtmf_sender()?.insert(&tones, timing)?;
    Ok(AsyncItems::new(played.map(|tone| Ok(tone.to_string().into()))))
}

/// Converts a `ToneTiming` object. Omitted members have the defaults of the specification.
fn timing_from(options: &Options) -> Result<Timing> {
    let time = |member| {
        let Some(time) = options.present(member)? else { return Ok(None) };
        let ms = time.milliseconds()?.min(60_000.0);
        Ok::<_, Error>(Some(Duration::from_secs_f64(ms / 1_000.0)))
    };
    let mut timing = Timing::new();
    if let Some(duration) = time("duration")? {
        timing = timing.duration(duration);
    }
    if let Some(gap) = time("gap")? {
        timing = timing.gap(gap);
    }
    Ok(timing)
}

/// Converts an event of a session to its object.
pub(super) fn session_event(event: SessionEvent) -> JsValue {
    match event {
        SessionEvent::Reconnecting { attempt } => typed("reconnecting", &[("attempt", attempt.into())]),
        SessionEvent::Recovered => typed("recovered", &[]),
        SessionEvent::Lost { reason } => typed("lost", &[("reason", reason.as_str().into())]),
        SessionEvent::Failed(error) => typed("failed", &[("error", error.into())]),
    }
}

/// Calls the page's function with the SDP and the type of a description, and returns the SDP that it returns.
pub(super) fn transformed(function: &Function, description: &SessionDescription) -> Result<String> {
    const OPERATION: &str = "sdpTransform";
    let kind = description.kind.to_string();
    let returned =
        function.call2(&JsValue::UNDEFINED, &description.sdp.as_str().into(), &kind.into()).during(OPERATION)?;
    let type_error = || Error::new(OPERATION, ErrorKind::Type, "the function `sdpTransform` must return a string");
    returned.as_string().ok_or_else(type_error)
}
