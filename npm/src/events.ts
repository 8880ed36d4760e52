import { func, options as checkOptions, signal as checkSignal, string } from "./check.js";

/** The options of `on`. */
export interface ListenerOptions {
  /** Removes the listener when the signal aborts. */
  signal?: AbortSignal;
}

type Waiter<T> = { resolve: (result: IteratorResult<T, undefined>) => void; reject: (error: unknown) => void };

/** @internal */
export interface QueueHooks<T> {
  /** The consumer has ended the iteration. */
  closed?: () => void;
  /** `next` waits for an item. */
  wanted?: () => void;
  /** Returns the size of an item. */
  size?: (item: T) => number;
}

/**
 * A queue of items, as an async iterator. Concurrent calls of `next` are served in order.
 *
 * @internal
 */
export class Queue<T> implements AsyncIterableIterator<T> {
  readonly #items: T[] = [];
  readonly #waiters: Waiter<T>[] = [];
  readonly #hooks: QueueHooks<T>;
  #weight = 0;
  #ended = false;
  #error: { thrown: unknown } | undefined;

  constructor(hooks: QueueHooks<T> = {}) {
    this.#hooks = hooks;
  }

  /** The number of unread items. */
  get length(): number {
    return this.#items.length;
  }

  /** The sum of the sizes of the unread items. */
  get weight(): number {
    return this.#weight;
  }

  /** Whether a call of `next` waits. */
  get waiting(): boolean {
    return this.#waiters.length > 0;
  }

  push(item: T): void {
    if (this.#ended) return;
    const waiter = this.#waiters.shift();
    if (waiter) {
      waiter.resolve({ done: false, value: item });
      return;
    }
    this.#items.push(item);
    this.#weight += this.#hooks.size?.(item) ?? 0;
  }

  /** The oldest unread item. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** Removes the oldest item. */
  shift(): T | undefined {
    return this.#items.shift();
  }

  /** Puts an item before the others. */
  unshift(item: T): void {
    this.#items.unshift(item);
  }

  /** Ends the iteration after the unread items, with an error if one is given. */
  end(error?: { thrown: unknown }): void {
    if (this.#ended) return;
    this.#ended = true;
    const first = error && this.#waiters.shift();
    if (error && first) first.reject(error.thrown);
    else this.#error = error;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift() as T;
      this.#weight -= this.#hooks.size?.(value) ?? 0;
      return Promise.resolve({ done: false, value });
    }
    if (this.#error) {
      const { thrown } = this.#error;
      this.#error = undefined;
      return Promise.reject(thrown);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    const next = new Promise<IteratorResult<T, undefined>>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    this.#hooks.wanted?.();
    return next;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#items.length = 0;
    this.#weight = 0;
    this.#error = undefined;
    this.end();
    this.#hooks.closed?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The events that a full queue has dropped, and the event that reports them. */
type Lag<E> = { missed: number; notice: E | undefined };

/** The most unread events of one iterator. */
const LIMIT = 1024;

/**
 * Events for listeners and for iterators, each of which has a queue of its own.
 *
 * The source is read from the first subscription on, so that the first subscriber also gets earlier events. The listeners
 * that are added in the same task are there when the first event is delivered.
 *
 * @internal
 */
export class Events<E extends { readonly type: string }> {
  readonly #source: AsyncIterator<E>;
  readonly #types: readonly E["type"][];
  readonly #lagged: ((missed: number) => E) | undefined;
  readonly #queues = new Map<Queue<E>, Lag<E>>();
  readonly #listeners = new Map<string, Set<(event: E) => void>>();
  readonly #backlog: E[] = [];
  #started = false;
  /** Whether events are delivered, rather than added to the backlog. */
  #open = false;
  #ended = false;

  constructor(source: AsyncIterator<E>, types: readonly E["type"][], lagged?: (missed: number) => E) {
    this.#source = source;
    this.#types = types;
    this.#lagged = lagged;
  }

  on<T extends E["type"]>(
    type: T,
    listener: (event: Extract<E, { readonly type: T }>) => void,
    options?: ListenerOptions,
  ): () => void {
    if (!this.#types.includes(string("on", "type", type) as T)) {
      throw new TypeError(`on: there is no event \`${type}\`; the events are ${this.#types.join(", ")}`);
    }
    func("on", "listener", listener);
    return registered(options, () => {
      if (this.#ended) return undefined;
      const listeners = this.#listeners.get(type) ?? new Set();
      this.#listeners.set(type, listeners);
      // A function that is registered twice is called twice, and each registration ends separately.
      const registration = (event: E): void => listener(event as Extract<E, { readonly type: T }>);
      listeners.add(registration);
      this.#start();
      return () => listeners.delete(registration);
    });
  }

  iterator(): AsyncIterableIterator<E> {
    const queue: Queue<E> = new Queue<E>({ closed: () => this.#queues.delete(queue) });
    if (this.#ended) queue.end();
    else this.#queues.set(queue, { missed: 0, notice: undefined });
    this.#start();
    return queue;
  }

  emit(event: E): void {
    if (!this.#open) {
      this.#backlog.push(event);
      if (this.#backlog.length > LIMIT) this.#backlog.shift();
      return;
    }
    for (const [queue, state] of this.#queues) this.#enqueue(queue, state, event);
    const listeners = this.#listeners.get(event.type);
    for (const listener of [...(listeners ?? [])]) {
      // An earlier listener may have removed this one.
      if (listeners?.has(listener)) deliver(listener, event);
    }
  }

  #enqueue(queue: Queue<E>, state: Lag<E>, event: E): void {
    if (queue.length >= LIMIT) {
      if (!state.notice || queue.first !== state.notice) {
        state.missed = 0;
        // The notice takes the place of an event.
        if (this.#lagged) state.missed += Number(queue.shift() !== undefined);
      } else {
        queue.shift();
      }
      state.missed += Number(queue.shift() !== undefined);
      state.notice = this.#lagged?.(state.missed);
      if (state.notice) queue.unshift(state.notice);
    }
    queue.push(event);
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    await undefined;
    this.#open = true;
    for (const event of this.#backlog.splice(0)) this.emit(event);
    try {
      for (let next = await this.#source.next(); !next.done; next = await this.#source.next()) this.emit(next.value);
      this.#end();
    } catch (thrown) {
      this.#end({ thrown });
    }
  }

  #end(error?: { thrown: unknown }): void {
    this.#ended = true;
    for (const queue of this.#queues.keys()) queue.end(error);
    this.#queues.clear();
    this.#listeners.clear();
  }
}

/**
 * Registers a listener with `add`, and returns a function that removes it. A signal that aborts removes it too. `add` returns
 * the function that removes the listener, or `undefined` if no event can follow.
 *
 * @internal
 */
export function registered(
  options: ListenerOptions | undefined,
  add: () => (() => unknown) | undefined,
  operation = "on",
): () => void {
  const signal = checkSignal(operation, checkOptions(operation, "options", options, ["signal"]).signal);
  const remove = signal?.aborted ? undefined : add();
  if (!remove) return () => {};
  const off = (): void => {
    signal?.removeEventListener("abort", off);
    remove();
  };
  signal?.addEventListener("abort", off);
  return off;
}

/**
 * Calls a listener. An exception does not keep other listeners from the event.
 *
 * @internal
 */
export function deliver<T>(listener: (item: T) => void, item: T): void {
  try {
    listener(item);
  } catch (error) {
    report(error);
  }
}

/**
 * Reports the exception of a listener to the page's `error` event, as for the listeners of an `EventTarget`.
 *
 * @internal
 */
export function report(error: unknown): void {
  if (typeof reportError === "function") return reportError(error);
  setTimeout(() => {
    throw error;
  });
}
