import type { Call as RawCall, IncomingCall as RawIncomingCall } from "./wasm/browser_rtc.js";
import { abortable, isMediaStream, options as checkOptions, signal as checkSignal, string, tag, type WaitOptions, wrongType } from "./check.js";
import { DataChannel, type ChannelOptions, channelOptions } from "./channel.js";
import "./dispose.js";
import { disposable } from "./dispose.js";
import { calling, camelCase } from "./error.js";
import type { Peer } from "./peer.js";
import { type ConnectionEvent, type EndedEvent, PeerSession } from "./peer-session.js";
import { settled } from "./raw.js";
import { checkSdpTransform, type SdpTransformOption } from "./sdp-transform.js";

/** The options of `room.call` and `incoming.accept`. */
export interface MediaOptions extends WaitOptions, SdpTransformOption {
  /**
   * The stream that is sent to the peer, or a promise of it, such as that of `getUserMedia`. Without it, the call only
   * receives. The page stops the tracks of the stream when it no longer needs them.
   */
  media?: MediaStream | Promise<MediaStream> | null;
}

/**
 * Checks the options with media.
 *
 * @internal
 */
export function mediaOptions(operation: string, value: MediaOptions | undefined): MediaOptions {
  const { media, signal, sdpTransform } = checkOptions(operation, "options", value, ["media", "signal", "sdpTransform"]);
  if (media !== undefined && media !== null && !isMediaStream(media) && tag(media) !== "Promise") {
    throw wrongType(operation, "options.media", "a MediaStream, a promise of one, null or undefined", media);
  }
  const options: MediaOptions = { media: media ?? null, ...checkSdpTransform(operation, sdpTransform) };
  const checked = checkSignal(operation, signal);
  // The signal of an operation that does not begin must not leave a rejected promise of media unhandled.
  if (checked?.aborted) {
    if (media) Promise.resolve(media).catch(() => {});
    throw checked.reason;
  }
  if (checked) options.signal = checked;
  return options;
}

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

  private constructor(raw: RawIncomingCall) {
    this.#raw = raw;
    this.peer = raw.peer;
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
  async accept(options?: MediaOptions): Promise<Call> {
    const { media, ...rest } = mediaOptions("accept", options);
    return Call.wrap(await settled("accept", this.#raw.accept(media, rest), rest.signal));
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

  private constructor(raw: RawCall) {
    super(raw, [], (event) => event as never);
    this.#raw = raw;
    this.peer = raw.peer;
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
