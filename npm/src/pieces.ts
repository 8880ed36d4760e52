// Pieces of large messages, as the section "Large messages" of the protocol defines them.

import { RtcError, type RtcErrorName } from "./error.js";

/** The size of the header of a piece, in bytes. */
export const HEADER_BYTES = 24;

/** The maximum number of pieces of one message. */
export const MAX_PIECES = 1 << 20;

/** The maximum number of incomplete messages at the same time. */
const MAX_INCOMPLETE = 64;

/** The bytes with which each piece begins. */
const PREFIX = [0x9d, 0x4c, 0x4d, 1];

/** Kinds of pieces. */
export const TEXT = 1;
export const BINARY = 2;
export const WITHDRAWN = 3;

/** The header of a piece: its message, and its position in the message. */
export interface Header {
  readonly kind: number;
  readonly id: number;
  readonly index: number;
  /** The size of the whole message, in bytes. */
  readonly total: number;
  /** The size of each piece except the last, in bytes. */
  readonly piece: number;
}

/** Returns whether a message is a piece of a large message, which it is by its first bytes. */
export function isPiece(message: Uint8Array): boolean {
  return PREFIX.every((byte, index) => message[index] === byte);
}

/** Returns a frame that begins with a header, and has room for a piece. */
export function header({ kind, id, index, total, piece }: Header, size: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(HEADER_BYTES + size);
  frame.set(PREFIX);
  const view = new DataView(frame.buffer);
  [kind, id, index, total, piece].forEach((field, word) => view.setUint32(4 * (word + 1), field, true));
  return frame;
}

interface Incomplete {
  readonly header: Header;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly received: Uint8Array;
  missing: number;
}

/** A complete message. */
export interface Joined {
  readonly kind: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The receiver of the pieces of one channel. */
export class Joiner {
  readonly #ordered: boolean;
  readonly #reliable: boolean;
  readonly #limit: number;
  /** The incomplete messages by their ids, from the oldest. */
  readonly #incomplete = new Map<number, Incomplete>();
  /** The ids of dropped messages, whose further pieces are ignored. */
  readonly #ignored = new Set<number>();

  /**
   * On an ordered channel, a message ends the incomplete message before it. On a channel that is not reliable, a message with a
   * lost piece is dropped without an error.
   */
  constructor(ordered: boolean, reliable: boolean, limit: number) {
    this.#ordered = ordered;
    this.#reliable = reliable;
    this.#limit = limit;
  }

  /** Receives a message that is not a piece. */
  receiveOther(): void {
    if (this.#ordered) this.#incomplete.clear();
  }

  /** Drops the incomplete messages, and returns whether one was lost on a reliable channel. */
  close(): boolean {
    const isCutOff = this.#reliable && this.#incomplete.size > 0;
    this.#incomplete.clear();
    return isCutOff;
  }

  /** Receives a piece, and returns the message once it is complete. */
  receive(frame: Uint8Array): Joined | undefined {
    if (frame.byteLength < HEADER_BYTES) throw malformed();
    const view = new DataView(frame.buffer, frame.byteOffset);
    const word = (index: number): number => view.getUint32(4 * index, true);
    const header: Header = { kind: word(1), id: word(2), index: word(3), total: word(4), piece: word(5) };
    if (header.kind < TEXT || header.kind > WITHDRAWN) throw malformed();
    if (this.#ordered) {
      for (const id of this.#incomplete.keys()) if (id !== header.id) this.#incomplete.delete(id);
    }
    if (header.kind === WITHDRAWN) return this.#ignore(header.id);
    if (this.#ignored.has(header.id)) return undefined;
    const message = this.#incomplete.get(header.id) ?? this.#begin(header);
    write(message, header, frame.subarray(HEADER_BYTES));
    if (message.missing > 0) {
      this.#incomplete.set(header.id, message);
      this.#enforceLimits();
      return undefined;
    }
    this.#incomplete.delete(header.id);
    return { kind: header.kind, bytes: message.bytes };
  }

  #begin(header: Header): Incomplete {
    if (header.total > this.#limit) throw failure("TooLargeError", "a received large message exceeds the limit", this.#limit);
    const pieces = Math.ceil(header.total / header.piece);
    if (!(header.total > 0 && header.piece > 0 && pieces <= MAX_PIECES)) throw malformed();
    return { header, bytes: new Uint8Array(header.total), received: new Uint8Array(pieces), missing: pieces };
  }

  #ignore(id: number): undefined {
    this.#incomplete.delete(id);
    this.#ignored.add(id);
    const [oldest] = this.#ignored;
    if (this.#ignored.size > MAX_INCOMPLETE && oldest !== undefined) this.#ignored.delete(oldest);
  }

  /** Drops the oldest messages until the limits are met. On an unreliable channel they count as lost. */
  #enforceLimits(): void {
    for (;;) {
      const held = [...this.#incomplete.values()].reduce((bytes, { header }) => bytes + header.total, 0);
      const [oldest] = this.#incomplete.keys();
      if (oldest === undefined || (held <= this.#limit && this.#incomplete.size <= MAX_INCOMPLETE)) return;
      if (this.#reliable) throw failure("QuotaExceededError", "too many large messages are incomplete");
      this.#ignore(oldest);
    }
  }
}

function write(message: Incomplete, header: Header, piece: Uint8Array): void {
  const { kind, id, total, piece: size } = message.header;
  const start = header.index * size;
  const isSame = header.kind === kind && header.id === id && header.total === total && header.piece === size;
  if (!isSame || piece.byteLength !== Math.min(size, total - start) || message.received[header.index] !== 0) throw malformed();
  message.bytes.set(piece, start);
  message.received[header.index] = 1;
  message.missing -= 1;
}

function malformed(): RtcError {
  return failure("InvalidDataError", "a piece of a large message is malformed");
}

function failure(name: RtcErrorName, message: string, limit?: number): RtcError {
  return new RtcError(name, "receive", message, limit === undefined ? {} : { limit });
}
