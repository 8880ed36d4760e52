// Sessions: connections that negotiate and recover over a transport of the page's own.

import { createSession as rawCreateSession, type Session as RawSession, type SessionOptions as RawSessionOptions } from "./wasm/browser_rtc.js";
import { DataChannel, type ChannelOptions, channelOptions } from "./channel.js";
import { abortable, byteLimit, flag, options as checkOptions, signal as checkSignal, string, type WaitOptions, wrongType } from "./check.js";
import "./dispose.js";
import { disposable } from "./dispose.js";
import { calling, RtcError } from "./error.js";
import { wasm } from "./init.js";
import { load } from "./load.js";
import { type ConnectionEvent, type EndedEvent, type LostReason, PeerSession } from "./peer-session.js";
import { settled } from "./raw.js";
import { checkRecovery, type RecoveryOptions } from "./recovery.js";
import { checkSdpTransform, type SdpTransformOption } from "./sdp-transform.js";
import { isSignal, type Signal } from "./signal.js";
import { inOrder, openLink, type SignalTransport } from "./transport.js";

export { DataChannel } from "./channel.js";
export { RtcError } from "./error.js";
export { init } from "./init.js";
export { isSupported } from "./load.js";
export type { ConnectionEvent, EndedEvent, LostReason } from "./peer-session.js";
export type { RecoveryOptions } from "./recovery.js";
export type { SdpTransform, SdpTransformOption } from "./sdp-transform.js";
export type { Signal, SignalHeader } from "./signal.js";
export type { SignalTransport } from "./transport.js";

/** The options of `createSession`. */
export interface SessionOptions extends WaitOptions, SdpTransformOption {
  /**
   * Whether this peer yields when both peers offer at the same time: `true` for one of them, and `false` for the other one. By
   * default, the peers agree on it.
   */
  polite?: boolean;
  /**
   * Whether the remote peer implements the perfect negotiation of the WebRTC specification without this package. The transport
   * must deliver each signal once and in order then. By default, a session detects such a peer from its first signal.
   */
  plainPeer?: boolean;
  /** Whether the session only answers, such as for a server that ignores offers. */
  answerOnly?: boolean;
  /** The maximum size of the JSON text of a signal, in bytes. Larger descriptions are sent in parts. Unlimited by default. */
  signalLimit?: number;
  /** The configuration of the connection, such as its ICE servers. */
  rtcConfiguration?: RTCConfiguration;
  /** When the connection is restarted, and given up, after the network has failed. */
  recovery?: RecoveryOptions;
}

/** The reason for the end of a session: `closed` by this page, or the reason for which it was lost. */
export type SessionEndReason = "closed" | LostReason;

/** An event of a session. */
export type SessionEvent =
  | ConnectionEvent
  /** The remote peer has opened a channel. */
  | { readonly type: "channel"; readonly channel: DataChannel }
  | EndedEvent<SessionEndReason>;

type ChannelOpened = Extract<SessionEvent, { readonly type: "channel" }>;

/**
 * A connection to one peer that negotiates and recovers automatically, and an async iterable of its events. The session
 * continues even if the page drops the object.
 */
export class Session extends PeerSession<SessionEndReason, ChannelOpened> {
  readonly #raw: RawSession;

  private constructor(raw: RawSession) {
    super(raw, ["channel"], ({ channel }) => ({ type: "channel", channel: DataChannel.wrap(channel) }));
    this.#raw = raw;
  }

  /** @internal */
  static wrap(raw: RawSession): Session {
    return new Session(raw);
  }

  /**
   * Receives a signal of the remote peer, for a transport that is a function. Does nothing if the session has ended. Throws a
   * `TypeError` for a value that is not a signal.
   */
  receive(signal: Signal): void {
    if (!isSignal(signal)) throw wrongType("receive", "signal", "a signal", signal);
    calling("receive", () => this.#raw.receive(JSON.stringify(signal)));
  }

  /**
   * Creates a channel, and resolves to it when it is open. The remote peer gets the event `channel`. With `negotiated` and an
   * `id`, both peers create the channel instead. If the signal aborts, the channel is closed.
   *
   * The promise is rejected with an {@link RtcError} whose name is `ClosedError` if the session ends first.
   */
  async channel(label: string, options?: ChannelOptions): Promise<DataChannel> {
    string("channel", "label", label);
    const checked = channelOptions("channel", options);
    return DataChannel.wrap(await settled("channel", this.#raw.channel(label, checked), checked.signal));
  }

  /** Ends the session, closes its connection, and notifies the remote peer. Does nothing if the session has ended. */
  close(): void {
    calling("close", () => this.#raw.close());
  }
}

export interface Session {
  /** Ends the session. Called at the end of a `using` block. */
  [Symbol.dispose](): void;
  /** Ends the session, and resolves when it has ended. Called at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

disposable(
  Session.prototype,
  (session) => session.close(),
  async (session) => {
    session.close();
    await session.ended();
  },
);

const MEMBERS = [
  "polite",
  "plainPeer",
  "answerOnly",
  "signalLimit",
  "rtcConfiguration",
  "recovery",
  "sdpTransform",
  "signal",
] as const;

/**
 * Creates a connection, and negotiates it over a transport of the page's own. Both peers call this function.
 *
 * Signals that a `BroadcastChannel`, a `MessagePort` or a `WebSocket` receives from this call on are kept for the session. A
 * failure of the transport is an event `failed`, after which the session continues to send: the peers repeat lost signals.
 *
 * The promise is rejected with a `TypeError` or a `RangeError` for an invalid argument, and with the reason of
 * `options.signal` if it aborts. Otherwise, it is rejected with an {@link RtcError} whose name is `NetworkError` if the
 * WebAssembly module cannot be loaded, that of the browser's error for a configuration that it refuses, and
 * `NotSupportedError` outside of browsers.
 */
export async function createSession(transport: SignalTransport, options?: SessionOptions): Promise<Session> {
  const operation = "createSession";
  const { rtcConfiguration, sdpTransform, signal: given, ...flags } = checkOptions(operation, "options", options, MEMBERS);
  for (const name of ["polite", "plainPeer", "answerOnly"] as const) flag(operation, `options.${name}`, flags[name]);
  byteLimit(operation, "options.signalLimit", flags.signalLimit);
  checkRecovery(operation, flags.recovery);
  const raw: Omit<RawSessionOptions, "send"> = { ...flags, ...checkSdpTransform(operation, sdpTransform) };
  if (rtcConfiguration !== undefined) raw.configuration = rtcConfiguration;
  const signal = checkSignal(operation, given);
  signal?.throwIfAborted();

  const early: unknown[] = [];
  let receive = (message: unknown): void => void early.push(message);
  const link = openLink(operation, transport, (message) => receive(message));
  try {
    await abortable(signal, load(operation, wasm));
    const session = calling(operation, () => start(raw, link.send));
    void session.ended().then(link.close);
    receive = (message) => pass(session, message);
    early.forEach(receive);
    return session;
  } catch (error) {
    link.close();
    throw error;
  }
}

function start(options: Omit<RawSessionOptions, "send">, send: (signal: Signal) => void | Promise<void>): Session {
  // The raw module sends its first signal in a later task.
  let session: Session | undefined;
  const sendInOrder = inOrder(send, (cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    session?.fail(cause instanceof RtcError ? cause : new RtcError("NetworkError", "send", `the transport has failed: ${reason}`, { cause }));
  });
  session = Session.wrap(rawCreateSession({ ...options, send: (text) => sendInOrder(JSON.parse(text) as Signal) }));
  return session;
}

/** Passes a message of a transport to the session, if it is a signal. */
function pass(session: Session, message: unknown): void {
  try {
    session.receive(message as Signal);
  } catch {
    // The message belongs to the page.
  }
}
