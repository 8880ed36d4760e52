//! `IncomingCall` and `Call`.

use std::{cell::RefCell, rc::Rc, time::Duration};

use futures::{
    FutureExt, StreamExt,
    future::{LocalBoxFuture, Shared},
};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::RtcPeerConnection;

use super::{
    abort::abortable,
    argument::{Argument, Options, signal},
    channel::{NpmChannel, channel_init},
    event::typed,
    hold,
    iterate::AsyncItems,
    peer_object, promise,
};
use crate::{
    dtmf::{Timing, Tones},
    error::{Error, Result},
    room::{Call, DeclineReason, EndReason, IncomingCall},
    session::SessionEvent,
};

/// A call that rings here.
#[wasm_bindgen(js_name = IncomingCall)]
pub struct NpmIncomingCall {
    /// None once answered.
    call: Rc<RefCell<Option<IncomingCall>>>,
    peer: Object,
    ended: Shared<LocalBoxFuture<'static, EndReason>>,
}

impl NpmIncomingCall {
    pub(super) fn new(call: IncomingCall) -> Self {
        let peer = peer_object(&call.peer());
        let ended = call.ended().boxed_local().shared();
        let call = Rc::new(RefCell::new(Some(call)));
        hold(call.clone(), ended.clone());
        Self { call, peer, ended }
    }
}

#[wasm_bindgen(js_class = IncomingCall)]
impl NpmIncomingCall {
    /// The caller.
    #[wasm_bindgen(getter, unchecked_return_type = "Peer")]
    pub fn peer(&self) -> Object {
        self.peer.clone()
    }

    /// Accepts the call, and sends `media` if there is any: a stream, or a promise of one, during which the call rings
    /// on. `options` is `{ signal }` or the `AbortSignal` itself; if it aborts before the promise resolves, the call
    /// ends.
    ///
    /// The promise is rejected with a `TypeError` for a wrong argument, with the signal's `reason` if it had aborted
    /// already, and in both cases the call continues to ring. It is rejected with `Closed` if the call no longer rings.
    /// If the promise of media is rejected, or fulfilled with something else, the call ends.
    #[wasm_bindgen(unchecked_return_type = "Promise<Call>")]
    pub fn accept(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "MediaStream | Promise<MediaStream> | null")] media: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "WaitOptions | AbortSignal")] options: JsValue,
    ) -> Promise {
        const OPERATION: &str = "accept";
        let arguments = Argument::new(OPERATION, "media", media).media().and_then(|media| {
            let signal = signal(OPERATION, options)?;
            let call = self.call.take().ok_or_else(|| Error::closed(OPERATION))?;
            Ok((call, media, signal))
        });
        promise(async move {
            let (call, media, signal) = arguments?;
            let accepting = async move { call.accept(media).await.map(NpmCall::new) };
            abortable(OPERATION, signal, accepting).await
        })
    }

    /// Declines the call. It does nothing once the call no longer rings.
    ///
    /// # Errors
    /// Throws a `TypeError` for another reason than these two, and the call continues to ring.
    pub fn decline(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "\"declined\" | \"busy\"")] reason: JsValue,
    ) -> std::result::Result<(), JsValue> {
        let argument = Argument::new("decline", "reason", reason);
        let reason = match argument.optional_string()?.as_deref() {
            None | Some("declined") => DeclineReason::Declined,
            Some("busy") => DeclineReason::Busy,
            Some(_) => return Err(argument.wrong("\"declined\" or \"busy\"").into()),
        };
        if let Some(call) = self.call.take() {
            // It may have been taken by `Room.call`, or have ended.
            let _ = call.decline(reason);
        }
        Ok(())
    }

    /// Declines a call that has not been answered, as the end of a `using` block does.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        if let Some(call) = self.call.take() {
            // The call may have been answered through another handle.
            let _ = call.decline(DeclineReason::Declined);
        }
    }

    /// Resolves when the call no longer rings.
    #[wasm_bindgen(unchecked_return_type = "Promise<EndReason>")]
    pub fn ended(&self) -> Promise {
        let ended = self.ended.clone();
        promise(async move { Ok(ended.await.to_string()) })
    }
}

/// A call with one peer. It is kept until it ends.
#[wasm_bindgen(js_name = Call)]
pub struct NpmCall(Call);

impl NpmCall {
    pub(super) fn new(call: Call) -> Self {
        hold(call.clone(), call.ended());
        Self(call)
    }
}

#[wasm_bindgen(js_class = Call)]
impl NpmCall {
    /// The remote peer.
    #[wasm_bindgen(getter, unchecked_return_type = "Peer")]
    pub fn peer(&self) -> Object {
        peer_object(&self.0.peer())
    }

    /// The browser's own connection. It negotiates by itself; do not close it, but call `hangUp()`.
    #[wasm_bindgen(getter)]
    pub fn connection(&self) -> RtcPeerConnection {
        self.0.connection().as_raw().clone()
    }

    /// Resolves to the first stream that the remote peer sends. `options` is `{ signal }` or the `AbortSignal` itself.
    ///
    /// The promise is rejected with a `TypeError` for wrong options, with the signal's `reason` if it aborts, and with
    /// `Closed` or the like if the call ends first.
    #[wasm_bindgen(js_name = remoteStream, unchecked_return_type = "Promise<MediaStream>")]
    pub fn remote_stream(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "WaitOptions | AbortSignal")] options: JsValue,
    ) -> Promise {
        const OPERATION: &str = "remoteStream";
        let (call, signal) = (self.0.clone(), signal(OPERATION, options));
        promise(async move {
            let arriving = async move { Ok(call.remote_stream().await?.into_raw()) };
            abortable(OPERATION, signal?, arriving).await
        })
    }

    /// Resolves to an open channel of this label between the two: both sides ask for it, in any order. The caller's
    /// options count; where an `id` was agreed on beforehand, each side's own. `options.signal` ends the waiting.
    ///
    /// The promise is rejected with a `TypeError` or a `RangeError` for wrong arguments and for options that contradict
    /// each other, with the signal's `reason` if it aborts, and with `Closed` or the like if the call ends first.
    #[wasm_bindgen(unchecked_return_type = "Promise<DataChannel>")]
    pub fn channel(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] label: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "ChannelOptions")] options: JsValue,
    ) -> Promise {
        const OPERATION: &str = "channel";
        let call = self.0.clone();
        let arguments = Argument::new(OPERATION, "label", label).string().and_then(|label| {
            let options = Options::new(OPERATION, options)?;
            Ok((label, channel_init(OPERATION, &options)?, options.signal()?))
        });
        promise(async move {
            let (label, init, signal) = arguments?;
            let opening = async move { call.channel_with(&label, &init).await.map(NpmChannel::new) };
            abortable(OPERATION, signal, opening).await
        })
    }

    /// Plays telephone tones (0-9, A-D, *, #, and a comma for a pause) and returns an iterable of each tone as it
    /// begins. The tones play whether or not anything iterates.
    ///
    /// # Errors
    /// Throws a `TypeError` or a `RangeError` for wrong arguments, `Syntax` for a character that is no tone, and
    /// `NotSupported` or `InvalidState` where the call sends no sound now.
    #[wasm_bindgen(js_name = playTones, unchecked_return_type = "AsyncIterable<string>")]
    pub fn play_tones(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] tones: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "ToneTiming")] timing: JsValue,
    ) -> std::result::Result<AsyncItems, JsValue> {
        const OPERATION: &str = "playTones";
        let tones = Argument::new(OPERATION, "tones", tones).string()?;
        let timing = timing_from(&Options::new(OPERATION, timing)?)?;
        let tones: Tones = tones.parse().map_err(Error::from)?;
        let played = self.0.dtmf()?.insert(&tones, timing)?;
        Ok(AsyncItems::new(played.map(|tone| Ok(tone.to_string().into()))))
    }

    /// What happens to the connection: it is lost, and recovers or not. The first iterator begins with the events so
    /// far, each later one with the next event. It ends with the call.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterable<CallEvent>")]
    pub fn events(&self) -> AsyncItems {
        AsyncItems::new(self.0.events().map(|event| Ok(event_object(event))))
    }

    /// Ends the call.
    #[wasm_bindgen(js_name = hangUp)]
    pub fn hang_up(&self) {
        self.0.hang_up();
    }

    /// Ends the call, as the end of a `using` block does.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.hang_up();
    }

    /// Resolves when the call has ended.
    #[wasm_bindgen(unchecked_return_type = "Promise<EndReason>")]
    pub fn ended(&self) -> Promise {
        let ended = self.0.ended();
        promise(async move { Ok(ended.await.to_string()) })
    }
}

fn event_object(event: SessionEvent) -> JsValue {
    match event {
        SessionEvent::Reconnecting { attempt } => typed("reconnecting", &[("attempt", attempt.into())]),
        SessionEvent::Recovered => typed("recovered", &[]),
        SessionEvent::Lost { reason } => typed("lost", &[("reason", reason.as_str().into())]),
        SessionEvent::Failed(error) => typed("failed", &[("error", error.into())]),
    }
}

/// A `ToneTiming` object. What is left out is as the specification has it.
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
