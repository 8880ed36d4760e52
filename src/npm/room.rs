//! The JavaScript function `joinRoom` and the class `Room`.

use std::time::Duration;

use futures::StreamExt;
use js_sys::{Array, Function, JSON, Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::{
    abort::abortable,
    argument::{Argument, Options, resolved, signal},
    call::{NpmCall, NpmIncomingCall},
    connection::{sdp_transform, with_transform},
    event::typed,
    hold,
    iterate::AsyncItems,
    peer_object, promise,
};
use crate::{
    error::{During, Error, ErrorKind, Result},
    peer::PeerConnection,
    promise::settled_for_good,
    room::{Delivery, Join, Room, RoomEvent},
    session::Recovery,
    signaling::Data,
};

const OPERATION: &str = "joinRoom";

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
        join = join.give_up_after(duration(&time)?);
    }
    if let Some(time) = options.present("ringTime")? {
        join = join.ring_time(duration(&time)?);
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
        recovery = recovery.patience(duration(&time)?);
    }
    if let Some(attempts) = options.present("attempts")? {
        recovery = recovery.attempts(attempts.count()?);
    }
    if let Some(time) = options.present("attemptTime")? {
        recovery = recovery.attempt_time(duration(&time)?);
    }
    Ok(recovery)
}

fn duration(time: &Argument) -> Result<Duration> {
    let ms = time.milliseconds()?.min(f64::from(i32::MAX));
    Ok(Duration::from_secs_f64(ms / 1_000.0))
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
    /// page stops the tracks of the stream when it no longer needs them. `options` is a `CallOptions` object or
    /// an `AbortSignal`, which ends the ringing.
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
        let arguments = Argument::new(OPERATION, "peer", peer).peer().and_then(|peer| {
            let media = Argument::new(OPERATION, "media", media).media()?;
            let (signal, transform) = (signal(OPERATION, options.clone())?, sdp_transform(OPERATION, options)?);
            Ok((peer, with_transform(media, transform), signal))
        });
        promise(async move {
            let (peer, media, signal) = arguments?;
            let ringing = async move { room.call(&peer, media).await.map(NpmCall::new) };
            abortable(OPERATION, signal, ringing).await
        })
    }

    /// Sends a message to all other peers in the room: any value that can be represented in JSON. Resolves when the server has
    /// accepted the message.
    ///
    /// The promise is rejected immediately with a `TypeError` for any other value, and with an `Error` whose `name` is
    /// `TooLarge`, with the `limit` in bytes, or `Closed`. It is rejected later with one whose `name` is `Signaling`,
    /// with the server's `code`, or `Closed` if the room is left or lost before. Later rejections are never reported as
    /// unhandled, so that the promise can be ignored.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn say(&self, #[wasm_bindgen(unchecked_param_type = "unknown")] value: &JsValue) -> Promise {
        match self.send(value) {
            Ok(delivery) => {
                let accepted = promise(async { delivery.await.map(|()| JsValue::UNDEFINED) });
                hold((), JsFuture::from(accepted.clone()));
                accepted
            }
            Err(error) => Promise::reject(&error.into()),
        }
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

impl NpmRoom {
    fn send(&self, value: &JsValue) -> Result<Delivery> {
        let text = JSON::stringify(value).during("say")?.as_string();
        let data = text.and_then(|text| Data::from_json(text).ok());
        let data =
            data.ok_or_else(|| Error::new("say", ErrorKind::Type, "argument `value` cannot be represented in JSON"))?;
        self.0.say(&data)
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
            let data = JSON::parse(data.get()).unwrap_or(JsValue::UNDEFINED);
            typed("said", &[("from", peer_object(&from).into()), ("data", data)])
        }
        RoomEvent::Refused(error) => typed("refused", &[("error", error.into())]),
        RoomEvent::Reconnecting { attempt } => typed("reconnecting", &[("attempt", attempt.into())]),
        RoomEvent::Recovered => typed("recovered", &[]),
        RoomEvent::Lagged { missed } => typed("lagged", &[("missed", (missed as f64).into())]),
        RoomEvent::Lost { reason } => typed("lost", &[("error", reason.into())]),
    }
}
