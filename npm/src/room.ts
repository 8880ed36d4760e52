import type { JoinOptions as RawJoinOptions, Room as RawRoom, RoomEvent as RawRoomEvent } from "./wasm/browser_rtc.js";
import { joinRoom as rawJoinRoom } from "./wasm/browser_rtc.js";
import { Call, callArguments, type CallOptions, IncomingCall } from "./call.js";
import { abortable, milliseconds, options as checkOptions, signal as checkSignal, string, tag, type WaitOptions, wrongType } from "./check.js";
import "./dispose.js";
import { disposable } from "./dispose.js";
import { calling, camelCase, RtcError, rtcError } from "./error.js";
import { Events, type ListenerOptions } from "./events.js";
import { load, type WasmSource } from "./load.js";
import type { Peer } from "./peer.js";
import { items, settled } from "./raw.js";
import { checkRecovery, type RecoveryOptions } from "./recovery.js";
import { type PeerRequest, type RequestOptions, Requests } from "./request.js";

/** The options of `joinRoom`. */
export interface JoinOptions extends WaitOptions {
  /** The room to join, 1 to 64 characters. */
  room: string;
  /** The name to join under, 1 to 64 characters. It must be unique in the room. */
  name: string;
  /** The access token, for servers that require one, or a function that returns a token whenever the server requires one. */
  token?: string | (() => string | Promise<string>);
  /**
   * How long the room tries to reconnect after the connection to the server is lost, in milliseconds: 300000 by default, at
   * most 24 days, which `Infinity` stands for.
   */
  giveUpAfter?: number;
  /** How long a call rings before it ends as unanswered, in milliseconds. 45000 by default. */
  ringTime?: number;
  /** The configuration of the connections. The server's ICE servers are appended to those of the configuration. */
  rtcConfiguration?: RTCConfiguration;
  /** When the connections of calls are restarted, and given up, after the network has failed. */
  recovery?: RecoveryOptions;
  /**
   * Whether the seat's resume token is kept in `sessionStorage`, so that a page that is reloaded after a crash can join under
   * the same name at once. `false` by default.
   */
  keepSeat?: boolean;
}

/**
 * The reason for which a peer is no longer in the room. A newer server can have further reasons.
 *
 * - `left`: the peer left, or its page was closed or reloaded.
 * - `lost`: the connection of the peer to the server was lost.
 * - `replaced`: the peer has joined again, with a new id.
 */
export type LeaveReason = "left" | "lost" | "replaced" | (string & {});

/** An event of a room. */
export type RoomEvent =
  /** A peer calls this page. */
  | { readonly type: "incoming"; readonly call: IncomingCall }
  /** A peer has joined the room. */
  | { readonly type: "peerJoined"; readonly peer: Peer }
  /** A peer has left the room. */
  | { readonly type: "peerLeft"; readonly peer: Peer; readonly reason: LeaveReason }
  /** A peer has sent a message to the room with `say`. */
  | { readonly type: "said"; readonly from: Peer; readonly data: unknown }
  /** A peer has sent a message to this page with `send`. */
  | { readonly type: "message"; readonly from: Peer; readonly data: unknown }
  /** The server refused a message, or sent one that cannot be parsed, or the token function failed. */
  | { readonly type: "refused"; readonly error: RtcError }
  /** The connection to the server is lost, and an attempt to reconnect begins. */
  | { readonly type: "reconnecting"; readonly attempt: number }
  /** The connection to the server is restored. */
  | { readonly type: "recovered" }
  /** Events were dropped, because too many were unread. */
  | { readonly type: "lagged"; readonly missed: number }
  /** The room is lost. This is the last event. */
  | { readonly type: "lost"; readonly error: RtcError };

const TYPES: readonly RoomEvent["type"][] = [
  "incoming",
  "peerJoined",
  "peerLeft",
  "said",
  "message",
  "refused",
  "reconnecting",
  "recovered",
  "lagged",
  "lost",
];

/**
 * The membership in a room, and an async iterable of the room's events.
 *
 * If the connection to the server is lost, the room reconnects. The page stays in the room even if it drops the object.
 */
export class Room implements AsyncIterable<RoomEvent> {
  readonly #raw: RawRoom;
  readonly #events: Events<RoomEvent>;
  readonly #requests: Requests;
  #left = false;

  private constructor(raw: RawRoom) {
    this.#raw = raw;
    const events = items("events", raw[Symbol.asyncIterator](), (event) => roomEvent(event as RawRoomEvent));
    this.#events = new Events(events, TYPES, (missed) => ({ type: "lagged", missed }));
    this.#requests = new Requests(raw);
  }

  /** @internal */
  static wrap(raw: RawRoom): Room {
    return new Room(raw);
  }

  /** The local peer. Its id changes when the room gets a new seat, such as after a restart of the server. */
  get me(): Peer {
    return this.#raw.me;
  }

  /** The other peers in the room. */
  get peers(): readonly Peer[] {
    return this.#raw.peers;
  }

  /**
   * Calls a peer, which is an entry of `peers` or an id, and resolves to the call when the peer has accepted. If the peer
   * calls this page at the same time, both get the same call.
   *
   * The promise is rejected with an {@link RtcError} whose name is `DeclinedError`, `BusyError`, `TimeoutError` if the peer
   * does not answer, `PeerLeftError`, `SignalingError` or `ClosedError`, or with the reason for which the promise of
   * `options.media` is rejected.
   */
  async call(peer: Peer | string, options?: CallOptions): Promise<Call> {
    const id = peerId("call", peer);
    if (this.#left) throw this.#leftError("call");
    const { media, options: raw, signal } = callArguments("call", options, CALL_MEMBERS);
    return Call.wrap(await settled("call", this.#raw.call(id, media, raw), signal));
  }

  /**
   * Sends a message to all other peers in the room: any value that can be represented in JSON. Resolves when the server has
   * accepted the message. A signal that aborts ends the wait, but does not recall the message.
   *
   * The promise is rejected with a `TypeError` for any other value, and with an {@link RtcError} whose name is
   * `TooLargeError`, `SignalingError` or `ClosedError`. A rejection by the server, by the end of the room or by the signal is
   * not reported as unhandled, so that the promise can be ignored.
   */
  say(value: unknown, options?: WaitOptions): Promise<void> {
    return this.#accepted("say", options, (raw) => this.#raw.say(value, raw));
  }

  /**
   * Sends a message to one peer, which is an entry of `peers` or an id, and gets the event `message`. No call is needed. The
   * message, the options and the rejections are those of {@link say}. The name is also `PeerLeftError` if the peer is not in
   * the room.
   */
  send(peer: Peer | string, data: unknown, options?: WaitOptions): Promise<void> {
    return this.#accepted("send", options, (raw) => this.#raw.send(peerId("send", peer), data, raw));
  }

  #accepted(operation: string, options: WaitOptions | undefined, send: (options: WaitOptions) => Promise<void>): Promise<void> {
    let raw: Promise<void>;
    let signal: AbortSignal | undefined;
    try {
      signal = checkSignal(operation, checkOptions(operation, "options", options, ["signal"]).signal);
      if (this.#left) throw this.#leftError(operation);
      signal?.throwIfAborted();
      raw = send(signal ? { signal } : {});
    } catch (error) {
      return Promise.reject(error);
    }
    const accepted = settled(operation, raw, signal);
    // The value of the race is that of a raw promise that is rejected already, and `undefined` otherwise.
    void Promise.race([raw, undefined]).then(
      () => accepted.catch(() => {}),
      () => {},
    );
    return accepted;
  }

  /**
   * Sends a request to one peer, which is an entry of `peers` or an id, and resolves to the reply of its {@link onRequest}
   * handler. No call is needed. The request and the reply are any values that can be represented in JSON.
   *
   * The promise is rejected with an {@link RtcError} whose name is `RemoteError` if the peer failed to handle the request, with
   * the message of its exception; `NoHandlerError`; `BusyError` if the peer has 256 unanswered requests; `TimeoutError`;
   * `PeerLeftError`; `QuotaExceededError` if 256 requests of this page wait already; `TooLargeError`; `SignalingError` or
   * `ClosedError`. If the signal aborts, the peer's handler is notified.
   */
  async request(peer: Peer | string, data: unknown, options?: RequestOptions): Promise<unknown> {
    const operation = "request";
    const id = peerId(operation, peer);
    const { timeout, signal: given } = checkOptions(operation, "options", options, ["timeout", "signal"]);
    milliseconds(operation, "options.timeout", timeout);
    const signal = checkSignal(operation, given);
    if (this.#left) throw this.#leftError(operation);
    signal?.throwIfAborted();
    const raw = { ...(timeout !== undefined && { timeout }), ...(signal && { signal }) };
    return settled(operation, this.#raw.request(id, data, raw), signal);
  }

  /**
   * Handles the requests of peers, and returns a function that removes the handler. The reply is the value that the handler
   * returns, or that its promise resolves to. If the handler throws, the peer's request is rejected with the message of the
   * exception, of at most 1000 characters. A room has one handler. Requests of peers fail while it has none.
   */
  onRequest(handler: (request: PeerRequest) => unknown, options?: ListenerOptions): () => void {
    return this.#requests.handle(handler, options);
  }

  /** Leaves the room, and ends its calls. Does nothing if the room was left before. */
  leave(): void {
    this.#left = true;
    calling("leave", () => this.#raw.leave());
  }

  /**
   * Adds a listener of one type of events, and returns a function that removes it. The first listeners also get the events
   * since the room was joined.
   */
  on<T extends RoomEvent["type"]>(
    type: T,
    listener: (event: Extract<RoomEvent, { readonly type: T }>) => void,
    options?: ListenerOptions,
  ): () => void {
    return this.#events.on(type, listener, options);
  }

  /**
   * Returns an iterator of the events, with a queue of its own. It ends when the room is left or lost. An iterator that is
   * not read keeps the last 1024 events.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<RoomEvent> {
    return this.#events.iterator();
  }

  #leftError(operation: string): RtcError {
    return new RtcError("ClosedError", operation, "the room has been left");
  }
}

export interface Room {
  /** Leaves the room. Called at the end of a `using` block. */
  [Symbol.dispose](): void;
  /** Leaves the room. Called at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

disposable(
  Room.prototype,
  (room) => room.leave(),
  async (room) => room.leave(),
);

/** Returns the id of the argument `peer`. */
function peerId(operation: string, peer: Peer | string): string {
  if (typeof peer === "string") return peer;
  if (tag(peer) === "Object" && typeof peer.id === "string") return peer.id;
  throw wrongType(operation, "peer", "a string or a Peer object", peer);
}

const CALL_MEMBERS = ["media", "metadata", "ringTime", "rtcConfiguration", "sdpTransform", "signal"] as const;

function roomEvent(event: RawRoomEvent): RoomEvent {
  switch (event.type) {
    case "incoming":
      return { type: "incoming", call: IncomingCall.wrap(event.call) };
    case "peer_joined":
      return { type: "peerJoined", peer: event.peer };
    case "peer_left":
      return { type: "peerLeft", peer: event.peer, reason: camelCase(event.reason) };
    case "refused":
    case "lost":
      return { type: event.type, error: rtcError(event.error) };
    case "said":
    case "message":
    case "reconnecting":
    case "recovered":
    case "lagged":
      return event;
  }
}

const MEMBERS = [
  "room",
  "name",
  "token",
  "giveUpAfter",
  "ringTime",
  "rtcConfiguration",
  "recovery",
  "keepSeat",
  "signal",
] as const;

/**
 * Checks the arguments of `joinRoom`, loads the WebAssembly module, and joins.
 *
 * @internal
 */
export async function join(url: string | URL, options: JoinOptions, source: () => WasmSource | Promise<WasmSource>): Promise<Room> {
  const operation = "joinRoom";
  const address = tag(url) === "URL" ? (url as URL).href : url;
  if (typeof address !== "string") throw wrongType(operation, "url", "a string or a URL object", url);
  if (options === undefined) throw wrongType(operation, "options", "an options object", options);
  const { rtcConfiguration, ...given } = checkOptions(operation, "options", options, MEMBERS);
  const raw: RawJoinOptions = {
    ...given,
    room: string(operation, "options.room", given.room),
    name: string(operation, "options.name", given.name),
  };
  if (given.token !== undefined && typeof given.token !== "string" && typeof given.token !== "function") {
    throw wrongType(operation, "options.token", "a string or a function", given.token);
  }
  milliseconds(operation, "options.giveUpAfter", given.giveUpAfter);
  milliseconds(operation, "options.ringTime", given.ringTime);
  checkRecovery(operation, given.recovery);
  const signal = checkSignal(operation, given.signal);
  if (rtcConfiguration !== undefined) raw.configuration = rtcConfiguration;
  signal?.throwIfAborted();
  await abortable(signal, load(operation, source));
  return Room.wrap(await settled(operation, rawJoinRoom(address, raw), signal));
}
