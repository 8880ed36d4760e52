import "./dispose.js";
import { type InitOptions, load, served, wasmSource } from "./load.js";
import { join, type JoinOptions, type Room } from "./room.js";

export { Call, IncomingCall } from "./call.js";
export type { AcceptOptions, CallEvent, CallOptions, EndReason, LostReason } from "./call.js";
export { DataChannel } from "./channel.js";
export type { ChannelEvent, ChannelOptions, Message, ReceivedMessage } from "./channel.js";
export type { WaitOptions } from "./check.js";
export { Dtmf } from "./dtmf.js";
export type { ToneOptions } from "./dtmf.js";
export { RtcError } from "./error.js";
export type { RtcErrorName, RtcErrorOptions, SignalingCode } from "./error.js";
export type { ListenerOptions } from "./events.js";
export { FileOffer, Files, IncomingFile, OutgoingFile, PartialFile } from "./files.js";
export type { FileProgress, OfferOptions, TransferEvent } from "./files.js";
export { isSupported } from "./load.js";
export type { InitOptions, WasmSource } from "./load.js";
export type { Peer } from "./peer.js";
export type { PeerRequest, RequestOptions } from "./request.js";
export { Room } from "./room.js";
export type { JoinOptions, LeaveReason, RecoveryOptions, RoomEvent } from "./room.js";

/** The module's location. Bundlers recognize this expression, and copy the file. */
const wasm = (): URL => served(new URL("./wasm/browser_rtc_bg.wasm", import.meta.url));

/**
 * Loads the WebAssembly module, which the first call of {@link joinRoom} does otherwise. Further calls have no effect.
 *
 * The promise is rejected with an {@link RtcError} whose name is `NetworkError` if the module cannot be loaded, after which
 * a later call retries, and `NotSupportedError` outside of browsers.
 */
export async function init(options?: InitOptions): Promise<void> {
  await load("init", wasmSource(options) ?? wasm);
}

/**
 * Joins a room on a signaling server, such as `wss://example.org/signal`.
 *
 * The promise is rejected with a `TypeError` or a `RangeError` for an invalid argument, and with the reason of
 * `options.signal` if it aborts. Otherwise, it is rejected with an {@link RtcError} whose name is `SignalingError` if the
 * server rejects the join, `TimeoutError` if the server does not answer within 20 seconds, `NetworkError`, `SyntaxError` or
 * `SecurityError` for a URL that the browser does not open, and `NotSupportedError` outside of browsers.
 */
export function joinRoom(url: string | URL, options: JoinOptions): Promise<Room> {
  return join(url, options, wasm);
}
