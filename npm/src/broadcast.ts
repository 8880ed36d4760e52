import { func } from "./check.js";
import { RtcError } from "./error.js";
import { deliver, type ListenerOptions, Queue, registered } from "./events.js";
import { items, type RawIterator } from "./raw.js";

/**
 * The items of an iterator of the raw module, for any number of subscribers with a queue each.
 *
 * An item is read from the raw module when a subscriber waits for it. With a single subscriber, unread items therefore stay
 * in the raw module, whose limits apply to them.
 *
 * @internal
 */
export class Broadcast<T> {
  readonly #open: () => AsyncIterator<T>;
  readonly #size: (item: T) => number;
  readonly #limit: () => number;
  readonly #queues = new Set<Queue<T>>();
  /** The item that was read for a subscriber that ended before it arrived. */
  #unclaimed: { item: T } | undefined;
  #source: AsyncIterator<T> | undefined;
  #pulling = false;
  #ended = false;

  /** `limit` is the maximum sum of the sizes of one subscriber's unread items. */
  constructor(
    operation: string,
    open: () => RawIterator,
    convert: (item: unknown) => T,
    size: (item: T) => number,
    limit: () => number,
  ) {
    this.#open = () => items(operation, open(), convert);
    this.#size = size;
    this.#limit = limit;
  }

  /**
   * Returns an iterator of the items from its creation on. It also yields the items that have arrived while there was no
   * subscriber.
   */
  subscribe(): Queue<T> {
    const queue: Queue<T> = new Queue<T>({
      closed: () => this.#queues.delete(queue),
      wanted: () => void this.#pull(),
      size: this.#size,
    });
    if (this.#unclaimed) queue.push(this.#unclaimed.item);
    this.#unclaimed = undefined;
    if (this.#ended) queue.end();
    else this.#queues.add(queue);
    return queue;
  }

  /** Calls a function with each item, until the returned function is called or the signal aborts. */
  listen(listener: (item: T) => void, failed: (error: unknown) => void, options: ListenerOptions | undefined): () => void {
    func("on", "listener", listener);
    return listen(() => this.subscribe(), listener, failed, options);
  }

  async #pull(): Promise<void> {
    if (this.#pulling || this.#ended) return;
    this.#pulling = true;
    this.#source ??= this.#open();
    // Subscribers of the same task get the same items.
    await undefined;
    try {
      while (!this.#ended && [...this.#queues].some((queue) => queue.waiting)) {
        const next = await this.#source.next();
        if (next.done) this.#end();
        else this.#push(next.value);
      }
    } catch (thrown) {
      this.#end({ thrown });
    } finally {
      this.#pulling = false;
    }
  }

  #push(item: T): void {
    if (this.#queues.size === 0) this.#unclaimed = { item };
    for (const queue of this.#queues) {
      if (queue.weight + this.#size(item) > this.#limit()) {
        const error = new RtcError("QuotaExceededError", "next", "an iterator has more unread data than the limit");
        queue.end({ thrown: error });
        this.#queues.delete(queue);
      } else {
        queue.push(item);
      }
    }
  }

  #end(error?: { thrown: unknown }): void {
    this.#ended = true;
    for (const queue of this.#queues) queue.end(error);
    this.#queues.clear();
  }
}

/**
 * Calls a function with each item of the iterator that `open` returns, until the returned function is called or the signal
 * aborts.
 *
 * @internal
 */
export function listen<T>(
  open: () => AsyncIterableIterator<T>,
  listener: (item: T) => void,
  failed: (error: unknown) => void,
  options: ListenerOptions | undefined,
): () => void {
  return registered(options, () => {
    const source = open();
    let active = true;
    const run = async (): Promise<void> => {
      for await (const item of source) {
        if (!active) return;
        deliver(listener, item);
      }
    };
    run().catch(failed);
    return () => {
      active = false;
      void source.return?.();
    };
  });
}
