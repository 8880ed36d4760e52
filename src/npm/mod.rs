//! The JavaScript API of the npm package: rooms, calls, channels, files and tones, with TypeScript types.
//!
//! The garbage collector of JavaScript may collect an unreferenced object at any time, which must not end a call. A task
//! therefore holds each object until it has ended: left, hung up or closed.
//!
//! Each class defines a method `free`, which wasm-bindgen also exports as `Symbol.dispose`. It ends the object, so that
//! `using room = await joinRoom(…)` leaves the room at the end of the block. It also replaces the `free` that wasm-bindgen
//! generates, after which a call of a method would dereference a null pointer. The memory of an object is freed when the
//! object is collected.
//!
//! Parameters are `JsValue`s, which [`argument`] converts.

#![expect(missing_debug_implementations, reason = "JavaScript does not use `Debug`")]

mod abort;
mod argument;
mod brand;
mod call;
mod channel;
mod connection;
mod event;
mod files;
mod iterate;
mod request;
mod room;
mod session;

use std::future::Future;

use futures::{FutureExt, future::LocalBoxFuture};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{future_to_promise, spawn_local};

use crate::{error::Result, signaling::Peer, sys::global};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A client in a room, with the id that the server has assigned to it. */
export interface Peer { readonly id: string; readonly name: string; }

/** An error of this package. `name` is its kind, such as "Closed" or "Timeout". */
export interface RtcFailure extends Error {
  /** The signaling server's error code, if `name` is "Signaling". */
  readonly code?: string;
  /** The name of the function that failed, such as "joinRoom". */
  readonly operation?: string;
  /** The maximum size in bytes, if `name` is "TooLarge". */
  readonly limit?: number;
}

/** The options of a function that waits. */
export interface WaitOptions {
  /** Aborts the operation: the promise is rejected with the signal's `reason`. */
  signal?: AbortSignal;
}

/** Returns the SDP to use in place of that of a local description, which is set and sent to the remote peer. */
export type SdpTransform = (sdp: string, type: RTCSdpType) => string;

/** The options of `joinRoom`. */
export interface JoinOptions extends WaitOptions {
  /** The room to join, 1 to 64 characters. */
  room: string;
  /** The name to join under, 1 to 64 characters. It must be unique in the room. */
  name: string;
  /** The access token, for servers that require one, or a function that returns a token whenever the server requires
      one. */
  token?: string | (() => string | Promise<string>);
  /** How long the room tries to reconnect after the connection to the server is lost, in milliseconds. 300000 by default;
      at most 24 days, which `Infinity` stands for. */
  giveUpAfter?: number;
  /** How long a call rings before it ends as unanswered, in milliseconds. 45000 by default. */
  ringTime?: number;
  /** The configuration of the room's calls. The server's ICE servers are appended to those of the configuration. */
  configuration?: RTCConfiguration;
  /** How the room's calls recover when the network between the two peers fails. */
  recovery?: RecoveryOptions;
  /** Keeps the seat's resume token in `sessionStorage`, so that a page that is reloaded after a crash can join under the
      same name immediately. */
  keepSeat?: boolean;
}

/** When ICE is restarted after a network failure, and when a call is given up. */
export interface RecoveryOptions {
  /** How long a path may be silent or disconnected before ICE is restarted, in milliseconds. 2000 by default. */
  patience?: number;
  /** The number of attempts before the call is lost. 6 by default. */
  attempts?: number;
  /** The duration of each attempt, in milliseconds. 10000 by default. */
  attemptTime?: number;
}

/** The options of an answer to a call. */
export interface AcceptOptions extends WaitOptions {
  /** A value for the peer that can be represented in JSON, of at most 16384 bytes. `null` stands for none. */
  metadata?: unknown;
  /** The configuration of the connection, in place of that of the room. */
  configuration?: RTCConfiguration;
  /** Changes the local descriptions of the call. If the function throws, the call is lost. */
  sdpTransform?: SdpTransform;
}

/** The options of a call. */
export interface CallOptions extends AcceptOptions {
  /** How long the call rings before it ends as unanswered, in milliseconds, in place of that of the room. */
  ringTime?: number;
}

/** The options of a request. */
export interface RequestOptions extends WaitOptions {
  /** How long to wait for the reply, in milliseconds. 30000 by default. */
  timeout?: number;
}

/** The options of a channel. */
export interface ChannelOptions extends RTCDataChannelInit, WaitOptions {}

/**
 * An event of a room.
 *
 * - `incoming`: a peer calls this page.
 * - `peer_joined`, `peer_left`: a peer has joined or left the room.
 * - `said`: a peer has sent a message to the room with `say`.
 * - `message`: a peer has sent a message to this page with `send`.
 * - `refused`: the server refused a message, or sent one that cannot be parsed, or the token function failed.
 * - `reconnecting`: the connection to the server is lost, and an attempt to reconnect begins.
 * - `recovered`: the connection to the server is back.
 * - `lagged`: events were dropped, because too many were unread.
 * - `lost`: the room is lost. This is the last event.
 */
export type RoomEvent =
  | { type: "incoming"; call: IncomingCall }
  | { type: "peer_joined"; peer: Peer }
  | { type: "peer_left"; peer: Peer; reason: string }
  | { type: "said"; from: Peer; data: unknown }
  | { type: "message"; from: Peer; data: unknown }
  | { type: "refused"; error: RtcFailure }
  | { type: "reconnecting"; attempt: number }
  | { type: "recovered" }
  | { type: "lagged"; missed: number }
  | { type: "lost"; error: RtcFailure };

/**
 * An event of a call's connection.
 *
 * - `reconnecting`: the network path to the peer is broken, and an attempt to find another path begins.
 * - `recovered`: the peers are connected again.
 * - `lost`: the connection is lost, and the call ends. This is the last event.
 * - `failed`: a failure that does not end the call.
 */
export type CallEvent =
  | { type: "reconnecting"; attempt: number }
  | { type: "recovered" }
  | { type: "lost"; reason: "connection-failed" | "peer-closed" | "peer-restarted" | "sdp-transform-failed" }
  | { type: "failed"; error: RtcFailure };

/** The reason for the end of a call. */
export type EndReason =
  | "hung-up" | "peer-hung-up" | "declined" | "busy" | "unanswered" | "peer-left" | "connection-failed" | "room-closed";

/** The timing of tones. Values outside of the ranges are clamped, as in `insertDTMF`. */
export interface ToneTiming {
  /** The duration of each tone in milliseconds, 40 to 6000. 100 by default. */
  duration?: number;
  /** The silence after each tone in milliseconds, 30 to 6000. 70 by default. */
  gap?: number;
}
"#;

/// The name of the method that returns another handle of an object. Arguments with handles are recognized by it.
const SHARE: &str = "__share";

/// Returns whether this browser has WebRTC.
#[wasm_bindgen(js_name = isSupported)]
pub fn is_supported() -> bool {
    crate::peer::is_supported()
}

fn promise<T: Into<JsValue>>(future: impl Future<Output = Result<T>> + 'static) -> Promise {
    boxed_promise(async { future.await.map(Into::into).map_err(Into::into) }.boxed_local())
}

/// Converts a future to a promise. `future_to_promise` is large, and compiled for this type only.
fn boxed_promise(future: LocalBoxFuture<'static, std::result::Result<JsValue, JsValue>>) -> Promise {
    future_to_promise(future)
}

/// Keeps `object` alive until `end` resolves.
fn hold<T: 'static>(object: T, end: impl Future + 'static) {
    spawn_local(async move {
        end.await;
        drop(object);
    });
}

fn peer_object(peer: &Peer) -> Object {
    let object = Object::new();
    global::set(&object, "id", &peer.id.as_str().into());
    global::set(&object, "name", &peer.name.as_str().into());
    object
}
