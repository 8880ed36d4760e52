//! The JavaScript API of the npm package: rooms, calls, channels and tones, with TypeScript types.
//!
//! JavaScript may collect an object that it no longer refers to at any moment. A call must not end because of that, so
//! each object here is also held by a task until it has ended: left, hung up or closed. An explicit end of the handle is
//! another matter: every class has a `free` of its own, which wasm-bindgen also makes its `Symbol.dispose`. It ends
//! what the handle stands for, so that `using room = await joinRoom(…)` leaves the room at the end of the block, and it
//! replaces wasm-bindgen's `free`, after which a method would be called with a null pointer. The memory of a handle is
//! freed when it is collected.
//!
//! Parameters are `JsValue`s, which [`argument`] converts.

#![expect(missing_debug_implementations, reason = "these are JavaScript's objects, and it has no such thing")]

mod abort;
mod argument;
mod brand;
mod call;
mod channel;
mod event;
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
/** A participant of a room. */
export interface Peer { readonly id: string; readonly name: string; }

/** An error of this package. `name` is its kind, such as "Closed" or "Timeout". */
export interface RtcFailure extends Error {
  /** The signaling server's code, where `name` is "Signaling". */
  readonly code?: string;
  /** The largest size in bytes, where `name` is "TooLarge". */
  readonly limit?: number;
}

/** Options of a function that waits. */
export interface WaitOptions {
  /** Ends the waiting: the promise is rejected with the signal's `reason`. */
  signal?: AbortSignal;
}

/** Which room to join, and under which name. */
export interface JoinOptions extends WaitOptions {
  room: string;
  name: string;
  /** Proves to the server that the page may join: a token, or a function that provides a fresh one whenever the server
      requires it. */
  token?: string | (() => string | Promise<string>);
  /** For how many milliseconds to try to reconnect to a server that is lost, 300000 by default. `Infinity` is 24 days. */
  giveUpAfter?: number;
  /** For how many milliseconds a call rings before it is given up, 45000 by default. */
  ringTime?: number;
  /** The configuration of the room's calls. The server's ICE servers are added after those given here. */
  configuration?: RTCConfiguration;
  /** What the room's calls do when the network between the two peers breaks. */
  recovery?: RecoveryOptions;
  /** Keeps the seat's resume token in `sessionStorage`, so that a page that was reloaded after a crash has its name back
      at once. */
  keepSeat?: boolean;
}

/** When ICE is restarted and when a call is given up. */
export interface RecoveryOptions {
  /** For how many milliseconds a connection may be disconnected before ICE is restarted, 3000 by default. */
  patience?: number;
  /** The number of attempts before the call is lost, 6 by default. */
  attempts?: number;
  /** The milliseconds that each attempt may take, 10000 by default. */
  attemptTime?: number;
}

/** Options of a channel. */
export interface ChannelOptions extends RTCDataChannelInit, WaitOptions {}

/** What happens in a room. */
export type RoomEvent =
  | { type: "incoming"; call: IncomingCall }
  | { type: "peer_joined"; peer: Peer }
  | { type: "peer_left"; peer: Peer; reason: string }
  | { type: "said"; from: Peer; data: unknown }
  | { type: "refused"; error: RtcFailure }
  | { type: "reconnecting"; attempt: number }
  | { type: "recovered" }
  | { type: "lagged"; missed: number }
  | { type: "lost"; error: RtcFailure };

/** What happens to the connection of a call. */
export type CallEvent =
  | { type: "reconnecting"; attempt: number }
  | { type: "recovered" }
  | { type: "lost"; reason: "connection-failed" | "peer-closed" | "peer-restarted" }
  | { type: "failed"; error: RtcFailure };

/** Why a call has ended. */
export type EndReason =
  | "hung-up" | "peer-hung-up" | "declined" | "busy" | "unanswered" | "peer-left" | "connection-failed" | "room-closed";

/** How long each tone plays (40 to 6000, by default 100) and the silence after it (30 to 6000, by default 70), in
    milliseconds. Other times from 0 on are clamped to these ranges, as `insertDTMF` clamps them. */
export interface ToneTiming { duration?: number; gap?: number; }
"#;

/// The method that makes another handle of an object, by which a handle is recognized as an argument.
const SHARE: &str = "__share";

/// Returns whether this browser has WebRTC.
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
