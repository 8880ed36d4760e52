// Checks of arguments. Each error is a `TypeError` or a `RangeError` that names the operation and the argument.

/** The options of an operation that waits. */
export interface WaitOptions {
  /** Aborts the operation: the promise is rejected with the signal's `reason`. */
  signal?: AbortSignal;
}

/** @internal */
export function wrongType(operation: string, argument: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${operation}: argument \`${argument}\` must be ${expected}, got ${description(value)}`);
}

/** @internal */
export function string(operation: string, argument: string, value: unknown): string {
  if (typeof value !== "string") throw wrongType(operation, argument, "a string", value);
  return value;
}

/** @internal */
export function func(operation: string, argument: string, value: unknown): void {
  if (typeof value !== "function") throw wrongType(operation, argument, "a function", value);
}

/**
 * Checks an options object, and that it has no members other than `members`, as a misspelled option has no effect.
 *
 * @internal
 */
export function options<T extends object>(
  operation: string,
  argument: string,
  value: T | undefined,
  members: readonly (keyof T & string)[],
): Partial<T> {
  if (value === undefined) return {};
  if (tag(value) !== "Object") throw wrongType(operation, argument, "an options object", value);
  for (const name of Object.keys(value)) {
    if (!members.some((member) => member === name)) {
      throw new TypeError(`${operation}: \`${argument}.${name}\` is not an option; the options are ${members.join(", ")}`);
    }
  }
  return value;
}

/**
 * Returns the checked member `signal` of options.
 *
 * @internal
 */
export function signal(operation: string, value: unknown): AbortSignal | undefined {
  if (value === undefined || tag(value) === "AbortSignal") return value as AbortSignal | undefined;
  throw wrongType(operation, "options.signal", "an AbortSignal", value);
}

/** @internal */
export function flag(operation: string, argument: string, value: unknown): void {
  if (value !== undefined && typeof value !== "boolean") throw wrongType(operation, argument, "a boolean", value);
}

/** @internal */
export function byteLimit(operation: string, argument: string, value: unknown): void {
  if (value === undefined) return;
  const expected = "a whole number from 0 to 4294967295, or Infinity";
  if (typeof value !== "number") throw wrongType(operation, argument, expected, value);
  if (value !== Infinity && !(Number.isInteger(value) && value >= 0 && value < 2 ** 32)) {
    throw new RangeError(`${operation}: argument \`${argument}\` must be ${expected}, got ${value}`);
  }
}

/** @internal */
export function milliseconds(operation: string, argument: string, value: unknown): void {
  if (value === undefined) return;
  const expected = "a number of milliseconds, 0 or more";
  if (typeof value !== "number") throw wrongType(operation, argument, expected, value);
  if (!(value >= 0)) throw new RangeError(`${operation}: argument \`${argument}\` must be ${expected}, got ${value}`);
}

/**
 * Returns the class of a value as a browser names it. Unlike `instanceof`, it recognizes objects of other windows.
 *
 * @internal
 */
export function tag(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/**
 * Returns whether a value is a `MediaStream` or, such as the stream of a canvas in Firefox, of a class that extends it.
 *
 * @internal
 */
export function isMediaStream(value: unknown): boolean {
  return tag(value).endsWith("MediaStream");
}

/**
 * Returns whether a value is a `MediaStreamTrack` or, such as the track of a canvas, of a class that extends it.
 *
 * @internal
 */
export function isMediaStreamTrack(value: unknown): boolean {
  return /MediaStreamTrack(Generator)?$/.test(tag(value));
}

function description(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  return tag(value) === "Object" ? "an object" : `an object of type ${tag(value)}`;
}

/**
 * Resolves to the outcome of `work`. If the signal aborts first, the promise is rejected with the signal's reason.
 *
 * @internal
 */
export function abortable<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    const settle = (): void => signal.removeEventListener("abort", abort);
    work.then(resolve, reject).finally(settle);
  });
}
