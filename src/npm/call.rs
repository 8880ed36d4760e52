//! `IncomingCall` and `Call`.

use std::{cell::RefCell, rc::Rc, time::Duration};

use futures::{
    FutureExt, StreamExt,
    future::{LocalBoxFuture, Shared},
};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{MediaStream, RtcPeerConnection};

use super::{
    channel::{NpmChannel, init_of},
    hold,
    iterate::AsyncItems,
    peer_object, promise,
    room::typed,
};
use crate::{
    dtmf::{Timing, Tones},
    error::Error,
    media,
    room::{Call, DeclineReason, EndReason, IncomingCall},
    session::SessionEvent,
    sys::global,
};

/// Somebody calls.
#[wasm_bindgen(js_name = IncomingCall)]
pub struct NpmIncomingCall {
    /// None once answered.
    call: Rc<RefCell<Option<IncomingCall>>>,
    peer: Object,
    ended: Shared<LocalBoxFuture<'static, EndReason>>,
}

impl NpmIncomingCall {
    pub(super) fn of(call: IncomingCall) -> Self {
        let peer = peer_object(&call.peer());
        let ended = call.ended().boxed_local().shared();
        let call = Rc::new(RefCell::new(Some(call)));
        hold(call.clone(), ended.clone());
        Self { call, peer, ended }
    }
}

#[wasm_bindgen(js_class = IncomingCall)]
impl NpmIncomingCall {
    /// Who calls.
    #[wasm_bindgen(getter, unchecked_return_type = "Peer")]
    pub fn peer(&self) -> Object {
        self.peer.clone()
    }

    /// Takes the call, sending `stream` where there is one. Rejected with `name` `Closed` where it rings no more.
    #[wasm_bindgen(unchecked_return_type = "Promise<Call>")]
    pub fn accept(&self, stream: Option<MediaStream>) -> Promise {
        let call = self.call.take();
        promise(async move {
            let call = call.ok_or_else(|| Error::closed("accept"))?;
            let stream = stream.map(media::MediaStream::from_raw);
            call.accept(&stream).await.map(NpmCall::of)
        })
    }

    /// Does not take it.
    pub fn decline(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "\"declined\" | \"busy\"")] reason: Option<String>,
    ) {
        if let Some(call) = self.call.take() {
            // It may have been taken by `Room.call` or have ended.
            let _ = call.decline(reason.map_or(DeclineReason::Declined, |reason| DeclineReason::from(&*reason)));
        }
    }

    /// Resolves when it rings no more.
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
    pub(super) fn of(call: Call) -> Self {
        hold(call.clone(), call.ended());
        Self(call)
    }
}

#[wasm_bindgen(js_class = Call)]
impl NpmCall {
    /// The other side.
    #[wasm_bindgen(getter, unchecked_return_type = "Peer")]
    pub fn peer(&self) -> Object {
        peer_object(&self.0.peer())
    }

    /// The browser's own connection. It negotiates by itself; do not close it, but `hangUp()`.
    #[wasm_bindgen(getter)]
    pub fn connection(&self) -> RtcPeerConnection {
        self.0.connection().as_raw().clone()
    }

    /// The first stream that the other side sends; waits for it.
    #[wasm_bindgen(js_name = remoteStream, unchecked_return_type = "Promise<MediaStream>")]
    pub fn remote_stream(&self) -> Promise {
        let call = self.0.clone();
        promise(async move { Ok(call.remote_stream().await?.into_raw()) })
    }

    /// An open channel of this label between the two: both sides ask for it, in any order. The caller's options count;
    /// where an `id` was agreed on beforehand, each side's own.
    ///
    /// # Errors
    /// Rejected with `Type` for options that contradict each other.
    #[wasm_bindgen(unchecked_return_type = "Promise<DataChannel>")]
    pub fn channel(
        &self,
        label: String,
        #[wasm_bindgen(unchecked_optional_param_type = "RTCDataChannelInit")] options: JsValue,
    ) -> Promise {
        let call = self.0.clone();
        promise(async move { call.channel_with(&label, &init_of(&options)?).await.map(NpmChannel::of) })
    }

    /// Plays telephone tones (0-9, A-D, *, #, and a comma for a pause) and gives each as it begins. The tones play
    /// whether or not anyone iterates.
    ///
    /// # Errors
    /// Throws `Syntax` for anything that is no tone, `InvalidState` where the call sends no sound now.
    #[wasm_bindgen(js_name = playTones, unchecked_return_type = "AsyncIterable<string>")]
    pub fn play_tones(
        &self,
        tones: &str,
        #[wasm_bindgen(unchecked_optional_param_type = "ToneTiming")] timing: &JsValue,
    ) -> Result<AsyncItems, JsValue> {
        let tones: Tones = tones.parse().map_err(Error::from)?;
        let played = self.0.dtmf()?.insert(&tones, timing_of(timing))?;
        Ok(AsyncItems::new(played.map(|tone| Ok(tone.to_string().into()))))
    }

    /// What happens on the way between the two: it is broken and another is looked for, and found or not. All
    /// iterators share one queue. It ends with the call.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterable<CallEvent>")]
    pub fn events(&self) -> AsyncItems {
        AsyncItems::new(self.0.events().map(|event| Ok(event_object(event))))
    }

    /// Ends the call.
    #[wasm_bindgen(js_name = hangUp)]
    pub fn hang_up(&self) {
        self.0.hang_up();
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

/// What is missing, or no number, is as the specification has it; what is out of bounds is clamped.
fn timing_of(timing: &JsValue) -> Timing {
    let millis = |member| {
        let ms = global::get(timing, member).as_f64().filter(|ms| ms.is_finite() && *ms >= 0.0)?;
        Some(Duration::from_secs_f64(ms.min(60_000.0) / 1_000.0))
    };
    let mut parsed = Timing::new();
    if let Some(duration) = millis("duration") {
        parsed = parsed.duration(duration);
    }
    if let Some(gap) = millis("gap") {
        parsed = parsed.gap(gap);
    }
    parsed
}
