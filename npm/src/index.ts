import "./dispose.js";
import { wasm } from "./init.js";
import { join, type JoinOptions, type Room } from "./room.js";

export { Call, IncomingCall } from "./call.js";
export type { AcceptOptions, CallEvent, CallOptions, EndReason } from "./call.js";
export { DataChannel } from "./channel.js";
export type { ChannelOptions } from "./channel.js";
export type { WaitOptions } from "./check.js";
export { Dtmf } from "./dtmf.js";
export type { ToneOptions } from "./dtmf.js";
export { RtcError } from "./error.js";
export type { RtcErrorName, RtcErrorOptions, SignalingCode } from "./error.js";
export type { ListenerOptions } from "./events.js";
export { FileOffer, Files, IncomingFile, OutgoingFile, PartialFile } from "./files.js";
export type { FileProgress, OfferOptions, TransferEvent } from "./files.js";
export { init } from "./init.js";
export { isSupported } from "./load.js";
export type { InitOptions, WasmSource } from "./load.js";
export { BroadcastMessages, Messages, TypedMessages } from "./messages.js";
export type { ChannelEvent, Codec, Message, ReceivedMessage } from "./messages.js";
export type { Peer } from "./peer.js";
export { PeerSession } from "./peer-session.js";
export type { ConnectionEvent, EndedEvent, LostReason } from "./peer-session.js";
export type { RecoveryOptions } from "./recovery.js";
export type { PeerRequest, RequestOptions } from "./request.js";
export { Room } from "./room.js";
export type { JoinOptions, LeaveReason, RoomEvent } from "./room.js";
export type { SdpTransform, SdpTransformOption } from "./sdp-transform.js";

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
