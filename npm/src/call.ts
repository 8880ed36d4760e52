import type { Call as RawCall, CallOptions as RawCallOptions, IncomingCall as RawIncomingCall } from "./wasm/browser_rtc.js";
import {
  abortable,
  isMediaStream,
  milliseconds,
  options as checkOptions,
  signal as checkSignal,
  string,
  tag,
  type WaitOptions,
  wrongType,
} from "./check.js";
import { DataChannel, type ChannelOptions, channelOptions } from "./channel.js";
import "./dispose.js";
import { disposable } from "./dispose.js";
import { calling, camelCase } from "./error.js";
import type { Peer } from "./peer.js";
import { type ConnectionEvent, type EndedEvent, PeerSession } from "./peer-session.js";
import { settled } from "./raw.js";
import { checkSdpTransform, type SdpTransformOption } from "./sdp-transform.js";

/** The options of `incoming.accept`. */
export interface AcceptOptions extends WaitOptions, SdpTransformOption {
  /**
   * The stream that is sent to the peer, or a promise of it, such as that of `getUserMedia`. Without it, the call only
   * receives. The page stops the tracks of the stream when it no longer needs them.
   */
  media?: MediaStream | Promise<MediaStream> | null;
  /**
   * A value for the peer, such as the subject of the call: any value that can be represented in JSON, of at most 16384 bytes.
   * The callee reads it from `incoming.metadata` before it answers, and both peers read the other's from `call.metadata`.
   * `null` stands for none.
   */
  metadata?: unknown;
  /** The configuration of the connection, in place of that of `joinRoom`. The server's ICE servers are appended to it. */
  rtcConfiguration?: RTCConfiguration;
}

/** The options of `room.call`. */
export interface CallOptions extends AcceptOptions {
  /**
   * How long the call rings before it ends as unanswered, in milliseconds, in place of that of `joinRoom`. The peer rings for
   * 10 minutes at most.
   */
  ringTime?: number;
}

/**
 * The arguments of a raw function that begins or answers a call, and the signal among them.
 *
 * @internal
 */
export interface RawCallArguments {
  readonly media: MediaStream | Promise<MediaStream> | null;
  readonly options: RawCallOptions;
  readonly signal: AbortSignal | undefined;
}

/**
 * Checks the options of a call, and converts them to arguments of the raw module.
 *
 * @internal
 */
export function callArguments(
  operation: string,
  value: CallOptions | undefined,
  members: readonly (keyof CallOptions)[],
): RawCallArguments {
  const { media, signal, rtcConfiguration, sdpTransform, ...others } = checkOptions(operation, "options", value, members);
  if (media !== undefined && media !== null && !isMediaStream(media) && tag(media) !== "Promise") {
    throw wrongType(operation, "options.media", "a MediaStream, a promise of one, null or undefined", media);
  }
  milliseconds(operation, "options.ringTime", others.ringTime);
  const checked = checkSignal(operation, signal);
  // The signal of an operation that does not begin must not leave a rejected promise of media unhandled.
  if (checked?.aborted) {
    if (media) Promise.resolve(media).catch(() => {});
    throw checked.reason;
  }
  const options: RawCallOptions = { ...others, ...checkSdpTransform(operation, sdpTransform) };
  if (rtcConfiguration !== undefined) options.configuration = rtcConfiguration;
  if (checked) options.signal = checked;
  return { media: media ?? null, options, signal: checked };
}

const ACCEPT_MEMBERS = ["media", "metadata", "rtcConfiguration", "sdpTransform", "signal"] as const;

/** The reason for the end of a call. */
export type EndReason =
  | "hungUp"
  | "peerHungUp"
  | "declined"
  | "busy"
  | "unanswered"
  | "peerLeft"
  | "connectionFailed"
  | "roomClosed";

/** A ringing call from a peer. */
export class IncomingCall {
  readonly #raw: RawIncomingCall;
  /** The caller. */
  readonly peer: Peer;
  /** The metadata that the caller has passed to `room.call`, or `undefined`. */
  readonly metadata: unknown;

  private constructor(raw: RawIncomingCall) {
    this.#raw = raw;
    this.peer = raw.peer;
    this.metadata = raw.metadata;
  }

  /** @internal */
  static wrap(raw: RawIncomingCall): IncomingCall {
    return new IncomingCall(raw);
  }

  /**
   * Accepts the call. While a promise of media is pending, the call continues to ring.
   *
   * The promise is rejected with a `TypeError` for an invalid argument and with the signal's `reason` if it has already
   * aborted. In both cases the call continues to ring. It is rejected with an {@link RtcError} whose name is `ClosedError` if
   * the call no longer rings. If the promise of media is rejected or the signal aborts later, the call ends.
   */
  async accept(options?: AcceptOptions): Promise<Call> {
    const { media, options: raw, signal } = callArguments("accept", options, ACCEPT_MEMBERS);
    return Call.wrap(await settled("accept", this.#raw.accept(media, raw), signal));
  }

  /** Declines the call. Does nothing if the call no longer rings. */
  decline(reason: "declined" | "busy" = "declined"): void {
    calling("decline", () => this.#raw.decline(reason));
  }

  /** Resolves to the reason when the call has ended: while it rings, or after it was accepted. */
  async ended(options?: WaitOptions): Promise<EndReason> {
    const signal = checkSignal("ended", checkOptions("ended", "options", options, ["signal"]).signal);
    return camelCase(await abortable(signal, this.#raw.ended())) as EndReason;
  }
}

export interface IncomingCall {
  /** Declines the call if it still rings. Called at the end of a `using` block. */
  [Symbol.dispose](): void;
}

disposable(IncomingCall.prototype, (call) => call.decline());

/** An event of a call. */
export type CallEvent = ConnectionEvent | EndedEvent<EndReason>;

const calls = new WeakMap<RTCPeerConnection, Call>();

/** An established call with one peer, and an async iterable of its events. The call continues even if the page drops the object. */
export class Call extends PeerSession<EndReason> {
  readonly #raw: RawCall;
  /** The remote peer. */
  readonly peer: Peer;
  /** The metadata that the remote peer has passed to `room.call` or `incoming.accept`, or `undefined`. */
  readonly metadata: unknown;

  private constructor(raw: RawCall) {
    super(raw, [], (event) => event as never);
    this.#raw = raw;
    this.peer = raw.peer;
    this.metadata = raw.metadata;
  }

  /**
   * Returns the object of a call. There is one for each call, so that its iterators and listeners do not compete.
   *
   * @internal
   */
  static wrap(raw: RawCall): Call {
    const { connection } = raw;
    const known = calls.get(connection);
    if (known) return known;
    const call = new Call(raw);
    calls.set(connection, call);
    // The raw call holds the connection, whose reference to this object would prevent its collection.
    void raw.ended().then(() => calls.delete(connection));
    return call;
  }

  /**
   * Opens a channel with this label, and resolves to it when it is open. Both peers call this function with the same label, in
   * any order, and once for each channel. The options of the caller apply, and the callee's are ignored. With `negotiated` and an `id`, the options
   * of each peer apply.
   *
   * The promise is rejected with an {@link RtcError} whose name is `TimeoutError` if the caller does not open the channel
   * within 30 seconds, or `ClosedError` if the call ends first.
   */
  async channel(label: string, options?: ChannelOptions): Promise<DataChannel> {
    string("channel", "label", label);
    const checked = channelOptions("channel", options);
    return DataChannel.wrap(await settled("channel", this.#raw.channel(label, checked), checked.signal));
  }

  /** Ends the call. Does nothing if the call has ended. */
  hangUp(): void {
    calling("hangUp", () => this.#raw.hangUp());
  }
}

export interface Call {
  /** Ends the call. Called at the end of a `using` block. */
  [Symbol.dispose](): void;
  /** Ends the call, and resolves when it has ended. Called at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

disposable(
  Call.prototype,
  (call) => call.hangUp(),
  async (call) => {
    call.hangUp();
    await call.ended();
  },
);
