import type { DataChannel as RawDataChannel } from "./wasm/browser_rtc.js";
import { Broadcast } from "./broadcast.js";
import { abortable, func, options as checkOptions, signal as checkSignal, string, type WaitOptions } from "./check.js";
import "./dispose.js";
import { disposable } from "./dispose.js";
import { calling, RtcError, rtcError } from "./error.js";
import { deliver, type ListenerOptions, registered } from "./events.js";
import { Files } from "./files.js";
import { settled } from "./raw.js";

/** The options of `call.channel`. */
export interface ChannelOptions extends RTCDataChannelInit, WaitOptions {}

/** @internal */
export function channelOptions(operation: string, value: ChannelOptions | undefined): ChannelOptions {
  const members = ["ordered", "maxRetransmits", "maxPacketLifeTime", "protocol", "negotiated", "id", "signal"] as const;
  const options = checkOptions<ChannelOptions>(operation, "options", value, members);
  const signal = checkSignal(operation, options.signal);
  signal?.throwIfAborted();
  return options;
}

/** A message that is sent through a data channel. */
export type Message = string | ArrayBuffer | ArrayBufferView | Blob;

/** A message that was received through a data channel. Its bytes are not in shared memory, which newer types distinguish. */
export type ReceivedMessage = string | ReturnType<typeof Uint8Array.of>;

/** An event of a data channel. */
export type ChannelEvent =
  /** A message was received. */
  | { readonly type: "message"; readonly data: ReceivedMessage }
  /** Receiving has failed, such as for unread messages that exceed `receiveLimit`. The channel closes. */
  | { readonly type: "error"; readonly error: RtcError }
  /** The channel has closed. This is the last event. */
  | { readonly type: "closed" };

/**
 * A data channel to the remote peer, and an async iterable of its messages. The channel stays open even if the page drops the
 * object.
 */
export class DataChannel implements AsyncIterable<ReceivedMessage> {
  readonly #raw: RawDataChannel;
  readonly #messages: Broadcast<ReceivedMessage>;
  readonly #errorListeners = new Set<(error: RtcError) => void>();
  #files: Files | undefined;
  #readable: ReadableStream<ReceivedMessage> | undefined;
  #writable: WritableStream<Message> | undefined;

  private constructor(raw: RawDataChannel) {
    this.#raw = raw;
    this.#messages = new Broadcast(
      "receive",
      () => raw[Symbol.asyncIterator](),
      (message) => message as ReceivedMessage,
      (message) => (typeof message === "string" ? 2 * message.length : message.byteLength),
      () => raw.receiveLimit,
    );
  }

  /** @internal */
  static wrap(raw: RawDataChannel): DataChannel {
    return new DataChannel(raw);
  }

  /** The label of the channel. */
  get label(): string {
    return this.#raw.label;
  }

  /** The state of the channel. Only an open channel can send. */
  get state(): RTCDataChannelState {
    return this.#raw.state;
  }

  /** The number of bytes in the browser's send buffer. */
  get bufferedAmount(): number {
    return this.#raw.bufferedAmount;
  }

  /**
   * The size of the send buffer in bytes, 1 MiB by default: a whole number from 0 to 4294967295, or `Infinity`. `send` waits
   * while the buffer is full. Setting another value throws a `TypeError` or a `RangeError`.
   */
  get highWaterMark(): number {
    return this.#raw.highWaterMark;
  }

  set highWaterMark(bytes: number) {
    this.#raw.highWaterMark = bytes;
  }

  /**
   * The number of bytes to which a full send buffer must drain before `send` continues, 256 KiB by default. The valid values
   * are those of `highWaterMark`.
   */
  get lowWaterMark(): number {
    return this.#raw.lowWaterMark;
  }

  set lowWaterMark(bytes: number) {
    this.#raw.lowWaterMark = bytes;
  }

  /**
   * The maximum number of bytes of unread messages, 64 MiB by default. The valid values are those of `highWaterMark`. A
   * message that exceeds the limit closes the channel. The iterators then yield the unread messages, and fail with an
   * {@link RtcError} whose name is `QuotaExceededError`. If there are several iterators, one that is slower than the others
   * has this limit too, and fails alone.
   */
  get receiveLimit(): number {
    return this.#raw.receiveLimit;
  }

  set receiveLimit(bytes: number) {
    this.#raw.receiveLimit = bytes;
  }

  /**
   * The maximum size of a message in bytes. It is `Infinity` if the remote peer has no limit, and `undefined` before the
   * connection is established.
   */
  get maxMessageSize(): number | undefined {
    return this.#raw.maxMessageSize;
  }

  /**
   * Sends a message. Resolves when the message has been passed to the browser, which is at once unless the send buffer is
   * full. Messages are sent in the order of the calls, awaited or not. Bytes are sent as they are at the time of the call.
   *
   * The promise is rejected with a `TypeError` for any other value, and with an {@link RtcError} whose name is `ClosedError`,
   * or `TooLargeError` for a message larger than `maxMessageSize`.
   */
  async send(message: Message): Promise<void> {
    const waiting = calling("send", () => this.#raw.send(message));
    if (waiting) await settled("send", waiting);
  }

  /**
   * Sends a value as JSON text, as {@link send} does.
   *
   * The promise is rejected with a `TypeError` for a value that cannot be represented in JSON.
   */
  async sendJson(value: unknown): Promise<void> {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw new TypeError("sendJson: argument `value` cannot be represented in JSON");
    await this.send(text);
  }

  /** Sends a message if the send buffer has room, and returns whether it was sent. Throws the errors of {@link send}. */
  trySend(message: Message): boolean {
    return calling("trySend", () => this.#raw.trySend(message));
  }

  /**
   * Resolves when `bufferedAmount` is at or below `lowWaterMark`. The promise is rejected with an {@link RtcError} whose name
   * is `ClosedError` if the channel closes first.
   */
  async flush(options?: WaitOptions): Promise<void> {
    const signal = checkSignal("flush", checkOptions("flush", "options", options, ["signal"]).signal);
    await abortable(signal, settled("flush", this.#raw.flush()));
  }

  /**
   * Returns an iterator of the messages, with a queue of its own. Messages that arrive while there is no iterator and no
   * listener are kept for the next one.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReceivedMessage> {
    return this.#messages.subscribe();
  }

  /**
   * Returns an iterator of the values that the remote peer sends as JSON text. It fails with an {@link RtcError} whose name is
   * `InvalidDataError` for any other message.
   */
  json(): AsyncGenerator<unknown, void> {
    return parsed(this.#messages.subscribe());
  }

  /** The messages as a stream, which is created at the first access. Cancelling the stream does not close the channel. */
  get readable(): ReadableStream<ReceivedMessage> {
    if (!this.#readable) {
      const messages = this.#messages.subscribe();
      this.#readable = new ReadableStream<ReceivedMessage>(
        {
          async pull(controller) {
            const next = await messages.next();
            if (next.done) controller.close();
            else controller.enqueue(next.value);
          },
          async cancel() {
            await messages.return();
          },
        },
        { highWaterMark: 0 },
      );
    }
    return this.#readable;
  }

  /**
   * A stream whose chunks are sent as messages. It is created at the first access. Closing or aborting the stream closes the
   * channel.
   */
  get writable(): WritableStream<Message> {
    this.#writable ??= new WritableStream<Message>({
      write: (message) => this.send(message),
      close: async () => {
        this.close();
        await this.closed();
      },
      abort: () => this.close(),
    });
    return this.#writable;
  }

  /**
   * Adds a listener of one type of events, and returns a function that removes it. Messages that arrive while there is no
   * listener and no iterator are kept for the next one.
   */
  on<T extends ChannelEvent["type"]>(
    type: T,
    listener: (event: Extract<ChannelEvent, { readonly type: T }>) => void,
    options?: ListenerOptions,
  ): () => void;
  on(type: ChannelEvent["type"], listener: (event: never) => void, options?: ListenerOptions): () => void {
    func("on", "listener", listener);
    const notify = listener as (event: ChannelEvent) => void;
    switch (string("on", "type", type) as typeof type) {
      case "message":
        return this.#messages.listen(
          (data) => notify({ type: "message", data }),
          (error) => this.#fail(rtcError(error)),
          options,
        );
      case "error": {
        const failed = (error: RtcError): void => notify({ type: "error", error });
        return registered(options, () => {
          this.#errorListeners.add(failed);
          return () => this.#errorListeners.delete(failed);
        });
      }
      case "closed": {
        let active = true;
        return registered(options, () => {
          void this.#raw.closed().then(() => active && notify({ type: "closed" }));
          return () => (active = false);
        });
      }
      default:
        throw new TypeError(`on: there is no event \`${String(type)}\`; the events are message, error, closed`);
    }
  }

  #fail(error: RtcError): void {
    for (const listener of [...this.#errorListeners]) deliver(listener, error);
  }

  /**
   * Returns the file transfers of this channel. Both peers have to call this function on the channel, which then carries files
   * only. Further calls return the same object.
   */
  files(): Files {
    this.#files ??= Files.wrap(calling("files", () => this.#raw.files()));
    return this.#files;
  }

  /** Closes the channel. Messages that have been sent still arrive. Does nothing if the channel is closed. */
  close(): void {
    calling("close", () => this.#raw.close());
  }

  /** Resolves when the channel has closed. */
  async closed(options?: WaitOptions): Promise<void> {
    const signal = checkSignal("closed", checkOptions("closed", "options", options, ["signal"]).signal);
    await abortable(signal, this.#raw.closed());
  }
}

export interface DataChannel {
  /** Closes the channel. Called at the end of a `using` block. */
  [Symbol.dispose](): void;
  /** Closes the channel, and resolves when it has closed. Called at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

disposable(
  DataChannel.prototype,
  (channel) => channel.close(),
  async (channel) => {
    channel.close();
    await channel.closed();
  },
);

/** Yields the values of messages in JSON. */
async function* parsed(messages: AsyncIterable<ReceivedMessage>): AsyncGenerator<unknown, void> {
  for await (const message of messages) {
    let value: unknown;
    try {
      value = JSON.parse(typeof message === "string" ? message : "");
    } catch (cause) {
      throw new RtcError("InvalidDataError", "json", "the message is not JSON text", { cause });
    }
    yield value;
  }
}
