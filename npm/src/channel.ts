import type { DataChannel as RawDataChannel } from "./wasm/browser_rtc.js";
import { Broadcast } from "./broadcast.js";
import { abortable, options as checkOptions, signal as checkSignal, type WaitOptions } from "./check.js";
import { calling, RtcError } from "./error.js";
import { Files } from "./files.js";
import { BroadcastMessages, type Message, type ReceivedMessage } from "./messages.js";
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

/**
 * A data channel to the remote peer, and an async iterable of its messages. The channel stays open even if the page drops the
 * object.
 */
export class DataChannel extends BroadcastMessages<Message, ReceivedMessage> {
  readonly #raw: RawDataChannel;
  #files: Files | undefined;

  private constructor(raw: RawDataChannel) {
    const messages = new Broadcast<ReceivedMessage>(
      "receive",
      () => raw[Symbol.asyncIterator](),
      (message) => message as ReceivedMessage,
      sizeOf,
      () => raw.receiveLimit,
    );
    super(messages);
    this.#raw = raw;
  }

  /** @internal */
  static wrap(raw: RawDataChannel): DataChannel {
    return new DataChannel(raw);
  }

  /** The label of the channel. */
  get label(): string {
    return this.#raw.label;
  }

  /**
   * The browser's channel, such as to read its `id` and its `protocol`. Messages are sent and received through this object
   * instead.
   */
  get native(): RTCDataChannel {
    return this.#raw.native;
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
   * full. Messages are sent in the order of the calls, awaited or not. Bytes are sent as they are at the time of the call. If
   * the signal aborts while the message waits, it is not sent.
   *
   * The promise is rejected with a `TypeError` for any other value, and with an {@link RtcError} whose name is `ClosedError`,
   * or `TooLargeError` for a message larger than `maxMessageSize`.
   */
  async send(message: Message, options?: WaitOptions): Promise<void> {
    await this.#send("send", message, options);
  }

  /**
   * Sends a value as JSON text, as {@link send} does.
   *
   * The promise is rejected with a `TypeError` for a value that cannot be represented in JSON.
   */
  async sendJson(value: unknown, options?: WaitOptions): Promise<void> {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw new TypeError("sendJson: argument `value` cannot be represented in JSON");
    await this.#send("sendJson", text, options);
  }

  async #send(operation: string, message: Message, options: WaitOptions | undefined): Promise<void> {
    const signal = checkSignal(operation, checkOptions(operation, "options", options, ["signal"]).signal);
    signal?.throwIfAborted();
    const waiting = calling(operation, () => this.#raw.send(message, signal && { signal }));
    if (waiting) await settled(operation, waiting, signal);
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
   * Returns an iterator of the values that the remote peer sends as JSON text. It fails with an {@link RtcError} whose name is
   * `InvalidDataError` for any other message.
   */
  json(): AsyncGenerator<unknown, void> {
    return parsed(this[Symbol.asyncIterator]());
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

/**
 * Returns the size of a message in memory.
 *
 * @internal
 */
export function sizeOf(message: ReceivedMessage): number {
  return typeof message === "string" ? 2 * message.length : message.byteLength;
}

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
