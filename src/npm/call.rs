//! The JavaScript classes `IncomingCall` and `Call`.

use std::{cell::RefCell, rc::Rc};

use futures::{
    FutureExt, StreamExt,
    future::{LocalBoxFuture, Shared},
};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, RtcPeerConnection};

use super::{
    abort::abortable,
    argument::{Argument, Options, from_json, is_signal, signal},
    channel::{NpmChannel, channel_arguments},
    connection::{play_tones, session_event, transformed},
    hold,
    iterate::AsyncItems,
    peer_object, promise,
};
use crate::{
    error::{Error, ErrorKind, Result},
    peer::PeerConnection,
    room::{Call, CallOptions, DeclineReason, EndReason, IncomingCall},
};

/// A ringing call from a peer.
#[wasm_bindgen(js_name = IncomingCall)]
pub struct NpmIncomingCall {
    /// `None` once answered.
    call: Rc<RefCell<Option<IncomingCall>>>,
    peer: Object,
    metadata: JsValue,
    ended: Shared<LocalBoxFuture<'static, EndReason>>,
}

impl NpmIncomingCall {
    pub(super) fn new(call: IncomingCall) -> Self {
        let peer = peer_object(&call.peer());
        let metadata = call.metadata().map_or(JsValue::UNDEFINED, |metadata| from_json(&metadata));
        let ended = call.ended().boxed_local().shared();
        let call = Rc::new(RefCell::new(Some(call)));
        hold(call.clone(), ended.clone());
        Self { call, peer, metadata, ended }
    }
}

#[wasm_bindgen(js_class = IncomingCall)]
impl NpmIncomingCall {
    /// The caller.
    #[wasm_bindgen(getter, unchecked_return_type = "Peer")]
    pub fn peer(&self) -> Object {
        self.peer.clone()
    }

    /// The metadata that the caller has passed to `call`, or `undefined`.
    #[wasm_bindgen(getter, unchecked_return_type = "unknown")]
    pub fn metadata(&self) -> JsValue {
        self.metadata.clone()
    }

    /// Accepts the call. `media` is sent to the caller: a stream, a promise of a stream, or nothing to only receive. While
    /// the promise is pending, the call continues to ring. `options` are the options of an answer, or the `AbortSignal`
    /// itself. If it aborts while `media` is pending, the call ends.
    ///
    /// The returned promise is rejected with a `TypeError` for an invalid argument, and with the signal's `reason` if it has
    /// already aborted. In both cases the call continues to ring. It is rejected with an `Error` whose `name` is `Closed` if
    /// the call no longer rings. If the promise of media is rejected or does not resolve to a stream, the call ends.
    #[wasm_bindgen(unchecked_return_type = "Promise<Call>")]
    pub fn accept(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "MediaStream | Promise<MediaStream> | null")] media: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "AcceptOptions | AbortSignal")] options: JsValue,
    ) -> Promise {
        const OPERATION: &str = "accept";
        let arguments = call_options(OPERATION, media, options).and_then(|(options, signal)| {
            let not_ringing = || Error::new(OPERATION, ErrorKind::Closed, "the incoming call is no longer ringing");
            let call = self.call.take().ok_or_else(not_ringing)?;
            Ok((call, options, signal))
        });
        promise(async move {
            let (call, options, signal) = arguments?;
            let accepted = call.clone();
            let accepting = async move { accepted.accept_with(options).await.map(NpmCall::new) };
            let outcome = abortable(OPERATION, signal, accepting).await;
            if outcome.is_err() {
                // If the signal has aborted before the call was answered, this ends the call. Otherwise, this fails.
                let _ = call.decline(DeclineReason::Declined);
            }
            outcome
        })
    }

    /// Declines the call. Does nothing if the call no longer rings.
    ///
    /// # Errors
    /// Throws a `TypeError` for any other reason, and the call continues to ring.
    pub fn decline(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "\"declined\" | \"busy\"")] reason: JsValue,
    ) -> std::result::Result<(), JsValue> {
        let argument = Argument::new("decline", "reason", reason);
        let reason = match argument.optional_string()?.as_deref() {
            None | Some("declined") => DeclineReason::Declined,
            Some("busy") => DeclineReason::Busy,
            Some(_) => return Err(argument.wrong_type("\"declined\" or \"busy\"").into()),
        };
        if let Some(call) = self.call.take() {
            // This fails if `Room.call` has accepted the call.
            let _ = call.decline(reason);
        }
        Ok(())
    }

    /// Declines a call that has not been answered. Called at the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        if let Some(call) = self.call.take() {
            // This fails if the call has been answered through another handle.
            let _ = call.decline(DeclineReason::Declined);
        }
    }

    /// Resolves to the reason when the call has ended: while it rings, or after it was accepted.
    #[wasm_bindgen(unchecked_return_type = "Promise<EndReason>")]
    pub fn ended(&self) -> Promise {
        let ended = self.ended.clone();
        promise(async move { Ok(ended.await.to_string()) })
    }
}

/// An established call with one peer. The call continues even if the page drops the object.
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

    /// The metadata that the remote peer has passed to `call` or `accept`, or `undefined`.
    #[wasm_bindgen(getter, unchecked_return_type = "unknown")]
    pub fn metadata(&self) -> JsValue {
        self.0.metadata().map_or(JsValue::UNDEFINED, |metadata| from_json(&metadata))
    }

    /// The browser's connection, which is negotiated automatically. Use `hangUp()` instead of closing it.
    #[wasm_bindgen(getter)]
    pub fn connection(&self) -> RtcPeerConnection {
        self.0.connection().as_raw().clone()
    }

    /// Resolves to the first stream of the remote peer. `options` is `{ signal }` or the `AbortSignal` itself.
    ///
    /// The promise is rejected with a `TypeError` for invalid options, with the signal's `reason` if it aborts, and with an
    /// `Error` whose `name` is the reason, such as `Closed`, if the call ends first.
    #[wasm_bindgen(js_name = remoteStream, unchecked_return_type = "Promise<MediaStream>")]
    pub fn remote_stream(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "WaitOptions | AbortSignal")] options: JsValue,
    ) -> Promise {
        const OPERATION: &str = "remoteStream";
        let (call, signal) = (self.0.clone(), signal(OPERATION, options));
        promise(async move {
            let receiving = async move { Ok(call.remote_stream().await?.into_raw()) };
            abortable(OPERATION, signal?, receiving).await
        })
    }

    /// Opens the channel with this label, and resolves to it when it is open. Both peers call this function with the same
    /// label, in any order. The options of the caller apply, and the callee's are ignored. With `negotiated` and an `id`,
    /// the options of each peer apply. `options.signal` aborts the wait.
    ///
    /// The promise is rejected with a `TypeError` or a `RangeError` for invalid arguments and contradictory options, with
    /// the signal's `reason` if it aborts, and with an `Error` whose `name` is `Timeout` if the caller does not open the
    /// channel within 30 seconds, or the reason, such as `Closed`, if the call ends first.
    #[wasm_bindgen(unchecked_return_type = "Promise<DataChannel>")]
    pub fn channel(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] label: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "ChannelOptions")] options: JsValue,
    ) -> Promise {
        const OPERATION: &str = "channel";
        let (call, arguments) = (self.0.clone(), channel_arguments(OPERATION, label, options));
        promise(async move {
            let (label, init, signal) = arguments?;
            let opening = async move { call.channel_with(&label, &init).await.map(NpmChannel::new) };
            abortable(OPERATION, signal, opening).await
        })
    }

    /// Plays telephone tones (0-9, A-D, *, #, and a comma for a pause of 2 seconds). The returned iterable yields each tone
    /// when it begins. The tones also play without an iteration.
    ///
    /// # Errors
    /// Throws a `TypeError` or a `RangeError` for invalid arguments, or an `Error` whose `name` is `Syntax` for a character
    /// that is not a tone, and `NotSupported` or `InvalidState` if the call sends no audio.
    #[wasm_bindgen(js_name = playTones, unchecked_return_type = "AsyncIterable<string>")]
    pub fn play_tones(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] tones: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "ToneTiming")] timing: JsValue,
    ) -> std::result::Result<AsyncItems, JsValue> {
        Ok(play_tones(self.0.connection(), tones, timing)?)
    }

    /// Returns the events of the connection, such as network failures and recoveries. The first iterable yields all events
    /// since the call was established, and each later one the events from its creation on. It ends with the call.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterable<CallEvent>")]
    pub fn events(&self) -> AsyncItems {
        AsyncItems::new(self.0.events().map(|event| Ok(session_event(event))))
    }

    /// Ends the call.
    #[wasm_bindgen(js_name = hangUp)]
    pub fn hang_up(&self) {
        self.0.hang_up();
    }

    /// Ends the call. Called at the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.hang_up();
    }

    /// Resolves to the reason when the call has ended.
    #[wasm_bindgen(unchecked_return_type = "Promise<EndReason>")]
    pub fn ended(&self) -> Promise {
        let ended = self.0.ended();
        promise(async move { Ok(ended.await.to_string()) })
    }
}

/// Converts the media and the options of a call or an answer, or an `AbortSignal` in place of the options.
pub(super) fn call_options(
    operation: &'static str,
    media: JsValue,
    options: JsValue,
) -> Result<(CallOptions<'static>, Option<AbortSignal>)> {
    let mut call = CallOptions::new(Argument::new(operation, "media", media).media()?);
    if is_signal(&options) {
        return Ok((call, signal(operation, options)?));
    }
    let options = Options::new(operation, options)?;
    if let Some(metadata) = options.present("metadata")? {
        call = call.metadata_data(metadata.json()?)?;
    }
    if let Some(time) = options.present("ringTime")? {
        call = call.ring_time(time.duration()?);
    }
    if let Some(configuration) = options.present("configuration")? {
        call = call.configuration(PeerConnection::configuration_from(operation, &configuration.dictionary()?)?);
    }
    if let Some(function) = options.function("sdpTransform")? {
        call = call.sdp_transform(move |description| transformed(&function, description));
    }
    Ok((call, options.signal()?))
}
