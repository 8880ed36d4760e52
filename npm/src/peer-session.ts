import type { Call as RawCall, CallEvent as RawCallEvent, Session as RawSession, SessionEvent as RawSessionEvent } from "./wasm/browser_rtc.js";
import { abortable, isMediaStream, isMediaStreamTrack, options as checkOptions, signal as checkSignal, type WaitOptions, wrongType } from "./check.js";
import { Dtmf } from "./dtmf.js";
import { calling, camelCase, RtcError, rtcError } from "./error.js";
import { Events, type ListenerOptions } from "./events.js";
import { items, settled } from "./raw.js";

/** An event of the connection of a call or a session. */
export type ConnectionEvent =
  /** The remote peer has begun to send a stream. */
  | { readonly type: "stream"; readonly stream: MediaStream }
  /** A tone of `dtmf.play` begins. */
  | { readonly type: "tone"; readonly tone: string }
  /** The network path to the peer is broken, and an attempt to find another path begins. */
  | { readonly type: "reconnecting"; readonly attempt: number }
  /** The peers are connected again. */
  | { readonly type: "recovered" }
  /** The connection is lost, and the call or the session ends. */
  | { readonly type: "lost"; readonly reason: LostReason }
  /** A failure, which does not end the call or the session unless the event `lost` follows. */
  | { readonly type: "failed"; readonly error: RtcError };

/** The last event of a call or a session. */
export type EndedEvent<R> = { readonly type: "ended"; readonly reason: R };

/**
 * The reason for which the connection of a call or a session is lost.
 *
 * - `connectionFailed`: the network between the two peers has failed, and no attempt to reconnect has succeeded.
 * - `peerClosed`: the remote peer has closed its connection.
 * - `peerRestarted`: the remote peer has started a new connection, such as after a reload of its page.
 * - `sdpTransformFailed`: the function `sdpTransform` has thrown, or has returned no string.
 */
export type LostReason = "connectionFailed" | "peerClosed" | "peerRestarted" | "sdpTransformFailed";

const TYPES: readonly (ConnectionEvent | EndedEvent<unknown>)["type"][] = [
  "stream",
  "tone",
  "reconnecting",
  "recovered",
  "lost",
  "failed",
  "ended",
];

type RawEvent = RawCallEvent | RawSessionEvent;

/** A negotiated connection to one peer, which a call and a session have in common. */
export abstract class PeerSession<R extends string, X extends { readonly type: string } = never>
  implements AsyncIterable<ConnectionEvent | EndedEvent<R> | X>
{
  readonly #raw: RawCall | RawSession;
  /** The events, whose types the compiler cannot check here: they depend on `X`. */
  readonly #events: Events<{ readonly type: string }>;
  readonly #streams = new Set<MediaStream>();
  /** The browser's connection, which is negotiated automatically. It is not closed by the page. */
  readonly connection: RTCPeerConnection;
  /** The telephone tones of the connection. */
  readonly dtmf: Dtmf;

  /**
   * Creates an object for an object of the raw module. `types` are the types of the events that `convert` returns.
   *
   * @internal
   */
  constructor(
    raw: RawCall | RawSession,
    types: readonly X["type"][],
    convert: (event: Exclude<RawEvent, RawCallEvent>) => X,
  ) {
    this.#raw = raw;
    this.connection = raw.connection;
    this.#events = new Events<{ readonly type: string }>(events(raw, convert), [...TYPES, ...types]);
    this.dtmf = Dtmf.wrap(raw, (tone) => this.#emit({ type: "tone", tone }));
    this.#watchStreams();
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
      this.#emit({ type: "stream", stream });
    };
    const tracked = ({ streams }: RTCTrackEvent): void => streams.forEach(add);
    this.connection.addEventListener("track", tracked, { signal });
    // The first stream may have arrived before this object was created.
    this.#raw.remoteStream().then(add, () => {});
    // The raw object holds the connection and its streams, so that their references to this object would prevent its collection.
    void this.#raw.ended().then(() => over.abort());
  }

  /** Resolves to the first stream of the remote peer. The promise is rejected with an {@link RtcError} at the end of the connection. */
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
   * The promise is rejected with an {@link RtcError} whose name is `InvalidAccessError` if `track` is not sent. If the signal
   * aborts while the browser replaces the track, the replacement may still take effect.
   */
  async replaceTrack(track: MediaStreamTrack, replacement: MediaStreamTrack | null, options?: WaitOptions): Promise<RTCRtpSender> {
    this.#requireOpen("replaceTrack");
    if (!isMediaStreamTrack(track)) throw wrongType("replaceTrack", "track", "a MediaStreamTrack", track);
    if (replacement !== null && !isMediaStreamTrack(replacement)) {
      throw wrongType("replaceTrack", "replacement", "a MediaStreamTrack or null", replacement);
    }
    const signal = checkSignal("replaceTrack", checkOptions("replaceTrack", "options", options, ["signal"]).signal);
    signal?.throwIfAborted();
    const sender = this.connection.getSenders().find((sender) => sender.track === track);
    if (!sender) throw new RtcError("InvalidAccessError", "replaceTrack", "this track is not sent");
    await settled("replaceTrack", abortable(signal, sender.replaceTrack(replacement)), signal);
    return sender;
  }

  /** Resolves to the reason when the call or the session has ended. */
  async ended(options?: WaitOptions): Promise<R> {
    const signal = checkSignal("ended", checkOptions("ended", "options", options, ["signal"]).signal);
    return camelCase(await abortable(signal, this.#raw.ended())) as R;
  }

  /**
   * Adds a listener of one type of events, and returns a function that removes it. The first listeners also get the events
   * since the connection was created.
   */
  on<T extends (ConnectionEvent | EndedEvent<R> | X)["type"]>(
    type: T,
    listener: (event: Extract<ConnectionEvent | EndedEvent<R> | X, { readonly type: T }>) => void,
    options?: ListenerOptions,
  ): () => void {
    return this.#events.on(type, listener as (event: { readonly type: string }) => void, options);
  }

  /** Returns an iterator of the events, with a queue of its own. It ends with the connection. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ConnectionEvent | EndedEvent<R> | X> {
    return this.#events.iterator() as AsyncIterableIterator<ConnectionEvent | EndedEvent<R> | X>;
  }

  /** @internal */
  fail(error: RtcError): void {
    this.#emit({ type: "failed", error });
  }

  #emit(event: ConnectionEvent): void {
    this.#events.emit(event);
  }

  #requireOpen(operation: string): void {
    if (this.connection.signalingState === "closed") throw new RtcError("ClosedError", operation, "the connection is closed");
  }
}

function events<R extends string, X>(
  raw: RawCall | RawSession,
  convert: (event: Exclude<RawEvent, RawCallEvent>) => X,
): AsyncGenerator<ConnectionEvent | EndedEvent<R> | X, void> {
  // The raw iterator yields the events from its creation on.
  const events = items("events", raw.events()[Symbol.asyncIterator](), (event) => connectionEvent(event as RawEvent, convert));
  const ended = raw.ended();
  return (async function* () {
    yield* events;
    yield { type: "ended", reason: camelCase(await ended) as R } as const;
  })();
}

function connectionEvent<X>(event: RawEvent, convert: (event: Exclude<RawEvent, RawCallEvent>) => X): ConnectionEvent | X {
  switch (event.type) {
    case "lost":
      return { type: "lost", reason: camelCase(event.reason) as LostReason };
    case "failed":
      return { type: "failed", error: rtcError(event.error) };
    case "reconnecting":
    case "recovered":
      return event;
    default:
      return convert(event);
  }
}
