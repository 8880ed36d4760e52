import type { DataChannel as RawDataChannel } from "./wasm/browser_rtc.js";
import { abortable, options as checkOptions, signal as checkSignal, type WaitOptions } from "./check.js";
import { disposable } from "./dispose.js";
import { calling } from "./error.js";
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

/** A message of a data channel that is sent. */
export type Message = string | ArrayBuffer | ArrayBufferView | Blob;

/** A data channel to the remote peer. The channel stays open even if the page drops the object. */
export class DataChannel {
  readonly #raw: RawDataChannel;

  private constructor(raw: RawDataChannel) {
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

  /** The state of the channel. Only an open channel can send. */
  get state(): RTCDataChannelState {
    return this.#raw.state;
  }

  /** The number of bytes in the browser's send buffer. */
  get bufferedAmount(): number {
    return this.#raw.bufferedAmount;
  }

  /**
   * Sends a message. Resolves when the message has been passed to the browser, which is at once unless the send buffer is
   * full. Messages are sent in the order of the calls, awaited or not. Bytes are sent as they are at the time of the call.
   *
   * The promise is rejected with a `TypeError` for any other value, and with an {@link RtcError} whose name is `ClosedError`,
   * or `TooLargeError` for a message larger than `maxMessageSize`.
   */
  async send(message: Message): Promise<void> {
    await settled("send", Promise.resolve(calling("send", () => this.#raw.send(message))));
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
