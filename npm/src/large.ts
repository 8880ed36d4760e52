import { Broadcast } from "./broadcast.js";
import { type DataChannel, sizeOf } from "./channel.js";
import { abortable, byteLimit, options as checkOptions, signal as checkSignal, tag, type WaitOptions, wrongType } from "./check.js";
import { RtcError, toRtcError } from "./error.js";
import { BroadcastMessages, type Message, type ReceivedMessage } from "./messages.js";
import { Joiner, HEADER_BYTES, header, isPiece, MAX_PIECES, TEXT, BINARY, WITHDRAWN } from "./pieces.js";

/** The options of `new LargeMessages`. */
export interface LargeOptions {
  /** The maximum size of a message in bytes, in both directions, and of all incomplete messages together. 64 MiB by default. */
  limit?: number;
}

/** The largest piece. Larger messages are split even if the connection accepts them, so that the send buffer stays small. */
const MAX_PIECE = 256 * 1024;

/** The size of a piece while the largest message of the connection is unknown. Every browser accepts it. */
const FALLBACK_PIECE = 16 * 1024;

/**
 * Messages of any size through a data channel. A message that exceeds the largest message of the connection, or 256 KiB, is
 * split by the sender and joined by the receiver. A smaller message is sent unchanged, except for a `Blob`, and for bytes that
 * begin like a piece, which are sent in pieces.
 *
 * Both peers create an object for their end of one channel, and send and receive only through it. A message whose `signal`
 * aborts while it is sent is not received by the remote peer. On a channel that is not reliable, the loss of a piece is the
 * loss of its message. A received message above the limit, or a malformed piece, is an error, after which the channel closes.
 */
export class LargeMessages extends BroadcastMessages<Message, ReceivedMessage> {
  /** The channel through which the messages are sent. */
  readonly channel: DataChannel;
  /** The maximum size of a message in bytes, in both directions. */
  readonly limit: number;
  #nextId = 0;
  /** The messages are sent one after the other, so that their pieces do not mix. */
  #last: Promise<void> = Promise.resolve();
  #closing = false;

  /** Creates an object for a channel that was not read before. */
  constructor(channel: DataChannel, options?: LargeOptions) {
    const { limit = 64 * 1024 * 1024 } = checkOptions("LargeMessages", "options", options, ["limit"]);
    byteLimit("LargeMessages", "options.limit", limit);
    const unreadLimit = (): number => Math.max(2 * limit, channel.receiveLimit);
    super(new Broadcast<ReceivedMessage>("receive", () => joined(channel, limit), (message) => message as ReceivedMessage, sizeOf, unreadLimit));
    this.channel = channel;
    this.limit = limit;
  }

  /**
   * Sends a message of any size. A `Blob` is read piece by piece, and other bytes are sent as they are at the time of the call.
   *
   * The promise is rejected with a `TypeError` for any other value, and with an {@link RtcError} whose name is `TooLargeError`
   * for a message above the limit, `ClosedError` if the channel closes, or `NotReadableError` for a file that has changed.
   */
  async send(message: Message, options?: WaitOptions): Promise<void> {
    const signal = checkSignal("send", checkOptions("send", "options", options, ["signal"]).signal);
    signal?.throwIfAborted();
    if (this.#closing) throw new RtcError("ClosedError", "send", `data channel "${this.channel.label}" is closed`);
    const content = contentOf(message);
    const size = content instanceof Uint8Array ? content.byteLength : content.size;
    if (size > this.limit) throw tooLarge(this.limit);
    const sent = this.#last.then(async () => {
      signal?.throwIfAborted();
      const largest = Math.min(this.channel.maxMessageSize ?? FALLBACK_PIECE, MAX_PIECE);
      if (size <= largest && canSendWhole(message, content)) {
        return this.channel.send(typeof message === "string" ? message : content, options);
      }
      await this.#sendPieces(typeof message === "string" ? TEXT : BINARY, content, size, largest - HEADER_BYTES, signal);
    });
    this.#last = sent.catch(() => {});
    return abortable(signal, sent);
  }

  async #sendPieces(kind: number, content: Uint8Array | Blob, size: number, piece: number, signal: AbortSignal | undefined): Promise<void> {
    if (piece <= 0 || Math.ceil(size / piece) > MAX_PIECES) throw tooLarge(Math.max(0, piece) * MAX_PIECES);
    const id = this.#nextId;
    this.#nextId = (id + 1) >>> 0;
    let index = 0;
    try {
      for (; index * piece < size; index += 1) {
        signal?.throwIfAborted();
        const end = Math.min(size, (index + 1) * piece);
        const part = await bytes(content, index * piece, end);
        const frame = header({ kind, id, index, total: size, piece }, part.byteLength);
        frame.set(part, HEADER_BYTES);
        await this.channel.send(frame, signal && { signal });
      }
    } catch (error) {
      // The remote peer drops what it has received.
      const withdrawal = header({ kind: WITHDRAWN, id, index: 0, total: 0, piece: 0 }, 0);
      if (index > 0) await this.channel.send(withdrawal).catch(() => {});
      throw error;
    }
  }

  /** Closes the channel when the messages have been sent. Does nothing if the channel is closed. */
  close(): void {
    this.#closing = true;
    void this.#last.finally(() => this.channel.close());
  }

  closed(options?: WaitOptions): Promise<void> {
    return this.channel.closed(options);
  }
}

/** Returns the bytes of a message, which the page does not change, or the blob itself. */
function contentOf(message: Message): Uint8Array<ArrayBuffer> | Blob {
  if (typeof message === "string") return new TextEncoder().encode(message) as Uint8Array<ArrayBuffer>;
  if (ArrayBuffer.isView(message)) return new Uint8Array(message.buffer, message.byteOffset, message.byteLength).slice();
  if (tag(message) === "ArrayBuffer") return new Uint8Array(message as ArrayBuffer).slice();
  if (tag(message) === "Blob" || tag(message) === "File") return message as Blob;
  throw wrongType("send", "message", "a string, an ArrayBuffer, a view of one or a Blob", message);
}

/** Returns whether a message does not begin like a piece. The first bytes of a blob are not known before it is read. */
function canSendWhole(message: Message, content: Uint8Array | Blob): boolean {
  return typeof message === "string" || (content instanceof Uint8Array ? !isPiece(content) : content.size === 0);
}

async function bytes(content: Uint8Array | Blob, start: number, end: number): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content.subarray(start, end);
  try {
    return new Uint8Array(await content.slice(start, end).arrayBuffer());
  } catch (thrown) {
    throw toRtcError("send", thrown);
  }
}

function tooLarge(limit: number): RtcError {
  const message = "the message exceeds the limit of large messages on this channel";
  return new RtcError("TooLargeError", "send", message, { limit });
}

/** Yields the complete messages of a channel. After an error, the channel is closed. */
async function* joined(channel: DataChannel, limit: number): AsyncGenerator<ReceivedMessage, void> {
  const { ordered, maxRetransmits, maxPacketLifeTime } = channel.native;
  const joiner = new Joiner(ordered, maxRetransmits === null && maxPacketLifeTime === null, limit);
  try {
    for await (const message of channel) {
      if (typeof message === "string" || !isPiece(message)) {
        joiner.receiveOther();
        yield message;
        continue;
      }
      const whole = joiner.receive(message);
      if (whole) yield whole.kind === TEXT ? new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(whole.bytes) : whole.bytes;
    }
  } catch (thrown) {
    channel.close();
    if (thrown instanceof RtcError) throw thrown;
    // Without memory for a message, the browser throws a `RangeError`.
    const reason = thrown instanceof RangeError ? "a large message cannot be stored" : "a large message is not UTF-8 text";
    throw new RtcError("InvalidDataError", "receive", reason, { cause: thrown });
  }
  if (joiner.close()) throw new RtcError("ClosedError", "receive", "the channel has closed during a large message");
}

