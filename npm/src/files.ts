import type {
  FileOffer as RawFileOffer,
  FileProgress as RawFileProgress,
  Files as RawFiles,
  IncomingFile as RawIncomingFile,
  OutgoingFile as RawOutgoingFile,
  PartialFile as RawPartialFile,
} from "./wasm/browser_rtc.js";
import { Broadcast, listen } from "./broadcast.js";
import { abortable, func, options as checkOptions, signal as checkSignal, string, tag, type WaitOptions, wrongType } from "./check.js";
import "./dispose.js";
import { disposable } from "./dispose.js";
import { calling } from "./error.js";
import type { ListenerOptions } from "./events.js";
import { items, settled } from "./raw.js";

/** The options of `files.offer`. */
export interface OfferOptions extends WaitOptions {
  /** The name under which the file is offered, for a `Blob` or in place of the name of the file. */
  name?: string;
}

/** The progress of a file. */
export interface FileProgress {
  /** The number of bytes that have been transferred. */
  readonly bytes: number;
  /** The size of the file in bytes. */
  readonly total: number;
}

/**
 * The file transfers of a channel in both directions, and an async iterable of the files that the remote peer offers.
 * Transfers continue even if the page drops the object.
 */
export class Files implements AsyncIterable<FileOffer> {
  readonly #raw: RawFiles;
  readonly #offers: Broadcast<FileOffer>;

  private constructor(raw: RawFiles) {
    this.#raw = raw;
    this.#offers = new Broadcast(
      "files",
      () => raw[Symbol.asyncIterator](),
      (offer) => FileOffer.wrap(offer as RawFileOffer),
      () => 1,
      () => 1024,
    );
  }

  /** @internal */
  static wrap(raw: RawFiles): Files {
    return new Files(raw);
  }

  /** Offers a `File` or a `Blob` to the remote peer. */
  async offer(file: Blob, options?: OfferOptions): Promise<OutgoingFile> {
    if (tag(file) !== "File" && tag(file) !== "Blob") throw wrongType("offer", "file", "a File or a Blob", file);
    const { name, signal: given } = checkOptions("offer", "options", options, ["name", "signal"]);
    if (name !== undefined) string("offer", "options.name", name);
    return outgoing("offer", checkSignal("offer", given), () => this.#raw.offer(file, name));
  }

  /**
   * Offers a file again after its transfer was interrupted by the loss of the connection. The remote peer can resume from the
   * part that it has received.
   */
  async offerAgain(file: OutgoingFile, options?: WaitOptions): Promise<OutgoingFile> {
    const raw = OutgoingFile.unwrap(file);
    if (!raw) throw wrongType("offerAgain", "file", "an OutgoingFile", file);
    const signal = checkSignal("offerAgain", checkOptions("offerAgain", "options", options, ["signal"]).signal);
    return outgoing("offerAgain", signal, () => this.#raw.offerAgain(raw));
  }

  /** Adds a listener of the files that the remote peer offers, and returns a function that removes it. */
  on(
    type: "offer",
    listener: (event: { readonly type: "offer"; readonly offer: FileOffer }) => void,
    options?: ListenerOptions,
  ): () => void {
    if (type !== "offer") throw new TypeError(`on: there is no event \`${String(type)}\`; the event is offer`);
    func("on", "listener", listener);
    return this.#offers.listen((offer) => listener({ type: "offer", offer }), () => {}, options);
  }

  /**
   * Returns an iterator of the offered files, with a queue of its own. Offers that arrive while there is no iterator and no
   * listener are kept for the next one.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<FileOffer> {
    return this.#offers.subscribe();
  }
}

/** Resolves to the file that is offered. If the signal aborts before, the file is cancelled. */
async function outgoing(
  operation: string,
  signal: AbortSignal | undefined,
  offer: () => Promise<RawOutgoingFile>,
): Promise<OutgoingFile> {
  signal?.throwIfAborted();
  const offered = settled(operation, offer());
  offered.then((file) => signal?.aborted && file.cancel(), () => {});
  return OutgoingFile.wrap(await abortable(signal, offered));
}

/** An event of a file that is being sent or received. */
export type TransferEvent = { readonly type: "progress" } & FileProgress;

function onProgress(
  progress: () => AsyncIterableIterator<FileProgress>,
  type: "progress",
  listener: (event: TransferEvent) => void,
  options: ListenerOptions | undefined,
): () => void {
  if (type !== "progress") throw new TypeError(`on: there is no event \`${String(type)}\`; the event is progress`);
  func("on", "listener", listener);
  return listen(progress, (progress) => listener({ type: "progress", ...progress }), () => {}, options);
}

/** A file that is being sent. */
export class OutgoingFile {
  readonly #raw: RawOutgoingFile;

  private constructor(raw: RawOutgoingFile) {
    this.#raw = raw;
  }

  /** @internal */
  static wrap(raw: RawOutgoingFile): OutgoingFile {
    return new OutgoingFile(raw);
  }

  /** @internal */
  static unwrap(file: unknown): RawOutgoingFile | undefined {
    return typeof file === "object" && file !== null && #raw in file ? file.#raw : undefined;
  }

  /** The id by which the remote peer recognizes the file when it is offered again. */
  get id(): string {
    return this.#raw.id;
  }

  /** Returns an iterator of the progress, which yields each change. */
  progress(): AsyncIterableIterator<FileProgress> {
    return items("progress", this.#raw.progress(), (progress) => progress as RawFileProgress);
  }

  /** Adds a listener of the progress, and returns a function that removes it. */
  on(type: "progress", listener: (event: TransferEvent) => void, options?: ListenerOptions): () => void {
    return onProgress(() => this.progress(), type, listener, options);
  }

  /**
   * Resolves when the remote peer has received the whole file. The promise is rejected with an {@link RtcError} whose name is
   * `DeclinedError`, `AbortError` if the transfer was cancelled, `ClosedError`, `TimeoutError` if the remote peer does not
   * implement the file protocol, or `NotReadableError` if the file has changed since it was offered.
   */
  async finished(options?: WaitOptions): Promise<void> {
    const signal = checkSignal("finished", checkOptions("finished", "options", options, ["signal"]).signal);
    await abortable(signal, settled("finished", this.#raw.finished()));
  }

  /** Cancels the transfer for both peers. Does nothing if the transfer is over. */
  cancel(): void {
    calling("cancel", () => this.#raw.cancel());
  }
}

export interface OutgoingFile {
  /** Cancels a transfer that has not finished. Called at the end of a `using` block. */
  [Symbol.dispose](): void;
}

disposable(OutgoingFile.prototype, (file) => file.cancel());

/** A file that the remote peer offers, under a name that is safe to use. */
export class FileOffer {
  readonly #raw: RawFileOffer;
  /** The id by which the file is recognized when it is offered again. */
  readonly id: string;
  /** The name of the file. */
  readonly name: string;
  /** The size in bytes. */
  readonly size: number;
  /** The MIME type that the remote peer states for the file. */
  readonly type: string;

  private constructor(raw: RawFileOffer) {
    this.#raw = raw;
    this.id = raw.id;
    this.name = raw.name;
    this.size = raw.size;
    this.type = raw.type;
  }

  /** @internal */
  static wrap(raw: RawFileOffer): FileOffer {
    return new FileOffer(raw);
  }

  /**
   * Accepts the file into a `Blob`, or into a `WritableStream`, such as that of a file from `showSaveFilePicker`.
   *
   * Throws a `TypeError` if the argument is not a `WritableStream`, or the stream is locked. Throws an {@link RtcError} whose
   * name is `ClosedError` or `AbortError` if the file is no longer offered, `InvalidStateError` if the offer was answered
   * before, and `NotSupportedError` in a page that is not secure.
   */
  accept(options?: { into?: WritableStream }): IncomingFile {
    const { into } = checkOptions("accept", "options", options, ["into"]);
    return IncomingFile.wrap(calling("accept", () => this.#raw.accept(into)));
  }

  /**
   * Accepts the file, and continues from the part that was received in an earlier transfer. The partial file is empty
   * afterwards.
   *
   * Throws an {@link RtcError} whose name is `InvalidAccessError` if the part belongs to another file, or `InvalidStateError`
   * if it was used before, and the errors of `accept`. After an error, the offer and the part are unchanged.
   */
  resume(partial: PartialFile): IncomingFile {
    const raw = PartialFile.unwrap(partial);
    if (!raw) throw wrongType("resume", "partial", "a PartialFile", partial);
    return IncomingFile.wrap(calling("resume", () => this.#raw.resume(raw)));
  }

  /** Declines the file. Throws an {@link RtcError} whose name is `InvalidStateError` if the offer was answered before. */
  decline(): void {
    calling("decline", () => this.#raw.decline());
  }

  /** @internal */
  dispose(): void {
    this.#raw.free();
  }
}

export interface FileOffer {
  /** Declines an offer that was not answered. Called at the end of a `using` block. */
  [Symbol.dispose](): void;
}

disposable(FileOffer.prototype, (offer) => offer.dispose());

/** A file that is being received. */
export class IncomingFile {
  readonly #raw: RawIncomingFile;

  private constructor(raw: RawIncomingFile) {
    this.#raw = raw;
  }

  /** @internal */
  static wrap(raw: RawIncomingFile): IncomingFile {
    return new IncomingFile(raw);
  }

  /** Returns an iterator of the progress, which yields each change. */
  progress(): AsyncIterableIterator<FileProgress> {
    return items("progress", this.#raw.progress(), (progress) => progress as RawFileProgress);
  }

  /** Adds a listener of the progress, and returns a function that removes it. */
  on(type: "progress", listener: (event: TransferEvent) => void, options?: ListenerOptions): () => void {
    return onProgress(() => this.progress(), type, listener, options);
  }

  /**
   * Resolves when the whole file has been received and verified: to a `Blob`, or to `undefined` if the file was accepted into
   * a stream. The `Blob` is returned once.
   */
  async finished(options?: WaitOptions): Promise<Blob | undefined> {
    const signal = checkSignal("finished", checkOptions("finished", "options", options, ["signal"]).signal);
    signal?.throwIfAborted();
    return abortable(signal, settled("finished", this.#raw.finished()));
  }

  /**
   * Resolves when the transfer is over: to the received part if the connection was lost, or to `undefined` if the file is
   * complete or was cancelled. The part is returned once. Calling this function does not end the transfer.
   */
  async partial(options?: WaitOptions): Promise<PartialFile | undefined> {
    const signal = checkSignal("partial", checkOptions("partial", "options", options, ["signal"]).signal);
    signal?.throwIfAborted();
    const raw = await abortable(signal, settled("partial", this.#raw.partial()));
    return raw && PartialFile.wrap(raw);
  }

  /** Cancels the transfer for both peers. Does nothing if the transfer is over. */
  cancel(): void {
    calling("cancel", () => this.#raw.cancel());
  }
}

export interface IncomingFile {
  /** Cancels a transfer that has not finished. Called at the end of a `using` block. */
  [Symbol.dispose](): void;
}

disposable(IncomingFile.prototype, (file) => file.cancel());

/** The received and verified beginning of a file whose transfer was interrupted by the loss of the connection. */
export class PartialFile {
  readonly #raw: RawPartialFile;
  /** The id of the file, by which its next offer is recognized. */
  readonly id: string;

  private constructor(raw: RawPartialFile) {
    this.#raw = raw;
    this.id = raw.id;
  }

  /** @internal */
  static wrap(raw: RawPartialFile): PartialFile {
    return new PartialFile(raw);
  }

  /** @internal */
  static unwrap(partial: unknown): RawPartialFile | undefined {
    return typeof partial === "object" && partial !== null && #raw in partial ? partial.#raw : undefined;
  }

  /** Frees the received data. */
  discard(): void {
    this.#raw.free();
  }
}

export interface PartialFile {
  /** Frees the received data. Called at the end of a `using` block. */
  [Symbol.dispose](): void;
}

disposable(PartialFile.prototype, (partial) => partial.discard());
