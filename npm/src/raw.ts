// The interface of the raw module to the layer: its iterators, and the conversion of their ends and errors.

import { toRtcError } from "./error.js";

/** An iterator of the raw module. */
export interface RawIterator {
  next(): Promise<IteratorResult<unknown>>;
  return?(value?: unknown): Promise<IteratorResult<unknown>>;
}

/**
 * Returns the items of an iterator of the raw module. The raw iterator is created before, as it yields the items from its
 * creation on.
 */
export async function* items<T>(operation: string, raw: RawIterator, convert: (item: unknown) => T): AsyncGenerator<T, void> {
  try {
    for (let next = await raw.next(); !next.done; next = await raw.next()) yield convert(next.value);
  } catch (thrown) {
    throw toRtcError(operation, thrown);
  } finally {
    void raw.return?.();
  }
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
