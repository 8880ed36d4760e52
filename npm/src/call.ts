import type {
  Call as RawCall,
  CallEvent as RawCallEvent,
  CallOptions as RawCallOptions,
  IncomingCall as RawIncomingCall,
} from "./wasm/browser_rtc.js";
import { abortable, isMediaStream, milliseconds, options as checkOptions, signal as checkSignal, string, tag, type WaitOptions, wrongType } from "./check.js";
import { DataChannel, type ChannelOptions, channelOptions } from "./channel.js";
import "./dispose.js";
import { disposable } from "./dispose.js";
import { Dtmf } from "./dtmf.js";
import { calling, camelCase, RtcError, rtcError } from "./error.js";
import { Events, type ListenerOptions } from "./events.js";
import type { Peer } from "./peer.js";
import { items, settled } from "./raw.js";

/** The options of `incoming.accept`. */
export interface AcceptOptions extends WaitOptions {
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
  const { media, signal, rtcConfiguration, ...others } = checkOptions(operation, "options", value, members);
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
  const options: RawCallOptions = others;
  if (rtcConfiguration !== undefined) options.configuration = rtcConfiguration;
  if (checked) options.signal = checked;
  return { media: media ?? null, options, signal: checked };
}

const ACCEPT_MEMBERS = ["media", "metadata", "rtcConfiguration", "signal"] as const;

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
export type CallEvent =
  /** The remote peer has begun to send a stream. */
  | { readonly type: "stream"; readonly stream: MediaStream }
  /** A tone of `dtmf.play` begins. */
  | { readonly type: "tone"; readonly tone: string }
  /** The network path to the peer is broken, and an attempt to find another path begins. */
  | { readonly type: "reconnecting"; readonly attempt: number }
  /** The peers are connected again. */
  | { readonly type: "recovered" }
  /** The connection is lost, and the call ends. */
  | { readonly type: "lost"; readonly reason: LostReason }
  /** A failure that does not end the call. */
  | { readonly type: "failed"; readonly error: RtcError }
  /** The call has ended. This is the last event. */
  | { readonly type: "ended"; readonly reason: EndReason };

/** The reason for which the connection of a call is lost. */
export type LostReason = "connectionFailed" | "peerClosed" | "peerRestarted";

const TYPES: readonly CallEvent["type"][] = ["stream", "tone", "reconnecting", "recovered", "lost", "failed", "ended"];

const calls = new WeakMap<RTCPeerConnection, Call>();

/** An established call with one peer, and an async iterable of its events. The call continues even if the page drops the object. */
export class Call implements AsyncIterable<CallEvent> {
  readonly #raw: RawCall;
  readonly #events: Events<CallEvent>;
  readonly #streams = new Set<MediaStream>();
  /** The remote peer. */
  readonly peer: Peer;
  /** The metadata that the remote peer has passed to `room.call` or `incoming.accept`, or `undefined`. */
  readonly metadata: unknown;
  /** The browser's connection, which is negotiated automatically. End the call with `hangUp` instead of closing it. */
  readonly connection: RTCPeerConnection;
  /** The telephone tones of the call. */
  readonly dtmf: Dtmf;

  private constructor(raw: RawCall) {
    this.#raw = raw;
    this.peer = raw.peer;
    this.metadata = raw.metadata;
    this.connection = raw.connection;
    this.#events = new Events(callEvents(raw), TYPES);
    this.dtmf = Dtmf.wrap(raw, (tone) => this.#events.emit({ type: "tone", tone }));
    this.#watchStreams();
  }

  /**
   * Returns the object of a call. There is one for each call, so that its iterators and listeners do not compete.
   *
   * @internal
   */
  static wrap(raw: RawCall): Call {
    const { connection } = raw;
    const call = calls.get(connection) ?? new Call(raw);
    calls.set(connection, call);
    return call;
  }

  #watchStreams(): void {
    const over = new AbortController();
    const { signal } = over;
    const add = (stream: MediaStream): void => {
      if (this.#streams.has(stream)) return;
      this.#streams.add(stream);
      const removed = (): void => {
        if (stream.getTracks().length === 0) this.#streams.delete(stream);
      };
      stream.addEventListener("removetrack", removed, { signal });
      this.#events.emit({ type: "stream", stream });
    };
    const tracked = ({ streams }: RTCTrackEvent): void => streams.forEach(add);
    this.connection.addEventListener("track", tracked, { signal });
    // The first stream may have arrived before this object was created.
    this.#raw.remoteStream().then(add, () => {});
    // The raw call holds the connection and its streams, so that their references to this object would prevent its collection.
    void this.#raw.ended().then(() => {
      over.abort();
      calls.delete(this.connection);
    });
  }

  /** Resolves to the first stream of the remote peer. The promise is rejected with an {@link RtcError} if the call ends first. */
  async remoteStream(options?: WaitOptions): Promise<MediaStream> {
    const signal = checkSignal("remoteStream", checkOptions("remoteStream", "options", options, ["signal"]).signal);
    return settled("remoteStream", this.#raw.remoteStream(signal && { signal }), signal);
  }

  /** The streams that the remote peer sends now. */
  get remoteStreams(): readonly MediaStream[] {
    return [...this.#streams];
  }

  /** Sends the tracks of a further stream. A track that is being sent already is not changed. */
  addStream(stream: MediaStream): void {
    this.#requireOpen("addStream");
    if (!isMediaStream(stream)) throw wrongType("addStream", "stream", "a MediaStream", stream);
    const sent = this.connection.getSenders().map((sender) => sender.track);
    for (const track of stream.getTracks()) {
      if (!sent.includes(track)) calling("addStream", () => this.connection.addTrack(track, stream));
    }
  }

  /** Stops sending the tracks of a stream. The tracks continue, and the page stops them when it no longer needs them. */
  removeStream(stream: MediaStream): void {
    this.#requireOpen("removeStream");
    if (!isMediaStream(stream)) throw wrongType("removeStream", "stream", "a MediaStream", stream);
    const tracks = stream.getTracks();
    for (const sender of this.connection.getSenders()) {
      if (sender.track && tracks.includes(sender.track)) {
        calling("removeStream", () => this.connection.removeTrack(sender));
      }
    }
  }

  /**
   * Sends another track of the same kind in place of a track, such as that of another camera. With `null`, nothing is sent
   * until the next replacement of the returned sender's track.
   *
   * The promise is rejected with an {@link RtcError} whose name is `InvalidAccessError` if the call does not send `track`.
   */
  async replaceTrack(track: MediaStreamTrack, replacement: MediaStreamTrack | null): Promise<RTCRtpSender> {
    this.#requireOpen("replaceTrack");
    if (tag(track) !== "MediaStreamTrack" && !tag(track).endsWith("Track")) {
      throw wrongType("replaceTrack", "track", "a MediaStreamTrack", track);
    }
    if (replacement !== null && !tag(replacement).endsWith("Track")) {
      throw wrongType("replaceTrack", "replacement", "a MediaStreamTrack or null", replacement);
    }
    const sender = this.connection.getSenders().find((sender) => sender.track === track);
    if (!sender) throw new RtcError("InvalidAccessError", "replaceTrack", "the call does not send this track");
    await settled("replaceTrack", sender.replaceTrack(replacement));
    return sender;
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

  /** Resolves to the reason when the call has ended. */
  async ended(options?: WaitOptions): Promise<EndReason> {
    const signal = checkSignal("ended", checkOptions("ended", "options", options, ["signal"]).signal);
    return camelCase(await abortable(signal, this.#raw.ended())) as EndReason;
  }

  /**
   * Adds a listener of one type of events, and returns a function that removes it. The first listeners also get the events
   * since the call was established.
   */
  on<T extends CallEvent["type"]>(
    type: T,
    listener: (event: Extract<CallEvent, { readonly type: T }>) => void,
    options?: ListenerOptions,
  ): () => void {
    return this.#events.on(type, listener, options);
  }

  /** Returns an iterator of the events, with a queue of its own. It ends with the call. */
  [Symbol.asyncIterator](): AsyncIterableIterator<CallEvent> {
    return this.#events.iterator();
  }

  #requireOpen(operation: string): void {
    if (this.connection.signalingState === "closed") throw new RtcError("ClosedError", operation, "the call has ended");
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

function callEvents(raw: RawCall): AsyncGenerator<CallEvent, void> {
  // The raw iterator yields the events from its creation on.
  const events = items("events", raw.events()[Symbol.asyncIterator](), (event) => callEvent(event as RawCallEvent));
  const ended = raw.ended();
  return (async function* () {
    yield* events;
    yield { type: "ended", reason: camelCase(await ended) as EndReason };
  })();
}

function callEvent(event: RawCallEvent): CallEvent {
  switch (event.type) {
    case "lost":
      return { type: "lost", reason: camelCase(event.reason) as LostReason };
    case "failed":
      return { type: "failed", error: rtcError(event.error) };
    case "reconnecting":
    case "recovered":
      return event;
  }
}
