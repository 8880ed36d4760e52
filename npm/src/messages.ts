import { type Broadcast, listen } from "./broadcast.js";
import { func, string, type WaitOptions } from "./check.js";
import "./dispose.js";
import { disposable } from "./dispose.js";
import { RtcError, rtcError } from "./error.js";
import { deliver, type ListenerOptions, registered } from "./events.js";

/** A message that is sent through a data channel. */
export type Message = string | ArrayBuffer | ArrayBufferView | Blob;

/** A message that was received through a data channel. Its bytes are not in shared memory, which newer types distinguish. */
export type ReceivedMessage = string | ReturnType<typeof Uint8Array.of>;

/** An event of a data channel, or of an object that sends and receives through one. */
export type ChannelEvent<In = ReceivedMessage> =
  /** A message was received. */
  | { readonly type: "message"; readonly data: In }
  /**
   * Receiving has failed, such as for unread messages that exceed `receiveLimit`. The channel closes, except after the failure
   * of a codec, which concerns one message.
   */
  | { readonly type: "error"; readonly error: RtcError }
  /** The channel has closed. This is the last event. */
  | { readonly type: "closed" };

/** The conversion of values to the messages of a channel, and of messages to values. */
export interface Codec<T, Out = Message, In = ReceivedMessage> {
  /** Returns the message for a value. */
  encode(value: T): Out;
  /** Returns the value of a message. */
  decode(message: In): T;
}

/** An object that sends and receives through a data channel, and an async iterable of what it receives. */
export abstract class Messages<Out, In> implements AsyncIterable<In> {
  readonly #errorListeners = new Set<(error: RtcError) => void>();
  #readable: ReadableStream<In> | undefined;
  #writable: WritableStream<Out> | undefined;
  #reported: unknown;

  /**
   * Sends a message. Resolves when it has been passed to the browser, which is at once unless the send buffer is full. Messages
   * are sent in the order of the calls, awaited or not. If the signal aborts while a message waits, it is not sent.
   */
  abstract send(message: Out, options?: WaitOptions): Promise<void>;

  /** Closes the channel. Messages that have been sent still arrive. Does nothing if the channel is closed. */
  abstract close(): void;

  /** Resolves when the channel has closed. */
  abstract closed(options?: WaitOptions): Promise<void>;

  /**
   * Returns an iterator of the messages, with a queue of its own. Messages that arrive while there is no iterator and no
   * listener are kept for the next one.
   */
  abstract [Symbol.asyncIterator](): AsyncIterableIterator<In>;

  /**
   * Returns an object that sends and receives the values of a codec in place of messages. Both peers use the same codec. Each
   * call returns a new object.
   */
  withCodec<T>(codec: Codec<T, Out, In>): TypedMessages<T, Out, In> {
    return new TypedMessages(this, codec);
  }

  /** The messages as a stream, which is created at the first access. Cancelling the stream does not close the channel. */
  get readable(): ReadableStream<In> {
    if (!this.#readable) {
      const messages = this[Symbol.asyncIterator]();
      this.#readable = new ReadableStream<In>(
        {
          async pull(controller) {
            const next = await messages.next();
            if (next.done) controller.close();
            else controller.enqueue(next.value);
          },
          async cancel() {
            await messages.return?.();
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
  get writable(): WritableStream<Out> {
    this.#writable ??= new WritableStream<Out>({
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
    listener: (event: Extract<ChannelEvent<In>, { readonly type: T }>) => void,
    options?: ListenerOptions,
  ): () => void;
  on(type: ChannelEvent["type"], listener: (event: never) => void, options?: ListenerOptions): () => void {
    func("on", "listener", listener);
    const notify = listener as (event: ChannelEvent<In>) => void;
    switch (string("on", "type", type) as typeof type) {
      case "message":
        return this.listen((data) => notify({ type: "message", data }), options);
      case "error":
        return registered(options, () => this.listenErrors((error) => notify({ type: "error", error })));
      case "closed": {
        let active = true;
        return registered(options, () => {
          void this.closed().then(() => active && notify({ type: "closed" }));
          return () => (active = false);
        });
      }
      default:
        throw new TypeError(`on: there is no event \`${String(type)}\`; the events are message, error, closed`);
    }
  }

  /**
   * Calls a function with each message.
   *
   * @internal
   */
  listen(listener: (message: In) => void, options: ListenerOptions | undefined): () => void {
    return listen(() => this[Symbol.asyncIterator](), listener, (error) => this.fail(error), options);
  }

  /**
   * Calls a function with each error, until the returned function is called.
   *
   * @internal
   */
  listenErrors(listener: (error: RtcError) => void): () => void {
    this.#errorListeners.add(listener);
    return () => this.#errorListeners.delete(listener);
  }

  /**
   * Reports an error. Each of several listeners of messages reports the same error.
   *
   * @internal
   */
  fail(thrown: unknown): void {
    if (this.#reported === thrown) return;
    this.#reported = thrown;
    const error = rtcError(thrown);
    for (const listener of [...this.#errorListeners]) deliver(listener, error);
  }
}

export interface Messages<Out, In> {
  /** Closes the channel. Called at the end of a `using` block. */
  [Symbol.dispose](): void;
  /** Closes the channel, and resolves when it has closed. Called at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

disposable<Messages<unknown, unknown>>(
  Messages.prototype,
  (messages) => messages.close(),
  async (messages) => {
    messages.close();
    await messages.closed();
  },
);

/** An object whose iterators have queues of their own. */
export abstract class BroadcastMessages<Out, In> extends Messages<Out, In> {
  readonly #broadcast: Broadcast<In>;

  /** @internal */
  constructor(broadcast: Broadcast<In>) {
    super();
    this.#broadcast = broadcast;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    return this.#broadcast.subscribe();
  }
}

/**
 * The values of a codec, which are sent and received through a channel. `channel.withCodec` creates it.
 *
 * A message that the codec cannot decode is an event `error` for listeners, after which they get the next messages, and ends
 * an iteration with the same error: an {@link RtcError} whose name is `InvalidDataError`, and whose `cause` is what the codec
 * has thrown.
 */
export class TypedMessages<T, Out = Message, In = ReceivedMessage> extends Messages<T, T> {
  /** The channel through which the messages are sent. */
  readonly messages: Messages<Out, In>;
  readonly #codec: Codec<T, Out, In>;

  /** Creates an object for a channel, which can be used itself too. */
  constructor(messages: Messages<Out, In>, codec: Codec<T, Out, In>) {
    super();
    func("withCodec", "codec.encode", codec?.encode);
    func("withCodec", "codec.decode", codec?.decode);
    this.messages = messages;
    this.#codec = codec;
  }

  /** Encodes and sends a value. The promise is rejected with what `encode` throws, and with the errors of the channel. */
  async send(value: T, options?: WaitOptions): Promise<void> {
    await this.messages.send(this.#codec.encode(value), options);
  }

  close(): void {
    this.messages.close();
  }

  closed(options?: WaitOptions): Promise<void> {
    return this.messages.closed(options);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const messages = this.messages[Symbol.asyncIterator]();
    const end = async (): Promise<IteratorResult<T, undefined>> => {
      await messages.return?.();
      return { done: true, value: undefined };
    };
    // Unlike in a generator, `return` also ends an iteration whose `next` is pending.
    const values: AsyncIterableIterator<T> = {
      next: async () => {
        const { done, value } = await messages.next();
        if (done) return { done: true, value: undefined };
        try {
          return { done: false, value: this.#decode(value) };
        } catch (error) {
          await end();
          throw error;
        }
      },
      return: end,
      [Symbol.asyncIterator]: () => values,
    };
    return values;
  }

  /** @internal */
  override listen(listener: (value: T) => void, options: ListenerOptions | undefined): () => void {
    const decode = (message: In): void => {
      let value: T;
      try {
        value = this.#decode(message);
      } catch (error) {
        return this.fail(error);
      }
      listener(value);
    };
    return this.messages.on("message", ({ data }) => decode(data), options);
  }

  /**
   * Also listens to the errors of the channel. Without a listener, the channel does not keep this object.
   *
   * @internal
   */
  override listenErrors(listener: (error: RtcError) => void): () => void {
    const removals = [super.listenErrors(listener), this.messages.listenErrors(listener)];
    return () => removals.forEach((remove) => remove());
  }

  #decode(message: In): T {
    try {
      return this.#codec.decode(message);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RtcError("InvalidDataError", "decode", `the codec cannot decode the message: ${reason}`, { cause });
    }
  }
}
