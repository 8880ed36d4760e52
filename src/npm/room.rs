//! `joinRoom` and `Room`.

use std::{pin::pin, time::Duration};

use futures::{FutureExt, StreamExt, future, select_biased};
use js_sys::{Array, JSON, Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, MediaStream};

use super::{
    call::{NpmCall, NpmIncomingCall},
    hold,
    iterate::AsyncItems,
    peer_object, promise,
};
use crate::{
    error::{During, Error, ErrorKind},
    event::EventStream,
    media,
    room::{Delivery, Join, Room, RoomEvent},
    signaling::{Data, PeerId},
    sys::global,
};

/// Takes a seat in a room. The promise is rejected with an `Error` whose `name` tells the kind: `Signaling` with the
/// server's `code` where it refuses, `Timeout`, `Network`, `Syntax`, `Security`.
#[wasm_bindgen(js_name = joinRoom, unchecked_return_type = "Promise<Room>")]
pub fn join_room(url: String, #[wasm_bindgen(unchecked_param_type = "JoinOptions")] options: JsValue) -> Promise {
    promise(async move {
        let text = |member| {
            let advice = "give { room, name } as texts";
            let missing = || Error::new("joinRoom", ErrorKind::Type, advice);
            global::get(&options, member).as_string().ok_or_else(missing)
        };
        let mut join = Join::new(text("room")?, text("name")?);
        if let Ok(token) = text("token") {
            join = join.token(token);
        }
        if let Some(ms) = global::get(&options, "giveUpAfter").as_f64().filter(|ms| *ms >= 0.0) {
            join = join.give_up_after(Duration::from_secs_f64(ms.min(f64::from(i32::MAX)) / 1_000.0));
        }
        let room = Room::join(&url, join).await?;
        hold(room.clone(), room.left());
        Ok(NpmRoom(room))
    })
}

/// A seat in a room, and an async iterable of what happens there. It comes back by itself where the server is lost,
/// and is kept until `leave()`, or until the server is gone for good.
#[wasm_bindgen(js_name = Room)]
pub struct NpmRoom(Room);

#[wasm_bindgen(js_class = Room)]
impl NpmRoom {
    /// Oneself, with the id of now: the server gives another one after it was restarted.
    #[wasm_bindgen(getter, unchecked_return_type = "Peer")]
    pub fn me(&self) -> Object {
        peer_object(&self.0.me())
    }

    /// Everybody else who is here now.
    #[wasm_bindgen(getter, unchecked_return_type = "Peer[]")]
    pub fn peers(&self) -> Array {
        self.0.peers().iter().map(peer_object).collect()
    }

    /// Calls somebody by id, sending `stream` where there is one; resolves when they have accepted. `signal` aborts
    /// the ringing. Rejected with `name` `Declined`, `Busy`, `Timeout`, `PeerLeft` or `Abort`, among others. The
    /// stream stays the page's: stop its tracks when you no longer need them.
    #[wasm_bindgen(unchecked_return_type = "Promise<Call>")]
    pub fn call(&self, peer: String, stream: Option<MediaStream>, signal: Option<AbortSignal>) -> Promise {
        let room = self.0.clone();
        promise(async move {
            let stream = stream.map(media::MediaStream::from_raw);
            let peer = PeerId::from(peer);
            let mut call = pin!(room.call(&peer, &stream).fuse());
            let mut aborted = pin!(aborted(signal).fuse());
            select_biased! {
                // First, as the call rings when it is looked at.
                () = aborted => Err(Error::new("call", ErrorKind::Abort, "the caller has given up")),
                call = call => Ok(NpmCall::of(call?)),
            }
        })
    }

    /// Sends a message to all other peers: any value that has JSON. Resolves when the server has accepted it. Rejected at
    /// once with `name` `Type` for a value without JSON, `TooLarge` with the `limit` in bytes, or `Closed`; and later with
    /// `Signaling` and the server's `code`, or `Closed` if the room is left or lost before. The later rejection is not
    /// reported as unhandled: the promise may be ignored.
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

    /// Gives up the seat, which ends its calls.
    pub fn leave(&self) {
        self.0.leave();
    }

    /// What happens in the room. All iterators share one queue.
    #[wasm_bindgen(js_name = "[Symbol.asyncIterator]", unchecked_return_type = "AsyncIterator<RoomEvent>")]
    pub fn events(&self) -> AsyncItems {
        AsyncItems::new(self.0.events().map(|event| Ok(event_object(event))))
    }
}

impl NpmRoom {
    fn send(&self, value: &JsValue) -> crate::error::Result<Delivery> {
        let text = JSON::stringify(value).during("say")?.as_string();
        let data = text.and_then(|text| Data::from_json(text).ok());
        let data = data.ok_or_else(|| Error::new("say", ErrorKind::Type, "the value has no JSON"))?;
        self.0.say(&data)
    }
}

/// Resolves when `signal` aborts, at once where it has; never without one.
async fn aborted(signal: Option<AbortSignal>) {
    match signal {
        Some(signal) if signal.aborted() => {}
        Some(signal) => {
            let mut aborts = EventStream::listen(&signal, "abort", |_| Some(()));
            let _aborted = aborts.next().await;
        }
        None => future::pending().await,
    }
}

fn event_object(event: RoomEvent) -> JsValue {
    match event {
        RoomEvent::Incoming(call) => typed("incoming", &[("call", NpmIncomingCall::of(call).into())]),
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

pub(super) fn typed(event: &str, members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    global::set(&object, "type", &event.into());
    for (name, value) in members {
        global::set(&object, name, value);
    }
    object.into()
}
