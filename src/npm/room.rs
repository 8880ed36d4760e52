//! The JavaScript function `joinRoom` and the class `Room`.

use std::time::Duration;

use futures::StreamExt;
use js_sys::{Array, Function, Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::{
    abort::abortable,
    argument::{Argument, Options, from_json, resolved, signal},
    call::{NpmCall, NpmIncomingCall, call_options},
    event::typed,
    hold,
    iterate::AsyncItems,
    peer_object, promise,
    request::NpmIncomingRequest,
};
use crate::{
    error::{During, Error, ErrorKind, Result},
    peer::PeerConnection,
    promise::settled_for_good,
    room::{Delivery, Join, Room, RoomEvent},
    session::Recovery,
};

const OPERATION: &str = "joinRoom";

/// The default timeout of a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Joins a room on a signaling server. `url` is a string or a `URL`, such as `wss://example.org/signal`.
///
/// The promise is rejected with a `TypeError` or a `RangeError` for an invalid argument, with the reason of `options.signal`
/// if it aborts, and with the browser's `SyntaxError` or `SecurityError` for a URL that it does not open. Otherwise, it is
/// rejected with an `Error` whose `name` is `Signaling` if the server rejects the join, with the server's `code`; `Timeout`
/// if the server does not answer within 20 seconds; or `Network`.
#[wasm_bindgen(js_name = joinRoom, unchecked_return_type = "Promise<Room>")]
pub fn join_room(
    #[wasm_bindgen(unchecked_param_type = "string | URL")] url: JsValue,
    #[wasm_bindgen(unchecked_param_type = "JoinOptions")] options: JsValue,
) -> Promise {
    let arguments = Argument::new(OPERATION, "url", url)
        .url()
        .and_then(|url| Ok((url, join_options(&Options::new(OPERATION, options)?)?)));
    promise(async move {
        let (url, (join, signal)) = arguments?;
        let joining = async move {
            let room = Room::join(&url, join).await?;
            hold(room.clone(), room.left());
            Ok(NpmRoom(room))
        };
        abortable(OPERATION, signal, joining).await
    })
}

/// Converts a `JoinOptions` object.
fn join_options(options: &Options) -> Result<(Join, Option<AbortSignal>)> {
    let mut join = Join::new(options.member("room")?.string()?, options.member("name")?.string()?);
    if let Some(token) = options.present("token")? {
        join = match token.function().cloned() {
            Some(function) => join.token_provider(move || request_token(function.clone())),
            None => join.token(token.string().map_err(|_| token.wrong_type("a string or a function"))?),
        };
    }
    if let Some(time) = options.present("giveUpAfter")? {
        join = join.give_up_after(time.duration()?);
    }
    if let Some(time) = options.present("ringTime")? {
        join = join.ring_time(time.duration()?);
    }
    if let Some(configuration) = options.present("configuration")? {
        join = join.configuration(PeerConnection::configuration_from(OPERATION, &configuration.dictionary()?)?);
    }
    if let Some(options) = options.present("recovery")? {
        join = join.recovery(recovery(&options.options("options.recovery.")?)?);
    }
    if let Some(keeps_seat) = options.present("keepSeat")?
        && keeps_seat.boolean()?
    {
        join = join.keep_seat();
    }
    Ok((join, options.signal()?))
}

/// Converts a `RecoveryOptions` object.
pub(super) fn recovery(options: &Options) -> Result<Recovery> {
    let mut recovery = Recovery::new();
    if let Some(time) = options.present("patience")? {
        recovery = recovery.patience(time.duration()?);
    }
    if let Some(attempts) = options.present("attempts")? {
        recovery = recovery.attempts(attempts.count()?);
    }
    if let Some(time) = options.present("attemptTime")? {
        recovery = recovery.attempt_time(time.duration()?);
    }
    Ok(recovery)
}

/// Calls the page's function, and resolves to the token that it returns.
async fn request_token(function: Function) -> Result<String> {
    let returned = function.call0(&JsValue::UNDEFINED).during(OPERATION)?;
    let token = settled_for_good(OPERATION, Ok(resolved(&returned).unchecked_into())).await?;
    let type_error = || {
        Error::new(OPERATION, ErrorKind::Type, "the function `options.token` must return a string, or a promise of one")
    };
    token.as_string().ok_or_else(type_error)
}

/// The membership in a room, and an async iterable of the room's events. If the connection to the server is lost, the room
/// reconnects. The page stays in the room even if it drops the object.
#[wasm_bindgen(js_name = Room)]
pub struct NpmRoom(Room);

#[wasm_bindgen(js_class = Room)]
impl NpmRoom {
    /// The local peer. Its id changes when the room gets a new seat, such as after a restart of the server.
    #[wasm_bindgen(getter, unchecked_return_type = "Peer")]
    pub fn me(&self) -> Object {
        peer_object(&self.0.me())
    }

    /// The other peers in the room.
    #[wasm_bindgen(getter, unchecked_return_type = "Peer[]")]
    pub fn peers(&self) -> Array {
        self.0.peers().iter().map(peer_object).collect()
    }

    /// Calls a peer, and resolves to the call when the peer has accepted. `peer` is an entry of `peers` or an id. `media` is
    /// sent to the peer: a stream, a promise of a stream, such as that of `getUserMedia`, or nothing to only receive. The
    /// page stops the tracks of the stream when it no longer needs them. `options` are the options of the call, or the
    /// `AbortSignal` itself, which ends the ringing.
    ///
    /// With a promise, the peer begins to ring when the promise is fulfilled. If the peer calls this page at the same time,
    /// both get the same call.
    ///
    /// The returned promise is rejected with a `TypeError` for an invalid argument or a promise that does not resolve to a
    /// stream, with the reason with which the promise of media is rejected, with the signal's `reason` if it aborts, and
    /// otherwise with an `Error` whose `name` is `Declined`, `Busy`, `Timeout`, `PeerLeft`, `Signaling` or `Closed`.
    #[wasm_bindgen(unchecked_return_type = "Promise<Call>")]
    pub fn call(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string | Peer")] peer: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "MediaStream | Promise<MediaStream> | null")] media: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions | AbortSignal")] options: JsValue,
    ) -> Promise {
        const OPERATION: &str = "call";
        let room = self.0.clone();
        let peer = Argument::new(OPERATION, "peer", peer).peer();
        let arguments = peer.and_then(|peer| Ok((peer, call_options(OPERATION, media, options)?)));
        promise(async move {
            let (peer, (options, signal)) = arguments?;
            let ringing = async move { room.call_with(&peer, options).await.map(NpmCall::new) };
            abortable(OPERATION, signal, ringing).await
        })
    }

    /// Sends a message to all other peers in the room: any value that can be represented in JSON. Resolves when the server has
    /// accepted the message. `options` is `{ signal }` or the `AbortSignal` itself, which ends the wait: a message that has
    /// been sent is not recalled.
    ///
    /// The promise is rejected immediately with a `TypeError` for any other value, and with an `Error` whose `name` is
    /// `TooLarge`, with the `limit` in bytes, or `Closed`. It is rejected later with one whose `name` is `Signaling`,
    /// with the server's `code`, or `Closed` if the room is left or lost before. Later rejections are never reported as
    /// unhandled, so that the promise can be ignored.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn say(
        &self,
        #[wasm_bindgen(unchecked_param_type = "unknown")] value: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "WaitOptions | AbortSignal")] options: JsValue,
    ) -> Promise {
        const OPERATION: &str = "say";
        accepted(OPERATION, options, || self.0.say_data(Argument::new(OPERATION, "value", value).json()?))
    }

    /// Sends a message to one peer, without a call: any value that can be represented in JSON. `peer` is an entry of `peers`
    /// or an id. Resolves when the server has accepted the message. `options` and rejections are those of `say`, and a
    /// rejection whose `name` is `PeerLeft` if the peer is not in the room.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn send(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string | Peer")] peer: JsValue,
        #[wasm_bindgen(unchecked_param_type = "unknown")] value: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "WaitOptions | AbortSignal")] options: JsValue,
    ) -> Promise {
        const OPERATION: &str = "send";
        accepted(OPERATION, options, || {
            let peer = Argument::new(OPERATION, "peer", peer).peer()?;
            self.0.send_data(&peer, Argument::new(OPERATION, "value", value).json()?)
        })
    }

    /// Sends a request to one peer, without a call, and resolves to its reply. `peer` is an entry of `peers` or an id.
    ///
    /// The promise is rejected with a `TypeError` or a `RangeError` for an invalid argument, with the signal's `reason` if it
    /// aborts, and otherwise with an `Error` whose `name` is `Remote` if the peer failed to handle the request, `NoHandler`
    /// if it handles no requests, `Busy`, `Timeout`, `PeerLeft`, `TooLarge`, `QuotaExceeded`, `Signaling` or `Closed`.
    #[wasm_bindgen(unchecked_return_type = "Promise<unknown>")]
    pub fn request(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string | Peer")] peer: JsValue,
        #[wasm_bindgen(unchecked_param_type = "unknown")] value: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "RequestOptions")] options: JsValue,
    ) -> Promise {
        const OPERATION: &str = "request";
        let room = self.0.clone();
        let arguments = Argument::new(OPERATION, "peer", peer).peer().and_then(|peer| {
            let value = Argument::new(OPERATION, "value", value).json()?;
            let options = Options::new(OPERATION, options)?;
            let timeout = options.present("timeout")?.map_or(Ok(REQUEST_TIMEOUT), |timeout| timeout.duration())?;
            Ok((peer, value, timeout, options.signal()?))
        });
        promise(async move {
            let (peer, value, timeout, signal) = arguments?;
            let requesting =
                async move { room.request_data(&peer, value, timeout).await.map(|reply| from_json(&reply)) };
            abortable(OPERATION, signal, requesting).await
        })
    }

    /// Returns an iterator of the requests of the peers, from its creation on. While there is no iterator, the requests fail
    /// with `NoHandler`.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterator<IncomingRequest>")]
    pub fn requests(&self) -> AsyncItems {
        AsyncItems::new(self.0.requests().map(|request| Ok(NpmIncomingRequest::new(request).into())))
    }

    /// Leaves the room, and ends its calls.
    pub fn leave(&self) {
        self.0.leave();
    }

    /// Leaves the room. Called at the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.leave();
    }

    /// Returns an iterator of the room's events. The first iterator yields all events since the room was joined, and each
    /// later one the events from its creation on.
    #[wasm_bindgen(js_name = "[Symbol.asyncIterator]", unchecked_return_type = "AsyncIterator<RoomEvent>")]
    pub fn events(&self) -> AsyncItems {
        AsyncItems::new(self.0.events().map(|event| Ok(event_object(event))))
    }
}

/// Sends a message with `send`, and returns a promise of its acceptance.
fn accepted(operation: &'static str, options: JsValue, send: impl FnOnce() -> Result<Delivery>) -> Promise {
    match signal(operation, options).and_then(|signal| Ok((send()?, signal))) {
        Ok((delivery, signal)) => {
            let delivered = async { delivery.await.map(|()| JsValue::UNDEFINED) };
            let accepted = promise(abortable(operation, signal, delivered));
            hold((), JsFuture::from(accepted.clone()));
            accepted
        }
        Err(error) => Promise::reject(&error.into()),
    }
}

fn event_object(event: RoomEvent) -> JsValue {
    match event {
        RoomEvent::Incoming(call) => typed("incoming", &[("call", NpmIncomingCall::new(call).into())]),
        RoomEvent::PeerJoined(peer) => typed("peer_joined", &[("peer", peer_object(&peer).into())]),
        RoomEvent::PeerLeft(peer, reason) => {
            typed("peer_left", &[("peer", peer_object(&peer).into()), ("reason", reason.as_str().into())])
        }
        RoomEvent::Said { from, data } => {
            typed("said", &[("from", peer_object(&from).into()), ("data", from_json(&data))])
        }
        RoomEvent::Message { from, data } => {
            typed("message", &[("from", peer_object(&from).into()), ("data", from_json(&data))])
        }
        RoomEvent::Refused(error) => typed("refused", &[("error", error.into())]),
        RoomEvent::Reconnecting { attempt } => typed("reconnecting", &[("attempt", attempt.into())]),
        RoomEvent::Recovered => typed("recovered", &[]),
        RoomEvent::Lagged { missed } => typed("lagged", &[("missed", (missed as f64).into())]),
        RoomEvent::Lost { reason } => typed("lost", &[("error", reason.into())]),
    }
}
