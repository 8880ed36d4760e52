// The interface of the raw module to the layer: its iterators, and the conversion of its errors.

import { toRtcError } from "./error.js";

/** An iterator of the raw module. */
export interface RawIterator {
  next(): Promise<IteratorResult<unknown>>;
  return?(value?: unknown): Promise<IteratorResult<unknown>>;
}

/**
 * Returns an iterator with the items of an iterator of the raw module. Unlike in a generator, `return` also ends an iteration
 * whose `next` is pending.
 */
export function items<T>(
  operation: string,
  raw: RawIterator,
  convert: (item: unknown) => T,
): AsyncIterableIterator<T> & { return(): Promise<IteratorResult<T, undefined>> } {
  const iterator = {
    async next(): Promise<IteratorResult<T, undefined>> {
      const { done, value } = await settled(operation, raw.next());
      return done ? { done: true, value: undefined } : { done: false, value: convert(value) };
    },
    async return(): Promise<IteratorResult<T, undefined>> {
      await raw.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

/** Resolves to the outcome of a promise of the raw module, with its error converted. */
export async function settled<T>(operation: string, raw: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await raw;
  } catch (thrown) {
    if (signal?.aborted && thrown === signal.reason) throw thrown;
    throw toRtcError(operation, thrown);
  }
}
