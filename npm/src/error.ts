/**
 * The name of an {@link RtcError}.
 *
 * The first group are names of `DOMException`s, for errors of the browser and for errors of the same meaning. The second
 * group are names of this package:
 *
 * - `ClosedError`: the call, the channel or the room is closed.
 * - `DeclinedError`, `BusyError`: the callee declined the call, or is in another call; the peer has too many unanswered
 *   requests.
 * - `PeerLeftError`: the peer has left the room, or was never in it.
 * - `NoHandlerError`, `RemoteError`: the peer handles no requests, or failed to handle this one.
 * - `SignalingError`: the signaling server refused the request; `code` is the reason.
 * - `TooLargeError`: a message exceeds `limit`.
 * - `InvalidDataError`: the remote peer sent data that violates the protocol.
 */
export type RtcErrorName =
  | "AbortError"
  | "InvalidAccessError"
  | "InvalidModificationError"
  | "InvalidStateError"
  | "NetworkError"
  | "NotAllowedError"
  | "NotFoundError"
  | "NotReadableError"
  | "NotSupportedError"
  | "OperationError"
  | "OverconstrainedError"
  | "QuotaExceededError"
  | "SecurityError"
  | "SyntaxError"
  | "TimeoutError"
  | "UnknownError"
  | "BusyError"
  | "ClosedError"
  | "DeclinedError"
  | "InvalidDataError"
  | "NoHandlerError"
  | "PeerLeftError"
  | "RemoteError"
  | "SignalingError"
  | "TooLargeError";

/** A code of the signaling server, for the name `SignalingError`. */
export type SignalingCode =
  | "nameTaken"
  | "roomFull"
  | "serverFull"
  | "unknownPeer"
  | "tooLarge"
  | "tooDeep"
  | "rateLimited"
  | "badMessage"
  | "badName"
  | "badRoom"
  | "notJoined"
  | "alreadyJoined"
  | "unauthorized"
  | "tooManyClients"
  | "draining"
  | "unsupportedVersion"
  | "unavailable"
  | "internal";

/**
 * Converts the words of the protocol, such as `name_taken` and `peer-left`, to camel case.
 *
 * @internal
 */
export function camelCase(text: string): string {
  return text.replace(/[-_](\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The details of an {@link RtcError}. */
export interface RtcErrorOptions {
  /** The error of the signaling server. */
  code?: SignalingCode | (string & {});
  /** The limit in bytes that was exceeded. */
  limit?: number;
  /** The underlying error. */
  cause?: unknown;
}

/**
 * The error of an operation of this package.
 *
 * Arguments of a wrong type and numbers out of range are a `TypeError` and a `RangeError` instead, as in the functions of
 * the browser, and an operation that an `AbortSignal` aborts is rejected with the signal's `reason`.
 */
export class RtcError extends Error {
  /** The kind of the error. */
  override readonly name: RtcErrorName;
  /** The name of the function that failed, such as `joinRoom`. */
  readonly operation: string;
  /** The signaling server's error code, if the name is `SignalingError`. A newer server can have further codes. */
  readonly code: SignalingCode | (string & {}) | undefined;
  /** The maximum size in bytes, if the name is `TooLargeError`. */
  readonly limit: number | undefined;
  /** The underlying error, such as the `DOMException` of the browser. */
  override readonly cause: unknown;

  /** Creates an error. The message begins with the operation. */
  constructor(name: RtcErrorName, operation: string, message: string, options: RtcErrorOptions = {}) {
    super(`${operation}: ${message}`);
    this.name = name;
    this.operation = operation;
    this.code = options.code;
    this.limit = options.limit;
    this.cause = options.cause;
  }
}

/** The names of errors of the browser. They also are the names of the raw module's kinds, with the suffix `Error`. */
const NAMES: ReadonlySet<string> = new Set<RtcErrorName>([
  "AbortError",
  "InvalidAccessError",
  "InvalidModificationError",
  "InvalidStateError",
  "NetworkError",
  "NotAllowedError",
  "NotFoundError",
  "NotReadableError",
  "NotSupportedError",
  "OperationError",
  "OverconstrainedError",
  "QuotaExceededError",
  "SecurityError",
  "SyntaxError",
  "TimeoutError",
  "UnknownError",
  "BusyError",
  "ClosedError",
  "DeclinedError",
  "InvalidDataError",
  "NoHandlerError",
  "PeerLeftError",
  "RemoteError",
  "SignalingError",
  "TooLargeError",
]);

function isName(name: string): name is RtcErrorName {
  return NAMES.has(name);
}

/**
 * Converts an error of the raw module or of the browser. `TypeError` and `RangeError` are returned unchanged. An error of the
 * raw module has a member `operation`, which remains without an operation of the layer.
 *
 * @internal
 */
export function toRtcError(operation: string | undefined, thrown: unknown): Error {
  if (thrown instanceof RtcError || thrown instanceof TypeError || thrown instanceof RangeError) return thrown;
  if (typeof thrown !== "object" || thrown === null) {
    return new RtcError("UnknownError", operation ?? "event", String(thrown), { cause: thrown });
  }
  type Members = Partial<Record<"name" | "message" | "operation" | "code" | "limit", unknown>>;
  const { name, message, operation: raw, code, limit } = thrown as Members;
  const full = typeof name !== "string" ? "" : name.endsWith("Error") ? name : `${name}Error`;
  const options: RtcErrorOptions = {};
  if (typeof code === "string") options.code = camelCase(code);
  if (typeof limit === "number") options.limit = limit;
  // The raw error has nothing that this error lacks, while that of a browser has a stack and a class of its own.
  if (typeof raw !== "string") options.cause = thrown;
  const failed = operation ?? (typeof raw === "string" ? raw : "event");
  const prefix = `${raw} failed (${name}): `;
  const text = String(message);
  const cause = text.startsWith(prefix) ? text.slice(prefix.length) : text;
  return new RtcError(isName(full) ? full : "UnknownError", failed, cause, options);
}

/**
 * Converts the error of an event.
 *
 * @internal
 */
export function rtcError(thrown: unknown): RtcError {
  const error = toRtcError(undefined, thrown);
  if (error instanceof RtcError) return error;
  return new RtcError("UnknownError", "event", error.message, { cause: error });
}

/**
 * Calls a function of the raw module, and converts its error.
 *
 * @internal
 */
export function calling<T>(operation: string, call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw toRtcError(operation, thrown);
  }
}
