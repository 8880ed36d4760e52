import { Broadcast } from "./broadcast.js";
import { type DataChannel, sizeOf } from "./channel.js";
import { abortable, byteLimit, options as checkOptions, signal as checkSignal, tag, type WaitOptions, wrongType } from "./check.js";
import { RtcError } from "./error.js";
import { BroadcastMessages, type ReceivedMessage } from "./messages.js";

/** The options of `new PackedMessages`. */
export interface PackedOptions {
  /**
   * The maximum size of a frame in bytes, at most 64 KiB. 16 KiB by default, or 1100 bytes on an unreliable channel, which fit
   * into one packet, so that the loss of a packet loses only its own messages.
   */
  frameSize?: number;
}

const MAX_FRAME = 64 * 1024;
const RELIABLE_FRAME = 16 * 1024;
const UNRELIABLE_FRAME = 1100;

/** The maximum number of bytes of the length of a message, with seven bits each. */
const LENGTH_BYTES = 4;
const MAX_MESSAGE = 2 ** (7 * LENGTH_BYTES) - 1;

type Bytes = Extract<ReceivedMessage, Uint8Array>;

/**
 * Many small messages through a data channel, such as those of a game. Messages that are sent in one task are sent in one
 * frame, because a separate message costs a browser much more than a message in a frame.
 *
 * Both peers create an object for their end of one channel, and send and receive only through it. A frame is sent at the end
 * of the current task, and when the next message would exceed its size. On an unreliable channel, frames can be lost as a whole.
 */
export class PackedMessages extends BroadcastMessages<ArrayBuffer | ArrayBufferView, Bytes> {
  /** The channel through which the messages are sent. */
  readonly channel: DataChannel;
  /** The maximum size of a frame in bytes. A longer message is sent in a frame of its own. */
  readonly frameSize: number;
  readonly #native: RTCDataChannel;
  #frame = new Uint8Array(0);
  #length = 0;
  /** The end of the wait for the send buffer, and for earlier messages that wait. */
  #blocked: Promise<void> | undefined;
  #error: { readonly thrown: unknown } | undefined;
  #closing = false;

  /** Creates an object for a channel that was not read before. */
  constructor(channel: DataChannel, options?: PackedOptions) {
    const { frameSize } = checkOptions("PackedMessages", "options", options, ["frameSize"]);
    byteLimit("PackedMessages", "options.frameSize", frameSize);
    super(new Broadcast<Bytes>("receive", () => unpacked(channel), (message) => message as Bytes, sizeOf, () => channel.receiveLimit));
    this.#native = channel.native;
    const { maxRetransmits, maxPacketLifeTime } = this.#native;
    const isReliable = maxRetransmits === null && maxPacketLifeTime === null;
    this.channel = channel;
    this.frameSize = Math.min(frameSize ?? (isReliable ? RELIABLE_FRAME : UNRELIABLE_FRAME), MAX_FRAME);
  }

  /**
   * Adds a message to the frame. Resolves at once unless the send buffer is full. If the signal aborts while the message waits,
   * it is not sent.
   *
   * The promise is rejected with a `TypeError` for a message that is not bytes, and with an {@link RtcError} whose name is
   * `TooLargeError` or `ClosedError`, or that of the error of an earlier frame.
   */
  async send(message: ArrayBuffer | ArrayBufferView, options?: WaitOptions): Promise<void> {
    const signal = checkSignal("send", checkOptions("send", "options", options, ["signal"]).signal);
    signal?.throwIfAborted();
    const bytes = this.#checked("send", message);
    if (!this.#blocked) return this.#add(bytes);
    const copy = bytes.slice();
    const turn = this.#blocked.then(() => {
      if (!signal?.aborted) this.#add(copy);
    });
    this.#wait(turn);
    await abortable(signal, turn);
  }

  /** Adds a message to the frame if the send buffer has room, and returns whether it did. Throws the errors of {@link send}. */
  trySend(message: ArrayBuffer | ArrayBufferView): boolean {
    const bytes = this.#checked("trySend", message);
    if (this.#blocked) return false;
    this.#add(bytes);
    return true;
  }

  /** Sends the messages now, and resolves when `bufferedAmount` of the channel is at or below its `lowWaterMark`. */
  async flush(options?: WaitOptions): Promise<void> {
    const signal = checkSignal("flush", checkOptions("flush", "options", options, ["signal"]).signal);
    await this.#sendAll(signal);
    this.#throwError();
    await this.channel.flush(options);
  }

  /** Closes the channel when the messages have been sent, also those that wait. Does nothing if the channel is closed. */
  close(): void {
    this.#closing = true;
    void this.#sendAll().finally(() => this.channel.close());
  }

  closed(options?: WaitOptions): Promise<void> {
    return this.channel.closed(options);
  }

  #checked(operation: string, message: ArrayBuffer | ArrayBufferView): Bytes {
    const isView = ArrayBuffer.isView(message);
    if (!isView && tag(message) !== "ArrayBuffer") throw wrongType(operation, "message", "an ArrayBuffer or a view of one", message);
    const bytes = isView ? new Uint8Array(message.buffer, message.byteOffset, message.byteLength) : new Uint8Array(message);
    // The largest message is read from the browser, and every connection accepts a small one.
    const isSmall = bytes.byteLength + LENGTH_BYTES <= RELIABLE_FRAME;
    const limit = isSmall ? RELIABLE_FRAME : Math.min(this.channel.maxMessageSize ?? RELIABLE_FRAME, MAX_MESSAGE) - LENGTH_BYTES;
    if (bytes.byteLength > limit) {
      throw new RtcError("TooLargeError", operation, "the message exceeds the largest message of the connection", { limit });
    }
    this.#throwError();
    if (this.#closing || this.#native.readyState !== "open") throw new RtcError("ClosedError", operation, `data channel "${this.channel.label}" is closed`);
    return bytes as Bytes;
  }

  #throwError(): void {
    const error = this.#error;
    this.#error = undefined;
    if (error) throw error.thrown;
  }

  #add(message: Uint8Array): void {
    const length = message.byteLength + LENGTH_BYTES;
    if (this.#length > 0 && this.#length + length > this.frameSize) this.#sendFrame();
    if (this.#length === 0) {
      this.#frame = new Uint8Array(Math.max(this.frameSize, length));
      afterTask(() => this.#sendFrame());
    }
    let rest = message.byteLength;
    for (; rest > 0x7f; rest >>>= 7) this.#frame[this.#length++] = (rest & 0x7f) | 0x80;
    this.#frame[this.#length++] = rest;
    this.#frame.set(message, this.#length);
    this.#length += message.byteLength;
  }

  /** Sends the frame, and the messages that wait, which form frames when there is room for them. */
  async #sendAll(signal?: AbortSignal): Promise<void> {
    for (this.#sendFrame(); this.#blocked; this.#sendFrame()) await abortable(signal, this.#blocked);
  }

  #sendFrame(): void {
    if (this.#length === 0) return;
    const frame = this.#frame.subarray(0, this.#length);
    this.#length = 0;
    try {
      if (!this.#blocked && this.channel.trySend(frame)) return;
      // A frame that waits takes the place of its messages in the order.
      this.#wait(this.channel.send(frame).catch((thrown: unknown) => void (this.#error ??= { thrown })));
    } catch (thrown) {
      this.#error ??= { thrown };
    }
  }

  /** Lets further messages wait for `end`, and for the messages that wait already. */
  #wait(end: Promise<void>): void {
    const blocked: Promise<void> = Promise.all([this.#blocked, end]).then(() => {
      if (this.#blocked === blocked) this.#blocked = undefined;
    });
    this.#blocked = blocked;
  }
}

/** Calls a function in a new task. A microtask would be too early: each `await` of the page lets the microtasks run. */
function afterTask(run: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    run();
  };
  port2.postMessage(undefined);
}

/** Yields the messages of a channel's frames. After an error, the channel is closed. */
async function* unpacked(channel: DataChannel): AsyncGenerator<Bytes, void> {
  for await (const frame of channel) {
    const messages = typeof frame === "string" ? undefined : unpack(frame);
    yield* messages?.complete ?? [];
    if (messages && !messages.isMalformed) continue;
    channel.close();
    throw new RtcError("InvalidDataError", "receive", "a frame of packed messages is malformed");
  }
}

/** Returns the messages of a frame, up to the first error. */
function unpack(frame: Bytes): { readonly complete: Bytes[]; readonly isMalformed: boolean } {
  const complete: Bytes[] = [];
  let at = 0;
  while (at < frame.byteLength) {
    let [length, shift, byte] = [0, 0, 0x80];
    while (byte & 0x80) {
      if (at >= frame.byteLength || shift === 7 * LENGTH_BYTES) return { complete, isMalformed: true };
      byte = frame[at++] as number;
      length |= (byte & 0x7f) << shift;
      shift += 7;
    }
    if (length > frame.byteLength - at) return { complete, isMalformed: true };
    complete.push(frame.subarray(at, (at += length)) as Bytes);
  }
  return { complete, isMalformed: false };
}
