//! The JavaScript API of the npm package: rooms, calls, channels and tones, with TypeScript types.
//!
//! What JavaScript lets go of may be collected at any moment. So that a call does not end because nobody looks at it,
//! each object here is also held by a task of its own until it is over: left, hung up or closed.

#![expect(missing_debug_implementations, reason = "these are JavaScript's objects, and it has no such thing")]

mod call;
mod channel;
mod files;
mod iterate;
mod room;

use std::future::Future;

use futures::{FutureExt, future::LocalBoxFuture};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{future_to_promise, spawn_local};

use crate::{error::Result, signaling::Peer, sys::global};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Somebody in a room. */
export interface Peer { readonly id: string; readonly name: string; }

/** Which room to join, and as whom; and for how many milliseconds to try to come back to a server that is lost, which
    are 300000 unless told. */
export interface JoinOptions { room: string; name: string; token?: string; giveUpAfter?: number; }

/** What happens in a room. */
export type RoomEvent =
  | { type: "incoming"; call: IncomingCall }
  | { type: "peer_joined"; peer: Peer }
  | { type: "peer_left"; peer: Peer; reason: string }
  | { type: "said"; from: Peer; data: unknown }
  | { type: "refused"; error: Error }
  | { type: "reconnecting"; attempt: number }
  | { type: "recovered" }
  | { type: "lagged"; missed: number }
  | { type: "lost"; error: Error };

/** What happens on the way between the two sides of a call. */
export type CallEvent =
  | { type: "reconnecting"; attempt: number }
  | { type: "recovered" }
  | { type: "lost"; reason: "connection-failed" | "peer-closed" | "peer-restarted" }
  | { type: "failed"; error: Error };

/** Why a call has ended. */
export type EndReason =
  | "hung-up" | "peer-hung-up" | "declined" | "busy" | "unanswered" | "peer-left" | "connection-failed" | "room-closed";

/** How long each tone plays (40 to 6000, 100 unless told) and the silence after it (30 to 6000, 70), in milliseconds. */
export interface ToneTiming { duration?: number; gap?: number; }
"#;

/// Whether this browser has WebRTC.
#[wasm_bindgen(js_name = isSupported)]
pub fn is_supported() -> bool {
    crate::peer::is_supported()
}

fn promise<T: Into<JsValue>>(future: impl Future<Output = Result<T>> + 'static) -> Promise {
    boxed_promise(async { future.await.map(Into::into).map_err(Into::into) }.boxed_local())
}

/// `future_to_promise` is large, and this is the one type that it is compiled for.
fn boxed_promise(future: LocalBoxFuture<'static, std::result::Result<JsValue, JsValue>>) -> Promise {
    future_to_promise(future)
}

/// Keeps `object` alive until `over`.
fn hold<T: 'static>(object: T, over: impl Future + 'static) {
    spawn_local(async move {
        over.await;
        drop(object);
    });
}

fn peer_object(peer: &Peer) -> Object {
    let object = Object::new();
    global::set(&object, "id", &peer.id.as_str().into());
    global::set(&object, "name", &peer.name.as_str().into());
    object
}
